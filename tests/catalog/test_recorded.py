"""Every recorded item of every endpoint: the scene that a shipped profile makes of it, or why not.

What is expected is taken from the items' raw JSON and from what is known of each endpoint's pixels,
never from the rules under test. Items are read as they were recorded, from where they were.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from landcover import sensors
from landcover.catalog.endpoints import verdict
from landcover.catalog.items import has_any_band, to_scene
from landcover.catalog.scenes import Listed
from landcover.errors import SceneError
from landcover.model import Asset, Scene, Sensor

Item = dict[str, Any]
ELSEWHERE = "https://stac.example/items/a.json"
PLACES = {
    "earth-search-v1": "https://earth-search.aws.element84.com/v1",
    "earth-search-v0": "https://earth-search.aws.element84.com/v0",
    "planetary-computer": "https://planetarycomputer.microsoft.com/api/stac/v1",
    "cdse": "https://stac.dataspace.copernicus.eu/v1",
    "digital-earth-africa": "https://explorer.digitalearth.africa/stac",
    "lpcloud": "https://cmr.earthdata.nasa.gov/stac/LPCLOUD",
    "usgs-landsatlook": "https://landsatlook.usgs.gov/stac-server",
}
"""Where each folder's items were recorded: it decides which hosts they may name."""

PROFILES = {
    "sentinel-2-c1-l2a": "sentinel-2-l2a",
    "sentinel-2-l2a": "sentinel-2-l2a",
    "s2_l2a_c1": "sentinel-2-l2a",
    "sentinel-s2-l2a-cogs": "sentinel-2-l2a",
    "sentinel2-l2a": "sentinel-2-l2a",
    "sentinel2-l2a-antimeridian": "sentinel-2-l2a",
    "landsat-c2-l2": "landsat",
    "landsat-c2l2-sr": "landsat",
    "landsat-c2l2-st": "landsat",
    "modis-13Q1-061": "modis-13q1",
    "modis-13A1-061": "modis-13a1",
    "sentinel-1-rtc": "sentinel-1",
    "sentinel-1-grd": "sentinel-1",
    "sentinel1-grd": "sentinel-1",
    "esa-worldcover": "(esa-)?worldcover",
    "io-lulc-annual-v02": "io-lulc",
    "cop-dem-glo-30": "cop(ernicus)?-dem",
}
"""How the names of profiles begin that could read a collection; others have none."""

VALUES = ("uint16", 0, 1e-4)
NUMBERS: dict[tuple[str, str], tuple[str, float | None, float, float]] = {
    ("landsat", "red"): ("uint16", 0, 2.75e-5, -0.2),
    ("landsat", "qa_pixel"): ("uint16", 1, 1, 0),
    ("modis-13q1", "250m_16_days_NDVI"): ("int16", -3000, 1e-4, 0),
    ("sentinel-1", "vv"): ("float32", -32768, 1, 0),
    ("sentinel-1", "vh"): ("float32", -32768, 1, 0),
    ("(esa-)?worldcover", "map"): ("uint8", 0, 1, 0),
    ("io-lulc", "data"): ("uint8", 0, 1, 0),
}
"""dtype, nodata, scale and offset of an asset, by family of profiles and the asset's key."""


@dataclass(frozen=True)
class Verdict:
    """What became of one item."""

    endpoint: str
    collection: str
    item: Item
    said: str
    scene: Scene | None = None


def recorded(shared: Path) -> Iterator[tuple[str, str, Item]]:
    """Yield every recorded item with its endpoint and collection."""
    root = shared / "stac/items"
    for path in sorted((*root.rglob("*.json"), *root.rglob("*.geojson"))):
        endpoint, folder = path.relative_to(root).parts[:2]
        if folder in ("_collections", "_landing"):
            continue
        document = json.loads(path.read_text("utf-8"))
        items = document if isinstance(document, list) else document.get("features", [document])
        for item in items:
            yield endpoint, item.get("collection") or folder, item


def family(collection: str) -> str:
    return PROFILES.get(collection, "(?!)")


