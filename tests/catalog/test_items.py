"""An item into a scene: bands, planes, numbers, days; and what is refused with which reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from affine import Affine

from landcover.catalog.items import has_any_band, item_time, solar_day, to_scene
from landcover.catalog.scenes import Listed
from landcover.errors import SceneError
from landcover.model import Asset, Scene, Sensor

Item = dict[str, Any]
Make = Callable[..., Item]
PLACE = "https://stac.example/items/a.json"
WANTED = ("red", "nir", "scl")


def scene_of(item: Item, sensor: Sensor, bands: tuple[str, ...] = WANTED) -> Scene:
    return to_scene(Listed(item, PLACE), "s2", sensor, bands, ())[0]


def test_an_item_becomes_a_scene(item: Make, sentinel2: Sensor) -> None:
    scene = scene_of(item(), sentinel2)
    assert scene.id == "S2A_35NNA_20240110_0_L2A"
    assert scene.time == datetime(2024, 1, 10, 8, 20, 0, 123000, tzinfo=UTC)
    assert scene.solar_day == date(2024, 1, 10)
    assert scene.crs == "EPSG:32635"
    assert scene.footprint == (27.0, 0.5, 28.0, 1.5)
    assert (scene.platform, scene.grid_code, scene.baseline) == (
        "sentinel-2a",
        "MGRS-35NNA",
        "05.10",
    )
    assert scene.generated == datetime(2024, 1, 10, 12, tzinfo=UTC)
    assert scene.cloud_percent == 12.5
    assert scene.reason == "offset as declared: Collection 1 pixels are not shifted"
    assert scene.item_href == PLACE
    assert set(scene.assets) == set(WANTED)
    assert scene.assets["red"] == Asset(
        band="red",
        href="https://data.example/S2A_35NNA_20240110_0_L2A/B04.tif",
        transform=Affine(10, 0, 499980, 0, -10, 200040),
        shape=(10980, 10980),
        dtype="uint16",
        nodata=0,
        scale=0.0001,
        offset=-0.1,
        clip=(0.0, 3.2767),
        key="red",
    )
    assert (scene.assets["scl"].dtype, scene.assets["scl"].shape) == ("uint8", (5490, 5490))


def test_bands_are_found_by_other_names(item: Make, sentinel2: Sensor) -> None:
    made = item()
    assets = made["assets"]
    assets["B04"] = assets.pop("red")
    assets["B08_10m"] = assets.pop("nir")
    assets["classes"] = {**assets.pop("scl"), "eo:bands": [{"name": "SCL"}]}
    scene = scene_of(made, sentinel2)
    assert {band: asset.key for band, asset in scene.assets.items()} == {
        "red": "B04",
        "nir": "B08_10m",
        "scl": "classes",
    }


def with_jp2(item: Item) -> Item:
    """Let an item have its red band as JPEG 2000 alone."""
    red = item["assets"].pop("red")
    item["assets"]["red-jp2"] = {**red, "type": "image/jp2", "eo:bands": [{"common_name": "red"}]}
    return item


def test_jpeg_2000_is_read_where_profile_and_endpoint_say_so(item: Make, sentinel2: Sensor) -> None:
    assets = scene_of(with_jp2(item()), sentinel2).assets
    assert {name: asset.driver for name, asset in assets.items()} == {
        "red": "JP2OpenJPEG", "nir": "GTiff", "scl": "GTiff",
    }  # fmt: skip
    refused = "no asset for band 'red' that can be read by GTiff"
    with pytest.raises(SceneError, match=refused):
        scene_of(with_jp2(item()), replace(sentinel2, jp2=False))
    earth_search = "https://earth-search.aws.element84.com/v1/collections/a/items/b"
    with pytest.raises(SceneError, match=refused):
        to_scene(Listed(with_jp2(item()), earth_search), "s2", sentinel2, ("red",), ())


def test_a_cog_goes_before_the_jpeg_2000_of_the_same_band(item: Make, sentinel2: Sensor) -> None:
    made = item()
    made["assets"] = {"B04_10m": {**made["assets"]["red"], "type": "image/jp2"}, **made["assets"]}
    assert scene_of(made, sentinel2).assets["red"].driver == "GTiff"


def test_a_picture_is_not_a_band(item: Make, sentinel2: Sensor) -> None:
    made = item()
    made["assets"]["red"]["type"] = "image/png"
    with pytest.raises(SceneError, match=r"^red: no asset for band 'red'"):
        scene_of(made, sentinel2)


@pytest.mark.parametrize(
    "fields",
    [
        {"proj:epsg": 32635},
        {"proj:code": "EPSG:32635"},
        {"proj:epsg": None, "proj:code": "EPSG:32635"},
    ],
)
def test_the_crs_is_found_on_the_item_or_the_asset(
    item: Make, sentinel2: Sensor, fields: Item
) -> None:
    made = item()
    del made["properties"]["proj:epsg"]
    for asset in made["assets"].values():
        asset |= fields
    assert scene_of(made, sentinel2).crs == "EPSG:32635"
    made = item()
    del made["properties"]["proj:epsg"]
    made["properties"] |= fields
    assert scene_of(made, sentinel2).crs == "EPSG:32635"


def test_a_crs_without_a_code_stays_wkt(item: Make, sentinel2: Sensor) -> None:
    from pyproj import CRS

    sinusoidal = CRS("+proj=sinu +R=6371007.181 +units=m")
    for field, value in (
        ("proj:wkt2", sinusoidal.to_wkt()),
        ("proj:projjson", sinusoidal.to_json_dict()),
    ):
        made = item(**{"proj:epsg": None, field: value})
        for asset in made["assets"].values():
            asset["proj:transform"] = [20, 0, 3_002_000, 0, -20, 166_800]  # 27 E, 1.5 N
        crs = scene_of(made, sentinel2).crs
        assert CRS(crs) == sinusoidal
        assert "[" in crs


def test_shape_and_transform_may_stand_on_the_item(item: Make, sentinel2: Sensor) -> None:
    made = item(**{"proj:shape": [52, 46], "proj:transform": [10, 0, 5e5, 0, -10, 1e5, 0, 0, 1]})
    for asset in made["assets"].values():
        asset.pop("proj:shape", None)
        asset.pop("proj:transform", None)
    red = scene_of(made, sentinel2).assets["red"]
    assert (red.shape, red.transform) == ((52, 46), Affine(10, 0, 5e5, 0, -10, 1e5))
    del made["properties"]["proj:transform"]
    made["properties"]["proj:bbox"] = [5e5, 99_480, 500_460, 1e5]
    assert scene_of(made, sentinel2).assets["red"].transform == Affine(10, 0, 5e5, 0, -10, 1e5)


def test_stac_11_declarations_are_read(item: Make, sentinel2: Sensor) -> None:
    made = item()
    red = made["assets"]["red"]
    del red["raster:bands"]
    red |= {"nodata": 7, "data_type": "int16", "raster:scale": 2e-4, "raster:offset": -0.2}
    asset = scene_of(made, sentinel2).assets["red"]
    assert (asset.nodata, asset.dtype, asset.scale, asset.offset) == (7, "int16", 2e-4, -0.2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda i: i["assets"].pop("nir"), "no asset for band 'nir'"),
        (lambda i: i["properties"].pop("proj:epsg"), "no projection fields: CRS is missing"),
        (lambda i: i["assets"]["red"].pop("proj:shape"), "no projection fields: proj:shape"),
        (lambda i: i["assets"]["red"].pop("proj:transform"), "no projection fields: proj:transf"),
        (lambda i: i["properties"].update({"proj:epsg": 99999999}), "unknown CRS"),
        (lambda i: i["assets"]["red"].update({"proj:shape": [0, 5]}), "is not believable"),
        (lambda i: i["assets"]["red"].update({"proj:shape": [10**9, 5]}), "is not believable"),
        (lambda i: i["assets"]["red"].update({"proj:shape": "x"}), "is not [rows, columns]"),
        (lambda i: i["assets"]["red"].update({"proj:transform": [1, 2]}), "not 6 or 9 numbers"),
        (
            lambda i: i["assets"]["red"].update({"proj:transform": [10, 1, 0, 0, -10, 0]}),
            "rotated or mirrored",
        ),
        (
            lambda i: i["assets"]["red"].update({"proj:transform": ["x"] * 6}),
            "not 6 or 9 numbers",
        ),
        (lambda i: i["assets"]["red"].update({"proj:epsg": 32735}), "2 coordinate systems"),
        (lambda i: i.update(id="../../evil"), "not safe in a file name"),
        (lambda i: i["assets"]["red"].update(href="file:///etc/passwd"), "neither an https"),
        (lambda i: i["assets"]["red"].pop("href"), "is not text"),
        (lambda i: i["properties"].update(datetime="soon"), "no time"),
        (lambda i: i["properties"].update(datetime="0001-01-01T00:00:00+05:00"), "no time"),
        (lambda i: i.update(bbox=None, geometry=None), "no geometry"),
        (lambda i: i.update(bbox=["a", 1, 2, 3]), "not numbers"),
        (lambda i: i.update(bbox=[500000, 0, 600000, 1]), "not in degrees"),
    ],
)
def test_what_cannot_be_used_says_why(
    item: Make, sentinel2: Sensor, change: Callable[[Item], Any], reason: str
) -> None:
    made = item()
    change(made)
    with pytest.raises(SceneError) as caught:
        scene_of(made, sentinel2)
    assert reason in caught.value.what


@pytest.mark.parametrize(
    ("text", "longitude", "day"),
    [
        ("2024-01-10T08:20:00Z", 28.0, date(2024, 1, 10)),
        ("2024-01-10T22:30:00Z", 28.0, date(2024, 1, 11)),  # 22:30 + 1 h 52 min
        ("2024-01-10T02:00:00Z", -60.0, date(2024, 1, 9)),  # 02:00 - 4 h
        ("2024-01-10T23:00:00+02:00", 28.0, date(2024, 1, 10)),
        ("2019-01-27T00:00:00Z", -4.87, date(2019, 1, 27)),  # the source keeps the day only
    ],
)
def test_the_solar_day_is_that_of_the_place(text: str, longitude: float, day: date) -> None:
    time = item_time({"properties": {"datetime": text}})
    assert solar_day(time, (longitude - 0.5, 0, longitude + 0.5, 1)) == day


def test_a_null_datetime_means_the_start() -> None:
    times = {"datetime": None, "start_datetime": "2024-04-19 04:59:04.220006+00:00"}
    assert item_time({"properties": times}) == datetime(2024, 4, 19, 4, 59, 4, 220006, tzinfo=UTC)


def test_another_sensors_item_is_told_from_one_without_assets(
    item: Make, sentinel2: Sensor
) -> None:
    radar, empty = item(), item()
    radar["assets"] = {"vv": {"href": "x.tif"}}
    empty["assets"] = {}
    assert has_any_band(item(), sentinel2)
    assert not has_any_band(radar, sentinel2)
    assert has_any_band(empty, sentinel2)


@pytest.mark.parametrize("folder", ["sentinel-2-c1-l2a", "sentinel-2-l2a"])
def test_recorded_earth_search_items_become_scenes(
    shared: Path, sentinel2: Sensor, folder: str
) -> None:
    paths = sorted((shared / "stac/items/earth-search-v1" / folder).glob("*.json"))
    documents = [json.loads(path.read_text("utf-8")) for path in paths]
    items = [item for d in documents for item in d.get("features", [d])]
    for item in items:
        bands = tuple(band for band in sentinel2.bands if band in item["assets"])
        assert len(bands) == 13, item["id"]
        scene = scene_of(item, sentinel2, bands)
        expected = item["properties"].get("proj:code") or f"EPSG:{item['properties']['proj:epsg']}"
        assert scene.crs == expected
        assert scene.grid_code.startswith("MGRS-")
        assert scene.cloud_percent == item["properties"]["eo:cloud_cover"]
        assert {a.shape for a in scene.assets.values()} == {(10980,) * 2, (5490,) * 2, (1830,) * 2}
        assert all(a.key == band for band, a in scene.assets.items())
        assert scene.item_href == item["links"][0]["href"]


@pytest.mark.parametrize("code", [32634, 32636, 32735, 4326])
def test_a_wrong_zone_is_refused(item: Make, sentinel2: Sensor, code: int) -> None:
    """Its own outline gives it away; nobody asks the files for their coordinate system."""
    made = item()
    made["properties"]["proj:epsg"] = code
    with pytest.raises(SceneError, match="its pixels lie elsewhere than its outline"):
        scene_of(made, sentinel2)


def test_an_outline_of_a_swath_s_corner_is_enough(item: Make, sentinel2: Sensor) -> None:
    made = item()
    made["bbox"] = [27.95, 1.75, 27.98, 1.8]
    made["geometry"] = None
    assert scene_of(made, sentinel2).crs == "EPSG:32635"
