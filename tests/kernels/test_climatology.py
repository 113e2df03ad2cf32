"""Climatology: worked by hand, against plain numpy, and what is not known stays unknown."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.kernels import climatology
from landcover.kernels.climatology import (
    anomaly,
    normals,
    score,
    season,
    yearly_anomaly,
    yearly_normals,
)

NAN = float("nan")


def pixel(*values: float) -> NDArray[np.float32]:
    """Return consecutive months of one pixel."""
    return np.array(values, np.float32).reshape(-1, 1, 1)


def plain(rows: NDArray[Any]) -> tuple[Any, Any, Any]:
    """Mean, standard deviation and count along time, by numpy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's word on empty and single pixels
        wide = rows.astype(np.float64)
        return np.nanmean(wide, 0), np.nanstd(wide, 0, ddof=1), (~np.isnan(wide)).sum(0)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 70), st.sampled_from([1, 7, 130]), st.integers(2000 * 12, 2000 * 12 + 40),
    st.integers(-15, 80), st.integers(0, 60), st.sampled_from([np.float32, np.float64]),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_normals_are_numpys(
    count: int, width: int, first: int, begin: int, length: int, dtype: Any, seed: int
) -> None:
    chance = np.random.default_rng(seed)
    rows = chance.random((count, 2, width))
    rows[chance.random(rows.shape) < 0.4] = NAN
    rows = rows.astype(dtype)
    baseline = (first + begin, first + begin + length)
    made = normals(rows, first, baseline)
    assert normals(rows, first, baseline, 2).mean.tobytes() == made.mean.tobytes()
    numbers = np.arange(first, first + count)
    within = (numbers >= baseline[0]) & (numbers < baseline[1])
    for place in range(12):
        part = rows[within & (numbers % 12 == place)]
        mean, spread, years = plain(part) if len(part) else (NAN, NAN, 0)
        close = {"rtol": 1e-6 if dtype == np.float32 else 1e-12, "atol": 1e-7}
        np.testing.assert_allclose(made.mean[place], np.broadcast_to(mean, (2, width)), **close)
        np.testing.assert_allclose(made.spread[place], np.broadcast_to(spread, (2, width)), **close)
        assert (made.years[place] == years).all()


def test_z_of_three_januaries_by_hand() -> None:
    """0.2, 0.4 and 0.9: mean 0.5, squares .09 + .01 + .16 over 2, so the spread is 0.36056."""
    rows = np.full((37, 1, 1), NAN, np.float32)
    rows[[0, 12, 24, 36], 0, 0] = [0.2, 0.4, 0.9, 0.1]
    normal = normals(rows, 2020 * 12, (2020 * 12, 2023 * 12))
    assert normal.years[0, 0, 0] == 3
    np.testing.assert_allclose(normal.spread[0, 0, 0], 0.360555, rtol=1e-6)
    far, z = anomaly(rows[36], 2023 * 12, normal)
    np.testing.assert_allclose([far[0, 0], z[0, 0]], [-0.4, -1.109400], rtol=1e-6)


def test_two_years_give_an_anomaly_but_no_z_whatever_is_asked() -> None:
    rows = np.full((13, 1, 1), NAN, np.float32)
    rows[[0, 12], 0, 0] = [0.25, 0.75]
    normal = normals(rows, 2020 * 12, (2020 * 12, 2022 * 12))
    far, z = anomaly(rows[0], 2020 * 12, normal, min_years=1)
    assert far[0, 0] == -0.25
    assert np.isnan(z).all()


def test_years_that_are_all_alike_measure_nothing() -> None:
    z = score(np.array([[0.1]]), np.array([[0.0]]), np.array([[5]], np.uint8), 3)
    assert np.isnan(z).all()


def test_min_years_can_ask_for_more() -> None:
    years = np.array([[3, 4, 5]], np.uint8)
    z = score(np.ones((1, 3), np.float32), np.full((1, 3), 0.5, np.float32), years, 5)
    np.testing.assert_array_equal(z, [[NAN, NAN, 2]])


