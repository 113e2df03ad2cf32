"""What a search gives: scenes, what could not be used, and how many items met which fate.

It knows records. It does not know where they come from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from landcover.model import Failure, Note, Period, Scene

__all__ = ["FATES", "Broken", "Choice", "Count", "Dropped", "Listed", "SceneSet"]

FATES = (
    "used", "cloudy", "failed", "duplicate", "doubtful", "out of period", "out of region",
    "other collection", "other sensor", "other platform", "other orbit", "less clear",
)  # fmt: skip
"""What may become of an item that a catalog lists."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One item as its catalog gave it, and the document that its hrefs are relative to."""

    item: dict[str, Any]
    place: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A document that should hold an item, and does not: its name, and what is wrong."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Count:
    """How many items of one source and month ("2024-03", of solar days) met one of `FATES`.

    A month with ``cloudy`` items but no ``used`` ones had scenes; a month with no row had none.
    """

    source: str
    month: str
    fate: str
    items: int


@dataclass(frozen=True, slots=True, order=True)
class Dropped:
    """An item that was left out for another one, and why; `day` is its solar day (ISO)."""

    source: str
    day: str
    scene: str
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Choice:
    """What was chosen of one source in one grid square and period ("2024-03").

    `ground` is the share of all zones that lies in the square. Of `looks` and `scenes`, so many
    were taken; `told` counts the looks whose cloud the catalog tells. `clear` and `clear_taken` are
    the clear looks to expect of each pixel of the zones there.
    """

    source: str
    square: str
    period: str
    ground: float
    looks: int
    looks_taken: int
    scenes: int
    scenes_taken: int
    told: int
    clear: float
    clear_taken: float


@dataclass(frozen=True, slots=True)
class SceneSet:
    """All scenes of a job, sorted by (time, id), and what a person should know of the rest.

    `period` is what was searched; None where a lock of an earlier version does not say.
    `dropped` lists the copies that are not read, and for which scene, and what else was left out
    for better ones; `choices` what was taken of each square where a source asks for the clearest.
    `spare` are those copies themselves and `cloudy` the scenes that are too cloudy, so that a
    choice can be made again; a lock does not keep them. `profiles` holds for each "source band" a
    hash of how the sensor's profile takes its numbers.
    """

    scenes: tuple[Scene, ...]
    failures: tuple[Failure, ...] = ()
    notes: tuple[Note, ...] = ()
    counts: tuple[Count, ...] = field(default=())
    period: Period | None = None
    dropped: tuple[Dropped, ...] = ()
    choices: tuple[Choice, ...] = ()
    profiles: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    spare: tuple[Scene, ...] = field(default=(), compare=False, repr=False)
    cloudy: tuple[Scene, ...] = field(default=(), compare=False, repr=False)
