"""Truth by formula: windows, areas, rounding, the change of baseline."""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landcover.errors import InputError
from landcover.synthetic import Mine, Weather, answers, country, passes, truth
from landcover.synthetic.seasons import BANDS, Cover, levels, recovery

LAND = country(128, seed=3)
WIDE = country(512)
FIRST = date(2018, 1, 1)
days = st.integers(0, 2600).map(lambda number: FIRST + timedelta(days=number))
evens = st.integers(0, 55).map(lambda number: 2 * number)


@settings(max_examples=25, deadline=None)
@given(day=days, row=evens, column=evens, band=st.sampled_from(BANDS))
def test_truth_of_a_window_is_the_window_of_the_truth(
    day: date, row: int, column: int, band: str
) -> None:
    window = LAND.grid.window(row, column, (16, 18))
    whole = truth.reflectance(LAND, day, band, LAND.grid)
    assert np.array_equal(
        truth.reflectance(LAND, day, band, window), whole[row : row + 16, column : column + 18]
    )
    covers = truth.cover(LAND, day)
    assert np.array_equal(
        truth.cover(LAND, day, window), covers[row : row + 16, column : column + 18]
    )


@settings(max_examples=15, deadline=None)
@given(day=days, row=evens, column=evens)
def test_files_of_a_window_are_the_window_of_the_files(day: date, row: int, column: int) -> None:
    (one,) = passes(LAND, (day,))
    whole = truth.observed(LAND, one)
    part = truth.observed(LAND, one, window=LAND.grid.window(row, column, (16, 18)))
    for band, array in part.items():
        step = 1 if array.shape == (16, 18) else 2
        top, left = row // step, column // step
        rows, columns = array.shape
        assert np.array_equal(array, whole[band][top : top + rows, left : left + columns])


@settings(max_examples=15, deadline=None)
@given(day=days, name=st.sampled_from(sorted(truth.COVERS_OF)))
def test_areas_by_formula_are_the_areas_of_pixels(day: date, name: str) -> None:
    pixels = np.isin(truth.cover(WIDE, day), truth.COVERS_OF[name])
    counted_ha = pixels.sum() * 0.01
    # The centre rule errs at edges only, and there by chance.
    assert counted_ha == pytest.approx(truth.area_ha(WIDE, name, day), rel=0.012, abs=0.25)


def test_areas_add_up_to_the_country() -> None:
    day = date(2024, 5, 1)
    total = sum(
        truth.area_ha(WIDE, name, day)
        for name in ("river", "road", "village", "mines", "fields", "forest")
    )
    assert total == pytest.approx(5120**2 / 10_000)
    assert truth.area_ha(WIDE, "country", day) == pytest.approx(total)


def test_an_unknown_area_is_told() -> None:
    with pytest.raises(InputError, match="no area 'sea'"):
        truth.area_ha(WIDE, "sea", FIRST)


def test_a_mine_grows_as_it_is_told() -> None:
    # Opened on 1 March 2020 with 50 m, 40 m a year: 90 m after 365.25 days.
    mine = Mine("A", "A", 0, 0, date(2020, 3, 1), 50, 40, date(2022, 3, 1))
    assert mine.reach_m(date(2020, 2, 29)) == 0
    assert mine.area_ha(date(2020, 3, 1)) == pytest.approx(math.pi * 0.25)
    assert mine.reach_m(date(2021, 3, 1)) == pytest.approx(50 + 40 * 365 / 365.25)
    assert mine.reach_m(date(2030, 1, 1)) == pytest.approx(50 + 40 * 730 / 365.25)


@settings(max_examples=25, deadline=None)
@given(day=days)
def test_mined_pixels_are_those_within_reach(day: date) -> None:
    covers = truth.cover(WIDE, day)
    x = WIDE.left_m + (np.arange(512)[None, :] + 0.5) * 10
    y = WIDE.top_m - (np.arange(512)[:, None] + 0.5) * 10
    within = np.zeros((512, 512), dtype=bool)
    for mine in WIDE.mines:
        if day >= mine.opened:
            # A micrometre for rounding, where an edge passes through a pixel's very centre.
            within |= np.hypot(x - mine.x_m, y - mine.y_m) <= mine.reach_m(day) + 1e-6
    assert np.array_equal(within, np.isin(covers, (Cover.MINE, Cover.ROCK, Cover.POND)))


