"""Months: numbers by hand, medians against numpy, and the same bytes however cut."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels import months
from landcover.kernels.months import (
    calendar_medians,
    decimal_years,
    month_numbers,
    monthly_medians,
    monthly_times,
    years_compared,
)
from landcover.model import MISSING

EPOCH = date(1970, 1, 1).toordinal()


def day(*when: int) -> int:
    """Return days since 1970-01-01."""
    return date(*when).toordinal() - EPOCH


@given(st.dates(date(1582, 1, 1), date(2400, 1, 1)))
def test_a_day_has_its_months_number(when: date) -> None:
    (number,) = month_numbers(np.array([when.toordinal() - EPOCH]))
    assert number == when.year * 12 + when.month - 1


def made(
    shape: tuple[int, int, int], seed: int, dtype: Any = np.float32
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return a gappy stack and its days, in five years, in order of time."""
    chance = np.random.default_rng(seed)
    gone = chance.random(shape) < chance.choice([0.1, 0.6, 0.95])
    if dtype == np.int16:
        values = np.where(gone, MISSING, chance.integers(-200, 9000, shape)).astype(np.int16)
    else:
        values = np.where(gone, np.nan, chance.choice([-0.0, 0.0, *chance.random(20)], shape))
    first = day(2016, 11, 3)
    days = np.sort(chance.choice(np.arange(first, first + 1800), shape[0], replace=False))
    return values.astype(dtype), days


def wide(stack: NDArray[Any]) -> NDArray[np.float64]:
    """Return a stack in double precision, NaN where missing."""
    return np.where(stack == MISSING, np.nan, stack.astype(np.float64))


def plain(stack: NDArray[Any], dtype: Any) -> NDArray[Any]:
    """Take the median along time by sorting, NaN last."""
    ordered = np.sort(wide(stack), axis=0)
    count = (~np.isnan(ordered)).sum(axis=0)
    if not len(stack):
        return np.full(stack.shape[1:], np.nan, dtype)
    places = [np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(stack) - 1)]
    low, high = (np.take_along_axis(ordered, place[np.newaxis], 0)[0] for place in places)
    return np.where(count > 0, low + (high - low) * 0.5, np.nan).astype(dtype)


cases = st.builds(
    made,
    st.tuples(st.integers(1, 60), st.integers(1, 3), st.sampled_from([1, 5, 128, 130])),
    st.integers(0, 2**32 - 1),
    st.sampled_from([np.float32, np.float64, np.int16]),
)


@settings(deadline=None, max_examples=40)
@given(cases)
def test_a_month_is_the_median_of_its_own_days(case: tuple[Any, Any]) -> None:
    values, days = case
    first, medians = monthly_medians(values, days)
    numbers = month_numbers(days)
    assert len(medians) == numbers[-1] - numbers[0] + 1
    assert medians.dtype == (np.float64 if values.dtype == np.float64 else np.float32)
    for number, plane in enumerate(medians, first):
        np.testing.assert_array_equal(plane, plain(values[numbers == number], medians.dtype))


@settings(deadline=None, max_examples=40)
@given(cases)
def test_a_calendar_month_takes_all_its_years_together(case: tuple[Any, Any]) -> None:
    values, days = case
    medians, counts = calendar_medians(values, days)
    place = month_numbers(days) % 12
    for number in range(12):
        part = values[place == number]
        np.testing.assert_array_equal(medians[number], plain(part, medians.dtype))
        np.testing.assert_array_equal(counts[number], (~np.isnan(wide(part))).sum(axis=0))
    assert ((counts == 0) == np.isnan(medians)).all()


