"""Fetching what coming days will need first, so that reading threads do not wait for each file.

It knows the days of a tile, and which blocks of their masks it needs. It decodes nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from weakref import WeakSet

from landcover.errors import SceneError
from landcover.model import Scene
from landcover.raster.cache import BlockCache
from landcover.raster.coming import Begun
from landcover.raster.depot import LATER, Depot, Want
from landcover.raster.remote import depot
from landcover.raster.source import place_of
from landcover.raster.stack import Day, Reader
from landcover.raster.view import mask_near
from landcover.settings import is_url

__all__ = ["AHEAD_DAYS", "Ahead", "looking_ahead"]

AHEAD_DAYS = 24
"""Days whose first scene is fetched ahead (count). Two round trips, for directories and for
masks, are hidden where so many days take longer to read: at 100 ms, above 8 ms a day."""


def _is_held(cache: BlockCache, href: str, row: int, column: int) -> bool:
    """Whether a mask's block was decoded for a neighbouring tile."""
    return cache.get((href, row, column)) is not None


def _stay(number: int) -> None:
    """Fetch nothing ahead."""
    del number


class Ahead:
    """Begins to fetch the directories and mask blocks of the days after the one that is read.

    Only of the first scene of each day: whether the others are needed, it will tell. What is not
    on the network is left alone.

    Parameters
    ----------
    reader : Reader
    days : sequence of Day
    own : Depot
    """

    def __init__(self, reader: Reader, days: Sequence[Day], own: Depot) -> None:
        self._reader, self._days, self._depot = reader, days, own
        self._next, self._lock = 0, threading.Lock()
        self._begun: WeakSet[Begun] = WeakSet()  # what was taken is not kept for a whole tile

    def reach(self, number: int) -> None:
        """Say that the day of this number is being read."""
        with self._lock:
            first, self._next = self._next, max(self._next, number + 1 + AHEAD_DAYS)
            coming = self._days[first : self._next]
        for day in coming:
            if day.scenes:
                self._begin(day.scenes[0])

    def _begin(self, scene: Scene) -> None:
        """Begin with one scene: all of its directories, and the mask's blocks that are needed."""
        reader = self._reader
        rule = reader.rules[scene.source]
        mask = rule.sensor.mask
        asset = scene.assets.get(mask.band) if mask else None
        try:
            needs = mask_near(scene, reader.grid, rule, reader.inside) if asset else None
        except SceneError:
            needs = None  # it will be warped, piece by piece; or who reads it will say so
        if needs is not None and not needs.any:
            return
        names = [*reader.bands, *([mask.band] if mask else [])]
        for name in names:
            file = scene.assets.get(name)
            if file is not None and is_url(file.href):
                self._depot.opening(place_of(file))
        if asset is None or needs is None or not is_url(asset.href):
            return
        held = partial(_is_held, reader.cache, asset.href)
        want = Want(asset.href, needs.rect, needed=needs.needed, held=held)
        with self._lock:  # a composite that is cut by its pixels' days is read on two of them
            if any(one.href == want.href for one in self._begun):
                return
        begun = self._depot.begin(want, LATER)
        with self._lock:
            self._begun.add(begun)

    def close(self) -> None:
        """Let go of what nobody needed."""
        for one in list(self._begun):
            self._depot.drop(one)


@contextmanager
def looking_ahead(reader: Reader, days: Sequence[Day]) -> Iterator[Callable[[int], None]]:
    """Yield what is to be told which day is being read; it does nothing for local files."""
    scenes = (scene for day in days for scene in day.scenes)
    if not any(is_url(asset.href) for scene in scenes for asset in scene.assets.values()):
        yield _stay
        return
    ahead = Ahead(reader, days, depot())
    try:
        yield ahead.reach
    finally:
        ahead.close()
