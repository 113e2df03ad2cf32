"""One task: read a tile's days once, let every product observe them, sum every zone.

It runs in a worker. It knows the brief and one tile; dask is not known here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from landcover.engine.brief import Brief, SeriesItem, TileTask, Work
from landcover.engine.epochs import Epoch, Step, cut_days, epochs, rooms, spans_held, steps
from landcover.engine.held import Counts, Memory, Rows, Together
from landcover.engine.layer_sums import EPOCH_DAY, LayerItem, layer_items, layer_sums
from landcover.engine.platform import keep_freed_memory, peak_bytes
from landcover.engine.results import ResultWriter
from landcover.engine.workspace import Entry, Workspace
from landcover.errors import WorkerError
from landcover.files import replacing, sha256_of
from landcover.kernels import sums, zonal
from landcover.kernels.sums import ZoneSums
from landcover.model import MISSING, REFLECTANCE_SCALE, Failure, Layer, Zone
from landcover.products.base import Span
from landcover.raster.ahead import looking_ahead
from landcover.raster.area import lattice_of, pixel_area_m2
from landcover.raster.cache import BlockCache
from landcover.raster.cover import Cover, cover
from landcover.raster.remote import rest as rest_network
from landcover.raster.remote import use
from landcover.raster.source import Reads, environment
from landcover.raster.stack import DayRows, Reader, days_of, quantity

__all__ = [
    "begin_run",
    "each",
    "pool_epochs",
    "pool_reader",
    "pools_of",
    "promised",
    "rest",
    "run_tile",
    "whole_of",
    "zone_key",
]

_Result = TypeVar("_Result")

_cache = BlockCache(0)
"""Decoded mask blocks of this process: neighbouring tiles need the same ones."""

_memory = Memory()
"""What the last tile's rows lay in: the next tile's are as large."""

_run_token = ""
"""The run that the blocks above were decoded for."""


def zone_key(zone: Zone) -> str:
    """Name a zone once and for all: its group and id."""
    return f"{zone.group}/{zone.id}"


@dataclass(slots=True)
class _Clock:
    """Seconds spent on each part of a tile."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Time a part."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


@dataclass(slots=True)
class _Bench:
    """The workbench of one tile: what is made once and used by every epoch."""

    brief: Brief
    task: TileTask
    cover: Cover
    area: npt.NDArray[np.float64]
    inside: npt.NDArray[np.bool_]
    reads: Reads
    clock: _Clock
    writer: ResultWriter
    sums: list[ZoneSums]
    failures: list[Failure]
    layers: Mapping[str, Layer]
    items: tuple[LayerItem, ...] = ()
    beyond_px: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X) of the tile."""
        return self.task.tile.grid.shape

    def summed(self, item: SeriesItem, values: npt.NDArray[np.float32], day: date) -> ZoneSums:
        """Sum one plane over the tile's zones."""
        number = day.toordinal() - EPOCH_DAY
        return zonal.accumulate(
            values, self.area, self.cover.pieces, item.bins, item.number, number
        )


def pool_reader(
    brief: Brief, task: TileTask, pool: tuple[str, ...], inside: npt.NDArray[np.bool_], reads: Reads
) -> Reader:
    """Make the reader of a pool: what its works and series want of each day of a tile."""
    works = [work for work in brief.works if work.pool == pool]
    names = {name for work in works for name in work.need.quantities}
    names |= {item.index for item in brief.series if item.pool == pool}
    groups = {frozenset(work.need.bands) for work in works}
    return Reader(
        task.tile.id,
        task.tile.grid,
        brief.rules,
        tuple(quantity(name, brief.bands(pool)) for name in sorted(names)),
        tuple(sorted(groups, key=sorted)),
        inside,
        reads,
        _cache,
    )


@dataclass(frozen=True, slots=True)
class _Pool:
    """Sources that are read together on one tile: their reader, and who sums each of its days.

    `reach` is told which of all the pool's days is being read, so that later ones are fetched
    ahead: those of the next epoch, too, or each epoch would begin with waiting.
    """

    reader: Reader
    dated: tuple[SeriesItem, ...]
    reach: Callable[[int], None]


