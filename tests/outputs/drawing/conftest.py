"""A small finished run, made by hand: a reserve, sites with hostile names, rings, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
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

from landcover.model import Grid, Period
from landcover.outputs import prints
from landcover.outputs.doors import style_of
from landcover.outputs.drawing import lapse, map_figures
from landcover.outputs.shown import About, Shown
from landcover.raster.facts import facts_of

HOSTILE = (
    '<script>alert("1")</script> & $x^2$',
    "=1+1 ]]> 'quoted'",
    "مَنْجَم ١ 矿\u202e\n\x07 tab\tend",
    "long " * 60,
)
SHAPE = (90, 120)
SIZE_M = 30.0
UTM = Affine(SIZE_M, 0, 663_520, 0, -SIZE_M, 180_210)
SPAN = "2020-01-01 to 2021-12-31"


def write(path: Path, bands: NDArray[Any], grid: Grid, nodata: float, **tags: str) -> None:
    """Write a raster as a run leaves it, as far as pictures need it."""
    count, height, width = bands.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=count, dtype=bands.dtype,
        crs=grid.crs, transform=grid.transform, nodata=nodata,
    ) as file:  # fmt: skip
        file.write(bands)
        file.update_tags(**tags)
        for k in range(count):
            file.set_band_description(k + 1, f"band {k + 1}")


def rasters(folder: Path, grid: Grid, rng: np.random.Generator) -> None:
    """Write pictures, looks and dates of two years."""
    folder.mkdir(parents=True)
    shape = grid.shape
    for year in ("2020", "2021"):
        days = {"FIRST_DAY": f"{year}-01-01", "LAST_DAY": f"{year}-12-31"}
        colours = rng.integers(1, 255, (3, *shape), dtype=np.uint8)
        write(folder / f"rgb_{year}.tif", colours, grid, 0, PRODUCT="pictures", **days)
        looks = rng.integers(0, 30, (1, *shape)).astype(np.uint16)
        write(folder / f"clear_{year}.tif", looks, grid, 65535, PRODUCT="composite", **days)
        values = rng.uniform(0, 1, (1, *shape)).astype(np.float32)
        write(folder / f"ndvi_{year}.tif", values, grid, np.nan, PRODUCT="composite",
              INDEX="ndvi", STATISTIC="median", **days)  # fmt: skip
    planes = np.zeros((7, *shape), np.float32)
    planes[0, 20:30, 20:30] = 2021.4
    planes[:, :5] = np.nan
    write(folder / "disturbance.tif", planes, grid, np.nan, PRODUCT="disturbance", INDEX="ndvi",
          MONITORED="2021-01-01 to 2021-12-31")  # fmt: skip


def zones_of(grid: Grid) -> gpd.GeoDataFrame:
    """Make a reserve with a ring outside, two sites with rings, and two regions."""
    left, bottom, right, top = grid.bounds
    wide, high = right - left, top - bottom
    spot = shapely.Point(left + 0.6 * wide, bottom + 0.5 * high)
    core = spot.buffer(0.2 * wide)
    near, middle = core.buffer(0.05 * wide) - core, left + wide / 2
    west, east = shapely.box(left, bottom, middle, top), shapely.box(middle, bottom, right, top)
    rows: list[tuple[Any, ...]] = [
        ("R", "reserve", "reserves", HOSTILE[0], "", None, None, core),
        ("R_0-500m", "outside", "reserves", HOSTILE[0], "R", 0, 500, near),
        ("W", "region", "regions", "West", "", None, None, west),
        ("E", "region", "regions", HOSTILE[3], "", None, None, east),
    ]
    for n, name in enumerate(HOSTILE[1:3]):
        at = shapely.Point(left + 0.2 * wide, bottom + (0.25 + 0.5 * n) * high)
        inner = at.buffer(0.05 * wide)
        outer = at.buffer(0.1 * wide) - inner
        rows += [
            (f"S{n}_0-250m", "ring", "sites", name, f"S{n}", 0, 250, inner),
            (f"S{n}_250-1000m", "ring", "sites", name, f"S{n}", 250, 1000, outer),
        ]
    columns = ("zone_id", "kind", "group", "name", "parent", "from_m", "to_m")
    cells = {name: [row[k] for row in rows] for k, name in enumerate(columns)}
    shapes = [shapely.MultiPolygon([shapely.force_2d(row[7])]) for row in rows]
    made = gpd.GeoDataFrame(cells, geometry=shapes, crs=grid.crs).to_crs("EPSG:4326")
    return made.astype({"from_m": float, "to_m": float})


def tables_of(zones: gpd.GeoDataFrame) -> dict[str, pd.DataFrame]:
    """Make the tables that charts are drawn from."""
    plain = pd.DataFrame(zones.drop(columns="geometry")).assign(area_ha=100.0)
    head = plain[["zone_id", "kind", "name", "from_m", "to_m", "area_ha"]]
    days = pd.to_datetime(["2021-02-01", "2021-12-31"])
    area = pd.concat(
        head.assign(
            every="year", period=year, monitored_first_date=days[0] if on else pd.NaT,
            monitored_last_date=days[1] if on else pd.NaT,
            disturbed_ha=6.0 if on else np.nan, confirmed_ha=3.0 if on else np.nan,
            provisional_ha=2.0 if on else np.nan, low_ha=1.0 if on else np.nan,
            not_observable_fraction=0.25 if on else np.nan,
        )
        for year, on in (("2020", False), ("2021", True))
    )  # fmt: skip
    kinds = head.assign(
        monitored_first_date=days[0], monitored_last_date=days[1], stable_ha=69.0, abrupt_ha=3.0,
        gradual_ha=2.0, recovering_ha=1.0, history_too_short_ha=20.0, history_unstable_ha=4.0,
        not_watched_ha=1.0,
    )  # fmt: skip
    dates = pd.to_datetime(["2020-02-01", "2020-08-01", "2021-02-01", "2021-08-01"])
    series = pd.concat(
        head.assign(
            sensor="s2", date=day, index="ndvi", median=0.8 - 0.1 * k, clear_fraction=0.3 * k
        )
        for k, day in enumerate(dates)
    )
    used = pd.DataFrame(
        {"source": ["s2"], "scenes": [4], "first_date": dates[:1], "last_date": dates[-1:]}
    )
    return {"zones": plain, "disturbance_area": area, "disturbance_kinds": kinds,
            "zone_series": series, "data_used": used}  # fmt: skip


def set_frames(shown: Shown, **frames: Any) -> None:
    """Lay frames where those of a folder would be read."""
    shown.__dict__.update(frames)


FEW_DPI = 60
"""Tests draw coarsely: layouts are in inches, and pixels take time."""


@pytest.fixture(scope="session", autouse=True)
def coarse() -> Iterator[None]:
    """Draw with few dots."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (map_figures, lapse, prints):
            patch.setattr(module, "DPI", FEW_DPI)
        yield


