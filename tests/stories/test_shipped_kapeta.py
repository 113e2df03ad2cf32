"""The shipped job about a catchment, over made-up MODIS composites laid at its true place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.windows import Window
from shapely import Point, transform, union_all
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from landcover import job as jobs
from landcover import zones
from landcover.cli import main

PLACES = Path(__file__).resolve().parents[2].parent / "shared" / "places"

RADIUS_M = 6_371_007.181
"""Of the sphere of MODIS's sinusoidal plane (m): MODIS land grid, user's guide of MOD13."""

TILE_M = np.pi * RADIUS_M / 18
"""Side of a MODIS tile (m): 36 tiles around the equator."""

SIDE_PX = 4800
"""Pixels of 250 m along it."""

WKT = (
    'PROJCS["unnamed",GEOGCS["Unknown datum based upon the custom spheroid",'
    'DATUM["Not specified (based on custom spheroid)",SPHEROID["Custom spheroid",6371007.181,0]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Sinusoidal"],'
    'PARAMETER["longitude_of_center",0],PARAMETER["false_easting",0],'
    'PARAMETER["false_northing",0],UNIT["Meter",1]]'
)
"""The plane as the Planetary Computer's items tell it: without an EPSG code."""

LAYERS = {
    "250m_16_days_NDVI": ("int16", -3000),
    "250m_16_days_VI_Quality": ("uint16", 65535),
    "250m_16_days_pixel_reliability": ("int8", -1),
    "250m_16_days_composite_day_of_the_year": ("int16", -1),
}
"""Files that the job reads: dtype and fill."""


def greenness(day: date) -> int:
    """Return the NDVI of a made-up composite (x 10,000): greener by the year, and in July."""
    return 3000 + 200 * (day.year - 2015) + (1500 if day.month == 7 else 0)


def write_modis(shape: BaseGeometry, folder: Path, h: int = 21, v: int = 8) -> Path:
    """Write twelve composites of one tile, blocks only where a shape lies."""
    folder.mkdir()
    step = TILE_M / SIDE_PX
    place = Affine(step, 0, (h - 18) * TILE_M, 0, -step, (9 - v) * TILE_M)
    plane = Transformer.from_crs("EPSG:4326", WKT, always_xy=True)
    bounds = transform(shape, lambda xy: np.column_stack(plane.transform(*xy.T))).bounds
    left, top = (int(at) for at in ~place @ (bounds[0], bounds[3]))
    right, bottom = (int(at) + 1 for at in ~place @ (bounds[2], bounds[1]))
    window = Window(left, top, right - left, bottom - top)
    days = [date(year, 1, 1) + timedelta(days=at) for year in range(2015, 2021) for at in (0, 192)]
    items = []
    for day in days:
        name = f"MOD13Q1.A{day:%Y%j}.h{h:02}v{v:02}.061.2022001000000"
        values = dict.fromkeys(LAYERS, 0)
        values["250m_16_days_NDVI"] = greenness(day)
        values["250m_16_days_composite_day_of_the_year"] = day.timetuple().tm_yday + 3
        for key, (dtype, fill) in LAYERS.items():
            path = folder / f"{name}_{key}.tif"
            write_layer(path, dtype, fill, place, window, values[key])
        items.append(modis_item(name, day, place))
    path = folder / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": items}), "utf-8")
    return path


def write_layer(
    path: Path, dtype: str, fill: int, place: Affine, window: Window, value: int
) -> None:
    """Write one layer: a value in a window, with a few missing pixels, nothing elsewhere."""
    sides = {"height": SIDE_PX, "width": SIDE_PX, "blockxsize": 256, "blockysize": 256}
    with rasterio.open(
        path, "w", driver="GTiff", count=1, dtype=dtype, nodata=fill, crs=WKT, transform=place,
        tiled=True, sparse_ok=True, compress="deflate", **sides,
    ) as target:  # fmt: skip
        block = np.full((int(window.height), int(window.width)), value, dtype)
        block[:3, :3] = fill
        target.write(block, 1, window=window)


