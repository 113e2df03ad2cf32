"""The parts of the benchmark: each measures one thing and notes its figures."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import change as changes
from agree import agreement
from engine import EngineRun, run_job
from far import measure
from jobs import write_job, write_sites
from measure import Measured, child, median_of, run
from report import Report
from scenes import YEARS, Listing, listing, made_up, many_squares, scattered
from shown import KEYS, MOST_MB, show, show_large

GB = 1e9
THREADS = 2
"""Threads of the floor, and workers of the run."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where things lie, and how much is measured."""

    folder: Path
    runs: int
    quick: bool

    def listing(self, count: int, size_px: int = 2048) -> Listing:
        """List the made-up scenes `count` times in all."""
        size = size_px // 4 if self.quick else size_px
        base = made_up(self.folder / f"base_{size}", size, 12)
        return listing(base, self.folder / f"listed_{size}", count)


def _floor(scenes: Listing, setting: Setting) -> Measured:
    """Decode everything once."""
    return run(child("floor", scenes.items, str(THREADS)), setting.folder)


def engine(setting: Setting, report: Report) -> None:
    """Measure the run beside the floor, in pairs: what the engine adds to decoding."""
    scenes = setting.listing(24 if setting.quick else 240)
    job = write_job(setting.folder, "yearly", scenes)
    run_job(job, setting.folder / "out_warm")  # compiles kernels, fills the page cache
    floors, runs = [], []
    for _ in range(setting.runs):
        floors.append(_floor(scenes, setting))
        runs.append(run_job(job, setting.folder / "out_engine"))
    pairs = list(zip(floors, runs, strict=True))
    floor_s = [float(one.said["work_seconds"]) for one in floors]
    report.add(f"floor: decode {scenes.count} scenes", median_of(floor_s), "s")
    report.add("run, all of it", median_of([r.measured.seconds for r in runs]), "s")
    tiles = [r.step("tiles") / float(f.said["work_seconds"]) for f, r in pairs]
    whole = [r.after_startup_s / float(f.said["work_seconds"]) for f, r in pairs]
    report.add("tile tasks / floor", median_of(tiles), "x", 1.5)
    report.add("run after start-up / floor", median_of(whole), "x", 2.0)
    report.add("start-up, kernels compiled", median_of([r.startup_s for r in runs]), "s", 5.0)
    report.add("peak memory", max(r.measured.peak_bytes for r in runs) / GB, "GB", 4.0)
    cpu = [r.measured.cpu_seconds / f.cpu_seconds for f, r in pairs]
    report.add("processor seconds, run / floor", median_of(cpu), "x")
    report.runs["engine"] = {"floor_s": floor_s, "tiles": tiles, "whole": whole, "cpu": cpu}


def outputs(setting: Setting, report: Report) -> None:
    """Measure how long it takes to write what people open of a run, two languages."""
    scenes = setting.listing(24 if setting.quick else 48)
    job = write_job(setting.folder, "outputs", scenes, more=_four(), keys=KEYS)
    run_job(job, setting.folder / "out_outputs")
    shown = [show(job, setting.folder / "out_outputs") for _ in range(setting.runs)]
    report.add("what people open", median_of([s.measured.seconds for s in shown]), "s", 20.0)
    report.add("its peak memory", max(s.measured.peak_bytes for s in shown) / GB, "GB")
    for kind, size in shown[0].largest.items():
        report.add(f"largest {kind}", size / 1e6, "MB")
    large = show_large(setting.folder / "large", 200 if setting.quick else 3409)
    report.add("what people open of 3,409 sites", large.measured.seconds, "s")
    report.add("its peak memory", large.measured.peak_bytes / GB, "GB", 4.0)
    for kind, size in large.largest.items():
        report.add(f"of 3,409 sites: largest {kind}", size / 1e6, "MB", MOST_MB.get(kind))


def _four() -> dict[str, Any]:
    """Ask for three products beside medians."""
    history = [f"{YEARS[0]}-01-01", f"{YEARS[2]}-01-01"]
    return {
        "climatology": {"index": "ndvi"},
        "trend": {"index": "ndvi", "min_years": len(YEARS)},
        "disturbance": {"index": "ndvi", "history": history},
    }


