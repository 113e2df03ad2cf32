"""Running a plan: which tiles are to be made, making them, writing rasters, adding up sums.

A tile is recorded the moment it is finished; whatever ends a run, no finished tile is lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from landcover.engine.brief import Brief, TileTask
from landcover.engine.cluster import connect
from landcover.engine.collect import collect
from landcover.engine.fingerprint import changed_parts
from landcover.engine.former import former_tiles, keep_ground
from landcover.engine.outcome import Outcome, Watcher, places
from landcover.engine.plan import Plan
from landcover.engine.probe import can_read
from landcover.engine.rasters import Records, sort_rasters, write_rasters
from landcover.engine.results import read_sums
from landcover.engine.settling import settle_tiles
from landcover.engine.telling import Told, current, recall, tell
from landcover.engine.tile import begin_run, run_tile, whole_of, zone_key
from landcover.engine.turns import one_at_a_time
from landcover.engine.workspace import Entry, Workspace
from landcover.kernels import sums
from landcover.kernels.sums import ZoneSums
from landcover.model import Failure

__all__ = ["Todo", "compute", "merged_sums", "run_tiles", "sort_out", "tell_why"]

EMPTY_TILES = 32
"""Tiles without a scene that are one task: each takes some 5 ms, as long as to hand it out."""

MERGE_TILES = 64
"""Tiles whose sums are held before they are added up: bounds memory, not the result."""


@dataclass(frozen=True, slots=True)
class Todo:
    """A tile that is to be made, and why.

    `stands` is what was made of it, where only scenes that had failed are tried again.
    """

    task: TileTask
    reason: str
    stands: Entry | None = None


def _reason(task: TileTask, entry: Entry, workspace: Workspace) -> str:
    """Say why a tile that was made once does not stand; empty where it does."""
    if entry.fingerprint != task.fingerprint:
        return f"changed: {', '.join(changed_parts(entry.parts, task.parts))}"
    if not workspace.intact(entry):
        return "its checkpoint is missing or damaged"
    return ""


def _again(task: TileTask, entry: Entry, brief: Brief, offline: bool) -> bool:
    """Whether a tile that stands can have a scene by now that had failed in it."""
    return any(can_read(brief, task, failure, offline) for failure in entry.failures)


def sort_out(plan: Plan, workspace: Workspace, offline: bool = False) -> tuple[Outcome, list[Todo]]:
    """Tell tiles that are finished from those to be made.

    Parameters
    ----------
    plan : Plan
    workspace : Workspace
    offline : bool
        Do not try whether scenes on the network that had failed can be read by now.

    Returns
    -------
    outcome : Outcome
        Tiles that are kept.
    todo : list of Todo
        In the order in which they run.
    """
    entries = workspace.entries()
    former = former_tiles(plan, workspace, entries)
    outcome, todo = Outcome(), []
    for task in plan.tasks:
        entry = entries.get(task.tile.id)
        if entry is None:
            todo.append(Todo(task, former.reason(task.tile.id)))
        elif reason := _reason(task, entry, workspace):
            todo.append(Todo(task, reason))
        elif _again(task, entry, plan.brief, offline):
            todo.append(Todo(task, "a scene that had failed can be read now", entry))
        else:
            outcome.entries[task.tile.id] = entry
    return outcome, todo


def tell_why(todo: Sequence[Todo], kept: int, watcher: Watcher) -> None:
    """Say which tiles are kept, and why others are made."""
    if kept:
        watcher.say(f"{kept} finished tile(s) kept")
    for reason, count in Counter(one.reason for one in todo).items():
        if reason != "new" or kept:
            watcher.say(f"{count} tile(s) to be made: {reason}")


def _tile_task(told: Told, tasks: Sequence[TileTask]) -> list[Entry]:
    """Make tiles in a worker; one at a time in a process, since its memory is planned so."""
    with one_at_a_time:
        begin_run(told.run)
        return [run_tile(recall(told), task, lambda: current(told)) for task in tasks]


def _shares(tasks: Iterable[TileTask]) -> Iterator[tuple[TileTask, ...]]:
    """Share tiles out: each alone, but those without a scene together, which take no time."""
    without: list[TileTask] = []
    for task in tasks:
        if task.scenes:
            yield (task,)
        else:
            without.append(task)
    for start in range(0, len(without), EMPTY_TILES):
        yield tuple(without[start : start + EMPTY_TILES])


def _submit(client: Any, told: Told, tasks: Iterable[TileTask]) -> dict[Any, Sequence[TileTask]]:
    """Hand tiles to the workers, in order; return what each future makes."""
    return {client.submit(_tile_task, told, own, pure=False): own for own in _shares(tasks)}


def run_tiles(
    client: Any, plan: Plan, todo: Sequence[Todo], outcome: Outcome, watcher: Watcher
) -> None:
    """Make tiles on a cluster; add them to the outcome as they finish.

    Parameters
    ----------
    client : dask client
    plan : Plan
    todo : sequence of Todo
    outcome : Outcome
        Changed in place.
    watcher : Watcher

    Raises
    ------
    DiskFullError
        The disk filled up; finished tiles are recorded.
    KeyboardInterrupt
        Finished tiles are recorded.
    """
    workspace = Workspace(plan.brief.out)
    keep_ground(plan)
    told = tell(plan.brief, workspace)
    watcher.begin("tiles", len(plan.tasks), len(plan.tasks) - len(todo))
    futures = _submit(client, told, (one.task for one in todo))
    collect(client, futures, workspace, outcome, watcher)
    _try_again(client, plan, told, outcome, watcher)


def _try_again(client: Any, plan: Plan, told: Told, outcome: Outcome, watcher: Watcher) -> None:
    """Make tiles again whose failed scenes can be read by now."""
    workspace = Workspace(plan.brief.out)
    failed = [task for task in plan.tasks if _failures(outcome, task)]
    again = [
        task
        for task in failed
        if any(can_read(plan.brief, task, failure) for failure in _failures(outcome, task))
    ]
    if again:
        watcher.say(f"{len(again)} tile(s) made again: a scene that had failed can be read now")
        collect(client, _submit(client, told, again), workspace, outcome, watcher)


def _failures(outcome: Outcome, task: TileTask) -> tuple[Failure, ...]:
    """Return the failed scenes of a finished tile."""
    entry = outcome.entries.get(task.tile.id)
    return entry.failures if entry else ()


def compute(
    plan: Plan, todo: Sequence[Todo], outcome: Outcome, scheduler: str | None, watcher: Watcher
) -> Records:
    """Make what is missing: tiles, what is settled of them, then rasters.

    Workers are started only where there is work.

    Parameters
    ----------
    plan : Plan
    todo : sequence of Todo
    outcome : Outcome
        Changed in place.
    scheduler : str or None
        Address of a dask scheduler; None for processes on this machine.
    watcher : Watcher

    Returns
    -------
    dict
        Raster's name -> size, sha256 and a hash of what it was made from.

    Raises
    ------
    DiskFullError, WorkerError, InputError, KeyboardInterrupt
        Finished tiles are recorded.
    """
    settled = not todo and settle_tiles(plan, outcome, watcher)
    records, wanted = sort_rasters(plan, outcome)
    if settled and not wanted:
        return records
    watcher.begin("workers", plan.workers, 0)
    works = plan.brief.works
    asked = frozenset(name for work in works for name in work.product.kernels(work.settings))
    with connect(scheduler, plan.workers, Workspace(plan.brief.out).work, asked) as client:
        if todo:
            run_tiles(client, plan, todo, outcome, watcher)
        if not settled:
            settle_tiles(plan, outcome, watcher, client)
            records, wanted = sort_rasters(plan, outcome)
        write_rasters(client, plan, outcome, wanted, records, watcher)
    return records


def merged_sums(plan: Plan, outcome: Outcome) -> ZoneSums:
    """Add up the sums of all tiles, in the order of tiles; zones are numbered as in the brief.

    A tile that could not be made counts in its zones' whole area, and nowhere else.
    """
    workspace = Workspace(plan.brief.out)
    numbers = {zone_key(zone): number for number, zone in enumerate(plan.brief.zones)}
    total = ZoneSums.empty()
    parts: list[ZoneSums] = []
    for tile, _, _ in places(plan, outcome):
        parts.append(read_sums(workspace.tile_file(tile), numbers))
        if len(parts) == MERGE_TILES:
            total, parts = sums.merge(sums.concatenate([total, *parts])), []
    lost = [task for task in plan.tasks if task.tile.id not in outcome.entries]
    parts += [whole_of(plan.brief, task) for task in lost]
    return sums.merge(sums.concatenate([total, *parts]))
