"""What a plan costs: by hand, and against what runs of a made-up country come to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landcover.catalog.scenes import Count
from landcover.engine.estimates import Estimates, estimate
from landcover.engine.layout import lay_zones, place_scenes, scenes_of_zones
from landcover.engine.settings import RunSettings
from landcover.model import Period
from landcover.raster.source import Layout

SOURCE = "sentinel-2-l2a"
LAYOUT = Layout((64, 64), 2, 5000.0)


def costs(build: Any, order: Any, scenes: Any, zones: Any = None, counts: Any = (),
          bandwidth: float | None = None, tasks: Any = None) -> Estimates:  # fmt: skip
    brief = build.brief(order, scenes, zones or [build.zone("a", (10, 10), (90, 90))])
    made = [build.task(brief, **place) for place in (tasks or ({},))]
    run = RunSettings(bandwidth_mbps=bandwidth)
    layouts = dict.fromkeys(order.rules, LAYOUT)
    return estimate(brief, made, order.layers(), layouts, order, run, counts)


def test_bytes_of_a_tile_by_hand(build: Any) -> None:
    """A tile of 100 x 100 at (10, 20) lies on 2 x 2 blocks of 64 of each band.

    The mask's 50 x 50 pixels lie at (5, 10) of its own, on one block.
    """
    scene = build.scene(date(2020, 5, 1))
    place = {"row": 10, "column": 20, "shape": (100, 100)}
    made = costs(build, build.order(), [scene, replace(scene, id="again")], tasks=(place,))
    block = 64 * 64
    assert made.decoded_bytes == 2 * (2 * 4 * block * 2 + block)
    assert made.needed_bytes == 2 * (2 * 100 * 100 * 2 + 50 * 50)
    assert made.read_bytes == pytest.approx(2 * (2 * 4 * 5000 + 0.1 * block), abs=1)
    per_px = 4 + 2  # one float32 median and one uint16 count
    assert made.write_bytes == per_px * 100 * 100 * 1.75


def test_layers_that_no_raster_is_written_of_are_in_checkpoints(build: Any) -> None:
    """All breaks and the months that were seen are stored, though only two rasters show them."""
    order, place = build.order({"disturbance": {}}), {"row": 10, "column": 20, "shape": (100, 100)}
    made = costs(build, order, [build.scene(date(2020, 5, 1))], tasks=(place,))
    (work,) = order.works
    observed, settled = (
        sum(len(layer.bands) * np.dtype(layer.dtype).itemsize for layer in layers)
        for layers in (work.observed(order.context), work.settled(order.context))
    )
    assert settled == 7 * 4 + 1
    assert observed > 2 * settled
    assert made.write_bytes == (observed + 1.75 * settled) * 100 * 100


def test_hours_at_a_bandwidth(build: Any) -> None:
    """At 8 Mbit/s a megabyte takes a second."""
    made = costs(build, build.order(), [build.scene(date(2020, 5, 1))], bandwidth=8.0)
    assert made.hours == pytest.approx(made.read_bytes / 1e6 / 3600, rel=1e-4)
    assert costs(build, build.order(), [build.scene(date(2020, 5, 1))]).hours is None


DATES = [date(2020, 1, 3), date(2020, 1, 13), date(2020, 3, 1), date(2020, 3, 1)]


@pytest.mark.parametrize(("every", "rows"), [("date", 3), ("month", 2), ("year", 1)])
def test_rows_are_those_of_dates_months_or_years(build: Any, every: str, rows: int) -> None:
    scenes = [build.scene(day, f"s{n}") for n, day in enumerate(DATES)]
    zones = [build.zone("a", (10, 10), (90, 90)), build.zone("b", (10, 10), (20, 20))]
    order = build.order({"composite": {"index": ["ndvi", "red"]}}, series={"every": every})
    assert costs(build, order, scenes, zones).rows == 2 * 2 * rows


def test_rows_count_only_the_scenes_of_a_series_own_sources(build: Any) -> None:
    order = build.order({"composite": {"source": "b"}}, ({"name": "a"}, {"name": "b"}))
    scenes = [build.scene(day, f"s{n}", "ab"[n % 2]) for n, day in enumerate(DATES)]
    assert costs(build, order, scenes).rows == 2


def test_clear_days_to_expect_by_zone_and_month(build: Any) -> None:
    """Two scenes of one day count once, by the clearer; unknown cloud gives no number."""
    clouds = [20.0, 50.0, 90.0, 40.0]
    scenes = [
        build.scene(day, f"s{n}", cloud_percent=cloud)
        for n, (day, cloud) in enumerate(zip(DATES, clouds, strict=True))
    ]
    scenes.append(build.scene(date(2020, 7, 1)))
    made = costs(build, build.order(), scenes)
    found = {(one.zone, one.month): (one.days, one.clear) for one in made.expected}
    assert found == {
        ("a", "2020-01"): (2, pytest.approx(1.3)),
        ("a", "2020-03"): (1, pytest.approx(0.6)),
        ("a", "2020-07"): (1, None),
    }


def test_zones_that_no_scene_touches_have_0_and_are_named(build: Any) -> None:
    zones = [build.zone(f"z{n}", (10, 10), (90, 90)) for n in range(8)]
    seen = {"zones": (7,)}
    blind = {"row": 128, "shape": (64, 64), "scenes": (), "zones": tuple(range(7))}
    made = costs(build, build.order(), [build.scene(DATES[0])], zones, tasks=(seen, blind))
    of_first = [one for one in made.expected if one.zone == "z0"]
    assert [one.month for one in of_first] == [f"2020-{month:02}" for month in range(1, 13)]
    assert {(one.days, one.clear) for one in of_first} == {(0, 0.0)}
    assert [one.month for one in made.expected if one.zone == "z7"] == ["2020-01"]
    assert made.rows == 1
    (note,) = (note for note in made.notes if note.where == "zones")
    assert note.what == "no scene touches 7 of them: z0, z1, z2, z3, z4 and 2 more"


def test_a_zone_beside_the_scenes_of_its_tile_is_not_seen(build: Any) -> None:
    zones = [build.zone("a", (10, 10), (90, 90)), build.zone("b", (200, 10), (210, 20))]
    order, scenes = build.order(), [build.scene(DATES[0], shape=(256, 128))]
    brief = build.brief(order, scenes, zones)
    near = scenes_of_zones(lay_zones(brief.grid, zones), place_scenes(scenes, brief.grid))
    layouts = dict.fromkeys(order.rules, LAYOUT)
    made = estimate(
        brief, [build.task(brief)], order.layers(), layouts, order, RunSettings(), (), near
    )
    assert made.rows == 1
    assert {one.zone: one.days for one in made.expected} == {"a": 1, "b": 0}
    assert any("no scene touches 1 of them: b" in note.what for note in made.notes)


PERIOD = Period(date(2019, 1, 1), date(2020, 4, 1))


def notes(build: Any, counts: Any, *days: date, **order: Any) -> dict[str, str]:
    """Return what is said of each source's empty months."""
    made = build.order(period=PERIOD, **order)
    said = costs(build, made, [build.scene(day, source=next(iter(made.rules))) for day in days],
                 counts=counts).notes  # fmt: skip
    return {f"{note.where}/{note.remedy.split()[0]}": note.what for note in said}


