"""Running a plan: which tiles are to be made, making them, writing rasters, adding up sums.

A tile is recorded the moment it is finished; whatever ends a run, no finished tile is lost.
"""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from landcover.engine.brief import Brief, TileTask
from landcover.engine.fingerprint import changed_parts, digest
from landcover.engine.plan import Plan
from landcover.engine.results import read_layer, read_sums
from landcover.engine.tile import can_read, run_tile, zone_key
from landcover.engine.workspace import Entry, Workspace
from landcover.errors import DiskFullError, LandcoverError, WorkerError
from landcover.files import sha256_of, write_whole
from landcover.kernels import sums
from landcover.kernels.sums import ZoneSums
from landcover.model import Failure, Layer
from landcover.raster.cog import write_cog

__all__ = ["Outcome", "Todo", "Watcher", "merged_sums", "run_tiles", "sort_out", "write_rasters"]

RASTERS_JSON = "rasters.json"

MERGE_TILES = 64
"""Tiles whose sums are held before they are added up: bounds memory, not the result."""


class Watcher(Protocol):
    """Someone who watches a run: a progress bar, a log."""

    def begin(self, step: str, total: int, done: int) -> None:
        """Say that a step begins: how many parts it has, and how many are there already."""

    def advance(self, step: str, entry: Entry | None) -> None:
        """Say that one part is finished."""

    def say(self, text: str) -> None:
        """Tell a person something."""


@dataclass(frozen=True, slots=True)
class Todo:
    """A tile that is to be made, and why."""

    task: TileTask
    reason: str


@dataclass(slots=True)
class Outcome:
    """Finished tiles by id, and tiles that could not be made."""

    entries: dict[str, Entry] = field(default_factory=dict)
    lost: list[Failure] = field(default_factory=list)

    def failures(self) -> list[Failure]:
        """Return every failure, in order of tile and scene."""
        found = [failure for entry in self.entries.values() for failure in entry.failures]
        return sorted(found + self.lost, key=lambda f: (f.scene, f.tile, f.band))


def _reason(task: TileTask, entry: Entry | None, workspace: Workspace, brief: Brief) -> str:
    """Say why a tile must be made; empty where it need not be."""
    if entry is None:
        return "new"
    if entry.fingerprint != task.fingerprint:
        return f"changed: {', '.join(changed_parts(entry.parts, task.parts))}"
    if not workspace.intact(entry):
        return "its checkpoint is missing or damaged"
    if any(can_read(brief, task, failure) for failure in entry.failures):
        return "a scene that had failed can be read now"
    return ""


def sort_out(plan: Plan, workspace: Workspace) -> tuple[Outcome, list[Todo]]:
    """Tell tiles that are finished from those to be made.

    Returns
    -------
    outcome : Outcome
        Tiles that are kept.
    todo : list of Todo
        In the order in which they run.
    """
    entries = workspace.entries()
    outcome, todo = Outcome(), []
    for task in plan.tasks:
        entry = entries.get(task.tile.id)
        reason = _reason(task, entry, workspace, plan.brief)
        if reason:
            todo.append(Todo(task, reason))
        elif entry is not None:
            outcome.entries[task.tile.id] = entry
    return outcome, todo


@dataclass(frozen=True, slots=True)
class _Told:
    """Where workers find the brief: a file that they all see, known by its hash."""

    path: str
    sha256: str


_briefs: dict[str, Brief] = {}
_one_at_a_time = threading.Lock()


def _tell(brief: Brief, workspace: Workspace) -> _Told:
    """Put the brief where every worker sees it: it outlives any worker that dies."""
    data = pickle.dumps(brief, protocol=pickle.HIGHEST_PROTOCOL)
    path = workspace.work / "brief.pickle"
    write_whole(path, data)
    return _Told(str(path), hashlib.sha256(data).hexdigest())


def _brief(told: _Told) -> Brief:
    """Load the brief once per process; only the bytes that this run wrote are unpickled."""
    if told.sha256 not in _briefs:
        data = Path(told.path).read_bytes()
        if hashlib.sha256(data).hexdigest() != told.sha256:
            raise WorkerError(told.path, "is not the one this run wrote", "Run again")
        _briefs.clear()
        _briefs[told.sha256] = pickle.loads(data)  # noqa: S301  its hash was just checked
    return _briefs[told.sha256]


def _tile_task(told: _Told, task: TileTask) -> Entry:
    """Make one tile in a worker; one at a time in a process, since its memory is planned so."""
    with _one_at_a_time:
        return run_tile(_brief(told), task)


def _raster_task(path: str, layer: Layer, told: _Told, places: list[tuple[str, int, int]]) -> None:
    """Write one raster from its tiles."""
    brief = _brief(told)
    workspace = Workspace(brief.out)

    def stored() -> Iterator[tuple[int, int, Any]]:
        for tile, row, column in places:
            planes = read_layer(workspace.tile_file(tile), layer.name)
            if planes is not None:
                yield row, column, planes

    write_cog(Path(path), layer, brief.grid, stored(), workspace.work)


def _finish(future: Any, task: TileTask, workspace: Workspace, outcome: Outcome) -> Entry | None:
    """Record a finished tile, or say that it was lost.

    Raises
    ------
    DiskFullError
        Nothing more can be written.
    """
    if future.status == "finished":
        entry: Entry = future.result()
        workspace.record(entry)
        outcome.entries[entry.tile] = entry
        return entry
    error = future.exception() if future.status == "error" else None
    if isinstance(error, DiskFullError):
        raise error
    what = str(error) if isinstance(error, LandcoverError) else f"{type(error).__name__}: {error}"
    outcome.lost.append(Failure("", "", "", task.tile.id, f"the tile could not be made: {what}"))
    return None


