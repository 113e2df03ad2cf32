"""A job that is changed half-way gives what a fresh run of it gives, and says what it redid."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landcover import products
from landcover.engine.journal import Journal

Same = Callable[..., None]
Manifest = Callable[..., dict[str, dict[str, Any]]]

TILE_PX = 100

SWATH = timedelta(seconds=14)
"""From one data strip to the next: no copy of one scene."""


class EnoughError(Exception):
    """Ends a run half-way."""


@pytest.fixture
def half_way(manifest: Manifest) -> Callable[..., int]:
    """Return ``half_way(study, ...)``: run a job half-way; how many tiles were finished."""

    def run(study: Any, **changes: Any) -> int:
        real, left = Journal.advance, [5]

        def advance(self: Journal, step: str, entry: Any) -> None:
            real(self, step, entry)
            left[0] -= 1
            if left[0] == 0:
                raise EnoughError

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Journal, "advance", advance)
            with pytest.raises(EnoughError):
                study.run(grid={"tile_px": TILE_PX}, **changes)
        done = len(manifest(study.folder / "out"))
        assert 5 <= done < 12
        return done

    return run


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise the version of the composite, wherever the table of products is used."""
    made = products.PRODUCTS["composite"]
    table = {**products.PRODUCTS, "composite": replace(made, version=made.version + 1)}
    for name, module in list(sys.modules.items()):
        if name.startswith("landcover") and getattr(module, "PRODUCTS", None) is products.PRODUCTS:
            monkeypatch.setattr(module, "PRODUCTS", table)


def test_nothing_changed(
    study: Any, half_way: Callable[..., int], calm: Path, same: Same, manifest: Manifest
) -> None:
    done = half_way(study)
    before = manifest(study.folder / "out")
    ended = study.run(grid={"tile_px": TILE_PX})
    assert ended.code == 0
    assert f"{done} finished tile(s) kept" in ended.heard.said
    assert "changed" not in ended.heard.text
    assert not before.keys() & set(ended.heard.made)
    same(ended.out, calm)


def test_one_key(study: Any, half_way: Callable[..., int], same: Same) -> None:
    done = half_way(study)
    changes = {
        "grid": {"tile_px": TILE_PX},
        "products": {"composite": {"statistic": ["median", "p90"]}},
    }
    ended = study.run(**changes)
    assert ended.code == 0
    assert f"{done} tile(s) to be made: changed: products" in ended.heard.text
    assert "to be made: changed: products" in (ended.out / "run.log").read_text("utf-8")
    same(ended.out, study.run("fresh", **changes).out)


def move_border(folder: Path) -> None:
    """Move one corner of the reserve by some 200 m."""
    path = folder / "zones" / "reserves.geojson"
    content = json.loads(path.read_text("utf-8"))
    ring = content["features"][0]["geometry"]["coordinates"][0]
    ring[1] = [ring[1][0] - 0.002, ring[1][1] - 0.002]
    path.write_text(json.dumps(content), "utf-8")


def test_one_boundary(own_study: Any, half_way: Callable[..., int], same: Same) -> None:
    study = own_study
    done = half_way(study)
    move_border(study.world.folder)
    ended = study.run(grid={"tile_px": TILE_PX})
    assert ended.code == 0
    assert "finished tile(s) kept" in ended.heard.text, "tiles that the reserve does not touch"
    said = next(line for line in ended.heard.said if "changed: zones" in line)
    assert 0 < int(said.split()[0]) < done
    same(ended.out, study.run("fresh", grid={"tile_px": TILE_PX}).out)


def test_one_product_version(
    study: Any, half_way: Callable[..., int], same: Same, request: pytest.FixtureRequest
) -> None:
    done = half_way(study)
    request.getfixturevalue("next_version")
    ended = study.run(grid={"tile_px": TILE_PX})
    assert f"{done} tile(s) to be made: changed: products" in ended.heard.text
    assert len(ended.heard.made) > done
    same(ended.out, study.run("fresh", grid={"tile_px": TILE_PX}).out)


def test_a_finished_job_of_fewer_years_leaves_no_old_rasters(
    study: Any, same: Same, calm: Path
) -> None:
    shutil.copytree(calm, study.folder / "out")
    old = {path.name for path in (study.folder / "out" / "rasters").iterdir()}
    ended = study.run(period=[2022, 2022])
    now = {path.name for path in (ended.out / "rasters").iterdir()}
    assert "ndvi_2021.tif" in old - now
    assert now == {"ndvi_2022.tif", "clear_2022.tif"}
    assert "changed: " in ended.heard.text
    same(ended.out, study.run("fresh", period=[2022, 2022]).out)


def test_another_tile_size_half_way(
    study: Any, half_way: Callable[..., int], calm: Path, same: Same
) -> None:
    done = half_way(study)
    ended = study.run(grid={"tile_px": 128})
    why = f"tile(s) to be made: cut anew: tiles have up to 128 pixels a side, before {TILE_PX}"
    assert why in ended.heard.text
    assert f"{done} tile(s) of a former run removed" in ended.heard.text
    same(ended.out, calm)


