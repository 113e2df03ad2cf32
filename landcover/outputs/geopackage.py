"""GeoPackages whose bytes depend on what they hold alone, with styles and names of fields inside.

It knows layers, tables of styles and SQLite. It does not know what a layer shows.

QGIS reads the table ``layer_styles`` when a layer is opened; other readers find a field's name and
description in ``gpkg_data_columns`` (OGC 12-128r18, F.9: Schema).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from landcover.files import replacing

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

__all__ = ["GeoLayer", "NamedStyle", "columns_as_written", "write_geopackage"]

STILL = "1970-01-01T00:00:00.000Z"
"""The time of the last change as it is written, so that the same content is the same file."""

VERSION = "1.2"
"""Of the format: the newest one of which GDAL 3.6, and with it QGIS 3.22, does not warn."""

GEOMETRY = "geom"
"""Name of the column of shapes, unless an attribute has it."""

AMOUNTS = ("_m", "_ha", "_fraction", "_px", "_percent")
"""Ends of the names of columns that hold numbers, though all cells are empty."""

_STYLES = """CREATE TABLE layer_styles (
 id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
 f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
 styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT,
 owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT CURRENT_TIMESTAMP)"""
"""The table in which QGIS keeps styles, as it makes it itself."""

_FIELDS = (
    """CREATE TABLE gpkg_data_columns (
 table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
 mime_type TEXT, constraint_name TEXT,
 CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
 CONSTRAINT gdc_tn UNIQUE (table_name, name))""",
    """CREATE TABLE gpkg_data_column_constraints (
 constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
 min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
 CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value))""",
)
"""The tables of the extension `gpkg_schema`."""

_SCHEMA = "http://www.geopackage.org/spec121/#extension_schema"
"""Where that extension is defined."""


@dataclass(frozen=True, slots=True)
class NamedStyle:
    """A style of QGIS (QML) under the name that its list of styles shows."""

    name: str
    qml: str = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class GeoLayer:
    """One layer: a frame, the one type of its shapes, its styles (the first is the default).

    `titles` name fields for people, by column, and `meanings` say what they hold.
    """

    name: str
    frame: gpd.GeoDataFrame = field(repr=False)
    geometry_type: str
    styles: tuple[NamedStyle, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    meanings: Mapping[str, str] = field(default_factory=dict)


def write_geopackage(path: Path, layers: Sequence[GeoLayer]) -> None:
    """Write layers, whole or not at all.

    Parameters
    ----------
    path : Path
    layers : sequence of GeoLayer
        At least one; the first is what a reader opens that asks for none.

    Raises
    ------
    DiskFullError
        The disk filled up; what was at `path` is still there.
    """
    with replacing(path) as part, _still():
        for number, layer in enumerate(layers):
            _write_layer(part, layer, first=number == 0)
        _dress(part, layers)


def _write_layer(path: Path, layer: GeoLayer, *, first: bool) -> None:
    """Write the records of one layer."""
    import pyogrio
    import shapely

    frame = layer.frame
    names = columns_as_written([str(name) for name in frame.columns if name != _shapes(frame)])
    places = [k for k, name in enumerate(frame.columns) if name != _shapes(frame)]
    cells = [_cells(name, frame.iloc[:, k]) for name, k in zip(names, places, strict=True)]
    pyogrio.raw.write(
        path,
        np.asarray(shapely.to_wkb(np.asarray(frame.geometry, object)), dtype=object),
        [values for values, _ in cells],
        np.array(names, dtype=object),
        field_mask=[missing for _, missing in cells],
        layer=layer.name,
        driver="GPKG",
        geometry_type=layer.geometry_type,
        crs=frame.crs.to_wkt() if frame.crs.to_epsg() is None else f"EPSG:{frame.crs.to_epsg()}",
        append=not first,
        **({"VERSION": VERSION} if first else {}),
        GEOMETRY_NAME=_geometry_name(names),
        FID=_free("fid", {name.casefold() for name in names}),
    )


def _shapes(frame: gpd.GeoDataFrame) -> str:
    """Return the name of the frame's column of shapes."""
    return str(frame.geometry.name)


def _geometry_name(names: Sequence[str]) -> str:
    """Return the name of the layer's column of shapes."""
    return _free(GEOMETRY, {name.casefold() for name in names})


