"""Moving arrays from a scene's own lattice to the grid's: nearest or bilinear, by exact places.

GDAL's warper approximates its transform along each scan line of a call, and scales its kernel
by the window it is given, so that its answer depends on how the grid was tiled. Here each
pixel's place is asked of PROJ, once per pair of lattices.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from landcover.kernels.sampling import bilinear, bilinear_values
from landcover.model import MISSING, Grid
from landcover.raster.planes import transformer

__all__ = ["made_of", "nearest", "pieces", "resample", "source_grid"]

EDGE_POINTS = 33
"""Points along each edge of a tile when it is projected; bends of an edge stay under 1 px."""

MARGIN_PX = 2
"""Source pixels kept around a tile: bilinear needs one, rounding of the edge another (px)."""

PIECE_PX = 1024
"""Longest side of what is warped at once (px of the grid)."""

SOURCE_PX = 4096
"""Longest side of what is read at once for a warp (px of the source), where the grid is coarse."""

NOWHERE_PX = -1e9
"""Row and column of a place without coordinates (px): outside any file."""

EDGE_SLACK_PX = 1e-6
"""A centre this near a source pixel's edge lies beyond it (px): rounding must not decide, as it
differs from tile to tile where a coarse grid's centres fall on the edges of fine pixels."""

INDEX_CACHE = 16
"""Index maps held per process (4 MB each, 8 MB bilinear): the pieces of a tile on a few
lattices."""

MADE_CACHE = 4
"""Source pixels of whole pieces, held per process (1 MB each, 16 MB where the grid is coarse)."""

STEPS = 1024
"""Parts of a pixel in which bilinear weighs (no unit): coarser than any rounding of places."""


def pieces(grid: Grid, crs: str, transform: Affine) -> Iterator[tuple[slice, slice]]:
    """Cut a tile into pieces whose sources fit in memory, however coarse the grid is.

    Parameters
    ----------
    grid : Grid
        The tile.
    crs, transform
        The scene's lattice.

    Yields
    ------
    rows, columns : slice
        Together they cover the tile once.
    """
    around = source_grid(grid, crs, transform)
    if around is None:
        return
    ratio = max(around.shape[0] / grid.shape[0], around.shape[1] / grid.shape[1], 1.0)
    side = max(min(PIECE_PX, int(SOURCE_PX / ratio)), 1)
    for row in range(0, grid.shape[0], side):
        for column in range(0, grid.shape[1], side):
            yield (
                slice(row, min(row + side, grid.shape[0])),
                slice(column, min(column + side, grid.shape[1])),
            )


def source_grid(grid: Grid, crs: str, transform: Affine) -> Grid | None:
    """Return the part of a scene's lattice that lies under a tile.

    Parameters
    ----------
    grid : Grid
        The tile.
    crs : str
        The scene's CRS.
    transform : Affine
        The scene's lattice.

    Returns
    -------
    Grid or None
        In `crs`, on the lattice, with a margin; it may reach beyond the scene. None where the
        tile has no coordinates in `crs`.
    """
    left, bottom, right, top = transformer(grid.crs, crs).transform_bounds(
        *grid.bounds, densify_pts=EDGE_POINTS
    )
    if not np.isfinite((left, bottom, right, top)).all():
        return None
    corners = np.array([~transform @ (x, y) for x in (left, right) for y in (bottom, top)])
    low, high = corners.min(axis=0), corners.max(axis=0)
    first = np.floor(low).astype(int) - MARGIN_PX
    last = np.ceil(high).astype(int) + MARGIN_PX
    shape = (int(last[1] - first[1]), int(last[0] - first[0]))
    return Grid(crs, transform @ Affine.translation(int(first[0]), int(first[1])), shape)


