"""What an epoch holds while its products observe: rows along time, clear counts, medians.

It knows arrays and days. It does not know how they were read.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.kernels import order
from landcover.model import Period
from landcover.products.base import Span, Stack
from landcover.raster.stack import DayRows, Quantity, empty_row

__all__ = ["Counts", "Memory", "Rows", "Together"]

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
    """The arrays of an epoch: one (T, Y, X) a quantity, rows empty until filled."""

    arrays: dict[str, npt.NDArray[Any]]
    days: int

    @classmethod
    def empty(
        cls,
        quantities: tuple[Quantity, ...],
        days: int,
        shape: tuple[int, int],
        memory: Memory | None = None,
    ) -> Rows:
        """Set memory aside, or take what a process keeps for it."""
        memory = Memory() if memory is None else memory
        memory.keep(wanted.name for wanted in quantities)
        return cls({one.name: memory.take(one, (days, *shape)) for one in quantities}, days)

    def first(self, days: int) -> Rows:
        """Return the first days' rows: one epoch's share of memory that epochs take in turn."""
        return Rows({name: array[:days] for name, array in self.arrays.items()}, days)

    def row(self, wanted: Quantity, number: int) -> npt.NDArray[Any]:
        """Return one day's row, emptied where filling it does not write it whole."""
        row: npt.NDArray[Any] = self.arrays[wanted.name][number]
        if wanted.pair is None:
            row[:] = empty_row(wanted, (1, 1))[0, 0]
        return row

    def compact(self, seen: list[int]) -> None:
        """Move the rows that were filled together, in order of time."""
        for array in self.arrays.values():
            for to, number in enumerate(seen):
                if to != number:
                    array[to] = array[number]
        self.days = len(seen)


@dataclass(slots=True)
class Counts:
    """On how many days of each span a pixel was clear: added up as days are read.

    `planes` are (Y, X) by span and set of bands. Days come from several threads, in any order.
    """

    planes: dict[tuple[Period, frozenset[str]], npt.NDArray[Any]]
    lock: Any = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def empty(
        cls,
        wanted: Iterable[tuple[Period, frozenset[str]]],
        days: Sequence[date],
        shape: tuple[int, int],
    ) -> Counts:
        """Start at 0; bytes count where they can: they add up several times as fast."""
        planes = {}
        for period, group in wanted:
            most = sum(period.holds(day) for day in days)
            dtype = np.uint8 if most <= BYTE_DAYS else np.uint16
            planes[period, group] = np.zeros(shape, dtype)
        return cls(planes)

    def add(self, rows: DayRows) -> DayRows:
        """Add a day's masks; return the day without them: they would fill memory."""
        with self.lock:
            for (period, group), plane in self.planes.items():
                if rows.seen and period.holds(rows.date):
                    plane += rows.clear[group].view(np.uint8)
        return replace(rows, clear={})

    def of(self, period: Period, group: frozenset[str]) -> npt.NDArray[np.uint16]:
        """Return the count of one span."""
        return self.planes[period, group].astype(np.uint16)


def _slices(read: list[DayRows], span: Span) -> tuple[slice, tuple[date, ...]]:
    """Return which compacted rows lie in a span, and their dates."""
    seen = [rows.date for rows in read if rows.seen]
    within = [number for number, day in enumerate(seen) if span.period.holds(day)]
    if not within:
        return slice(0, 0), ()
    part = slice(within[0], within[-1] + 1)
    return part, tuple(seen[part])


@dataclass(slots=True)
class Together:
    """An epoch's rows, what was read of each day, and medians by period: made once, used by all."""

    rows: Rows
    read: list[DayRows]
    counts: Counts
    inside: npt.NDArray[np.bool_]
    threads: int
    medians: dict[Period, dict[str, npt.NDArray[np.float32]]] = field(default_factory=dict)
    months: dict[Period, dict[str, tuple[int, npt.NDArray[np.float32]]]] = field(
        default_factory=dict
    )

    def stack(self, span: Span, names: Iterable[str], bands: Iterable[str]) -> Stack:
        """Return the stack of one span."""
        part, dates = _slices(self.read, span)
        values = {name: self.rows.arrays[name][part] for name in names}
        clear = self.counts.of(span.period, frozenset(bands))
        months = self.months.setdefault(span.period, {})
        medians = self.of(span)
        return Stack(span, dates, values, clear, self.inside, self.threads, medians, months)

    def of(self, span: Span) -> dict[str, npt.NDArray[np.float32]]:
        """Return the medians of a span that are known."""
        return self.medians.setdefault(span.period, {})

    def median(self, span: Span, name: str) -> npt.NDArray[np.float32] | None:
        """Return the median of one span, None where nothing was clear."""
        part, dates = _slices(self.read, span)
        if dates and name not in self.of(span):
            values = self.rows.arrays[name][part]
            self.of(span)[name] = order.median(values, 1, self.threads)
        return self.of(span).get(name) if dates else None
