"""What the default detector says of a series' history, looks and breaks, each rule by itself."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from landcover.kernels.bisquare import workspace
from landcover.kernels.breaks import (
    ABRUPT,
    CONFIRMED,
    LOW,
    NEVER,
    PROVISIONAL,
    RECOVERING,
    STABLE,
    UNSEEN,
    UNSTABLE,
    Breaks,
    months_of,
    years_watched,
)
from landcover.kernels.robust import RobustSettings, detect
from landcover.kernels.watching import gradual
from tests.kernels.test_robust import DAYS, MONITORED, START, YEARS, after, first, forest, judge

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

RUN = RobustSettings().run


def made(days: Days, noise: float = 0.03) -> tuple[Floats, Floats]:
    """Years since the start of a history, and forest on those days."""
    years = (days - START) / 365
    chance = np.random.default_rng(1).normal(0, noise, days.size)
    return years, 0.8 + 0.05 * np.cos(2 * np.pi * years) + chance


def judge_on(days: Days, values: Floats, until: int | None = None) -> Breaks:
    stack = np.asarray(values, np.float32)[:, None, None]
    return detect(stack, days, START, MONITORED, until=until)


def kinds(found: Breaks) -> list[int]:
    return [int(kind) for kind in found.kinds[:, 0, 0]]


def marked(found: Breaks) -> set[int]:
    """Months with a bit, counted from the January of the first year."""
    bits = found.judged[:, 0, 0]
    return {
        12 * year + month
        for year in range(bits.size)
        for month in range(12)
        if bits[year] >> month & 1
    }


def test_each_break_has_a_kind_of_its_own() -> None:
    gone = 0.35 * ((YEARS >= 4.2) & (YEARS < 4.9))
    found = judge(forest() - gone - 0.35 * after(6.5))
    assert first(found, "count") == 2
    assert kinds(found) == [RECOVERING, ABRUPT, UNSEEN]
    assert first(found, "kind") == RECOVERING


@pytest.mark.parametrize(("step", "cleared"), [(16, 3.9), (16, 3.94), (60, 3.3)])
def test_land_that_broke_before_the_watch_is_unstable_and_has_no_break(
    step: int, cleared: float
) -> None:
    days = np.arange(START, START + 8 * 365, step, dtype=np.int64)
    years, values = made(days)
    found = judge_on(days, values - 0.3 * (years >= cleared))
    assert first(found, "used") > 0, "the test of the history did not see it"
    assert first(found, "kind") == UNSTABLE
    assert (found.day == NEVER).all()
    assert first(found, "count") == 0
    assert not found.judged.any()
    assert first(found, "last") == NEVER


def test_one_good_look_among_the_last_of_the_history_does_not_hide_that_it_broke() -> None:
    values = forest() - 0.3 * after(3.8)
    values[np.flatnonzero(DAYS < MONITORED)[-1]] += 0.3
    assert first(judge(values), "kind") == UNSTABLE


def test_a_break_on_the_first_look_of_the_watch_is_a_break() -> None:
    found = judge(forest() - 0.3 * (DAYS >= MONITORED))
    assert first(found, "day") == int(DAYS[DAYS >= MONITORED][0])
    assert first(found, "kind") == ABRUPT


def test_the_last_looks_cannot_begin_a_break_and_mark_no_month() -> None:
    watched = DAYS[DAYS >= MONITORED]
    found = judge(forest())
    assert found.judged.shape == (len(years_watched(MONITORED, int(DAYS[-1]) + 1)), 1, 1)
    assert marked(found) == set(months_of(watched[: 1 - RUN], MONITORED).tolist())
    assert first(found, "last") == watched[-1]
    _, quiet = made(DAYS, 0.005)
    assert judge(quiet - 0.3 * (watched[1 - RUN] <= DAYS)).count[0, 0] == 0
    late = judge(quiet - 0.3 * (watched[-RUN] <= DAYS))
    assert first(late, "day") == watched[-RUN]
    assert marked(late) == marked(found), "the month of the break itself was seen"


def test_seasons_that_the_history_never_saw_mark_no_month() -> None:
    of_year = YEARS % 1
    july = (of_year > 0.45) & (of_year < 0.6)
    found = judge(np.where(july | (YEARS >= 4), forest(), np.nan))
    assert first(found, "kind") == STABLE
    assert {6} <= {month % 12 for month in marked(found)} <= {4, 5, 6, 7, 8}
    assert first(found, "last") < DAYS[-1] - 100


def test_stable_asks_for_two_looks_in_the_last_year_of_the_watch() -> None:
    early = np.where(YEARS >= 4.3, np.nan, forest())
    found = judge(early)
    assert first(found, "watched") >= RUN
    assert first(found, "kind") == UNSEEN
    assert marked(found), "what was seen was seen"
    last_but_one = int(first(found, "last")) - 16
    for until, kind in ((last_but_one + 365, STABLE), (last_but_one + 366, UNSEEN)):
        told = judge_on(DAYS[YEARS < 4.3], early[YEARS < 4.3], until)
        assert first(told, "kind") == kind
        assert told.judged.shape[0] == len(years_watched(MONITORED, until))


def test_looks_after_the_watch_are_left_out() -> None:
    cleared = int(DAYS[YEARS >= 6][0])
    found = judge_on(DAYS, forest() - 0.3 * (cleared <= DAYS), cleared)
    assert first(found, "kind") == STABLE
    assert first(found, "last") < cleared


def in_season(first_day: int, last_day: int, step: int = 7) -> Days:
    """Days of the year [first, last] in each of eight years."""
    return np.array(
        [
            START + 365 * year + day
            for year in range(8)
            for day in range(first_day, last_day + 1, step)
        ],
        np.int64,
    )


def test_four_hazy_looks_of_one_season_are_never_confirmed() -> None:
    """Looks in June and July only: of one season four, in haze; and the next one as always."""
    days = in_season(152, 208)
    years, values = made(days)
    begins = int(np.flatnonzero(years >= 5)[0])
    seen = np.ones(days.size, bool)
    seen[begins + RUN : np.flatnonzero(years >= 6)[0]] = False
    hazy = np.where(seen, values, np.nan)
    hazy[begins : begins + RUN] -= 0.3
    assert judge_on(days, hazy).count[0, 0] == 0
    hazy[years >= 6] = np.nan
    assert first(judge_on(days, hazy), "confidence") == PROVISIONAL
    lost = judge_on(days, np.where(seen, values - 0.3 * (years >= 5), np.nan))
    assert first(lost, "confidence") == CONFIRMED


def test_a_drop_that_is_back_after_a_season_is_no_break_and_one_half_back_is_provisional() -> None:
    """The median of a year is low where half of it was; what came after 90 days decides."""
    _, quiet = made(DAYS, 0.02)
    assert first(judge(quiet - 0.3 * ((YEARS >= 5) & (YEARS < 5.5))), "kind") == STABLE
    half = 0.3 * ((YEARS >= 5) & (YEARS < 5.53)) + 0.06 * after(5.53)
    weak = judge(quiet - half)
    assert first(weak, "confidence") == PROVISIONAL


def test_a_drop_below_one_and_a_half_times_the_least_is_of_low_confidence() -> None:
    assert first(judge(forest() - 0.15 * after(5.5)), "confidence") == LOW
    assert first(judge(forest() - 0.22 * after(5.5)), "confidence") == CONFIRMED


def test_a_fit_after_a_break_is_not_used_in_seasons_that_it_never_saw() -> None:
    """Grass that dries and greens tells a year's wave of half a year, and a wrong other half."""
    days = np.arange(START, START + 8 * 365, 8, dtype=np.int64)
    years, values = made(days)
    of_year = years % 1
    dry = (of_year > 0.36) & (of_year < 0.8)
    grass = np.where(dry, 0.3 + 0.2 * np.clip(np.abs(of_year - 0.58) / 0.22, 0, 1), 0.33)
    cleared = np.where(years < 5.4, values, grass + values - 0.8)
    found = judge_on(days, np.where((years < 5.4) | dry | (years >= 6.6), cleared, np.nan))
    assert first(found, "count") == 1
    assert first(found, "watched") < np.isfinite(cleared[years >= 4]).sum()