def modis_item(name: str, day: date, place: Affine) -> dict[str, Any]:
    """Tell one composite as the Planetary Computer does."""
    corners = [(33.3, 0.0), (44.0, 0.0), (45.0, 10.0), (30.0, 10.0), (33.3, 0.0)]
    assets = {
        key: {"href": f"./{name}_{key}.tif", "roles": ["data"],
              "type": "image/tiff; application=geotiff; profile=cloud-optimized",
              "raster:bands": [{"data_type": dtype, "scale": 0.0001}]}
        for key, (dtype, _) in LAYERS.items()
    }  # fmt: skip
    last = day + timedelta(days=15)
    return {
        "type": "Feature", "stac_version": "1.0.0", "stac_extensions": [], "id": name,
        "collection": "modis-13Q1-061", "bbox": [30.0, 0.0, 45.0, 10.0],
        "geometry": {"type": "Polygon", "coordinates": [corners]},
        "properties": {
            "datetime": None, "start_datetime": f"{day}T00:00:00Z",
            "end_datetime": f"{last}T23:59:59Z", "platform": "", "proj:epsg": None,
            "proj:wkt2": WKT, "proj:shape": [SIDE_PX, SIDE_PX],
            "proj:transform": [*list(place)[:6], 0, 0, 1],
        },
        "links": [], "assets": assets,
    }  # fmt: skip


def run_kapeta(
    folder: Path, file: Path, extra: Sequence[str], scheduler: str, read_table: Any
) -> None:
    """Run the job over a catchment of a file, and compare it with what was written."""
    job, out = folder / "kapeta.yaml", folder / "out"
    assert main(["init", str(job), "--template", "kapeta"]) == 0
    given = [f"zones.catchment.path={file}", *extra, "products.composite.min_clear=1"]
    found = zones.load(jobs.load(job, tuple(given)).zones, folder / "cache")
    shape = union_all([zone.geometry for zone in found.zones])
    given.append(f"sources[0].catalog={write_modis(shape, folder / 'scenes')}")
    words = [word for one in given for word in ("--set", one)]
    assert main(["check", str(job), *words]) == 0
    assert main(["plan", str(job), "--out", str(out), *words]) == 0
    words += ["--set", f"run.scheduler={scheduler}"]
    assert main(["run", str(job), "--out", str(out), "--quiet", *words]) == 0
    assert_truth(out, read_table)


def assert_truth(out: Path, read_table: Any) -> None:
    """Compare rasters and the table with the made-up greenness."""
    for year in range(2015, 2021):
        with rasterio.open(out / "rasters" / f"ndvi_{year}.tif") as source:
            median = source.read(1)
        wanted = (greenness(date(year, 1, 1)) + greenness(date(year, 7, 12))) / 2 / 10_000
        assert np.nanmin(median) == pytest.approx(wanted, abs=1e-6)
        assert np.nanmax(median) == pytest.approx(wanted, abs=1e-6)
    assert_normal(out)
    series = read_table(out, "zone_series")
    assert len(series) == 12
    means = series.set_index("date")["mean"]
    assert means["2018-01-01"] == pytest.approx(0.36, abs=1e-6)
    assert means["2018-07-12"] == pytest.approx(0.51, abs=1e-6)
    assert set(read_table(out, "zones")["kind"]) == {"region"}


def assert_normal(out: Path) -> None:
    """Six years by 0.02 a year: their spread is 0.0374, the first is 0.05 below what is normal."""

    def one_value(name: str, band: int) -> float:
        with rasterio.open(out / "rasters" / f"ndvi_{name}.tif") as source:
            plane = source.read(band, masked=True).compressed()
        seen = np.isfinite(plane) & (plane != 0)  # 0 years where the file has no value
        values = np.unique(np.round(plane[seen], 4))
        return float(values[0]) if len(values) == 1 else float("nan")

    assert one_value("climatology", 1) == pytest.approx(0.35)
    assert one_value("climatology", 7) == pytest.approx(0.50)
    assert one_value("climatology_years", 7) == pytest.approx(6)
    assert one_value("climatology_spread", 1) == pytest.approx(0.0374)
    assert one_value("anomaly_2015", 1) == pytest.approx(-0.05)
    assert one_value("anomaly_2015", 2) == pytest.approx(-1.3363)
    assert one_value("anomaly_2015", 3) == 2
    assert np.isnan(one_value("season", 1)), "two months are not the course of a year"


@pytest.mark.skipif(not PLACES.exists(), reason="the real squares of ../shared are not there")
@pytest.mark.slow
def test_a_catchment_of_a_real_square(tmp_path: Path, scheduler: str, read_table: Any) -> None:
    where = "zones.catchment.where=id = 'kotido_karamoja'"
    run_kapeta(tmp_path, PLACES / "example_aois.geojson", [where], scheduler, read_table)


def test_a_catchment_of_its_own_making(tmp_path: Path, scheduler: str, read_table: Any) -> None:
    path = tmp_path / "mine.geojson"
    shape = {"type": "Feature", "properties": {}, "geometry": mapping(Point(34.1, 3.0).buffer(0.1))}
    path.write_text(json.dumps(shape), "utf-8")
    run_kapeta(tmp_path, path, [], scheduler, read_table)
