"""The nearest site of a shape, and how far it is."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from landcover.zones.nearest_site import nearest_site

GEOD = Geod(ellps="WGS84")


def test_one_degree_of_the_equator_and_what_touches() -> None:
    shapes = np.array([shapely.Point(29, 0), shapely.box(29.9, -0.1, 30.1, 0.1)])
    sites = np.array([shapely.Point(30, 0)])
    number, apart_m = nearest_site(shapes, sites)
    assert number.tolist() == [0, 0]
    # a degree of WGS84's equator: 6,378,137 m * pi / 180
    assert apart_m == pytest.approx([111_319.4908, 0.0], rel=1e-8)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(-60, 55))
def test_points_have_the_nearest_of_all_geodesics(seed: int, south: float) -> None:
    chance = np.random.default_rng(seed)
    west = chance.uniform(-170, 160)
    shapes = chance.uniform((west, south), (west + 1, south + 1.5), (12, 2))
    sites = chance.uniform((west, south), (west + 1, south + 1.5), (9, 2))
    number, apart_m = nearest_site(*(np.asarray(shapely.points(p)) for p in (shapes, sites)))
    pairs = np.repeat(shapes, 9, axis=0), np.tile(sites, (12, 1))
    truth = np.asarray(GEOD.inv(*pairs[0].T, *pairs[1].T)[2]).reshape(12, 9)
    assert apart_m == pytest.approx(truth.min(axis=1), rel=1e-3)
    assert apart_m == pytest.approx(truth[np.arange(12), number], rel=1e-9)


def test_a_polygons_nearest_side_counts() -> None:
    square = shapely.box(29.0, -2.1, 29.1, -2.0)
    sites = np.array([shapely.Point(29.3, -2.05), shapely.Point(29.05, -1.95)])
    number, apart_m = nearest_site(np.array([square]), sites)
    assert number.tolist() == [1]
    assert apart_m[0] == pytest.approx(GEOD.inv(29.05, -2.0, 29.05, -1.95)[2], rel=1e-3)


def test_no_shape_has_no_nearest() -> None:
    number, apart_m = nearest_site(np.array([], dtype=object), np.array([shapely.Point(0, 0)]))
    assert len(number) == len(apart_m) == 0
