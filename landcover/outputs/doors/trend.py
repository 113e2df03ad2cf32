"""What `trend` brings to those who show results: how fast an index changes, how surely."""

from __future__ import annotations

from typing import Final

from landcover.model import Legend
from landcover.outputs.doors import ramps
from landcover.outputs.doors.base import Door
from landcover.outputs.doors.naming import (
    index_of,
    index_texts,
    legend,
    months_between,
    said,
    unit_texts,
)
from landcover.outputs.doors.plain import day_of
from landcover.outputs.report.products.trend import section
from landcover.outputs.style import BandStyle, Ramp, RasterStyle
from landcover.raster.facts import RasterFacts

__all__ = ["DOOR"]

_SLOPE_SHARE: Final = 0.025
"""Slopes a year are drawn up to this share of an index's width: 0.05 of NDVI (1). A tenth of it,
a loss of 0.05 in ten years, is still told from none."""

_KEYS: Final = ("slope", "p", "count", "significant")
"""Bands 1 to 4."""


def _standing(index: str) -> Legend:
    """Return the legend of what stands over the whole map: brown where vegetation is lost."""
    down, up = (ramps.change(index, 1.0).stops[n][1] for n in (1, 5))
    return legend("significant", {-1: ("falls", down), 0: ("neither", "#d9d9d9"), 1: ("rises", up)})


def _scales(facts: RasterFacts) -> dict[str, Ramp | Legend]:
    """Return the scale of each band."""
    index, unit = index_of(facts), facts.units[0]
    first, last = day_of(facts, "FIRST_DAY"), day_of(facts, "LAST_DAY")
    return {
        "slope": ramps.change(index, _SLOPE_SHARE, unit),
        "p": ramps.P_VALUE,
        "count": ramps.counting(months_between(first, last) if first and last else 1),
        "significant": _standing(index),
    }


def style(facts: RasterFacts) -> RasterStyle:
    """Say how a trend is shown: the slope first."""
    index = index_texts(index_of(facts))
    scales, units = _scales(facts), dict(zip(_KEYS, facts.units, strict=True))
    bands = tuple(
        BandStyle(
            _KEYS.index(key) + 1,
            key,
            said(f"trend_{key}", **index),
            scales[key],
            unit_texts(units[key]),
            what=said(f"what_trend_{key}", **index),
            ground=(0.0,) if key == "significant" else (),
        )
        for key in ("slope", "significant", "p", "count")
    )
    return RasterStyle(
        facts,
        "trend",
        "changed",
        said("trend", **index),
        bands,
        facts.name,
        first=day_of(facts, "FIRST_DAY"),
        last=day_of(facts, "LAST_DAY"),
        rank=2,
    )


DOOR = Door(
    "trend",
    style,
    section=section,
    overlays=(
        ("ndvi_trend", "slope"),
        ("ndvi_trend", "significant"),
        ("*_trend", "slope"),
        ("*_trend", "significant"),
    ),
)
