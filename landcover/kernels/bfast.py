"""Breaks by bfastmonitor: moving or whole sums of residuals against a boundary.

A season (and, if asked, a trend) is fitted to the stable end of the history; a break is the first
look at which the summed residuals leave their boundary and the drop after it lasts. One break a
pixel. The methods RE and ME, and histories by break points, are not here.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels import critical
from landcover.kernels.bfast_series import Watch, _watch, series
from landcover.kernels.breaks import (
    SHORT,
    UNSTABLE,
    Breaks,
    empty,
    months_of,
    planes,
    years_watched,
)
from landcover.kernels.dates import decimal_year
from landcover.kernels.history import _stable_fit
from landcover.kernels.leastsquares import _doubt, _expect, _inverted, basis
from landcover.kernels.monitor import Rule

__all__ = ["BfastSettings", "detect", "warm"]

_WIDTH_PX: Final = 120
"""Columns that are fitted side by side (px): their factors fill a first-level cache. Not a power
of two, whose rows would all fall on the same few lines of it."""

_CUT_LEVEL: Final = 0.05
"""A history that fails its test at the asked level is cut where its sums left the boundary of
this one: so does the R package, whose results at a level of 0.01 show it."""

_EPOCH: Final = date(1970, 1, 1).toordinal()
"""Ordinal of day 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BfastSettings:
    """Numbers of bfastmonitor; U is the unit of the values.

    With ``order=3, trend=True, gate=0, direction="both", magnitude="monitoring"``,
    ``date="alarm", least_looks=0, least_days=0, doubt=inf`` they are those of the R package's
    function.
    """

    order: int = 1
    """Harmonics of the season: 1 is a wave a year."""
    trend: bool = False
    """Whether the history may move in a straight line, which is then prolonged: an error of
    its slope grows with every year, so histories should be longer than six years."""
    history: Literal["roc", "all"] = "roc"
    """The stable end of the history (reverse-ordered CUSUM), or all of it."""
    test: Literal["mosum", "cusum"] = "mosum"
    """Sums of the last residuals, or of all since the history began."""
    h: float = 0.25
    """Width of the moving sum (share of the history's looks): 0.25, 0.5 or 1."""
    level: float = 0.05
    """Chance of an alarm in a series without a break (0.05 or 0.01), and level of the test of
    the history."""
    period: float = 10.0
    """Longest series that the level holds for (multiples of the history's looks): 2, 4, 6, 8
    or 10. Looks beyond it are tested too, at a chance of an alarm that is a little higher."""
    direction: Literal["loss", "both"] = "loss"
    """Losses alone, or gains too."""
    gate: float = 0.1
    """Least drop (U): the median residual of the first `run` looks of the break, and of its
    first `lasting_days`, must both be as large; fewer than `run` looks prove nothing. Where the
    later looks are less than half as low, there was none. 0 takes every alarm, also of land that
    was bare before it was watched."""
    run: int = 4
    """Looks whose median residual is the drop."""
    lasting_days: int = 365
    """Days over which a drop has to last, as far as they were seen."""
    date: Literal["drop", "alarm"] = "drop"
    """The day that is told: of the first low look, walked back to from the alarm; or, as in R, of
    the look at which the alarm is given, up to a window later."""
    magnitude: Literal["break", "monitoring"] = "break"
    """Looks whose median residual is the magnitude: from the break on, or, as in R, of the whole
    monitoring period, which hides a break that comes late."""
    recovered: float = 0.7
    """Share of the drop whose regaining within 24 months makes a break "recovering"."""
    least_looks: int = 12
    """Fewest looks for a fit."""
    least_days: int = 540
    """Fewest days from the first look of a history to its last."""
    doubt: float = 1.0
    """Looks at which the fit's variance is larger than this many times that of a look are not
    judged: they come from seasons that the history hardly saw. R judges all (infinity)."""

    @property
    def critical(self) -> float:
        """Critical value of the monitoring, standard deviations of the process."""
        if self.test == "cusum":
            return critical.cusum(self.level)
        return critical.mosum(self.h, self.level, self.period)

    def rule(self) -> Rule:
        """Turn words into the numbers that the kernels take."""
        tested = self.history == "roc"
        looks = max(self.least_looks, 2 + int(self.trend) + 2 * self.order)
        # declared types: an integer where a float is meant would compile every kernel again
        return Rule(
            cusum=self.test == "cusum",
            h=float(self.h),
            critical=self.critical,
            both=self.direction == "both",
            gate=float(self.gate),
            run=max(1, int(self.run)),
            lasting_days=int(self.lasting_days),
            whole=self.magnitude == "monitoring",
            recovered=float(self.recovered),
            least_looks=int(looks),
            least_days=int(self.least_days),
            doubt=float(self.doubt),
            decides=critical.recursive(self.level) if tested else math.inf,
            cuts=critical.recursive(_CUT_LEVEL) if tested else math.inf,
            walks=self.date == "drop",
        )


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _load(values, y, x0, last, looks, places, n, m):  # type: ignore[no-untyped-def]
    """Put each column's clear looks one behind the other, with their rows of time.

    m counts them, n those of the history, which is the rows before `last`.
    """
    for x in range(m.size):
        m[x], n[x], places[0, x] = 0, 0, 0
    for t in range(values.shape[0]):
        for x in range(m.size):
            # written in any case, and counted where clear: a branch would cost more
            value = values[t, y, x0 + x]
            looks[m[x], x], places[m[x], x] = value, t
            m[x] += abs(value) < np.inf
        if t == last - 1:
            for x in range(m.size):
                n[x] = m[x]


