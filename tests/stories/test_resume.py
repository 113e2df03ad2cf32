"""A run that goes on where another stopped does what is missing, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover import job as jobs
from landcover import pipeline
from landcover.engine import scenes
from landcover.errors import InputError
from landcover.synthetic import Writing, write

Same = Callable[..., None]


@pytest.fixture
def done(study: Any, calm: Path) -> Any:
    """Return a study whose run is finished."""
    shutil.copytree(calm, study.folder / "out")
    return study


@pytest.fixture
def study_of_period(study: Any) -> Callable[[Any], Path]:
    """Return ``study_of_period(period)``: the results of a plain run of another period."""

    def run(period: Any) -> Path:
        out: Path = study.run("plain", period=period).out
        return out

    return run


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the searches of catalogs."""
    found: list[int] = []
    real = scenes.search

    def counted(*args: Any, **options: Any) -> Any:
        found.append(1)
        return real(*args, **options)

    monkeypatch.setattr(scenes, "search", counted)
    return found


def test_nothing_to_do_starts_no_worker(
    done: Any, calm: Path, same: Same, monkeypatch: pytest.MonkeyPatch, searches: list[int]
) -> None:
    def connect(*args: Any) -> None:
        raise AssertionError("workers were started")

    monkeypatch.setattr("landcover.engine.run.connect", connect)
    before = (done.folder / "out" / "rasters" / "ndvi_2021.tif").stat().st_mtime_ns
    started = time.perf_counter()
    ended = done.run()
    assert time.perf_counter() - started < 5
    assert ended.code == 0
    assert ended.heard.made == []
    assert searches == []
    assert (ended.out / "rasters" / "ndvi_2021.tif").stat().st_mtime_ns == before
    same(ended.out, calm)


def test_one_damaged_tile_is_made_again(done: Any, calm: Path, same: Same) -> None:
    tiles = sorted((done.folder / "out" / ".work" / "tiles").glob("*.npz"))
    path = tiles[3]
    whole = path.read_bytes()
    path.write_bytes(whole[:-7] + b"\0" * 7)
    ended = done.run()
    assert ended.heard.made == [path.stem]
    assert "1 tile(s) to be made: its checkpoint is missing or damaged" in ended.heard.said
    assert path.read_bytes() == whole
    same(ended.out, calm)


def test_a_missing_tile_and_a_damaged_raster(done: Any, calm: Path, same: Same) -> None:
    out = done.folder / "out"
    path = sorted((out / ".work" / "tiles").glob("*.npz"))[0]
    path.unlink()
    raster = out / "rasters" / "ndvi_2022.tif"
    raster.write_bytes(raster.read_bytes()[:-100] + b"\0" * 100)
    ended = done.run()
    assert ended.heard.made == [path.stem]
    same(ended.out, calm)


def test_a_damaged_raster_alone_reads_no_scene(done: Any, calm: Path, same: Same) -> None:
    (done.folder / "out" / "rasters" / "clear_2022.tif").unlink()
    ended = done.run()
    assert ended.heard.made == []
    assert ("rasters", 4, 3) in ended.heard.steps
    same(ended.out, calm)


def test_a_torn_manifest(done: Any, calm: Path, same: Same, manifest: Any) -> None:
    path = done.folder / "out" / ".work" / "manifest.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]) + lines[-1][:60])
    ended = done.run()
    assert len(ended.heard.made) == 1
    assert len(manifest(ended.out)) == len(lines)
    same(ended.out, calm)
    assert done.run().heard.made == []


def test_no_checkpoints_at_all(done: Any, calm: Path, same: Same) -> None:
    shutil.rmtree(done.folder / "out" / ".work")
    ended = done.run()
    assert ended.code == 0
    assert len(ended.heard.made) > 4
    same(ended.out, calm)


def test_fresh_makes_all_again(done: Any, calm: Path, same: Same, searches: list[int]) -> None:
    ended = done.run(fresh=True)
    assert len(searches) == 1
    assert "kept" not in ended.heard.text
    assert len(ended.heard.made) == len(list((calm / ".work" / "tiles").glob("*.npz")))
    same(ended.out, calm)


def more_scenes(study: Any) -> None:
    """Let the catalog list one scene more."""
    world = study.world
    days = (*world.days, date(2022, 8, 1))
    write(world.land, world.folder / "scenes", days,
          writing=Writing(64, bands=("red", "nir")))  # fmt: skip


