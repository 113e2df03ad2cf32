"""One series through `bfast` after its fit: what is watched, what broke, and what is told of it.

Works on one pixel's judged looks, the history first, and writes into the layers of `Breaks`.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.kernels.bisquare import (
    NORMAL_MAD,
    ROUGH,
    Room,
    fit,
    median_of,
    median_within,
    take,
    workspace,
)
from landcover.kernels.breaks import (
    ABRUPT,
    CONFIRMED,
    GRADUAL,
    LOW,
    MONTHS,
    PROVISIONAL,
    RECOVERING,
    STABLE,
    UNSEEN,
    UNSTABLE,
)
from landcover.kernels.leastsquares import _EXACT
from landcover.kernels.monitor import Rule, _find
from landcover.kernels.watching import LASTED, LATELY_DAYS, count_days, declined, follow, gradual

__all__ = ["Series", "Watch", "series"]

_LARGE: Final = 1.5
"""A break below this many times the gate is of low confidence."""

_LOW: Final = 0.5
"""A look is low when it lies below the season by more than this share of the gate."""

_SPREADS: Final = 1.5
"""Robust standard deviations of a history that the gate must hold, for its pixel to be stable: of
a history of larger ones, as of land that was cleared in it, no drop of the gate could be told."""

_LATELY_LOOKS: Final = 2
"""Looks of the last year of a watch that a stable pixel needs; low ones may be a break that began,
which nobody can tell yet."""

_FOLLOWED_DAYS: Final = 730
"""Days after a break that a decline is compared with a step over: two years."""


class Watch(NamedTuple):
    """What holds for all series of a plane."""

    rule: Rule
    q: NDArray[np.float64]
    """(T, P): regressors, for the rows of time."""
    days: NDArray[np.int64]
    """(T,), days since 1970-01-01."""
    months: NDArray[np.int64]
    """(T,): plane of `Breaks.judged` x 12 + bit."""
    until: int
    """Day after the watch's last day."""


class Series(NamedTuple):
    """Room for one series of up to T judged looks, the history first."""

    r: NDArray[np.float64]
    """(T,): residuals."""
    total: NDArray[np.float64]
    """(T + 1,): their sums, from 0 on."""
    rows: NDArray[np.int64]
    """(T,): their rows of time."""
    days: NDArray[np.int64]
    """(T,): days since 1970-01-01."""
    columns: NDArray[np.float64]
    """(P, T): regressors."""
    spare: NDArray[np.float64]
    """(T,): for medians."""
    row: NDArray[np.float64]
    """(P,): for one look's regressors."""
    fits: Room
    """For robust fits, with a column beside the regressors."""


