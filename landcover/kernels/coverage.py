"""The exact fraction of each pixel that polygons cover.

It knows rings of corners in pixel units. It does not know projections, zones or tiles.

Each side of a ring adds, row by row, the signed area between itself and the raster's right
end; the running sum along a row is then the covered fraction. Nothing is clipped and no
topology is built, so a ring that touches itself does no harm.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["Rings", "cells_covered", "cut", "fractions"]

Floats = NDArray[np.float64]

ROUNDING = 2.0**-22
"""A fraction nearer than this to 0 or 1 is 0 or 1: float32 tells no finer."""

TOUCH = 1e-6
"""Margin (cells) within which a side counts as touching a cell; it only costs a closer look."""


class Rings(NamedTuple):
    """Closed rings of corners, in pixels: x to the right, y downward.

    Ring i has the corners start[i]:start[i + 1], the last equal to the first. `sign` is +1
    where the covered side lies to the right (east) of the ring's downward sides, else -1.
    """

    x: Floats
    y: Floats
    start: NDArray[np.int64]
    sign: Floats


@njit(nogil=True, cache=True)
def _spread(row: Floats, xa: float, xb: float, dy: float) -> None:
    """Add a side's part within one row: `dy` of the row's height, between xa and xb."""
    columns = row.shape[0] - 1
    left, right = min(xa, xb), max(xa, xb)
    if right <= 0:
        row[0] += dy
        return
    if left >= columns:
        return
    width = right - left
    if width == 0:
        column = int(left)
        row[column] += dy * (1 - (left - column))
        row[column + 1] += dy * (left - column)
        return
    x = left
    if left < 0:
        row[0] += dy * (-left / width)
        x = 0.0
    end = min(right, float(columns))
    column = int(x)
    while x < end:
        after = min(column + 1.0, end)
        part = dy * ((after - x) / width)
        middle = (x + after) / 2 - column
        row[column] += part * (1 - middle)
        row[column + 1] += part * middle
        x = after
        column += 1


@njit(nogil=True, cache=True)
def _trace(out: Floats, x0: float, y0: float, x1: float, y1: float, sign: float) -> None:
    """Add one side to every row of `out` that it passes."""
    if y0 > y1:
        x0, y0, x1, y1, sign = x1, y1, x0, y0, -sign
    rows, columns = out.shape[0], out.shape[1] - 1
    if y1 <= 0 or y0 >= rows or y0 == y1 or min(x0, x1) >= columns:
        return
    slope = (x1 - x0) / (y1 - y0)
    for r in range(int(max(np.floor(y0), 0.0)), int(min(np.ceil(y1), float(rows)))):
        top, bottom = max(y0, float(r)), min(y1, r + 1.0)
        xa = x0 if top == y0 else x0 + (top - y0) * slope
        xb = x1 if bottom == y1 else x0 + (bottom - y0) * slope
        _spread(out[r], xa, xb, sign * (bottom - top))


@njit(nogil=True, cache=True)
def _mark(touched: NDArray[np.bool_], x0: float, y0: float, x1: float, y1: float) -> None:
    """Mark the cells that a side touches, or all but touches."""
    if y0 > y1:
        x0, y0, x1, y1 = x1, y1, x0, y0
    rows, columns = touched.shape
    slope = (x1 - x0) / (y1 - y0) if y1 > y0 else 0.0
    low, high = np.floor(y0 - TOUCH), np.floor(y1 + TOUCH)
    for r in range(int(max(low, 0.0)), int(min(high, rows - 1.0)) + 1):
        top = min(max(y0, r - TOUCH), y1)
        bottom = max(min(y1, r + 1 + TOUCH), y0)
        xa = x0 + (top - y0) * slope
        xb = x0 + (bottom - y0) * slope if y1 > y0 else x1
        first = np.floor(min(xa, xb) - TOUCH)
        last = np.floor(max(xa, xb) + TOUCH)
        for c in range(int(max(first, 0.0)), int(min(last, columns - 1.0)) + 1):
            touched[r, c] = True


@njit(nogil=True, cache=True)
def _cells(
    x: Floats,
    y: Floats,
    start: NDArray[np.int64],
    sign: Floats,
    row: int,
    column: int,
    rows: int,
    columns: int,
    side: int,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Work out `cells_covered`."""
    out = np.zeros((rows, columns + 1))
    touched = np.zeros((rows, columns), np.bool_)
    for ring in range(sign.shape[0]):
        for i in range(start[ring], start[ring + 1] - 1):
            x0, x1 = x[i] / side - column, x[i + 1] / side - column
            y0, y1 = y[i] / side - row, y[i + 1] / side - row
            _trace(out, x0, y0, x1, y1, sign[ring])
            _mark(touched, x0, y0, x1, y1)
    full = np.zeros((rows, columns), np.bool_)
    for r in range(rows):
        total = 0.0
        for c in range(columns):
            total += out[r, c]
            full[r, c] = total > 0.5 and not touched[r, c]
    return full, touched


