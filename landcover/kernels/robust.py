"""Breaks by a robust season on a tested history: the default detector.

A bisquare harmonic is fitted to the part of the history that is at rest; a break is a run of
looks below it that lasts. After a break the series is fitted again, so that a pixel may break
more than once. Reads rows of x, works on one pixel's looks at a time: the answer for a pixel
depends on nothing but its own series, however the plane is cut or shared out to threads.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, fields
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.bisquare import median_within, residuals, workspace
from landcover.kernels.breaks import (
    ABRUPT,
    BREAKS_KEPT,
    CONFIRMED,
    GRADUAL,
    LOW,
    PROVISIONAL,
    RECOVERING,
    SHORT,
    STABLE,
    UNSEEN,
    UNSTABLE,
    Breaks,
    empty,
)
from landcover.kernels.dates import decimal_year
from landcover.kernels.stability import CUSUM_CRITICAL, NEVER_AT_REST, rest
from landcover.kernels.watching import count_days, follow, gradual, keep_judged, next_break, refit

__all__ = ["RobustSettings", "detect", "season", "warm"]

_WIDTH_PX: Final = 64
"""Pixels whose looks are gathered together (px): a cache line of each row, many times over."""

_CLEAR: Final = 1.5
"""A break whose drop is below this many times the limit is more than of low confidence."""

_RENEW_DAYS: Final = 365
"""A fit after a break is renewed each year."""

_MOST_COUNTED: Final = 255
"""Breaks are counted in uint8."""


@dataclass(frozen=True, slots=True)
class RobustSettings:
    """Numbers of the default detector; U is the unit of the values.

    Chosen on made-up series and on the two real clearings of the tests; the rates of error were
    measured afterwards, on other seeds.
    """

    harmonics: int = 1
    """Sine pairs of the season: 1 is a wave a year, 2 add one of half a year."""
    run: int = 4
    """Looks in a row below the limit that make a break."""
    threshold: float = 1.5
    """The limit, in robust standard deviations below the season."""
    scale_floor: float = 0.01
    """Least standard deviation (U), so that a very quiet history does not alarm at noise."""
    least_drop: float = 0.12
    """Smallest drop that is told (U): the median must stay below the limit and below this."""
    lasting_days: int = 365
    """Days of that median, from the break on, as far as they were seen."""
    shift: float = 3.0
    """A history that left its level by fewer standard deviations is not cut."""
    level: float = 0.01
    """Level of the test whether the history is at rest: 0.1, 0.05, 0.01, 0.001; 0 tests not."""
    least_looks: int = 12
    """Fewest looks for a fit."""
    least_days: int = 540
    """Fewest days from the first look of a history to its last."""
    refit_days: int = 365
    """Days after a break, and before each later year, that a new fit rests on."""
    recovered: float = 0.7
    """Share of the drop whose regaining within 24 months makes a break "recovering"."""


class _Rule(NamedTuple):
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


class _Out(NamedTuple):
    """The layers of `Breaks` in their order, as compiled code takes them."""

    day: NDArray[np.int32]
    before: NDArray[np.int32]
    confidence: NDArray[np.uint8]
    magnitude: NDArray[np.float32]
    drop: NDArray[np.float32]
    recovered_12: NDArray[np.float32]
    recovered_24: NDArray[np.float32]
    number: NDArray[np.uint8]
    used: NDArray[np.uint16]
    watched: NDArray[np.uint16]
    scale: NDArray[np.float32]
    kind: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    judged: NDArray[np.uint16]
    last: NDArray[np.int32]


_DEFAULT: Final = RobustSettings()


def season(days: NDArray[np.int64], harmonics: int) -> NDArray[np.float64]:
    """Columns of a season on true dates: a constant, then cosine and sine of each harmonic.

    Parameters
    ----------
    days : int64 (T,), days since 1970-01-01
    harmonics : int

    Returns
    -------
    float64 (1 + 2 K, T)
        1, cos 2πt, sin 2πt, cos 4πt ... for t in decimal years.
    """
    epoch = date(1970, 1, 1)
    years = np.array([decimal_year(epoch + timedelta(days=int(day))) for day in days])
    rows = [np.ones(years.size)]
    for k in range(1, harmonics + 1):
        rows += [np.cos(2 * np.pi * k * years), np.sin(2 * np.pi * k * years)]
    return np.stack(rows)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _gather(values, y, x0, width, looks, places, counts):  # type: ignore[no-untyped-def]
    """Put each pixel's valid values of a block one behind the other, with their places in time."""
    for x in range(width):
        counts[x] = 0
    for t in range(values.shape[0]):
        row = values[t, y]
        for x in range(width):
            value = row[x0 + x]
            if np.isfinite(value):
                n = counts[x]
                looks[x, n] = value
                places[x, n] = t
                counts[x] = n + 1


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _limits(scale, rule):  # type: ignore[no-untyped-def]
    """Limits of single looks and of the lasting median."""
    return -rule.threshold * scale, -max(rule.threshold * scale, rule.least_drop)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _tell(r, days, start, end, n, k, y, x, limit, rule, out, spare):  # type: ignore[no-untyped-def]
    """Write what is known of break k, over looks [start, end); return whether it has recovered."""
    size = median_within(r, start, start + rule.run, spare)
    after_12 = follow(r, days, start, end, size, 12, spare)
    after_24 = follow(r, days, start, end, size, 24, spare)
    if k < BREAKS_KEPT:
        out.day[k, y, x], out.before[k, y, x] = days[start], days[start - 1]
        out.magnitude[k, y, x] = median_within(r, start, end, spare)
        out.drop[k, y, x] = size
        out.recovered_12[k, y, x], out.recovered_24[k, y, x] = after_12, after_24
        seen = days[n - 1] - days[start] >= rule.lasting_days
        sure = CONFIRMED if seen else PROVISIONAL
        out.confidence[k, y, x] = sure if size < _CLEAR * limit else LOW
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
def _later(columns, v, days, last, n, p, least, rule, room, r, notes):  # type: ignore[no-untyped-def]
    """Next break after the break `last`, on fits of what came since; -1 where there is none.

    On return `r` holds the residuals of the fit that found it. Returns (index, limit).
    """
    position = last + 1
    while position < n:
        position, scale = refit(
            columns, v, days, last, position, n, p, rule.least_looks, rule.refit_days, room
        )
        if np.isnan(scale) or position >= n:
            break
        residuals(columns, 0, n, v, room.coef, p, r)
        limit, lasting = _limits(max(scale, least), rule)
        _note(notes, position, n, room.coef, p, limit)
        stop = count_days(days, position, n, _RENEW_DAYS)
        found = next_break(
            r, days, position, stop, n, limit, lasting, rule.run, rule.lasting_days, room.work[3]
        )
        if found >= 0:
            return found, limit
        position = stop
    return -1, 0.0


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _kind(columns, v, days, first, start, end, p, scale, recovered, room):  # type: ignore[no-untyped-def]
    if recovered:
        return RECOVERING
    after = min(end, count_days(days, start, end, 2 * _RENEW_DAYS))
    declines = gradual(columns, v, days, first, start, after, p, scale, room)
    return GRADUAL if declines else ABRUPT


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _watch(columns, v, days, first, h, n, p, scale, rule, room, rs, y, x, out):  # type: ignore[no-untyped-def]
    """Find the breaks of one series from look h on; [first, h) is its history, fitted in coef."""
    r, later, notes, spare = rs[0], rs[1], rs[2:], room.work[3]
    residuals(columns, 0, n, v, room.coef, p, r)
    limit, lasting = _limits(scale, rule)
    _note(notes, 0, n, room.coef, p, limit)
    start = next_break(r, days, h, n, n, limit, lasting, rule.run, rule.lasting_days, spare)
    found = 0
    for k in range(n):
        if start < 0:
            break
        end, new_limit = _later(columns, v, days, start, n, p, scale, rule, room, later, notes)
        after = end if end >= 0 else n
        recovered = _tell(r, days, start, after, n, k, y, x, limit, rule, out, spare)
        if k == 0:
            out.kind[y, x] = _kind(columns, v, days, first, start, after, p, scale, recovered, room)
        start, limit, found = end, new_limit, k + 1
        r, later = later, r
    out.number[y, x] = min(found, _MOST_COUNTED)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _pixel(columns, v, days, h, n, p, rule, boundary, room, rs, y, x, out):  # type: ignore[no-untyped-def]
    """Judge one series v[:n], the first h of it history.

    `rs` is (3 + P, T): two rows of residuals; then by look the limit and the coefficients of the
    fit that holds there, as notes for `robust_trace`.
    """
    out.watched[y, x] = n - h
    first, scale = rest(
        columns, v, days, h, p, boundary, rule.shift, rule.least_looks, rule.least_days, room
    )
    if first < 0:
        out.kind[y, x] = UNSTABLE if first == NEVER_AT_REST else SHORT
        return
    n = keep_judged(columns, v, days, h, n, p, room)
    out.used[y, x], out.watched[y, x], out.scale[y, x] = h - first, n - h, scale
    out.kind[y, x] = STABLE if n - h >= rule.run else UNSEEN
    floored = max(scale, rule.scale_floor)
    _watch(columns, v, days, first, h, n, p, floored, rule, room, rs, y, x, out)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _own(places, n, days, columns, starts, own, own_days):  # type: ignore[no-untyped-def]
    """Pick the columns and days of one pixel's looks; return how many are history."""
    h = 0
    for i in range(n):
        own_days[i] = days[places[i]]
        h += places[i] < starts
    for k in range(columns.shape[0]):
        source, target = columns[k], own[k]
        for i in range(n):
            target[i] = source[places[i]]
    return h


