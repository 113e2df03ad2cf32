"""What hides the ground: clouds, their shadows, thin cloud that the mask misses, swath edges.

It knows what the mask says of each pixel. It does not know DN or files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from landcover.synthetic.chance import FloatArray, key, smooth, uniform, unit
from landcover.synthetic.land import DAYS_PER_YEAR, Country
from landcover.synthetic.landscape import Ground, cover
from landcover.synthetic.overpass import sun
from landcover.synthetic.seasons import BANDS, Cover

__all__ = ["Sky", "classes", "cloud_fraction", "sky", "veil"]

_OCTAVES = {
    "cloud": ((2.2, 0.55), (0.9, 0.30), (0.35, 0.15)),
    "thin": ((0.8, 0.60), (0.3, 0.40)),
}
"""Scales of clouds, thick and thin (cells of the country), and their weights."""

_CLOUD_RAMP = 0.16
"""From where a cloud begins to where it is opaque (units of the cloud field)."""

SEEN_OPACITY = 0.15
"""Opacity from which the mask knows a cloud; thinner rims are missed (no unit)."""

MEDIUM_OPACITY, HIGH_OPACITY = 0.40, 0.70
"""Opacity from which the mask says medium and high probability (no unit)."""

SHADE_OPACITY = 0.45
"""Opacity from which a cloud's shadow is known as one (no unit)."""

SHADE_DEPTH = 0.60
"""Light that an opaque cloud takes away (no unit)."""

CLOUD_HEIGHT = 0.9
"""Height of clouds (cells of the country): 580 m over a country of 512 px."""

THIN_LOW, THIN_HIGH = 0.05, 0.22
"""Opacity of the thin cloud that the mask misses (no unit)."""

_WHITE = (0.66, 0.66, 0.67, 0.72, 0.68, 0.70, 0.71, 0.72, 0.48, 0.38)
"""Reflectance of an opaque cloud, in the order of BANDS."""

_SAMPLES = 64
"""Sample places along a side by which a date's cloud fraction is met."""


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """What lies between one grid and the satellite on one day.

    `opacity` of clouds, `thin` of cloud that the mask misses, `shade` is the opacity of the
    cloud that stands before the sun: float64 (Y, X) in [0, 1]. `seen` is False beyond the
    swath's edge.
    """

    opacity: FloatArray
    thin: FloatArray
    shade: FloatArray
    seen: NDArray[np.bool_]


def cloud_fraction(country: Country, day: date) -> float:
    """Cloud fraction that a day aims at: the mean, a season and chance; within [0, 1]."""
    weather = country.weather
    if weather.clouds in (0.0, 1.0):
        return weather.clouds
    # Two rainy seasons a year, around the equinoxes and somewhat later.
    season = math.cos(4 * math.pi * (day.timetuple().tm_yday - 105) / DAYS_PER_YEAR)
    chance = 2 * unit(country.seed, "clouds", day) - 1
    wanted = weather.clouds + weather.spread * chance + 0.08 * season
    return min(max(wanted, 0.0), 1.0)


def _field(country: Country, name: str, day: date, x: FloatArray, y: FloatArray) -> FloatArray:
    """Evaluate a smooth field of a day, within [0, 1)."""
    total = np.zeros(np.broadcast_shapes(x.shape, y.shape))
    for number, (scale, weight) in enumerate(_OCTAVES[name]):
        seed = key(country.seed, name, day, number)
        side_m = scale * country.cell_m
        # Each octave's lattice starts elsewhere, so that their lines do not add up.
        shift = side_m * unit(seed)
        octave = smooth(x + shift, y - shift, side_m, seed)
        octave *= weight
        total += octave
    return total


@lru_cache(maxsize=4096)
def _threshold(country: Country, name: str, day: date, fraction: float) -> float:
    """Level that the field of a day exceeds over a fraction of the country, by a sample."""
    steps = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
    x = country.left_m + steps[None, :] * country.width_m
    y = country.top_m - steps[:, None] * country.height_m
    return float(np.quantile(_field(country, name, day, x, y), 1 - fraction))


def _opacity(country: Country, day: date, x: FloatArray, y: FloatArray) -> FloatArray:
    """Opacity of the clouds of a day at places of the home plane."""
    fraction = cloud_fraction(country, day)
    shape = np.broadcast_shapes(x.shape, y.shape)
    if fraction <= 0 or fraction >= 1:
        return np.full(shape, fraction)
    depth = _field(country, "cloud", day, x, y)
    depth -= _threshold(country, "cloud", day, fraction) - SEEN_OPACITY * _CLOUD_RAMP
    depth *= 1 / _CLOUD_RAMP
    return np.clip(depth, 0, 1, out=depth)


