"""How much memory a tile takes at its peak, reckoned before it runs.

Counts of bytes from shapes alone: nothing is allocated here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from landcover.engine.brief import SeriesItem, Work
from landcover.engine.epochs import Held, cut_days, epochs, spans_held
from landcover.model import Band
from landcover.raster.stack import Day, Quantity, quantity
from landcover.raster.view import ReadRule

__all__ = [
    "CACHE_BYTES",
    "CLIENT_BYTES",
    "REMOTE_BYTES",
    "WORKER_BYTES",
    "PoolShape",
    "days_held",
    "pool_shapes",
    "tile_peak_bytes",
]

WORKER_BYTES = 420 * 10**6
"""A worker before its first tile: interpreter, libraries, kernels, GDAL's cache (bytes, measured
on Linux with Python 3.11)."""

CLIENT_BYTES = 350 * 10**6
"""The main process with dask's scheduler (bytes, measured as above)."""

CACHE_BYTES = 128 * 10**6
"""Decoded mask blocks kept per worker (bytes): 120 blocks of 1024 x 1024 px."""

REMOTE_BYTES = 96 * 10**6
"""Directories of remote files (32 MiB), masks fetched ahead, and what is on its way over the
connections, kept per worker (bytes)."""

FIXED_BYTES_PER_PX = 24
"""Areas (8), zone cover and masks (about 6), one layer being made (8) and slack (bytes a px)."""

READ_BYTES_PER_PX = 6
"""Masks of one day under work: classes, clear, left, taken (bytes a px and thread)."""

COUNT_BYTES = 2
"""A clear count (bytes)."""

MASK_BYTES = 4
"""A mask read finer than the tile: as stored, spread, grown and clear (bytes a px of the mask and
thread)."""

DAY_BYTES = 28
"""Own days of a composite's pixels under work: as read, as float32, as days, and what is compared
(bytes a px and thread)."""

DN_BYTES = 2
"""A file's pixel as read (bytes)."""


@dataclass(frozen=True, slots=True)
class PoolShape:
    """What a pool holds: its quantities, masks of clear pixels, bands read at once, spans.

    `bands` counts one of 4 bytes a pixel twice. `day_span` is more than 1 where scenes are
    composites of so many days; `mask_px` is more than 0 where so many pixels of a mask lie under
    one of values that are read from overviews.
    """

    pool: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    masks: int
    bands: int
    held: tuple[Held, ...]
    planes: int
    every_day: bool
    day_span: int = 1
    mask_px: int = 0

    @property
    def day_bytes_per_px(self) -> int:
        """Bytes a pixel that one held day takes."""
        return sum(one.itemsize for one in self.quantities)

    @property
    def count_bytes_per_px(self) -> int:
        """Bytes a pixel of the counts of clear days: of all spans that are held together."""
        most = max((len(epoch.held) for epoch in epochs((), self.held, False)), default=0)
        return COUNT_BYTES * self.masks * most


def pool_shapes(
    works: Sequence[Work],
    series: Sequence[SeriesItem],
    planes: Mapping[str, int],
    rules: Mapping[str, ReadRule],
) -> tuple[PoolShape, ...]:
    """Say what each pool of sources holds in memory.

    Parameters
    ----------
    works, series : sequences
    planes : mapping
        Product's name -> planes of all its layers of one span: they are made together.
    rules : mapping
        Source's name -> how it is read.
    """
    pools = dict.fromkeys([work.pool for work in works] + [item.pool for item in series])
    shapes = []
    for pool in pools:
        mine = [work for work in works if work.pool == pool]
        names = {name for work in mine for name in work.need.quantities}
        names |= {item.index for item in series if item.pool == pool}
        held = rules[pool[0]].sensor.bands
        wanted = tuple(quantity(name, held) for name in sorted(names))
        bands = frozenset().union(*(one.bands for one in wanted), *(w.need.bands for w in mine))
        dated = any(item.pool == pool and not item.spans for item in series)
        most = max((planes[work.name] for work in mine), default=1)
        sets = {frozenset(work.need.bands) for work in mine} | {one.bands for one in wanted}
        cut = spans_held(works, series, pool)
        span = rules[pool[0]].sensor.day_span
        loads = sum(_load(held, band) for band in bands)
        cells = max(_mask_px(rules[source]) for source in pool)
        shapes.append(PoolShape(pool, wanted, len(sets), loads, cut, most, dated, span, cells))
    return tuple(shapes)


def _load(bands: Mapping[str, Band], name: str) -> int:
    """Return how many times `DN_BYTES` a pixel of a band takes as read: 1, or 2 for float32."""
    return max(np.dtype(bands[name].dtype).itemsize // DN_BYTES, 1) if name in bands else 1


def _mask_px(rule: ReadRule) -> int:
    """Return how many pixels of a mask lie under one of values read from overviews; 0 if none."""
    mask = rule.sensor.mask
    if rule.resolution_m is None or mask is None:
        return 0
    times = math.ceil(rule.resolution_m / rule.sensor.bands[mask.band].resolution_m)
    return times**2 if times > 1 else 0


def days_held(shape: PoolShape, dates: Sequence[date]) -> int:
    """Return the most days that are held together, for a tile seen on these dates."""
    days = cut_days([Day(day, ()) for day in dates], shape.held, shape.day_span)
    cut = epochs(days, shape.held, shape.every_day)
    return max((len(epoch.days) for epoch in cut), default=0)


def tile_peak_bytes(
    shapes: Sequence[PoolShape], pixels: int, held: Mapping[tuple[str, ...], int], threads: int
) -> int:
    """Return what a tile takes at its peak, beside its process.

    Parameters
    ----------
    shapes : sequence of PoolShape
    pixels : int
        Pixels of the tile.
    held : mapping
        Pool -> most days held together.
    threads : int
        Reading threads of the task.

    Returns
    -------
    int
        Bytes. Pools run one after the other, so the largest counts.
    """
    most = 0
    for shape in shapes:
        stack = held[shape.pool] * shape.day_bytes_per_px + shape.count_bytes_per_px
        float_bands = 2 * shape.bands if any(not q.pair for q in shape.quantities) else 0
        one_day = READ_BYTES_PER_PX + shape.masks + DN_BYTES * shape.bands * 2 + float_bands + 16
        one_day += DAY_BYTES if shape.day_span > 1 else 0
        one_day += MASK_BYTES * shape.mask_px
        reading = threads * one_day
        making = 6 * shape.planes + 12  # float32 planes; those of one layer twice, at work
        most = max(most, stack + reading + making)
    return pixels * (most + FIXED_BYTES_PER_PX)
