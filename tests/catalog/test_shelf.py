"""A store's own catalog: names that no item can abuse, and the numbers that were decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pystac
import pytest

from landcover.catalog.items import to_scene
from landcover.catalog.scenes import Listed
from landcover.catalog.shelf import shelf_name, write_shelf
from landcover.model import Scene, Sensor

BANDS = ("red", "nir", "scl")


@pytest.fixture
def scene(item: Callable[..., dict[str, Any]], sentinel2: Sensor) -> Scene:
    """Return a scene as it is read from an item on the network."""
    found, _ = to_scene(Listed(item(), "https://data.example/a.json"), "s2", sentinel2, BANDS, ())
    return found


def stored(root: Path, scene: Scene) -> Callable[[str], str | None]:
    """Lay an empty file in the store for each file of a scene."""
    names = {}
    for number, asset in enumerate(scene.assets.values()):
        name = f"{shelf_name(scene, asset)}-{number:016x}.tif"
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
        names[asset.href] = name
    return names.get


def reread(root: Path, sensor: Sensor) -> list[Scene]:
    """Read all scenes of a store's catalog."""
    found = []
    for path in sorted(root.glob("items/*/*/*.json")):
        listed = Listed(json.loads(path.read_text("utf-8")), str(path))
        found.append(to_scene(listed, "s2", sensor, BANDS, (root.resolve(),))[0])
    return found


@pytest.mark.parametrize("name", ["../../evil", "..", "con", "NUL.txt", "a/b\\c", "a" * 300, "é.",
                                  "x.", "%2e%2e", ".hidden", ""])  # fmt: skip
def test_no_name_leaves_the_store(scene: Scene, name: str) -> None:
    hostile = replace(scene, id=name, collection=name)
    asset = replace(scene.assets["red"], key=name, band="red")
    steps = shelf_name(hostile, asset).split("/")
    assert steps[0] == "items"
    assert len(steps) == 4
    for step in steps[1:]:
        assert set(step) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert not step.startswith((".", "-"))
        assert not step.endswith(".")
        assert step.partition(".")[0].lower() not in {"con", "nul"}
        assert len(step) <= 100


def test_different_names_stay_different(scene: Scene) -> None:
    names = {
        shelf_name(replace(scene, id=one), scene.assets["red"]) for one in ("a/b", "a_b", "a:b")
    }
    assert len(names) == 3
    modis = "MOD13Q1.A2020001.h20v09.061.2020326103513"
    assert f"/{modis}/" in shelf_name(replace(scene, id=modis), scene.assets["red"])


@pytest.mark.parametrize("offset", [0.0, -0.1])
@pytest.mark.parametrize("collection", ["sentinel-2-c1-l2a", "sentinel-2-l2a", ""])
@pytest.mark.parametrize("version", ["05.10", "02.14", ""])
def test_the_numbers_are_those_that_were_decided(
    scene: Scene, sentinel2: Sensor, tmp_path: Path, offset: float, collection: str, version: str
) -> None:
    """Whatever the rules made of the item then: they are not applied to the result again."""
    assets = {
        name: asset if name == "scl" else replace(asset, offset=offset)
        for name, asset in scene.assets.items()
    }
    given = replace(scene, assets=assets, collection=collection, baseline=version)
    write_shelf(tmp_path, [given], stored(tmp_path, given))
    (found,) = reread(tmp_path, sentinel2)
    kept = ("transform", "shape", "dtype", "nodata", "scale", "offset", "clip", "driver", "key")
    for name, asset in given.assets.items():
        other = found.assets[name]
        assert {key: getattr(asset, key) for key in kept} == {
            key: getattr(other, key) for key in kept
        }
    same = ("id", "time", "solar_day", "crs", "footprint", "platform", "grid_code", "baseline",
            "generated", "cloud_percent", "datastrip", "merit")  # fmt: skip
    assert {key: getattr(given, key) for key in same} == {key: getattr(found, key) for key in same}
    assert not found.doubtful


def test_other_programs_read_it(scene: Scene, tmp_path: Path) -> None:
    later = replace(scene, id="later", time=datetime(2024, 2, 1, 8, tzinfo=UTC))
    for one in (scene, later):
        write_shelf(tmp_path, [one], stored(tmp_path, one))
    catalog = pystac.Catalog.from_file(str(tmp_path / "catalog.json"))
    items = list(catalog.get_items(recursive=True))
    assert {one.id for one in items} == {scene.id, "later"}
    for one in items:
        assert set(one.assets) == set(BANDS)
        assert all(Path(asset.get_absolute_href() or "").is_file() for asset in one.assets.values())
    (collection,) = catalog.get_children()
    assert isinstance(collection, pystac.Collection)
    first, last = collection.extent.temporal.intervals[0]
    assert (first, last) == (scene.time.replace(microsecond=123000), later.time)


def test_what_another_job_brought_stays_listed(
    scene: Scene, sentinel2: Sensor, tmp_path: Path
) -> None:
    file_of = stored(tmp_path, scene)
    red = replace(scene, assets={"red": scene.assets["red"]})
    rest = replace(scene, assets={name: scene.assets[name] for name in ("nir", "scl")})
    write_shelf(tmp_path, [red], file_of)
    write_shelf(tmp_path, [rest], file_of)
    (found,) = reread(tmp_path, sentinel2)
    assert set(found.assets) == set(BANDS)
    gone = tmp_path / str(file_of(scene.assets["nir"].href))
    gone.unlink()
    write_shelf(tmp_path, [red], file_of)
    told = json.loads(next(tmp_path.glob("items/*/*/*.json")).read_text("utf-8"))
    assert set(told["assets"]) == {"red", "scl"}


def test_an_overview_does_not_stand_for_its_file(scene: Scene, tmp_path: Path) -> None:
    """Another job may have brought the whole: its plane must not be told anew."""
    file_of = stored(tmp_path, scene)
    write_shelf(tmp_path, [scene], file_of)
    told = next(tmp_path.glob("items/*/*/*.json")).read_text("utf-8")
    red = replace(scene.assets["red"], overview=2, shape=(5490, 5490))
    write_shelf(tmp_path, [replace(scene, assets={**scene.assets, "red": red})], file_of)
    assert next(tmp_path.glob("items/*/*/*.json")).read_text("utf-8") == told


def test_nothing_held_is_nothing_listed(scene: Scene, tmp_path: Path) -> None:
    write_shelf(tmp_path, [scene], lambda _: None)
    assert not list(tmp_path.glob("items/**/*.json"))
    assert json.loads((tmp_path / "catalog.json").read_text("utf-8"))["type"] == "Catalog"
