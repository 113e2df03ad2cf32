"""One day on one tile: the mosaic's order, the first clear value, and what counts as clear."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Transformer

from landcover.kernels import indices
from landcover.kernels.scale import to_int16
from landcover.model import MISSING, Band, Legend, Mask, Period, Scene, Sensor
from landcover.raster.source import BlockCache, Reads
from landcover.raster.stack import Day, DayRows, Reader, days_of, empty_row, quantity
from landcover.raster.view import ReadRule

if TYPE_CHECKING:
    from tests.raster.conftest import Studio

SHAPE = (40, 48)
DAY = date(2020, 5, 1)
RED_NIR = frozenset({"red", "nir"})


def reader(
    studio: Studio, names: tuple[str, ...], groups: tuple[frozenset[str], ...] = (),
    inside: NDArray[np.bool_] | None = None, rule: ReadRule | None = None,
    reads: Reads | None = None,
) -> Reader:  # fmt: skip
    """Make a reader of the studio's first pixels."""
    return Reader(
        "r0_c0", studio.grid(0, 0, SHAPE), {"s2": rule or studio.rule()},
        tuple(quantity(name) for name in names), groups,
        np.ones(SHAPE, bool) if inside is None else inside, reads or Reads(), BlockCache(10**6),
    )  # fmt: skip


def flat(value: int) -> NDArray[np.uint16]:
    return np.full(SHAPE, value, np.uint16)


def scene(studio: Studio, name: str, value: int, clear: slice | None = None, **told: Any) -> Scene:
    """Make a scene of one value in red and blue, clear in some columns only (20 m)."""
    classes = np.full((20, 24), 4, np.uint8)
    if clear is not None:
        classes[:] = 9
        classes[:, clear] = 4
    return studio.scene(
        name,
        studio.asset("red", flat(value)),
        studio.asset("nir", flat(3 * value)),
        studio.asset("scl", classes, factor=2),
        **told,
    )


# ---- the order


def test_the_mosaics_order(studio: Studio) -> None:
    """The grid's CRS, the source, higher baseline, newer generation, lower cloud, id."""
    base = Scene(
        "b", "s2", "x", datetime(2020, 5, 1, tzinfo=UTC), DAY, studio.crs, (0, 0, 1, 1), {},
        baseline="05.09", generated=datetime(2023, 1, 1, tzinfo=UTC), cloud_percent=50,
    )  # fmt: skip
    ordered = [
        replace(base, baseline="05.10", cloud_percent=99),
        replace(base, generated=datetime(2024, 1, 1, tzinfo=UTC), cloud_percent=99),
        replace(base, crs="EPSG:32735", cloud_percent=10),  # the same plane, but for a shift
        replace(base, id="a"),
        base,
        replace(base, cloud_percent=None),
        replace(base, generated=None, cloud_percent=1),
        replace(base, baseline="02.14", cloud_percent=0),
        replace(base, baseline="", cloud_percent=0),
        replace(base, source="again", baseline="05.11", cloud_percent=0),
        replace(base, source="again"),
        replace(base, crs="EPSG:32636", baseline="05.11", cloud_percent=0),
        replace(base, crs="EPSG:32636", source="again", baseline="05.12", cloud_percent=0),
    ]
    grid = studio.grid(0, 0, SHAPE)
    for seed in range(20):
        shuffled = np.random.default_rng(seed).permutation(len(ordered))
        (day,) = days_of((ordered[number] for number in shuffled), grid, ("s2", "again"))
        assert day == Day(DAY, tuple(ordered))


def test_the_source_named_first_wins_over_a_later_one_of_a_higher_baseline(studio: Studio) -> None:
    old = scene(studio, "old", 1000, slice(0, 16), source="s2", baseline="02.14")
    new = scene(studio, "new", 2000, slice(8, 24), source="again", baseline="05.11")
    for pool, columns in (
        (("s2", "again"), np.repeat([1000, 2000], [32, 16])),  # the later one fills
        (("again", "s2"), np.repeat([1000, 2000], [16, 32])),
    ):
        read = reader(studio, ("red",))
        both = replace(read, rules=dict.fromkeys(pool, studio.rule()))
        (day,) = days_of((new, old), both.grid, pool)
        found = both.read(day).values["red"]
        np.testing.assert_array_equal(found, np.broadcast_to(columns, SHAPE))


