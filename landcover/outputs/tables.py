"""The tables of a run: zones over time, zones, scenes, what failed, what was used.

It knows columns and how a number is written. It sums no pixels and reads no raster.

A table is its columns and its rows, made lazily. What was not observed is an empty cell,
never 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from landcover.catalog import Dropped
from landcover.catalog.settings import Source
from landcover.kernels.sums import WHOLE, Bins, ZoneSums, mean, quantile
from landcover.model import Failure, Scene, Zone
from landcover.net import redact
from landcover.outputs.beyond import Beyond
from landcover.outputs.placed import PLACE_COLUMNS, Around, place_columns
from landcover.outputs.saying import said
from landcover.outputs.seen import Observed, Series, day_namer, observed
from landcover.outputs.sheets import Cell, Table, write_table
from landcover.settings import is_url

__all__ = [
    "Beyond",
    "LayerSums",
    "Observed",
    "Series",
    "Table",
    "data_used",
    "failures",
    "observed",
    "scenes_used",
    "write_table",
    "zone_series",
    "zone_table",
]

SQUARE_METRES_PER_HECTARE = 10_000.0
"""By definition."""

Floats = NDArray[np.float64]


class LayerSums(NamedTuple):
    """The sums of one layer over the zones, for columns of ``zones.csv``."""

    name: str
    sums: ZoneSums
    bins: Bins


def _whole_m2(zones: Sequence[Zone], sums: ZoneSums) -> Floats:
    """Return each zone's whole weight (m2): pixel areas times covered fractions."""
    rows = sums.series == WHOLE
    out = np.zeros(len(zones))
    np.add.at(out, sums.zone[rows], sums.weight_m2[rows])
    return out


def _share(part: float, of: float) -> float | None:
    """Return a fraction; None where there is nothing to take it of."""
    return part / of if of > 0 else None


SERIES_COLUMNS = (
    "zone_id", "kind", "name", "from_m", "to_m", "sensor", "date", "index",
    "count", "mean", "median", "p10", "p90", "clear_fraction", "area_ha",
)  # fmt: skip
"""Columns that ``zone_series.csv`` always has."""

NOTHING_BEYOND = Beyond()
"""No further columns."""


def zone_series(
    zones: Sequence[Zone],
    sums: ZoneSums,
    rows: Sequence[Observed],
    beyond: Beyond = NOTHING_BEYOND,
) -> Table:
    """Make ``zone_series.csv``: one row a zone, sensor, date and index.

    Parameters
    ----------
    zones : sequence of Zone
        In the order that `sums.zone` numbers them.
    sums : ZoneSums
        Merged over all tiles.
    rows : sequence of Observed
        From `observed`.
    beyond : Beyond, optional
        Further columns: the medians smoothed, what the zone's history leads to expect, the
        departures from it and its breaks.

    Returns
    -------
    Table
        `count` is the number of clear pixels, those on the zone's edge counted by their
        covered fraction; 0, with empty statistics, where a scene touched the zone and nothing
        was clear. Statistics weigh pixels by covered ground area. `clear_fraction` is the
        clear share of the whole zone's pixel area, whether or not the scene covered it all.
        Radar power is averaged as power and told in decibels, as index `vv_db`.
        `area_ha` is the zone's own geodesic area.
    """
    columns = (*SERIES_COLUMNS, *beyond.columns)
    return Table(columns, _series_rows(zones, sums, rows, beyond))


def _shown_name(series: Series) -> str:
    """Return what a table calls a quantity: the unit is in the name."""
    return f"{series.index}_db" if series.decibel else series.index


def _decibels(powers: Iterable[float]) -> Iterator[float | None]:
    """Turn power into decibels: means are of power, the logarithm comes last."""
    return (10.0 * math.log10(one) if one > 0 else None for one in powers)


def _beyond_cells(
    one: Observed, medians: Floats, sums: ZoneSums, whole: Sequence[float], beyond: Beyond
) -> Iterator[tuple[Cell, ...]]:
    """Give what each row has beyond `SERIES_COLUMNS`."""
    clear = one.place >= 0
    value, share = np.full(len(clear), np.nan), np.zeros(len(clear))
    found = medians[one.place[clear]]
    if one.series.decibel:
        found = 10.0 * np.log10(np.where(found > 0, found, np.nan))
    value[clear] = found
    share[clear] = sums.weight_m2[one.place[clear]] / np.asarray(whole)[one.zone[clear]]
    return beyond.cells(one, value, share)