def test_a_year_seen_only_in_its_green_months_is_not_called_green() -> None:
    course = np.r_[np.full(6, 0.8), np.full(6, 0.4)]
    rows = np.concatenate([course, course, course]).astype(np.float32).reshape(-1, 1, 1)
    rows[30:] = NAN
    normal = normals(rows, 2020 * 12, (2020 * 12, 2022 * 12))
    far, months = yearly_anomaly(rows, 2020 * 12, normal, 2022)
    assert months[0, 0] == 6
    assert far[0, 0] == pytest.approx(0, abs=1e-7)
    assert np.nanmean(rows[24:]) > np.nanmean(rows[:24]) + 0.19, "as plain means would have it"


def test_a_year_by_hand_and_one_without_a_month() -> None:
    """Two Januaries 0.2 and 0.4, two Februaries 0.5 and 0.9: the second year is 0.15 above."""
    rows = np.full((14, 1, 1), NAN, np.float32)
    rows[[0, 1, 12, 13], 0, 0] = [0.2, 0.5, 0.4, 0.9]
    normal = normals(rows, 2020 * 12, (2020 * 12, 2022 * 12))
    far, months = yearly_anomaly(rows, 2020 * 12, normal, 2021)
    assert far[0, 0] == pytest.approx(0.15, abs=1e-7)
    assert months[0, 0] == 2
    far, months = yearly_anomaly(rows, 2020 * 12, normal, 2022)
    assert np.isnan(far).all()
    assert months[0, 0] == 0
    assert far.dtype == np.float32


def test_a_month_known_from_one_year_tells_nothing_of_it() -> None:
    """March was seen in 2020 alone: its anomaly is 0 by itself, and would halve January's."""
    rows = np.full((25, 1, 1), NAN, np.float32)
    rows[[0, 2, 12, 24], 0, 0] = [0.25, 0.5, 0.75, 0.5]
    normal = normals(rows, 2020 * 12, (2020 * 12, 2023 * 12))
    far, months = yearly_anomaly(rows, 2020 * 12, normal, 2020)
    assert (far[0, 0], months[0, 0]) == (-0.25, 1)


def test_normals_of_years() -> None:
    made = yearly_normals(np.array([-0.1, NAN, 0.2, 0.5]).reshape(4, 1, 1))
    assert made.years[0, 0] == 3
    np.testing.assert_allclose([made.mean[0, 0], made.spread[0, 0]], [0.2, 0.3], rtol=1e-12)


def course(**months: float) -> NDArray[np.float32]:
    """Return twelve months of one pixel, NaN but for those given as m<number>."""
    planes = np.full((12, 1, 1), NAN, np.float32)
    for name, value in months.items():
        planes[int(name[1:]) - 1] = value
    return planes


def told(planes: NDArray[Any], min_months: int = 2) -> tuple[float, int, int, int]:
    made = season(planes, min_months)
    return (
        float(made.amplitude[0, 0]), int(made.peak[0, 0]), int(made.low[0, 0]),
        int(made.seen[0, 0]),
    )  # fmt: skip


def test_the_course_of_a_year_by_hand() -> None:
    assert told(course(m2=0.5, m4=0.75, m9=0.25, m12=0.75)) == (0.5, 4, 9, 4)
    assert told(course(m1=-0.5, m12=-0.25)) == (0.25, 12, 1, 2)


@pytest.mark.parametrize("planes", [course(), course(m3=0.5), course(m1=0.1, m2=0.3)])
def test_too_few_months_have_neither_amplitude_nor_peak(planes: NDArray[Any]) -> None:
    amplitude, peak, low, seen = told(planes, 3)
    assert np.isnan(amplitude)
    assert (peak, low) == (0, 0)
    assert seen == (~np.isnan(planes)).sum()


def test_one_month_never_has_an_amplitude() -> None:
    assert np.isnan(told(course(m3=0.5), min_months=0)[0])


@settings(deadline=None)
@given(st.lists(st.one_of(st.just(NAN), st.floats(-1, 1, width=32)), min_size=12, max_size=12))
def test_peak_and_low_are_numpys(values: list[float]) -> None:
    planes = pixel(*values)
    amplitude, peak, low, seen = told(planes)
    if seen >= 2:
        assert peak == np.nanargmax(planes[:, 0, 0]) + 1
        assert low == np.nanargmin(planes[:, 0, 0]) + 1
        assert amplitude == np.float32(planes[peak - 1, 0, 0] - planes[low - 1, 0, 0])


def test_three_years() -> None:
    assert climatology.MIN_YEARS == 3
