"""Whether masks and their cells hold anything: beside numpy's answer."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from landcover.kernels.narrow import any_in_cells, any_true


def sparse(height: int, width: int, seed: int, share: float) -> np.ndarray:
    """Make a mask with few True pixels."""
    return np.random.default_rng(seed).random((height, width)) < share


@settings(deadline=None)
@given(st.integers(0, 90), st.integers(1, 120), st.integers(0, 99), st.sampled_from([0, 1e-3, 0.5]))
def test_any_equals_numpy(height: int, width: int, seed: int, share: float) -> None:
    mask = sparse(height, width, seed, share)
    assert any_true(mask) == bool(mask.any())


def test_one_true_pixel_is_found_wherever_it_is() -> None:
    for place in (0, 4095, 4096, 9999):
        mask = np.zeros((100, 100), np.bool_)
        mask.flat[place] = True
        assert any_true(mask)


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 99), st.data())
def test_cells_equal_numpy(height: int, width: int, seed: int, data: st.DataObject) -> None:
    mask = sparse(height, width, seed, 0.01)
    rows = sorted({0, height, *data.draw(st.lists(st.integers(0, height), max_size=4))})
    columns = sorted({0, width, *data.draw(st.lists(st.integers(0, width), max_size=4))})
    found = any_in_cells(mask, rows, columns)
    for r, c in np.ndindex(found.shape):
        cell = mask[rows[r] : rows[r + 1], columns[c] : columns[c + 1]]
        assert found[r, c] == cell.any()


def test_cells_of_a_cut_are_found_too() -> None:
    mask = np.zeros((40, 40), np.bool_)
    mask[25, 33] = True
    cut = mask[20:, 30:]  # not contiguous
    assert any_in_cells(cut, (0, 5, 20), (0, 5, 10)).tolist() == [[False, False], [True, False]]
