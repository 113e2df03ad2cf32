"""``trend_area.csv``: hectares of each zone whose index falls, rises, does neither, or is untested.

It knows columns. It sums no pixels and reads no raster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from numpy.typing import NDArray

from landcover.kernels.sums import WHOLE, ZoneSums
from landcover.model import Period, Zone
from landcover.outputs.sheets import Cell, Table
from landcover.products.trend import CLASSES, SPANS, TrendSettings
from landcover.products.trend_keys import MONTHS

__all__ = ["TREND_COLUMNS", "trend_area"]

TREND_COLUMNS = (
    "zone_id", "kind", "name", "from_m", "to_m", "index", "first_date", "last_date",
    "median_years", "test", "correction", "false_discovery_rate",
    *(f"{name}_ha" for name in CLASSES), *(f"{name}_fraction" for name in CLASSES),
    "area_ha",
)  # fmt: skip
"""Columns of ``trend_area.csv``."""

ROUNDING = 1e-9
"""Share of a zone that sums of its areas may be apart by the order they were added in."""

M2_PER_HA = 10_000.0
"""Square metres in a hectare, by definition."""


def trend_area(
    zones: Sequence[Zone],
    sums: ZoneSums,
    areas: Mapping[str, NDArray[Any]],
    settings: TrendSettings,
    period: Period,
) -> Table:
    """Make ``trend_area.csv``: one row a zone and index.

    Parameters
    ----------
    zones : sequence of Zone
        In the order that the sums number them.
    sums : ZoneSums
        With each zone's whole weight.
    areas : mapping
        Index -> float64 (zones, classes), m2, classes as in `landcover.products.trend.CLASSES`;
        and index and each of `landcover.products.trend.SPANS` -> float64 (zones, months or years).
    settings : TrendSettings
    period : Period
        The job's days, from the first of which months are counted.

    Returns
    -------
    Table
        `first_date` and `last_date` are those of the months that were tested anywhere in the zone,
        within the job's days; half of the tested ground has values in at least `median_years`
        years. All three are empty where nothing was tested.
        Hectares of ground, weighed by the zone's share of each pixel. `declining` and `rising` are
        significant over the whole map; `none` was tested and is neither; `untested` is all the
        rest of the zone: too few months or years, or not made. The four fractions are of the zone,
        and add up to 1.
    """
    return Table(TREND_COLUMNS, _rows(zones, sums, areas, settings, period))


def _rows(
    zones: Sequence[Zone],
    sums: ZoneSums,
    areas: Mapping[str, NDArray[Any]],
    settings: TrendSettings,
    period: Period,
) -> Iterator[Sequence[Cell]]:
    """Give the rows, by zone and index."""
    whole = [0.0] * len(zones)
    for k in (sums.series == WHOLE).nonzero()[0].tolist():
        whole[sums.zone[k]] += float(sums.weight_m2[k])
    how = (settings.test, settings.correction, settings.false_discovery)
    for z, zone in enumerate(zones):
        head = (zone.id, zone.kind, zone.name, zone.from_m, zone.to_m)
        for index in settings.index:
            parts = _parts(areas[index][z].tolist(), whole[z])
            shares = [part / whole[z] if whole[z] > 0 else None for part in parts]
            hectares = [part / M2_PER_HA for part in parts]
            when = _when([areas[index + span][z] for span in SPANS], period)
            yield (*head, index, *when, *how, *hectares, *shares, zone.area_ha)


def _when(
    spans: Sequence[NDArray[Any]], period: Period
) -> tuple[date, date, int] | tuple[None, None, None]:
    """Say over which days a zone was tested, and in how many years half of its ground or more."""
    first, last, years = spans
    if not first.any():
        return None, None, None
    begun = period.start.year * MONTHS + period.start.month - 1
    early = begun + int(first.nonzero()[0][0])
    late = begun + int(last.nonzero()[0][-1]) + 1
    starts, ends = (date(month // MONTHS, month % MONTHS + 1, 1) for month in (early, late))
    beyond = years[::-1].cumsum()  # of many years first
    half = len(years) - 1 - int((beyond >= beyond[-1] / 2).argmax())
    return max(starts, period.start), min(ends - timedelta(days=1), period.last), half


def _parts(tested: Sequence[float], whole_m2: float) -> list[float]:
    """Return the areas of the classes; what no class has of the zone is untested."""
    *known, _ = tested
    rest = whole_m2 - sum(known)
    return [*known, rest if rest > ROUNDING * whole_m2 else 0.0]
