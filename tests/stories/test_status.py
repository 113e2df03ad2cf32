"""`status` tells what stands on the disk, whatever the network says; offline it asks nothing."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover import job as jobs
from landcover import pipeline
from landcover.cli import main
from landcover.raster import remote
from landcover.synthetic import country, dates

AGAIN = "a scene that had failed can be read now"


@pytest.fixture
def own_study(study_in: Any, tmp_path: Path) -> Any:
    """Return a study of a small country."""
    return study_in(tmp_path, country((150, 170)), dates(date(2021, 8, 3), date(2021, 12, 1), 30))


@pytest.fixture
def server(own_study: Any, faulty: Any, at_once: None) -> Any:
    """Serve the scenes, one file of which is dead; the catalog stays on this machine."""
    scenes = own_study.world.folder / "scenes"
    made = faulty(scenes)
    for path in scenes.rglob("*.json"):
        item = json.loads(path.read_text("utf-8"))
        for asset in item.get("assets", {}).values():
            file = (path.parent / asset["href"]).resolve().relative_to(scenes.resolve())
            asset["href"] = f"{made.address}/{file.as_posix()}"
        path.write_text(json.dumps(item), "utf-8")
    dead = sorted(path for path in scenes.iterdir() if path.is_dir())[2]
    made.faults.dead = f"{dead.name}/B08"
    return made


def test_what_failed_and_what_stands_is_told_although_the_network_is_well_again(
    own_study: Any, server: Any, read_table: Any
) -> None:
    ended = own_study.run(period=[2021, 2021])
    assert ended.code == 3
    job, out = own_study.folder / "job.yaml", ended.out
    rows = len(read_table(out, "failures"))
    failed = pipeline.status(jobs.load(job), out)
    assert (failed.done, failed.reasons, len(failed.failures)) == (failed.total, {}, rows)

    server.faults.dead = ""
    remote.rest()
    found = pipeline.status(jobs.load(job), out)
    assert found.done == found.total
    assert (found.rasters_done, found.tables_done) == (found.rasters, found.tables)
    assert found.failures == failed.failures
    assert list(found.reasons) == [AGAIN]
    assert own_study.run(period=[2021, 2021]).code == 0
    assert pipeline.status(jobs.load(job), out).failures == ()


def test_offline_nothing_is_asked(
    own_study: Any, server: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    out = own_study.run(period=[2021, 2021]).out
    server.faults.dead = ""
    remote.rest()
    server.asked.clear()
    told = ["status", str(own_study.folder / "job.yaml"), "--out", str(out)]
    assert main([*told, "--offline"]) == 0
    assert server.asked == []
    said = capsys.readouterr().out
    assert "tiles are finished (100 %)" in said
    assert "What failed in the last run" in said
    assert "next run" not in said
    # not even where it is not remembered how files lie in blocks, or where tiles are missing
    (out / ".work" / "blocks.json").unlink()
    next((out / ".work" / "tiles").glob("*.npz")).unlink()
    assert main([*told, "--offline"]) == 0
    assert server.asked == []
    capsys.readouterr()
    assert main(told) == 0
    said = capsys.readouterr().out
    assert "Tiles that the next run would make: " in said
    assert f"({AGAIN})" in said