def _series_rows(
    zones: Sequence[Zone], sums: ZoneSums, rows: Sequence[Observed], beyond: Beyond
) -> Iterator[Sequence[Cell]]:
    """Give the rows of ``zone_series.csv``: by series, zone and date."""
    whole = _whole_m2(zones, sums).tolist()
    counts, weights, means = sums.count.tolist(), sums.weight_m2.tolist(), mean(sums).tolist()
    for one in rows:
        found = [quantile(sums, one.series.bins, percent) for percent in (50, 10, 90)]
        marks, name = [mark.tolist() for mark in found], day_namer(one.series)
        places = zip(one.zone.tolist(), one.day.tolist(), one.place.tolist(), strict=True)
        more = _beyond_cells(one, found[0], sums, whole, beyond)
        for (z, day, k), extra in zip(places, more, strict=True):
            zone = zones[z]
            head = (zone.id, zone.kind, zone.name, zone.from_m, zone.to_m)
            label = (one.series.sensor, name(day), _shown_name(one.series))
            if k < 0:
                nothing = (0, None, None, None, None, _share(0.0, whole[z]))
                yield (*head, *label, *nothing, zone.area_ha, *extra)
            else:
                values = (means[k], *(mark[k] for mark in marks))
                shown = _decibels(values) if one.series.decibel else values
                share = _share(weights[k], whole[z])
                yield (*head, *label, counts[k], *shown, share, zone.area_ha, *extra)


ZONE_COLUMNS = (
    "zone_id", "kind", "group", "name", "parent", "from_m", "to_m", "area_ha", "raster_area_ha",
    "dates_seen", "dates_clear", "first_date", "last_date", "mean_clear_fraction",
)  # fmt: skip
"""Columns that ``zones.csv`` always has."""


class _History(NamedTuple):
    """What a zone's dates come to, over all sensors."""

    seen: int
    clear: int
    first: str | None
    last: str | None
    mean_clear: float | None


def _first_of_each_pool(rows: Sequence[Observed]) -> list[Observed]:
    """Return the first series of each pool: dates are counted once, not once an index."""
    found: dict[tuple[str, ...], Observed] = {}
    for one in rows:
        found.setdefault(one.series.pool, one)
    return list(found.values())


def _histories(zones: Sequence[Zone], sums: ZoneSums, rows: Sequence[Observed]) -> list[_History]:
    """Count each zone's dates."""
    whole = _whole_m2(zones, sums)
    own = _first_of_each_pool(rows)
    if not own:
        return [_History(0, 0, None, None, None)] * len(zones)
    zone = np.concatenate([one.zone for one in own])
    day = np.concatenate([one.day for one in own])
    place = np.concatenate([one.place for one in own])
    clear = place >= 0
    m2 = np.zeros(len(place))
    m2[clear] = sums.weight_m2[place[clear]]
    name = day_namer(own[0].series)  # all series are cut alike
    order = np.argsort(zone, kind="stable")
    cuts = np.searchsorted(zone[order], np.arange(len(zones) + 1))
    found = []
    for z in range(len(zones)):
        part = order[cuts[z] : cuts[z + 1]]
        days = day[part][clear[part]]
        share = _share(float(m2[part].mean()), whole[z]) if len(part) else None
        first = name(int(days.min())) if len(days) else None
        last = name(int(days.max())) if len(days) else None
        found.append(_History(len(part), len(days), first, last, share))
    return found


def _layer_columns(layer: LayerSums, zones: Sequence[Zone], whole: Floats) -> dict[str, list[Cell]]:
    """Return the columns of one layer: mean, median, p10, p90 and the observed share."""
    count = len(zones)
    figures = {"mean": mean(layer.sums)}
    for name, percent in (("median", 50), ("p10", 10), ("p90", 90)):
        figures[name] = quantile(layer.sums, layer.bins, percent)
    own = np.flatnonzero(layer.sums.series != WHOLE)
    columns: dict[str, list[Cell]] = {}
    for name, values in figures.items():
        column: list[Cell] = [None] * count
        for k in own.tolist():
            column[layer.sums.zone[k]] = float(values[k])
        columns[f"{layer.name}_{name}"] = column
    weight = np.zeros(count)
    np.add.at(weight, layer.sums.zone[own], layer.sums.weight_m2[own])
    shares = [_share(float(weight[z]), float(whole[z])) for z in range(count)]
    columns[f"{layer.name}_observed_fraction"] = list(shares)
    return columns


def _kept_columns(zones: Sequence[Zone], taken: Iterable[str]) -> dict[str, list[Cell]]:
    """Return the columns that the job keeps; one whose name is taken becomes kept_<name>."""
    names = dict.fromkeys(name for zone in zones for name in zone.kept)
    used = set(taken)
    return {
        (f"kept_{name}" if name in used else name): [zone.kept.get(name) for zone in zones]
        for name in names
    }