def test_new_scenes_are_found_only_by_a_fresh_search(
    own_study: Any, calm: Path, same: Same, searches: list[int]
) -> None:
    own_study.run()
    more_scenes(own_study)
    again = own_study.run()
    assert again.heard.made == []
    same(again.out, calm)
    fresh = own_study.run(fresh=True)
    assert len(searches) == 2
    lock = json.loads((fresh.out / "scenes.json").read_text("utf-8"))
    assert len(lock["features"]) == len(own_study.world.days) + 1


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"products": {"composite": {"statistic": "mean"}}}, 0),
        ({"grid": {"tile_px": 256}}, 0),
        ({"pictures": None, "series": {"every": "year"}}, 0),
        ({"sources": [{"sensor": "sentinel-2-l2a", "catalog": "scenes/catalog.json",
                       "cloud_grown_m": 0, "clear_classes": [4, 5]}]}, 0),
        ({"period": [2022, 2022]}, 1),
        ({"zones": {"territories": None}}, 1),
        ({"sources": [{"sensor": "sentinel-2-l2a", "catalog": "scenes/catalog.json",
                       "max_cloud_percent": 50}]}, 1),
    ],
    ids=["product", "grid", "series", "masks", "period", "zones", "source"],
)  # fmt: skip
def test_the_lock_holds_until_the_search_would_differ(
    done: Any, searches: list[int], changes: dict[str, Any], again: int
) -> None:
    job = jobs.load(done.job(**changes))
    pipeline.survey(job, done.folder / "out")
    assert len(searches) == again


def test_locked_reads_the_lock_and_nothing_else(
    own_study: Any, calm: Path, same: Same, searches: list[int], tmp_path: Path
) -> None:
    out = own_study.folder / "out"
    with pytest.raises(InputError, match="there is no lock to read"):
        own_study.run(locked=True)
    own_study.run()
    lock = (out / "scenes.json").read_bytes()
    shutil.rmtree(out / ".work")
    more_scenes(own_study)
    ended = own_study.run(locked=True)
    assert len(searches) == 1
    assert (out / "scenes.json").read_bytes() == lock
    same(ended.out, calm)
    with pytest.raises(InputError, match="lacks"):
        own_study.run(locked=True, products={"composite": {"index": ["ndmi"]}})


def test_a_locked_run_of_a_shorter_period_is_of_that_period_in_every_table(
    done: Any, study_of_period: Callable[[Any], Path], same: Same, read_table: Callable[..., Any],
    searches: list[int],
) -> None:  # fmt: skip
    ended = done.run(locked=True, period=[2022, 2022])
    assert searches == []
    tables = {name: read_table(ended.out, name) for name in ("zone_series", "scenes")}
    assert tables["zone_series"].date.min() >= "2022-01-01"
    assert tables["scenes"].date.min() >= "2022-01-01"
    (note,) = [note for note in ended.notes if "of the lock's 16 scenes are left out" in note]
    assert note.endswith("out of period.")
    same(ended.out, study_of_period([2022, 2022]))
    with pytest.raises(InputError, match="it was searched for 2021-01-01 to 2022-12-31"):
        done.run(locked=True, period=[2022, 2023])


def test_a_lock_of_fewer_scenes_is_obeyed(
    study: Any, read_table: Callable[..., Any], searches: list[int]
) -> None:
    study.run()
    path = study.folder / "out" / "scenes.json"
    lock = json.loads(path.read_text("utf-8"))
    del lock["features"][3:]
    path.write_text(json.dumps(lock), "utf-8")
    ended = study.run(locked=True)
    assert len(read_table(ended.out, "scenes")) == 3
    assert "changed: scenes" in ended.heard.text


@pytest.fixture
def heard() -> Iterator[None]:
    """Let programs that are started hear Ctrl-C, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted(study: Any, manifest: Any) -> tuple[int, str, Path]:
    """Start a run and interrupt it amid its tiles; again elsewhere where it was done before that.

    Returns its code, what it said, and its folder.
    """
    for out in ("out", "out2", "out3", "out4", "out5"):
        run = study.start(out, grid={"tile_px": 64}, run={"workers": 2})
        until = time.monotonic() + 120
        while len(manifest(study.folder / out)) < 5 and run.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGINT)  # a terminal tells the workers too
        _, err = run.communicate(timeout=60)
        if run.returncode != 0:
            break
    return run.returncode, err, study.folder / out


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one program")
@pytest.mark.slow
@pytest.mark.usefixtures("heard")
def test_ctrl_c(study: Any, calm: Path, same: Same, manifest: Any) -> None:
    code, err, out = interrupted(study, manifest)
    assert code == 130, err
    assert "Traceback" not in err
    assert "interrupted. What is finished is kept; run again to go on." in err
    kept = manifest(out)
    assert 5 <= len(kept) < 30
    ended = study.run(out.name, grid={"tile_px": 64})
    assert not kept.keys() & set(ended.heard.made)
    same(ended.out, calm)


def test_status_tells_how_far_a_run_has_come(done: Any) -> None:
    job = jobs.load(done.job())
    out = done.folder / "out"
    whole = pipeline.status(job, out)
    assert whole.total == whole.done > 4
    sorted((out / ".work" / "tiles").glob("*.npz"))[0].unlink()
    less = pipeline.status(job, out)
    assert (less.done, sum(less.reasons.values())) == (whole.done - 1, 1)
