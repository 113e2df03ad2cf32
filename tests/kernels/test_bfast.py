"""bfastmonitor on a stack: by property, and where the truth is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels import bfast
from landcover.kernels.bfast import BfastSettings, detect
from landcover.kernels.bfast_trace import trace
from landcover.kernels.breaks import (
    ABRUPT,
    CONFIRMED,
    GRADUAL,
    LOW,
    NEVER,
    PROVISIONAL,
    RECOVERING,
    SHORT,
    STABLE,
    UNSEEN,
    UNSTABLE,
    Breaks,
)
from landcover.synthetic.series import Sky, series

START, WATCH = 17_167, 18_628
"""2017-01-01 and 2021-01-01, days since 1970-01-01."""

LAYERS = (
    "day", "before", "confidence", "magnitude", "drop", "recovered_12", "recovered_24", "count",
    "used", "watched", "scale", "kind", "kinds", "judged", "last",
)  # fmt: skip

DEFAULT = BfastSettings()


def dates(step_days: int = 10, years: int = 8) -> NDArray[np.int64]:
    return np.arange(START, START + 365 * years, step_days, dtype=np.int64)


def season(days: NDArray[np.int64]) -> NDArray[np.float64]:
    return 0.8 + 0.05 * np.cos(2 * np.pi * (days - START) / 365.25)


def stack(seed: int, height: int = 1, width: int = 1, missing: float = 0.6) -> NDArray[np.float32]:
    """Stable forest: a season, white noise of 0.035, gaps."""
    chance, days = np.random.default_rng(seed), dates()
    values = season(days)[:, None, None] + chance.normal(0, 0.035, (days.size, height, width))
    values[chance.random(values.shape) < missing] = np.nan
    return values.astype(np.float32)


def cleared(values: NDArray[np.float32], day: int, per_year: float = 0.0) -> NDArray[np.float32]:
    """Drop by 0.3 from a day on, and regain some of it each year."""
    since = (dates() - day) / 365.25
    lost = np.where(since >= 0, np.maximum(0.3 - per_year * since, 0.0), 0.0)
    return (values - lost[:, None, None]).astype(np.float32)


def look(values: NDArray[np.float32], rules: BfastSettings = DEFAULT, **more: Any) -> Breaks:
    return detect(values, dates(), START, WATCH, rules, **more)


def same(one: Breaks, other: Breaks) -> None:
    for name in LAYERS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


def cut(found: Breaks, rows: slice, columns: slice) -> Breaks:
    layers = {name: getattr(found, name)[..., rows, columns] for name in LAYERS}
    return replace(found, **layers)


def busy(seed: int, height: int, width: int) -> NDArray[np.float32]:
    """Stable pixels, cleared ones, empty ones, and infinite numbers."""
    values = stack(seed, height, width)
    values[:, :, ::3] = cleared(values, 19_000 + seed % 500)[:, :, ::3]
    values[:, :, 5::7] = np.nan
    values[seed % 40, :, :] = np.inf
    return values


@pytest.mark.slow
@settings(deadline=None, max_examples=5)
@given(st.integers(0, 1000), st.integers(2, 5), st.integers(1, 130))
def test_no_cut_and_no_thread_changes_a_bit(seed: int, threads: int, x: int) -> None:
    values = busy(seed, 3, 131)
    whole = look(values)
    same(whole, look(values, threads=threads))
    same(cut(whole, slice(1, 3), slice(0, x)), look(values[:, 1:3, :x]))
    same(cut(whole, slice(0, 1), slice(x, 131)), look(values[:, :1, x:]))


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000))
def test_rows_without_a_look_change_nothing(seed: int) -> None:
    values = busy(seed, 1, 20)
    keep = np.isfinite(values).any(axis=(1, 2))
    keep[::9] = False
    bare = np.where(keep[:, None, None], values, np.nan)
    same(look(bare), detect(bare[keep], dates()[keep], START, WATCH, DEFAULT))


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000), st.sampled_from(["mosum", "cusum"]), st.sampled_from(["roc", "all"]))
def test_a_trace_tells_the_same_break(seed: int, test: Any, history: Any) -> None:
    values = busy(seed, 1, 12)
    rules = BfastSettings(test=test, history=history, order=2, doubt=0.2 if seed % 2 else 1.0)
    found = look(values, rules)
    for x in range(12):
        one = trace(values[:, 0, x].astype(np.float64), dates(), START, WATCH, rules)
        assert found.day[0, 0, x] == (dates()[one.row] if one.row >= 0 else NEVER)
        if one.row >= 0:
            assert one.alarm >= one.row - rules.run
            assert found.magnitude[0, 0, x] == pytest.approx(one.magnitude, rel=1e-6)
        if one.first >= 0:
            assert found.used[0, x] == one.used
            assert found.scale[0, x] == pytest.approx(one.sigma, rel=1e-6)


def test_a_clearing_is_found_and_described() -> None:
    day = 19_000
    values = cleared(stack(1, 4, 100), day)
    found = look(values)
    assert (found.kind == ABRUPT).mean() > 0.95
    broken = found.kind == ABRUPT
    late = found.day[0][broken] - day
    assert 0 <= np.median(late) <= 60
    np.testing.assert_allclose(np.median(found.drop[0][broken]), -0.3, atol=0.02)
    np.testing.assert_allclose(np.median(found.magnitude[0][broken]), -0.3, atol=0.02)
    np.testing.assert_allclose(np.nanmedian(found.scale), 0.035, atol=0.003)
    assert (found.count[broken] == 1).all()
    assert (found.day[1:] == NEVER).all()
    assert (found.kinds[0] == np.where(broken, ABRUPT, found.kinds[0])).all()
    assert (found.kinds[1:] == UNSEEN).all()
    # it fell in between, of nearly all; the alarm alone comes weeks later
    assert np.mean((found.before[0] < day) & (found.day[0] >= day)) > 0.95
    assert (found.before[0][broken] < found.day[0][broken]).all()
    alarms = look(cleared(stack(1, 4, 100), day), BfastSettings(date="alarm"))
    assert np.median(alarms.day[0][broken] - found.day[0][broken]) >= 10
    assert (found.confidence[0][broken] == CONFIRMED).mean() > 0.95


def test_the_day_before_is_the_last_clear_look() -> None:
    values = cleared(stack(3), 19_000)
    found = look(values)
    clear = dates()[np.isfinite(values[:, 0, 0])]
    place = int(np.searchsorted(clear, found.day[0, 0, 0]))
    assert clear[place] == found.day[0, 0, 0]
    assert clear[place - 1] == found.before[0, 0, 0]
    used = np.count_nonzero(clear < WATCH)
    assert (found.used[0, 0], found.watched[0, 0]) == (used, clear.size - used)


def test_a_stable_forest_gives_no_alarm() -> None:
    found = look(stack(2, 10, 100))
    assert found.count.sum() == 0
    assert (found.kind == STABLE).mean() > 0.9
    assert np.isnan(found.drop).all()
    # without the gate the test has its level: 0.05 for an alarm in either direction
    free = look(stack(2, 10, 100), BfastSettings(gate=0.0, direction="both", history="all"))
    assert 0.01 < free.count.mean() < 0.1


def test_a_field_that_grows_back_is_recovering() -> None:
    found = look(cleared(stack(5, 1, 50), 18_800, per_year=0.2))
    back = found.kind == RECOVERING
    assert back.mean() > 0.9
    assert np.nanmedian(found.recovered_24[0][back]) > np.nanmedian(found.recovered_12[0][back])
    stays = look(cleared(stack(5, 1, 50), 18_800))
    assert not (stays.kind == RECOVERING).any()


def test_a_late_clearing_is_provisional() -> None:
    end = int(dates()[-1])
    found = look(cleared(stack(6, 1, 50, missing=0.0), end - 120))
    broken = found.count > 0
    assert broken.mean() > 0.9
    assert set(found.confidence[0][broken].tolist()) <= {LOW, PROVISIONAL}


def test_gains_are_told_only_when_asked() -> None:
    gained = 2 * season(dates())[:, None, None].astype(np.float32) - cleared(
        stack(7, 1, 40), 19_000
    )
    assert look(gained).count.sum() == 0
    both = look(gained, BfastSettings(direction="both"))
    assert (both.count > 0).mean() > 0.9
    assert np.median(both.drop[0][both.count > 0]) == pytest.approx(0.3, abs=0.02)


def test_the_gate_takes_small_drops_away() -> None:
    values = cleared(stack(8, 1, 40), 19_000)
    assert look(values, BfastSettings(gate=0.4)).count.sum() == 0


def test_passing_cloud_is_no_break() -> None:
    """Three looks in a row far too low move the sums beyond the boundary, but do not last."""
    values = stack(9, 1, 40, missing=0.0)
    values[180:183] -= 0.5
    alarmed = look(values, BfastSettings(gate=0.0)).count > 0
    assert alarmed.mean() > 0.9
    assert look(values).count.sum() == 0


def test_a_short_history_says_so() -> None:
    values = stack(10)
    values[dates() < WATCH - 500] = np.nan
    found = look(values)
    assert (found.kind == SHORT).all()
    assert (found.count == 0).all()
    assert np.isnan(found.scale).all()


def test_a_history_that_moves_says_so() -> None:
    """A clearing a year before monitoring starts: what is stable since is too short."""
    found = look(cleared(stack(11, 1, 40, missing=0.0), WATCH - 300))
    assert (found.kind == UNSTABLE).mean() > 0.9
    late = look(cleared(stack(11, 1, 40, missing=0.0), WATCH - 800))
    assert (late.kind == STABLE).mean() > 0.8
    # the 80 looks since, and the few more that the sums take to leave their boundary
    assert 80 <= late.used.min() <= late.used.max() < 110


def test_what_was_not_watched_is_not_stable() -> None:
    values = stack(12)
    values[dates() >= WATCH] = np.nan
    found = look(values)
    assert found.kind[0, 0] == UNSEEN
    assert found.watched[0, 0] == 0
    assert look(np.full_like(values, np.nan)).kind[0, 0] == SHORT


def test_looks_of_a_season_that_the_history_never_saw_are_not_judged() -> None:
    """Dry seasons in the history, all seasons after: the curve between is anybody's guess."""
    days = dates()
    wet = np.cos(2 * np.pi * (days - START) / 365.25) > -0.7
    values = stack(15, 1, 60, missing=0.0)
    values[wet & (days < WATCH)] = np.nan
    guessed = look(values, BfastSettings(doubt=math.inf, gate=0.05, direction="both"))
    judged = look(values, BfastSettings(gate=0.05, direction="both"))
    assert (guessed.count > 0).mean() > 0.3
    assert (judged.count > 0).mean() < 0.1
    every = np.count_nonzero(days >= WATCH)
    assert (guessed.watched == every).all()
    assert ((judged.watched > every // 4) & (judged.watched < every * 0.6)).all()


def test_a_series_without_noise_gives_no_number_of_noise() -> None:
    flat = np.full((dates().size, 1, 2), 0.5, np.float32)
    flat[dates() >= 19_000, :, 1] = 0.1
    found = look(flat)
    assert found.kind.tolist() == [[STABLE, ABRUPT]]
    assert found.drop[0, 0, 1] == pytest.approx(-0.4, abs=1e-6)


def test_looks_before_the_history_are_not_used() -> None:
    values = stack(13, 1, 5)
    mad = values.copy()
    mad[dates() < START + 365] = -3.0
    same(detect(mad, dates(), START + 365, WATCH, DEFAULT),
         detect(values, dates(), START + 365, WATCH, DEFAULT))  # fmt: skip


def test_magnitude_over_the_whole_monitoring_hides_a_late_break() -> None:
    values = cleared(stack(14, missing=0.0), int(dates()[-1]) - 400)
    here = look(values).magnitude[0, 0, 0]
    whole = look(values, BfastSettings(magnitude="monitoring")).magnitude[0, 0, 0]
    assert here < -0.25
    assert abs(whole) < 0.05


def test_dates_that_cannot_tell_a_season_make_a_short_history() -> None:
    new_years = np.arange("1990", "2010", dtype="datetime64[Y]")
    yearly = new_years.astype("datetime64[D]").astype(np.int64)
    values = np.ones((yearly.size, 1, 1), np.float32)
    found = detect(values, yearly, int(yearly[0]), int(yearly[15]), DEFAULT)
    assert (found.kind[0, 0], found.watched[0, 0]) == (SHORT, 5)


def test_an_empty_history_is_short() -> None:
    found = detect(stack(1)[:0], dates()[:0], START, WATCH, DEFAULT)
    assert found.kind[0, 0] == SHORT
    alone = trace(np.empty(0), dates()[:0], START, WATCH, DEFAULT)
    assert alone.first == -1
    assert math.isnan(alone.magnitude)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"days": dates()[::-1]}, "do not increase"),
        ({"days": dates()[1:]}, "292|291"),
        ({"start": WATCH}, "Begin the history earlier"),
        ({"values": np.ones((292, 3), np.float32)}, "expected"),
    ],
)
def test_what_is_wrong_is_said(change: dict[str, Any], told: str) -> None:
    given = {"values": stack(1), "days": dates(), "start": START, **change}
    with pytest.raises(InputError, match=told):
        detect(given["values"], given["days"], given["start"], WATCH, DEFAULT)


