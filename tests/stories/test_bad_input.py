"""What goes wrong is told in one sentence, with its exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from filelock import FileLock

from landcover.cli import main
from landcover.engine.results import ResultWriter
from landcover.synthetic import Weather, country

ROOT = Path(__file__).resolve().parents[2]
FEATURE = {"type": "Feature", "properties": {"code": "A1"}}


@dataclass(frozen=True, slots=True)
class Said:
    """Exit code and stderr of a call."""

    code: int
    err: str

    @property
    def sentence(self) -> str:
        """The one line of stderr."""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Return ``call(study, ...)``: the command line on the study's job, quietly."""

    def run(study: Any, *flags: str, out: str | Path = "out", **changes: Any) -> Said:
        path = study.job(**{"run": {"scheduler": study.scheduler}, **changes})
        capfd.readouterr()
        code = main(["run", str(path), "--out", str(study.folder / out), "-q", *flags])
        said = capfd.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.err)

    return run


def box_file(folder: Path, west: float, south: float, side: float, *, count: int = 1) -> str:
    """Write a file of square zones."""
    features = []
    for number in range(count):
        x = west + number * side
        ring = [[x, south], [x + side, south], [x + side, south + side], [x, south + side],
                [x, south]]  # fmt: skip
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({**FEATURE, "properties": {"code": f"A{number}"}, "geometry": geometry})
    path = folder / "boxes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return str(path)


def zones(path: str) -> dict[str, Any]:
    """Return a change of the job: one file of zones alone."""
    boxes = {"path": path, "id": "code"}
    return {"reserves": None, "territories": None, "specks": None, "boxes": boxes}


def test_missing_file_of_zones(study: Any, call: Callable[..., Said]) -> None:
    ended = call(study, zones=zones("nowhere.geojson"))
    assert ended.code == 2
    assert "nowhere.geojson" in ended.sentence


def test_missing_job(study: Any, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(study.folder / "none.yaml")]) == 2
    assert "none.yaml" in Said(2, capfd.readouterr().err).sentence


def test_missing_catalog(study: Any, call: Callable[..., Said]) -> None:
    ended = call(study, sources=[{"sensor": "sentinel-2-l2a", "catalog": "no/catalog.json"}])
    assert ended.code == 2
    assert "no/catalog.json" in ended.sentence.replace("\\", "/")


def test_empty_zones(study: Any, call: Callable[..., Said]) -> None:
    ended = call(study, zones=zones(box_file(study.folder, 28.5, 1.6, 0.01, count=0)))
    assert ended.code == 2
    assert "boxes" in ended.sentence
    assert not (study.folder / "out").exists()


def test_unknown_crs(study: Any, call: Callable[..., Said]) -> None:
    ended = call(study, grid={"crs": "EPSG:999999", "resolution_m": 10})
    assert ended.code == 2
    assert "EPSG:999999" in ended.sentence


def test_other_side_of_the_earth(study: Any, call: Callable[..., Said]) -> None:
    path = box_file(study.folder, -151.5, -1.6, 0.01)
    more = {"boxes": {"path": path, "id": "code"}}
    ended = call(study, zones=more, grid={"crs": "EPSG:32635", "resolution_m": 10})
    assert ended.code == 2
    assert "A0" in ended.sentence


def test_no_products(study: Any, call: Callable[..., Said]) -> None:
    ended = call(study, products={"composite": None})
    assert ended.code == 2
    assert "products" in ended.sentence


def test_bad_key(study: Any, call: Callable[..., Said]) -> None:
    ended = call(study, grid={"resolution": 10})
    assert ended.code == 2
    assert "Did you mean 'resolution_m'?" in ended.sentence


def test_no_scenes(study: Any, call: Callable[..., Said]) -> None:
    ended = call(study, period=[1999, 2000])
    assert ended.code == 1
    assert "no scene" in ended.sentence
    assert not (study.folder / "out").exists()


def test_over_budget(study: Any, call: Callable[..., Said]) -> None:
    ended = call(study, run={"memory": "64MB", "scheduler": study.scheduler})
    assert ended.code == 2
    assert "run.memory" in ended.sentence
    assert "MB" in ended.sentence
    assert not (study.folder / "out").exists()


