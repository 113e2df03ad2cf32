"""A fit that cloud does not pull down."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landcover.errors import InputError
from landcover.kernels.bisquare import NORMAL_MAD, bisquare, median_of


def wave(times: int) -> np.ndarray:
    phase = np.linspace(0, 2 * np.pi * 3, times)
    return np.stack([np.ones(times), np.cos(phase), np.sin(phase)])


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), max_size=60))
def test_a_median_is_numpys(values: list[float]) -> None:
    array = np.array(values, float)
    found = median_of(array.copy(), array.size)
    assert np.isnan(found) if not values else found == np.median(array)


def test_values_that_follow_the_columns_are_fitted_exactly() -> None:
    columns = wave(30)
    coefficients, scale, weights = bisquare(columns, np.array([0.8, 0.1, -0.05]) @ columns)
    np.testing.assert_allclose(coefficients, [0.8, 0.1, -0.05], atol=1e-12)
    assert scale < 1e-9
    assert (weights == 1).all()


def test_a_fifth_of_clouds_moves_the_fit_by_a_small_part_of_the_noise() -> None:
    random = np.random.default_rng(4)
    columns = wave(100)
    clean = 0.8 + random.normal(0, 0.03, 100)
    cloudy = clean.copy()
    cloudy[random.choice(100, 20, replace=False)] -= 0.4
    kept, _, weights = bisquare(columns, cloudy)
    assert abs(kept[0] - bisquare(columns, clean)[0][0]) < 0.006
    assert (weights[cloudy < 0.55] == 0).all()
    assert np.linalg.lstsq(columns.T, cloudy, rcond=None)[0][0] < 0.74, "least squares is pulled"


@pytest.mark.parametrize("seed", range(30))
def test_a_fit_is_a_fixed_point_of_its_own_weights(seed: int) -> None:
    times = 50 + seed
    random = np.random.default_rng(seed)
    columns = wave(times)
    values = random.normal(0, 1, times) + 5 * (random.random(times) < 0.1)
    found, scale, _ = bisquare(columns, values)
    left = values - found @ columns
    assert scale == pytest.approx(np.median(np.abs(left)) / NORMAL_MAD, rel=1e-12)
    weights = np.clip(1 - (left / (4.685 * scale)) ** 2, 0, None) ** 2
    again = np.linalg.solve((columns * weights) @ columns.T, (columns * weights) @ values)
    assert np.abs(again - found).max() < 1e-4 * scale


def test_columns_that_are_the_same_have_no_fit() -> None:
    coefficients, scale, _ = bisquare(np.ones((2, 9)), np.arange(9.0))
    assert np.isnan(coefficients).all()
    assert np.isnan(scale)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="do not fit"):
        bisquare(np.ones((3, 9)), np.ones(8))
