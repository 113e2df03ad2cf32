"""What a run has come to so far, and who is told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from landcover.engine.plan import Plan
from landcover.engine.workspace import Entry
from landcover.model import Failure

__all__ = ["Outcome", "Silent", "Watcher", "places"]


class Watcher(Protocol):
    """Someone who watches a run: a progress bar, a log."""

    def begin(self, step: str, total: int, done: int) -> None:
        """Say that a step begins: how many parts it has, and how many are there already."""

    def advance(self, step: str, entry: Entry | None) -> None:
        """Say that one part is finished."""

    def say(self, text: str) -> None:
        """Tell a person something."""


class Silent:
    """A watcher that says nothing."""

    def begin(self, step: str, total: int, done: int) -> None:
        """Do nothing."""

    def advance(self, step: str, entry: Entry | None) -> None:
        """Do nothing."""

    def say(self, text: str) -> None:
        """Do nothing."""


@dataclass(slots=True)
class Outcome:
    """Finished tiles by id, and tiles that could not be made.

    `settled` holds what was made of finished tiles, by ``<product>.<tile>``, and models by
    ``<product>.learnt``. `unsettled` counts, by product, the finished tiles that it has yet to
    settle; only a look at what stands fills it.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    lost: list[Failure] = field(default_factory=list)
    settled: dict[str, Entry] = field(default_factory=dict)
    unsettled: dict[str, int] = field(default_factory=dict)

    def failures(self) -> list[Failure]:
        """Return every failure, in order of tile and scene."""
        found = [failure for entry in self.entries.values() for failure in entry.failures]
        return sorted(found + self.lost, key=lambda f: (f.scene, f.tile, f.band))


def places(plan: Plan, outcome: Outcome) -> list[tuple[str, int, int]]:
    """Return each finished tile with its row and column, by rows."""
    tiles = [task.tile for task in plan.tasks if task.tile.id in outcome.entries]
    return sorted(((t.id, t.row, t.column) for t in tiles), key=lambda place: place[1:])
