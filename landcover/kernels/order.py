"""Order statistics, means and counts along time, pixel by pixel.

A sorting network over rows: (time, x) blocks of one row of y are sorted by compare-exchanges
of two x-rows, which vectorise, where a per-pixel sort does not. Missing values are NaN
(float32) or MISSING (int16); infinite floats count as missing too. Knows nothing of dates.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.network import WIDTH_PX, checked, in_bands, load_row, sort_rows

__all__ = ["count", "maximum", "mean", "median", "minimum", "percentiles", "summary", "warm"]

Stack = NDArray[np.float32] | NDArray[np.int16]

_TYPES = (np.float32, np.int16)


@njit(nogil=True, cache=True)
def _load(stack, y, x0, width, low, top, last, block, counts):  # type: ignore[no-untyped-def]
    """Copy a block, rows without a value left out; return how many were kept."""
    rows = 0
    counts[:] = 0
    for t in range(stack.shape[0]):
        source = stack[t, y, x0 : x0 + width]
        # clouds are wide: many rows of a block are empty, and cost nothing
        if load_row(source, low, top, last, block[rows], counts) > 0:
            rows += 1
    return rows


@njit(nogil=True, cache=True)
def _percentiles(stack, first, after, q, min_count, low, top, last, out, out_counts):  # type: ignore[no-untyped-def]
    times, _, length = stack.shape
    block = np.empty((times, WIDTH_PX), stack.dtype)
    counts = np.zeros(WIDTH_PX, np.int32)
    for y in range(first, after):
        for x0 in range(0, length, WIDTH_PX):
            width = min(WIDTH_PX, length - x0)
            rows = _load(stack, y, x0, width, low, top, last, block, counts)
            sort_rows(block, rows)
            for x in range(width):
                out_counts[y, x0 + x] = counts[x]
            for k in range(q.size):
                for x in range(width):
                    n = counts[x]
                    value = np.nan
                    if n >= min_count:
                        place = (n - 1) * q[k] / 100.0
                        i = int(place)
                        a = np.float64(block[i, x])
                        b = np.float64(block[min(i + 1, n - 1), x])
                        # + 0.0 turns -0.0 into 0.0: the same bytes whatever the order of time
                        value = a + (b - a) * (place - i) + 0.0
                    out[k, y, x0 + x] = value


@njit(nogil=True, cache=True)
def _count(stack, low, top, out):  # type: ignore[no-untyped-def]
    times, height, length = stack.shape
    for y in range(height):
        counts = out[y]
        for t in range(times):
            row = stack[t, y]
            for x in range(length):
                counts[x] += np.uint16((row[x] > low) & (row[x] <= top))


@njit(nogil=True, cache=True)
def _mean(stack, min_count, low, top, out):  # type: ignore[no-untyped-def]
    times, height, length = stack.shape
    total, counts = np.empty(length, np.float64), np.empty(length, np.int32)
    for y in range(height):
        total[:] = 0.0
        counts[:] = 0
        for t in range(times):
            row = stack[t, y]
            for x in range(length):
                ok = (row[x] > low) & (row[x] <= top)
                total[x] += np.float64(row[x]) if ok else 0.0
                counts[x] += ok
        for x in range(length):
            out[y, x] = total[x] / counts[x] if counts[x] >= min_count else np.nan


@njit(nogil=True, cache=True)
def _extreme(stack, sign, min_count, low, top, out):  # type: ignore[no-untyped-def]
    """Maximum for sign = 1, minimum for sign = -1: the maximum of the negated values."""
    times, height, length = stack.shape
    best, counts = np.empty(length, np.float32), np.empty(length, np.int32)
    lowest = np.float32(-np.inf)
    for y in range(height):
        best[:] = lowest
        counts[:] = 0
        for t in range(times):
            row = stack[t, y]
            for x in range(length):
                ok = (row[x] > low) & (row[x] <= top)
                value = sign * np.float32(row[x]) if ok else lowest
                best[x] = value if value > best[x] else best[x]
                counts[x] += ok
        for x in range(length):
            value = sign * best[x] + np.float32(0.0)
            out[y, x] = value if counts[x] >= min_count else np.float32(np.nan)


def summary(
    stack: Stack, q: tuple[float, ...], min_count: int = 1, threads: int = 1
) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
    """Percentiles and counts along time, in one pass over the stack.

    Parameters
    ----------
    stack : float32 (T, Y, X), NaN where missing; or int16 (T, Y, X), MISSING where missing
        Observations in any unit U, in any order of time.
    q : tuple of float, percent
        Percentiles, each in [0, 100].
    min_count : int
        Fewest observations for a result; below it the pixel is NaN. At least 1.
    threads : int
        Threads that share the rows; no result depends on it.

    Returns
    -------
    values : float32 (Q, Y, X), U
        Linear interpolation between order statistics, as ``numpy.nanpercentile``.
    counts : uint16 (Y, X)
        Valid observations.

    Notes
    -----
    The value at percentile q of n sorted values is at place (n - 1) q / 100, counted from 0
    (Hyndman and Fan 1996, type 7, doi:10.1080/00031305.1996.10473566). Cost O(T log² T).

    Examples
    --------
    >>> stack = np.array([4, 1, np.nan, 2], np.float32).reshape(4, 1, 1)
    >>> values, counts = summary(stack, (0, 50))
    >>> values.ravel(), counts
    (array([1., 2.], dtype=float32), array([[3]], dtype=uint16))
    """
    stack, low, top, last = checked(stack, _TYPES)
    ranks = np.asarray(q, np.float64).reshape(-1)
    if not ((ranks >= 0) & (ranks <= 100)).all():
        raise InputError(f"percentiles {q!r}", "not all lie in 0 to 100 percent")
    out = np.empty((ranks.size, *stack.shape[1:]), np.float32)
    counts = np.empty(stack.shape[1:], np.uint16)

    def part(first: int, after: int) -> None:
        _percentiles(stack, first, after, ranks, max(1, min_count), low, top, last, out, counts)

    in_bands(part, stack.shape[1], threads if len(stack) else 1)
    return out, counts


def percentiles(
    stack: Stack, q: tuple[float, ...], min_count: int = 1, threads: int = 1
) -> NDArray[np.float32]:
    """Percentiles along time, float32 (Q, Y, X); parameters as for `summary`."""
    return summary(stack, q, min_count, threads)[0]


def median(stack: Stack, min_count: int = 1, threads: int = 1) -> NDArray[np.float32]:
    """Median along time, float32 (Y, X); parameters as for `summary`."""
    return summary(stack, (50.0,), min_count, threads)[0][0]


def count(stack: Stack) -> NDArray[np.uint16]:
    """Count valid observations along time.

    Parameters
    ----------
    stack : float32 or int16 (T, Y, X)
        As for `summary`; T at most 65,535.

    Returns
    -------
    uint16 (Y, X)
    """
    stack, low, top, _ = checked(stack, _TYPES)
    out = np.zeros(stack.shape[1:], np.uint16)
    _count(stack, low, top, out)
    return out


def mean(stack: Stack, min_count: int = 1) -> NDArray[np.float32]:
    """Arithmetic mean along time, summed in double precision.

    Parameters
    ----------
    stack, min_count
        As for `summary`.

    Returns
    -------
    float32 (Y, X)
        NaN where fewer than `min_count` observations.
    """
    stack, low, top, _ = checked(stack, _TYPES)
    out = np.empty(stack.shape[1:], np.float32)
    _mean(stack, max(1, min_count), low, top, out)
    return out


def minimum(stack: Stack, min_count: int = 1) -> NDArray[np.float32]:
    """Lowest value along time, float32 (Y, X); parameters as for `summary`."""
    return _extremes(stack, -1, min_count)


def maximum(stack: Stack, min_count: int = 1) -> NDArray[np.float32]:
    """Highest value along time, float32 (Y, X); parameters as for `summary`."""
    return _extremes(stack, 1, min_count)


def _extremes(stack: Stack, sign: int, min_count: int) -> NDArray[np.float32]:
    stack, low, top, _ = checked(stack, _TYPES)
    out = np.empty(stack.shape[1:], np.float32)
    _extreme(stack, np.float32(sign), max(1, min_count), low, top, out)
    return out


def warm() -> None:
    """Compile or load this module's kernels for float32 and int16."""
    for dtype in (np.float32, np.int16):
        stack = np.ones((1, 1, 1), dtype)
        for reduce in (median, count, mean, maximum):
            reduce(stack)