def test_settings_without_a_critical_value_are_refused() -> None:
    with pytest.raises(InputError, match="level"):
        look(stack(1), BfastSettings(level=0.1))


def test_the_gate_holds_the_rate_of_false_alarms() -> None:
    """Six looks a year, a twentieth of them cloud: without a gate a fifth of stable forest."""
    sky = Sky(6, 0.05)
    forest, lost = series(sky, 500, False, seed=77), series(sky, 500, True, seed=77)
    bare, gated = BfastSettings(gate=0.0), BfastSettings()
    days = forest.days
    assert (detect(forest.values, days, START, WATCH, bare).count > 0).mean() > 0.15
    # measured over 4,000 series: 0.003 and 0.80; 0.21 without a gate. A twentieth more is dated
    # ahead of the clearing, by cloud in the looks before it
    assert (detect(forest.values, days, START, WATCH, gated).count > 0).mean() < 0.015
    found = detect(lost.values, days, START, WATCH, gated).day[0, 0]
    assert ((found >= lost.cleared) & (found > 0)).mean() > 0.75


# --- what was judged -----------------------------------------------------------------------------


def months(found: Breaks, x: int = 0) -> set[tuple[int, int]]:
    """Years and months whose looks could have begun a break."""
    bits = found.judged[:, 0, x]
    return {(2021 + n, m + 1) for n in range(len(bits)) for m in range(12) if bits[n] >> m & 1}


