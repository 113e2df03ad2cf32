"""Bringing what a run will read into a store: tiles are read as a run reads them, for nothing else.

So the blocks are those that a run asks for, whatever decides about them: masks, growth of cloud,
the mosaic of a day. It knows plans and stores. It makes no layer and no sum.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from landcover.catalog.shelf import shelf_name, write_shelf
from landcover.engine.brief import Brief, TileTask
from landcover.engine.outcome import Watcher
from landcover.engine.plan import Plan
from landcover.engine.tile import pool_epochs, pool_reader, pools_of
from landcover.model import Asset, Failure
from landcover.net.crew import Crew
from landcover.raster.ahead import looking_ahead
from landcover.raster.cover import cover
from landcover.raster.source import Reads, environment, place_of
from landcover.raster.stack import Day, Reader
from landcover.raster.store import Store
from landcover.settings import is_url

__all__ = ["Brought", "Parcel", "bring", "parcel"]


STEP = "fetch, days of tiles"
"""What progress counts: each is read once, whether it brings much or nothing."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be brought, as the plan reckons it.

    `read_bytes` is all that a run reads, `held_bytes` what the store holds of its files, `hours`
    the time for the rest at the job's bandwidth: None where it gives none.
    """

    files: int
    read_bytes: float
    held_bytes: int
    free_bytes: int
    hours: float | None

    @property
    def left_bytes(self) -> float:
        """What is still to be brought (bytes), reckoned."""
        return max(self.read_bytes - self.held_bytes, 0.0)


@dataclass(frozen=True, slots=True)
class Brought:
    """What a fetch came to.

    `brought_bytes` came over the network into the store and `held_bytes` are now held of the
    job's `files`; `changed` files had been replaced at their source, `damaged` ones on this
    machine, and were brought anew.
    """

    store: Path
    files: int
    brought_bytes: int
    held_bytes: int
    changed: tuple[str, ...]
    damaged: tuple[str, ...]
    failures: tuple[Failure, ...]

    @property
    def exit_code(self) -> int:
        """0 where all is there, 3 where some files failed."""
        return 3 if self.failures else 0


def _hrefs(plan: Plan) -> list[str]:
    """List the addresses of all files of a plan's scenes, or the names of overviews in them."""
    assets = (asset for scene in plan.brief.scenes for asset in scene.assets.values())
    return sorted({place_of(asset) for asset in assets if is_url(asset.href)})


def parcel(plan: Plan, store: Store) -> Parcel:
    """Reckon what is to be brought for a plan."""
    hrefs, costs = _hrefs(plan), plan.estimates
    held = store.held_bytes(hrefs)
    free = shutil.disk_usage(store.root).free
    share = max(1 - held / costs.read_bytes, 0.0) if costs.read_bytes else 0.0
    hours = None if costs.hours is None else costs.hours * share
    return Parcel(len(hrefs), costs.read_bytes, held, free, hours)


@dataclass(frozen=True, slots=True)
class _Round:
    """Days of a tile that are read with one reader, in order."""

    task: TileTask
    pool: tuple[str, ...]
    days: Sequence[Day]


def _rounds(brief: Brief, tasks: Iterable[TileTask]) -> Iterator[_Round]:
    """Yield all that a run would read of some tiles."""
    for task in tasks:
        for pool in pools_of(brief):
            for epoch in pool_epochs(brief, task, pool):
                if epoch.days:
                    yield _Round(task, pool, epoch.days)


def _reader(brief: Brief, one: _Round) -> Reader:
    """Make the reader that a run would make."""
    task = one.task
    zones = [(place, brief.zones[number].geometry) for place, number in enumerate(task.zones)]
    inside = cover(task.tile.grid, zones).inside()
    return pool_reader(brief, task, one.pool, inside, Reads())


def _read(
    crew: Crew, brief: Brief, rounds: Iterable[_Round], tick: Callable[[], None]
) -> Iterator[Failure]:
    """Read days of tiles, and let go of what they show; yield what cannot be read."""
    for one in rounds:
        reader, days = _reader(brief, one), one.days
        with environment(), looking_ahead(reader, days) as reach:
            asked = [
                crew.submit(partial(_look, reader, day, reach, number))
                for number, day in enumerate(days)
            ]
            for one_day in asked:
                yield from one_day.result()
                tick()


def _look(
    reader: Reader, day: Day, reach: Callable[[int], None], number: int
) -> tuple[Failure, ...]:
    """Read one day; return what cannot be read of it."""
    reach(number)
    return reader.read(day).failures


def bring(plan: Plan, store: Store, watcher: Watcher) -> Brought:
    """Bring what a run of a plan reads; what is held already is checked and stays.

    Parameters
    ----------
    plan : Plan
    store : Store
        Held for writing, and the one that this process brings to.
    watcher : Watcher
        Told how it goes, day by day of each tile.

    Raises
    ------
    DiskFullError, KeyboardInterrupt
        What was brought by then is kept.
    """
    brief = plan.brief
    tasks = plan.tasks if _hrefs(plan) else ()
    watcher.begin(STEP, sum(len(one.days) for one in _rounds(brief, tasks)), 0)
    crew = Crew(brief.threads)  # its threads do not hold up the end of a program on Ctrl-C
    try:
        failed = list(
            _read(crew, brief, _rounds(brief, tasks), lambda: watcher.advance(STEP, None))
        )
        tiles = {failure.tile for failure in failed}
        if tiles:
            watcher.say(f"{len(tiles)} tile(s) are tried again: some of their files failed")
            again = [task for task in tasks if task.tile.id in tiles]
            failed = list(_read(crew, brief, _rounds(brief, again), lambda: None))
    except BaseException:
        store.close()
        raise
    finally:
        crew.close()
    _shelve(plan, store, watcher)
    hrefs = _hrefs(plan)
    return Brought(
        store.root, len(hrefs), store.added_bytes, store.held_bytes(hrefs),
        tuple(store.changed), tuple(dict.fromkeys(store.damaged)),
        tuple(sorted(set(failed), key=lambda f: (f.scene, f.tile, f.band))),
    )  # fmt: skip


def _level(asset: Asset) -> str:
    """Name an overview's file beside that of the whole; the catalog lists whole files alone."""
    return "" if asset.overview == 1 else f"_1of{asset.overview}"


def _shelve(plan: Plan, store: Store, watcher: Watcher) -> None:
    """Write what was brought as files, and the catalog that lists them."""
    assets = [(scene, a) for scene in plan.brief.scenes for a in scene.assets.values()]
    # of some files the whole was asked for its offset, and an overview is read
    both = [(scene, one) for scene, a in assets for one in (a, replace(a, overview=1))]
    names = {place_of(one): shelf_name(scene, one) + _level(one) for scene, one in both}
    waiting = store.waiting()
    if waiting:
        watcher.begin("write files", waiting, 0)
    for _ in store.seal(names.get):
        watcher.advance("write files", None)
    write_shelf(store.root, plan.brief.scenes, store.file_of)
