"""A small made-up country, jobs about it, and runs of them in this process or as a program."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
import rasterio
import yaml
from shapely import Polygon
from shapely.geometry import mapping

from landcover import job as jobs
from landcover import pipeline
from landcover.synthetic import Country, Writing, country, dates, write
from landcover.synthetic.zones import degrees, write_zones

ROOT = Path(__file__).resolve().parents[2]
SIZE_PX = (280, 340)
BLOCK_PX = 64
DAYS = dates(date(2021, 7, 3), date(2022, 7, 1), 24)
"""Sixteen dates in two years, either side of the change of baseline of 25 January 2022."""

JOB: dict[str, Any] = {
    "schema": 1,
    "name": "story",
    "zones": {
        "reserves": {"path": "zones/reserves.geojson", "id": "WDPAID", "name": "NAME"},
        "territories": {
            "path": "zones/territories.geojson",
            "id": "ADM2_PCODE",
            "kind": "region",
        },
        "specks": {"path": "zones/specks.geojson", "id": "code"},
    },
    "sources": [{"sensor": "sentinel-2-l2a", "catalog": "scenes/catalog.json"}],
    "period": [2021, 2022],
    "grid": {"tile_px": 128},
    "products": {"composite": {"index": ["ndvi"], "statistic": ["median", "mean", "p10"]}},
    "run": {"memory": "4GB"},
}


def speck(land: Country) -> Polygon:
    """Return a thin triangle of a few pixels, none of which it covers wholly."""
    x, y = land.left_m + 1273.0, land.top_m - 1278.0  # across the corner of four tiles
    return Polygon([(x, y), (x + 74.0, y - 9.0), (x + 31.0, y - 23.0)])


def write_speck(land: Country, folder: Path) -> None:
    """Write the triangle as a file of zones."""
    shape = mapping(degrees(land, speck(land)))
    feature = {"type": "Feature", "properties": {"code": "S1"}, "geometry": shape}
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (folder / "specks.geojson").write_text(text, "utf-8")


@dataclass(frozen=True, slots=True)
class World:
    """A country, its dates, and the folder with its scenes and zones; tests only read it."""

    land: Country
    days: tuple[date, ...]
    folder: Path


def make_world(folder: Path, land: Country, days: Sequence[date] = DAYS) -> World:
    """Write a country."""
    write(land, folder / "scenes", days, writing=Writing(BLOCK_PX, bands=("red", "nir")))
    write_zones(land, folder / "zones")
    write_speck(land, folder / "zones")
    return World(land, tuple(days), folder)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return the country that most stories are about."""
    return make_world(tmp_path_factory.mktemp("world"), country(SIZE_PX))


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a country small enough for the slow formulas of truth."""
    return make_world(tmp_path_factory.mktemp("small"), country((140, 160)))


class Heard:
    """A watcher that remembers."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int]] = []
        self.made: list[str] = []
        self.said: list[str] = []

    def begin(self, step: str, total: int, done: int) -> None:
        self.steps.append((step, total, done))

    def advance(self, step: str, entry: Any) -> None:
        if entry is not None:
            self.made.append(entry.tile)

    def say(self, text: str) -> None:
        self.said.append(text)

    @property
    def text(self) -> str:
        """All that was said."""
        return "\n".join(self.said)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: exit code, folder, what the watcher heard, stderr of a program."""

    code: int
    out: Path
    heard: Heard
    err: str = ""
    notes: tuple[str, ...] = ()


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Lay changes over a job; None takes a key away."""
    found = dict(base)
    for key, value in changes.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(found.get(key), Mapping):
            found[key] = merged(found[key], value)
        else:
            found[key] = value
    return found


def end_tree(process: psutil.Process) -> None:
    """End a process and all that it started, at once, as a power cut would."""
    try:
        family = [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return
    for one in family:
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=20)


@dataclass
class Study:
    """A folder with a job about a world, and ways to run it."""

    world: World
    folder: Path
    scheduler: str

    def job(self, **changes: Any) -> Path:
        """Write the job, its paths made absolute to the world's files."""
        content = copy.deepcopy(merged(JOB, changes))
        for group in content["zones"].values():
            if "path" in group:
                group["path"] = str(self.world.folder / group["path"])
        for source in content["sources"]:
            if "://" not in source["catalog"]:
                source["catalog"] = str(self.world.folder / source["catalog"])
        path = self.folder / "job.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
        return path

    def run(self, out: str = "out", *, fresh: bool = False, locked: bool = False,
            **changes: Any) -> Ended:  # fmt: skip
        """Run the job in this process."""
        path = self.job(**merged(changes, {"run": {"scheduler": self.scheduler}}))
        heard, folder = Heard(), self.folder / out
        result = pipeline.run(jobs.load(path), folder, fresh=fresh, locked=locked, progress=heard)
        return Ended(result.exit_code, folder, heard, "", tuple(str(n) for n in result.notes))

    def start(self, out: str = "out", *flags: str, **changes: Any) -> subprocess.Popen[str]:
        """Start `landcover run` as a program; it writes no report, which takes a while."""
        path = self.job(**changes)
        command = [sys.executable, "-m", "landcover", "run", str(path), "--out",
                   str(self.folder / out), "--no-report", *flags]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            start_new_session=True,  # as in a terminal of its own
        )  # fmt: skip

    def call(self, out: str = "out", *flags: str, **changes: Any) -> Ended:
        """Run the job as a program, to its end."""
        process = self.start(out, *flags, **changes)
        try:
            _, err = process.communicate(timeout=240)
        finally:
            if process.poll() is None:
                end_tree(psutil.Process(process.pid))
        return Ended(process.returncode, self.folder / out, Heard(), err)


