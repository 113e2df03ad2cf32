"""Every shipped profile reads an item of its sensor's shape: bands, numbers, plane and time.

The items are written here, of the traits that catalogs' items have; none is copied.
"""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover import sensors
from landcover.catalog import search
from landcover.catalog.endpoints import ENDPOINTS
from landcover.catalog.items import has_any_band, to_scene
from landcover.catalog.scenes import Listed
from landcover.catalog.settings import Source
from landcover.errors import SceneError
from landcover.model import Period, Scene

SINUSOIDAL = (
    'PROJCS["unnamed",GEOGCS["Unknown datum based upon the custom spheroid",'
    'DATUM["Not specified (based on custom spheroid)",SPHEROID["Custom spheroid",6371007.181,0]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Sinusoidal"],'
    'PARAMETER["longitude_of_center",0],PARAMETER["false_easting",0],'
    'PARAMETER["false_northing",0],UNIT["Meter",1]]'
)
"""The sinusoidal plane as the Planetary Computer's items write it: no EPSG code."""

UTM = {"proj:epsg": 32735, "proj:shape": [100, 100], "proj:transform": [30, 0, 5e5, 0, -30, 9.8e6]}
LONLAT = {"proj:epsg": 4326, "proj:shape": [50, 60], "proj:transform": [0.05, 0, 28, 0, -0.05, 1]}
SPAN = {"datetime": None, "start_datetime": "2021-01-01T00:00:00Z"}
LANDSAT = {"data_type": "uint16", "scale": 2.75e-05, "offset": -0.2, "nodata": 0}


def item(name: str, assets: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """Write an item; an asset is its declared numbers, None where it declares none."""
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "c",
        "bbox": [28.0, -2.0, 29.0, -1.0],
        "geometry": None,
        "properties": {"datetime": "2021-03-04T08:00:00Z", **properties},
        "links": [],
        "assets": {
            key: {
                "href": f"https://data.example/{name}/{key}.tif",
                "type": "image/tiff; application=geotiff",
                **({"raster:bands": [numbers]} if numbers else {}),
            }
            for key, numbers in assets.items()
        },
    }


def modis(code: str, size: str, name: str = "MOD", **more: Any) -> dict[str, Any]:
    """Write a composite as the Planetary Computer does: hardly any nodata, an empty platform."""
    scaled = {"data_type": "int16", "scale": 0.0001}
    layers = {"NDVI": scaled, "EVI": scaled, "red_reflectance": scaled}
    layers["composite_day_of_the_year"] = {"data_type": "int16"}
    layers["pixel_reliability"] = {"data_type": "int8"}
    layers["VI_Quality"] = {"data_type": "uint16"}
    plane = {
        "proj:epsg": None, "proj:wkt2": SINUSOIDAL, "proj:shape": [4800, 4800],
        "proj:transform": [231.65635826, 0, 2223901.04, 0, -231.65635826, 0],
    }  # fmt: skip
    times = {"datetime": None, "start_datetime": "2021-12-19T00:00:00Z", "platform": ""}
    return item(
        f"{name}{code}.A2021353.h20v09.061.2022005",
        {f"{size}_16_days_{key}": numbers for key, numbers in layers.items()},
        **{**plane, **times, **more},
    )


def radar(orbit: int = 51, state: str = "descending") -> dict[str, Any]:
    """Write a radar scene as the Planetary Computer does: times with a space."""
    numbers = {"data_type": "float32", "nodata": -32768}
    return item(
        f"S1A_IW_GRDH_{orbit}_rtc", {"vv": numbers, "vh": numbers}, **UTM,
        **{"platform": "SENTINEL-1A", "sat:relative_orbit": orbit, "sat:orbit_state": state,
           "datetime": None, "start_datetime": "2021-03-04 04:59:04.220006+00:00"},
    )  # fmt: skip


