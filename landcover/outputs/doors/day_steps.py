"""A colour a year: the days of a watch cut into years, or into less where it is short.

It knows calendars and names. It does not know which raster has days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from landcover.kernels.dates import decimal_year
from landcover.outputs.colours import colour_at
from landcover.outputs.doors.naming import MONTHS, said, spelt
from landcover.outputs.style import Ramp, Texts

__all__ = ["day_ramp"]

_TIMES: Final = ("#6427d8", "#9b3fe0", "#d650b0", "#f4736a", "#fb9f3c", "#fdd12f")
"""From violet (long ago) to yellow (lately), ever lighter: seen on dark forest and on paper."""

_EARLIER: Final = "#063b5c"
"""Before the first step: dark blue, which is none of theirs."""

_LENGTHS: Final = ((3, 6), (6, 4), (12, 8), (24, 8), (60, 8))
"""Months of a step, and the most steps of that length: more colours are not told apart."""

_LONGEST: Final = 120
"""Months of a step where none of these suits."""

_HALF_DAY: Final = 0.5 / 366
"""Of a year. Steps part between two days: whatever rounds a day lays it on no edge."""


@dataclass(frozen=True, slots=True)
class _Step:
    """Some months of the calendar, and the part of them that a watch has."""

    start: date
    months: int
    first: date
    last: date

    @property
    def end(self) -> date:
        """The day after its months."""
        return _after(self.start, self.months)

    @property
    def names(self) -> Texts:
        """What it is called: with the days between which it was watched, where not all were."""
        name, whole = self._calendar(), (self.start, self.end.toordinal() - 1)
        began, ended = self.first > whole[0], self.last.toordinal() < whole[1]
        if not began and not ended:
            return name
        key = "step_from_to" if began and ended else "step_from" if began else "step_to"
        return said(key, step=name, first=f"{self.first}", last=f"{self.last}")

    def _calendar(self) -> Texts:
        """Name its months: a year, years, or a part of one."""
        year = f"{self.start.year}"
        if self.months < MONTHS:
            return said(f"step_{self.months}_months_{self.start.month:02d}", year=year)
        if self.months == MONTHS:
            return spelt(year)
        end = min(self.start.year + self.months // MONTHS - 1, self.last.year)
        return spelt(year if end == self.start.year else f"{year}–{end}")


def _after(day: date, months: int) -> date:
    """Return the first day of the month so many months later."""
    count = day.year * MONTHS + day.month - 1 + months
    return date(count // MONTHS, count % MONTHS + 1, 1)


def _cut(first: date, last: date, months: int) -> Iterator[_Step]:
    """Cut days into steps of the calendar; those of several years begin with the first year."""
    within = (first.month - 1) % min(months, MONTHS)
    start = date(first.year, first.month - within, 1)
    while start <= last:
        end = date.fromordinal(_after(start, months).toordinal() - 1)
        yield _Step(start, months, max(first, start), min(last, end))
        start = _after(start, months)


def _steps(first: date, last: date) -> tuple[_Step, ...]:
    """Return the shortest steps that are few enough."""
    for months, most in _LENGTHS:
        steps = tuple(_cut(first, last, months))
        if len(steps) <= most:
            return steps
    return tuple(_cut(first, last, _LONGEST))


def _colours(count: int) -> Iterator[str]:
    """Yield so many colours, evenly from long ago to lately."""
    times = Ramp(tuple((float(n), colour) for n, colour in enumerate(_TIMES)))
    for place in np.linspace(times.low, times.high, max(count, 2))[:count].tolist():
        yield colour_at(times, place)


def day_ramp(first: date, last: date, earlier: bool = False) -> Ramp:
    """Return the ramp of days as decimal years: a colour a year from the first day to the last.

    Parameters
    ----------
    first, last : date
        Of the watch. Where it touches four half years or less, a half year has a colour of its
        own, and where it touches six quarters or less, a quarter; in a long one, several years
        share one.
    earlier : bool
        Whether there are days before the first one: they have a colour of their own.
    """
    steps = _steps(first, last)
    edges = [decimal_year(one.first) - _HALF_DAY for one in steps]
    stops = list(zip(edges, _colours(len(steps)), strict=True))
    names = [one.names for one in steps]
    if earlier:
        stops.insert(0, (edges[0] - 1.0, _EARLIER))
        names.insert(0, said("step_before", first=f"{first}"))
    end = (decimal_year(last) + _HALF_DAY, stops[-1][1])
    return Ramp((*stops, end), year=True, steps=tuple(names))
