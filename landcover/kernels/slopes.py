"""The median of all slopes between two values of a series (Theil-Sen), pixel by pixel.

Blocks of pixels are taken together: how many slopes lie above a number is a count of ordered
pairs of residuals, which vectorises over x. A few such counts narrow the median down, and
a few exact rankings find it: no slope is stored and none is sorted. Knows nothing of tests.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["WIDTH_PX", "count_pairs", "gather", "load", "load_times", "median_slopes"]

WIDTH_PX = 64
"""Columns taken together (px). Narrower loops are unrolled whole before they are vectorised, and
take five times as long; a wider block waits for more pixels and leaves the first cache."""

_NARROWINGS = 12
"""Most counts before the exact ranking, which ends by itself from wherever it begins."""

_FEW = 4
"""Slopes in a bracket (twice their number) that the exact ranking walks through quicker."""

_WALKS = 3
"""Exact rankings that step from slope to slope before every other one halves the bracket."""

_NEWTON = 10.6
"""Residual spreads per year of span that one slope's rank stands for, in units of the number
of pairs: 2 sqrt(pi) spreads (density of a difference of two normal errors at 0) times 3 (a
mean distance of pairs is a third of the span)."""


@njit(nogil=True, cache=True, error_model="numpy")
def count_pairs(values, rows, step, pairs):  # type: ignore[no-untyped-def]
    """Count the pairs of values whose rows differ by a multiple of `step`."""
    for x in range(WIDTH_PX):
        total = 0
        for first in range(min(step, rows)):
            n = 0
            for i in range(first, rows, step):
                n += values[i, x] == values[i, x]
            total += n * (n - 1) // 2
        pairs[x] = total


@njit(nogil=True, cache=True, error_model="numpy")
def _add_rising(a, b, above):  # type: ignore[no-untyped-def]
    for x in range(WIDTH_PX):
        above[x] += b[x] > a[x]


@njit(nogil=True, cache=True, error_model="numpy")
def _count_above(values, times, rows, step, slope, rest, above):  # type: ignore[no-untyped-def]
    """Count the slopes above `slope`: the pairs whose residual rises."""
    above[:] = 0
    for i in range(rows):
        for x in range(WIDTH_PX):
            rest[i, x] = values[i, x] - slope[x] * times[i, x]
    for i in range(rows - step):
        for j in range(i + step, rows, step):
            _add_rising(rest[i], rest[j], above)


@njit(nogil=True, cache=True, error_model="numpy")
def _rank(values, times, rows, step, slope, at_most, below, beyond):  # type: ignore[no-untyped-def]
    """Count the slopes at most `slope`; find the highest of them and the lowest beyond."""
    at_most[:] = 0
    below[:] = -np.inf
    beyond[:] = np.inf
    lowest, highest = below[0], beyond[0]
    for i in range(rows - step):
        for j in range(i + step, rows, step):
            # written out: a call, or `&` of two comparisons, does not vectorise
            for x in range(WIDTH_PX):
                found = (values[j, x] - values[i, x]) / (times[j, x] - times[i, x])
                at_most[x] += found <= slope[x]
                low = found if found <= slope[x] else lowest
                high = found if found > slope[x] else highest
                below[x] = low if low > below[x] else below[x]
                beyond[x] = high if high < beyond[x] else beyond[x]


@njit(nogil=True, cache=True, error_model="numpy")
def _least_squares(values, times, rows, slope, reach):  # type: ignore[no-untyped-def]
    """Begin at the least squares slope; `reach` is the spread of slopes a pair stands for."""
    for x in range(WIDTH_PX):
        n = 0
        t = v = tt = tv = vv = 0.0
        first = last = 0.0
        for i in range(rows):
            value = np.float64(values[i, x])
            if value == value:
                time = np.float64(times[i, x])
                first = time if n == 0 else first
                last = time
                n += 1
                # sums from the first time on: decimal years would cancel
                time -= first
                t += time
                v += value
                tt += time * time
                tv += time * value
                vv += value * value
        spread = tt - t * t / n if n > 1 else 0.0
        rise = (tv - t * v / n) / spread if spread > 0 else 0.0
        left = max(vv - v * v / n - rise * rise * spread, 0.0) if n > 1 else 0.0
        slope[x] = rise
        reach[x] = _NEWTON * np.sqrt(left / n) / (last - first) if last > first else 0.0
        reach[x] += 1e-6 * abs(rise) + 1e-12  # a line without residuals has a bracket too


@njit(nogil=True, cache=True, error_model="numpy")
def _narrow(values, times, rows, step, pairs, slope, rest, above):  # type: ignore[no-untyped-def]
    """Move `slope` to near the median: regula falsi (Illinois) on the count of slopes above.

    Dowell and Jarratt 1971, doi:10.1007/BF01934364. Where it ends only decides how long the
    exact ranking takes.
    """
    room = np.empty((7, WIDTH_PX), np.float64)
    reach, low, high, low_excess, high_excess, low_weight, high_weight = room
    for x in range(WIDTH_PX):
        low[x], high[x] = -np.inf, np.inf
        low_weight[x] = high_weight[x] = low_excess[x] = high_excess[x] = 0.0
    _least_squares(values, times, rows, slope, reach)
    for _ in range(_NARROWINGS):
        _count_above(values, times, rows, step, slope, rest, above)
        busy = 0
        for x in range(WIDTH_PX):
            excess = 2.0 * above[x] - pairs[x]
            bracketed = low[x] > -np.inf and high[x] < np.inf
            few = bracketed and low_excess[x] - high_excess[x] <= 2 * _FEW
            if excess == 0 or few:
                continue
            busy += 1
            here = np.float64(slope[x])
            if excess > 0:
                low[x], low_excess[x], low_weight[x] = here, excess, excess
                high_weight[x] *= 0.5
            else:
                high[x], high_excess[x], high_weight[x] = here, excess, excess
                low_weight[x] *= 0.5
            if low[x] > -np.inf and high[x] < np.inf:
                share = low_weight[x] / (low_weight[x] - high_weight[x])
                slope[x] = low[x] + (high[x] - low[x]) * share
            else:
                # one and a half Newton steps, then further and further, until it is bracketed
                slope[x] = here + 1.5 * reach[x] * excess / (2.0 * pairs[x])
                reach[x] *= 4.0
        if busy == 0:
            break


@njit(nogil=True, cache=True, error_model="numpy")
def _median_slopes(values, times, rows, step, slope, rest):  # type: ignore[no-untyped-def]
    """Find the median of the slopes between values whose rows differ by a multiple of `step`."""
    # arrays of their own: rows of one array are not told apart, and loops stay scalar
    pivot, at_most = np.empty(WIDTH_PX, values.dtype), np.empty(WIDTH_PX, values.dtype)
    below, beyond = np.empty(WIDTH_PX, values.dtype), np.empty(WIDTH_PX, values.dtype)
    lower, upper = np.empty(WIDTH_PX, values.dtype), np.empty(WIDTH_PX, values.dtype)
    pairs, done = np.empty(WIDTH_PX, np.int64), np.empty(WIDTH_PX, np.bool_)
    count_pairs(values, rows, step, pairs)
    _narrow(values, times, rows, step, pairs, pivot, rest, at_most)
    busy = 0
    for x in range(WIDTH_PX):
        lower[x], upper[x], slope[x] = -np.inf, np.inf, np.nan
        done[x] = pairs[x] == 0
        busy += not done[x]
    lowest, turn = lower[0], 0
    while busy > 0:
        _rank(values, times, rows, step, pivot, at_most, below, beyond)
        for x in range(WIDTH_PX):
            if done[x]:
                continue
            k, half, odd = np.int64(at_most[x]), pairs[x] // 2, pairs[x] % 2 == 1
            if k <= (pairs[x] - 1) // 2:
                found = lower[x] = pivot[x] = beyond[x]
                done[x] = odd and k == half
            elif k > half:
                found = upper[x] = below[x]
                pivot[x] = np.nextafter(found, lowest)
                done[x] = odd and k == half + 1
            else:
                found = (below[x] + beyond[x]) / 2
                done[x] = True
            if lower[x] == upper[x]:
                found, done[x] = lower[x], True
            if done[x]:
                slope[x] = found + 0.0  # never -0.0
                busy -= 1
            elif turn >= _WALKS and turn % 2 == 1 and lower[x] > lowest and upper[x] < -lowest:
                pivot[x] = lower[x] + (upper[x] - lower[x]) / 2
        turn += 1


@njit(nogil=True, cache=True, error_model="numpy")
def load(stack, y, x0, width, block):  # type: ignore[no-untyped-def]
    """Copy columns; what is not finite is NaN, as is everything beside the stack."""
    for i in range(stack.shape[0]):
        for x in range(width):
            value = stack[i, y, x0 + x]
            block[i, x] = value if np.isfinite(value) else np.nan
        for x in range(width, WIDTH_PX):
            block[i, x] = np.nan


@njit(nogil=True, cache=True, error_model="numpy")
def load_times(times, y, x0, width, block):  # type: ignore[no-untyped-def]
    """Copy the times of columns: their own, or those that all share (T, 1, 1)."""
    own_y, step = y if times.shape[1] > 1 else 0, times.shape[2] > 1
    for i in range(times.shape[0]):
        for x in range(WIDTH_PX):
            block[i, x] = times[i, own_y, x0 + min(x, width - 1) if step else 0]


@njit(nogil=True, cache=True, error_model="numpy")
def gather(block, times, values, when, places, counts):  # type: ignore[no-untyped-def]
    """Move each column's values to its front, with their times and rows; NaN behind them.

    Returns the longest column.
    """
    longest = 0
    for x in range(WIDTH_PX):
        counts[x] = 0
    for i in range(block.shape[0]):
        for x in range(WIDTH_PX):
            values[i, x] = np.nan
            k = counts[x]
            if block[i, x] == block[i, x]:
                values[k, x] = block[i, x]
                when[k, x] = times[i, x]
                places[k, x] = i
                counts[x] = k + 1
                longest = max(longest, k + 1)
    return longest


@njit(nogil=True, cache=True, error_model="numpy")
def median_slopes(stack, first, after, times, step, out):  # type: ignore[no-untyped-def]
    """Find the median of the slopes between values whose rows differ by a multiple of `step`.

    Parameters
    ----------
    stack : float (T, Y, X)
        NaN where missing.
    first, after : int
        The rows of y to do.
    times : float (T, 1, 1) or (T, Y, X), of the stack's dtype
        Rising wherever the stack has a value.
    step : int
        1: between all values.
    out : float (Y, X), of the stack's dtype
        Receives the median: of an even number the mean of the middle two; NaN without pairs.
        No rounding but that of a difference and a quotient (and one mean) enters.
    """
    rows, _, length = stack.shape
    block = np.empty((rows, WIDTH_PX), stack.dtype)
    values, when, rest = np.empty_like(block), np.empty_like(block), np.empty_like(block)
    whens = np.empty_like(block)
    places = np.empty((rows, WIDTH_PX), np.int32)
    counts = np.empty(WIDTH_PX, np.int64)
    slope = np.empty(WIDTH_PX, stack.dtype)
    for y in range(first, after):
        for x0 in range(0, length, WIDTH_PX):
            width = min(WIDTH_PX, length - x0)
            load(stack, y, x0, width, block)
            load_times(times, y, x0, width, whens)
            filled = rows
            if step == 1:
                # without gaps in the columns there are fewer pairs of rows
                filled = gather(block, whens, values, when, places, counts)
            else:
                for i in range(rows):
                    for x in range(WIDTH_PX):
                        values[i, x], when[i, x] = block[i, x], whens[i, x]
            _median_slopes(values, when, filled, step, slope, rest)
            for x in range(width):
                out[y, x0 + x] = slope[x]
