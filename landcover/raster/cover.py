"""Which pixels of a tile a zone covers, and how much of each: exact at the zone's edges.

It knows polygons, projections and pixels. It does not know values, dates or sums.

Fractions are worked out in aligned cells of 256 x 256 px of the absolute pixel lattice, and
only then cut to the tile, so that a pixel's fraction is the same bits whatever the tiles.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from landcover.errors import InputError
from landcover.kernels.coverage import Rings, cells_covered, cut, fractions
from landcover.kernels.zonal import Pieces, paint
from landcover.model import Grid
from landcover.raster.area import Lattice, lattice_of
from landcover.raster.planes import transformer

__all__ = ["CELL_PX", "Cover", "cover", "rings_on"]

CELL_PX = 256
"""Side (px) of the aligned cells that fractions and sums are made in."""

EDGE_MAX_M = 1000.0
"""Longest straight side (m) in longitude and latitude before it is cut. A side of 1 km then
strays from its true course by s^2 / 8R x tan(latitude): 2 cm at 45 degrees, 0 on the equator."""

METRES_PER_DEGREE = 111_700.0
"""Length (m) of the longest degree, of latitude at the poles: sides are cut finely enough."""

KEPT_OUTLINES = 16
"""Large outlines kept on the lattice per process: the next tile of a reserve needs it again."""

LARGE_OUTLINE = 2000
"""Corners from which an outline is worth keeping."""


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """The pixels of one tile that zones cover.

    `pieces` are flat arrays for the kernels, sorted by zone and cell; `shape` is (Y, X).
    """

    shape: tuple[int, int]
    pieces: Pieces

    @property
    def zones(self) -> tuple[int, ...]:
        """The numbers of the zones that cover a part of any pixel."""
        return tuple(int(zone) for zone in np.unique(self.pieces.zone))

    def inside(self) -> NDArray[np.bool_]:
        """Return bool (Y, X): True where any zone covers a part of the pixel."""
        out = np.zeros(self.shape, np.bool_)
        paint(out, self.pieces.runs, self.pieces.edge_pixel)
        return out


class _Piece(NamedTuple):
    """One zone in one cell; fields are named as in `Pieces`. `whole`: it covers all of it."""

    zone: int
    cell_row: int
    cell_column: int
    runs: NDArray[np.int32]
    edge_pixel: NDArray[np.int64]
    edge_fraction: NDArray[np.float32]
    whole: bool


class _Place(NamedTuple):
    """Where a tile lies on the lattice (px), and its shape."""

    lattice: Lattice
    row: int
    column: int
    shape: tuple[int, int]


def _signs(x: NDArray[np.float64], y: NDArray[np.float64], start: NDArray[np.int64]) -> Any:
    """Return +1 for rings whose inside lies east of their downward sides, else -1."""
    areas = [
        np.dot(x[a : b - 1] + x[a + 1 : b] - 2 * x[a], np.diff(y[a:b])) for a, b in pairwise(start)
    ]
    return np.where(np.array(areas) < 0, 1.0, -1.0)


def rings_on(lattice: Lattice, geometry: BaseGeometry) -> Rings:
    """Lay an outline on the pixel lattice.

    Parameters
    ----------
    lattice : Lattice
        The pixels of the grid's CRS.
    geometry : shapely polygon or multipolygon
        In longitude and latitude (degrees, WGS84). Sides are straight there; those longer
        than 1 km are cut before they are laid.

    Returns
    -------
    Rings
        In absolute pixels of the lattice.

    Raises
    ------
    InputError
        The grid's CRS does not reach the outline.
    """
    cut_fine = shapely.segmentize(geometry, EDGE_MAX_M / METRES_PER_DEGREE)
    rings, owner = shapely.get_rings(shapely.get_parts(cut_fine), return_index=True)
    outer = np.diff(owner, prepend=-1) != 0  # a polygon's first ring is its shell
    corners, ring = shapely.get_coordinates(rings, return_index=True)
    x, y = transformer("EPSG:4326", lattice.crs).transform(corners[:, 0], corners[:, 1])
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise _out_of_reach(lattice, geometry)
    columns, rows = lattice.column(x), lattice.row(y)
    start = np.searchsorted(ring, np.arange(len(rings) + 1)).astype(np.int64)
    sign = _signs(columns, rows, start) * np.where(outer, 1.0, -1.0)
    return Rings(columns, rows, start, sign)


def _out_of_reach(lattice: Lattice, geometry: BaseGeometry) -> InputError:
    """Return the error of a zone that the grid's CRS cannot hold."""
    west, south, east, north = geometry.bounds
    return InputError(
        f"zone within {west:.3f} to {east:.3f} E, {south:.3f} to {north:.3f} N",
        f"the grid's CRS ({lattice.crs[:60]}) does not reach it",
        "Set grid.crs to a CRS that covers all zones, or leave it at auto",
    )


