"""The jobs that ship: each is checked and run over made-up scenes laid at its true place.

Real sites and boundaries are those of ../shared/places, served on loopback in place of the
addresses. Where they are absent, boundaries of this test's own making stand in for them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml
from pyproj import Transformer
from shapely import Point, box, transform, union_all
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from landcover import job as jobs
from landcover import zones
from landcover.cli import main, templates
from landcover.synthetic import Writing, country, write

ROOT = Path(__file__).resolve().parents[2]
PLACES = ROOT.parent / "shared" / "places"

SITES = "ipis_asm_visits_2009-2023_selected_columns.csv"
RESERVES = "reserves_okapi_itombwe.geojson"

PIXEL_M = 100.0
"""Pixels of the made-up Sentinel-2 scenes (m)."""

EDGE_M = 3_000.0
"""How far a made-up scene reaches beyond the zones (m)."""

PLANES = {"okapi": "EPSG:32635", "itombwe": "EPSG:32735", "first-job": "EPSG:32635"}
"""The UTM zone in which the scenes of each place lie."""

COUNTS = {"okapi": [8, 21, 50, 63], "itombwe": [41, 33, 22, 45]}
"""Sites inside, and within 0-5, 5-10 and 10-20 km: counted in UTM 35S, apart from this code."""

NAMES = ("first-job", "itombwe", "kapeta", "okapi")

needs_places = pytest.mark.skipif(
    not PLACES.exists(), reason="the real sites and boundaries of ../shared/places are not there"
)


# --- the jobs as they are written -------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", NAMES)
def test_each_opens_with_its_plan(name: str, language: str) -> None:
    head = templates.read(name, language).split("\nschema:")[0]
    assert re.search({"en": r"\d\.\d+ GB", "fr": r"\d,\d+ Go"}[language], head)
    assert ("GB" in head, "Go" in head) == (language == "en", language == "fr")
    assert "landcover fetch" in head
    assert "2 Mbit/s" in head
    assert "10 Mbit/s" in head
    assert "landcover check" in head


@pytest.mark.parametrize("name", NAMES)
def test_what_is_named_is_credited_and_nothing_is_copied_without_leave(name: str) -> None:
    content = yaml.safe_load(templates.read(name, "en"))
    for group in content["zones"].values():
        if "://" in group.get("path", ""):
            assert group["credit"]
            assert group["licence"]
            assert group["licence"] != "not stated" or group["copy"] is False
        if "pcode" in group.values():
            assert group["sensitive"] is True


def test_a_first_job_names_no_file() -> None:
    content = yaml.safe_load(templates.read("first-job", "en"))
    assert [list(group) for group in content["zones"].values()] == [["at", "rings_m"]]
    assert content["zones"]["some"]["rings_m"][-1] == 5000
    assert content["period"][1] - content["period"][0] == 1


# --- scenes at a true place --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """How a call of the program ended."""

    code: int
    out: str
    err: str


def call(*arguments: object) -> Told:
    """Call landcover as a program."""
    command = [sys.executable, "-m", "landcover", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert "Traceback" not in done.stderr
    return Told(done.returncode, done.stdout, done.stderr)


def shape_of(job: Path, given: Sequence[str], cache: Path) -> BaseGeometry:
    """Join all zones of a job (degrees)."""
    found = zones.load(jobs.load(job, tuple(given)).zones, cache)
    return union_all([zone.geometry for zone in found.zones])


def half_yearly(start: date, step_days: int) -> tuple[date, ...]:
    """Return twelve dates."""
    return tuple(start + timedelta(days=step_days * number) for number in range(12))


def write_sentinel(name: str, shape: BaseGeometry, folder: Path, bands: Sequence[str]) -> list[str]:
    """Write twelve dates in two collections; return what the job needs to be told of them.

    As with the true ones, the newer collection begins late, the older one goes on for a while:
    two dates stand in both.
    """
    crs = PLANES[name]
    plane = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    flat = transform(shape, lambda xy: np.column_stack(plane.transform(*xy.T)))
    left, bottom, right, top = flat.buffer(EDGE_M).bounds
    sides = [2 * round(length / PIXEL_M / 2) for length in (top - bottom, right - left)]
    middle = plane.transform((left + right) / 2, (bottom + top) / 2, direction="INVERSE")
    land = country(
        (sides[0], sides[1]), lon=middle[0], lat=middle[1], crs=crs, resolution_m=PIXEL_M,
        mines=8, fields=8,
    )  # fmt: skip
    start, step = (date(2023, 1, 20), 60) if name == "first-job" else (date(2019, 2, 1), 180)
    days, how = half_yearly(start, step), Writing(256, bands=tuple(bands), only=shape)
    newer = write(land, folder / "c1", days[4:], writing=how)
    older = write(land, folder / "l2a", days[:6], writing=how)
    rename(older.parent, "sentinel-2-l2a")
    return [f"sources[0].catalog={newer}", f"sources[1].catalog={older}"]


def rename(folder: Path, collection: str) -> None:
    """Tell a catalog's scenes as Earth Search's older collection does: its names, its flag."""
    for path in (folder / "collection.json", *folder.glob("*/*.json")):
        told = json.loads(path.read_text("utf-8"))
        if told["type"] == "Collection":
            told["id"] = collection
        else:
            platform, square, moment, _ = told["id"].split("_", 3)
            told["id"] = f"{platform}_{square[1:]}_{moment[:8]}_0_L2A"
            told["collection"] = collection
            told["properties"]["earthsearch:boa_offset_applied"] = False
        path.write_text(json.dumps(told), "utf-8")


# --- Okapi and Itombwe -------------------------------------------------------------------------


def served(name: str, address: str) -> list[str]:
    """Put a server on loopback in place of the job's addresses."""
    return [
        f"zones.reserves.path={address}/{RESERVES}",
        f"zones.sites.path={address}/{SITES}",
        f"grid.resolution_m={PIXEL_M:g}",
        "sources[0].resolution_m=null",  # their pixels are coarser than what the job asks for
        "sources[1].resolution_m=null",
        "products.composite.min_clear=1",  # two dates a year
    ]