def test_a_copy_does_not_show_through_the_clouds_of_the_better_one(studio: Studio) -> None:
    """A product that takes its source alone reads it, one that takes both does not."""
    new = scene(studio, "new", 2000, slice(8, 24), source="s2")
    copy = scene(studio, "copy", 1000, source="again", yields_to=("s2",))
    both = replace(reader(studio, ("red",)), rules=dict.fromkeys(("s2", "again"), studio.rule()))
    for pool, expected in ((("s2", "again"), [MISSING, 2000]), (("again",), [1000, 1000])):
        (day,) = days_of((s for s in (copy, new) if s.source in pool), both.grid, pool)
        found = both.read(day).values["red"]
        columns = np.repeat(expected, [16, 32])
        np.testing.assert_array_equal(found, np.broadcast_to(columns, SHAPE))


def test_days_are_solar_and_in_order(studio: Studio) -> None:
    scenes = [
        studio.scene("late", solar_day=date(2020, 5, 2), time=datetime(2020, 5, 1, 23, tzinfo=UTC)),
        studio.scene("early", solar_day=date(2020, 5, 1)),
        studio.scene("other", solar_day=date(2020, 5, 2)),
    ]
    found = days_of(scenes, studio.grid(0, 0, SHAPE), ("s2",))
    assert [(day.date.day, [s.id for s in day.scenes]) for day in found] == [
        (1, ["early"]), (2, ["late", "other"]),
    ]  # fmt: skip


# ---- the first clear value wins


def test_the_first_clear_value_wins_per_pixel(studio: Studio) -> None:
    first = scene(studio, "a", 1000, slice(0, 10))
    second = scene(studio, "b", 2000, slice(5, 15))
    third = scene(studio, "c", 3000, slice(12, 20))
    day = Day(DAY, (first, second, third))
    rows = reader(studio, ("red",)).read(day)
    columns = np.repeat([1000, 2000, 3000, MISSING], [20, 10, 10, 8])
    np.testing.assert_array_equal(rows.values["red"], np.broadcast_to(columns, SHAPE))
    np.testing.assert_array_equal(rows.clear[frozenset({"red"})], rows.values["red"] != MISSING)
    assert rows.seen


def test_a_day_tells_which_pixels_any_scene_has_clear_or_not(studio: Studio) -> None:
    """Columns (of 20 m): the first scene has 0 to 10, cloudy to 5; the second 8 to 12."""
    classes = np.zeros((20, 24), np.uint8)
    classes[:, :5], classes[:, 5:10] = 9, 4
    scenes = [scene(studio, "a", 1000), scene(studio, "b", 2000)]
    for number, found in enumerate((classes, np.roll(classes[:, ::-1], -12, axis=1))):
        asset = studio.asset("scl", found, factor=2)
        scenes[number] = replace(scenes[number], assets={**scenes[number].assets, "scl": asset})
    zones = np.ones(SHAPE, bool)
    zones[0] = False
    read = reader(studio, ("red",), inside=zones)
    rows = read.read(Day(DAY, tuple(scenes)), None, True)
    held = (classes > 0) | (np.roll(classes[:, ::-1], -12, axis=1) > 0)
    there = np.repeat(np.repeat(held, 2, axis=0), 2, axis=1) & zones
    assert there.any(axis=0).sum() < SHAPE[1]
    assert rows.there is not None
    np.testing.assert_array_equal(rows.there, there)
    assert read.read(Day(DAY, tuple(scenes))).there is None
    bare = replace(read, rules={"s2": studio.rule(mask=False)})  # without a mask, what has a value
    told = bare.read(Day(DAY, tuple(scenes)), None, True)
    assert told.there is not None
    np.testing.assert_array_equal(told.there, told.clear[frozenset({"red"})])


