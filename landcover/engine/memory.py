"""How much memory a tile takes at its peak, reckoned before it runs.

Counts of bytes from shapes alone: nothing is allocated here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from landcover.engine.brief import SeriesItem, Work
from landcover.engine.epochs import Epoch, Held, Room, cut_days, epochs, rooms, spans_held, steps
from landcover.engine.held import BYTE_DAYS, rows_of
from landcover.model import Band, Grid, Period
from landcover.products.base import Context
from landcover.products.spans import spans
from landcover.raster.stack import Day, Quantity, quantity
from landcover.raster.view import ReadRule

__all__ = [
    "CACHE_BYTES",
    "CLIENT_BYTES",
    "REMOTE_BYTES",
    "WORKER_BYTES",
    "PoolShape",
    "Rooms",
    "planes_of",
    "pool_shapes",
    "rooms_held",
    "settle_bytes",
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
"""A clear count as a product has it (bytes)."""

MASK_BYTES = 4
"""A mask read finer than the tile: as stored, spread, grown and clear (bytes a px of the mask and
thread)."""

DAY_BYTES = 28
"""Own days of a composite's pixels under work: as read, as float32, as days, and what is compared
(bytes a px and thread)."""

DN_BYTES = 2
"""A file's pixel as read (bytes)."""

MEDIAN_BYTES = 4
"""A median of a month or of a whole span (bytes)."""

AREA_BYTES = 4
"""A code whose area is summed, or which sums it (bytes)."""

WINDOW_BYTES_PER_PX = 24
"""Settling: areas (8) and what they are interpolated of (8), zone cover and masks (bytes a px)."""

Rooms = Mapping[str, Room]
"""A quantity's name -> how many days of it are held."""


@dataclass(frozen=True, slots=True)
class PoolShape:
    """What a pool holds: its quantities, masks of clear pixels, bands read at once, spans.

    `bands` counts one of 4 bytes a pixel twice. `day_span` is more than 1 where scenes are
    composites of so many days; `mask_px` is more than 0 where so many pixels of a mask lie under
    one of values that are read from overviews. `months` are the monthly medians that are kept
    while the spans of a period are observed, `medians` those of the whole period; `working` say
    what each product takes at work, for so many days.
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
    months: int = 0
    medians: int = 0
    working: tuple[Callable[[int], int], ...] = ()

    @property
    def day_bytes_per_px(self) -> int:
        """Bytes a pixel that one day takes that is held of every quantity."""
        return sum(one.itemsize for one in self.quantities)

    def count_bytes_per_px(self, held: Rooms) -> int:
        """Bytes a pixel of the counts of clear days: of all spans that are counted together.

        They are added up as bytes where these can hold them; a product gets a copy.
        """
        spans_at_once = max(map(_counted, epochs((), self.held, False)), default=0)
        days = max((room.days for room in held.values()), default=0)
        each = 1 if days <= BYTE_DAYS else COUNT_BYTES
        return each * self.masks * spans_at_once + COUNT_BYTES

    def rows_bytes_per_px(self, held: Rooms, threads: int) -> int:
        """Bytes a pixel of all rows."""
        return sum(one.itemsize * rows_of(held[one.name], threads) for one in self.quantities)

    def work_bytes_per_px(self, held: Rooms) -> int:
        """Bytes a pixel of the product that takes the most at work, beside its layers."""
        days = max((room.days for room in held.values()), default=0)
        kept = MEDIAN_BYTES * (self.months + self.medians)
        return max((take(days) for take in self.working), default=0) + kept


def _counted(epoch: Epoch) -> int:
    """Return how many spans are counted together at most, while an epoch goes its steps."""
    periods = {one.span.period for one in epoch.held if one.kind == "work"}
    return max(
        (sum(p.start < step.end and step.start < p.end for p in periods) for step in steps(epoch)),
        default=0,
    )


def pool_shapes(
    works: Sequence[Work],
    series: Sequence[SeriesItem],
    planes: Mapping[str, int],
    rules: Mapping[str, ReadRule],
    context: Context | None = None,
) -> tuple[PoolShape, ...]:
    """Say what each pool of sources holds in memory.

    Parameters
    ----------
    works, series : sequences
    planes : mapping
        Product's name -> planes of all its layers of one span: they are made together.
    rules : mapping
        Source's name -> how it is read.
    context : Context, optional
        What products reckon their own working memory with; left out, it is not counted.
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
        working = _working(mine, context, wanted, span) if context else ()
        shapes.append(
            PoolShape(
                pool,
                wanted,
                len(sets),
                loads,
                cut,
                most,
                dated,
                span,
                cells,
                _months(mine),
                _medians(cut),
                working,
            )
        )
    return tuple(shapes)