def flags(given: Sequence[str]) -> list[str]:
    """Write overrides as a command line has them."""
    return [word for one in given for word in ("--set", one)]


def taken(name: str, folder: Path) -> Path:
    """Take a shipped job as a person does, with `landcover init`."""
    job = folder / f"{name}.yaml"
    assert main(["init", str(job), "--template", name]) == 0
    return job


def counts(told: Mapping[str, Any]) -> list[int]:
    """Return how many sites are inside, and in each class of distance."""
    (one,) = told["nearby"]
    assert (one["group"], one["of"]) == ("sites", "reserves")
    assert [(span["from_m"], span["to_m"]) for span in one["spans"]] == [
        (0, 5000), (5000, 10_000), (10_000, 20_000),
    ]  # fmt: skip
    return [one["inside"], *(span["count"] for span in one["spans"])]


def run_all(job: Path, given: Sequence[str], out: Path) -> dict[str, Any]:
    """Check, plan and run a job; return what `check` tells."""
    checked = call("check", job, *flags(given), "--json")
    assert checked.code == 0, checked.err
    planned = call("plan", job, "--out", out, *flags(given))
    assert planned.code == 0, planned.err
    assert "to read" in planned.out
    done = call("run", job, "--out", out, "--quiet", *flags(given))
    assert done.code == 0, done.err
    told: dict[str, Any] = json.loads(checked.out)
    return told


def assert_results(out: Path, read_table: Any, years: range, kinds: set[str]) -> None:
    """Look whether every year has a raster and every zone its rows, and values are greenness."""
    names = {path.name for path in (out / "rasters").glob("*.tif")}
    assert {f"{layer}_{year}.tif" for layer in ("ndvi", "clear") for year in years} <= names
    with rasterio.open(out / "rasters" / f"ndvi_{years[0]}.tif") as source:
        seen = source.read(1)
    assert np.isfinite(seen).sum() > 1000
    assert -0.2 < np.nanmedian(seen) < 0.95
    series, listed = read_table(out, "zone_series"), read_table(out, "zones")
    assert set(listed["kind"]) == kinds
    assert set(series["zone_id"]) == set(listed["zone_id"])
    assert (series["mean"].dropna().between(-1, 1)).all()


