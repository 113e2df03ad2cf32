"""Overviews: what four pixels become, and only places that hold something are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.model import Grid, Layer
from landcover.raster import overviews
from landcover.raster.cog import write_cog
from landcover.raster.overviews import halved, overview_shapes

NAN = float("nan")


def plane(rows: list[list[float]], dtype: str) -> NDArray[Any]:
    return np.array([rows], dtype)


def test_a_mean_leaves_out_what_is_missing_and_an_odd_edge_stands_for_itself() -> None:
    values = plane([[0.0, 0.5, NAN], [1.0, NAN, NAN], [0.25, 0.75, 0.125]], "float32")
    np.testing.assert_array_equal(
        halved(values, "average", NAN), plane([[0.5, NAN], [0.5, 0.125]], "float32")
    )


def test_a_mean_of_whole_numbers_is_rounded_half_up() -> None:
    values = plane([[1, 2, 0, 0], [0, 0, 0, 0]], "uint8")
    assert halved(values, "average", 0).tolist() == [[[2, 0]]]
    assert halved(values, "average", None).tolist() == [[[1, 0]]]
    signed = plane([[-3, -2], [-32768, -32768]], "int16")
    assert halved(signed, "average", -32768).tolist() == [[[-2]]]


def test_a_mode_counts_valid_values_and_takes_the_first_of_equals() -> None:
    values = plane([[0, 0, 3, 7, 5, 6], [0, 4, 7, 3, 7, 7]], "uint8")
    assert halved(values, "mode", 0).tolist() == [[[4, 3, 7]]]
    assert halved(values[..., 2:], "mode", 0).tolist() == [[[3, 7]]]
    assert halved(np.zeros((1, 2, 2), np.uint8), "mode", 0).tolist() == [[[0]]]


@given(st.lists(st.integers(1, 4), min_size=4, max_size=4))
def test_the_short_way_to_a_mode_is_the_long_way(four: list[int]) -> None:
    values = np.array(four, np.uint8).reshape(1, 2, 2)
    beside = np.zeros((1, 2, 2), np.uint8)  # a pixel without value: votes are counted
    long = halved(np.concatenate([values, beside], axis=2), "mode", 0)[..., :1]
    assert halved(values, "mode", 0).tolist() == long.tolist()
    assert four.count(int(long[0, 0, 0])) == max(map(four.count, four))


def test_nearest_takes_the_first_as_it_is() -> None:
    assert halved(plane([[0, 2, 9], [3, 4, 9]], "uint8"), "nearest", 0).tolist() == [[[0, 9]]]


def test_halves_until_one_block_holds_it_all() -> None:
    assert overview_shapes((1300, 1501), 512) == [(650, 751), (325, 376)]
    assert overview_shapes((512, 512), 512) == []
    assert overview_shapes((513, 1), 512) == [(257, 1)]


@pytest.mark.parametrize("how", ["average", "nearest", "mode"])
def test_overviews_of_a_raster_are_those_of_its_whole_plane(tmp_path: Path, how: str) -> None:
    grid = Grid("EPSG:32735", Affine(10, 0, 0, 0, -10, 9781230), (1301, 1503))
    values = np.random.default_rng(0).integers(0, 9, (2, *grid.shape)).astype(np.uint8)
    layer = Layer("a", "composite", ("a", "b"), ("1", "1"), "uint8", 0, overviews=how)
    path = write_cog(tmp_path / "a.tif", layer, grid, [(0, 0, values)], tmp_path / "s")
    for level in (0, 1):
        values = halved(values, how, 0)
        with rasterio.open(path, overview_level=level) as file:
            np.testing.assert_array_equal(file.read(), values)
    assert list((tmp_path / "s").iterdir()) == []


def test_only_what_was_written_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plane of 64 blocks with one of them filled: one block is made at each level."""
    grid = Grid("EPSG:32735", Affine(10, 0, 0, 0, -10, 9781230), (4096, 4096))
    layer = Layer("a", "composite", ("a",), ("1",))
    made: list[tuple[int, int]] = []
    real = overviews.halved

    def counting(planes: NDArray[Any], how: str, nodata: float | None) -> NDArray[Any]:
        made.append(planes.shape[1:])
        return real(planes, how, nodata)

    monkeypatch.setattr(overviews, "halved", counting)
    tile = np.full((1, 512, 512), 0.5, np.float32)
    path = write_cog(tmp_path / "a.tif", layer, grid, [(2048, 1024, tile)], tmp_path)
    assert made == [(1024, 1024)] * 3
    with rasterio.open(path, overview_level=2) as file:
        found = file.read(1)
    assert np.argwhere(~np.isnan(found)).min(axis=0).tolist() == [256, 128]
    assert np.nansum(found) == 64 * 64 * 0.5