@given(st.permutations(range(4)))
def test_the_order_of_listing_is_of_no_matter(shared_studio: Studio, listed: list[int]) -> None:
    scenes = _four(shared_studio)
    read = reader(shared_studio, ("red", "ndvi"), (RED_NIR,))
    rows = [
        read.read(days_of(found, read.grid, ("s2",))[0])
        for found in (scenes, [scenes[number] for number in listed])
    ]
    for name in ("red", "ndvi"):
        np.testing.assert_array_equal(rows[0].values[name], rows[1].values[name])
    np.testing.assert_array_equal(rows[0].clear[RED_NIR], rows[1].clear[RED_NIR])


_scenes: list[Scene] = []


def _four(studio: Studio) -> list[Scene]:
    """Write four scenes that are clear in random places, once."""
    if not _scenes:
        random = np.random.default_rng(5)
        for number in range(4):
            red = random.integers(0, 3, SHAPE).astype(np.uint16) * 1000
            nir = random.integers(0, 5, SHAPE).astype(np.uint16) * 1000
            classes = random.choice(np.array([4, 8], np.uint8), (20, 24))
            _scenes.append(
                studio.scene(
                    f"s{number}",
                    studio.asset("red", red),
                    studio.asset("nir", nir),
                    studio.asset("scl", classes, factor=2),
                    cloud_percent=float(number % 2),
                )
            )
    return _scenes


def test_a_mosaic_by_brute_force(shared_studio: Studio) -> None:
    """Pixel by pixel: the first scene that is clear and valid in all of a quantity's bands."""
    import rasterio

    read = reader(shared_studio, ("red", "ndvi", "evi2"), (RED_NIR, frozenset({"nir"})))
    (day,) = days_of(_four(shared_studio), read.grid, ("s2",))
    rows = read.read(day)
    red, nir = np.full(SHAPE, MISSING, np.int16), np.full(SHAPE, MISSING, np.int16)
    alone = red.copy()
    clear_nir = np.zeros(SHAPE, bool)
    for one in day.scenes:
        held = {}
        for name, asset in one.assets.items():
            with rasterio.open(asset.href) as file:
                held[name] = file.read(1)
        clear = np.kron(held["scl"] == 4, np.ones((2, 2), bool))
        both = clear & (held["red"] > 0) & (held["nir"] > 0) & (red == MISSING)
        red[both], nir[both] = held["red"][both], held["nir"][both]
        only = clear & (held["red"] > 0) & (alone == MISSING)
        alone[only] = held["red"][only]
        clear_nir |= clear & (held["nir"] > 0)
    np.testing.assert_array_equal(rows.values["red"], alone)
    for name in ("ndvi", "evi2"):
        np.testing.assert_array_equal(
            rows.values[name], indices.compute(name, {"red": red, "nir": nir})
        )
    np.testing.assert_array_equal(rows.clear[RED_NIR], red != MISSING)
    np.testing.assert_array_equal(rows.clear[frozenset({"nir"})], clear_nir)


# ---- validity of each quantity's own bands


def test_a_missing_blue_does_not_change_ndvi(studio: Studio) -> None:
    blue = flat(500)
    blue[:, :24] = 0
    plain = scene(studio, "a", 1000)
    with_blue = replace(plain, assets={**plain.assets, "blue": studio.asset("blue", blue)})
    rows = reader(studio, ("evi", "ndvi"), (RED_NIR, RED_NIR | {"blue"})).read(
        Day(DAY, (with_blue,))
    )
    assert rows.values["ndvi"].tolist() == np.full(SHAPE, np.float32(0.5)).tolist()
    assert np.isnan(rows.values["evi"][:, :24]).all()
    assert not np.isnan(rows.values["evi"][:, 24:]).any()
    assert rows.clear[RED_NIR].all()
    assert rows.clear[RED_NIR | {"blue"}].sum() == 40 * 24


