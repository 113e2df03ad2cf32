"""What a tile reads, in which order, and what is fetched ahead for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from landcover.engine import tile
from landcover.engine.workspace import Workspace
from landcover.job import load
from landcover.pipeline import plan
from landcover.raster.stack import Day
from landcover.synthetic import Writing, country, write, write_zones

JOB = """\
schema: 1
name: months
zones: {all: {path: zones/territories.geojson, id: ADM2_PCODE}}
sources: [{sensor: sentinel-2-l2a, catalog: scenes/catalog.json}]
period: {start: 2021-07-01, end: 2021-10-01}
products: {composite: {index: ndvi, every: month}}
run: {workers: 1, threads: 2}
"""


def test_the_next_epoch_is_fetched_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look ahead for all months: each would begin with waiting else."""
    days = [date(2021, 7, 3) + timedelta(10 * n) for n in range(9)]
    bands = ("red", "nir")
    write(country(256), tmp_path / "scenes", days, writing=Writing(block_px=128, bands=bands))
    write_zones(country(256), tmp_path / "zones")
    path = tmp_path / "job.yaml"
    path.write_text(JOB, "utf-8")
    _, made = plan(load(path), tmp_path / "out")
    Workspace(tmp_path / "out").prepare()
    looks: list[Sequence[Day]] = []
    reached: list[int] = []

    @contextmanager
    def look(reader: Any, coming: Sequence[Day]) -> Iterator[Callable[[int], None]]:
        del reader
        looks.append(coming)
        yield reached.append

    monkeypatch.setattr(tile, "looking_ahead", look)
    (task, *_) = made.tasks
    assert len(tile.pool_epochs(made.brief, task, tile.pools_of(made.brief)[0])) == 3
    tile.run_tile(made.brief, task)
    assert [[day.date for day in one] for one in looks] == [days]
    assert sorted(reached) == list(range(len(days)))
