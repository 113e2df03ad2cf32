"""Warps: each pixel's place asked of PROJ, the same however the grid is cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer

from landcover.model import MISSING, Grid
from landcover.raster import warp

SCENE = Affine(10, 0, 600_000, 0, -10, 200_000)
TARGET = Grid("EPSG:32636", Affine(11.3, 0, -68_300, 0, -11.3, 200_900), (150, 130))
SEED = np.random.default_rng(3)
VALUES = SEED.integers(0, 9000, (400, 400)).astype(np.int16)
VALUES[SEED.random(VALUES.shape) < 0.2] = MISSING


def centres(grid: Grid, crs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move every pixel's centre by pyproj, one by one."""
    move = Transformer.from_crs(grid.crs, crs, always_xy=True)
    x, y = np.empty(grid.shape), np.empty(grid.shape)
    for row, column in np.ndindex(grid.shape):
        x[row, column], y[row, column] = move.transform(
            *(grid.transform @ (column + 0.5, row + 0.5))
        )
    return x, y


def cut_of(around: Grid) -> NDArray[np.int16]:
    """Cut the values of a scene that starts at `SCENE`; missing outside."""
    left, top = (round(n) for n in ~SCENE @ (around.transform.c, around.transform.f))
    rim = np.full((1200, 1200), MISSING, np.int16)
    rim[400:800, 400:800] = VALUES
    return rim[400 + top :, 400 + left :][: around.shape[0], : around.shape[1]]


def warped(grid: Grid, resampling: str) -> NDArray[np.int16]:
    around = warp.source_grid(grid, "EPSG:32635", SCENE)
    assert around is not None
    return warp.resample(cut_of(around), around, grid, SCENE, resampling)


def test_nearest_equals_a_lookup_of_each_centre() -> None:
    x, y = centres(TARGET, "EPSG:32635")
    row = np.floor((200_000 - y) / 10).astype(int)
    column = np.floor((x - 600_000) / 10).astype(int)
    inside = (row >= 0) & (row < 400) & (column >= 0) & (column < 400)
    assert 0.3 < inside.mean() < 1
    brute = np.where(inside, VALUES[np.where(inside, row, 0), np.where(inside, column, 0)], MISSING)
    np.testing.assert_array_equal(warped(TARGET, "nearest"), brute)


def test_bilinear_equals_the_formula() -> None:
    """Four pixels, weighed by 1,024ths; missing ones take no part."""
    x, y = centres(TARGET, "EPSG:32635")
    rows, columns = (200_000 - y) / 10 - 0.5, (x - 600_000) / 10 - 0.5
    brute = np.full(TARGET.shape, np.nan)
    for at in np.ndindex(TARGET.shape):
        top, left = int(np.floor(rows[at])), int(np.floor(columns[at]))
        down, right = rows[at] - top, columns[at] - left
        total = weight = 0.0
        for r, c, share in [
            (top, left, (1 - down) * (1 - right)), (top, left + 1, (1 - down) * right),
            (top + 1, left, down * (1 - right)), (top + 1, left + 1, down * right),
        ]:  # fmt: skip
            if 0 <= r < 400 and 0 <= c < 400 and VALUES[r, c] != MISSING:
                total += share * int(VALUES[r, c])
                weight += share
        if weight > 0.01:  # below, the steps of the weights show
            brute[at] = total / weight
    found = warped(TARGET, "bilinear").astype(float)
    known = ~np.isnan(brute)
    assert 0.3 < known.mean() < 1
    # a step of 1/1024 px times 9000 per px on two axes, over a small weight at worst
    assert np.median(np.abs(found - brute)[known]) < 3
    np.testing.assert_allclose(found[known], brute[known], atol=9000 / 1024 / 0.01)
    full = known & (np.abs(found - brute) < 9.5)
    assert full.sum() > 0.98 * known.sum()


def test_bilinear_keeps_a_constant_and_ignores_what_is_masked() -> None:
    around = warp.source_grid(TARGET, "EPSG:32635", SCENE)
    assert around is not None
    values = np.full(around.shape, 1234, np.int16)
    values[SEED.random(values.shape) < 0.5] = MISSING
    found = warp.resample(values, around, TARGET, SCENE, "bilinear")
    assert set(np.unique(found)) == {MISSING, 1234}
    assert (found == 1234).mean() > 0.9


cuts = st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(1, 50), st.integers(1, 30))


@pytest.mark.parametrize("resampling", ["nearest", "bilinear"])
@given(cuts)
def test_a_cut_is_the_cut_of_the_whole(resampling: str, cut: tuple[int, int, int, int]) -> None:
    row, column, height, width = cut
    whole = warped(TARGET, resampling)
    part = warped(TARGET.window(row, column, (height, width)), resampling)
    np.testing.assert_array_equal(part, whole[row : row + height, column : column + width])


@pytest.mark.parametrize("factor", [2, 4])
@given(st.integers(0, 40), st.integers(0, 40))
def test_centres_on_the_edges_of_fine_pixels(factor: int, row: int, column: int) -> None:
    """A coarse pixel's centre is the corner of four fine ones: always the same one is taken."""
    side = 10 * factor
    grid = Grid("EPSG:32735", Affine(side, 0, 600_000, 0, -side, 10_200_000), (60, 60))
    part = grid.window(row, column, (20, 20))
    found = warped(part, "nearest")
    half = factor // 2
    fine = VALUES[half::factor, half::factor]
    rim = np.full((100, 100), MISSING, np.int16)
    rim[: min(100, fine.shape[0]), : min(100, fine.shape[1])] = fine[:100, :100]
    np.testing.assert_array_equal(found, rim[row : row + 20, column : column + 20])


def test_the_source_grid_holds_every_centre_with_a_margin() -> None:
    around = warp.source_grid(TARGET, "EPSG:32635", SCENE)
    assert around is not None
    x, y = centres(TARGET, "EPSG:32635")
    left, bottom, right, top = around.bounds
    assert left + 10 <= x.min() <= x.max() <= right - 10
    assert bottom + 10 <= y.min() <= y.max() <= top - 10
    assert (left - 600_000) % 10 == (top - 200_000) % 10 == 0


def test_a_tile_without_coordinates_there_has_no_source() -> None:
    pole = Grid("EPSG:32636", Affine(1e9, 0, 1e12, 0, -1e9, 1e12), (4, 4))
    assert warp.source_grid(pole, "EPSG:32635", SCENE) is None
    assert list(warp.pieces(pole, "EPSG:32635", SCENE)) == []


@given(st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([10.0, 45.0, 300.0]))
def test_pieces_cover_once_and_bound_what_is_read(height: int, width: int, side: float) -> None:
    grid = Grid("EPSG:32636", Affine(side, 0, -66_000, 0, -side, 200_000), (height, width))
    count = np.zeros(grid.shape, np.uint8)
    found = list(warp.pieces(grid, "EPSG:32635", SCENE))
    for rows, columns in found:
        count[rows, columns] += 1
    assert (count == 1).all()
    rows, columns = found[0]
    shape: Any = (rows.stop - rows.start, columns.stop - columns.start)
    around = warp.source_grid(grid.window(0, 0, shape), "EPSG:32635", SCENE)
    assert around is not None
    assert max(around.shape) < 1.3 * warp.SOURCE_PX