def test_the_day_of_clearing_is_the_first_without_forest() -> None:
    first = truth.first_cleared(WIDE)
    forest_before = truth.cover(WIDE, FIRST) == Cover.FOREST
    assert forest_before[first > 0].mean() > 0.8
    for ordinal in np.unique(first[(first > FIRST.toordinal())])[::97]:
        day = date.fromordinal(int(ordinal))
        changed = first == ordinal
        assert (truth.cover(WIDE, day)[changed] != Cover.FOREST).all()
        assert (truth.cover(WIDE, day - timedelta(days=1))[changed] == Cover.FOREST).all()
    assert not first[truth.cover(WIDE, date(2030, 1, 1)) == Cover.FOREST].any()


def test_a_field_regrows() -> None:
    field = next(one for one in WIDE.fields if one.cycle_days == 0)
    row = int((WIDE.top_m - field.y_m) // 10)
    column = int((field.x_m - WIDE.left_m) // 10)
    spot = WIDE.grid.window(row, column, (1, 1))
    ndvi = []
    for wait in (-1, 30, 365, 730):
        day = field.cleared + timedelta(days=wait)
        red, nir = (truth.reflectance(WIDE, day, band, spot)[0, 0] for band in ("red", "nir"))
        ndvi.append((nir - red) / (nir + red))
    before, bare, after_1, after_2 = ndvi
    assert before > 0.80
    assert bare < 0.40
    # Back by more than 70 % of the drop in 24 months, not yet in 12: a field, not a mine.
    assert (after_2 - bare) / (before - bare) > 0.70
    assert after_1 < after_2


def test_recovery_by_hand() -> None:
    age = np.array([0, 60, 360, 660])
    assert recovery(age) == pytest.approx([0, 0, 1 - math.exp(-1), 1 - math.exp(-2)])


def test_levels_by_hand() -> None:
    # 10 May 2021 is day 130, the greenest: mean + swing.
    assert levels(date(2021, 5, 10), "nir")[Cover.FOREST] == pytest.approx(0.310 + 0.025)
    assert levels(date(2021, 5, 10), "red")[Cover.MINE] == pytest.approx(0.185)


def test_dn_are_rounded_reflectance_plus_the_offset() -> None:
    quiet = country(64, noise=0, weather=Weather(clouds=0, residual=0, swath_edge=0))
    for day, added in ((date(2022, 1, 24), 0), (date(2022, 1, 25), 1000)):
        (one,) = passes(quiet, (day,))
        for band in ("red", "swir16"):
            value = truth.reflectance(quiet, day, band)
            assert np.array_equal(truth.dn(quiet, one, band), np.rint(value * 10_000) + added)
            assert np.array_equal(truth.observed(quiet, one)[band], truth.dn(quiet, one, band))


def test_the_noise_is_as_asked() -> None:
    noisy = country(256, noise=0.004)
    day = date(2023, 7, 1)
    (one,) = passes(noisy, (day,))
    off = (truth.dn(noisy, one, "nir").astype(float) - 1000) / 10_000
    error = off - truth.reflectance(noisy, day, "nir")
    assert error.std() == pytest.approx(0.004, rel=0.02)
    assert error.mean() == pytest.approx(0, abs=1e-4)


def test_stable_forest_does_not_jump_with_the_baseline() -> None:
    clear_sky = country(128, weather=Weather(clouds=0, residual=0, swath_edge=0))
    before, after = passes(clear_sky, (date(2022, 1, 24), date(2022, 1, 25)))
    assert (before.baseline, after.baseline) == ("03.01", "04.00")
    forest = truth.cover(clear_sky, after.day) == Cover.FOREST
    means = [answers.ndvi(clear_sky, one)[forest].mean() for one in (before, after)]
    assert means[1] == pytest.approx(means[0], abs=0.002)
    # Without the offset the forest would seem cleared.
    dn = truth.observed(clear_sky, after, ("red", "nir"))
    red, nir = (dn[band][forest].astype(float) for band in ("red", "nir"))
    assert ((nir - red) / (nir + red)).mean() < 0.60


def test_the_same_seed_is_the_same_country() -> None:
    assert country(128, seed=5) == country(128, seed=5)
    assert country(128, seed=5) != country(128, seed=6)
