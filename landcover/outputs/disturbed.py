"""``disturbance_area.csv``: hectares disturbed of each zone, by year, half year and month.

It knows columns. It sums no pixels and reads no raster. What was not monitored is an empty cell,
and so is what nobody could have seen; 0 is only where somebody looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from landcover.kernels.sums import WHOLE, ZoneSums
from landcover.model import Period, Zone
from landcover.outputs.sheets import Cell, Table
from landcover.products.base import Span
from landcover.products.hectares import CUTS, Hectares, calendar
from landcover.products.spans import spans

__all__ = ["AREA_COLUMNS", "disturbance_area"]

AREA_COLUMNS = (
    "zone_id", "kind", "name", "from_m", "to_m", "every", "period", "monitored_first_date",
    "monitored_last_date", "disturbed_ha", "confirmed_ha", "provisional_ha", "low_ha",
    "abrupt_ha", "gradual_ha", "recovering_ha", "not_observable_fraction", "area_ha",
)  # fmt: skip
"""Columns of ``disturbance_area.csv``."""

NOBODY_LOOKED = 1e-9
"""Seen share of a zone (no unit) from which on its hectares are told."""


class _Row(NamedTuple):
    """One period of a cut: its name, and its number among those monitored (None: it was not)."""

    every: str
    span: Span
    place: int | None


def _periods(period: Period, monitored: Period) -> Iterator[_Row]:
    """List every year, half year and month of the job, monitored or not."""
    cuts = calendar(monitored)
    for every in CUTS:
        places = {span.name: place for place, span in enumerate(cuts[every])}
        for span in spans(every, period):
            place = places.get(span.name)
            yield _Row(every, span if place is None else cuts[every][place], place)


def _cells(found: Hectares, whole_m2: float) -> tuple[Cell, ...]:
    """Write the hectares of one zone and period, and the share that nobody could see."""
    seen = min(found.seen_m2 / whole_m2, 1.0) if whole_m2 > 0 else 0.0
    if seen <= NOBODY_LOOKED:
        return (*(None,) * 7, 1.0)
    sure = (found.hectares(confidence=one) for one in (2, 1, 0))
    kinds = (found.hectares(kind=one) for one in (0, 1, 2))
    return (found.hectares(), *sure, *kinds, 1.0 - seen)


def disturbance_area(
    zones: Sequence[Zone],
    sums: ZoneSums,
    found: Mapping[tuple[int, str, int], Hectares],
    period: Period,
    monitored: Period,
) -> Table:
    """Make ``disturbance_area.csv``: one row a zone, cut and period.

    Parameters
    ----------
    zones : sequence of Zone
        In the order that the sums number them.
    sums : ZoneSums
        With each zone's whole weight.
    found : mapping
        From `landcover.products.hectares.read_hectares`.
    period, monitored : Period
        The job's days, and those in which breaks were looked for.

    Returns
    -------
    Table
        `disturbed_ha` is the ground area of the pixels that broke within the period, weighed by
        the zone's share of each; a pixel that broke again in a later period counts there too. The
        three columns of confidence add up to it, and so do the three kinds.
        `not_observable_fraction` is the share of the zone without a clear look in the period or
        without a usable history; hectares are those found in the rest. Months, half years and
        years without monitoring are empty.
    """
    return Table(AREA_COLUMNS, _rows(zones, sums, found, period, monitored))


def _rows(
    zones: Sequence[Zone],
    sums: ZoneSums,
    found: Mapping[tuple[int, str, int], Hectares],
    period: Period,
    monitored: Period,
) -> Iterator[Sequence[Cell]]:
    """Give the rows: by zone, cut and time."""
    whole = [0.0] * len(zones)
    for k in (sums.series == WHOLE).nonzero()[0].tolist():
        whole[sums.zone[k]] += float(sums.weight_m2[k])
    rows = list(_periods(period, monitored))
    for z, zone in enumerate(zones):
        head = (zone.id, zone.kind, zone.name, zone.from_m, zone.to_m)
        for row in rows:
            if row.place is None:
                yield (*head, row.every, row.span.name, *(None,) * 10, zone.area_ha)
                continue
            days = (row.span.period.start, row.span.period.last)
            cells = _cells(found[z, row.every, row.place], whole[z])
            yield (*head, row.every, row.span.name, *days, *cells, zone.area_ha)
