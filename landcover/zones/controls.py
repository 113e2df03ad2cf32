"""Controls: places like the sites of a group, chosen at random away from all of them.

This module knows distances and chance. It does not know files or rings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPoint, Point
from shapely.geometry.base import BaseGeometry

from landcover.zones.ellipsoid import METRES_PER_DEGREE, grown, segments
from landcover.zones.features import Feature

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

__all__ = ["controls"]

FloatArray = NDArray[np.float64]

SEMI_MAJOR_M, FLATTENING = 6_378_137.0, 1 / 298.257223563
"""WGS84 (EPSG:7030)."""

DRAWS_PER_CONTROL = 2_000
"""Tries per control after which an area is given up as full."""

DECIMALS = 6
"""Of a control's degrees: 0.1 m."""


def controls(
    sites: Sequence[Feature], count: int, *, group: str, min_distance_m: float, seed: int
) -> tuple[list[Feature], int]:
    """Choose points at random, uniformly by area, away from sites.

    They are sought within the convex hull of the sites; those that find no room there,
    within that hull grown by twice the distance.

    Parameters
    ----------
    sites : sequence of Feature
        Points, lines or polygons.
    count : int
        How many to choose.
    group : str
        Begins their ids: ``<group>-1``.
    min_distance_m : float, metres
        Least geodesic distance from any site.
    seed : int
        The same seed and sites give the same points.

    Returns
    -------
    features
        At most `count` points.
    int
        How many of them lie outside the hull.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    gap_degrees = max(min_distance_m / 100, 10.0) / METRES_PER_DEGREE
    posts = np.concatenate([_posts(site.geometry, gap_degrees) for site in sites])
    from scipy.spatial import cKDTree  # loaded where it is needed: it takes 20 MB and a while

    tree = cKDTree(_earth_centred(posts))
    # A chord is never longer than the way on the ground, so no control comes out too near.
    least_m = min_distance_m + (gap_degrees * METRES_PER_DEGREE if _outlined(sites) else 0.0)
    hull = MultiPoint(posts).convex_hull
    shapes = shapely.union_all([site.geometry for site in sites])
    inside = _draw(rng, hull, count, tree, least_m, shapes)
    missing = count - len(inside)
    wider = grown(hull, 2 * min_distance_m) if missing and min_distance_m else None
    around = _draw(rng, wider, missing, tree, least_m, shapes) if wider is not None else inside[:0]
    places = np.round(np.concatenate([inside, around]), DECIMALS)
    features = [
        Feature(f"control {n}", f"{group}-{n}", f"{group}-{n}", Point(place))
        for n, place in enumerate(places.tolist(), start=1)
    ]
    return features, len(around)


def _outlined(sites: Sequence[Feature]) -> bool:
    """Whether any site is more than a point, and so stands for itself by posts with gaps."""
    return any(shapely.get_dimensions(site.geometry) > 0 for site in sites)


def _posts(geometry: BaseGeometry, gap_degrees: float) -> FloatArray:
    """Return a shape's points, and points along its outline (N, 2)."""
    ends = segments(geometry, gap_degrees).reshape(-1, 2)
    return np.concatenate([shapely.get_coordinates(geometry), ends])


def _earth_centred(places: FloatArray) -> FloatArray:
    """Return metres (N, 3) from the centre of the Earth, on the ellipsoid."""
    lon, lat = np.radians(places).T
    e2 = FLATTENING * (2 - FLATTENING)
    n = SEMI_MAJOR_M / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    return np.column_stack(
        [n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon), n * (1 - e2) * np.sin(lat)]
    )


def _draw(
    rng: np.random.Generator,
    area: BaseGeometry,
    count: int,
    tree: cKDTree,
    least_m: float,
    shapes: BaseGeometry,
) -> FloatArray:
    """Draw places (n <= count, 2) in an area, far enough from all posts and outside shapes."""
    if shapely.get_dimensions(area) < 2 or count == 0:
        return np.empty((0, 2))
    west, south, east, north = area.bounds
    low, high = np.sin(np.radians([south, north]))
    shapely.prepare([area, shapes])
    taken: list[FloatArray] = []
    for _ in range(DRAWS_PER_CONTROL):
        lon = rng.uniform(west, east, count)
        lat = np.degrees(np.arcsin(rng.uniform(low, high, count)))  # uniform by area
        places = np.column_stack([lon, lat])
        good = tree.query(_earth_centred(places))[0] >= least_m
        points = shapely.points(places)
        good &= shapely.contains(area, points) & ~shapely.intersects(shapes, points)
        taken.append(places[good])
        if sum(map(len, taken)) >= count:
            break
    return np.concatenate(taken)[:count]
