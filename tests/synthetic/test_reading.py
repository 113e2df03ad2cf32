"""Scenes found and read by landcover's own catalog and raster rooms equal the truth."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from landcover import catalog, sensors
from landcover.catalog.settings import Source
from landcover.model import Grid, Period, Scene
from landcover.raster.source import BlockCache, Reads
from landcover.raster.stack import DayRows, Reader, days_of, quantity
from landcover.raster.view import ReadRule
from landcover.synthetic import Country, Writing, answers, country, dates, write, zones

SENSOR = sensors.load("sentinel-2-l2a")
SOURCE = "sentinel-2-l2a"
DAYS = dates(date(2021, 11, 1), date(2022, 4, 1), 10)


def found(land: Country, folder: Path) -> tuple[Scene, ...]:
    """Write the country's scenes and find them again."""
    path = write(land, folder, DAYS, writing=Writing(64, bands=("red", "nir", "swir16")))
    source = Source(sensor=SOURCE, catalog=str(path), name=SOURCE)
    bands = {SOURCE: frozenset({"red", "nir", "swir16", "scl"})}
    region = zones.degrees(land, zones.territories(land)["MC61"])
    result = catalog.search(
        (source,), {SOURCE: SENSOR}, bands, Period(DAYS[0], date(2022, 4, 1)), region
    )
    assert result.failures == ()
    return result.scenes


def read(scenes: tuple[Scene, ...], grid: Grid, name: str) -> list[DayRows]:
    """Read every day of a grid."""
    assert SENSOR.mask is not None
    rule = ReadRule(SENSOR, SENSOR.mask.clear, SENSOR.mask.grown, 60.0)
    wanted = quantity(name)
    reader = Reader(
        "tile", grid, {SOURCE: rule}, (wanted,), (wanted.bands,),
        np.ones(grid.shape, dtype=bool), Reads(), BlockCache(10_000_000),
    )  # fmt: skip
    return [reader.read(day) for day in days_of(scenes, grid, (SOURCE,))]


@pytest.mark.parametrize("name", ["ndvi", "ndmi"])
@pytest.mark.parametrize("layout", ["one", "two_squares"])
def test_what_is_read_is_the_truth(name: str, layout: str, tmp_path: Path) -> None:
    land = country(120, seed=4, layout=layout)
    scenes = found(land, tmp_path)
    days = sorted({scene.solar_day for scene in scenes})
    truth = answers.stack(land, days, name)
    rows = read(scenes, land.grid, name)
    assert [row.date for row in rows] == days
    assert len(days) > 10
    for row, expected in zip(rows, truth, strict=True):
        values = row.values.get(name, np.full(expected.shape, np.nan, np.float32))
        assert np.array_equal(np.isnan(values), np.isnan(expected))
        assert np.nanmax(np.abs(values - expected), initial=0) < 1e-6


def test_both_baselines_are_found(tmp_path: Path) -> None:
    scenes = found(country(64), tmp_path)
    offsets = {scene.baseline: scene.assets["red"].offset for scene in scenes}
    assert offsets == {"03.01": 0.0, "04.00": -0.1}


def test_the_next_zone_is_warped_to_its_nearest_pixels(tmp_path: Path) -> None:
    land = country(120, lon=29.98, layout="two_zones")
    scenes = found(land, tmp_path)
    days = sorted({scene.solar_day for scene in scenes})
    truth = answers.stack(land, days)
    same = total = 0
    for row, expected in zip(read(scenes, land.grid, "ndvi"), truth, strict=True):
        values = row.values.get("ndvi", np.full(expected.shape, np.nan, np.float32))
        alike = np.isclose(values, expected, atol=1e-6, equal_nan=True)
        same += int(alike.sum())
        total += alike.size
    # Centres that lie all but on the edge between two pixels may go to either.
    assert same / total > 0.999
