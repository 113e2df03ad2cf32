"""Which listed items a job wants: every predicate is checked here, whatever a server promised.

It knows collection, period, region and cloud. It does not know assets. The period is one of
solar days: a scene is chosen by the day that it is dated by.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from landcover.catalog.endpoints import endpoint
from landcover.catalog.footprint import outline
from landcover.catalog.items import cloud_percent, item_day, item_time
from landcover.catalog.settings import Source
from landcover.model import Period, Scene

__all__ = ["Region", "around", "fate", "scene_fate", "with_collection"]


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


def with_collection(source: Source) -> Source:
    """Return the source with the collection that its endpoint has for its sensor."""
    default = endpoint(source.catalog).collections.get(source.sensor)
    if source.collection is not None or default is None:
        return source
    return source.model_copy(update={"collection": default})


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
    # a time far from the period needs no place to tell the day
    if not around(period).holds(item_time(item).date()) or not period.holds(item_day(item)):
        return "out of period"
    if not region.touches(outline(item)):
        return "out of region"
    return "cloudy" if _too_cloudy(cloud_percent(item), source) else "used"


def scene_fate(scene: Scene, source: Source, period: Period) -> str:
    """Return what would become of a scene's item now, as `fate` does; its place is not looked at.

    A scene of a lock may have been chosen by a job with other rules.
    """
    if source.collection is not None and scene.collection != source.collection:
        return "other collection"
    if not period.holds(scene.solar_day):
        return "out of period"
    return "cloudy" if _too_cloudy(scene.cloud_percent, source) else "used"


def _too_cloudy(cloud: float | None, source: Source) -> bool:
    """Whether a cloud cover (percent) that is known is more than the source allows."""
    most = source.max_cloud_percent
    return cloud is not None and most is not None and cloud > most


def around(period: Period) -> Period:
    """Return the UTC days on which a solar day of the period may fall: one more at both ends.

    A place's solar time is at most 12 hours from UTC.
    """
    first = max(period.start.toordinal() - 1, date.min.toordinal())
    after = min(period.end.toordinal() + 1, date.max.toordinal())
    return Period(date.fromordinal(first), date.fromordinal(after))