def widen(folder: Path) -> None:
    """Move the western corners of all territories by some 30 m: the grid begins elsewhere."""
    path = folder / "zones" / "territories.geojson"
    content = json.loads(path.read_text("utf-8"))
    rings = [one["geometry"]["coordinates"][0] for one in content["features"]]
    west = min(point[0] for ring in rings for point in ring)
    for ring in rings:
        ring[:] = [[x - 0.0003, y] if x < west + 1e-4 else [x, y] for x, y in ring]
    path.write_text(json.dumps(content), "utf-8")


def test_zones_that_move_the_grid_say_so_and_old_tiles_go_at_the_end(
    own_study: Any, same: Same, manifest: Manifest
) -> None:
    study, out = own_study, own_study.folder / "out"
    study.run()
    before = set(manifest(out))
    widen(study.world.folder)
    real = Journal.begin

    def fail(self: Journal, step: str, total: int, done: int) -> None:
        real(self, step, total, done)
        if step == "rasters":
            raise EnoughError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "begin", fail)
        with pytest.raises(EnoughError):
            study.run()
    lost = before - set(manifest(out))
    assert not lost, "a run that was ended keeps the old tiles"
    assert all((out / ".work" / "tiles" / f"{tile}.npz").exists() for tile in before)
    log = (out / "run.log").read_text("utf-8")
    assert "to be made: cut anew: the zones moved, and the grid with them" in log
    ended = study.run()
    assert ended.heard.made == []
    kept = set(manifest(out))
    assert {path.stem for path in (out / ".work" / "tiles").iterdir()} == kept
    assert before - kept
    same(ended.out, study.run("fresh").out)


def test_another_resolution_says_so(study: Any, same: Same, calm: Path) -> None:
    shutil.copytree(calm, study.folder / "out")
    ended = study.run(grid={"resolution_m": 20})
    assert "to be made: cut anew: the grid has another CRS or resolution" in ended.heard.text
    assert study.run(grid={"resolution_m": 20}).heard.said == [
        f"{len(ended.heard.made)} finished tile(s) kept"
    ]


def test_names_of_zones_do_not_redo_tiles(own_study: Any, calm: Path, same: Same) -> None:
    study = own_study
    study.run()
    path = study.world.folder / "zones" / "reserves.geojson"
    path.write_text(path.read_text("utf-8").replace("Pays inventé", "Grand Pays"), "utf-8")
    ended = study.run()
    assert ended.heard.made == []
    assert "Grand Pays" in (ended.out / "tables" / "zones.csv").read_text("utf-8")
    same(ended.out, calm, ())


def test_a_zone_more_and_a_zone_less(
    study: Any, same: Same, read_table: Callable[..., Any]
) -> None:
    study.run()
    fewer = study.run(zones={"specks": None})
    assert "changed: zones" in fewer.heard.text
    assert len(fewer.heard.made) < 9, "only tiles that the zone touched"
    assert "S1" not in set(read_table(fewer.out, "zones")["zone_id"])
    same(fewer.out, study.run("fresh", zones={"specks": None}).out)
    again = study.run()
    assert "S1" in set(read_table(again.out, "zones")["zone_id"])


def turned_copies(scenes: Path) -> Path:
    """List every scene once more, 14 s later and newer, with red for near infrared."""
    items = []
    for path in sorted(scenes.glob("*/*.json")):
        item = json.loads(path.read_text("utf-8"))
        item["id"] += "_again"
        told, assets = item["properties"], item["assets"]
        told["datetime"] = (datetime.fromisoformat(told["datetime"]) + SWATH).isoformat()
        told["s2:generation_time"] = "2030-01-01T00:00:00Z"
        for asset in assets.values():
            asset["href"] = f"./{path.parent.name}/{Path(asset['href']).name}"
        red, nir = assets["red"]["href"], assets["nir"]["href"]
        assets["red"]["href"], assets["nir"]["href"] = nir, red
        items.append(item)
    content = {"type": "FeatureCollection", "features": items}
    (scenes / "again.json").write_text(json.dumps(content), "utf-8")
    return scenes / "again.json"


def test_the_source_named_first_wins_and_a_swap_of_sources_makes_tiles_again(
    own_study: Any, calm: Path, layer: Callable[..., Any]
) -> None:
    """The later source's newer copies turn NDVI round where they are taken."""
    turned_copies(own_study.world.folder / "scenes")
    sources = [
        {"name": name, "sensor": "sentinel-2-l2a", "catalog": f"scenes/{file}.json"}
        for name, file in (("first", "catalog"), ("again", "again"))
    ]
    land = own_study.world.land
    truth = layer(calm, "ndvi_2021", land)[0]  # the median
    ended = own_study.run(sources=sources)
    np.testing.assert_array_equal(layer(ended.out, "ndvi_2021", land)[0], truth)
    swapped = own_study.run(sources=sources[::-1])
    assert "changed: products, series" in swapped.heard.text
    np.testing.assert_array_equal(layer(swapped.out, "ndvi_2021", land)[0], -truth)
