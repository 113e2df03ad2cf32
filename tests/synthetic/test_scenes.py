"""Files: what they hold is the truth, their catalog is valid, their bytes repeat."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pystac
import pytest
import rasterio
from pystac import STACObjectType
from pystac.validation import JsonSchemaSTACValidator
from shapely import box
from shapely.geometry import shape

from landcover.errors import InputError
from landcover.synthetic import Country, Writing, country, passes, relist, truth, write
from landcover.synthetic.overpass import reprocessed
from landcover.synthetic.scenes import write_passes
from landcover.synthetic.stac import FILES
from landcover.synthetic.zones import degrees, reserve

DAYS = (date(2021, 12, 20), date(2022, 1, 24), date(2022, 1, 25), date(2022, 3, 6))


def hashes(folder: Path) -> dict[str, str]:
    """Hash every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_files_hold_the_truth(land: Country, scenes: Path) -> None:
    for one in passes(land, DAYS):
        for band, expected in truth.observed(land, one).items():
            with rasterio.open(scenes / one.id / f"{FILES[band]}.tif") as file:
                assert file.driver == "GTiff"
                assert file.crs.to_string() == land.crs
                assert file.nodata == 0
                assert file.block_shapes == [(64, 64)]
                assert file.transform.c == land.left_m
                assert file.transform.f == land.top_m
                assert file.transform.a == (10 if expected.shape == (128, 128) else 20)
                assert file.dtypes == (expected.dtype.name,)
                assert np.array_equal(file.read(1), expected)


def test_the_catalog_can_be_walked(land: Country, scenes: Path) -> None:
    catalog = pystac.Catalog.from_file(str(scenes / "catalog.json"))
    items = {item.id: item for item in catalog.get_items(recursive=True)}
    found = passes(land, DAYS)
    assert sorted(items) == sorted(one.id for one in found)
    for one in found:
        item = items[one.id]
        assert item.datetime == one.time
        assert item.collection_id == "sentinel-2-c1-l2a"
        assert item.ext.proj.epsg == 32635
        assert shape(item.geometry).bounds == pytest.approx(item.bbox)
        files = truth.observed(land, one)
        assert item.properties["eo:cloud_cover"] == truth.cloud_percent(files["scl"])
        for band, asset in item.assets.items():
            assert Path(asset.get_absolute_href() or "").is_file()
            assert asset.extra_fields["proj:shape"] == list(files[band].shape)


def test_the_catalog_is_valid_stac(scenes: Path) -> None:
    check = JsonSchemaSTACValidator()
    kinds = {
        "Feature": STACObjectType.ITEM,
        "Catalog": STACObjectType.CATALOG,
        "Collection": STACObjectType.COLLECTION,
    }
    for path in sorted(scenes.rglob("*.json")):
        # The schemas that pystac carries are of 1.1.0; in the core nothing else has changed.
        content = json.loads(path.read_text("utf-8")) | {"stac_version": "1.1.0"}
        kind = kinds[content["type"]]
        check.validate_core(content, kind, "1.1.0", str(path))


def test_items_have_the_fields_of_earth_search(scenes: Path, shared: Path) -> None:
    recorded = shared / "stac/items/earth-search-v1/sentinel-2-c1-l2a/item-collection.json"
    theirs = json.loads(recorded.read_text("utf-8"))["features"][0]
    ours = json.loads(next(scenes.glob("*/*.json")).read_text("utf-8"))
    assert ours.keys() <= theirs.keys()
    assert ours["properties"].keys() <= theirs["properties"].keys()
    assert ours["collection"] == theirs["collection"]
    for band, asset in ours["assets"].items():
        assert asset.keys() <= theirs["assets"][band].keys()
        about, stated = asset["raster:bands"][0], theirs["assets"][band]["raster:bands"][0]
        assert about.keys() == stated.keys()
        assert asset.get("eo:bands", [{}])[0].items() <= stated_band(theirs, band).items()


def stated_band(item: dict, band: str) -> dict:
    """Return what a recorded item says of a band under `eo:bands`."""
    return item["assets"][band].get("eo:bands", [{}])[0]


def test_the_offset_is_declared_with_the_baseline(land: Country, scenes: Path) -> None:
    declared = {}
    for one in passes(land, DAYS):
        item = json.loads((scenes / one.id / f"{one.id}.json").read_text("utf-8"))
        band = item["assets"]["red"]["raster:bands"][0]
        assert (band["scale"], band["nodata"], band["data_type"]) == (0.0001, 0, "uint16")
        assert "offset" not in item["assets"]["scl"]["raster:bands"][0]
        declared[item["properties"]["s2:processing_baseline"]] = band["offset"]
    assert declared == {"03.01": 0.0, "04.00": -0.1}


