"""A job and its lock with paths that hold wherever they are unpacked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from landcover import job as jobs
from landcover.job import Job
from landcover.packing.relative import Taken, packed_job, roots_of, without_paths
from landcover.zones import ContextLayer

BASE: dict[str, Any] = {
    "schema": 1,
    "name": "far",
    "zones": {"sites": {"path": "a/list.xlsx", "layer": "Sheet1", "id": "code", "rings_m": [500],
                        "where": "x = 1", "latest": ["day"], "near": {"group": "r", "within_m": 9}},
              "r": {"path": "https://example.org/r.geojson"},
              "here": {"at": [1.0, 2.0], "rings_m": [5]}},
    "sources": [{"sensor": "sentinel-2-l2a", "catalog": "../stac/catalog.json",
                 "allow_paths": ["../disk"]}],
    "period": [2020, 2021],
    "products": {"composite": {"index": ["ndvi"]}},
    "run": {"store": "store", "scheduler": "tcp://a:1"},
}  # fmt: skip


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """Return a job with every kind of path."""
    import yaml

    (tmp_path / "home").mkdir()
    path = tmp_path / "home" / "job.yaml"
    path.write_text(yaml.safe_dump(BASE), "utf-8")
    return jobs.load(path)


def test_groups_read_the_copies_and_choose_no_rows_again(job: Job) -> None:
    taken = {
        "zones.sites": Taken("list.xlsx", "sites_list.csv"),
        "zones.r": Taken("r.geojson", "r_r.geojson"),
    }
    zones = packed_job(job, taken).zones
    sites = zones["sites"]
    assert (sites.path, sites.layer, sites.where, sites.near, sites.latest) == (
        "inputs/sites_list.csv", None, None, None, (),
    )  # fmt: skip
    assert (sites.id, sites.rings_m) == ("code", (500.0,))
    assert zones["r"].path == "inputs/r_r.geojson"
    assert zones["here"] == job.zones["here"]


def test_context_is_drawn_from_the_copies(job: Job) -> None:
    layers = [
        {"path": "roads.gpkg", "kind": "road", "label": "ref", "where": "highway = 'primary'"},
        {"path": "kept.gpkg", "copy": False},
    ]
    drawn = job.model_copy(update={"context": [ContextLayer.model_validate(one) for one in layers]})
    (road,) = packed_job(drawn, {"context[0]": Taken("roads.gpkg", "context_0.gpkg")}).context
    assert (road.path, road.where, road.label) == ("inputs/context_0.gpkg", None, "ref")


def test_a_file_that_may_not_be_copied_keeps_what_chose_its_rows(job: Job) -> None:
    zones = packed_job(job, {"zones.sites": Taken("list.xlsx", None)}).zones
    assert (zones["sites"].path, zones["sites"].where) == ("inputs/list.xlsx", "x = 1")
    assert zones["r"].path == "https://example.org/r.geojson"


def test_scenes_are_looked_for_in_the_parcel_and_the_machine_is_forgotten(job: Job) -> None:
    packed = packed_job(job, {})
    (source,) = packed.sources
    assert source.catalog == "scenes/sentinel-2-l2a/catalog.json"
    assert source.allow_paths == (Path("scenes/sentinel-2-l2a-1"),)
    assert (packed.run.store, packed.run.scheduler) == (None, None)


def test_folders_of_this_machine_give_way_in_texts(job: Job, tmp_path: Path) -> None:
    text = f"{tmp_path}/stac/x.tif is damaged; {tmp_path}/disk/y.tif too".encode()
    assert without_paths(text, roots_of(job)) == (
        b"scenes/sentinel-2-l2a/x.tif is damaged; scenes/sentinel-2-l2a-1/y.tif too"
    )


def test_folders_of_zones_give_way_and_like_ones_stay(job: Job, tmp_path: Path) -> None:
    told = f"{tmp_path}/home/a/list.xlsx: no rows in {tmp_path}/home/a."
    assert without_paths(told.encode(), roots_of(job)) == b"inputs/list.xlsx: no rows in inputs."
    like = f"{tmp_path}/home/ab/x, {tmp_path}/home/a.b, https://a.example{tmp_path}/home/a/x"
    assert without_paths(like.encode(), roots_of(job)) == like.encode()


def test_the_root_of_a_disk_is_no_folder_to_look_for() -> None:
    text = b"/a.csv: 1/2 of https://a.example/b"
    assert without_paths(text, {"/": "inputs"}) == text
