"""Harmonic fits: against least squares of numpy, by property, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.harmonic import fit, predict

Floats = NDArray[np.float64]


def dates(count: int, seed: int) -> Floats:
    return 2017 + 8 * np.sort(np.random.default_rng(seed).random(count))


def design(years: Floats, order: int, trend: bool, origin: float) -> Floats:
    columns = [np.ones_like(years)] + ([years - origin] if trend else [])
    for k in range(1, order + 1):
        columns += [np.cos(2 * np.pi * k * years), np.sin(2 * np.pi * k * years)]
    return np.column_stack(columns)


def gappy(years: Floats, missing: float, seed: int, width: int = 5, height: int = 2) -> Floats:
    chance = np.random.default_rng(seed)
    values = chance.normal(0.6, 0.1, (len(years), height, width))
    values[chance.random(values.shape) < missing] = np.nan
    return values


@given(
    st.integers(20, 90), st.integers(0, 3), st.booleans(), st.sampled_from([0.0, 0.3, 0.6]),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_as_least_squares(count: int, order: int, trend: bool, missing: float, seed: int) -> None:
    years = dates(count, seed)
    values = gappy(years, missing, seed)
    got = fit(values, years, order, trend=trend)
    columns = design(years, order, trend, got.origin)
    for y, x in np.ndindex(values.shape[1:]):
        seen = np.isfinite(values[:, y, x])
        assert got.used[y, x] == seen.sum()
        if seen.sum() < 2 * columns.shape[1]:
            assert np.isnan(got.terms[:, y, x]).all()
            continue
        wanted, *_ = np.linalg.lstsq(columns[seen], values[seen, y, x], rcond=None)
        np.testing.assert_allclose(got.terms[:, y, x], wanted, rtol=1e-7, atol=1e-9)
        left = values[seen, y, x] - columns[seen] @ wanted
        free = seen.sum() - len(wanted)
        assert got.spread[y, x] == pytest.approx(np.sqrt((left**2).sum() / free), rel=1e-5)


def test_an_exact_curve_comes_back_at_any_time() -> None:
    years = dates(40, 1)

    def curve(t: Floats) -> Floats:
        wave = 0.1 * np.cos(2 * np.pi * t) - 0.05 * np.sin(4 * np.pi * t)
        return (0.5 - 0.02 * (t - 2020) + wave).reshape(-1, 1, 1)

    got = fit(curve(years), years, 2, trend=True)
    new = np.linspace(2015, 2030, 50)
    np.testing.assert_allclose(predict(got, new), curve(new), atol=1e-10)
    assert got.terms[1, 0, 0] == pytest.approx(-0.02, abs=1e-11)
    assert got.spread[0, 0] == pytest.approx(0, abs=1e-7)


def test_the_level_is_that_of_the_mean_time() -> None:
    years = np.array([2020.0, 2021.0, 2022.0, 2023.0])
    got = fit(np.array([1.0, 2, 3, 4]).reshape(4, 1, 1), years, 0, trend=True)
    assert got.origin == 2021.5
    np.testing.assert_allclose(got.terms.ravel(), [2.5, 1.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_threads_and_neighbours_do_not_matter(dtype: type) -> None:
    years = dates(60, 2)
    values = gappy(years, 0.5, 2, width=150, height=3).astype(dtype)
    values[:, 1, 3] = np.nan
    whole = fit(values, years, 2)
    threaded = fit(values, years, 2, threads=4)
    np.testing.assert_array_equal(whole.terms, threaded.terms)
    assert np.isnan(whole.terms[:, 1, 3]).all()
    assert np.isnan(whole.spread[1, 3])
    assert whole.used[1, 3] == 0
    for y, x in ((0, 0), (1, 2), (1, 4), (2, 63), (2, 64), (2, 149)):
        alone = fit(values[:, y : y + 1, x : x + 1], years, 2)
        np.testing.assert_array_equal(alone.terms[:, 0, 0], whole.terms[:, y, x])
        assert alone.spread[0, 0] == whole.spread[y, x]


def test_dates_that_cannot_tell_the_terms_apart_have_no_fit() -> None:
    """One day of each year: cosine, sine and level are one thing."""
    years = np.concatenate([2010 + np.arange(10.0), dates(10, 3)])
    values = np.full((20, 1, 2), 0.5)
    values[10:, 0, 0] = np.nan
    got = fit(values, years, 1)
    assert np.isnan(got.terms[:, 0, 0]).all()
    assert got.used[0, 0] == 10
    np.testing.assert_allclose(got.terms[:, 0, 1], [0.5, 0, 0], atol=1e-12)
    none = fit(values[:10], years[:10], 1)
    assert np.isnan(none.terms).all()
    assert none.used.tolist() == [[10, 10]]


def test_fewer_values_may_be_allowed_but_never_as_few_as_terms() -> None:
    years = dates(4, 4)
    values = gappy(years, 0.0, 4)
    assert np.isnan(fit(values, years, 1).terms).all()
    assert np.isfinite(fit(values, years, 1, min_count=4).terms).all()
    assert np.isnan(fit(values[:3], years[:3], 1, min_count=3).terms).all()


def test_infinite_values_are_missing() -> None:
    years = dates(20, 5)
    values = gappy(years, 0.0, 5)
    gaps = values.copy()
    values[3], gaps[3] = np.inf, np.nan
    np.testing.assert_array_equal(fit(values, years).terms, fit(gaps, years).terms)


def test_nothing_at_all() -> None:
    got = fit(np.zeros((0, 1, 2)), np.zeros(0))
    assert np.isnan(predict(got, np.array([2020.0]))).all()


def test_refuses() -> None:
    values = np.zeros((5, 1, 1))
    with pytest.raises(InputError, match="float32 or float64"):
        fit(values.astype(np.int16), np.zeros(5))  # type: ignore[arg-type]
    for years in (np.zeros(4), np.full(5, np.nan)):
        with pytest.raises(InputError, match="decimal years"):
            fit(values, years)
    with pytest.raises(InputError, match="negative"):
        fit(values, np.zeros(5), -1)
