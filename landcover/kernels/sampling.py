"""Values between pixels: bilinear, from places that were worked out before.

Does not know planes or projections.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["bilinear", "bilinear_values"]


@njit(nogil=True, cache=True)
def _weigh(flat, width, first, down, right, steps, missing, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = missing
        if first[i] < 0:
            continue
        total, weight = np.int64(0), np.int64(0)
        for dy in range(2):
            share_y = np.int64(down[i]) if dy else steps - np.int64(down[i])
            for dx in range(2):
                share = share_y * (np.int64(right[i]) if dx else steps - np.int64(right[i]))
                if share == 0:  # the pixel may lie outside
                    continue
                value = flat[first[i] + dy * width + dx]
                if value != missing:
                    total += share * np.int64(value)
                    weight += share
        if weight > 0:
            out[i] = np.int16(np.rint(total / weight))  # half to even


def bilinear(
    values: NDArray[np.int16],
    first: NDArray[np.int32],
    down: NDArray[np.uint16],
    right: NDArray[np.uint16],
    steps: int,
    missing: int,
) -> NDArray[np.int16]:
    """Weigh the four pixels around each place; missing ones take no part.

    Parameters
    ----------
    values : int16 (Y, X), any unit
    first : int32 (Y', X')
        Flat index of the upper left of the four; -1 where there are none.
    down, right : uint16 (Y', X'), parts of a pixel
        The way from its centre, 0 to `steps` - 1.
    steps : int
        Parts in a pixel.
    missing : int
        Value that means missing.

    Returns
    -------
    int16 (Y', X')
        `missing` where none of the four has a value.

    Examples
    --------
    >>> values = np.array([[100, 200], [300, -32768]], np.int16)
    >>> first, none = np.zeros((1, 1), np.int32), np.zeros((1, 1), np.uint16)
    >>> bilinear(values, first, none, none + np.uint16(1), 4, -32768)
    array([[125]], dtype=int16)
    """
    out = np.empty(first.shape, np.int16)
    flat: NDArray[Any] = np.ascontiguousarray(values).reshape(-1)
    _weigh(
        flat, values.shape[1], first.reshape(-1), down.reshape(-1), right.reshape(-1),
        np.int64(steps), np.int16(missing), out.reshape(-1),
    )  # fmt: skip
    return out


@njit(nogil=True, cache=True)
def _weigh_values(flat, width, first, down, right, steps, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = np.nan
        if first[i] < 0:
            continue
        total, weight = 0.0, np.int64(0)
        for dy in range(2):
            share_y = np.int64(down[i]) if dy else steps - np.int64(down[i])
            for dx in range(2):
                share = share_y * (np.int64(right[i]) if dx else steps - np.int64(right[i]))
                if share == 0:  # the pixel may lie outside
                    continue
                value = flat[first[i] + dy * width + dx]
                if not np.isnan(value):
                    total += share * np.float64(value)
                    weight += share
        if weight > 0:
            out[i] = total / weight


def bilinear_values(
    values: NDArray[np.float32],
    first: NDArray[np.int32],
    down: NDArray[np.uint16],
    right: NDArray[np.uint16],
    steps: int,
) -> NDArray[np.float32]:
    """Weigh the four pixels around each place, as `bilinear` does; NaN takes no part.

    Parameters
    ----------
    values : float32 (Y, X), any unit, NaN where missing
    first, down, right, steps
        As for `bilinear`.

    Returns
    -------
    float32 (Y', X')
        NaN where none of the four has a value.

    Examples
    --------
    >>> values = np.array([[1, 2], [3, np.nan]], np.float32)
    >>> first, none = np.zeros((1, 1), np.int32), np.zeros((1, 1), np.uint16)
    >>> bilinear_values(values, first, none, none + np.uint16(1), 4)
    array([[1.25]], dtype=float32)
    """
    out = np.empty(first.shape, np.float32)
    _weigh_values(
        np.ascontiguousarray(values).reshape(-1), values.shape[1],
        np.ascontiguousarray(first).reshape(-1), np.ascontiguousarray(down).reshape(-1),
        np.ascontiguousarray(right).reshape(-1), np.int64(steps), out.reshape(-1),
    )  # fmt: skip
    return out
