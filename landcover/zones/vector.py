"""Vector files through GDAL, as records with geometry in longitude and latitude.

This module knows layers, fields and coordinate systems. It does not know ids or rings.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from landcover.errors import ZoneError
from landcover.zones.columns import nearest_name, required
from landcover.zones.features import Value
from landcover.zones.files import HEAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyproj import CRS

__all__ = ["Bounds", "Near", "Vector", "chosen", "crs_of", "read_vector", "to_degrees"]

Bounds = tuple[float, float, float, float]
"""West, south, east, north."""

DRIVERS = frozenset(
    {"GeoJSON", "GeoJSONSeq", "ESRIJSON", "TopoJSON", "GPKG", "SQLite", "ESRI Shapefile",
     "FlatGeobuf", "KML", "LIBKML", "GPX", "GML", "MapInfo File"}
)  # fmt: skip
"""Formats whose files hold their own data."""

OFFLINE = {"GML_DOWNLOAD_SCHEMA": "NO", "GML_DOWNLOAD_WFS_SCHEMA": "NO"}
"""GDAL would fetch what a GML file names as its schema."""

GPX_LAYERS = ("waypoints", "tracks", "routes")
"""What a GPX file is read for, in this order; the points of tracks are left alone."""

EDGE_M = 10_000.0
"""Longest edge carried from a map's plane to degrees by its ends alone (m)."""


@dataclass(frozen=True, slots=True)
class Vector:
    """Records of a vector file: geometry as given, in `crs` (None where the file is silent)."""

    columns: tuple[str, ...]
    fids: tuple[int, ...]
    geometry: NDArray[np.object_]
    cells: tuple[tuple[Value, ...], ...]
    crs: str | None
    remarks: tuple[str, ...]

    def column(self, name: str) -> list[Value]:
        """Return the cells of a column."""
        place = self.columns.index(name)
        return [row[place] for row in self.cells]

    def taken(self, fids: Collection[int]) -> Vector:
        """Return only the records with these numbers."""
        places = [place for place, fid in enumerate(self.fids) if fid in fids]
        return replace(
            self,
            fids=tuple(self.fids[place] for place in places),
            geometry=self.geometry[places],
            cells=tuple(self.cells[place] for place in places),
        )


@dataclass(frozen=True, slots=True)
class Near:
    """Where to read: bounds in degrees, and the CRS of the file where the job says it."""

    bounds: Bounds
    crs: str | None = None

    def window(self, of_file: str | None) -> Bounds | None:
        """Return the bounds in the plane of a file; None where they cannot be told there."""
        from pyproj import Transformer

        crs = self.crs or of_file
        if crs is None:
            return self.bounds
        way = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        west, south, east, north = way.transform_bounds(*self.bounds)
        found = (float(west), float(south), float(east), float(north))
        return found if np.isfinite(found).all() and west < east else None


@dataclass(frozen=True, slots=True)
class _Source:
    """What GDAL opens, and the path to name in sentences."""

    path: Path
    opened: Path | bytes


def _is_gml(path: Path) -> bool:
    """Whether an XML file is GML. A KML keeps its path, which names its layers."""
    with path.open("rb") as stream:
        return b"FeatureCollection" in stream.read(HEAD_BYTES)


@contextmanager
def _told(where: str, path: Path) -> Iterator[list[str]]:
    """Turn GDAL's errors into ours, and collect its warnings."""
    import pyogrio

    pyogrio.set_gdal_config_options(OFFLINE)
    said: list[str] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield said
        said.extend(dict.fromkeys(f"GDAL says: {warning.message}" for warning in caught))
    except (ValueError, RuntimeError) as error:  # pyogrio's errors are RuntimeErrors
        what = f"{path.name} cannot be read ({error})"
        remedy = "Open it in QGIS to see what is wrong, and export it again"
        raise ZoneError(where, what, remedy) from error


def read_vector(
    path: Path,
    layer: str | None,
    columns: dict[str, str],
    condition: str | None,
    where: str,
    *,
    in_memory: bool = False,
    near: Near | None = None,
) -> Vector:
    """Read one layer of a vector file.

    Parameters
    ----------
    path : Path
        Its content has been looked at (`files.kind_of`).
    layer : str or None
        Needed where a file has several; a KML file's folders are read together.
    columns : mapping of str to str
        Wanted columns, each with the job's key that names it.
    condition : str or None
        An OGR SQL condition on the layer's fields.
    where : str
        The job's key, for errors.
    in_memory : bool
        For XML: GDAL then finds no schema beside the file, and writes none there.
    near : Near, optional
        Only what may lie there is read; that it is nothing is no error. Of a file whose layers are
        read together, all is.
    """
    with _told(where, path) as said:
        source = _Source(path, path.read_bytes() if in_memory and _is_gml(path) else path)
        names = _layers(source, layer, where)
        window = near if len(names) == 1 else None
        parts = [_layer(source, name, columns, condition, where, window) for name in names]
    vector = _together(parts, tuple(columns), tuple(said))
    if near is None and not len(vector.geometry):
        raise _none_left(path, condition, where)
    return vector


def _none_left(path: Path, condition: str | None, where: str) -> ZoneError:
    """Say that a file, or what a condition leaves of it, is empty."""
    if condition is None:
        return ZoneError(where, f"{path.name} holds no features", "Give a file that does")
    what = f"no feature of {path.name} fulfils {condition!r}"
    return ZoneError(f"{where}.where", what, "Loosen the condition")


