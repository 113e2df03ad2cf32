"""What every worker must know of a run, and what one tile's task adds to it.

Plain picklable nouns. Nothing is read or computed here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from landcover.kernels.sums import Bins
from landcover.model import Band, Grid, Layer, Scene, Tile, Zone
from landcover.products.base import Context, Need, Product, Span
from landcover.raster.remote import Reach, current
from landcover.raster.view import ReadRule
from landcover.settings import Settings

__all__ = ["Brief", "SeriesItem", "TileTask", "Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """One product of the job with its settings and what it needs.

    `pool` holds the sources whose scenes are used together: one sensor, from one or more
    catalogs.
    """

    name: str
    settings: Settings
    need: Need
    pool: tuple[str, ...]

    @property
    def product(self) -> Product:
        """The product's record."""
        from landcover.products import PRODUCTS

        return PRODUCTS[self.name]

    def observed(self, context: Context) -> tuple[Layer, ...]:
        """Return the layers that it makes of scenes."""
        return self.product.layers(self.settings, context)

    def settled(self, context: Context) -> tuple[Layer, ...]:
        """Return the layers that it makes of stored ones."""
        settle = self.product.settle
        return settle.layers(self.settings, context) if settle else ()


@dataclass(frozen=True, slots=True)
class SeriesItem:
    """One line of the zones' table over time: an index of a sensor.

    `number` labels its sums; `spans` are empty where every date has its row.
    """

    number: int
    pool: tuple[str, ...]
    sensor: str
    index: str
    bins: Bins
    spans: tuple[Span, ...] = ()
    decibel: bool = False
    """Whether it is power, averaged as such and shown in decibels."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What all tiles of a run share.

    `reach` is what its processes may ask for remote files, `connections` each one's share of them.
    """

    version: str
    out: Path
    grid: Grid
    context: Context
    scenes: tuple[Scene, ...]
    zones: tuple[Zone, ...]
    rules: Mapping[str, ReadRule]
    works: tuple[Work, ...]
    series: tuple[SeriesItem, ...]
    threads: int
    cache_bytes: int
    connections: int = 64
    reach: Reach = field(default_factory=current)

    def bands(self, pool: Sequence[str]) -> Mapping[str, Band]:
        """Return the bands of a pool's sensor, which its sources share."""
        return self.rules[pool[0]].sensor.bands


@dataclass(frozen=True, slots=True)
class TileTask:
    """One tile: which scenes and zones of the brief touch it (by their numbers)."""

    tile: Tile
    scenes: tuple[int, ...]
    zones: tuple[int, ...]
    fingerprint: str
    parts: Mapping[str, str]
