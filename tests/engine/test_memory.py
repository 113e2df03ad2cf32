"""What a tile takes at its peak: by hand, and never less than what a tile was seen to take."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landcover.engine.epochs import Room
from landcover.engine.memory import PoolShape, planes_of, pool_shapes, rooms_held, tile_peak_bytes
from landcover.engine.workspace import Workspace
from landcover.job import load
from landcover.model import Period
from landcover.pipeline import plan
from landcover.synthetic import Writing, country, write, write_zones

FIRST = date(2020, 1, 1)


def shape_of(build: Any, *asked: Any, **order: Any) -> PoolShape:
    made = build.order(*asked, **order)
    (shape,) = pool_shapes(made.works, made.series, {"composite": 2, "pictures": 3}, made.rules)
    return shape


def days_held(shape: PoolShape, dates: list[date]) -> int:
    """Return the most days that any quantity is held."""
    return max(room.days for room in rooms_held(shape, dates).values())


def even(shape: PoolShape, days: int) -> dict[str, Room]:
    """Hold every quantity so many days, and read no others."""
    return {one.name: Room(days, False) for one in shape.quantities}


def test_a_day_of_two_indices_and_a_band_by_hand(build: Any) -> None:
    """NDVI and EVI take 4 bytes each, red 2; masks: of each one's bands (EVI's are all)."""
    shape = shape_of(build, {"composite": {"index": ["ndvi", "evi", "red"]}})
    assert shape.bands == 3
    assert shape.masks == 3
    assert shape.day_bytes_per_px == 4 + 4 + 2


def test_pictures_beside_a_composite_hold_their_bands_too(build: Any) -> None:
    shape = shape_of(build, {"composite": {}, "pictures": {}})
    assert [one.name for one in shape.quantities] == ["blue", "green", "ndvi", "red"]
    assert shape.planes == 3


@pytest.mark.parametrize(
    ("every", "series", "most"), [("year", "date", 73), ("month", "date", 7), ("month", "year", 73)]
)
def test_days_held_are_those_of_the_longest_span(
    build: Any, every: str, series: str, most: int
) -> None:
    """Every fifth day of 2020 from 1 January: 74 days, 73 of them before 31 December."""
    shape = shape_of(build, {"composite": {"every": every}}, series={"every": series})
    assert days_held(shape, [FIRST + timedelta(5 * n) for n in range(73)]) == most
    assert days_held(shape, []) == 0


@pytest.mark.parametrize(("side", "under"), [(None, 0), (20, 0), (40, 4), (60, 9)])
def test_a_mask_finer_than_overviews_takes_its_own_pixels(
    build: Any, side: float | None, under: int
) -> None:
    """SCL has pixels of 20 m: 2 x 2 of them lie under one of 40 m, at 4 bytes each a thread."""
    shapes = [shape_of(build, sources=({"resolution_m": side},))]
    plain = [shape_of(build)]
    pool = shapes[0].pool
    assert shapes[0].mask_px == under
    for threads in (1, 3):
        held = {pool: even(shapes[0], 10)}
        more = tile_peak_bytes(shapes, 1000, held, threads)
        assert more - tile_peak_bytes(plain, 1000, held, threads) == 4000 * under * threads


def test_the_peak_grows_with_pixels_days_and_threads(build: Any) -> None:
    shapes = [shape_of(build, {"composite": {"index": ["ndvi"]}})]
    pool = shapes[0].pool
    ten, eleven = ({pool: even(shapes[0], days)} for days in (10, 11))
    one = tile_peak_bytes(shapes, 1000, ten, 1)
    assert tile_peak_bytes(shapes, 2000, ten, 1) == 2 * one
    assert tile_peak_bytes(shapes, 1000, eleven, 1) - one == 1000 * 4
    assert tile_peak_bytes(shapes, 1000, ten, 2) > one


def test_pools_run_in_turn_so_the_largest_counts(build: Any) -> None:
    made = build.order(
        {"composite": {"source": "b"}, "pictures": {"source": "a"}},
        ({"name": "a"}, {"name": "b"}),
    )
    shapes = pool_shapes(made.works, made.series, {"composite": 1, "pictures": 3}, made.rules)
    assert {shape.pool for shape in shapes} == {("a",), ("b",)}
    held = {shape.pool: even(shape, 100) for shape in shapes}
    alone = [tile_peak_bytes([shape], 1000, held, 1) for shape in shapes]
    assert tile_peak_bytes(shapes, 1000, held, 1) == max(alone)


JOB = """\
schema: 1
name: heavy
zones: {all: {path: zones/territories.geojson, id: ADM2_PCODE}}
sources: [{sensor: sentinel-2-l2a, catalog: scenes/catalog.json}]
period: {start: 2021-07-01, end: 2022-07-01}
grid: {tile_px: 512}
products:
  composite: {index: INDEX, statistic: [median, mean, p5, p25, p75, p95, count]}
