"""The lines that repeat a run name the copies of what it read, and undo what chose among more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from landcover.outputs.repeating import commands_of, inputs_of


def _folder(out: Path, job: Any, *inputs: dict[str, Any]) -> Path:
    (out / "inputs").mkdir()
    (out / "scenes.json").write_text("{}", "utf-8")
    (out / "job.yaml").write_text(json.dumps(job), "utf-8")  # JSON is YAML
    (out / "inputs" / "inputs.json").write_text(json.dumps({"inputs": inputs}), "utf-8")
    for one in inputs:
        if one.get("copy"):
            (out / "inputs" / one["copy"]).write_text("", "utf-8")
    return out


def _set(out: Path) -> list[str]:
    *_, run = commands_of(out, {})
    return [line.strip() for line in run.split("\\\n")[1:]]


def test_zones_are_read_from_their_copies(tmp_path: Path) -> None:
    group = {"path": "/a/b.csv", "where": "x > 1", "near": {"group": "r"}, "latest": ["day"]}
    job = {"zones": {"sites": group, "own": {"at": [1, 2]}}}
    copy = {"role": "zones.sites", "origin": "b.csv", "copy": "sites_b.csv"}
    assert _set(_folder(tmp_path, job, copy)) == [
        "--set zones.sites.path=inputs/sites_b.csv",
        "--set zones.sites.where=null",
        "--set zones.sites.near=null",
        "--set 'zones.sites.latest=[]'",
    ]


def test_the_sheet_of_a_workbook_is_a_table_now(tmp_path: Path) -> None:
    job = {"zones": {"a": {"path": "a.xlsx", "layer": "x"}, "b": {"path": "b.gpkg", "layer": "x"}}}
    sheet = {"role": "zones.a", "origin": "a.xlsx", "copy": "a.csv"}
    layer = {"role": "zones.b", "origin": "b.gpkg", "copy": "b.gpkg"}
    told = _set(_folder(tmp_path, job, sheet, layer))
    assert "--set zones.a.layer=null" in told
    assert "--set zones.b.layer=null" not in told


def test_what_is_only_drawn_is_read_from_its_copies(tmp_path: Path) -> None:
    job = {"context": [{"path": "/a/rivers.gpkg"}, {"path": "/a/not_copied.gpkg"}]}
    copy = {"role": "context[0]", "origin": "rivers.gpkg", "copy": "0_rivers.gpkg"}
    assert _set(_folder(tmp_path, job, copy)) == [
        "--set 'context[0].path=inputs/0_rivers.gpkg'",
    ]


def test_a_profile_of_ones_own_is_read_from_its_copy(tmp_path: Path) -> None:
    sensors = ("sentinel-2-l2a", "/a/mine.yaml", "/a/mine.yaml")
    job = {"sources": [{"sensor": one} for one in sensors], "run": {"scheduler": "tcp://a:1"}}
    copy = {"role": "sensors.mine", "origin": "mine.yaml", "copy": "mine_mine.yaml"}
    assert _set(_folder(tmp_path, job, copy)) == [
        "--set 'sources[1].sensor=inputs/mine_mine.yaml'",
        "--set 'sources[2].sensor=inputs/mine_mine.yaml'",
        "--set run.scheduler=null",
    ]


def test_what_reads_its_copies_already_stays(tmp_path: Path) -> None:
    job = {"zones": {"sites": {"path": "inputs/sites.csv"}}}
    copy = {"role": "zones.sites", "origin": "b.csv", "copy": "sites.csv"}
    out = _folder(tmp_path, job, copy)
    assert commands_of(out, {})[-1] == "landcover run job.yaml --locked --out again"


def test_what_was_not_copied_is_not_named(tmp_path: Path) -> None:
    job = {"zones": {"sites": {"path": "/a/b.csv"}, "gone": {"path": "/a/c.csv"}}}
    kept = {"role": "zones.sites", "origin": "b.csv", "copy": None}
    gone = {"role": "zones.gone", "origin": "c.csv", "copy": "gone.csv"}
    out = _folder(tmp_path, job, kept, gone)
    (out / "inputs" / "gone.csv").unlink()
    assert _set(out) == []


@pytest.mark.parametrize("name", ["job.yaml", "scenes.json"])
def test_a_folder_without_job_or_lock_cannot_be_repeated(tmp_path: Path, name: str) -> None:
    out = _folder(tmp_path, {})
    (out / name).unlink()
    assert commands_of(out, {}) == ()


def test_a_parcel_for_the_public_cannot_be_repeated(tmp_path: Path) -> None:
    out = _folder(tmp_path, {})
    assert commands_of(out, {"public": True}) == ()
    assert commands_of(out, {}) != ()


def test_without_copies_the_account_tells_of_inputs(tmp_path: Path) -> None:
    run = {"inputs": [{"role": "zones.a", "origin": "/a/b.csv"}]}
    assert inputs_of(tmp_path, run) == tuple(run["inputs"])
    assert inputs_of(tmp_path, {}) == ()
