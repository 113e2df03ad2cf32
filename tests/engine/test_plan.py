"""The plan: tiles in whole blocks, workers and sides within the memory, refusals with a remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from landcover.engine import plan as planning
from landcover.engine.memory import CACHE_BYTES, CLIENT_BYTES, WORKER_BYTES
from landcover.engine.plan import Plan, make_plan
from landcover.engine.settings import RunSettings
from landcover.errors import PlanError
from landcover.raster.settings import GridSettings

PROCESS = WORKER_BYTES + CACHE_BYTES
SIDE = 4096
DAYS = [date(2020, 1, 1) + timedelta(5 * n) for n in range(70)]


@pytest.fixture
def planned(build: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Plan]:
    """Return ``planned(...)``: a plan of 70 scenes and a zone of 4,096 x 4,096 pixels."""
    monkeypatch.setattr(planning, "cores", lambda: 4)
    scenes = [build.scene(day, shape=(SIDE, SIDE)) for day in DAYS]

    def make(order: Any = None, grid: Any = None, zone: Any = None, **run: Any) -> Plan:
        zones = [zone or build.zone("a", (1, 1), (SIDE - 1, SIDE - 1))]
        return make_plan(
            order or build.order(), zones, scenes, GridSettings.model_validate(grid or {}),
            RunSettings.model_validate(run), Path("/nowhere"),
        )  # fmt: skip

    return make


def test_tiles_are_whole_blocks_and_cover_the_grid_once(planned: Any, build: Any) -> None:
    made = planned(memory="64GB")
    assert made.tile_px % 1024 == 0
    covered = sum(tile.grid.shape[0] * tile.grid.shape[1] for tile in made.tiles)
    rows, columns = made.brief.grid.shape
    assert covered == rows * columns
    left, top = build.grid.transform @ (0, 0)
    for tile in made.tiles:
        west, _, _, north = tile.grid.bounds
        if tile.column > 0:
            assert (west - left) / 10 % 1024 == 0
        if tile.row > 0:
            assert (top - north) / 10 % 1024 == 0


@pytest.mark.parametrize("memory", ["2GB", "4GB", "8GB", "64GB"])
def test_a_plan_stays_within_the_memory_it_was_given(planned: Any, memory: str) -> None:
    made = planned(memory=memory)
    assert made.machine_bytes <= RunSettings.model_validate({"memory": memory}).memory
    assert made.machine_bytes == CLIENT_BYTES + made.workers * (PROCESS + made.peak_bytes)
    assert 1 <= made.workers <= 4


def test_as_many_workers_as_memory_bears(planned: Any) -> None:
    """One worker for two cores, of which the test's machine has four, and fewer for less."""
    assert planned(memory="2GB").workers == 1
    assert planned(memory="16GB").workers == 2


def test_a_machine_with_many_cores_runs_the_usual_job(
    planned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "cores", lambda: 64)
    made = planned()
    assert made.workers >= 1
    assert made.tile_px >= 1024
    assert made.brief.threads == 64 // made.workers


def test_workers_that_the_job_names_are_kept_and_tiles_shrink_for_them(planned: Any) -> None:
    made = planned(memory="3GB", workers=4)
    assert made.workers == 4
    assert made.tile_px < 1024


def test_what_will_not_fit_is_refused_with_a_number_that_would_do(planned: Any) -> None:
    with pytest.raises(PlanError, match="are too little") as raised:
        planned(memory="1GB", workers=4)
    assert raised.value.exit_code == 2
    assert raised.value.where == "run.memory"
    found = re.search(r"Set run\.memory to (\d+\.\d)GB for 4 workers", str(raised.value))
    assert found
    assert planned(memory=f"{found[1]}GB", workers=4).workers == 4
    with pytest.raises(PlanError):
        planned(memory=f"{float(found[1]) - 0.2:.1f}GB", workers=4)


def test_a_mapping_unit_too_large_for_the_memory_is_named(planned: Any, build: Any) -> None:
    order = build.order({"disturbance": {"min_ha": 100}})
    with pytest.raises(PlanError, match="are too little") as raised:
        planned(order, memory="4GB")
    assert "lower products.disturbance.min_ha, for which 9,999 pixels around" in str(raised.value)
    with pytest.raises(PlanError, match=r"shorten the periods") as raised:
        planned(build.order({"disturbance": {}}), memory="1GB", workers=4)
    assert "min_ha" not in str(raised.value)


def test_a_tile_side_that_the_job_names_is_taken_or_refused(planned: Any) -> None:
    made = planned(grid={"tile_px": 256}, memory="8GB")
    assert made.tile_px == 256
    assert max(max(tile.grid.shape) for tile in made.tiles) == 256
    with pytest.raises(PlanError, match=r"a tile of 4096 pixels a side .*lower grid\.tile_px"):
        planned(grid={"tile_px": 4096}, memory="2GB")


def test_longer_spans_take_more_memory(planned: Any, build: Any) -> None:
    grid = {"tile_px": 512}
    year = planned(build.order(), grid, memory="16GB").peak_bytes
    month = planned(build.order({"composite": {"every": "month"}}), grid, memory="16GB").peak_bytes
    assert year > 2 * month  # a tile's own planes stay as they are


def test_only_tiles_that_touch_a_zone_are_made(planned: Any, build: Any) -> None:
    whole = planned(grid={"tile_px": 256}, memory="8GB")
    zone = build.zone("thin", (1, 1), (SIDE - 1, 3), (SIDE - 1, 5), (1, 3))
    thin = planned(grid={"tile_px": 256}, memory="8GB", zone=zone)
    diagonal = build.zone("d", (1, 1), (9, 1), (SIDE - 1, SIDE - 1), (SIDE - 9, SIDE - 1))
    bend = planned(grid={"tile_px": 256}, memory="8GB", zone=diagonal)
    assert len(thin.tiles) == 16
    assert 16 <= len(bend.tiles) < len(whole.tiles) / 4


def test_zones_far_apart_are_told_or_refused(build: Any) -> None:
    def plan(away_px: int) -> Plan:
        corners = enumerate((1, 20, away_px))
        zones = [build.zone(f"z{n}", (at, at), (at + 9, at + 9)) for n, at in corners]
        return make_plan(
            build.order(), zones, [build.scene(DAYS[0])],
            GridSettings.model_validate({"crs": "EPSG:6933", "resolution_m": 10}),
            RunSettings(), Path("/nowhere"),
        )  # fmt: skip

    assert not [note for note in plan(3_000).notes if note.where == "zones"]
    (note,) = (note for note in plan(40_000).notes if note.where == "zones")
    assert "z2 (zones.fields) lies 56" in note.what  # 400 km south and 400 km east
    with pytest.raises(PlanError, match="% of them empty: z2"):
        plan(300_000)


def test_a_scheduler_s_worker_has_the_memory_for_itself(planned: Any) -> None:
    made = planned(scheduler="tcp://127.0.0.1:8786", memory="2GB")
    assert made.peak_bytes <= 2 * 10**9 - PROCESS
    with pytest.raises(PlanError, match="for each worker"):
        planned(scheduler="tcp://127.0.0.1:8786", memory="540MB")


def test_a_task_s_fingerprint_is_that_of_its_parts(planned: Any) -> None:
    made = planned(grid={"tile_px": 1024}, memory="16GB")
    prints = [task.fingerprint for task in made.tasks]
    assert len(set(prints)) == len(prints), "each tile has its own grid"
    again = planned(grid={"tile_px": 1024}, memory="32GB", workers=1)
    assert [task.fingerprint for task in again.tasks] == prints
