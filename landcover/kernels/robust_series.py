"""One series through the default detector: its history, its watch, its breaks and their kinds.

Works on one pixel's clear looks as contiguous runs and writes into the layers of `Breaks`;
`robust` feeds it rows of pixels, `robust_trace` one series of which it wants to see everything.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.kernels.bisquare import residuals
from landcover.kernels.breaks import (
    ABRUPT,
    BREAKS_KEPT,
    CONFIRMED,
    GRADUAL,
    LOW,
    MONTHS,
    PROVISIONAL,
    RECOVERING,
    SHORT,
    STABLE,
    UNSEEN,
    UNSTABLE,
)
from landcover.kernels.stability import NEVER_AT_REST, rest
from landcover.kernels.watching import (
    LASTED,
    LATELY_DAYS,
    OPEN,
    broke_before,
    count_days,
    declined,
    follow,
    gradual,
    judge_anew,
    keep_judged,
    last_judged,
    median_judged,
    next_break,
    refit,
)

__all__ = ["NOTES", "Rule", "Watch", "judge"]

_CLEAR: Final = 1.5
"""A break whose drop is at least this many times the least that is told is more than of low
confidence."""

_RENEW_DAYS: Final = 365
"""A fit after a break is renewed each year."""

_LATE_LOOKS: Final = 2
"""Judged looks of the watch's last year that "stable" asks for; where they are low, it is not."""

_JUDGED: Final = 1.0
"""A look of the watch that was judged: enough low ones from it on would be a break."""
_FOLLOWED: Final = 2.0
"""A look after a break that no renewed fit watches: it says how the break went on, no more."""

_MOST_COUNTED: Final = 255
"""Breaks are counted in uint8."""

NOTES: Final = 4
"""Rows in front of the notes: two of residuals, one of which looks were judged, one of residuals
from the history's fit."""


class Rule(NamedTuple):
    """The settings, as compiled code takes them."""

    harmonics: int
    run: int
    threshold: float
    scale_floor: float
    least_drop: float
    lasting_days: int
    shift: float
    level: float
    least_looks: int
    least_days: int
    refit_days: int
    recovered: float


