"""The default detector on real clearings, read straight from the files in `shared`.

Two of the three places carry no cloud mask: there the rule that a drop must last is all that
stands between a wet season and an alarm.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from landcover.kernels import order
from landcover.kernels.breaks import NEVER, SHORT, Breaks
from landcover.kernels.robust import RobustSettings, detect

Stack = NDArray[np.float32]
Days = NDArray[np.int64]
Mask = NDArray[np.bool_]

EPOCH = date(1970, 1, 1)
FOREST = 0.7
"""Median NDVI of the dry season above which a MODIS pixel counts as forest."""
DRY = (160, 241)
"""Days of the year of that season."""


def number(day: date) -> int:
    return (day - EPOCH).days


def day_of(year: int, day: int) -> int:
    return number(date(year, 1, 1) + timedelta(days=day - 1))


def read(files: dict[int, Path], fill: int) -> tuple[Days, Stack]:
    """Values x 0.0001 in order of time, NaN where the file holds its fill value."""
    days = sorted(files)
    layers = []
    for day in days:
        with rasterio.open(files[day]) as file:
            raw = file.read(1)
        values = raw.astype(np.float32) * np.float32(1e-4)
        layers.append(np.where(raw == fill, np.float32(np.nan), values))
    return np.array(days, np.int64), np.stack(layers)


def medians(stack: Stack, chosen: Mask) -> Stack:
    return order.median(np.ascontiguousarray(stack[chosen]))


def calendar(days: Days) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    dates = [EPOCH + timedelta(days=int(day)) for day in days]
    return (
        np.array([day.year for day in dates]),
        np.array([day.timetuple().tm_yday for day in dates]),
    )


def within(found: Breaks, first: date, after: date) -> Mask:
    """Pixels whose first break lies in [first, after)."""
    day: Mask = (found.day[0] >= number(first)) & (found.day[0] < number(after))
    return day


@cache
def kafa(folder: Path) -> tuple[Days, Stack]:
    files = {}
    for path in folder.glob("landsat_kafa/landsat-ndvi/*/NDVI.tif"):
        scene = path.parent.name
        files[day_of(int(scene[9:13]), int(scene[13:16]))] = path
    return read(files, -32768)


@cache
def sinop(folder: Path) -> tuple[Days, Stack]:
    files = {}
    for path in folder.glob("modis_matogrosso/modis-13Q1/*.sinop/*NDVI.tif"):
        when = path.parent.name.split(".")[1]
        files[day_of(int(when[1:5]), int(when[5:8]))] = path
    return read(files, -3000)


@pytest.fixture
def data(shared: Path) -> Path:
    return shared / "data"


def test_kafa_losses_are_found_and_forest_that_stands_is_left_alone(data: Path) -> None:
    """Landsat, 2000-2013: 2,127 pixels lost more than 0.1 of their median NDVI."""
    days, stack = kafa(data)
    years, _ = calendar(days)
    before = medians(stack, (years >= 2000) & (years <= 2004))
    moved = medians(stack, years >= 2010) - before
    forest = before > 0.75
    lost, stands = forest & (moved < -0.1), forest & (np.abs(moved) < 0.05)
    assert (forest.sum(), lost.sum()) == (20_103, 2_127), "the figures of EXPECTED.md"
    found = detect(stack, days, number(date(2000, 1, 1)), number(date(2010, 1, 1)))
    broken = found.day[0] != NEVER
    assert broken[lost].mean() >= 0.40
    assert broken[stands].mean() <= 0.02


def seasons(folder: Path) -> dict[int, Stack]:
    """Median NDVI of each dry season."""
    days, stack = sinop(folder)
    years, yearday = calendar(days)
    dry = (yearday >= DRY[0]) & (yearday <= DRY[1])
    return {year: medians(stack, dry & (years == year)) for year in range(2000, 2017)}


@pytest.mark.parametrize("monitored", [date(2003, 1, 1), date(2003, 8, 30)])
def test_sinop_clearing_is_found_between_its_two_dry_seasons(data: Path, monitored: date) -> None:
    """MODIS without a mask: forest to 2003, none in 2004; and forest that stands to 2016.

    Whether the watch begins with the year, or after the last dry season that saw forest.
    """
    days, stack = sinop(data)
    season = seasons(data)
    forest = (season[2000] > FOREST) & (season[2001] > FOREST)
    assert forest.sum() == 865, "the figure of EXPECTED.md"
    cleared = forest & (season[2003] > FOREST) & (season[2004] < 0.6)
    assert cleared.sum() == 264
    found = detect(stack, days, number(date(2000, 1, 1)), number(monitored))
    between = within(found, date(2003, 6, 9), date(2004, 8, 30))
    assert between[cleared].mean() >= 0.90
    by_2006 = within(found, monitored, date(2007, 1, 1))
    stands = forest & (season[2016] > FOREST)
    assert stands.sum() == 402, "the figure of EXPECTED.md"
    assert by_2006[stands].mean() <= 0.05
    always = np.all([layer > FOREST for layer in season.values()], axis=0)
    assert by_2006[always].mean() <= 0.03


def test_sinop_without_the_lasting_rule_most_forest_is_alarmed(data: Path) -> None:
    """Why the rule is there: a wet season's cloud is four low composites in a row."""
    days, stack = sinop(data)
    season = seasons(data)
    stands = (season[2000] > FOREST) & (season[2001] > FOREST) & (season[2016] > FOREST)
    bare = RobustSettings(threshold=2.0, lasting_days=0, least_drop=0.0)
    found = detect(stack, days, number(date(2000, 1, 1)), number(date(2003, 1, 1)), bare)
    assert within(found, date(2003, 1, 1), date(2007, 1, 1))[stands].mean() > 0.4


def test_gabon_has_too_short_a_history_everywhere(data: Path) -> None:
    """Five months of MODIS cannot tell what is normal, whatever is asked of them."""
    files = {}
    for path in data.glob("modis_gabon/*/*/1_km_16_days_NDVI.tif"):
        when = path.parent.name.split(".")[1]
        files[day_of(int(when[1:5]), int(when[5:8]))] = path
    days, stack = read(files, -3000)
    assert len(days) >= 19
    found = detect(stack, days, number(date(2024, 1, 1)), number(date(2025, 4, 1)))
    assert (found.kind == SHORT).all()
    assert (found.day == NEVER).all()
