"""What an epoch holds while its products observe: rows along time, clear counts, medians.

It knows arrays and days. It does not know how they were read.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.engine.brief import Work
from landcover.engine.epochs import Epoch, Held, Room, Step, needs_in, runs
from landcover.engine.merging import by_date, merged
from landcover.kernels import order
from landcover.kernels.narrow import any_true
from landcover.model import Period
from landcover.products.base import Span, Stack
from landcover.raster.stack import Day, DayRows, Quantity, empty_row

__all__ = ["BYTE_DAYS", "Counts", "Memory", "Rows", "Together", "rows_of"]

BYTE_DAYS = 255
"""Days that a byte can count: bytes add up several times as fast as what they become."""


@dataclass(slots=True)
class Memory:
    """Memory for rows that a process keeps from tile to tile, one piece a quantity.

    Fresh pages must be emptied by the system before they are used: on 240 scenes that cost a
    tenth of decoding. One tile at a time takes it.
    """

    pieces: dict[str, npt.NDArray[np.uint8]] = field(default_factory=dict)

    def take(self, wanted: Quantity, shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """Return an array for a quantity; what is in it is left over from another tile."""
        size = wanted.itemsize * math.prod(shape)
        piece = self.pieces.pop(wanted.name, None)
        if piece is None or piece.size < size:
            del piece  # before its successor is made: never both
            piece = np.empty(size, np.uint8)
        self.pieces[wanted.name] = piece
        dtype = np.float32 if wanted.floating else np.int16
        return piece[:size].view(dtype).reshape(shape)

    def keep(self, names: Iterable[str]) -> None:
        """Give back what quantities of other names hold."""
        for name in self.pieces.keys() - set(names):
            del self.pieces[name]


@dataclass(slots=True)
class Rows:
    """The arrays of a pool: one (T, Y, X) a quantity, rows empty until filled.

    A quantity has a row for each day of the run that it is held over, and where other days are
    read too, one a thread that they pass through. `dates` are those of the rows that are held,
    in order of time; `places` says which row each day of the step at hand is written to.
    """

    arrays: dict[str, npt.NDArray[Any]]
    rooms: Mapping[str, Room]
    runs: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)
    dates: dict[str, list[date]] = field(default_factory=dict)
    places: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def empty(
        cls,
        quantities: tuple[Quantity, ...],
        rooms: Mapping[str, Room],
        shape: tuple[int, int],
        threads: int,
        memory: Memory | None = None,
    ) -> Rows:
        """Set memory aside, or take what a process keeps for it."""
        memory = Memory() if memory is None else memory
        memory.keep(wanted.name for wanted in quantities)
        arrays = {
            one.name: memory.take(one, (rows_of(rooms[one.name], threads), *shape))
            for one in quantities
        }
        return cls(arrays, rooms)

    def begin(self, held: Sequence[Held]) -> None:
        """Begin an epoch."""
        self.runs = runs(held)
        self.dates = {name: [] for name in self.arrays}

    def lay(self, days: Sequence[date]) -> None:
        """Say where the days of a step go: after those that are held already."""
        self.places = {}
        for name, dates in self.dates.items():
            own = self.runs.get(name, ())
            inside = [n for n, day in enumerate(days) if any(run.holds(day) for run in own)]
            self.places[name] = {n: len(dates) + place for place, n in enumerate(inside)}

    def row(self, wanted: Quantity, number: int, lane: int) -> npt.NDArray[Any]:
        """Return one day's row, emptied where filling it does not write it whole.

        A day that is not held goes through the row of its thread's `lane`.
        """
        place = self.places[wanted.name].get(number, self.rooms[wanted.name].days + lane)
        row: npt.NDArray[Any] = self.arrays[wanted.name][place]
        if wanted.pair is None:
            row[:] = empty_row(wanted, (1, 1))[0, 0]
        return row

    def compact(self, days: Sequence[date], seen: Sequence[int]) -> None:
        """Move the rows of a step that were filled together, in order of time."""
        for name, array in self.arrays.items():
            places, dates = self.places[name], self.dates[name]
            for number in seen:
                if number not in places:
                    continue
                if len(dates) != places[number]:
                    array[len(dates)] = array[places[number]]
                dates.append(days[number])

    def end(self, end: date) -> None:
        """Let go of the quantities whose run has ended by a day."""
        for name, own in self.runs.items():
            if any(run.end == end for run in own):
                self.dates[name] = []

    def part(self, name: str, span: Span) -> npt.NDArray[Any]:
        """Return the rows of a quantity that lie in a span: (T, Y, X)."""
        dates, period = self.dates[name], span.period
        part = slice(bisect_left(dates, period.start), bisect_left(dates, period.end))
        rows: npt.NDArray[Any] = self.arrays[name][part]
        return rows


def rows_of(room: Room, threads: int) -> int:
    """Return the rows that a quantity takes: those that are held, and one a thread for others."""
    return room.days + (threads if room.passing else 0)


@dataclass(slots=True)
class Counts:
    """On how many days of each span a pixel was clear: added up as days are read.

    `planes` are (Y, X) by span and set of bands, `unimaged` bool (Y, X) by span: pixels in zones
    that no scene has had so far, clear or not. Days come from several threads, in any order.
    """

    planes: dict[tuple[Period, frozenset[str]], npt.NDArray[Any]] = field(default_factory=dict)
    unimaged: dict[Period, npt.NDArray[np.bool_]] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.Lock, repr=False)

    def begin(
        self,
        wanted: Iterable[tuple[Period, frozenset[str]]],
        days: Sequence[date],
        shape: tuple[int, int],
    ) -> None:
        """Start those that are not begun at 0; bytes count where they can: they add up faster."""
        for period, group in wanted:
            if (period, group) not in self.planes:
                most = sum(period.holds(day) for day in days)
                dtype = np.uint8 if most <= BYTE_DAYS else np.uint16
                self.planes[period, group] = np.zeros(shape, dtype)

    def look_out(self, periods: Iterable[Period], inside: npt.NDArray[np.bool_]) -> None:
        """Begin to look which pixels no scene of some spans has."""
        for period in periods:
            if period not in self.unimaged:
                self.unimaged[period] = inside.copy()

    def asks(self, day: date) -> bool:
        """Whether a day may show a pixel that no scene had before: mostly none, after a few."""
        own = [plane for period, plane in self.unimaged.items() if period.holds(day)]
        return any(any_true(plane) for plane in own)

    def end(self, end: date) -> None:
        """Let go of the spans that have ended by a day."""
        for period, group in [key for key in self.planes if key[0].end <= end]:
            del self.planes[period, group]
        for period in [one for one in self.unimaged if one.end <= end]:
            del self.unimaged[period]

    def add(self, rows: DayRows) -> DayRows:
        """Add a day's masks; return the day without them: they would fill memory."""
        with self.lock:
            for (period, group), plane in self.planes.items():
                if rows.seen and period.holds(rows.date):
                    plane += rows.clear[group].view(np.uint8)
            for period, lacking in self.unimaged.items():
                if rows.there is not None and period.holds(rows.date):
                    lacking[rows.there] = False
        return replace(rows, clear={}, there=None)

    def of(self, period: Period, group: frozenset[str]) -> npt.NDArray[np.uint16]:
        """Return the count of one span."""
        return self.planes[period, group].astype(np.uint16)