def _collect(
    futures: dict[Any, TileTask], workspace: Workspace, outcome: Outcome, watcher: Watcher
) -> None:
    """Record tiles as they finish; on Ctrl-C, those that have finished by then."""
    from distributed import as_completed

    left = dict(futures)
    try:
        for future in as_completed(list(futures)):
            watcher.advance("tiles", _finish(future, left.pop(future), workspace, outcome))
    except BaseException:
        for future, task in left.items():
            if future.status == "finished":
                _finish(future, task, workspace, outcome)
            else:
                future.cancel()
        raise


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
    told = _tell(plan.brief, workspace)
    watcher.begin("tiles", len(plan.tasks), len(plan.tasks) - len(todo))
    futures = {
        client.submit(_tile_task, told, one.task, pure=False, retries=0): one.task for one in todo
    }
    _collect(futures, workspace, outcome, watcher)
    _try_again(client, plan, told, outcome, watcher)


def _try_again(client: Any, plan: Plan, told: _Told, outcome: Outcome, watcher: Watcher) -> None:
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
        futures = {client.submit(_tile_task, told, task, pure=False): task for task in again}
        _collect(futures, workspace, outcome, watcher)


def _failures(outcome: Outcome, task: TileTask) -> tuple[Failure, ...]:
    """Return the failed scenes of a finished tile."""
    entry = outcome.entries.get(task.tile.id)
    return entry.failures if entry else ()


def _made_from(layer: Layer, plan: Plan, outcome: Outcome) -> str:
    """Hash what a raster is made from: its layer, its grid and its tiles' files."""
    grid = plan.brief.grid
    tiles = [
        [task.tile.id, outcome.entries[task.tile.id].sha256]
        for task in plan.tasks
        if task.tile.id in outcome.entries
    ]
    return digest([asdict(layer), grid.crs, list(grid.transform)[:6], grid.shape, sorted(tiles)])


def _current(path: Path, known: dict[str, Any], made_from: str) -> bool:
    """Whether a raster is there, byte for byte, and made from the same tiles."""
    if known.get("made_from") != made_from or not path.exists():
        return False
    return path.stat().st_size == known.get("size") and sha256_of(path) == known.get("sha256")


def write_rasters(
    client: Any, plan: Plan, outcome: Outcome, watcher: Watcher
) -> dict[str, dict[str, Any]]:
    """Write every layer as a COG from the tiles' files; rasters of a former job are removed.

    Returns
    -------
    dict
        Raster's name -> size, sha256 and a hash of what it was made from.
    """
    workspace = Workspace(plan.brief.out)
    known = workspace.read_json(RASTERS_JSON)
    for stale in known.keys() - {layer.name for layer in plan.layers}:
        (workspace.rasters / f"{stale}.tif").unlink(missing_ok=True)
    records: dict[str, dict[str, Any]] = {}
    todo: list[tuple[Layer, str]] = []
    for layer in plan.layers:
        made_from = _made_from(layer, plan, outcome)
        path = workspace.rasters / f"{layer.name}.tif"
        if _current(path, known.get(layer.name, {}), made_from):
            records[layer.name] = known[layer.name]
        else:
            todo.append((layer, made_from))
    watcher.begin("rasters", len(plan.layers), len(records))
    _write_layers(client, plan, outcome, todo, records, watcher)
    return records


def _places(plan: Plan, outcome: Outcome) -> list[tuple[str, int, int]]:
    """Return each finished tile with its row and column, by rows."""
    tiles = [task.tile for task in plan.tasks if task.tile.id in outcome.entries]
    return sorted(((t.id, t.row, t.column) for t in tiles), key=lambda place: place[1:])


def _write_layers(
    client: Any,
    plan: Plan,
    outcome: Outcome,
    todo: list[tuple[Layer, str]],
    records: dict[str, dict[str, Any]],
    watcher: Watcher,
) -> None:
    """Write layers on the workers; note each as it is done."""
    from distributed import as_completed

    workspace = Workspace(plan.brief.out)
    told, places = _tell(plan.brief, workspace), _places(plan, outcome)
    futures = {}
    for layer, made_from in todo:
        path = workspace.rasters / f"{layer.name}.tif"
        future = client.submit(_raster_task, str(path), layer, told, places, pure=False)
        futures[future] = (layer, made_from, path)
    for future in as_completed(list(futures)):
        layer, made_from, path = futures[future]
        future.result()
        record = {"made_from": made_from, "size": path.stat().st_size, "sha256": sha256_of(path)}
        records[layer.name] = record
        watcher.advance("rasters", None)
    write_whole(workspace.work / RASTERS_JSON, _json(records))


def _json(records: dict[str, dict[str, Any]]) -> str:
    """Return records as JSON text in a fixed order."""
    import json

    return json.dumps(records, sort_keys=True, indent=1) + "\n"


def merged_sums(plan: Plan, outcome: Outcome) -> ZoneSums:
    """Add up the sums of all tiles, in the order of tiles; zones are numbered as in the brief."""
    workspace = Workspace(plan.brief.out)
    numbers = {zone_key(zone): number for number, zone in enumerate(plan.brief.zones)}
    total = ZoneSums.empty()
    parts: list[ZoneSums] = []
    for tile, _, _ in _places(plan, outcome):
        parts.append(read_sums(workspace.tile_file(tile), numbers))
        if len(parts) == MERGE_TILES:
            total, parts = sums.merge(sums.concatenate([total, *parts])), []
    return sums.merge(sums.concatenate([total, *parts]))
