"""A run, its lock, and what comes after: a narrower job, a catalog that changed, a profile."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from landcover import job as jobs
from landcover import pipeline, sensors
from landcover.catalog import read_lock
from landcover.cli import main
from landcover.errors import InputError
from landcover.outputs.results import open_results
from landcover.survey import drift
from landcover.synthetic import broken


def items(study: Any) -> list[Path]:
    """List the documents of a study's items, by time."""
    folder = study.world.folder / "scenes"
    found = [path for path in folder.rglob("*.json") if "_L2A" in path.stem]
    return sorted(found, key=lambda path: path.stem.split("_")[2])


def test_the_lock_of_a_run_and_how_its_catalog_changes(
    own_study: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = own_study.run()
    job, out = str(own_study.folder / "job.yaml"), str(ended.out)
    lock = (ended.out / "scenes.json").read_bytes()
    count = len(read_lock(ended.out / "scenes.json").scenes)

    # all of it is there
    found = pipeline.status(jobs.load(job), ended.out)
    assert (found.done, found.rasters_done, found.tables_done) == (
        found.total, found.rasters, found.tables)  # fmt: skip
    assert found.rasters >= 2
    assert found.tables == len(list((ended.out / "tables").glob("*.csv")))
    assert main(["status", job, "--out", out, "--drift"]) == 0
    said = capsys.readouterr().out
    assert f"{count} of {count} scenes are listed as they were" in said
    assert "The files themselves were not opened." in said

    # the catalog goes its way
    first, second, third, *_ = items(own_study)
    broken.wrong_offset(first.parent, -0.05)
    second.write_text("{", "utf-8")
    document = json.loads(third.read_text("utf-8"))
    document["properties"]["updated"] = "2026-01-01T00:00:00Z"
    third.write_text(json.dumps(document), "utf-8")
    assert main(["status", job, "--out", out, "--drift", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(one["kind"], one["scene"]) for one in told["drift"]] == [
        ("changed", first.stem),
        ("unread", second.stem),
    ]
    assert (told["scenes"], told["same"], told["told"]) == (count, count - 2, False)
    assert "red" in told["drift"][0]["what"]
    assert (ended.out / "scenes.json").read_bytes() == lock

    # the lock is repeated all the same
    again = own_study.run(locked=True)
    assert (again.code, again.heard.made) == (0, [])

    # and a part of what was made may be gone
    (ended.out / "rasters" / "ndvi_2021.tif").unlink()
    (ended.out / "tables" / "zones.csv").unlink()
    left = pipeline.status(jobs.load(job), ended.out)
    assert (left.rasters_done, left.tables_done) == (found.rasters - 1, found.tables - 1)
    main(["status", job, "--out", out])
    assert f"{left.rasters_done} of {left.rasters} rasters and 5 of 6 tables are written" in (
        capsys.readouterr().out)  # fmt: skip


def test_results_list_what_a_narrower_run_of_the_lock_read(study: Any) -> None:
    whole = study.run()
    lock = read_lock(whole.out / "scenes.json")
    assert len(open_results(whole.out).scenes) == len(lock.scenes)
    ended = study.run(locked=True, period=[2022, 2022])
    read = open_results(ended.out).scenes
    assert set(read["id"]) == {one.id for one in lock.scenes if one.solar_day.year == 2022}
    assert 0 < len(read) < len(lock.scenes)
    assert read_lock(ended.out / "scenes.json") == lock


def test_without_a_lock_there_is_no_drift(study: Any) -> None:
    job = jobs.load(study.job())
    with pytest.raises(InputError, match="there is no lock whose items could have changed"):
        drift(job, study.folder / "out")
    assert not (study.folder / "out").exists()


def test_offline_asks_no_catalog_how_it_changed(study: Any) -> None:
    ended = study.run()
    assert drift(jobs.load(study.job()), ended.out, offline=True)[0].found == ()
    sources = [{"sensor": "sentinel-2-l2a", "catalog": "https://stac.example/v1"}]
    away = jobs.load(study.job(sources=sources))
    with pytest.raises(InputError, match="its catalog is an address, and --offline refuses"):
        drift(away, ended.out, offline=True)


def test_a_source_that_the_job_has_no_more_is_told(study: Any) -> None:
    ended = study.run()
    job = jobs.load(study.job())
    renamed = job.model_copy(update={"sources": (job.sources[0].model_copy(update={"name": "x"}),)})
    found, notes = drift(renamed, ended.out)
    assert found.scenes == 0
    assert {one.kind for one in found.found} == {"new"}
    assert "scenes are of sentinel-2-l2a" in str(notes[-1])


# --- a profile of one's own ----------------------------------------------------------------------


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """Return a profile of one's own: the shipped one under another name."""
    text = (Path(sensors.__file__).parent / "profiles" / "sentinel-2-l2a.yaml").read_text("utf-8")
    path = tmp_path / "mine.yaml"
    path.write_text(text.replace("name: sentinel-2-l2a", "name: mine", 1), "utf-8")
    return path


def test_a_profile_is_kept_with_the_results(study: Any, mine: Path, tmp_path: Path) -> None:
    sources = [
        {"sensor": str(mine), "catalog": "scenes/catalog.json", "name": name} for name in "ab"
    ]
    ended = study.run(sources=sources)
    assert ended.code == 0
    copies = [path for path in (ended.out / "inputs").iterdir() if path.suffix == ".yaml"]
    assert [path.name for path in copies] == ["a_mine.yaml"]
    assert copies[0].read_bytes() == mine.read_bytes()
    (entry,) = [
        one
        for one in json.loads((ended.out / "run.json").read_text("utf-8"))["inputs"]
        if one["role"] == "sensors.a"
    ]
    assert entry["sha256"] == hashlib.sha256(mine.read_bytes()).hexdigest()
    assert entry["file"] == "mine.yaml"
    assert entry["origin"]
    listed = json.loads((ended.out / "inputs" / "inputs.json").read_text("utf-8"))["inputs"]
    assert [one["copy"] for one in listed if one["role"] == "sensors.a"] == ["a_mine.yaml"]
    table = (ended.out / "tables" / "data_used.csv").read_text("utf-8")
    assert "mine.yaml" in table
    assert str(tmp_path) not in table

    # what was kept gives the same again
    kept = tmp_path / "kept.yaml"
    shutil.copy(copies[0], kept)
    again = study.run("again", sources=[{**one, "sensor": str(kept)} for one in sources])
    assert (again.out / "rasters" / "ndvi_2021.tif").read_bytes() == (
        ended.out / "rasters" / "ndvi_2021.tif").read_bytes()  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("clear: [4, 5, 6]", "clear: [2, 4, 5, 6]", "reading"),
        ("clip: [0, 3.2767]", "clip: [0, 0.2]", "scenes"),
    ],
)
def test_a_profile_that_changes_is_read_anew(
    study: Any, mine: Path, old: str, new: str, why: str
) -> None:
    sources = [{"sensor": str(mine), "catalog": "scenes/catalog.json"}]
    study.run(sources=sources)
    assert study.run(sources=sources).heard.made == []
    text = mine.read_text("utf-8")
    assert old in text
    mine.write_text(text.replace(old, new), "utf-8")
    ended = study.run(sources=sources)
    assert ended.heard.made
    assert why in ended.heard.text
