"""``context.gpkg``: what is drawn round the zones, a layer a kind.

It knows layers of a GeoPackage. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from landcover.outputs.geopackage import GeoLayer, write_geopackage
from landcover.zones.context import Drawn

__all__ = ["GEOMETRY_TYPES", "symbol_of", "write_context"]

GEOMETRY_TYPES = {"points": "MultiPoint", "lines": "MultiLineString", "areas": "MultiPolygon"}
"""Types of a layer's shapes."""

_SYMBOLS = {"Point": "marker", "LineString": "line", "Polygon": "fill"}


def symbol_of(geometry_type: str) -> str:
    """Say what draws shapes of a type: marker, line or fill."""
    return _SYMBOLS.get(geometry_type.removeprefix("Multi"), "fill")


def write_context(path: Path, layers: Sequence[Drawn]) -> None:
    """Write ``context.gpkg`` (degrees); where there is nothing to draw, a former one is removed.

    Parameters
    ----------
    path : Path
    layers : sequence of Drawn

    Raises
    ------
    DiskFullError
    """
    import geopandas as gpd
    import pandas as pd

    if not layers:
        path.unlink(missing_ok=True)
        return
    written = []
    for one in layers:
        count = len(one.labels)
        cells = {"kind": [one.kind] * count, "label": one.labels, "credit": [one.credit] * count}
        columns = {name: pd.Series(column, dtype=object) for name, column in cells.items()}
        frame = gpd.GeoDataFrame(columns, geometry=list(one.geometry), crs="EPSG:4326")
        written.append(GeoLayer(one.name, frame, GEOMETRY_TYPES[one.shape]))
    write_geopackage(path, written)
