"""How often a detector alarms where nothing happened, measured on the series at hand.

A placebo is a watch inside the history: one block of it is watched as if nothing were known of it,
on a history made of all its other looks. The history is turned for that, by whole years, so that
the block comes last; looks keep their season, and each part of the history can be watched, not its
end alone. What is found there, on ground that the caller knows to have stood, is false. The same
watch over a drop that was put in by hand tells the power to find one.

Its history is shorter than the true one by the block, so it alarms rather too often: by a quarter
where light settings let chance alarm, on three years in place of four. What lies between its
history's years cannot drift away from them: a sensor that ages, or land that dries year by year,
alarms in the true watch, which lies ahead of its history, and not here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from landcover.kernels.breaks import (
    CONFIRMED,
    MONTHS,
    SHORT,
    UNSTABLE,
    Breaks,
    months_of,
)
from landcover.kernels.order import median

__all__ = [
    "Trial",
    "Watch",
    "level",
    "lowered",
    "months_judged",
    "trial",
    "watch_count",
    "watched_days",
    "watches",
]

Stack = NDArray[np.float32]
Days = NDArray[np.int64]
Detector = Callable[[Stack, Days, int, int, int], Breaks]
"""(values, days, history_start, monitor_start, until) -> breaks."""

_EPOCH: Final = date(1970, 1, 1)

_PARTS: Final = (1, 2, 3)
"""In how many parts a year may be watched: whole, halves, thirds; the fewest that leave enough."""

_DROP_PART: Final = 3
"""A drop is put in a third into a block: the land stood when the watch began."""

_LATER_YEARS: Final = 4
"""Years after the one that follows a block, of which the highest tells whether land stood: cleared
land may be as high again after more of them, and a bad season may last for one or two."""

_MOST_WATCHES: Final = {1: 4, 2: 4, 3: 3}
"""Placebo watches of a pixel, by parts of a year: the last years, or each season once or twice."""

_SLACK_DAYS: Final = 60
"""What a placebo's history must be longer than the least: its first and last look come later."""

_FOLLOWED_DAYS: Final = 91
"""What a block is followed for beyond the days that a break has to last: the last look that tells
of it may come later."""

_YEAR_DAYS: Final = 365
_LAST_OF_MONTH: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
"""Last day that a month has in every year."""

_FEWEST: Final = 3
"""Looks whose median tells whether land stood."""


