"""What `disturbance` brings to those who show results: when, how much, how surely, of what kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from landcover.model import Legend
from landcover.outputs.doors import ramps
from landcover.outputs.doors.base import Door
from landcover.outputs.doors.day_steps import day_ramp
from landcover.outputs.doors.naming import days_between, index_of, index_texts, legend, said
from landcover.outputs.doors.plain import day_of
from landcover.outputs.report.products.disturbance import section
from landcover.outputs.style import BandStyle, Ramp, RasterStyle
from landcover.products.disturbance_layers import KIND_LEGEND
from landcover.raster.facts import RasterFacts

__all__ = ["DOOR"]

_DROP_SHARE: Final = 0.4
"""Magnitudes are drawn up to this share of an index's width: 0.8 of NDVI, from forest to bare
ground or water (1)."""

_BREAKS: Final = 4
"""Breaks told apart by colour; a fifth one in a few years is as rare as a sixth."""

_CONFIDENCE: Final = {
    1: ("low", "#fed98e"), 2: ("provisional", "#fe9929"), 3: ("confirmed", "#993404"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Plane:
    """A band of ``disturbance.tif``: its place, and whether 0 means that there is none.

    `told_by` is the band that says so where this one has no value for both.
    """

    band: int
    key: str
    none_is_0: bool = False
    told_by: int = 0


_PLANES: Final = (
    _Plane(1, "date", none_is_0=True),
    _Plane(3, "confidence", none_is_0=True),
    _Plane(2, "magnitude", told_by=1),
    _Plane(5, "drop", told_by=1),
    _Plane(6, "before", told_by=1),
    _Plane(7, "breaks", none_is_0=True),
    _Plane(4, "looks"),
)
"""The most telling first."""

_GROUND: Final = (1.0, 5.0, 6.0)
"""Kinds that are no disturbance: stable; history too short, or unstable."""

_BENEATH: Final = {
    1: ("none", "#f3efe2"), 5: ("short", "#bcbcbc"), 6: ("unstable", "#868686"),
    0: ("unwatched", "#dcdce4"),
}  # fmt: skip
"""Ground without a disturbance, as values of ``disturbance_kind.tif``."""


def _days(facts: RasterFacts, earlier: bool = False) -> Ramp:
    """Return the ramp of dates, over the years that were monitored."""
    told = days_between(facts.tags.get("MONITORED", ""))
    first, last = told or (day_of(facts, "FIRST_DAY"), day_of(facts, "LAST_DAY"))
    return ramps.counting(1) if first is None or last is None else day_ramp(first, last, earlier)


def _scales(facts: RasterFacts) -> dict[str, Ramp | Legend]:
    """Return the scale of each band."""
    drop = ramps.change(index_of(facts), _DROP_SHARE)
    return {
        "date": _days(facts),
        "magnitude": drop,
        "confidence": legend("confidence", _CONFIDENCE),
        "looks": ramps.CLEAR,
        "drop": drop,
        "before": _days(facts, earlier=True),
        "breaks": ramps.counting(_BREAKS, 1),
    }


def _breaks(facts: RasterFacts) -> RasterStyle:
    """Style the breaks: the date first, and drawn when a project is opened."""
    index, scales = index_texts(index_of(facts)), _scales(facts)
    bands = tuple(
        BandStyle(
            plane.band,
            plane.key,
            said(f"disturbance_{plane.key}", **index),
            scales[plane.key],
            said("unit_looks") if plane.key == "looks" else {},
            (0.0,) if plane.none_is_0 else (),
            said(f"what_disturbance_{plane.key}", **index),
            shown=plane.key == "date",
            told_by=plane.told_by,
            nothing=said("ground_none") if plane.none_is_0 else {},
        )
        for plane in _PLANES
    )
    return RasterStyle(
        facts,
        "disturbance",
        "changed",
        said("disturbance"),
        bands,
        facts.name,
        first=day_of(facts, "FIRST_DAY"),
        last=day_of(facts, "LAST_DAY"),
    )


def _kinds(facts: RasterFacts) -> RasterStyle:
    """Style the kinds of disturbance, by the colours that the file itself has."""
    what = said("what_disturbance_kind")
    kind = BandStyle(
        1, "kind", said("disturbance_kind"), KIND_LEGEND, hidden=(0.0,), what=what, ground=_GROUND
    )
    beneath = BandStyle(
        1, "ground", said("disturbance_ground"), legend("ground", _BENEATH),
        what=said("what_disturbance_ground"),
    )  # fmt: skip
    return RasterStyle(
        facts,
        "disturbance",
        "changed",
        kind.names,
        (kind,),
        facts.name,
        first=day_of(facts, "FIRST_DAY"),
        last=day_of(facts, "LAST_DAY"),
        rank=1,
        beneath=beneath,
    )


def style(facts: RasterFacts) -> RasterStyle:
    """Say how a raster of disturbances is shown."""
    return _kinds(facts) if facts.name == KIND_LEGEND.name else _breaks(facts)


DOOR = Door(
    "disturbance",
    style,
    section=section,
    overlays=(
        ("disturbance", "date"),
        ("disturbance_kind", "kind"),
        ("disturbance", "confidence"),
        ("disturbance", "magnitude"),
    ),
)
