"""Which zones and scenes touch which tile, against brute force on every tile."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from landcover.engine.layout import (
    Outlines,
    lay_zones,
    place_scenes,
    scenes_of_tiles,
    scenes_of_zones,
    zones_of_tiles,
)
from landcover.model import Tile

ROWS = [(0, 40), (40, 104), (104, 168), (168, 256)]
COLUMNS = [(0, 128), (128, 200), (200, 384)]


def test_a_zone_lies_at_its_pixels(build: Any) -> None:
    """Corners go back to where they came from within a thousandth of a pixel (1 cm)."""
    (outline,) = lay_zones(build.grid, [build.zone("a", (10, 20), (90, 50))]).geometries
    np.testing.assert_allclose(outline.bounds, (10, -50, 90, -20), atol=1e-3)
    assert outline.area == pytest.approx(80 * 30, rel=1e-5)


def test_zones_touch_tiles_by_hand(build: Any) -> None:
    inner = build.zone("inner", (10, 45), (100, 100))
    wide = build.zone("wide", (120, 100), (210, 110))
    triangle = build.zone("triangle", (0.5, 0.5), (383.5, 0.5), (0.5, 255.5))
    laid = lay_zones(build.grid, [inner, wide, triangle])
    touched = zones_of_tiles(laid, ROWS, COLUMNS)
    assert touched[1, 0] == (0, 1, 2)
    assert touched[2, 1] == (1, 2)
    assert (3, 2) not in touched, "the far corner lies beyond the triangle's long side"
    assert list(touched) == sorted(touched)


Corner = st.tuples(st.floats(-50, 430), st.floats(-50, 300))


@given(st.lists(st.tuples(Corner, Corner, Corner), max_size=4))
def test_zones_of_tiles_is_every_pair_that_intersects(triangles: list[Any]) -> None:
    shapes = [shapely.Polygon([(x, -y) for x, y in corners]) for corners in triangles]
    shapes = [shape if shape.is_valid else shapely.make_valid(shape) for shape in shapes]
    found = zones_of_tiles(Outlines(tuple(shapes)), ROWS, COLUMNS)
    for r, (top, bottom) in enumerate(ROWS):
        for c, (left, right) in enumerate(COLUMNS):
            tile = shapely.box(left, -bottom, right, -top)
            own = found.get((r, c), ())
            for number, shape in enumerate(shapes):
                if shape.intersects(tile) and not shape.touches(tile):
                    assert number in own
                if number in own:
                    assert shape.intersects(tile)


def tiles(build: Any) -> list[Tile]:
    return [
        Tile("t", top, left, build.grid.window(top, left, (bottom - top, right - left)))
        for top, bottom in ROWS
        for left, right in COLUMNS
    ]


Place = st.tuples(
    st.integers(-300, 300), st.integers(-400, 400), st.integers(1, 200), st.integers(1, 200)
)


@given(st.lists(Place, max_size=6))
def test_scenes_of_tiles_is_every_pair_that_overlaps(build: Any, places: list[Any]) -> None:
    scenes = [
        build.scene(date(2020, 1, 1 + n), row=row, column=column, shape=(height, width),
                    bands=("red",))
        for n, (row, column, height, width) in enumerate(places)
    ]  # fmt: skip
    found = scenes_of_tiles(tiles(build), place_scenes(scenes, build.grid))
    for tile, own in zip(tiles(build), found, strict=True):
        height, width = tile.grid.shape
        known = tuple(
            number
            for number, (row, column, rows, columns) in enumerate(places)
            if row < tile.row + height and row + rows > tile.row
            and column < tile.column + width and column + columns > tile.column
        )  # fmt: skip
        assert own == known


def test_scenes_of_the_neighbouring_utm_zone_are_placed_by_their_true_outline(build: Any) -> None:
    """GRID's corner lies 0.9 degrees east of its meridian; so 5.1 west of the next one's."""
    from dataclasses import replace

    from affine import Affine
    from pyproj import Transformer

    move = Transformer.from_crs("EPSG:32635", "EPSG:32636", always_xy=True)
    x, y = move.transform(600_000 + 1280, 200_000 - 400)  # pixel (row 40, column 128)
    scene = build.scene(date(2020, 1, 1), bands=("red",))
    asset = replace(scene.assets["red"], transform=Affine(10, 0, x, 0, -10, y), shape=(60, 60))
    scene = replace(scene, crs="EPSG:32636", assets={"red": asset})
    found = scenes_of_tiles(tiles(build), place_scenes([scene], build.grid))
    seen = [(tile.row, tile.column) for tile, own in zip(tiles(build), found, strict=True) if own]
    assert (40, 128) in seen
    assert set(seen) <= {(0, 0), (0, 128), (40, 0), (40, 128)}, "a pixel's slack, and a bend"


def test_scenes_of_zones_by_hand(build: Any) -> None:
    """Two scenes side by side: a zone under each, one across both, one beyond."""
    scenes = [
        build.scene(date(2020, 5, 1), "left", shape=(256, 100)),
        build.scene(date(2020, 5, 2), "right", column=100, shape=(256, 100)),
    ]
    corners = [((10, 10), (90, 90)), ((110, 10), (190, 90)), ((90, 10), (110, 90)),
               ((210, 10), (230, 90))]  # fmt: skip
    zones = [build.zone(f"z{n}", *pair) for n, pair in enumerate(corners)]
    outlines, placed = lay_zones(build.grid, zones), place_scenes(scenes, build.grid)
    assert scenes_of_zones(outlines, placed) == [{0}, {1}, {0, 1}, set()]
    assert scenes_of_zones(outlines, place_scenes([], build.grid)) == [set()] * 4


def test_scenes_of_one_square_share_a_rectangle(build: Any) -> None:
    scenes = [build.scene(date(2020, 1, day)) for day in (1, 2, 3)]
    scenes.insert(1, build.scene(date(2020, 2, 1), row=8))
    placed = place_scenes(scenes, build.grid)
    assert placed.members == ((0, 2, 3), (1,))
    np.testing.assert_allclose(placed.rects, [[0, 0, 256, 384], [8, 0, 264, 384]])


def test_no_scenes_are_placed_nowhere(build: Any) -> None:
    assert scenes_of_tiles(tiles(build), place_scenes([], build.grid)) == [()] * 12
