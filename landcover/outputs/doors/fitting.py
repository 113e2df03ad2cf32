"""Ramps laid over what their rasters hold: bands in units of their own, of which nothing is known.

It reads rasters, small. It does not know which ramps are to be fitted: these say so themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor, log10
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from landcover.outputs.doors.ramps import looks
from landcover.outputs.style import BandStyle, Ramp, RasterStyle
from landcover.raster.look import look

__all__ = ["fitted"]

_MOST_PX: Final = 256
"""Pixels a side that are looked at of each raster: enough for two percentiles."""

_ENDS: Final = (2.0, 98.0)
"""Percentiles between which a ramp is laid: a few wild pixels would leave all others alike."""

_TICKS: Final = 5
"""Steps of a legend, about."""

_ROUND: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
"""What a step of a legend begins with."""

_SLACK: Final = 1e-9
"""Of a step: an end that is a round number but for its last digits stays the end."""

_DIGITS: Final = 10
"""After the point: what is beyond is the arithmetic's own."""

_Key = tuple[str, str, Ramp]
"""What bands share that are drawn by one ramp: group, series, and the ramp."""


def fitted(styles: Sequence[RasterStyle]) -> list[RasterStyle]:
    """Lay the ramps that ask for it over what their rasters hold.

    Parameters
    ----------
    styles : sequence of RasterStyle
        Of all rasters of a run: those of one series keep one ramp, so that they can be compared.
    """
    bands = defaultdict[_Key, list[tuple[RasterStyle, BandStyle]]](list)
    for style in styles:
        for band in style.bands:
            if isinstance(band.scale, Ramp) and band.scale.fit:
                bands[_key(style, band.scale)].append((style, band))
    ramps = {key: _laid(key[2], _values(found)) for key, found in bands.items()}
    return [_with(style, ramps) for style in styles]


def _key(style: RasterStyle, ramp: Ramp) -> _Key:
    """Return what bands share that are drawn by one ramp."""
    return style.group, style.series, ramp


def _with(style: RasterStyle, ramps: dict[_Key, Ramp]) -> RasterStyle:
    """Return a style with its ramps laid."""
    bands = tuple(
        replace(band, scale=ramps[_key(style, band.scale)])
        if isinstance(band.scale, Ramp) and band.scale.fit
        else band
        for band in style.bands
    )
    return replace(style, bands=bands)


def _values(found: Sequence[tuple[RasterStyle, BandStyle]]) -> NDArray[Any]:
    """Return what bands hold, every so many pixels."""
    parts = []
    for style, band in found:
        seen = look(style.facts.path, (band.band,), _MOST_PX)
        parts.append(seen.values[seen.valid])
    values = np.concatenate(parts).astype(float)
    return values[np.isfinite(values)]


def _laid(ramp: Ramp, values: NDArray[Any]) -> Ramp:
    """Lay a ramp over values, between round numbers; without any it stays."""
    if not len(values):
        return ramp
    if ramp.fit == "looks":
        return looks(round(float(values.max())))
    low, high = (float(end) for end in np.percentile(values, _ENDS))
    if ramp.fit == "sides":
        high = max(abs(low), abs(high))
        low = -high
    elif ramp.fit == "from_0":
        low = 0.0
    if high <= low:  # all are alike
        room = max(abs(high) / 10, 1.0)
        low, high = (low if ramp.fit == "from_0" else low - room), high + room
    return _between(ramp, low, high)


def _between(ramp: Ramp, low: float, high: float) -> Ramp:
    """Spread a ramp's colours over the round numbers around two values."""
    step = _round_step((high - low) / _TICKS)
    first, last = floor(low / step + _SLACK), ceil(high / step - _SLACK)
    values = np.linspace(first * step, last * step, len(ramp.stops)).round(_DIGITS).tolist()
    stops = tuple((at, colour) for at, (_, colour) in zip(values, ramp.stops, strict=True))
    ticks = tuple(round(n * step, _DIGITS) for n in range(first, last + 1))
    return replace(ramp, stops=stops, ticks=ticks, fit="")


def _round_step(wide: float) -> float:
    """Return the next round number that is no less: 0.02, 0.025, 500."""
    power = 10.0 ** floor(log10(wide))
    return next(one * power for one in _ROUND if one * power >= wide * (1 - _SLACK))
