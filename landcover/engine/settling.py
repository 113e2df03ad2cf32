"""After the tiles: learning what the whole job tells, and settling stored layers.

Only layers that tiles left are read here, never a scene. What stands is left alone: a model or
a settled tile is made again when a byte changed of what it was made from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.engine.brief import Brief, TileTask, Work
from landcover.engine.chosen import chosen_zones
from landcover.engine.collect import collect, told_of
from landcover.engine.fingerprint import (
    changed_parts,
    digest,
    learning_digest,
    settling_digest,
    zone_digests,
)
from landcover.engine.outcome import Outcome, Watcher
from landcover.engine.plan import Plan
from landcover.engine.results import ResultWriter
from landcover.engine.settle_task import (
    LEARNT,
    Cost,
    SettleTask,
    learn_task,
    learning,
    settle_task,
    settling,
    work_of,
)
from landcover.engine.stored import (
    Origin,
    Outlook,
    Piece,
    Window,
    entry_name,
    origins,
    window_around,
)
from landcover.engine.telling import Told, recall, tell
from landcover.engine.workspace import Entry, SettledSpace, Workspace
from landcover.files import replacing, sha256_of
from landcover.products import PRODUCTS
from landcover.products.base import Summary

__all__ = ["settle_tiles"]

SUMMARY_TILES = 8
"""Tiles whose summaries one task merges (count): fewer go through the scheduler."""


@dataclass(slots=True)
class _Hall:
    """What all products' learning and settling share: finished tiles and where layers lie."""

    plan: Plan
    outcome: Outcome
    space: SettledSpace
    known: Mapping[str, Entry]
    origins: Mapping[str, Origin]
    zones: list[str]
    tasks: list[TileTask]
    rects: npt.NDArray[np.int64]

    @property
    def brief(self) -> Brief:
        """The plan's."""
        return self.plan.brief

    def outlook(self, task: TileTask, names: Sequence[str], halo_px: int) -> Outlook:
        """Say what the task of one tile sees."""
        window = window_around(task.tile, halo_px, self.brief.grid)
        near = [self.tasks[number] for number in self._meeting(window)] if halo_px else [task]
        zones = sorted({number for one in near for number in one.zones})
        return Outlook(window, tuple(self._pieces(near, names)), tuple(zones))

    def _meeting(self, window: Window) -> list[int]:
        """Return the numbers of the tiles that have pixels in a window."""
        (rows, columns), (top, left, bottom, right) = window.shape, self.rects.T
        meets = (top < window.row + rows) & (bottom > window.row)
        meets &= (left < window.column + columns) & (right > window.column)
        return [int(number) for number in np.flatnonzero(meets)]

    def _pieces(self, near: Sequence[TileTask], names: Sequence[str]) -> Iterator[Piece]:
        """List the files that hold the layers, as far as they are finished."""
        files: dict[str, list[str]] = {}
        for name in names:
            if name in self.origins:
                files.setdefault(self.origins[name].product, []).append(name)
        for one in near:
            for product, own in files.items():
                entries = self.outcome.settled if product else self.outcome.entries
                entry = entries.get(entry_name(product, one.tile.id))
                if entry is not None:
                    yield Piece(one.tile, product, tuple(own), entry.sha256)

    def stands(self, name: str, fingerprint: str) -> Entry | None:
        """Return the entry of what was made before of the very same."""
        proven = self.outcome.settled.get(name)
        if proven is not None and proven.fingerprint == fingerprint:
            return proven  # a look at what stands came first: no file is hashed twice
        entry = self.known.get(name)
        if entry is None or entry.fingerprint != fingerprint or not self.space.intact(entry):
            return None
        return entry


