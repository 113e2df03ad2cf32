"""A legend as a page draws it: colours along a ramp with what its ticks say, or named colours."""

from __future__ import annotations

from typing import Any

from landcover.model import Legend
from landcover.outputs.colours import steps_of
from landcover.outputs.style import BandStyle, Ramp
from landcover.outputs.wording import Words

__all__ = ["legend_of", "tick_text"]

MOST_DIGITS = 6
"""Digits after the point that a tick may need."""


def tick_text(value: float, year: bool, words: Words) -> str:
    """Write a tick with as few digits as it needs."""
    if year:
        return str(round(value))
    digits = next((n for n in range(MOST_DIGITS) if round(value, n) == value), MOST_DIGITS)
    return words.number(value, digits)


def _ramp(ramp: Ramp, words: Words) -> dict[str, Any]:
    """Place a ramp's colours and ticks between 0 and 1."""
    span = (ramp.high - ramp.low) or 1.0

    def place(value: float) -> float:
        return round((value - ramp.low) / span, 4)

    ticks = ramp.ticks or tuple(value for value, _ in ramp.stops)
    return {
        "stops": [[place(value), palette] for value, palette in ramp.stops],
        "ticks": [[place(one), tick_text(one, ramp.year, words)] for one in ticks],
    }


def legend_of(band: BandStyle, words: Words) -> dict[str, Any] | None:
    """Return a band's legend in a language; None for a picture."""
    if band.scale is None:
        return None
    if isinstance(band.scale, Ramp) and band.scale.steps:
        return {"classes": [list(one) for one in steps_of(band.scale, words.language)]}
    if isinstance(band.scale, Legend):
        shown = (one for one in band.scale.classes if one.value not in band.hidden)
        return {"classes": [[one.palette, one.names[words.language]] for one in shown]}
    return _ramp(band.scale, words)
