"""Areas, discs and buffers on the WGS84 ellipsoid, in and out as longitude and latitude.

This module knows geodesy. It does not know what a ring belongs to.
"""

from __future__ import annotations

from math import pi, sin, sqrt

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from landcover.zones.repair import polygonal

__all__ = ["METRES_PER_DEGREE", "area_ha", "discs", "grown", "segments"]

FloatArray = NDArray[np.float64]
GeometryArray = NDArray[np.object_]

GEOD = Geod(ellps="WGS84")
SQUARE_METRES_PER_HECTARE = 10_000.0
METRES_PER_DEGREE = 111_319.5
"""Length of one degree of the equator (m): no degree is longer by more than 0.4 %."""

STRAIGHT_DEGREES = 0.1
"""Longest edge taken as geodesic (degrees). Edges are straight in longitude and latitude
(RFC 7946); over 0.1 degree the geodesic is within 2.5 m of that at 45 degrees, on both sides
of a zone alike."""

PIECE_DEGREES = 0.02
"""Longest piece that is buffered (degrees): within 0.1 m of its geodesic at 45 degrees."""

PATCH_DEGREES = 2.0
"""Side of what is buffered in one plane (degrees): within 210 km of its centre an azimuthal
equidistant plane stretches lengths by less than (210 / 6371)^2 / 6 = 2e-4."""

SLACK = 2e-4
"""Share of a distance by which an outline may be simplified before it is buffered."""

QUARTER_SEGMENTS = 48
"""Vertices of a quarter circle in buffers: an arc lies at most 1.4e-4 of its radius inside."""

SAGITTA_M = 1.0
"""How far a disc's outline may leave the true circle (m)."""


def area_ha(geometry: BaseGeometry) -> float:
    """Area of a polygon on the ellipsoid.

    Parameters
    ----------
    geometry : polygon or multipolygon, degrees
        Edges are straight in longitude and latitude.

    Returns
    -------
    float, hectares

    References
    ----------
    Karney (2013), doi:10.1007/s00190-012-0578-z
    """
    dense = shapely.segmentize(geometry, STRAIGHT_DEGREES)
    area_m2, _ = GEOD.geometry_area_perimeter(dense)
    return abs(area_m2) / SQUARE_METRES_PER_HECTARE


def discs(lon: FloatArray, lat: FloatArray, radius_m: float) -> GeometryArray:
    """Geodesic discs around points, as polygons of a disc's own area.

    The vertices lie on a slightly larger geodesic circle, so that polygon and disc have
    the same area: radius * sqrt(a / sin a) for an angle a between vertices.

    Parameters
    ----------
    lon, lat : float64 (N,), degrees
    radius_m : float, metres

    Returns
    -------
    polygons (N,), degrees
    """
    count = _vertices(radius_m)
    angle = 2 * pi / count
    length = radius_m * sqrt(angle / sin(angle))
    azimuth = np.degrees(angle) * np.arange(count)[::-1]
    shape = (len(lon), count)
    # Counted from each point's own meridian, so that no outline jumps at 180 degrees.
    east, north, _ = GEOD.fwd(
        np.zeros(shape).ravel(),
        np.broadcast_to(lat[:, None], shape).ravel(),
        np.broadcast_to(azimuth, shape).ravel(),
        np.full(shape, length).ravel(),
    )
    ring = np.stack([east.reshape(shape) + lon[:, None], north.reshape(shape)], axis=-1)
    return np.asarray(shapely.polygons(ring))


def _vertices(radius_m: float) -> int:
    """Return how many vertices keep a circle's outline within SAGITTA_M of its place."""
    return max(64, 8 * round(2 * pi * sqrt(radius_m / (12 * SAGITTA_M)) / 8))