def _hall(plan: Plan, outcome: Outcome) -> _Hall:
    """Look at what there is."""
    tasks = sorted(
        (task for task in plan.tasks if task.tile.id in outcome.entries),
        key=lambda task: (task.tile.row, task.tile.column),
    )
    space = SettledSpace(plan.brief.out)
    tiles = [task.tile for task in tasks]
    rects = [(t.row, t.column, t.row + t.grid.shape[0], t.column + t.grid.shape[1]) for t in tiles]
    known, zones = space.entries(), zone_digests(plan.brief)
    return _Hall(plan, outcome, space, known, origins(plan.brief), zones, tasks, np.array(rects))


def _ordered(brief: Brief) -> list[Work]:
    """Return the works in the order of the products' table, which is that of `after`."""
    rank = {name: number for number, name in enumerate(PRODUCTS)}
    return sorted(brief.works, key=lambda work: rank.get(work.name, len(rank)))


def _pieces_digest(outlook: Outlook) -> str:
    """Hash the stored layers that a task sees."""
    return digest([[one.tile.id, one.product, one.names, one.sha256] for one in outlook.pieces])


def _settle_tasks(hall: _Hall, work: Work, model: str) -> Iterator[SettleTask]:
    """Say what settling each tile takes."""
    settle, brief = settling(work), hall.brief
    names = settle.reads(work.settings, brief.context)
    halo_px = settle.halo_px(work.settings, brief.context, brief.grid)
    model = model if settle.uses_model else ""
    shared = {"product": settling_digest(work, brief.context), "model": digest(model)}
    for task in hall.tasks:
        outlook = hall.outlook(task, names, halo_px)
        window = outlook.window
        parts = {
            **shared,
            "layers": _pieces_digest(outlook),
            "zones": digest([hall.zones[number] for number in outlook.zones]),
            "own_zones": digest([hall.zones[number] for number in task.zones]),
            "grid": digest([task.parts["grid"], window.shape, str(window.core)]),
        }
        yield SettleTask(task.tile, work.name, outlook, task.zones, model, digest(parts), parts)


# --- on the cluster ---------------------------------------------------------------------------


def _write_model(
    hall: _Hall, name: str, model: Summary, parts: Mapping[str, str], cost: Cost
) -> Entry:
    """Keep what was learnt, and what it took."""
    path = hall.space.tile_file(name)
    with replacing(path) as part:
        writer = ResultWriter(part)
        writer.arrays(model)
        writer.close()
        size, sha256 = part.stat().st_size, sha256_of(part)
    seconds = {"learn": round(cost.seconds, 3)}
    entry = Entry(name, size, sha256, digest(parts), parts, seconds, peak_bytes=cost.peak_bytes)
    hall.space.record(entry)
    return entry


def _told_by_all(
    client: Any, told: Told, product: str, outlooks: Sequence[Outlook]
) -> tuple[Summary, Cost]:
    """Summarise every tile on the workers, and merge in order of place.

    A worker keeps what a future holds, so each is let go of as soon as it is read.
    """
    work = work_of(recall(told), product)
    learn = learning(work)
    groups = [
        outlooks[start : start + SUMMARY_TILES] for start in range(0, len(outlooks), SUMMARY_TILES)
    ]
    futures = deque(client.submit(learn_task, told, product, own, pure=False) for own in groups)
    merged, cost = told_of(client, futures.popleft(), f"learn {product}")
    while futures:
        summary, own_cost = told_of(client, futures.popleft(), f"learn {product}")
        merged, cost = learn.merge(merged, summary), cost + own_cost
    return merged, cost


