"""Trends of the made-up country are what plain numpy says of its scenes, and of its truth."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from landcover import pipeline
from landcover.job import load
from landcover.kernels.discovery import adjusted
from landcover.kernels.trend import trend
from landcover.products.trend import CLASSES
from landcover.synthetic import Weather, answers, country, dates, truth

Layer = Callable[..., Any]
Plane = npt.NDArray[Any]

ASKED = {"trend": {"index": "ndvi", "min_months": 10, "false_discovery": 0.5}}
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
def months(long_study: Any) -> tuple[Plane, Plane]:
    """Return the median NDVI of each month and the mean time of its looks, (60, Y, X), by numpy."""
    world = long_study.world
    whole = answers.stack(world.land, world.days).astype(np.float64)
    numbers = np.array([(day.year - 2019) * 12 + day.month - 1 for day in world.days])
    years = [date(day.year, 12, 31).timetuple().tm_yday for day in world.days]
    parts = np.array([day.timetuple().tm_yday - 1 for day in world.days]) / years
    times = np.array([day.year for day in world.days]) + parts - 2019
    dated = np.where(np.isfinite(whole), times[:, None, None], np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found = [np.nanmedian(whole[numbers == month], axis=0) for month in range(60)]
        when = [np.nanmean(dated[numbers == month], axis=0) for month in range(60)]
    return np.stack(found), np.stack(when)


def slopes(monthly: Plane, when: Plane) -> Plane:
    """Take the median slope of all pairs of a calendar month in different years."""
    pairs = [(i, j) for i in range(60) for j in range(i + 12, 60, 12)]
    rises = [(monthly[j] - monthly[i]) / (when[j] - when[i]) for i, j in pairs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        found: Plane = np.nanmedian(rises, axis=0)
    return found


@pytest.mark.slow
def test_slopes_are_numpys_and_p_values_those_of_the_months(
    ended: Any, long_study: Any, layer: Layer, months: tuple[Plane, Plane]
) -> None:
    monthly, when = months
    found = layer(ended.out, "ndvi_trend", long_study.world.land)
    years = np.stack([np.isfinite(monthly[k::12]).sum(axis=0) for k in range(12)])
    count = np.where(years > 1, years, 0).sum(axis=0)  # a month of one year has no anomaly
    compared = np.isfinite(monthly) & (np.tile(years, (5, 1, 1)) > 1)
    seen = compared.reshape(5, 12, *years.shape[1:]).any(axis=1).sum(axis=0)
    tested = (count >= 10) & (seen == 5)
    assert tested.sum() > 1000
    assert np.array_equal(np.isfinite(found[:2]).all(axis=0), tested)
    assert np.array_equal(found[2], count)
    np.testing.assert_allclose(found[0][tested], slopes(*months)[tested], rtol=0, atol=STEP)
    again = trend(monthly, when, seasons=12, anomalies=True, least=10)
    apart = np.abs(again.p - found[1])[tested]
    # float32 makes and breaks ties, and moves a correlation over the edge of significance
    assert np.median(apart) < 1e-6
    assert (apart < 1e-4).mean() > 0.97


@pytest.mark.slow
def test_what_stands_is_judged_over_the_whole_map(
    ended: Any, long_study: Any, layer: Layer
) -> None:
    land = long_study.world.land
    slope, p, _, sign = layer(ended.out, "ndvi_trend", land)
    flat = adjusted(p.astype(np.float64).ravel()).reshape(p.shape)
    stands = np.where(flat <= 0.5, np.sign(slope), 0)
    stands[np.isnan(p)] = np.nan
    assert np.array_equal(sign, stands, equal_nan=True)
    learnt = json.loads((ended.out / "run.json").read_text("utf-8"))["learnt"]["trend"]["values"]
    assert learnt["ndvi_tested_px"] == np.isfinite(p).sum()
    assert learnt["ndvi_p_limit"] >= p[np.abs(sign) == 1].max()


@pytest.mark.slow
def test_cleared_forest_falls_and_standing_forest_mostly_does_not(
    ended: Any, long_study: Any, layer: Layer
) -> None:
    land = long_study.world.land
    slope, _, _, sign = layer(ended.out, "ndvi_trend", land)
    day = truth.first_cleared(land)
    cleared = (day >= date(2019, 12, 1).toordinal()) & (day < date(2022, 9, 1).toordinal())
    assert cleared.sum() > 50
    assert np.nanmedian(slope[cleared]) < -0.02
    assert abs(np.nanmedian(slope[day == 0])) < 0.002
    falls, stays = (sign[cleared] == -1).mean(), (np.abs(sign[day == 0]) == 1).mean()
    assert falls > 0.2
    assert stays < 0.03


@pytest.mark.slow
def test_the_table_has_the_areas_of_the_map(ended: Any, long_study: Any, layer: Layer) -> None:
    """The territories cover the country: their hectares are the map's, to the zones' edges."""
    rows = pd.read_csv(ended.out / "tables" / "trend_area.csv")
    rows = rows[rows["kind"] == "region"]
    assert set(rows["test"]) == {"hamed-rao"}
    shares = rows[[f"{name}_fraction" for name in CLASSES]]
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert set(rows["first_date"]) == {"2019-01-01"}
    assert rows["median_years"].eq(5).all()
    sign = layer(ended.out, "ndvi_trend", long_study.world.land)[3]
    for name, code in (("declining", -1), ("rising", 1), ("none", 0)):
        pixels_ha = (sign == code).sum() * 0.01
        assert rows[f"{name}_ha"].sum() == pytest.approx(pixels_ha, rel=0.05, abs=0.02), name


@pytest.mark.slow
def test_status_misses_the_table_that_is_gone(ended: Any, long_study: Any) -> None:
    job = load(long_study.folder / "job.yaml")
    path = ended.out / "tables" / "trend_area.csv"
    whole, held = pipeline.status(job, ended.out), path.read_bytes()
    assert whole.tables_done == whole.tables
    path.unlink()
    try:
        assert pipeline.status(job, ended.out).tables_done == whole.tables - 1
    finally:
        path.write_bytes(held)


@pytest.mark.slow
def test_the_same_bytes_however_cut(ended: Any, long_study: Any, same: Callable[..., None]) -> None:
    again = long_study.run(
        "cut", products=ASKED, period=[2019, 2023], grid={"tile_px": 64}, run={"threads": 2}
    )
    assert again.code == 0
    same(again.out, ended.out, ("trend_area", "zones"))
