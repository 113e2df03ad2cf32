"""The default detector, on series whose truth is known."""

from __future__ import annotations

from dataclasses import fields
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.breaks import (
    ABRUPT,
    CONFIRMED,
    GRADUAL,
    LOW,
    NEVER,
    NONE,
    PROVISIONAL,
    RECOVERING,
    SHORT,
    STABLE,
    UNSEEN,
    UNSTABLE,
    Breaks,
)
from landcover.kernels.robust import RobustSettings, detect, season

START = date(2017, 1, 1).toordinal() - date(1970, 1, 1).toordinal()
MONITORED = START + 4 * 365
DAYS = np.arange(START, START + 8 * 365, 16, dtype=np.int64)
YEARS = (DAYS - START) / 365
NOISE = 0.03
Floats = NDArray[np.float64]


def forest(seed: int = 0) -> Floats:
    random = np.random.default_rng(seed)
    return 0.8 + 0.05 * np.cos(2 * np.pi * YEARS) + random.normal(0, NOISE, DAYS.size)


def judge(values: Floats, chosen: RobustSettings | None = None) -> Breaks:
    stack = np.asarray(values, np.float32)[:, None, None]
    return detect(stack, DAYS, START, MONITORED, chosen or RobustSettings())


def after(year: float) -> Floats:
    return np.where(year <= YEARS, 1.0, 0.0)


def first(found: Breaks, name: str) -> float:
    layer = getattr(found, name)
    return float(layer[0, 0, 0] if layer.ndim == 3 else layer[0, 0])


def test_forest_that_stands_is_stable_and_tells_what_was_seen() -> None:
    found = judge(forest())
    assert first(found, "kind") == STABLE
    assert first(found, "count") == 0
    assert (found.day == NEVER).all()
    assert (found.confidence == NONE).all()
    assert first(found, "used") == (DAYS < MONITORED).sum()
    assert first(found, "watched") == (DAYS >= MONITORED).sum()
    assert first(found, "scale") == pytest.approx(NOISE, rel=0.2)


def test_a_clearing_is_dated_sized_and_confirmed() -> None:
    found = judge(forest() - 0.3 * after(5.5))
    cleared = int(DAYS[YEARS >= 5.5][0])
    assert first(found, "day") == cleared
    assert first(found, "before") == cleared - 16
    assert first(found, "drop") == pytest.approx(-0.3, abs=2 * NOISE)
    assert first(found, "magnitude") == pytest.approx(-0.3, abs=NOISE)
    assert first(found, "confidence") == CONFIRMED
    assert first(found, "kind") == ABRUPT
    assert first(found, "recovered_12") == pytest.approx(0, abs=0.15)
    assert first(found, "recovered_24") == pytest.approx(0, abs=0.15)


def test_a_late_clearing_is_provisional_and_its_recovery_unknown() -> None:
    found = judge(forest() - 0.3 * after(7.6))
    assert first(found, "confidence") == PROVISIONAL
    assert np.isnan(first(found, "recovered_12"))


def test_regrowth_within_two_years_is_recovering() -> None:
    gone = np.clip(0.3 - 0.15 * (YEARS - 5), 0, None) * after(5)
    found = judge(forest() - gone)
    assert first(found, "kind") == RECOVERING
    assert first(found, "recovered_12") == pytest.approx(0.5, abs=0.15)
    assert first(found, "recovered_24") == pytest.approx(1.0, abs=0.15)


def test_slow_decline_is_gradual() -> None:
    found = judge(forest() - 0.06 * np.clip(YEARS - 3.5, 0, None))
    assert first(found, "kind") == GRADUAL
    assert first(found, "day") > MONITORED


def test_a_small_drop_is_of_low_confidence_and_a_smaller_one_is_not_told() -> None:
    noisy = RobustSettings(scale_floor=0.07)
    assert first(judge(forest() - 0.13 * after(5.5), noisy), "confidence") == LOW
    assert first(judge(forest() - 0.08 * after(5.5)), "kind") == STABLE


def test_weeks_of_cloud_that_the_mask_missed_are_no_break() -> None:
    cloud = 0.3 * ((YEARS >= 5.5) & (YEARS < 5.75))
    assert first(judge(forest() - cloud), "kind") == STABLE
    bare = RobustSettings(lasting_days=0)
    assert first(judge(forest() - cloud, bare), "day") > 0, "the bare rule takes them for one"


def test_a_second_clearing_after_regrowth_is_found_too() -> None:
    gone = 0.35 * ((YEARS >= 4.2) & (YEARS < 4.9)) + 0.05 * ((YEARS >= 4.9) & (YEARS < 6.5))
    found = judge(forest() - gone - 0.35 * after(6.5), RobustSettings(lasting_days=180))
    assert first(found, "count") == 2
    second = int(found.day[1, 0, 0])
    assert abs(second - int(DAYS[YEARS >= 6.5][0])) <= 16
    assert found.drop[1, 0, 0] < -0.2