def series(regressors: int, times: int) -> Series:
    """Make room for series of at most `times` looks."""
    wide = np.empty(times), np.empty(times + 1), np.empty(times, np.int64)
    columns, spare = np.empty((regressors, times)), np.empty(times)
    room = workspace(regressors + 1, times)
    return Series(*wide, np.empty(times, np.int64), columns, spare, np.empty(regressors), room)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _scale(r, n, spare):  # type: ignore[no-untyped-def]
    """Robust standard deviation of the residuals of a history."""
    for i in range(n):
        spare[i] = abs(r[i])
    return max(median_of(spare, n) / NORMAL_MAD, _EXACT)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _columns(own, m, watch):  # type: ignore[no-untyped-def]
    """Write the regressors of the first m looks."""
    for k in range(m):
        for i in range(watch.q.shape[1]):
            own.columns[i, k] = watch.q[own.rows[k], i]


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _wave(own, m, watch):  # type: ignore[no-untyped-def]
    """Write a level and a wave a year for the first m looks; return how many columns they are.

    Of a trend nothing: beside it no decline could be told.
    """
    size = watch.q.shape[1]
    waves = (size - 1) // 2
    sine = size - waves
    for k in range(m):
        row = watch.q[own.rows[k]]
        own.columns[0, k] = row[0]
        if waves > 0:
            own.columns[1, k], own.columns[2, k] = row[sine - waves], row[sine]
    return 3 if waves > 0 else 1


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _declines(own, start, n, m, drop, watch):  # type: ignore[no-untyped-def]
    """Whether a decline explains the series as well as a step at look `start` does.

    Residuals stand for values: a wave a year is fitted anew beside each form, so that what the
    history's season took away makes no difference.
    """
    after = count_days(own.days, start, m, _FOLLOWED_DAYS)
    # three fits take longer than all the rest: they are made where something declines
    if not declined(own.r, own.days, 0, start, after, drop, own.spare):
        return False
    size, scale = _wave(own, after, watch), _scale(own.r, n, own.spare)
    return gradual(own.columns, own.r, own.days, 0, start, after, size, scale, own.fits)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _tell(own, start, n, m, sign, worth, y, x, watch, out):  # type: ignore[no-untyped-def]
    """Write what is known of the break at look `start`."""
    r, days, rule, spare = own.r, own.days, watch.rule, own.spare
    # a gain is told as a loss of the opposite
    for k in range(m):
        r[k] *= sign
    drop = median_within(r, start, min(m, start + rule.run), spare)
    after_12 = follow(r, days, start, m, drop, 12, spare)
    after_24 = follow(r, days, start, m, drop, 24, spare)
    out.day[0, y, x], out.before[0, y, x] = days[start], days[start - 1]
    out.magnitude[0, y, x] = sign * median_within(r, n if rule.whole else start, m, spare)
    out.drop[0, y, x] = sign * drop
    out.recovered_12[0, y, x], out.recovered_24[0, y, x] = after_12, after_24
    sure = CONFIRMED if worth == LASTED else PROVISIONAL
    large = m - start >= rule.run and -drop >= _LARGE * rule.gate
    out.confidence[0, y, x] = sure if large else LOW
    out.number[y, x] = 1
    if after_12 >= rule.recovered or after_24 >= rule.recovered:
        kind = RECOVERING
    else:
        kind = GRADUAL if _declines(own, start, n, m, drop, watch) else ABRUPT
    out.kinds[0, y, x] = out.kind[y, x] = kind


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _mark(own, n, m, start, y, x, watch, out):  # type: ignore[no-untyped-def]
    """Write which months were judged, and when the last look of them was.

    After the break at look `start` (-1: none) nothing is looked for.
    """
    if m == n:
        return
    out.last[y, x] = own.days[m - 1]
    # without a gate each alarm counts, also that of the last look
    needs = watch.rule.run if watch.rule.gate > 0.0 else 1
    end = m - needs + 1
    for k in range(n, min(end, start + 1) if start >= 0 else end):
        month = watch.months[own.rows[k]]
        out.judged[month // MONTHS, y, x] |= np.uint16(1 << month % MONTHS)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _rests(r, n, rule, spare):  # type: ignore[no-untyped-def]
    """Whether n residuals spread little enough for the gate, and the last `run` lie within it."""
    if not _SPREADS * _scale(r, n, spare) <= rule.gate:
        return False
    last = median_within(r, max(0, n - rule.run), n, spare)
    return (abs(last) if rule.both else -last) < rule.gate


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _is_blind(own, n, watch):  # type: ignore[no-untyped-def]
    """Whether no drop of the gate could have been told after n looks of history.

    Cloud bends a season of least squares, and so does land that was cleared in the history: what
    is at rest about neither it nor about a robust one is no ground to tell anything on.
    """
    if watch.rule.gate <= 0.0 or _rests(own.r, n, watch.rule, own.spare):
        return False
    _columns(own, n, watch)
    size, fits = watch.q.shape[1], own.fits
    take(own.columns, own.r, 0, n, size, fits)
    if np.isnan(fit(n, size, ROUGH, fits)):
        return True
    return not _rests(fits.work[0], n, watch.rule, own.spare)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _is_stable(own, n, m, watch):  # type: ignore[no-untyped-def]
    """Whether looks n .. m without a break were watched to the end, and the last are not low."""
    rule, last = watch.rule, m - _LATELY_LOOKS
    if m - n < max(rule.run, _LATELY_LOOKS) or watch.until - own.days[last] > LATELY_DAYS:
        return False
    lost, gained = rule.gate > 0.0, rule.gate > 0.0 and rule.both
    for k in range(last, m):
        lost &= own.r[k] < -_LOW * rule.gate
        gained &= own.r[k] > _LOW * rule.gate
    return not (lost or gained)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _watch(own, n, m, sigma, y, x, watch, out):  # type: ignore[no-untyped-def]
    """Monitor a pixel's looks n .. m after n of stable history, and write what is found."""
    rule = watch.rule
    out.used[y, x], out.watched[y, x], out.scale[y, x] = n, m - n, sigma
    unit = max(sigma, _EXACT) * math.sqrt(n)
    alarm, start, sign, worth = _find(own.r, own.total, own.days, n, m, unit, rule, own.spare)
    if start < 0 and (alarm >= 0 or _is_blind(own, n, watch)):
        out.kind[y, x] = UNSTABLE
        return
    _mark(own, n, m, start, y, x, watch, out)
    if alarm >= 0:
        _tell(own, start, n, m, sign, worth, y, x, watch, out)
    else:
        out.kind[y, x] = STABLE if _is_stable(own, n, m, watch) else UNSEEN