def read(item: Item, sensor: Sensor, place: str) -> Scene | str:
    """Return the scene with all bands of the profile that the item has, or the reason."""
    if getattr(sensor, "refused", ""):
        return str(sensor.refused)
    if not has_any_band(item, sensor):
        return f"no asset that {sensor.name} could read ({sensor.driver})"
    listed = Listed(deepcopy(item), place)
    bands, reason = [], ""
    for band in sensor.bands:
        try:
            to_scene(listed, "s", sensor, (band,), ())
            bands.append(band)
        except SceneError as error:
            reason = reason or error.what
    if not bands:
        return reason
    return to_scene(listed, "s", sensor, bands, ())[0]


def judge(endpoint: str, collection: str, item: Item) -> Verdict:
    """Try every profile of the collection's family; the one that reads most bands counts."""
    place = PLACES.get(endpoint, ELSEWHERE)
    if refused := verdict(place):
        return Verdict(endpoint, collection, item, f"refused: {refused[0]}")
    names = [name for name in sensors.shipped() if re.match(family(collection), name)]
    if not names:
        return Verdict(endpoint, collection, item, "refused: no profile for it is shipped")
    tried = [read(item, sensors.load(name), place) for name in names]
    scenes = [one for one in tried if isinstance(one, Scene)]
    if scenes:
        best = max(scenes, key=lambda one: len(one.assets))
        return Verdict(endpoint, collection, item, f"scene ({best.sensor})", best)
    return Verdict(endpoint, collection, item, f"refused: {tried[0]}")


@lru_cache(maxsize=1)
def judged(shared: Path) -> list[Verdict]:
    return [judge(*one) for one in recorded(shared)]


@pytest.fixture
def verdicts(shared: Path) -> list[Verdict]:
    return judged(shared)


def test_the_table_of_endpoints_collections_and_verdicts(verdicts: list[Verdict]) -> None:
    rows = Counter((one.endpoint, one.collection, one.said) for one in verdicts)
    for (endpoint, collection, said), items in sorted(rows.items()):
        print(f"{endpoint:20} {collection:28} {items:3}  {said}")  # noqa: T201
    assert all(said not in ("", "refused: ") for _, _, said in rows)
    sentinel2 = {
        (one.endpoint, one.collection, one.said.partition(" ")[0].rstrip(":"))
        for one in verdicts
        if family(one.collection) == "sentinel-2-l2a"
    }
    # two items name nothing but ESA's JPEG 2000, in a bucket whose reader pays
    refused = {row[:2] for row in sentinel2 if row[2] == "refused"}
    assert refused == {("earth-search-v1", "sentinel-2-l2a")}
    assert {row[:2] for row in sentinel2 if row[2] == "scene"} == {
        ("cdse", "sentinel-2-l2a"),
        ("earth-search-v1", "sentinel-2-c1-l2a"),
        ("earth-search-v1", "sentinel-2-l2a"),
        ("earth-search-v0", "sentinel-s2-l2a-cogs"),
        ("planetary-computer", "sentinel-2-l2a"),
        ("digital-earth-africa", "s2_l2a_c1"),
        ("stactools-expected", "sentinel2-l2a"),
        ("stactools-expected", "sentinel2-l2a-antimeridian"),
    }
    usgs_and_lp_daac = [one for one in verdicts if one.endpoint in ("usgs-landsatlook", "lpcloud")]
    assert usgs_and_lp_daac
    assert all(one.said.startswith("refused: ") for one in usgs_and_lp_daac)


def test_the_jpeg_2000_of_copernicus_data_space(verdicts: list[Verdict]) -> None:
    """Numbers, planes and addresses are those that the items give, band by band."""
    found = [one for one in verdicts if one.endpoint == "cdse"]
    assert len(found) >= 4
    for one in found:
        assert one.scene is not None, one.said
        assert set(one.scene.assets) == set(sensors.load("sentinel-2-l2a").bands)
        assert one.scene.solar_day == one.scene.time.date()
        for name, asset in one.scene.assets.items():
            raw = one.item["assets"][asset.key]
            assert (asset.driver, raw["type"]) == ("JP2OpenJPEG", "image/jp2")
            home = "https://eodata.dataspace.copernicus.eu/eodata/"
            assert asset.href == raw["href"].replace("s3://eodata/", home)
            assert asset.shape == tuple(raw["proj:shape"])
            if name == "scl":
                assert (asset.dtype, asset.nodata, asset.scale, asset.offset) == ("uint8", 0, 1, 0)
                continue
            assert asset.dtype == raw["data_type"] == "uint16"
            assert asset.nodata == raw["nodata"] == 0
            assert (asset.scale, asset.offset) == (raw["raster:scale"], raw["raster:offset"])
            assert (asset.scale, asset.offset) == (1e-4, -0.1)