ITEMS = {
    "modis-13q1": modis("13Q1", "250m"),
    "modis-13a1": modis("13A1", "500m"),
    "modis-13a2": modis("13A2", "1_km"),
    "landsat-c2-l2": item(
        "LC09_L2SP_173062_20210304_02_T1",
        {
            "red": LANDSAT,
            "nir08": LANDSAT,
            "qa_pixel": {"data_type": "uint16", "nodata": 1},
            "lwir11": {"data_type": "uint16", "scale": 0.00341802, "offset": 149.0, "nodata": 0},
        },
        platform="landsat-9",
        **UTM,
    ),
    "sentinel-1-rtc": radar(),
    "sentinel-1-rtc-africa": item(
        "uuid-0",
        dict.fromkeys(("vv", "vh", "angle", "area", "mask")),
        platform="sentinel-1a",
        **{"sat:relative_orbit": 51, "sat:orbit_state": "descending", **LONLAT},
    ),
    "esa-worldcover": item("ESA_2021", {"map": {"data_type": "uint8", "nodata": 0}}, **LONLAT)
    | {"properties": {**LONLAT, **SPAN}},
    "io-lulc-annual": item("35N-2023", {"data": {"nodata": 0}}, **{**UTM, **SPAN}),
    "cci-landcover": item("uuid-1", {"classification": None}, **LONLAT),
    "cgls-landcover": item("uuid-2", {"classification": None}, **LONLAT),
    "cop-dem-glo-30": item("DEM_S02_E028", {"data": None}, **LONLAT),
    "chirps-monthly": item("uuid-3", {"rainfall": None}, **LONLAT),
}


def africa(platform: str, keys: str, **more: Any) -> dict[str, Any]:
    """Write an item of Digital Earth Africa: a UUID, its own keys, nothing declared."""
    return item("9e7a4c1e-0000-4000-8000-000000000000", dict.fromkeys(keys.split()),
                platform=platform, **{**UTM, **more})  # fmt: skip


def read(name: str, bands: set[str], found: dict[str, Any] | None = None) -> Scene:
    """Read an item of a sensor as a scene."""
    listed = Listed(found or ITEMS[name], "https://data.example/item.json")
    scene, _ = to_scene(listed, name, sensors.load(name), bands, ())
    return scene


def test_every_shipped_profile_has_an_item_here() -> None:
    elsewhere = {"sentinel-2-l2a", "sentinel-1-grd"}  # test_items; refused, see test_order
    assert set(ITEMS) | elsewhere == set(sensors.shipped())


@pytest.mark.parametrize("name", ["modis-13q1", "modis-13a1", "modis-13a2"])
def test_modis_gets_the_fills_that_its_items_do_not_declare(name: str) -> None:
    bands = {"ndvi", "evi", "red", "composite_day", "pixel_reliability", "vi_quality"}
    scene = read(name, bands)
    told = {k: (a.dtype, a.nodata, a.scale, a.offset) for k, a in scene.assets.items()}
    assert told == {
        "ndvi": ("int16", -3000, 0.0001, 0),
        "evi": ("int16", -3000, 0.0001, 0),
        "red": ("int16", -1000, 0.0001, 0),
        "composite_day": ("int16", -1, 1, 0),
        "pixel_reliability": ("int8", -1, 1, 0),
        "vi_quality": ("uint16", 65535, 1, 0),
    }
    assert scene.solar_day == date(2021, 12, 19)  # the composite's first day, never shifted
    assert "Sinusoidal" in scene.crs
    assert scene.assets["ndvi"].shape == (4800, 4800)


def test_terra_and_aqua_are_told_apart_by_their_ids() -> None:
    profile = sensors.load("modis-13q1")
    aqua = modis("13Q1", "250m", "MYD")
    assert read("modis-13q1", {"ndvi"}).platform == "terra"
    assert read("modis-13q1", {"ndvi"}, aqua).platform == "aqua"
    assert has_any_band(aqua, profile)
    assert not has_any_band(modis("09Q1", "250m"), profile)


