"""Breaks in composites of MODIS, through whole runs: dates, rasters, and the page of a place.

Real files of `shared`: a place that was cleared between two dry seasons, one whose pixels carry
their own days, and one of five months alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml
from numpy.typing import NDArray
from pyproj import Transformer
from shapely import box
from shapely.geometry import mapping

from landcover import job as jobs
from landcover import pipeline, pointing
from landcover.kernels import order
from landcover.kernels.breaks import SHORT, STABLE
from landcover.kernels.dates import decimal_year

pytestmark = pytest.mark.slow  # whole runs over years of composites, and kernels of three products

Plane = NDArray[Any]

NDVI = {"keys": ["250m_16_days_NDVI"], "unit": "1", "dtype": "int16", "scale": 0.0001,
        "nodata": -3000, "valid": [-0.2, 1], "resolution_m": 231.656}  # fmt: skip
OWN_DAY = {"keys": ["250m_16_days_composite_day_of_the_year"], "unit": "day", "dtype": "int16",
           "nodata": -1, "valid": [1, 366], "resolution_m": 231.656}  # fmt: skip
FOREST = 0.7
"""Median NDVI of the dry season above which a pixel counts as forest."""
DRY = (160, 241)
"""Days of the year of that season."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with jobs over real composites."""

    folder: Path
    data: Path
    source: Mapping[str, Any]
    zone: tuple[float, float, float, float]
    period: tuple[str, str]

    def run(
        self, name: str, grid: Mapping[str, Any] | None = None, **products: Mapping[str, Any]
    ) -> Path:
        """Run a job; return its folder."""
        outline = {"type": "Feature", "properties": {"id": "1"},
                   "geometry": mapping(box(*self.zone))}  # fmt: skip
        text = json.dumps({"type": "FeatureCollection", "features": [outline]})
        (self.folder / "z.geojson").write_text(text, "utf-8")
        job = {
            "schema": 1, "name": name, "zones": {"units": {"path": "z.geojson", "id": "id"}},
            "sources": [{"allow_paths": [str(self.data)], **self.source}],
            "period": {"start": self.period[0], "end": self.period[1]},
            "products": products, "grid": dict(grid or {}),
            "run": {"memory": "2GB", "workers": 1},
        }  # fmt: skip
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(job), "utf-8")
        result = pipeline.run(jobs.load(path), self.folder / name)
        assert result.exit_code == 0
        return self.folder / name


def bands(out: Path, name: str) -> Plane:
    with rasterio.open(out / "rasters" / f"{name}.tif") as source:
        whole: Plane = source.read()
    return whole


def over(file: Path, out: Path, name: str) -> Plane:
    """Return a raster's bands at the pixels of a file that it was made of."""
    with rasterio.open(file) as own, rasterio.open(out / "rasters" / f"{name}.tif") as source:
        left, top = ~source.transform @ (own.transform.c, own.transform.f)
        row, column = round(top), round(left)
        assert (top, left) == pytest.approx((row, column), abs=1e-3), "the files' own lattice"
        whole: Plane = source.read()
        return whole[:, row : row + own.height, column : column + own.width]


def mato_grosso(folder: Path, data: Path, site: str) -> Mapping[str, Any]:
    """Write a profile, and one collection of a site's items; return the source of a job."""
    found = []
    for path in sorted((data / "modis_matogrosso" / "modis-13Q1").glob(f"*.{site}/*.json")):
        item = json.loads(path.read_text("utf-8"))
        for asset in item["assets"].values():
            asset["href"] = os.path.normpath(path.parent / asset["href"])
        found.append(item)
    text = json.dumps({"type": "FeatureCollection", "features": found})
    (folder / "items.json").write_text(text, "utf-8")
    profile: dict[str, Any] = {"name": "own", "title": "own", "bands": {"ndvi": NDVI}}
    if site == "dtw":
        profile["bands"] = {"ndvi": NDVI, "composite_day": OWN_DAY}
        profile["day"] = {"band": "composite_day", "span": 16}
    (folder / "own.yaml").write_text(yaml.safe_dump(profile), "utf-8")
    return {"sensor": "./own.yaml", "catalog": "items.json"}


