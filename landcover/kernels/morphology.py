"""Growing masks by an exact disc, and repeating pixels onto a finer lattice.

Distances are in pixels. Does not know what a mask means.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError

__all__ = ["grow", "upsample", "warm"]

_SLACK = 1e-9
"""Relative room for rounding in radius² (no unit): 60 m / 20 m may come as 2.9999999999."""


# Loops along x are functions of their own: numba vectorises them only so (12 times faster).


@njit(nogil=True, cache=True)
def _farther(row, beside, far):  # type: ignore[no-untyped-def]
    """Lower each distance to that of the row beside plus 1."""
    for x in range(row.size):
        step = row.dtype.type(beside[x] + row.dtype.type(beside[x] < far))
        row[x] = step if step < row[x] else row[x]


@njit(nogil=True, cache=True)
def _distance_in_column(mask, far, out):  # type: ignore[no-untyped-def]
    """Rows to the nearest True of the same column, at most `far`; down, then up."""
    height = mask.shape[0]
    for y in range(height):
        for x in range(mask.shape[1]):
            out[y, x] = out.dtype.type(0) if mask[y, x] else far
    for y in range(1, height):
        _farther(out[y], out[y - 1], far)
    for y in range(height - 2, -1, -1):
        _farther(out[y], out[y + 1], far)


@njit(nogil=True, cache=True)
def _reach_out(grown, distance, limit):  # type: ignore[no-untyped-def]
    for x in range(grown.size):
        grown[x] |= distance[x] <= limit


@njit(nogil=True, cache=True)
def _reach_along_rows(distance, reach, out):  # type: ignore[no-untyped-def]
    """Mark where a column dx away has a True within reach[|dx|] rows: together, the disc."""
    height, length = out.shape
    for y in range(height):
        row, grown = distance[y], out[y]
        grown[:] = False
        for dx in range(min(reach.size, length)):
            _reach_out(grown[dx:], row[: length - dx], reach[dx])
            _reach_out(grown[: length - dx], row[dx:], reach[dx])


def grow(mask: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """Grow what is True by a disc.

    Parameters
    ----------
    mask : bool (Y, X)
        True = what grows. What lies outside the array is unknown and does not grow in.
    radius_px : float, px
        Radius, may be a fraction; 0 gives a copy.

    Returns
    -------
    bool (Y, X)
        True where the centre of some True pixel lies within `radius_px` of the pixel's own.

    Notes
    -----
    Exact: dx² + dy² <= radius². Two passes (distance along y, then reach along x), cost
    O(radius) a pixel.

    Examples
    --------
    >>> mask = np.zeros((3, 3), np.bool_)
    >>> mask[1, 1] = True
    >>> grow(mask, 1).astype(int)
    array([[0, 1, 0],
           [1, 1, 1],
           [0, 1, 0]])
    """
    if not (math.isfinite(radius_px) and radius_px >= 0):
        raise InputError(f"radius {radius_px!r} px", "it must be 0 or a positive number")
    reach = _reach(radius_px, mask.shape)
    if reach.size == 1 or not mask.any():
        return mask.copy()
    distance = np.empty(mask.shape, reach.dtype)
    out = np.empty(mask.shape, np.bool_)
    _distance_in_column(np.ascontiguousarray(mask), reach[0] + reach.dtype.type(1), distance)
    _reach_along_rows(distance, reach, out)
    return out


def _reach(radius_px: float, shape: tuple[int, ...]) -> NDArray[Any]:
    """Half height of the disc (px) at each dx = 0, 1, ... up to the radius.

    No reach needs to pass the array's own height, so 1 byte serves for any usual radius.
    """
    square = math.floor(radius_px * radius_px * (1 + _SLACK))
    widths = range(min(math.isqrt(square), max(shape)) + 1)
    heights = [min(math.isqrt(square - dx * dx), max(shape)) for dx in widths]
    return np.array(heights, np.uint8 if heights[0] < np.iinfo(np.uint8).max else np.uint32)


@njit(nogil=True, cache=True)
def _pick(source, columns, target):  # type: ignore[no-untyped-def]
    for x in range(target.size):
        target[x] = source[columns[x]]


@njit(nogil=True, cache=True)
def _copy(source, target):  # type: ignore[no-untyped-def]
    for x in range(target.size):
        target[x] = source[x]


@njit(nogil=True, cache=True)
def _repeat(a, rows, columns, out):  # type: ignore[no-untyped-def]
    for y in range(out.shape[0]):
        if y > 0 and rows[y] == rows[y - 1]:
            _copy(out[y - 1], out[y])
        else:
            _pick(a[rows[y]], columns, out[y])


def upsample(
    a: NDArray[Any],
    factor_y: int,
    factor_x: int,
    row: int = 0,
    column: int = 0,
    shape: tuple[int, int] | None = None,
) -> NDArray[Any]:
    """Repeat each pixel onto a finer lattice (nearest), as from 20 m to 10 m.

    Parameters
    ----------
    a : any integer, float of at most 8 bytes, or bool (Y, X)
    factor_y, factor_x : int
        Fine pixels a coarse one, along y and x.
    row, column : int, fine px
        First fine pixel wanted, counted from the corner of `a`.
    shape : (rows, columns) or None, fine px
        Size wanted; all that is left by default.

    Returns
    -------
    the type of `a`, `shape`

    Examples
    --------
    >>> upsample(np.array([[1, 2]]), 1, 2, column=1)
    array([[1, 2, 2]])
    """
    if min(factor_y, factor_x) < 1 or min(row, column) < 0:
        raise InputError("upsample", "factors must be at least 1, row and column at least 0")
    full = (a.shape[0] * factor_y - row, a.shape[1] * factor_x - column)
    wanted = full if shape is None else shape
    if not (0 <= wanted[0] <= full[0] and 0 <= wanted[1] <= full[1]):
        raise InputError("upsample", f"{wanted} px are wanted, only {full} px are there")
    out = np.empty(wanted, a.dtype)
    rows = np.arange(row, row + wanted[0]) // factor_y
    columns = np.arange(column, column + wanted[1]) // factor_x
    plain = np.dtype(f"u{a.dtype.itemsize}")  # one compiled kernel a size, whatever the type
    _repeat(np.ascontiguousarray(a).view(plain), rows, columns, out.view(plain))
    return out


def warm() -> None:
    """Compile or load this module's kernels for types of 1 and 2 bytes."""
    grow(np.ones((1, 1), np.bool_), 1.0)
    for dtype in (np.uint8, np.uint16):
        upsample(np.ones((1, 1), dtype), 2, 2)
