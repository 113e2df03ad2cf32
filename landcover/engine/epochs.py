"""Which days are held in memory together: the union of spans that overlap.

Spans of an epoch need not be of the same quantities. Each quantity is held for the union of its
own spans alone, a run: beside an index over many years, the bands of one year's picture take
that year's room. An epoch goes in steps, from the end of one run to the next.

It knows days and spans. It does not know pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from landcover.engine.brief import SeriesItem, Work
from landcover.model import Period
from landcover.products.base import Need, Span
from landcover.products.spans import spans
from landcover.raster.stack import Day

__all__ = [
    "Epoch",
    "Held",
    "Room",
    "Step",
    "cut_days",
    "epochs",
    "needs_in",
    "rooms",
    "runs",
    "spans_held",
    "steps",
]


@dataclass(frozen=True, slots=True)
class Held:
    """A span, and the number of the work or series that asked for quantities of these names.

    Where it goes `by_month`, pixels of composites of days are told apart by month within it, too,
    and at its `cuts`.
    """

    span: Span
    kind: str
    number: int
    by_month: bool = False
    names: tuple[str, ...] = ()
    cuts: tuple[date, ...] = ()

    def borders(self) -> set[date]:
        """Return the days at which composites of days are cut."""
        period = self.span.period
        within = spans("month", period) if self.by_month else ()
        return {period.start, period.end, *self.cuts, *(span.period.start for span in within)}


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
        Held(span, "work", number, bool(work.need.monthly), work.need.quantities, work.need.cuts)
        for number, work in enumerate(works)
        if work.pool == pool
        for span in work.need.spans
    ]
    found += [
        Held(span, "series", number, names=(item.index,))
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


@dataclass(frozen=True, slots=True)
class Step:
    """Days of an epoch that are read in turn, and the spans that end with them.

    `start` and `end` are the days from which and before which they lie.
    """

    start: date
    end: date
    days: tuple[Day, ...]
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """How many days of a quantity are held at most; and whether others are read, too."""

    days: int
    passing: bool


def runs(held: Sequence[Held]) -> dict[str, tuple[Period, ...]]:
    """Say for each quantity over which periods it is held, in order of time."""
    names = dict.fromkeys(name for one in held for name in one.names)
    return {
        name: tuple(period for period, _ in _unions([one for one in held if name in one.names]))
        for name in names
    }


def steps(epoch: Epoch) -> tuple[Step, ...]:
    """Cut an epoch where a quantity need not be held any more.

    Parameters
    ----------
    epoch : Epoch

    Returns
    -------
    tuple of Step
        In order of time. Each day is in one of them; each span is in the first that ends with it
        or later, when all its quantities are still held.
    """
    if not epoch.held:
        return tuple(Step(day.date, _beyond(day.date, 1), (day,), ()) for day in epoch.days)
    ends = {period.end for own in runs(epoch.held).values() for period in own}
    ends.add(max(one.span.period.end for one in epoch.held))
    start = min(one.span.period.start for one in epoch.held)
    made = []
    for end in sorted(ends):
        period = Period(start, end)
        days = tuple(day for day in epoch.days if period.holds(day.date))
        ready = tuple(one for one in epoch.held if start < one.span.period.end <= end)
        made.append(Step(start, end, days, ready))
        start = end
    return tuple(made)


def needs_in(works: Sequence[Work], epoch: Epoch, step: Step) -> tuple[tuple[Period, Need], ...]:
    """List the spans of works that a step lies in, each with what is needed of it."""
    asked = [(one.span.period, works[one.number].need) for one in epoch.held if one.kind == "work"]
    return tuple(
        (period, need)
        for period, need in asked
        if period.start < step.end and step.start < period.end
    )


def rooms(names: Sequence[str], cut: Sequence[Epoch]) -> dict[str, Room]:
    """Say how much room the rows of each quantity take, over all epochs of a tile."""
    found = {}
    for name in names:
        most, passing = 0, False
        for epoch in cut:
            own = runs(epoch.held).get(name, ())
            counts = [sum(period.holds(day.date) for day in epoch.days) for period in own]
            most = max(most, *counts, 0)
            passing = passing or sum(counts) < len(epoch.days)
        found[name] = Room(most, passing)
    return found
