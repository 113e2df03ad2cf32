"""Who is nearest: the territory of each site among its neighbours.

This module knows points with owners on the ellipsoid. It does not know rings or files.

The ellipsoid is mapped onto a sphere by the conformal latitude, which keeps all directions
and, locally, all ratios of lengths; there the places nearest to a site are bounded by arcs of
great circles (a spherical Voronoi diagram). A stereographic plane keeps circles, so the planar
Delaunay triangles in it are the sphere's. All cells share their corners, so territories cover
the land without gap or overlap. Between sites 40 km apart a boundary is within 0.3 m of the
line of equal geodesic distance; the error grows with the square of the distance.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

__all__ = ["territories"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ECCENTRICITY = 0.0818191908426215
"""First eccentricity of WGS84 (EPSG:7030)."""

RADIUS_M = 6_378_137.0
"""Equatorial radius of WGS84 (m)."""

SAME_PLACE_DEGREES = 1e-6
"""Points nearer than this (about 0.1 m) are one place."""

SAME_CORNER = 1.6e-9
"""Corners nearer than this (radians, 1 cm) are one: four sites on a circle give two of them."""

EDGE_M = 2_000.0
"""Longest straight piece of a boundary (m): its arc is within 0.1 m of it at 45 degrees."""

FENCE_FROM = 2.2
"""Helper points stand at least this many reaches from any site, beyond all rings' business."""

FENCE_CELLS = 4
"""And at most about this many reaches away."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """Corners of cells in turn: the cell, and a triangle whose circumcentre is the corner."""

    cell: IntArray
    corner: IntArray


def territories(
    lon: FloatArray, lat: FloatArray, owner: IntArray, owners: int, reach_m: float
) -> list[BaseGeometry | None]:
    """Places nearer to one owner's points than to any other's, as far as `reach_m`.

    Parameters
    ----------
    lon, lat : float64 (N,), degrees
        Points; a shape is given by points along its outline.
    owner : int64 (N,)
        Number of the owner of each point.
    owners : int
        How many owners there are.
    reach_m : float, metres
        Territories are right to at least this distance from their points.

    Returns
    -------
    list of polygons, degrees
        One an owner; None where others hold all its places.
    """
    kept = _distinct(lon, lat, owner)
    lon, lat, owner = lon[kept], lat[kept], owner[kept]
    middle = (float(lon.min() + lon.max()) / 2, float(lat.min() + lat.max()) / 2)
    sphere = _to_sphere(lon - middle[0], lat)
    frame = _frame(_to_sphere(np.zeros(1), np.array([middle[1]]))[0])
    points = _fenced(sphere @ frame.T, reach_m)
    cells, centres = _cells(points, len(lon))
    polygons = _polygons(cells, centres @ frame, middle[0])
    numbers = np.unique(cells.cell)
    return _joined(polygons, owner[numbers], owners)


def _distinct(lon: FloatArray, lat: FloatArray, owner: IntArray) -> IntArray:
    """Return the points to keep: each place once.

    A place of several owners (a border they share) is left to the places beside it, which
    divide the land between them evenly; owners that have no other place keep it, the first
    of them.
    """
    places = np.round(np.column_stack([lon, lat]) / SAME_PLACE_DEGREES).astype(np.int64)
    _, first, place = np.unique(places, axis=0, return_index=True, return_inverse=True)
    place = place.ravel()
    held = np.unique(np.column_stack([place, owner]), axis=0)[:, 0]
    shared = (np.bincount(held) > 1)[place]
    rich = np.isin(owner, owner[~shared])
    once = np.zeros(len(lon), dtype=bool)
    once[first] = True
    return np.flatnonzero(once & ~(shared & rich))


def _to_sphere(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Return unit vectors (N, 3) on the conformal sphere (Snyder 1987, eq. 3-1)."""
    phi, lam = np.radians(lat), np.radians(lon)
    q = np.arctanh(np.sin(phi)) - ECCENTRICITY * np.arctanh(ECCENTRICITY * np.sin(phi))
    chi = np.arcsin(np.tanh(q))
    return np.column_stack([np.cos(chi) * np.cos(lam), np.cos(chi) * np.sin(lam), np.sin(chi)])


def _from_sphere(vectors: FloatArray) -> FloatArray:
    """Return longitude and latitude (N, 2) in degrees of vectors on the conformal sphere."""
    x, y, z = vectors.T
    q = np.arcsinh(z / np.hypot(x, y))
    sin_phi = np.tanh(q)
    for _ in range(6):  # each turn gains a factor 1 / e^2 = 150: 6 reach 1e-13
        sin_phi = np.tanh(q + ECCENTRICITY * np.arctanh(ECCENTRICITY * sin_phi))
    return np.degrees(np.column_stack([np.arctan2(y, x), np.arcsin(sin_phi)]))


def _frame(pole: FloatArray) -> FloatArray:
    """Return the rotation (3, 3) that brings `pole` to the third axis; rows are its axes."""
    east = np.array([-pole[1], pole[0], 0.0])
    east /= np.linalg.norm(east)
    return np.stack([east, np.cross(pole, east), pole])


