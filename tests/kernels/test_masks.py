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
    with pytest.raises(InputError, match="class band: expected uint8, got uint16"):
        clear_mask(np.ones((2, 2), np.uint16), CLEAR, GROWN, 0, 1)  # type: ignore[arg-type]
