"""Numbers by hash: the same everywhere, spread as they should be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.synthetic.chance import key, normal, smooth, uniform, unit

COLUMNS, ROWS = np.arange(400)[None, :], np.arange(300)[:, None]


def test_a_key_is_the_same_on_every_machine() -> None:
    # blake2b of b"a\x1f1", the first eight bytes, little-endian.
    assert key("a", 1) == 13924241962069754241
    assert key("a", 1) != key("a1")
    assert 0 <= unit("a", 1) < 1


def test_uniform_numbers_fill_the_interval() -> None:
    numbers = uniform(COLUMNS, ROWS, key("test"))
    assert numbers.min() >= 0
    assert numbers.max() < 1
    share, _ = np.histogram(numbers, bins=10, range=(0, 1))
    assert np.abs(share / numbers.size - 0.1).max() < 0.005


def test_normal_numbers_have_mean_0_and_deviation_1() -> None:
    numbers = normal(COLUMNS, ROWS, key("test"))
    assert numbers.mean() == pytest.approx(0, abs=0.01)
    assert numbers.std() == pytest.approx(1, abs=0.01)
    assert np.abs(numbers).max() < 3.5
    # Neighbours know nothing of each other.
    assert np.corrcoef(numbers[:, :-1].ravel(), numbers[:, 1:].ravel())[0, 1] == pytest.approx(
        0, abs=0.01
    )


@given(left=st.integers(-500, 500), top=st.integers(-500, 500))
def test_a_window_of_numbers_is_the_window_of_the_numbers(left: int, top: int) -> None:
    columns, rows = np.arange(-600, 600)[None, :], np.arange(-600, 600)[:, None]
    whole = uniform(columns, rows, 7)
    part = uniform(left + np.arange(9)[None, :], top + np.arange(5)[:, None], 7)
    assert np.array_equal(whole[top + 600 : top + 605, left + 600 : left + 609], part)


def test_smooth_noise_is_the_same_in_both_forms() -> None:
    x, y = 3.0 + 10.0 * np.arange(50)[None, :], 170_000 - 10.0 * np.arange(40)[:, None]
    apart = smooth(x, y, 73.0, 5)
    together = smooth(*np.broadcast_arrays(x, y), 73.0, 5)
    assert np.array_equal(apart, together)
    assert 0 <= apart.min() <= apart.max() < 1
    # No step from pixel to pixel exceeds the steepest slope of an eased cell: 1.5 a cell.
    assert np.abs(np.diff(apart, axis=1)).max() <= 1.5 * 10 / 73 + 1e-12
