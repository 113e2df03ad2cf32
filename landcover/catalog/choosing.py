"""Which listed items a job wants: every predicate is checked here, whatever a server promised.

It knows collection, period, region and cloud. It does not know assets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from landcover.catalog.footprint import outline
from landcover.catalog.items import cloud_percent, item_time
from landcover.catalog.settings import Source
from landcover.model import Period

__all__ = ["Region", "fate"]


class Region:
    """The union of a job's zones, indexed, so that thousands of parts answer in microseconds.

    Parameters
    ----------
    geometry : shapely geometry, degrees
        Any geometry; its parts are indexed.
    """

    def __init__(self, geometry: BaseGeometry) -> None:
        self.geometry = geometry
        self.parts = shapely.get_parts(geometry)
        self._tree = shapely.STRtree(self.parts)

    def touches(self, shape: BaseGeometry) -> bool:
        """Whether `shape` (degrees) shares ground with any part."""
        return bool(self._tree.query(shape, predicate="intersects").size)


def fate(item: Mapping[str, Any], source: Source, period: Period, region: Region) -> str:
    """Return why an item is not wanted (one of `scenes.FATES`), or "used".

    An item without a cloud cover is kept: what is not known is not held against it.

    Raises
    ------
    SceneError
        Its time or place cannot be read.
    """
    if source.collection is not None and item.get("collection") != source.collection:
        return "other collection"
    start, end = period.bounds
    if not start <= item_time(item) < end:
        return "out of period"
    if not region.touches(outline(item)):
        return "out of region"
    cloud, most = cloud_percent(item), source.max_cloud_percent
    return "cloudy" if cloud is not None and most is not None and cloud > most else "used"
