"""What choices save and cost: by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover.catalog import SceneSet, keep_clearest
from landcover.catalog.scenes import Count
from landcover.catalog.settings import Best, Source
from landcover.engine import savings as module
from landcover.engine.plan import Plan, make_plan
from landcover.engine.savings import savings
from landcover.engine.settings import RunSettings
from landcover.raster.settings import GridSettings

NAME = "sentinel-2-l2a"
CLOUDS = {
    date(2020, 1, 3): 10.0, date(2020, 1, 8): 60.0, date(2020, 1, 13): 30.0,
    date(2020, 2, 2): 90.0, date(2020, 5, 1): None,
}  # fmt: skip
"""January's two clearest promise 0.9 and 0.7 of a look, the others 0.4, 0.1 and half of one."""


def planned(build: Any, scenes: Any, folder: Path, zone: Any, mbps: float | None = 8.0) -> Plan:
    run = RunSettings(bandwidth_mbps=mbps)
    return make_plan(build.order(), [zone], scenes, GridSettings(), run, folder)


def laid(build: Any, remote: bool = False) -> tuple[list[Any], Any]:
    """Make a scene a day over all of one zone."""
    zone = build.zone("a", (10, 10), (90, 90))
    scenes = []
    for day, cloud in CLOUDS.items():
        scene = build.scene(day, cloud_percent=cloud, grid_code="MGRS-35NNA",
                            footprint=(26.0, 0.0, 30.0, 4.0))  # fmt: skip
        if remote:
            assets = {
                name: replace(asset, href=f"https://data.invalid/{scene.id}/{name}.tif")
                for name, asset in scene.assets.items()
            }
            scene = replace(scene, assets=assets)
        scenes.append(scene)
    return scenes, zone


def test_a_choice_is_set_beside_every_scene(build: Any, tmp_path: Path) -> None:
    scenes, zone = laid(build)
    source = Source(sensor=NAME, catalog="/c.json", best=Best(per="half_year", count=2))
    counts = tuple(Count(NAME, f"2020-0{m}", "used", n) for m, n in ((1, 3), (2, 1), (5, 1)))
    found = keep_clearest(SceneSet(tuple(scenes), counts=counts), [source], zone.geometry)
    plan = planned(build, found.scenes, tmp_path, zone)
    (every, taken), notes = savings(plan, found, [source], zone.geometry)
    assert notes == ()
    assert (every.choice, every.is_taken, every.scenes) == ("every scene", False, 5)
    assert (taken.choice, taken.is_taken, taken.scenes) == ("best 2 a half year", True, 2)
    assert taken.read_bytes == plan.estimates.read_bytes
    assert every.read_bytes == pytest.approx(taken.read_bytes * 5 / 2, abs=2)
    assert every.hours == pytest.approx(every.read_bytes / 1e6 / 3600, rel=1e-3)
    years = 366 / 365.2425
    assert every.clear_a_year == pytest.approx((0.9 + 0.4 + 0.7 + 0.1 + 0.5) / years)
    assert taken.clear_a_year == pytest.approx((0.9 + 0.7) / years)
    assert taken.empty_months == ("2020-02", "2020-05")


def test_squares_count_by_their_part_of_the_zones(build: Any, tmp_path: Path) -> None:
    """One square holds all of the zone, the other its western half: 2 looks of 1, 1 of 1/2."""
    zone = build.zone("a", (10, 10), (90, 90))
    west, south, east, north = zone.geometry.bounds
    half = (west - 1, south - 1, (west + east) / 2, north + 1)
    box = (west - 1, south - 1, east + 1, north + 1)
    scenes = [
        build.scene(day, cloud_percent=cloud, grid_code=square, footprint=ground)
        for day, cloud, square, ground in (
            (date(2020, 1, 3), 0.0, "MGRS-35NNA", box),
            (date(2020, 1, 4), 50.0, "MGRS-35NPA", half),
            (date(2020, 1, 9), 0.0, "MGRS-35NNA", box),
        )
    ]
    source = Source(sensor=NAME, catalog="/c.json", best=Best(per="year", count=1))
    found = keep_clearest(SceneSet(tuple(scenes)), [source], zone.geometry)
    plan = planned(build, found.scenes, tmp_path, zone)
    (every, taken), _ = savings(plan, found, [source], zone.geometry)
    years = 366 / 365.2425
    assert every.clear_a_year == pytest.approx((2 * 1 + 0.5 * 0.5) / 1.5 / years, rel=1e-3)
    assert taken.clear_a_year == pytest.approx((1 * 1 + 0.5 * 0.5) / 1.5 / years, rel=1e-3)
    assert (every.scenes, taken.scenes) == (3, 2)


def test_a_large_plan_gets_a_hint(
    build: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenes, zone = laid(build, remote=True)
    source = Source(sensor=NAME, catalog="/c.json")
    found = SceneSet(tuple(scenes))
    monkeypatch.setattr(
        "landcover.engine.plan.layouts_of",
        lambda order, scenes, out: {NAME: module_layout(1e9)},
    )
    plan = planned(build, scenes, tmp_path, zone)
    monkeypatch.setattr(module, "HINTED", Best(per="month", count=1))
    (every, fewer), (note,) = savings(plan, found, [source], zone.geometry)
    assert (every.is_taken, fewer.is_taken) == (True, False)
    assert (every.scenes, fewer.scenes) == (5, 3)
    assert fewer.read_bytes == pytest.approx(every.read_bytes * 3 / 5, abs=2)
    years = 366 / 365.2425
    assert fewer.clear_a_year == pytest.approx((0.9 + 0.1 + 0.5) / years)
    assert str(note) == (
        "source sentinel-2-l2a: 5 scenes, 10 GB, are to be fetched; 3 of them, the best 1 a month, "
        "are 6 GB, and leave about 1.5 clear looks a pixel and year of 2.6, by the catalog's cloud "
        "cover. Where the link is slow, write best: {per: month, count: 1}."
    )
    small = replace(plan, layouts={NAME: module_layout(1e3)})
    assert savings(small, found, [source], zone.geometry) == ((), ())


def module_layout(stored: float) -> Any:
    from landcover.raster.source import Layout

    return Layout((512, 512), 2, stored)


def test_a_catalog_that_tells_no_cloud(build: Any, tmp_path: Path) -> None:
    scenes, zone = laid(build)
    blind = [replace(scene, cloud_percent=None) for scene in scenes]
    source = Source(sensor=NAME, catalog="/c.json", best=Best(per="month", count=1))
    found = keep_clearest(SceneSet(tuple(blind)), [source], zone.geometry)
    plan = planned(build, found.scenes, tmp_path, zone, mbps=None)
    rows, _ = savings(plan, found, [source], zone.geometry)
    assert [(one.clear_a_year, one.hours) for one in rows] == [(None, None)] * 2