@njit(nogil=True, cache=True, error_model="numpy")
def _detect(values, rows, days, columns, starts, rule, boundary, room, out):  # type: ignore[no-untyped-def]
    times, _, length = values.shape
    p = columns.shape[0]
    looks, places = np.empty((_WIDTH_PX, times)), np.empty((_WIDTH_PX, times), np.int64)
    counts = np.empty(_WIDTH_PX, np.int64)
    own, own_days = np.empty((p, times)), np.empty(times, np.int64)
    rs = np.empty((3 + p, times))
    for y in range(rows[0], rows[1]):
        for x0 in range(0, length, _WIDTH_PX):
            width = min(_WIDTH_PX, length - x0)
            _gather(values, y, x0, width, looks, places, counts)
            for x in range(width):
                n = counts[x]
                h = _own(places[x], n, days, columns, starts, own, own_days)
                _pixel(own, looks[x], own_days, h, n, p, rule, boundary, room, rs, y, x0 + x, out)


def _checked(values: NDArray[np.float32], days: NDArray[np.int64]) -> None:
    if values.ndim != 3 or values.dtype != np.float32 or days.shape != values.shape[:1]:
        what = f"got {values.dtype} {values.shape} on {days.shape} days"
        raise InputError("stack", what, "Give float32 (T, Y, X) and one day for each T")
    if (np.diff(days) <= 0).any():
        raise InputError("stack", "its days do not increase", "Sort it, one row a day")


