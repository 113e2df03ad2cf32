"""Values as colours: a band's ramp or classes, as people see them.

It knows scales of colours. It reads no file and draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landcover.model import Legend
from landcover.outputs.colours import colours_along, rgb_of
from landcover.outputs.style import BandStyle, Ramp
from landcover.outputs.wording import Words

__all__ = ["paint", "tick_texts"]

OPAQUE = 255


def _classes(legend: Legend, values: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Return colours of classes, and where there is one."""
    colours = np.zeros((*values.shape, 3), np.uint8)
    known = np.zeros(values.shape, bool)
    for one in legend.classes:
        here = values == one.value
        colours[here] = rgb_of(one.palette)
        known |= here
    return colours, known


def paint(style: BandStyle, values: NDArray[Any], valid: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Paint one band.

    Parameters
    ----------
    style : BandStyle
        A band with a scale.
    values : (Y, X)
    valid : bool (Y, X)

    Returns
    -------
    uint8 (Y, X, 4)
        Red, green, blue and opacity: 0 where there is no value, or one that is hidden.
    """
    drawn = valid & ~np.isin(values, style.hidden) if style.hidden else valid
    if isinstance(style.scale, Legend):
        colours, known = _classes(style.scale, values)
        drawn = drawn & known
    elif isinstance(style.scale, Ramp):
        colours = colours_along(style.scale, np.where(drawn, values, style.scale.low))
    else:
        raise TypeError(f"{style.key} has no scale: pictures are drawn as they are")
    return np.dstack([colours, np.where(drawn, OPAQUE, 0).astype(np.uint8)])


def _digits(ticks: tuple[float, ...]) -> int:
    """Return how many digits tell ticks apart, at most four."""
    for digits in range(4):
        if all(abs(tick - round(tick, digits)) < 1e-9 for tick in ticks):
            return digits
    return 4


def tick_texts(ramp: Ramp, words: Words) -> Iterator[tuple[float, str]]:
    """Yield the values that a legend writes, and how."""
    ticks = ramp.ticks or tuple(value for value, _ in ramp.stops)
    digits = _digits(ticks)
    for tick in ticks:
        if ramp.year:
            yield tick, f"{tick:.0f}" if abs(tick - round(tick)) < 1e-6 else f"{tick:.1f}"
        else:
            yield tick, words.number(tick + 0.0, digits)
