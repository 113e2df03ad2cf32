"""``disturbance_area.csv`` and ``disturbance_kinds.csv``: hectares of each zone, and what they are.

The first has the hectares that broke in each year, half year and month; the second what became of
each zone's ground over the whole watch. It knows columns. It sums no pixels and reads no raster.
What was not monitored is an empty cell, and so is what nobody could have told; 0 is only where
somebody looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from landcover.kernels.breaks import ABRUPT, GRADUAL, RECOVERING, SHORT, STABLE, UNSTABLE
from landcover.kernels.sums import WHOLE, ZoneSums
from landcover.model import Period, Zone
from landcover.outputs.sheets import Cell, Table
from landcover.products.base import Span
from landcover.products.hectares import (
    CUTS,
    SQUARE_METRES_PER_HECTARE,
    Ground,
    Hectares,
    calendar,
)
from landcover.products.spans import spans

__all__ = ["AREA_COLUMNS", "KIND_COLUMNS", "disturbance_area", "disturbance_kinds"]

_ZONE = ("zone_id", "kind", "name", "from_m", "to_m")
_DAYS = ("monitored_first_date", "monitored_last_date")

_FIGURES = (
    "disturbed_ha", "confirmed_ha", "provisional_ha", "low_ha", "abrupt_ha", "gradual_ha",
    "recovering_ha", "not_followed_ha", "no_break_ha", "not_observable_ha",
    "not_observable_fraction", "months_not_observable_fraction",
)  # fmt: skip

AREA_COLUMNS = (*_ZONE, "every", "period", *_DAYS, *_FIGURES, "area_ha")
"""Columns of ``disturbance_area.csv``."""

_KINDS = (STABLE, ABRUPT, GRADUAL, RECOVERING, SHORT, UNSTABLE)

KIND_COLUMNS = (
    *_ZONE, *_DAYS, "disturbed_ha", "confirmed_ha", "provisional_ha", "low_ha",
    "perhaps_before_watch_ha", "stable_ha", "abrupt_ha", "gradual_ha", "recovering_ha",
    "history_too_short_ha", "history_unstable_ha", "outside_images_ha", "not_watched_ha",
    "area_ha",
)  # fmt: skip
"""Columns of ``disturbance_kinds.csv``."""

NOBODY_LOOKED = 1e-9
"""Seen share of a zone (no unit) from which on its hectares are told."""

ROUNDING = 1e-9
"""Share of an area that its sums may be apart by the order they were added in."""


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
    """Write the hectares of one zone and period, and how much of it nobody could tell of."""
    if found.seen_m2 <= NOBODY_LOOKED * whole_m2:
        return (*(None,) * 9, whole_m2 / SQUARE_METRES_PER_HECTARE, 1.0, 1.0)
    blind = 1.0 - min(found.monthly_m2 / whole_m2, 1.0)
    broke = found.hectares()
    # what broke was seen, whatever else is known of its month: so that the parts add up
    seen_m2 = max(min(found.seen_m2, whole_m2), broke * SQUARE_METRES_PER_HECTARE)
    unseen = _left(whole_m2, seen_m2)
    rest = _left(seen_m2 / SQUARE_METRES_PER_HECTARE, broke)
    sure = (found.hectares(confidence=one) for one in (2, 1, 0))
    kinds = (found.hectares(kind=one) for one in (0, 1, 2))
    lost = (unseen / SQUARE_METRES_PER_HECTARE, unseen / whole_m2, blind)
    return (broke, *sure, *kinds, found.not_followed(), rest, *lost)


def _left(whole: float, part: float) -> float:
    """Take a part of an area from the whole; 0 where rounding alone is left."""
    left = whole - part
    return left if left > ROUNDING * whole else 0.0


def _whole_m2(zones: Sequence[Zone], sums: ZoneSums) -> list[float]:
    """Return each zone's ground (m2), whether its tiles could be made or not."""
    whole = [0.0] * len(zones)
    for k in (sums.series == WHOLE).nonzero()[0].tolist():
        whole[sums.zone[k]] += float(sums.weight_m2[k])
    return whole


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
        three columns of confidence add up to it, and so do the three kinds, which are each
        break's own. `not_followed_ha` is the part of abrupt and gradual that nobody saw 24 months
        later: whether it regrows is open. `no_break_ha` was seen and did not break in the period,
        whatever it was before, or broke in a patch below the mapping unit.
        `not_observable_ha` is the rest of the zone, and `not_observable_fraction` its share: no
        look in the period that could have begun a break, or no usable history. So the three add
        up to the zone. A single look makes a pixel observable for its whole year;
        `months_not_observable_fraction` is the mean over the period's months of the share
        without one in the month. Months, half years and years without monitoring are empty.
        Of a pixel's breaks the first three that were found count.
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
    rows = list(_periods(period, monitored))
    for z, (zone, whole) in enumerate(zip(zones, _whole_m2(zones, sums), strict=True)):
        head = (zone.id, zone.kind, zone.name, zone.from_m, zone.to_m)
        for row in rows:
            if row.place is None:
                blank = (None,) * (len(_DAYS) + len(_FIGURES))
                yield (*head, row.every, row.span.name, *blank, zone.area_ha)
                continue
            days = (row.span.period.start, row.span.period.last)
            cells = _cells(found[z, row.every, row.place], whole)
            yield (*head, row.every, row.span.name, *days, *cells, zone.area_ha)


