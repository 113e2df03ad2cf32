"""Runs that are killed at any moment, and go on as if nothing had happened."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

TILE_PX, TILES = 64, 30
"""Side of tiles (px), and how many there are: enough for a kill to fall between them."""

PATIENCE_S = 120.0
"""How long a run may take to reach the moment of its end (s)."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When to kill: so many seconds after so many tiles were recorded."""

    tiles: int
    seconds: float


def moments(count: int, seed: int) -> list[Moment]:
    """Draw moments over a whole run: its start-up, its tiles, its rasters."""
    chance = random.Random(seed)
    found = [Moment(0, chance.uniform(0.2, 5)), Moment(TILES, chance.uniform(0, 0.5))]
    while len(found) < count:
        found.append(Moment(chance.randint(0, TILES - 1), chance.uniform(0, 0.2)))
    return found


def recorded(out: Path, name: str = "manifest") -> int:
    """Count the lines of the manifest, or of that of what is settled."""
    path = out / ".work" / f"{name}.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_for(process: Any, out: Path, moment: Moment) -> None:
    """Wait for a moment of a run, or for its end."""
    until = time.monotonic() + PATIENCE_S
    while recorded(out) < moment.tiles and process.poll() is None:
        assert time.monotonic() < until, process.stderr.read()
        time.sleep(0.01)
    time.sleep(moment.seconds)


def kill_tree(process: Any) -> None:
    """SIGKILL a run with all its workers; on Windows, end them likewise."""
    try:
        main = psutil.Process(process.pid)
        main.suspend()  # so that it starts no worker that we do not see
        family = [*main.children(recursive=True), main]
    except psutil.NoSuchProcess:
        family = []
    for one in family:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=20)
    process.wait(timeout=20)
    process.stderr.close()


@pytest.mark.slow
def test_two_kills(
    study: Any, calm: Path, same: Callable[..., None], manifest: Callable[..., Any]
) -> None:
    changes = {"grid": {"tile_px": TILE_PX}, "run": {"workers": 2}}
    finished: dict[str, Any] = {}
    for moment in (Moment(4, 0.05), Moment(20, 0.02)):
        process = study.start(**changes)
        wait_for(process, study.folder / "out", moment)
        kill_tree(process)
        kept = manifest(study.folder / "out")
        assert finished.items() <= kept.items()
        finished = kept
    assert len(finished) >= 20
    ended = study.run(grid={"tile_px": TILE_PX})
    assert ended.code == 0
    assert f"{len(finished)} finished tile(s) kept" in ended.heard.text
    assert not finished.keys() & set(ended.heard.made)
    now = manifest(ended.out)
    assert len(now) == len(finished) + len(ended.heard.made) == TILES
    assert {tile: now[tile] for tile in finished} == finished
    same(ended.out, calm)


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", moments(10, seed=20), ids=lambda one: f"{one.tiles} tiles and {one.seconds:.2f} s"
)
def test_ten_kills(
    study: Any, calm: Path, same: Callable[..., None], manifest: Callable[..., Any], moment: Moment
) -> None:
    process = study.start(grid={"tile_px": TILE_PX}, run={"workers": 2})
    out = study.folder / "out"
    wait_for(process, out, moment)
    kill_tree(process)
    finished = manifest(out)
    assert len(finished) >= moment.tiles
    ended = study.call(grid={"tile_px": TILE_PX}, run={"workers": 2})
    assert ended.code == 0, ended.err
    now = manifest(out)
    assert len(now) == TILES
    assert {tile: now[tile] for tile in finished} == finished
    if finished:
        assert f"{len(finished)} finished tile(s) kept" in ended.err
    assert not list(out.rglob("*.part*")), "what was half written is swept"
    same(out, calm)


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced(study: Any, calm: Path, same: Callable[..., None]) -> None:
    process = study.start(grid={"tile_px": TILE_PX}, run={"workers": 2})
    out = study.folder / "out"
    wait_for(process, out, Moment(5, 0))
    workers = [
        one
        for one in psutil.Process(process.pid).children(recursive=True)
        if "spawn_main" in " ".join(one.cmdline())
    ]
    workers[0].kill()
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    assert recorded(out) == TILES
    same(out, calm)


@pytest.mark.slow
def test_a_kill_while_layers_are_settled(study: Any, same: Callable[..., None]) -> None:
    """Trends that stand over the whole map: the tiles, the model and what was settled are kept."""
    changes = {
        "grid": {"tile_px": TILE_PX},
        "products": {"trend": {"index": "ndvi", "min_years": 2}},
    }
    whole = study.run("whole", grid={"tile_px": 128}, products=changes["products"])
    process, out = study.start(**changes), study.folder / "out"
    until = time.monotonic() + PATIENCE_S
    while recorded(out, "settled") < 4 and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    kill_tree(process)
    settled = recorded(out, "settled")
    assert 4 <= settled < TILES
    ended = study.run(**changes)
    assert ended.code == 0
    assert f"{TILES} finished tile(s) kept" in ended.heard.text
    assert "learn trend" not in {name for name, _, _ in ended.heard.steps}
    assert ("settle trend", TILES, settled - 1) in ended.heard.steps
    same(ended.out, whole.out)
