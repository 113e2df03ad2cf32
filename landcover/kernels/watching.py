"""Breaks in one series after its history: runs of low looks that last, and what follows them.

Works on one pixel's clear looks, in time order, as contiguous runs; `robust` feeds it rows of
pixels. Everything is told against the fit that was valid when the break came.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from landcover.kernels.bisquare import CLOSE, ROUGH, TUNING, fit, median_of, median_within, take

__all__ = ["count_days", "follow", "gradual", "keep_judged", "next_break", "refit"]

_YEAR_DAYS: Final = 365
"""Days in a year, as spans are counted."""

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
def keep_judged(columns, y, days, h, n, p, room):  # type: ignore[no-untyped-def]
    """Leave out looks [h, n) of seasons that the fit of the history cannot tell; return the new n.

    A look is judged where the expected value is surer than one look: x'(X'WX)⁻¹x <= 1. The room
    holds X'WX of the last fit as LDL', and room.right is free.
    """
    z, kept = room.right, h
    for i in range(h, n):
        doubt = 0.0
        for k in range(p):
            z[k] = columns[k, i]
            for j in range(k):
                z[k] -= room.normal[k, j] * z[j]
            doubt += z[k] * z[k] / room.normal[k, k]
        if doubt <= 1.0:
            y[kept], days[kept] = y[i], days[i]
            for k in range(p):
                columns[k, kept] = columns[k, i]
            kept += 1
    return kept


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def next_break(r, days, first, stop, n, limit, lasting, run, lasting_days, spare):  # type: ignore[no-untyped-def]
    """First look in [first, stop) that begins a run of `run` looks below `limit` which lasts.

    It lasts when the median of r from there over `lasting_days` lies below `lasting`, which
    passing cloud and a bad season do not make true. Returns -1 where there is none.
    """
    streak = 0
    for i in range(first, n):
        streak = streak + 1 if r[i] < limit else 0
        start = i - run + 1
        if start >= stop:
            break
        if streak >= run:
            after = count_days(days, start, n, lasting_days)
            if median_within(r, start, max(after, i + 1), spare) < lasting:
                return start
    return -1


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def refit(columns, y, days, last, position, n, p, least, span, room):  # type: ignore[no-untyped-def]
    """Fit anew what came since the break `last`, to watch from `position` on.

    Right after the break (position = last + 1) the first `span` days are fitted, or as many more
    as `least` looks take; later the `span` days before `position`. Returns (first look to watch,
    scale); scale NaN where there are too few looks.
    """
    begin, after = last, position
    if position == last + 1:
        after = max(count_days(days, last, n, span), min(last + least, n))
    else:
        while days[position - 1] - days[begin] > span and begin + least < position:
            begin += 1
    m = after - begin
    if m < max(least, p + 1) or days[after - 1] - days[begin] < _YEAR_DAYS // 2:
        return n, np.nan
    take(columns, y, begin, after, p, room)
    return after, fit(m, p, CLOSE, room)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def follow(r, days, start, end, drop, months, spare):  # type: ignore[no-untyped-def]
    """Share of a drop that was regained `months` after; NaN where nobody looked."""
    middle = days[start] + months * _YEAR_DAYS // 12
    m = 0
    for around in _AROUND_DAYS:
        if m < _FEWEST:
            m = 0
            for i in range(start, end):
                if abs(days[i] - middle) <= around:
                    spare[m] = r[i]
                    m += 1
    if m < _FEWEST or days[end - 1] < middle or not drop < 0.0:
        return np.nan
    return 1.0 - median_of(spare, m) / drop


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
    step = slope = np.inf
    for form in range(3):
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
        elif room.coef[p] < 0.0:
            slope = min(slope, cost)
    return slope <= step
