"""What a right program answers: clear pixels, indices, composites, zone means.

Plain slow numpy that shares no code with `landcover.kernels`, so that tests may compare the
two.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from shapely import Polygon

from landcover.errors import InputError
from landcover.synthetic import landscape
from landcover.synthetic.chance import FloatArray
from landcover.synthetic.land import Country, Square
from landcover.synthetic.overpass import Pass, passes
from landcover.synthetic.seasons import FINE_BANDS
from landcover.synthetic.truth import MASK, QUANTIFICATION, cloud_percent, observed
from landcover.synthetic.zones import ground_m2, inside

__all__ = [
    "ClearRule",
    "Composite",
    "ZoneMean",
    "clear",
    "composite",
    "index",
    "ndvi",
    "stack",
    "zone_mean",
]

_RATIOS = {
    "ndvi": ("nir", "red"),
    "ndmi": ("nir", "swir16"),
    "nbr": ("nir", "swir22"),
    "ndwi": ("green", "nir"),
    "mndwi": ("green", "swir16"),
    "ndti": ("red", "green"),
}
"""Normalised differences (a - b) / (a + b) that this module can tell."""


@dataclass(frozen=True, slots=True)
class ClearRule:
    """When a pixel counts as clear: its class, and its distance from cloud.

    `grown` classes spread by a disc of `grown_m` on the mask's own grid.
    """

    clear: frozenset[int] = frozenset({4, 5, 6})
    grown: frozenset[int] = frozenset({3, 8, 9, 10})
    grown_m: float = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """A statistic along time: float64 (Y, X), NaN where too few; and how many were clear."""

    values: FloatArray
    count: NDArray[np.int64]


def clear(
    mask: NDArray[np.uint8], pixel_m: float, rule: ClearRule | None = None
) -> NDArray[np.bool_]:
    """Which pixels of a mask are clear, on the mask's own grid.

    A pixel is clear when its class is and no pixel of a grown class that is not itself
    clear has its centre within `grown_m`.
    """
    rule = rule or ClearRule()
    kept = np.isin(mask, sorted(rule.clear))
    spreading = np.isin(mask, sorted(rule.grown - rule.clear))
    reach = rule.grown_m / pixel_m
    steps = range(-int(reach), int(reach) + 1)
    near = np.zeros_like(kept)
    for down in steps:
        for right in steps:
            if down * down + right * right <= reach * reach:
                near |= _shifted(spreading, down, right)
    return kept & ~near


def _shifted(mask: NDArray[np.bool_], down: int, right: int) -> NDArray[np.bool_]:
    """Move a mask by whole pixels; what comes in is False."""
    rows, columns = mask.shape
    moved = np.zeros_like(mask)
    target = moved[max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)]
    source = mask[max(-down, 0) : rows + min(-down, 0), max(-right, 0) : columns + min(-right, 0)]
    if target.size:
        target[...] = source
    return moved


def index(bands: Mapping[str, FloatArray], name: str) -> FloatArray:
    """Return an index, or a band itself, from reflectances: float64 (Y, X), NaN where 0/0."""
    if name in bands:
        return bands[name]
    if name not in _RATIOS:
        raise InputError("synthetic truth", f"no index {name!r}", f"Known: {', '.join(_RATIOS)}")
    high, low = (bands[band] for band in _RATIOS[name])
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: FloatArray = (high - low) / (high + low)
    return np.where(np.isfinite(ratio), ratio, np.nan)


def ndvi(country: Country, one: Pass) -> FloatArray:
    """NDVI from rounded DN, clear or not: float64 (Y, X), NaN where nothing was seen."""
    return index(_reflectances(one, observed(country, one, ("red", "nir"))), "ndvi")


def _reflectances(one: Pass, files: Mapping[str, NDArray[Any]]) -> dict[str, FloatArray]:
    """Reflectance on the fine grid: (DN - offset) / 10,000, at least 0; NaN where DN is 0."""
    found = {}
    for band, array in files.items():
        if band != MASK:
            fine = array if band in FINE_BANDS else array.repeat(2, axis=0).repeat(2, axis=1)
            value = np.maximum(fine.astype(np.float64) - one.offset_dn, 0) / QUANTIFICATION
            found[band] = np.where(fine == 0, np.nan, value)
    return found


def _needed(name: str) -> tuple[str, ...]:
    """Bands that an index or a band needs."""
    return _RATIOS.get(name, (name,))


def _one_scene(
    country: Country, one: Pass, name: str, rule: ClearRule | None
) -> tuple[FloatArray, float]:
    """Values of one scene on its own fine grid, NaN where not clear; and its cloud percent."""
    files = observed(country, one, _needed(name))
    mask = files[MASK]
    kept = clear(mask, 2 * country.resolution_m, rule).repeat(2, axis=0).repeat(2, axis=1)
    bands = _reflectances(one, files)
    complete = np.all([np.isfinite(array) for array in bands.values()], axis=0)
    return np.where(kept & complete, index(bands, name), np.nan), cloud_percent(mask)


def _on_home_grid(country: Country, square: Square, values: FloatArray) -> FloatArray:
    """Bring a square's values to the country's grid by the nearest pixel."""
    home, theirs = country.grid, square.grid
    if theirs == home:
        return values
    x, y = landscape.places(country, home)
    if theirs.crs != home.crs:
        away = Transformer.from_crs(home.crs, theirs.crs, always_xy=True)
        wide_x, wide_y = np.broadcast_arrays(x, y)
        x, y = away.transform(wide_x, wide_y)
    column = np.floor((x - theirs.transform.c) / theirs.transform.a).astype(np.int64)
    row = np.floor((y - theirs.transform.f) / theirs.transform.e).astype(np.int64)
    inside = (column >= 0) & (column < theirs.shape[1]) & (row >= 0) & (row < theirs.shape[0])
    there = values[np.clip(row, 0, theirs.shape[0] - 1), np.clip(column, 0, theirs.shape[1] - 1)]
    return np.where(inside, there, np.nan)


def _one_day(country: Country, day: date, name: str, rule: ClearRule | None) -> FloatArray:
    """Values of a day on the country's grid: per pixel the first clear one in mosaic order."""
    ranked = []
    for one in passes(country, (day,)):
        values, cloud = _one_scene(country, one, name, rule)
        away = one.square.grid.crs != country.crs
        ranked.append(((away, cloud, one.id), _on_home_grid(country, one.square, values)))
    ranked.sort(key=lambda pair: pair[0])
    merged = ranked[0][1]
    for _, values in ranked[1:]:
        merged = np.where(np.isnan(merged), values, merged)
    return merged