def _thin(country: Country, day: date, x: FloatArray, y: FloatArray) -> FloatArray:
    """Opacity of the thin cloud that the mask misses."""
    part = country.weather.residual
    shape = np.broadcast_shapes(x.shape, y.shape)
    if part <= 0:
        return np.zeros(shape)
    depth = _field(country, "thin", day, x, y)
    depth -= _threshold(country, "thin", day, part)
    veiled = depth > 0
    depth *= 1.5
    depth += THIN_LOW
    np.clip(depth, 0, THIN_HIGH, out=depth)
    depth *= veiled
    return depth


def _seen(country: Country, day: date, x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
    """Whether places lie within the swath: on some days a slanting edge cuts it."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    if unit(country.seed, "swath", day) >= country.weather.swath_edge:
        return np.ones(shape, dtype=np.bool_)
    share = 0.3 + 0.5 * unit(country.seed, "edge", day)
    # Sentinel-2's orbit leans some 12 degrees from the meridian at the equator.
    edge = country.left_m + share * country.width_m
    lean = 0.2 * (y - country.top_m + country.height_m / 2)
    west = unit(country.seed, "side", day) < 0.5
    return (x - lean < edge) if west else (x - lean >= edge)


def sky(country: Country, day: date, ground: Ground) -> Sky:
    """Evaluate what hides a grid on a day."""
    x, y = ground.x, ground.y
    above = sun(country, day)
    reach = CLOUD_HEIGHT * country.cell_m / math.tan(math.radians(above.elevation_deg))
    turn = math.radians(above.azimuth_deg)
    sunward = (x + reach * math.sin(turn), y + reach * math.cos(turn))
    return Sky(
        opacity=_opacity(country, day, x, y),
        thin=_thin(country, day, x, y),
        shade=_opacity(country, day, *sunward),
        seen=_seen(country, day, x, y),
    )


def veil(surface: FloatArray, above: Sky, band: str) -> FloatArray:
    """Reflectance as the satellite sees it.

    Returns
    -------
    float64 (Y, X)
        surface (1 - 0.6 shade), then towards white by `thin`, then by `opacity`.
    """
    white = _WHITE[BANDS.index(band)]
    seen = above.shade * -SHADE_DEPTH
    seen += 1
    seen *= surface
    for share in (above.thin, above.opacity):
        step = white - seen
        step *= share
        seen += step
    return seen


_CLASS_OF = {
    Cover.FOREST: 4, Cover.RIVER: 6, Cover.ROAD: 5, Cover.FARMLAND: 4, Cover.MINE: 5,
    Cover.ROCK: 5, Cover.POND: 6, Cover.FIELD: 5, Cover.FALLOW: 4,
}  # fmt: skip
"""What Sen2Cor's scene classification calls a cover in clear sky."""


def classes(country: Country, day: date, ground: Ground, above: Sky) -> NDArray[np.uint8]:
    """Scene classification (SCL) as the mask gives it, errors included.

    Returns
    -------
    uint8 (Y, X)
        0 beyond the swath; 2, 7 speckle; 3 shadow; 4 vegetation; 5 bare; 6 water; 8, 9
        cloud; 10 thin cirrus. Thin cloud is missed; bright rock is at times called cloud.
    """
    table = np.array([0, *(_CLASS_OF[one] for one in Cover)], dtype=np.uint8)
    found = table[cover(ground, day)]
    _speckle(country, day, ground, found)
    _mistake_rock(country, day, ground, found)
    found[above.shade >= SHADE_OPACITY] = 3
    found[above.opacity >= SEEN_OPACITY] = 10
    found[above.opacity >= MEDIUM_OPACITY] = 8
    found[above.opacity >= HIGH_OPACITY] = 9
    found[~above.seen] = 0
    return found


def lattice(ground: Ground) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Whole numbers of each pixel's column and row, counted from the CRS's origin."""
    transform, (rows, columns) = ground.grid.transform, ground.grid.shape
    left, top = round(transform.c / transform.a), round(transform.f / -transform.e)
    return left + np.arange(columns)[None, :], top - np.arange(rows)[:, None]


def _speckle(country: Country, day: date, ground: Ground, found: NDArray[np.uint8]) -> None:
    """Give a few pixels the classes "unclassified" and "dark", as Sen2Cor does."""
    share = country.weather.speckle
    if share > 0:
        odd = uniform(*lattice(ground), key(country.seed, "speckle", day, ground.grid.crs))
        found[odd < share] = 7
        found[odd < share / 2] = 2


def _mistake_rock(country: Country, day: date, ground: Ground, found: NDArray[np.uint8]) -> None:
    """Call a bright mine cloud, the whole of it, on some days."""
    marks = ground.mines
    rock = (marks.cover == Cover.ROCK) & (marks.day <= day.toordinal())
    chance = country.weather.bright_called_cloud
    called = np.zeros(len(country.mines), dtype=np.uint8)
    for number in range(len(country.mines)):
        if unit(country.seed, "mistaken", day, number) < chance:
            called[number] = 9 if unit(country.seed, "how", day, number) < 0.5 else 8
    pixel, verdict = marks.pixel[rock], called[marks.number[rock]]
    found.reshape(-1)[pixel[verdict > 0]] = verdict[verdict > 0]
