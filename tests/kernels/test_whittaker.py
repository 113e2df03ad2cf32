"""Whittaker smoothing: against a dense solution, by property, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels import whittaker
from landcover.kernels.whittaker import smooth, v_curve

Floats = NDArray[np.float64]


def column(*values: float) -> Floats:
    return np.array(values, np.float64).reshape(-1, 1, 1)


def series(steps: int, missing: float, seed: int, width: int = 1, height: int = 1) -> Floats:
    chance = np.random.default_rng(seed)
    values = chance.normal(0.6, 0.2, (steps, height, width))
    values[chance.random(values.shape) < missing] = np.nan
    return values


def dense(values: Floats, penalty: float, weights: Floats | None = None) -> Floats:
    """Solve one series' equations with a whole matrix."""
    weigh = np.isfinite(values) * (np.ones_like(values) if weights is None else weights)
    d = np.diff(np.eye(len(values)), 2, axis=0)
    found: Floats = np.linalg.solve(
        np.diag(weigh) + penalty * d.T @ d, weigh * np.nan_to_num(values)
    )
    return found


@given(
    st.integers(3, 60), st.sampled_from([0.0, 0.3, 0.7]), st.sampled_from([0.3, 10.0, 1600.0]),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_solves_the_equations(steps: int, missing: float, penalty: float, seed: int) -> None:
    values = series(steps, missing, seed)
    got = smooth(values, penalty)[:, 0, 0]
    if np.isfinite(values).sum() < whittaker.LEAST_COUNT:
        assert np.isnan(got).all()
    else:
        np.testing.assert_allclose(got, dense(values[:, 0, 0], penalty), rtol=0, atol=1e-7)


def test_weights_count() -> None:
    values = series(30, 0.2, 1)
    weights = np.random.default_rng(2).uniform(0.1, 3, values.shape)
    wanted = dense(values[:, 0, 0], 50.0, weights[:, 0, 0])
    np.testing.assert_allclose(
        smooth(values, 50.0, weights=weights)[:, 0, 0], wanted, rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("none", [0.0, -1.0, np.nan])
def test_without_weight_a_value_is_a_gap(none: float) -> None:
    values, weights = series(20, 0.0, 3), np.ones((20, 1, 1))
    weights[7], gap = none, values.copy()
    gap[7] = np.nan
    np.testing.assert_array_equal(smooth(values, 5.0, weights=weights), smooth(gap, 5.0))


def test_a_line_stays_a_line_over_gaps_and_beyond_the_ends() -> None:
    nan = np.nan
    got = smooth(column(nan, 1, nan, nan, 4, 5, nan), 1000.0).ravel()
    np.testing.assert_allclose(got, np.arange(7), atol=1e-9)


def test_by_hand() -> None:
    """Of y = (0, 1, 0) with penalty 1: k (1 + 6) = D y = -2, and z = y - k (1, -2, 1)."""
    np.testing.assert_allclose(smooth(column(0, 1, 0), 1.0).ravel(), [2 / 7, 3 / 7, 2 / 7])


@pytest.mark.parametrize("steps", [1, 2, 3, 8])
def test_too_few_values_are_no_curve(steps: int) -> None:
    values = np.full((steps, 1, 1), np.nan)
    values[: min(steps, 2)] = 0.5
    assert np.isnan(smooth(values, 10.0)).all()
    got, chosen = v_curve(values)
    assert np.isnan(got).all()
    assert np.isnan(chosen).all()
    assert np.isnan(smooth(values, 10.0, expectile=0.9)).all()


def test_more_may_be_asked_for() -> None:
    values = series(9, 0.0, 4)
    assert np.isfinite(smooth(values, 10.0, min_count=9)).all()
    assert np.isnan(smooth(values, 10.0, min_count=10)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_blocks_threads_and_neighbours_do_not_matter(dtype: type) -> None:
    """Each pixel alone gives the bytes that it gives in the plane, however it is cut."""
    values = series(40, 0.5, 5, width=150, height=3).astype(dtype)
    values[:, 1, 70] = np.nan
    whole, chosen = v_curve(values, expectile=0.9)
    assert whole.dtype == dtype
    assert np.isnan(whole[:, 1, 70]).all()
    threaded, chosen_too = v_curve(values, expectile=0.9, threads=4)
    np.testing.assert_array_equal(whole, threaded)
    np.testing.assert_array_equal(chosen, chosen_too)
    for y, x in ((0, 0), (1, 63), (1, 64), (1, 69), (2, 149)):
        alone, own = v_curve(values[:, y : y + 1, x : x + 1], expectile=0.9)
        np.testing.assert_array_equal(alone[:, 0, 0], whole[:, y, x])
        assert own[0, 0] == chosen[y, x]


def test_the_chosen_penalty_is_the_one_used() -> None:
    values = series(50, 0.3, 6)
    got, chosen = v_curve(values)
    np.testing.assert_allclose(got, smooth(values, 10.0 ** float(chosen[0, 0])), atol=1e-6)


def test_the_v_curve_finds_the_wave_under_noise() -> None:
    """A yearly wave under noise, half of it missing, comes back closer than it was seen."""
    steps = np.arange(36 * 4)
    wave = 0.6 + 0.1 * np.cos(2 * np.pi * steps / 36)
    chance = np.random.default_rng(7)
    seen = wave[:, None, None] + chance.normal(0, 0.05, (len(steps), 1, 40))
    seen[chance.random(seen.shape) < 0.5] = np.nan
    error = v_curve(seen)[0] - wave[:, None, None]
    assert np.sqrt(np.mean(error**2)) < 0.025


def test_an_expectile_leans_to_the_upper_envelope() -> None:
    values = series(60, 0.2, 8)
    low, mean, high = (smooth(values, 100.0, expectile=p) for p in (0.1, 0.5, 0.9))
    np.testing.assert_allclose(mean, smooth(values, 50.0 * 4), atol=1e-9)  # half weights
    assert low.mean() < mean.mean() < high.mean()


def test_exact_lines_have_no_v_and_still_an_answer() -> None:
    for line in (column(*[0.5] * 9), column(*np.arange(9))):
        got, chosen = v_curve(line)
        np.testing.assert_allclose(got, line, atol=1e-9)
        assert np.isfinite(chosen).all()


def test_no_columns_and_no_rows() -> None:
    assert smooth(np.zeros((5, 0, 3)), 1.0, threads=2).shape == (5, 0, 3)
    assert smooth(np.zeros((0, 2, 2)), 1.0).shape == (0, 2, 2)


def test_refuses() -> None:
    good = series(5, 0.0, 9)
    with pytest.raises(InputError, match="float32 or float64"):
        smooth(good.astype(np.int16), 1.0)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="weights"):
        smooth(good, 1.0, weights=good[:3])
    for penalty in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(InputError, match="positive"):
            smooth(good, penalty)
    for expectile in (0.0, 1.0, np.nan):
        with pytest.raises(InputError, match="between 0 and 1"):
            smooth(good, 1.0, expectile=expectile)
    for tried in ((), (1.0,), (2.0, 1.0)):
        with pytest.raises(InputError, match="increase"):
            v_curve(good, tried)