def _boundary(level: float) -> float:
    if level not in CUSUM_CRITICAL and level != 0:
        known = ", ".join(str(level) for level in CUSUM_CRITICAL)
        raise InputError(f"level {level}", "is not tabled", f"Take one of {known}, or 0")
    return CUSUM_CRITICAL.get(level, np.inf)


def _layers(found: Breaks) -> _Out:
    return _Out(*(getattr(found, field.name) for field in fields(Breaks)))


def detect(
    values: NDArray[np.float32],
    days: NDArray[np.int64],
    history_start: int,
    monitor_start: int,
    settings: RobustSettings = _DEFAULT,
    threads: int = 1,
) -> Breaks:
    """Find lasting drops of each pixel's series below its own season.

    Parameters
    ----------
    values : float32 (T, Y, X), any unit U
        NaN where missing; infinite values count as missing too.
    days : int64 (T,), days since 1970-01-01
        Increasing.
    history_start, monitor_start : int, days since 1970-01-01
        The history is [history_start, monitor_start); breaks are looked for from monitor_start.
    settings : RobustSettings
    threads : int
        Threads that share the rows; no result depends on it.

    Returns
    -------
    Breaks

    Raises
    ------
    InputError
        Wrong shapes, days that do not increase, a level that is not tabled.

    Notes
    -----
    1. Season: 1 and K sine pairs, by Tukey's bisquare (see `bisquare`).
    2. Rest: CUSUM of the bounded residuals from the newest look of the history back (after
       Pesaran and Timmermann 2002, doi:10.1016/S0927-5398(02)00007-5, and Verbesselt et al.
       2012, doi:10.1016/j.rse.2012.02.022). Where it leaves its boundary the history is cut at
       its extreme, and tested again.
    3. Watch: looks of seasons that the history hardly saw are left out, where the fit is less
       sure than one look. A break is the first of `run` looks in a row below -threshold x
       max(scale, scale_floor), when the median of `lasting_days` from there is below that too.
    4. After a break the season is fitted to what followed, anew each year, and the watch goes on
       (after Zhu and Woodcock 2014, doi:10.1016/j.rse.2014.01.011).
    5. A break whose drop was regained for `recovered` of it after 12 or 24 months is recovering;
       one that a steady decline explains as well as a step is gradual.
    """
    _checked(values, days)
    boundary = _boundary(settings.level)
    first, after = np.searchsorted(days, [history_start, monitor_start])
    used, when = np.ascontiguousarray(values[first:]), days[first:]
    columns, rule = season(when, settings.harmonics), _Rule(*astuple(settings))
    found = empty((values.shape[1], values.shape[2]))
    out = _layers(found)

    def part(rows: tuple[int, int]) -> None:
        room = workspace(len(columns) + 1, max(1, len(when)))
        _detect(used, rows, when, columns, after - first, rule, boundary, room, out)

    bands = list(pairwise(np.linspace(0, values.shape[1], max(1, threads) + 1).astype(int)))
    if len(bands) == 1:
        part(bands[0])
    else:
        with ThreadPoolExecutor(len(bands)) as pool:
            list(pool.map(part, bands))
    return found


def warm() -> None:
    """Compile or load this module's kernels."""
    detect(np.ones((1, 1, 1), np.float32), np.zeros(1, np.int64), 0, 1)
