"""Breaks in one series after its history: runs of low looks that last, and what follows them.

Works on one pixel's clear looks, in time order, as contiguous runs; `robust` feeds it rows of
pixels. Everything is told against the fit that was valid when the break came.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from landcover.kernels.bisquare import ROUGH, TUNING, fit, median_of, take

__all__ = [
    "LASTED",
    "LATELY_DAYS",
    "OPEN",
    "broke_before",
    "count_days",
    "declined",
    "follow",
    "gradual",
    "judge_anew",
    "keep_judged",
    "last_judged",
    "later_median",
    "median_judged",
    "next_break",
    "refit",
]

_YEAR_DAYS: Final = 365
"""Days in a year, as spans are counted."""

_HALF_YEAR_DAYS: Final = 182
"""Days that a fit after a break must span, so that a season can be told from a level."""

_PASSING_DAYS: Final = 90
"""Days after a break in which smoke, haze or a bad season may be what is low: what is low later
too has lasted. At most half of the days that a break has to last."""

_NORMAL: Final = 0.5
"""Looks whose median is less than this share of the limit below the season are back at normal:
with the limit at 1.5 scales, four looks of a series at rest are so nine times in ten."""

LATELY_DAYS: Final = 365
"""Days before the end of the watch in which a pixel must have been judged, to be called stable."""

_BACK: Final = -1
"""A run of low looks: what came later is at its level of before."""
OPEN: Final = 0
"""The same: too little came later to tell."""
LASTED: Final = 1
"""The same: what came later is as low."""

_LOST: Final = 0.125
"""Share of a drop that a decline takes before its break, or adds to it in two years; a straight one
from a year before it has lost half in the median of that year."""

_AROUND_DAYS: Final = (91, 182)
"""Recovery is the median of a quarter to each side of the anniversary (days), or of half a year
where there are too few looks."""

_FEWEST: Final = 3
"""Looks that this median needs."""


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def count_days(days, first, n, span):  # type: ignore[no-untyped-def]
    """Index after the last look within `span` days from look `first`."""
    j = first
    while j < n and days[j] - days[first] <= span:
        j += 1
    return j


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _doubt(columns, i, p, room):  # type: ignore[no-untyped-def]
    """Variance of what the last fit expects of look i, in variances of a look: x'(X'WX)⁻¹x.

    The room holds X'WX of that fit as LDL', and room.right is free.
    """
    z, doubt = room.right, 0.0
    for k in range(p):
        z[k] = columns[k, i]
        for j in range(k):
            z[k] -= room.normal[k, j] * z[j]
        doubt += z[k] * z[k] / room.normal[k, k]
    return doubt


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def keep_judged(columns, y, days, h, n, p, room):  # type: ignore[no-untyped-def]
    """Leave out looks [h, n) of seasons that the fit of the history cannot tell; return the new n.

    A look is judged where the expected value is surer than one look.
    """
    kept = h
    for i in range(h, n):
        if _doubt(columns, i, p, room) <= 1.0:
            y[kept], days[kept] = y[i], days[i]
            for k in range(p):
                columns[k, kept] = columns[k, i]
            kept += 1
    return kept


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def judge_anew(columns, r, judged, first, n, p, room):  # type: ignore[no-untyped-def]
    """Take out of r the looks [first, n) that a renewed fit cannot tell, as `keep_judged` does.

    Where such a fit saw half a year, it knows nothing of the other half. r is NaN there, and
    `judged` 0; it is 1 at the others.
    """
    for i in range(first, n):
        judged[i] = _doubt(columns, i, p, room) <= 1.0
        if judged[i] == 0.0:
            r[i] = np.nan


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def median_judged(r, first, after, most, spare):  # type: ignore[no-untyped-def]
    """Median of the judged looks (not NaN) of r[first:after], of the first `most` of them."""
    m = 0
    for i in range(first, after):
        if m < most and not np.isnan(r[i]):
            spare[m] = r[i]
            m += 1
    return median_of(spare, m)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def last_judged(r, first, after):  # type: ignore[no-untyped-def]
    """Place of the last judged look of r[first:after]; first - 1 where there is none."""
    i = after - 1
    while i >= first and np.isnan(r[i]):
        i -= 1
    return i


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def later_median(r, days, start, n, run, lasting_days, spare):  # type: ignore[no-untyped-def]
    """Median of the judged looks later than a season after look `start`, within `lasting_days`.

    Where they are fewer than `run`, the next ones are asked, up to twice `lasting_days`; NaN where
    these are too few as well.
    """
    m = 0
    for i in range(count_days(days, start, n, min(_PASSING_DAYS, lasting_days // 2)), n):
        gone = days[i] - days[start]
        if gone > lasting_days and (m >= run or gone > 2 * lasting_days):
            break
        if not np.isnan(r[i]):
            spare[m] = r[i]
            m += 1
    return median_of(spare, m) if m >= run else np.nan


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _lasting(r, days, start, end, n, limit, lasting, run, lasting_days, spare):  # type: ignore[no-untyped-def]
    """Say how the run of low looks [start, end) went on: `_BACK`, `OPEN` or `LASTED`."""
    after = max(count_days(days, start, n, lasting_days), end)
    if not median_judged(r, start, after, n, spare) < lasting:
        return _BACK
    later = later_median(r, days, start, n, run, lasting_days, spare)
    if np.isnan(later):
        return OPEN
    if not later < _NORMAL * limit:
        return _BACK
    last = last_judged(r, start, n)
    return LASTED if later < lasting and days[last] - days[start] >= lasting_days else OPEN


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def next_break(r, days, first, stop, n, limit, lasting, run, lasting_days, spare):  # type: ignore[no-untyped-def]
    """First look in [first, stop) that begins a run of `run` low looks which lasts; and how sure.

    Low is below `limit`; looks that are not judged (NaN) neither break a run nor are of it. It
    lasts when the median over `lasting_days` lies below `lasting`, which passing cloud and a bad
    season do not make true, unless the looks after the first 90 days are back: their median is
    less than half the limit below. `LASTED` where these are `run` at least, their median is
    below `lasting` too, and the series was seen until `lasting_days`; else `OPEN`. Where they
    are fewer, the next ones are asked, up to twice `lasting_days` from the break. Returns
    (-1, `OPEN`) without a break.
    """
    streak, start = 0, first
    for i in range(first, n):
        if np.isnan(r[i]):
            continue
        if not r[i] < limit:
            if i >= stop:
                break
            streak = 0
            continue
        streak += 1
        if streak == 1:
            start = i
        if start >= stop:
            break
        if streak >= run:
            told = _lasting(r, days, start, i + 1, n, limit, lasting, run, lasting_days, spare)
            if told != _BACK:
                return start, told
            streak -= 1
            start += 1
            while np.isnan(r[start]):
                start += 1
    return -1, OPEN


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def broke_before(r, first, h, start, limit, run):  # type: ignore[no-untyped-def]
    """Whether the land of a break at look `start` lay bare before the watch began at look h.

    So it does where the run reaches back into the history: by two looks in a row, or most of the
    last `run` looks before the break are low. One low look is no proof: it may be a cloud.
    """
    begin = max(first, start - run)
    if begin >= h:
        return False
    if start == h and h - 2 >= first and r[h - 1] < limit and r[h - 2] < limit:
        return True
    low = 0
    for i in range(begin, start):
        low += r[i] < limit
    return 2 * low > start - begin


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def refit(columns, y, days, last, position, n, p, least, span, room):  # type: ignore[no-untyped-def]
    """Fit anew what came since the break `last`, to watch from `position` on.

    Right after the break (position = last + 1) the first `span` days are fitted, or as many more
    as it takes to have `least` looks and half a year of them; later the `span` days before
    `position`, with the same prolonging into the past. Returns (first look of the fit, first
    look to watch, scale); scale NaN where there are too few looks.
    """
    begin, after = last, position
    if position == last + 1:
        after = max(count_days(days, last, n, span), min(last + least, n))
        while after < n and days[after - 1] - days[last] < _HALF_YEAR_DAYS:
            after += 1
    else:
        newest = days[position - 1]
        while (
            newest - days[begin] > span
            and begin + least < position
            and newest - days[begin + 1] >= _HALF_YEAR_DAYS
        ):
            begin += 1
    m = after - begin
    if m < max(least, p + 1) or days[after - 1] - days[begin] < _HALF_YEAR_DAYS:
        return begin, n, np.nan
    take(columns, y, begin, after, p, room)
    return begin, after, fit(m, p, ROUGH, room)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def follow(r, days, start, end, drop, months, spare):  # type: ignore[no-untyped-def]
    """Share of a drop that was regained `months` after; NaN where nobody looked.

    Looks whose r is NaN were not judged, and count as no look.
    """
    middle = days[start] + months * _YEAR_DAYS // 12
    m = 0
    for around in _AROUND_DAYS:
        if m < _FEWEST:
            m = 0
            for i in range(start, end):
                if abs(days[i] - middle) <= around and not np.isnan(r[i]):
                    spare[m] = r[i]
                    m += 1
    if m < _FEWEST or days[end - 1] < middle or not drop < 0.0:
        return np.nan
    return 1.0 - median_of(spare, m) / drop


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def declined(r, days, first, start, end, drop, spare):  # type: ignore[no-untyped-def]
    """Whether a decline is worth its fits, over the looks [first, end).

    A part of the drop must have been lost in the year before, or the loss must have grown by that
    part after it; or nobody looked.
    """
    if median_judged(r, start, end, end, spare) < (1.0 + _LOST) * drop:
        return True
    begin, m = start, 0
    while begin > first and days[start] - days[begin - 1] <= _YEAR_DAYS:
        begin -= 1
        m += not np.isnan(r[begin])
    return m < _FEWEST or not median_judged(r, begin, start, m, spare) > _LOST * drop


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _cost(r, n, cut):  # type: ignore[no-untyped-def]
    """Sum of the bisquare's rho, in units of cut²/6."""
    total = 0.0
    for i in range(n):
        u = min(abs(r[i]) / cut, 1.0)
        v = 1.0 - u * u
        total += 1.0 - v * v * v
    return total


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _explained(n, p, scale, room):  # type: ignore[no-untyped-def]
    if np.isnan(fit(n, p, ROUGH, room)):
        return np.inf
    return _cost(room.work[0], n, TUNING * scale)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def gradual(columns, y, days, first, start, end, p, scale, room):  # type: ignore[no-untyped-def]
    """Whether a decline explains the looks [first, end) at least as well as a step at `start`.

    It runs all the time, or begins a year before the break. The season is fitted anew
    beside each, as columns [0, p); column p is the one that is tried.
    """
    take(columns, y, first, end, p, room)
    m, tried = end - first, room.columns[p]
    step = np.inf
    # the step first: one slope that is as good ends the search
    for form in (2, 0, 1):
        for i in range(m):
            years = (days[first + i] - days[start]) / _YEAR_DAYS
            if form == 1:
                years = max(0.0, years + 1.0)
            elif form == 2:
                years = 1.0 if years >= 0.0 else 0.0
            tried[i] = years
        cost = _explained(m, p + 1, scale, room)
        if form == 2:
            step = cost
        elif room.coef[p] < 0.0 and cost < np.inf and cost <= step:
            return True
    return False
