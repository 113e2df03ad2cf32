"""Partial sums: by hand, against numpy, merged in any grouping, quantiles against sorted values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.kernels.zonal import (
    WHOLE,
    Bins,
    Pieces,
    ZoneSums,
    accumulate,
    concatenate,
    mean,
    merge,
    paint,
    quantile,
    whole,
)

NDVI = Bins(-1, 1)
NAN = np.nan


def box_pieces(
    shape: tuple[int, int], boxes: list[tuple[int, int, int, int, int]], cell: int = 256
) -> Pieces:
    """Pieces of (zone, top, left, bottom, right) boxes of whole pixels, cut at cells."""
    rows = []
    for zone, top, left, bottom, right in boxes:
        for cell_row in range(top // cell, (bottom - 1) // cell + 1):
            for cell_column in range(left // cell, (right - 1) // cell + 1):
                first, last = max(left, cell_column * cell), min(right, (cell_column + 1) * cell)
                lines = range(max(top, cell_row * cell), min(bottom, (cell_row + 1) * cell))
                rows.append((zone, cell_row, cell_column, [(y, first, last) for y in lines]))
    runs = [run for row in rows for run in row[3]]
    start = np.cumsum([0] + [len(row[3]) for row in rows])
    labels = np.array([row[:3] for row in rows], np.int32).reshape(-1, 3)
    none = np.zeros(0, np.int64)
    return Pieces(
        labels[:, 0].copy(), labels[:, 1].copy(), labels[:, 2].copy(),
        start, np.array(runs, np.int32).reshape(-1, 3),
        np.zeros(len(rows) + 1, np.int64), none, np.zeros(0, np.float32), np.arange(len(rows)),
    )  # fmt: skip


def test_hand_worked_three_by_three() -> None:
    """Weights: the corner pixel a quarter, sides a half, the middle whole; one is missing."""
    values = np.array([[0.0, 0.1, 0.2], [0.3, 0.4, NAN], [0.6, 0.7, 0.8]], np.float32)
    area = np.array([[100.0, 100, 100], [100, 100, 100], [200, 200, 200]])
    one = np.array([4], np.int32)
    pieces = Pieces(
        one, one, one, np.array([0, 1]), np.array([[1, 1, 2]], np.int32),
        np.array([0, 4]), np.array([0, 1, 5, 8]), np.array([0.25, 0.5, 0.5, 0.25], np.float32),
        np.array([0]),
    )  # fmt: skip
    sums = accumulate(values, area, pieces, NDVI, series=2, day=9)
    assert (sums.zone[0], sums.series[0], sums.day[0]) == (4, 2, 9)
    assert sums.count[0] == 0.25 + 0.5 + 1 + 0.25
    assert sums.weight_m2[0] == pytest.approx(25 + 50 + 100 + 50)
    assert sums.total[0] == pytest.approx(25 * 0 + 50 * 0.1 + 100 * 0.4 + 50 * 0.8)
    assert mean(sums)[0] == pytest.approx(85 / 225)
    assert sums.bin_m2.sum() == pytest.approx(225)
    base = whole(area, pieces)
    assert (base.series[0], base.count[0]) == (WHOLE, 2.5)
    assert base.weight_m2[0] == pytest.approx(25 + 50 + 100 + 50 + 50)


def test_twins_are_summed_once_and_alike() -> None:
    rng = np.random.default_rng(5)
    values = rng.random((64, 64)).astype(np.float32)
    values[:32, :32] = NAN  # the first cell has nothing, nor has its twin
    area = rng.uniform(99, 101, values.shape)
    boxes = [(zone, 0, 0, 64, 64) for zone in range(3)]
    apart = box_pieces(values.shape, boxes, cell=32)
    twins = apart._replace(twin=np.arange(12) % 4)
    one, other = accumulate(values, area, apart, NDVI), accumulate(values, area, twins, NDVI)
    for name, array in one.to_arrays().items():
        assert np.array_equal(array, other.to_arrays()[name]), name
    assert one.zone.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_ends_are_clamped_and_the_mean_is_not() -> None:
    values = np.array([[-3.0, 1.0, 5e9]], np.float32)
    sums = accumulate(values, np.ones((1, 3)), box_pieces((1, 3), [(0, 0, 0, 1, 3)]), NDVI)
    assert sums.bin.tolist() == [0, 399]
    assert sums.bin_m2.tolist() == [1, 2]
    assert mean(sums)[0] == pytest.approx((5e9 - 2) / 3)


def test_a_piece_without_values_has_no_row() -> None:
    values = np.full((4, 4), NAN, np.float32)
    values[3, 3] = 0.5
    pieces = box_pieces((4, 4), [(0, 0, 0, 2, 4), (1, 2, 0, 4, 4)])
    sums = accumulate(values, np.ones((4, 4)), pieces, NDVI)
    assert sums.zone.tolist() == [1]
    assert len(accumulate(values[:2, :2], np.ones((2, 2)), box_pieces((2, 2), []), NDVI)) == 0


def test_wide_rows_equal_numpy() -> None:
    rng = np.random.default_rng(1)
    values = rng.uniform(-1, 1, (300, 700)).astype(np.float32)
    values[rng.random(values.shape) < 0.4] = NAN
    area = rng.uniform(90, 110, values.shape)
    pieces = box_pieces(values.shape, [(0, 3, 5, 290, 699), (1, 0, 0, 1, 1)])
    sums = merge(accumulate(values, area, pieces, NDVI))
    box, weight = values[3:290, 5:699].astype(float), area[3:290, 5:699]
    there = ~np.isnan(box)
    assert sums.count[0] == there.sum()
    assert sums.weight_m2[0] == pytest.approx(weight[there].sum(), rel=1e-12)
    assert sums.total[0] == pytest.approx((weight * box)[there].sum(), rel=1e-12)
    counts, _ = np.histogram(box[there], bins=400, range=(-1, 1), weights=weight[there])
    dense = np.zeros(400)
    own = slice(sums.start[0], sums.start[1])
    dense[sums.bin[own]] = sums.bin_m2[own]
    assert np.abs(np.cumsum(dense) - np.cumsum(counts)).max() < 3 * 110  # bin edges, in float32


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=30, max_size=30), st.integers(0, 10**6))
def test_merging_in_any_grouping_gives_the_same(groups: list[int], seed: int) -> None:
    """Days summed one by one, put together in three heaps, merged heap by heap or at once."""
    rng = np.random.default_rng(seed)
    pieces = box_pieces((60, 60), [(0, 0, 0, 60, 60), (3, 10, 10, 20, 50)], cell=16)
    area = rng.uniform(99, 101, (60, 60))
    parts = [
        accumulate(
            rng.uniform(-0.5, 1, (60, 60)).astype(np.float32), area, pieces, NDVI, k % 2, k % 5
        )
        for k in range(30)
    ]
    heaps = [[p for p, g in zip(parts, groups, strict=True) if g == heap] for heap in range(3)]
    at_once = merge(concatenate(parts))
    by_heap = merge(concatenate([merge(concatenate(heap)) for heap in heaps]))
    for name in ("zone", "series", "day", "bin", "start"):
        assert np.array_equal(getattr(at_once, name), getattr(by_heap, name))
    for name in ("count", "weight_m2", "total", "bin_m2"):
        np.testing.assert_allclose(getattr(at_once, name), getattr(by_heap, name), rtol=1e-12)
    assert at_once.bin_m2.sum() == pytest.approx(at_once.weight_m2.sum(), rel=1e-12)


def test_cells_in_any_order_give_the_same_bits() -> None:
    rng = np.random.default_rng(3)
    pieces = box_pieces((100, 100), [(0, 0, 0, 100, 100)], cell=16)
    values = rng.random((100, 100)).astype(np.float32)
    sums = accumulate(values, rng.uniform(99, 101, (100, 100)), pieces, NDVI)
    rows = [_row(sums, k) for k in rng.permutation(len(sums))]
    one, other = merge(sums), merge(concatenate(rows))
    for name, array in one.to_arrays().items():
        assert np.array_equal(array, other.to_arrays()[name])


def _row(sums: ZoneSums, k: int) -> ZoneSums:
    arrays = {
        name: array[k : k + 1]
        for name, array in sums.to_arrays().items()
        if name not in ("start", "bin", "bin_m2")
    }
    own = slice(sums.start[k], sums.start[k + 1])
    arrays["start"] = np.array([0, own.stop - own.start])
    return ZoneSums.from_arrays({**arrays, "bin": sums.bin[own], "bin_m2": sums.bin_m2[own]})


def _sorted_quantile(values: NDArray[np.float64], percent: float) -> float:
    return float(np.quantile(values, percent / 100, method="inverted_cdf"))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=400),
    st.sampled_from([0, 10, 25, 50, 75, 90, 100]),
)
def test_a_quantile_is_within_a_bin_of_the_sorted_values(
    numbers: list[float], percent: float
) -> None:
    values = np.array([numbers], np.float32)
    pieces = box_pieces(values.shape, [(0, 0, 0, 1, len(numbers))])
    got = quantile(merge(accumulate(values, np.ones(values.shape), pieces, NDVI)), NDVI, percent)
    exact = np.sort(values.ravel().astype(float))
    wanted = _sorted_quantile(exact, percent)
    # Rounding may put the target a hair past a value: then the next one is as right.
    after = _sorted_quantile(exact, min(percent + 1e-6, 100))
    assert wanted - 0.0051 <= got[0] <= after + 0.0051


def test_quantiles_of_spread_out_values_are_within_half_a_bin() -> None:
    values = np.random.default_rng(0).normal(0.6, 0.15, (200, 200)).clip(-1, 1).astype(np.float32)
    pieces = box_pieces(values.shape, [(0, 0, 0, 200, 200)])
    sums = merge(accumulate(values, np.ones(values.shape), pieces, NDVI))
    for percent in (10, 50, 90):
        assert quantile(sums, NDVI, percent)[0] == pytest.approx(
            np.percentile(values, percent), abs=0.0025
        )


def test_quantiles_of_nothing_are_nan() -> None:
    sums = whole(np.ones((2, 2)), box_pieces((2, 2), [(0, 0, 0, 2, 2)]))
    assert np.isnan(quantile(sums, NDVI, 50)).all()
    nothing = ZoneSums.from_arrays({**sums.to_arrays(), "weight_m2": np.zeros(1)})
    assert np.isnan(mean(nothing)).all()


def test_sums_go_through_a_file(tmp_path: Path) -> None:
    values = np.random.default_rng(2).random((50, 50)).astype(np.float32)
    pieces = box_pieces(values.shape, [(0, 0, 0, 50, 50)], cell=16)
    sums = accumulate(values, np.ones(values.shape), pieces, NDVI)
    np.savez(tmp_path / "a.npz", **sums.to_arrays())
    with np.load(tmp_path / "a.npz", allow_pickle=False) as file:
        back = ZoneSums.from_arrays(file)
    for name, array in sums.to_arrays().items():
        assert np.array_equal(back.to_arrays()[name], array)
        assert back.to_arrays()[name].dtype == array.dtype


def test_empty_sums_merge_to_nothing() -> None:
    assert len(merge(concatenate([]))) == 0
    assert len(merge(concatenate([ZoneSums.empty(), ZoneSums.empty()]))) == 0


def test_number_of_bins() -> None:
    assert Bins(-1, 1).size == 400
    assert Bins(0, 1, 0.3).size == 4
    assert Bins(0, 0).size == 1


def test_paint() -> None:
    out = np.zeros((2, 4), np.bool_)
    paint(out, np.array([[0, 1, 3]], np.int32), np.array([7]))
    assert out.tolist() == [[False, True, True, False], [False, False, False, True]]
