"""When the default detector says nothing of a pixel, or of some months, since none could."""

from __future__ import annotations

from datetime import date
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from landcover.kernels.breaks import NEVER, STABLE, UNSEEN, UNSTABLE, Breaks, months_of
from landcover.kernels.robust import RobustSettings, detect
from landcover.synthetic.series import Series, Sky, series
from tests.kernels.test_robust import DAYS, MONITORED, YEARS, after, first, forest, judge
from tests.kernels.test_robust_series import marked

Days = NDArray[np.int64]
Stack = NDArray[np.float32]

COUNT = 400


def day_of(year: int) -> int:
    return date(year, 1, 1).toordinal() - date(1970, 1, 1).toordinal()


@cache
def sparse() -> Series:
    """Six looks a year, one in twenty a cloud."""
    return series(Sky(6, 0.05), COUNT, cleared=False, seed=11)


def bare_from(made: Series, looks: int) -> Stack:
    """Lower each series by 0.3 from the look on after which the history has so many looks."""
    values = made.values.copy()
    clear = np.isfinite(values[:, 0]) & (made.days < day_of(2021))[:, np.newaxis]
    for pixel in range(values.shape[2]):
        values[np.flatnonzero(clear[:, pixel])[-looks] :, 0, pixel] -= np.float32(0.3)
    return values


@pytest.mark.parametrize("looks", [4, 6, 10])
def test_land_cleared_late_in_a_short_history_is_not_stable(looks: int) -> None:
    found = detect(bare_from(sparse(), looks), sparse().days, day_of(2018), day_of(2021))
    assert (found.kind == STABLE).mean() <= 0.1
    blind = (found.kind == UNSTABLE) & (found.used > 0)
    assert blind.any()
    assert not found.judged[:, blind].any(), "no month of theirs was observable"
    assert (found.last[blind] == NEVER).all()
    assert (found.day[:, blind] == NEVER).all()


def test_forest_that_stands_stays_stable_under_the_same_sky() -> None:
    found = detect(sparse().values, sparse().days, day_of(2018), day_of(2021))
    assert (found.kind == STABLE).mean() >= 0.94


def test_where_any_drop_is_told_a_restless_history_is_none() -> None:
    """`least_drop: 0` names no drop that the limit would have to show."""
    restless = forest() + 0.25 * np.random.default_rng(3).normal(0, 1, DAYS.size)
    assert first(judge(restless), "kind") == UNSTABLE
    assert first(judge(restless, RobustSettings(least_drop=0.0)), "kind") != UNSTABLE


@pytest.mark.parametrize("low", [2, 3])
def test_land_whose_last_looks_are_bare_is_not_stable(low: int) -> None:
    found = judge(forest() - 0.3 * (DAYS.size - low <= np.arange(DAYS.size)))
    assert first(found, "kind") == UNSEEN
    assert (found.day == NEVER).all()
    assert marked(found) == marked(judge(forest())), "what was seen was seen"


def test_one_low_look_at_the_end_is_as_good_as_any_cloud() -> None:
    assert first(judge(forest() - 0.3 * (DAYS[-1] == DAYS)), "kind") == STABLE


def test_one_look_of_the_last_year_is_not_a_watch_to_the_end() -> None:
    early = np.where((YEARS < 5) | (DAYS[-1] == DAYS), forest(), np.nan)
    assert first(judge(early), "kind") == UNSEEN


@cache
def cloudy() -> Series:
    """Fourteen looks a year, every eighth a cloud that the mask missed."""
    return series(Sky(14, 0.12), 800, cleared=False, seed=3)


@pytest.mark.parametrize(("days", "lost"), [(0, 0.04), (60, 0.02)])
def test_a_clearing_of_the_first_months_is_a_break(days: int, lost: float) -> None:
    values = cloudy().values.copy()
    values[cloudy().days >= day_of(2021) + days] -= np.float32(0.3)
    found = detect(values, cloudy().days, day_of(2018), day_of(2021))
    assert (found.kind == UNSTABLE).mean() <= lost
    assert (found.day[0, 0] >= 0).mean() >= 0.94


def one_low_before(low: bool) -> Breaks:
    values = forest() - 0.3 * (DAYS >= MONITORED)
    values[np.flatnonzero(DAYS < MONITORED)[-1]] -= 0.3 * low
    return judge(values)


def test_a_low_look_ahead_of_the_watch_is_not_the_last_clear_one_before_the_break() -> None:
    begins = int(DAYS[DAYS >= MONITORED][0])
    for low in (False, True):
        found = one_low_before(low)
        assert first(found, "day") == begins
        assert first(found, "before") == begins - 16 * (1 + low)


def test_months_after_a_break_that_no_fit_watches_are_not_observable() -> None:
    cleared = int(DAYS[YEARS >= 4.5][0])
    watched = marked(judge(forest()))
    found = judge(forest() - 0.3 * after(4.5))
    assert first(found, "day") == cleared
    months = months_of(DAYS, MONITORED)
    anew = months[np.searchsorted(DAYS, cleared + 365, "right")]
    assert marked(found) == {
        month for month in watched if month <= months[cleared == DAYS] or month >= anew
    }
    assert first(found, "watched") == (DAYS >= MONITORED).sum(), "they say how it went on"
    assert first(found, "last") == DAYS[-1]


def test_a_break_of_the_last_year_leaves_nothing_to_tell_after_it() -> None:
    cleared = int(DAYS[YEARS >= 7.3][0])
    found = judge(forest() - 0.3 * after(7.3))
    assert first(found, "day") == cleared
    assert max(marked(found)) == months_of(np.array([cleared]), MONITORED)[0]