def zone_table(
    zones: Sequence[Zone],
    sums: ZoneSums,
    rows: Sequence[Observed],
    layers: Sequence[LayerSums] = (),
    around: Around | None = None,
) -> Table:
    """Make ``zones.csv``: one row a zone.

    Parameters
    ----------
    zones : sequence of Zone
        In the order that `sums.zone` numbers them.
    sums : ZoneSums
        Merged over all tiles.
    rows : sequence of Observed
        From `observed`.
    layers : sequence of LayerSums
        Layers whose figures get columns (``ndvi_2019_mean``, ...).
    around : mapping, optional
        Where each site lies; sites and the rings about them get the columns `PLACE_COLUMNS`.

    Returns
    -------
    Table
        `area_ha` is geodesic, `raster_area_ha` the area of the pixels as the tables weigh
        them. `dates_seen` counts the dates (or months, or years) on which a scene touched the
        zone, sensors counted each, `dates_clear` those with any clear pixel, of which
        `first_date` and `last_date` are the ends. `mean_clear_fraction` is over those seen.
    """
    whole = _whole_m2(zones, sums)
    histories = _histories(zones, sums, rows)
    more = place_columns([zone.parent or zone.id for zone in zones], around or {})
    for layer in layers:
        more |= _layer_columns(layer, zones, whole)
    more |= _kept_columns(zones, (*ZONE_COLUMNS, *PLACE_COLUMNS, *more))

    def lines() -> Iterator[Sequence[Cell]]:
        for z, (zone, history) in enumerate(zip(zones, histories, strict=True)):
            head = (zone.id, zone.kind, zone.group, zone.name, zone.parent, zone.from_m, zone.to_m)
            raster_ha = float(whole[z]) / SQUARE_METRES_PER_HECTARE
            yield (*head, zone.area_ha, raster_ha, *history, *(more[name][z] for name in more))

    return Table((*ZONE_COLUMNS, *more), lines())


def failures(found: Iterable[Failure]) -> Table:
    """Make ``failures.csv``: what could not be used, and why."""
    ordered = sorted(found, key=lambda f: (f.scene, f.band, f.tile, f.source, f.reason))
    rows = ((f.scene, f.source, f.band, f.tile, said(f.reason)) for f in ordered)
    return Table(("scene", "source", "band", "tile", "reason"), rows)


def scenes_used(scenes: Sequence[Scene], tiles: Mapping[str, int] | None = None) -> Table:
    """Make ``scenes.csv``: every scene, and how its numbers were taken.

    Parameters
    ----------
    scenes : sequence of Scene
        In the order of their rows.
    tiles : mapping
        Scene id -> number of tiles that it touches.
    """
    columns = (
        "scene", "source", "sensor", "date", "time_utc", "platform", "collection", "grid_code",
        "crs", "cloud_percent", "baseline", "radiometry", "tiles",
    )  # fmt: skip
    counts = tiles or {}
    rows = (
        (
            s.id, s.source, s.sensor, s.solar_day, s.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            s.platform, s.collection, s.grid_code, s.crs, s.cloud_percent, s.baseline, s.reason,
            counts.get(s.id),
        )
        for s in scenes
    )  # fmt: skip
    return Table(columns, rows)


def _catalog_name(catalog: str) -> str:
    """Return a catalog's address without secrets; of a file only its name."""
    return redact(catalog) if is_url(catalog) else Path(catalog).name


def data_used(
    sources: Sequence[Source], scenes: Sequence[Scene], dropped: Sequence[Dropped] = ()
) -> Table:
    """Make ``data_used.csv``: per source how many scenes, from when to when, from where.

    `dropped` are copies of scenes that are read, scenes whose offset is not known, and those not
    among the clearest where a source asks for them: each is in ``scenes.json`` with its reason.
    """
    columns = (
        "source", "sensor", "catalog", "collection", "scenes", "first_date", "last_date",
        "dropped",
    )  # fmt: skip
    rows: list[Sequence[Cell]] = []
    for source in sources:
        days = [scene.solar_day for scene in scenes if scene.source == source.name]
        ends = (min(days), max(days)) if days else (None, None)
        place = (_catalog_name(str(source.catalog)), source.collection)
        left = sum(one.source == source.name for one in dropped)
        sensor = PureWindowsPath(source.sensor).name  # of a profile of one's own, the file
        rows.append((source.name, sensor, *place, len(days), *ends, left))
    return Table(columns, rows)