def test_landsat_s_numbers() -> None:
    scene = read("landsat-c2-l2", {"red", "nir", "temperature", "qa_pixel"})
    assert scene.assets["nir"].key == "nir08"
    assert (scene.assets["red"].scale, scene.assets["red"].offset) == (2.75e-05, -0.2)
    hot = scene.assets["temperature"]
    assert (hot.scale, hot.offset, hot.nodata) == (0.00341802, 149.0, 0)
    assert (scene.assets["qa_pixel"].nodata, scene.platform) == (1, "landsat-9")


def test_landsat_of_a_catalog_that_declares_nothing_gets_the_profile_s_numbers() -> None:
    bare = item("LC08_L2SP_SR", {"red": None, "nir08": None, "qa_pixel": None}, **UTM)
    scene = read("landsat-c2-l2", {"red", "nir", "qa_pixel"}, bare)
    red = scene.assets["red"]
    assert (red.scale, red.offset, red.nodata, red.dtype) == (2.75e-05, -0.2, 0, "uint16")


def test_radar_is_float_power_of_a_known_orbit() -> None:
    scene = read("sentinel-1-rtc", {"vv", "vh"})
    asset = scene.assets["vv"]
    assert (asset.dtype, asset.nodata, asset.scale, asset.offset) == ("float32", -32768, 1, 0)
    assert (scene.orbit, scene.time.hour) == ("51 descending", 4)


def test_a_radar_scene_of_an_unknown_orbit_is_refused() -> None:
    """Its angle is not known: 4 to 5 dB between two orbits would be taken for a change."""
    lost = radar()
    del lost["properties"]["sat:relative_orbit"]
    with pytest.raises(SceneError, match="does not tell its relative orbit"):
        read("sentinel-1-rtc", {"vv"}, lost)


def test_radar_of_digital_earth_africa_has_its_shadows_masked() -> None:
    scene = read("sentinel-1-rtc-africa", {"vv", "mask"})
    asset, mask = scene.assets["vv"], scene.assets["mask"]
    assert asset.nodata is not None
    assert math.isnan(asset.nodata)
    assert (asset.dtype, asset.scale, mask.dtype, mask.nodata) == ("float32", 1, "uint8", 0)
    rule = sensors.load("sentinel-1-rtc-africa").mask
    assert rule is not None
    assert (rule.clear, rule.nodata) == (frozenset({1}), 0)


@pytest.mark.parametrize(
    ("platform", "red", "nir"),
    [("landsat-5", "SR_B3", "SR_B4"), ("landsat-7", "SR_B3", "SR_B4"),
     ("landsat-8", "SR_B4", "SR_B5"), ("LANDSAT_9", "SR_B4", "SR_B5")],
)  # fmt: skip
def test_landsat_s_band_numbers_mean_what_the_platform_says(
    platform: str, red: str, nir: str
) -> None:
    found = africa(platform, "SR_B1 SR_B2 SR_B3 SR_B4 SR_B5 SR_B7 QA_PIXEL QA_RADSAT")
    scene = read("landsat-c2-l2", {"red", "nir", "qa_pixel"}, found)
    assert (scene.assets["red"].key, scene.assets["nir"].key) == (red, nir)
    one = scene.assets["red"]
    assert (one.dtype, one.nodata, one.scale, one.offset) == ("uint16", 0, 2.75e-05, -0.2)
    assert scene.assets["qa_pixel"].nodata == 1
    assert has_any_band(found, sensors.load("landsat-c2-l2"))


def test_band_numbers_of_an_unknown_platform_are_not_guessed() -> None:
    found = africa("", "SR_B3 SR_B4 QA_PIXEL")
    with pytest.raises(SceneError, match="no asset for band 'red'"):
        read("landsat-c2-l2", {"red"}, found)


