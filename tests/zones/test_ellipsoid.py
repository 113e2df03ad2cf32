"""Areas, discs and buffers against geodesic truth."""

from __future__ import annotations

from math import pi
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from scipy.spatial import cKDTree
from shapely.geometry import LineString, MultiPoint, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from landcover.zones.ellipsoid import area_ha, discs, grown, segments

GEOD = Geod(ellps="WGS84")
HECTARE_M2 = 10_000


def _distances(
    points: BaseGeometry, shape: BaseGeometry, step_degrees: float
) -> NDArray[np.float64]:
    """Geodesic distance (m) of each vertex of `points` from the outline of `shape`."""
    posts = shapely.get_coordinates(shapely.segmentize(shape, step_degrees))
    places = shapely.get_coordinates(points)
    _, near = cKDTree(_in_space(posts)).query(_in_space(places), k=4)
    ends = [(places[:, 0], places[:, 1], *posts[near[:, k]].T) for k in range(4)]
    return np.min([GEOD.inv(*end)[2] for end in ends], axis=0)


def _in_space(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres from the centre of the Earth (N, 3)."""
    to_space = Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
    return np.column_stack(to_space.transform(places[:, 0], places[:, 1], np.zeros(len(places))))


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-179, 179), st.floats(-80, 80), st.sampled_from([100, 500, 1000, 5000, 20000, 50000])
)
def test_a_disc_has_the_area_of_a_disc(lon: float, lat: float, radius: float) -> None:
    (disc,) = discs(np.array([lon]), np.array([lat]), radius)
    assert area_ha(disc) == pytest.approx(pi * radius**2 / HECTARE_M2, rel=1e-4)


def test_a_discs_outline_is_a_geodesic_circle() -> None:
    (disc,) = discs(np.array([28.5]), np.array([1.7]), 20_000.0)
    lon, lat = shapely.get_coordinates(disc).T
    _, _, out = GEOD.inv(np.full(len(lon), 28.5), np.full(len(lon), 1.7), lon, lat)
    assert out == pytest.approx(20_000, abs=2.0)
    assert disc.exterior.is_ccw


def test_one_degree_at_the_equator_has_its_known_area() -> None:
    """12,308.778 km2 on WGS84 between 0 and 1 degree: integral of M N cos(latitude)."""
    phi = np.radians((np.arange(100_000) + 0.5) / 100_000)
    e2 = 0.00669437999014
    w = 1 - e2 * np.sin(phi) ** 2
    truth = (6378137**2 * (1 - e2) * np.cos(phi) / w**2).mean() * np.radians(1) ** 2
    assert area_ha(box(28, 0, 29, 1)) == pytest.approx(truth / HECTARE_M2, rel=1e-6)


def test_edges_are_straight_in_degrees() -> None:
    """RFC 7946: a box's upper edge follows its parallel, not the geodesic above it."""
    low, high = area_ha(box(0, 60, 40, 61)), area_ha(box(0, 60, 20, 61)) * 2
    assert low == pytest.approx(high, rel=1e-4)


def test_the_okapi_reserve_has_its_reference_area(shared: Path) -> None:
    """13,939.6 km2, computed apart from this project."""
    shape = shapely.from_geojson((shared / "places/reserves_okapi_itombwe.geojson").read_text())
    okapi, itombwe = shapely.get_parts(shape)
    assert area_ha(okapi) / 100 == pytest.approx(13_939.6, abs=0.05)
    assert area_ha(itombwe) / 100 == pytest.approx(6_033.2, abs=0.05)


@pytest.mark.parametrize("distance", [500.0, 5000.0, 20_000.0])
@pytest.mark.parametrize("latitude", [0.0, -45.0, 65.0])
def test_a_buffers_outline_lies_at_its_distance(distance: float, latitude: float) -> None:
    hooked = Polygon([(10, 0), (10.6, 0), (10.6, 0.5), (10.3, 0.1), (10, 0.5)])
    shape = shapely.transform(hooked, lambda xy: np.add(xy, (0, latitude)))
    outline = grown(shape, distance)
    outer = shapely.segmentize(outline.exterior, 0.05)
    assert _distances(outer, shape, 0.0001) == pytest.approx(distance, rel=1e-3)


@pytest.mark.parametrize("distance", [5000.0, 20_000.0])
def test_a_reserves_buffer_lies_at_its_distance(shared: Path, distance: float) -> None:
    """GEOS alone fills this reserve's bays by up to 66 m at 20 km."""
    shape = shapely.from_geojson((shared / "places/reserves_okapi_itombwe.geojson").read_text())
    okapi = shapely.get_parts(shape)[0]
    outer = shapely.get_coordinates(grown(okapi, distance))[::25]
    out = _distances(MultiPoint(outer), okapi, 0.001)
    assert out == pytest.approx(distance, rel=1e-3)


def test_a_buffer_wider_than_one_plane() -> None:
    """A line along the equator: 600 km long, two half discs at its ends."""
    line = LineString([(20, 0), (20 + np.degrees(600_000 / 6378137), 0)])
    truth = 600_000 * 2 * 10_000 + pi * 10_000**2
    assert area_ha(grown(line, 10_000)) * HECTARE_M2 == pytest.approx(truth, rel=5e-4)


def test_points_and_polygons_grow_together() -> None:
    pair = shapely.union_all([Point(10, 0), Point(11, 0)])
    assert area_ha(grown(pair, 1000)) == pytest.approx(2 * 100 * pi, rel=1e-4)


def test_a_small_convex_shape_grows_like_a_disc_with_its_edge() -> None:
    """Steiner: area + perimeter * r + pi r2, on a square of 100 m."""
    side = 100 / 111_319.49
    square = box(0, -side / 2, side, side / 2)
    area, perimeter = GEOD.geometry_area_perimeter(square)
    truth = abs(area) + perimeter * 5000 + pi * 5000**2
    assert area_ha(grown(square, 5000)) * HECTARE_M2 == pytest.approx(truth, rel=5e-4)


def test_segments_of_points_are_none() -> None:
    assert segments(Point(1, 1)).shape == (0, 2, 2)