def _layers(source: _Source, layer: str | None, where: str) -> list[str]:
    """Choose the layers to read."""
    import pyogrio

    listed = [(str(name), kind) for name, kind in pyogrio.list_layers(source.opened)]
    names = [name for name, _ in listed]
    if layer is not None:
        if layer not in names:
            what = f"{source.path.name} has no layer {layer!r}"
            raise ZoneError(f"{where}.layer", what, nearest_name(layer, names))
        return [layer]
    drawn = [name for name, kind in listed if kind is not None]
    if not drawn:
        raise ZoneError(
            where, f"{source.path.name} has no geometry", "Give a layer of shapes or points"
        )
    if len(drawn) == 1:
        return drawn
    return _several(source, drawn, where)


def _several(source: _Source, names: list[str], where: str) -> list[str]:
    """Choose among several layers: all of a KML, the first filled one of a GPX."""
    import pyogrio

    driver = pyogrio.read_info(source.opened, layer=names[0])["driver"]
    if driver in {"KML", "LIBKML"}:
        return names
    if driver == "GPX":
        usual = [name for name in GPX_LAYERS if name in names]
        filled = (name for name in usual if _count(source, name) > 0)
        return [next(filled, usual[0])]
    remedy = f"Say `layer:`, one of {', '.join(names)}"
    raise ZoneError(f"{where}.layer", f"{source.path.name} has {len(names)} layers", remedy)


def _count(source: _Source, layer: str) -> int:
    """Count features, even where the driver has to read them all."""
    import pyogrio

    return int(pyogrio.read_info(source.opened, layer=layer, force_feature_count=True)["features"])


def _layer(
    source: _Source,
    layer: str,
    columns: dict[str, str],
    condition: str | None,
    where: str,
    near: Near | None,
) -> Vector:
    """Read one layer: only the wanted columns."""
    import pyogrio

    info = pyogrio.read_info(source.opened, layer=layer)
    if info["driver"] not in DRIVERS:
        what = f"{source.path.name} is a {info['driver']} file, which is not read"
        raise ZoneError(where, what, "Export it as GeoPackage or GeoJSON")
    fields = [str(field) for field in info["fields"]]
    if not fields and info["features"] == 0:  # an empty GeoJSON has no columns to look for
        raise _none_left(source.path, None, where)
    wanted = [required(fields, name, key, where) for name, key in columns.items()]
    # A filter on a field that is not read fails in some drivers, so all are read for it.
    reading = wanted if condition is None else fields
    try:
        meta, fids, wkb, data = pyogrio.raw.read(
            source.opened,
            layer=layer,
            columns=reading,
            where=condition,
            bbox=None if near is None else near.window(info["crs"]),
            force_2d=True,
            return_fids=True,
        )
    except (ValueError, RuntimeError) as error:
        if condition is None:
            raise
        raise _misunderstood(condition, fields, where) from error
    held = [str(field) for field in meta["fields"]]
    cells = [[_value(cell) for cell in data[held.index(name)]] for name in wanted]
    return Vector(
        tuple(wanted),
        tuple(int(fid) for fid in fids),
        shapely.from_wkb(wkb, on_invalid="fix"),
        tuple(zip(*cells, strict=True)) if cells else ((),) * len(fids),
        meta["crs"],
        (),
    )


def _misunderstood(condition: str, fields: Sequence[str], where: str) -> ZoneError:
    """Say that a condition is not understood."""
    what = f"the condition {condition!r} is not understood"
    return ZoneError(f"{where}.where", what, f"Columns are {', '.join(fields)}")


def _value(cell: Any) -> Value:
    """Write one field plainly: numpy's numbers as Python's, dates as ISO text."""
    if cell is None or (isinstance(cell, float | np.floating) and np.isnan(cell)):
        return None
    if isinstance(cell, np.datetime64):
        return None if np.isnat(cell) else str(cell)
    value = cell.item() if isinstance(cell, np.generic) else cell
    return value if isinstance(value, str | int | float | bool) else str(value)


def _together(parts: Sequence[Vector], columns: tuple[str, ...], said: tuple[str, ...]) -> Vector:
    """Put layers of one file one after the other."""
    geometry = np.concatenate([part.geometry for part in parts])
    cells = tuple(row for part in parts for row in part.cells)
    fids = tuple(fid for part in parts for fid in part.fids)
    if len(parts) > 1:  # each layer counts for itself, the file as a whole does not
        fids = tuple(range(1, len(fids) + 1))
    return Vector(columns, fids, geometry, cells, parts[0].crs, said)


def chosen(document: bytes, condition: str, where: str, columns: Sequence[str]) -> list[int]:
    """Evaluate an OGR SQL condition on a GeoJSON document; return the places that fulfil it."""
    import pyogrio

    try:
        _, fids, _, _ = pyogrio.raw.read(
            document, where=condition, return_fids=True, read_geometry=False
        )
    except (ValueError, RuntimeError) as error:
        raise _misunderstood(condition, columns, where) from error
    return [int(fid) for fid in fids]


def crs_of(text: str, where: str) -> CRS:
    """Understand a coordinate system, or refuse it."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        remedy = "Write an EPSG code, such as EPSG:4326 or EPSG:32735"
        raise ZoneError(f"{where}.crs", f"unknown CRS {text!r}", remedy) from error


def to_degrees(geometry: NDArray[np.object_], crs: CRS) -> NDArray[np.object_]:
    """Bring shapes from any coordinate system to longitude and latitude (EPSG:4326).

    Long edges of a map's plane are cut first, since they are not straight in degrees.
    """
    from pyproj import Transformer

    transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    shapes = geometry
    if crs.is_projected:
        shapes = shapely.segmentize(geometry, EDGE_M / crs.axis_info[0].unit_conversion_factor)

    def moved(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    degrees: NDArray[np.object_] = shapely.transform(shapes, moved)
    return degrees