@settings(deadline=None, max_examples=25)
@given(cases, st.integers(1, 127), st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_neither_tiles_threads_nor_order_change_a_byte(
    case: tuple[Any, Any], x: int, threads: int, seed: int
) -> None:
    values, days = case
    mixed = np.random.default_rng(seed).permutation(len(days))
    for reduce in (monthly_medians, calendar_medians):

        def planes(*given_: Any, reduce: Any = reduce) -> bytes:
            return b"".join(np.asarray(part).tobytes() for part in reduce(*given_))

        whole = planes(values, days)
        assert planes(values, days, threads) == whole
        assert planes(values[mixed], days[mixed]) == whole
    _, medians = monthly_medians(values, days)
    cut = [monthly_medians(part, days)[1] for part in (values[..., :x], values[..., x:])]
    assert np.concatenate(cut, axis=2).tobytes() == medians.tobytes()


def test_months_nobody_saw_lie_empty_between_those_seen() -> None:
    days = np.array([day(2020, 12, 31), day(2021, 1, 1), day(2021, 3, 1), day(2021, 3, 31)])
    values = np.array([1, 2, 4, 8], np.float32).reshape(4, 1, 1)
    first, medians = monthly_medians(values, days)
    assert first == 2020 * 12 + 11
    np.testing.assert_array_equal(medians.ravel(), np.array([1, 2, np.nan, 6], np.float32))


def test_infinite_is_missing() -> None:
    values = np.array([np.inf, 3, -np.inf], np.float32).reshape(3, 1, 1)
    days = np.array([day(2021, 5, 1), day(2021, 5, 2), day(2021, 6, 1)])
    np.testing.assert_array_equal(monthly_medians(values, days)[1].ravel(), [3, np.nan])
    assert calendar_medians(values, days)[1].sum() == 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_nothing_observed_is_no_month(dtype: Any) -> None:
    empty, days = np.empty((0, 2, 3), dtype), np.empty(0, np.int64)
    first, medians = monthly_medians(empty, days)
    assert first == 0
    assert medians.shape == (0, 2, 3)
    medians, counts = calendar_medians(empty, days)
    assert np.isnan(medians).all()
    assert (counts == 0).all()


def test_bad_calls_are_one_sentence() -> None:
    values = np.ones((3, 1, 1), np.float32)
    with pytest.raises(InputError, match="3 observations, but 2 days"):
        monthly_medians(values, np.zeros(2, np.int64))
    with pytest.raises(InputError, match="expected float32 or float64 or int16"):
        calendar_medians(values.astype(np.int32), np.zeros(3, np.int64))


def test_a_year_is_as_long_as_it_is() -> None:
    days = np.array([day(2020, 7, 1), day(2021, 7, 1), day(2021, 12, 31), day(1969, 1, 1)])
    expected = [2020 + 182 / 366, 2021 + 181 / 365, 2021 + 364 / 365, 1969]
    np.testing.assert_allclose(decimal_years(days), expected, rtol=0, atol=1e-12)


@settings(deadline=None, max_examples=25)
@given(cases, st.integers(1, 127), st.integers(2, 4))
def test_a_months_time_is_the_mean_of_the_days_with_a_value(
    case: tuple[Any, Any], x: int, threads: int
) -> None:
    values, days = case
    times, origin = monthly_times(values, days, 2019.0), decimal_years(days) - 2019
    numbers, seen = month_numbers(days), ~np.isnan(wide(values))
    assert times.dtype == np.float32
    for number, plane in enumerate(times, numbers[0]):
        own = numbers == number
        count = seen[own].sum(axis=0)
        total = (seen[own] * origin[own][:, None, None]).sum(axis=0)
        mean = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        np.testing.assert_allclose(plane, mean, rtol=0, atol=1e-6)
    assert monthly_times(values, days, 2019.0, threads).tobytes() == times.tobytes()
    cut = [monthly_times(part, days, 2019.0) for part in (values[..., :x], values[..., x:])]
    assert np.concatenate(cut, axis=2).tobytes() == times.tobytes()


def test_no_looks_have_no_time() -> None:
    assert monthly_times(np.empty((0, 2, 3), np.int16), np.empty(0, np.int64)).shape == (0, 2, 3)


def test_years_are_counted_by_values_that_have_another_to_be_compared_with() -> None:
    held = np.full((30, 1, 4), np.nan)
    held[[0, 12, 24], 0, 0] = 1  # three Januaries, where rows begin in January
    held[[0, 12, 25], 0, 1] = 1  # the third year has a February alone
    held[[2, 9, 14], 0, 2] = 1  # two in the first year
    assert years_compared(held, 0, 2).tolist() == [[3, 2, 2, 0]]
    assert years_compared(held, 0, 1).tolist() == [[3, 3, 2, 0]]
    # rows that begin with the fourth month of a year: row 9 is the second year's first
    assert years_compared(held, 3, 1).tolist() == [[3, 3, 2, 0]]
    assert years_compared(held[:10], 3, 1).tolist() == [[1, 1, 2, 0]]


def test_twelve() -> None:
    assert months.MONTHS == 12
