"""What was brought serves a machine with other memory: needs do not follow from its tiles."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import box, mapping

from landcover import fetching, pipeline
from landcover import job as jobs
from landcover.raster import remote
from landcover.raster.store import Store
from landcover.synthetic import country, dates
from landcover.synthetic.zones import degrees
from tests.stories.test_budget import average, source
from tests.stories.test_remote import send_away

pytestmark = pytest.mark.slow

Same = Callable[..., None]
DAYS = dates(date(2021, 8, 3), date(2022, 6, 1), 30)[:3]
CORNERS = ((200, 300), (3900, 3600), (300, 3700), (1790, 2050))
"""Metres right and down of the upper left corner of small zones, far from each other."""

KINDS: dict[str, dict[str, Any]] = {
    "as stored": {},
    "from overviews": {"sources": source(resolution_m=20)},
    "warped": {"grid": {"crs": "EPSG:32636", "resolution_m": 10}},
}
"""What a job says of how scenes are read."""


@pytest.fixture
def specks(tmp_path: Path, study_in: Any, faulty: Any, at_once: None) -> Any:
    """Return a study of a few specks of a country, whose scenes are served."""
    land = country((400, 420), layout="two_squares")
    study = study_in(tmp_path, land, DAYS)
    zones = [
        box(land.left_m + x, land.top_m - y - 150, land.left_m + x + 150, land.top_m - y)
        for x, y in CORNERS
    ]
    features = [
        {"type": "Feature", "properties": {"code": f"Z{n}"}, "geometry": mapping(degrees(land, z))}
        for n, z in enumerate(zones)
    ]
    content = {"type": "FeatureCollection", "features": features}
    (study.world.folder / "zones" / "few.geojson").write_text(json.dumps(content), "utf-8")
    scenes = study.world.folder / "scenes"
    average(scenes)
    send_away(scenes, faulty(scenes))
    return study


def job(study: Any, tile_px: int | None, memory: str, **changes: Any) -> Any:
    """Load the job with other tiles and memory."""
    remote.rest()
    few = {"path": "zones/few.geojson", "id": "code"}
    zones = {"territories": None, "specks": None, "reserves": None, "few": few}
    grid = {**changes.pop("grid", {}), "tile_px": tile_px}
    run = {"memory": memory, "scheduler": study.scheduler}
    return jobs.load(study.job(zones=zones, grid=grid, run=run, **changes))


def brought(store: Path) -> set[tuple[str, int]]:
    """List the blocks of a store."""
    held = Store(store)
    marks = [held.marked(index.stem) for index in store.glob("index/*/*.json")]
    return {(kept.href, number) for kept in marks if kept for number in kept.places}


@pytest.mark.parametrize("kind", KINDS)
def test_other_tiles_and_memory_find_what_was_brought(
    specks: Any, tmp_path: Path, same: Same, kind: str
) -> None:
    machines: list[tuple[int | None, str]] = [(64, "1GB"), (512, "4GB"), (None, "2GB")]
    changes = KINDS[kind]
    for number, (tile_px, memory) in enumerate(machines):
        one = job(specks, tile_px, memory, **changes)
        found = fetching.fetch(one, tmp_path / f"out{number}", tmp_path / f"store{number}")
        assert (found.exit_code, found.failures) == (0, ())
        assert found.brought_bytes > 0
    stores = [brought(tmp_path / f"store{number}") for number in range(len(machines))]
    assert stores[0] == stores[1] == stores[2]

    known = pipeline.run(job(specks, 64, "4GB", **changes), tmp_path / "known")
    assert known.exit_code == 0
    for number, (tile_px, memory) in enumerate(machines):
        other = (number + 1) % len(machines)  # fetched there, run here
        one = job(specks, tile_px, memory, **changes)
        ended = pipeline.run(
            one, tmp_path / f"out{other}", offline=True, store=tmp_path / f"store{other}"
        )
        assert ended.exit_code == 0
        same(ended.out, known.out)
