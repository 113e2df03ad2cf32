"""How a raster is shown of which nothing is known but what it says of itself.

Whole numbers and amounts alike get a ramp of greys over a fixed range.
"""

from __future__ import annotations

from datetime import date

from landcover.outputs.style import BandStyle, Ramp, RasterStyle
from landcover.raster.facts import RasterFacts

__all__ = ["day_of", "step_of", "style"]

GREYS = Ramp(((0.0, "#252525"), (1.0, "#f7f7f7")))
"""From 0 to 1: what is beyond is drawn as the end."""


def day_of(facts: RasterFacts, tag: str) -> date | None:
    """Return the day that a tag holds; None where there is none."""
    text = facts.tags.get(tag, "")
    return date.fromisoformat(text) if text else None


def step_of(name: str) -> tuple[str, str]:
    """Split a layer's name at its period: "ndvi_2019-03" is "ndvi" and "2019-03"."""
    series, _, step = name.rpartition("_")
    return (series, step) if series and step[:1].isdigit() else (name, "")


def style(facts: RasterFacts) -> RasterStyle:
    """Show every band in greys, under its own description."""
    series, step = step_of(facts.name)
    bands = tuple(
        BandStyle(n, f"b{n:02d}", dict.fromkeys(("en", "fr"), text or f"{facts.name} {n}"), GREYS)
        for n, text in enumerate(facts.bands, start=1)
    )
    names = dict.fromkeys(("en", "fr"), facts.name)
    product = facts.tags.get("PRODUCT", "")
    first, last = day_of(facts, "FIRST_DAY"), day_of(facts, "LAST_DAY")
    return RasterStyle(facts, product, "other", names, bands, series, step, first, last)
