"""What a worker does after the tiles: it summarises stored layers, or settles a tile of them.

It knows the brief and one task; dask is not known here. No scene is read.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from landcover.engine.brief import Brief, Work
from landcover.engine.chosen import chosen_zones
from landcover.engine.platform import peak_bytes
from landcover.engine.results import ResultWriter, read_arrays
from landcover.engine.stored import Outlook, entry_name, read_stored
from landcover.engine.telling import Told, current, recall
from landcover.engine.tile import rest, zone_key
from landcover.engine.turns import one_at_a_time
from landcover.engine.workspace import Entry, SettledSpace
from landcover.errors import WorkerError
from landcover.files import replacing, sha256_of
from landcover.kernels import sums, zonal
from landcover.kernels.sums import Bins, ZoneSums
from landcover.model import Tile
from landcover.products.base import Learn, Settle, Settled, Stored, Summary
from landcover.raster.area import pixel_area_m2
from landcover.raster.cover import cover

__all__ = [
    "LEARNT",
    "Cost",
    "SettleTask",
    "learn_task",
    "learning",
    "seen_in",
    "settle_task",
    "settling",
    "work_of",
]

LEARNT = "learnt"
"""Names a product's model among its settled tiles; no tile is called so."""

_HALF = 0.5
"""Codes are whole numbers: each in the middle of a bin of width 1."""


@dataclass(frozen=True, slots=True)
class SettleTask:
    """One tile that a product settles: what it sees, and the hash of the model that it uses."""

    tile: Tile
    product: str
    outlook: Outlook
    zones: tuple[int, ...]
    model: str
    fingerprint: str
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cost:
    """What work took: seconds, and the most memory its process had held by then (bytes)."""

    seconds: float = 0.0
    peak_bytes: int = 0

    def __add__(self, other: Cost) -> Cost:
        """Add times; of peaks the higher one counts."""
        return Cost(self.seconds + other.seconds, max(self.peak_bytes, other.peak_bytes))

    @classmethod
    def since(cls, begun: float) -> Cost:
        """Return what was taken since a `time.perf_counter`."""
        return cls(time.perf_counter() - begun, peak_bytes())


def work_of(brief: Brief, product: str) -> Work:
    """Return the work of a product."""
    return next(work for work in brief.works if work.name == product)


def learning(work: Work) -> Learn:
    """Return how a product learns; only those that do are asked."""
    if work.product.learn is None:
        raise LookupError(f"{work.name} does not learn")
    return work.product.learn


def settling(work: Work) -> Settle:
    """Return how a product settles; only those that do are asked."""
    if work.product.settle is None:
        raise LookupError(f"{work.name} does not settle")
    return work.product.settle


def _model(brief: Brief, product: str, sha256: str) -> Summary:
    """Load what a product learnt; nothing where it does not learn."""
    if not sha256:
        return {}
    path = SettledSpace(brief.out).tile_file(entry_name(product, LEARNT))
    if sha256_of(path) != sha256:
        raise WorkerError(str(path), "is not the one this run wrote", "Run again")
    return read_arrays(path)


def _summarise(brief: Brief, product: str, outlooks: Sequence[Outlook]) -> Summary:
    """Say what some tiles tell together."""
    work = work_of(brief, product)
    learn = learning(work)
    names = learn.reads(work.settings, brief.context)
    chosen = learn.zones(work.settings)
    told = (
        learn.summarise(work.settings, brief.context, seen_in(brief, outlook, chosen, stored))
        for outlook in outlooks
        for stored in (read_stored(brief, outlook, names, {}),)
    )
    return reduce(learn.merge, told)


def seen_in(brief: Brief, outlook: Outlook, chosen: Sequence[str], stored: Stored) -> Stored:
    """Leave only the pixels of the chosen zones inside; all, where none are named."""
    if not chosen:
        return stored
    own = chosen_zones(brief.zones, chosen)
    zones = [(n, brief.zones[n].geometry) for n in outlook.zones if n in own]
    return replace(stored, inside=cover(stored.grid, zones).inside())


def learn_task(told: Told, product: str, outlooks: Sequence[Outlook]) -> tuple[Summary, Cost]:
    """Summarise some tiles in a worker; one task at a time in a process, as memory is planned."""
    with one_at_a_time:
        rest()
        begun = time.perf_counter()
        return _summarise(recall(told), product, outlooks), Cost.since(begun)


def _code_sums(brief: Brief, task: SettleTask, work: Work, made: Settled) -> ZoneSums:
    """Sum the true area of each code over the tile's zones, one series a name."""
    settle = settling(work)
    codes = settle.codes(work.settings, brief.context)
    if not codes:
        return ZoneSums.empty()
    zones = [(place, brief.zones[number].geometry) for place, number in enumerate(task.zones)]
    pieces = cover(task.tile.grid, zones).pieces
    area = pixel_area_m2(task.tile.grid)
    parts = []
    for number, (name, count) in enumerate(codes.items()):
        plane = made.codes[name].astype(np.float32)
        plane[plane < 0] = np.nan
        bins = Bins(-_HALF, count - _HALF, 1.0)
        parts.append(zonal.accumulate(plane, area, pieces, bins, number, 0))
    return sums.merge(sums.concatenate(parts))


def _settle(brief: Brief, task: SettleTask, writer: ResultWriter) -> None:
    """Settle one tile; its layers and sums go to the writer."""
    work = work_of(brief, task.product)
    settle = settling(work)
    names = settle.reads(work.settings, brief.context)
    model = _model(brief, task.product, task.model)
    stored = read_stored(brief, task.outlook, names, model)
    made = settle.settle(work.settings, brief.context, stored)
    for layer in settle.layers(work.settings, brief.context):
        writer.layer(layer, made.layers[layer.name])
    keys = [zone_key(brief.zones[number]) for number in task.zones]
    writer.sums(_code_sums(brief, task, work, made), keys)


def _settle_tile(brief: Brief, task: SettleTask, told: Told) -> Entry:
    """Make one settled tile: a file written whole or not at all."""
    name = entry_name(task.product, task.tile.id)
    path, begun = SettledSpace(brief.out).tile_file(name), time.perf_counter()
    with replacing(path) as part:
        writer = ResultWriter(part)
        try:
            _settle(brief, task, writer)
        finally:
            writer.close()
        size, sha256 = part.stat().st_size, sha256_of(part)
        if not current(told):
            raise WorkerError(str(path), "another run has taken over the folder", "Let it finish")
    parts, cost = dict(task.parts), Cost.since(begun)
    seconds = {"settle": round(cost.seconds, 3)}
    return Entry(name, size, sha256, task.fingerprint, parts, seconds, peak_bytes=cost.peak_bytes)


def settle_task(told: Told, tasks: Sequence[SettleTask]) -> list[Entry]:
    """Settle tiles in a worker; one task at a time in a process, as memory is planned."""
    with one_at_a_time:
        rest()
        return [_settle_tile(recall(told), task, told) for task in tasks]
