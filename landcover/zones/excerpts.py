"""What of a file a run used: its rows and the columns that a job names, written anew.

This module knows formats. It does not know where copies go or what they are called.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from landcover.model import InputFile
from landcover.zones.archives import unpacked
from landcover.zones.features import Value
from landcover.zones.files import kind_of
from landcover.zones.reading import fulfilling
from landcover.zones.spelling import PLAIN, spelling_of, written
from landcover.zones.tables import Table, read_csv, read_xlsx
from landcover.zones.vector import Vector, read_vector

__all__ = ["Excerpt", "excerpt"]

STILL = "1970-01-01T00:00:00.000Z"
"""The time that a GeoPackage gives as its last change, so that a copy's bytes stay the same."""

GEOMETRY_KEYS = ("type", "coordinates", "geometries")
"""What a GeoJSON geometry holds; anything more is somebody's own."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A copy that is ready to be written: bytes, or records for a GeoPackage."""

    suffix: str
    content: bytes | Vector
    layer: str = ""

    def write(self, path: Path) -> None:
        """Write the file at `path`."""
        if isinstance(self.content, bytes):
            path.write_bytes(self.content)
        else:
            _write_geopackage(path, self.content, self.layer)


def excerpt(one: InputFile, group: str) -> Excerpt:
    """Take from a file the rows and columns that a run used.

    Parameters
    ----------
    one : InputFile
        The main file; a Shapefile's other parts lie beside it.
    group : str
        Name of the layer, where a format has layers and the job names none.

    Returns
    -------
    Excerpt
        CSV stays CSV as it was spelled, a workbook's sheet becomes CSV, GeoJSON stays
        GeoJSON with its numbers, anything else a GeoPackage in the file's own CRS. A whole
        file stays as it is.
    """
    path = Path(one.path)
    if one.whole:
        return Excerpt(path.suffix, path.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        kind = kind_of(path, one.role)
        if kind == "zip":
            path = unpacked(path, Path(folder), one.role)
            kind = kind_of(path, one.role)
        if kind == "csv":
            table = _taken(read_csv(path, one.role), one)
            return Excerpt(".csv", written(table, spelling_of(path, one.role)))
        if kind == "xlsx":
            table = read_xlsx(path, one.layer or None, one.role)
            return Excerpt(".csv", written(_taken(table, one), PLAIN))
        if kind == "GeoJSON" and not (one.where or one.rows):
            document = _collection(path)
            if document is not None:
                return Excerpt(".geojson", _geojson(document, one))
        return Excerpt(".gpkg", _records(path, one, in_memory=kind == "xml"), one.layer or group)


# --- tables ----------------------------------------------------------------------------------


def _taken(table: Table, one: InputFile) -> Table:
    """Return the rows and columns that were used, in the file's order."""
    if one.where:
        table = table.taken(fulfilling(table, one.where, one.role))
    if one.rows:
        used = frozenset(one.rows)
        table = table.taken([at for at, number in enumerate(table.numbers) if number in used])
    places = [place for place, name in enumerate(table.columns) if name in one.columns]
    rows = tuple(tuple(row[place] for place in places) for row in table.rows)
    return Table(tuple(table.columns[place] for place in places), table.numbers, rows)


# --- GeoJSON ---------------------------------------------------------------------------------


def _collection(path: Path) -> dict[str, Any] | None:
    """Return a file's FeatureCollection; None where it holds another kind of JSON."""
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except ValueError:  # one document a line
        return None
    if not isinstance(document, dict) or document.get("type") != "FeatureCollection":
        return None
    features = document.get("features")
    usual = isinstance(features, list) and all(isinstance(one, dict) for one in features)
    return document if usual else None


def _geojson(document: dict[str, Any], one: InputFile) -> bytes:
    """Write a collection with filtered properties; coordinates keep their numbers."""
    out: dict[str, Any] = {"type": "FeatureCollection"}
    if one.layer:
        out["name"] = one.layer
    if isinstance(document.get("crs"), dict):
        out["crs"] = document["crs"]
    out["features"] = [_feature(feature, one.columns) for feature in document["features"]]
    # A lone surrogate is no UTF-8; written back as an escape it is JSON again.
    return json.dumps(out, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _feature(feature: dict[str, Any], columns: Sequence[str]) -> dict[str, Any]:
    """Return a feature with only the named properties (`id` may be a column, as GDAL reads it)."""
    given = feature.get("properties")
    held = given if isinstance(given, dict) else {}
    out: dict[str, Any] = {"type": "Feature"}
    if "id" in columns and "id" in feature:
        out["id"] = feature["id"]
    out["properties"] = {name: cell for name, cell in held.items() if name in columns}
    out["geometry"] = _geometry(feature.get("geometry"))
    return out


def _geometry(geometry: Any) -> Any:
    """Return a geometry without members that are not its own."""
    if not isinstance(geometry, dict):
        return None
    own = {key: geometry[key] for key in GEOMETRY_KEYS if key in geometry}
    if isinstance(own.get("geometries"), list):
        own["geometries"] = [_geometry(part) for part in own["geometries"]]
    return own


# --- all other formats -----------------------------------------------------------------------


def _records(path: Path, one: InputFile, *, in_memory: bool) -> Vector:
    """Read what was used of a vector file, in its own CRS."""
    vector = read_vector(
        path,
        one.layer or None,
        dict.fromkeys(one.columns, "keep"),
        one.where or None,
        one.role,
        in_memory=in_memory,
    )
    return vector.taken(frozenset(one.rows)) if one.rows else vector


def _write_geopackage(path: Path, vector: Vector, layer: str) -> None:
    """Write records to a GeoPackage whose bytes depend on nothing else."""
    import pyogrio

    cells = [_field(vector.column(name)) for name in vector.columns]
    taken = {name.casefold() for name in vector.columns}
    with _still():
        pyogrio.raw.write(
            path,
            np.asarray(shapely.to_wkb(vector.geometry), dtype=object),
            [values for values, _ in cells],
            np.array(vector.columns, dtype=object),
            field_mask=[missing for _, missing in cells],
            layer=layer,
            driver="GPKG",
            geometry_type="Unknown",
            crs=vector.crs,
            FID=_free("fid", taken),
            GEOMETRY_NAME=_free("geom", taken),
        )


@contextmanager
def _still() -> Iterator[None]:
    """Stop GDAL's clock, and its warning of a file without CRS: that is how it was given."""
    import warnings

    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STILL})
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="'crs' was not provided")
            yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _free(name: str, taken: set[str]) -> str:
    """Return a name for one of the format's own columns that no column of the file has."""
    while name in taken:
        name += "_"
    return name


def _field(cells: Sequence[Value]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return a column as an array of one type, and where it is missing."""
    missing = np.array([cell is None for cell in cells], dtype=bool)
    kinds = {type(cell) for cell in cells if cell is not None}
    for kind, blank in ((bool, False), (int, 0), (float, 0.0)):
        if kinds == {kind}:
            return np.array([blank if cell is None else cell for cell in cells]), missing
    texts = [None if cell is None else str(cell) for cell in cells]
    return np.array(texts, dtype=object), missing
