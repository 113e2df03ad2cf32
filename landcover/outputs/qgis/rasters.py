"""The rasters of a run as layers of a project: each band with a meaning of its own is one.

It knows styles. It does not know products.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Many
from dataclasses import replace
from itertools import groupby, takewhile

from landcover.model import Legend
from landcover.outputs.qgis.content import Group, MapLayer
from landcover.outputs.qgis.elements import clean, text_in
from landcover.outputs.qgis.renderers import items_of, raster_renderer
from landcover.outputs.style import BandStyle, Ramp, RasterStyle
from landcover.outputs.wording import Words

__all__ = ["ground_layer", "layer_id", "raster_groups", "raster_layer", "series_title"]

_UNSAFE = re.compile("[^A-Za-z0-9_]")

_END_OF_NAME = re.compile(r"[\s\d,.:;(–—-]+$")
"""What remains of a period at the end of what several names share: "NDVI, 20"."""


def layer_id(style: RasterStyle, band: BandStyle) -> str:
    """Return a band's id: QGIS passes over those of ten characters and fewer."""
    return _UNSAFE.sub("_", f"landcover_{style.facts.name}_{band.key}")


def _name(style: RasterStyle, band: BandStyle, language: str) -> str:
    """Name a band's layer: as its raster where it is the only one."""
    return text_in(band.names if len(style.bands) > 1 else style.names, language)


def raster_layer(style: RasterStyle, band: BandStyle, language: str) -> MapLayer:
    """Return a band as a layer.

    The layer of a raster with a period has its days, so that QGIS's own clock can play it.
    """
    stepped = bool(style.step)
    return MapLayer(
        layer_id(style, band),
        _name(style, band, language),
        f"./rasters/{style.facts.path.name}",
        "gdal",
        style.facts.grid.crs,
        raster_renderer(style, band, language),
        legend=_legend(band, language),
        about=text_in(band.what, language),
        shown=band.shown,
        first=style.first if stepped else None,
        last=style.last if stepped else None,
    )


def ground_layer(style: RasterStyle, language: str) -> MapLayer | None:
    """Return what lies beneath the layers of a raster's product; None where it has none.

    A value that the file calls nodata is a class of it: nobody could judge that ground.
    """
    if style.beneath is None:
        return None
    layer = raster_layer(style, style.beneath, language)
    return replace(layer, name=text_in(style.beneath.names, language), whole=True)


def _legend(band: BandStyle, language: str) -> tuple[tuple[int, str], ...]:
    """Name the lines of a band's legend.

    QGIS's first line is the band's description in the file, in the file's language: the unit
    takes its place, or nothing. A picture has three such lines.
    """
    if band.scale is None:
        words = Words("project", language)
        return tuple(enumerate(words(name) for name in ("red", "green", "blue")))
    unit = text_in(band.unit, language)
    return tuple(
        (place, label)
        for place, label in enumerate((unit, *_lines(band, band.scale, language)))
        if label
    )


def _lines(band: BandStyle, scale: Ramp | Legend, language: str) -> list[str]:
    """Return the words of a legend in QGIS's order."""
    if isinstance(scale, Legend):
        kept = [one for one in scale.classes if one.value not in band.hidden]
        return [text_in(one.names, language) for one in kept]
    return [label for _, _, label in items_of(scale, language)]


def raster_groups(styles: Many[RasterStyle], language: str) -> tuple[Group, ...]:
    """Return the groups of rasters, in the order of `styles`.

    Rasters of one series, and bands of one raster, are a group within their group.
    """
    words = Words("groups", language)
    keys = list(dict.fromkeys(one.group for one in styles))
    groups = []
    for key in keys:
        members = [one for one in styles if one.group == key]
        title = words(key) if words.has(key) else clean(key)
        groups.append(Group(title, _members(members, language), open=key == keys[0]))
    return tuple(groups)


def _members(styles: Many[RasterStyle], language: str) -> tuple[MapLayer | Group, ...]:
    """Return the layers and inner groups of a group."""
    found: list[MapLayer | Group] = []
    for _, rasters in groupby(styles, key=lambda one: one.series):
        series = list(rasters)
        layers = tuple(raster_layer(one, band, language) for one in series for band in one.bands)
        if len(layers) > 1:
            seen = any(layer.shown for layer in layers)
            found.append(Group(series_title(series, language), layers, open=seen))
        else:
            found += layers
        grounds = (ground_layer(one, language) for one in series)
        found += [one for one in grounds if one is not None]
    return tuple(found)


def series_title(series: Many[RasterStyle], language: str) -> str:
    """Name rasters that differ in time alone: what their names share, without the period."""
    names = [text_in(one.names, language) for one in series]
    if len(names) == 1:
        return names[0]
    shared = "".join(a for a, b in takewhile(_same, zip(min(names), max(names), strict=False)))
    return _END_OF_NAME.sub("", shared) or series[0].series


def _same(pair: tuple[str, str]) -> bool:
    """Whether two letters are one; the first and last of several texts differ soonest."""
    return pair[0] == pair[1]