@pytest.fixture
def study(world: World, tmp_path: Path, scheduler: str) -> Study:
    """Return a study of the world that most stories are about."""
    return Study(world, tmp_path, scheduler)


@pytest.fixture
def small_study(small_world: World, tmp_path: Path, scheduler: str) -> Study:
    """Return a study of the country whose truth is known."""
    return Study(small_world, tmp_path, scheduler)


@pytest.fixture
def own_study(world: World, tmp_path: Path, scheduler: str) -> Study:
    """Return a study with its own copy of the world, which may be changed."""
    mine = World(world.land, world.days, tmp_path / "world")
    shutil.copytree(world.folder, mine.folder)
    return Study(mine, tmp_path, scheduler)


@pytest.fixture
def study_of(tmp_path: Path, scheduler: str) -> Callable[..., Study]:
    """Return ``study_of(land, days)``: a study of another country."""

    def make(land: Country, days: Sequence[date]) -> Study:
        return Study(make_world(tmp_path / "world", land, days), tmp_path, scheduler)

    return make


@pytest.fixture(scope="session")
def study_in(scheduler: str) -> Callable[..., Study]:
    """Return ``study_in(folder, land, days)``: a study of another country, for many tests."""

    def make(folder: Path, land: Country, days: Sequence[date]) -> Study:
        return Study(make_world(folder / "world", land, days), folder, scheduler)

    return make


@pytest.fixture(scope="session")
def calm(world: World, scheduler: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the results of an undisturbed run; tests only read them."""
    ended = Study(world, tmp_path_factory.mktemp("calm"), scheduler).run()
    assert ended.code == 0
    return ended.out


def rasters(out: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in OUT/rasters."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((out / "rasters").iterdir())
    }


def table(out: Path, name: str) -> pd.DataFrame:
    """Read a table; identifiers stay text."""
    path = out / "tables" / f"{name}.csv"
    return pd.read_csv(path, dtype={"zone_id": str, "scene": str, "tile": str})


@pytest.fixture(scope="session")
def same() -> Callable[..., None]:
    """Return ``same(out, other)``: rasters are the same bytes, tables the same to 1e-9."""

    def compare(out: Path, other: Path, tables: Sequence[str] = ("zone_series", "zones")) -> None:
        assert rasters(out) == rasters(other)
        assert len(rasters(out)) >= 2
        for name in tables:
            pd.testing.assert_frame_equal(
                table(out, name), table(other, name), check_exact=False, rtol=1e-9, atol=1e-9
            )

    return compare


@pytest.fixture(scope="session")
def read_table() -> Callable[[Path, str], pd.DataFrame]:
    """Return ``read_table(out, name)``."""
    return table


@pytest.fixture(scope="session")
def manifest() -> Callable[[Path], dict[str, dict[str, Any]]]:
    """Return ``manifest(out)``: the whole lines of the manifest, by tile."""

    def read(out: Path) -> dict[str, dict[str, Any]]:
        path = out / ".work" / "manifest.jsonl"
        found = {}
        for line in path.read_text("utf-8").splitlines() if path.exists() else []:
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            found[entry["tile"]] = entry
        return found

    return read


@pytest.fixture(scope="session")
def layer() -> Callable[..., Any]:
    """Return ``layer(out, name, land)``: a raster's bands on the country's grid, NaN nodata."""

    def read(out: Path, name: str, land: Country) -> Any:
        with rasterio.open(out / "rasters" / f"{name}.tif") as source:
            home = land.grid
            assert source.crs.to_string() == home.crs
            column, row = ~source.transform @ (home.transform.c, home.transform.f)
            left, top = round(column), round(row)
            assert abs(column - left) + abs(row - top) < 1e-6
            whole = source.read()
            assert min(left, top) >= 0, "the zones cover the whole country"
            return whole[:, top : top + home.shape[0], left : left + home.shape[1]]

    return read
