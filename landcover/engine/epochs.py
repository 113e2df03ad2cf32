"""Which days are held in memory together: the union of spans that overlap.

It knows days and spans. It does not know pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from landcover.engine.brief import SeriesItem, Work
from landcover.model import Period
from landcover.products.base import Span
from landcover.products.spans import spans
from landcover.raster.stack import Day

__all__ = ["Epoch", "Held", "cut_days", "epochs", "spans_held"]


@dataclass(frozen=True, slots=True)
class Held:
    """A span, and the number of the work or series that asked for it.

    Where it goes `by_month`, pixels of composites of days are told apart by month within it, too.
    """

    span: Span
    kind: str
    number: int
    by_month: bool = False

    def borders(self) -> set[date]:
        """Return the days at which composites of days are cut."""
        period = self.span.period
        within = spans("month", period) if self.by_month else ()
        return {period.start, period.end, *(span.period.start for span in within)}


@dataclass(frozen=True, slots=True)
class Epoch:
    """Days that are read in turn and held together, and what they are held for.

    An epoch without spans holds one day at a time: only its zone sums are wanted.
    """

    days: tuple[Day, ...]
    held: tuple[Held, ...]


def spans_held(
    works: Sequence[Work], series: Sequence[SeriesItem], pool: tuple[str, ...]
) -> tuple[Held, ...]:
    """List the spans that the works and series of one pool of sources want held."""
    found = [
        Held(span, "work", number, bool(work.need.monthly))
        for number, work in enumerate(works)
        if work.pool == pool
        for span in work.need.spans
    ]
    found += [
        Held(span, "series", number)
        for number, item in enumerate(series)
        if item.pool == pool
        for span in item.spans
    ]
    return tuple(found)


def _unions(held: Sequence[Held]) -> list[tuple[Period, list[Held]]]:
    """Join spans that overlap in time; each union with its spans."""
    unions: list[tuple[Period, list[Held]]] = []
    for one in sorted(held, key=lambda h: (h.span, h.kind, h.number)):
        period = one.span.period
        if unions and period.start < unions[-1][0].end:
            before, members = unions[-1]
            unions[-1] = (Period(before.start, max(before.end, period.end)), [*members, one])
        else:
            unions.append((period, [one]))
    return unions


def cut_days(days: Sequence[Day], held: Sequence[Held], span: int) -> tuple[Day, ...]:
    """Cut days of composites where a span begins or ends among the days they are made of.

    Parameters
    ----------
    days : sequence of Day
        In order of time; each stands on the first day of its composite.
    held : sequence of Held
        The spans, whose pixels are to be told apart by their own days.
    span : int
        Days that a composite is made of; 1 where a scene is of one day.

    Returns
    -------
    tuple of Day
        In order of time. A composite without such a border is left whole.
    """
    borders = sorted(set[date]().union(*(one.borders() for one in held)))
    if span <= 1 or not borders:
        return tuple(days)
    found = []
    for day in days:
        after = _beyond(day.date, span)
        edges = [day.date, *(one for one in borders if day.date < one < after), after]
        found += [
            replace(day, date=start, within=Period(start, end), named=day.date)
            for start, end in pairwise(edges)
        ]
        if len(edges) == 2:  # no border among its days
            found[-1] = day
    return tuple(sorted(found, key=lambda one: (one.date, one.told)))


def _beyond(first: date, span: int) -> date:
    """Return the day after a composite's last."""
    return date.fromordinal(min(first.toordinal() + span, date.max.toordinal()))


def epochs(days: Sequence[Day], held: Sequence[Held], every_day: bool) -> tuple[Epoch, ...]:
    """Share days out to epochs, in order of time.

    Parameters
    ----------
    days : sequence of Day
        In order of time.
    held : sequence of Held
    every_day : bool
        Whether days outside all spans are read too, for their zone sums.

    Returns
    -------
    tuple of Epoch
        Each span is in exactly one epoch, and each day in at most one.
    """
    made = []
    taken: set[date] = set()
    for period, members in _unions(held):
        own = tuple(day for day in days if period.holds(day.date))
        taken.update(day.date for day in own)
        made.append(Epoch(own, tuple(members)))
    if every_day:
        made += [Epoch((day,), ()) for day in days if day.date not in taken]
    return tuple(made)
