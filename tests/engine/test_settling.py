"""Learning from the whole job and settling stored layers: however tiled, resumed or killed.

The product is the tests' own: how bright a place is beside its surroundings. What it should
give is worked out here from the whole map at once.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
import weakref
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import rasterio

from landcover import products, sensors
from landcover.engine import settle_task, settled, settling
from landcover.engine.cluster import connect
from landcover.engine.former import forget_former
from landcover.engine.memory import settle_bytes
from landcover.engine.order import make_order
from landcover.engine.outcome import Outcome, Silent
from landcover.engine.plan import Plan, make_plan
from landcover.engine.provenance import write_run_json
from landcover.engine.results import read_layers, read_sums
from landcover.engine.run import compute, sort_out
from landcover.engine.settle_task import Cost
from landcover.engine.settled import code_areas_m2, learnt, tile_layers
from landcover.engine.settling import _hall, _settle_tasks, _told_by_all, settle_tiles
from landcover.engine.standing import standing
from landcover.engine.telling import tell
from landcover.engine.workspace import SettledSpace, Workspace
from landcover.errors import WorkerError
from landcover.job import Job, load
from landcover.kernels.sums import ZoneSums
from landcover.model import Layer
from landcover.pipeline import survey
from landcover.products.base import (
    Context,
    Learn,
    Need,
    Product,
    Settle,
    Settled,
    Span,
    Stack,
    Stored,
    Summary,
    added,
)
from landcover.raster.area import pixel_area_m2
from landcover.raster.settings import GridSettings
from landcover.settings import Settings
from landcover.synthetic import Writing, country, write, write_zones

SIZE_PX = 200
REACH_PX = 5
SEEN = ("bright_seen",)
STEPS = 400
"""Bins of the summary: NDVI from -1 to 1 by 0.005."""

JOB = """\
schema: 1
name: bright
zones: {territories: {path: zones/territories.geojson, id: ADM2_PCODE}}
sources: [{sensor: sentinel-2-l2a, catalog: scenes/catalog.json}]
period: {start: 2021-07-01, end: 2021-09-01}
products: {composite: {every: year}}
run: {workers: 1, threads: 1}
"""


# --- a product of the tests' own ----------------------------------------------------------------


class BrightSettings(Settings):
    """`least` is a share that only settling uses."""

    least: float = 0.5
    plain: bool = False


def _need(settings: Any, context: Context) -> Need:
    return Need("s2", ("ndvi",), ("red", "nir"), (Span(context.period, "all"),))


def _layer(name: str, units: str, kept: bool = True) -> Layer:
    return Layer(name, "bright", (name,), (units,), tags={"PRODUCT": "bright"}, kept=kept)


def _named(name: str, kept: bool = True) -> Layer:
    """Promise a layer of the tests' second product."""
    return replace(_layer(name, "1", kept), product="calm")


def _observe(settings: Any, context: Context, stack: Stack) -> Mapping[str, npt.NDArray[Any]]:
    plane = stack.median("ndvi").copy()
    plane[~stack.inside] = np.nan
    return {"bright_seen": plane[np.newaxis]}


def _summarise(settings: Any, context: Context, stored: Stored) -> Summary:
    seen = stored.layers["bright_seen"][0]
    assert stored.core == (slice(0, seen.shape[0]), slice(0, seen.shape[1])), "no margin"
    steps = np.clip((seen[np.isfinite(seen)] + 1) * STEPS / 2, 0, STEPS - 1).astype(np.int64)
    return {"steps": np.bincount(steps, minlength=STEPS)}


def _finish(settings: Any, context: Context, summary: Summary) -> Summary:
    below = np.cumsum(summary["steps"])
    return {"median": np.array(np.searchsorted(below, below[-1] / 2) * 2 / STEPS - 1)}


