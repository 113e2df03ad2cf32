"""From a mask band's classes or bits to a mask that is True where a pixel is clear.

Does not know which classes are clouds: sensors' profiles do.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.morphology import grow
from landcover.model import BitField

__all__ = ["clear_mask", "warm"]

_UNSIGNED = {"uint8": "uint8", "int8": "uint8", "uint16": "uint16", "int16": "uint16"}
"""Types that a mask band may have, and those that number the same bits from 0 on."""


@njit(nogil=True, cache=True)
def _look_up(codes, table, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = table[codes[i]]


def clear_mask(
    classes: NDArray[Any],
    clear: frozenset[int],
    grown: frozenset[int],
    nodata: int | None,
    radius_px: float,
    fields: tuple[BitField, ...] = (),
) -> NDArray[np.bool_]:
    """Tell clear pixels from all others, and keep away from clouds.

    Parameters
    ----------
    classes : uint8, int8, uint16 or int16 (Y, X)
        Class or bit band on its own grid, such as Sentinel-2's SCL or Landsat's QA_PIXEL.
    clear : frozenset of int
        Classes to keep; not looked at where there are `fields`.
    grown : frozenset of int
        Classes that spread (clouds, shadows). One that is also in `clear` does not.
    nodata : int or None
        Number that means "not observed": never clear, and never spreads.
    radius_px : float, px
        How far they spread, from pixel centre to pixel centre.
    fields : tuple of BitField
        Bits that must all have one of their clear values.

    Returns
    -------
    bool (Y, X)
        True = clear. What lies outside the array is unknown and spreads nothing.

    Examples
    --------
    >>> scl = np.array([[4, 4, 9, 4, 0]], np.uint8)
    >>> clear_mask(scl, frozenset({4}), frozenset({9}), 0, 1)
    array([[ True, False, False, False, False]])
    >>> qa = np.array([[64, 8, 64, 1]], np.uint16)  # bit 3 is cloud, bit 0 is fill
    >>> cloud = BitField("cloud", 3, 1, frozenset({0}))
    >>> clear_mask(qa, frozenset(), frozenset(), 1, 0, (cloud,))
    array([[ True, False,  True, False]])
    """
    if classes.dtype.name not in _UNSIGNED:
        raise InputError("mask band", f"expected 8 or 16 bits a pixel, got {classes.dtype}")
    keep, spread = _tables(classes.dtype.name, clear, grown, nodata, fields)
    mask = _mask_of(classes, keep)
    if radius_px > 0 and spread is not None:
        mask &= ~grow(_mask_of(classes, spread), radius_px)
    return mask


@lru_cache(maxsize=64)
def _tables(
    dtype: str,
    clear: frozenset[int],
    grown: frozenset[int],
    nodata: int | None,
    fields: tuple[BitField, ...],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_] | None]:
    """Say of each number that a type holds whether it is clear, and whether it spreads.

    The second is None where nothing spreads.
    """
    codes = np.arange(1 << 8 * np.dtype(dtype).itemsize, dtype=_UNSIGNED[dtype])
    numbers = codes.view(dtype).astype(np.int64)
    if fields:
        good = {field: _is_clear(codes, field) for field in fields}
        keep = np.logical_and.reduce(list(good.values()))
        spread = np.logical_or.reduce([~good[f] & f.grown for f in fields])
    else:
        keep = np.isin(numbers, sorted(clear))
        spread = np.isin(numbers, sorted(grown - clear))
    if nodata is not None:
        keep[numbers == nodata] = spread[numbers == nodata] = False
    return keep, spread if spread.any() else None


def _is_clear(codes: NDArray[Any], field: BitField) -> NDArray[np.bool_]:
    """Say of each number whether one of its fields has a clear value."""
    values = (codes.astype(np.int64) >> field.first) & ((1 << field.width) - 1)
    return np.isin(values, sorted(field.clear))


def _mask_of(classes: NDArray[Any], table: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Look each pixel's number up."""
    codes = np.ascontiguousarray(classes).view(_UNSIGNED[classes.dtype.name])
    out = np.empty(classes.shape, np.bool_)
    _look_up(codes.reshape(-1), table, out.reshape(-1))
    return out


def warm() -> None:
    """Compile or load this module's kernels."""
    for dtype in (np.uint8, np.uint16):
        clear_mask(np.zeros((2, 2), dtype), frozenset({4}), frozenset({0}), None, 1.0)
