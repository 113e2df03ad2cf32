"""Rings: hand-worked cases, geodesic truth, and the sites of eastern Congo."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from math import acos, pi, sqrt
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from landcover.errors import ZoneError
from landcover.model import Zone
from landcover.zones.ellipsoid import area_ha
from landcover.zones.features import Feature
from landcover.zones.rings import rings, span

GEOD = Geod(ellps="WGS84")
EDGES_M = (500.0, 1000.0, 5000.0, 10_000.0, 20_000.0)

Named = Callable[[Sequence[BaseGeometry]], list[Feature]]


def _annulus(near: float, far: float) -> float:
    return pi * (far**2 - near**2) / 1e4


def _point(metres: float, latitude: float = 0.0) -> Point:
    """Lie so many metres east of 28 E on a parallel."""
    lon, lat, _ = GEOD.fwd(28, latitude, 90, metres)
    return Point(lon, lat)


def test_a_span_is_written_short() -> None:
    assert span(0, 500) == "0-500m"
    assert span(1000.0, 2500.5) == "1000-2500.5m"
    assert span(500_000, 1_000_000) == "500000-1000000m"


@pytest.mark.parametrize("latitude", [0.0, -33.0, 64.0])
def test_a_lone_sites_rings_have_the_areas_of_annuli(latitude: float, named: Named) -> None:
    drawn = rings(named([Point(28, latitude)]), EDGES_M, group="sites", kind="ring")
    ids = ["a_0-500m", "a_500-1000m", "a_1000-5000m", "a_5000-10000m", "a_10000-20000m"]
    assert [zone.id for zone in drawn.zones] == ids
    for zone, near, far in zip(drawn.zones, (0, *EDGES_M[:-1]), EDGES_M, strict=True):
        assert zone.area_ha == pytest.approx(_annulus(near, far), rel=1e-4)
        assert (zone.from_m, zone.to_m, zone.parent) == (near, far, "a")
        assert zone.geometry.is_valid
        assert zone.geometry.exterior.is_ccw


def test_two_near_sites_share_their_discs_at_the_chord(named: Named) -> None:
    """Two discs of 1 km whose centres lie 1 km apart: each keeps its disc less a segment."""
    drawn = rings(named([_point(0), _point(1000)]), (1000,), group="sites", kind="ring")
    half, radius = 500.0, 1000.0
    cut = radius**2 * acos(half / radius) - half * sqrt(radius**2 - half**2)
    truth = (pi * radius**2 - cut) / 1e4
    assert [zone.area_ha for zone in drawn.zones] == pytest.approx([truth, truth], rel=2e-4)


def test_sites_far_apart_do_not_touch_each_other(named: Named) -> None:
    drawn = rings(named([_point(0), _point(2100)]), (1000,), group="sites", kind="ring")
    assert [z.area_ha for z in drawn.zones] == pytest.approx([_annulus(0, 1000)] * 2, rel=1e-4)


def test_a_ring_owned_wholly_by_neighbours_is_named(named: Named) -> None:
    """A site amid four others 300 m away has no land beyond 300 / sqrt(2) * ... 500 m."""
    centre = [28.0, 1.0]
    others = [GEOD.fwd(*centre, azimuth, 300)[:2] for azimuth in (0, 90, 180, 270)]
    drawn = rings(named([Point(centre), *map(Point, others)]), (500, 1000), group="s", kind="ring")
    assert drawn.empty == ("a_500-1000m",)
    first = drawn.zones[0]
    assert first.area_ha == pytest.approx(300**2 / 1e4, rel=1e-3)  # its cell: a square of 300 m


def test_of_two_sites_in_one_place_the_second_is_named_as_empty(named: Named) -> None:
    drawn = rings(named([Point(28, 1), Point(28, 1)]), (500, 1000), group="s", kind="ring")
    assert drawn.empty == ("b_0-500m", "b_500-1000m")
    assert [zone.parent for zone in drawn.zones] == ["a", "a"]


def _geodesic(px: NDArray[np.float64], sites: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distances (points, sites) in metres."""
    shape = (len(px), len(sites))
    wide = [np.broadcast_to(px[:, k, None], shape).ravel() for k in (0, 1)]
    far = [np.broadcast_to(sites[None, :, k], shape).ravel() for k in (0, 1)]
    return GEOD.inv(*wide, *far)[2].reshape(shape)


