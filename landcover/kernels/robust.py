"""Breaks by a robust season on a tested history: the default detector.

A bisquare harmonic is fitted to the part of the history that is at rest; a break is a run of
looks below it that lasts. After a break the series is fitted again, so that a pixel may break
more than once. Reads rows of x, works on one pixel's looks at a time: the answer for a pixel
depends on nothing but its own series, however the plane is cut or shared out to threads.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.bisquare import workspace
from landcover.kernels.breaks import Breaks, empty, months_of, planes, years_watched
from landcover.kernels.dates import decimal_year
from landcover.kernels.robust_series import NOTES, Rule, Watch, judge
from landcover.kernels.stability import CUSUM_CRITICAL

__all__ = ["RobustSettings", "detect", "season", "warm"]

_WIDTH_PX: Final = 64
"""Pixels whose looks are gathered together (px): a cache line of each row, many times over."""


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
def _detect(values, rows, days, columns, starts, rule, watch, room, out):  # type: ignore[no-untyped-def]
    times, _, length = values.shape
    p = columns.shape[0]
    looks, places = np.empty((_WIDTH_PX, times)), np.empty((_WIDTH_PX, times), np.int64)
    counts = np.empty(_WIDTH_PX, np.int64)
    own, own_days = np.empty((p, times)), np.empty(times, np.int64)
    rs = np.empty((NOTES + 1 + p, times))
    for y in range(rows[0], rows[1]):
        for x0 in range(0, length, _WIDTH_PX):
            width = min(_WIDTH_PX, length - x0)
            _gather(values, y, x0, width, looks, places, counts)
            for x in range(width):
                n = counts[x]
                h = _own(places[x], n, days, columns, starts, own, own_days)
                judge(own, looks[x], own_days, h, n, p, rule, watch, room, rs, y, x0 + x, out)


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


def _watch_of(days: NDArray[np.int64], monitor_start: int, until: int, level: float) -> Watch:
    """Say what holds for all series on these days."""
    begins, after = (int(days[0]), int(days[-1]) + 1) if days.size else (0, 0)
    months = months_of(np.arange(begins, after, dtype=np.int64), monitor_start)
    return Watch(_boundary(level), until, begins, months)


def _rule(settings: RobustSettings) -> Rule:
    """Turn settings into the numbers that compiled code takes.

    Of declared types: an integer where a float is meant would compile every kernel again.
    """
    kinds = {"int": int, "float": float}
    return Rule(
        *(kinds[str(one.type)](getattr(settings, one.name)) for one in fields(RobustSettings))
    )


def detect(
    values: NDArray[np.float32],
    days: NDArray[np.int64],
    history_start: int,
    monitor_start: int,
    settings: RobustSettings = _DEFAULT,
    threads: int = 1,
    *,
    until: int | None = None,
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
    until : int, days since 1970-01-01, optional
        The day after the watch's last day; later looks are left out. Without it, the day after
        the last of `days`.

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
       sure than one look; the others are judged. A break is the first of `run` judged looks in a
       row below -threshold x max(scale, scale_floor), when the median of `lasting_days` from
       there is below that and -`least_drop`, and the looks after the first 90 days are not back.
       Where two looks in a row or most of the last `run` ahead of it are low too, and it reaches
       back into the history, the land broke before the watch: unstable.
    4. A break is confirmed where `run` looks or more after those 90 days have a median as low,
       and the series was seen until `lasting_days`; provisional before that; low where the drop
       is less than 1.5 times the least that is told.
    5. After a break the season is fitted to what followed, anew each year, and the watch goes on
       (after Zhu and Woodcock 2014, doi:10.1016/j.rse.2014.01.011); looks of seasons that such a
       fit hardly saw are left out too. A later break is told of the history's season at the level
       just before it, where the looks ahead of it are as low by that season; it is left out
       where they were never higher.
    6. A break whose drop was regained for `recovered` of it after 12 or 24 months is recovering;
       one that a steady decline explains as well as a step is gradual; others are abrupt.
    7. Without a break a pixel is unstable where threshold x scale is more than `least_drop` (if
       that is not 0): a drop of that size would not be low. Land that was cleared late in a short
       history is so, for the season bends to it. Else it is stable where `run` looks were judged,
       two of them in the last 365 days of the watch, and the last two do not both lie below what
       a break asks for; else unseen.
    8. A judged look marks its month in `judged` where run - 1 judged looks came after it: none of
       the last ones can begin a break. After a break nothing can be told before the first look
       that a renewed fit watches, and no month is marked; where none comes, to the end.
    """
    _checked(values, days)
    if until is None:
        until = int(days[-1]) + 1 if days.size else monitor_start
    first, after, end = np.searchsorted(days, [history_start, monitor_start, until])
    used, when = np.ascontiguousarray(values[first:end]), days[first:end]
    columns, rule = season(when, settings.harmonics), _rule(settings)
    watch = _watch_of(when, monitor_start, until, settings.level)
    found = empty(values.shape[1:], len(years_watched(monitor_start, until)))
    out = planes(found)

    def part(rows: tuple[int, int]) -> None:
        room = workspace(len(columns) + 1, max(1, len(when)))
        _detect(used, rows, when, columns, after - first, rule, watch, room, out)

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
