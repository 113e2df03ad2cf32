"""Every recorded item of every endpoint: the scene that a shipped profile makes of it, or why not.

What is expected is taken from the items' raw JSON and from what is known of each endpoint's pixels,
never from the rules under test. An `s3://` address is given as the web address of its bucket: which
buckets are known is the matter of `test_hrefs`.
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
from landcover.catalog.items import has_any_band, to_scene
from landcover.catalog.scenes import Listed
from landcover.errors import SceneError
from landcover.model import Asset, Scene, Sensor

Item = dict[str, Any]
PLACE = "https://stac.example/items/a.json"

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


def web(item: Item) -> Item:
    """Give `s3://` addresses as web addresses."""
    made = deepcopy(item)
    for asset in made.get("assets", {}).values():
        found = re.fullmatch(r"s3://([^/]+)/(.+)", asset.get("href", ""))
        if found:
            asset["href"] = "https://{}.s3.example/{}".format(*found.groups())
    return made


def read(item: Item, sensor: Sensor) -> Scene | str:
    """Return the scene with all bands of the profile that the item has, or the reason."""
    if getattr(sensor, "refused", ""):
        return str(sensor.refused)
    if not has_any_band(item, sensor):
        return f"no asset that {sensor.name} could read ({sensor.driver})"
    listed = Listed(web(item), PLACE)
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
    names = [name for name in sensors.shipped() if re.match(family(collection), name)]
    if not names:
        return Verdict(endpoint, collection, item, "no profile")
    tried = [read(item, sensors.load(name)) for name in names]
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
    # items whose files are JPEG 2000 want a profile of that driver
    jp2 = {
        ("cdse", "sentinel-2-l2a"),
        ("earth-search-v1", "sentinel-2-l2a"),
        ("stactools-expected", "sentinel2-l2a"),
        ("stactools-expected", "sentinel2-l2a-antimeridian"),
    }
    assert {row[:2] for row in sentinel2 if row[2] == "refused"} <= jp2
    assert ("earth-search-v1", "sentinel-2-l2a", "scene") in sentinel2
    assert {row[:2] for row in sentinel2 if row[2] == "scene"} - jp2 == {
        ("earth-search-v1", "sentinel-2-c1-l2a"),
        ("earth-search-v0", "sentinel-s2-l2a-cogs"),
        ("planetary-computer", "sentinel-2-l2a"),
        ("digital-earth-africa", "s2_l2a_c1"),
    }


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
