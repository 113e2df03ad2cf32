"""What is normal in the made-up country and over Gabon is what plain numpy says of the scenes."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio
import yaml
from shapely import box
from shapely.geometry import mapping

from landcover import job as jobs
from landcover import pipeline
from landcover.synthetic import Weather, answers, country, dates

Layer = Callable[..., Any]

STEP = 2e-6
"""Float32 against float64 in a difference of medians within [-1, 1] (no unit)."""

ASKED = {"climatology": {"baseline": [2020, 2022], "anomalies": ["month", "year"], "min_months": 2}}


@pytest.fixture(scope="module")
def long_study(study_in: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a study of four years of a small, half-clouded country."""
    land = country((80, 90), weather=Weather(swath_edge=0.2))
    days = dates(date(2020, 1, 3), date(2024, 1, 1), 29)
    return study_in(tmp_path_factory.mktemp("long"), land, days)


@pytest.fixture(scope="module")
def ended(long_study: Any) -> Any:
    """Return a run of it."""
    ended = long_study.run(products={"composite": None, **ASKED}, period=[2020, 2023])
    assert ended.code == 0
    return ended


@pytest.fixture(scope="module")
def truth(long_study: Any) -> Mapping[tuple[int, int], npt.NDArray[np.float64]]:
    """Return the median NDVI of each month that was looked at, by (year, month)."""
    world = long_study.world
    whole = answers.stack(world.land, world.days)
    months = sorted({(day.year, day.month) for day in world.days})
    found = {}
    for month in months:
        of = [k for k, day in enumerate(world.days) if (day.year, day.month) == month]
        found[month] = plain(np.nanmedian, whole[of])
    return found