_kept: OrderedDict[tuple[bytes, Lattice], Rings] = OrderedDict()


def _laid(lattice: Lattice, geometry: BaseGeometry) -> Rings:
    """Do as `rings_on`, remembering the last few large outlines."""
    if shapely.get_num_coordinates(geometry) < LARGE_OUTLINE:
        return rings_on(lattice, geometry)
    key = (sha256(shapely.to_wkb(geometry)).digest(), lattice)
    rings = _kept.pop(key, None) or rings_on(lattice, geometry)
    _kept[key] = rings
    while len(_kept) > KEPT_OUTLINES:
        _kept.popitem(last=False)
    return rings


def _full(place: _Place, row: int, column: int) -> NDArray[np.int32]:
    """Return the runs of a wholly covered cell, whose first pixel in the tile is given."""
    rows = np.arange(max(row, 0), min(row + CELL_PX, place.shape[0]), dtype=np.int32)
    first, last = max(column, 0), min(column + CELL_PX, place.shape[1])
    return np.column_stack([rows, np.full_like(rows, first), np.full_like(rows, last)])


def _pieces(place: _Place, zone: int, rings: Rings) -> Iterator[_Piece]:
    """Give the zone's pieces in the tile, in the order of cells."""
    top, left = place.row // CELL_PX, place.column // CELL_PX
    down = (place.row + place.shape[0] - 1) // CELL_PX - top + 1
    across = (place.column + place.shape[1] - 1) // CELL_PX - left + 1
    full, touched = cells_covered(rings, top, left, (down, across), CELL_PX)
    no_pixel, no_fraction = np.zeros(0, np.int64), np.zeros(0, np.float32)
    for r, c in np.argwhere(full | touched).tolist():
        row, column = (top + r) * CELL_PX, (left + c) * CELL_PX
        at = (row - place.row, column - place.column)
        if full[r, c]:
            yield _Piece(zone, top + r, left + c, _full(place, *at), no_pixel, no_fraction, True)
            continue
        runs, pixel, fraction = cut(fractions(rings, row, column, CELL_PX), *at, place.shape)
        if len(runs) or len(pixel):
            yield _Piece(zone, top + r, left + c, runs, pixel, fraction, False)


def _starts(arrays: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """Return where each array starts once they are put one after the other."""
    return np.cumsum([0] + [len(array) for array in arrays], dtype=np.int64)


def _twins(pieces: Sequence[_Piece]) -> NDArray[np.int64]:
    """Return each piece's first piece with the same pixels: where cells are wholly covered."""
    firsts: dict[tuple[int, int], int] = {}
    return np.array(
        [
            firsts.setdefault((piece.cell_row, piece.cell_column), number)
            if piece.whole
            else number
            for number, piece in enumerate(pieces)
        ],
        np.int64,
    )


def _flat(pieces: Sequence[_Piece]) -> Pieces:
    """Put pieces into flat arrays."""
    runs = [piece.runs for piece in pieces]
    pixels = [piece.edge_pixel for piece in pieces]
    fraction = [piece.edge_fraction for piece in pieces]
    return Pieces(
        np.array([piece.zone for piece in pieces], np.int32),
        np.array([piece.cell_row for piece in pieces], np.int32),
        np.array([piece.cell_column for piece in pieces], np.int32),
        _starts(runs),
        np.concatenate([np.zeros((0, 3), np.int32), *runs]),
        _starts(pixels),
        np.concatenate([np.zeros(0, np.int64), *pixels]),
        np.concatenate([np.zeros(0, np.float32), *fraction]),
        _twins(pieces),
    )


def _may_touch(place: _Place, rings: Rings) -> bool:
    """Whether the outline's bounds meet the tile."""
    rows, columns = place.shape
    return bool(
        len(rings.x)
        and rings.x.max() > place.column
        and rings.x.min() < place.column + columns
        and rings.y.max() > place.row
        and rings.y.min() < place.row + rows
    )


def cover(grid: Grid, zones: Sequence[tuple[int, BaseGeometry]]) -> Cover:
    """Work out which pixels of a tile each zone covers, and how much of each.

    Parameters
    ----------
    grid : Grid
        The tile's pixels.
    zones : sequence of (number, geometry)
        Geometries in longitude and latitude; numbers are the caller's own, increasing.

    Returns
    -------
    Cover
        Zones that cover no part of any pixel have no piece. Fractions below 2^-22 are
        0, those above 1 - 2^-22 are 1.

    Raises
    ------
    InputError
        The grid's CRS does not reach a zone.
    """
    lattice, row, column = lattice_of(grid)
    place = _Place(lattice, row, column, grid.shape)
    found: list[_Piece] = []
    for zone, geometry in zones:
        rings = _laid(lattice, geometry)
        if _may_touch(place, rings):
            found.extend(_pieces(place, zone, rings))
    return Cover(grid.shape, _flat(found))
