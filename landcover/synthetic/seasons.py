"""How each cover reflects through the year: one table, one formula.

It knows bands and days. It does not know where anything lies.
"""

from __future__ import annotations

import math
from datetime import date
from enum import IntEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from landcover.synthetic.chance import FloatArray
from landcover.synthetic.land import DAYS_PER_YEAR

__all__ = ["BANDS", "COARSE_BANDS", "FINE_BANDS", "MINED", "Cover", "levels", "recovery"]

FINE_BANDS = ("blue", "green", "red", "nir")
"""Bands of 10 m (Sentinel-2 B02, B03, B04, B08)."""

COARSE_BANDS = ("rededge1", "rededge2", "rededge3", "nir08", "swir16", "swir22")
"""Bands of 20 m (Sentinel-2 B05, B06, B07, B8A, B11, B12)."""

BANDS = FINE_BANDS + COARSE_BANDS


class Cover(IntEnum):
    """What covers a pixel. A pixel is one cover, by the rule of its centre."""

    FOREST = 1
    RIVER = 2
    ROAD = 3
    FARMLAND = 4
    MINE = 5
    ROCK = 6
    POND = 7
    FIELD = 8
    FALLOW = 9


MINED = (Cover.MINE, Cover.ROCK, Cover.POND)
"""Covers that together make up mines."""

FALLOW_DAYS = 420
"""Days after its clearing when a field is left to regrow (one crop of rice, then cassava)."""

REGROWTH_START_DAYS = 60
"""Days after its clearing when a field starts to green."""

REGROWTH_SCALE_DAYS = 300.0
"""E-folding time of a field's return to forest (days): 64 % back in a year, 89 % in two."""

# Mean reflectance by band (order of BANDS), then its swing through the year.
# Round figures of an African moist forest and its clearings as Sentinel-2 sees them.
_MEANS = MappingProxyType(
    {
        #                 blue   green  red    nir    re1    re2    re3    nir08  swir16 swir22
        Cover.FOREST: (0.022, 0.045, 0.026, 0.310, 0.072, 0.225, 0.285, 0.325, 0.160, 0.070),
        Cover.RIVER: (0.045, 0.068, 0.058, 0.032, 0.060, 0.040, 0.036, 0.030, 0.014, 0.010),
        Cover.ROAD: (0.065, 0.098, 0.165, 0.255, 0.195, 0.225, 0.240, 0.265, 0.345, 0.300),
        Cover.FARMLAND: (0.048, 0.082, 0.090, 0.260, 0.125, 0.205, 0.240, 0.275, 0.250, 0.165),
        Cover.MINE: (0.085, 0.125, 0.185, 0.265, 0.215, 0.240, 0.255, 0.275, 0.390, 0.340),
        Cover.ROCK: (0.230, 0.275, 0.320, 0.370, 0.340, 0.355, 0.365, 0.375, 0.430, 0.400),
        Cover.POND: (0.070, 0.118, 0.138, 0.085, 0.130, 0.095, 0.088, 0.080, 0.030, 0.022),
        Cover.FIELD: (0.040, 0.060, 0.095, 0.170, 0.115, 0.145, 0.160, 0.180, 0.260, 0.200),
        Cover.FALLOW: (0.022, 0.045, 0.026, 0.310, 0.072, 0.225, 0.285, 0.325, 0.160, 0.070),
    }
)
_GREENING = (-0.001, 0.002, -0.005, 0.025, -0.003, 0.014, 0.020, 0.025, -0.010, -0.008)
_SWING = MappingProxyType(
    {
        Cover.FOREST: 1.0,
        Cover.RIVER: 0.0,
        Cover.ROAD: 0.0,
        Cover.FARMLAND: 3.0,
        Cover.MINE: 0.0,
        Cover.ROCK: 0.0,
        Cover.POND: 0.0,
        Cover.FIELD: 0.5,
        Cover.FALLOW: 1.0,
    }
)
"""How many times the common greening a cover swings (no unit)."""

GREENEST_DAY = 130.0
"""Day of the year when the country is greenest: mid May, in the first long rains."""

_ROUGHNESS = MappingProxyType(
    {
        Cover.FOREST: 0.22,
        Cover.RIVER: 0.06,
        Cover.ROAD: 0.10,
        Cover.FARMLAND: 0.30,
        Cover.MINE: 0.30,
        Cover.ROCK: 0.12,
        Cover.POND: 0.15,
        Cover.FIELD: 0.18,
        Cover.FALLOW: 0.22,
    }
)
"""Full relative range of a cover's texture (no unit)."""


def levels(day: date, band: str) -> FloatArray:
    """Reflectance of each cover, before texture.

    Returns
    -------
    float64 (10,), indexed by `Cover`
        mean + swing * greening * cos(2 pi (day of year - 130) / 365.25).
    """
    turn = 2 * math.pi * (day.timetuple().tm_yday - GREENEST_DAY) / DAYS_PER_YEAR
    place = BANDS.index(band)
    table = np.zeros(len(Cover) + 1)
    for cover in Cover:
        table[cover] = _MEANS[cover][place] + _SWING[cover] * _GREENING[place] * math.cos(turn)
    return table


def roughness() -> FloatArray:
    """Relative range of texture, float64 (10,), indexed by `Cover`."""
    return np.array([0.0, *(_ROUGHNESS[cover] for cover in Cover)])


def recovery(age_days: NDArray[np.int64]) -> FloatArray:
    """Share of the way back from a bare field to forest, by days since the clearing.

    1 - exp(-(age - 60) / 300), 0 in the first 60 days.

    Examples
    --------
    >>> recovery(np.array([0, 360, 2000])).round(2)
    array([0.  , 0.63, 1.  ])
    """
    grown = np.maximum(age_days - REGROWTH_START_DAYS, 0)
    share: FloatArray = -np.expm1(-grown / REGROWTH_SCALE_DAYS)
    return share