def test_the_same_seed_gives_the_same_bytes(land: Country, scenes: Path, tmp_path: Path) -> None:
    write(land, tmp_path, DAYS, writing=Writing(block_px=64), workers=1)
    assert hashes(tmp_path) == hashes(scenes)


def test_only_some_bands_and_blocks(tmp_path: Path) -> None:
    land = country(256)
    only = degrees(land, reserve(land))
    how = Writing(block_px=32, bands=("red",), only=only)
    day = (date(2023, 5, 4),)
    write(land, tmp_path, day, writing=how)
    (one,) = passes(land, day)
    assert sorted(path.name for path in (tmp_path / one.id).glob("*.tif")) == ["B04.tif", "SCL.tif"]
    expected = truth.observed(land, one, ("red",))["red"]
    with rasterio.open(tmp_path / one.id / "B04.tif") as file:
        found = file.read(1)
    filled = found > 0
    assert np.array_equal(found[filled], expected[filled])
    assert 0.2 < filled.mean() < 0.7
    middle = box(*reserve(land).bounds).centroid
    row, column = int((land.top_m - middle.y) // 10), int((middle.x - land.left_m) // 10)
    assert filled[row, column] == (expected[row, column] > 0)


@pytest.mark.parametrize("compress", ["zstd", "lzw", "none"])
def test_other_compressions_hold_the_same(compress: str, tmp_path: Path, land: Country) -> None:
    write(land, tmp_path, DAYS[:1], writing=Writing(64, compress, ("nir",)))
    (one,) = passes(land, DAYS[:1])
    with rasterio.open(tmp_path / one.id / "B08.tif") as file:
        assert file.profile.get("compress", "none") == compress
        assert np.array_equal(file.read(1), truth.observed(land, one, ("nir",))["nir"])


def test_scenes_may_be_listed_again(land: Country, tmp_path: Path) -> None:
    write(land, tmp_path, DAYS, writing=Writing(64, bands=("red",)))
    before = {name: value for name, value in hashes(tmp_path).items() if name.endswith(".tif")}
    new = relist(tmp_path, 2, every_days=100)
    assert len(new) == 8
    after = {name: value for name, value in hashes(tmp_path).items() if name.endswith(".tif")}
    assert after == before
    catalog = pystac.Catalog.from_file(str(tmp_path / "catalog.json"))
    items = {item.id: item for item in catalog.get_items(recursive=True)}
    assert len(items) == 12
    first = passes(land, DAYS)[0]
    later = [item for item in items.values() if item.assets["red"].href.endswith("B04.tif")
             and first.id in item.assets["red"].href]  # fmt: skip
    assert [(item.datetime - first.time).days for item in later] == [100, 200]
    for item in later:
        assert Path(item.assets["red"].get_absolute_href() or "").is_file()
        assert item.properties["s2:processing_baseline"] == "03.01"
        made = datetime.fromisoformat(item.properties["s2:generation_time"])
        assert made > item.datetime


def test_a_scene_may_be_processed_again(land: Country, tmp_path: Path) -> None:
    (one,) = passes(land, DAYS[:1])
    again = reprocessed(one)
    write_passes(land, tmp_path, (one, again), Writing(64, bands=("red",)))
    twin, first = (
        json.loads((tmp_path / each.id / f"{each.id}.json").read_text("utf-8"))
        for each in (again, one)
    )
    for same in ("datetime", "platform", "grid:code"):
        assert twin["properties"][same] == first["properties"][same]
    assert twin["properties"]["s2:generation_time"] > first["properties"]["s2:generation_time"]
    assert twin["assets"]["red"]["raster:bands"][0]["offset"] == -0.1
    pixels = []
    for each in (one, again):
        with rasterio.open(tmp_path / each.id / "B04.tif") as file:
            pixels.append(file.read(1).astype(int))
    seen = pixels[0] > 0
    assert (pixels[1] - pixels[0])[seen].min() == 1000 == (pixels[1] - pixels[0])[seen].max()


def test_dates_that_are_taken_are_refused(land: Country, tmp_path: Path) -> None:
    write(land, tmp_path, DAYS, writing=Writing(64, bands=("red",)))
    with pytest.raises(InputError, match="dates that are taken"):
        relist(tmp_path, 1, every_days=40)


def test_no_dates_are_refused(land: Country, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no dates"):
        write(land, tmp_path, ())
