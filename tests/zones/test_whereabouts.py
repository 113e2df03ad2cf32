"""Where sites lie: the region that holds them, the nearest reserve and the way to its edge."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

from landcover.model import Zone
from landcover.zones.ellipsoid import area_ha
from landcover.zones.features import Feature
from landcover.zones.nearby import distances_m
from landcover.zones.whereabouts import Whereabouts, whereabouts

GEOD = Geod(ellps="WGS84")


def zone(identity: str, kind: str, shape: BaseGeometry) -> Zone:
    return Zone(identity, identity.title(), kind, f"{kind}s", shape, area_ha(shape))


ZONES = (
    zone("province", "region", shapely.box(27, 0, 31, 3)),
    zone("west", "region", shapely.box(27, 0, 29, 3)),
    zone("east", "region", shapely.box(29, 0, 31, 3)),
    zone("park", "reserve", shapely.box(28, 1, 28.5, 2)),
    zone("core", "reserve", shapely.box(28.1, 1.1, 28.2, 1.2)),
    zone("other", "reserve", shapely.box(30, 1, 30.5, 2)),
    zone("ring", "outside", shapely.box(27.9, 0.9, 28.6, 2.1)),
)


def of(*shapes: BaseGeometry, zones: tuple[Zone, ...] = ZONES) -> list[Whereabouts]:
    return whereabouts(shapes, zones)


def test_the_way_to_an_edge_worked_by_hand() -> None:
    # due south of the park's southern edge, along the meridian of 28.25 E: from 0.5 to 1 N
    (south,) = of(shapely.Point(28.25, 0.5))
    metres = GEOD.inv(28.25, 0.5, 28.25, 1.0)[2]
    assert metres == pytest.approx(55_287, abs=1)  # half a degree near the equator
    assert south[:4] == ("west", "West", "park", "Park")
    assert south.distance_m == pytest.approx(metres, rel=1e-4)


def test_within_and_at_the_edge_it_is_nothing() -> None:
    inside, edge, deep = of(
        shapely.Point(28.4, 1.9), shapely.Point(28.5, 1.5), shapely.Point(28.15, 1.15)
    )
    assert (inside.reserve_id, inside.distance_m) == ("park", 0.0)
    assert (edge.reserve_id, edge.distance_m) == ("park", 0.0)
    assert (deep.reserve_id, deep.distance_m) == ("core", 0.0)  # the smallest that holds it


def test_a_polygon_counts_from_its_nearest_side_and_lies_where_its_middle_does() -> None:
    (pit,) = of(shapely.box(28.6, 1.4, 29.1, 1.5))
    assert pit.territory_id == "west"
    assert pit.reserve_id == "park"
    assert pit.distance_m == pytest.approx(GEOD.inv(28.5, 1.5, 28.6, 1.5)[2], rel=1e-3)


def test_what_is_nowhere_is_empty() -> None:
    (beyond,) = of(shapely.Point(33, 1.5))
    assert beyond[:2] == (None, None)
    assert beyond.reserve_id == "other"
    assert of(shapely.Point(33, 1.5), zones=()) == [Whereabouts()]
    assert of(zones=ZONES) == []


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(-60, 55))
def test_distances_are_those_of_a_plane_round_each_place(seed: int, south: float) -> None:
    chance = np.random.default_rng(seed)
    west = chance.uniform(-170, 160)
    shapes = chance.uniform((west, south), (west + 0.8, south + 0.8), (40, 2))
    parks = [
        shapely.MultiPoint(chance.normal((x, y), 0.08, (12, 2))).convex_hull
        for x, y in chance.uniform((west, south), (west + 0.8, south + 0.8), (3, 2))
    ]
    zones = [zone(f"r{n}", "reserve", shape) for n, shape in enumerate(parks)]
    points = [shapely.Point(place) for place in shapes]
    found = np.array([one.distance_m for one in whereabouts(points, zones)])
    features = [Feature("", str(n), "", shape) for n, shape in enumerate((*points, *parks))]
    truth = distances_m(features[:40], features[40:], 400_000.0)
    assert found == pytest.approx(truth, rel=1e-3, abs=0.5)


def test_mines_about_okapi_and_itombwe_are_as_far_as_others_measured(shared: Path) -> None:
    """The list's own distances were computed in UTM 35S; so were the counts by class."""
    folder = shared / "places"
    sites = gpd.read_file(folder / "ipis_asm_sites_within50km_reserves.geojson")
    parks = gpd.read_file(folder / "reserves_okapi_itombwe.geojson")
    for name, counts in (("okapi", [8, 21, 50, 63, 125]), ("itombwe", [41, 33, 22, 45, 210])):
        (shape,) = parks[parks["id"].str.lower().str.contains(name)].geometry
        found = whereabouts(list(sites.geometry), [zone(name, "reserve", shape)])
        metres = np.array([one.distance_m for one in found], float)
        rings = np.histogram(metres[metres > 0], [0, 5_000, 10_000, 20_000, 50_000])[0]
        assert [int((metres == 0).sum()), *rings.tolist()] == counts
        near = metres < 50_000
        told = sites.loc[near, f"dist_km_{name}"].to_numpy(float) * 1000
        outside = told > 0
        assert metres[near][outside] == pytest.approx(told[outside], rel=2e-3, abs=10)