def test_a_history_is_cut_at_its_break_so_that_the_next_can_be_seen() -> None:
    broken = forest() - 0.3 * (YEARS < 1.5) - 0.3 * after(6)
    found = judge(broken)
    assert first(found, "used") < (DAYS < MONITORED).sum()
    assert first(found, "scale") == pytest.approx(NOISE, rel=0.25)
    assert first(found, "day") == int(DAYS[YEARS >= 6][0])
    blind = judge(broken, RobustSettings(level=0))
    assert first(blind, "scale") > 2 * NOISE, "untested, the break swells the scale"


def test_what_cannot_be_judged_says_why_and_never_stable() -> None:
    lost = judge(forest() - 0.3 * ((YEARS >= 3) & (YEARS < 9)))
    assert first(lost, "kind") == UNSTABLE
    young = np.where(YEARS >= 3.2, forest(), np.nan)
    assert first(judge(young), "kind") == SHORT
    blind = np.where(YEARS < 4, forest(), np.nan)
    found = judge(blind)
    assert first(found, "kind") == UNSEEN
    assert first(found, "watched") == 0
    assert first(judge(np.full(DAYS.size, np.nan)), "kind") == SHORT


def test_a_season_that_the_history_never_saw_is_not_judged() -> None:
    """Four Julies tell nothing of January, however the waves run between them."""
    of_year = YEARS % 1
    july = (of_year > 0.45) & (of_year < 0.6)
    values = np.where(july | (YEARS >= 4), forest() - 0.3 * after(5) * ~july, np.nan)
    found = judge(values)
    assert first(found, "used") == (july & (YEARS < 4)).sum()
    assert first(found, "watched") < 0.5 * (YEARS >= 4).sum()
    assert first(found, "kind") == STABLE
    some = judge(np.where(july | (YEARS >= 4), forest() - 0.3 * after(5), np.nan))
    assert first(some, "kind") == ABRUPT, "the Julies themselves are judged"


def test_a_constant_series_alarms_only_below_the_floor() -> None:
    flat = np.full(DAYS.size, 0.8)
    assert first(judge(flat), "kind") == STABLE
    assert first(judge(flat - 0.13 * after(6)), "day") == int(DAYS[YEARS >= 6][0])


def test_looks_before_the_history_are_left_out() -> None:
    values = (forest() - 0.3 * after(5.5)).astype(np.float32)[:, None, None]
    whole = detect(values[20:], DAYS[20:], START, MONITORED)
    told = detect(values, DAYS, int(DAYS[20]), MONITORED)
    assert told.used[0, 0] == whole.used[0, 0]
    assert told.day[0, 0, 0] == whole.day[0, 0, 0]


def test_infinite_values_are_missing() -> None:
    values = forest()
    values[::7] = np.inf
    missing = np.where(np.isinf(values), np.nan, values)
    for field in fields(Breaks):
        one, two = getattr(judge(values), field.name), getattr(judge(missing), field.name)
        np.testing.assert_array_equal(one, two)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), threads=st.integers(1, 4), cut=st.integers(1, 69))
def test_the_same_answer_however_cut_and_shared_out(seed: int, threads: int, cut: int) -> None:
    """Tiles of other widths, other threads: every layer to the bit."""
    random = np.random.default_rng(seed)
    shape = (DAYS.size, 3, 70)
    values = np.repeat(forest(seed)[:, None, None], 210, axis=2).reshape(shape)
    values = (
        values
        + random.normal(0, 0.02, shape)
        - 0.3 * after(5)[:, None, None] * (random.random(shape[1:]) < 0.3)
    )
    values[random.random(shape) < 0.5] = np.nan
    stack = values.astype(np.float32)
    whole = detect(stack, DAYS, START, MONITORED, threads=threads)
    for part in (slice(0, cut), slice(cut, 70)):
        piece = detect(np.ascontiguousarray(stack[:, :, part]), DAYS, START, MONITORED)
        for field in fields(Breaks):
            wanted = getattr(whole, field.name)[..., part]
            np.testing.assert_array_equal(getattr(piece, field.name), wanted)


def test_a_season_is_made_of_true_dates() -> None:
    leap = date(2020, 7, 1).toordinal() - date(1970, 1, 1).toordinal()
    columns = season(np.array([leap]), 2)
    year = 182 / 366
    wanted = [1, *(f(2 * np.pi * k * year) for k in (1, 2) for f in (np.cos, np.sin))]
    np.testing.assert_allclose(columns[:, 0], wanted, atol=1e-9)


def test_mistakes_are_told_in_words() -> None:
    stack = np.ones((3, 1, 1), np.float32)
    days = np.array([1, 2, 3])
    with pytest.raises(InputError, match="do not increase"):
        detect(stack, days[::-1], 0, 2)
    with pytest.raises(InputError, match="float32"):
        detect(stack.astype(float), days, 0, 2)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="one day"):
        detect(stack, days[:2], 0, 2)
    with pytest.raises(InputError, match=r"0\.05"):
        detect(stack, days, 0, 2, RobustSettings(level=0.07))
