"""What a run tells of itself: whole, readable, and without a secret."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover.catalog import SceneSet, write_lock
from landcover.engine.outcome import Outcome
from landcover.engine.plan import make_plan
from landcover.engine.provenance import code_sha256, write_run_json
from landcover.engine.settings import RunSettings
from landcover.engine.workspace import Entry, Workspace
from landcover.files import sha256_of
from landcover.model import Failure, InputFile, Note
from landcover.raster.settings import GridSettings

SIGNED = "https://ann:hush@a.example/b.tif?se=2024&sig=abc123"


@pytest.fixture
def told(build: Any, tmp_path: Path) -> Any:
    """Return ``told(...)``: run.json of a made-up run, as text."""

    def make(notes: Any = (), failures: Any = (), inputs: Any = ()) -> str:
        out = tmp_path / "out"
        workspace = Workspace(out)
        workspace.prepare()
        scenes = (build.scene(date(2020, 5, 1)), build.scene(date(2020, 6, 1)))
        write_lock(workspace.lock_file, SceneSet(scenes))
        zones = [build.zone("a", (1, 1), (250, 250))]
        grid = GridSettings(tile_px=128)
        run = RunSettings(workers=1, threads=3)
        plan = make_plan(build.order(), zones, scenes, grid, run, out)
        entries = {
            tile.id: Entry(
                tile.id, 9, "5a", "f", {}, {"read": 0.25, "sums": 0.5},
                {"opened": 2, "stored_bytes": 1000}, 7 * 10**6 + number,
            )
            for number, tile in enumerate(plan.tiles[:3])
        }  # fmt: skip
        rasters = {"ndvi_2020": {"size": 5, "sha256": "e3", "made_from": "x"}}
        write_run_json(plan, Outcome(entries), inputs, notes, failures, rasters,
                       {"tiles": 1.5, "total": 2.5}, {"new": 3})  # fmt: skip
        return (out / "run.json").read_text("utf-8")

    return make


def test_the_code_that_ran_is_told(told: Any) -> None:
    assert re.fullmatch("[0-9a-f]{64}", json.loads(told())["code_sha256"])
    assert json.loads(told())["code_sha256"] == code_sha256()


def test_figures_are_those_of_the_tiles(told: Any, tmp_path: Path) -> None:
    run = json.loads(told())
    assert run["reads"] == {"opened": 6, "stored_bytes": 3000}
    assert run["tile_seconds"] == {"read": 0.75, "sums": 1.5}
    assert (run["tiles_total"], run["tiles_done"]) == (4, 3)
    assert sorted(tile["peak_bytes"] for tile in run["tiles"]) == [7000000, 7000001, 7000002]
    assert (run["workers"], run["threads"], run["tile_px"]) == (1, 3, 128)
    assert run["rasters"] == {"ndvi_2020.tif": {"size": 5, "sha256": "e3"}}
    assert run["scenes"] == {"count": 2, "sha256": sha256_of(tmp_path / "out" / "scenes.json")}
    assert run["made"] == {"new": 3}
    assert run["seconds"] == {"tiles": 1.5, "total": 2.5}
    assert run["packages"]["numpy"]
    assert run["grid"]["crs"] == "EPSG:32635"


def test_no_secret_is_in_it(told: Any) -> None:
    failure = Failure("s", "src", "red", "t", f"{SIGNED} gave 403")
    note = Note("source src", f"asked {SIGNED}", "Set password=letmein again")
    file = InputFile("/data/z.geojson", SIGNED, "00", "zones", "CC BY 4.0")
    text = told([note], [failure], [file])
    for secret in ("hush", "abc123", "letmein"):
        assert secret not in text
    run = json.loads(text)
    assert run["failures"][0]["reason"].endswith("gave 403")
    assert run["inputs"] == [
        {"role": "zones", "file": "z.geojson", "origin": "https://***@a.example/b.tif?se=***&sig=***",
         "sha256": "00", "licence": "CC BY 4.0"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ['token="', "secret=\\", 'password: "a\\"b" and more', "Authorization:\n", "clé=é"]
)
def test_whatever_is_redacted_it_can_be_read(told: Any, text: str) -> None:
    assert json.loads(told([Note("x", text, "y")]))["warnings"]