def test_looks_of_one_season_a_year_can_tell_a_second_break() -> None:
    """The first fit after a break waits for a second season, where one holds looks enough.

    The seasons of these looks begin later each year.
    """
    days = in_season(152, 243, 5)
    days += 4 * ((days - START) // 365)
    years, values = made(days, 0.02)
    second = days[years >= 7][0]
    gone = 0.35 * ((years >= 4) & (years < 6)) + 0.35 * (days >= second)
    found = judge_on(days, values - gone)
    assert first(found, "count") == 2
    assert 0 <= found.day[1, 0, 0] - second <= 15


@njit
def _declines(columns, y, days, n, p, room):  # type: ignore[no-untyped-def]
    return gradual(columns, y, days, 0, n // 2, n, p, 1.0, room)


def test_where_nothing_can_be_fitted_nothing_is_gradual() -> None:
    n = 40
    same, days = np.ones((2, n)), np.arange(n, dtype=np.int64) * 30
    falls = -np.arange(n, dtype=float)
    assert _declines(same[:1], falls, days, n, 1, workspace(3, n))
    assert not _declines(same, falls, days, n, 2, workspace(3, n))


def test_the_years_of_a_watch_are_those_of_its_days() -> None:
    start = date(2020, 7, 1).toordinal() - date(1970, 1, 1).toordinal()
    days = np.arange(start - 1500, start + 300, 12, dtype=np.int64)
    _, values = made(days)
    found = detect(values.astype(np.float32)[:, None, None], days, int(days[0]), start)
    assert found.judged.shape == (2, 1, 1)
    assert found.judged[0, 0, 0] == 0b111111000000
    assert found.judged[1, 0, 0] & 0b11 == 0b11