@pytest.fixture(scope="module")
def fields(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return fields of soy and maize, whose composites tell each pixel's own day."""
    folder, data = tmp_path_factory.mktemp("dtw"), shared / "data"
    source = mato_grosso(folder, data, "dtw")
    return Place(folder, data, source, (-56.1, -12.1, -55.8, -11.9), ("2007-09-01", "2013-09-01"))


ASKED = {"history": ["2007-09-14", "2010-09-10"], "min_ha": 0}
"""History begins and ends within composites."""


@pytest.fixture(scope="module")
def alone(fields: Place) -> Path:
    return fields.run("alone", disturbance=ASKED)


@pytest.fixture(scope="module")
def beside(fields: Place) -> Path:
    """Return a run in small tiles, whose composites are cut by months and other periods, too."""
    weeks = [{"start": "2011-03-05", "end": "2011-03-12"}, {"start": "2011-03-08",
              "end": "2012-07-19"}]  # fmt: skip
    return fields.run(
        "beside", {"tile_px": 64}, climatology={"anomalies": ["month"]}, trend={},
        composite={"every": weeks}, disturbance=ASKED,
    )  # fmt: skip


def test_what_else_a_job_asks_for_changes_no_break(alone: Path, beside: Path) -> None:
    assert len(list((beside / ".work" / "tiles").glob("*.npz"))) > 1
    for name in ("disturbance.tif", "disturbance_kind.tif"):
        one, other = (out / "rasters" / name for out in (alone, beside))
        assert one.read_bytes() == other.read_bytes(), name
    found = bands(alone, "disturbance")
    assert (found[0] > 0).any(), "there are breaks to compare"


def test_breaks_stand_on_days_of_composites_or_of_months(alone: Path) -> None:
    """A pixel's own day decides its month: its look is of the month that it was taken in."""
    first = bands(alone, "disturbance")[0]
    found = np.unique(first[first > 0])
    days = [date(2007, 9, 14) + timedelta(days=n) for n in range(2200)]
    known = {
        np.float32(decimal_year(one))
        for one in days
        if one.day == 1 or (one.timetuple().tm_yday - 1) % 16 == 0 or one == date(2010, 9, 10)
    }
    assert found.size
    assert set(found.tolist()) <= {float(one) for one in known}


def test_the_page_of_a_place_has_the_runs_own_breaks(fields: Place, beside: Path) -> None:
    kinds, found = bands(beside, "disturbance_kind")[0], bands(beside, "disturbance")
    with rasterio.open(beside / "rasters" / "disturbance.tif") as source:
        transform, crs = source.transform, source.crs
    to_degrees = Transformer.from_crs(crs, 4326, always_xy=True)
    broken, stable = np.argwhere(found[0] > 0), np.argwhere(kinds == STABLE)
    for row, column in [*broken[:: max(1, len(broken) // 4)][:4], *stable[:1]]:
        lon, lat = to_degrees.transform(*(transform @ (column + 0.5, row + 0.5)))
        story = pointing.point(
            jobs.load(fields.folder / "beside.yaml"), beside, (lon, lat), pictures=False
        )
        told = story.followed
        assert list(told.dates) == sorted(set(told.dates))
        assert told.kind == kinds[row, column]
        assert told.used_looks == found[3, row, column]
        first = np.float32(decimal_year(told.breaks[0].day)) if told.breaks else 0
        assert first == found[0, row, column]
        assert sum(one.used for one in story.looks) == np.isfinite(told.values).sum()


@pytest.fixture(scope="module")
def sinop(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder, data = tmp_path_factory.mktemp("sinop"), shared / "data"
    source = mato_grosso(folder, data, "sinop")
    return Place(folder, data, source, (-55.6, -11.8, -55.3, -11.6), ("2000-01-01", "2017-03-01"))


def dry_seasons(data: Path) -> dict[int, Plane]:
    """Median NDVI of each dry season, read straight from the files."""
    layers: dict[int, list[Plane]] = {}
    for path in sorted(data.glob("modis_matogrosso/modis-13Q1/*.sinop/*NDVI.tif")):
        when = path.parent.name.split(".")[1]
        if DRY[0] <= int(when[5:8]) <= DRY[1]:
            with rasterio.open(path) as file:
                raw = file.read(1)
            values = np.where(raw == -3000, np.nan, raw * 1e-4).astype(np.float32)
            layers.setdefault(int(when[1:5]), []).append(values)
    return {year: order.median(np.stack(found)) for year, found in layers.items()}


def test_sinop_s_clearing_is_on_the_map(sinop: Place) -> None:
    """Forest to 2003, none in 2004; and forest that stands to 2016: no mask in these files."""
    out = sinop.run(
        "sinop", disturbance={"history": ["2000-01-01", "2003-01-01"], "min_ha": 0},
        climatology={}, trend={},
    )  # fmt: skip
    file = next(sinop.data.glob("modis_matogrosso/modis-13Q1/*.sinop/*NDVI.tif"))
    first, season = over(file, out, "disturbance")[0], dry_seasons(sinop.data)
    forest = (season[2000] > FOREST) & (season[2001] > FOREST)
    cleared = forest & (season[2003] > FOREST) & (season[2004] < 0.6)
    stands = forest & (season[2016] > FOREST)
    assert (forest.sum(), cleared.sum(), stands.sum()) == (865, 264, 402), "as in EXPECTED.md"
    start, end = decimal_year(date(2003, 6, 9)), decimal_year(date(2004, 8, 30))
    between = (first >= start) & (first < end)
    assert between[cleared].mean() >= 0.90
    by_2006 = (first > 0) & (first < 2007)
    assert by_2006[stands].mean() <= 0.05


def test_gabon_s_five_months_are_too_short_a_history(shared: Path, tmp_path: Path) -> None:
    data = shared / "data"
    source = {"sensor": "modis-13a2", "catalog": str(data / "modis_gabon" / "catalog.json")}
    place = Place(tmp_path, data, source, (8, -3, 11, 0.2), ("2025-01-01", "2025-07-01"))
    out = place.run("gabon", disturbance={"history": ["2025-01-01", "2025-04-01"]}, climatology={})
    kinds, found = bands(out, "disturbance_kind")[0], bands(out, "disturbance")
    seen = bands(out, "ndvi_climatology_count")
    inside = (np.where(seen == 65535, 0, seen).sum(axis=0)) > 0
    assert inside.sum() > 1000
    assert set(np.unique(kinds[inside]).tolist()) == {SHORT}
    assert np.isnan(found[0]).all(), "nobody can tell: never 'no change'"
