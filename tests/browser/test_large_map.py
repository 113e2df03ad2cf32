"""The map of a country as large as Okapi and its 3,409 mines: small enough, and quick."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray

from landcover.outputs.opening import open_shown
from landcover.outputs.shown import Shown
from landcover.outputs.web import write_map

pytestmark = pytest.mark.slow

SIDE_PX, PIXEL_M = 2200, 150_000 / 2200
"""150 km a side. Its pixels are coarser than Sentinel-2's: what is drawn is 2048 pixels anyway."""
YEARS = range(2017, 2025)
SITES, PATCHES = 3409, 6000
RINGS_M = (0, 500, 1000, 5000, 10000, 20000)
MOST_BYTES, OPENS_WITHIN_S, WRITTEN_WITHIN_S = 25_000_000, 6.0, 40.0
WEST, NORTH = 600_000.0, 280_000.0


def noise(random: np.random.Generator, side: int) -> NDArray[np.float32]:
    """Return a field from 0 to 1 that is rough at every scale, as land is."""
    field = np.zeros((side, side), np.float32)
    for step in (512, 128, 32, 8, 2, 1):
        coarse = random.random((side // step + 2, side // step + 2), np.float32)
        field += np.sqrt(step) * np.kron(coarse, np.ones((step, step), np.float32))[:side, :side]
    low, high = np.quantile(field, (0.001, 0.999))
    return np.clip((field - low) / (high - low), 0, 1)


def write_like(model: Path, path: Path, values: NDArray[Any], **tags: str) -> None:
    """Write a raster that says of itself what another one says."""
    with rasterio.open(model) as file:
        told = {"descriptions": file.descriptions, "tags": file.tags()}
        nodata, dtype = file.nodata, file.dtypes[0]
    with rasterio.open(
        path, "w", driver="GTiff", width=SIDE_PX, height=SIDE_PX, count=len(values), dtype=dtype,
        nodata=nodata, crs="EPSG:32635", transform=Affine(PIXEL_M, 0, WEST, 0, -PIXEL_M, NORTH),
        tiled=True, blockxsize=512, blockysize=512, compress="zstd",
    ) as file:  # fmt: skip
        file.write(values.astype(dtype))
        file.update_tags(**{**told["tags"], **tags})
        for n, text in enumerate(told["descriptions"][: len(values)], start=1):
            file.set_band_description(n, text or "")


def write_rasters(folder: Path) -> None:
    """Replace a small run's rasters by large ones of more years."""
    random = np.random.default_rng(5)
    models = {path.stem: path for path in sorted(folder.glob("*.tif"))}
    kept = ("ndvi_2020", "clear_2020", "rgb_2020", "disturbance", "disturbance_kind", "ndvi_trend")
    for name, path in models.items():
        if name not in kept:
            path.unlink()
    field = noise(random, SIDE_PX)
    breaks = field > 0.985
    dates = np.where(breaks, 2021 + 3 * random.random(field.shape), 0)
    write_like(
        models["disturbance"], folder / "d.tif", np.stack([dates, -breaks.astype(float)] * 3)
    )
    kinds = np.where(breaks, 2, np.where(field < 0.1, 5, 1))
    write_like(models["disturbance_kind"], folder / "k.tif", kinds[None])
    write_like(models["ndvi_trend"], folder / "t.tif", np.stack([(field - 0.5) / 10, field] * 2))
    for year in YEARS:
        days = {"FIRST_DAY": f"{year}-01-01", "LAST_DAY": f"{year}-12-31"}
        own = 0.7 * field + 0.3 * noise(random, SIDE_PX)
        write_like(models["ndvi_2020"], folder / f"ndvi_{year}.part", own[None], **days)
        write_like(models["clear_2020"], folder / f"clear_{year}.part", (own * 40)[None], **days)
        colours = np.stack([own * 120, own * 90 + 60, own * 70]) + 1
        write_like(models["rgb_2020"], folder / f"rgb_{year}.part", colours, **days)
    for short, name in (("d", "disturbance"), ("k", "disturbance_kind"), ("t", "ndvi_trend")):
        (folder / f"{short}.tif").replace(models[name])
    for part in folder.glob("*.part"):
        part.replace(part.with_suffix(".tif"))


def made_zones(random: np.random.Generator) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Make territories, a reserve with rings outside, and sites with five rings each."""
    middle = shapely.Point(WEST + 75_000, NORTH - 75_000)
    reserve = middle.buffer(40_000, quad_segs=500)
    rows: list[tuple[Any, ...]] = [
        (f"CD{n}", "region", f"Territoire {n}", None, np.nan, np.nan,
         shapely.box(WEST + n * 37_500, NORTH - 150_000, WEST + (n + 1) * 37_500, NORTH))
        for n in range(4)
    ]  # fmt: skip
    rows.append(("37043", "reserve", "Réserve de faune à okapis", None, np.nan, np.nan, reserve))
    for low, high in ((0, 5000), (5000, 10000), (10000, 20000)):
        ring = reserve.buffer(high).difference(reserve.buffer(low))
        rows.append((f"37043_{low}-{high}m", "outside", "Réserve", "37043", low, high, ring))
    clusters = random.uniform(10_000, 140_000, (60, 2))
    spots = clusters[random.integers(0, 60, SITES)] + random.normal(0, 4000, (SITES, 2))
    spots = np.clip(spots, 100, 149_900) * (1, -1) + (WEST, NORTH)
    points = shapely.points(spots)
    for low, high in pairwise(RINGS_M):
        shapes = shapely.difference(shapely.buffer(points, high), shapely.buffer(points, low))
        rows += [
            (
                f"codmine{n:05d}_{low}-{high}m",
                "ring",
                f"Mine {n}",
                f"codmine{n:05d}",
                low,
                high,
                shape,
            )
            for n, shape in enumerate(shapes)
        ]
    names = ["zone_id", "kind", "name", "parent", "from_m", "to_m", "geometry"]
    zones = gpd.GeoDataFrame(rows, columns=names, crs="EPSG:32635").to_crs("EPSG:4326")
    minerals = random.choice(["Or", "Coltan", "Cassitérite", "Diamant"], SITES)
    sites = {"site_id": [f"codmine{n:05d}" for n in range(SITES)],
             "name": [f"Mine {n}" for n in range(SITES)], "mineral1": minerals}  # fmt: skip
    return zones, gpd.GeoDataFrame(sites, geometry=points, crs="EPSG:32635").to_crs("EPSG:4326")


def made_patches(random: np.random.Generator, zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Make disturbances with outlines of pixels."""
    spots = random.uniform(2_000, 148_000, (PATCHES, 2)) * (1, -1) + (WEST, NORTH)
    forms = [
        shapely.union_all([shapely.box(10 * i, 10 * j, 10 * i + 10, 10 * j + 10) for i, j in cells])
        for cells in random.integers(0, 5, (40, 14, 2))
    ]
    shapes = [
        shapely.transform(forms[n % 40], lambda corners, spot=spot: corners + spot)
        for n, spot in enumerate(np.round(spots, -1))
    ]
    lon_lat = gpd.GeoSeries(shapely.points(spots), crs="EPSG:32635").to_crs("EPSG:4326")
    near = random.integers(0, SITES, PATCHES)
    frame = {
        "patch_id": [f"2022{n:04d}-{n:08d}" for n in range(PATCHES)],
        "first_date": pd.Timestamp("2022-03-01"), "last_date": pd.Timestamp("2023-05-01"),
        "area_ha": shapely.area(shapes) / 1e4, "index": "ndvi", "drop": -0.31, "kind": "abrupt",
        "confidence": "confirmed", "lon": lon_lat.x, "lat": lon_lat.y,
        "zone_ids": [f"37043;CD{n % 4};codmine{n:05d}_5000-10000m" for n in near],
        "nearest_site_id": [f"codmine{n:05d}" for n in near],
        "nearest_site_name": [f"Mine {n}" for n in near], "distance_m": 812.5,
    }  # fmt: skip
    return gpd.GeoDataFrame(frame, geometry=shapes, crs="EPSG:32635").to_crs("EPSG:4326")


def made_tables(random: np.random.Generator, zones: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Make the figures of every zone and year, and the series of every month."""
    ids, count = zones["zone_id"].to_numpy(), len(zones)
    head = pd.DataFrame({"zone_id": ids, "area_ha": random.uniform(50, 5e4, count)})
    kinds = ("stable_ha", "abrupt_ha", "gradual_ha", "recovering_ha", "history_too_short_ha",
             "history_unstable_ha", "not_watched_ha")  # fmt: skip
    watched = {"monitored_first_date": "2020-01-01", "monitored_last_date": "2024-12-31"}
    every = [
        head.assign(every="year", period=str(year), not_observable_fraction=random.random(count),
                    disturbed_ha=random.gamma(0.3, 5, count),
                    not_observable_ha=random.uniform(0, 400, count))
        for year in YEARS
    ]  # fmt: skip
    months = pd.date_range("2017-01-01", "2024-12-01", freq="MS").strftime("%Y-%m-%d")
    told = ids[:400]  # the others' series do not fit into a map anyway
    series = pd.DataFrame({"zone_id": np.repeat(told, len(months)), "date": np.tile(months, 400)})
    series = series.assign(sensor="s", index="ndvi", median=random.random(len(series)))
    return {
        "zones": head.assign(dates_clear=300),
        "disturbance_kinds": head.assign(
            **{k: random.gamma(1, 9, count) for k in kinds}, **watched
        ),
        "disturbance_area": pd.concat(every, ignore_index=True),
        "zone_series": series,
    }


SEEN = """() => {
  page.shown.groups.forEach((group, key) => { group.shown = key === 'patches'; });
  page.shown.arrange();
  const canvas = document.querySelector('canvas');
  return new Promise((done) => setTimeout(() => {
    const ratio = canvas.width / parseFloat(getComputedStyle(canvas).width);
    const box = canvas.getBoundingClientRect(), map = byId('map').getBoundingClientRect();
    const ink = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let missing = 0;
    page.shown.patchLayers.forEach((layer) => {
      const at = page.map.latLngToContainerPoint(layer.getBounds().getCenter());
      const x = Math.round((at.x + map.x - box.x) * ratio);
      const y = Math.round((at.y + map.y - box.y) * ratio);
      const near = [-2, -1, 0, 1, 2];
      const drawn = (dx, dy) => ink[4 * ((y + dy) * canvas.width + x + dx) + 3] > 40;
      if (!near.some((dx) => near.some((dy) => drawn(dx, dy)))) missing += 1;
    });
    done({ asked: page.shown.patchLayers.length, missing });
  }, 400));
}"""
"""Counts the disturbances of which nothing is drawn where they lie."""


@pytest.fixture(scope="module")
def large(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Shown:
    from landcover.showing import about_of

    random = np.random.default_rng(9)
    out = finished.copy(tmp_path_factory.mktemp("large") / "out")
    write_rasters(out / "rasters")
    zones, sites = made_zones(random)
    for file in ("zones.gpkg", "patches.gpkg"):
        (out / file).unlink()
    zones.to_file(out / "zones.gpkg", layer="zones", engine="pyogrio")
    sites.to_file(out / "zones.gpkg", layer="sites", engine="pyogrio")
    made_patches(random, zones).to_file(out / "patches.gpkg", layer="patches", engine="pyogrio")
    shown = open_shown(out, about_of(finished.job))
    return replace(shown, tables=made_tables(random, zones))


def test_a_large_map_is_small_enough_and_quick(
    large: Shown, page_of: Callable[..., Any], worked: Callable[[Any], float]
) -> None:
    began = time.process_time()
    (path,) = write_map(large, "fr")
    took = time.process_time() - began
    assert path.stat().st_size <= MOST_BYTES
    assert took <= WRITTEN_WITHIN_S
    page = page_of(path)
    page.wait_for_selector(".leaflet-image-layer")
    page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
    assert 0 < worked(page) <= OPENS_WITHIN_S
    assert (page.text_content("#count") or "").startswith(
        "3 409 sites sur 3 409".replace(" 4", "\u202f4")
    )
    seen = page.evaluate(SEEN)
    assert seen["asked"] > 1000
    assert seen["missing"] == 0
    assert "Date de la première perturbation" in (page.text_content("#legends") or "")
    page.select_option("#left-layer", "ndvi-median")
    heads = page.locator("#legends h3").all_text_contents()
    assert heads == ["NDVI (médiane)", "Date de la première perturbation"]  # of the disturbances
    page.evaluate("void page.map.setZoom(page.map.getMinZoom() + 5, { animate: false })")
    assert page.locator("#legends h3").all_text_contents() == heads[:1]
    page.select_option("#left-layer", "disturbance-date")
    page.fill("#query", "codmine00017")
    page.keyboard.press("Enter")
    told = (len(RINGS_M) - 1) * (1 + len(YEARS))  # a heading a ring, a line a year
    assert page.locator(".leaflet-popup-content tbody tr").count() == told
    assert "plus grossièrement" in (page.text_content("#legends") or "")
    assert page.evaluate("Object.keys(data.chips).length") == 30
