"""Which of many sites lies nearest to a shape, and how far away.

This module knows distances on the ellipsoid. It does not know files, rings or disturbances.

Candidates are sought in one plane for all; those that may be the nearest are then measured each
in a plane that is true to scale about the shape itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

__all__ = ["nearest_site"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
GeometryArray = NDArray[np.object_]

GEOD = Geod(ellps="WGS84")

SLACK = 1.02
"""How much farther than the nearest in the search plane a candidate may lie (no unit): what a
sphere's degrees and the ellipsoid's differ by, and more."""


def _scale(latitude: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the length (m) of a degree of longitude and of latitude (Snyder 1987, p. 24)."""
    sine2 = np.sin(np.radians(latitude)) ** 2
    bulge = 1 - GEOD.es * sine2
    across = GEOD.a * np.cos(np.radians(latitude)) / np.sqrt(bulge)
    along = GEOD.a * (1 - GEOD.es) / bulge**1.5
    return np.radians(across), np.radians(along)


def _scaled(shapes: GeometryArray, x: Any, y: Any) -> GeometryArray:
    """Stretch shapes, each by its own factors."""
    places, number = shapely.get_coordinates(shapes, return_index=True)
    factors = np.broadcast_arrays(np.asarray(x), np.asarray(y), np.empty(len(shapes)))[:2]
    places *= np.stack(factors, axis=-1)[number]
    return np.asarray(shapely.set_coordinates(shapes.copy(), places), np.object_)


def _latitudes(shapes: GeometryArray) -> FloatArray:
    """Return the middle latitude of each shape (degrees)."""
    bounds = shapely.bounds(shapes)
    middle: FloatArray = (bounds[:, 1] + bounds[:, 3]) / 2
    return middle


def _candidates(shapes: GeometryArray, sites: GeometryArray) -> tuple[IntArray, IntArray]:
    """Return pairs of a shape and a site that may be its nearest."""
    latitude = np.concatenate([_latitudes(shapes), _latitudes(sites)])
    cosine = np.cos(np.radians(latitude))
    squeeze = float(cosine.mean())
    tree = shapely.STRtree(_scaled(sites, squeeze, 1.0))
    flat = _scaled(shapes, squeeze, 1.0)
    (shape, _), apart = tree.query_nearest(flat, return_distance=True, all_matches=False)
    least = np.zeros(len(shapes))
    least[shape] = apart
    ratio = float(cosine.max() / max(cosine.min(), 1e-6))
    reach = least * (ratio * SLACK) + 1e-9
    first, second = tree.query(flat, predicate="dwithin", distance=reach)
    return first.astype(np.int64), second.astype(np.int64)


def _measured(shapes: GeometryArray, sites: GeometryArray) -> FloatArray:
    """Measure each shape's distance to its own site (m): geodesic, between the nearest places."""
    x, y = _scale(_latitudes(shapes))
    line = shapely.shortest_line(_scaled(shapes, x, y), _scaled(sites, x, y))
    ends = shapely.get_coordinates(line).reshape(-1, 2, 2) / np.stack([x, y], axis=-1)[:, None]
    apart: FloatArray = GEOD.inv(*ends[:, 0].T, *ends[:, 1].T)[2]
    return np.asarray(apart, np.float64)


def nearest_site(shapes: GeometryArray, sites: GeometryArray) -> tuple[IntArray, FloatArray]:
    """Find the nearest site of each shape.

    Parameters
    ----------
    shapes : polygons, lines or points (P,), degrees
    sites : points, lines or polygons (S,), degrees
        At least one.

    Returns
    -------
    int64 (P,)
        Number of the nearest site; of equally near ones the first.
    float64 (P,), metres
        Geodesic distance between their nearest places, right to 0.1 % within 100 km; 0 where
        they touch.
    """
    if not len(shapes):
        return np.zeros(0, np.int64), np.zeros(0)
    shape, site = _candidates(shapes, sites)
    apart = _measured(shapes[shape], sites[site])
    order = np.lexsort((site, apart, shape))
    first = order[np.searchsorted(shape[order], np.arange(len(shapes)))]
    return site[first], apart[first]