def _owners(zones: Sequence[Zone], places: NDArray[np.float64]) -> list[list[Zone]]:
    """List the zones that hold each place."""
    tree = shapely.STRtree([zone.geometry for zone in zones])
    found: list[list[Zone]] = [[] for _ in places]
    for place, zone in tree.query(shapely.points(places), predicate="within").T:
        found[place].append(zones[zone])
    return found


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-170, 170),
    st.floats(-65, 65),
    st.integers(0, 2**32 - 1),
    st.integers(1, 26),
    st.sampled_from([0.01, 0.1, 0.4]),
)
def test_each_place_lies_in_the_ring_of_its_nearest_site(
    lon: float, lat: float, seed: int, count: int, size: float
) -> None:
    rng = np.random.default_rng(seed)
    spread = np.array([size / np.cos(np.radians(lat)), size])
    sites = rng.uniform(-1, 1, (count, 2)) * spread + [lon, lat]
    features = [Feature(f"row {n}", str(n), str(n), Point(site)) for n, site in enumerate(sites)]
    zones = rings(features, EDGES_M, group="sites", kind="ring").zones
    places = rng.uniform(-1.5, 1.5, (100, 2)) * spread + [lon, lat]
    distance = _geodesic(places, sites)
    for place, out in zip(_owners(zones, places), distance, strict=True):
        near = np.sort(out)
        unsure = count > 1 and near[1] - near[0] < 1.0
        if unsure or (np.abs(near[0] - np.array(EDGES_M)) < 2.0).any():
            continue
        truth = [(str(out.argmin()), far) for far in EDGES_M if near[0] < far][:1]
        assert [(zone.parent, zone.to_m) for zone in place] == truth
    whole = shapely.union_all([zone.geometry for zone in zones])
    assert sum(zone.area_ha for zone in zones) == pytest.approx(area_ha(whole), rel=1e-6)


def test_rings_of_a_polygon_start_at_its_edge(named: Named) -> None:
    """Steiner on a square: perimeter * r + pi r2 around it, nothing inside."""
    side = 0.02
    mine = box(28, -side / 2, 28 + side, side / 2)
    _, perimeter = GEOD.geometry_area_perimeter(mine)
    drawn = rings(named([mine]), (500, 1000), group="sites", kind="ring")
    for zone, near, far in zip(drawn.zones, (0, 500), (500, 1000), strict=True):
        truth = (perimeter * (far - near) + pi * (far**2 - near**2)) / 1e4
        assert zone.area_ha == pytest.approx(truth, rel=1e-3)
        assert zone.geometry.intersection(mine).area < 1e-12


def test_points_lines_and_polygons_share_the_land(named: Named) -> None:
    shapes = [box(28, 0, 28.02, 0.02), Point(28.04, 0.01), LineString([(28, 0.05), (28.05, 0.05)])]
    drawn = rings(named(shapes), (500, 5000), group="sites", kind="ring")
    shapely.prepare(shapes)
    rng = np.random.default_rng(1)
    places = rng.uniform([27.95, -0.05], [28.1, 0.1], (400, 2))
    posts = [shapely.get_coordinates(shapely.segmentize(s, 1e-4)) for s in shapes]
    distance = np.column_stack([_geodesic(places, post).min(axis=1) for post in posts])
    distance[shapely.contains(shapes[0], shapely.points(places)), 0] = 0
    for held, out in zip(_owners(drawn.zones, places), distance, strict=True):
        near = np.sort(out)
        edges = np.abs(near[0] - np.array([500.0, 5000.0]))
        if near[1] - near[0] < 5 or (edges < 5).any():
            continue
        expected = ["abc"[out.argmin()]] if 0 < near[0] < 5000 else []
        assert [zone.parent for zone in held] == expected


def test_touching_reserves_do_not_claim_each_other(named: Named) -> None:
    west, east = box(28, 1, 28.1, 1.1), box(28.1, 1, 28.2, 1.1)
    drawn = rings(named([west, east]), (5000, 10_000), group="reserves", kind="outside")
    both = shapely.union_all([west, east])
    around = shapely.union_all([zone.geometry for zone in drawn.zones])
    assert around.intersection(both).area < 1e-12
    areas = {zone.id: zone.area_ha for zone in drawn.zones}
    assert areas["a_0-5000m"] == pytest.approx(areas["b_0-5000m"], rel=1e-3)
    _, perimeter = GEOD.geometry_area_perimeter(both)
    truth = (perimeter * 10_000 + pi * 10_000**2) / 1e4
    assert sum(areas.values()) == pytest.approx(truth, rel=1e-3)
    assert sum(areas.values()) == pytest.approx(area_ha(around), rel=1e-6)