def expected_offset(endpoint: str, item: Item) -> float:
    """Say what is known of the pixels of Sentinel-2 at each endpoint."""
    if endpoint == "planetary-computer":  # ESA's pixels: by the baseline
        return -0.1 if float(item["properties"]["s2:processing_baseline"]) >= 4 else 0.0
    red = item["assets"].get("red", item["assets"].get("B04_10m", {}))
    if red.get("type") == "image/jp2":  # ESA's own files, all of baseline 04.00 or later
        return -0.1
    # all recorded items of these two are shifted, or of a baseline before 04.00
    shifted = item.get("collection") == "sentinel-2-l2a" and endpoint == "earth-search-v1"
    return 0.0 if shifted or endpoint == "earth-search-v0" else -0.1


def test_sentinel_2_has_all_its_bands_and_the_right_numbers(verdicts: list[Verdict]) -> None:
    found = [one for one in verdicts if one.scene and one.scene.sensor.startswith("sentinel-2")]
    assert len(found) >= 30
    for one in found:
        assert one.scene is not None
        profile = sensors.load(one.scene.sensor)
        assert set(one.scene.assets) == set(profile.bands), one.item["id"]
        assert "unreliable" not in one.scene.reason
        for band, asset in one.scene.assets.items():
            if band == "scl":
                expected: tuple[Any, ...] = ("uint8", 0, 1, 0)
            else:
                expected = (*VALUES, expected_offset(one.endpoint, one.item))
            taken = (asset.dtype, asset.nodata, asset.scale, asset.offset)
            assert taken == expected, (one.item["id"], band)


def test_other_sensors_have_the_numbers_of_their_makers(verdicts: list[Verdict]) -> None:
    for one in verdicts:
        for asset in one.scene.assets.values() if one.scene else ():
            expected = NUMBERS.get((family(one.collection), asset.key))
            if expected is not None:
                taken = (asset.dtype, asset.nodata, asset.scale, asset.offset)
                assert taken == expected, (one.item["id"], asset.key)


def plane_of(item: Item, asset: Asset) -> tuple[Any, ...]:
    """Read what the raw item says of an asset's plane."""
    raw, properties = item["assets"][asset.key], item["properties"]

    def said(key: str) -> Any:
        return raw.get(key) if raw.get(key) is not None else properties.get(key)

    code = said("proj:code") or (f"EPSG:{said('proj:epsg')}" if said("proj:epsg") else "")
    return code, tuple(said("proj:shape")), list(said("proj:transform") or ())[:6]


def test_every_scene_lies_where_and_when_its_item_says(verdicts: list[Verdict]) -> None:
    for one in verdicts:
        if one.scene is None:
            continue
        properties = one.item["properties"]
        when = properties.get("datetime") or properties["start_datetime"]
        time = datetime.fromisoformat(when)
        assert one.scene.time == (time if time.tzinfo else time.replace(tzinfo=UTC))
        for asset in one.scene.assets.values():
            code, shape, transform = plane_of(one.item, asset)
            assert asset.shape == shape
            if transform:
                assert list(asset.transform)[:6] == transform
            if code:
                assert one.scene.crs == code
            else:
                assert "sinusoidal" in one.scene.crs.lower()


def test_raw_radar_is_refused_whatever_plane_it_claims(verdicts: list[Verdict]) -> None:
    raw = [one for one in verdicts if "grd" in one.collection]
    assert len(raw) >= 10
    assert all(one.scene is None for one in raw)
