"""``zone_years.csv``: the index of each zone in each year, of the rasters of years.

It knows columns. It sums no pixels and reads no raster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from landcover.kernels.sums import WHOLE, Bins, ZoneSums, mean, quantile
from landcover.model import Period, Zone
from landcover.outputs.sheets import Cell, Table

__all__ = ["YEAR_COLUMNS", "Plane", "zone_years"]

YEAR_COLUMNS = (
    "zone_id", "kind", "name", "from_m", "to_m", "year", "first_date", "last_date", "index",
    "mean", "median", "p10", "p90", "observed_fraction", "clear_days", "area_ha",
)  # fmt: skip
"""Columns of ``zone_years.csv``."""

PERCENTS = (50, 10, 90)
"""Percentiles of ground that are told."""


class Plane(Protocol):
    """What the table must know of a plane of a year; the engine's own record fits."""

    @property
    def number(self) -> int:
        """Its number in `ZoneSums.series`."""

    @property
    def product(self) -> str:
        """The product that made it."""

    @property
    def quantity(self) -> str:
        """The index or band; empty where it counts clear days."""

    @property
    def period(self) -> Period:
        """The days of the year that the job asks for."""

    @property
    def day(self) -> int:
        """Number of its first day in `ZoneSums.day`."""

    @property
    def bins(self) -> Bins:
        """The histogram's bins."""


class _Told(NamedTuple):
    """What a plane's sums come to: figures and observed ground (m2) by zone."""

    figures: Mapping[int, tuple[float, ...]]
    observed_m2: Mapping[int, float]

    def of(self, zone: int) -> tuple[Cell, ...]:
        """Return the figures of a zone; empty where nothing was observed."""
        return self.figures.get(zone, (None,) * (1 + len(PERCENTS)))


def _told(planes: Sequence[Plane], sums: ZoneSums) -> list[_Told]:
    """Take the rows of planes out of the sums."""
    means, marks = mean(sums), dict[Bins, list[NDArray[np.float64]]]()
    found = []
    for plane in planes:
        if plane.bins not in marks:  # of all rows at once: planes share them
            marks[plane.bins] = [quantile(sums, plane.bins, percent) for percent in PERCENTS]
        own = np.flatnonzero((sums.series == plane.number) & (sums.day == plane.day))
        zones = sums.zone[own].tolist()
        figures = [one[own].tolist() for one in (means, *marks[plane.bins])]
        told = dict(zip(zones, zip(*figures, strict=True), strict=True))
        found.append(_Told(told, dict(zip(zones, sums.weight_m2[own].tolist(), strict=True))))
    return found


def zone_years(zones: Sequence[Zone], sums: ZoneSums, planes: Sequence[Plane]) -> Table:
    """Make ``zone_years.csv``: one row a zone, index and year.

    Parameters
    ----------
    zones : sequence of Zone
        In the order that `sums.zone` numbers them.
    sums : ZoneSums
        Merged over all tiles.
    planes : sequence of Plane
        The medians of years, and those that count clear days.

    Returns
    -------
    Table
        Of each pixel the median of all its clear looks in the year, as the raster of the year has
        it; `mean`, `median`, `p10` and `p90` are over the zone's ground, weighed by area.
        `observed_fraction` is the share of the zone that was clear at least once in the year (as
        often as `min_clear` asks), `clear_days` on how many days, in the mean over the zone's
        ground: a year of few looks has the season in which they fell. Years that the job asks for
        in part have the days `first_date` to `last_date`. What was not observed is empty.
    """
    return Table(YEAR_COLUMNS, _rows(zones, sums, planes))


def _rows(
    zones: Sequence[Zone], sums: ZoneSums, planes: Sequence[Plane]
) -> Iterator[Sequence[Cell]]:
    """Give the rows: by zone, index and year."""
    whole = np.zeros(len(zones))
    base = sums.series == WHOLE
    np.add.at(whole, sums.zone[base], sums.weight_m2[base])
    made = list(zip(planes, _told(planes, sums), strict=True))
    days = {(plane.product, plane.day): told for plane, told in made if not plane.quantity}
    values = [(plane, told) for plane, told in made if plane.quantity]
    values.sort(key=lambda one: (one[0].number, one[0].day))
    for z, zone in enumerate(zones):
        head = (zone.id, zone.kind, zone.name, zone.from_m, zone.to_m)
        for plane, told in values:
            first, last = plane.period.start, plane.period.last
            share = told.observed_m2.get(z, 0.0) / float(whole[z]) if whole[z] > 0 else None
            clear = days[plane.product, plane.day].of(z)[0]
            label = (first.year, first, last, plane.quantity)
            yield (*head, *label, *told.of(z), share, clear, zone.area_ha)
