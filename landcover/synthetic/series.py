"""Made-up NDVI series of forest under cloud, some of them cleared: for rates of error.

No place and no file: many series at once, each with its own clouds, season and clearing, all
from one seed. They rank methods and hold a detector to its promises; they are white noise, and
no claim of accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Rates", "Series", "Sky", "rates", "series"]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_FIRST: Final = date(2017, 1, 3).toordinal() - _EPOCH
_AFTER: Final = date(2025, 1, 1).toordinal() - _EPOCH
_REPEAT_DAYS: Final = 5
"""Sentinel-2 with both satellites (days)."""
_YEAR_DAYS: Final = 365.25

_LEVEL: Final = 0.8
"""NDVI of the forest; with it the amplitude of its season, and the noise of a look."""
_AMPLITUDE: Final = 0.05
_NOISE: Final = 0.035

_DROP: Final = 0.30
"""NDVI that a clearing takes, and what comes back a year."""
_REGROWTH: Final = 0.08

_CLOUD: Final = (0.1, 0.5)
"""NDVI that a cloud takes which the mask did not see: uniform between these."""

_DRY: Final = (0.54, 0.53)
"""How much clearer the clear season is than the mean, and when in the year it peaks: July has
three to four looks for each of December, as over eastern Congo."""

_SEASON: Final = (152, 244)
"""Days of the year on which land is cleared, [June, September): the dry season."""


@dataclass(frozen=True, slots=True)
class Sky:
    """How often one sees the ground, and how often one only thinks so."""

    looks: float
    """Looks a year that the cloud mask calls clear."""
    residual: float
    """Share of them that are cloud all the same."""


@dataclass(frozen=True, slots=True)
class Series:
    """Series of 2017 to 2024 with their truth."""

    days: NDArray[np.int64]
    """(T,), days since 1970-01-01: every overpass."""
    values: NDArray[np.float32]
    """(T, 1, N), NDVI; NaN where the mask saw cloud."""
    cleared: NDArray[np.int64]
    """(N,), day of the first overpass that could see the clearing; -1 where none."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often a detector was wrong, and by how much."""

    false: float
    """Share of standing forest with a break."""
    found: float
    """Share of clearings with a break whose alarm was not ahead of them."""
    error_days: float
    """Median |date of the break - first overpass after the clearing| of those (days)."""


def _clear(
    days: NDArray[np.int64], sky: Sky, shape: tuple[int, int], random: np.random.Generator
) -> NDArray[np.bool_]:
    depth, peak = _DRY
    season = 1 + depth * np.cos(2 * np.pi * (days / _YEAR_DAYS - peak))
    clear: NDArray[np.bool_] = (
        random.random(shape) < (sky.looks * _REPEAT_DAYS / _YEAR_DAYS * season)[:, None]
    )
    return clear


def _clearings(
    days: NDArray[np.int64], count: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Overpasses of the dry seasons of 2021 to 2023, each as likely."""
    calendar = [date.fromordinal(int(day) + _EPOCH).timetuple() for day in days]
    first, after = _SEASON
    dry = [2021 <= when.tm_year <= 2023 and first <= when.tm_yday < after for when in calendar]
    return random.choice(days[np.array(dry)], count)


def series(sky: Sky, count: int, cleared: bool, seed: int) -> Series:
    """Make series of forest, all of them cleared or none.

    Parameters
    ----------
    sky : Sky
    count : int
        Series (N).
    cleared : bool
        Whether NDVI falls by 0.30 on an overpass of a dry season of 2021 to 2023, and comes back
        by 0.08 a year.
    seed : int
        The same seed gives the same series.

    Returns
    -------
    Series
    """
    random = np.random.default_rng((seed, cleared))
    days = np.arange(_FIRST, _AFTER, _REPEAT_DAYS, dtype=np.int64)
    shape = (days.size, count)
    peaks = random.random(count)
    values = _LEVEL + _AMPLITUDE * np.cos(2 * np.pi * (days[:, None] / _YEAR_DAYS - peaks))
    values += random.normal(0.0, _NOISE, shape)
    when = _clearings(days, count, random) if cleared else np.full(count, -1, np.int64)
    if cleared:
        since = (days[:, None] - when) / _YEAR_DAYS
        values -= np.where(since >= 0, np.maximum(_DROP - _REGROWTH * since, 0.0), 0.0)
    missed = random.random(shape) < sky.residual
    values -= np.where(missed, random.uniform(*_CLOUD, shape), 0.0)
    values[~_clear(days, sky, shape, random)] = np.nan
    return Series(days, values.astype(np.float32)[:, None, :], when)


def rates(standing: NDArray[np.int32], made: Series, day: NDArray[np.int32], run: int) -> Rates:
    """Judge a detector by its first breaks.

    Parameters
    ----------
    standing : int32 (M,), days since 1970-01-01
        First breaks of series that were not cleared, negative where none.
    made : Series
        Series that were cleared.
    day : int32 (N,), days since 1970-01-01
        First breaks of those.
    run : int
        Looks that make an alarm, counted from the day of the break. An alarm that was complete
        before the clearing is false, and the clearing counts as missed; a break that is only
        dated before it, by looks that cloud took just ahead, is found with that error.

    Returns
    -------
    Rates
    """
    clear = np.isfinite(made.values[:, 0])
    looks = np.cumsum(clear & (made.days[:, None] >= day), axis=0)
    alarm = made.days[np.argmax(looks >= run, axis=0)]
    found = (day >= 0) & (alarm >= made.cleared)
    error = np.abs(day - made.cleared)[found]
    median = float(np.median(error)) if error.size else float("nan")
    return Rates(float((standing >= 0).mean()), float(found.mean()), median)