def test_months_are_judged_where_a_break_could_have_begun() -> None:
    """Ten looks from January on, each ten days; of the last three no run of four begins."""
    values = stack(20, missing=0.0)
    days = dates()
    values[days >= WATCH + 100] = np.nan
    found = look(values)
    watched = days[(days >= WATCH) & (days < WATCH + 100)]
    assert found.last[0, 0] == watched[-1]
    told = watched[:-3].astype("datetime64[D]").astype("datetime64[M]").astype(int)
    assert months(found) == {(1970 + m // 12, m % 12 + 1) for m in told.tolist()}
    assert max(months(found)) == (2021, 3)
    # after its break none is: no second one could be told
    lost = look(cleared(stack(20, missing=0.0), WATCH + 200))
    assert lost.count[0, 0] == 1
    assert months(lost) == {(2021, month) for month in range(1, 8)}
    assert lost.last[0, 0] == days[-1]


def test_months_of_a_season_that_the_history_never_saw_are_not_judged() -> None:
    days = dates()
    dry = np.cos(2 * np.pi * (days - START) / 365.25) < -0.7
    values = stack(15, missing=0.0)
    values[~dry & (days < WATCH)] = np.nan
    seen = {month for _, month in months(look(values))}
    assert {6, 7} <= seen
    assert not seen & {1, 2, 11, 12}


def test_land_that_nobody_could_judge_has_no_month() -> None:
    short = stack(10)
    short[dates() < WATCH - 500] = np.nan
    for values, kind in ((short, SHORT), (cleared(stack(11, missing=0.0), WATCH - 300), UNSTABLE)):
        found = look(values)
        assert found.kind[0, 0] == kind
        assert (months(found), found.last[0, 0]) == (set(), NEVER)


def test_land_that_was_last_seen_long_before_the_end_is_not_stable() -> None:
    days, values = dates(), stack(21, missing=0.0)
    end = int(days[-1]) + 1
    assert look(values).kind[0, 0] == STABLE
    values[days >= WATCH + 120] = np.nan
    found = look(values)
    assert (found.kind[0, 0], found.watched[0, 0]) == (UNSEEN, 12)
    # the watch may end before the stack does, or after it
    assert look(values, until=WATCH + 300).kind[0, 0] == STABLE
    assert look(stack(21, missing=0.0), until=end + 400).kind[0, 0] == UNSEEN


def test_looks_after_the_watch_are_not_used() -> None:
    values, until = cleared(stack(22, 1, 20), 19_500), 19_400
    keep = dates() < until
    same(look(values, until=until), detect(values[keep], dates()[keep], START, WATCH, DEFAULT,
                                           until=until))  # fmt: skip
    assert look(values, until=until).count.sum() == 0


@pytest.mark.parametrize("history", ["roc", "all"])
@pytest.mark.parametrize("ahead_days", [30, 60, 90])
def test_a_clearing_before_the_watch_is_no_break_in_it(history: Any, ahead_days: int) -> None:
    values = cleared(stack(23, 1, 60, missing=0.0), WATCH - ahead_days)
    found = look(values, BfastSettings(history=history))
    assert (found.kind == UNSTABLE).mean() > 0.95
    assert found.count.sum() == 0
    # the first clearing of the watch is one
    first = look(cleared(stack(23, 1, 60, missing=0.0), WATCH), BfastSettings(history=history))
    assert (first.count == 1).mean() > 0.9


def test_haze_of_one_season_is_not_confirmed() -> None:
    """Weekly looks in June and July alone; all of one year are low, the next years' are not."""
    days = np.arange(START, START + 365 * 8, 7, dtype=np.int64)
    calendar = days.astype("datetime64[D]").astype("datetime64[M]").astype(int)
    chance = np.random.default_rng(24)
    values = 0.8 + chance.normal(0, 0.02, (days.size, 1, 40))
    values[~np.isin(calendar % 12, (5, 6))] = np.nan
    values[(calendar // 12 == 2021 - 1970)] -= 0.3
    found = detect(values.astype(np.float32), days, START, WATCH, DEFAULT)
    assert not (found.confidence == CONFIRMED).any()


# --- kinds ---------------------------------------------------------------------------------------


def test_a_slow_decline_is_gradual_and_a_step_is_not() -> None:
    """A tenth a year from the watch on, for three years; its season is fitted beside the line."""
    days = dates()
    fallen = np.clip((days - WATCH) / 365.25 * 0.1, 0.0, 0.3)[:, None, None]
    slow = look((stack(25, 1, 60) - fallen).astype(np.float32))
    broken = slow.count > 0
    assert broken.mean() > 0.9
    assert (slow.kind[broken] == GRADUAL).mean() > 0.9
    assert (slow.kinds[0][broken] == slow.kind[broken]).all()
    step = look(cleared(stack(25, 1, 60), 19_000))
    assert (step.kind == GRADUAL).mean() < 0.05
    # also where the history was fitted with a line and three waves, of which none is fitted anew
    rules = BfastSettings(order=3, trend=True, history="all")
    straight = look((stack(25, 1, 60) - fallen).astype(np.float32), rules)
    assert (straight.kind[straight.count > 0] == GRADUAL).mean() > 0.8


def test_a_gain_that_is_lost_again_is_recovering() -> None:
    gained = 2 * season(dates())[:, None, None] - cleared(stack(26, 1, 40), 18_800, 0.2)
    found = look(gained.astype(np.float32), BfastSettings(direction="both"))
    assert (found.kind == RECOVERING).mean() > 0.9


# --- the same however the land is cut ------------------------------------------------------------


def test_a_fit_does_not_hang_on_the_dates_of_others() -> None:
    """To the last bit of float64: a tile holds dates on which this pixel was not seen."""
    values = cleared(stack(27, 1, 8), 19_000).astype(np.float64)
    rules = BfastSettings(order=2, trend=True)
    for x in range(8):
        own = values[:, 0, x]
        keep = np.isfinite(own)
        whole = trace(own, dates(), START, WATCH, rules)
        alone = trace(own[keep], dates()[keep], START, WATCH, rules)
        assert whole.sigma == alone.sigma
        np.testing.assert_array_equal(whole.coefficients, alone.coefficients)
        np.testing.assert_array_equal(whole.process[keep], alone.process)


def test_a_pixel_whose_dates_tell_no_season_is_short_beside_any_other() -> None:
    """Looks on new year's days alone, beside a pixel that was seen all the year round."""
    new_years = np.arange("2017", "2025", dtype="datetime64[Y]").astype("datetime64[D]").astype(int)
    days = np.union1d(dates(), new_years)
    values = np.random.default_rng(28).normal(0.8, 0.03, (days.size, 1, 2)).astype(np.float32)
    first = np.isin(days, new_years)
    values[~first, 0, 0] = np.nan
    rules = BfastSettings(least_looks=0, least_days=0)
    found = detect(values, days, START, WATCH, rules)
    alone = detect(values[first][:, :, :1], days[first], START, WATCH, rules)
    assert found.kind[0, 0] == alone.kind[0, 0] == SHORT
    assert found.kind[0, 1] == STABLE


def test_one_compilation_serves_all_settings() -> None:
    """Integers where floats are meant, any order, any test: no kernel is compiled again."""
    bfast.warm()
    for rules in (BfastSettings(gate=0, h=1), BfastSettings(order=3, test="cusum", period=8)):
        look(stack(1), rules)
    assert len(bfast._rows.signatures) == 1
    assert bfast._rows.targetoptions["nogil"]
    assert not bfast._rows.targetoptions.get("fastmath")
