"""Which zones of one group lie in or near those of another, and how far away.

This module knows distances on the ellipsoid. It does not know files or rings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from landcover.zones.ellipsoid import METRES_PER_DEGREE, segments
from landcover.zones.features import Feature, Nearby, Span

__all__ = ["counted", "distances_m"]

FloatArray = NDArray[np.float64]
GeometryArray = NDArray[np.object_]

SHORTEST_DEGREE_M = 110_574.0
"""Length of a degree of latitude at the equator (m, WGS84): none is shorter."""

LEAST_COSINE = 0.01
"""Of a latitude (no unit): beyond 89.4 degrees all longitudes are looked at."""


@dataclass(frozen=True, slots=True)
class _Shapes:
    """The shapes that distances are counted from: whole, and in short pieces of outline."""

    whole: shapely.STRtree
    pieces: GeometryArray
    tree: shapely.STRtree


def distances_m(features: Sequence[Feature], others: Sequence[Feature], far_m: float) -> FloatArray:
    """Measure how far each feature lies from the nearest of others.

    Distances are geodesic: an azimuthal equidistant plane around a point keeps all distances
    from it. Outlines are straight in longitude and latitude, as in `rings`. Of a line or a
    polygon its nearest place counts, right to 0.05 % within 100 km.

    Parameters
    ----------
    features, others : sequence of Feature
        Points, lines or polygons.
    far_m : float, metres
        How far to look.

    Returns
    -------
    float64 (N,), metres
        0 for what lies in or touches a shape; infinity for what lies beyond `far_m`.
    """
    pieces = np.concatenate([_pieces(other.geometry) for other in others])
    whole = shapely.STRtree([other.geometry for other in others])
    shapes = _Shapes(whole, pieces, shapely.STRtree(pieces))
    return np.array([_distance(feature.geometry, shapes, far_m) for feature in features])


def _pieces(geometry: BaseGeometry) -> GeometryArray:
    """Cut a shape's outline into short lines; its points stay points."""
    lines = np.asarray(shapely.linestrings(segments(geometry)), dtype=object)
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Point"]
    return np.concatenate([lines, np.array(parts, dtype=object)])


def _distance(geometry: BaseGeometry, shapes: _Shapes, far_m: float) -> float:
    """Measure how far one shape lies from others; infinity beyond `far_m`."""
    if len(shapes.whole.query(geometry, predicate="intersects")):
        return 0.0
    west, south, east, north = geometry.bounds
    along = far_m / SHORTEST_DEGREE_M
    highest = np.radians(min(90.0, max(-south, north) + along))
    # no degree of longitude is shorter than the equator's times the cosine
    across = far_m / METRES_PER_DEGREE / max(float(np.cos(highest)), LEAST_COSINE)
    around = shapely.box(west - across, south - along, east + across, north + along)
    near = shapes.pieces[shapes.tree.query(around)]
    if not len(near):
        return np.inf
    plane = _plane((west + east) / 2, (south + north) / 2)
    apart = shapely.distance(shapely.transform(near, plane), shapely.transform(geometry, plane))
    least = float(apart.min())
    return least if least <= far_m else np.inf


def _plane(lon: float, lat: float) -> Callable[[FloatArray], FloatArray]:
    """Return the way from degrees (N, 2) to an azimuthal equidistant plane around a place."""
    way = Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=aeqd +lon_0={lon} +lat_0={lat} +ellps=WGS84"
    )
    return lambda places: np.column_stack(way.transform(places[:, 0], places[:, 1]))


def counted(group: str, of: str, apart_m: FloatArray, edges_m: Sequence[float]) -> Nearby:
    """Count features by their distance.

    Parameters
    ----------
    group, of : str
        The job's keys: whose features, from whose shapes.
    apart_m : float64 (N,), metres
        See `distances_m`.
    edges_m : increasing floats, metres
        Outer distances of the classes; the first begins beyond 0.
    """
    spans = tuple(
        Span(near, far, int(((apart_m > near) & (apart_m <= far)).sum()))
        for near, far in pairwise((0.0, *edges_m))
    )
    return Nearby(group, of, len(apart_m), int((apart_m == 0).sum()), spans)
