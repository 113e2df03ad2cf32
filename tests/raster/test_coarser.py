"""Values read from overviews: against means worked by hand, whatever the tile, place and server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.shutil import copy
from scipy import ndimage

from landcover.errors import OverviewError, PlanError
from landcover.model import Asset, Grid, Scene
from landcover.raster import warp
from landcover.raster.coarser import check_overviews, coarsened
from landcover.raster.grid import choose_grid
from landcover.raster.rule import ReadRule
from landcover.raster.settings import GridSettings
from landcover.raster.source import BlockCache, Reads, layout_of, open_asset
from landcover.raster.view import View, view_scene

if TYPE_CHECKING:
    from tests.raster.conftest import Studio

SIDE = (240, 320)
"""Pixels of 20 m: the mask's and swir16's; red has twice as many of 10 m."""

CHANCE = np.random.default_rng(11)
RED = (16 * CHANCE.integers(1, 600, (480, 640))).astype(np.uint16)
"""Multiples of 16: the mean of 4 and that of 16 of them are whole, so that nothing is rounded."""

SWIR = (16 * CHANCE.integers(1, 600, SIDE)).astype(np.uint16)
SCL = np.full(SIDE, 4, np.uint8)
SCL[CHANCE.random(SIDE) < 0.004] = 9
SCL[CHANCE.random(SIDE) < 0.004] = 6
SCL[60:90, 100:151] = 0
RED[120:180, 200:302] = 0
SWIR[60:90, 100:151] = 0
"""A corner of missing values that no block of 4 ends with."""


def mean_of(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """Average squares of pixels; missing ones take no part."""
    rows, columns = (length // factor for length in pixels.shape)
    cut = pixels.reshape(rows, factor, columns, factor).astype(float)
    known = (cut > 0).sum((1, 3))
    return np.where(known > 0, cut.sum((1, 3)) / np.maximum(known, 1), 0)


def clear_at(rule: ReadRule, radius_px: float, factor: int) -> NDArray[np.bool_]:
    """Tell on the mask's pixels what is clear, by a distance transform; then of squares, if all."""
    spreads = np.isin(SCL, sorted(rule.grown))
    clear = np.isin(SCL, sorted(rule.clear))
    clear &= ndimage.distance_transform_edt(~spreads) > radius_px
    rows, columns = (length // factor for length in SIDE)
    return np.asarray(clear.reshape(rows, factor, columns, factor).all((1, 3)))


def write(
    asset: Asset, pixels: NDArray[Any], factors: tuple[int, ...] = (2, 4), cog: bool = False,
    nodata: float | None = 0, **kind: Any,
) -> Asset:  # fmt: skip
    """Write a file anew, with overviews that are means."""
    path = Path(asset.href)
    raw = path.with_name(f"raw-{path.name}") if cog else path
    with rasterio.open(
        raw, "w", driver="GTiff", height=pixels.shape[0], width=pixels.shape[1], count=1,
        dtype=pixels.dtype.name, crs="EPSG:32635", transform=asset.transform, nodata=nodata,
        **{"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate", **kind},
    ) as target:  # fmt: skip
        target.write(pixels, 1)
        target.build_overviews(factors, Resampling.average)
    if cog:
        copy(str(raw), str(path), driver="COG", blocksize=64, compress="deflate", predictor="YES",
             overview_resampling="average", overview_count=len(factors))  # fmt: skip
        raw.unlink()
    return asset


@pytest.fixture(scope="module")
def whole(shared_studio: Studio) -> Scene:
    """Write a scene whose red is a COG, and whose swir16 holds its overviews at the end."""
    return shared_studio.scene(
        "a",
        write(shared_studio.asset("red", RED), RED, cog=True),
        write(shared_studio.asset("swir16", SWIR, factor=2), SWIR),
        shared_studio.asset("scl", SCL, factor=2),
    )


def rule_at(studio: Studio, side: float, grown_m: float = 0.0, **told: Any) -> ReadRule:
    """Make a rule that reads values at a side."""
    rule = replace(studio.rule(grown_m, **told), resolution_m=side)
    bands = {**rule.sensor.bands}
    bands["scl"] = replace(bands["scl"], resolution_m=20.0)
    return replace(rule, sensor=replace(rule.sensor, bands=bands))


def at(scene: Scene, rule: ReadRule) -> Scene:
    """Have a scene read as its rule says."""
    return coarsened([scene], {scene.source: rule})[0]


def look(
    scene: Scene, grid: Grid, rule: ReadRule, bands: tuple[str, ...] = ("red",)
) -> View:  # fmt: skip
    """View a scene with everything wanted."""
    everything = np.ones(grid.shape, bool)
    return view_scene(scene, grid, rule, bands, everything, Reads(), BlockCache(10**7))


def lay(studio: Studio, side: int, row: int, column: int, shape: tuple[int, int]) -> Grid:
    """Cut a tile of pixels of `side` m; (0, 0) is the scenes' corner."""
    return Grid(studio.crs, studio.corner @ Affine.scale(side // 10), shape).window(
        row, column, shape
    )


def cut(array: NDArray[Any], row: int, column: int, shape: tuple[int, int], fill: Any) -> Any:
    """Cut a window that may reach out of an array."""
    rim = np.full((array.shape[0] + 200, array.shape[1] + 200), fill, array.dtype)
    rim[100 : 100 + array.shape[0], 100 : 100 + array.shape[1]] = array
    return rim[100 + row : 100 + row + shape[0], 100 + column : 100 + column + shape[1]]


# ---- numbers


@given(
    side=st.sampled_from([20, 40]),
    grown=st.sampled_from([0.0, 30.0, 60.0]),
    row=st.integers(-30, 120), column=st.integers(-30, 160),
    height=st.integers(1, 90), width=st.integers(1, 90),
)  # fmt: skip
def test_values_are_means_and_clear_is_what_is_clear_throughout(
    shared_studio: Studio, whole: Scene, side: int, grown: float, row: int, column: int,
    height: int, width: int,
) -> None:  # fmt: skip
    rule = rule_at(shared_studio, side, grown)
    shape = (height, width)
    view = look(at(whole, rule), lay(shared_studio, side, row, column, shape), rule,
                ("red", "swir16"))  # fmt: skip
    clear = cut(clear_at(rule, grown / 20, side // 20), row, column, shape, False)
    np.testing.assert_array_equal(view.clear, clear)
    truth = {"red": mean_of(RED, side // 10), "swir16": mean_of(SWIR, side // 20)}
    for name, values in truth.items() if clear.any() else ():
        found = view.bands[name].dn[clear]
        np.testing.assert_array_equal(found, cut(values, row, column, shape, 0)[clear])


def test_a_finer_grid_repeats_them_with_the_mask_of_the_whole_square(
    shared_studio: Studio, whole: Scene
) -> None:
    rule = rule_at(shared_studio, 40, 60.0)
    view = look(at(whole, rule), lay(shared_studio, 10, 3, 5, (90, 100)), rule)
    clear = np.kron(clear_at(rule, 3.0, 2), np.ones((4, 4), bool))[3:93, 5:105]
    np.testing.assert_array_equal(view.clear, clear)
    values = np.kron(mean_of(RED, 4), np.ones((4, 4)))[3:93, 5:105]
    np.testing.assert_array_equal(view.bands["red"].dn[clear], values[clear])


def test_a_warp_takes_the_overviews_pixels(shared_studio: Studio, whole: Scene) -> None:
    """The grid lies half a pixel off, as a neighbouring square's overviews do at 40 m."""
    rule = rule_at(shared_studio, 40, 60.0)
    place = Affine(40, 0, 600_020, 0, -40, 199_980)
    grid = Grid("EPSG:32636", Affine(40, 0, -68_000, 0, -40, 199_000), (50, 60))
    for one in (Grid(shared_studio.crs, place, (60, 80)), grid):
        view = look(at(whole, rule), one, rule)
        source = Grid(shared_studio.crs, shared_studio.corner @ Affine.scale(4), (120, 160))
        own = source.transform
        clear = warp.nearest(clear_at(rule, 3.0, 2), source, one, own, False)
        values = warp.nearest(mean_of(RED, 4).astype(np.int32), source, one, own, 0)
        np.testing.assert_array_equal(view.clear, clear)
        assert one is grid or clear.any()
        np.testing.assert_array_equal(view.bands["red"].dn[clear] if clear.any() else [],
                                      values[clear])  # fmt: skip


def test_the_grid_follows_the_overviews(shared_studio: Studio, whole: Scene) -> None:
    """A whole number of pixels: nothing is warped, and no resolution need be named."""
    from shapely import box

    from landcover.model import Zone

    zone = Zone("z", "Z", "unit", "z", box(27.9, 1.77, 27.93, 1.8), 1.0)
    for side in (20, 40):
        scene = at(whole, rule_at(shared_studio, side))
        grid, notes = choose_grid(GridSettings(), [zone], [scene])
        assert (grid.crs, grid.resolution, notes) == ("EPSG:32635", (side, side), ())
        assert (grid.transform.c - 600_000) % side == (200_000 - grid.transform.f) % side == 0


def test_less_is_decoded(shared_studio: Studio, whole: Scene) -> None:
    """An overview of 1/4 has a sixteenth of the pixels: 5 x 8 blocks of 64 become 2 x 3."""
    reads = Reads()
    rule = rule_at(shared_studio, 40)
    grid = lay(shared_studio, 40, 0, 0, (120, 160))
    everything = np.ones(grid.shape, bool)
    view_scene(at(whole, rule), grid, rule, ("red",), everything, reads, BlockCache(0))
    assert reads.value_blocks == 6
    assert layout_of(at(whole, rule).assets["red"]).block == (64, 64)


def test_a_sensor_without_a_mask(shared_studio: Studio, whole: Scene) -> None:
    rule = rule_at(shared_studio, 20, mask=False)
    scene = replace(whole, assets={"red": whole.assets["red"]})
    view = look(at(scene, rule), lay(shared_studio, 20, 0, 0, SIDE), rule)
    assert view.clear.all()
    np.testing.assert_array_equal(view.bands["red"].dn, mean_of(RED, 2))


# ---- what is left as it is, and what is refused


def test_coarser_files_and_other_sources_are_left_as_they_are(
    shared_studio: Studio, whole: Scene
) -> None:
    rule = rule_at(shared_studio, 20)
    found = at(whole, rule)
    assert found.assets["swir16"] == whole.assets["swir16"]
    assert found.assets["scl"] == whole.assets["scl"]
    red = found.assets["red"]
    assert (red.overview, red.shape, red.transform.a) == (2, (240, 320), 20)
    assert at(found, rule) == found
    other = replace(whole, source="other")
    assert coarsened([other], {"s2": rule, "other": shared_studio.rule()}) == (other,)
    assert coarsened([other], {"s2": rule}) == (other,)


@pytest.mark.parametrize(
    ("side", "what"),
    [
        (5, "its files hold nothing finer than 10 m. Leave it out to read them as they are."),
        (30, "30 m is no whole number of the mask's pixels of 20 m. "
             "Its overviews give 20, 40 m; leave resolution_m out for 10 m."),
        (140, "red of a cannot be read at 140 m: 1/14 of its 640 x 480 pixels is no whole number. "
              "Its overviews give 20, 40 m; leave resolution_m out for 10 m."),
    ],
)  # fmt: skip
def test_other_resolutions_are_refused(
    shared_studio: Studio, whole: Scene, side: float, what: str
) -> None:
    with pytest.raises(PlanError) as error:
        at(whole, rule_at(shared_studio, side))
    assert str(error.value) == f"source s2, resolution_m: {what}"


def test_an_overview_that_no_file_holds_is_refused(shared_studio: Studio, whole: Scene) -> None:
    scene = at(whole, rule_at(shared_studio, 80))
    name = Path(whole.assets["red"].href).name
    with pytest.raises(PlanError) as error:
        check_overviews([scene], "s2", rule_at(shared_studio, 80))
    assert str(error.value) == (
        f"source s2, resolution_m: red ({name}) holds no overview of exactly 1/8 of its 640 x 480 "
        "pixels; it holds 1/2, 1/4. Its overviews give 20, 40 m; leave resolution_m out for 10 m."
    )
    check_overviews([at(whole, rule_at(shared_studio, 40))], "s2", rule_at(shared_studio, 40))
    gone = {name: replace(one, href="/nowhere/a.tif") for name, one in scene.assets.items()}
    check_overviews(
        [replace(scene, assets=gone)], "s2", rule_at(shared_studio, 80)
    )  # the run will tell of it


def _changed(scene: Scene, rule: ReadRule, **told: Any) -> ReadRule:
    """Change the profile's red band."""
    bands = {**rule.sensor.bands, "red": replace(rule.sensor.bands["red"], **told)}
    return replace(rule, sensor=replace(rule.sensor, bands=bands))


def test_what_has_no_mean_is_refused(shared_studio: Studio, whole: Scene) -> None:
    rule = rule_at(shared_studio, 20)
    days = replace(rule, sensor=replace(rule.sensor, day_band="doy"))
    jpeg = {**whole.assets, "red": replace(whole.assets["red"], driver="JP2OpenJPEG")}
    cases: list[tuple[Scene, ReadRule, str]] = [
        (whole, _changed(whole, rule, unit="class"), "holds a class, and the mean of two"),
        (whole, _changed(whole, rule, encoding="db"), "is stored in decibels, whose mean"),
        (whole, _changed(whole, rule, valid=(-0.2, 1.0)), "beyond -0.2 to 1, which overviews may"),
        (whole, days, "has a day of its own, and days have no mean"),
        (replace(whole, assets=jpeg), rule, "lies in JPEG 2000"),
        (replace(whole, crs="EPSG:4326"), rule, "are in degrees, not metres"),
    ]
    for scene, own, what in cases:
        with pytest.raises(PlanError, match=what):
            at(scene, own)


def test_missing_numbers_that_a_file_does_not_call_so(studio: Studio) -> None:
    """Its overviews would be means of pixels that hold nothing."""
    asset = write(studio.asset("red", RED), RED, nodata=None)
    coarse = replace(asset, transform=asset.transform @ Affine.scale(2), shape=SIDE, overview=2)
    with (
        pytest.raises(OverviewError, match="does not say itself that 0 is missing"),
        open_asset(coarse),
    ):
        pass
    with open_asset(asset) as source:
        assert source.shape == (480, 640)


# ---- over the network


@pytest.mark.parametrize("kind", ["cog", "big", "high byte first", "strips"])
def test_remote_overviews_are_the_local_ones(
    studio: Studio, faulty: Callable[..., Any], at_once: None, kind: str
) -> None:
    kinds: dict[str, dict[str, Any]] = {
        "cog": {"cog": True},
        "big": {"bigtiff": "YES"},
        "high byte first": {"endianness": "BIG"},
        "strips": {"tiled": False, "blockysize": 16},
    }
    near = studio.scene(
        "a",
        write(studio.asset("red", RED), RED, **kinds[kind]),
        studio.asset("scl", SCL, factor=2),
    )
    server = faulty(studio.folder, rate=0.3)
    assets = {
        name: replace(asset, href=f"{server.address}/{Path(asset.href).name}")
        for name, asset in near.assets.items()
    }
    far = replace(near, assets=assets)
    for side in (20, 40):
        rule = rule_at(studio, side, 60.0)
        shape = (4800 // side, 6400 // side)
        grid = lay(studio, side, 0, 0, shape)
        views = [look(at(scene, rule), grid, rule) for scene in (near, far)]
        np.testing.assert_array_equal(views[0].clear, views[1].clear)
        np.testing.assert_array_equal(views[0].bands["red"].dn, views[1].bands["red"].dn)
        assert layout_of(at(near, rule).assets["red"]) == layout_of(at(far, rule).assets["red"])
    with pytest.raises(
        PlanError, match=r"it holds 320 x 240, 160 x 120\. Its overviews give 20, 40"
    ):
        check_overviews([at(far, rule_at(studio, 80))], "s2", rule_at(studio, 80))


def test_only_the_overviews_bytes_are_fetched(
    studio: Studio, faulty: Callable[..., Any], at_once: None
) -> None:
    """A COG's directories stand at its beginning: one request for them, one for the blocks."""
    asset = write(studio.asset("red", RED), RED, cog=True)
    size = Path(asset.href).stat().st_size
    server = faulty(studio.folder)
    rule = rule_at(studio, 40, mask=False)
    far = replace(asset, href=f"{server.address}/{Path(asset.href).name}")
    scene = at(studio.scene("a", far), rule)
    look(scene, lay(studio, 40, 0, 0, (120, 160)), rule)
    spans = [asked[6:].split("-") for _, asked in server.asked]
    fetched = sum(int(last) + 1 - int(first) for first, last in spans)
    assert size > 400_000
    assert len(spans) <= 2
    assert fetched < 16_384 + size / 12