def test_zero_by_zero_is_clear_but_no_value(studio: Studio) -> None:
    """Offset takes both bands to 0: the index is undefined, and a later scene does not fill it."""
    dark = scene(studio, "a", 1)
    told = {"offset": -0.1, "clip": (0.0, 3.2767)}
    dark = replace(
        dark,
        assets={
            name: replace(asset, **told) if name != "scl" else asset
            for name, asset in dark.assets.items()
        },
    )
    read = reader(studio, ("ndvi", "red"), (RED_NIR,))
    rows = read.read(Day(DAY, (dark, scene(studio, "b", 2000))))
    assert np.isnan(rows.values["ndvi"]).all()
    assert (rows.values["red"] == 0).all()
    assert rows.clear[RED_NIR].all()


def test_only_what_lies_inside_a_zone_is_read(studio: Studio) -> None:
    inside = np.zeros(SHAPE, bool)
    inside[3:9, 7] = True
    rows = reader(studio, ("red",), inside=inside).read(Day(DAY, (scene(studio, "a", 1000),)))
    np.testing.assert_array_equal(rows.values["red"] != MISSING, inside)
    np.testing.assert_array_equal(rows.clear[frozenset({"red"})], inside)


# ---- what is not read


def test_a_full_mosaic_opens_no_more_scenes(studio: Studio) -> None:
    reads = Reads()
    day = Day(DAY, (scene(studio, "a", 1000), scene(studio, "b", 2000)))
    rows = reader(studio, ("ndvi",), (RED_NIR,), reads=reads).read(day)
    assert reads.opened == 3
    assert rows.clear[RED_NIR].all()


def test_a_day_without_a_clear_pixel_takes_no_row(studio: Studio) -> None:
    def refused(wanted: Any) -> NDArray[Any]:
        raise AssertionError(f"a row for {wanted}")

    cloudy = scene(studio, "a", 1000, slice(0, 0))
    rows = reader(studio, ("ndvi",), (RED_NIR,)).read(Day(DAY, (cloudy,)), refused)
    assert rows == DayRows(DAY, False, {}, rows.clear, ())
    assert not rows.clear[RED_NIR].any()


def test_a_day_without_a_valid_pixel_is_not_seen(studio: Studio) -> None:
    """Clear by its mask, but nodata throughout: as if it had not been there."""
    rows = reader(studio, ("ndvi",), (RED_NIR,)).read(Day(DAY, (scene(studio, "a", 0),)))
    assert (rows.seen, dict(rows.values)) == (False, {})
    assert not rows.clear[RED_NIR].any()


def test_a_broken_scene_costs_itself_alone(studio: Studio) -> None:
    good = scene(studio, "b", 2000)
    broken = scene(studio, "a", 1000)
    gone = replace(broken.assets["nir"], href=str(studio.folder / "gone.tif"))
    broken = replace(broken, assets={**broken.assets, "nir": gone})
    bare = replace(broken, id="c", assets={"scl": broken.assets["scl"]})
    rows = reader(studio, ("ndvi", "red"), (RED_NIR,)).read(Day(DAY, (broken, bare, good)))
    assert (rows.values["red"] == 2000).all()
    assert [(f.scene, f.source, f.band, f.tile, f.reason) for f in rows.failures] == [
        ("a", "s2", "nir", "r0_c0", "nir (gone.tif): the file is missing."),
        ("c", "s2", "", "r0_c0", "c: has no asset for the band nir, red."),
    ]


# ---- quantities


@pytest.mark.parametrize("name", sorted(indices.INDICES))
def test_every_index_is_that_of_the_kernels(shared_studio: Studio, name: str) -> None:
    """The fast path for normalised differences changes no bit."""
    wanted = quantity(name)
    assets = [
        shared_studio.asset(
            band,
            np.random.default_rng(n).integers(0, 9000, SHAPE).astype(np.uint16),
            offset=-0.1,
            clip=(0.0, 3.2767),
        )
        for n, band in enumerate(sorted(wanted.bands))
    ]
    read = reader(shared_studio, (name,), rule=shared_studio.rule(mask=False))
    rows = read.read(Day(DAY, (shared_studio.scene("a", *assets),)))
    held = {}
    for n, band in enumerate(sorted(wanted.bands)):
        dn = np.random.default_rng(n).integers(0, 9000, SHAPE).astype(np.uint16)
        held[band] = to_int16(dn, 0, 0.0001, -0.1, (0.0, 3.2767))
    np.testing.assert_array_equal(rows.values[name], indices.compute(name, held))


