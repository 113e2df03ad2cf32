"""Sentences of providers: years of what was read, and each sentence once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from affine import Affine

from landcover.model import Grid, Period
from landcover.outputs.credits import credits_of, drawn_credits
from landcover.outputs.shown import About, Shown

GRID = Grid("EPSG:32635", Affine(10, 0, 0, 0, -10, 0), (2, 2))
PERIOD = Period(date(2019, 1, 1), date(2024, 1, 1))
ABOUT = About("run", {}, ("en",), PERIOD, {}, ({"en": "A [year]", "fr": "À [year]"}, {"en": "B"}))


def run(*days: str) -> Shown:
    """Return a run that read scenes from the first day to the last."""
    ends = {"first_date": pd.to_datetime(days[:1]), "last_date": pd.to_datetime(days[-1:])}
    return Shown(Path(), ABOUT, {}, (), GRID, {"data_used": pd.DataFrame(ends)})


@pytest.mark.parametrize(
    ("days", "years"),
    [(("2020-05-01", "2022-01-01"), "2020-2022"), (("2021-05-01",), "2021"), ((), "2019-2023")],
)
def test_years_are_those_of_the_scenes_that_were_read(days: tuple[str, ...], years: str) -> None:
    assert credits_of(run(*days), "en") == (f"A {years}", "B")
    assert credits_of(run(*days), "fr") == (f"À {years}", "B")


def test_what_is_drawn_is_credited_once() -> None:
    shown = run()
    places = [shapely.Point(0, 0)] * 3
    rivers = gpd.GeoDataFrame({"credit": ["© R", None, " "]}, geometry=places)
    roads = gpd.GeoDataFrame({"credit": ["© R", "© S", "© S"]}, geometry=places)
    shown.__dict__["context"] = {"rivers": rivers, "roads": roads, "bare": roads[["geometry"]]}
    assert drawn_credits(shown) == ("© R", "© S")
