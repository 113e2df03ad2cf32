"""Order statistics along time: against numpy, by property, and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels import order
from landcover.model import MISSING

REDUCERS = (order.median, order.mean, order.minimum, order.maximum)


def random_stack(
    shape: tuple[int, int, int], missing: float, seed: int, kind: str = "float"
) -> NDArray[Any]:
    """Values with ties, extremes and missing ones; float32 or int16."""
    chance = np.random.default_rng(seed)
    gone = chance.random(shape) < missing
    if kind == "int":
        values = chance.choice([-32767, -7, 0, 3, 4, 32767, *range(100, 200)], shape)
        return np.where(gone, MISSING, values).astype(np.int16)
    values = chance.choice([-3.0, -0.5, -0.0, 0.0, 1e-3, 3.0, *chance.random(50)], shape)
    return np.where(gone, np.nan, values).astype(np.float32)


def as_float(stack: NDArray[Any]) -> NDArray[np.float64]:
    if stack.dtype == np.int16:
        return np.where(stack == MISSING, np.nan, stack.astype(np.float64))
    return stack.astype(np.float64)


def truth(stack: NDArray[Any], q: tuple[float, ...]) -> NDArray[np.float32]:
    """Compute numpy's answer, in double precision, rounded once."""
    wide = as_float(stack)
    out = np.full((len(q), *stack.shape[1:]), np.nan)
    some = ~np.isnan(wide).all(axis=0)
    if some.any():
        out[:, some] = np.nanpercentile(wide[:, some], q, axis=0)
    return out.astype(np.float32)


stacks = st.builds(
    random_stack,
    st.tuples(st.integers(1, 70), st.integers(1, 3), st.sampled_from([1, 5, 127, 128, 129, 300])),
    st.sampled_from([0.0, 0.3, 0.6, 0.95, 1.0]),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["float", "int"]),
)
quantiles = st.lists(
    st.sampled_from([0.0, 5.0, 10.0, 25.0, 33.3, 50.0, 90.0, 99.9, 100.0]), min_size=1, max_size=4
).map(tuple)


@settings(deadline=None, max_examples=60)
@given(stacks, quantiles)
def test_percentiles_are_numpys(stack: NDArray[Any], q: tuple[float, ...]) -> None:
    values, counts = order.summary(stack, q)
    # numpy takes q / 100 first, we last: places differ by 1e-16, values by a float32's last bit
    np.testing.assert_allclose(values, truth(stack, q), rtol=2.5e-7, atol=1e-9)
    np.testing.assert_array_equal(counts, (~np.isnan(as_float(stack))).sum(axis=0))
    np.testing.assert_array_equal(counts, order.count(stack))


@settings(deadline=None, max_examples=40)
@given(stacks)
def test_median_is_numpys_to_the_bit(stack: NDArray[Any]) -> None:
    np.testing.assert_array_equal(order.median(stack), truth(stack, (50,))[0])


@settings(deadline=None, max_examples=40)
@given(stacks)
def test_mean_minimum_maximum_are_numpys(stack: NDArray[Any]) -> None:
    wide = as_float(stack)
    empty = np.isnan(wide).all(axis=0)
    total = np.where(empty, np.nan, np.nansum(wide, axis=0))
    expected = total / np.maximum(1, (~np.isnan(wide)).sum(axis=0))
    np.testing.assert_allclose(order.mean(stack), expected.astype(np.float32), rtol=1e-6)
    np.testing.assert_array_equal(order.minimum(stack), np.fmin.reduce(wide).astype(np.float32))
    np.testing.assert_array_equal(order.maximum(stack), np.fmax.reduce(wide).astype(np.float32))


@settings(deadline=None, max_examples=40)
@given(stacks, st.integers(0, 2**32 - 1))
def test_the_order_of_time_changes_no_byte(stack: NDArray[Any], seed: int) -> None:
    mixed = stack[np.random.default_rng(seed).permutation(stack.shape[0])]
    q = (0.0, 10.0, 50.0, 75.0, 100.0)
    assert order.percentiles(stack, q).tobytes() == order.percentiles(mixed, q).tobytes()
    for reduce in (order.minimum, order.maximum, order.count):
        assert reduce(stack).tobytes() == reduce(mixed).tobytes()
    np.testing.assert_allclose(order.mean(stack), order.mean(mixed), rtol=1e-6)


@settings(deadline=None, max_examples=40)
@given(stacks, st.integers(1, 299), st.integers(1, 2))
def test_cutting_along_y_and_x_changes_no_byte(stack: NDArray[Any], x: int, y: int) -> None:
    def results(part: NDArray[Any]) -> NDArray[np.float32]:
        singles = [reduce(part) for reduce in (*REDUCERS, order.count)]
        return np.concatenate([order.percentiles(part, (10.0, 50.0)), np.stack(singles)])

    whole = results(stack).tobytes()
    by_x = [results(part) for part in (stack[:, :, :x], stack[:, :, x:])]
    by_y = [results(part) for part in (stack[:, :y], stack[:, y:])]
    assert np.concatenate(by_x, axis=2).tobytes() == whole
    assert np.concatenate(by_y, axis=1).tobytes() == whole


