"""Which blocks of a mask are read: those within cloud's reach of what is wanted, and no other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.model import Grid, Scene
from landcover.raster import source as module
from landcover.raster.blocks import Rect
from landcover.raster.depot import Want
from landcover.raster.placing import near
from landcover.raster.rule import ReadRule
from landcover.raster.source import BlockCache, Reads
from landcover.raster.view import View, view_scene
from tests.raster.test_coarser import at, rule_at, write

if TYPE_CHECKING:
    from tests.raster.conftest import Studio

CHANCE = np.random.default_rng(5)
SHAPE = (384, 448)
RED = (16 * CHANCE.integers(1, 600, SHAPE)).astype(np.uint16)
SCL = CHANCE.choice(np.array([4, 5, 8], np.uint8), (192, 224), p=[0.5, 0.48, 0.02])
BLOCK = 64
"""Side of the files' blocks (px)."""


@pytest.fixture(scope="module")
def whole(shared_studio: Studio) -> Scene:
    """Write red of 10 m, with overviews, and classes of 20 m in 3 x 4 blocks."""
    return shared_studio.scene(
        "a",
        write(shared_studio.asset("red", RED), RED),
        shared_studio.asset("scl", SCL, factor=2, block=BLOCK),
    )


@contextmanager
def decoded() -> Iterator[set[tuple[str, int, int]]]:
    """Note which blocks of which files are decoded."""
    found: set[tuple[str, int, int]] = set()
    real = module._read_window

    def noted(source: Any, rect: Rect, out: NDArray[Any]) -> None:
        rows = range(rect.row // BLOCK, (rect.row + rect.height - 1) // BLOCK + 1)
        columns = range(rect.column // BLOCK, (rect.column + rect.width - 1) // BLOCK + 1)
        found.update((Path(source.name).name[:3], row, at) for row in rows for at in columns)
        real(source, rect, out)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_read_window", noted)
        yield found


def look(scene: Scene, grid: Grid, rule: ReadRule, wanted: NDArray[np.bool_]) -> View:
    """View what is wanted of a scene, with nothing cached."""
    return view_scene(scene, grid, rule, ("red",), wanted, Reads(), BlockCache(10**7))


@pytest.mark.parametrize(
    ("grown", "column", "blocks"),
    [
        (60, 124, {1}), (60, 125, {1, 2}), (60, 67, {1}), (60, 66, {0, 1}),
        (0, 127, {1}), (0, 128, {2}), (50, 124, {1}), (50, 125, {1, 2}),
    ],
)  # fmt: skip
def test_a_block_just_within_reach_is_read_and_one_out_of_reach_never(
    shared_studio: Studio, whole: Scene, grown: float, column: int, blocks: set[int]
) -> None:
    """Cloud spreads up to 3 px of the mask; its block 1 holds columns 64 to 127."""
    wanted = np.zeros(SHAPE, bool)
    wanted[64, 2 * column + 1] = True  # row 32 of the mask, amid block 0
    with decoded() as found:
        look(whole, shared_studio.grid(0, 0, SHAPE), shared_studio.rule(grown), wanted)
    assert {(row, at) for name, row, at in found if name == "scl"} == {(0, at) for at in blocks}


def test_what_lies_beyond_a_file_wants_nothing_of_it(shared_studio: Studio, whole: Scene) -> None:
    """A pixel wanted 1 px outside is within cloud's reach, but it is never clear."""
    wanted = np.zeros((100, 100), bool)
    wanted[:, :50] = True
    reads = Reads()
    grid = shared_studio.grid(0, -50, (100, 100))
    rule = shared_studio.rule(60)
    view = view_scene(whole, grid, rule, ("red",), wanted, reads, BlockCache(10**7))
    assert not view.clear.any()
    assert (view.bands, reads.opened) == ({}, 0)
    without = shared_studio.rule(mask=False)
    view = view_scene(whole, grid, without, ("red",), wanted, reads, BlockCache(10**7))
    assert (view.bands, reads.opened) == ({}, 0)


def test_what_is_fetched_ahead_is_what_is_read(shared_studio: Studio, whole: Scene) -> None:
    class Directory:
        shape, block = SCL.shape, (BLOCK, BLOCK)

        def number(self, row: int, column: int) -> int:
            return 4 * row + column

    wanted = np.zeros(SHAPE, bool)
    wanted[200, 250] = wanted[383, 0] = True  # rows 100 and 191, columns 125 and 0 of the mask
    needs = near(whole.assets["scl"], whole, shared_studio.grid(0, 0, SHAPE), wanted, 3)
    header: Any = Directory()
    assert Want("", needs.rect, needed=needs.needed).numbers(header) == [5, 6, 8]


def lay(studio: Studio, how: str) -> Grid:
    """Lay a grid over the scene: on its lattice, on its overviews' or in another UTM zone."""
    if how == "warped":
        return Grid("EPSG:32636", Affine(13.7, 0, -67_700, 0, -13.7, 201_600), (250, 260))
    side = 4 if how == "from overviews" else 1
    shape = (SHAPE[0] // side, SHAPE[1] // side)
    return Grid(studio.crs, studio.corner @ Affine.scale(side), shape).window(-8, -6, shape)


PLACES = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 40))


@settings(deadline=None, max_examples=60)
@given(
    how=st.sampled_from(["as stored", "from overviews", "warped"]),
    resampling=st.sampled_from(["nearest", "bilinear"]),
    grown=st.sampled_from([0.0, 30.0, 60.0, 140.0]),
    places=st.lists(PLACES, min_size=1, max_size=3),
    cuts=st.lists(st.integers(20, 260), min_size=2, max_size=2),
)
def test_what_is_read_follows_from_what_is_wanted_alone(
    shared_studio: Studio, whole: Scene, how: str, resampling: str, grown: float,
    places: list[tuple[int, int, int]], cuts: list[int],
) -> None:  # fmt: skip
    """However the grid is cut into tiles: the same blocks, and the same pixels as of it all."""
    if how == "from overviews":
        rule = rule_at(shared_studio, 40, grown)
    else:
        rule = shared_studio.rule(grown, resampling=resampling)
    scene, grid = at(whole, rule) if rule.resolution_m else whole, lay(shared_studio, how)
    wanted = np.zeros(grid.shape, bool)
    for row, column, side in places:
        top, left = row % grid.shape[0], column % grid.shape[1]
        wanted[top : top + side, left : left + side] = True
    full = look(scene, grid, rule, np.ones(grid.shape, bool))
    blocks = []
    for cut in (*cuts, max(grid.shape)):
        with decoded() as found:
            for row in range(0, grid.shape[0], cut):
                for column in range(0, grid.shape[1], cut):
                    here = (slice(row, row + cut), slice(column, column + cut))
                    if wanted[here].any():
                        part = grid.window(row, column, wanted[here].shape)
                        view = look(scene, part, rule, np.ascontiguousarray(wanted[here]))
                        clear = full.clear[here] & wanted[here]
                        np.testing.assert_array_equal(view.clear, clear)
                        if clear.any():
                            np.testing.assert_array_equal(
                                view.bands["red"].dn[clear], full.bands["red"].dn[here][clear]
                            )
        blocks.append(found)
    assert blocks[0] == blocks[1] == blocks[2]
