"""False alarms and power, measured where nothing happened."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from landcover.kernels import placebo
from landcover.kernels.breaks import SHORT, UNSTABLE, Breaks
from landcover.kernels.placebo import (
    Trial,
    level,
    lowered,
    months_judged,
    trial,
    watch_count,
    watched_days,
    watches,
)
from landcover.kernels.rates import rate
from landcover.kernels.robust import RobustSettings, detect
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


@pytest.mark.parametrize("least_drop", [0.08, 0.09])
def test_a_rate_of_some_percent_is_the_true_one(least_drop: float) -> None:
    """Light settings, whose truth is 5 to 10 % in four years, after three years of history."""
    keys = RobustSettings(run=3, threshold=1.0, least_drop=least_drop, lasting_days=30)

    def light(values: np.ndarray, days: np.ndarray, start: int, from_: int, until: int) -> Breaks:
        return detect(values, days, start, from_, keys, until=until)

    end, made = day(2025, 1, 1), series(Sky(14, 0.05), 2000, cleared=False, seed=0)
    found = light(made.values, made.days, day(2018, 1, 1), MONITORED, end)
    watched = (found.kind > 0) & ~np.isin(found.kind, (SHORT, UNSTABLE))
    truth = float((found.count[watched] > 0).mean())
    unbroken = watched & (found.count == 0)
    length = float(months_judged(found.judged, MONITORED, MONITORED, end)[unbroken].mean())
    laid = watches(made.days, START, MONITORED, keys.least_days, keys.lasting_days)
    tests = [trial(made.values, one, light, followed=True) for one in laid]
    sums = [np.array([[one.sum() for one in each]]) for each in (
        [test.tested for test in tests], [test.alarmed for test in tests],
    )]  # fmt: skip
    own = rate(*sums)
    scale = own.tested / sum(int(one.months.sum()) for one in tests) * length
    low, high = (-np.expm1(-bound * scale) for bound in (own.low, own.high))
    assert 0.05 < truth < 0.1
    assert low <= truth <= high
    assert high - low < 0.05


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


def test_ground_stands_by_what_decides_no_alarm() -> None:
    """Forest; low in the block and the year after; lower for good; never forest; one bad year."""
    days = every(20, START, day(2024, 1, 1))
    values = np.full((days.size, 1, 5), 0.8, np.float32)
    values[(days >= day(2020, 6, 1)) & (days < day(2021, 12, 1)), 0, 1] = 0.1
    values[days >= day(2020, 6, 1), 0, 2] = 0.6
    values[:, 0, 3] = 0.4
    values[(days >= day(2022, 1, 1)) & (days < day(2022, 12, 20)), 0, 4] = 0.5
    last = watches(days, START, MONITORED, 540, 365)[0]
    assert when(last.begins) == date(2024, 1, 1), "2020, four years on"
    told = level(values, days, last, 0.06)
    np.testing.assert_allclose(told[0], [0.8, 0.8, np.nan, 0.4, 0.8], atol=1e-6)
    early = days < day(2022, 1, 1)
    assert np.isnan(level(values[early], days[early], last, 0.06)).all(), "no later year was seen"


def bad_years(length_years: float, count: int = 1500) -> Series:
    """Forest that is lower once, by 0.17, somewhere in eight years, for as long as told."""
    random, days = np.random.default_rng(3), every(16, START, day(2025, 1, 1))
    years = (days - START)[:, np.newaxis] / 365.25
    since = years - random.uniform(-1, 8, count)
    values = 0.82 + 0.04 * np.cos(2 * np.pi * years) + random.normal(0, 0.03, since.shape)
    values -= np.where((since >= 0) & (since < length_years), 0.17, 0)
    return Series(days, values.astype(np.float32)[:, np.newaxis], np.full(count, -1))


@pytest.mark.parametrize("length_years", [0.75, 1.2])
def test_land_that_had_a_bad_year_is_not_left_out(length_years: float) -> None:
    """The share of watches with an alarm is as high on ground that stood as on all of it."""
    made = bad_years(length_years)
    laid = watches(made.days, START, MONITORED, 540, 365)
    tests = [trial(made.values, one, judge, followed=True) for one in laid]
    stood = [level(made.values, made.days, one, 0.06) >= 0.7 for one in laid]
    tested = sum(int((one.tested & own).sum()) for one, own in zip(tests, stood, strict=True))
    alarmed = sum(int((one.alarmed & own).sum()) for one, own in zip(tests, stood, strict=True))
    assert alarmed / tested == pytest.approx(share(tests, "alarmed"), rel=0.03)


def test_the_days_that_are_watched_are_told() -> None:
    assert watched_days(START, MONITORED, 540) == (START, MONITORED)
    assert watched_days(day(2011, 1, 1), MONITORED, 540) == (START, MONITORED), "the last four"
    assert watched_days(day(2019, 1, 1), MONITORED, 540) == (day(2019, 5, 1), MONITORED)
    assert watched_days(day(2020, 1, 1), MONITORED, 540) is None


def test_a_drop_does_not_spoil_the_history_that_it_is_judged_by() -> None:
    """A low look before a drop on the first day would tell that the land lay bare before."""
    made = series(Sky(14, 0.12), 300, cleared=False, seed=3)
    still, fallen = (tried(made, followed=True, drop=drop) for drop in (0.0, 0.3))
    tested = sum(int(one.tested.sum()) for one in still)
    found = sum(int((a.tested & b.alarmed).sum()) for a, b in zip(still, fallen, strict=True))
    assert found / tested > 0.93


def test_a_drop_begins_on_its_day() -> None:
    stack = np.ones((3, 1, 1), np.float32)
    assert lowered(stack, np.array([1, 2, 3]), 2, 0.25).ravel().tolist() == [1, 0.75, 0.75]


@pytest.mark.parametrize(
    ("first", "after", "years"),
    [
        ((2019, 1, 31), (2021, 1, 31), 2),
        ((2018, 12, 31), (2021, 12, 31), 3),
        ((2019, 1, 31), (2021, 1, 30), 1),
        ((2017, 2, 28), (2020, 2, 29), 3),
        ((2016, 2, 29), (2020, 2, 29), 4),
        ((2016, 2, 29), (2018, 2, 28), 1),
        ((2020, 3, 1), (2020, 12, 31), 0),
        ((1, 1, 1), (1501, 1, 1), 1500),
    ],
)
def test_years_are_whole_from_a_day_to_the_same_day(
    first: tuple[int, int, int], after: tuple[int, int, int], years: int
) -> None:
    assert placebo._whole_years(day(*first), day(*after)) == years


@settings(max_examples=30, deadline=None)  # the first call may compile
@given(
    st.dates(date(1975, 1, 1), date(2095, 1, 1)),
    st.integers(2, 9),
    st.integers(0, 300),
    st.sampled_from([300, 540, 900]),
)
@example(date(2021, 1, 31), 2, 0, 540)
@example(date(2020, 2, 29), 2, 0, 540)
def test_each_look_is_taken_once_a_turn_whichever_day_the_watch_begins_on(
    monitored: date, years: int, more: int, least: int
) -> None:
    after = monitored.toordinal() - EPOCH
    start = after - round(years * 365.25) - 1 - more
    days = every(1, start, after)
    made = watches(days, start, after, least, 365)
    assert made or years == 2
    blocks = []
    for one in made:
        assert (np.diff(one.days) > 0).all(), "no look twice"
        assert one.starts <= one.days[0]
        block = one.rows[(one.days >= one.begins) & (one.days < one.ends)]
        assert not set(block) & set(one.rows[one.days < one.begins]), "its history has none of it"
        told, real = ([when(d) for d in some] for some in (one.days, days[one.rows]))
        assert all((a.month, a.day) == (b.month, b.day) for a, b in zip(told, real, strict=True))
        blocks += block.tolist()
    assert len(blocks) == len(set(blocks)), "no part of the history is watched twice"
