"""What a run makes of the made-up country is what the country's formulas say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from shapely import Polygon

from landcover.synthetic import Country, Weather, answers, country, dates
from landcover.synthetic.answers import ClearRule
from landcover.synthetic.zones import reserve, territories

NDVI_STEP = 1e-6
"""Float32 against float64 in an index within [-1, 1] (no unit)."""


def zones_of(land: Country) -> dict[str, Polygon]:
    """Return the zones by id; the thin triangle as the jobs have it."""
    x, y = land.left_m + 1273.0, land.top_m - 1278.0
    speck = Polygon([(x, y), (x + 74.0, y - 9.0), (x + 31.0, y - 23.0)])
    return {"900001": reserve(land), **territories(land), "S1": speck}


def within(days: tuple[date, ...], start: date, end: date) -> list[int]:
    """Return which days lie in a half-open period."""
    return [number for number, day in enumerate(days) if start <= day < end]


def assert_composites(
    found: Any, truth: Any, names: tuple[str, ...] = ("median", "mean", "p10")
) -> None:
    """Compare a raster's bands with the truth."""
    for number, name in enumerate(names):
        wanted = answers.composite(truth, name).values
        assert np.array_equal(np.isnan(found[number]), np.isnan(wanted)), name
        np.testing.assert_allclose(found[number], wanted, rtol=0, atol=NDVI_STEP)


inside_once = lru_cache(answers.inside)


@pytest.fixture
def quick_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut pixels by a zone once, not once a date."""
    monkeypatch.setattr(answers, "inside", inside_once)


@pytest.mark.usefixtures("quick_inside")
@pytest.mark.parametrize("grown_m", [60.0, pytest.param(0.0, marks=pytest.mark.slow)])
def test_years_and_series(
    small_study: Any, layer: Any, read_table: Callable[[Path, str], pd.DataFrame], grown_m: float
) -> None:
    study, land, days = small_study, small_study.world.land, small_study.world.days
    assert days[0] < date(2022, 1, 25) <= days[-1]
    source = {
        "sensor": "sentinel-2-l2a", "catalog": "scenes/catalog.json", "cloud_grown_m": grown_m,
    }  # fmt: skip
    ended = study.run(sources=[source])
    assert ended.code == 0
    truth = answers.stack(land, days, rule=ClearRule(grown_m=grown_m))
    for year in (2021, 2022):
        part = truth[within(days, date(year, 1, 1), date(year + 1, 1, 1))]
        assert_composites(layer(ended.out, f"ndvi_{year}", land), part)
        counted = layer(ended.out, f"clear_{year}", land)[0]
        assert np.array_equal(counted, np.isfinite(part).sum(axis=0))
    assert_series(read_table(ended.out, "zone_series"), land, days, truth)


def assert_series(table: pd.DataFrame, land: Country, days: tuple[date, ...], truth: Any) -> None:
    """Compare every zone's row of every date with the truth."""
    assert len(table) == len(days) * len(zones_of(land))
    rows = table.set_index(["zone_id", "date"])
    for zone, shape in zones_of(land).items():
        for day, values in zip(days, truth, strict=True):
            wanted, row = answers.zone_mean(land, values, shape), rows.loc[(zone, str(day))]
            where = f"{zone} {day}"
            # corners are stored in degrees to 0.1 mm
            assert row["count"] == pytest.approx(wanted.count, rel=2e-5, abs=1e-4), where
            assert row["clear_fraction"] == pytest.approx(
                wanted.clear_fraction, rel=2e-5, abs=2e-5
            ), where
            assert row["mean"] == pytest.approx(wanted.mean, abs=2e-5, nan_ok=True), where


@pytest.mark.slow
def test_months(small_study: Any, layer: Any) -> None:
    study, land, days = small_study, small_study.world.land, small_study.world.days
    ended = study.run(
        products={"composite": {"every": "month", "statistic": ["median", "mean", "p10"]}},
        period={"start": date(2021, 12, 1), "end": date(2022, 4, 1)},
    )
    truth = answers.stack(land, days)
    firsts = [date(2021, 12, 1), *(date(2022, month, 1) for month in (1, 2, 3, 4))]
    for start, end in pairwise(firsts):
        part = truth[within(days, start, end)]
        assert len(part)
        assert_composites(layer(ended.out, f"ndvi_{start:%Y-%m}", land), part)
        counted = layer(ended.out, f"clear_{start:%Y-%m}", land)[0]
        assert np.array_equal(counted, np.isfinite(part).sum(axis=0))


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["two_squares", "two_zones"])
def test_two_squares(layout: str, study_of: Any, layer: Any) -> None:
    # Without growth a pixel's clearness does not depend on which square shows it.
    land = country(
        (160, 200), lon=29.98 if layout == "two_zones" else 28.5, layout=layout,
        weather=Weather(swath_edge=0.3),
    )  # fmt: skip
    days = dates(date(2021, 10, 1), date(2022, 5, 1), 30)
    study = study_of(land, days)
    source = {
        "sensor": "sentinel-2-l2a", "catalog": "scenes/catalog.json", "cloud_grown_m": 0,
    }  # fmt: skip
    ended = study.run(
        sources=[source],
        grid={"crs": land.crs, "resolution_m": 10},
        products={
            "composite": {"every": [{"start": days[0], "end": date(2022, 5, 1), "name": "all"}]}
        },
    )
    assert ended.code == 0
    truth = answers.stack(land, days, rule=ClearRule(grown_m=0))
    found = layer(ended.out, "ndvi_all", land)
    assert_composites(found, truth)
    counted = layer(ended.out, "clear_all", land)[0]
    assert np.array_equal(counted, np.isfinite(truth).sum(axis=0))