def _fenced(vectors: FloatArray, reach_m: float) -> FloatArray:
    """Add helper points around the sites (vectors, (N + M, 3)), so that every cell is closed."""
    plane = _to_plane(vectors)
    step = reach_m / RADIUS_M
    near = np.unique(np.floor(plane / step).astype(np.int64), axis=0)
    span = np.arange(-FENCE_CELLS, FENCE_CELLS + 1)
    offsets = np.stack(np.meshgrid(span, span), axis=-1).reshape(-1, 2)
    nodes = np.unique((near[:, None] + offsets).reshape(-1, 2), axis=0) * step
    from scipy.spatial import cKDTree

    far = cKDTree(plane).query(nodes)[0] > FENCE_FROM * step
    return np.concatenate([vectors, _from_plane(nodes[far])])


def _to_plane(vectors: FloatArray) -> FloatArray:
    """Project unit vectors stereographically (N, 2) from the far side of the third axis."""
    return 2 * vectors[:, :2] / (1 + vectors[:, 2:])


def _from_plane(plane: FloatArray) -> FloatArray:
    """Undo `_to_plane`."""
    square = (plane**2).sum(axis=1, keepdims=True) / 4
    return np.concatenate([plane, 1 - square], axis=1) / (1 + square)


def _cells(vectors: FloatArray, sites: int) -> tuple[_Cells, FloatArray]:
    """Triangulate; return the corners of each site's cell in turn, and all circumcentres."""
    from scipy.spatial import Delaunay  # loaded where it is needed: it takes 20 MB and a while

    triangles = Delaunay(_to_plane(vectors)).simplices.astype(np.int64)
    centres = _circumcentres(vectors[triangles])
    vertex = triangles.ravel()
    corner = np.repeat(_merged(centres), 3)
    mine = vertex < sites
    pair = np.unique(vertex[mine] * len(triangles) + corner[mine])
    vertex, corner = np.divmod(pair, len(triangles))
    order = np.lexsort((_direction(vectors[vertex], centres[corner]), vertex))
    return _Cells(vertex[order], corner[order]), centres


def _merged(centres: FloatArray) -> IntArray:
    """Return, for each circumcentre, the first of those in its place."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    pairs = cKDTree(centres).query_pairs(SAME_CORNER, output_type="ndarray")
    ones = np.ones(len(pairs), dtype=np.int8)
    graph = coo_array((ones, tuple(pairs.T)), shape=(len(centres), len(centres)))
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label, return_index=True)
    return first[label].astype(np.int64)


def _circumcentres(corners: FloatArray) -> FloatArray:
    """Return unit vectors (T, 3) equally far from the three corners (T, 3, 3)."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    normal = np.cross(b - a, c - a)
    normal *= np.sign((normal * a).sum(axis=1, keepdims=True))
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    return normal / np.where(length > 0, length, 1.0)


def _direction(origin: FloatArray, target: FloatArray) -> FloatArray:
    """Return the angle (rad) under which `target` is seen from `origin`, anticlockwise."""
    other = np.where(np.abs(origin[:, 2:]) > 0.5, [[1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]])
    east = np.cross(other, origin)
    north = np.cross(origin, east)
    length = np.linalg.norm(east, axis=1)
    offset = target - origin
    return np.arctan2((offset * north).sum(axis=1) / length, (offset * east).sum(axis=1) / length)


def _polygons(cells: _Cells, centres: FloatArray, middle: float) -> NDArray[np.object_]:
    """Draw each cell in longitude and latitude, its edges cut into short straight pieces."""
    starts = np.flatnonzero(np.diff(cells.cell, prepend=-1))
    following = np.arange(1, len(cells.cell) + 1)
    following[np.append(starts[1:], len(cells.cell)) - 1] = starts
    vectors, edge = _edges(centres, cells.corner, cells.corner[following])
    places = np.add(_from_sphere(vectors), (middle, 0.0))
    ring = (np.cumsum(np.diff(cells.cell, prepend=-1) != 0) - 1)[edge]
    return np.asarray(shapely.polygons(shapely.linearrings(places, indices=ring)))


def _edges(centres: FloatArray, begin: IntArray, end: IntArray) -> tuple[FloatArray, IntArray]:
    """Place points along edges (without their ends), the same ones from either side.

    Returns
    -------
    float64 (P, 3)
        Vectors, not of unit length.
    int64 (P,)
        The edge of each.
    """
    low, high = np.minimum(begin, end), np.maximum(begin, end)
    length = np.linalg.norm(centres[high] - centres[low], axis=1)
    count = np.maximum(1, np.ceil(length * RADIUS_M / EDGE_M)).astype(np.int64)
    edge = np.repeat(np.arange(len(begin)), count)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    forward = (begin <= end)[edge]
    share = np.where(forward, step, count[edge] - step) / count[edge]
    return centres[low[edge]] * (1 - share)[:, None] + centres[high[edge]] * share[:, None], edge


def _joined(
    polygons: NDArray[np.object_], owner: IntArray, owners: int
) -> list[BaseGeometry | None]:
    """Join the cells of each owner."""
    order = np.argsort(owner, kind="stable")
    cuts = np.searchsorted(owner[order], np.arange(owners + 1))
    groups = [polygons[order[low:high]] for low, high in pairwise(cuts)]
    return [_union(group) if len(group) else None for group in groups]


def _union(cells: NDArray[np.object_]) -> BaseGeometry:
    """Join cells that share edges; rounding can twist or part cells by some millimetres."""
    try:
        if shapely.is_valid(cells).all():
            return cells[0] if len(cells) == 1 else shapely.coverage_union_all(cells)
    except shapely.GEOSException:  # edges that do not match: the general union bears that
        pass
    return shapely.union_all(shapely.make_valid(cells))