def test_a_finished_run_survives_a_job_that_cannot_be_planned(
    study: Any, call: Callable[..., Said], calm: Path
) -> None:
    out = study.folder / "out"
    shutil.copytree(calm, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert call(study, run={"memory": "64MB", "scheduler": study.scheduler}).code == 2
    assert call(study, period=[1999, 2000]).code == 1
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    del before[out / ".work" / "run.lock"], after[out / ".work" / "run.lock"]
    assert after == before


def test_folder_under_a_file(study: Any, call: Callable[..., Said]) -> None:
    (study.folder / "file").write_text("", "utf-8")
    ended = call(study, out="file/out")
    assert ended.code == 2
    assert "cannot be written" in ended.sentence
    assert "Choose another folder with --out." in ended.sentence


def test_read_only_folder(
    study: Any, call: Callable[..., Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.write_bytes

    def refuse(self: Path, data: bytes) -> int:
        if self.name == ".writable":
            raise PermissionError(13, "Permission denied", str(self))
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", refuse)
    ended = call(study)
    assert ended.code == 2
    assert "cannot be written (Permission denied)" in ended.sentence


def test_two_runs_in_one_folder(study: Any, call: Callable[..., Said]) -> None:
    lock = study.folder / "out" / ".work" / "run.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        ended = call(study)
    assert ended.code == 2
    assert "another run is using it" in ended.sentence
    assert call(study, period=[2022, 2022]).code == 0


def test_a_disk_that_fills(
    study: Any, call: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, calm: Path, same: Any
) -> None:
    real, left = ResultWriter.layer, [10]

    def fill(self: ResultWriter, *args: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(ResultWriter, "layer", fill)
        ended = call(study)
    assert ended.code == 1
    assert "the disk is full" in ended.sentence
    again = study.run()
    assert "finished tile(s) kept" in again.heard.text
    same(again.out, calm)


def test_a_disk_that_fills_under_a_raster(
    study: Any, call: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, calm: Path, same: Any
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("landcover.raster.cog.MARGIN_BYTES", 2**62)
        ended = call(study)
    assert ended.code == 1
    assert "the disk is full" in ended.sentence
    again = study.run()
    assert again.heard.made == []
    same(again.out, calm)


CLOUDY = Weather(clouds=1.0, spread=0, residual=0, swath_edge=0, speckle=0)


def test_all_cloud(study_of: Any, call: Callable[..., Said], read_table: Any) -> None:
    study = study_of(country(64, weather=CLOUDY), (date(2021, 5, 1), date(2022, 5, 1)))
    ended = call(study)
    assert ended.code == 0
    assert "no pixel of any zone was clear in 2 scene(s)" in ended.err
    out = study.folder / "out"
    series = read_table(out, "zone_series")
    assert (series["count"] == 0).all()
    assert series["mean"].isna().all()
    with rasterio.open(out / "rasters" / "ndvi_2021.tif") as source:
        assert np.isnan(source.read()).all()
    with rasterio.open(out / "rasters" / "clear_2021.tif") as source:
        assert set(np.unique(source.read())) <= {0, 65535}


def test_one_date(study_of: Any, call: Callable[..., Said]) -> None:
    study = study_of(country(64, weather=Weather(clouds=0.2)), (date(2021, 5, 1),))
    ended = call(study)
    assert ended.code == 0
    assert "all scenes are of one date, 2021-05-01" in ended.err


def test_tiles_of_one_pixel(study: Any, layer: Any, read_table: Any, calm: Path) -> None:
    lon, lat = 28.494, 1.607
    path = box_file(study.folder, lon, lat, 0.00012)
    ended = study.run(zones=zones(path), grid={"tile_px": 1})
    assert ended.code == 0
    assert 4 <= len(ended.heard.made) <= 9
    with (
        rasterio.open(ended.out / "rasters" / "ndvi_2022.tif") as found,
        rasterio.open(calm / "rasters" / "ndvi_2022.tif") as whole,
    ):
        part = whole.read(window=whole.window(*found.bounds))
        assert np.array_equal(found.read(), part, equal_nan=True)
        assert np.isfinite(part).any()
    assert read_table(ended.out, "zone_series")["count"].max() > 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"products": {"composite": None}}, 2, "products"),
        ({"period": [1999, 2000]}, 1, "no scene"),
        ({"zones": zones("nowhere.geojson")}, 2, "nowhere.geojson"),
    ],
)
def test_as_a_program(study: Any, changes: dict[str, Any], code: int, words: str) -> None:
    command = [sys.executable, "-m", "landcover", "run", str(study.job(**changes)), "-q"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code
    assert words in Said(code, done.stderr).sentence
    assert done.stdout == ""
