"""Sorting networks over rows: blocks of (time, x) are sorted by exchanging two x-rows at a time.

Exchanges of whole rows vectorise, where a per-pixel sort does not. Missing values are NaN
(floats) or MISSING (int16); infinite floats count as missing too. Knows nothing of statistics.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.model import MISSING

__all__ = ["WIDTH_PX", "checked", "in_bands", "load_row", "sort_rows"]

WIDTH_PX = 128
"""Columns sorted together (px): 60 times of float32 fill a 32 kB first-level cache; measured
faster than 64 and 256 at T = 60."""

_MAX_TIMES = 65_535
"""Counts are uint16."""


@njit(nogil=True, cache=True)
def _exchange(a, b):  # type: ignore[no-untyped-def]
    """Put the lower of each pair in `a`, the higher in `b`; the fixed width unrolls."""
    for x in range(WIDTH_PX):
        u, v = a[x], b[x]
        a[x] = u if u < v else v
        b[x] = v if u < v else u


@njit(nogil=True, cache=True)
def sort_rows(block, n):  # type: ignore[no-untyped-def]
    """Sort the first n rows of a block: Batcher's odd-even merge exchange for any n.

    Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M. The block is (rows, WIDTH_PX).
    """
    top = 1
    while 2 * top < n:
        top *= 2
    p = top if n > 1 else 0
    while p > 0:
        q, r, d = top, 0, p
        while True:
            for i in range(n - d):
                if i & p == r:
                    _exchange(block[i], block[i + d])
            if q == p:
                break
            d, q, r = q - p, q >> 1, p
        p >>= 1


@njit(nogil=True, cache=True)
def load_row(source, low, top, last, target, counts):  # type: ignore[no-untyped-def]
    """Copy a row, missing as `last`, which sorts behind; count its values, and return how many.

    A value is valid when low < value <= top, which NaN is not. What lies in `target` beyond the
    source becomes `last`.
    """
    seen = 0
    for x in range(source.size):
        value = source[x]
        ok = (value > low) & (value <= top)
        target[x] = value if ok else last
        counts[x] += ok
        seen += ok
    for x in range(source.size, target.size):
        target[x] = last
    return seen


def checked(stack: NDArray[Any], dtypes: tuple[Any, ...]) -> tuple[NDArray[Any], Any, Any, Any]:
    """Refuse what the kernels do not take.

    Parameters
    ----------
    stack : (T, Y, X) of one of `dtypes`
        Observations.
    dtypes : tuple of numpy types
        Floats and int16.

    Returns
    -------
    stack, low, top, last
        The stack in one piece, its valid range (low, top], and what missing values are sorted as.

    Raises
    ------
    InputError
        Another shape or type, or more times than can be counted.
    """
    if stack.ndim != 3 or stack.dtype not in dtypes:
        known = " or ".join(np.dtype(one).name for one in dtypes)
        what = f"got {stack.dtype} of shape {stack.shape}, expected {known} (T, Y, X)"
        raise InputError("stack", what)
    if stack.shape[0] > _MAX_TIMES:
        what = f"{stack.shape[0]} times, at most {_MAX_TIMES} can be counted"
        raise InputError("stack", what, "Split the period")
    whole = np.ascontiguousarray(stack)
    if stack.dtype == np.int16:
        top = np.int16(np.iinfo(np.int16).max)
        return whole, np.int16(MISSING), top, top
    number = stack.dtype.type
    return whole, number(-np.inf), np.finfo(stack.dtype).max, number(np.inf)


def in_bands(work: Callable[[int, int], None], height: int, threads: int) -> None:
    """Share rows out to threads: ``work(first, after)`` each, and wait for all."""
    wanted = max(1, threads)
    edges = [height * k // wanted for k in range(wanted + 1)]
    shares = [(first, after) for first, after in pairwise(edges) if first < after]
    if len(shares) > 1:
        with ThreadPoolExecutor(len(shares)) as pool:
            list(pool.map(lambda share: work(*share), shares))
    else:
        for share in shares:
            work(*share)