def plain(reduce: Any, stack: Any, **keys: Any) -> npt.NDArray[np.float64]:
    """Reduce along time by numpy, silently where a pixel has no value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        made: npt.NDArray[np.float64] = reduce(np.asarray(stack, np.float64), axis=0, **keys)
    return made


def close(found: Any, wanted: Any, what: str = "") -> None:
    assert np.array_equal(np.isnan(found), np.isnan(wanted)), what
    np.testing.assert_allclose(found, wanted, rtol=0, atol=STEP, err_msg=what)


def normals(truth: Any, month: int) -> tuple[Any, Any, Any]:
    """Return mean, spread and years of a month over the baseline, by numpy."""
    rows = [truth[year, month] for year in (2020, 2021, 2022) if (year, month) in truth]
    if not rows:
        empty = np.full(next(iter(truth.values())).shape, np.nan)
        return empty, empty, np.zeros(empty.shape)
    years = np.isfinite(rows).sum(axis=0)
    spread = np.where(years >= 3, plain(np.nanstd, rows, ddof=1), np.nan)
    return plain(np.nanmean, rows), spread, years


def test_what_is_normal(ended: Any, long_study: Any, layer: Layer, truth: Any) -> None:
    land, days = long_study.world.land, long_study.world.days
    whole = answers.stack(land, days)
    medians, counts, years, spread = (
        layer(ended.out, f"ndvi_climatology{name}", land)
        for name in ("", "_count", "_years", "_spread")
    )
    wanted = []
    for month in range(1, 13):
        of = [k for k, day in enumerate(days) if day.month == month and day.year < 2023]
        wanted.append(plain(np.nanmedian, whole[of]))
        close(medians[month - 1], wanted[-1], f"month {month}")
        assert np.array_equal(counts[month - 1], np.isfinite(whole[of]).sum(axis=0))
        _, scatter, seen = normals(truth, month)
        assert np.array_equal(years[month - 1], seen)
        close(spread[month - 1], scatter, f"month {month}")
    assert (years == 3).any()
    assert (years == 0).any(), "some month is never seen somewhere"
    course = layer(ended.out, "ndvi_season", land)
    months = np.isfinite(wanted).sum(axis=0)
    assert np.array_equal(course[3], months)
    two = months >= 2
    range_ = plain(np.nanmax, wanted) - plain(np.nanmin, wanted)
    close(course[0], np.where(two, range_, np.nan))
    peak = np.nanargmax(np.where(np.isnan(wanted), -9, wanted), axis=0) + 1
    near = np.take_along_axis(
        np.array(wanted), np.nan_to_num(course[1:2], nan=1).astype(int) - 1, 0
    )[0]
    same = (course[1] == peak) | (plain(np.nanmax, wanted) - near < STEP)
    assert same[two].all()


def test_anomalies_of_months(ended: Any, long_study: Any, layer: Layer, truth: Any) -> None:
    land, scored = long_study.world.land, 0
    for (year, month), values in truth.items():
        mean, spread, _ = normals(truth, month)
        found = layer(ended.out, f"ndvi_anomaly_{year}-{month:02}", land)
        close(found[0], values - mean, f"{year}-{month}")
        with np.errstate(invalid="ignore", divide="ignore"):
            z = np.where(spread > 0, (values - mean) / spread, np.nan)
        assert np.array_equal(np.isnan(found[1]), np.isnan(z))
        sure = spread > 1e-3  # else z is made of rounding
        np.testing.assert_allclose(found[1][sure], z[sure], rtol=0, atol=5e-3)
        scored += int(np.isfinite(z).sum())
    assert scored > 1000


def test_anomalies_of_years(ended: Any, long_study: Any, layer: Layer, truth: Any) -> None:
    land = long_study.world.land
    known = {month: normals(truth, month) for month in range(1, 13)}
    far = {
        key: np.where(known[key[1]][2] > 1, values - known[key[1]][0], np.nan)
        for key, values in truth.items()
    }
    years = {}
    for year in (2020, 2021, 2022, 2023):
        rows = [values for key, values in far.items() if key[0] == year]
        years[year] = plain(np.nanmean, rows)
        found = layer(ended.out, f"ndvi_anomaly_{year}", land)
        close(found[0], years[year], str(year))
        assert np.array_equal(found[2], np.isfinite(rows).sum(axis=0))
    baseline = [years[year] for year in (2020, 2021, 2022)]
    seen = np.isfinite(baseline).all(axis=0)
    spread = np.where(seen, plain(np.nanstd, baseline, ddof=1), np.nan)
    assert (np.isnan(found[1]) | seen).all()
    sure = (spread > 1e-3) & np.isfinite(years[2023])  # else z is made of rounding
    assert sure.sum() > 1000
    z = (years[2023] - plain(np.nanmean, baseline))[sure] / spread[sure]
    np.testing.assert_allclose(found[1][sure], z, rtol=0, atol=5e-3)


def test_the_same_bytes_however_cut(ended: Any, long_study: Any, same: Callable[..., None]) -> None:
    again = long_study.run(
        "cut", products={"composite": None, **ASKED}, period=[2020, 2023],
        grid={"tile_px": 64}, run={"threads": 2},
    )  # fmt: skip
    assert again.code == 0
    same(again.out, ended.out)


def over_gabon(folder: Path, data: Path, products: Mapping[str, Any]) -> Path:
    """Run a job over half a year of MODIS; return its rasters."""
    folder.mkdir()
    outline = {"type": "Feature", "properties": {"id": "1"},
               "geometry": mapping(box(8, -3, 11, 0.2))}  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": [outline]})
    (folder / "z.geojson").write_text(text, "utf-8")
    catalog = data / "modis_gabon" / "catalog.json"
    source = {"sensor": "modis-13a2", "catalog": str(catalog), "allow_paths": [str(data)]}
    job = {
        "schema": 1, "name": "gabon", "zones": {"units": {"path": "z.geojson", "id": "id"}},
        "sources": [source], "period": {"start": "2025-01-01", "end": "2025-07-01"},
        "products": products, "run": {"memory": "1GB", "workers": 1},
    }  # fmt: skip
    (folder / "job.yaml").write_text(yaml.safe_dump(job), "utf-8")
    assert pipeline.run(jobs.load(folder / "job.yaml"), folder / "out").exit_code == 0
    return folder / "out" / "rasters"


def bands(path: Path) -> npt.NDArray[Any]:
    with rasterio.open(path) as source:
        whole: npt.NDArray[Any] = source.read()
    return whole


@pytest.mark.slow
def test_modis_pixels_count_in_the_month_of_their_own_day(tmp_path: Path, shared: Path) -> None:
    """Composites by month, counted by hand elsewhere, are one year's climatology; there is no z."""
    data = shared / "data"
    plain_ = over_gabon(
        tmp_path / "months", data,
        {"composite": {"every": "month", "statistic": ["median", "count"]}},
    )  # fmt: skip
    found = over_gabon(tmp_path / "normal", data, {"climatology": {"anomalies": ["month", "year"]}})
    medians, counts = (
        bands(found / "ndvi_climatology.tif"),
        bands(found / "ndvi_climatology_count.tif"),
    )
    for month in range(1, 7):
        median, count = bands(plain_ / f"ndvi_2025-{month:02}.tif")
        np.testing.assert_array_equal(medians[month - 1], median)
        np.testing.assert_array_equal(
            counts[month - 1][counts[month - 1] < 65535], count[~np.isnan(count)]
        )
        assert np.isnan(bands(found / f"ndvi_anomaly_2025-{month:02}.tif")[1]).all()
    assert np.isnan(medians[6:]).all()
    assert np.isnan(bands(found / "ndvi_climatology_spread.tif")).all()
    assert np.isnan(bands(found / "ndvi_anomaly_2025.tif")[1]).all()
