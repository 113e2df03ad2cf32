"""``stac/`` is valid STAC 1.1 under the official schemas, read without a network, and true."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pystac
import pytest
import rasterio
from affine import Affine
from pystac import STACObjectType
from pystac.validation import JsonSchemaSTACValidator
from rasterio.warp import transform_bounds
from shapely.geometry import shape

from landcover.model import Grid, Legend, LegendClass, Period
from landcover.outputs import results_stac
from landcover.outputs.credits import credits_of
from landcover.outputs.opening import open_shown
from landcover.outputs.results_stac import EXTENSIONS, write_stac
from landcover.outputs.shown import KEPT_BACK, About, Shown
from landcover.outputs.style import BandStyle, Ramp, RasterStyle
from landcover.raster.facts import facts_of

CREDITS = ({"en": "Copernicus [year]"},)
SCHEMAS = Path(__file__).parent / "stac_schemas"
KINDS = {
    "Feature": STACObjectType.ITEM,
    "Catalog": STACObjectType.CATALOG,
    "Collection": STACObjectType.COLLECTION,
}


@pytest.fixture(scope="module")
def validator() -> JsonSchemaSTACValidator:
    """Return the official validator, with the schemas of extensions in its cache."""
    check = JsonSchemaSTACValidator()
    for path in SCHEMAS.glob("*.json"):
        schema = json.loads(path.read_text("utf-8"))
        check.schema_cache[schema["$id"].rstrip("#")] = schema
    plane = Path(pyproj.datadir.get_data_dir()) / "projjson.schema.json"
    schema = json.loads(plane.read_text("utf-8"))
    check.schema_cache[schema["$id"]] = schema
    return check


def _validate(folder: Path, check: JsonSchemaSTACValidator) -> list[dict[str, Any]]:
    """Validate every file of a catalogue; return them."""
    found = []
    for path in sorted(folder.rglob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        used = [one for one in content.get("stac_extensions", ()) if one != EXTENSIONS["file"]]
        check.validate(content, KINDS[content["type"]], "1.1.0", used, str(path))
        found.append(content)
    return found


def _raster(path: Path, bands: int, dtype: str, nodata: float, **tags: str) -> None:
    path.parent.mkdir(exist_ok=True)
    plane = {"crs": "EPSG:32635", "transform": Affine(10, 0, 660_000, 0, -10, 180_000)}
    with rasterio.open(
        path, "w", driver="GTiff", width=32, height=16, count=bands, dtype=dtype, nodata=nodata,
        **plane,
    ) as file:  # fmt: skip
        file.write(np.ones((bands, 16, 32), dtype))
        file.update_tags(**tags)
        for n in range(1, bands + 1):
            file.set_band_description(n, f"band {n}")
            file.set_band_unit(n, "1")


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    """Return a folder with a class raster, one of two bands and a picture."""
    tags = {"PRODUCT": "made_up", "PRODUCT_VERSION": "2", "INDEX": "ndvi", "MIN_HA": "0.1"}
    rasters = tmp_path / "rasters"
    _raster(rasters / "kind.tif", 1, "uint8", 0, **tags)
    _raster(rasters / "two.tif", 2, "float32", float("nan"), **tags)
    _raster(rasters / "rgb.tif", 3, "uint8", 0)
    (tmp_path / "zones.gpkg").write_bytes(b"")
    names = {"en": "a <b> & c", "fr": "à « b »"}
    classes = (LegendClass(1, names, "#ff0000"), LegendClass(2, {"en": "!"}, "#00ff00"))
    legend = Legend("kinds", classes)
    ramp = Ramp(((0.0, "#000000"), (1.0, "#ffffff")))

    def style(name: str, *bands: BandStyle, first: date | None = None) -> RasterStyle:
        facts = facts_of(rasters / f"{name}.tif")
        return RasterStyle(facts, "made_up", "other", names, bands, name, first=first, last=first)

    styles = (
        style("kind", BandStyle(1, "kind", names, legend), first=date(2021, 5, 6)),
        style("two", BandStyle(2, "sure", names, legend), BandStyle(1, "slope", names, ramp)),
        style("rgb", BandStyle(1, "rgb", names, None)),
    )
    run = {
        "landcover": "0.1.0",
        "python": "3.11",
        "packages": {"numpy": "2"},
        "scenes": {"count": 7, "sha256": "ab"},
        "rasters": {"kind.tif": {"size": 1, "sha256": "stale"}},
    }
    period = Period(date(2020, 1, 1), date(2022, 1, 1))
    about = About("job", {"fr": "Titre <x>"}, ("fr", "en"), period, {}, CREDITS)
    days = {"first_date": [pd.Timestamp(2020, 2, 1)], "last_date": [pd.Timestamp(2021, 3, 1)]}
    tables = {"data_used": pd.DataFrame(days)}
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "data_used.csv").write_text("first_date,last_date\n", "utf-8")
    return Shown(tmp_path, about, run, styles, styles[0].facts.grid, tables)


def _items(shown: Shown) -> Iterator[pystac.Item]:
    catalog = pystac.Catalog.from_file(str(shown.out / "stac" / "catalog.json"))
    yield from catalog.get_items(recursive=True)


def test_everything_is_valid_under_the_official_schemas(
    shown: Shown, validator: JsonSchemaSTACValidator
) -> None:
    paths = write_stac(shown)
    assert len(_validate(shown.out / "stac", validator)) == len(paths) == 5


def test_the_validator_sees_what_is_wrong(shown: Shown, validator: JsonSchemaSTACValidator) -> None:
    write_stac(shown)
    path = shown.out / "stac" / "items" / "kind.json"
    item = json.loads(path.read_text("utf-8"))
    for wrong in (
        lambda one: one["properties"].update({"proj:shape": "16, 32"}),
        lambda one: one["properties"].update({"processing:software": 1}),
        lambda one: one["assets"]["data"].update({"raster:sampling": "here"}),
        lambda one: one["assets"]["data"]["classification:classes"][0].update(name="a b"),
        lambda one: one.pop("geometry"),
    ):
        bad = json.loads(json.dumps(item))
        wrong(bad)
        path.write_text(json.dumps(bad), "utf-8")
        with pytest.raises(pystac.STACValidationError):
            _validate(shown.out / "stac", validator)


def test_links_and_files_resolve_from_a_moved_folder(shown: Shown, tmp_path: Path) -> None:
    write_stac(shown)
    there = tmp_path.parent / f"{tmp_path.name} déplacé"
    tmp_path.rename(there)
    catalog = pystac.Catalog.from_file(str(there / "stac" / "catalog.json"))
    (collection,) = catalog.get_children()
    items = list(collection.get_items())
    assert [item.id for item in items] == ["kind", "two", "rgb"]
    for owner in (collection, *items):
        for asset in owner.assets.values():
            assert not asset.href.startswith("/")
            assert Path(asset.get_absolute_href() or "").is_file()
    assert all(item.get_collection().id == "job" for item in items)  # type: ignore[union-attr]


def test_items_say_where_and_when(shown: Shown) -> None:
    write_stac(shown)
    kind, two, _ = _items(shown)
    with rasterio.open(shown.out / "rasters" / "kind.tif") as file:
        bounds = transform_bounds(file.crs, "EPSG:4326", *file.bounds, densify_pts=21)
    assert kind.bbox == pytest.approx(bounds, abs=1e-6)
    assert shape(kind.geometry).is_valid
    assert shape(kind.geometry).bounds == pytest.approx(bounds, abs=1e-5)
    assert kind.properties["proj:code"] == "EPSG:32635"
    assert kind.properties["proj:shape"] == [16, 32]
    assert kind.properties["start_datetime"] == "2021-05-06T00:00:00Z"
    assert kind.properties["end_datetime"] == "2021-05-06T23:59:59Z"
    assert two.properties["start_datetime"] == "2020-01-01T00:00:00Z"  # the job's own
    assert kind.properties["gsd"] == 10.0


def test_items_say_what_bands_and_classes_are(shown: Shown) -> None:
    write_stac(shown)
    kind, two, picture = (item.assets["data"].to_dict() for item in _items(shown))
    assert kind["classification:classes"] == [
        {"value": 1, "name": "a-b-c", "title": "à « b »", "color_hint": "FF0000"},
        {"value": 2, "name": "class-2", "title": "!", "color_hint": "00FF00"},
    ]
    assert (kind["nodata"], two["nodata"]) == (0, "nan")
    assert [band["name"] for band in two["bands"]] == ["slope", "sure"]
    assert "classification:classes" in two["bands"][1]
    assert [band["name"] for band in picture["bands"]] == ["b1", "b2", "b3"]
    assert picture["roles"] == ["visual"]


def test_files_are_told_by_hash_and_size(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    write_stac(shown)
    for item in _items(shown):
        asset = item.assets["data"]
        content = Path(asset.get_absolute_href() or "").read_bytes()
        told = asset.extra_fields
        assert told["file:size"] == len(content)
        assert told["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
        assert re.fullmatch("[a-f0-9]+", told["file:checksum"])  # the extension's own pattern
    size = (shown.out / "rasters" / "kind.tif").stat().st_size
    run = {**shown.run, "rasters": {"kind.tif": {"size": size, "sha256": "ab" * 32}}}
    monkeypatch.setattr(results_stac, "sha256_of", lambda _: "00" * 32)
    write_stac(replace(shown, run=run))
    sums = [item.assets["data"].extra_fields["file:checksum"] for item in _items(shown)]
    assert sums == ["1220" + "ab" * 32, "1220" + "00" * 32, "1220" + "00" * 32]


def test_items_say_how_they_were_made(shown: Shown) -> None:
    write_stac(shown)
    kind = next(_items(shown))
    assert kind.properties["processing:software"] == {"landcover": "0.1.0"}
    assert "7 scènes" in kind.properties["processing:lineage"]
    assert kind.properties["landcover:settings"] == {"index": "ndvi", "min_ha": "0.1"}
    collection = json.loads((shown.out / "stac" / "collection.json").read_text("utf-8"))
    assert "Copernicus 2020-2021" in collection["description"]
    assert collection["title"] == "Titre <x>"
    assert credits_of(replace(shown, tables={}), "fr") == ("Copernicus 2020-2021",)


def test_former_items_go_and_bytes_stay(shown: Shown) -> None:
    first = {path: path.read_bytes() for path in write_stac(shown)}
    assert {path: path.read_bytes() for path in write_stac(shown)} == first
    fewer = replace(shown, styles=shown.styles[:1])
    assert len(write_stac(fewer)) == 3
    assert [path.name for path in (shown.out / "stac" / "items").iterdir()] == ["kind.json"]


def test_without_rasters_the_grid_says_where(
    shown: Shown, validator: JsonSchemaSTACValidator
) -> None:
    write_stac(replace(shown, styles=()))
    *_, collection = _validate(shown.out / "stac", validator)
    assert len(collection["extent"]["spatial"]["bbox"][0]) == 4


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:32760", Affine(1000, 0, 700_000, 0, -1000, 8_200_000)),  # over 180 degrees
        ("EPSG:4326", Affine(0.01, 0, 28, 0, -0.01, 2)),
        (pyproj.CRS("+proj=laea +lat_0=1 +lon_0=28").to_wkt(), Affine(30, 0, 0, 0, -30, 0)),
    ],
)
def test_any_plane_is_told(
    shown: Shown, validator: JsonSchemaSTACValidator, crs: str, transform: Affine
) -> None:
    grid = Grid(crs, transform, (300, 300))
    style = shown.styles[0]
    moved = replace(style, facts=replace(style.facts, grid=grid))
    write_stac(replace(shown, styles=(moved,), grid=grid))
    _validate(shown.out / "stac", validator)
    item = next(_items(shown))
    outline = shape(item.geometry)
    assert outline.is_valid
    assert outline.area < 20  # degrees squared: never round the Earth
    assert item.properties.get("proj:code") or "LAMBERT" in item.properties["proj:wkt2"].upper()


def test_a_run_is_valid(finished: Any, tmp_path: Path, validator: JsonSchemaSTACValidator) -> None:
    out = finished.copy(tmp_path / "out")
    shown = finished.shown(out)
    written = write_stac(shown)
    found = _validate(out / "stac", validator)
    assert len(found) == len(written) == len(list((out / "rasters").glob("*.tif"))) + 2
    text = "".join(path.read_text("utf-8") for path in written)
    assert str(finished.path.parent) not in text
    told = open_shown(out, shown.about).run["rasters"]
    for item in (one for one in found if one["type"] == "Feature"):
        name = Path(item["assets"]["data"]["href"]).name
        assert item["assets"]["data"]["file:checksum"] == "1220" + told[name]["sha256"]


def test_a_copy_that_keeps_ground_back_says_so(shown: Shown) -> None:
    told = "Le terrain autour des sites sensibles est omis de cette copie"
    for kept_back in (False, True):
        write_stac(replace(shown, run={**shown.run, KEPT_BACK: kept_back}))
        for name in ("catalog.json", "collection.json"):
            content = json.loads((shown.out / "stac" / name).read_text("utf-8"))
            assert (told in content["description"]) is kept_back
