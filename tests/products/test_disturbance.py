"""Breaks of a tile become rasters, whatever the tile, and say what nobody can tell."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, timedelta

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from pydantic import ValidationError

from landcover.errors import PlanError
from landcover.kernels.bfast import BfastSettings
from landcover.kernels.breaks import ABRUPT, CONFIRMED, RECOVERING, SHORT, STABLE, UNSEEN
from landcover.kernels.dates import decimal_year
from landcover.kernels.robust import RobustSettings
from landcover.model import Band, Grid, Period
from landcover.products.base import Context, Settle, Settled, Span, Stack, Stored
from landcover.products.detectors import BfastKeys, RobustKeys
from landcover.products.disturbance import (
    ALARMS,
    PRODUCT,
    DisturbanceSettings,
    history_of,
    least_px,
    monitored,
)
from landcover.products.hectares import KIND_CODE

PERIOD = Period(date(2017, 1, 1), date(2024, 1, 1))
CONTEXT = Context(PERIOD, ("s2",))
GRID = Grid("EPSG:32635", Affine(10, 0, 700_000, 0, -10, 9_700_000), (12, 12))
CLEARED = date(2021, 6, 10)
DATES = tuple(PERIOD.start + timedelta(days=20 * n) for n in range(127))
HISTORY = Period(date(2017, 1, 1), date(2020, 1, 1))


def settings(**keys: object) -> DisturbanceSettings:
    return DisturbanceSettings.model_validate({"history": ["2017-01-01", "2020-01-01"], **keys})


def stack(shape: tuple[int, int] = GRID.shape, seed: int = 3) -> Stack:
    """Make a forest with a clearing of 4 x 4 pixels, a lone bare pixel, one hardly ever seen."""
    chance = np.random.default_rng(seed)
    values = (0.8 + 0.03 * chance.standard_normal((len(DATES), *shape))).astype(np.float32)
    after = np.array([day >= CLEARED for day in DATES])
    values[after, 2:6, 3:7] -= 0.4
    values[after, 9, 9] -= 0.4
    values[5:, 11, 0] = np.nan
    inside = np.ones(shape, np.bool_)
    inside[0] = False
    span = Span(PERIOD, "disturbance")
    return Stack(span, DATES, {"ndvi": values}, np.zeros(shape, np.uint16), inside)


def settle() -> Settle:
    assert PRODUCT.settle is not None
    return PRODUCT.settle


def stored(made: dict[str, NDArray[np.generic]], grid: Grid, core: tuple[slice, slice]) -> Stored:
    area = np.full(grid.shape, 100.0)
    return Stored(made, np.ones(grid.shape, np.bool_), area, core, 0, 0, grid)


def run(keys: DisturbanceSettings, seen: Stack | None = None) -> Settled:
    """Observe and settle one tile that is the whole grid."""
    made = PRODUCT.observe(keys, CONTEXT, seen or stack())
    whole = (slice(0, 12), slice(0, 12))
    return settle().settle(keys, CONTEXT, stored(dict(made), GRID, whole))


@pytest.fixture(scope="module")
def found() -> Settled:
    return run(settings())


def test_a_clearing_is_dated_and_everything_else_is_not_disturbed(found: Settled) -> None:
    planes, (kind,) = found.layers["disturbance"], found.layers["disturbance_kind"]
    assert (kind[2:6, 3:7] == ABRUPT).all()
    first_seen = next(day for day in DATES if day >= CLEARED)
    # noise may begin a run a look or two early
    assert np.median(planes[0, 2:6, 3:7]) == pytest.approx(decimal_year(first_seen), abs=2e-4)
    assert planes[0, 2:6, 3:7] == pytest.approx(decimal_year(first_seen), abs=0.11)
    before = max(day for day in DATES if day < CLEARED)
    assert np.median(planes[5, 2:6, 3:7]) == pytest.approx(decimal_year(before), abs=2e-4)
    assert (planes[5, 2:6, 3:7] < planes[0, 2:6, 3:7]).all()
    assert planes[4, 2:6, 3:7] == pytest.approx(-0.4, abs=0.06)
    assert (planes[2, 2:6, 3:7] == CONFIRMED).all()
    assert (planes[6, 2:6, 3:7] == 1).all()
    quiet = np.ones(GRID.shape, np.bool_)
    quiet[0], quiet[11, 0], quiet[2:6, 3:7] = False, False, False
    assert (kind[quiet] == STABLE).mean() > 0.98
    assert (planes[0][quiet & (kind == STABLE)] == 0).all()


def test_a_lone_pixel_is_below_the_mapping_unit_unless_that_is_0(found: Settled) -> None:
    assert found.layers["disturbance_kind"][0, 9, 9] == STABLE
    assert found.layers["disturbance"][0, 9, 9] == 0
    small = run(settings(min_ha=0.0))
    assert small.layers["disturbance_kind"][0, 9, 9] == ABRUPT


def test_a_history_that_is_too_short_is_never_no_change(found: Settled) -> None:
    assert found.layers["disturbance_kind"][0, 11, 0] in (0, SHORT)
    assert np.isnan(found.layers["disturbance"][0, 11, 0])
    assert (found.layers["disturbance_kind"][0, 0] == 0).all()
    assert np.isnan(found.layers["disturbance"][:, 0]).all()


def test_what_no_scene_has_is_summed_apart() -> None:
    nowhere = np.zeros(GRID.shape, np.bool_)
    nowhere[11, 0] = nowhere[3, 4] = True  # of which the second has looks, whatever is said
    made = run(settings(), replace(stack(), unimaged=nowhere))
    told = made.codes[KIND_CODE]
    assert told[11, 0] % 7 == made.layers["disturbance_kind"][0, 11, 0]
    assert (told[11, 0] // 7, told[11, 1] // 7) == (1, 0)
    assert told[3, 4] % 7 == ABRUPT
    assert told[3, 4] == told[3, 5], "what broke was seen"
    assert PRODUCT.need(settings(), CONTEXT).unimaged


def test_bfast_finds_the_clearing_too() -> None:
    made = run(settings(method="bfast"))
    assert (made.layers["disturbance_kind"][0, 2:6, 3:7] == ABRUPT).mean() > 0.9


def test_layers_are_those_promised(found: Settled) -> None:
    keys = settings()
    made = PRODUCT.observe(keys, CONTEXT, stack())
    for layers, arrays in (
        (PRODUCT.layers(keys, CONTEXT), made),
        (settle().layers(keys, CONTEXT), found.layers),
    ):
        assert {layer.name for layer in layers} == arrays.keys()
        for layer in layers:
            assert arrays[layer.name].shape == (len(layer.bands), *GRID.shape)
            assert arrays[layer.name].dtype == layer.dtype
            assert layer.tags["PRODUCT_VERSION"] == str(PRODUCT.version)
    assert not any(layer.kept for layer in PRODUCT.layers(keys, CONTEXT))
    assert settle().codes(keys, CONTEXT).keys() == found.codes.keys()


def test_a_tile_with_its_halo_settles_as_the_whole(found: Settled) -> None:
    keys = settings()
    made = PRODUCT.observe(keys, CONTEXT, stack())
    halo = settle().halo_px(keys, CONTEXT, GRID)
    assert halo == 9  # 0.1 ha are 10 pixels
    for first, last in ((0, 4), (4, 8), (8, 12)):
        low, high = max(first - halo, 0), min(last + halo, 12)
        window = GRID.window(low, 0, (high - low, 12))
        part = {name: planes[:, low:high] for name, planes in made.items()}
        core = (slice(first - low, last - low), slice(0, 12))
        tile = settle().settle(keys, CONTEXT, stored(part, window, core))
        for name, planes in found.layers.items():
            np.testing.assert_array_equal(tile.layers[name], planes[:, first:last])
        for name, codes in found.codes.items():
            np.testing.assert_array_equal(tile.codes[name], codes[first:last])


def test_threads_and_bands_of_reflectance_change_nothing() -> None:
    seen = stack()
    many = Stack(seen.span, seen.dates, seen.values, seen.clear, seen.inside, threads=3)
    one, other = (PRODUCT.observe(settings(), CONTEXT, each) for each in (seen, many))
    for name, planes in one.items():
        np.testing.assert_array_equal(planes, other[name])
    whole = np.where(np.isnan(seen.values["ndvi"]), -32768, np.round(seen.values["ndvi"] * 10_000))
    band = Stack(seen.span, DATES, {"nir": whole.astype(np.int16)}, seen.clear, seen.inside)
    made = PRODUCT.observe(settings(index="nir"), CONTEXT, band)
    same = made["disturbance_found"][0] == one["disturbance_found"][0]
    assert same.mean() > 0.98
    own = Context(PERIOD, ("s2",), {"s2": {"nir": Band("nir", "reflectance", ("nir",))}})
    takes = PRODUCT.bytes_per_px
    assert takes(settings(index="nir"), own, 100) == takes(settings(), CONTEXT, 100) + 400


def test_no_look_at_all_is_nothing_known() -> None:
    seen = stack()
    none = {"ndvi": np.empty((0, *GRID.shape), np.float32)}
    made = run(settings(), Stack(seen.span, (), none, seen.clear, seen.inside))
    assert np.isnan(made.layers["disturbance"][0]).all()


def test_keys_have_the_detectors_own_defaults() -> None:
    for keys, kernel in ((RobustKeys(), RobustSettings()), (BfastKeys(), BfastSettings())):
        known = {field.name: getattr(kernel, field.name) for field in fields(kernel)}
        for name, value in keys:
            assert known[name] == value, name
        assert {name for name, _ in keys} == set(known), "every number of a detector is a key"


def test_the_tags_have_every_number_and_workers_warm_the_method() -> None:
    for method in ("robust", "bfast"):
        made = settings(method=method)
        (tags,) = {layer.tags["METHOD_SETTINGS"] for layer in PRODUCT.layers(made, CONTEXT)}
        named = [pair.split("=")[0] for pair in tags.split(", ")]
        assert set(named) == {name for name, _ in getattr(made, method)}
    assert PRODUCT.kernels(settings()) == ()
    assert PRODUCT.kernels(settings(method="bfast")) == ("bfast",)


def test_a_job_can_ask_for_what_the_package_of_r_does() -> None:
    keys = BfastKeys(
        order=3, trend=True, direction="both", magnitude="monitoring", gate=0, doubt=1e15,
        least_looks=0, least_days=0, period=4,
    )  # fmt: skip
    asked = BfastSettings(**keys.model_dump())
    assert (asked.direction, asked.magnitude, asked.period) == ("both", "monitoring", 4.0)
    with pytest.raises(ValidationError, match="finite"):
        BfastKeys(doubt=float("inf"))


def test_numbers_without_a_critical_value_are_refused() -> None:
    with pytest.raises(ValidationError, match="Take one of"):
        RobustKeys(level=0.02)
    with pytest.raises(ValidationError, match="Take one of"):
        BfastKeys(h=0.3)
    with pytest.raises(ValidationError, match="Take one of"):
        BfastKeys(level=0.1)
    with pytest.raises(ValidationError, match="Take one of"):
        BfastKeys(period=3)


def test_the_usual_history_is_three_years_at_most_half_of_the_period() -> None:
    usual = DisturbanceSettings()
    assert history_of(usual, PERIOD) == HISTORY
    assert monitored(usual, PERIOD) == Period(date(2020, 1, 1), date(2024, 1, 1))
    short = Period(date(2020, 1, 1), date(2022, 1, 1))
    assert history_of(usual, short).end == date(2021, 1, 1), "a year, of 366 days"
    five = Period(date(2019, 1, 1), date(2024, 1, 1))
    assert history_of(usual, five).end == date(2021, 7, 2), "half, which is no whole years"
    leap = Period(date(2016, 2, 29), date(2024, 1, 1))
    assert history_of(usual, leap).end == date(2019, 3, 1)


@pytest.mark.parametrize("first", range(2015, 2023))
def test_the_usual_history_of_four_years_is_two_whole_ones(first: int) -> None:
    four = Period(date(first, 1, 1), date(first + 4, 1, 1))
    assert history_of(DisturbanceSettings(), four).end == date(first + 2, 1, 1)
    assert ALARMS.count(DisturbanceSettings(), Context(four, ("s2",))) == 3
    early = Period(four.start, date(first + 3, 12, 24))
    assert ALARMS.count(DisturbanceSettings(), Context(early, ("s2",))) == 3


@pytest.mark.parametrize(
    ("keys", "where"), [({}, "period"), ({"history": [1968, 1971]}, "products.disturbance.history")]
)
def test_days_before_1970_are_refused(keys: dict[str, object], where: str) -> None:
    usual = DisturbanceSettings.model_validate(keys)
    with pytest.raises(PlanError, match="counted from 1970-01-01, and the history") as said:
        PRODUCT.need(usual, Context(Period(date(1966, 1, 1), date(1990, 1, 1)), ("s2",)))
    assert said.value.where == where
    history_of(usual.model_copy(update={"history": HISTORY}), Period(date(1, 1, 1), PERIOD.end))


def test_a_history_beyond_the_period_is_refused() -> None:
    with pytest.raises(PlanError, match="Widen `period`"):
        PRODUCT.need(settings(history=["2016-01-01", "2019-01-01"]), CONTEXT)
    with pytest.raises(PlanError, match="Widen `period`"):
        PRODUCT.need(settings(history=["2017-01-01", "2024-01-01"]), CONTEXT)


@pytest.mark.parametrize(
    ("index", "what"),
    [("bi", "bi rises"), ("ndwi", "ndwi rises"), ("mndwi", "does not surely"), ("red", "not sur"),
     ("vv", "radar power"), ("cire", "usual limits"), ("lai", "usual limits")],
)  # fmt: skip
def test_an_index_that_cannot_tell_a_loss_is_refused(index: str, what: str) -> None:
    bands = {"vv": Band("vv", "power", ("vv",)), "lai": Band("lai", "m2/m2", ("lai",))}
    with pytest.raises(PlanError, match=what):
        PRODUCT.need(settings(index=index), Context(PERIOD, ("s1",), {"s1": bands}))


def test_a_band_of_another_unit_takes_limits_of_its_own() -> None:
    bands = {"lai": Band("lai", "m2/m2", ("lai",))}
    context = Context(PERIOD, ("own",), {"own": bands})
    for keys in (
        settings(index="lai", robust={"least_drop": 1.0, "scale_floor": 0.1}),
        settings(index="lai", method="bfast", bfast={"gate": 1.0}),
    ):
        assert PRODUCT.need(keys, context).quantities == ("lai",)
    modis = {"ndvi": Band("ndvi", "1", ("ndvi",), valid=(-0.2, 1.0))}
    context = Context(PERIOD, ("modis",), {"modis": modis})
    assert PRODUCT.need(settings(), context).bands == ("ndvi",)


def later(period: str, made: Settled) -> NDArray[np.int32]:
    """Return the months of a year in which each pixel was judged, as bits."""
    return np.asarray(made.codes[f"disturbance_seen_{period}"], np.int32)


def test_months_that_nobody_could_tell_of_are_not_observable() -> None:
    """The last looks cannot begin a break, and a season the history never saw is not judged."""
    seen = stack()
    dry = np.array([day.month in (6, 7, 8) for day in DATES])
    early = np.array([day < HISTORY.end for day in DATES])
    values = seen.values["ndvi"].copy()
    values[early & ~dry, 8] = np.nan  # a row of pixels whose history knows the dry season alone
    made = run(settings(), Stack(seen.span, DATES, {"ndvi": values}, seen.clear, seen.inside))
    usual, odd = (later("2022", made)[y, 0] for y in (7, 8))
    assert usual == 2**12 - 1
    assert odd & 0b1 == 0, "January was never seen before"
    assert odd & 0b1000000, "July was"
    last = later("2023", made)[7, 0]
    assert not last & 1 << 11, "of the last month's looks none has enough after it"
    assert last & 1 << 8


def test_land_that_was_last_seen_years_before_the_end_is_not_called_stable() -> None:
    seen = stack()
    values = seen.values["ndvi"].copy()
    values[[day >= date(2021, 3, 1) for day in DATES], 8] = np.nan
    made = run(settings(), Stack(seen.span, DATES, {"ndvi": values}, seen.clear, seen.inside))
    assert (made.layers["disturbance_kind"][0, 8] == UNSEEN).all()
    assert np.isnan(made.layers["disturbance"][0, 8]).all()
    assert (later("2020", made)[8] > 0).all(), "what was judged then stays judged"


def test_a_field_that_regrew_and_a_mine_after_it_count_each_with_its_own_kind() -> None:
    seen = stack()
    values = seen.values["ndvi"].copy()
    field = [date(2020, 4, 1) <= day < date(2021, 1, 1) for day in DATES]
    mine = [day >= date(2022, 6, 1) for day in DATES]
    for when in (field, mine):
        values[when, 7:11, 5:9] -= np.float32(0.4)
    values[:, 2:6, 3:7] = seen.values["ndvi"][:, 2:6, :4]
    made = run(settings(), Stack(seen.span, DATES, {"ndvi": values}, seen.clear, seen.inside))
    block = np.s_[7:11, 5:9]
    kind = made.layers["disturbance_kind"][0][block]
    assert (kind == RECOVERING).mean() > 0.9
    first, second = (made.codes[f"disturbance_break_{n}"][block] for n in (1, 2))
    sorts = [np.where(code < 0, -1, code // 9 % 5) for code in (first, second)]
    assert (sorts[0] == 2).mean() > 0.9, "recovering"
    assert (sorts[1] == 3).mean() > 0.9, "abrupt, and not followed for 24 months"


def test_the_mapping_unit_in_pixels() -> None:
    assert least_px(0.2, 900.0) == 3
    assert least_px(0.09, 900.0) == 1
    assert least_px(5.0, 62_500.0) == 1
