"""Places to go to: a bookmark for each reserve, region and unit.

It knows their boxes. Sites have none: a list of them would be a list of miners' places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import shapely

from landcover.outputs.qgis.crs import DEGREES, add_crs
from landcover.outputs.qgis.elements import add, clean
from landcover.outputs.shown import Shown
from landcover.outputs.wording import Words

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["KINDS", "add_bookmarks"]

KINDS = ("reserve", "region", "unit")
"""Kinds of zones that have a bookmark, in their order."""

MARGIN = 0.05
"""Room around a zone, as a share of its width and height."""

MOST = 1000
"""Bookmarks at most, the largest zones first: a menu of more helps nobody."""


def add_bookmarks(parent: ET.Element, shown: Shown, language: str) -> None:
    """Append a bookmark for each zone of `KINDS` that is not sensitive."""
    words, held = Words("project", language), add(parent, "Bookmarks")
    for kind in KINDS:
        for row in _of_kind(shown.zones, kind).head(MOST).itertuples():
            mark = add(
                held, "Bookmark", id=f"{kind}_{clean(row.zone_id)}", name=row.name,
                group=words(f"kind_{kind}"), extent=_box(row.geometry),
            )  # fmt: skip
            add_crs(mark, DEGREES)


def _of_kind(zones: gpd.GeoDataFrame, kind: str) -> gpd.GeoDataFrame:
    """Return the zones of a kind that may be named, the largest first."""
    open_to_all = zones[(zones["kind"] == kind) & ~zones["sensitive"].astype(bool)]
    return open_to_all.sort_values(["area_ha", "zone_id"], ascending=[False, True])


def _box(shape: Any) -> str:
    """Return the room around a shape as the text of a polygon."""
    left, bottom, right, top = shape.bounds
    wide, high = MARGIN * (right - left), MARGIN * (top - bottom)
    box = shapely.box(left - wide, bottom - high, right + wide, top + high)
    return str(shapely.to_wkt(box, rounding_precision=6))
