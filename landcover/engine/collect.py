"""Waiting for tasks on workers: each finished tile is recorded the moment it is known.

It knows futures, entries and manifests. It does not know what tasks do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from landcover.engine.cluster import lost_scheduler
from landcover.engine.outcome import Outcome, Watcher
from landcover.engine.waiting import batches, wait_for
from landcover.engine.workspace import Entry, Workspace
from landcover.errors import DiskFullError, LandcoverError, WorkerError
from landcover.model import Failure, Tile

__all__ = ["Task", "collect", "told_of"]

TILES = "tiles"
"""The step that makes tiles; others say what they do: "settle trend"."""


class Task(Protocol):
    """What is done for one tile."""

    @property
    def tile(self) -> Tile:
        """The tile."""


def _entries(
    future: Any, result: Any, tasks: Sequence[Task], outcome: Outcome, step: str
) -> Sequence[Entry | None]:
    """Return finished tiles' entries; note why there is none.

    Raises
    ------
    DiskFullError
        Nothing more can be written.
    WorkerError
        Nobody is left to make them.
    """
    if future.status == "finished":
        found: list[Entry] = result if isinstance(result, list) else future.result()
        return found
    if future.status != "error":  # cancelled: by no one but a scheduler that is gone
        raise lost_scheduler()
    error = future.exception()
    if isinstance(error, DiskFullError):
        raise error
    why = _why_lost(error, "" if step == TILES else step)
    outcome.lost += [Failure("", "", "", task.tile.id, why) for task in tasks]
    return [None] * len(tasks)


def _record(entries: Sequence[Entry], workspace: Workspace, outcome: Outcome) -> None:
    """Record finished tiles, all with one wait for the disk."""
    if entries:
        workspace.record(*entries)
        outcome.entries.update({entry.tile: entry for entry in entries})


def _why_lost(error: BaseException, step: str = "") -> str:
    """Say why a tile could not be made, or what else could not be done."""
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, LandcoverError):
        what = str(error)
    elif type(error).__name__ == "KilledWorker":
        what = "its workers died; for want of memory, perhaps: lower run.workers or run.memory"
    return f"could not {step}: {what}" if step else f"the tile could not be made: {what}"


def collect(
    client: Any,
    futures: Mapping[Any, Sequence[Task]],
    workspace: Workspace,
    outcome: Outcome,
    watcher: Watcher,
    step: str = TILES,
) -> None:
    """Record tiles as they finish; on Ctrl-C, those that have finished by then.

    Parameters
    ----------
    client : dask client
    futures : dict
        Future -> the tasks that it makes, whose entries it returns in order.
    workspace : Workspace
        Where finished ones are recorded.
    outcome : Outcome
        Changed in place.
    watcher : Watcher
    step : str
        What the watcher calls it.

    Raises
    ------
    DiskFullError, WorkerError, KeyboardInterrupt
        Finished tiles are recorded.
    """
    left = dict(futures)
    try:
        for batch in batches(client, futures):
            made = [
                entry
                for future, result in batch
                for entry in _entries(future, result, left[future], outcome, step)
            ]
            _record([entry for entry in made if entry is not None], workspace, outcome)
            for future, _ in batch:
                del left[future]
            for entry in made:
                watcher.advance(step, entry)
    except BaseException:
        _save(left, workspace, outcome)
        raise


def _save(left: Mapping[Any, Sequence[Task]], workspace: Workspace, outcome: Outcome) -> None:
    """Record what has finished by the end of a run that was cut short; cancel the rest."""
    done = [future for future in left if future.status == "finished"]
    _record([entry for future in done for entry in future.result()], workspace, outcome)
    for future in left:
        if future.status != "finished":
            future.cancel()


def told_of(client: Any, future: Any, what: str) -> Any:
    """Wait for a task that the whole run needs; return what it says.

    Raises
    ------
    WorkerError
        It could not be done, or nobody is left to do it.
    """
    wait_for(client, future)
    try:
        return future.result()
    except LandcoverError:
        raise
    except Exception as error:
        if future.status == "cancelled":
            raise lost_scheduler() from error
        remedy = "Run again: finished tiles are kept"
        raise WorkerError(what, _why_lost(error, "be done"), remedy) from error