Maker = Callable[..., Shown]


@pytest.fixture(scope="session")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Make runs on any plane; equal arguments give equal runs."""

    def make(crs: str = "EPSG:32635", transform: Affine = UTM, empty: bool = False) -> Shown:
        out, grid = tmp_path_factory.mktemp("run"), Grid(crs, transform, SHAPE)
        if not empty:
            rasters(out / "rasters", grid, np.random.default_rng(7))
        styles = tuple(style_of(facts_of(path)) for path in sorted(out.glob("rasters/*.tif")))
        zones = zones_of(grid)
        about = About("run", {"en": "A run", "fr": "Une analyse"}, ("en", "fr"),
                      Period(date(2020, 1, 1), date(2022, 1, 1)), {},
                      ({"en": "Contains modified Copernicus Sentinel data [year]"},))  # fmt: skip
        account: Mapping[str, Any] = {
            "inputs": [{"role": "zones.reserves", "file": HOSTILE[0]}, {"role": "job", "file": "x"}]
        }
        shown = Shown(out, about, account, styles, grid, {} if empty else tables_of(zones))
        sites = zones[zones["kind"] == "ring"].iloc[::2]
        points = gpd.GeoDataFrame(
            {"site_id": ["S0", "S1"], "name": list(HOSTILE[1:3])},
            geometry=sites.geometry.representative_point().to_numpy(), crs="EPSG:4326",
        )  # fmt: skip
        if empty:
            zones, points = zones.iloc[:1], points.iloc[:0]
        set_frames(shown, zones=zones, sites=points, patches=None, context={})
        return shown

    return make


@pytest.fixture(scope="session")
def run(maker: Maker) -> Shown:
    """Return a run with everything that figures need."""
    return maker()
