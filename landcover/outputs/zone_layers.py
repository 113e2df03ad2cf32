"""``zones.gpkg``: the zones of a run as polygons, and the places given as sites as points.

It knows layers of a GeoPackage. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from landcover.model import Zone
from landcover.outputs.geopackage import GeoLayer, columns_as_written, write_geopackage
from landcover.outputs.placed import PLACE_COLUMNS, Around, place_columns
from landcover.outputs.sheets import Table
from landcover.zones.features import Feature

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["write_zones", "zone_columns"]


def write_zones(
    path: Path,
    zones: Sequence[Zone],
    sites: Sequence[Feature],
    figures: Table,
    around: Around | None = None,
) -> None:
    """Write ``zones.gpkg``: the layer ``zones`` and the layer ``sites`` (degrees).

    Parameters
    ----------
    path : Path
    zones : sequence of Zone
    sites : sequence of Feature
        Shapes of sites; a point stands for each.
    figures : Table
        ``zones.csv``: one row a zone, in the order of `zones`.
    around : mapping, optional
        Where each site lies, by its id.

    Raises
    ------
    DiskFullError
    """
    rows = list(figures.rows)
    cells: dict[str, list[Any]] = {
        name: [row[k] for row in rows]
        for k, name in enumerate(zone_columns(figures.columns)[: len(figures.columns)])
    }
    cells["sensitive"] = [zone.sensitive for zone in zones]
    frame = _frame(cells, [_as_parts(zone.geometry) for zone in zones])
    write_geopackage(
        path,
        (
            GeoLayer("zones", frame, "MultiPolygon"),
            GeoLayer("sites", _points(sites, around or {}), "Point"),
        ),
    )


def zone_columns(table: Sequence[str]) -> list[str]:
    """Name the columns of the layer ``zones``: those of ``zones.csv``, and `sensitive`.

    A column that a job keeps does not take the name of one that is ours.
    """
    return columns_as_written([*(_own(name, ("sensitive",)) for name in table), "sensitive"])


def _own(name: str, taken: Sequence[str]) -> str:
    """Name a column that a job keeps of its own files."""
    return f"kept_{name}" if name.casefold() in (*taken, "geometry") else name


def _frame(cells: Mapping[str, list[Any]], shapes: Sequence[Any]) -> gpd.GeoDataFrame:
    """Make a frame in degrees; cells stay as they are."""
    import geopandas as gpd
    import pandas as pd

    columns = {name: pd.Series(column, dtype=object) for name, column in cells.items()}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326")


def _points(sites: Sequence[Feature], around: Around) -> gpd.GeoDataFrame:
    """Make one point a site, with where it lies and what the job keeps of it."""
    kept = sorted({name for site in sites for name in site.kept})
    cells: dict[str, list[Any]] = {
        "site_id": [site.id for site in sites],
        "name": [site.name for site in sites],
        **place_columns([site.id for site in sites], around),
    }
    for name in kept:
        cells[_own(name, (*cells, *PLACE_COLUMNS))] = [site.kept.get(name) for site in sites]
    points = [
        site.geometry if site.geometry.geom_type == "Point" else site.geometry.point_on_surface()
        for site in sites
    ]
    return _frame(cells, points)


def _as_parts(shape: Any) -> Any:
    """Make a polygon one of several parts: a layer holds one type of shape."""
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
