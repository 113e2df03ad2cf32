"""What a search gives: scenes, what could not be used, and how many items met which fate.

It knows records. It does not know where they come from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from landcover.model import Failure, Note, Period, Scene

__all__ = ["FATES", "Broken", "Count", "Dropped", "Listed", "SceneSet"]

FATES = (
    "used", "cloudy", "failed", "duplicate", "doubtful", "out of period", "out of region",
    "other collection", "other sensor", "other platform", "other orbit",
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


@dataclass(frozen=True, slots=True)
class SceneSet:
    """All scenes of a job, sorted by (time, id), and what a person should know of the rest.

    `period` is what was searched; None where a lock of an earlier version does not say.
    `dropped` lists the copies that are not read, and for which scene. `spare` are those copies
    themselves and `cloudy` the scenes that are too cloudy, so that a choice can be made again; a
    lock does not keep them. `profiles` holds for each "source band" a hash of how the
    sensor's profile takes its numbers.
    """

    scenes: tuple[Scene, ...]
    failures: tuple[Failure, ...] = ()
    notes: tuple[Note, ...] = ()
    counts: tuple[Count, ...] = field(default=())
    period: Period | None = None
    dropped: tuple[Dropped, ...] = ()
    profiles: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    spare: tuple[Scene, ...] = field(default=(), compare=False, repr=False)
    cloudy: tuple[Scene, ...] = field(default=(), compare=False, repr=False)