def products(setting: Setting, report: Report) -> None:
    """Measure a run with climatology, trend and disturbance too, beside the floor, in pairs."""
    scenes = setting.listing(24 if setting.quick else 240)
    job = write_job(setting.folder, "products", scenes, more=_four())
    run_job(job, setting.folder / "out_products")  # compiles kernels, fills the page cache
    floors, runs = [], []
    for _ in range(setting.runs):
        floors.append(_floor(scenes, setting))
        runs.append(run_job(job, setting.folder / "out_products"))
    ratios = [
        r.after_startup_s / float(f.said["work_seconds"]) for f, r in zip(floors, runs, strict=True)
    ]
    report.add("run of four products, after start-up / floor", median_of(ratios), "x", 8.0)
    report.add("peak memory", max(r.measured.peak_bytes for r in runs) / GB, "GB", 4.0)
    steps = {name: median_of([r.step(name) for r in runs]) for name in runs[0].record["seconds"]}
    for name, seconds in steps.items():
        report.add(f"step {name}", seconds, "s")
    parts = runs[0].tile_seconds
    for name in sorted(parts, key=parts.__getitem__, reverse=True):
        spent = median_of([r.tile_seconds[name] for r in runs])
        report.add(f"of tiles, all workers together: {name}", spent, "s")
    report.runs["products"] = {
        "ratios": ratios,
        "floor_s": [f.said["work_seconds"] for f in floors],
    }


def cold(setting: Setting, report: Report) -> None:
    """Measure what compiling the kernels for the first time costs."""
    scenes = setting.listing(8, 512)
    job = write_job(setting.folder, "cold", scenes)
    run_job(job, setting.folder / "out_cold")
    warm = run_job(job, setting.folder / "out_cold").measured.seconds
    with tempfile.TemporaryDirectory(dir=setting.folder) as cache:
        first = run_job(job, setting.folder / "out_cold", {"NUMBA_CACHE_DIR": cache})
    report.add("a small run, kernels compiled", warm, "s")
    report.add("compiling the kernels, once", first.measured.seconds - warm, "s")


def peers(setting: Setting, report: Report) -> None:
    """Measure the run beside scripts with odc-stac and stackstac, on the first 60 scenes."""
    scenes = setting.listing(12 if setting.quick else 60)
    job = write_job(setting.folder, "sixty", scenes)
    out = setting.folder / "out_sixty"
    ours = [run_job(job, out) for _ in range(setting.runs + 1)][1:]
    seconds = median_of([one.after_startup_s for one in ours])
    peak = median_of([float(one.measured.peak_bytes) for one in ours])
    report.add(f"run after start-up, {scenes.count} scenes", seconds, "s")
    our_cpu = median_of([one.measured.cpu_seconds for one in ours])
    compared = scenes.pixels * len(YEARS)
    report.add("run, peak memory", peak / GB, "GB")
    for name in ("odc", "stackstac"):
        theirs = _peer(name, scenes, setting)
        found = agreement(out / "rasters", setting.folder / f"out_{name}", YEARS)
        report.add(f"{name}: pixels compared", found.pixels, "px", 0.99 * compared, at_least=True)
        report.add(f"{name}: largest difference of medians", found.largest_difference, "1", 1e-6)
        work = median_of([float(one.said["work_seconds"]) for one in theirs])
        memory = median_of([float(one.peak_bytes) for one in theirs])
        report.add(f"{name}: after start-up", work, "s")
        report.add(f"{name}: peak memory", memory / GB, "GB")
        cpu = median_of([one.cpu_seconds for one in theirs])
        report.add(f"{name} / run: processor seconds, start-up included", cpu / our_cpu, "x")
        report.add(f"{name} / run: seconds", work / seconds, "x", 5.0, at_least=True)
        report.add(f"{name} / run: peak memory", memory / peak, "x", 4.0, at_least=True)


def _peer(name: str, scenes: Listing, setting: Setting) -> list[Measured]:
    """Run one of the scripts as often as the run itself."""
    out = setting.folder / f"out_{name}"
    command = child("peers", name, scenes.items, out)
    return [run(command, setting.folder) for _ in range(setting.runs)]


