"""The series of a zone that is cleared on a known day, and of one that stands."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from numpy.lib.stride_tricks import sliding_window_view
from shapely import box
from shapely.geometry import mapping

from landcover import job as jobs
from landcover import pipeline
from landcover.synthetic import Country, Writing, country, dates, truth, write
from landcover.synthetic.seasons import Cover
from landcover.synthetic.zones import degrees

pytestmark = pytest.mark.slow

DAYS = dates(date(2019, 1, 1), date(2024, 1, 1), 10)
OPENED = (date(2021, 3, 1), date(2022, 12, 1))
SIDE_PX = 5
"""Side of the zones (px of 10 m)."""


def square(land: Country, row: int, column: int) -> dict[str, Any]:
    """Return some pixels' outline in degrees, a metre inside their edges."""
    left, top = land.left_m + 10 * column, land.top_m - 10 * row
    side = 10 * SIDE_PX
    plane = box(left + 1, top - side + 1, left + side - 1, top - 1)
    return dict(mapping(degrees(land, plane)))


def places(land: Country) -> dict[str, tuple[int, int]]:
    """Find a square cleared at once for a field, and one of intact forest."""
    first = truth.first_cleared(land)
    cover = truth.cover(land, DAYS[-1])
    windows = sliding_window_view(first, (SIDE_PX, SIDE_PX))
    low, high = windows.min(axis=(2, 3)), windows.max(axis=(2, 3))
    stays = np.isin(sliding_window_view(cover, (SIDE_PX, SIDE_PX)), (Cover.FIELD, Cover.FALLOW))
    cleared = (
        (low >= OPENED[0].toordinal())
        & (high < OPENED[1].toordinal())
        & (high - low <= 30)
        & stays.all(axis=(2, 3))
    )
    forest = (sliding_window_view(cover, (SIDE_PX, SIDE_PX)) == Cover.FOREST).all(axis=(2, 3))
    forest &= high == 0
    return {
        name: tuple(int(k) for k in np.argwhere(where)[0])  # type: ignore[misc]
        for name, where in (("field", cleared), ("forest", forest))
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, scheduler: str) -> tuple[pd.DataFrame, int]:
    """Return the zones' series, and the day (ordinal) by which the field's square was cleared."""
    folder: Path = tmp_path_factory.mktemp("departures")
    land = country((192, 224), first=OPENED[0], last=OPENED[1])
    write(land, folder / "scenes", DAYS, writing=Writing(64, bands=("red", "nir")))
    found = places(land)
    features = [
        {"type": "Feature", "properties": {"id": name}, "geometry": square(land, *place)}
        for name, place in found.items()
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "zones.geojson").write_text(text, "utf-8")
    job = {
        "schema": 1,
        "name": "departures",
        "zones": {"squares": {"path": "zones.geojson", "id": "id"}},
        "sources": [{"sensor": "sentinel-2-l2a", "catalog": "scenes/catalog.json"}],
        "period": [2019, 2023],
        "products": {"disturbance": {"history": ["2019-01-01", "2021-01-01"], "min_ha": 0.05}},
        "series": {"every": "date", "smooth": "whittaker"},
        "run": {"memory": "4GB", "scheduler": scheduler},
    }
    path = folder / "job.yaml"
    path.write_text(yaml.safe_dump(job, sort_keys=False), "utf-8")
    assert pipeline.run(jobs.load(path), folder / "out").exit_code == 0
    row, column = found["field"]
    first = truth.first_cleared(land)[row : row + SIDE_PX, column : column + SIDE_PX]
    table = pd.read_csv(folder / "out" / "tables" / "zone_series.csv")
    return table, int(np.median(first))


def test_the_field_breaks_when_it_is_cleared_and_the_forest_does_not(
    told: tuple[pd.DataFrame, int],
) -> None:
    table, cleared = told
    field, forest = (table[table.zone_id == name] for name in ("field", "forest"))
    broken = field.break_date.dropna().unique()
    assert len(broken) >= 1
    first = date.fromisoformat(min(broken))
    looks = [date.fromisoformat(day) for day in field.date[field["count"] > 0]]
    after = next(day for day in looks if day.toordinal() >= cleared)
    assert abs((first - after).days) <= 40
    assert set(field.disturbance_kind) <= {"abrupt", "gradual", "recovering"}
    assert forest.break_date.isna().all()
    assert set(forest.disturbance_kind) == {"stable"}


def test_fit_anomaly_and_smooth_curve_tell_the_same_story(
    told: tuple[pd.DataFrame, int],
) -> None:
    table, cleared = told
    seen = table[table["count"] > 0]
    np.testing.assert_allclose(seen.median_anomaly, seen["median"] - seen.median_fit, atol=1e-9)
    field = table[table.zone_id == "field"]
    day = field.date.map(lambda text: date.fromisoformat(text).toordinal())
    before, later = field[day < cleared - 60], field[(day > cleared + 30) & (day < cleared + 180)]
    assert abs(before.median_anomaly.median()) < 0.03
    assert later.median_anomaly.median() < -0.2
    smooth = field.median_smoothed - field.median_fit
    assert smooth[later.index].median() < -0.2
    assert abs(smooth[before.index].median()) < 0.03
