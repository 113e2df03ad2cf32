"""False alarms and power, measured where nothing happened."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from landcover.errors import InputError
from landcover.kernels.breaks import Breaks
from landcover.kernels.placebo import Rate, lowered, rate, shuffled_years, tally, trials
from landcover.kernels.robust import detect
from landcover.synthetic.series import Sky, series

EPOCH = date(1970, 1, 1).toordinal()


def day(*when: int) -> int:
    return date(*when).toordinal() - EPOCH


START, MONITORED = day(2017, 1, 1), day(2021, 1, 1)


def judge(values: np.ndarray, days: np.ndarray, start: int, monitored: int) -> Breaks:
    return detect(values, days, start, monitored)


def test_years_are_put_in_another_order_and_looks_keep_their_season() -> None:
    days = np.arange(day(2016, 11, 1), day(2021, 6, 1), 7, dtype=np.int64)
    values = days.astype(np.float32)[:, None, None]
    mixed, when = shuffled_years(values, days, MONITORED, seed=1)
    assert (np.diff(when) > 0).all()
    assert when[0] >= START
    assert when[-1] < MONITORED
    told = [date.fromordinal(int(d) + EPOCH) for d in when]
    real = [date.fromordinal(int(d) + EPOCH) for d in mixed[:, 0, 0].astype(int)]
    assert (
        max(
            abs(a.timetuple().tm_yday - b.timetuple().tm_yday)
            for a, b in zip(told, real, strict=True)
        )
        <= 1
    ), "a leap day at most"
    moved = {(a.year, b.year) for a, b in zip(told, real, strict=True)}
    assert len(moved) == 4, "a year stays whole"
    assert any(a != b for a, b in moved)
    assert {b for _, b in moved} == {2017, 2018, 2019, 2020}


def test_29_february_has_no_place_in_a_common_year_and_no_day_comes_twice() -> None:
    days = np.arange(day(2016, 3, 1), day(2020, 3, 1), dtype=np.int64)
    _, when = shuffled_years(days.astype(np.float32)[:, None, None], days, day(2020, 2, 29), 3)
    assert (np.diff(when) > 0).all()


def test_forest_that_stands_gives_the_rate_and_a_drop_the_power() -> None:
    made = series(Sky(14, 0.05), 400, cleared=False, seed=8)
    still = trials(made.values, made.days, START, MONITORED, 365, judge)
    tested = int(still.tested.sum())
    assert tested > 0.95 * 4 * 400
    assert still.alarmed.sum() / tested < 0.01
    fallen = trials(made.values, made.days, START, MONITORED, 365, judge, drop=0.3)
    assert fallen.alarmed.sum() / fallen.tested.sum() > 0.9
    small = trials(made.values, made.days, START, MONITORED, 365, judge, drop=0.05)
    assert small.alarmed.sum() / small.tested.sum() < 0.05


def test_what_came_after_the_history_is_not_looked_at() -> None:
    made = series(Sky(20, 0.0), 30, cleared=True, seed=9)
    whole = trials(made.values, made.days, START, MONITORED, 365, judge)
    cut = made.days < MONITORED
    part = trials(made.values[cut], made.days[cut], START, MONITORED, 365, judge)
    np.testing.assert_array_equal(whole.alarmed, part.alarmed)
    assert whole.alarmed.sum() == 0, "the clearings of 2021 and later are not seen"


def test_a_short_history_is_not_tested() -> None:
    made = series(Sky(14, 0.0), 10, cleared=False, seed=1)
    tried = trials(made.values, made.days, day(2019, 6, 1), MONITORED, 365, judge)
    assert tried.tested.sum() == 0


def test_a_placebo_lies_inside_the_history() -> None:
    made = series(Sky(14, 0.0), 2, cleared=False, seed=1)
    with pytest.raises(InputError, match="inside the history"):
        trials(made.values, made.days, START, MONITORED, 5000, judge)


def test_a_drop_begins_on_its_day() -> None:
    stack = np.ones((3, 1, 1), np.float32)
    assert lowered(stack, np.array([1, 2, 3]), 2, 0.25).ravel().tolist() == [1, 0.75, 0.75]


def test_parts_of_a_plane_add_up_to_the_whole() -> None:
    random = np.random.default_rng(2)
    tested = random.integers(0, 4, (70, 100)).astype(np.uint16)
    hits = np.minimum(tested, random.integers(0, 2, (70, 100))).astype(np.uint16)
    whole = tally(tested, hits, row=10, column=5)
    parts = sum(
        tally(tested[a:b, c:d], hits[a:b, c:d], 10 + a, 5 + c)
        for a, b in ((0, 22), (22, 70))
        for c, d in ((0, 27), (27, 59), (59, 100))
    )
    np.testing.assert_allclose(parts, whole)
    assert whole[0] == 3 * 4


def test_alarms_side_by_side_are_worth_one_cell() -> None:
    """Ten cells of 100 watches: one of them alarmed whole, or 100 alarms strewn evenly."""
    n = np.full(10, 100.0)
    together, strewn = np.zeros(10), np.full(10, 10.0)
    together[0] = 100

    def of(f: np.ndarray) -> Rate:
        return rate(np.array([10, n.sum(), f.sum(), n @ n, n @ f, f @ f]))

    assert of(together).share == of(strewn).share == 0.1
    assert of(together).high == pytest.approx(0.4042, abs=0.02), "Wilson of 1 in 10 is 0.40"
    nothing = of(np.zeros(10))
    assert (nothing.share, nothing.low) == (0, 0)
    assert nothing.high == pytest.approx(0.2775, abs=1e-3), "Wilson of 0 in 10"


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Clustered alarms at 2 %: the cells alarm together, and 95 in 100 intervals hold it."""
    random = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        risk = random.beta(0.4, 19.6, 120)
        f = random.binomial(200, risk).astype(float)
        n = np.full(120, 200.0)
        found = rate(np.array([120, n.sum(), f.sum(), n @ n, n @ f, f @ f]))
        held += found.low <= 0.02 <= found.high
    assert held / 300 > 0.91


def test_nothing_tested_tells_nothing() -> None:
    found = rate(np.zeros(6))
    assert np.isnan(found.share)
    assert (found.low, found.high) == (0, 1)
