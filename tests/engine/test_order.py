"""Settings turned into works, series, rules and bands; what rasters tell of how they were read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover.engine.order import check_orbits
from landcover.errors import PlanError
from landcover.kernels.sums import Bins
from landcover.model import Period
from landcover.sensors import shipped

TWO = ({"name": "first"}, {"name": "second", "catalog": "/d.json"})


def test_bands_are_those_of_the_indices_and_the_mask(build: Any) -> None:
    order = build.order({"composite": {"index": ["ndvi", "nbr"]}, "pictures": {}})
    assert order.bands() == {
        "sentinel-2-l2a": frozenset({"red", "nir", "swir22", "green", "blue", "scl"})
    }


def test_two_catalogs_of_one_sensor_are_pooled_in_order_of_preference(build: Any) -> None:
    order = build.order(sources=TWO)
    assert order.works[0].pool == ("first", "second")
    assert order.bands()["first"] == order.bands()["second"] == {"red", "nir", "scl"}
    assert [item.pool for item in order.series] == [("first", "second")]


def test_a_named_source_is_used_alone_and_the_other_is_not_searched(build: Any) -> None:
    order = build.order({"composite": {"source": "second"}}, TWO)
    assert order.works[0].pool == ("second",)
    assert order.bands() == {"first": frozenset(), "second": {"red", "nir", "scl"}}


def test_a_sensor_s_name_means_all_its_catalogs(build: Any) -> None:
    order = build.order({"composite": {"source": "sentinel-2-l2a"}}, TWO)
    assert order.works[0].pool == ("first", "second")


def test_an_unknown_source_is_refused(build: Any) -> None:
    with pytest.raises(PlanError, match=r"no source is called 'third'. There are first, second"):
        build.order({"composite": {"source": "third"}}, TWO)


def test_sensors_are_never_pooled(build: Any, tmp_path: Path) -> None:
    profile = own_profile(tmp_path)
    order = build.order(sources=({"name": "first"}, {"name": "other", "sensor": str(profile)}))
    assert order.works[0].pool == ("first",)
    assert order.bands()["other"] == frozenset()
    both = build.order(
        {"composite": {"source": "other"}},
        ({"name": "first"}, {"name": "other", "sensor": str(profile)}),
    )
    assert both.works[0].pool == ("other",)


def own_profile(folder: Path) -> Path:
    """Write a profile of one's own: the shipped one under another name."""
    import landcover.sensors as room

    name = "sentinel-2-l2a"
    assert name in shipped()
    text = (Path(room.__file__).parent / "profiles" / f"{name}.yaml").read_text("utf-8")
    path = folder / "mine.yaml"
    path.write_text(text.replace(f"name: {name}", "name: my-camera", 1), "utf-8")
    return path


def test_tables_and_tags_name_a_sensor_by_its_profile_not_by_its_path(
    build: Any, tmp_path: Path
) -> None:
    order = build.order(sources=({"sensor": str(own_profile(tmp_path)), "name": "mine"},))
    assert [item.sensor for item in order.series] == ["my-camera"]
    for layer in order.layers():
        assert layer.tags["SENSOR"] == "my-camera"
        assert str(tmp_path) not in str(layer.tags)


def test_series_are_those_of_the_products_once_and_without_pictures(build: Any) -> None:
    order = build.order({"composite": {"index": ["ndvi", "red"]}, "pictures": {}})
    assert [(item.number, item.index) for item in order.series] == [(0, "ndvi"), (1, "red")]
    assert order.series[0].bins == Bins(-1.0, 1.0)
    assert order.series[1].bins == Bins(0.0, 1.6)
    assert order.series[0].spans == ()


def test_a_series_may_have_indices_and_a_rhythm_of_its_own(build: Any) -> None:
    period = Period(date(2020, 11, 10), date(2021, 2, 1))
    order = build.order(series={"every": "month", "index": ["nbr"]}, period=period)
    (item,) = order.series
    assert item.index == "nbr"
    assert [span.name for span in item.spans] == ["2020-11", "2020-12", "2021-01"]
    assert "swir22" in order.bands()["sentinel-2-l2a"]


