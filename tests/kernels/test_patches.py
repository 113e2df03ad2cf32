"""Breaks of neighbouring pixels become patches, the same ones however the plane is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from landcover.errors import InputError
from landcover.kernels.breaks import ABRUPT, CONFIRMED, GRADUAL, LOW, RECOVERING
from landcover.kernels.patches import Broken, connect, figures, large, mapped, once, reach_px

EIGHT = np.ones((3, 3))


def random_days(seed: int, shape: tuple[int, int, int], share: float) -> NDArray[np.int32]:
    """Scatter breaks of days within three years."""
    chance = np.random.default_rng(seed)
    day = chance.integers(18_000, 19_000, shape).astype(np.int32)
    day[chance.random(shape) > share] = -1
    return day


def sorted_breaks(day: NDArray[np.int32]) -> tuple[NDArray[np.int64], ...]:
    """Rows, columns and numbers of breaks, by row and column."""
    row, column, number = np.nonzero((day >= 0).transpose(1, 2, 0))
    return row, column, number


def naive(
    row: NDArray[np.int64], column: NDArray[np.int64], day: NDArray[np.int32], near: int
) -> NDArray[np.int32]:
    """Join the full graph of pairs: what `connect` must give."""
    from scipy.sparse.csgraph import connected_components

    touching = (
        (np.abs(row[:, None] - row) <= 1)
        & (np.abs(column[:, None] - column) <= 1)
        & (np.abs(day[:, None].astype(int) - day) <= near)
    )
    label: NDArray[np.int32] = connected_components(touching, directed=False)[1]
    return label


def test_touching_at_a_corner_is_touching_and_two_pixels_apart_is_not() -> None:
    row, column = np.array([0, 1, 1]), np.array([0, 1, 3])
    day = np.full(3, 19_000, np.int32)
    assert connect(row, column, day, 0).tolist() == [0, 0, 1]


def test_a_clearing_that_grows_is_one_patch_and_next_years_beside_it_another() -> None:
    row, column = np.zeros(5, np.int64), np.arange(5)
    day = np.array([100, 250, 400, 765, 800], np.int32)  # 150, 150, 365 and 35 days apart
    assert connect(row, column, day, 180).tolist() == [0, 0, 0, 1, 1]


def test_two_breaks_of_one_pixel_are_two_patches_where_long_apart() -> None:
    row, column = np.zeros(2, np.int64), np.zeros(2, np.int64)
    assert connect(row, column, np.array([100, 900], np.int32), 180).tolist() == [0, 1]
    assert connect(row, column, np.array([100, 200], np.int32), 180).tolist() == [0, 0]


def test_one_day_everywhere_is_scipys_labelling() -> None:
    mask = np.random.default_rng(7).random((60, 70)) < 0.4
    row, column = np.nonzero(mask)
    truth, count = ndimage.label(mask, EIGHT)
    label = connect(row, column, np.zeros(len(row), np.int32), 0)
    assert label.max() + 1 == count
    pairs = np.unique(np.stack([label, truth[mask]]), axis=1)
    assert pairs.shape[1] == count


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 0.8), st.integers(0, 400))
def test_patches_are_those_of_the_full_graph(seed: int, share: float, near: int) -> None:
    day = random_days(seed, (2, 9, 8), share)
    row, column, number = sorted_breaks(day)
    days = day[number, row, column]
    found, truth = connect(row, column, days, near), naive(row, column, days, near)
    same = found[:, None] == found
    assert (same == (truth[:, None] == truth)).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(3, 14))
def test_the_mapping_unit_is_the_same_in_a_tile_with_its_halo(
    seed: int, least_px: int, edge: int
) -> None:
    day = random_days(seed, (2, 16, 17), 0.3)
    whole = large(day, 200, least_px)
    halo = reach_px(least_px)
    first = max(edge - halo, 0)
    tile = large(np.ascontiguousarray(day[:, first:]), 200, least_px)
    assert (tile[:, edge - first :] == whole[:, edge:]).all()


def test_small_patches_go_and_others_stay() -> None:
    day = np.full((1, 5, 8), -1, np.int32)
    day[0, 0:2, 0:2] = 19_000
    day[0, 4, 7] = 19_000
    kept = large(day, 180, 4)
    assert kept.sum() == 4
    assert kept[0, :2, :2].all()
    assert not large(day, 180, 5).any()
    assert large(day, 180, 1).sum() == 5


def listed(day: NDArray[np.int32], column: int = 0) -> Broken:
    """List breaks of planes (B, Y, X) whose first column has this number."""
    row, columns, number = sorted_breaks(day)
    none = np.zeros(len(row))
    when = day[number, row, columns]
    whole, share = none.astype(np.uint8), none.astype(np.float32)
    one = Broken(row, columns + column, when, when, whole, whole, share, share, share, none)
    return Broken.join([one])  # sorted by day, too


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 9), st.integers(2, 14))
def test_small_patches_within_a_tile_may_go_before_the_tiles_are_joined(
    seed: int, least_px: int, cut: int
) -> None:
    day = random_days(seed, (2, 16, 17), 0.25)
    whole = mapped(listed(day), 200, least_px)
    parts = []
    for first, last in ((0, cut), (cut, 17)):
        part = listed(np.ascontiguousarray(day[:, :, first:last]), first)
        border = (part.column == first) | (part.column == last - 1)
        parts.append(mapped(part, 200, least_px, border))
    joined = mapped(Broken.join(parts), 200, least_px)
    assert joined.row.tolist() == whole.row.tolist()
    assert joined.column.tolist() == whole.column.tolist()
    assert joined.day.tolist() == whole.day.tolist()
    kept = large(day, 200, least_px)
    assert len(whole) == kept.sum()


def test_a_pixel_counts_once_in_its_patch_however_often_it_broke() -> None:
    day = np.full((3, 1, 2), -1, np.int32)
    day[:, 0, 0] = [19_000, 19_100, 19_200]
    assert not large(day, 180, 2).any()
    row, column, number = sorted_breaks(day)
    assert once(row, column, connect(row, column, day[number, row, column], 180)).sum() == 1


def made(row: list[int], column: list[int], day: list[int], **more: list[float]) -> Broken:
    """Make breaks with plain attributes."""
    n = len(row)
    return Broken(
        np.array(row, np.int64),
        np.array(column, np.int64),
        np.array(day, np.int32),
        np.array(day, np.int32) - 10,
        np.array(more.get("kind", [ABRUPT] * n), np.uint8),
        np.array(more.get("confidence", [CONFIRMED] * n), np.uint8),
        np.array(more.get("drop", [-0.3] * n), np.float32),
        np.array(more.get("recovered", [np.nan] * n), np.float32),
        np.full(n, np.nan, np.float32),
        np.full(n, 100.0),
    )


def test_figures_of_a_patch_worked_by_hand() -> None:
    broken = made(
        [4, 4, 5, 9],
        [7, 8, 6, 0],
        [205, 203, 203, 950],
        drop=[-0.1, -0.2, -0.6, -0.5],
        kind=[ABRUPT, RECOVERING, RECOVERING, GRADUAL],
        confidence=[LOW, CONFIRMED, CONFIRMED, LOW],
        recovered=[np.nan, 0.25, np.nan, np.nan],
    )
    label = connect(broken.row, broken.column, broken.day, 180)
    assert label.tolist() == [0, 0, 0, 1]
    found = figures(broken, label)
    assert found.first_row.tolist() == [4, 9]
    assert found.first_column.tolist() == [8, 0]  # of the two that broke first, the northern one
    assert (found.first_day.tolist(), found.last_day.tolist()) == ([203, 950], [205, 950])
    assert found.median_day.tolist() == [203, 950]
    assert found.before.tolist() == [193, 940]
    assert found.pixels.tolist() == [3, 1]
    assert found.area_m2.tolist() == [300.0, 100.0]
    assert found.drop.tolist() == pytest.approx([-0.2, -0.5])
    assert found.recovered_12.tolist() == pytest.approx([0.25, np.nan], nan_ok=True)
    assert found.kind.tolist() == [RECOVERING, GRADUAL]
    assert found.confidence.tolist() == [CONFIRMED, LOW]


def test_days_of_a_patch_are_those_of_the_first_sight_of_its_pixels() -> None:
    broken = made([0, 0, 0], [0, 0, 1], [100, 190, 120])  # the first pixel broke twice
    found = figures(broken, connect(broken.row, broken.column, broken.day, 90))
    assert (found.first_day.tolist(), found.last_day.tolist()) == ([100], [120])
    assert found.median_day.tolist() == [100]
    assert found.pixels.tolist() == [2]


def test_a_class_that_half_reach_is_the_patchs() -> None:
    broken = made([0, 0], [0, 1], [10, 10], confidence=[LOW, CONFIRMED])
    assert figures(broken, np.zeros(2, np.int64)).confidence.tolist() == [CONFIRMED]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 15))
def test_lists_of_tiles_joined_give_the_patches_of_the_whole(seed: int, cut: int) -> None:
    day = random_days(seed, (2, 12, 16), 0.3)
    day.sort(axis=0)
    row, column, number = sorted_breaks(day)
    whole = made(row.tolist(), column.tolist(), day[number, row, column].tolist())
    joined = Broken.join([whole.take(whole.column >= cut), whole.take(whole.column < cut)])
    assert (joined.row == whole.row).all()
    assert (joined.column == whole.column).all()
    assert (joined.day == whole.day).all()


def test_no_break_gives_no_patch() -> None:
    empty = made([], [], [])
    assert len(figures(empty, connect(empty.row, empty.column, empty.day, 180)).pixels) == 0
    assert not large(np.full((3, 4, 4), -1, np.int32), 180, 3).any()


def test_unsorted_breaks_are_refused() -> None:
    with pytest.raises(InputError, match="not sorted"):
        connect(np.array([1, 0]), np.array([0, 0]), np.zeros(2, np.int32), 1)
    with pytest.raises(InputError, match="0 or more"):
        connect(np.array([0]), np.array([0]), np.zeros(1, np.int32), -1)
