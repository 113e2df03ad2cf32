"""Outlines for a page: whole numbers, each the step from the last, within a budget of bytes.

It knows geometry. It does not know what it stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

__all__ = ["TOLERANCES_M", "UNIT", "Packed", "fit", "packed", "packed_all", "points", "squares"]

UNIT = 1e-5
"""Degrees that one step of an outline stands for: 1.1 m."""

BYTES_A_VERTEX = 7.0
"""What a vertex takes as text, measured on outlines of pixels."""

METRES_A_DEGREE = 111_320.0
"""Along a meridian or the equator (m)."""

TOLERANCES_M = (0.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0)
"""How far simplified outlines may leave the given ones (m), tried in this order."""

SAMPLED = 400
"""Of more shapes than this, some are tried first: they tell how much all will take."""

HOPE = 1.2
"""All are tried where the sample says that they exceed the budget by no more than this factor."""

Packed = list[Any]
"""A shape as a page has it: its kind ("p", "l" or "o"), then its lines of steps."""


def _steps(coordinates: NDArray[np.float64]) -> list[int]:
    """Write a line as its first vertex and the steps from each to the next, x and y by turns."""
    whole = np.rint(np.asarray(coordinates)[:, :2] / UNIT).astype(np.int64)
    steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64))
    keep = np.ones(len(steps), bool)
    keep[1:] = steps[1:].any(axis=1)
    flat: list[int] = steps[keep].ravel().tolist()
    return flat


def packed(shape: BaseGeometry | None) -> Packed:
    """Write a shape: an area as its polygons' rings, a line as its parts, points as they are."""
    import shapely

    parts = [] if shape is None else [p for p in shapely.get_parts(shape) if not p.is_empty]
    if not parts:
        return []
    if parts[0].geom_type == "Polygon":
        areas = [p for p in parts if p.geom_type == "Polygon"]
        return ["p", [[_steps(ring.coords) for ring in _rings(area)] for area in areas]]
    if parts[0].geom_type in ("LineString", "LinearRing"):
        lines = [p for p in parts if p.geom_type in ("LineString", "LinearRing")]
        return ["l", [_steps(line.coords) for line in lines]]
    if parts[0].geom_type == "Point":
        return ["o", [_steps(np.array([(p.x, p.y)])) for p in parts if p.geom_type == "Point"]]
    return []


def packed_all(shapes: Sequence[BaseGeometry | None]) -> list[Packed]:
    """Write many shapes at once: as `packed` does, and quickly where all are areas."""
    import shapely

    given = np.array(list(shapes), dtype=object)
    kinds = shapely.get_type_id(given)
    if not np.isin(kinds, (-1, 3, 6)).all():  # no shape, Polygon, MultiPolygon
        return [packed(one) for one in given]
    parts, owners = shapely.get_parts(given, return_index=True)
    rings, areas = shapely.get_rings(parts, return_index=True)
    found: list[Packed] = [[] for _ in given]
    polygons: list[list[list[int]]] = [[] for _ in parts]
    for area, steps in zip(areas.tolist(), _ring_steps(rings), strict=True):
        polygons[area].append(steps)
    for owner, polygon in zip(owners.tolist(), polygons, strict=True):
        if polygon:
            found[owner] = found[owner] or ["p", []]
            found[owner][1].append(polygon)
    return found


def _ring_steps(rings: NDArray[Any]) -> Iterator[list[int]]:
    """Yield the steps of each of many lines."""
    import shapely

    coordinates, lines = shapely.get_coordinates(rings, return_index=True)
    whole = np.rint(coordinates / UNIT).astype(np.int64)
    first = np.ones(len(lines), bool)
    first[1:] = lines[1:] != lines[:-1]
    steps = whole.copy()
    steps[1:] -= whole[:-1]
    steps[first] = whole[first]
    keep = first | steps.any(axis=1)
    flat = steps[keep].ravel().tolist()
    low = 0
    for high in (2 * np.cumsum(np.bincount(lines[keep]))).tolist():
        yield flat[low:high]
        low = high


def _rings(area: Any) -> Iterator[Any]:
    """Yield a polygon's outer ring, then its holes."""
    yield area.exterior
    yield from area.interiors


def points(shapes: Sequence[Any]) -> list[list[int] | None]:
    """Write where points are; None for what is none."""
    return [
        None if one is None or one.is_empty else _steps(np.array([(one.x, one.y)]))
        for one in shapes
    ]


def fit(
    shapes: Sequence[BaseGeometry | None],
    most_bytes: int,
    most_m: float = TOLERANCES_M[-1],
    each_m: Sequence[float] | None = None,
) -> list[BaseGeometry | None] | None:
    """Simplify shapes until they are small enough as text.

    Parameters
    ----------
    shapes : sequence of shapely geometries
        In longitude and latitude.
    most_bytes : int
    most_m : float
        How far simplified outlines may leave the given ones (m).
    each_m : sequence of float, optional
        How far each one may: a small shape less than a large one.

    Returns
    -------
    list of shapely geometries, or None
        None where they do not fit even then.
    """
    import shapely

    given = np.array(list(shapes), dtype=object)

    limits = np.full(len(given), most_m) if each_m is None else np.asarray(each_m, float)

    def simpler(step: int, tolerance: float) -> tuple[NDArray[Any], float]:
        some, far = given[::step], np.minimum(limits[::step], tolerance)
        simple = shapely.simplify(some, far / METRES_A_DEGREE) if tolerance else some
        return simple, float(shapely.get_num_coordinates(simple).sum() * BYTES_A_VERTEX)

    share = max(1, len(given) // SAMPLED)
    for tolerance in (one for one in TOLERANCES_M if one <= most_m):
        if simpler(share, tolerance)[1] * share > most_bytes * HOPE:
            continue
        simple, size = simpler(1, tolerance)
        if size <= most_bytes:
            return list(simple)
    return None


def squares(places: NDArray[np.float64], areas_ha: NDArray[np.float64]) -> list[BaseGeometry]:
    """Draw squares of given areas (ha) around places (lon, lat)."""
    import shapely

    half = np.sqrt(areas_ha * 1e4) / 2 / METRES_A_DEGREE
    wide = half / np.cos(np.radians(places[:, 1]))
    x, y = places[:, 0], places[:, 1]
    return list(shapely.box(x - wide, y - half, x + wide, y + half))
