"""What is true: each pixel's cover, reflectance and DN, and each area, by formula.

It writes nothing, and does not say what a program should make of the scenes (`answers` does).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.model import Grid
from landcover.synthetic import landscape, weather
from landcover.synthetic.chance import FloatArray, key, normal
from landcover.synthetic.land import Country, coarser
from landcover.synthetic.overpass import Pass
from landcover.synthetic.seasons import BANDS, FINE_BANDS, Cover

__all__ = [
    "COVERS_OF",
    "area_ha",
    "cloud_percent",
    "cover",
    "dn",
    "first_cleared",
    "observed",
    "reflectance",
]

QUANTIFICATION = 10_000
"""DN of reflectance 1 (Sentinel-2's quantification value)."""

STRIP_PX = 128
"""Rows that are computed at one time (px): small enough for a processor's cache."""

MASK = "scl"
"""Our name of the mask band, and its key in items."""


def band_grid(grid: Grid, band: str) -> Grid:
    """Return the grid of a band: twice as coarse for 20 m bands and the mask."""
    return grid if band in FINE_BANDS else coarser(grid)


def reflectance(country: Country, day: date, band: str, grid: Grid | None = None) -> FloatArray:
    """Surface reflectance by formula, without weather and noise.

    Parameters
    ----------
    country : Country
    day : date
    band : str
        One of `seasons.BANDS`.
    grid : Grid, optional
        Any grid or window, in any CRS; by default the band's own over the whole country.

    Returns
    -------
    float64 (Y, X)
        The values of a window are the window of the values, bit by bit.
    """
    ground = landscape.lay(country, grid or band_grid(country.grid, band))
    return landscape.reflectance(ground, day, band)


def cover(country: Country, day: date, grid: Grid | None = None) -> NDArray[np.uint8]:
    """Say what covers each pixel's centre: uint8 (Y, X) of `Cover`; arguments as `reflectance`."""
    return landscape.cover(landscape.lay(country, grid or country.grid), day)


def first_cleared(country: Country, grid: Grid | None = None) -> NDArray[np.int64]:
    """Day on which forest first goes to a mine or a field.

    Parameters
    ----------
    country, grid
        As `reflectance`; by default the finest pixels.

    Returns
    -------
    int64 (Y, X), ordinal days (`date.fromordinal`)
        0 where it never goes.
    """
    return landscape.first_cleared(landscape.lay(country, grid or country.grid))


def dn(country: Country, one: Pass, band: str, grid: Grid | None = None) -> NDArray[np.uint16]:
    """DN of a pass in clear sky, noise included; other arguments as `reflectance`."""
    ground = landscape.lay(country, grid or band_grid(one.square.grid, band))
    surface = landscape.reflectance(ground, one.day, band)
    return _rounded(country, one, band, ground, surface)


def _rounded(
    country: Country, one: Pass, band: str, ground: landscape.Ground, seen: FloatArray
) -> NDArray[np.uint16]:
    """Add noise and round as the processor does: rint(reflectance * 10,000) + offset, >= 1."""
    if country.noise > 0:
        seed = key(country.seed, "noise", one.day, band, ground.grid.crs)
        noise = normal(*weather.lattice(ground), seed)
        noise *= country.noise
        seen += noise
    seen *= QUANTIFICATION
    np.rint(seen, out=seen)
    seen += one.offset_dn
    return np.clip(seen, 1, 65_535, out=seen).astype(np.uint16)


def observed(
    country: Country, one: Pass, bands: Sequence[str] = BANDS, window: Grid | None = None
) -> dict[str, NDArray[Any]]:
    """Return what the files of a scene hold.

    Parameters
    ----------
    country : Country
    one : Pass
        From `passes`.
    bands : names of `seasons.BANDS`
    window : Grid, optional
        A part of the square's finest grid, on even rows and columns; by default all of it.

    Returns
    -------
    dict of band to uint16 (Y, X), nodata 0; and "scl" to uint8 (Y, X), nodata 0
    """
    whole = window or one.square.grid
    strips = [_observed_strip(country, one, bands, strip) for strip in _strips(whole)]
    return {name: np.concatenate([strip[name] for strip in strips]) for name in (*bands, MASK)}


def _strips(grid: Grid) -> list[Grid]:
    """Cut a grid into strips of rows."""
    rows, columns = grid.shape
    return [
        grid.window(row, 0, (min(STRIP_PX, rows - row), columns))
        for row in range(0, rows, STRIP_PX)
    ]


def _observed_strip(
    country: Country, one: Pass, bands: Sequence[str], strip: Grid
) -> dict[str, NDArray[Any]]:
    """All bands of one strip."""
    found: dict[str, NDArray[Any]] = {}
    for grid in (strip, coarser(strip)):
        ground = landscape.lay(country, grid)
        above = weather.sky(country, one.day, ground)
        for band in bands:
            if (band in FINE_BANDS) == (grid is strip):
                surface = landscape.reflectance(ground, one.day, band)
                seen = weather.veil(surface, above, band)
                found[band] = _rounded(country, one, band, ground, seen) * above.seen
        if grid is not strip:
            found[MASK] = weather.classes(country, one.day, ground, above)
    return found


def cloud_percent(mask: NDArray[np.uint8]) -> float:
    """Share of cloud (classes 8, 9, 10) among the pixels seen, as items state it (percent)."""
    seen = int(np.count_nonzero(mask))
    clouds = int(np.count_nonzero((mask >= 8) & (mask <= 10)))
    return round(100 * clouds / seen, 6) if seen else 100.0


def area_ha(country: Country, name: str, day: date) -> float:
    """Planar area by formula.

    Parameters
    ----------
    name : "country", "reserve", "river", "road", "village", "mines", "ponds", "fields", "forest"
        Mines include their ponds; fields include fallow; forest is what is left.
    """
    river, road = country.river, country.road
    metres = {
        "country": country.width_m * country.height_m,
        "reserve": country.reserve_ha * 10_000,
        "river": river.width_m * country.height_m,
        "road": road.width_m * (country.width_m - river.width_m),
        "village": np.pi * country.village.radius_m**2,
        "mines": sum(mine.area_ha(day) for mine in country.mines) * 10_000,
        "ponds": sum(p.area_ha(day) for mine in country.mines for p in mine.ponds) * 10_000,
        "fields": sum(field.area_ha(day) for field in country.fields) * 10_000,
    }
    others = ("river", "road", "village", "mines", "fields")
    metres["forest"] = metres["country"] - sum(metres[other] for other in others)
    if name not in metres:
        raise InputError("synthetic truth", f"no area {name!r}", f"Known: {', '.join(metres)}")
    return float(metres[name]) / 10_000


COVERS_OF: Mapping[str, tuple[Cover, ...]] = {
    "river": (Cover.RIVER,),
    "road": (Cover.ROAD,),
    "village": (Cover.FARMLAND,),
    "mines": (Cover.MINE, Cover.ROCK, Cover.POND),
    "ponds": (Cover.POND,),
    "fields": (Cover.FIELD, Cover.FALLOW),
    "forest": (Cover.FOREST,),
}
"""Covers that make up each named area."""
