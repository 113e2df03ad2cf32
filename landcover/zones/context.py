"""What is drawn round zones and never computed on: rivers, roads, places, borders.

This module knows files of shapes and where zones lie. It does not know maps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from landcover.errors import ZoneError
from landcover.model import InputFile, Note, Zone
from landcover.zones.archives import unpacked
from landcover.zones.columns import id_text
from landcover.zones.features import Value
from landcover.zones.files import kind_of, local
from landcover.zones.reading import in_degrees, inputs_of
from landcover.zones.settings import ContextLayer
from landcover.zones.vector import Bounds, Near, Vector, read_vector

__all__ = ["KINDS", "Context", "Drawn", "load_context"]

KINDS = ("river", "road", "place", "border", "other")
"""What context can show; any other word is `other`."""

MARGIN = 0.1
"""What is drawn beyond the zones on every side, as a share of their longer side (no unit)."""

LEAST_MARGIN = 0.02
"""And at least so far (degrees): about 2 km."""

NONE_USED = (-1,)
"""The rows of a file of which nothing is drawn: a copy holds none either."""

SHAPES = ("points", "lines", "areas")
"""Names of shapes of no, one and two dimensions."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Shapes of one dimension, in longitude and latitude, cut at the edge of what is drawn.

    `shape` is points, lines or areas. `labels` name each; "" where it has no name.
    """

    name: str
    kind: str
    shape: str
    credit: str
    labels: tuple[str, ...]
    geometry: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Context:
    """All that is drawn round the zones, what was said while reading it, and its files."""

    layers: tuple[Drawn, ...] = ()
    notes: tuple[Note, ...] = ()
    inputs: tuple[InputFile, ...] = ()


def load_context(layers: Mapping[str, ContextLayer], zones: Sequence[Zone], cache: Path) -> Context:
    """Read what of the job's context lies near its zones.

    Parameters
    ----------
    layers : mapping
        The job's `context`, by key ("context[0]").
    zones : sequence of Zone
    cache : Path
        Folder for files fetched from an address.

    Returns
    -------
    Context
        A layer an entry and dimension of shapes: "river", a second one "river_2"; where one file
        has shapes of several dimensions, "place_points" and "place_areas". Empty ones are left out.

    Raises
    ------
    ZoneError
        Where a file cannot be used as it is.
    """
    if not layers:
        return Context()
    bounds, drawn = _bounds(zones), list[Drawn]()
    notes, inputs = list[Note](), list[InputFile]()
    for key, layer in layers.items():
        found = _read(layer, key, bounds, cache)
        kind = layer.kind if layer.kind in KINDS else "other"
        drawn += _named(found.layers, kind, {one.name for one in drawn})
        notes += found.notes
        inputs += found.inputs
    return Context(tuple(drawn), tuple(notes), tuple(inputs))


def _bounds(zones: Sequence[Zone]) -> Bounds:
    """Return where context is drawn: the zones' bounds and a margin; without zones, the Earth."""
    if not zones:
        return (-180.0, -90.0, 180.0, 90.0)
    shapes = np.array([zone.geometry for zone in zones], np.object_)
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    margin = max(MARGIN * max(east - west, north - south), LEAST_MARGIN)
    return (west - margin, max(south - margin, -90.0), east + margin, min(north + margin, 90.0))


def _named(layers: Sequence[Drawn], kind: str, taken: set[str]) -> list[Drawn]:
    """Name the layers of one file after what they show."""
    named = []
    for one in layers:
        base = kind if len(layers) == 1 else f"{kind}_{one.shape}"
        name, number = base, 1
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.add(name)
        named.append(replace(one, name=name))
    return named


# --- one file --------------------------------------------------------------------------------


def _read(layer: ContextLayer, where: str, bounds: Bounds, cache: Path) -> Context:
    """Read one file: what lies within the bounds."""
    file = local(str(layer.path), cache, f"{where}.path")
    path = file.path
    kind = kind_of(path, f"{where}.path")
    if kind == "zip":
        path = unpacked(path, cache / file.sha256[:16], f"{where}.path")
        kind = kind_of(path, f"{where}.path")
    if kind in ("csv", "xlsx"):
        what = f"{path.name} is a table, or plain text, and context is drawn from shapes"
        raise ZoneError(f"{where}.path", what, "Export it as GeoPackage or GeoJSON")
    wanted = {layer.label: "label"} if layer.label else {}
    vector = read_vector(
        path, layer.layer, wanted, layer.where, where,
        in_memory=kind == "xml", near=Near(bounds, layer.crs),
    )  # fmt: skip
    geometry, notes = in_degrees(vector.geometry, vector.crs, layer.crs, where)
    cut = _cut(geometry, bounds)
    used = np.flatnonzero([shape is not None for shape in cut])
    if not used.size:
        what = f"nothing of {path.name} lies near the zones, so it is not drawn"
        notes = [*notes, Note(where, what, "Check its coordinates, `where` and `crs`")]
    rows = tuple(vector.fids[k] for k in used.tolist()) or NONE_USED
    inputs = tuple(replace(one, rows=rows) for one in inputs_of(file, where, layer, vector.columns))
    return Context(tuple(_drawn(cut, _labels(vector), layer)), tuple(notes), inputs)


def _labels(vector: Vector) -> list[str]:
    """Return the names of shapes."""
    cells: list[Value] = vector.column(vector.columns[0]) if vector.columns else []
    return [id_text(cell) for cell in cells] or [""] * len(vector.fids)


def _cut(geometry: NDArray[np.object_], bounds: Bounds) -> list[Any]:
    """Cut shapes at the bounds; None where nothing is left of one but a part of its edge."""
    box = shapely.box(*bounds)
    shapely.prepare(box)
    cut = geometry.copy()
    met = ~shapely.covers(box, geometry)
    whole = geometry[met]
    broken = ~(shapely.is_valid(whole) | shapely.is_missing(whole))
    whole[broken] = shapely.make_valid(whole[broken])
    cut[met] = shapely.intersection(whole, box)
    gone = shapely.is_missing(cut) | shapely.is_empty(cut)
    gone |= shapely.get_dimensions(cut) < shapely.get_dimensions(geometry)
    return [None if nothing else shape for shape, nothing in zip(cut, gone, strict=True)]


def _drawn(cut: Sequence[Any], labels: Sequence[str], layer: ContextLayer) -> list[Drawn]:
    """Sort shapes by dimension: one of several is what its largest part is."""
    dimensions = [-1 if shape is None else int(shapely.get_dimensions(shape)) for shape in cut]
    drawn = []
    for dimension, shape in enumerate(SHAPES):
        places = [place for place, one in enumerate(dimensions) if one == dimension]
        if places:
            parts = np.array([_parts(cut[place], dimension) for place in places], np.object_)
            named = tuple(labels[place] for place in places)
            drawn.append(Drawn("", layer.kind, shape, layer.credit or "", named, parts))
    return drawn


def _parts(shape: Any, dimension: int) -> Any:
    """Make of a shape one of several parts, all of its own dimension."""
    parts = shapely.get_parts(shape)
    while any(part.geom_type.startswith(("Multi", "Geometry")) for part in parts):
        parts = shapely.get_parts(parts)
    kept = parts[shapely.get_dimensions(parts) == dimension]
    makers = (shapely.MultiPoint, shapely.MultiLineString, shapely.MultiPolygon)
    return makers[dimension](list(kept))