def test_clear_classes_replace_the_profile_s_and_what_is_clear_does_not_grow(build: Any) -> None:
    usual = build.order().rules["sentinel-2-l2a"]
    assert usual.clear == build.sensor.mask.clear
    assert usual.grown == build.sensor.mask.grown - usual.clear
    own = build.order(sources=({"clear_classes": [4, 8], "cloud_grown_m": 0},))
    rule = own.rules["sentinel-2-l2a"]
    assert rule.clear == {4, 8}
    assert 8 in usual.grown
    assert 8 not in rule.grown
    assert rule.grown_m == 0.0


def test_a_band_that_the_sensor_lacks_is_refused(build: Any) -> None:
    with pytest.raises(PlanError, match=r"source sentinel-2-l2a: .* has no band vv"):
        build.order({"composite": {"index": ["vv"]}})


def test_no_products_are_refused(build: Any) -> None:
    with pytest.raises(PlanError, match="products: the job asks for none"):
        build.order({})


def test_every_raster_says_from_what_it_was_taken_and_what_was_clear(build: Any) -> None:
    order = build.order(
        {"composite": {}, "pictures": {}},
        ({"name": "a", "clear_classes": [5, 4], "cloud_grown_m": 120},
         {"name": "b", "clear_classes": [4, 5], "cloud_grown_m": 0}),
    )  # fmt: skip
    for layer in order.layers():
        assert layer.tags["SOURCES"] == "a, b"
        assert layer.tags["SENSOR"] == "sentinel-2-l2a"
        assert layer.tags["CLEAR_CLASSES"] == "4 5"
        assert layer.tags["CLOUD_GROWN_M"] == "a: 120; b: 0"
        assert layer.tags["RESAMPLING"] == "nearest"
        assert layer.tags["PRODUCT"] == layer.product


def test_a_band_that_files_hold_is_not_computed(build: Any) -> None:
    order = build.order(sources=({"sensor": "modis-13q1", "name": "modis"},))
    wanted = {"ndvi", "pixel_reliability", "composite_day"}
    assert order.bands() == {"modis": wanted}
    assert order.series[0].bins == Bins(-1.0, 1.0)
    (layer,) = [one for one in order.layers() if one.name.startswith("ndvi")]
    assert (layer.units, layer.valid_range) == (("1",), (-0.2, 1.0))
    assert "as its files hold it" in layer.tags["FORMULA"]


def test_temperature_has_a_unit_and_a_range_of_its_own(build: Any) -> None:
    order = build.order(
        {"composite": {"index": ["temperature"], "statistic": ["mean", "count"]}},
        ({"sensor": "landsat-c2-l2", "name": "landsat"},),
    )
    layer = order.layers()[0]
    assert (layer.units, layer.valid_range) == (("kelvin", "days"), (150.0, 359.01))
    assert "shadow (bit 4): 0" in layer.tags["CLEAR_BITS"]
    bins = order.series[0].bins
    assert (bins.low, bins.high, bins.size) == (150.0, 359.01, 10_000)


def test_radar_is_shown_in_decibels(build: Any) -> None:
    order = build.order(
        {"composite": {"index": ["vv"]}}, ({"sensor": "sentinel-1-rtc", "name": "radar"},)
    )
    assert order.series[0].decibel
    assert order.layers()[0].units == ("dB",)
    assert order.series[0].bins.size < 65_535  # bins are numbered in 16 bits


def test_radar_scenes_of_several_orbits_are_never_mixed(build: Any) -> None:
    two = (
        {"sensor": "sentinel-1-rtc", "name": "east", "orbit": 51},
        {"sensor": "sentinel-1-rtc", "name": "west", "orbit": 22},
    )
    scenes = [
        replace(build.scene(date(2020, 1, 1)), source="east", orbit="51 descending"),
        replace(build.scene(date(2020, 1, 2)), source="west", orbit="22 ascending"),
    ]
    mixed = build.order({"composite": {"index": ["vv"]}}, two)
    expected = r"2 relative orbits \(22 ascending: 1, 51 descending: 1\), which are not comparable"
    with pytest.raises(PlanError, match=expected):
        check_orbits(mixed, scenes)
    apart = build.order({"composite": {"index": ["vv"], "source": "west"}}, two)
    check_orbits(apart, scenes)


def test_raw_ground_range_radar_is_refused_with_the_reason(build: Any) -> None:
    with pytest.raises(PlanError, match=r"raw GRD is uncalibrated .* Use sentinel-1-rtc"):
        build.order(
            {"composite": {"index": ["vv"]}}, ({"sensor": "sentinel-1-grd", "name": "raw"},)
        )