def _free(name: str, taken: set[str]) -> str:
    """Return a name for one of the format's own columns that no attribute has."""
    while name in taken:
        name += "_"
    return name


def columns_as_written(names: Sequence[str]) -> list[str]:
    """Return the names of columns as a GeoPackage can have them.

    They differ by more than their case, and none is empty.

    Examples
    --------
    >>> columns_as_written(["name", "NAME", ""])
    ['name', 'NAME_2', 'column']
    """
    taken: set[str] = set()
    written = []
    for given in names:
        base = given.replace("\0", "") or "column"
        name, number = base, 1
        while name.casefold() in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name.casefold())
        written.append(name)
    return written


def _plain(cell: Any) -> Any:
    """Return a cell as Python's own: a number of numpy's is one, and a moment is its day."""
    if isinstance(cell, np.generic):
        cell = cell.item()
    return cell.date() if isinstance(cell, datetime) else cell


def _cells(name: str, column: pd.Series[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return a column as an array of one type, and where it is missing."""
    missing = np.asarray(column.isna(), np.bool_)
    if column.dtype.kind == "M":
        return np.asarray(column, "datetime64[D]"), missing
    if column.dtype.kind in "biuf":
        return np.asarray(column), missing
    values = [None if gone else _plain(cell) for cell, gone in zip(column, missing, strict=True)]
    kinds = {type(cell) for cell in values if cell is not None}
    if kinds == {date}:
        return np.array(values, "datetime64[D]"), missing
    for kind, blank in ((bool, False), (int, 0), (float, 0.0)):
        if kinds == {kind}:
            return np.array([blank if cell is None else cell for cell in values]), missing
    if (kinds and kinds <= {int, float}) or (not kinds and name.endswith(AMOUNTS)):
        return np.array([np.nan if cell is None else cell for cell in values], float), missing
    texts = [None if cell is None else str(cell).replace("\0", "") for cell in values]
    return np.array(texts, dtype=object), missing


@contextmanager
def _still() -> Iterator[None]:
    """Stop GDAL's clock."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STILL})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


# --- styles and names of fields --------------------------------------------------------------


def _dress(path: Path, layers: Sequence[GeoLayer]) -> None:
    """Add styles and titles of fields to a file that has the layers."""
    with closing(sqlite3.connect(path)) as file, file:
        _add_styles(file, layers)
        _name_fields(file, layers)


def _add_styles(file: sqlite3.Connection, layers: Sequence[GeoLayer]) -> None:
    """Add the styles of all layers."""
    rows = [_style_row(file, layer, one) for layer in layers for one in layer.styles]
    if not rows:
        return
    file.execute(_STYLES)
    _list_table(file)
    file.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, "
        "update_time) VALUES ('', '', ?, ?, ?, ?, '', ?, '', '', ?)",
        rows,
    )


def _list_table(file: sqlite3.Connection) -> None:
    """List the styles among what the file holds, as QGIS does."""
    file.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', '', ?)",
        (STILL,),
    )


def _style_row(
    file: sqlite3.Connection, layer: GeoLayer, style: NamedStyle
) -> tuple[str, str, str, str, bool, str]:
    """Give the cells of one style."""
    query = "SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?"
    (shapes,) = file.execute(query, (layer.name,)).fetchone()
    return (layer.name, shapes, style.name, style.qml, style is layer.styles[0], STILL)


def _name_fields(file: sqlite3.Connection, layers: Sequence[GeoLayer]) -> None:
    """Name fields for readers other than QGIS."""
    rows = [
        (layer.name, column, column, title, layer.meanings.get(column))
        for layer in layers
        for column, title in layer.titles.items()
    ]
    if not rows:
        return
    for sql in _FIELDS:
        file.execute(sql)
    file.executemany(
        "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description) "
        "VALUES (?, ?, ?, ?, ?)",
        rows,
    )
    file.execute(
        "CREATE TABLE IF NOT EXISTS gpkg_extensions (table_name TEXT, column_name TEXT, "
        "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, "
        "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))"
    )
    file.executemany(
        "INSERT INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [(name, _SCHEMA) for name in ("gpkg_data_columns", "gpkg_data_column_constraints")],
    )
