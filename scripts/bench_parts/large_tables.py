"""The tables and shapes of a made-up large run: as many rows as one of that size leaves.

Each zone has a zone of the small run for its model: all that is told of that is told of it, with
hectares in proportion to its own. So parts still add up to their wholes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import shapely
from large_rasters import NORTH, SIDE_M, WEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.random import Generator
    from numpy.typing import NDArray

    from landcover.zones import ZoneSet

__all__ = ["Country", "write_tables"]

FORMS, CELLS, CELL_M = 40, 14, 10.0
"""Outlines of disturbances, and the pixels of each (m a side)."""


@dataclass(frozen=True, slots=True)
class Country:
    """The zones of the large run, what is drawn round them, and how many disturbances it has."""

    zones: ZoneSet
    context: Mapping[str, gpd.GeoDataFrame]
    patches: int


@dataclass(frozen=True, slots=True)
class _Zones:
    """The large run's zones beside their models: number of the model's row, and times its area."""

    own: pd.DataFrame
    model: NDArray[np.intp]
    times: NDArray[np.float64]


def write_tables(small: Path, out: Path, country: Country, random: Generator) -> None:
    """Write tables, shapes and copies of what was read."""
    from landcover.zones import copy_inputs

    copy_inputs(country.zones.inputs, out / "inputs")
    tables = {path.stem: _read(path) for path in (small / "tables").glob("*.csv")}
    zones = _modelled(tables["zones"], country, random)
    for name, table in tables.items():
        if "zone_id" in table and "patch_id" not in table:
            _write(_of_zones(table, tables["zones"]["zone_id"], zones), out / "tables" / name)
    _write_zones(small, out, country, zones, random)
    patches = _patches(small, out, country, random)
    for name, table in tables.items():
        if "patch_id" in table:
            _write(_of_patches(table, patches), out / "tables" / name)
    (out / "context.gpkg").unlink(missing_ok=True)
    for name, frame in country.context.items():
        frame.to_file(out / "context.gpkg", layer=name, engine="pyogrio")


def _read(path: Path) -> pd.DataFrame:
    """Read a table; text stays text, and what is empty stays so."""
    return pd.read_csv(path, dtype={"zone_id": str, "parent": str, "period": str, "name": str})


def _write(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV."""
    made = pa.Table.from_pandas(table, preserve_index=False)
    pc.write_csv(made, path.with_suffix(".csv"), pc.WriteOptions(quoting_style="needed"))


def _modelled(models: pd.DataFrame, country: Country, random: Generator) -> _Zones:
    """Give each zone a model of its kind, and what is its own."""
    drawn = country.zones.zones
    own = pd.DataFrame(
        {
            "zone_id": [one.id for one in drawn],
            "kind": [one.kind for one in drawn],
            "group": [one.group for one in drawn],
            "name": [one.name for one in drawn],
            "parent": [one.parent for one in drawn],
            "from_m": [one.from_m for one in drawn],
            "to_m": [one.to_m for one in drawn],
            "area_ha": [one.area_ha for one in drawn],
            "mineral1": [one.kept.get("mineral1") for one in drawn],
        }
    ).astype({"from_m": float, "to_m": float})
    own = own.assign(**_placed([one.parent or one.id for one in drawn], country))
    by_kind = {kind: np.flatnonzero(models["kind"] == kind) for kind in set(own["kind"])}
    model = np.array([random.choice(by_kind[kind]) for kind in own["kind"]])
    return _Zones(own, model, (own["area_ha"] / models["area_ha"].to_numpy()[model]).to_numpy())


def _of_zones(table: pd.DataFrame, ids: pd.Series[Any], zones: _Zones) -> pd.DataFrame:
    """Make a table of the small run's zones one of the large run's."""
    rows = {str(one): at for one, at in table.groupby("zone_id", sort=False).indices.items()}
    of_model = [rows.get(str(one), np.empty(0, np.intp)) for one in ids]
    counts = np.array([len(of_model[n]) for n in zones.model])
    owner = np.repeat(np.arange(len(zones.own)), counts)
    made = table.iloc[np.concatenate([of_model[n] for n in zones.model])].reset_index(drop=True)
    for name in made.columns:
        if name in zones.own:
            made[name] = zones.own[name].to_numpy()[owner]
        elif name.endswith("_ha"):
            made[name] = made[name] * zones.times[owner]
    return made


def _write_zones(
    small: Path, out: Path, country: Country, zones: _Zones, random: Generator
) -> None:
    """Write zones and sites as a run leaves them."""
    frame = gpd.read_file(small / "zones.gpkg", layer="zones", engine="pyogrio")
    made = _of_zones(pd.DataFrame(frame.drop(columns="geometry")), frame["zone_id"], zones)
    shapes = [_parts(one.geometry) for one in country.zones.zones]
    path = out / "zones.gpkg"
    path.unlink()
    gpd.GeoDataFrame(made, geometry=shapes, crs="EPSG:4326").to_file(
        path, layer="zones", engine="pyogrio"
    )
    models = gpd.read_file(small / "zones.gpkg", layer="sites", engine="pyogrio")
    sites = country.zones.sites
    told = models.drop(columns="geometry").iloc[random.integers(0, len(models), len(sites))]
    told = told.reset_index(drop=True).assign(
        site_id=[one.id for one in sites],
        name=[one.name for one in sites],
        mineral1=[one.kept["mineral1"] for one in sites],
        **_placed([one.id for one in sites], country),
    )
    points = [one.geometry for one in sites]
    gpd.GeoDataFrame(told, geometry=points, crs="EPSG:4326").to_file(
        path, layer="sites", engine="pyogrio"
    )


