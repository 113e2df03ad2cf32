"""The shapes of a run as layers of a project: zones, sites, disturbances, context.

It knows files and their styles. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from landcover.outputs.qgis.content import Group, MapLayer
from landcover.outputs.qgis.crs import DEGREES
from landcover.outputs.qgis.elements import clean
from landcover.outputs.shown import Shown
from landcover.outputs.vector_styles import (
    context_style,
    frame_style,
    outline_style,
    patch_style,
    site_style,
    zone_style,
)
from landcover.outputs.wording import Words

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["CONTEXT", "PATCHES", "SITES", "ZONES", "context_group", "patch_layer", "zone_group"]

ZONES, SITES, PATCHES = "landcover_zones", "landcover_sites", "landcover_patches"
"""Ids of layers; QGIS passes over those of ten characters and fewer."""

CONTEXT = "landcover_context_"
"""What ids of layers of context begin with."""

_SHAPES = {"Point": "marker", "LineString": "line", "Polygon": "fill"}
"""What QGIS draws a shape with."""

_GEOMETRIES = {"marker": "Point", "line": "Line", "fill": "Polygon"}
"""What projects call a layer's shapes."""


def _layer(
    key: str, name: str, file: Path, layer: str, style: ET.Element, geometry: str
) -> MapLayer:
    """Return a layer of a GeoPackage, in the plane that it is stored in."""
    import pyogrio

    crs = pyogrio.read_info(file, layer=layer)["crs"] or DEGREES
    source = f"./{file.name}|layername={layer}"
    return MapLayer(key, name, source, "ogr", crs, style, geometry, shown=True)


def zone_group(shown: Shown, language: str) -> Group:
    """Return zones, and the sites above them where there are any."""
    words = Words("project", language)
    style, file = zone_style(shown.zones, language), shown.out / "zones.gpkg"
    zones = _layer(ZONES, words("zones"), file, "zones", style, "Polygon")
    members = [replace(zones, others=((words("where"), frame_style(shown.zones, language)),))]
    if len(shown.sites):
        style = site_style(shown.sites, language)
        members.insert(0, _layer(SITES, words("sites"), file, "sites", style, "Point"))
    return Group(Words("groups", language)("zones"), tuple(members), open=True)


def patch_layer(shown: Shown, language: str) -> MapLayer | None:
    """Return disturbances as polygons; None where the run has none.

    They hide the rasters that they were made of, so that it is for people to switch them on.
    """
    if shown.patches is None or not len(shown.patches):
        return None
    words, style = Words("project", language), patch_style(shown.patches, language)
    file = shown.out / "patches.gpkg"
    layer = _layer(PATCHES, words("patches"), file, "patches", style, "Polygon")
    outlines = (words("outlines"), outline_style(shown.patches, language))
    return replace(layer, shown=False, others=(outlines,))


def context_group(shown: Shown, language: str) -> Group | None:
    """Return what is drawn and never computed on, points above lines above areas.

    None where the job names nothing.
    """
    order = list(_GEOMETRIES.values())
    layers = tuple(sorted(_context(shown, language), key=lambda one: order.index(one.geometry)))
    return Group(Words("groups", language)("context"), layers) if layers else None


def _context(shown: Shown, language: str) -> Iterator[MapLayer]:
    """Give the layers of ``context.gpkg`` that hold anything."""
    words = Words("vectors", language)
    for number, (name, frame) in enumerate(shown.context.items(), start=1):
        if not len(frame):
            continue
        kind, shape = str(frame["kind"].iloc[0]), _shape(frame)
        layer = _layer(
            f"{CONTEXT}{number:02d}",
            words(f"context_{kind}" if words.has(f"context_{kind}") else "context_other"),
            shown.out / "context.gpkg",
            name,
            context_style(frame, kind, shape, language),
            _GEOMETRIES[shape],
        )
        yield replace(layer, about=clean(frame["credit"].iloc[0] or ""))


def _shape(frame: gpd.GeoDataFrame) -> str:
    """Say what a layer's shapes are drawn with."""
    return _SHAPES.get(str(frame.geom_type.iloc[0]).removeprefix("Multi"), "fill")
