"""Writing the layers of a run as COGs, on its workers; what is as it was is left alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from landcover.engine.brief import Brief
from landcover.engine.fingerprint import digest
from landcover.engine.outcome import Outcome, Watcher, places
from landcover.engine.plan import Plan
from landcover.engine.results import read_layers
from landcover.engine.stored import entry_name, origins, stored_file
from landcover.engine.telling import Told, recall, tell
from landcover.engine.tile import rest
from landcover.engine.turns import one_at_a_time
from landcover.engine.waiting import batches
from landcover.engine.workspace import Entry, Workspace
from landcover.files import sha256_of, write_whole
from landcover.model import Layer
from landcover.raster.cog import LayerWriter

__all__ = ["RasterTodo", "Records", "count_written", "sort_rasters", "write_rasters"]

RASTERS_JSON = "rasters.json"

RASTERS_AT_ONCE = 4
"""Rasters that one task writes side by side (count): each tile's file is opened once for all
of them, and each takes its uncompressed size on the disk meanwhile."""


def _raster_task(
    wanted: list[tuple[str, Layer]], product: str, told: Told, where: list[tuple[str, int, int]]
) -> list[tuple[int, str]]:
    """Write some rasters in a worker; one task at a time in a process, as memory is planned."""
    with one_at_a_time:
        rest()
        return _write(recall(told), wanted, product, where)


def _write(
    brief: Brief, wanted: list[tuple[str, Layer]], product: str, where: list[tuple[str, int, int]]
) -> list[tuple[int, str]]:
    """Write some rasters, opening each tile's file once; return sizes and hashes."""
    workspace = Workspace(brief.out)
    with ExitStack() as stack:
        writers = {
            layer.name: stack.enter_context(
                LayerWriter(Path(path), layer, brief.grid, workspace.work)
            )
            for path, layer in wanted
        }
        for tile, row, column in where:
            held = read_layers(stored_file(brief.out, product, tile), list(writers))
            for name, planes in held.items():
                writers[name].write(row, column, planes)
        with ThreadPoolExecutor(brief.threads) as threads:
            return list(threads.map(_finish, writers.values()))


def _finish(writer: LayerWriter) -> tuple[int, str]:
    """Make a raster of what was written; return its size and hash."""
    path = writer.finish()
    return path.stat().st_size, sha256_of(path)


def _groups(todo: Sequence[RasterTodo], workers: int) -> list[list[RasterTodo]]:
    """Share rasters out: enough groups for all workers, few rasters in each, of one origin."""
    size = max(1, min(RASTERS_AT_ONCE, -(-len(todo) // max(workers, 1))))
    groups = []
    for product in dict.fromkeys(one.product for one in todo):
        own = [one for one in todo if one.product == product]
        groups += [own[start : start + size] for start in range(0, len(own), size)]
    return groups


def _finished(product: str, plan: Plan, outcome: Outcome) -> dict[str, Entry]:
    """Return the finished tiles that layers of one origin lie in, by the tiles' ids."""
    entries = outcome.settled if product else outcome.entries
    names = {task.tile.id: entry_name(product, task.tile.id) for task in plan.tasks}
    return {tile: entries[name] for tile, name in names.items() if name in entries}


def _made_from(layer: Layer, product: str, plan: Plan, outcome: Outcome) -> str:
    """Hash what a raster is made from: its layer, its grid and its tiles' files."""
    grid = plan.brief.grid
    tiles = [[tile, one.sha256] for tile, one in _finished(product, plan, outcome).items()]
    told = asdict(layer)
    del told["kept"]  # every raster's is: hashes of before hold
    return digest([told, grid.crs, list(grid.transform)[:6], grid.shape, sorted(tiles)])


def _current(path: Path, known: dict[str, Any], made_from: str) -> bool:
    """Whether a raster is there, byte for byte, and made from the same tiles."""
    if known.get("made_from") != made_from or not path.exists():
        return False
    return path.stat().st_size == known.get("size") and sha256_of(path) == known.get("sha256")


@dataclass(frozen=True, slots=True)
class RasterTodo:
    """A raster that is to be written, and the hash of what it is made from.

    `product` is the one that settled it; empty where tiles hold it as it was observed.
    """

    layer: Layer
    made_from: str
    product: str = ""


Records = dict[str, dict[str, Any]]


def sort_rasters(plan: Plan, outcome: Outcome) -> tuple[Records, list[RasterTodo]]:
    """Tell rasters that are as they should be from those to be written.

    Rasters of a former job, which this one does not promise, are removed.

    Returns
    -------
    records : dict
        Raster's name -> size, sha256 and a hash of what it was made from.
    todo : list of RasterTodo
    """
    workspace = Workspace(plan.brief.out)
    known = workspace.read_json(RASTERS_JSON)
    for stale in known.keys() - {layer.name for layer in plan.layers}:
        (workspace.rasters / f"{stale}.tif").unlink(missing_ok=True)
    records: Records = {}
    todo, lie = [], origins(plan.brief)
    for layer in plan.layers:
        product = lie[layer.name].product
        made_from = _made_from(layer, product, plan, outcome)
        path = workspace.rasters / f"{layer.name}.tif"
        if _current(path, known.get(layer.name, {}), made_from):
            records[layer.name] = known[layer.name]
        else:
            todo.append(RasterTodo(layer, made_from, product))
    return records, todo


def count_written(plan: Plan, outcome: Outcome) -> int:
    """Count the rasters that are written from the finished tiles, by their record and size."""
    workspace = Workspace(plan.brief.out)
    known = workspace.read_json(RASTERS_JSON)
    count, lie = 0, origins(plan.brief)
    for layer in plan.layers:
        path, record = workspace.rasters / f"{layer.name}.tif", known.get(layer.name, {})
        made_from = _made_from(layer, lie[layer.name].product, plan, outcome)
        if record.get("made_from") == made_from and path.is_file():
            count += path.stat().st_size == record.get("size")
    return count


def write_rasters(
    client: Any,
    plan: Plan,
    outcome: Outcome,
    todo: Sequence[RasterTodo],
    records: Records,
    watcher: Watcher,
) -> None:
    """Write rasters on the workers; each is recorded as it is done.

    Parameters
    ----------
    client : dask client
    plan, outcome
        What was to be done, and what was.
    todo : sequence of RasterTodo
    records : dict
        Changed in place.
    watcher : Watcher

    Raises
    ------
    DiskFullError
    """
    workspace = Workspace(plan.brief.out)
    told, where = tell(plan.brief, workspace), places(plan, outcome)
    watcher.begin("rasters", len(plan.layers), len(records))
    futures = {}
    for group in _groups(todo, plan.workers):
        wanted = [(str(_path(workspace, one)), one.layer) for one in group]
        product = group[0].product
        finished = _finished(product, plan, outcome)
        there = [place for place in where if place[0] in finished]
        futures[client.submit(_raster_task, wanted, product, told, there, pure=False)] = group
    for batch in batches(client, futures):
        for future, _ in batch:
            for one, (size, sha256) in zip(futures[future], future.result(), strict=True):
                record = {"made_from": one.made_from, "size": size, "sha256": sha256}
                records[one.layer.name] = record
                watcher.advance("rasters", None)
        text = json.dumps(records, sort_keys=True, indent=1)
        write_whole(workspace.work / RASTERS_JSON, text + "\n")


def _path(workspace: Workspace, one: RasterTodo) -> Path:
    """Return where a raster will be."""
    return workspace.rasters / f"{one.layer.name}.tif"