@pytest.mark.parametrize(
    ("baseline", "doubtful"), [("02.09", False), ("03.01", False), ("05.09", True)]
)
def test_digital_earth_africa_s_sentinel_2_declares_nothing(baseline: str, doubtful: bool) -> None:
    """Copies of Element 84's COGs, of which most are shifted: newer ones are for the pixels."""
    found = africa("sentinel-2a", "B02 B04 B08 SCL", **{"sentinel:processing_baseline": baseline})
    found["collection"] = "s2_l2a"
    for key, asset in found["assets"].items():
        bucket = "https://deafrica-sentinel-2.s3.af-south-1.amazonaws.com"
        asset["href"] = f"{bucket}/sentinel-s2-l2a-cogs/35/N/NA/2021/3/S2A_35NNA/{key}.tif"
    listed = Listed(found, "https://explorer.digitalearth.africa/stac/collections/s2_l2a/items/a")
    scene, reliable = to_scene(
        listed, "s", sensors.load("sentinel-2-l2a"), {"red", "nir", "scl"}, ()
    )
    red, scl = scene.assets["red"], scene.assets["scl"]
    assert (red.dtype, red.nodata, red.scale, red.offset) == ("uint16", 0, 1e-4, 0)
    assert (scl.dtype, scl.nodata, scl.key) == ("uint8", 0, "SCL")
    assert scene.doubtful == doubtful
    assert reliable != doubtful


def test_every_collection_of_an_endpoint_has_a_profile() -> None:
    named = {name for one in ENDPOINTS for name in one.collections}
    assert named <= set(sensors.shipped())


@pytest.mark.parametrize(
    ("name", "band", "numbers"),
    [
        ("esa-worldcover", "map", ("uint8", 0)),
        ("io-lulc-annual", "map", ("uint8", 0)),
        ("cci-landcover", "map", ("uint8", 0)),
        ("cgls-landcover", "map", ("uint8", 255)),
        ("cop-dem-glo-30", "elevation", ("float32", None)),
        ("chirps-monthly", "rainfall", ("float32", -9999)),
    ],
)
def test_class_and_support_layers(name: str, band: str, numbers: tuple[str, float]) -> None:
    scene = read(name, {band})
    asset = scene.assets[band]
    assert (asset.dtype, asset.nodata, asset.scale, asset.offset) == (*numbers, 1, 0)


@pytest.mark.parametrize(
    ("keys", "used"), [({}, 3), ({"platform": "Aqua"}, 1), ({"platform": "landsat-9"}, 0)]
)
def test_a_source_may_take_one_platform(collection_file: Any, keys: Any, used: int) -> None:
    again = modis("13Q1", "250m", start_datetime="2021-12-03T00:00:00Z")
    again["id"] = again["id"].replace("353", "337")
    path = collection_file([ITEMS["modis-13q1"], again, modis("13Q1", "250m", "MYD")])
    assert found_in(path, "modis-13q1", {"ndvi"}, keys) == used


@pytest.mark.parametrize(("keys", "used"), [({}, 2), ({"orbit": 51}, 1), ({"orbit": 7}, 0)])
def test_a_source_may_take_one_orbit(collection_file: Any, keys: Any, used: int) -> None:
    path = collection_file([radar(), radar(22, "ascending")])
    assert found_in(path, "sentinel-1-rtc", {"vv"}, keys) == used


def found_in(path: Path, name: str, bands: set[str], keys: Any) -> int:
    """Return how many scenes a search finds."""
    from shapely import box

    from landcover.errors import NoScenesError

    source = Source(sensor=name, catalog=str(path), **keys)
    one = {source.name: sensors.load(name)}
    year = Period(date(2021, 1, 1), date(2022, 1, 1))
    try:
        found = search([source], one, {source.name: frozenset(bands)}, year, box(28, -2, 29, -1))
    except NoScenesError:
        return 0
    return len(found.scenes)
