"""Why one pixel is clear or not: its class, cloud near it, or nothing there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landcover.model import Scene
from landcover.raster.sight import sight
from landcover.raster.source import BlockCache, Reads, environment
from landcover.raster.view import view_scene

if TYPE_CHECKING:
    from tests.raster.conftest import Studio

SCL = np.full((48, 56), 4, np.uint8)
SCL[10, 10], SCL[20:22, 30], SCL[40, :], SCL[5, 50] = 9, 8, 0, 2
RED = np.full((96, 112), 1600, np.uint16)
GROWN_M = 60.0


@pytest.fixture(scope="module")
def scene(shared_studio: Studio) -> Scene:
    """Write red of 10 m and classes of 20 m."""
    return shared_studio.scene(
        "s", shared_studio.asset("red", RED), shared_studio.asset("scl", SCL, factor=2)
    )


@pytest.mark.parametrize(
    ("row", "column", "state", "code"),
    [
        (0, 0, "clear", 4),
        (21, 21, "class", 9),  # the cloud's own pixel, from 20 m to 10 m
        (21, 26, "grown", 4),  # 3 pixels of 20 m away: 60 m
        (21, 29, "clear", 4),
        (80, 5, "nodata", 0),
        (10, 100, "class", 2),  # dark, which does not spread
        (10, 98, "clear", 4),
        (200, 0, "outside", None),
        (-1, 5, "outside", None),
    ],
)
def test_a_pixel_says_why(
    shared_studio: Studio, scene: Scene, row: int, column: int, state: str, code: int | None
) -> None:
    rule, grid = shared_studio.rule(grown_m=GROWN_M), shared_studio.grid(row, column, (1, 1))
    with environment():
        found = sight(scene, grid, rule, ("red",), Reads(), BlockCache(0))
    assert (found.state, found.code) == (state, code)


@settings(deadline=None, max_examples=60)
@given(row=st.integers(-3, 100), column=st.integers(-3, 115), grown_m=st.sampled_from([0.0, 45.0]))
def test_it_says_clear_where_a_tile_does(
    shared_studio: Studio, scene: Scene, row: int, column: int, grown_m: float
) -> None:
    rule, grid = shared_studio.rule(grown_m=grown_m), shared_studio.grid(row, column, (1, 1))
    one = np.ones((1, 1), bool)
    with environment():
        found = sight(scene, grid, rule, ("red",), Reads(), BlockCache(0))
        view = view_scene(scene, grid, rule, ("red",), one, Reads(), BlockCache(0))
    assert (found.state == "clear") == bool(view.clear.any())
