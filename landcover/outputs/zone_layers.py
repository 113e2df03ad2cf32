"""``zones.gpkg``: the zones of a run as polygons, and the places given as sites as points.

It knows layers of a GeoPackage. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapely

from landcover.files import replacing
from landcover.model import Zone
from landcover.outputs.sheets import Table
from landcover.zones.features import Feature

__all__ = ["write_zones"]


def write_zones(
    path: Path, zones: Sequence[Zone], sites: Sequence[Feature], figures: Table
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

    Raises
    ------
    DiskFullError
    """
    import geopandas as gpd

    rows = list(figures.rows)
    cells: dict[str, Any] = {
        name: [row[k] for row in rows] for k, name in enumerate(figures.columns)
    }
    cells["sensitive"] = [zone.sensitive for zone in zones]
    shapes = [_as_parts(zone.geometry) for zone in zones]
    frame = gpd.GeoDataFrame(cells, geometry=shapes, crs="EPSG:4326")
    points = _points(sites)
    with replacing(path) as part:
        frame.to_file(part, layer="zones", driver="GPKG", engine="pyogrio")
        points.to_file(part, layer="sites", driver="GPKG", engine="pyogrio", mode="a")


def _points(sites: Sequence[Feature]) -> Any:
    """Make one point a site, with what the job keeps of it."""
    import geopandas as gpd
    import pandas as pd

    kept = sorted({name for site in sites for name in site.kept})
    cells: dict[str, Any] = {
        "site_id": pd.Series([site.id for site in sites], dtype=object),
        "name": pd.Series([site.name for site in sites], dtype=object),
    }
    cells.update({name: [site.kept.get(name) for site in sites] for name in kept})
    points = [
        site.geometry if site.geometry.geom_type == "Point" else site.geometry.point_on_surface()
        for site in sites
    ]
    return gpd.GeoDataFrame(cells, geometry=points, crs="EPSG:4326")


def _as_parts(shape: Any) -> Any:
    """Make a polygon one of several parts: a layer holds one type of shape."""
    return shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