@dataclass(frozen=True, slots=True)
class Watch:
    """One placebo watch: a block of the history, put behind all the rest of it.

    Days are since 1970-01-01; those of the watch are shifted by whole years.
    """

    rows: NDArray[np.int64]
    """(T',): the looks, in the order in which they are taken."""
    days: Days
    """(T',): the day that each is taken for; increasing."""
    starts: int
    """First day of the history that the block is judged by."""
    begins: int
    """First day of the block."""
    ends: int
    """Day after its last."""
    until: int
    """Day after the last that follows it: looks from `ends` on tell whether a break lasted."""
    fresh_until: int
    """The same where a break is followed for half of that on average, as at a period's end."""
    true_end: int
    """Day after the block's last, where it lies in truth."""

    @property
    def falls(self) -> int:
        """Day on which a drop is put in."""
        return self.begins + (self.ends - self.begins) // _DROP_PART


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one watch of each pixel: planes (Y, X)."""

    tested: NDArray[np.bool_]
    """It had a history, and looks that could have begun a break."""
    alarmed: NDArray[np.bool_]
    """A break was told in the block."""
    confirmed: NDArray[np.bool_]
    """A confirmed one was."""
    months: NDArray[np.uint8]
    """Months of the block in which a break could have begun; 0 where not tested."""


# --- watches -----------------------------------------------------------------------------------


def _later(day: int, months: int) -> int | None:
    """Return a day some months later; None where that month has no such day."""
    when = _EPOCH + timedelta(days=day)
    count = when.year * MONTHS + when.month - 1 + months
    try:
        return (when.replace(year=count // MONTHS, month=count % MONTHS + 1) - _EPOCH).days
    except ValueError:
        return None


def _border(day: int, months: int) -> int:
    """Return the border of a block: as `_later`; where that month has no such day, its last.

    Of February that is the 28th, which each year has: borders stay so when the years turn.
    """
    moved = _later(day, months)
    if moved is not None:
        return moved
    when = _EPOCH + timedelta(days=day)
    year, month = divmod(when.year * MONTHS + when.month - 1 + months, MONTHS)
    return (date(year, month + 1, _LAST_OF_MONTH[month]) - _EPOCH).days


def _whole_years(history_start: int, monitor_start: int) -> int:
    """Count the whole years of a history."""
    first, after = (_EPOCH + timedelta(days=day) for day in (history_start, monitor_start))
    years = after.year - first.year
    return years if _border(monitor_start, -MONTHS * years) >= history_start else years - 1


def _blocks(years: int, least_days: int) -> tuple[int, list[int]]:
    """Return the months of a block, and in which month from the first whole year each begins."""
    for parts in _PARTS:
        months = MONTHS // parts
        left = years * _YEAR_DAYS - _YEAR_DAYS // parts
        if years > 1 and left >= least_days + _SLACK_DAYS:
            count = min(_MOST_WATCHES[parts], years * parts)
            # each in another year and, where years are parted, in another season
            starts = ((years - 1 - j % years) * MONTHS + j % parts * months for j in range(count))
            return months, list(starts)
    return 0, []


def watch_count(history_start: int, monitor_start: int, least_days: int) -> int:
    """Count the placebo watches that `watches` lays out; parameters as there."""
    return len(_blocks(_whole_years(history_start, monitor_start), least_days)[1])


def watched_days(history_start: int, monitor_start: int, least_days: int) -> tuple[int, int] | None:
    """Return the first day that a placebo watch watches, and the day after the last.

    Parameters are those of `watches`; None where there is no watch.
    """
    years = _whole_years(history_start, monitor_start)
    months, starts = _blocks(years, least_days)
    if not starts:
        return None
    first = _border(monitor_start, -MONTHS * years)
    return _border(first, min(starts)), _border(first, max(starts) + months)


def watches(
    days: Days, history_start: int, monitor_start: int, least_days: int, lasting_days: int
) -> tuple[Watch, ...]:
    """Lay out the placebo watches of a history.

    Parameters
    ----------
    days : int64 (T,), days since 1970-01-01, increasing
        Looks at or after `monitor_start` are in no watch.
    history_start, monitor_start : int, days since 1970-01-01
        Of the true watch. The whole years before `monitor_start` are used.
    least_days : int
        Days that a detector wants of a history: blocks are whole years where what is left is
        longer than that, else halves or thirds of one.
    lasting_days : int
        Days over which a break has to last. Looks of a quarter of a year more follow a block, at
        most what the history has: they are part of what the block is judged by.

    Returns
    -------
    tuple of Watch
        Empty where the history is too short: less than two whole years, or hardly more than
        `least_days`.
    """
    years = _whole_years(history_start, monitor_start)
    months, starts = _blocks(years, least_days)
    first = _border(monitor_start, -MONTHS * years)
    return tuple(
        _turned(days, first, years * MONTHS, (start, start + months), lasting_days)
        for start in starts
    )


def _turned(days: Days, first: int, turn: int, block: tuple[int, int], lasting_days: int) -> Watch:
    """Turn the months `turn` from a day so that a block, in months from there, comes last."""
    after = _border(first, turn)
    begin, end = (_border(first, month) for month in block)
    begins, ends = _border(begin, turn), _border(end, turn)
    until = min(ends + lasting_days + _FOLLOWED_DAYS, _border(begins, turn))
    fresh = min(ends + max(lasting_days - (ends - begins), 0) // 2, until)
    rows, when = [], []
    for lap in range(3):
        for row in range(*np.searchsorted(days, [first, after]).tolist()):
            day = _later(int(days[row]), lap * turn)
            # 29 February has no place in a common year
            if day is not None and end <= day < until:
                rows.append(row)
                when.append(day)
    taken = np.array(rows, np.int64), np.array(when, np.int64)
    return Watch(*taken, end, begins, ends, until, fresh, end)


# --- trials ------------------------------------------------------------------------------------


def lowered(values: Stack, days: Days, day: int, drop: float) -> Stack:
    """Return a stack that falls by `drop` (its own unit) on a day, for good."""
    later = (days >= day)[:, None, None]
    return np.where(later, values - np.float32(drop), values)


def months_judged(
    judged: NDArray[np.uint16], monitor_start: int, begin: int, end: int
) -> NDArray[np.uint8]:
    """Count the months of [begin, end) in which a break could have begun.

    Parameters
    ----------
    judged : uint16 (N, Y, X)
        From `landcover.kernels.breaks.Breaks`.
    monitor_start : int, days since 1970-01-01
        Of the watch that it came of.
    begin, end : int, days since 1970-01-01

    Returns
    -------
    uint8 (Y, X)
    """
    count = np.zeros(judged.shape[1:], np.uint8)
    first, last = months_of(np.array([begin, end - 1], np.int64), monitor_start).tolist()
    for month in range(max(first, 0), min(last + 1, len(judged) * MONTHS)):
        count += (judged[month // MONTHS] >> (month % MONTHS) & 1).astype(np.uint8)
    return count


def trial(
    values: Stack, watch: Watch, detect: Detector, *, followed: bool, drop: float = 0.0
) -> Trial:
    """Watch one block of the history of each pixel.

    Parameters
    ----------
    values : float32 (T, Y, X), any unit U
        NaN where missing; its looks are those that `watches` was told of.
    watch : Watch
    detect : callable
        The detector with its settings.
    followed : bool
        Whether all looks that follow the block tell if a break lasted; else the series ends
        early, as the true one does at the end of the period.
    drop : float, U
        Put in a third into the block: then `alarmed` measures the power, of the watches that are
        `tested` without a drop.

    Returns
    -------
    Trial
        With a drop, a break counts whenever it is dated.
    """
    until = watch.until if followed else watch.fresh_until
    taken = watch.days < until
    days = watch.days[taken]
    tried = np.ascontiguousarray(values[watch.rows[taken]])
    if drop:
        tried = lowered(tried, days, watch.falls, drop)
    found = detect(tried, days, watch.starts, watch.begins, until)
    months = months_judged(found.judged, watch.begins, watch.begins, watch.ends)
    tested = (months > 0) & (found.kind != SHORT) & (found.kind != UNSTABLE)
    last = until if drop else watch.ends
    within: NDArray[np.bool_] = (found.day >= watch.begins) & (found.day < last) & tested
    sure = found.confidence == CONFIRMED
    months[~tested] = 0
    planes = (np.logical_or.reduce(one, axis=0) for one in (within, within & sure))
    alarmed, confirmed = planes
    return Trial(tested, alarmed, confirmed, months)


def level(values: Stack, days: Days, watch: Watch, fallen: float) -> NDArray[np.float32]:
    """Tell how high the series of each pixel stood, without a look at what decides an alarm.

    Parameters
    ----------
    values : float32 (T, Y, X), any unit U
    days : int64 (T,), days since 1970-01-01
        All days, those after the history included: the years after the last block lie there.
    watch : Watch
    fallen : float, U
        Land that lies lower by more than this in all the later years did not stand.

    Returns
    -------
    float32 (Y, X), U
        The lower of two medians: of the history that the block is judged by, and of the highest of
        the later years; NaN where either has fewer than 3 looks, or the land did not stand.

    Notes
    -----
    A break in the block is judged by the block and by the year that follows it: ground that was
    chosen by these would be ground without what is to be counted. The later years are the four
    after that one, or as many as there are. A bad year among them does not count against the land;
    what was cleared for good lies low in all.
    """
    before = median(np.ascontiguousarray(values[watch.rows[watch.days < watch.begins]]), _FEWEST)
    highest = np.full(before.shape, np.nan, np.float32)
    for number in range(1, 1 + _LATER_YEARS):
        start = watch.true_end + number * _YEAR_DAYS
        later = (days >= start) & (days < start + _YEAR_DAYS)
        if later.any():
            highest = np.fmax(highest, median(np.ascontiguousarray(values[later]), _FEWEST))
    stood = highest >= before - np.float32(fallen)
    lower: NDArray[np.float32] = np.where(stood, np.minimum(before, highest), np.float32(np.nan))
    return lower
