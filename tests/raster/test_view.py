"""One scene on one tile: where files fall, which pixels are clear, what is left undecoded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from landcover.errors import HostileFileError, SceneError
from landcover.kernels.scale import to_int16
from landcover.model import MISSING, Grid, Scene
from landcover.raster import source as module
from landcover.raster.source import BlockCache, Reads
from landcover.raster.view import Placement, ReadRule, View, placement, view_scene

if TYPE_CHECKING:
    from tests.raster.conftest import Studio

SHAPE = (400, 480)
SEED = np.random.default_rng(7)
RED = SEED.integers(1, 9000, SHAPE).astype(np.uint16)
RED[120:140, 50:90] = 0
SWIR = SEED.integers(1, 9000, (200, 240)).astype(np.uint16)
SCL = np.full((200, 240), 4, np.uint8)
SCL[SEED.random(SCL.shape) < 0.003] = 9
SCL[SEED.random(SCL.shape) < 0.003] = 8
SCL[50:70, 100:130] = 0
SCL[:30, :40] = 5
SCL[90:100] = 6


@pytest.fixture(scope="module")
def whole(shared_studio: Studio) -> Scene:
    """Write a scene of 10 m red, 20 m swir16 and 20 m classes."""
    return shared_studio.scene(
        "a",
        shared_studio.asset("red", RED),
        shared_studio.asset("swir16", SWIR, factor=2),
        shared_studio.asset("scl", SCL, factor=2),
    )


def truth_clear(rule: ReadRule, radius_px: float) -> NDArray[np.bool_]:
    """Tell the clear pixels of the whole scene by a distance transform."""
    spreads = np.isin(SCL, sorted(rule.grown))
    distance = ndimage.distance_transform_edt(~spreads)
    clear = np.isin(SCL, sorted(rule.clear)) & (distance > radius_px)
    return np.repeat(np.repeat(clear, 2, 0), 2, 1)


def cut(array: NDArray[Any], row: int, column: int, shape: tuple[int, int], fill: Any) -> Any:
    """Cut a window that may reach out of the scene."""
    rim = np.full((array.shape[0] + 800, array.shape[1] + 800), fill, array.dtype)
    rim[400 : 400 + array.shape[0], 400 : 400 + array.shape[1]] = array
    return rim[400 + row : 400 + row + shape[0], 400 + column : 400 + column + shape[1]]


def look(
    scene: Scene, grid: Grid, rule: ReadRule, bands: tuple[str, ...] = ("red",),
    wanted: NDArray[np.bool_] | None = None, reads: Reads | None = None,
) -> View:  # fmt: skip
    """View a scene with everything wanted."""
    everything = np.ones(grid.shape, bool) if wanted is None else wanted
    return view_scene(scene, grid, rule, bands, everything, reads or Reads(), BlockCache(10**7))


# ---- where files fall


def test_a_file_on_the_lattice() -> None:
    grid = Grid("EPSG:32635", Affine(10, 0, 600_050, 0, -10, 199_930), (9, 9))
    ten = Affine(10, 0, 600_000, 0, -10, 200_000)
    assert placement(ten, "EPSG:32635", grid) == Placement(-7, -5, 1)
    assert placement(ten @ Affine.scale(2), "EPSG:32635", grid) == Placement(-7, -5, 2)
    assert placement(ten @ Affine.scale(6), "EPSG:32635", grid) == Placement(-7, -5, 6)


def test_north_and_south_are_shifted_by_whole_pixels() -> None:
    grid = Grid("EPSG:32735", Affine(10, 0, 600_000, 0, -10, 10_000_400), (9, 9))
    ten = Affine(10, 0, 600_000, 0, -10, 600)
    assert placement(ten, "EPSG:32635", grid) == Placement(-20, 0, 1)
    south = Affine(10, 0, 600_000, 0, -10, 10_000_600)
    north = Grid("EPSG:32635", Affine(10, 0, 600_000, 0, -10, 400), (9, 9))
    assert placement(south, "EPSG:32735", north) == Placement(-20, 0, 1)


@pytest.mark.parametrize(
    ("transform", "crs"),
    [
        (Affine(10, 0, 600_005, 0, -10, 200_000), "EPSG:32635"),  # half a pixel off
        (Affine(10, 0, 600_000, 0, -10, 200_000.1), "EPSG:32635"),
        (Affine(5, 0, 600_000, 0, -5, 200_000), "EPSG:32635"),  # finer
        (Affine(15, 0, 600_000, 0, -15, 200_000), "EPSG:32635"),  # no whole number
        (Affine(10, 0, 600_000, 0, -20, 200_000), "EPSG:32635"),  # not square
        (Affine(10, 0, 600_000, 0, 10, 200_000), "EPSG:32635"),  # south up
        (Affine(10, 1, 600_000, 1, -10, 200_000), "EPSG:32635"),  # turned
        (Affine(10, 0, 600_000, 0, -10, 200_000), "EPSG:32636"),  # another plane
    ],
)
def test_what_takes_a_warp(transform: Affine, crs: str) -> None:
    grid = Grid("EPSG:32635", Affine(10, 0, 600_000, 0, -10, 200_000), (9, 9))
    assert placement(transform, crs, grid) is None


numbers = st.integers(-40, 40)


@given(numbers, numbers, st.integers(1, 6), st.integers(1, 30), st.integers(1, 30),
       st.integers(0, 3))  # fmt: skip
def test_rect_spread_and_gather_by_brute_force(
    row: int, column: int, factor: int, height: int, width: int, margin: int
) -> None:
    place, shape = Placement(row, column, factor), (height, width)
    # the file pixel under each tile pixel
    under_row = (np.arange(height) - row) // factor
    under_column = (np.arange(width) - column) // factor
    rect = place.rect(shape, margin)
    assert (rect.row, rect.column) == (under_row[0] - margin, under_column[0] - margin)
    assert rect.row + rect.height == under_row[-1] + 1 + margin
    assert rect.column + rect.width == under_column[-1] + 1 + margin
    tight = place.rect(shape)
    file = np.arange(tight.height * tight.width).reshape(tight.height, tight.width)
    brute = file[np.ix_(under_row - tight.row, under_column - tight.column)]
    np.testing.assert_array_equal(place.spread(file, shape), brute)
    wanted = (np.arange(height * width) % 7 == 3).reshape(shape)
    held = np.zeros(file.size, bool)
    held[brute[wanted]] = True
    np.testing.assert_array_equal(place.gather(wanted), held.reshape(file.shape))


@given(numbers, numbers, st.integers(1, 4), st.integers(1, 12), st.integers(1, 12))
def test_outside_a_file_nothing_is_clear(
    row: int, column: int, factor: int, height: int, width: int
) -> None:
    clear = np.ones((30, 35), bool)
    Placement(row, column, factor).outside((height, width), clear)
    brute = np.zeros((30, 35), bool)
    for y, x in np.ndindex(30, 35):
        r, c = (y - row) // factor, (x - column) // factor
        brute[y, x] = 0 <= r < height and 0 <= c < width
    np.testing.assert_array_equal(clear, brute)


# ---- tiles are cuts of the whole


@given(st.integers(-90, 420), st.integers(-90, 500), st.integers(1, 120), st.integers(1, 120),
       st.sampled_from([0.0, 20.0, 60.0, 75.0]))  # fmt: skip
def test_a_tile_is_the_cut_of_the_whole_scene(
    shared_studio: Studio, whole: Scene, row: int, column: int, height: int, width: int,
    grown_m: float,
) -> None:  # fmt: skip
    rule = shared_studio.rule(grown_m)
    shape = (height, width)
    view = look(whole, shared_studio.grid(row, column, shape), rule, ("red", "swir16"))
    clear = cut(truth_clear(rule, grown_m / 20), row, column, shape, False)
    np.testing.assert_array_equal(view.clear, clear)
    if clear.any():
        red, swir = view.bands["red"].dn, view.bands["swir16"].dn
        np.testing.assert_array_equal(red[clear], cut(RED, row, column, shape, 0)[clear])
        tall = np.repeat(np.repeat(SWIR, 2, 0), 2, 1)
        np.testing.assert_array_equal(swir[clear], cut(tall, row, column, shape, 0)[clear])
    else:
        assert view.bands == {}


@pytest.mark.parametrize("clear", [frozenset({4}), frozenset({4, 5, 6, 8}), frozenset({0, 4})])
def test_clear_classes_replace_those_of_the_profile(
    shared_studio: Studio, whole: Scene, clear: frozenset[int]
) -> None:
    """A class that is clear does not grow; nodata is never clear."""
    rule = shared_studio.rule(60, clear=clear)
    view = look(whole, shared_studio.grid(0, 0, SHAPE), rule)
    told = truth_clear(rule, 3) & (np.repeat(np.repeat(SCL, 2, 0), 2, 1) != 0)
    np.testing.assert_array_equal(view.clear, told)


def test_without_a_mask_all_of_the_file_may_be_used(shared_studio: Studio, whole: Scene) -> None:
    bare = replace(whole, assets={"red": whole.assets["red"]})
    grid = shared_studio.grid(-10, -10, (430, 500))
    view = look(bare, grid, shared_studio.rule(mask=False))
    values = to_int16(view.bands["red"].dn, 0, 0.0001, 0.0)
    expected = np.where(RED > 0, RED.astype(np.int16), np.int16(MISSING))
    np.testing.assert_array_equal(values, cut(expected, -10, -10, (430, 500), MISSING))


@pytest.mark.parametrize("nodata", [None, float("nan"), -9999.0])
@pytest.mark.parametrize("mask", [True, False])
def test_no_number_for_nodata_makes_no_zeros_outside(
    shared_studio: Studio, mask: bool, nodata: float | None
) -> None:
    """Where a type cannot hold nodata, 0 is a value within the file, and nothing is outside."""
    red = shared_studio.asset("red", np.zeros((40, 40), np.uint16), nodata=None)
    scl = shared_studio.asset("scl", np.full((20, 20), 4, np.uint8), factor=2, nodata=None)
    scene = shared_studio.scene("a", replace(red, nodata=nodata), scl)
    rule = shared_studio.rule(60, mask=mask, nodata=None, clear=frozenset({0, 4}))
    view = look(scene, shared_studio.grid(-30, 10, (50, 60)), rule)
    inside = np.zeros((50, 60), bool)
    inside[30:, :30] = True
    np.testing.assert_array_equal(view.clear, inside)


def test_float_bands_with_nan(shared_studio: Studio) -> None:
    pixels = np.linspace(0, 1, 1600, dtype=np.float32).reshape(40, 40)
    pixels[3, 4] = np.nan
    asset = shared_studio.asset("red", pixels, nodata=float("nan"), scale=1.0)
    scene = shared_studio.scene("a", asset)
    view = look(scene, shared_studio.grid(-2, 0, (20, 20)), shared_studio.rule(mask=False))
    numbers = view.bands["red"]
    values = to_int16(numbers.dn, numbers.nodata, numbers.scale, numbers.offset, numbers.clip)
    assert (values[:2] == MISSING).all()
    assert values[5, 4] == MISSING
    assert values[2, 1] == round(10_000 * float(pixels[0, 1]))


# ---- what is decoded


def test_blocks_without_a_wanted_pixel_are_not_decoded(shared_studio: Studio, whole: Scene) -> None:
    grid, rule = shared_studio.grid(0, 0, SHAPE), shared_studio.rule()
    wanted = np.zeros(SHAPE, bool)
    wanted[5, 5] = wanted[390, 470] = True  # in two of 16 blocks of red, two of 4 of swir16
    reads, all_reads = Reads(), Reads()
    some = look(whole, grid, rule, ("red", "swir16"), wanted, reads)
    full = look(whole, grid, rule, ("red", "swir16"), reads=all_reads)
    assert (reads.value_blocks, all_reads.value_blocks) == (4, 20)
    assert (reads.mask_blocks, all_reads.mask_blocks) == (2, 4)
    np.testing.assert_array_equal(some.clear, full.clear & wanted)
    for name in ("red", "swir16"):
        np.testing.assert_array_equal(
            some.bands[name].dn[some.clear], full.bands[name].dn[some.clear]
        )


def test_a_cloudy_tile_opens_no_value_band(shared_studio: Studio, whole: Scene) -> None:
    reads = Reads()
    view = look(whole, shared_studio.grid(182, 0, (16, 480)), shared_studio.rule(), reads=reads)
    assert not view.clear.any()
    assert view.bands == {}
    assert (reads.opened, reads.value_blocks) == (1, 0)


def test_tiles_of_whole_blocks_decode_each_value_block_once(
    shared_studio: Studio, whole: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[tuple[str, int, int]] = []
    real = module._read_window

    def counted(source: Any, rect: Any, out: Any) -> None:
        name = Path(source.name).name
        rows = range(rect.row // 128, (rect.row + rect.height - 1) // 128 + 1)
        columns = range(rect.column // 128, (rect.column + rect.width - 1) // 128 + 1)
        decoded.extend((name, row, column) for row in rows for column in columns)
        real(source, rect, out)

    monkeypatch.setattr(module, "_read_window", counted)
    reads, cache = Reads(), BlockCache(10**7)
    for row in range(0, 400, 256):
        for column in range(0, 480, 256):
            shape = (min(256, 400 - row), min(256, 480 - column))
            view_scene(
                whole, shared_studio.grid(row, column, shape), shared_studio.rule(60),
                ("red", "swir16"), np.ones(shape, bool), reads, cache,
            )  # fmt: skip
    assert len(decoded) == len(set(decoded)) == 16 + 4 + 4
    assert (reads.value_blocks, reads.mask_blocks) == (20, 4)


# ---- what cannot be read


def test_a_missing_asset(shared_studio: Studio, whole: Scene) -> None:
    grid, rule = shared_studio.grid(0, 0, (9, 9)), shared_studio.rule()
    with pytest.raises(SceneError, match=r"^a: has no asset for the band blue, nir\.$"):
        look(whole, grid, rule, ("nir", "red", "blue"))
    bare = replace(whole, assets={"red": whole.assets["red"]})
    with pytest.raises(SceneError, match=r"^a: has no asset for the band scl\.$"):
        look(bare, grid, rule)


def test_classes_of_a_wrong_type(shared_studio: Studio, whole: Scene) -> None:
    wide = shared_studio.asset("scl", SCL.astype(np.uint16), factor=2)
    scene = replace(whole, assets={**whole.assets, "scl": wide})
    with pytest.raises(HostileFileError, match=r"^scl: holds uint16, but classes are uint8\.$"):
        look(scene, shared_studio.grid(0, 0, (9, 9)), shared_studio.rule())


def test_a_band_off_its_own_scene(shared_studio: Studio, whole: Scene) -> None:
    off = whole.assets["scl"]
    off = replace(off, transform=off.transform @ Affine.translation(0.25, 0))
    scene = replace(whole, assets={**whole.assets, "scl": off})
    with pytest.raises(SceneError, match=r"^a: scl does not lie on the lattice of its own scene"):
        look(scene, shared_studio.grid(0, 0, (9, 9)), shared_studio.rule())


# ---- warped


def test_a_mask_finer_than_its_values_is_warped(shared_studio: Studio) -> None:
    """Values of 20 m on a grid of 20 m, but classes of 10 m: masked at 10 m, then nearest."""
    swir = shared_studio.asset("swir16", SWIR[:30, :30], factor=2)
    classes = np.full((60, 60), 4, np.uint8)
    classes[21, 21] = 9  # the pixel that the centre of (10, 10) falls in
    classes[24, 24] = 9  # no centre falls in this one
    scene = shared_studio.scene("a", swir, shared_studio.asset("scl", classes))
    grid = Grid(shared_studio.crs, shared_studio.corner @ Affine.scale(2), (30, 30))
    view = look(scene, grid, shared_studio.rule(), ("swir16",))
    told = np.ones((30, 30), bool)
    told[10, 10] = False
    np.testing.assert_array_equal(view.clear, told)
    np.testing.assert_array_equal(view.bands["swir16"].dn[told], SWIR[:30, :30][told])


@given(st.integers(0, 150), st.integers(0, 150), st.integers(1, 60), st.integers(1, 60),
       st.sampled_from(["nearest", "bilinear"]), st.sampled_from([10.0, 13.7, 40.0]))  # fmt: skip
def test_a_warped_tile_is_the_cut_of_the_whole_warp(
    shared_studio: Studio, whole: Scene, row: int, column: int, height: int, width: int,
    resampling: str, side: float,
) -> None:  # fmt: skip
    """Another UTM zone: whatever the tiles, each pixel gets the same value."""
    rule = shared_studio.rule(60, resampling=resampling)
    everything = Grid("EPSG:32636", Affine(side, 0, -67_700, 0, -side, 201_600), (210, 210))
    known = _whole_warp(shared_studio, whole, rule, everything)
    part = everything.window(row, column, (height, width))
    view = look(whole, part, rule, ("red", "swir16"))
    here = (slice(row, row + height), slice(column, column + width))
    np.testing.assert_array_equal(view.clear, known.clear[here])
    for name, numbers in view.bands.items():
        np.testing.assert_array_equal(
            numbers.dn[view.clear], known.bands[name].dn[here][view.clear]
        )


@pytest.mark.parametrize("side", [10.0, 30.0])
def test_what_a_warped_scene_has_is_the_same_however_tiles_are_cut(
    shared_studio: Studio, whole: Scene, side: float
) -> None:
    """Clear or not: all that is clear, cloud besides, and nothing beyond the file."""
    rule, bands = shared_studio.rule(60), ("red", "swir16")
    everything = Grid("EPSG:32636", Affine(side, 0, -67_700, 0, -side, 201_600), (210, 210))

    def had(grid: Grid) -> tuple[NDArray[np.bool_], View]:
        there, wanted = np.zeros(grid.shape, bool), np.ones(grid.shape, bool)
        view = view_scene(whole, grid, rule, bands, wanted, Reads(), BlockCache(10**7), there)
        return there, view

    there, view = had(everything)
    assert there[view.clear].all()
    assert view.clear.sum() < there.sum() < there.size
    part, _ = had(everything.window(30, 40, (100, 90)))
    assert part.any()
    np.testing.assert_array_equal(part, there[30:130, 40:130])


_WARPED: dict[Any, View] = {}


def _whole_warp(studio: Studio, whole: Scene, rule: ReadRule, grid: Grid) -> View:
    """Warp the whole scene once for each rule and grid."""
    key = (rule.resampling, grid)
    if key not in _WARPED:
        _WARPED[key] = look(whole, grid, rule, ("red", "swir16"))
        assert _WARPED[key].clear.any()
    return _WARPED[key]