@dataclass(slots=True)
class Together:
    """An epoch's rows, the days that were seen, and medians of one period: made once, used by all.

    `told` are the dates that tables give of the days that were `seen`. Spans are asked for period
    by period: medians are let go of with the first span of another one, since together those of
    all periods would take more memory than the rows.
    """

    rows: Rows
    counts: Counts
    inside: npt.NDArray[np.bool_]
    threads: int
    seen: list[date] = field(default_factory=list)
    told: list[date] = field(default_factory=list)
    period: Period | None = None
    medians: dict[str, npt.NDArray[np.float32]] = field(default_factory=dict)
    months: dict[str, tuple[int, npt.NDArray[np.float32]]] = field(default_factory=dict)
    place: tuple[int, int] = (0, 0)

    def count(self, works: Sequence[Work], epoch: Epoch, step: Step, days: Sequence[date]) -> None:
        """Begin what products ask to be counted of a step; `days` are the epoch's."""
        needs = needs_in(works, epoch, step)
        wanted = [(period, frozenset(need.bands)) for period, need in needs]
        self.counts.begin(wanted, days, self.inside.shape)
        asking = [period for period, need in needs if need.unimaged]
        self.counts.look_out(asking, self.inside)

    def saw(self, days: Sequence[Day], numbers: Sequence[int]) -> None:
        """Keep of a step's days those that were seen."""
        self.rows.compact([day.date for day in days], numbers)
        self.seen += [days[number].date for number in numbers]
        self.told += [days[number].told for number in numbers]

    def stack(
        self, span: Span, names: Iterable[str], bands: Iterable[str], cuts: Sequence[date] = ()
    ) -> Stack:
        """Return the stack of one span; where there are `cuts`, with one row a date."""
        self._turn_to(span.period)
        dates = tuple(day for day in self.seen if span.period.holds(day))
        values = {name: self.rows.part(name, span) for name in names}
        clear = self.counts.of(span.period, frozenset(bands))
        stack = Stack(
            span, dates, values, clear, self.inside, self.threads, self.medians, self.months,
            *self.place, self.counts.unimaged.get(span.period),
        )  # fmt: skip
        return self._dated(stack, cuts) if cuts else stack

    def _dated(self, stack: Stack, cuts: Sequence[date]) -> Stack:
        """Make one row of those of one date, were composites cut where a product asks for it."""
        period = stack.span.period
        both = zip(self.seen, self.told, strict=True)
        told = [named for day, named in both if period.holds(day)]
        dates, groups = by_date(stack.dates, told, sorted({period.start, *cuts}))
        if dates == stack.dates:
            return stack
        # medians of these rows are not those that other products of the period share
        values = merged(stack.values, groups)
        return replace(stack, dates=dates, values=values, medians={}, months={})

    def _turn_to(self, period: Period) -> None:
        """Let go of another period's medians."""
        if period != self.period:
            self.period, self.medians, self.months = period, {}, {}

    def median(self, span: Span, name: str) -> npt.NDArray[np.float32] | None:
        """Return the median of one span, None where nothing was clear."""
        self._turn_to(span.period)
        values = self.rows.part(name, span)
        if len(values) and name not in self.medians:
            self.medians[name] = order.median(values, 1, self.threads)
        return self.medians.get(name) if len(values) else None

    def end(self, end: date) -> None:
        """Let go of all that nobody asks for after a day."""
        self.rows.end(end)
        self.counts.end(end)
        self.period, self.medians, self.months = None, {}, {}