class Watch(NamedTuple):
    """What holds for all series of a plane, as compiled code takes it."""

    boundary: float
    """Where the CUSUM of a history says that it is not at rest."""
    until: int
    """Day after the watch's last day."""
    begins: int
    """Day of the first entry of `months`."""
    months: NDArray[np.int64]
    """(D,), of each day: plane of `Breaks.judged` x 12 + bit."""


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _limits(scale, rule):  # type: ignore[no-untyped-def]
    """Limits of single looks and of the lasting median."""
    return -rule.threshold * scale, -max(rule.threshold * scale, rule.least_drop)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _tell(r, days, start, end, n, k, y, x, told, lasting, rule, out, spare):  # type: ignore[no-untyped-def]
    """Write what is known of break k, over looks [start, end); return whether it has recovered."""
    size = median_judged(r, start, n, rule.run, spare)
    after_12 = follow(r, days, start, end, size, 12, spare)
    after_24 = follow(r, days, start, end, size, 24, spare)
    if k < BREAKS_KEPT:
        out.day[k, y, x], out.before[k, y, x] = days[start], days[last_judged(r, 1, start)]
        out.magnitude[k, y, x] = median_judged(r, start, end, n, spare)
        out.drop[k, y, x] = size
        out.recovered_12[k, y, x], out.recovered_24[k, y, x] = after_12, after_24
        sure = CONFIRMED if told == LASTED else PROVISIONAL
        out.confidence[k, y, x] = sure if size <= _CLEAR * lasting else LOW
    return after_12 >= rule.recovered or after_24 >= rule.recovered


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _note(notes, first, n, coef, p, limit):  # type: ignore[no-untyped-def]
    """Note the fit that holds from look `first` on: its limit, then its coefficients."""
    for i in range(first, n):
        notes[0, i] = limit
    for k in range(p):
        for i in range(first, n):
            notes[1 + k, i] = coef[k]


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _fell(r, known, last, position, start, n, run, lasting, spare):  # type: ignore[no-untyped-def]
    """First look of the drop that was found at `start`, later than the break `last`.

    A fit of a year in which land grew back, or was cleared, takes that for the season, and the
    next drop for late. By the history's season (`known`) it is where the looks left the level
    of `start` for good; from there `r` is then told. -1 where they did not come from higher.
    """
    low = median_judged(known, start, n, run, spare)
    half = low - 0.5 * median_judged(r, start, n, run, spare)
    first = start
    while first > last + 1 and known[first - 1] < half:
        first -= 1
    if first == start or (first == start - 1 and first >= position):
        return start
    if first - last <= run:
        return -1
    level = median_judged(known, first - run, first, run, spare)
    if not low - level < lasting:
        return -1
    for i in range(last, n):
        r[i] = known[i] - level
    return first


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _later(columns, v, days, last, n, p, rule, room, r, known, judged, notes):  # type: ignore[no-untyped-def]
    """Next break after the break `last`, on fits of what came since; -1 where there is none.

    On return `r` holds the residuals of the fit that found it, NaN where it cannot tell. Returns
    (index, how it lasts, first look of that fit, its scale).
    """
    position = last + 1
    judged[last] = _JUDGED
    while position < n:
        judged[position:n] = _FOLLOWED
        begin, position, scale = refit(
            columns, v, days, last, position, n, p, rule.least_looks, rule.refit_days, room
        )
        if np.isnan(scale) or position >= n:
            break
        scale = max(scale, rule.scale_floor)
        residuals(columns, 0, n, v, room.coef, p, r)
        judge_anew(columns, r, judged, position, n, p, room)
        limit, lasting = _limits(scale, rule)
        _note(notes, position, n, room.coef, p, limit)
        stop = count_days(days, position, n, _RENEW_DAYS)
        found, told = next_break(
            r, days, position, stop, n, limit, lasting, rule.run, rule.lasting_days, room.work[3]
        )
        if found >= 0:
            found = _fell(r, known, last, position, found, n, rule.run, lasting, room.work[3])
        if found >= 0:
            return found, told, min(begin, found - rule.run), scale
        position = stop
    return -1, OPEN, last, 0.0


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _kind(columns, v, days, r, k, first, start, end, p, scale, rule, room):  # type: ignore[no-untyped-def]
    """Tell a decline from a step, by the looks from the first of the fit to two years after."""
    size = median_judged(r, start, end, rule.run, room.work[3])
    after = min(end, count_days(days, start, end, 2 * _RENEW_DAYS))
    # later fits rest on a year or two that decline with the rest: nothing is seen of it in them
    if k == 0 and not declined(r, days, first, start, after, size, room.work[3]):
        return ABRUPT
    return GRADUAL if gradual(columns, v, days, first, start, after, p, scale, room) else ABRUPT


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _watch(columns, v, days, first, h, n, p, scale, rule, room, rs, y, x, out):  # type: ignore[no-untyped-def]
    """Find the breaks of one series from look h on; [first, h) is its history, fitted in coef.

    Returns how many; -1 where the land lay bare before the watch began.
    """
    r, later, judged, known, notes, spare = rs[0], rs[1], rs[2], rs[3], rs[NOTES:], room.work[3]
    residuals(columns, 0, n, v, room.coef, p, r)
    limit, lasting = _limits(scale, rule)
    _note(notes, 0, n, room.coef, p, limit)
    judged[h:n] = _JUDGED
    start, told = next_break(r, days, h, n, n, limit, lasting, rule.run, rule.lasting_days, spare)
    if start >= 0 and broke_before(r, first, h, start, limit, rule.run):
        return -1
    if start >= 0:
        known[:n] = r[:n]
    found, alike = 0, start == h and h - 2 >= first and r[h - 1] < limit
    while start >= 0:
        end, then, begin, new = _later(
            columns, v, days, start, n, p, rule, room, later, known, judged, notes
        )
        after = end if end >= 0 else n
        recovered = _tell(
            r, days, start, after, n, found, y, x, told, _limits(scale, rule)[1], rule, out, spare
        )
        if found < BREAKS_KEPT:
            out.kinds[found, y, x] = (
                RECOVERING
                if recovered
                else _kind(columns, v, days, r, found, first, start, after, p, scale, rule, room)
            )
        if found == 0 and alike:
            # a low look ahead of the watch may be a cloud, or the first of the break
            out.before[0, y, x] = days[h - 2]
        start, told, first, scale, found = end, then, begin, new, found + 1
        r, later = later, r
    return found


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _mark(days, judged, h, n, run, watch, y, x, out):  # type: ignore[no-untyped-def]
    """Write how many looks were judged, the last of them, and the months that could have a break.

    A look could have begun one where a fit watched it and at least run - 1 looks came after it.
    """
    count = 0
    for i in range(n - 1, h - 1, -1):
        if judged[i] == 0.0:
            continue
        count += 1
        if count == 1:
            out.last[y, x] = days[i]
        if count >= run and judged[i] == _JUDGED:
            month = watch.months[days[i] - watch.begins]
            out.judged[month // MONTHS, y, x] |= np.uint16(1 << month % MONTHS)
    out.watched[y, x] = count
    return count


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _restless(scale, rule):  # type: ignore[no-untyped-def]
    """Whether the smallest drop that is told would not be low, so far does the history move.

    So it is where land was cleared in the last year of a short history: the season bends to it.
    """
    return rule.least_drop > 0.0 and rule.threshold * scale > rule.least_drop


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _stands(r, days, h, n, lasting, run, until):  # type: ignore[no-untyped-def]
    """Whether a pixel without a break was watched to the end, so that it is stable.

    `run` looks were judged, `_LATE_LOOKS` of them lately; and the last of these are not all as low
    as a break: too few looks have seen whether it is one.
    """
    if n - h < max(run, _LATE_LOOKS) or until - days[n - _LATE_LOOKS] > LATELY_DAYS:
        return False
    low = 0
    for i in range(n - _LATE_LOOKS, n):
        low += r[i] < lasting
    return low < _LATE_LOOKS


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def judge(columns, v, days, h, n, p, rule, watch, room, rs, y, x, out):  # type: ignore[no-untyped-def]
    """Judge one series v[:n], the first h of it history; return how many looks were kept.

    Looks that the history cannot tell are taken out of the arrays. `rs` is (5 + P, T): two rows
    of residuals, one of which looks were judged, one of residuals from the history; then by look
    the limit and the coefficients of the fit that holds there, as notes for `robust_trace`.
    """
    out.watched[y, x] = n - h
    first, scale = rest(
        columns, v, days, h, p, watch.boundary, rule.shift, rule.least_looks, rule.least_days, room
    )
    if first < 0:
        out.kind[y, x] = UNSTABLE if first == NEVER_AT_REST else SHORT
        return n
    n = keep_judged(columns, v, days, h, n, p, room)
    out.used[y, x], out.watched[y, x], out.scale[y, x] = h - first, n - h, scale
    floored = max(scale, rule.scale_floor)
    found = _watch(columns, v, days, first, h, n, p, floored, rule, room, rs, y, x, out)
    if found < 0 or (found == 0 and _restless(scale, rule)):
        out.kind[y, x] = UNSTABLE
        return n
    _mark(days, rs[2], h, n, rule.run, watch, y, x, out)
    out.number[y, x] = min(found, _MOST_COUNTED)
    if found > 0:
        out.kind[y, x] = out.kinds[0, y, x]
    else:
        lasting = _limits(floored, rule)[1]
        stands = _stands(rs[0], days, h, n, lasting, rule.run, watch.until)
        out.kind[y, x] = STABLE if stands else UNSEEN
    return n
