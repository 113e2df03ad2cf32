"""Growth by a disc against brute force; upsampling against np.repeat."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels import morphology

masks = hnp.arrays(np.bool_, st.tuples(st.integers(1, 14), st.integers(1, 14)))
radii = st.one_of(st.floats(0, 16), st.sampled_from([1, 2, 3, math.sqrt(2), 5, math.sqrt(29)]))


def brute_force(mask: NDArray[np.bool_], radius_px: float) -> NDArray[np.bool_]:
    """Every pixel against every True one."""
    out = np.zeros_like(mask)
    y, x = np.indices(mask.shape)
    for row, column in np.argwhere(mask):
        out |= np.hypot(y - row, x - column) <= radius_px
    return out


@settings(deadline=None, max_examples=200)
@given(masks, radii)
@example(np.eye(14, dtype=np.bool_), 300.0)
def test_growth_is_the_exact_disc(mask: NDArray[np.bool_], radius_px: float) -> None:
    before = mask.copy()
    np.testing.assert_array_equal(morphology.grow(mask, radius_px), brute_force(mask, radius_px))
    np.testing.assert_array_equal(mask, before)


@settings(deadline=None, max_examples=50)
@given(masks)
def test_radius_zero_is_a_copy(mask: NDArray[np.bool_]) -> None:
    grown = morphology.grow(mask, 0)
    np.testing.assert_array_equal(grown, mask)
    assert not np.shares_memory(grown, mask)


def test_a_disc_of_three_pixels_has_29() -> None:
    mask = np.zeros((9, 9), np.bool_)
    mask[4, 4] = True
    assert morphology.grow(mask, 3).sum() == 29  # points of the lattice in a circle, OEIS A000328
    assert morphology.grow(mask, 60 / 20).sum() == 29
    assert morphology.grow(mask, 2.9999999999).sum() == 29  # rounding of metres, not a smaller disc
    assert morphology.grow(mask, 2.99).sum() == 25


@pytest.mark.parametrize("radius_px", [253, 254, 255, 300])
def test_large_discs_leave_bytes_behind(radius_px: int) -> None:
    mask = np.zeros((700, 3), np.bool_)
    mask[350, 1] = True
    column = np.flatnonzero(morphology.grow(mask, radius_px)[:, 1])
    assert (column[0], column[-1]) == (350 - radius_px, 350 + radius_px)
    assert morphology.grow(mask.T.copy(), radius_px).sum() == morphology.grow(mask, radius_px).sum()


def test_no_growth_from_nothing_or_into_nothing() -> None:
    assert not morphology.grow(np.zeros((5, 6), np.bool_), 3).any()
    assert morphology.grow(np.zeros((0, 6), np.bool_), 3).shape == (0, 6)
    assert morphology.grow(np.zeros((6, 0), np.bool_), 3).shape == (6, 0)


def test_a_strided_mask_grows_alike() -> None:
    mask = np.random.default_rng(1).random((40, 40)) < 0.05
    np.testing.assert_array_equal(morphology.grow(mask.T, 2.5), morphology.grow(mask, 2.5).T)


@pytest.mark.parametrize("radius_px", [-1.0, math.nan, math.inf])
def test_bad_radius_is_refused(radius_px: float) -> None:
    with pytest.raises(InputError, match=r"radius .* px: it must be 0 or a positive number\."):
        morphology.grow(np.ones((2, 2), np.bool_), radius_px)


@settings(deadline=None, max_examples=100)
@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6))),
    st.integers(1, 4),
    st.integers(1, 4),
    st.data(),
)
def test_upsample_repeats(
    coarse: NDArray[np.uint8], factor_y: int, factor_x: int, data: st.DataObject
) -> None:
    full = np.repeat(np.repeat(coarse, factor_y, axis=0), factor_x, axis=1)
    np.testing.assert_array_equal(morphology.upsample(coarse, factor_y, factor_x), full)
    row = data.draw(st.integers(0, full.shape[0]))
    column = data.draw(st.integers(0, full.shape[1]))
    rows = data.draw(st.integers(0, full.shape[0] - row))
    columns = data.draw(st.integers(0, full.shape[1] - column))
    got = morphology.upsample(coarse, factor_y, factor_x, row, column, (rows, columns))
    np.testing.assert_array_equal(got, full[row : row + rows, column : column + columns])


@pytest.mark.parametrize("dtype", [np.bool_, np.int16, np.float32, np.float64, np.int64])
def test_upsample_keeps_the_type(dtype: type[np.generic]) -> None:
    coarse = np.array([[1, 0], [0, 3]]).astype(dtype)
    fine = morphology.upsample(coarse.T, 3, 2)
    assert fine.dtype == dtype
    np.testing.assert_array_equal(fine[::3, ::2], coarse.T)
    assert morphology.upsample(np.empty((0, 3), dtype), 2, 2).shape == (0, 6)


def test_upsample_asks_for_what_is_there() -> None:
    with pytest.raises(InputError, match=r"\(5, 4\) px are wanted, only \(4, 4\) px are there"):
        morphology.upsample(np.ones((2, 2), np.bool_), 2, 2, shape=(5, 4))
    with pytest.raises(InputError, match="factors must be at least 1"):
        morphology.upsample(np.ones((2, 2), np.bool_), 0, 2)
