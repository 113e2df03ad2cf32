"""An archive is all that a run needs, beside what `fetch` brought or the scenes themselves."""

from __future__ import annotations

import hashlib
import html
import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover import fetching, pipeline
from landcover import job as jobs
from landcover.packing import pack
from landcover.packing.told import COMMAND, COPY
from landcover.synthetic import country, dates

pytestmark = pytest.mark.slow

Same = Callable[..., None]
DAYS = dates(date(2021, 8, 3), date(2022, 6, 1), 30)


@pytest.fixture
def own(study_of: Any, tmp_path: Path) -> Any:
    """Return a study of a small country of its own."""
    return study_of(country((150, 170)), DAYS)


def unpacked(path: Path, folder: Path) -> Path:
    """Unpack an archive on what might be another machine; return its one folder."""
    shutil.unpack_archive(path, folder)
    (inner,) = folder.iterdir()
    return inner


def rerun(folder: Path, scheduler: str, **options: Any) -> pipeline.Result:
    """Do what the archive says, in its folder."""
    job = jobs.load(folder / "job.yaml", (f"run.scheduler={scheduler}",))
    return pipeline.run(job, folder, locked=True, **options)


@pytest.mark.parametrize("light", [False, True])
def test_an_archive_runs_again_beside_its_scenes(
    own: Any, same: Same, tmp_path: Path, light: bool
) -> None:
    ended = own.run()
    packed = pack(jobs.load(own.folder / "job.yaml"), ended.out, light=light)
    assert packed.path == own.folder / ("out-light.zip" if light else "out.zip")
    assert packed.missing == ()
    folder = unpacked(packed.path, tmp_path / "elsewhere")
    assert (folder / "rasters").exists() != light
    shutil.rmtree(folder / "rasters", ignore_errors=True)
    (folder / "scenes").mkdir()
    (own.world.folder / "scenes").rename(folder / "scenes" / "sentinel-2-l2a")
    (own.world.folder / "zones").rename(tmp_path / "gone")
    assert rerun(folder, own.scheduler).exit_code == 0
    same(folder, ended.out)


def test_an_archive_and_a_store_run_without_network(
    own: Any, faulty: Any, at_once: None, same: Same, tmp_path: Path
) -> None:
    scenes = own.world.folder / "scenes"
    server = faulty(scenes)
    for path in scenes.rglob("*.json"):
        item = json.loads(path.read_text("utf-8"))
        for asset in item.get("assets", {}).values():
            file = (path.parent / asset["href"]).resolve().relative_to(scenes.resolve())
            asset["href"] = f"{server.address}/{file.as_posix()}"
        path.write_text(json.dumps(item), "utf-8")
    job, out, store = (
        jobs.load(own.job(run={"scheduler": own.scheduler})),
        own.folder / "out",
        tmp_path / "store",
    )
    assert fetching.fetch(job, out, store).exit_code == 0
    assert pipeline.run(job, out, store=store).exit_code == 0
    packed = pack(job, out)
    server.stop()
    shutil.rmtree(own.world.folder)
    folder = unpacked(packed.path, tmp_path / "elsewhere")
    shutil.rmtree(folder / "rasters")
    assert rerun(folder, own.scheduler, offline=True, store=store).exit_code == 0
    same(folder, out)


def test_the_papers_of_an_archive_agree(own: Any, tmp_path: Path) -> None:
    ended = own.run()
    folder = unpacked(pack(jobs.load(own.folder / "job.yaml"), ended.out).path, tmp_path / "there")
    page = (folder / "README.html").read_text("utf-8")
    note = (folder / "PARCEL.txt").read_text("utf-8")
    for line in (COPY, COMMAND):
        assert html.escape(line) in page
        assert line in note
    assert "--out again" not in page
    assert hashlib.sha256((folder / "scenes.json").read_bytes()).hexdigest() in page
    assert note.index("scenes/") < note.index(COMMAND)  # what is needed stands before the call


def test_an_archive_names_no_folder_of_this_machine(own: Any, tmp_path: Path) -> None:
    ended = own.run(
        zones={
            "sites": {
                "path": "zones/sites.csv",
                "id": "pcode",
                "rings_m": [200],
                "where": "mineral1 = 'gold'",
            }
        }
    )
    job = jobs.load(own.folder / "job.yaml")
    first = pack(job, ended.out)
    folder = unpacked(first.path, tmp_path / "elsewhere")
    for path in folder.rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes(), path.name
    assert not (folder / ".work").exists()
    assert not (folder / "run.log").exists()
    group = jobs.load(folder / "job.yaml").zones["sites"]
    assert group.where is None  # the copy has only the rows that it chose
    assert group.path == str((folder / "inputs" / "sites_sites.csv").resolve())
    again = pack(job, ended.out, tmp_path / "again.zip")
    assert again.path.read_bytes() == first.path.read_bytes()


def test_a_file_that_may_not_be_copied_is_asked_for(own: Any, tmp_path: Path) -> None:
    zones = {"reserves": {"path": "zones/reserves.geojson", "id": "WDPAID", "copy": False,
                          "credit": "whoever drew it"}}  # fmt: skip
    ended = own.run(zones=zones)
    packed = pack(jobs.load(own.folder / "job.yaml"), ended.out)
    assert packed.missing == ("inputs/reserves.geojson",)
    folder = unpacked(packed.path, tmp_path / "elsewhere")
    assert "whoever drew it" in (folder / "PARCEL.txt").read_text("utf-8")
    assert not (folder / "inputs" / "reserves.geojson").exists()
