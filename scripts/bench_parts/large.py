"""The finished run of a country as large as Okapi with its 3,409 mines, made up in a minute.

A small country is run for real. What it left is then made large: zones as their own code draws
them around as many sites, every table with as many rows as a run of that size leaves, rasters of
2,200 pixels a side whose values are as rough as land. Columns, tags and settings stay those of
the small run, so that what people open is written as of any other.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
import yaml
from large_rasters import NORTH, SIDE_M, SIDE_PX, WEST, write_rasters
from large_tables import Country, write_tables

if TYPE_CHECKING:
    from numpy.random import Generator

__all__ = ["Large", "write_large"]

SITES, PATCHES = 3409, 6000
"""Sites that IPIS lists in eastern DR Congo (2023), and disturbances."""

YEARS = (2017, 2024)
HISTORY = ("2017-01-01", "2020-01-01")
DAYS_APART = 24
"""Between two scenes of the small run."""

RINGS_M = (250, 500, 1000, 5000, 10000, 20000)
OUTSIDE_M = (5000, 10000, 20000)
CRS = "EPSG:32635"
MINERALS = ("Or", "Coltan", "Cassitérite", "Diamant")

_JOB: Mapping[str, Any] = {
    "schema": 1,
    "name": "large",
    "title": {"en": "A country as large as Okapi", "fr": "Un pays grand comme l’Okapi"},
    "zones": {
        "reserves": {"path": "zones/reserves.geojson", "id": "WDPAID", "name": "NAME"},
        "sites": {"path": "zones/sites.csv", "id": "pcode", "name": "name", "keep": ["mineral1"]},
        "territories": {"path": "zones/territories.geojson", "id": "ADM2_PCODE",
                        "name": "ADM2_FR", "kind": "region"},
    },
    "sources": [{"sensor": "sentinel-2-l2a", "catalog": "scenes/catalog.json"}],
    "period": list(YEARS),
    "products": {
        "composite": {"index": ["ndvi"], "statistic": ["median"]},
        "climatology": {"index": "ndvi", "baseline": [2017, 2019]},
        "trend": {"index": "ndvi"},
        "disturbance": {"index": "ndvi", "history": list(HISTORY)},
    },
    "pictures": True,
    "series": {"every": "month", "index": ["ndvi"]},
    "report": {"languages": ["en", "fr"]},
}  # fmt: skip
"""What is asked of both countries; their rings differ."""


@dataclass(frozen=True, slots=True)
class Large:
    """The job of a made-up run, and the folder that it left."""

    job: Path
    out: Path


def write_large(folder: Path, *, run: Mapping[str, Any], sites: int = SITES) -> Large:
    """Write the folder of a finished run, and its job.

    Parameters
    ----------
    folder : Path
        Gets `small/`, `large.yaml`, `zones/` and `out/`.
    run : mapping
        Key `run` of the small job.
    sites : int
        How many.
    """
    small = _small_run(folder / "small", run)
    random = np.random.default_rng(9)
    out = folder / "out"
    shutil.copytree(small, out, ignore=shutil.ignore_patterns(".work", "inputs"))
    country = _country(folder, random, sites)
    job = _with_rings(RINGS_M, OUTSIDE_M)
    _write_job(folder / "large.yaml", job)
    _write_as_run(small / "job.yaml", out / "job.yaml", folder, job)
    write_rasters(out / "rasters", random)
    write_tables(small, out, country, random)
    _write_account(out)
    return Large(folder / "large.yaml", out)


def _with_rings(rings: tuple[int, ...], outside: tuple[int, ...]) -> dict[str, Any]:
    """Return the job with rings around sites and reserves (metres)."""
    zones = {name: dict(group) for name, group in _JOB["zones"].items()}
    zones["sites"]["rings_m"] = list(rings)
    zones["reserves"]["outside_m"] = list(outside)
    return {**_JOB, "zones": zones}


def _write_job(path: Path, job: Mapping[str, Any]) -> None:
    """Write a job."""
    path.write_text(yaml.safe_dump(dict(job), sort_keys=False, allow_unicode=True), "utf-8")


def _small_run(folder: Path, run: Mapping[str, Any]) -> Path:
    """Run a country of one tile for real; return what it left."""
    from landcover import job as jobs
    from landcover import pipeline
    from landcover.synthetic.build import country
    from landcover.synthetic.overpass import dates
    from landcover.synthetic.scenes import Writing, write
    from landcover.synthetic.zones import write_zones

    land = country(128, first=date(2020, 7, 15), last=date(2023, 3, 1))
    days = dates(date(YEARS[0], 1, 6), date(YEARS[1] + 1, 1, 1), DAYS_APART)
    write(land, folder / "scenes", days, writing=Writing(64, bands=("blue", "green", "red", "nir")))
    write_zones(land, folder / "zones")
    path = folder / "small.yaml"
    _write_job(path, {**_with_rings((100, 250), (200, 400)), "run": dict(run)})
    result = pipeline.run(jobs.load(path), folder / "out", report=False)
    if result.exit_code:
        raise RuntimeError(f"the small run ended with {result.exit_code}")
    return folder / "out"


# --- the country -----------------------------------------------------------------------------


def _country(folder: Path, random: Generator, sites: int) -> Country:
    """Write the files of zones, and draw zones of them."""
    from landcover.zones import ZoneGroup, load

    zones = folder / "zones"
    zones.mkdir(parents=True)
    _write_shapes(zones)
    _write_sites(zones / "sites.csv", random, sites)
    groups = {
        name: ZoneGroup.model_validate({**group, "path": str(folder / group["path"])})
        for name, group in _with_rings(RINGS_M, OUTSIDE_M)["zones"].items()
    }
    return Country(load(groups, folder / "cache"), _context(random), PATCHES)


def _write_shapes(folder: Path) -> None:
    """Write a reserve in the middle of four territories."""
    middle = shapely.Point(WEST + SIDE_M / 2, NORTH - SIDE_M / 2)
    reserve = {"WDPAID": [37043], "NAME": ["Réserve de faune à okapis"]}
    shapes = [middle.buffer(0.27 * SIDE_M, quad_segs=500)]
    _in_degrees(reserve, shapes).to_file(folder / "reserves.geojson")
    wide = SIDE_M / 4
    edges = [WEST + n * wide for n in range(4)]
    boxes = [shapely.box(x, NORTH - SIDE_M, x + wide, NORTH) for x in edges]
    names = {"ADM2_PCODE": [f"CD54{n:02d}" for n in range(4)],
             "ADM2_FR": [f"Territoire {n}" for n in range(4)]}  # fmt: skip
    _in_degrees(names, boxes).to_file(folder / "territories.geojson")


def _in_degrees(columns: Mapping[str, Any], shapes: list[Any]) -> gpd.GeoDataFrame:
    """Return shapes of the plane in degrees."""
    return gpd.GeoDataFrame(dict(columns), geometry=shapes, crs=CRS).to_crs("EPSG:4326")


def _write_sites(path: Path, random: Generator, count: int) -> None:
    """Write sites, in clusters as mines are."""
    clusters = random.uniform(10_000, SIDE_M - 10_000, (60, 2))
    spots = clusters[random.integers(0, 60, count)] + random.normal(0, 4000, (count, 2))
    spots = np.clip(spots, 100, SIDE_M - 100) * (1, -1) + (WEST, NORTH)
    points = gpd.GeoSeries(shapely.points(spots), crs=CRS).to_crs("EPSG:4326")
    minerals = random.choice(MINERALS, count)
    rows = [
        f"codmine{n:05d},Mine {n},{one.x:.7f},{one.y:.7f},{minerals[n]}"
        for n, one in enumerate(points)
    ]
    path.write_text("\n".join(["pcode,name,longitude,latitude,mineral1", *rows, ""]), "utf-8")


def _context(random: Generator) -> dict[str, gpd.GeoDataFrame]:
    """Make rivers and roads that wander, and villages."""
    made = {}
    for kind, count in (("river", 120), ("road", 80)):
        starts = random.uniform(0, SIDE_M, (count, 1, 2))
        turns = np.cumsum(random.normal(0, 0.4, (count, 400)), axis=1)
        steps = 100 * np.stack([np.cos(turns), np.sin(turns)], axis=-1)
        ways = np.clip(starts + np.cumsum(steps, axis=1), 0, SIDE_M) * (1, -1) + (WEST, NORTH)
        made[kind] = _named(kind, list(shapely.linestrings(ways)))
    spots = random.uniform(0, SIDE_M, (300, 2)) * (1, -1) + (WEST, NORTH)
    made["place"] = _named("place", list(shapely.points(spots)))
    return made


def _named(kind: str, shapes: list[Any]) -> gpd.GeoDataFrame:
    """Return what is drawn round the zones, with names."""
    labels = [f"{kind} {n}" for n in range(len(shapes))]
    return _in_degrees({"kind": kind, "label": labels, "credit": "© Nobody"}, shapes)


# --- its account -----------------------------------------------------------------------------


def _write_as_run(small: Path, path: Path, folder: Path, job: Mapping[str, Any]) -> None:
    """Write the job as run: the small one's, with the large one's zones."""
    was = yaml.safe_load(small.read_text("utf-8"))
    for name, group in job["zones"].items():
        was["zones"][name] |= {**group, "path": str(folder / group["path"])}
    _write_job(path, was)


def _write_account(out: Path) -> None:
    """Say of the run which grid it had."""
    path = out / "run.json"
    told = json.loads(path.read_text("utf-8"))
    pixel_m = SIDE_M / SIDE_PX
    told["grid"] = {
        "crs": CRS,
        "transform": [pixel_m, 0.0, WEST, 0.0, -pixel_m, NORTH],
        "shape": [SIDE_PX, SIDE_PX],
    }
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1), "utf-8")


def main() -> None:
    """Make one in a folder that is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sites", type=int, default=SITES)
    given, run = parser.parse_args(), {"memory": "2GB", "workers": 1}
    large = write_large(given.folder.resolve(), run=run, sites=given.sites)
    print(json.dumps({"job": str(large.job), "out": str(large.out)}))


if __name__ == "__main__":
    main()
