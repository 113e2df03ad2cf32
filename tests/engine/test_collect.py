"""What is said of a tile that could not be made, and of one that could not be settled."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from landcover.engine.collect import TILES, _entries
from landcover.engine.outcome import Outcome


@dataclass
class Failed:
    """A task that ended with an error."""

    status: str = "error"

    def exception(self) -> Exception:
        """Return the error."""
        return ValueError("no such band")


def test_the_step_that_failed_is_named() -> None:
    tasks = [SimpleNamespace(tile=SimpleNamespace(id="r0c0"))]
    told = []
    for step in (TILES, "settle disturbance"):
        outcome = Outcome()
        assert _entries(Failed(), None, tasks, outcome, step) == [None]
        told += [one.reason for one in outcome.lost]
    assert told == [
        "the tile could not be made: ValueError: no such band",
        "could not settle disturbance: ValueError: no such band",
    ]