@needs_places
@pytest.mark.slow
@pytest.mark.parametrize("name", ["okapi", "itombwe"])
def test_reserves_and_the_mines_around_them(
    name: str, tmp_path: Path, faulty: Callable[..., Any], read_table: Any
) -> None:
    job, given = taken(name, tmp_path), served(name, faulty(PLACES).address)
    shape = shape_of(job, given, tmp_path / "cache")
    given += write_sentinel(name, shape, tmp_path / "scenes", ("red", "nir"))
    told = run_all(job, given, tmp_path / "out")
    assert counts(told) == COUNTS[name]
    out = tmp_path / "out"
    assert_results(out, read_table, range(2019, 2025), {"reserve", "outside", "ring"})
    used = read_table(out, "scenes")
    assert used["source"].value_counts().to_dict() == {"sentinel-2-l2a": 8, "sentinel-2-l2a-2": 4}
    copies = {path.suffix for path in (out / "inputs").iterdir()}
    assert copies == {".csv", ".json"}, "sites, the list of inputs, and no boundary"
    sites = (out / "inputs" / f"sites_{Path(SITES).stem}.csv").read_text("utf-8")
    assert len(sites.splitlines()) == 1 + sum(COUNTS[name])


# --- the same with boundaries of its own making ------------------------------------------------

MIDDLE = (28.4, 1.5)


def write_own_places(folder: Path) -> list[int]:
    """Write a small reserve and visits of sites; return how many are in each class."""
    folder.mkdir()
    lon, lat = MIDDLE
    shape = {"type": "Feature", "properties": {"name": "Réserve de faune à Okapis"},
             "geometry": mapping(box(lon, lat, lon + 0.04, lat + 0.04))}  # fmt: skip
    other = {**shape, "properties": {"name": "Parc lointain"},
             "geometry": mapping(box(lon - 3, lat, lon - 2.9, lat + 0.1))}  # fmt: skip
    text = json.dumps({"type": "FeatureCollection", "features": [shape, other]})
    (folder / RESERVES).write_text(text, "utf-8")
    rows = ["vid,pcode,name,visit_date,longitude,latitude,mineral1,workers_numb,location_origin"]
    # degrees north of the reserve's limit: one degree of latitude is 110.6 km here
    away = {"in": -0.02, "by": 0.02, "off": 0.06, "out": 0.12, "far": 0.5}
    for number, (code, north) in enumerate(away.items()):
        for visit in (2019, 2021):
            at = f"{lon + 0.02:.4f},{lat + 0.04 + north:.4f}"
            rows.append(f"{visit * 10 + number},{code},Site,{visit}-05-01,{at},Or,50,GPS")
    (folder / SITES).write_text("\n".join(rows) + "\n", "utf-8")
    return [1, 1, 1, 1]


def test_made_up_boundaries(
    tmp_path: Path, faulty: Callable[..., Any], read_table: Any, capfd: Any, scheduler: str
) -> None:
    wanted = write_own_places(tmp_path / "places")
    job, given = taken("okapi", tmp_path), served("okapi", faulty(tmp_path / "places").address)
    shape = shape_of(job, given, tmp_path / "cache")
    given += write_sentinel("okapi", shape, tmp_path / "scenes", ("red", "nir"))
    capfd.readouterr()
    assert main(["check", str(job), *flags(given)]) == 0
    said = capfd.readouterr()
    assert "sites by their distance from reserves: 4 of 5" in said.out
    assert "10 rows are of 5 zones; the latest of each was taken, by visit_date, vid" in said.err
    assert main(["check", str(job), *flags(given), "--json"]) == 0
    assert counts(json.loads(capfd.readouterr().out)) == wanted
    given.append(f"run.scheduler={scheduler}")
    out = tmp_path / "out"
    assert main(["run", str(job), "--out", str(out), "--quiet", *flags(given)]) == 0
    assert_results(out, read_table, range(2019, 2025), {"reserve", "outside", "ring"})


# --- a first job -------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_first_job(tmp_path: Path, read_table: Any) -> None:
    job = taken("first-job", tmp_path)
    given = ["sources[0].resolution_m=null"]
    shape = shape_of(job, given, tmp_path / "cache")
    given += write_sentinel("first-job", shape, tmp_path / "scenes",
                            ("blue", "green", "red", "nir"))  # fmt: skip
    assert shape.area == pytest.approx(
        Point(0, 0).buffer(5000 / 111_000).area, rel=0.02
    )  # a disc of 5 km, in square degrees near the equator
    run_all(job, given, tmp_path / "out")
    assert_results(tmp_path / "out", read_table, range(2023, 2025), {"ring"})
    assert (tmp_path / "out" / "rasters" / "rgb_2023.tif").is_file()
