"""The sorting network against numpy, and what counts as a value."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from landcover.errors import InputError
from landcover.kernels.network import WIDTH_PX, checked, in_bands, load_row, sort_rows
from landcover.model import MISSING


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
@pytest.mark.parametrize("times", [*range(40), 63, 64, 65, 127, 200, 700])
def test_the_network_sorts_any_number_of_times(times: int, dtype: type[Any]) -> None:
    chance = np.random.default_rng(times)
    block = chance.integers(-50, 50, (times + 1, WIDTH_PX)).astype(dtype)
    expected = np.sort(block[:times], axis=0)
    beyond = block[times].copy()
    sort_rows(block, times)
    np.testing.assert_array_equal(block[:times], expected)
    np.testing.assert_array_equal(block[times], beyond)


@pytest.mark.parametrize(
    ("row", "valid"),
    [
        (np.array([0.5, np.nan, -np.inf, np.inf, -0.5], np.float32), [0, 4]),
        (np.array([0.5, np.nan, -np.inf, np.inf, 1e300], np.float64), [0, 4]),
        (np.array([MISSING, MISSING + 1, 0, 32767, MISSING], np.int16), [1, 2, 3]),
    ],
    ids=["float32", "float64", "int16"],
)
def test_what_is_missing_sorts_last_and_does_not_count(row: Any, valid: list[int]) -> None:
    _, low, top, last = checked(row.reshape(1, 1, -1), (row.dtype,))
    target, counts = np.zeros(WIDTH_PX, row.dtype), np.zeros(WIDTH_PX, np.int32)
    assert load_row(row, low, top, last, target, counts) == len(valid)
    assert np.flatnonzero(counts).tolist() == valid
    np.testing.assert_array_equal(target[valid], row[valid])
    assert (np.delete(target, valid) == last).all()
    assert (row[valid] <= last).all()


@pytest.mark.parametrize(("height", "threads"), [(0, 2), (1, 4), (5, 2), (7, 3), (3, 0), (4, 1)])
def test_every_row_is_worked_on_once(height: int, threads: int) -> None:
    lock, seen = threading.Lock(), np.zeros(height, int)

    def work(first: int, after: int) -> None:
        assert first < after
        with lock:
            seen[first:after] += 1

    in_bands(work, height, threads)
    assert (seen == 1).all()


def test_what_a_thread_raises_is_not_swallowed() -> None:
    def work(first: int, after: int) -> None:
        raise InputError("stack", f"rows {first} to {after}")

    with pytest.raises(InputError, match="rows 0 to 2"):
        in_bands(work, 4, 2)


def test_bad_stacks_are_one_sentence() -> None:
    with pytest.raises(
        InputError, match=r"float64 of shape \(1, 2\), expected float32 \(T, Y, X\)"
    ):
        checked(np.ones((1, 2)), (np.float32,))
    with pytest.raises(InputError, match="at most 65535 can be counted"):
        checked(np.ones((65_536, 1, 1), np.int16), (np.int16,))
