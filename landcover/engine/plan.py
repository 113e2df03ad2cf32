"""The plan: grid, tiles, what each tile reads, and what it all costs, before anything runs.

It reads no pixel; one header a source tells how its files are blocked, once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from landcover import __version__
from landcover.catalog.scenes import Count
from landcover.engine.blocks import layouts_of
from landcover.engine.brief import Brief, TileTask
from landcover.engine.chosen import check_chosen
from landcover.engine.estimates import Estimates, estimate
from landcover.engine.fingerprint import Digests, digest
from landcover.engine.layout import lay_zones, place_scenes, scenes_of_zones
from landcover.engine.memory import (
    CACHE_BYTES,
    CLIENT_BYTES,
    REMOTE_BYTES,
    WORKER_BYTES,
    planes_of,
    pool_shapes,
)
from landcover.engine.order import Order, check_orbits
from landcover.engine.platform import cores
from landcover.engine.reach import nearer
from landcover.engine.settings import RunSettings
from landcover.engine.spread import judge_spread
from landcover.engine.trials import Cut, Ground, Trials, sides_of
from landcover.errors import PlanError
from landcover.model import Layer, Note, Scene, Tile, Zone
from landcover.raster.coarser import coarsened
from landcover.raster.grid import anchors, choose_grid
from landcover.raster.settings import GridSettings
from landcover.raster.source import Layout
from landcover.settings import is_url

__all__ = ["Plan", "make_plan"]

REMOTE_THREADS = 16
"""Reading threads a task where files are remote: each waits for a scene's blocks once its mask is
known (measured at 100 ms on two cores: 8 read 0.7 times as fast as plain requests over 32
connections, 16 faster than those, 32 hardly faster still)."""

CORES_PER_WORKER = 2
"""Cores that one local worker's reading threads keep busy (measured on two: tiles took 2 to 8 %
less time than with two workers of one thread, and the run 1.7 GB in place of 2.8 GB)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a run will do, and what it will cost.

    `tasks` are in the order in which they run; `layers` are all that will be written.
    """

    brief: Brief
    tasks: tuple[TileTask, ...]
    layers: tuple[Layer, ...]
    workers: int
    peak_bytes: int
    tile_px: int
    layouts: Mapping[str, Layout]
    estimates: Estimates
    notes: tuple[Note, ...]

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """Every tile, in the order of the tasks."""
        return tuple(task.tile for task in self.tasks)

    @property
    def machine_bytes(self) -> int:
        """What the run takes of this machine at its peak, all processes together."""
        process = _process_bytes(self.brief.scenes)
        return CLIENT_BYTES + self.workers * (process + self.peak_bytes)


def _are_remote(scenes: Sequence[Scene]) -> bool:
    """Whether any file lies on the network."""
    return any(is_url(asset.href) for scene in scenes for asset in scene.assets.values())


def _process_bytes(scenes: Sequence[Scene]) -> int:
    """Return what a worker takes beside its tile (bytes)."""
    return WORKER_BYTES + CACHE_BYTES + (REMOTE_BYTES if _are_remote(scenes) else 0)


def _threads(settings: RunSettings, scenes: Sequence[Scene], workers: int) -> int:
    """Return the reading threads of one task."""
    if settings.threads is not None:
        return settings.threads
    return REMOTE_THREADS if _are_remote(scenes) else max(1, cores() // workers)


def _connections(settings: RunSettings, workers: int) -> int:
    """Return the connections of one process: its share of the machine's."""
    if settings.scheduler is not None:
        return settings.connections
    return max(1, settings.connections // workers)


def _budget(settings: RunSettings, scenes: Sequence[Scene], workers: int) -> int:
    """Return what one tile may take (bytes): its share of the run's memory, less its process."""
    process = _process_bytes(scenes)
    if settings.scheduler is not None:
        return settings.memory - process
    return (settings.memory - CLIENT_BYTES) // workers - process


def _memory_for(settings: RunSettings, scenes: Sequence[Scene], workers: int, peak: int) -> int:
    """Return the memory (bytes) in which tiles of this peak fit: `_budget` the other way."""
    process = _process_bytes(scenes) + peak
    return process if settings.scheduler is not None else CLIENT_BYTES + workers * process


def _worker_counts(settings: RunSettings) -> range:
    """List numbers of workers to try: as the job says, else from one for two cores down to one.

    Threads of one worker share opened files and decoded masks; its processes would not.
    """
    if settings.scheduler is not None or settings.workers is not None:
        workers = settings.workers or cores()
        return range(workers, workers - 1, -1)
    return range(-(-cores() // CORES_PER_WORKER), 0, -1)


def _choose(trials: Trials, settings: RunSettings) -> tuple[Cut, int]:
    """Choose tiles and workers: fewer workers rather than tiles smaller than a block.

    Raises
    ------
    PlanError
        Not even the smallest tile fits.
    """
    found: tuple[Cut, int] | None = None
    for workers in _worker_counts(settings):
        budget = _budget(settings, trials.ground.brief.scenes, workers)
        threads = _threads(settings, trials.ground.brief.scenes, workers)
        cut = trials.best(budget, workers, threads) if budget > 0 else None
        if cut is not None and (found is None or cut.side >= trials.block > found[0].side):
            found = cut, workers
        if found is not None and found[0].side >= trials.block:
            break
    if found is not None:
        return found
    raise _too_little(trials, settings)


def _too_little(trials: Trials, settings: RunSettings) -> PlanError:
    """Return the refusal of a plan over budget: what it takes, and what would do."""
    workers = _worker_counts(settings)[-1]
    side = trials.sides[-1]
    scenes = trials.ground.brief.scenes
    peak = trials.cut(side, _threads(settings, scenes, workers)).peak
    least = math.ceil(_memory_for(settings, scenes, workers, peak) / 1e8) / 10
    plural = "" if workers == 1 else "s"
    lower = "run.workers" if workers > 1 else "grid.tile_px"
    or_else = f"lower {lower}, or shorten the periods that are held together"
    where = "each worker" if settings.scheduler else f"{workers} worker{plural}"
    return PlanError(
        "run.memory",
        f"{settings.memory / 1e9:.1f} GB are too little: a tile of {side} pixels a side takes "
        f"{peak / 1e6:,.0f} MB, beside its process",
        f"Set run.memory to {least:.1f}GB for {where}, or "
        f"{nearer(trials.ground.brief, side, peak) or or_else}",
    )


def _tasks(cut: Cut, digests: Digests) -> tuple[TileTask, ...]:
    """Make the tasks in order of place, so that mask blocks in the caches serve neighbours."""
    made = []
    for tile, zones, scenes in zip(cut.tiles, cut.zones, cut.scenes, strict=True):
        parts = digests.parts(tile.grid, scenes, zones)
        made.append(TileTask(tile, scenes, zones, digest(parts), parts))
    return tuple(made)


def make_plan(
    order: Order,
    zones: Sequence[Zone],
    scenes: Sequence[Scene],
    grid_settings: GridSettings,
    run: RunSettings,
    out: Path,
    counts: Sequence[Count] = (),
) -> Plan:
    """Lay out a run.

    Parameters
    ----------
    order : Order
        What is to be done.
    zones : sequence of Zone
    scenes : sequence of Scene
        Sorted by time and id.
    grid_settings : GridSettings
    run : RunSettings
    out : Path
    counts : sequence of Count
        What became of every item that the catalogs list.

    Returns
    -------
    Plan

    Raises
    ------
    PlanError
        No grid, a grid that is empty for the most part and huge, more memory than the job
        grants, radar scenes of several orbits, or a resolution that overviews do not have.
    """
    check_orbits(order, scenes)
    check_chosen([(work.product, work.settings) for work in order.works], zones)
    scenes = coarsened(scenes, order.rules)
    grid, notes = choose_grid(grid_settings, zones, scenes)
    layouts = layouts_of(order, scenes, out)
    brief = Brief(
        __version__, out, grid, order.context, tuple(scenes), tuple(zones), order.rules,
        order.works, order.series, 1, CACHE_BYTES,
    )  # fmt: skip
    values = frozenset().union(*order.bands().values())
    blocks = {source: max(layout.block) for source, layout in layouts.items()}
    lattices = anchors(scenes, values - _mask_bands(order), grid, blocks)
    layers = order.layers()
    planes = {work.name: planes_of(work, order.context) for work in order.works}
    shapes = pool_shapes(order.works, order.series, planes, order.rules, order.context)
    placed = place_scenes(brief.scenes, grid)
    ground = Ground(brief, lattices, lay_zones(grid, zones), placed, shapes)
    cut, workers = _choose(Trials(ground, sides_of(lattices, grid_settings, grid)), run)
    brief = replace(
        brief,
        threads=_threads(run, scenes, workers),
        connections=_connections(run, workers),
    )
    notes += judge_spread(grid, cut.tiles, zones)
    plan = Plan(
        brief, _tasks(cut, Digests(brief)), layers, workers, cut.peak, cut.side, layouts,
        Estimates.none(), notes,
    )  # fmt: skip
    near = scenes_of_zones(ground.outlines, placed)
    costs = estimate(brief, plan.tasks, layers, layouts, order, run, counts, near)
    return replace(plan, estimates=costs)


def _mask_bands(order: Order) -> frozenset[str]:
    """Return the names of the mask bands."""
    masks = [rule.sensor.mask for rule in order.rules.values()]
    return frozenset(mask.band for mask in masks if mask is not None)