run: {workers: 1, threads: 1}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("memory")
    land = country(512)
    days = [date(2021, 7, 3) + timedelta(20 * n) for n in range(12)]
    bands = ("red", "nir", "blue", "swir16", "swir22")
    write(land, folder / "scenes", days, writing=Writing(block_px=256, bands=bands))
    write_zones(land, folder / "zones")
    return folder


@pytest.mark.parametrize("index", ["[ndvi]", "[ndvi, evi, nbr, ndmi, red]"])
def test_a_tile_takes_no_more_than_was_planned(folder: Path, index: str) -> None:
    """Arrays alone (tracemalloc sees numpy's); the plan may not be twice too cautious either."""
    from landcover.engine.tile import rest, run_tile

    path = folder / "job.yaml"
    path.write_text(JOB.replace("INDEX", index), "utf-8")
    out = folder / f"out{len(index)}"
    _, made = plan(load(path), out)
    Workspace(out).prepare()
    task = max(made.tasks, key=lambda one: one.tile.grid.shape[0] * one.tile.grid.shape[1])
    run_tile(made.brief, task)  # kernels are compiled
    rest()  # what is kept for the next tile is part of its peak
    tracemalloc.start()
    try:
        run_tile(made.brief, task)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= made.peak_bytes
    assert made.peak_bytes < 2 * peak


def test_composites_cut_by_their_pixels_days_are_held_once_more(build: Any) -> None:
    """A year of composites every 8 days, by month: four or five begin in a month, two reach in."""
    order = build.order(
        {"composite": {"every": "month"}}, ({"sensor": "modis-13q1", "name": "modis"},)
    )
    (shape,) = pool_shapes(order.works, order.series, {"composite": 2}, order.rules)
    assert shape.day_span == 16
    dates = [FIRST + timedelta(8 * n) for n in range(46)]
    assert days_held(shape, dates) == 6
    assert days_held(replace(shape, day_span=1), dates) == 4


def test_beside_many_years_of_an_index_a_year_of_bands_is_held(build: Any) -> None:
    """Climatology holds NDVI for three years, pictures three bands for one: 4 * 72 + 3 * 2 * 24."""
    three = Period(date(2019, 1, 1), date(2022, 1, 1))
    order = build.order({"climatology": {}, "pictures": {}}, period=three)
    planes = {work.name: planes_of(work, order.context) for work in order.works}
    (shape,) = pool_shapes(order.works, order.series, planes, order.rules, order.context)
    dates = [date(year, month, day) for year in (2019, 2020, 2021) for month in range(1, 13)
             for day in (5, 15)]  # fmt: skip
    held = rooms_held(shape, dates)
    assert {name: room.days for name, room in held.items()} == {
        "blue": 24, "green": 24, "ndvi": 72, "red": 24,
    }  # fmt: skip
    assert shape.rows_bytes_per_px(held, 1) == 4 * 72 + 3 * 2 * 24
    assert shape.months == 36


def test_what_products_take_at_work_is_planned(build: Any) -> None:
    """Climatology says what it takes; and 12 monthly medians of 4 bytes are kept beside."""
    order = build.order({"climatology": {}})
    context, (work,) = order.context, order.works
    bare, full = (
        pool_shapes(order.works, (), {"climatology": 1}, order.rules, told)
        for told in (None, context)
    )
    held = {bare[0].pool: even(bare[0], 10)}
    more = tile_peak_bytes(full, 1000, held, 1) - tile_peak_bytes(bare, 1000, held, 1)
    assert bare[0].months == full[0].months == 12
    assert more == 1000 * work.product.bytes_per_px(work.settings, context, 10) > 0


def test_layers_made_one_by_one_are_in_memory_one_by_one(build: Any) -> None:
    order = build.order({"climatology": {}})
    (work,) = order.works
    assert len(work.observed(order.context)) > 1
    assert planes_of(work, order.context) == 12


