"""The rasters of a run as pictures over a map: what is offered, and how finely it is drawn.

It asks the doors of products what to offer, and draws it on the plane of web maps. It is the
same in all languages.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil

from affine import Affine

from landcover.model import Grid, Legend
from landcover.outputs.doors import doors_of
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.outputs.web.painting import PNG, WEBP, painted, photo
from landcover.raster.look import Look, look_on, plane_on
from landcover.raster.presence import look_present, moved

__all__ = [
    "EARTH_RADIUS_M",
    "Overlay",
    "Picture",
    "at_most",
    "bounds_of",
    "draw",
    "offered",
    "tells_unjudged",
]

WEB_PLANE = "EPSG:3857"
"""The plane of web maps."""

EARTH_RADIUS_M = 6378137.0
"""Of the sphere of that plane (WGS 84's semi-major axis)."""

MOST_PX = 2048
"""No overlay is wider or higher than this."""

ALL_PX = 24_000_000
"""Pixels of all overlays of amounts and pictures together: they share them evenly."""

LEAST_PX = 512
"""However many overlays share, each gets so many a side."""

ALL_BYTES = 11_000_000
"""Bytes of all overlays together, before they are written as text (4 letters for 3 bytes)."""

FINER = 0.7
"""Pixels where presence counts are cut finer than what they show: none falls between two. So such
a picture may be larger than `MOST_PX`; of few colours, it is small as a file."""

WORKERS = 2
"""Threads that read, warp and pack."""


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

    `styles` are those of the rasters; `band` says how each is drawn.
    """

    key: str
    group: str
    styles: tuple[RasterStyle, ...]
    band: BandStyle
    pictures: tuple[Picture, ...] = ()

    @property
    def by_presence(self) -> bool:
        """Whether few pixels matter: classes, and values that are drawn only where they occur."""
        return isinstance(self.band.scale, Legend) or bool(self.band.hidden)

    @property
    def tells_unjudged(self) -> bool:
        """Whether ground that nobody could judge is told apart from ground with nothing."""
        return tells_unjudged(self.styles[0], self.band)


def tells_unjudged(style: RasterStyle, band: BandStyle) -> bool:
    """Say whether a band has one value for "nothing", and another one for "nobody could tell"."""
    nodata = style.facts.nodata
    return bool(band.hidden) and nodata is not None and nodata not in band.hidden


def _bands(shown: Shown, series: str, key: str) -> Iterable[tuple[RasterStyle, BandStyle]]:
    """Find a band among the rasters of a series."""
    for style in shown.styles:
        if style.series == series:
            yield from ((style, band) for band in style.bands if band.key == key)


def offered(shown: Shown) -> tuple[Overlay, ...]:
    """Return what the doors of a run's products offer, not yet drawn."""
    found = []
    for door in doors_of(shown):
        for series, key in door.overlays:
            bands = sorted(_bands(shown, series, key), key=lambda one: one[0].step)
            if bands:
                styles = tuple(style for style, _ in bands)
                found.append(Overlay(f"{series}-{key}", styles[0].group, styles, bands[0][1]))
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


def _seen(style: RasterStyle, band: BandStyle, most_px: int) -> tuple[Look, tuple[int, int]]:
    """Read a band on the plane of web maps; also say how many pixels are its own."""
    path, scale = style.facts.path, band.scale
    if isinstance(scale, Legend) or band.hidden:
        classes = [one.value for one in scale.classes] if isinstance(scale, Legend) else []
        small = look_present(path, band.band, most_px, classes, band.hidden)
        plane = plane_on(_finer(small.grid), WEB_PLANE, ceil(most_px / FINER))
        return moved(small, plane), small.grid.shape
    plane = plane_on(style.facts.grid, WEB_PLANE, most_px)
    bands = (1, 2, 3) if scale is None else (band.band,)
    shrunk = max(style.facts.grid.shape) > max(plane.shape)
    return look_on(path, bands, plane, "average" if shrunk else "nearest"), plane.shape


def at_most(style: RasterStyle, band: BandStyle, most_px: int) -> Picture:
    """Draw a band of one raster in at most `most_px` pixels a side."""
    seen, shape = _seen(style, band, most_px)
    if band.scale is None:
        mime, data = WEBP, photo(seen.values, seen.valid)
    else:
        hatched = tells_unjudged(style, band)
        mime, data = PNG, painted(seen.values[0], seen.valid[0], band, hatched)
    return Picture(style.step, mime, data, bounds_of(seen.grid), shape)


def _sides(overlays: Sequence[Overlay], all_px: int) -> Mapping[str, int]:
    """Share pixels among overlays: key -> how many a side may have."""
    dense = sum(len(one.styles) for one in overlays if not one.by_presence)
    side = int(math.sqrt(all_px / max(dense, 1)))
    shared = min(MOST_PX, max(LEAST_PX, side))
    return {one.key: MOST_PX if one.by_presence else shared for one in overlays}


def _drawn(overlays: Sequence[Overlay], all_px: int) -> tuple[Overlay, ...]:
    """Draw overlays with so many pixels in all."""
    sides = _sides(overlays, all_px)
    with ThreadPoolExecutor(WORKERS) as pool:
        return tuple(
            replace(
                one,
                pictures=tuple(
                    pool.map(partial(at_most, band=one.band, most_px=sides[one.key]), one.styles)
                ),
            )
            for one in overlays
        )


def draw(overlays: Sequence[Overlay], most_bytes: int = ALL_BYTES) -> tuple[Overlay, ...]:
    """Draw overlays as finely as fits: fewer pixels each until all together are small enough."""
    all_px = ALL_PX
    while True:
        drawn = _drawn(overlays, all_px)
        total = sum(len(picture.data) for one in drawn for picture in one.pictures)
        if total <= most_bytes or all_px < LEAST_PX**2:
            return drawn
        all_px //= 2