def _learn(hall: _Hall, work: Work, client: Any, told: Told | None, watcher: Watcher) -> str | None:
    """Return the hash of what a product learnt, learning it where it does not stand.

    Empty where the product does not learn; None where it would have to and nobody is there.
    """
    learn, brief = work.product.learn, hall.brief
    if learn is None:
        return ""
    names = learn.reads(work.settings, brief.context)
    chosen = chosen_zones(brief.zones, learn.zones(work.settings))
    outlooks = [hall.outlook(task, names, 0) for task in hall.tasks]
    parts = {
        "product": learning_digest(work, brief.context),
        "layers": digest([_pieces_digest(one) for one in outlooks]),
        "zones": digest([[hall.zones[number] for number in one.zones] for one in outlooks]),
        "chosen": digest([hall.zones[number] for number in sorted(chosen)]),
    }
    name = entry_name(work.name, LEARNT)
    entry = hall.stands(name, digest(parts))
    if entry is None:
        if told is None:
            return None
        watcher.begin(f"learn {work.name}", 1, 0)
        summary, cost = _told_by_all(client, told, work.name, outlooks)
        model = learn.finish(work.settings, brief.context, summary)
        entry = _write_model(hall, name, model, parts, cost)
        watcher.advance(f"learn {work.name}", None)
    hall.outcome.settled[name] = entry
    return entry.sha256


def _say_why(todo: Sequence[SettleTask], hall: _Hall, watcher: Watcher) -> None:
    """Say why tiles that were settled once are settled again."""
    reasons: dict[str, int] = {}
    for task in todo:
        entry = hall.known.get(entry_name(task.product, task.tile.id))
        if entry is not None:
            why = ", ".join(changed_parts(entry.parts, task.parts)) or "its file is damaged"
            reasons[why] = reasons.get(why, 0) + 1
    for why, count in reasons.items():
        watcher.say(f"{count} tile(s) of {todo[0].product} settled again: {why}")


def _settle_all(
    hall: _Hall, work: Work, model: str, client: Any, told: Told | None, watcher: Watcher
) -> bool:
    """Settle the tiles of one product that do not stand; False where nobody is there to do it."""
    outcome, todo = hall.outcome, []
    for task in _settle_tasks(hall, work, model):
        name = entry_name(work.name, task.tile.id)
        entry = hall.stands(name, task.fingerprint)
        if entry is None:
            todo.append(task)
        else:
            outcome.settled[name] = entry
    if todo and told is None:
        outcome.unsettled[work.name] = len(todo)
    if not todo or told is None:
        return not todo
    _say_why(todo, hall, watcher)
    step = f"settle {work.name}"
    watcher.begin(step, len(hall.tasks), len(hall.tasks) - len(todo))
    futures = {client.submit(settle_task, told, (one,), pure=False): (one,) for one in todo}
    made = Outcome(outcome.settled, outcome.lost)
    collect(client, futures, hall.space, made, watcher, step)
    return True


def _settled(hall: _Hall, work: Work, client: Any, told: Told | None, watcher: Watcher) -> bool:
    """Learn and settle one product; False where nobody is there to do it."""
    model, settle = _learn(hall, work, client, told, watcher), work.product.settle
    if settle is None:
        return model is not None
    if model is None and settle.uses_model:
        # what it would learn is not known, so that no tile can be proven to be of it
        hall.outcome.unsettled[work.name] = len(hall.tasks)
        return False
    return _settle_all(hall, work, model or "", client, told, watcher) and model is not None


def settle_tiles(plan: Plan, outcome: Outcome, watcher: Watcher, client: Any = None) -> bool:
    """Learn and settle, product by product in the order of `after`; what stands is left alone.

    Parameters
    ----------
    plan : Plan
    outcome : Outcome
        Its finished tiles; what stands or is made is added to `settled`.
    watcher : Watcher
    client : dask client, optional
        Left out, nothing is made: it is only told what stands, and `unsettled` counts the rest.

    Returns
    -------
    bool
        Whether everything is there.

    Raises
    ------
    DiskFullError, WorkerError, KeyboardInterrupt
        What was finished is recorded.
    """
    outcome.unsettled.clear()
    works = [work for work in _ordered(plan.brief) if work.product.settle or work.product.learn]
    if not works or not outcome.entries:
        return True
    hall = _hall(plan, outcome)
    told = None if client is None else tell(plan.brief, Workspace(plan.brief.out))
    # one after the other, none left out: without a client what stands of each is told
    whole = [_settled(hall, work, client, told, watcher) for work in works]
    return all(whole)