def test_months_without_a_scene_are_told_apart_from_cloud_and_copies(build: Any) -> None:
    counts = [
        Count(SOURCE, "2020-01", "cloudy", 4),
        Count(SOURCE, "2020-01", "out of region", 4),
        Count(SOURCE, "2020-03", "duplicate", 4),
        Count(SOURCE, "2020-02", "used", 1),
    ]
    said = notes(build, counts, date(2020, 2, 5))
    assert said == {
        f"source {SOURCE}/That": "its catalog lists no scene in 2019",
        f"source {SOURCE}/Raise": "all scenes of 2020-01 are left out: too cloudy, or failed",
    }


def test_a_source_that_no_product_takes_is_not_missed(build: Any) -> None:
    sources = ({"name": "a"}, {"name": "b"})
    said = notes(build, [], date(2020, 2, 5), products={"composite": {"source": "a"}},
                 sources=sources)  # fmt: skip
    assert {key.split("/")[0] for key in said} == {"source a"}


@pytest.mark.parametrize("apart", [False, True])
def test_a_gap_that_another_source_fills_is_none(build: Any, apart: bool) -> None:
    sources = ({"name": "a"}, {"name": "b"})
    products = {"composite": {"source": "a"}} if apart else {"composite": {}}
    order = build.order(period=Period(date(2020, 1, 1), date(2020, 4, 1)), sources=sources,
                        products=products)  # fmt: skip
    scenes = [build.scene(date(2020, 1, 5), source="a"), build.scene(date(2020, 2, 5), source="b")]
    said = {note.where: note.what for note in costs(build, order, scenes).notes}
    missing = "2020-02, 2020-03" if apart else "2020-03"
    assert said["source a"] == f"its catalog lists no scene in {missing}"


