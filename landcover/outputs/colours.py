"""Colours along a ramp: of one value, of many, and of each of its steps with what it stands for.

It knows ramps. It does not know pictures, files or programs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landcover.outputs.style import Ramp
from landcover.outputs.wording import text_in

__all__ = ["colour_at", "colours_along", "palette_of", "rgb_of", "steps_of", "steps_within"]


def rgb_of(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of "#rrggbb", 0 to 255."""
    return (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))


def palette_of(ramp: Ramp) -> NDArray[np.uint8]:
    """Return the colours of a ramp's stops, uint8 (N, 3); of one in steps, those of its steps."""
    kept = ramp.stops[: len(ramp.steps) or None]
    return np.array([rgb_of(colour) for _, colour in kept], np.uint8)


def steps_within(ramp: Ramp, values: NDArray[Any]) -> NDArray[np.intp]:
    """Return the step that each value lies in; those beyond the ends lie in the outer ones."""
    inner = [value for value, _ in ramp.stops[1:-1]]
    return np.asarray(np.searchsorted(inner, values, side="right"), np.intp)


def colours_along(ramp: Ramp, values: NDArray[Any]) -> NDArray[np.uint8]:
    """Return colours of values, uint8 (..., 3).

    They are those of the steps that values lie in; without steps, linear between two stops. The
    ends' own colours hold beyond them.
    """
    if ramp.steps:
        return palette_of(ramp)[steps_within(ramp, values)]
    at = np.array([value for value, _ in ramp.stops])
    of = palette_of(ramp).astype(float)
    parts = [np.interp(np.asarray(values, float), at, of[:, k]) for k in range(3)]
    return np.rint(np.stack(parts, axis=-1)).astype(np.uint8)


def colour_at(ramp: Ramp, value: float) -> str:
    """Return the colour of one value, as "#rrggbb"."""
    red, green, blue = colours_along(ramp, np.array(value, float)).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def steps_of(ramp: Ramp, language: str) -> tuple[tuple[str, str], ...]:
    """Return colour and meaning of each step, the lowest first; nothing of a ramp without steps."""
    colours = (colour for _, colour in ramp.stops)
    return tuple(
        (colour, text_in(names, language))
        for colour, names in zip(colours, ramp.steps, strict=False)
    )
