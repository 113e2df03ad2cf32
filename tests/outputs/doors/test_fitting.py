"""Ramps of bands in units of their own: laid over what the rasters of a series hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray

from landcover.outputs.doors import ramps, style_of
from landcover.outputs.doors.fitting import fitted
from landcover.outputs.style import Ramp, RasterStyle
from landcover.raster.facts import facts_of

DAYS = {"FIRST_DAY": "2020-01-01", "LAST_DAY": "2020-12-31"}


def written(
    folder: Path, name: str, values: NDArray[np.float32], unit: str, **tags: str
) -> RasterStyle:
    """Write a raster of a run, and return how it is shown before it is looked at."""
    path = folder / f"{name}.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype="float32", nodata=np.nan, crs="EPSG:32635", transform=Affine(10, 0, 0, 0, -10, 0),
    ) as file:  # fmt: skip
        file.write(values, 1)
        file.update_tags(**(DAYS | tags))
        file.units = (unit,)
    return style_of(facts_of(path))


def scale(style: RasterStyle) -> Ramp:
    """Return the ramp of a raster's first band."""
    found = style.bands[0].scale
    assert isinstance(found, Ramp)
    return found


def drawn_by(style: RasterStyle, ramp: Ramp) -> RasterStyle:
    """Return how a raster is shown by another ramp."""
    return replace(style, bands=(replace(style.bands[0], scale=ramp),))


def rain(folder: Path, year: int, low: float, high: float) -> RasterStyle:
    """Write the rain of a year, from low to high."""
    values = np.linspace(low, high, 10_000, dtype=np.float32).reshape(100, 100)
    values[:5] = np.nan
    tags = {"PRODUCT": "composite", "INDEX": "rainfall", "STATISTIC": "mean"}
    return written(folder, f"rainfall_{year}", values, "mm", **tags)


def test_years_of_rain_share_one_ramp_between_round_numbers(tmp_path: Path) -> None:
    """The first 5 % of each year are missing: 142.5 to 3000 mm, of which 2 % at each end go."""
    years = [rain(tmp_path, 2020, 100, 950), rain(tmp_path, 2021, 850, 3000)]
    first, second = (scale(one) for one in fitted(years))
    assert first == second
    assert (first.low, first.high, first.fit) == (0.0, 3000.0, "")
    assert first.ticks == (0.0, 1000.0, 2000.0, 3000.0)
    assert [colour for _, colour in first.stops] == [colour for _, colour in scale(years[0]).stops]


def test_an_anomaly_in_mm_lies_on_both_sides_of_0(tmp_path: Path) -> None:
    values = np.linspace(-30, 90, 10_000, dtype=np.float32).reshape(100, 100)
    tags = {"PRODUCT": "composite", "INDEX": "rainfall"}
    style = written(tmp_path, "rainfall_2020", values, "mm", **tags)
    (found,) = fitted([drawn_by(style, ramps.change("rainfall", 0.15, "mm"))])
    assert scale(found).ticks == (-100.0, -50.0, 0.0, 50.0, 100.0)
    assert scale(found).stops[3][0] == 0.0  # grey


@pytest.mark.parametrize(
    ("fit", "value", "ends"),
    [("range", 7.0, (6.0, 8.0)), ("from_0", 0.0, (0.0, 1.0)), ("sides", 0.0, (-1.0, 1.0))],
)
def test_where_all_is_alike_there_is_still_a_ramp(
    tmp_path: Path, fit: str, value: float, ends: tuple[float, float]
) -> None:
    ramp = {
        "range": ramps.quantity("height", "m"),
        "from_0": ramps.amount("height", 0.1, "m"),
        "sides": ramps.change("height", 0.1, "m"),
    }[fit]
    assert ramp.fit == fit
    tags = {"PRODUCT": "composite", "INDEX": "height"}
    style = written(tmp_path, "height_2020", np.full((9, 9), value, np.float32), "m", **tags)
    found = scale(fitted([drawn_by(style, ramp)])[0])
    assert (found.low, found.high) == pytest.approx(ends)


def test_counts_of_looks_share_whole_steps_up_to_the_most_of_all_years(tmp_path: Path) -> None:
    tags = {"PRODUCT": "composite"}
    few = np.arange(9, dtype=np.float32).reshape(3, 3)
    years = [
        written(tmp_path, f"clear_{year}", few * times, "days", **tags)
        for year, times in ((2020, 1), (2021, 3))
    ]
    first, second = (scale(one) for one in fitted(years))
    assert first == second
    assert [step["en"] for step in first.steps] == [
        "0",
        "1–4",
        "5–8",
        "9–12",
        "13–16",
        "17–20",
        "21–24",
    ]


def test_of_nothing_but_nodata_the_ramp_stays(tmp_path: Path) -> None:
    tags = {"PRODUCT": "composite", "INDEX": "rainfall"}
    style = written(tmp_path, "rainfall_2020", np.full((9, 9), np.nan, np.float32), "mm", **tags)
    assert scale(fitted([style])[0]) == scale(style)


@pytest.mark.parametrize(
    ("index", "unit", "fit"),
    [
        ("red", "1", ""), ("coastal", "", ""), ("ndvi", "1", ""), ("vv", "dB", ""),
        ("lai", "1", "range"), ("rainfall", "mm", "range"), ("red", "mW", "range"),
    ],
)  # fmt: skip
def test_reflectance_indices_and_radar_keep_their_ramps(index: str, unit: str, fit: str) -> None:
    assert ramps.quantity(index, unit).fit == fit


def test_a_trend_of_rain_is_fitted_and_one_of_an_index_is_not() -> None:
    assert ramps.change("rainfall", 0.025, "mm/year").fit == "sides"
    assert ramps.change("ndvi", 0.025, "1/year").fit == ""
    assert ramps.change("red", 0.025, "1/year").fit == ""
    assert ramps.change("vh", 0.025, "dB/year").fit == ""
