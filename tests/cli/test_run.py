"""`plan`, `run`, `status` and `demo` against a pipeline that only records."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from landcover import pipeline
from landcover.model import Failure, Note

Call = Callable[..., Any]
FAILURE = Failure("S2A_X", "sentinel-2-l2a", "red", "t1", "the file is truncated")


class Recorder:
    """Stands in for `pipeline.run`."""

    def __init__(self, code: int = 0, failures: tuple[Failure, ...] = ()) -> None:
        self.code, self.failures = code, failures
        self.calls: list[tuple[Path, dict[str, Any]]] = []

    def __call__(self, job: Any, out: Path, **options: Any) -> pipeline.Result:
        self.calls.append((out, options))
        if options["progress"] is not None:
            options["progress"].begin("tiles", 1, 0)
        notes = (Note("sites.csv", "2 rows have no coordinates", "Add them"),)
        return pipeline.Result(out, self.code, notes, self.failures)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Put a recorder in the pipeline's place."""
    made = Recorder()
    monkeypatch.setattr(pipeline, "run", made)
    return made


def test_run_passes_everything_on(call: Call, study: Path, recorder: Recorder) -> None:
    ended = call("run", study / "job.yaml", "--fresh")
    assert (ended.code, ended.out) == (0, f"{study / 'out' / 'small'}\n")
    out, options = recorder.calls[0]
    assert out == study / "out" / "small"
    assert (options["fresh"], options["locked"]) == (True, False)
    assert "tiles: 1 in all" in ended.err
    assert "note: sites.csv: 2 rows have no coordinates. Add them." in ended.err


def test_quiet_shows_no_progress(call: Call, study: Path, recorder: Recorder) -> None:
    ended = call("run", study / "job.yaml", "-q", "--locked", "--out", study / "here")
    assert "tiles" not in ended.err
    out, options = recorder.calls[0]
    assert (out, options["locked"], options["progress"]) == (study / "here", True, None)


def test_incomplete_is_exit_3_and_says_where(
    call: Call, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "run", Recorder(3, (FAILURE,)))
    ended = call("run", study / "job.yaml")
    assert ended.code == 3
    assert "incomplete: 1 scene or tile failed and is listed in " in ended.err
    assert ended.err.endswith("failures.csv. Run again to try them once more.\n")


def test_offline_what_was_not_brought_is_to_be_fetched(
    call: Call, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "it is not in the store; bring it with `landcover fetch`"
    missing = Failure("S2A_Y", "sentinel-2-l2a", "red", "t1", reason)
    monkeypatch.setattr(pipeline, "run", Recorder(3, (FAILURE, missing)))
    ended = call("run", study / "job.yaml", "--offline")
    assert "incomplete: 2 scenes or tiles failed and are listed in " in ended.err
    assert "Bring what is missing with `landcover fetch` where there is a network" in ended.err
    assert "once more" not in ended.err
    monkeypatch.setattr(pipeline, "run", Recorder(3, (FAILURE,)))
    assert "Run again to try them once more" in call("run", study / "job.yaml", "--offline").err


def test_offline_is_the_pipeline_s_to_hold(call: Call, study: Path, recorder: Recorder) -> None:
    assert call("run", study / "job.yaml", "--offline").code == 0
    assert recorder.calls[0][1]["offline"] is True
    assert recorder.calls[0][1]["locked"] is False


@pytest.mark.parametrize(
    "key", ["sources[0].catalog=https://a.invalid/v1", "zones.sites.path=https://a.invalid/s.csv"]
)
def test_offline_refuses_addresses(call: Call, study: Path, key: str) -> None:
    ended = call("run", study / "job.yaml", "-q", "--offline", "--set", key)
    assert ended.code == 2
    assert "is an address, and --offline refuses the network" in ended.err
    assert ended.err.count("\n") == 1


def test_status_of_nothing(call: Call, study: Path) -> None:
    ended = call("status", study / "job.yaml")
    assert ended.code == 2
    assert "no run of this job has begun here. Use landcover run." in ended.err


def test_status_tells_what_is_left(
    call: Call, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = study / "out" / "small"
    out.mkdir(parents=True)
    (out / "scenes.json").write_text("{}", "utf-8")
    found = pipeline.Status(out, 40, 30, {"new": 10}, (FAILURE,))
    monkeypatch.setattr(pipeline, "status", lambda *_, **__: found)
    ended = call("status", study / "job.yaml")
    assert ended.code == 0
    assert "30 of 40 tiles are finished (75 %)" in ended.out
    assert "the file is truncated" in ended.out
    assert ended.out.endswith("\nTiles that the next run would make: 10 (new)\n")
    assert json.loads(call("status", study / "job.yaml", "--json").out)["reasons"] == {"new": 10}


def test_an_empty_catalog_is_exit_1(call: Call, study: Path) -> None:
    for verb in ("plan", "run"):
        ended = call(verb, study / "job.yaml", "-q")
        assert ended.code == 1, ended.err
        assert ended.out == ""
        assert ended.err.count("\n") == 1


@pytest.mark.slow
def test_the_demo_runs_and_goes_on_without_doing_anything_twice(call: Call, tmp_path: Path) -> None:
    ended = call("demo", "--out", tmp_path)
    out = tmp_path / "out" / "demo"
    assert (ended.code, ended.out) == (0, f"{out}\n"), ended.err
    assert (
        "Open " not in ended.err
    )  # nothing was written to open: pages are not these tests' matter
    assert sorted((out / "rasters").glob("ndvi_*.tif"))
    with (out / "tables" / "zone_series.csv").open(encoding="utf-8", newline="") as file:
        assert next(iter(csv.DictReader(file)))["index"] == "ndvi"
    status = json.loads(call("status", tmp_path / "demo.yaml", "--json").out)
    assert status["done"] == status["total"] > 0
    again = call("run", tmp_path / "demo.yaml", "--offline")
    assert again.code == 0
    assert "to be made" not in again.err
    plan = json.loads(call("plan", tmp_path / "demo.yaml", "--json").out)
    assert plan["tiles"] == status["total"]
    assert "ndvi_2020" in plan["layers"]
    assert "What a run takes" in call("plan", tmp_path / "demo.yaml").out
    (out / "README.html").write_text("a page", "utf-8")
    told = call("demo", "--out", tmp_path).err
    assert told.endswith(f"Open {out / 'README.html'} in a browser: it leads to all the rest.\n")