def cells_covered(
    rings: Rings, row: int, column: int, shape: tuple[int, int], side: int
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell the cells that lie wholly inside from those that a side passes through.

    Parameters
    ----------
    rings : Rings
        In pixels.
    row, column : int
        The first cell, counted in cells.
    shape : tuple of int
        How many cells down and across.
    side : int, px
        Side of a cell.

    Returns
    -------
    full, touched : bool (rows, columns)
        Wholly covered; and those that need `fractions`. Neither means outside.
    """
    return _cells(*rings, row, column, shape[0], shape[1], side)


@njit(nogil=True, cache=True)
def _fractions(
    x: Floats,
    y: Floats,
    start: NDArray[np.int64],
    sign: Floats,
    row: int,
    column: int,
    side: int,
) -> Floats:
    """Work out `fractions`."""
    out = np.zeros((side, side + 1))
    for ring in range(sign.shape[0]):
        for i in range(start[ring], start[ring + 1] - 1):
            _trace(out, x[i] - column, y[i] - row, x[i + 1] - column, y[i + 1] - row, sign[ring])
    for r in range(side):
        total = 0.0
        for c in range(side):
            total += out[r, c]
            fraction = total if total > ROUNDING else 0.0
            out[r, c] = fraction if fraction < 1 - ROUNDING else 1.0
    return out


def fractions(rings: Rings, row: int, column: int, side: int) -> Floats:
    """Return the covered fraction of each pixel of one cell.

    Parameters
    ----------
    rings : Rings
        In pixels.
    row, column : int, px
        The cell's first pixel.
    side : int, px
        Side of the cell.

    Returns
    -------
    float64 (side, side + 1)
        Fractions 0 to 1, exact but for rounding (1e-12); the last column has no meaning.

    Notes
    -----
    fraction(r, c) = sum over sides of sign * (signed area between the side and the right end
    of row r, left of column c + 1), as font rasterisers do.

    Examples
    --------
    A triangle over half of a pixel, and a quarter of the next:

    >>> x, y = np.array([0.0, 2, 0, 0]), np.array([0.0, 0, 1, 0])
    >>> fractions(Rings(x, y, np.array([0, 4]), np.array([-1.0])), 0, 0, 2)[:, :2]
    array([[0.75, 0.25],
           [0.  , 0.  ]])
    """
    return _fractions(*rings, row, column, side)


@njit(nogil=True, cache=True)
def cut(
    covered: Floats, row: int, column: int, shape: tuple[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float32]]:
    """Cut a cell's fractions to a tile, as runs of covered pixels and pixels on the edge.

    Parameters
    ----------
    covered : float64 (side, side + 1)
        From `fractions`.
    row, column : int, px
        The cell's first pixel in the tile; negative where the cell begins before it.
    shape : tuple of int, px
        The tile's rows and columns.

    Returns
    -------
    runs : int32 (R, 3)
        Row, first column, column after the last of wholly covered pixels.
    edge_pixel : int64 (E,)
        Flat number (row * columns + column) of each pixel that is covered in part.
    edge_fraction : float32 (E,)
        Its covered fraction.
    """
    side = covered.shape[0]
    r0, r1 = max(0, -row), min(side, shape[0] - row)
    c0, c1 = max(0, -column), min(side, shape[1] - column)
    runs = np.empty((max(r1 - r0, 0) * (max(c1 - c0, 0) // 2 + 1), 3), np.int32)
    pixels = np.empty(max(r1 - r0, 0) * max(c1 - c0, 0), np.int64)
    shares = np.empty(pixels.shape[0], np.float32)
    n = m = 0
    for r in range(r0, r1):
        open_run = False
        for c in range(c0, c1):
            fraction = covered[r, c]
            if fraction == 1 and not open_run:
                runs[n] = row + r, column + c, column + c1
                open_run = True
            elif fraction < 1 and open_run:
                runs[n, 2] = column + c
                n += 1
                open_run = False
            if 0 < fraction < 1:
                pixels[m] = (row + r) * shape[1] + column + c
                shares[m] = fraction
                m += 1
        if open_run:
            n += 1
    return runs[:n].copy(), pixels[:m].copy(), shares[:m].copy()
