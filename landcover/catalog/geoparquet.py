"""Items from a stac-geoparquet file.

Assets may be a struct or JSON text; the geometry is WKB. It knows columns. It knows no scenes.

References
----------
https://github.com/stac-utils/stac-geoparquet/blob/main/spec/stac-geoparquet-spec.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from shapely.geometry import mapping

from landcover.catalog.scenes import Broken, Listed
from landcover.errors import CatalogError

__all__ = ["list_geoparquet"]

ROWS = 1000
"""Rows read at a time: some 20 MB of items."""

_TOP = frozenset(
    {
        "type",
        "stac_version",
        "stac_extensions",
        "id",
        "links",
        "assets",
        "collection",
        "bbox",
        "geometry",
    }
)
"""Columns that are fields of the item itself; all others are its properties."""

_TEXT = frozenset({"assets", "links", "properties", "stac_extensions", "bbox", "geometry"})
"""Columns that some writers store as JSON text."""


def list_geoparquet(path: Path, place: str) -> Iterator[Listed | Broken]:
    """Yield the items of a stac-geoparquet file.

    Parameters
    ----------
    path : Path
        The file.
    place : str
        Where it came from: the path or address that relative hrefs start from.

    Raises
    ------
    CatalogError
        It is not parquet, or has no items in it.
    """
    try:
        with pq.ParquetFile(path) as file:
            missing = {"id", "assets"} - set(file.schema_arrow.names)
            if missing:
                raise CatalogError(place, f"no column {min(missing)!r}", "Give a STAC catalog.")
            for batch in file.iter_batches(ROWS):
                yield from (_listed(row, place) for row in batch.to_pylist())
    except (pa.ArrowException, OSError):
        raise CatalogError(place, "cannot be read as parquet", "Check the file.") from None


def _listed(row: dict[str, Any], place: str) -> Listed | Broken:
    """Make one item of a row."""
    try:
        return Listed(_item(row), place)
    except (ValueError, TypeError, KeyError, shapely.GEOSException):
        return Broken(str(row.get("id")), "its row cannot be read as an item")


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    """Gather a row's columns into an item's JSON."""
    values = {key: _parsed(key, value) for key, value in row.items() if value is not None}
    item = {key: value for key, value in values.items() if key in _TOP}
    properties = dict(values.pop("properties", {}))
    properties |= {key: value for key, value in values.items() if key not in _TOP}
    return {"type": "Feature", **item, "properties": properties}


def _parsed(key: str, value: Any) -> Any:
    """Turn one cell into JSON's types."""
    if key == "geometry" and isinstance(value, bytes):
        return mapping(shapely.from_wkb(value))
    if key in _TEXT and isinstance(value, str):
        return json.loads(value)
    if key == "bbox" and isinstance(value, dict):
        names = [name for name in ("xmin", "ymin", "zmin", "xmax", "ymax", "zmax") if name in value]
        return [value[name] for name in names]
    return _plain(value)


def _plain(value: Any) -> Any:
    """Drop the nulls that a struct of all items' fields brings, and spell times as text."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value
