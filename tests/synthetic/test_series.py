"""Made-up series keep to what they say of themselves."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from landcover.synthetic.series import Series, Sky, rates, series

SKY = Sky(looks=14, residual=0.12)


def test_looks_and_clouds_are_as_often_as_told() -> None:
    made = series(SKY, 400, cleared=False, seed=1)
    clear = np.isfinite(made.values[:, 0])
    assert abs(clear.sum(axis=0).mean() / 8 - 14) < 0.3
    low = made.values[:, 0][clear] < 0.8 - 0.05 - 0.1
    assert abs(low.mean() - 0.12) < 0.02
    assert (made.cleared == -1).all()


def test_a_clearing_takes_what_it_says_from_its_day_on_and_grows_back() -> None:
    made = series(Sky(73, 0.0), 300, cleared=True, seed=2)
    values, years = made.values[:, 0], (made.days[:, None] - made.cleared) / 365.25
    before = np.nanmean(np.where(years < 0, values, np.nan))
    assert abs(before - 0.8) < 0.005
    at_once = np.nanmean(np.where((years >= 0) & (years < 0.1), values, np.nan))
    assert abs(at_once - 0.5) < 0.02
    later = np.nanmean(np.where((years >= 1) & (years < 1.05), values, np.nan))
    assert abs(later - at_once - 0.08) < 0.02


def test_clearings_fall_on_overpasses_of_the_dry_season() -> None:
    made = series(SKY, 500, cleared=True, seed=3)
    assert np.isin(made.cleared, made.days).all()
    dates = [date(1970, 1, 1) + timedelta(days=int(day)) for day in made.cleared]
    assert {day.month for day in dates} == {6, 7, 8}
    assert {day.year for day in dates} == {2021, 2022, 2023}


def test_a_seed_is_an_answer() -> None:
    one, two = (series(SKY, 20, cleared=True, seed=4) for _ in range(2))
    np.testing.assert_array_equal(one.values, two.values)
    other = series(SKY, 20, cleared=True, seed=5)
    assert not np.array_equal(one.cleared, other.cleared)


def test_rates_are_counted_as_one_would_by_hand() -> None:
    """Four clearings on day 100: found late, dated early, alarmed ahead, and missed."""
    days = np.arange(0, 300, 10, dtype=np.int64)
    made = Series(days, np.ones((30, 1, 4), np.float32), np.full(4, 100, np.int64))
    found = rates(np.array([-1, 50], np.int32), made, np.array([120, 90, 40, -1], np.int32), 4)
    assert (found.false, found.found, found.error_days) == (0.5, 0.5, 15.0)