def _read_step(bench: _Bench, pool: _Pool, step: Step, first: int, together: Together) -> None:
    """Read a step's days with the task's own threads; sum zones while a row is warm.

    `first` is the number of its first day among the pool's.
    """
    rows, counts, threads = together.rows, together.counts, bench.brief.threads
    lanes: SimpleQueue[int] = SimpleQueue()
    for lane in range(threads):
        lanes.put(lane)

    def one(number: int) -> tuple[DayRows, list[ZoneSums]]:
        pool.reach(first + number)
        day, lane = step.days[number], lanes.get()
        try:
            of_day = pool.reader.read(
                day, lambda wanted: rows.row(wanted, number, lane), counts.asks(day.date)
            )
            read = counts.add(of_day)
            planes = ((item, _plane(read.values[item.index])) for item in pool.dated if read.seen)
            made = [bench.summed(item, plane, day.told) for item, plane in planes]
        finally:
            lanes.put(lane)  # only now: a day that is not held lies in its row
        return replace(read, values={}), made

    days = [day.date for day in step.days]
    rows.lay(days)
    results = each(one, range(len(days)), threads)
    for read, made in results:
        bench.sums += made
        bench.failures += read.failures
        bench.beyond_px += read.beyond_px
    together.saw(step.days, [n for n, (read, _) in enumerate(results) if read.seen])


def each(work: Callable[[int], _Result], numbers: Sequence[int], threads: int) -> list[_Result]:
    """Do something for each number, in threads of the task's own."""
    if min(threads, len(numbers)) <= 1:
        return [work(number) for number in numbers]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, numbers))