@njit(nogil=True, cache=True, error_model="numpy")
def _long_enough(days, places, x, first, n, rule):  # type: ignore[no-untyped-def]
    """Whether looks first .. n of a column are many enough, and over long enough."""
    if n - first < rule.least_looks:
        return False
    return days[places[n - 1, x]] - days[places[first, x]] >= rule.least_days


@njit(nogil=True, cache=True, error_model="numpy")
def _residuals(values, y, x0, last, begins, fit, watch, room):  # type: ignore[no-untyped-def]
    """Write residuals (W, T) of columns' looks from row begins[x] on, their rows, and how many.

    Looks after the history, from row `last` on, that the fit cannot tell are left out.
    """
    (b, _, factors), doubt, (residuals, rows, kept) = fit, watch.rule.doubt, room
    told, doubts = np.empty(kept.size), np.zeros(kept.size)
    inverse, z = _inverted(factors), np.empty(b.shape)
    kept[:] = 0
    for t in range(values.shape[0]):
        _expect(watch.q[t], b, told)
        if t >= last and doubt < np.inf:
            _doubt(watch.q[t], factors, inverse, z, doubts)
        for x in range(kept.size):
            # written in any case, as in `_load`
            value = values[t, y, x0 + x]
            residuals[x, kept[x]], rows[x, kept[x]] = value - told[x], t
            judged = (t >= begins[x]) & (doubts[x] <= doubt)
            kept[x] += judged & (abs(value) < np.inf)


@njit(nogil=True, cache=True, error_model="numpy")
def _take_out(room, x, watch, own):  # type: ignore[no-untyped-def]
    """Put a column's residuals, their rows, days and sums (from 0) into `own`; return how many."""
    residuals, rows, kept = room
    own.total[0] = 0.0
    for k in range(kept[x]):
        own.r[k], own.rows[k] = residuals[x, k], rows[x, k]
        own.days[k] = watch.days[own.rows[k]]
        own.total[k + 1] = own.total[k] + own.r[k]
    return kept[x]


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _block(values, y, x0, width, last, watch, out, block, own):  # type: ignore[no-untyped-def]
    """Detect in `width` columns of a row from x0 on: fits side by side, sums one by one."""
    (looks, places, residuals, rows), q, rule, days = block, watch.q, watch.rule, watch.days
    n, m, begins = np.empty(width, np.int64), np.empty(width, np.int64), np.empty(width, np.int64)
    _load(values, y, x0, last, looks, places, n, m)
    first, fit = _stable_fit(looks, places, q, n, rule.decides, rule.cuts, own.spare)
    for x in range(width):
        begins[x] = places[first[x], x]
    room = residuals, rows, np.empty(width, np.int64)
    _residuals(values, y, x0, last, begins, fit, watch, room)
    for x in range(width):
        out.watched[y, x0 + x] = m[x] - n[x]
        if not _long_enough(days, places, x, 0, n[x], rule):
            continue
        if not _long_enough(days, places, x, first[x], n[x], rule) or np.isnan(fit[0][0, x]):
            # looks that cannot tell the season are too few of them; a season is no movement
            out.kind[y, x0 + x] = UNSTABLE if first[x] > 0 else SHORT
            continue
        used, number = n[x] - first[x], _take_out(room, x, watch, own)
        sigma = math.sqrt(fit[1][x] / (used - q.shape[1]))
        _watch(own, used, number, sigma, y, x0 + x, watch, out)


