"""Which zone was looked at on which day: the rows of the tables over time.

It knows outlines, days and where sums lie. It does not know columns or files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from landcover.catalog.footprint import box_of
from landcover.kernels.sums import Bins, ZoneSums
from landcover.model import Scene, Zone
from landcover.products.base import Span

__all__ = ["EPOCH", "Observed", "Series", "day_namer", "observed"]

EPOCH = date(1970, 1, 1)
"""Day 0 of `ZoneSums.day`."""

Days = NDArray[np.int64]

Unread = Mapping[tuple[str, str], Set[int]]
"""(source, scene) -> numbers of the zones for which it could not be read."""


class Series(Protocol):
    """What a table must know of one index of one sensor; the engine's own record fits."""

    @property
    def number(self) -> int:
        """Its number in `ZoneSums.series`."""

    @property
    def pool(self) -> tuple[str, ...]:
        """Names of the sources whose scenes it is made from."""

    @property
    def sensor(self) -> str:
        """Name of the sensor."""

    @property
    def index(self) -> str:
        """Name of the index or band."""

    @property
    def bins(self) -> Bins:
        """The histogram's bins."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """The months or years that have a row; empty where every date has one."""

    @property
    def decibel(self) -> bool:
        """Whether it is power, averaged as such and shown in decibels."""


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """The rows that a series has: which zone on which day, and where its sums are.

    A zone has a row on each day that a scene touched it, clear or not, and on no other;
    `place` is the row in the sums, -1 where nothing was clear. Sorted by zone, then day.
    """

    series: Series
    zone: Days
    day: Days
    place: Days


def _day(day: date) -> int:
    """Return days since 1970-01-01."""
    return (day - EPOCH).days


def _outline(scene: Scene) -> BaseGeometry:
    """Return what a scene covers (degrees): its item's geometry, else its bounds."""
    shape = shapely.from_geojson(scene.geometry, on_invalid="ignore") if scene.geometry else None
    if shape is None or shape.is_empty:
        return box_of(scene.footprint)
    return shape if shape.is_valid else shapely.make_valid(shape)


def _touched(zones: Sequence[Zone], scenes: Sequence[Scene], unread: Unread) -> tuple[Days, Days]:
    """Return each (zone, day) on which a scene that could be read touched the zone."""
    if not zones or not scenes:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    tree = shapely.STRtree([zone.geometry for zone in zones])
    outlines = np.array([_outline(scene) for scene in scenes])
    scene, zone = tree.query(outlines, predicate="intersects")
    days = np.array([_day(one.solar_day) for one in scenes], np.int64)
    for number, one in enumerate(scenes):
        if (one.source, one.id) in unread:
            kept = (scene != number) | ~np.isin(zone, sorted(unread[one.source, one.id]))
            scene, zone = scene[kept], zone[kept]
    return zone.astype(np.int64), days[scene]


def _span_starts(days: Days, spans: Sequence[Span]) -> tuple[NDArray[np.bool_], Days]:
    """Return which days lie in a span, and the first day of each one's span."""
    ordered = sorted(spans, key=lambda span: span.period)
    starts = np.array([_day(span.period.start) for span in ordered], np.int64)
    ends = np.array([_day(span.period.end) for span in ordered], np.int64)
    k = np.searchsorted(starts, days, side="right") - 1
    within = (k >= 0) & (days < ends[k])
    return within, starts[k[within]]


def _observed(series: Series, zone: Days, day: Days, sums: ZoneSums) -> Observed:
    """Join the days that scenes touched zones on with the sums of one series."""
    if series.spans:
        within, day = _span_starts(day, series.spans)
        zone = zone[within]
    own = np.flatnonzero((sums.series == series.number) & (sums.count > 0))
    found = np.stack([sums.zone[own], sums.day[own]]).astype(np.int64)
    keys, inverse = np.unique(
        np.concatenate([np.stack([zone, day]), found], axis=1), axis=1, return_inverse=True
    )
    place = np.full(keys.shape[1], -1, np.int64)
    place[inverse.ravel()[len(zone) :]] = own
    return Observed(series, keys[0], keys[1], place)


def observed(
    zones: Sequence[Zone],
    scenes: Sequence[Scene],
    sums: ZoneSums,
    series: Sequence[Series],
    unread: Unread = MappingProxyType({}),
) -> list[Observed]:
    """Work out which rows each series has.

    Parameters
    ----------
    zones : sequence of Zone
        In the order that `sums.zone` numbers them.
    scenes : sequence of Scene
        All scenes of the run.
    sums : ZoneSums
        Merged over all tiles.
    series : sequence of Series
        In the order of their rows.
    unread : mapping
        (source, scene) -> numbers of the zones in whose tiles it could not be read. A day on
        which nothing else was seen has no row there: what failed is not cloud.

    Returns
    -------
    list of Observed
        One a series. Where a month or a year has one row, its day is the span's first.
    """
    touched: dict[tuple[str, ...], tuple[Days, Days]] = {}
    for one in series:
        if one.pool not in touched:
            own = [scene for scene in scenes if scene.source in one.pool]
            touched[one.pool] = _touched(zones, own, unread)
    return [_observed(one, *touched[one.pool], sums) for one in series]


def day_namer(series: Series) -> Callable[[int], str]:
    """Return how a series writes a day: ISO, or the name of the span that starts on it."""
    names = {_day(span.period.start): span.name for span in series.spans}

    def name(day: int) -> str:
        return names.get(day) or (EPOCH + timedelta(days=day)).isoformat()

    return name