def test_quantities_know_their_bands_and_size() -> None:
    ndvi, red = quantity("ndvi"), quantity("red")
    assert (ndvi.bands, ndvi.pair, ndvi.itemsize) == (RED_NIR, ("nir", "red"), 4)
    assert (red.bands, red.pair, red.itemsize, red.floating) == ({"red"}, None, 2, False)
    assert quantity("evi").pair is None
    pairs = [quantity(name) for name in indices.INDICES if quantity(name).pair]
    assert len(pairs) >= 6
    for wanted in (ndvi, red):
        row = empty_row(wanted, (2, 3))
        assert row.shape == (2, 3)
        assert row.dtype.itemsize == wanted.itemsize


# ---- bands in units of their own, and pixels with days of their own


def own_rule(mask: bool = True, resampling: str = "nearest") -> ReadRule:
    """Make the rule of a sensor whose files hold an index, its day and a rank."""
    bands = {
        "ndvi": Band("ndvi", "1", ("ndvi",), 0.0001, 0.0, -3000, "int16", valid=(-0.2, 1.0)),
        "vv": Band("vv", "power", ("vv",), valid=(0.0, 100.0), dtype="float32", nodata=-32768),
        "day": Band("day", "day", ("day",), nodata=-1, dtype="int16", valid=(1.0, 366.0)),
        "rank": Band("rank", "class", ("rank",), nodata=-1, dtype="int8"),
    }
    clear = frozenset({0, 1}) if mask else frozenset()
    told = Mask("rank", clear, frozenset(), -1, Legend("rank", ())) if mask else None
    sensor = Sensor("own", "Own", bands, told, day_band="day", day_span=16)
    return ReadRule(sensor, clear, frozenset(), 60.0, resampling)


def own_reader(studio: Studio, name: str, rule: ReadRule) -> Reader:
    wanted = (quantity(name, rule.sensor.bands),)
    made = reader(studio, (), rule=rule)
    return replace(made, quantities=wanted)


