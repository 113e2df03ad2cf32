"""What `climatology` brings to those who show results: what is normal, and departures from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from landcover.model import Legend
from landcover.outputs.doors import ramps
from landcover.outputs.doors.base import Door
from landcover.outputs.doors.composite import group_of
from landcover.outputs.doors.naming import (
    MONTHS,
    index_of,
    index_texts,
    legend,
    said,
    unit_texts,
)
from landcover.outputs.doors.plain import day_of
from landcover.outputs.report.products.climatology import section
from landcover.outputs.style import BandStyle, Ramp, RasterStyle, Texts
from landcover.raster.facts import RasterFacts

__all__ = ["DOOR"]

_ANOMALY_SHARE: Final = 0.15
"""Anomalies are drawn up to this share of an index's width: 0.3 of NDVI (1)."""

_SPREAD_SHARE: Final = 0.1
"""Standard deviations between years: up to 0.2 of NDVI (1)."""

_AMPLITUDE_SHARE: Final = 0.25
"""Highest less lowest month: up to 0.5 of NDVI, a dry woodland's (1)."""

_MONTH_COLOURS: Final = (
    "#2f1436", "#511a75", "#5e4dab", "#6683bd", "#8db0c5", "#ced3d9", "#e8ddd9", "#dccecb",
    "#ca9c80", "#b96456", "#953250", "#5d1749",
)  # fmt: skip
"""January to December, round a circle (twilight): blue before, red after the light of midyear."""


def _months() -> Legend:
    """Return the legend of the twelve calendar months."""
    return legend("month", {n: (f"{n:02d}", one) for n, one in enumerate(_MONTH_COLOURS, start=1)})


def _years(facts: RasterFacts) -> int:
    """Count the calendar years of the baseline."""
    first, last = day_of(facts, "FIRST_DAY"), day_of(facts, "LAST_DAY")
    return last.year - first.year + 1 if first and last else 1


_BY_MONTH: Final[Mapping[str, tuple[str, int, Callable[[RasterFacts], Ramp]]]] = {
    "climatology": ("", 1, lambda facts: ramps.quantity(index_of(facts), facts.units[0])),
    "climatology_spread": (
        "quality", 2,
        lambda facts: ramps.amount(index_of(facts), _SPREAD_SHARE, facts.units[0]),
    ),
    "climatology_count": ("quality", 3, lambda _: ramps.CLEAR),
    "climatology_years": ("quality", 4, lambda facts: ramps.counting(_years(facts))),
}  # fmt: skip
"""Layers of twelve months by the end of their name: group (empty: the index's own), rank, ramp."""


def _made(
    facts: RasterFacts, group: str, key: str, bands: tuple[BandStyle, ...], rank: int, step: str
) -> RasterStyle:
    """Style a raster of the product."""
    series = facts.name.removesuffix(f"_{step}") if step else facts.name
    return RasterStyle(
        facts,
        "climatology",
        group or group_of(index_of(facts)),
        said(key, **index_texts(index_of(facts)), step=step),
        bands,
        series,
        step,
        day_of(facts, "FIRST_DAY"),
        day_of(facts, "LAST_DAY"),
        rank,
    )


def _by_month(facts: RasterFacts, kind: str) -> RasterStyle:
    """Style a layer of twelve calendar months, all by one ramp."""
    group, rank, ramp = _BY_MONTH[kind]
    index, scale = index_texts(index_of(facts)), ramp(facts)
    what = said(f"what_{kind}", **index)

    def band(month: int) -> BandStyle:
        names = said(f"{kind}_month", **index, month=said(f"month_{month:02d}"))
        unit = unit_texts(facts.units[month - 1])
        return BandStyle(month, f"m{month:02d}", names, scale, unit, what=what)

    bands = tuple(band(month) for month in range(1, MONTHS + 1))
    return _made(facts, group, kind, bands, rank, "")


def _season(facts: RasterFacts) -> RasterStyle:
    """Style the course of the year."""
    scales: Mapping[str, Ramp | Legend] = {
        "amplitude": ramps.amount(index_of(facts), _AMPLITUDE_SHARE, facts.units[0]),
        "highest": _months(),
        "lowest": _months(),
        "months": ramps.counting(MONTHS),
    }
    # a month by its name needs no unit
    units: tuple[Texts, ...] = (unit_texts(facts.units[0]), {}, {}, unit_texts("months"))
    bands = _listed("season", scales, units, index_texts(index_of(facts)), "")
    return _made(facts, "", "season", bands, 5, "")


def _anomaly(facts: RasterFacts) -> RasterStyle:
    """Style the anomaly of a month or a year."""
    index = index_of(facts)
    step = facts.name.removeprefix(f"{index}_anomaly_")
    scales: dict[str, Ramp | Legend] = {
        "anomaly": ramps.change(index, _ANOMALY_SHARE, facts.units[0]),
        "z": ramps.score(index),
    }
    if len(facts.bands) > len(scales):  # that of one month has no months behind it
        scales["months"] = ramps.counting(MONTHS)
    units = tuple(unit_texts(unit) for unit in facts.units)
    bands = _listed("anomaly", scales, units, index_texts(index), step)
    return _made(facts, "changed", "anomaly", bands, 3, step)


def _listed(
    kind: str,
    scales: Mapping[str, Ramp | Legend],
    units: tuple[Texts, ...],
    index: Mapping[str, Texts],
    step: str,
) -> tuple[BandStyle, ...]:
    """Style bands in the file's own order."""
    return tuple(
        BandStyle(
            band,
            key,
            said(f"{kind}_{key}", **index, step=step),
            scale,
            unit,
            what=said(f"what_{kind}_{key}", **index),
        )
        for band, ((key, scale), unit) in enumerate(
            zip(scales.items(), units, strict=True), start=1
        )
    )


def style(facts: RasterFacts) -> RasterStyle:
    """Say how a raster of the climatology is shown."""
    kind = facts.name.removeprefix(f"{index_of(facts)}_")
    if kind in _BY_MONTH:
        return _by_month(facts, kind)
    return _season(facts) if kind == "season" else _anomaly(facts)


DOOR = Door(
    "climatology",
    style,
    section=section,
    overlays=(("ndvi_anomaly", "anomaly"), ("*_anomaly", "anomaly")),
)