@settings(deadline=None, max_examples=40)
@given(stacks, st.integers(1, 8))
def test_too_few_observations_give_no_number(stack: NDArray[Any], least: int) -> None:
    few = order.count(stack) < least
    for reduce in REDUCERS:
        np.testing.assert_array_equal(np.isnan(reduce(stack, least)), few)
    assert (np.isnan(order.percentiles(stack, (3.0, 97.0), least)) == few).all()


@pytest.mark.parametrize("times", range(1, 15))
def test_the_network_sorts_every_pattern_of_zeros_and_ones(times: int) -> None:
    # The 0-1 principle: a network that sorts these sorts everything (Knuth 3, 5.3.4).
    patterns = (np.arange(2**times)[None, :] >> np.arange(times)[:, None]) & 1
    stack = np.ascontiguousarray(patterns[:, None, :], np.int16)
    for k in range(times):
        q = 100.0 * k / max(1, times - 1)
        got = order.percentiles(stack, (q,))[0, 0]
        ones = patterns.sum(axis=0)
        np.testing.assert_array_equal(np.round(got), (k >= times - ones).astype(float))


def test_worked_by_hand() -> None:
    nan = np.nan
    stack = np.array([[1, 4, nan], [2, nan, nan], [4, 2, nan], [8, nan, nan]], np.float32)[:, None]
    np.testing.assert_array_equal(order.median(stack), [[3, 3, nan]])
    np.testing.assert_array_equal(order.percentiles(stack, (25.0,))[0], [[1.75, 2.5, nan]])
    np.testing.assert_array_equal(order.mean(stack), [[3.75, 3, nan]])
    np.testing.assert_array_equal(order.minimum(stack), [[1, 2, nan]])
    np.testing.assert_array_equal(order.maximum(stack), [[8, 4, nan]])
    np.testing.assert_array_equal(order.count(stack), [[4, 2, 0]])
    np.testing.assert_array_equal(order.median(stack, 3), [[3, nan, nan]])


def test_no_time_no_value() -> None:
    for dtype in (np.float32, np.int16):
        stack = np.empty((0, 2, 3), dtype)
        for reduce in REDUCERS:
            assert np.isnan(reduce(stack)).all()
        assert (order.count(stack) == 0).all()
    assert order.median(np.empty((3, 0, 5), np.float32)).shape == (0, 5)
    assert order.percentiles(np.empty((3, 5, 0), np.float32), (1, 2)).shape == (2, 5, 0)


def test_32767_is_a_value_and_infinity_is_not() -> None:
    top = np.array([32767, 32767, MISSING, 32766], np.int16).reshape(4, 1, 1)
    values, counts = order.summary(top, (0.0, 50.0, 100.0))
    assert values.ravel().tolist() == [32766, 32767, 32767]
    assert counts.item() == 3
    endless = np.array([np.inf, -np.inf, 2.0, np.nan], np.float32).reshape(4, 1, 1)
    assert order.median(endless).item() == 2.0
    assert order.mean(endless).item() == order.maximum(endless).item() == 2.0
    assert order.count(endless).item() == 1


def test_counts_reach_65535_and_no_further() -> None:
    many = np.ones((65_535, 1, 1), np.int16)
    assert order.count(many).item() == 65_535
    with pytest.raises(
        InputError, match=r"stack: 65536 times, at most 65535 .* Split the period\."
    ):
        order.count(np.ones((65_536, 1, 1), np.int16))


def test_other_stacks_are_refused() -> None:
    with pytest.raises(InputError, match=r"got float64 of shape \(2, 2, 2\), expected float32"):
        order.median(np.ones((2, 2, 2)))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="expected float32 or int16"):
        order.median(np.ones((2, 2), np.float32))
    with pytest.raises(InputError, match="0 to 100 percent"):
        order.percentiles(np.ones((2, 2, 2), np.float32), (50.0, 101.0))
    with pytest.raises(InputError, match="0 to 100 percent"):
        order.percentiles(np.ones((2, 2, 2), np.float32), (float("nan"),))


def test_a_view_of_some_times_is_as_good_as_a_copy() -> None:
    stack = random_stack((20, 4, 150), 0.5, 1)
    assert order.median(stack[3:11]).tobytes() == order.median(stack[3:11].copy()).tobytes()
    across = stack[:, :, 10:140]
    assert order.median(across).tobytes() == order.median(across.copy()).tobytes()