def shares(seen: npt.NDArray[Any], bright: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return the share of bright ones among what was seen within REACH_PX."""

    def boxed(plane: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        sums = np.pad(plane.astype(float), REACH_PX + 1).cumsum(0).cumsum(1)
        side = 2 * REACH_PX + 1
        return (
            sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
        )[: plane.shape[0], : plane.shape[1]]  # fmt: skip

    known = boxed(np.isfinite(seen))
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(seen), boxed(bright) / known, np.nan).astype(np.float32)


def classes(share: npt.NDArray[Any], least: float) -> npt.NDArray[np.int16]:
    """Return 0 for less, 1 for more, -1 where not seen."""
    return np.where(np.isnan(share), -1, share >= least).astype(np.int16)


def _settle(settings: Any, context: Context, stored: Stored) -> Settled:
    assert "absent" not in stored.layers
    seen = stored.layers["bright_seen"][0]
    assert seen.shape == stored.inside.shape == stored.area_m2.shape == stored.grid.shape
    assert not np.isfinite(seen[~stored.inside]).any()
    level = 0.5 if settings.plain else float(stored.model["median"])
    share = shares(seen, seen > level)[stored.core]
    return Settled({"bright": share[np.newaxis]}, {"more": classes(share, settings.least)})


BRIGHT = Product(
    name="bright",
    title="Bright places",
    version=1,
    Settings=BrightSettings,
    need=_need,
    layers=lambda settings, context: (_layer("bright_seen", "1", kept=False),),
    observe=_observe,
    learn=Learn(lambda settings, context: ("bright_seen",), _summarise, _finish),
    settle=Settle(
        reads=lambda settings, context: ("bright_seen", "absent"),
        layers=lambda settings, context: (_layer("bright", "1"),),
        settle=_settle,
        halo_px=lambda settings, context, grid: REACH_PX,
        codes=lambda settings, context: {"more": 2},
        keys=frozenset({"least"}),
    ),
    documentation="A test's.",
)


# --- runs of it -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """A country, and runs of the product in it on workers of this process."""

    folder: Path
    scheduler: str

    @property
    def job(self) -> Job:
        return load(self.folder / "job.yaml")

    def plan(
        self, out: str, tile_px: int | None = None, also: Product | None = None, **settings: Any
    ) -> Plan:
        job, about = self.job, survey(self.job, self.folder / out)
        asked = [(products.PRODUCTS["bright"], BrightSettings(**settings))]
        asked += [(also, BrightSettings())] if also else []
        order = make_order(
            job.period, job.sources, {s.name: sensors.load(s.sensor) for s in job.sources},
            asked, job.series, "nearest",
        )  # fmt: skip
        zones, scenes = about.zones.zones, about.scenes.scenes
        grid = GridSettings(tile_px=tile_px)
        return make_plan(order, zones, scenes, grid, job.run, self.folder / out)

    def run(self, made: Plan, watcher: Any = None) -> tuple[Outcome, dict[str, Any]]:
        workspace = Workspace(made.brief.out)
        with workspace.alone():
            outcome, todo = sort_out(made, workspace)
            records = compute(made, todo, outcome, self.scheduler, watcher or Silent())
            forget_former(made, outcome, Silent())
        assert outcome.lost == []
        return outcome, records


class Heard(Silent):
    """Remembers what is made, and what is said."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.said: list[str] = []

    def advance(self, step: str, entry: Any) -> None:
        self.made.append(entry.tile if entry else step)

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Put the product into the table, and start a worker in this process."""
    import dask
    from distributed import LocalCluster

    folder = tmp_path_factory.mktemp("settling")
    land = country(SIZE_PX)
    days = [date(2021, 7, 3) + timedelta(10 * n) for n in range(4)]
    write(land, folder / "scenes", days, writing=Writing(64, bands=("red", "nir")))
    write_zones(land, folder / "zones")
    (folder / "job.yaml").write_text(JOB, "utf-8")
    table = {**products.PRODUCTS, "bright": BRIGHT}
    as_a_run_s = {
        "distributed.worker.profile.enabled": False,
        "distributed.scheduler.worker-ttl": None,
    }
    with dask.config.set(as_a_run_s):  # see engine.cluster
        cluster = LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, memory_limit=0,
            dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0",
            protocol="inproc://",
        )  # fmt: skip
    with cluster, pytest.MonkeyPatch.context() as patch:
        for name, module in list(sys.modules.items()):
            known = getattr(module, "PRODUCTS", None)
            if name.startswith("landcover") and known is products.PRODUCTS:
                patch.setattr(module, "PRODUCTS", table)
        yield Bench(folder, cluster.scheduler_address)


@pytest.fixture(scope="module")
def whole(bench: Bench) -> Plan:
    """Return the plan of a run in one tile, which was made."""
    made = bench.plan("whole", 256)
    assert len(made.tasks) == 1
    bench.run(made)
    return made


@pytest.fixture(scope="module")
def tiled(bench: Bench) -> Plan:
    """Return the plan of a run in many tiles, which was made."""
    made = bench.plan("tiled", 48)
    assert len(made.tasks) > 9
    bench.run(made)
    return made


def read(made: Plan, name: str = "bright") -> npt.NDArray[Any]:
    with rasterio.open(made.brief.out / "rasters" / f"{name}.tif") as file:
        values: npt.NDArray[Any] = file.read(1)
    return values


def finished(made: Plan) -> Outcome:
    """Return what stands of a run."""
    outcome, todo = sort_out(made, Workspace(made.brief.out))
    assert not todo
    assert settle_tiles(made, outcome, Silent())
    return outcome


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_threshold_and_the_shares_are_those_of_the_whole_map(whole: Plan) -> None:
    (task,) = whole.tasks
    path = Workspace(whole.brief.out).tile_file(task.tile.id)
    seen = read_layers(path, ["bright_seen"])["bright_seen"][0]
    median = float(learnt(whole, finished(whole))["bright"]["median"])
    assert median == pytest.approx(float(np.nanmedian(seen)), abs=2 / STEPS)
    np.testing.assert_array_equal(read(whole), shares(seen, seen > median))
    assert 0.2 < np.nanmean(read(whole)) < 0.8


def test_the_same_bytes_however_tiled(whole: Plan, tiled: Plan) -> None:
    one, other = (made.brief.out / "rasters" / "bright.tif" for made in (whole, tiled))
    assert sha256(one) == sha256(other)
    models = [learnt(made, finished(made))["bright"]["median"] for made in (whole, tiled)]
    assert models[0] == models[1]


def test_stored_layers_are_read_tile_by_tile(tiled: Plan) -> None:
    laid = {name: np.full(tiled.brief.grid.shape, np.nan) for name in ("bright", "bright_seen")}
    for tile, held in tile_layers(tiled, finished(tiled), list(laid)):
        rows, columns = tile.grid.shape
        for name, planes in held.items():
            laid[name][tile.row : tile.row + rows, tile.column : tile.column + columns] = planes[0]
    np.testing.assert_array_equal(laid["bright"], read(tiled))
    assert np.isfinite(laid["bright_seen"]).sum() == np.isfinite(laid["bright"]).sum() > 0


def test_a_layer_that_is_only_stored_has_no_raster(tiled: Plan) -> None:
    assert [path.name for path in (tiled.brief.out / "rasters").glob("*.tif")] == ["bright.tif"]
    assert [layer.name for layer in tiled.layers] == ["bright"]


def test_areas_of_codes_are_summed_for_every_zone(whole: Plan, tiled: Plan) -> None:
    """Both codes are all that was seen; a tile more or less makes no difference."""
    areas = [code_areas_m2(made, finished(made), "bright")["more"] for made in (whole, tiled)]
    assert areas[0].shape == (len(whole.brief.zones), 2)
    np.testing.assert_allclose(areas[0], areas[1], rtol=1e-12)
    area, share = pixel_area_m2(whole.tasks[0].tile.grid), read(whole)
    expected = [area[share < 0.5].sum(), area[share >= 0.5].sum()]
    assert min(expected) > 0
    np.testing.assert_allclose(areas[0].sum(axis=0), expected, rtol=1e-3)  # territories tile it


def test_each_file_of_sums_is_read_once(tiled: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []

    def reading(path: Path, numbers: Mapping[str, int]) -> ZoneSums:
        read.append(path)
        return read_sums(path, numbers)

    monkeypatch.setattr(settled, "read_sums", reading)
    monkeypatch.setattr(settled, "MERGE_TILES", 2)
    outcome = finished(tiled)
    areas = code_areas_m2(tiled, outcome, "bright")["more"]
    assert len(read) == len(set(read)) == len(tiled.tasks) > 4
    monkeypatch.setattr(settled, "MERGE_TILES", 1000)
    together = code_areas_m2(tiled, outcome, "bright")["more"]
    np.testing.assert_allclose(areas, together, rtol=1e-12)
    assert code_areas_m2(tiled, outcome, "other") == {}


def test_the_model_is_named_in_the_account(tiled: Plan) -> None:
    outcome = finished(tiled)
    path = SettledSpace(tiled.brief.out).tile_file("bright.learnt")
    (tiled.brief.out / "scenes.json").write_text("{}", "utf-8")
    write_run_json(tiled, outcome, (), (), (), {}, {}, {})
    told = json.loads((tiled.brief.out / "run.json").read_text("utf-8"))["learnt"]["bright"]
    assert told["file"] == ".work/settled/bright.learnt.npz"
    assert told["sha256"] == sha256(path)
    assert told["values"] == {"median": float(learnt(tiled, outcome)["bright"]["median"])}


def test_what_stands_is_left_alone(bench: Bench, tiled: Plan) -> None:
    heard = Heard()
    _, records = replace(bench, scheduler="tcp://127.0.0.1:9").run(tiled, heard)
    assert heard.made == []
    assert records.keys() == {"bright"}
    told = standing(tiled, (), {})
    assert (told.done, told.rasters_done, told.reasons) == (len(tiled.tasks), 1, {})


def test_a_key_of_settling_reads_no_scene_again(bench: Bench, tiled: Plan) -> None:
    before = sha256(tiled.brief.out / "rasters" / "bright.tif")
    changed, heard = bench.plan("tiled", 48, least=0.9), Heard()
    outcome, todo = sort_out(changed, Workspace(changed.brief.out))
    assert todo == []
    assert not settle_tiles(changed, outcome, Silent()), "nobody is there to do it"
    bench.run(changed, heard)
    assert len([name for name in heard.made if name.startswith("bright.")]) == len(tiled.tasks)
    assert any("settled again: product" in text for text in heard.said)
    assert sha256(tiled.brief.out / "rasters" / "bright.tif") == before, "only codes use it"
    areas = code_areas_m2(changed, finished(changed), "bright")["more"]
    bench.run(tiled)
    before_m2 = code_areas_m2(tiled, finished(tiled), "bright")["more"]
    assert areas[:, 1].sum() < before_m2[:, 1].sum()


def test_a_key_of_observing_makes_tiles_again(bench: Bench, tiled: Plan) -> None:
    changed = bench.plan("tiled", 48, plain=True)
    _, todo = sort_out(changed, Workspace(changed.brief.out))
    assert {one.reason for one in todo} == {"changed: products"}


def test_what_a_kill_spoilt_is_made_again_and_no_more(bench: Bench, tiled: Plan) -> None:
    before = sha256(tiled.brief.out / "rasters" / "bright.tif")
    space, heard = SettledSpace(tiled.brief.out), Heard()
    cut, lost = (f"bright.{task.tile.id}" for task in tiled.tasks[2:4])
    space.tile_file(cut).write_bytes(space.tile_file(cut).read_bytes()[:-1])
    lines = space.manifest.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if f'"{lost}"' not in line]
    space.manifest.write_text("".join(kept) + '{"tile": "bright.r', "utf-8")
    (space.tiles / ".bright-0123456789ab.part.npz").write_bytes(b"half")
    bench.run(tiled, heard)
    assert sorted(name for name in heard.made if name.startswith("bright.")) == sorted((cut, lost))
    assert not list(space.tiles.glob(".*"))
    assert sha256(tiled.brief.out / "rasters" / "bright.tif") == before


def test_a_damaged_model_is_learnt_again(bench: Bench, tiled: Plan) -> None:
    path, heard = SettledSpace(tiled.brief.out).tile_file("bright.learnt"), Heard()
    before = sha256(path)
    path.unlink()
    bench.run(tiled, heard)
    assert heard.made == ["learn bright"], "it is the same, so that tiles stand"
    assert sha256(path) == before


def test_a_lost_tile_is_nodata_to_its_neighbours_until_it_is_made(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both times its eight neighbours are settled again, and none that lies out of reach."""
    monkeypatch.setitem(products.PRODUCTS, "bright", replace(BRIGHT, learn=None))  # type: ignore[index]
    made = bench.plan("plain", 48, plain=True)
    bench.run(made)
    gone = next(task for task in made.tasks if min(task.tile.row, task.tile.column) > 0)
    near = {
        task.tile.id
        for task in made.tasks
        if max(abs(task.tile.row - gone.tile.row), abs(task.tile.column - gone.tile.column)) <= 48
    }
    assert len(near) == 9
    outcome, heard = finished(made), Heard()
    del outcome.entries[gone.tile.id], outcome.settled[f"bright.{gone.tile.id}"]
    with connect(bench.scheduler, 1, Workspace(made.brief.out).work) as client:
        assert settle_tiles(made, outcome, heard, client)
    names = {f"bright.{tile}" for tile in near}
    assert set(heard.made) == names - {f"bright.{gone.tile.id}"}
    before, again = sha256(made.brief.out / "rasters" / "bright.tif"), Heard()
    bench.run(made, again)
    assert {name for name in again.made if name.startswith("bright.")} == names - {
        f"bright.{gone.tile.id}"
    }
    assert sha256(made.brief.out / "rasters" / "bright.tif") == before


def test_fresh_forgets_it_all(bench: Bench, whole: Plan) -> None:
    made = bench.plan("fresh", 256)
    bench.run(made)
    Workspace(made.brief.out).forget()
    assert list(SettledSpace(made.brief.out).tiles.iterdir()) == []
    assert SettledSpace(made.brief.out).entries() == {}


def test_tiles_of_a_former_cut_go(bench: Bench) -> None:
    bench.run(bench.plan("recut", 64))
    made = bench.plan("recut", 256)
    bench.run(made)
    names = {path.stem for path in SettledSpace(made.brief.out).tiles.glob("*.npz")}
    assert names == {"bright.learnt", f"bright.{made.tasks[0].tile.id}"}


def test_what_cannot_be_learnt_ends_the_run_with_a_sentence(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(settings: Any, context: Context, stored: Stored) -> Summary:
        raise ZeroDivisionError("no pixel")

    broken = replace(BRIGHT, learn=replace(BRIGHT.learn, summarise=fail))  # type: ignore[type-var]
    monkeypatch.setitem(products.PRODUCTS, "bright", broken)  # type: ignore[index]
    made = bench.plan("broken", 256)
    with pytest.raises(WorkerError, match=r"learn bright: .*ZeroDivisionError: no pixel"):
        bench.run(made)
    assert len(Workspace(made.brief.out).entries()) == 1, "the tile is kept"


def test_the_memory_of_settling_is_planned(whole: Plan) -> None:
    """A margin of 5 px, cut at the edge: 4 bytes read, 64 at work, 24 beside; 16 for the tile."""
    brief = whole.brief
    found = settle_bytes(brief.works, brief.context, brief.grid, (100, 400))
    rows, columns = 100 + 2 * REACH_PX, min(400 + 2 * REACH_PX, brief.grid.shape[1])
    assert found == rows * columns * (4 + 64 + 24) + 100 * 400 * (2 * 4 + 2 * 4)
    assert settle_bytes((), brief.context, brief.grid, (100, 400)) == 0


def test_the_memory_of_learning_is_planned(whole: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """A product may learn and settle nothing: 4 bytes read, 64 at work, 24 beside."""
    monkeypatch.setitem(products.PRODUCTS, "bright", replace(BRIGHT, settle=None))  # type: ignore[index]
    brief = whole.brief
    found = settle_bytes(brief.works, brief.context, brief.grid, (100, 400))
    assert found == 100 * min(400, brief.grid.shape[1]) * (4 + 64 + 24)


def test_the_account_tells_what_settling_and_learning_took(tiled: Plan) -> None:
    outcome = finished(tiled)
    (tiled.brief.out / "scenes.json").write_text("{}", "utf-8")
    write_run_json(tiled, outcome, (), (), (), {}, {}, {})
    told = json.loads((tiled.brief.out / "run.json").read_text("utf-8"))
    tiles = [one["tile"] for one in told["settled"]]
    assert sorted(tile or "" for tile in tiles) == ["", *sorted(t.tile.id for t in tiled.tasks)]
    for one in told["settled"]:
        assert one["product"] == "bright"
        assert list(one["seconds"]) == ["learn" if one["tile"] is None else "settle"]
        assert one["peak_bytes"] > 10**7
    assert {"learn bright", "settle bright"} <= told["tile_seconds"].keys()


def test_learning_and_settling_are_one_at_a_time_in_a_process(
    bench: Bench, tiled: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler's worker may have two threads; memory is planned for one task."""
    inside, most = [0], [0]

    def slowly(work: Any) -> Any:
        def done(*args: Any) -> Any:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.05)
            found = work(*args)
            inside[0] -= 1
            return found

        return done

    learn = replace(BRIGHT.learn, summarise=slowly(_summarise))  # type: ignore[type-var]
    settle = replace(BRIGHT.settle, settle=slowly(_settle))  # type: ignore[type-var]
    slow = replace(BRIGHT, learn=learn, settle=settle)
    hall, told = _hall(tiled, finished(tiled)), tell(tiled.brief, Workspace(tiled.brief.out))
    (work,) = tiled.brief.works
    task = next(_settle_tasks(hall, work, hall.known["bright.learnt"].sha256))
    monkeypatch.setitem(products.PRODUCTS, "bright", slow)  # type: ignore[index]
    calls = [(settle_task.settle_task, told, (task,)), (settle_task.settle_task, told, (task,))]
    calls += [(settle_task.learn_task, told, "bright", [hall.outlook(hall.tasks[0], SEEN, 0)])] * 2
    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(call, *args) for call, *args in calls]:
            future.result()
    assert most[0] == 1


def test_summaries_are_let_go_of_as_they_are_read(
    bench: Bench, tiled: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker keeps what a future holds: 2 MB an index."""
    alive: weakref.WeakSet[Any] = weakref.WeakSet()
    counts = []

    class Future:
        def done(self) -> bool:
            return True

        def result(self) -> Any:
            counts.append(len(alive))
            return {"n": np.array([1])}, Cost(1.0, counts[-1])

    class Client:
        def submit(self, *args: Any, **keys: Any) -> Any:
            alive.add(future := Future())
            return future

    hall, told = _hall(tiled, finished(tiled)), tell(tiled.brief, Workspace(tiled.brief.out))
    outlooks = [hall.outlook(task, SEEN, 0) for task in hall.tasks]
    monkeypatch.setattr(settling, "SUMMARY_TILES", 5)
    summary, cost = _told_by_all(Client(), told, "bright", outlooks)
    assert len(counts) > 2
    assert counts == list(range(len(counts), 0, -1))
    assert summary["n"].tolist() == [len(counts)]
    assert cost == Cost(len(counts), len(counts))


def test_one_product_that_is_to_be_settled_hides_no_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`status` after a change of one: the other's rasters stand."""
    other = replace(
        BRIGHT,
        name="calm",
        layers=lambda settings, context: (_named("calm_seen", kept=False),),
        observe=lambda settings, context, stack: {
            "calm_seen": _observe(settings, context, stack)["bright_seen"]
        },
        learn=None,
        settle=Settle(
            reads=lambda settings, context: ("calm_seen",),
            layers=lambda settings, context: (_named("calm"),),
            settle=lambda settings, context, stored: Settled({"calm": stored.layers["calm_seen"]}),
        ),
    )
    monkeypatch.setitem(products.PRODUCTS, "calm", other)  # type: ignore[index]
    made = bench.plan("two", 96, also=other)
    bench.run(made)
    assert (standing(made, (), {}).rasters_done, standing(made, (), {}).to_settle) == (2, {})
    changed = bench.plan("two", 96, also=other, least=0.9)
    told = standing(changed, (), {})
    assert told.reasons == {}
    assert told.to_settle == {"bright": len(made.tasks)}
    assert told.rasters_done == 1
    SettledSpace(made.brief.out).tile_file("bright.learnt").unlink()
    told = standing(made, (), {})
    assert (told.to_settle, told.rasters_done) == ({"bright": len(made.tasks)}, 1)


def apart() -> Product:
    """Return a product whose settling knows nothing of what it learns: of its levels alone."""
    return replace(
        BRIGHT,
        name="calm",
        layers=lambda settings, context: (_named("calm_seen", kept=False),),
        observe=lambda settings, context, stack: {
            "calm_seen": _observe(settings, context, stack)["bright_seen"]
        },
        learn=Learn(
            lambda settings, context: ("calm_seen",),
            lambda settings, context, stored: {"n": np.array([stored.layers["calm_seen"].size])},
            lambda settings, context, summary: {"n": summary["n"], "least": np.array([1])},
            keys=frozenset({"least"}),
        ),
        settle=Settle(
            reads=lambda settings, context: ("calm_seen",),
            layers=lambda settings, context: (_named("calm"),),
            settle=lambda settings, context, stored: Settled({"calm": stored.layers["calm_seen"]}),
            uses_model=False,
        ),
    )


def test_a_key_of_learning_alone_settles_no_tile_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(products.PRODUCTS, "calm", apart())  # type: ignore[index]
    job, about = bench.job, survey(bench.job, bench.folder / "apart")

    def plan(**settings: Any) -> Plan:
        asked = [(apart(), BrightSettings(**settings))]
        order = make_order(
            job.period, job.sources, {s.name: sensors.load(s.sensor) for s in job.sources},
            asked, job.series, "nearest",
        )  # fmt: skip
        grid, folder = GridSettings(tile_px=96), bench.folder / "apart"
        return make_plan(order, about.zones.zones, about.scenes.scenes, grid, job.run, folder)

    made, changed = plan(), plan(least=0.9)
    bench.run(made)
    assert settle_task.work_of(changed.brief, "calm").settings.least == 0.9  # type: ignore[attr-defined]
    assert sort_out(changed, Workspace(changed.brief.out))[1] == []
    told = standing(changed, (), {})
    assert (told.to_settle, told.rasters_done, told.reasons) == ({}, 1, {})
    heard = Heard()
    bench.run(changed, heard)
    assert heard.made == ["learn calm"]
    SettledSpace(made.brief.out).tile_file("calm.learnt").unlink()
    told = standing(changed, (), {})
    assert (told.to_settle, told.rasters_done) == ({}, 1), "a lost model hides no tile"


def test_tables_of_former_settings_are_not_called_written(bench: Bench, tiled: Plan) -> None:
    """`least` reads no scene again, so that all tiles stand."""
    bench.run(tiled)
    tables = {"zones": "", "bright_area": "bright"}
    folder = Workspace(tiled.brief.out).tables
    folder.mkdir(exist_ok=True)
    for name in tables:
        (folder / f"{name}.csv").write_text("", "utf-8")
    (tiled.brief.out / "scenes.json").write_text("{}", "utf-8")
    write_run_json(tiled, finished(tiled), (), (), (), {}, {}, {})
    assert standing(tiled, (), tables).tables_done == 2
    changed = bench.plan("tiled", 48, least=0.9)
    assert standing(changed, (), tables).tables_done == 1
    bench.run(changed)
    assert standing(changed, (), tables).tables_done == 1, "settled, and then killed"
    bench.run(tiled)
    SettledSpace(tiled.brief.out).tile_file("bright.learnt").unlink()
    assert standing(tiled, (), tables).tables_done == 1, "the model is to be learnt again"
    bench.run(tiled)
    assert standing(tiled, (), tables).tables_done == 2


def test_summaries_of_broken_numbers_are_refused() -> None:
    whole = {"n": np.array([1, 2])}
    assert added(whole, whole)["n"].tolist() == [2, 4]
    with pytest.raises(TypeError, match="float64: sums of it depend on the order"):
        added({"n": np.array([0.1])}, {"n": np.array([0.2])})