@njit(nogil=True, cache=True, error_model="numpy")
def _rows(values, begin, end, last, watch, out, own):  # type: ignore[no-untyped-def]
    """Detect in rows begin .. end of y; the history is the first `last` rows of time."""
    times, _, length = values.shape
    # one row more than times: what is not clear is written behind the last, and not counted
    sides, ways = (times + 1, _WIDTH_PX), (_WIDTH_PX, times + 1)
    block = np.empty(sides), np.empty(sides, np.int64), np.empty(ways), np.empty(ways, np.int64)
    for y in range(begin, end):
        for x0 in range(0, length, _WIDTH_PX):
            width = min(_WIDTH_PX, length - x0)
            _block(values, y, x0, width, last, watch, out, block, own)


def _years(days: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.array([decimal_year(date.fromordinal(int(day) + _EPOCH)) for day in days])


def _checked(values: NDArray[Any], days: NDArray[np.int64], start: int, watch: int) -> None:
    """Refuse what the detector does not take."""
    if len(values) != len(days):
        raise InputError("days", f"{len(days)} for {len(values)} times of the stack")
    if (np.diff(days) <= 0).any():
        raise InputError("days", "they do not increase", "Sort the stack; one row a day")
    if watch <= start:
        what = f"monitoring starts on day {watch}, the history on day {start}"
        raise InputError("history", what, "Begin the history earlier")


def _clock(
    days: NDArray[np.int64], starts: int, ends: int, years: NDArray[np.float64] | None
) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """Decimal years of the looks, and of the history's begin and end.

    With no clock but the days, the latter are the job's, whatever was seen: then so are all
    numbers, however the land is cut.
    """
    if years is None:
        begin, end = _years(np.array([starts, ends]))
        return _years(days), (float(begin), float(end))
    clock = np.asarray(years, np.float64)
    seen = clock[np.searchsorted(days, starts) : np.searchsorted(days, ends)]
    return clock, (float(seen[0]), float(seen[-1])) if seen.size else (0.0, 1.0)


def _part(
    days: NDArray[np.int64],
    history_start: int,
    monitor_start: int,
    settings: BfastSettings,
    years: NDArray[np.float64] | None,
) -> tuple[int, int, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """First row of the history, its number of rows, and the regressors from there on."""
    begin, watch = (int(i) for i in np.searchsorted(days, (history_start, monitor_start)))
    clock, history = _clock(days, history_start, monitor_start, years)
    told = basis(clock[begin:], history, settings.order, settings.trend)
    return begin, watch - begin, told


def _bands(height: int, threads: int) -> list[tuple[int, int]]:
    """Share rows out to threads: (first, after)."""
    edges = [height * k // threads for k in range(threads + 1)]
    return [(first, after) for first, after in pairwise(edges) if first < after]


def detect(
    values: NDArray[np.float32],
    days: NDArray[np.int64],
    history_start: int,
    monitor_start: int,
    settings: BfastSettings,
    threads: int = 1,
    *,
    until: int | None = None,
    years: NDArray[np.float64] | None = None,
) -> Breaks:
    """Find the first break of each pixel after its history.

    Parameters
    ----------
    values : float32 (T, Y, X), any unit U
        Looks in order of time; NaN (or infinite) where missing.
    days : int64 (T,), days since 1970-01-01
        Strictly increasing.
    history_start, monitor_start : int, days since 1970-01-01
        The history is [history_start, monitor_start); earlier looks are not used.
    settings : BfastSettings
    threads : int
        Threads that share the rows; no result depends on it.
    until : int, days since 1970-01-01, optional
        Day after the watch's last day; later looks are not used. Default: the day after the last
        of `days`.
    years : float64 (T,), decimal years, optional
        The clock of the season, where it is not that of the days.

    Returns
    -------
    Breaks
        At most one break a pixel. Its day is that of the first low look before the alarm, which
        comes up to a window later; `before` is the judged look ahead of it.

    Raises
    ------
    InputError
        Where days do not increase or do not fit the stack, the history is empty of days, or no
        critical value is known for the settings.

    Notes
    -----
    With residuals e of n looks of history and P regressors, σ² = Σ e² / (n - P); the process after
    k looks is Σ e / (σ √n), over the last ⌊h n⌋ of them (MOSUM) or all (CUSUM). The boundary of
    MOSUM is c √(2 max(1, ln(k/n))); that of CUSUM √(x (x - 1) (c² + ln(x / (x - 1)))), x = k/n.

    1. Judged are looks that the history's season can tell (`doubt`). A look is marked as judged
       in its month where it could have begun a break: with a gate, where at least run - 1 judged
       looks came after it. (A window may still need more of them for its alarm.) After the break
       none is: no second one is looked for.
    2. Low looks lie nearer to the drop than to what was expected. From the alarm the break is
       walked back to the first of them; the drop and the confidence are of that look.
    3. Where they reach back into the history by more than one look, or its last `run` looks were
       low for the most part, the land was bare before the watch: its kind is unstable, and it has
       no break. One low look at the end of the history may be cloud: the break begins after it.
    4. A break has lasted, and is confirmed, where the land was seen until `lasting_days` later, and
       at least `run` looks came after its first 90 days (or half of `lasting_days`) whose median
       lies beyond the gate; where they are too few, up to twice `lasting_days` are asked. Where
       that median is less than half the gate, there was no break.
    5. Without a break land is stable only where the gate holds 1.5 robust standard deviations of
       the history (of its residuals, or of those from a robust season), and the median of its last
       `run` ones lies within the gate; else its kind is unstable, and no month was judged. It
       needs `run` judged looks, the last two in the last year of the watch and not both lower than
       half the gate; else nothing can be said of it (unseen). A gate of 0 asks for no spread and
       for no level.
    6. A break that was regained for `recovered` of its drop after 12 or 24 months is recovering;
       one that a steady decline explains as well as a step does, each beside a wave a year, is
       gradual.

    References
    ----------
    Verbesselt, Zeileis and Herold (2012), doi:10.1016/j.rse.2012.02.022; Leisch, Hornik and Kuan
    (2000), doi:10.1017/S0266466600166022; Chu, Stinchcombe and White (1996), doi:10.2307/2171955
    """
    if values.ndim != 3:
        raise InputError("stack", f"got shape {values.shape}, expected (T, Y, X)")
    _checked(values, days, history_start, monitor_start)
    until = (int(days[-1]) + 1 if days.size else monitor_start) if until is None else until
    kept = int(np.searchsorted(days, until))
    clock = None if years is None else years[:kept]
    begin, last, (q, _) = _part(days[:kept], history_start, monitor_start, settings, clock)
    found = empty(values.shape[1:], len(years_watched(monitor_start, until)))
    out = planes(found)
    stack = np.ascontiguousarray(values[begin:kept], np.float32)
    seen = np.ascontiguousarray(days[begin:kept], np.int64)
    watch = Watch(settings.rule(), q, seen, months_of(seen, monitor_start), until)

    def part(band: tuple[int, int]) -> None:
        _rows(stack, *band, last, watch, out, series(q.shape[1], len(seen)))

    bands = _bands(stack.shape[1], max(1, threads))
    if len(bands) > 1:
        with ThreadPoolExecutor(len(bands)) as pool:
            list(pool.map(part, bands))
    else:
        for band in bands:
            part(band)
    return found


def warm() -> None:
    """Compile or load this module's kernels."""
    days = np.arange(0, 1000, 50)
    detect(np.ones((days.size, 1, 1), np.float32), days, 0, 800, BfastSettings())
