"""What `composite` brings to those who show results: values of each period, and clear looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from landcover.kernels.indices import INDICES
from landcover.outputs.doors.base import Door
from landcover.outputs.doors.naming import index_of, index_texts, said, spelt, unit_texts
from landcover.outputs.doors.plain import day_of
from landcover.outputs.doors.ramps import CLEAR, quantity
from landcover.outputs.report.products.composite import section
from landcover.outputs.style import BandStyle, RasterStyle, Texts
from landcover.raster.facts import RasterFacts

__all__ = ["DOOR", "group_of"]

_NAMED = ("median", "mean", "min", "max", "count")
"""Statistics with a word of their own; others are percentiles."""


def group_of(index: str) -> str:
    """Return the group in which an index or band is shown."""
    return "ndvi" if index == "ndvi" else "indices"


def _statistic(name: str, index: Mapping[str, Texts], step: str) -> Texts:
    """Name the band of one statistic."""
    if name in _NAMED:
        return said(f"statistic_{name}", **index, step=step)
    rank = name.removeprefix("p")
    ranks = {"en": rank, "fr": rank.replace(".", ",")}
    return said("statistic_percentile", **index, step=step, rank=ranks)


def _what(index: str) -> str:
    """Return the key of what the colours of an index say."""
    greens = index in INDICES and INDICES[index].loss == "falls"
    return "what_vegetation" if greens else "what_quantity"


def _value_bands(facts: RasterFacts, index: str, step: str) -> tuple[BandStyle, ...]:
    """Style each statistic of an index."""
    called, found = index_texts(index), []
    statistics = facts.tags.get("STATISTIC", "median").split(", ")
    for band, (name, unit) in enumerate(zip(statistics, facts.units, strict=False), start=1):
        counts = name == "count"
        scale = CLEAR if counts else quantity(index, unit)
        what = said("what_clear") if counts else said(_what(index), **called)
        names = _statistic(name, called, step)
        found.append(
            BandStyle(band, name.replace(".", "_"), names, scale, unit_texts(unit), what=what)
        )
    return tuple(found)


def _values(facts: RasterFacts) -> RasterStyle:
    """Style an index or band of one period."""
    index = index_of(facts)
    step = facts.name.removeprefix(f"{index}_")
    return RasterStyle(
        facts,
        "composite",
        group_of(index),
        said("composite", **index_texts(index), step=step),
        _value_bands(facts, index, step),
        index,
        step,
        day_of(facts, "FIRST_DAY"),
        day_of(facts, "LAST_DAY"),
    )


def _clear(facts: RasterFacts) -> RasterStyle:
    """Style the clear looks of one period."""
    step = facts.name.removeprefix("clear_")
    names = said("clear", step=spelt(step))
    unit, what = unit_texts("days"), said("what_clear")
    return RasterStyle(
        facts,
        "composite",
        "quality",
        names,
        (BandStyle(1, "count", names, replace(CLEAR, fit="looks"), unit, what=what),),
        "clear",
        step,
        day_of(facts, "FIRST_DAY"),
        day_of(facts, "LAST_DAY"),
    )


def style(facts: RasterFacts) -> RasterStyle:
    """Say how a composite is shown."""
    return _values(facts) if index_of(facts) else _clear(facts)


DOOR = Door(
    "composite",
    style,
    section=section,
    overlays=(("ndvi", "median"), ("clear", "count"), ("*", "median"), ("*", "")),
)
