"""The job's grid: which plane, snapped outward, and cut into tiles along the scenes' blocks."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from shapely import box, transform

from landcover.errors import LandcoverError, PlanError
from landcover.model import Asset, Grid, Scene, Zone
from landcover.raster.grid import Anchor, anchors, choose_grid, cut_tiles, make_tile
from landcover.raster.planes import parse_crs, transformer
from landcover.raster.settings import GridSettings

AUTO = GridSettings()


def scene(crs: str, left: float, top: float, side: float = 10.0, pixels: int = 10_980) -> Scene:
    place = Affine(side, 0, left, 0, -side, top)
    half = Affine(2 * side, 0, left, 0, -2 * side, top)
    assets = {
        "red": Asset("red", "red.tif", place, (pixels, pixels), "uint16", 0, 1e-4, 0),
        "swir16": Asset("swir16", "s.tif", half, (pixels // 2, pixels // 2), "uint16", 0, 1e-4, 0),
    }
    when = datetime(2020, 1, 1, tzinfo=UTC)
    return Scene("a", "s2", "x", when, date(2020, 1, 1), crs, (0, 0, 1, 1), assets)


def zone(
    bounds: tuple[float, float, float, float], crs: str = "EPSG:4326", name: str = "z"
) -> Zone:
    """Make a zone that is a rectangle of a plane."""
    shape = box(*bounds).segmentize(50 if crs != "EPSG:4326" else 1)
    if crs != "EPSG:4326":
        move = transformer(crs, "EPSG:4326")
        shape = transform(shape, lambda xy: np.transpose(move.transform(*xy.T)))
    return Zone(name, name, "site", "sites", shape, 1.0)


SQUARE = scene("EPSG:32635", 600_000, 200_040)
DRC = zone((27.9, 1.0, 28.0, 1.1))


def test_auto_is_the_scenes_own_lattice() -> None:
    grid, notes = choose_grid(AUTO, [DRC], [SQUARE, scene("EPSG:32635", 700_000, 300_000)])
    assert (grid.crs, grid.resolution, notes) == ("EPSG:32635", (10.0, 10.0), ())


def test_north_and_south_of_one_zone_share_a_lattice() -> None:
    south = scene("EPSG:32735", 600_000, 10_000_000)
    grid, notes = choose_grid(AUTO, [DRC], [SQUARE, SQUARE, south])
    assert (grid.crs, notes) == ("EPSG:32635", ())
    assert {a.block for a in anchors([SQUARE, south], frozenset({"red"}), grid, {"s2": 512})} == {
        512
    }


def test_two_utm_zones_get_the_one_that_reaches() -> None:
    grid, notes = choose_grid(AUTO, [DRC], [SQUARE, scene("EPSG:32636", 200_040, 200_040)])
    assert (grid.crs, grid.resolution) == ("EPSG:32635", (10.0, 10.0))
    assert "warped to WGS 84 / UTM zone 35N at 10 m" in str(notes[0])


@given(st.permutations((499_980.0, 600_000.0, 600_000.0, 499_980.0, 499_980.0)))
def test_the_lattice_does_not_depend_on_which_scene_comes_first(lefts: list[float]) -> None:
    """At 40 m, neighbouring Sentinel-2 squares lie half a pixel off: the grid keeps its place."""
    given = GridSettings(crs="EPSG:32635", resolution_m=40)
    scenes = [scene("EPSG:32635", left, 200_040, 40.0, 2745) for left in lefts]
    grid, _ = choose_grid(given, [DRC], scenes)
    assert (grid.transform.c % 40, grid.transform.f % 40) == (0, 0)
    alone, _ = choose_grid(
        given, [DRC], [one for one in scenes if one.assets["red"].transform.c < 5e5]
    )
    assert alone.transform.c % 40 == 20  # nothing is warped where nothing must be


def test_far_zones_get_an_equal_area_plane() -> None:
    zones = [zone((13.0, -5, 13.1, -4.9)), zone((30.0, 3, 30.1, 3.1))]
    grid, _ = choose_grid(GridSettings(resolution_m=30), zones, [])
    assert parse_crs(grid.crs).coordinate_operation.method_name == "Lambert Azimuthal Equal Area"
    assert grid.resolution == (30.0, 30.0)


def test_scenes_in_degrees_are_warped_to_metres() -> None:
    degrees = scene("EPSG:4326", 27.0, 2.0, side=0.0001)
    grid, notes = choose_grid(GridSettings(resolution_m=10), [DRC], [degrees])
    assert grid.crs == "EPSG:32635"
    assert notes


def test_explicit_plane_and_resolution() -> None:
    settings = GridSettings(crs="EPSG:32735", resolution_m=20)
    grid, notes = choose_grid(settings, [DRC], [SQUARE])
    assert (grid.crs, grid.resolution) == ("EPSG:32735", (20.0, 20.0))
    assert notes


@pytest.mark.parametrize(
    ("settings", "zones", "scenes", "sentence"),
    [
        (GridSettings(crs="EPSG:4326"), [DRC], [SQUARE], "grid.crs: EPSG:4326 is not in metres."),
        (GridSettings(crs="EPSG:2263"), [DRC], [SQUARE], "grid.crs: EPSG:2263 is not in metres."),
        (GridSettings(crs="EPSG:99999"), [DRC], [SQUARE], "grid.crs: 'EPSG:99999' is not a coord"),
        (AUTO, [DRC], [], "grid.resolution_m: is not given, and no scene tells a pixel size"),
        (AUTO, [DRC, zone((-60, 1, -59, 2), name="stray")], [SQUARE], "zone stray: "),
        (AUTO, [DRC, DRC, zone((150, 1, 151, 2), name="stray")], [SQUARE], "zone stray: "),
    ],
)
def test_refusals(
    settings: GridSettings, zones: list[Zone], scenes: list[Scene], sentence: str
) -> None:
    with pytest.raises(LandcoverError) as caught:
        choose_grid(settings, zones, scenes)
    assert str(caught.value).startswith(sentence)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_one_zone_too_wide_is_told_so() -> None:
    with pytest.raises(PlanError, match=r"zone wide: is [\d,]+ km wide"):
        choose_grid(GridSettings(resolution_m=10), [zone((-30, -30, 40, 30), name="wide")], [])


def test_on_the_lattice_nothing_is_widened() -> None:
    held = zone((610_000, 110_000, 611_000, 112_000), "EPSG:32635")
    grid, _ = choose_grid(AUTO, [held], [SQUARE])
    assert grid.shape == (200, 100)
    assert grid.bounds == (610_000, 110_000, 611_000, 112_000)


@given(
    st.floats(0, 40), st.floats(0, 40), st.floats(0.5, 300), st.floats(0.5, 300),
    st.sampled_from([0.0, 4.0, 7.5]),
)  # fmt: skip
def test_snapped_outward_to_the_lattice(
    x: float, y: float, wide: float, tall: float, phase: float
) -> None:
    bounds = (610_000 + x, 110_000 + y, 610_000 + x + wide, 110_000 + y + tall)
    held = zone(bounds, "EPSG:32635")
    grid, _ = choose_grid(AUTO, [held], [scene("EPSG:32635", 600_000 + phase, 200_000 + phase)])
    left, bottom, right, top = grid.bounds
    slack = 1.1e-2  # m: edges bend by 1 mm on the way through degrees, and 1e-3 px may be cut
    outward = np.array([bounds[0] - left, bounds[1] - bottom, right - bounds[2], top - bounds[3]])
    assert (outward >= -slack).all()
    assert (outward <= 10 + slack).all()
    assert (left - phase) % 10 == pytest.approx(0, abs=1e-6)
    assert (top - phase) % 10 == pytest.approx(0, abs=1e-6)


def test_anchors_are_blocks_of_the_coarsest_band() -> None:
    grid = Grid("EPSG:32635", Affine(10, 0, 603_000, 0, -10, 200_040), (5000, 5000))
    found = anchors([SQUARE], frozenset({"red", "swir16"}), grid, {"s2": 1024})
    assert found == (Anchor(0, -300, 1024), Anchor(0, -300, 2048))
    other = scene("EPSG:32636", 600_000, 200_040)
    assert anchors([other], frozenset({"red"}), grid, {"s2": 1024}) == ()


place = st.integers(-12_000, 12_000)
lattices = st.lists(st.builds(Anchor, place, place, st.sampled_from([64, 512, 1024])), max_size=5)


@given(lattices, st.tuples(st.integers(1, 6000), st.integers(1, 6000)),
       st.sampled_from([64, 100, 512, 1024, 2048]), st.integers(-50, 50))  # fmt: skip
def test_tiles_cover_the_grid_once(
    found: list[Anchor], shape: tuple[int, int], side: int, corner: int
) -> None:
    grid = Grid("EPSG:32635", Affine(10, 0, corner * 10, 0, -10, corner * 130), shape)
    for cuts, extent in zip(cut_tiles(grid, found, side), shape, strict=True):
        assert cuts[0][0] == 0
        assert cuts[-1][1] == extent
        assert all(one[1] == after[0] for one, after in itertools.pairwise(cuts))
        assert all(0 < after - first <= side for first, after in cuts)


def test_tiles_follow_the_blocks_of_two_squares() -> None:
    """Squares of one UTM zone overlap by 980 px; their blocks do not lie on each other."""
    grid = Grid("EPSG:32635", Affine(10, 0, 601_000, 0, -10, 200_000), (3000, 15_000))
    squares = [Anchor(0, -100, 1024), Anchor(0, 9_900, 1024)]
    _, columns = cut_tiles(grid, squares, 2048)
    for square, (first, after) in zip(squares, [(0, 9_900), (9_900, 15_000)], strict=True):
        owned = [cut for cut in columns if first <= cut[0] < after]
        assert owned[-1][1] == after  # no tile crosses into the next square's ground
        readers: dict[int, set[tuple[int, int]]] = {}
        for cut in owned:
            for column in range(*cut):
                readers.setdefault((column - square.column) // 1024, set()).add(cut)
        assert all(len(cuts) == 1 for cuts in readers.values())


@given(st.integers(0, 3000), st.integers(0, 3000), st.lists(st.integers(-4, 4), max_size=4))
def test_tiles_and_ids_do_not_depend_on_the_extent(
    down: int, right: int, squares: list[int]
) -> None:
    """A job with one more zone cuts the ground that both share alike, but at its own edges."""
    side, block = 512, 256
    whole = Grid("EPSG:32635", Affine(10, 0, 601_230, 0, -10, 199_990), (6000, 6000))
    part = whole.window(down, right, (2500, 2500))

    def ids(grid: Grid, row: int, column: int) -> set[str]:
        found = [Anchor(256 * k + 37 - row, 512 * k + 11 - column, block) for k in squares]
        rows, columns = cut_tiles(grid, found, side)
        tiles = [make_tile(grid, r, c) for r in rows for c in columns]
        return {tile.id for tile in tiles if tile.grid.shape == (side, side)}

    assert ids(part, down, right) <= ids(whole, 0, 0)
    assert ids(part, down, right)


def test_a_tile_is_named_by_its_place() -> None:
    grid = Grid("EPSG:32635", Affine(10, 0, 600_000, 0, -10, 200_000), (1000, 1000))
    tile = make_tile(grid, (100, 300), (50, 150))
    assert tile.id == "r-0019900_c+0060050_200x100"
    assert (tile.row, tile.column) == (100, 50)
    assert tile.grid.bounds == (600_500, 197_000, 601_500, 199_000)
    assert np.prod(tile.grid.shape) == 20_000