def test_months_of_one_period_are_kept_at_a_time(build: Any) -> None:
    """Six years of one baseline, then eight of a trend: the longer of both, and not their sum."""
    eight = Period(date(2017, 1, 1), date(2025, 1, 1))
    asked = {"climatology": {"baseline": [2017, 2022], "anomalies": []}, "trend": {}}
    order = build.order(asked, period=eight)
    planes = {work.name: planes_of(work, order.context) for work in order.works}
    (shape,) = pool_shapes(order.works, order.series, planes, order.rules, order.context)
    assert shape.months == 96
    two = {**asked, "trend": {"index": ["ndvi", "nbr"]}, "composite": {"index": ["evi", "red"]}}
    order = build.order(two, period=eight)
    (shape,) = pool_shapes(order.works, (), {one.name: 1 for one in order.works}, order.rules)
    assert (shape.months, shape.medians) == (2 * 96, 2)


def test_counts_are_bytes_while_bytes_can_hold_them(build: Any) -> None:
    """Twelve months and a year of one mask, and what a product gets of one: 2 bytes."""
    order = build.order({"composite": {"every": "month"}, "disturbance": {}})
    (shape,) = pool_shapes(order.works, (), {one.name: 1 for one in order.works}, order.rules)
    assert shape.count_bytes_per_px(even(shape, 255)) == 13 + 2
    assert shape.count_bytes_per_px(even(shape, 256)) == 2 * 13 + 2


def test_rows_joined_to_one_a_date_take_their_room(build: Any) -> None:
    """Where composites are cut, `disturbance` has its own copy of the rows: 4 bytes a day."""
    modis = ({"sensor": "modis-13q1", "name": "modis"},)
    most = []
    for sources in (({},), modis):
        order = build.order({"disturbance": {}}, sources)
        (work,) = order.works
        (shape,) = pool_shapes(order.works, (), {"disturbance": 1}, order.rules, order.context)
        own = work.product.bytes_per_px(work.settings, order.context, 30)
        most.append(shape.work_bytes_per_px(even(shape, 30)) - own - 4)
    assert most == [0, 4 * 30]


MANY = JOB.replace("{start: 2021-07-01, end: 2022-07-01}", "[2021, 2022]").replace(
    "composite: {index: INDEX, statistic: [median, mean, p5, p25, p75, p95, count]}",
    "climatology: {index: ndvi}\n  composite: {index: [nbr, red], every: half_year}",
)


MONTHS = (
    JOB.replace("{start: 2021-07-01, end: 2022-07-01}", "[2009, 2024]")
    .replace(
        "composite: {index: INDEX, statistic: [median, mean, p5, p25, p75, p95, count]}",
        "disturbance: {history: [2009, 2020]}\n  composite: {index: ndvi, every: month}",
    )
    .replace("tile_px: 512", "tile_px: 256")
)
"""192 months beside sixteen years of the same index: all end with one step."""


@pytest.mark.parametrize(("name", "text"), [("many", MANY), ("months", MONTHS)])
def test_a_tile_of_long_and_short_spans_takes_no_more_than_was_planned(
    folder: Path, name: str, text: str
) -> None:
    from landcover.engine.tile import rest, run_tile

    path = folder / f"{name}.yaml"
    path.write_text(text, "utf-8")
    _, made = plan(load(path), folder / name)
    Workspace(folder / name).prepare()
    task = max(made.tasks, key=lambda one: one.tile.grid.shape[0] * one.tile.grid.shape[1])
    run_tile(made.brief, task)
    rest()
    tracemalloc.start()
    try:
        run_tile(made.brief, task)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= made.peak_bytes < 2.5 * peak


def test_short_spans_beside_a_long_one_give_what_they_give_alone(folder: Path) -> None:
    """Composites by half years, with and without an index that is held throughout beside them."""
    from landcover.engine.results import read_layers
    from landcover.engine.tile import run_tile

    found = []
    for name, text in (("both", MANY), ("alone", MANY.replace("climatology: {index: ndvi}", ""))):
        path = folder / f"{name}.yaml"
        path.write_text(text, "utf-8")
        _, made = plan(load(path), folder / name)
        Workspace(folder / name).prepare()
        (task, *_) = made.tasks
        run_tile(made.brief, task)
        names = [layer.name for layer in made.layers if layer.product == "composite"]
        found.append(read_layers(Workspace(folder / name).tile_file(task.tile.id), names))
    both, alone = found
    assert both.keys() == alone.keys() >= {"nbr_2021-h2", "red_2022-h1", "clear_2021-h2"}
    for name, planes in alone.items():
        np.testing.assert_array_equal(both[name], planes)
