"""A small run with five secret mines in two territories, one of them alone in the second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from affine import Affine

from landcover.model import Grid, Period
from landcover.outputs.shown import About, Shown

MINES = {
    "M1": (28.010, 1.010),
    "M2": (28.020, 1.012),
    "M3": (28.012, 1.025),
    "M4": (28.110, 1.013),
    "M5": (28.600, 1.300),
}
"""Longitude and latitude by id."""

RING_DEGREES = {(0.0, 500.0): 0.0045, (500.0, 1000.0): 0.009}
"""Rings of the run, and their outer radius (degrees)."""


def _zones() -> gpd.GeoDataFrame:
    """Return two territories, a reserve and rings."""
    rows: list[dict[str, Any]] = [
        {"zone_id": "T1", "kind": "region", "group": "territories", "name": "Ouest",
         "geometry": shapely.box(27.9, 0.9, 28.3, 1.5), "area_ha": 9000.0},
        {"zone_id": "T2", "kind": "region", "group": "territories", "name": "Est",
         "geometry": shapely.box(28.3, 0.9, 28.7, 1.5), "area_ha": 9000.0},
        {"zone_id": "R", "kind": "reserve", "group": "reserves", "name": "Réserve",
         "geometry": shapely.box(28.1, 1.2, 28.5, 1.4), "area_ha": 3000.0},
    ]  # fmt: skip
    for identity, place in MINES.items():
        for (near, far), radius in RING_DEGREES.items():
            shape = shapely.Point(place).buffer(radius)
            if near:
                shape -= shapely.Point(place).buffer(RING_DEGREES[0.0, near])
            rows.append(
                {"zone_id": f"{identity}_{near:g}-{far:g}m", "kind": "ring", "group": "mines",
                 "name": f"Mine {identity}", "parent": identity, "from_m": near, "to_m": far,
                 "geometry": shape, "area_ha": 78.54, "mineral": "gold"}
            )  # fmt: skip
    frame = gpd.GeoDataFrame(rows, crs="EPSG:4326").assign(sensitive=False)
    for name in ("parent", "mineral"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), "")
    return frame


def _patches() -> gpd.GeoDataFrame:
    """Return a patch in the reserve, one at a mine, and one that only a ring watched."""
    places = {"far": (28.3, 1.3), "pit": MINES["M1"], "beyond": (28.6999, 1.4)}
    rows = [
        {"patch_id": name, "zone_id": "M1_0-500m", "zone_kind": "ring", "zone_fraction": 1.0,
         "zone_ids": "M1_0-500m;T1", "nearest_site_id": "M1", "nearest_site_name": "Mine M1",
         "distance_m": 12.5, "area_ha": 1.0, "geometry": shapely.Point(place).buffer(0.0005)}
        for name, place in places.items()
    ]  # fmt: skip
    return gpd.GeoDataFrame(rows, crs="EPSG:4326")


def _yearly(zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return a table of hectares by year and month."""
    rows = [
        {"zone_id": row.zone_id, "kind": row.kind, "name": row.name, "from_m": row.from_m,
         "to_m": row.to_m, "every": every, "period": period, "disturbed_ha": 1.234,
         "not_observable_ha": 7.854, "not_observable_fraction": 0.1, "area_ha": row.area_ha}
        for row in zones.itertuples(index=False)
        for every, period in (("year", "2022"), ("month", "2022-07"))
    ]  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """Return the run as its owner has it."""
    zones, patches = _zones(), _patches()
    sites = gpd.GeoDataFrame(
        {"site_id": list(MINES), "name": [f"Mine {one}" for one in MINES], "mineral": "gold"},
        geometry=[shapely.Point(place) for place in MINES.values()],
        crs="EPSG:4326",
    )
    plain = pd.DataFrame(zones.drop(columns=["geometry", "sensitive"]))
    tables = {
        "zones": plain,
        "zone_series": plain[["zone_id"]].assign(mean=0.8123456789),
        "disturbance_area": _yearly(zones),
        "patches": pd.DataFrame(patches.drop(columns="geometry")),
        "patch_years": patches[["patch_id"]].assign(year=2022, disturbed_ha=1.0),
        "failures": pd.DataFrame({"scene": ["s"], "tile": ["r+0_c+0_9x9"], "reason": ["reset"]}),
        "sites": pd.DataFrame({"site_id": ["M1"], "lon": [28.010]}),
    }
    run = {
        "landcover": "0",
        "grid": {},
        "tiles": [{"tile": "r+0_c+0_9x9"}],
        "inputs": [
            {"role": "zones.mines", "sha256": "1"},
            {"role": "zones.reserves"},
            {"role": "context[0]", "sha256": "1"},
            {"role": "context[1]", "sha256": "2"},
        ],
        "warnings": ["zones.mines: row 7 (28.0100, 1.0100) is far", "Mine M1 is blind", "a word"],
        "failures": [{"scene": "s", "tile": "r+0_c+0_9x9"}],
    }
    period = Period(date(2020, 1, 1), date(2024, 1, 1))
    about = About("small", {}, ("en",), period, {}, secret=frozenset({"mines"}))
    grid = Grid("EPSG:4326", Affine(1e-4, 0, 27.0, 0, -1e-4, 2.0), (20_000, 30_000))
    shown = Shown(tmp_path_factory.mktemp("whole"), about, run, (), grid, tables)
    vars(shown).update(zones=zones, sites=sites, patches=patches, context={})
    return shown


@pytest.fixture
def asked(whole: Shown) -> Callable[[str | float | None], Shown]:
    """Return the run of a job with other `share.positions`."""

    def ask(positions: str | float | None) -> Shown:
        shown = replace(whole, about=replace(whole.about, positions=positions))
        names = ("zones", "sites", "patches", "context")
        vars(shown).update({name: vars(whole)[name] for name in names})
        return shown

    return ask


@pytest.fixture
def mines() -> dict[str, tuple[float, float]]:
    """Return longitude and latitude of the mines by id."""
    return dict(MINES)