def stack(
    country: Country, days: Sequence[date], name: str = "ndvi", rule: ClearRule | None = None
) -> FloatArray:
    """All clear observations on the country's grid.

    Returns
    -------
    float64 (T, Y, X)
        An index, or a band's reflectance; NaN where not clear.
    """
    return np.stack([_one_day(country, day, name, rule) for day in days])


def composite(values: FloatArray, statistic: str = "median", min_count: int = 1) -> Composite:
    """Reduce a stack along time.

    Parameters
    ----------
    values : float64 (T, Y, X)
        From `stack`.
    statistic : "median", "mean", "min", "max" or a percentile as "p25"
    min_count : int
        Pixels with fewer clear observations are NaN.
    """
    count = np.count_nonzero(np.isfinite(values), axis=0)
    share = {"min": "p0", "median": "p50", "max": "p100"}.get(statistic, statistic)
    if statistic != "mean" and not re.fullmatch(r"p\d+", share):
        raise InputError("synthetic truth", f"no statistic {statistic!r}", "Use median, mean, p25")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # all-NaN pixels are expected
        reduced = (
            np.nanmean(values, axis=0)
            if statistic == "mean"
            else np.nanpercentile(values, int(share[1:]), axis=0)
        )
    return Composite(np.where(count >= min_count, reduced, np.nan), count)


@dataclass(frozen=True, slots=True)
class ZoneMean:
    """A zone on one date: the true area that was clear, its share of the zone, and the mean.

    `count` is the sum of covered fractions of clear pixels; `mean` is NaN where none is.
    """

    count: float
    clear_fraction: float
    clear_ha: float
    mean: float


def zone_mean(country: Country, values: FloatArray, zone: Polygon) -> ZoneMean:
    """Average values over a zone, by the covered fraction and true area of each pixel.

    Parameters
    ----------
    values : float64 (Y, X)
        On the country's grid, NaN where not clear; one date of `stack`.
    zone : Polygon
        In the home plane.
    """
    share = inside(zone, country.grid)
    weight = share * ground_m2(country.grid)
    seen = np.isfinite(values) & (share > 0)
    total, there = float(weight.sum()), float(weight[seen].sum())
    mean = float((weight[seen] * values[seen]).sum() / there) if there else float("nan")
    fraction = there / total if total else float("nan")
    return ZoneMean(float(share[seen].sum()), fraction, there / 10_000, mean)