def scaling(setting: Setting, report: Report) -> None:
    """Measure whether time grows in proportion to scenes x pixels, over four sizes.

    Each size is twice the one before. Of tile tasks, since rasters and tables grow with pixels
    alone, whatever the scenes. Half a second or so is the same for all sizes, so that small
    ones seem slower by the pixel.
    """
    times = []
    for count, size in ((120, 1024), (240, 1024), (120, 2048), (240, 2048)):
        scenes = setting.listing(count, size)
        job = write_job(setting.folder, f"size_{count}_{size}", scenes)
        out = setting.folder / "out_size"
        runs = [run_job(job, out) for _ in range(setting.runs + 1)][1:]
        times.append(median_of([run.step("tiles") for run in runs]))
        rate = 1e9 * times[-1] / (scenes.count * scenes.pixels)
        report.add(f"{count} scenes of {scenes.size_px} px: tile tasks", times[-1], "s")
        report.add(f"{count} scenes of {scenes.size_px} px: a million pixels", rate, "ms")
    most = max(after / before for before, after in pairwise(times))
    report.add("most that twice the work takes", most, "x", 2.2)


def empty(setting: Setting, report: Report) -> None:
    """Measure what 1,000 tiles without a scene cost."""
    scenes = setting.listing(8, 512)
    side_px = scenes.size_px // 4  # small: what a tile costs, not what its raster's pixels do
    across = side_px * scenes.resolution_m * 32
    grid = {"tile_px": side_px}
    small = write_job(setting.folder, "few_tiles", scenes, grid=grid)
    wide = write_job(setting.folder, "many_tiles", scenes, grid=grid, zone=scenes.rectangle(across))
    run_job(small, setting.folder / "out_few")
    pairs: list[tuple[EngineRun, EngineRun]] = [
        (
            run_job(small, setting.folder / "out_few"),
            run_job(wide, setting.folder / "out_many"),
        )
        for _ in range(setting.runs)
    ]
    cost = [b.measured.seconds - a.measured.seconds for a, b in pairs]
    report.add("1,008 tiles without a scene (128 px) cost", median_of(cost), "s", 10.0)


def plan(setting: Setting, report: Report) -> None:
    """Measure the plan for 2,400 sites x 700 scenes."""
    scenes = many_squares(setting.folder / "squares", 700)
    write_sites(setting.folder / "sites.csv", scattered(2400))
    sites = {"path": "sites.csv", "id": "id", "rings_m": [500, 1000]}
    job = write_job(
        setting.folder,
        "sites",
        scenes,
        zones={"sites": sites},
        grid={"crs": f"EPSG:{scenes.epsg}", "resolution_m": 10},
    )
    command = [sys.executable, "-m", "landcover", "plan", job, "--out", setting.folder / "out_plan"]
    runs = [run(command, setting.folder) for _ in range(setting.runs)]
    report.add("plan of 2,400 sites x 700 scenes", median_of([r.seconds for r in runs]), "s", 60.0)
    report.add("plan, peak memory", max(r.peak_bytes for r in runs) / GB, "GB", 1.0)


def change(setting: Setting, report: Report) -> None:
    """Measure medians, trends and detectors of breaks beside their peers, on one core."""
    changes.measure(setting.folder, setting.runs, setting.quick, report)


def remote(setting: Setting, report: Report) -> None:
    """Measure reading over HTTP at 100 ms beside plain range reads on 32 connections."""
    scenes = setting.listing(24 if setting.quick else 240)
    measure(setting.folder, scenes, 64)  # compiles kernels, fills the page cache
    for connections in (32, 64):
        pairs = [measure(setting.folder, scenes, connections) for _ in range(setting.runs)]
        rate = median_of([one.bytes / 1e6 / one.reading_s for one in pairs])
        report.add(f"reading {scenes.count} scenes, {connections} connections", rate, "MB/s")
        ratio = median_of([one.plain_s / one.reading_s for one in pairs])
        least = 0.8 if connections == 64 else None
        report.add("of plain reads' throughput", ratio, "x", least, at_least=True)
        report.runs[f"remote_{connections}"] = [asdict(one) for one in pairs]
    plain = median_of([one.bytes / 1e6 / one.plain_s for one in pairs])
    report.add(f"plain reads of {pairs[0].requests:,} ranges, 32 connections", plain, "MB/s")


PARTS: Mapping[str, Callable[[Setting, Report], None]] = {
    "engine": engine,
    "products": products,
    "outputs": outputs,
    "cold": cold,
    "peers": peers,
    "scaling": scaling,
    "empty": empty,
    "plan": plan,
    "change": change,
    "remote": remote,
}
