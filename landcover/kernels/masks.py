"""From a mask band's classes to a mask that is True where a pixel is clear.

Does not know which classes are clouds: sensors' profiles do.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.morphology import grow

__all__ = ["clear_mask", "warm"]

_CLASSES = 256
"""Values that a uint8 class band can hold."""


@njit(nogil=True, cache=True)
def _look_up(classes, table, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = table[classes[i]]


def clear_mask(
    classes: NDArray[np.uint8],
    clear: frozenset[int],
    grown: frozenset[int],
    nodata: int | None,
    radius_px: float,
) -> NDArray[np.bool_]:
    """Tell clear pixels from all others, and keep away from clouds.

    Parameters
    ----------
    classes : uint8 (Y, X)
        Class band on its own grid, such as Sentinel-2's SCL.
    clear : frozenset of int
        Classes to keep.
    grown : frozenset of int
        Classes that spread (clouds, shadows). One that is also in `clear` does not.
    nodata : int or None
        Class that means "not observed": never clear, and never spreads.
    radius_px : float, px
        How far they spread, from pixel centre to pixel centre.

    Returns
    -------
    bool (Y, X)
        True = clear. What lies outside the array is unknown and spreads nothing.

    Examples
    --------
    >>> scl = np.array([[4, 4, 9, 4, 0]], np.uint8)
    >>> clear_mask(scl, frozenset({4}), frozenset({9}), 0, 1)
    array([[ True, False, False, False, False]])
    """
    if classes.dtype != np.uint8:
        raise InputError("class band", f"expected uint8, got {classes.dtype}")
    keep = _mask_of(classes, clear - {nodata})
    spreading = grown - clear - {nodata}
    if radius_px > 0 and spreading:
        keep &= ~grow(_mask_of(classes, spreading), radius_px)
    return keep


def _mask_of(classes: NDArray[np.uint8], chosen: frozenset[int | None]) -> NDArray[np.bool_]:
    """Mark the pixels whose class is one of `chosen`."""
    table = np.zeros(_CLASSES, np.bool_)
    table[[value for value in chosen if value is not None and 0 <= value < _CLASSES]] = True
    out = np.empty(classes.shape, np.bool_)
    _look_up(np.ascontiguousarray(classes).reshape(-1), table, out.reshape(-1))
    return out


def warm() -> None:
    """Compile or load this module's kernels."""
    clear_mask(np.zeros((2, 2), np.uint8), frozenset({4}), frozenset({0}), None, 1.0)
