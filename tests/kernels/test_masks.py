"""Clear masks: the classes kept, growth of clouds, and the edges of what is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.masks import clear_mask
from landcover.model import BitField

CLEAR = frozenset({4, 5, 6, 7})
GROWN = frozenset({3, 8, 9, 10})
classes = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 11)
)


def picture(rows: str) -> NDArray[np.uint8]:
    return np.array([[int(c, 16) for c in row] for row in rows.split()], np.uint8)


def kept(rows: str) -> NDArray[np.bool_]:
    return np.array([[c == "#" for c in row] for row in rows.split()])


def test_worked_by_hand() -> None:
    scl = picture("44444 44944 44444 44444 00004")
    expected = kept("##.## #...# ##.## ##### ....#")
    np.testing.assert_array_equal(clear_mask(scl, CLEAR, GROWN, 0, 1), expected)


def test_without_growth_only_classes_count() -> None:
    scl = picture("0123456789ab")
    expected = kept("....####....")
    np.testing.assert_array_equal(clear_mask(scl, CLEAR, GROWN, 0, 0), expected)


def test_what_is_not_observed_spreads_nothing() -> None:
    scl = picture("04040 44444")
    np.testing.assert_array_equal(clear_mask(scl, CLEAR, GROWN | {0}, 0, 5), scl == 4)


def test_a_class_that_is_clear_does_not_spread() -> None:
    scl = picture("4494 4444")
    assert clear_mask(scl, CLEAR | {9}, GROWN, 0, 2).all()


def test_nodata_is_never_clear() -> None:
    assert not clear_mask(picture("4444"), CLEAR, GROWN, 4, 0).any()
    assert clear_mask(picture("4444"), CLEAR, GROWN, None, 0).all()


def test_beyond_the_edge_is_unknown_not_cloud() -> None:
    assert clear_mask(picture("444 444"), CLEAR, GROWN, 0, 100).all()


@settings(deadline=None, max_examples=100)
@given(classes, st.floats(0, 5))
def test_clear_means_no_cloud_within_the_radius(scl: NDArray[np.uint8], radius_px: float) -> None:
    got = clear_mask(scl, CLEAR, GROWN, 0, radius_px)
    clouds = np.argwhere(np.isin(scl, list(GROWN)))
    for row, column in np.ndindex(scl.shape):
        near = any(np.hypot(row - y, column - x) <= radius_px for y, x in clouds)
        assert got[row, column] == (int(scl[row, column]) in CLEAR and not near)


def test_a_window_of_a_larger_array_and_odd_classes() -> None:
    scl = np.random.default_rng(1).integers(0, 12, (30, 30), np.uint8)
    window = scl[5:20, 7:21]
    np.testing.assert_array_equal(
        clear_mask(window, CLEAR, GROWN, 0, 2), clear_mask(window.copy(), CLEAR, GROWN, 0, 2)
    )
    assert not clear_mask(scl, frozenset({-3, 400}), GROWN, 0, 2).any()


def test_other_types_are_refused() -> None:
    with pytest.raises(InputError, match="mask band: expected 8 or 16 bits a pixel, got float32"):
        clear_mask(np.ones((2, 2), np.float32), CLEAR, GROWN, 0, 1)


def test_negative_classes_are_told_from_high_ones() -> None:
    """The reliability of MODIS is int8: -1 is fill, and reads as 255 where the sign is lost."""
    rank = np.array([[-1, 0, 1, 2, 3]], np.int8)
    found = clear_mask(rank, frozenset({0, 1}), frozenset(), -1, 0)
    np.testing.assert_array_equal(found, [[False, True, True, False, False]])
    found = clear_mask(rank, frozenset({-1, 0}), frozenset(), None, 0)
    np.testing.assert_array_equal(found, [[True, True, False, False, False]])


def test_every_field_of_bits_must_be_clear() -> None:
    """VI_Quality: bits 0-1 are MODLAND, 2-5 usefulness, 8 adjacent cloud."""
    fields = (
        BitField("modland", 0, 2, frozenset({0, 1})),
        BitField("usefulness", 2, 4, frozenset(range(3))),
        BitField("adjacent_cloud", 8, 1, frozenset({0})),
    )
    quality = np.array([[0b0, 0b1, 0b10, 0b1000, 0b1100, 1 << 8, 1 << 12, 65535]], np.uint16)
    found = clear_mask(quality, frozenset(), frozenset(), 65535, 0, fields)
    np.testing.assert_array_equal(found, [[True, True, False, True, False, False, True, False]])


def test_only_fields_that_say_so_spread() -> None:
    """QA_PIXEL: bit 3 is cloud and spreads, bit 1 is its spread already; 1 is fill."""
    fields = (
        BitField("dilated", 1, 1, frozenset({0})),
        BitField("cloud", 3, 1, frozenset({0}), grown=True),
    )
    qa = np.array([[64, 64, 8, 64, 64, 2, 64, 1]], np.uint16)
    found = clear_mask(qa, frozenset(), frozenset(), 1, 1, fields)
    np.testing.assert_array_equal(found[0], [1, 0, 0, 0, 1, 0, 1, 0])


@given(hnp.arrays(np.uint16, (3, 4)))
def test_a_field_is_what_shifts_and_masks_give(numbers: NDArray[np.uint16]) -> None:
    field = BitField("confidence", 8, 2, frozenset({0, 2}))
    found = clear_mask(numbers, frozenset(), frozenset(), 1, 0, (field,))
    values = (numbers.astype(int) >> 8) & 3
    np.testing.assert_array_equal(found, ((values == 0) | (values == 2)) & (numbers != 1))
