"""Trends of the made-up country are what plain numpy says of its scenes, and of its truth."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from landcover.kernels.discovery import adjusted
from landcover.synthetic import Weather, answers, country, dates

Layer = Callable[..., Any]
Plane = npt.NDArray[Any]

ASKED = {"trend": {"index": "ndvi", "test": "seasonal-kendall", "min_months": 10}}
STEP = 3e-6
"""Float32 against float64 in a slope of differences over whole years (NDVI a year)."""


@pytest.fixture(scope="module")
def long_study(study_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a study of five years of a small, clouded country, five looks a quarter."""
    land = country((80, 90), weather=Weather(swath_edge=0.2))
    return study_in(
        tmp_path_factory.mktemp("trend"), land, dates(date(2019, 1, 3), date(2024, 1, 1), 18)
    )


@pytest.fixture(scope="module")
def ended(long_study: Any) -> Any:
    """Return a run of it."""
    ended = long_study.run(products=ASKED, period=[2019, 2023])
    assert ended.code == 0
    return ended


@pytest.fixture(scope="module")
def monthly(long_study: Any) -> Plane:
    """Return the median NDVI of each month (60, Y, X), by numpy."""
    world = long_study.world
    whole = answers.stack(world.land, world.days).astype(np.float64)
    numbers = np.array([(day.year - 2019) * 12 + day.month - 1 for day in world.days])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = [np.nanmedian(whole[numbers == month], axis=0) for month in range(60)]
    made: Plane = np.stack(found)
    return made


def seasonal(monthly: Plane) -> tuple[Plane, Plane, Plane]:
    """Compute slope, Kendall's S and its variance without ties, month by month and pair by pair."""
    rises = [
        (monthly[j] - monthly[i]) / ((j - i) / 12) for i in range(60) for j in range(i + 12, 60, 12)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        slope: Plane = np.nanmedian(rises, axis=0)
    score: Plane = np.nansum(np.sign(rises), axis=0)
    n = np.stack([np.isfinite(monthly[month::12]).sum(axis=0) for month in range(12)])
    variance: Plane = (n * (n - 1) * (2 * n + 5) / 18).sum(axis=0)
    return slope, score, variance


def test_slopes_and_p_values_are_numpys(
    ended: Any, long_study: Any, layer: Layer, monthly: Plane
) -> None:
    from scipy.special import erfc

    found = layer(ended.out, "ndvi_trend", long_study.world.land)
    slope, score, variance = seasonal(monthly)
    count = np.isfinite(monthly).sum(axis=0)
    tested = (count >= 10) & np.isfinite(slope)
    assert tested.sum() > 1000
    assert np.array_equal(np.isfinite(found[1]), tested)
    assert np.array_equal(found[2], count)
    np.testing.assert_allclose(found[0][tested], slope[tested], rtol=0, atol=STEP)
    p = erfc(np.maximum(np.abs(score) - 1, 0) / np.sqrt(2 * np.maximum(variance, 1)))
    alike = np.abs(found[1] - p)[tested] < 1e-5
    assert alike.mean() > 0.97  # the rest has ties, which the variance allows for


def test_significance_is_of_the_whole_map(ended: Any, long_study: Any, layer: Layer) -> None:
    land = long_study.world.land
    slope, p, _, sign = layer(ended.out, "ndvi_trend", land)
    flat = adjusted(p.astype(np.float64).ravel()).reshape(p.shape)
    stands = np.where(flat <= 0.1, np.sign(slope), 0)
    stands[np.isnan(p)] = np.nan
    assert np.array_equal(sign, stands, equal_nan=True)
    assert 0 < np.nanmean(np.abs(sign)) < 0.9
    learnt = json.loads((ended.out / "run.json").read_text("utf-8"))["learnt"]["trend"]["values"]
    assert learnt["ndvi_tested_px"] == np.isfinite(p).sum()
    assert learnt["ndvi_p_limit"] >= p[np.abs(sign) == 1].max()


def test_the_same_bytes_however_cut(ended: Any, long_study: Any, same: Callable[..., None]) -> None:
    again = long_study.run(
        "cut", products=ASKED, period=[2019, 2023], grid={"tile_px": 64}, run={"threads": 2}
    )
    assert again.code == 0
    same(again.out, ended.out)