def _working(
    works: Sequence[Work], context: Context, held: Sequence[Quantity], day_span: int
) -> tuple[Callable[[int], int], ...]:
    """Return what tells each product's own working memory (bytes a px) for so many days."""
    sizes = {one.name: one.itemsize for one in held}
    found = []
    for work in works:
        joined = work.need.cuts and day_span > 1
        day_bytes = sum(sizes[name] for name in work.need.quantities) if joined else 0
        found.append(partial(_at_work, work, context, day_bytes))
    return tuple(found)


def _at_work(work: Work, context: Context, day_bytes: int, days: int) -> int:
    """Return what a product takes at work: its own, and rows that are joined to one a date."""
    return work.product.bytes_per_px(work.settings, context, days) + day_bytes * days


def _months(works: Sequence[Work]) -> int:
    """Return how many monthly medians of one period are kept at most, of all quantities."""
    names: dict[Period, set[str]] = {}
    for work in works:
        for span in work.need.spans:
            names.setdefault(span.period, set()).update(work.need.monthly)
    counts = (len(own) * len(spans("month", period)) for period, own in names.items() if own)
    return max(counts, default=0)


def _medians(held: Sequence[Held]) -> int:
    """Return how many medians of one period's quantities are kept at most."""
    names: dict[Period, set[str]] = {}
    for one in held:
        names.setdefault(one.span.period, set()).update(one.names)
    return max(map(len, names.values()), default=0)


def planes_of(work: Work, context: Context) -> int:
    """Return how many planes of layers a product has in memory at a time."""
    bands = [len(layer.bands) for layer in work.observed(context)]
    if work.product.one_by_one:
        return max(bands, default=1)
    return -(-sum(bands) // max(1, len(work.need.spans)))


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


def rooms_held(shape: PoolShape, dates: Sequence[date]) -> Rooms:
    """Return how many days of each quantity are held, for a tile seen on these dates."""
    days = cut_days([Day(day, ()) for day in dates], shape.held, shape.day_span)
    cut = epochs(days, shape.held, shape.every_day)
    return rooms([one.name for one in shape.quantities], cut)


def tile_peak_bytes(
    shapes: Sequence[PoolShape],
    pixels: int,
    held: Mapping[tuple[str, ...], Rooms],
    threads: int,
) -> int:
    """Return what a tile takes at its peak, beside its process.

    Parameters
    ----------
    shapes : sequence of PoolShape
    pixels : int
        Pixels of the tile.
    held : mapping
        Pool -> how many days of each quantity are held.
    threads : int
        Reading threads of the task.

    Returns
    -------
    int
        Bytes. Pools run one after the other, so the largest counts.
    """
    most = 0
    for shape in shapes:
        rows = shape.rows_bytes_per_px(held[shape.pool], threads)
        stack = rows + shape.count_bytes_per_px(held[shape.pool])
        float_bands = 2 * shape.bands if any(not q.pair for q in shape.quantities) else 0
        one_day = READ_BYTES_PER_PX + shape.masks + DN_BYTES * shape.bands * 2 + float_bands + 16
        one_day += DAY_BYTES if shape.day_span > 1 else 0
        one_day += MASK_BYTES * shape.mask_px
        reading = threads * one_day
        making = 6 * shape.planes + 12  # float32 planes; those of one layer twice, at work
        making += shape.work_bytes_per_px(held[shape.pool])
        most = max(most, stack + reading + making)
    return pixels * (most + FIXED_BYTES_PER_PX)


def _window_px(shape: tuple[int, int], grid: Grid, halo_px: int) -> int:
    """Count the pixels that are seen around a tile of a shape; none lie beyond the grid."""
    sides = zip(shape, grid.shape, strict=True)
    return math.prod(min(side + 2 * halo_px, whole) for side, whole in sides)


def settle_bytes(
    works: Sequence[Work], context: Context, grid: Grid, shape: tuple[int, int]
) -> int:
    """Return what learning from a tile of a shape, and settling it, take at their peak (bytes).

    Of all products; one task is at work at a time. What tiles tell is small, and merged at once.
    """
    layers = [layer for one in works for layer in (*one.observed(context), *one.settled(context))]
    sizes = {layer.name: len(layer.bands) * np.dtype(layer.dtype).itemsize for layer in layers}
    most = 0
    for work in works:
        settle, learn = work.product.settle, work.product.learn
        if learn is not None:
            read = sum(sizes.get(name, 0) for name in learn.reads(work.settings, context))
            own = WINDOW_BYTES_PER_PX + read + learn.bytes_per_px
            most = max(most, _window_px(shape, grid, 0) * own)
        if settle is None:
            continue
        halo = settle.halo_px(work.settings, context, grid)
        window = _window_px(shape, grid, halo)
        read = sum(sizes.get(name, 0) for name in settle.reads(work.settings, context))
        made = sum(sizes[layer.name] for layer in work.settled(context))
        codes = len(settle.codes(work.settings, context))
        own = WINDOW_BYTES_PER_PX + read + settle.bytes_per_px
        most = max(most, window * own + math.prod(shape) * (2 * made + AREA_BYTES * (codes + 1)))
    return most