def grown(geometry: BaseGeometry, distance_m: float) -> BaseGeometry:
    """Everything within a distance of a shape, the shape included.

    Each piece of the outline is buffered by itself in an azimuthal equidistant plane near
    it. GEOS buffers whole outlines only to 1 % of the distance, because it first fills
    shallow bays; a piece of two points has no bay.

    Parameters
    ----------
    geometry : any, degrees
    distance_m : float, metres
        Measured on the ellipsoid; the outline is right to 0.05 % of it.

    Returns
    -------
    polygon or multipolygon, degrees
    """
    parts = [geometry] if shapely.get_dimensions(geometry) == 2 else []
    points = [part for part in shapely.get_parts(geometry) if part.geom_type == "Point"]
    if points:
        lon, lat = shapely.get_coordinates(points).T
        parts.extend(discs(lon, lat, distance_m))
    eased = _eased(geometry, distance_m)
    convex = shapely.get_dimensions(eased) == 2 and eased.equals(eased.convex_hull)
    parts.extend(_capsules(segments(eased), distance_m, convex=convex))
    return polygonal(shapely.union_all(parts))


def _eased(geometry: BaseGeometry, distance_m: float) -> BaseGeometry:
    """Simplify an outline as far as a buffer of `distance_m` does not show it.

    A bay with a mouth of width w changes a buffer by at most w^2 / (8 distance).
    """
    if shapely.get_dimensions(geometry) == 2:
        hull = geometry.convex_hull
        bays = shapely.bounds(shapely.get_parts(hull.difference(geometry)))
        mouths_m = METRES_PER_DEGREE * np.hypot(bays[:, 2] - bays[:, 0], bays[:, 3] - bays[:, 1])
        if (mouths_m**2 < 8 * SLACK * distance_m**2).all():
            return hull
    return geometry.simplify(SLACK * distance_m / METRES_PER_DEGREE)


def segments(geometry: BaseGeometry, longest_degrees: float = PIECE_DEGREES) -> FloatArray:
    """Cut outlines and lines into straight pieces.

    Returns
    -------
    float64 (N, 2, 2), degrees
        (piece, end, lon/lat), none longer than `longest_degrees`.
    """
    lines = [_line(part) for part in shapely.get_parts(geometry) if part.geom_type != "Point"]
    dense = shapely.segmentize([line for line in lines if not line.is_empty], longest_degrees)
    runs = [shapely.get_coordinates(line) for line in shapely.get_parts(dense)]
    pieces = [np.stack([run[:-1], run[1:]], axis=1) for run in runs]
    return np.concatenate(pieces) if pieces else np.empty((0, 2, 2))


def _line(part: BaseGeometry) -> BaseGeometry:
    """Return the outline of a polygon, or a line as it is."""
    return part.boundary if isinstance(part, Polygon) else part


def _capsules(pieces: FloatArray, distance_m: float, *, convex: bool) -> list[BaseGeometry]:
    """Buffer pieces patch by patch, each patch in a plane of its own."""
    if not len(pieces):
        return []
    if convex and (np.ptp(pieces, axis=(0, 1)) < PATCH_DEGREES).all():
        return [_patch(pieces, distance_m, convex=True)]
    patch = np.floor(pieces.mean(axis=1) / PATCH_DEGREES)
    _, member = np.unique(patch, axis=0, return_inverse=True)
    member = member.ravel()
    return [_patch(pieces[member == k], distance_m) for k in range(member.max() + 1)]


def _patch(pieces: FloatArray, distance_m: float, *, convex: bool = False) -> BaseGeometry:
    """Buffer pieces that lie near each other in one azimuthal equidistant plane.

    The outline of a convex shape has no bays to fill, so it is buffered whole.
    """
    low, high = pieces.min(axis=(0, 1)), pieces.max(axis=(0, 1))
    lon, lat = (low + high) / 2
    plane = Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=aeqd +lon_0={lon} +lat_0={lat} +ellps=WGS84"
    )
    x, y = plane.transform(pieces[..., 0], pieces[..., 1])
    flat = np.stack([x, y], axis=-1)
    lines = [Polygon(flat[:, 0])] if convex else shapely.linestrings(flat)
    near = shapely.union_all(shapely.buffer(lines, distance_m, quad_segs=QUARTER_SEGMENTS))
    near = shapely.simplify(near, SLACK / 4 * distance_m)
    return shapely.transform(
        shapely.segmentize(near, PIECE_DEGREES * METRES_PER_DEGREE),
        lambda xy: np.column_stack(plane.transform(xy[:, 0], xy[:, 1], direction="INVERSE")),
    )
