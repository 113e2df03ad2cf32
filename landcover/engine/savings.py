"""What the choices of a job save in bytes, and what they cost in clear observations.

Bytes follow from the plan, square by square; clear observations from the catalogs' cloud cover.
It knows plans and scenes. It reads nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from shapely.geometry.base import BaseGeometry

from landcover.catalog import SceneSet
from landcover.catalog.clearest import LESS_CLEAR, rank
from landcover.catalog.scenes import Choice
from landcover.catalog.settings import Best, Source
from landcover.engine.plan import Plan
from landcover.engine.reading import SquareBytes, bytes_by_square
from landcover.engine.scenes import is_remote
from landcover.model import Note, Period

__all__ = ["Saving", "savings"]

LARGE_BYTES = 10 * 10**9
"""From so much to fetch of a source, a hint says what fewer scenes would come to (bytes): eleven
hours at 2 Mbit/s."""

HINTED = Best(per="month", count=3)
"""What the hint proposes: it leaves no month without its clearest looks."""

DAYS_PER_YEAR = 365.2425
"""Mean length of a year of the calendar (days)."""


@dataclass(frozen=True, slots=True)
class Saving:
    """What one choice for a source comes to; `is_taken` where it is the job's own.

    `clear_a_year` is the clear looks to expect of a pixel of the zones in a year, None where the
    catalog tells no cloud, and `is_bound` where it is that at most: a pixel of an overview is clear
    only if all under it is. `empty_months` are those with scenes of which none is read.
    """

    source: str
    choice: str
    is_taken: bool
    scenes: int
    read_bytes: int
    hours: float | None
    clear_a_year: float | None
    is_bound: bool = False
    empty_months: tuple[str, ...] = ()


def savings(
    plan: Plan, found: SceneSet, sources: Sequence[Source], region: BaseGeometry
) -> tuple[tuple[Saving, ...], tuple[Note, ...]]:
    """Reckon what each choice saves and costs.

    Parameters
    ----------
    plan : Plan
    found : SceneSet
        With what was chosen of each square.
    sources : sequence of Source
    region : shapely geometry
        The zones, in longitude and latitude.

    Returns
    -------
    savings, notes
        Rows of sources that ask for a choice, and of those that are so large that a hint is due:
        every scene first. One note a hint.
    """
    sizes = bytes_by_square(plan.brief, plan.tasks, plan.layouts)
    rows: list[Saving] = []
    notes: list[Note] = []
    for source in sources:
        ledger = _Ledger(plan, found, source, sizes)
        if source.best is not None or source.resolution_m is not None:
            rows += ledger.chosen(source, region)
        elif ledger.is_large:
            hinted = ledger.hinted(region)
            rows += hinted
            notes += _hint(source.name, hinted)
    return tuple(rows), tuple(notes)


class _Ledger:
    """The figures of one source."""

    def __init__(
        self,
        plan: Plan,
        found: SceneSet,
        source: Source,
        sizes: Mapping[tuple[str, str], SquareBytes],
    ) -> None:
        self._source, self._found = source.name, found
        self._period = plan.brief.context.period
        self._scenes = [one for one in plan.brief.scenes if one.source == source.name]
        mine = {place: size for (name, place), size in sizes.items() if name == source.name}
        self._read = {place: size.read for place, size in mine.items()}
        self._whole = {place: size.whole for place, size in mine.items()}
        whole = plan.estimates.read_bytes
        self._hours_per_byte = plan.estimates.hours / whole if plan.estimates.hours else None

    @property
    def is_large(self) -> bool:
        """Whether so much is to be fetched that a hint is due."""
        return sum(self._read.values()) >= LARGE_BYTES and any(map(is_remote, self._scenes))

    def chosen(self, source: Source, region: BaseGeometry) -> list[Saving]:
        """Set what the job takes beside every scene, one choice after the other."""
        best, side = source.best, source.resolution_m
        rows = [one for one in self._found.choices if one.source == self._source]
        if not rows:
            rows = list(rank(self._scenes, HINTED, region).choices)
        every = sum(one.scenes for one in rows)
        share = {place: _share(rows, place) if best else 1.0 for place in self._whole}
        whole = {place: size * share[place] for place, size in self._whole.items()}
        clear = _clear(rows, self._period, taken=False)
        made = [replace(self._row("every scene", every, whole), clear_a_year=clear)]
        words = "every scene"
        if best is not None:
            clear, words = _clear(rows, self._period, taken=True), _words(best)
            row = self._row(words, len(self._scenes), self._whole)
            made.append(replace(row, clear_a_year=clear, empty_months=self._empty_months()))
        if side is not None:
            row = self._row(f"{words} at {side:g} m", len(self._scenes), self._read)
            months = self._empty_months() if best is not None else ()
            made.append(replace(row, clear_a_year=clear, is_bound=True, empty_months=months))
        return [*made[:-1], replace(made[-1], is_taken=True)]

    def hinted(self, region: BaseGeometry) -> list[Saving]:
        """Set what the hint proposes beside what the job takes: every scene."""
        made = rank(self._scenes, HINTED, region)
        less = {place: size / _share(made.choices, place) for place, size in self._read.items()}
        whole = self._row("every scene", len(self._scenes), self._read)
        taken = self._row(_words(HINTED), len(made.kept), less)
        return [
            replace(
                whole, is_taken=True, clear_a_year=_clear(made.choices, self._period, taken=False)
            ),
            replace(taken, clear_a_year=_clear(made.choices, self._period, taken=True)),
        ]

    def _row(self, choice: str, scenes: int, read: Mapping[str, float]) -> Saving:
        """Make a row without its clear looks."""
        size = math.fsum(read.values())
        hours = None if self._hours_per_byte is None else size * self._hours_per_byte
        return Saving(self._source, choice, False, scenes, round(size), hours, None)

    def _empty_months(self) -> tuple[str, ...]:
        """List the months whose scenes are all passed over."""
        fates: dict[str, set[str]] = {}
        for one in self._found.counts:
            if one.source == self._source:
                fates.setdefault(one.month, set()).add(one.fate)
        return tuple(
            month for month, met in sorted(fates.items()) if LESS_CLEAR in met and "used" not in met
        )


def _share(rows: Iterable[Choice], square: str) -> float:
    """Return how many times as many scenes a square has as are taken of it."""
    mine = [one for one in rows if one.square == square]
    taken = sum(one.scenes_taken for one in mine)
    return sum(one.scenes for one in mine) / taken if taken else 1.0


def _clear(rows: Sequence[Choice], period: Period, taken: bool) -> float | None:
    """Return the clear looks a pixel and year: each square's by its share of the zones.

    A pixel where squares overlap is counted in one of them at a time, never in their sum.
    """
    looks = {one.square: 0.0 for one in rows}
    ground = {one.square: one.ground for one in rows}
    for one in rows:
        looks[one.square] += one.clear_taken if taken else one.clear
    whole = math.fsum(ground.values())
    if not whole or not any(one.told for one in rows):
        return None
    mean = math.fsum(looks[place] * ground[place] for place in looks) / whole
    return mean / (period.days / DAYS_PER_YEAR)


def _words(best: Best) -> str:
    """Say a choice in a few words."""
    return f"best {best.count} a {best.per.replace('_', ' ')}"


def _hint(source: str, rows: Sequence[Saving]) -> list[Note]:
    """Say what fewer scenes would save and cost."""
    every, fewer = rows
    if fewer.scenes == every.scenes:
        return []
    what = (
        f"{every.scenes:,} scenes, {every.read_bytes / 1e9:,.0f} GB, are to be fetched; "
        f"{fewer.scenes:,} of them, the {_words(HINTED)}, are {fewer.read_bytes / 1e9:,.0f} GB"
    )
    if every.clear_a_year is not None and fewer.clear_a_year is not None:
        what += (
            f", and leave about {fewer.clear_a_year:.1f} clear looks a pixel and year of "
            f"{every.clear_a_year:.1f}, by the catalog's cloud cover"
        )
    remedy = f"Where the link is slow, write best: {{per: {HINTED.per}, count: {HINTED.count}}}"
    return [Note(f"source {source}", what, remedy)]