def disturbance_kinds(
    zones: Sequence[Zone],
    sums: ZoneSums,
    ground: Ground,
    monitored: Period,
) -> Table:
    """Make ``disturbance_kinds.csv``: one row a zone, of what ``disturbance_kind.tif`` shows there.

    Parameters
    ----------
    zones : sequence of Zone
        In the order that the sums number them.
    sums : ZoneSums
        With each zone's whole weight.
    ground : Ground
        From `landcover.products.hectares.read_ground`.
    monitored : Period

    Returns
    -------
    Table
        Hectares of ground, weighed by the zone's share of each pixel. A pixel has the kind, and
        the confidence, of its first break that is mapped, and counts once however often it broke:
        so `disturbed_ha` is at most what the years of ``disturbance_area.csv`` come to.
        `confirmed_ha`, `provisional_ha` and `low_ha` add up to it, and so do the three kinds of
        break; `perhaps_before_watch_ha` is the part whose last clear look before the break lies
        before the watch: it may have gone before. These five are empty where nobody could tell of
        any ground of the zone. `outside_images_ha` is what no scene that was read has a pixel of,
        neither clear nor cloudy: on the map of kinds its history is too short.
        `not_watched_ha` is all the rest of the zone: no break, and hardly looked at in the
        monitoring period or not in its last year; or in a tile that could not be made. So from
        `stable_ha` on the eight add up to the zone.
    """
    return Table(KIND_COLUMNS, _kind_rows(zones, sums, ground, monitored))


def _kind_rows(
    zones: Sequence[Zone], sums: ZoneSums, ground: Ground, monitored: Period
) -> Iterator[Sequence[Cell]]:
    """Give the rows, by zone."""
    kinds, sure, early, unimaged = (one / SQUARE_METRES_PER_HECTARE for one in ground)
    for z, (zone, whole) in enumerate(zip(zones, _whole_m2(zones, sums), strict=True)):
        head = (zone.id, zone.kind, zone.name, zone.from_m, zone.to_m)
        known = [*(float(kinds[z, kind]) for kind in _KINDS), float(unimaged[z])]
        rest = _left(whole / SQUARE_METRES_PER_HECTARE, sum(known))
        low, provisional, confirmed = sure[z].tolist()
        broke = float(kinds[z, ABRUPT : RECOVERING + 1].sum())
        told: Sequence[Cell] = (broke, confirmed, provisional, low, float(early[z]))
        if not broke + float(kinds[z, STABLE]):
            told = (None,) * len(told)
        yield (*head, monitored.start, monitored.last, *told, *known, rest, zone.area_ha)
