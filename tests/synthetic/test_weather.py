"""Weather: as much cloud as asked, in the right classes, and the mask's known errors."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from landcover.synthetic import Weather, answers, country, dates, passes, truth
from landcover.synthetic.land import coarser
from landcover.synthetic.landscape import lay
from landcover.synthetic.overpass import sun
from landcover.synthetic.seasons import Cover
from landcover.synthetic.weather import SEEN_OPACITY, cloud_fraction, sky

LAND = country(256)
DAYS = dates(date(2021, 1, 1), date(2022, 1, 1), 15)


def test_cloud_covers_the_fraction_that_a_day_aims_at() -> None:
    ground = lay(LAND, LAND.grid)
    for day in DAYS:
        found = (sky(LAND, day, ground).opacity >= SEEN_OPACITY).mean()
        assert found == pytest.approx(cloud_fraction(LAND, day), abs=0.03)


def test_days_differ() -> None:
    fractions = [cloud_fraction(LAND, day) for day in dates(date(2020, 1, 1), date(2024, 1, 1), 5)]
    assert np.mean(fractions) == pytest.approx(LAND.weather.clouds, abs=0.06)
    assert min(fractions) < 0.05
    assert max(fractions) > 0.90


@pytest.mark.parametrize(("clouds", "share"), [(0.0, 1.0), (1.0, 0.0)])
def test_no_cloud_and_all_cloud(clouds: float, share: float) -> None:
    plain = Weather(clouds=clouds, residual=0, bright_called_cloud=0, swath_edge=0, speckle=0)
    land = country(64, weather=plain)
    (one,) = passes(land, (date(2021, 5, 1),))
    mask = truth.observed(land, one, ())["scl"]
    assert answers.clear(mask, 20).mean() == share


def test_shadows_fall_away_from_the_sun() -> None:
    day = DAYS[3]
    ground, above = lay(LAND, LAND.grid), sun(LAND, day)
    overhead = sky(LAND, day, ground)
    # A place in shade has the cloud that shades it towards the sun, at the clouds' height.
    reach_px = 0.9 * LAND.cell_m / math.tan(math.radians(above.elevation_deg)) / 10
    turn = math.radians(above.azimuth_deg)
    down, right = -round(reach_px * math.cos(turn)), round(reach_px * math.sin(turn))
    rows, columns = np.mgrid[60:190, 60:190]
    there = overhead.opacity[rows + down, columns + right]
    assert np.corrcoef(there.ravel(), overhead.shade[60:190, 60:190].ravel())[0, 1] > 0.95


def test_the_sun_at_the_equator() -> None:
    # Spring equinox, 10:15 local time on the equator: elevation 90 - 26.25 degrees, due east.
    here = country(64, lon=27, lat=0.01)
    above = sun(here, date(2021, 3, 22))
    assert above.elevation_deg == pytest.approx(63.75, abs=0.2)
    assert above.azimuth_deg == pytest.approx(90, abs=0.5)


def test_thin_cloud_is_missed_by_the_mask_and_lowers_ndvi() -> None:
    thin = Weather(clouds=0, residual=0.10, swath_edge=0, speckle=0, bright_called_cloud=0)
    land = country(256, weather=thin, noise=0)
    day = date(2023, 2, 1)
    (one,) = passes(land, (day,))
    veiled = sky(land, day, lay(land, land.grid)).thin > 0
    assert veiled.mean() == pytest.approx(0.10, abs=0.02)
    forest = truth.cover(land, day) == Cover.FOREST
    mask = truth.observed(land, one, ())["scl"].repeat(2, 0).repeat(2, 1)
    assert np.isin(mask, (4, 5, 6)).all()
    ndvi = answers.ndvi(land, one)
    drop = ndvi[forest & ~veiled].mean() - ndvi[forest & veiled]
    assert drop.min() > 0.08
    assert drop.max() < 0.60


def test_the_mask_likes_to_call_bright_rock_cloud() -> None:
    weather = Weather(clouds=0, residual=0, swath_edge=0, speckle=0, bright_called_cloud=0.6)
    land = country(512, weather=weather)
    number = next(place for place, mine in enumerate(land.mines) if mine.bright)
    mine = land.mines[number]
    called = []
    for one in passes(land, dates(date(2025, 1, 1), date(2026, 1, 1), 3)):
        mask = truth.observed(land, one, ())["scl"]
        row = int((land.top_m - mine.y_m - 0.7 * mine.reach_m(one.day)) // 20)
        verdict = mask[row, int((mine.x_m - land.left_m) // 20)]
        assert verdict in (5, 8, 9)
        called.append(verdict != 5)
    assert np.mean(called) == pytest.approx(0.6, abs=0.13)


def test_swath_edges_leave_nothing() -> None:
    land = country(64, weather=replace(Weather(), swath_edge=1.0))
    (one,) = passes(land, (date(2021, 6, 1),))
    files = truth.observed(land, one)
    seen = sky(land, one.day, lay(land, land.grid)).seen
    assert 0.15 < seen.mean() < 0.85
    assert np.array_equal(files["red"] > 0, seen)
    coarse = sky(land, one.day, lay(land, coarser(land.grid))).seen
    assert np.array_equal(files["scl"] > 0, coarse)
    assert np.array_equal(files["swir16"] > 0, coarse)


def test_speckle_is_rare() -> None:
    land = country(256, weather=Weather(clouds=0, residual=0, swath_edge=0, speckle=0.01))
    (one,) = passes(land, (date(2021, 6, 1),))
    mask = truth.observed(land, one, ())["scl"]
    assert np.isin(mask, (2, 7)).mean() == pytest.approx(0.01, abs=0.003)
