"""Controls: far enough, repeatable, uniform, and few where there is no room."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import MultiPoint, Point, box
from shapely.geometry.base import BaseGeometry

from landcover.zones.controls import controls
from landcover.zones.features import Feature

GEOD = Geod(ellps="WGS84")
Named = Callable[[Sequence[BaseGeometry]], list[Feature]]
CORNERS = [Point(28, 1), Point(29, 1), Point(29, 2), Point(28, 2)]


def _least(features: Sequence[Feature], sites: Sequence[Feature]) -> float:
    """Return the shortest geodesic distance between any two (m)."""
    posts = np.concatenate(
        [shapely.get_coordinates(shapely.segmentize(s.geometry, 1e-3)) for s in sites]
    )
    least = []
    for feature in features:
        lon, lat = (np.full(len(posts), value) for value in feature.geometry.coords[0])
        least.append(GEOD.inv(lon, lat, *posts.T)[2].min())
    return float(min(least))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.floats(-60, 60), st.floats(1000, 30_000))
def test_controls_keep_their_distance(seed: int, lat: float, distance: float) -> None:
    rng = np.random.default_rng(seed)
    shapes = shapely.points(rng.uniform([28, lat], [29, lat + 1], (12, 2)))
    sites = [Feature(str(n), str(n), "", shape) for n, shape in enumerate(shapes)]
    found, outside = controls(sites, 10, group="c", min_distance_m=distance, seed=seed)
    assert len(found) == 10
    assert _least(found, sites) >= distance - 0.2  # positions are rounded to 0.1 m
    hull = MultiPoint(shapes).convex_hull.buffer(1e-6)
    assert sum(not hull.contains(f.geometry) for f in found) == outside


def test_the_same_seed_gives_the_same_places(named: Named) -> None:
    def draw(seed: int) -> list[Feature]:
        return controls(named(CORNERS), 5, group="c", min_distance_m=10_000, seed=seed)[0]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
    assert [feature.id for feature in draw(1)] == ["c-1", "c-2", "c-3", "c-4", "c-5"]


def test_controls_lie_outside_mines_and_far_from_their_edges(named: Named) -> None:
    sites = named([box(28, 1, 28.5, 1.5), Point(29, 1), Point(29, 2)])
    found, _ = controls(sites, 20, group="c", min_distance_m=5000, seed=0)
    assert len(found) == 20
    assert _least(found, sites) >= 5000
    assert not any(sites[0].geometry.contains(feature.geometry) for feature in found)


def test_one_site_has_its_controls_around_it(named: Named) -> None:
    sites = named([Point(28, 1)])
    found, outside = controls(sites, 8, group="c", min_distance_m=5000, seed=3)
    assert (len(found), outside) == (8, 8)
    distance = [GEOD.inv(28, 1, *feature.geometry.coords[0])[2] for feature in found]
    assert min(distance) >= 5000 - 0.2
    assert max(distance) <= 10_000 + 20


def test_without_a_distance_there_is_room_in_the_hull_only(named: Named) -> None:
    assert controls(named([Point(28, 1)]), 3, group="c", min_distance_m=0, seed=0) == ([], 0)


def test_places_are_uniform_by_area(named: Named) -> None:
    """Between 40 and 60 degrees north, sin(latitude) splits the area in halves at 48.9."""
    corners = [Point(28, 40), Point(29, 40), Point(29, 60), Point(28, 60)]
    found, _ = controls(named(corners), 4000, group="c", min_distance_m=100, seed=5)
    middle = np.degrees(np.arcsin(np.sin(np.radians([40, 60])).mean()))
    share = np.mean([feature.geometry.y < middle for feature in found])
    assert share == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(4000))
