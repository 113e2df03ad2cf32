"""Which zones and which scenes touch which tile.

Rectangles and outlines in pixels of the grid; nothing is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from landcover.model import Grid, Scene, Tile, Zone
from landcover.raster.planes import plane_shift, transformer

__all__ = [
    "Outlines",
    "Placed",
    "lay_zones",
    "place_scenes",
    "scenes_of_tiles",
    "scenes_of_zones",
    "zones_of_tiles",
]

EDGE_POINTS = 33
"""Points along each edge of a scene that is projected."""

SIDE_MAX_DEGREES = 0.01
"""Longest straight side of an outline (degrees, about 1.1 km): it strays by centimetres."""

Cuts = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Outlines:
    """Zones' outlines in pixels of the grid: x is the column, y minus the row."""

    geometries: tuple[BaseGeometry, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """Scenes grouped by the ground that their files cover.

    `rects` are (top, left, bottom, right) in pixels of the grid, one a group; `members` are
    the numbers of each group's scenes.
    """

    rects: npt.NDArray[np.float64]
    members: tuple[tuple[int, ...], ...]


def _lay(geometry: BaseGeometry, grid: Grid) -> BaseGeometry:
    """Project one outline to the grid's pixels; its sides are cut so that they bend rightly."""
    back = ~grid.transform
    move = transformer("EPSG:4326", grid.crs)

    def to_pixels(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        x, y = move.transform(xy[:, 0], xy[:, 1])
        return np.column_stack([back.a * np.asarray(x) + back.c, -back.e * np.asarray(y) - back.f])

    laid = shapely.transform(shapely.segmentize(geometry, SIDE_MAX_DEGREES), to_pixels)
    return laid if shapely.is_valid(laid) else shapely.make_valid(laid)


def lay_zones(grid: Grid, zones: Sequence[Zone]) -> Outlines:
    """Project every zone to the grid's pixels, once.

    Parameters
    ----------
    grid : Grid
        Its CRS reaches every zone (see `choose_grid`).
    zones : sequence of Zone
    """
    return Outlines(tuple(_lay(zone.geometry, grid) for zone in zones))


def _range(starts: npt.NDArray[np.int64], low: float, high: float) -> range:
    """Return which cuts meet [low, high]."""
    first = max(int(np.searchsorted(starts, low, side="right")) - 1, 0)
    return range(first, int(np.searchsorted(starts, high, side="left")))


def zones_of_tiles(
    outlines: Outlines, rows: Cuts, columns: Cuts
) -> dict[tuple[int, int], tuple[int, ...]]:
    """Find the tiles that touch a zone, and which zones.

    Returns
    -------
    dict
        (number of the row, of the column) -> numbers of the zones, in order of place.
    """
    tops = np.array([first for first, _ in rows])
    lefts = np.array([first for first, _ in columns])
    found: dict[tuple[int, int], list[int]] = {}
    for number, outline in enumerate(outlines.geometries):
        if outline.is_empty:
            continue
        west, south, east, north = outline.bounds
        places = [(r, c) for r in _range(tops, -north, -south) for c in _range(lefts, west, east)]
        boxes = [
            shapely.box(columns[c][0], -rows[r][1], columns[c][1], -rows[r][0]) for r, c in places
        ]
        shapely.prepare(outline)
        touching = shapely.intersects(outline, np.array(boxes, dtype=object))
        for place, touches in zip(places, touching, strict=True):
            if touches:
                found.setdefault(place, []).append(number)
    return {place: tuple(numbers) for place, numbers in sorted(found.items())}


def _rect(scene: Scene, grid: Grid) -> tuple[float, float, float, float]:
    """Return a scene's rectangle in pixels of the grid, a pixel wider where it is projected."""
    asset = max(scene.assets.values(), key=lambda one: one.shape[0] * abs(one.transform.e))
    height, width = asset.shape
    left, top = asset.transform @ (0, 0)
    right, bottom = asset.transform @ (width, height)
    shift = plane_shift(scene.crs, grid.crs)
    slack = 0.0
    if shift is None:
        slack = 1.0
        move = transformer(scene.crs, grid.crs)
        left, bottom, right, top = move.transform_bounds(
            min(left, right), min(bottom, top), max(left, right), max(bottom, top),
            densify_pts=EDGE_POINTS,
        )  # fmt: skip
        shift = 0.0
    first = ~grid.transform @ (left, top + shift)
    last = ~grid.transform @ (right, bottom + shift)
    return (first[1] - slack, first[0] - slack, last[1] + slack, last[0] + slack)


def place_scenes(scenes: Sequence[Scene], grid: Grid) -> Placed:
    """Group scenes by the ground they cover: those of one square share a rectangle."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for number, scene in enumerate(scenes):
        asset = max(scene.assets.values(), key=lambda one: one.shape[0] * abs(one.transform.e))
        key = (scene.crs, tuple(asset.transform), asset.shape)
        groups.setdefault(key, []).append(number)
    rects = [_rect(scenes[numbers[0]], grid) for numbers in groups.values()]
    return Placed(np.array(rects).reshape(-1, 4), tuple(tuple(n) for n in groups.values()))


def scenes_of_tiles(tiles: Sequence[Tile], placed: Placed) -> list[tuple[int, ...]]:
    """Return the numbers of the scenes under each tile, ascending (so, by time and id)."""
    known: dict[tuple[int, ...], tuple[int, ...]] = {}
    found = []
    for tile in tiles:
        bottom, right = tile.row + tile.grid.shape[0], tile.column + tile.grid.shape[1]
        meets = (placed.rects[:, 0] < bottom) & (placed.rects[:, 2] > tile.row)
        meets &= (placed.rects[:, 1] < right) & (placed.rects[:, 3] > tile.column)
        groups = tuple(int(group) for group in np.flatnonzero(meets))
        if groups not in known:
            numbers = (number for group in groups for number in placed.members[group])
            known[groups] = tuple(sorted(numbers))
        found.append(known[groups])
    return found


def scenes_of_zones(outlines: Outlines, placed: Placed) -> list[frozenset[int]]:
    """Return the numbers of the scenes whose files may touch each zone, by their rectangles."""
    top, left, bottom, right = placed.rects.T
    known: dict[tuple[int, ...], frozenset[int]] = {}
    found = []
    for west, south, east, north in shapely.bounds(np.array(outlines.geometries, dtype=object)):
        meets = (top < -south) & (bottom > -north) & (left < east) & (right > west)
        groups = tuple(int(group) for group in np.flatnonzero(meets))
        if groups not in known:
            known[groups] = frozenset(n for group in groups for n in placed.members[group])
        found.append(known[groups])
    return found
