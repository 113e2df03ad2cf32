"""Summed residuals of one series against their boundary: OLS-MOSUM and OLS-CUSUM.

And what an alarm of them is worth: where its low looks begin, whether they last, and whether the
land lay bare before anybody watched. Works on one pixel's judged looks, the history first;
`bfast_series` tells what is found. Knows nothing of regressions.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from numba import njit

from landcover.kernels.bisquare import median_within
from landcover.kernels.watching import LASTED, OPEN, count_days, later_median

__all__ = ["Rule"]

_PASSED: Final = -1
"""What an alarm is worth, beside `OPEN` and `LASTED`: nothing, what made it has passed."""

_NORMAL: Final = 0.5
"""Looks whose median is less than this share of the gate below the season are back at normal."""

_TIE: Final = 1e-9
"""Share of half a drop by which a walk back must win: no rounding decides."""


class Rule(NamedTuple):
    """What the kernels need of the settings; every number is explained there."""

    cusum: bool
    h: float
    critical: float
    both: bool
    gate: float
    run: int
    lasting_days: int
    whole: bool
    recovered: float
    least_looks: int
    least_days: int
    doubt: float
    decides: float
    cuts: float
    walks: bool


@njit(nogil=True, cache=True, error_model="numpy")
def _process(total, k, n, unit, rule):  # type: ignore[no-untyped-def]
    """Sum of the last h n residuals after k looks, or of all; in units of sigma sqrt(n)."""
    if rule.cusum:
        return total[k] / unit
    return (total[k] - total[max(0, k - max(1, int(rule.h * n)))]) / unit


@njit(nogil=True, cache=True, error_model="numpy")
def _boundary(k, n, rule):  # type: ignore[no-untyped-def]
    """How far chance may carry the process after k > n looks."""
    x = k / n
    if rule.cusum:
        return math.sqrt(x * (x - 1.0) * (rule.critical**2 + math.log(x / (x - 1.0))))
    return rule.critical * math.sqrt(2.0 * (math.log(x) if x > math.e else 1.0))


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _lasts(r, days, k, m, sign, rule, spare):  # type: ignore[no-untyped-def]
    """Say whether the looks from k on lie beyond the gate, and go on doing so.

    Their first few do, and those of `lasting_days`; and so do those later than a season. Fewer
    than `run` looks prove nothing: the last of a series may be cloud.
    """
    after = count_days(days, k, m, rule.lasting_days)
    if rule.gate > 0.0:
        if m - k < rule.run or sign * median_within(r, k, k + rule.run, spare) > -rule.gate:
            return _PASSED
        if sign * median_within(r, k, after, spare) > -rule.gate:
            return _PASSED
    later = sign * later_median(r, days, k, m, rule.run, rule.lasting_days, spare)
    if rule.gate > 0.0 and later > _NORMAL * -rule.gate:
        return _PASSED
    seen = days[m - 1] - days[k] >= rule.lasting_days
    return LASTED if seen and later <= -rule.gate else OPEN


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _first_low(r, k, n, m, sign, rule, spare):  # type: ignore[no-untyped-def]
    """First low look of an alarm at look k; looks before n are history. Returns (it, low).

    A look is low when it lies nearer to the drop, the median of the first looks from k on, than
    to what was expected. Walking back, each look counts for or against by how far it is from the
    middle, and by no more than half the drop: one odd look among low ones does not end the walk,
    nor does a single cloud far before begin it.
    """
    low = 0.5 * sign * median_within(r, k, min(m, k + rule.run), spare)
    if low >= 0.0:
        return k, 0.0
    if sign * r[k] > low:
        # the sums left their boundary a little ahead of the drop
        for i in range(k + 1, min(m, k + rule.run)):
            if sign * r[i] <= low:
                return i, low
    best, start, score = 0.0, k, 0.0
    for i in range(k - 1, -1 if rule.gate > 0.0 else n - 1, -1):
        score += max(low, min(-low, low - sign * r[i]))
        if score > best - _TIE * low:
            best, start = score, i
        elif score < best + 3.0 * low:
            break
    return start, low


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _low_before(r, n, run, low, sign, spare):  # type: ignore[no-untyped-def]
    """Whether the last `run` looks of the history were low already, for the most part."""
    return sign * median_within(r, max(0, n - run), n, spare) <= low


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _began(r, days, k, n, m, sign, rule, spare):  # type: ignore[no-untyped-def]
    """Judge an alarm at look k. Returns (first look of the break, what it is worth).

    The look is -1 where the land lay bare before look n: low looks reach back into the history, or
    its last ones were low for the most part. One low look alone, which may be cloud, is no proof.
    """
    start, low = _first_low(r, k, n, m, sign, rule, spare)
    at = max(k, start) if rule.walks else k
    worth = _lasts(r, days, at, m, sign, rule, spare)
    if worth == _PASSED:
        return at, worth
    if rule.gate > 0.0 and start == n - 1 and at >= n:
        start = n
    soon = rule.gate > 0.0 and low < 0.0 and start - n < rule.run
    if soon and (start < n or _low_before(r, n, rule.run, low, sign, spare)):
        return -1, worth
    # a slow decline: its first looks were low, but not yet beyond the gate
    while rule.walks and start < at:
        earlier = _lasts(r, days, start, m, sign, rule, spare)
        if earlier != _PASSED:
            return start, earlier
        start += 1
    return at, worth


@njit(nogil=True, cache=True, error_model="numpy")
def _find(r, total, days, n, m, unit, rule, spare):  # type: ignore[no-untyped-def]
    """First of the looks n .. m at which the process is beyond its boundary, and lasts.

    Returns (alarm, first look of the break, its sign: 1 of a loss, -1 of a gain, what it is
    worth). The alarm is -1 where there is none, the first look where the land lay bare before n.
    """
    for k in range(n, m):
        process = _process(total, k + 1, n, unit, rule)
        size = abs(process) if rule.both else -process
        if size > 0.0 and size > _boundary(k + 1, n, rule):
            sign = -1.0 if process > 0.0 else 1.0
            start, worth = _began(r, days, k, n, m, sign, rule, spare)
            if worth != _PASSED:
                return k, start, sign, worth
    return -1, -1, 1.0, _PASSED
