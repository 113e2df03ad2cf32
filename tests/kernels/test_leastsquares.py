"""Least squares by rows: against numpy's, and recursive residuals against their definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.kernels.history import _backwards, _fit
from landcover.kernels.leastsquares import basis, regressors


def columns(seed: int, times: int, width: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make looks of several columns, each one behind the other, with their rows."""
    chance = np.random.default_rng(seed)
    looks, places = np.zeros((times, width)), np.zeros((times, width), np.int64)
    for x in range(width):
        rows = np.flatnonzero(chance.random(times) < 0.7)
        places[: rows.size, x] = rows
        looks[: rows.size, x] = chance.normal(0.5, 0.2, rows.size)
    return looks, places


def test_regressors_by_hand() -> None:
    x = regressors(np.array([2000.0, 2000.25, 2001.5]), 2, True)
    expected = [[1, 2000, 1, 1, 0, 0], [1, 2000.25, 0, -1, 1, 0], [1, 2001.5, -1, 1, 0, 0]]
    np.testing.assert_allclose(x, expected, atol=1e-9)


@pytest.mark.parametrize("trend", [False, True])
def test_the_basis_spans_the_same(trend: bool) -> None:
    years = np.sort(np.random.default_rng(0).uniform(2015, 2023, 200))
    q, back = basis(years, (2015.0, 2020.0), 3, trend)
    assert np.abs(q[years < 2020]).max() <= 1.0
    np.testing.assert_allclose(
        q @ np.linalg.inv(back), regressors(years, 3, trend), rtol=1e-9, atol=1e-9
    )


def test_a_look_s_row_is_of_its_date_alone() -> None:
    years = np.sort(np.random.default_rng(1).uniform(2015, 2023, 200))
    whole, _ = basis(years, (2015.0, 2020.0), 3, True)
    some, _ = basis(years[3::7], (2015.0, 2020.0), 3, True)
    np.testing.assert_array_equal(whole[3::7], some)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 3), st.booleans())
def test_a_fit_is_numpys(seed: int, order: int, trend: bool) -> None:
    times, width = 60, 5
    looks, places = columns(seed, times, width)
    n = np.array([np.count_nonzero(looks[:, x]) for x in range(width)])
    first = np.array([0, 3, 0, 7, 1])
    told = basis(2017 + np.arange(times) / 13.1, (2017.0, 2021.0), order, trend)
    b, squares, _ = _fit(looks, places, told[0], first, n)
    for x in range(width):
        y, design = looks[first[x] : n[x], x], told[0][places[first[x] : n[x], x]]
        expected = np.linalg.lstsq(design, y, rcond=None)[0]
        np.testing.assert_allclose(b[:, x], expected, rtol=1e-8, atol=1e-10)
        assert squares[x] == pytest.approx(((y - design @ expected) ** 2).sum(), rel=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000))
def test_recursive_residuals_are_what_they_say(seed: int) -> None:
    """(y - x'b) / sqrt(1 + x'(X'X)⁻¹x), b and X of the later looks alone."""
    times, width, size = 50, 3, 3
    looks, places = columns(seed, times, width)
    n = np.array([np.count_nonzero(looks[:, x]) for x in range(width)])
    told = basis(2017 + np.arange(times) / 13.1, (2017.0, 2021.0), 1, False)
    w, _, _ = _backwards(looks, places, told[0], n)
    for x in range(width):
        y, design = looks[: n[x], x][::-1], told[0][places[: n[x], x]][::-1]
        for j in range(size + 2, n[x]):
            inverse = np.linalg.inv(design[:j].T @ design[:j])
            error = y[j] - design[j] @ inverse @ design[:j].T @ y[:j]
            expected = error / np.sqrt(1 + design[j] @ inverse @ design[j])
            assert w[j, x] == pytest.approx(expected, abs=1e-7)


def test_looks_that_cannot_tell_a_season_give_no_number() -> None:
    """Four looks on one day of the year, beside a column that has all."""
    years = np.concatenate([2000 + np.arange(4.0), 2000.1 + np.arange(40) / 7.3])
    told = basis(years, (2017.0, 2021.0), 1, False)
    looks, places = np.ones((44, 2)), np.zeros((44, 2), np.int64)
    places[:4, 0], places[:, 1] = np.arange(4), np.arange(44)
    b, _, _ = _fit(looks, places, told[0], np.zeros(2, np.int64), np.array([4, 44]))
    assert np.isnan(b[:, 0]).all()
    assert np.isfinite(b[:, 1]).all()
