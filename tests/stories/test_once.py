"""Each block of pixels is decoded once, and a tile takes no more memory than was planned."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover import job as jobs
from landcover import pipeline
from landcover.engine.memory import CACHE_BYTES, WORKER_BYTES
from landcover.raster import source as reading
from landcover.synthetic import Weather, country, dates, relist


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int, int]]:
    """Count how often each block of each file is decoded: (file, row, column)."""
    found: Counter[tuple[str, int, int]] = Counter()
    real = reading._read_window

    def counted(file: Any, rect: Any, out: Any) -> None:
        rows, columns = file.block_shapes[0]
        for row in range(rect.row // rows, -(-(rect.row + rect.height) // rows)):
            for column in range(rect.column // columns, -(-(rect.column + rect.width) // columns)):
                found[file.name, row, column] += 1
        real(file, rect, out)

    monkeypatch.setattr(reading, "_read_window", counted)
    return found


def values(decoded: Counter[tuple[str, int, int]]) -> dict[tuple[str, int, int], int]:
    """Return the blocks that hold values, not masks."""
    return {key: times for key, times in decoded.items() if "SCL" not in Path(key[0]).name}


@pytest.mark.parametrize(
    "tile_px",
    [128, pytest.param(64, marks=pytest.mark.slow), pytest.param(192, marks=pytest.mark.slow)],
)
def test_each_value_block_is_decoded_once(
    study: Any, decoded: Counter[tuple[str, int, int]], tile_px: int
) -> None:
    # two statistics, two cuts of time, two indices and a table: all from one pass
    ended = study.run(
        grid={"tile_px": tile_px},
        products={"composite": {"index": ["ndvi", "nir"], "every": "month"}},
        series={"every": "date", "index": ["ndvi"]},
    )
    assert ended.code == 0
    found = values(decoded)
    assert len(found) > 200
    assert set(found.values()) == {1}
    told = json.loads((ended.out / "run.json").read_text("utf-8"))["reads"]
    assert told["value_blocks"] == len(found)


def test_masks_are_decoded_once_in_a_process(
    study: Any, decoded: Counter[tuple[str, int, int]]
) -> None:
    study.run(grid={"tile_px": 128})
    masks = {key: times for key, times in decoded.items() if "SCL" in Path(key[0]).name}
    assert set(masks.values()) == {1}


def test_blocks_under_cloud_are_not_decoded(
    study_of: Callable[..., Any], decoded: Counter[tuple[str, int, int]]
) -> None:
    weather = Weather(clouds=1.0, spread=0, residual=0, swath_edge=0, speckle=0)
    study = study_of(country(128, weather=weather), (date(2021, 5, 1), date(2022, 5, 1)))
    assert study.run().code == 0
    assert values(decoded) == {}


def test_tiles_off_the_blocks_cost_more(study: Any, decoded: Counter[tuple[str, int, int]]) -> None:
    study.run(grid={"tile_px": 100})
    assert max(values(decoded).values()) > 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"products": {"composite": {"statistic": ["median", "p10"]}}},
        {"products": {"composite": {"index": ["ndvi", "red", "nir"], "every": "month"}}},
        {"run": {"memory": "8GB", "workers": 1, "threads": 6}},
        {"series": {"every": "year", "index": ["ndvi", "kndvi"]}},
    ],
    ids=["year", "months", "threads", "series"],
)
def test_memory_is_as_planned(study_of: Any, changes: dict[str, Any], manifest: Any) -> None:
    land = country(1024, weather=Weather(clouds=0.1, spread=0.1, swath_edge=0))
    study = study_of(land, dates(date(2021, 1, 5), date(2022, 1, 1), 60))
    relist(study.world.folder / "scenes", 9, 5)
    job = {
        "run": {"memory": "8GB", "workers": 1, "threads": 2}, "grid": {"tile_px": 1024}, **changes,
    }  # fmt: skip
    _, planned = pipeline.plan(jobs.load(study.job(**job)), study.folder / "out")
    ended = study.call(**job)
    assert ended.code == 0, ended.err
    most = max(entry["peak_bytes"] for entry in manifest(ended.out).values())
    assert most <= planned.peak_bytes + WORKER_BYTES + CACHE_BYTES
    # and the plan is no wild guess
    assert planned.peak_bytes > 0.3 * (most - WORKER_BYTES)