def _places(
    source: Grid, grid: Grid, lattice: Affine
) -> Iterator[tuple[int, npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Yield each row's number and where its centres fall: (row, column) of the whole `lattice`.

    Counted from the corner of the lattice, never from a cut's own, so that rounding is the same
    however the grid was tiled. Places without coordinates are far outside.
    """
    move = transformer(grid.crs, source.crs)
    back = ~lattice
    columns = np.arange(grid.shape[1]) + 0.5
    for row in range(grid.shape[0]):
        x = grid.transform.a * columns + grid.transform.c
        y = np.full_like(x, grid.transform.e * (row + 0.5) + grid.transform.f)
        there_x, there_y = (np.asarray(one) for one in move.transform(x, y))
        at_row = back.d * there_x + back.e * there_y + back.f
        at_column = back.a * there_x + back.b * there_y + back.c
        lost = ~(np.isfinite(at_row) & np.isfinite(at_column))
        at_row[lost] = at_column[lost] = NOWHERE_PX
        yield row, at_row, at_column


def _corner(source: Grid, lattice: Affine) -> tuple[int, int]:
    """Return the (row, column) of the whole lattice at which a cut of it starts."""
    column, row = ~lattice @ (source.transform.c, source.transform.f)
    return round(row), round(column)


def _flat(
    source: Grid, at_row: npt.NDArray[Any], at_column: npt.NDArray[Any], reach: int
) -> npt.NDArray[Any]:
    """Return flat indices into `source`; -1 where a pixel, or one `reach` on, lies outside."""
    inside = (at_row >= 0) & (at_row + reach < source.shape[0])
    inside &= (at_column >= 0) & (at_column + reach < source.shape[1])
    return np.where(inside, at_row * source.shape[1] + at_column, -1)


@lru_cache(maxsize=INDEX_CACHE)
def _indices(source: Grid, grid: Grid, lattice: Affine) -> npt.NDArray[np.int32]:
    """Return the flat source index under each pixel centre of `grid`; -1 outside."""
    top, left = _corner(source, lattice)
    found = np.empty(grid.shape, np.int32)
    for row, at_row, at_column in _places(source, grid, lattice):
        whole_row = np.floor(at_row + EDGE_SLACK_PX) - top
        whole_column = np.floor(at_column + EDGE_SLACK_PX) - left
        found[row] = _flat(source, whole_row, whole_column, 0)
    return found


@lru_cache(maxsize=INDEX_CACHE)
def _weights(
    source: Grid, grid: Grid, lattice: Affine
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint16], npt.NDArray[np.uint16]]:
    """Return the first of the four pixels around each centre, and the way to the next ones.

    The way is in `STEPS` of a pixel, down and to the right.
    """
    top, left = _corner(source, lattice)
    found = np.empty(grid.shape, np.int32)
    down, right = np.empty(grid.shape, np.uint16), np.empty(grid.shape, np.uint16)
    for row, at_row, at_column in _places(source, grid, lattice):
        steps_down = np.rint((at_row - 0.5) * STEPS).astype(np.int64)
        steps_right = np.rint((at_column - 0.5) * STEPS).astype(np.int64)
        down[row], right[row] = steps_down % STEPS, steps_right % STEPS
        found[row] = _flat(source, steps_down // STEPS - top, steps_right // STEPS - left, 1)
    return found, down, right


def made_of(
    wanted: npt.NDArray[np.bool_], source: Grid, grid: Grid, lattice: Affine, resampling: str
) -> npt.NDArray[np.bool_]:
    """Tell which source pixels wanted pixels of a grid are made of.

    Parameters
    ----------
    wanted : bool (Y, X) on `grid`
    source, grid : Grid
    lattice : Affine
        The whole lattice that `source` was cut from.
    resampling : str
        ``nearest``, or ``bilinear``: then the nearest one is among them too, for classes.

    Returns
    -------
    bool (Y, X) on `source`; not to be written to
    """
    if wanted.all():
        return _made_of_all(source, grid, lattice, resampling)
    return _mark(wanted, source, grid, lattice, resampling)


@lru_cache(maxsize=MADE_CACHE)
def _made_of_all(
    source: Grid, grid: Grid, lattice: Affine, resampling: str
) -> npt.NDArray[np.bool_]:
    """Tell which source pixels a whole grid is made of: the same for each day."""
    return _mark(np.ones(grid.shape, bool), source, grid, lattice, resampling)


def _mark(
    wanted: npt.NDArray[np.bool_], source: Grid, grid: Grid, lattice: Affine, resampling: str
) -> npt.NDArray[np.bool_]:
    """Mark the source pixels of wanted pixels."""
    used = np.zeros(source.shape, bool)
    flat = used.reshape(-1)
    under = _indices(source, grid, lattice)[wanted]
    flat[under[under >= 0]] = True
    if resampling != "nearest":
        first = _weights(source, grid, lattice)[0][wanted]
        first = first[first >= 0]
        for step in (0, 1, source.shape[1], source.shape[1] + 1):
            flat[first + step] = True
    return used


def nearest(
    values: npt.NDArray[Any], source: Grid, grid: Grid, lattice: Affine, fill: float | bool
) -> npt.NDArray[Any]:
    """Take for each pixel of `grid` the source pixel that its centre falls in.

    Parameters
    ----------
    values : (Y, X) on `source`, any type
    source, grid : Grid
    lattice : Affine
        The whole lattice that `source` was cut from.
    fill : number
        Where the centre falls outside `source`.

    Returns
    -------
    (Y, X) on `grid`, same type
    """
    indices = _indices(source, grid, lattice)
    taken = values.ravel()[np.maximum(indices, 0)]
    taken[indices < 0] = fill
    return taken


def resample(
    values: npt.NDArray[Any],
    source: Grid,
    grid: Grid,
    lattice: Affine,
    resampling: str,
) -> npt.NDArray[Any]:
    """Warp one masked band.

    Parameters
    ----------
    values : int16 (Y, X) on `source`, MISSING where not clear; or float32, NaN where not clear
    source, grid : Grid
    lattice : Affine
        The whole lattice that `source` was cut from.
    resampling : str
        ``nearest`` or ``bilinear`` (missing pixels take no part).

    Returns
    -------
    (Y, X) on `grid`, same type
    """
    if resampling == "nearest":
        missing = np.nan if values.dtype == np.float32 else MISSING
        return nearest(values, source, grid, lattice, missing)
    weights = _weights(source, grid, lattice)
    if values.dtype == np.float32:
        return bilinear_values(values, *weights, STEPS)
    return bilinear(values, *weights, STEPS, MISSING)