def test_a_reserve_within_another_is_cut_out_of_nothing(named: Named) -> None:
    core, whole = box(28.04, 1.04, 28.06, 1.06), box(28, 1, 28.1, 1.1)
    drawn = rings(named([core, whole]), (2000,), group="reserves", kind="outside")
    assert drawn.empty == ("a_0-2000m",)
    assert [zone.parent for zone in drawn.zones] == ["b"]


@pytest.mark.parametrize(
    ("place", "what"),
    [
        (Point(179.9, 1), "cross the 180th meridian"),
        (Point(-179.9, 1), "cross the 180th meridian"),
        (Point(20, 84.95), "beyond 85 degrees"),
    ],
)
def test_rings_off_the_map_are_refused(place: Point, what: str, named: Named) -> None:
    with pytest.raises(ZoneError, match=rf"^zones\.s, row 0 \(id 'a'\): its rings .*{what}"):
        rings(named([place]), (20_000,), group="s", kind="ring")


@pytest.fixture(scope="module")
def congo() -> list[Feature]:
    """Return the 3,409 sites of IPIS (ODC-BY, credit IPIS)."""
    path = Path(__file__).resolve().parents[2].parent / "shared/places"
    if not path.is_dir():
        pytest.skip("the folder `shared` with real data is not beside this checkout")
    text = (path / "ipis_asm_sites_minimal.geojson").read_text(encoding="utf-8")
    points = shapely.get_parts(shapely.from_geojson(text))
    return [Feature(f"row {n}", f"s{n}", f"s{n}", point) for n, point in enumerate(points)]


def test_all_sites_of_congo_are_ringed_in_time_and_rightly(congo: list[Feature]) -> None:
    """3,409 sites x 5 rings: 5 s measured on one core of a shared machine."""
    start = time.process_time()
    drawn = rings(congo, EDGES_M, group="sites", kind="ring")
    assert time.process_time() - start < 30
    assert len(drawn.zones) + len(drawn.empty) == len(congo) * len(EDGES_M)
    assert shapely.is_valid([zone.geometry for zone in drawn.zones]).all()
    sites = np.array([feature.geometry.coords[0] for feature in congo])
    rng = np.random.default_rng(7)
    places = sites[rng.integers(0, len(sites), 500)] + rng.uniform(-0.15, 0.15, (500, 2))
    distance = _geodesic(places, sites)
    for held, out in zip(_owners(drawn.zones, places), distance, strict=True):
        near = np.sort(out)
        if near[1] - near[0] < 1 or (np.abs(near[0] - np.array(EDGES_M)) < 2).any():
            continue
        expected = [congo[out.argmin()].id] if near[0] < EDGES_M[-1] else []
        assert [zone.parent for zone in held] == expected


@pytest.fixture(scope="module")
def outside() -> tuple[list[BaseGeometry], tuple[Zone, ...]]:
    """Return the reserves of Okapi and Itombwe, and what lies within 50 km outside."""
    path = Path(__file__).resolve().parents[2].parent / "shared/places"
    if not path.is_dir():
        pytest.skip("the folder `shared` with real data is not beside this checkout")
    text = (path / "reserves_okapi_itombwe.geojson").read_text(encoding="utf-8")
    shapes = list(shapely.get_parts(shapely.from_geojson(text)))
    features = [Feature("0", "okapi", "", shapes[0]), Feature("1", "itombwe", "", shapes[1])]
    return shapes, rings(features, (5e3, 1e4, 2e4, 5e4), group="reserves", kind="outside").zones


@pytest.mark.parametrize(
    ("name", "number", "inside", "counts"),
    [("okapi", 0, 8, (21, 50, 63, 125)), ("itombwe", 1, 41, (33, 22, 45, 210))],
)
def test_the_sites_around_two_reserves_are_as_many_as_counted_before(
    congo: list[Feature],
    outside: tuple[list[BaseGeometry], tuple[Zone, ...]],
    name: str,
    number: int,
    inside: int,
    counts: tuple[int, ...],
) -> None:
    """Truth counted independently in the plane of UTM 35S, with distances from polygons."""
    points = [feature.geometry for feature in congo]
    mine = [zone for zone in outside[1] if zone.parent == name]
    assert shapely.contains(outside[0][number], points).sum() == inside
    assert tuple(shapely.contains(zone.geometry, points).sum() for zone in mine) == counts
