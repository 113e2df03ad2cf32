"""The rasters of a run as pictures over a map: what is offered, and how one of them is drawn.

It asks the doors of products what to offer, and draws it on the plane of web maps. It is the
same in all languages.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from landcover.model import Grid, Legend
from landcover.outputs.doors.offering import offers_of
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle, RasterStyle, Texts
from landcover.outputs.web.painting import PNG, WEBP, painted, photo
from landcover.raster.look import Look, look_on, plane_on
from landcover.raster.presence import look_present, moved

__all__ = [
    "EARTH_RADIUS_M",
    "Overlay",
    "Picture",
    "at_most",
    "bounds_of",
    "offered",
    "tells_unjudged",
]

WEB_PLANE = "EPSG:3857"
"""The plane of web maps."""

EARTH_RADIUS_M = 6378137.0
"""Of the sphere of that plane (WGS 84's semi-major axis)."""

FINER = 0.7
"""Pixels where presence counts are cut finer than what they show: none falls between two. So such
a picture may have more of them than it was asked for; of few colours, it is small as a file."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One overlay at one time: `bounds` are south, west, north, east in degrees.

    `shape` is that of what it shows (rows, columns), which may be drawn in finer pixels.
    """

    step: str
    mime: str
    data: bytes = field(repr=False)
    bounds: tuple[float, float, float, float]
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Overlay:
    """What a map offers under one name: the pictures of a series, by time.

    `names` tell no time. `styles` are those of the rasters; `band` says how each is drawn.
    `named` is False for what is offered of any index. `left_out` counts earlier periods that the
    page has no room for; one without pictures is left out wholly.
    """

    key: str
    names: Texts
    group: str
    styles: tuple[RasterStyle, ...]
    band: BandStyle
    pictures: tuple[Picture, ...] = ()
    named: bool = True
    left_out: int = 0

    @property
    def by_presence(self) -> bool:
        """Whether few pixels matter: classes, and values that are drawn only where they occur."""
        return isinstance(self.band.scale, Legend) or bool(self.band.hidden or self.band.told_by)

    @property
    def tells_unjudged(self) -> bool:
        """Whether ground that nobody could judge is told apart from ground with nothing."""
        return tells_unjudged(self.styles[0], self.band)


def tells_unjudged(style: RasterStyle, band: BandStyle) -> bool:
    """Say whether a band tells "nothing" from "nobody could tell", by itself or by another one."""
    nodata = style.facts.nodata
    own = bool(band.hidden) and nodata is not None and nodata not in band.hidden
    return own or bool(band.told_by)


def _timeless(style: RasterStyle, band: BandStyle) -> Texts:
    """Name a band without its time."""
    end = f", {style.step}" if style.step else ""
    return {language: name.replace(end, "") for language, name in band.names.items()}


def offered(shown: Shown) -> tuple[Overlay, ...]:
    """Return what the doors of a run's products offer, not yet drawn."""
    found = []
    for offer in offers_of(shown):
        (style, band), styles = offer.shown[0], tuple(style for style, _ in offer.shown)
        key, names = f"{offer.series}-{offer.key}", _timeless(style, band)
        found.append(Overlay(key, names, style.group, styles, band, named=offer.named))
    return tuple(found)


def bounds_of(grid: Grid) -> tuple[float, float, float, float]:
    """Return south, west, north, east (degrees) of a grid on the plane of web maps."""
    west, south, east, north = grid.bounds

    def latitude(y: float) -> float:
        return math.degrees(2 * math.atan(math.exp(y / EARTH_RADIUS_M)) - math.pi / 2)

    degrees = math.degrees(1 / EARTH_RADIUS_M)
    corners = (latitude(south), west * degrees, latitude(north), east * degrees)
    return (round(corners[0], 7), round(corners[1], 7), round(corners[2], 7), round(corners[3], 7))


def _finer(grid: Grid) -> Grid:
    """Return the same ground in smaller pixels."""
    rows, columns = (math.ceil(side / FINER) for side in grid.shape)
    scale = Affine.scale(grid.shape[1] / columns, grid.shape[0] / rows)
    return Grid(grid.crs, grid.transform @ scale, (rows, columns))


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What is painted: values of a band, where nobody could judge, and the pixels it stands for."""

    look: Look
    unjudged: NDArray[np.bool_] | None
    shape: tuple[int, int]


def _present(style: RasterStyle, band: BandStyle, most_px: int) -> _Seen:
    """Read a band of which few pixels matter, or the one that tells where it was judged."""
    path, scale = style.facts.path, band.scale
    classes = [one.value for one in scale.classes] if isinstance(scale, Legend) else []
    hidden = band.hidden if not band.told_by else (0.0,)
    small = look_present(path, band.told_by or band.band, most_px, classes, hidden, band.ground)
    plane = plane_on(_finer(small.grid), WEB_PLANE, ceil(most_px / FINER))
    told = moved(small, plane)
    seen = _amounts(style, (band.band,), plane) if band.told_by else told
    unjudged = ~told.valid[0] if tells_unjudged(style, band) else None
    return _Seen(seen, unjudged, small.grid.shape)


def _amounts(style: RasterStyle, bands: tuple[int, ...], plane: Grid) -> Look:
    """Read bands on a plane: the mean of the pixels that become one, of those with a value."""
    shrunk = max(style.facts.grid.shape) > max(plane.shape)
    return look_on(style.facts.path, bands, plane, "average" if shrunk else "nearest")


def at_most(style: RasterStyle, band: BandStyle, most_px: int) -> Picture:
    """Draw a band of one raster in at most `most_px` pixels a side."""
    if band.scale is None:
        plane = plane_on(style.facts.grid, WEB_PLANE, most_px)
        seen = _amounts(style, (1, 2, 3), plane)
        picture = photo(seen.values, seen.valid)
        return Picture(style.step, WEBP, picture, bounds_of(plane), plane.shape)
    if isinstance(band.scale, Legend) or band.hidden or band.told_by:
        found = _present(style, band, most_px)
    else:
        plane = plane_on(style.facts.grid, WEB_PLANE, most_px)
        found = _Seen(_amounts(style, (band.band,), plane), None, plane.shape)
    look = found.look
    data = painted(look.values[0], look.valid[0], band, found.unjudged)
    return Picture(style.step, PNG, data, bounds_of(look.grid), found.shape)
