"""False alarms and power, measured where nothing happened."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from landcover.kernels.breaks import Breaks
from landcover.kernels.placebo import (
    Trial,
    level,
    lowered,
    months_judged,
    trial,
    watch_count,
    watches,
)
from landcover.kernels.robust import detect
from landcover.synthetic.series import Series, Sky, series

EPOCH = date(1970, 1, 1).toordinal()


def day(*when: int) -> int:
    return date(*when).toordinal() - EPOCH


START, MONITORED = day(2017, 1, 1), day(2021, 1, 1)


def judge(values: np.ndarray, days: np.ndarray, start: int, monitored: int, until: int) -> Breaks:
    return detect(values, days, start, monitored, until=until)


def every(step: int, first: int = START, after: int = MONITORED) -> np.ndarray:
    return np.arange(first, after, step, dtype=np.int64)


def when(day_number: int) -> date:
    return date.fromordinal(int(day_number) + EPOCH)


def test_each_year_of_four_is_watched_once_behind_the_others() -> None:
    days = every(8, day(2016, 11, 1), day(2021, 6, 1))
    made = watches(days, day(2016, 11, 1), MONITORED, 540, 365)
    assert [when(one.begins) for one in made] == [
        date(year, 1, 1) for year in (2024, 2023, 2022, 2021)
    ]
    seen = []
    for one in made:
        assert (np.diff(one.days) > 0).all()
        assert one.starts <= one.days[0]
        assert one.days[-1] < one.until
        told, real = [when(d) for d in one.days], [when(d) for d in days[one.rows]]
        assert all((a.month, a.day) == (b.month, b.day) for a, b in zip(told, real, strict=True))
        block = one.rows[(one.days >= one.begins) & (one.days < one.ends)]
        assert not set(block) & set(one.rows[one.days < one.begins]), "its history has none of it"
        assert one.begins - one.starts == pytest.approx(3 * 365, abs=1)
        assert one.until - one.ends == 365 + 91
        assert one.fresh_until == one.ends
        seen += block.tolist()
    assert sorted(seen) == np.flatnonzero((days >= START) & (days < MONITORED)).tolist()


def test_two_years_are_watched_by_thirds_each_of_another_season() -> None:
    made = watches(every(10, day(2019, 1, 1)), day(2019, 1, 1), MONITORED, 540, 365)
    months = [(when(one.begins).month, when(one.ends).month) for one in made]
    assert months == [(1, 5), (5, 9), (9, 1)]
    assert all(one.begins - one.starts > 600 for one in made)
    assert all(one.fresh_until - one.ends == pytest.approx(122, abs=1) for one in made)


def test_29_february_has_no_place_in_a_common_year() -> None:
    days = every(1, day(2018, 1, 1))
    for one in watches(days, day(2018, 1, 1), MONITORED, 540, 365):
        assert (np.diff(one.days) > 0).all()
        assert {when(d) for d in one.days} >= {when(one.begins), when(one.until - 1)}


@pytest.mark.parametrize("first", [day(2019, 6, 1), day(2020, 1, 1), MONITORED])
def test_less_than_two_years_are_not_watched(first: int) -> None:
    assert watches(every(5, first), first, MONITORED, 540, 365) == ()
    assert watch_count(first, MONITORED, 540) == 0


def test_a_history_that_is_hardly_longer_than_the_least_is_not_watched() -> None:
    assert watches(every(5, day(2019, 1, 1)), day(2019, 1, 1), MONITORED, 640, 365) == ()
    assert len(watches(every(5), START, MONITORED, 1000, 365)) == 4
    assert watch_count(START, MONITORED, 1000) == 4


def tried(made: Series, *, followed: bool, drop: float = 0.0) -> list[Trial]:
    laid = watches(made.days, START, MONITORED, 540, 365)
    return [trial(made.values, one, judge, followed=followed, drop=drop) for one in laid]


def share(tests: list[Trial], name: str) -> float:
    """Alarms by watches tested."""
    hits = sum(int(getattr(one, name).sum()) for one in tests)
    return hits / sum(int(one.tested.sum()) for one in tests)


def test_forest_that_stands_gives_the_rate_and_a_drop_the_power() -> None:
    made = series(Sky(14, 0.05), 400, cleared=False, seed=8)
    still = tried(made, followed=True)
    assert sum(one.tested.sum() for one in still) > 0.95 * 4 * 400
    assert share(still, "alarmed") < 0.01
    fallen = tried(made, followed=True, drop=0.3)
    assert share(fallen, "alarmed") > 0.9
    assert share(fallen, "confirmed") > 0.8
    assert share(tried(made, followed=True, drop=0.05), "alarmed") < 0.05
    assert share(tried(made, followed=False, drop=0.3), "confirmed") == 0, "nobody followed"


def test_only_breaks_within_the_block_are_alarms() -> None:
    """A year of low values alarms when it is watched, not when it follows the year watched."""
    days = every(10)
    values = np.full((days.size, 1, 1), 0.8, np.float32)
    values += np.random.default_rng(3).normal(0, 0.02, values.shape).astype(np.float32)
    values[(days >= day(2018, 3, 1)) & (days < day(2019, 1, 1))] -= 0.4
    still = tried(Series(days, values, np.full(1, -1)), followed=False)
    assert [bool(one.alarmed.any()) for one in still] == [False, False, True, False]


def test_months_that_could_not_begin_a_break_do_not_count() -> None:
    judged = np.zeros((2, 1, 2), np.uint16)
    judged[0, 0, 0] = 0b1111_0000_0000  # September to December
    judged[1, 0, 0] = 0b11
    begins = day(2024, 9, 1)
    assert months_judged(judged, begins, begins, day(2025, 9, 1)).tolist() == [[6, 0]]
    assert months_judged(judged, begins, begins, day(2025, 1, 1)).tolist() == [[4, 0]]
    assert months_judged(judged, begins, day(2025, 1, 1), day(2025, 2, 1)).tolist() == [[1, 0]]


def test_ground_stands_by_what_lies_beside_the_block_alone() -> None:
    """Four pixels: forest; low within the block; lower for good after it; never forest."""
    days = every(20, START, day(2022, 1, 1))
    values = np.full((days.size, 1, 4), 0.8, np.float32)
    values[(days >= day(2020, 1, 1)) & (days < MONITORED), 0, 1] = 0.1
    values[days >= day(2020, 6, 1), 0, 2] = 0.6
    values[:, 0, 3] = 0.4
    last = watches(days, START, MONITORED, 540, 365)[0]
    assert when(last.begins) == date(2024, 1, 1), "2020, four years on"
    told = level(values, days, last, 0.06)
    np.testing.assert_allclose(told[0], [0.8, 0.8, np.nan, 0.4], atol=1e-6)
    assert np.isnan(level(values[days < MONITORED], days[days < MONITORED], last, 0.06)).all()


def test_a_drop_begins_on_its_day() -> None:
    stack = np.ones((3, 1, 1), np.float32)
    assert lowered(stack, np.array([1, 2, 3]), 2, 0.25).ravel().tolist() == [1, 0.75, 0.75]