def _placed(ids: list[str], country: Country) -> dict[str, list[Any]]:
    """Say where the sites of rows lie."""
    from landcover.outputs.placed import around_sites, place_columns

    return place_columns(ids, around_sites(country.zones.sites, country.zones.zones))


def _parts(shape: Any) -> Any:
    """Make a polygon one of several parts: a layer holds one type of shape."""
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])


# --- disturbances ----------------------------------------------------------------------------


def _patches(small: Path, out: Path, country: Country, random: Generator) -> gpd.GeoDataFrame:
    """Write disturbances with outlines of pixels; return them, each with its `model`'s id."""
    models = gpd.read_file(small / "patches.gpkg", engine="pyogrio")
    count = country.patches
    model = random.integers(0, len(models), count)
    made = pd.DataFrame(models.drop(columns="geometry").iloc[model]).reset_index(drop=True)
    spots = np.round(random.uniform(2_000, SIDE_M - 2_000, (count, 2)), -1)
    shapes = _outlines(spots * (1, -1) + (WEST, NORTH), random)
    centres = shapely.centroid(shapes)
    lon_lat = gpd.GeoSeries(centres, crs="EPSG:32635").to_crs("EPSG:4326")
    times = shapely.area(shapes) / 1e4 / made["area_ha"]
    for name in made.columns:
        if name.endswith("_ha"):
            made[name] = made[name] * times
    made = made.assign(
        patch_id=[f"{one.split('-')[0]}-{n:08d}" for n, one in enumerate(made["patch_id"])],
        lon=lon_lat.x, lat=lon_lat.y, **_zones_of(lon_lat, country), **_nearest(lon_lat, country),
    )  # fmt: skip
    whole = [_parts(one) for one in shapes]
    frame = gpd.GeoDataFrame(made, geometry=whole, crs="EPSG:32635")
    (out / "patches.gpkg").unlink()
    frame.to_file(out / "patches.gpkg", layer="patches", engine="pyogrio")
    return frame.assign(model=models["patch_id"].to_numpy()[model], times=times)


def _outlines(spots: NDArray[np.float64], random: Generator) -> NDArray[np.object_]:
    """Return an outline of pixels at each spot."""
    forms = [
        shapely.union_all(
            [shapely.box(CELL_M * i, CELL_M * j, CELL_M * (i + 1), CELL_M * (j + 1))
             for i, j in cells]
        )
        for cells in random.integers(0, 5, (FORMS, CELLS, 2))
    ]  # fmt: skip
    return np.array(
        [
            shapely.transform(forms[n % FORMS], lambda corners, spot=spot: corners + spot)
            for n, spot in enumerate(spots)
        ]
    )


def _zones_of(places: gpd.GeoSeries, country: Country) -> dict[str, list[Any]]:
    """Say in which zones disturbances lie; the first is the one that is named."""
    zones = country.zones.zones
    tree = shapely.STRtree([one.geometry for one in zones])
    at, which = tree.query(places.to_numpy(), predicate="within")
    inside: list[list[int]] = [[] for _ in range(len(places))]
    for place, zone in zip(at.tolist(), which.tolist(), strict=True):
        inside[place].append(zone)
    first = [zones[min(own)] if own else None for own in inside]
    return {
        "zone_ids": [";".join(zones[n].id for n in sorted(own)) for own in inside],
        "zone_id": [one.id if one else "" for one in first],
        "zone_kind": [one.kind if one else "" for one in first],
    }


def _nearest(places: gpd.GeoSeries, country: Country) -> dict[str, list[Any]]:
    """Say which site is nearest to disturbances."""
    sites = country.zones.sites
    points = gpd.GeoSeries([one.geometry for one in sites], crs="EPSG:4326").to_crs("EPSG:32635")
    here = places.to_crs("EPSG:32635").to_numpy()
    near = shapely.STRtree(points.to_numpy()).nearest(here)
    return {
        "nearest_site_id": [sites[n].id for n in near],
        "nearest_site_name": [sites[n].name for n in near],
        "distance_m": shapely.distance(points.to_numpy()[near], here).tolist(),
    }


def _of_patches(table: pd.DataFrame, patches: gpd.GeoDataFrame) -> pd.DataFrame:
    """Make a table of the small run's disturbances one of the large run's."""
    rows = table.groupby("patch_id", sort=False).indices
    counts = np.array([len(rows.get(one, ())) for one in patches["model"]])
    owner = np.repeat(np.arange(len(patches)), counts)
    taken = [rows[one] for one in patches["model"] if one in rows]
    made = table.iloc[np.concatenate(taken)].reset_index(drop=True)
    for name in made.columns:
        if name in patches.columns:
            made[name] = patches[name].to_numpy()[owner]
        elif name.endswith("_ha"):
            made[name] = made[name] * patches["times"].to_numpy()[owner]
    return made