def half(left: float, right: float, dtype: str = "int16") -> NDArray[Any]:
    """Fill the left and the right half of the tile."""
    pixels = np.full(SHAPE, left, dtype)
    pixels[:, SHAPE[1] // 2 :] = right
    return pixels


def test_an_index_that_files_hold_is_float_in_its_own_unit(studio: Studio) -> None:
    rule = own_rule()
    pixels = half(7500, 10001)
    pixels[0] = -3000
    rank = half(0, 1, "int8")
    rank[1], rank[2], rank[3] = 2, 3, -1
    found = studio.scene(
        "a",
        studio.asset("ndvi", pixels, nodata=-3000),
        studio.asset("rank", rank, nodata=-1),
    )
    rows = own_reader(studio, "ndvi", rule).read(Day(DAY, (found,)))
    values = rows.values["ndvi"]
    assert values.dtype == np.float32
    assert np.isnan(values[:4]).all()  # fill, snow, cloud, no rank
    np.testing.assert_array_equal(values[4:, :24], np.float32(0.75))
    assert np.isnan(values[:, 24:]).all()  # an index above 1 is none
    assert rows.beyond_px == (SHAPE[0] - 3) * 24 - 24  # clear, not fill, and beyond
    assert not rows.clear[frozenset({"ndvi"})][:, 24:].any()


def test_a_rank_whose_sign_was_lost_is_the_same_rank(studio: Studio) -> None:
    rank = half(0, 255, "uint8")
    found = studio.scene(
        "a",
        studio.asset("ndvi", half(5000, 5000), nodata=-3000),
        studio.asset("rank", rank, nodata=None),
    )
    rows = own_reader(studio, "ndvi", own_rule()).read(Day(DAY, (found,)))
    assert np.isfinite(rows.values["ndvi"]).sum() == SHAPE[0] * 24


def test_radar_power_stays_linear_float(studio: Studio) -> None:
    pixels = half(0.02, -32768, "float32")
    pixels[0], pixels[1] = np.nan, -0.5
    found = studio.scene(
        "a", studio.asset("vv", pixels, nodata=-32768, scale=1.0), orbit="51 descending"
    )
    values = own_reader(studio, "vv", own_rule(False)).read(Day(DAY, (found,))).values["vv"]
    assert np.isnan(values[:2]).all()
    np.testing.assert_array_equal(values[2:, :24], np.float32(0.02))
    assert np.isnan(values[:, 24:]).all()


@pytest.mark.parametrize("resampling", ["nearest", "bilinear"])
def test_floats_are_masked_before_a_warp(studio: Studio, resampling: str) -> None:
    east = type(studio)(studio.folder, crs="EPSG:32636", corner=_corner_in("EPSG:32636"))
    found = east.scene(
        "a",
        east.asset(
            "vv", np.pad(half(2.0, -32768, "float32"), 40, "edge"), nodata=-32768, scale=1.0
        ),
    )
    rule = own_rule(False, resampling)
    values = own_reader(studio, "vv", rule).read(Day(DAY, (found,))).values["vv"]
    assert set(np.unique(values[np.isfinite(values)])) == {np.float32(2)}
    assert 0.2 < np.isfinite(values).mean() < 0.8


def _corner_in(crs: str) -> Affine:
    """Return the studio's corner in another plane, 400 m up and left: a place to cut from."""
    move = Transformer.from_crs("EPSG:32635", crs, always_xy=True)
    x, y = move.transform(600_000, 200_000)
    return Affine(10, 0, round(x, -1) - 400, 0, -10, round(y, -1) + 400)


def test_pixels_of_a_composite_are_taken_on_their_own_days(studio: Studio) -> None:
    """A composite of 19 December: the left half is of 20 December, the right of 3 January."""
    days = half(354, 3)
    days[0] = -1  # not known: the composite's first day
    first = date(2023, 12, 19)
    found = studio.scene(
        "a",
        studio.asset("ndvi", half(5000, 6000), nodata=-3000),
        studio.asset("rank", half(0, 0, "int8"), nodata=-1),
        studio.asset("day", days, nodata=-1, scale=1.0),
        solar_day=first,
    )
    read = own_reader(studio, "ndvi", own_rule())
    new_year = date(2024, 1, 1)
    old = read.read(Day(first, (found,), Period(first, new_year), first)).values["ndvi"]
    new = read.read(Day(new_year, (found,), Period(new_year, date(2024, 1, 4)), first))
    whole = read.read(Day(first, (found,))).values["ndvi"]
    np.testing.assert_array_equal(np.isfinite(old[0]), True)
    np.testing.assert_array_equal(old[1:, :24], np.float32(0.5))
    assert np.isnan(old[1:, 24:]).all()
    np.testing.assert_array_equal(new.values["ndvi"][1:, 24:], np.float32(0.6))
    assert np.isnan(new.values["ndvi"][1:, :24]).all()
    assert new.date == new_year
    assert np.isfinite(whole).all()


def test_orbits_of_one_day_are_days_of_their_own(studio: Studio) -> None:
    one = scene(studio, "a", 1000, orbit="51 descending")
    found = days_of(
        [one, replace(one, id="b", orbit="22 ascending")], studio.grid(0, 0, SHAPE), ("s2",)
    )
    assert [day.date for day in found] == [DAY, DAY]
    assert [len(day.scenes) for day in found] == [1, 1]


def test_a_band_named_like_an_index_is_what_the_files_hold() -> None:
    held = quantity("ndvi", own_rule().sensor.bands)
    assert (held.bands, held.pair, held.floating) == ({"ndvi"}, None, True)
    assert quantity("ndvi").bands == RED_NIR