def test_scenes_by_month_and_source(build: Any) -> None:
    scenes = [build.scene(day, f"s{n}", cloud_percent=10.0 * n) for n, day in enumerate(DATES)]
    made = costs(build, build.order(period=PERIOD), scenes)
    by_month = {row.month: row for row in made.months}
    assert len(by_month) == 15
    assert (by_month["2020-01"].scenes, by_month["2020-01"].cloud_percent) == (2, 5.0)
    assert (by_month["2019-06"].scenes, by_month["2019-06"].cloud_percent) == (0, None)


JOB = """\
schema: 1
name: costs
zones:
  all: {path: zones/territories.geojson, id: ADM2_PCODE}
  reserves: {path: zones/reserves.geojson, id: WDPAID}
sources: [{sensor: sentinel-2-l2a, catalog: scenes/catalog.json, cloud_grown_m: 0}]
period: {start: 2021-07-01, end: 2022-07-01}
grid: {tile_px: 128}
products: {composite: {index: [ndvi], every: half_year}}
run: {scheduler: "SCHEDULER"}
"""


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    import dask
    from distributed import LocalCluster

    as_a_run_s = {
        "distributed.worker.profile.enabled": False,
        "distributed.scheduler.worker-ttl": None,
    }
    with dask.config.set(as_a_run_s):  # see engine.cluster
        cluster = LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0", memory_limit=0, protocol="inproc://",
        )  # fmt: skip
    with cluster:
        yield cluster.scheduler_address


@pytest.mark.parametrize(("clouds", "least"), [(0.0, 0.8), (0.45, 0.4)])
def test_a_run_costs_what_its_plan_said(
    tmp_path: Path, scheduler: str, clouds: float, least: float
) -> None:
    """Under a clear sky within 20 %; what cloud hides altogether is not read."""
    from landcover import pipeline
    from landcover.job import load
    from landcover.synthetic import Writing, country, write, write_zones
    from landcover.synthetic.land import Weather

    sky = Weather(clouds, 0.0 if clouds == 0 else 0.45, 0.0, 0.0, 0.0, 0.0)
    land = country(512, weather=sky)
    days = [date(2021, 7, 3) + timedelta(40 * n) for n in range(8)]
    write(land, tmp_path / "scenes", days, writing=Writing(128, bands=("red", "nir")))
    write_zones(land, tmp_path / "zones")
    (tmp_path / "job.yaml").write_text(JOB.replace("SCHEDULER", scheduler), "utf-8")
    job, out = load(tmp_path / "job.yaml"), tmp_path / "out"
    _, made = pipeline.plan(job, out)
    pipeline.run(job, out)
    reads = json.loads((out / "run.json").read_text("utf-8"))["reads"]
    said = made.estimates
    for real, planned in (
        (reads["stored_bytes"], said.read_bytes),
        (reads["decoded_bytes"], said.decoded_bytes),
    ):
        assert least * planned <= real <= 1.2 * planned
    folders = (out / "rasters", out / ".work" / "tiles")
    stored = sum(path.stat().st_size for folder in folders for path in folder.iterdir())
    # tiles in which a layer is the same throughout, as counts under a clear sky, take no room
    assert 0.5 * said.write_bytes <= stored <= 1.2 * said.write_bytes
    lines = (out / "tables" / "zone_series.csv").read_text("utf-8").splitlines()
    assert said.rows == len(lines) - 1


@pytest.mark.slow
def test_a_run_of_disturbances_writes_what_its_plan_said(tmp_path: Path, scheduler: str) -> None:
    """All breaks of a pixel are kept, though the raster shows one: most of it is checkpoints."""
    from landcover import pipeline
    from landcover.job import load
    from landcover.synthetic import Writing, country, write, write_zones

    land = country(256)
    days = [date(2018, 1, 3) + timedelta(20 * n) for n in range(73)]
    write(land, tmp_path / "scenes", days, writing=Writing(128, bands=("red", "nir")))
    write_zones(land, tmp_path / "zones")
    text = JOB.replace("SCHEDULER", scheduler)
    (tmp_path / "job.yaml").write_text(text, "utf-8")
    asked = ["period=[2018,2021]", "products={disturbance: {history: [2018, 2019], min_ha: 0}}"]
    job, out = load(tmp_path / "job.yaml", asked), tmp_path / "out"
    _, made = pipeline.plan(job, out)
    pipeline.run(job, out)
    sizes = {
        name: sum(path.stat().st_size for path in (out / name).rglob("*") if path.is_file())
        for name in ("rasters", ".work/tiles", ".work/settled")
    }
    assert sizes[".work/tiles"] > sizes["rasters"]
    assert 0.3 * made.estimates.write_bytes <= sum(sizes.values()) <= made.estimates.write_bytes
