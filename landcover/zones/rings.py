"""Rings around sites and outside reserves; within a group they exclude each other.

This module knows distances and who owns which place. It does not know files or settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from landcover.errors import ZoneError
from landcover.model import Zone
from landcover.zones.ellipsoid import METRES_PER_DEGREE, area_ha, discs, grown, segments
from landcover.zones.features import Feature
from landcover.zones.nearest import territories
from landcover.zones.repair import oriented, polygonal

__all__ = ["Rings", "rings", "span"]

GeometryArray = NDArray[np.object_]

SPACING = 50.0
"""A shape's outline stands for it by points, this many to the first distance; at a place
d metres away this overstates the distance by at most (first distance / SPACING)^2 / (8 d)."""

LEAST_SPACING_M = 5.0
"""And never nearer than this (m): half a Sentinel-2 pixel."""

LEAST_AREA_HA = 1e-4
"""What is smaller than 1 m2 is rounding at the seam of two rings, not a ring."""

HIGHEST_LATITUDE = 85.0
"""Beyond it (degrees) a ring may hold a pole; no optical satellite sees farther anyway."""


@dataclass(frozen=True, slots=True)
class Rings:
    """The rings of one group, and the ids of those that neighbours own wholly."""

    zones: tuple[Zone, ...]
    empty: tuple[str, ...]


def span(near_m: float, far_m: float) -> str:
    """Write two distances as they stand in an id.

    Examples
    --------
    >>> span(500.0, 1000.0)
    '500-1000m'
    """
    return f"{near_m:.10g}-{far_m:.10g}m"


def rings(
    features: Sequence[Feature],
    distances_m: Sequence[float],
    *,
    group: str,
    kind: str,
    sensitive: bool = False,
) -> Rings:
    """Draw the rings of a group.

    Each place belongs to the feature nearest to it, and none lies inside a polygon of the
    group. Distances are counted from a point, a line or a polygon's edge.

    Parameters
    ----------
    features : sequence of Feature
        Points, lines or polygons.
    distances_m : increasing floats, metres
        Outer distances; the first ring begins at 0.
    group, kind : str
        The job's key, and what the rings are (ring, outside, control).
    sensitive : bool
        Carried by each ring.
    """
    _check_reach(features, distances_m[-1], group)
    reach = _reach(features, distances_m)
    owned = _without_bodies(_shared(features, reach, distances_m), features)
    zones: list[Zone] = []
    empty: list[str] = []
    for number, feature in enumerate(features):
        inner: list[BaseGeometry | None] = [None, *reach[number, :-1]]
        for (near, far), hole, outer in zip(
            pairwise((0.0, *distances_m)), inner, owned[number], strict=True
        ):
            shape = oriented(polygonal(outer if hole is None else shapely.difference(outer, hole)))
            hectares = 0.0 if shape.is_empty else area_ha(shape)
            zone = Zone(
                id=f"{feature.id}_{span(near, far)}",
                name=feature.name,
                kind=kind,
                group=group,
                geometry=shape,
                area_ha=hectares,
                parent=feature.id,
                from_m=near,
                to_m=far,
                sensitive=sensitive,
                kept=feature.kept,
            )
            if hectares < LEAST_AREA_HA:
                empty.append(zone.id)
            else:
                zones.append(zone)
    return Rings(tuple(zones), tuple(empty))


def _check_reach(features: Sequence[Feature], far_m: float, group: str) -> None:
    """Refuse rings that would cross the 180th meridian or hold a pole."""
    for feature in features:
        west, south, east, north = feature.geometry.bounds
        highest = max(abs(south), abs(north)) + far_m / METRES_PER_DEGREE
        where = f"zones.{group}, {feature.row} (id {feature.id!r})"
        if highest > HIGHEST_LATITUDE:
            raise ZoneError(
                where,
                f"its rings reach latitude {highest:.1f}, beyond {HIGHEST_LATITUDE:g} degrees",
                "Leave it out with `where`, or make the distances smaller",
            )
        farthest = max(-west, east) + far_m / METRES_PER_DEGREE / np.cos(np.radians(highest))
        if farthest > 180:
            raise ZoneError(
                where,
                "its rings cross the 180th meridian",
                "Leave it out with `where`, or make the distances smaller",
            )


def _reach(features: Sequence[Feature], distances_m: Sequence[float]) -> GeometryArray:
    """Everything within each distance of each feature: (features, distances)."""
    reach: GeometryArray = np.empty((len(features), len(distances_m)), dtype=object)
    points = np.array([isinstance(feature.geometry, Point) for feature in features])
    places = np.array([f.geometry.coords[0][:2] for f in features if isinstance(f.geometry, Point)])
    for column, distance in enumerate(distances_m):
        if points.any():
            reach[points, column] = discs(places[:, 0], places[:, 1], distance)
        for number in np.flatnonzero(~points).tolist():
            reach[number, column] = grown(features[number].geometry, distance)
    return reach


def _shared(
    features: Sequence[Feature], reach: GeometryArray, distances_m: Sequence[float]
) -> GeometryArray:
    """Cut what each feature reaches to the places it is nearest to."""
    owned = reach.copy()
    for members in _crowds(reach[:, -1]):
        crowd = [features[number] for number in members.tolist()]
        lon, lat, owner = _posts(crowd, distances_m[0])
        cells = territories(lon, lat, owner, len(crowd), distances_m[-1])
        mine = np.array([Polygon() if cell is None else cell for cell in cells], dtype=object)
        owned[members] = shapely.intersection(reach[members], mine[:, None])
    return owned


def _crowds(shapes: GeometryArray) -> list[NDArray[np.int64]]:
    """Group shapes whose bounds overlap, directly or through others; loners are left out."""
    one, other = shapely.STRtree(shapes).query(shapes)
    ones = np.ones(len(one), dtype=np.int8)
    from scipy.sparse import coo_array  # loaded where rings are: it takes 20 MB and a while
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((ones, (one, other)), shape=(len(shapes), len(shapes)))
    count, label = connected_components(graph, directed=False)
    order = np.argsort(label, kind="stable")
    groups = np.split(order, np.searchsorted(label[order], np.arange(1, count)))
    return [group for group in groups if len(group) > 1]


def _posts(
    crowd: Sequence[Feature], first_m: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Points that stand for features: themselves, or points along their outlines."""
    spacing = max(first_m / SPACING, LEAST_SPACING_M) / METRES_PER_DEGREE
    places = [_outline(feature.geometry, spacing) for feature in crowd]
    owner = np.repeat(np.arange(len(crowd)), [len(place) for place in places])
    lon, lat = np.concatenate(places).T
    return lon, lat, owner


def _outline(geometry: BaseGeometry, spacing: float) -> NDArray[np.float64]:
    """Return coordinates (N, 2) of points, and of points at most `spacing` degrees apart."""
    points = [part for part in shapely.get_parts(geometry) if isinstance(part, Point)]
    ends = segments(geometry, spacing).reshape(-1, 2)
    return np.concatenate([shapely.get_coordinates(points), ends])


def _without_bodies(owned: GeometryArray, features: Sequence[Feature]) -> GeometryArray:
    """Take the polygons of the group out of what their neighbours own."""
    bodies = np.array([f.geometry for f in features if f.has_area], dtype=object)
    if not len(bodies):
        return owned
    number, body = shapely.STRtree(bodies).query(owned[:, -1], predicate="intersects")
    for row in np.unique(number):
        inside = shapely.union_all(bodies[body[number == row]])
        owned[row] = shapely.difference(owned[row], inside)
    return owned