def _plane(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return a row as float32: bands become reflectance, NaN where missing."""
    if values.dtype == np.float32:
        return values
    plane = values.astype(np.float32) / np.float32(REFLECTANCE_SCALE)
    plane[values == MISSING] = np.nan
    return plane


def _observe(bench: _Bench, work: Work, span: Span, held: Together) -> None:
    """Let a product make its layers of one span."""
    stack = held.stack(span, work.need.quantities, work.need.bands, work.need.cuts)
    made = work.product.observe(work.settings, bench.brief.context, stack)
    for name, planes in made.items():
        bench.writer.layer(bench.layers[name], planes)
        of_zones = (bench.area, bench.cover.pieces)
        bench.sums += layer_sums(bench.items, bench.layers[name], planes, *of_zones)


def _sum_span(bench: _Bench, item: SeriesItem, span: Span, held: Together) -> None:
    """Sum the median of one span over the zones: a month's or a year's row."""
    plane = held.median(span, item.index)
    if plane is None:
        return
    if not quantity(item.index, bench.brief.bands(item.pool)).floating:
        plane = plane / np.float32(REFLECTANCE_SCALE)
    bench.sums.append(bench.summed(item, plane, span.period.start))


def _dated(brief: Brief, pool: tuple[str, ...]) -> list[SeriesItem]:
    """List the series of a pool that have a row for each date."""
    return [item for item in brief.series if item.pool == pool and not item.spans]


def pool_epochs(brief: Brief, task: TileTask, pool: tuple[str, ...]) -> Sequence[Epoch]:
    """Return the days of a pool that are read of a tile, epoch by epoch."""
    scenes = [brief.scenes[number] for number in task.scenes]
    days = days_of((scene for scene in scenes if scene.source in pool), task.tile.grid, pool)
    held = spans_held(brief.works, brief.series, pool)
    days = cut_days(days, held, brief.rules[pool[0]].sensor.day_span)
    return epochs(days, held, bool(_dated(brief, pool)))


def _run_pool(bench: _Bench, sources: tuple[str, ...]) -> None:
    """Go through a pool's scenes epoch by epoch."""
    brief, task = bench.brief, bench.task
    reader = pool_reader(brief, task, sources, bench.inside, bench.reads)
    cut = pool_epochs(brief, task, sources)
    held = rooms([one.name for one in reader.quantities], cut)
    rows = Rows.empty(reader.quantities, held, bench.shape, brief.threads, _memory)
    days, first = [day for epoch in cut for day in epoch.days], 0
    with looking_ahead(reader, days) as reach:
        pool = _Pool(reader, tuple(_dated(brief, sources)), reach)
        for epoch in cut:
            _run_epoch(bench, pool, epoch, first, rows)
            first += len(epoch.days)


def _run_epoch(bench: _Bench, pool: _Pool, epoch: Epoch, first: int, rows: Rows) -> None:
    """Read an epoch's days step by step; products observe the spans that end with each."""
    brief, days = bench.brief, [day.date for day in epoch.days]
    together = Together(rows, Counts(), bench.inside, brief.threads)
    _, *place = lattice_of(bench.task.tile.grid)
    together.place = (place[0], place[1])
    rows.begin(epoch.held)
    for step in steps(epoch):
        with bench.clock.part("read"):
            together.count(brief.works, epoch, step, days)
            _read_step(bench, pool, step, first, together)
            first += len(step.days)
        for held in step.held:
            if held.kind == "work":
                work = brief.works[held.number]
                with bench.clock.part(work.product.name):
                    _observe(bench, work, held.span, together)
            else:
                with bench.clock.part("series"):
                    _sum_span(bench, brief.series[held.number], held.span, together)
        together.end(step.end)


def pools_of(brief: Brief) -> list[tuple[str, ...]]:
    """Return every pool of sources once, in order."""
    pools = [work.pool for work in brief.works] + [item.pool for item in brief.series]
    return sorted(set(pools))


def _setup(brief: Brief, task: TileTask, writer: ResultWriter, clock: _Clock) -> _Bench:
    """Lay the zones on the tile."""
    with clock.part("zones"):
        zones = [(place, brief.zones[number].geometry) for place, number in enumerate(task.zones)]
        laid = cover(task.tile.grid, zones)
        area = pixel_area_m2(task.tile.grid)
    inside = laid.inside()
    layers = {layer.name: layer for layer in promised(brief)}
    return _Bench(
        brief, task, laid, area, inside, Reads(), clock, writer, [], [], layers, layer_items(brief)
    )


def whole_of(brief: Brief, task: TileTask) -> ZoneSums:
    """Return the whole weight of a tile's zones, numbered as in the brief; nothing is read.

    A tile that could not be made still counts in its zones' whole area: what was not
    observed must not raise a clear fraction.
    """
    zones = [(number, brief.zones[number].geometry) for number in task.zones]
    laid = cover(task.tile.grid, zones)
    return zonal.whole(pixel_area_m2(task.tile.grid), laid.pieces)


def promised(brief: Brief) -> list[Layer]:
    """List every layer that a tile's task makes, in the products' order."""
    return [layer for work in brief.works for layer in work.observed(brief.context)]


def _compute(brief: Brief, task: TileTask, writer: ResultWriter, clock: _Clock) -> _Bench:
    """Do the whole of a tile's work; its arrays go to the writer as they are made."""
    bench = _setup(brief, task, writer, clock)
    with environment():
        for pool in pools_of(brief):
            _run_pool(bench, pool)
    with clock.part("sums"):
        bench.sums.append(zonal.whole(bench.area, bench.cover.pieces))
        keys = [zone_key(brief.zones[number]) for number in task.zones]
        writer.sums(sums.merge(sums.concatenate(bench.sums)), keys)
    return bench


def _tally(reads: Reads, beyond_px: int) -> Mapping[str, int]:
    """Return the numbers of a tally, and of pixels beyond what their bands can hold."""
    return {
        "opened": reads.opened,
        "value_blocks": reads.value_blocks,
        "mask_blocks": reads.mask_blocks,
        "stored_bytes": reads.stored_bytes,
        "decoded_bytes": reads.decoded_bytes,
        "beyond_px": beyond_px,
    }


def run_tile(brief: Brief, task: TileTask, current: Callable[[], bool] = lambda: True) -> Entry:
    """Make one tile's result: a file written whole or not at all.

    Parameters
    ----------
    brief : Brief
    task : TileTask
    current : callable
        Whether the folder still belongs to this run; else nothing is left in it.

    Returns
    -------
    Entry
        The manifest's line for it, not yet written.

    Raises
    ------
    DiskFullError
        The result does not fit on the disk.
    WorkerError
        Another run has taken over the folder.
    """
    workspace = Workspace(brief.out)
    _cache.resize(brief.cache_bytes)
    use(replace(brief.reach, connections=brief.connections))
    clock = _Clock()
    path = workspace.tile_file(task.tile.id)
    with replacing(path) as part:
        writer = ResultWriter(part)
        try:
            bench = _compute(brief, task, writer, clock)
        finally:
            writer.close()
        with clock.part("hash"):
            size, sha256 = part.stat().st_size, sha256_of(part)
        if not current():
            raise WorkerError(str(path), "another run has taken over the folder", "Let it finish")
    return Entry(
        task.tile.id,
        size,
        sha256,
        task.fingerprint,
        dict(task.parts),
        {name: round(seconds, 4) for name, seconds in clock.seconds.items()},
        _tally(bench.reads, bench.beyond_px),
        peak_bytes(),
        tuple(bench.failures),
    )


def begin_run(token: str) -> None:
    """Forget the decoded masks of an earlier run: its files may have been replaced since."""
    global _run_token
    if token != _run_token:
        rest()
        keep_freed_memory()
        _run_token = token


def rest() -> None:
    """Give back what is kept from tile to tile: no tile is coming, or those of another run."""
    _cache.resize(0)
    rest_network()
    _memory.keep(())
