"""Before and after: the last look before the watch, and the last one of all."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from affine import Affine

from landcover.model import Grid
from landcover.outputs.pairs import before_and_after, last_before, watched_from
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.raster.facts import RasterFacts

GRID = Grid("EPSG:32635", Affine(10, 0, 0, 0, -10, 0), (2, 2))
NAMES = {"en": "a", "fr": "b"}


def raster(series: str, step: str, group: str, monitored: str = "") -> RasterStyle:
    """Return a raster of a year, or one that stands alone."""
    tags = {"MONITORED": monitored} if monitored else {}
    path = Path(f"{series}_{step}.tif")
    facts = RasterFacts(path, GRID, "float32", None, ("b",), ("1",), tags)
    days = (date(int(step), 1, 1), date(int(step), 12, 31)) if step else (None, None)
    band = BandStyle(1, "b", NAMES, None)
    return RasterStyle(facts, series, group, NAMES, (band,), series, step, *days)


YEARS = ("2020", "2021", "2022", "2023")
PICTURES = [raster("rgb", year, "pictures") for year in YEARS]
NDVI = [raster("ndvi", year, "ndvi") for year in YEARS]


def steps_of(*styles: RasterStyle) -> list[str]:
    pair = before_and_after(styles)
    assert pair is not None
    return [f"{one.series} {one.step}" for one in pair]


@pytest.mark.parametrize(
    ("watch", "before"),
    [
        ("2022-07-01 to 2023-12-31", "rgb 2021"),  # that of 2022 had not ended
        ("2022-01-01 to 2023-12-31", "rgb 2021"),
        ("2023-01-01 to 2023-12-31", "rgb 2022"),
        ("2020-06-01 to 2023-12-31", "rgb 2020"),  # none before: the first one
        ("2024-02-01 to 2024-05-31", "rgb 2022"),  # the last one is the after
    ],
)
def test_before_is_the_last_that_ended_before_the_watch(watch: str, before: str) -> None:
    broken = raster("disturbance", "", "changed", watch)
    assert steps_of(broken, *NDVI, *PICTURES[::-1]) == [before, "rgb 2023"]


def test_without_a_watch_it_is_the_first_and_without_pictures_an_index() -> None:
    assert steps_of(*NDVI, *PICTURES) == ["rgb 2020", "rgb 2023"]
    assert steps_of(*NDVI, PICTURES[0]) == ["ndvi 2020", "ndvi 2023"]


def test_one_look_is_no_pair() -> None:
    assert before_and_after([PICTURES[0], NDVI[1]]) is None
    assert before_and_after([]) is None


def test_of_several_watches_the_earliest_counts() -> None:
    watches = [
        raster("disturbance", "", "changed", f"{year}-01-01 to 2023-12-31") for year in (2023, 2022)
    ]
    start = watched_from(watches)
    assert start == date(2022, 1, 1)
    assert last_before(PICTURES, start).step == "2021"
    assert last_before(PICTURES, None).step == "2020"
