"""The compiled part of indices: normalised differences, and int16 into reflectance.

Each is one fused pass over int16 bands. Knows nothing of which index it computes.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.model import MISSING, REFLECTANCE_SCALE

__all__ = ["normalised_difference", "reflectance", "warm"]


@njit(nogil=True, cache=True)
def _ratio(a, b, out):  # type: ignore[no-untyped-def]
    nan = np.float32(np.nan)
    for i in range(out.size):
        p, q = np.int32(a[i]), np.int32(b[i])
        total = np.int32(p + q)
        ok = (p != MISSING) & (q != MISSING) & (total != 0)
        below = np.float32(total) if ok else np.float32(1)
        value = np.float32(np.int32(p - q)) / below
        out[i] = value if ok else nan


@njit(nogil=True, cache=True)
def _reflectance(dn, out):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        value = np.float64(dn[i]) / REFLECTANCE_SCALE
        out[i] = value if dn[i] != MISSING else np.nan


def normalised_difference(
    a: NDArray[np.int16], b: NDArray[np.int16], out: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Compute (a - b) / (a + b).

    Parameters
    ----------
    a, b : int16, one shape, reflectance * 10,000
        Bands; MISSING (-32768) where missing.
    out : float32, the same shape, contiguous, optional
        Where to write.

    Returns
    -------
    float32
        NaN where a band is missing or a + b is 0. Both sums are exact integers below
        2**24, so the quotient is the float32 nearest to the true ratio.

    Examples
    --------
    >>> a, b = np.array([[3000, 0]], np.int16), np.array([[1000, 0]], np.int16)
    >>> normalised_difference(a, b)
    array([[0.5, nan]], dtype=float32)
    """
    result = np.empty(a.shape, np.float32) if out is None else out
    _ratio(
        np.ascontiguousarray(a).reshape(-1), np.ascontiguousarray(b).reshape(-1), result.reshape(-1)
    )
    return result


def reflectance(dn: NDArray[np.int16]) -> NDArray[np.float64]:
    """Turn int16 values into reflectance.

    Parameters
    ----------
    dn : int16, reflectance * 10,000
        MISSING (-32768) where missing.

    Returns
    -------
    float64, the shape of `dn`, reflectance
        NaN where missing.
    """
    out = np.empty(dn.shape, np.float64)
    _reflectance(np.ascontiguousarray(dn).reshape(-1), out.reshape(-1))
    return out


def warm() -> None:
    """Compile or load this module's kernels."""
    pixel = np.ones((1, 1), np.int16)
    reflectance(pixel)
    normalised_difference(pixel, pixel)
