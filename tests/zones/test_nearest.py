"""Territories: worked by hand, and against geodesic distances."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import Point, box

from landcover.zones.nearest import _from_sphere, _to_sphere, territories

GEOD = Geod(ellps="WGS84")


def test_two_sites_share_the_land_on_the_middle_meridian() -> None:
    cells = territories(np.array([28.0, 28.1]), np.zeros(2), np.arange(2), 2, 10_000)
    window = box(27.95, -0.05, 28.15, 0.05)
    west, east = (cell.intersection(window).bounds for cell in cells if cell is not None)
    assert west == pytest.approx((27.95, -0.05, 28.05, 0.05), abs=1e-9)
    assert east == pytest.approx((28.05, -0.05, 28.15, 0.05), abs=1e-9)


def test_four_corners_of_a_square_get_a_quarter_each() -> None:
    """Cocircular sites: the diagonal of their triangles must not show."""
    lon, lat = np.array([0.0, 0.1, 0.0, 0.1]), np.array([-0.05, -0.05, 0.05, 0.05])
    cells = territories(lon, lat, np.arange(4), 4, 20_000)
    window = box(-0.05, -0.1, 0.15, 0.1)
    areas = [cell.intersection(window).area for cell in cells if cell is not None]
    assert areas == pytest.approx([0.01] * 4, rel=1e-6)


def test_points_of_one_owner_are_one_territory() -> None:
    lon = np.array([0.0, 0.01, 0.02, 0.1])
    owner = np.array([0, 0, 0, 1])
    first, second = territories(lon, np.zeros(4), owner, 2, 5_000)
    assert first is not None
    assert second is not None
    assert first.geom_type == "Polygon"
    assert first.intersection(box(0, -0.01, 0.2, 0.01)).bounds[2] == pytest.approx(0.06, abs=1e-9)
    assert first.intersection(second).area == pytest.approx(0, abs=1e-15)


def test_the_first_of_two_sites_in_one_place_has_it_all() -> None:
    cells = territories(np.full(2, 28.0), np.ones(2), np.arange(2), 2, 1_000)
    assert cells[0] is not None
    assert cells[1] is None


def test_a_place_on_a_shared_border_is_left_to_the_places_beside_it() -> None:
    lon, owner = np.array([0.0, 0.01, 0.01, 0.02]), np.array([0, 0, 1, 1])
    first, second = territories(lon, np.zeros(4), owner, 2, 5_000)
    assert first is not None
    assert second is not None
    assert first.intersection(box(0, -0.01, 1, 0.01)).bounds[2] == pytest.approx(0.01, abs=1e-9)
    assert second.intersection(box(0, -0.01, 1, 0.01)).bounds[0] == pytest.approx(0.01, abs=1e-9)


@given(st.floats(-180, 180), st.floats(-85, 85))
def test_the_conformal_sphere_is_undone(lon: float, lat: float) -> None:
    back = _from_sphere(_to_sphere(np.array([lon]), np.array([lat])))[0]
    assert back[1] == pytest.approx(lat, abs=1e-11)
    assert np.cos(np.radians(back[0] - lon)) == pytest.approx(1, abs=1e-14)


def test_the_conformal_latitude_is_snyders() -> None:
    """Snyder (1987), p. 160, Clarke 1866, scaled to the same formula on WGS84 at 45 degrees."""
    phi, e = np.radians(45.0), 0.0818191908426215
    chi = (
        2
        * np.arctan(
            np.tan(np.pi / 4 + phi / 2) * ((1 - e * np.sin(phi)) / (1 + e * np.sin(phi))) ** (e / 2)
        )
        - np.pi / 2
    )
    assert np.arcsin(_to_sphere(np.zeros(1), np.array([45.0]))[0, 2]) == pytest.approx(
        chi, abs=1e-15
    )


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-170, 170),
    st.floats(-70, 70),
    st.integers(0, 2**32 - 1),
    st.integers(2, 40),
    st.sampled_from([0.002, 0.05, 0.3]),
)
def test_each_place_belongs_to_the_geodesically_nearest_site(
    lon: float, lat: float, seed: int, count: int, size: float
) -> None:
    rng = np.random.default_rng(seed)
    stretch = size / np.cos(np.radians(lat))
    x, y = lon + rng.uniform(-stretch, stretch, count), lat + rng.uniform(-size, size, count)
    cells = territories(x, y, np.arange(count), count, 20_000)
    px, py = lon + rng.uniform(-stretch, stretch, 60), lat + rng.uniform(-size, size, 60)
    out = GEOD.inv(
        *(np.broadcast_to(a, (60, count)).ravel() for a in (px[:, None], py[:, None], x, y))
    )
    distance = np.sort(out[2].reshape(60, count), axis=1)
    nearest = out[2].reshape(60, count).argmin(axis=1)
    for n in np.flatnonzero((distance[:, 1] - distance[:, 0] > 1.0) & (distance[:, 0] < 20_000)):
        cell = cells[nearest[n]]
        assert cell is not None
        assert cell.contains(Point(px[n], py[n]))


def test_territories_neither_overlap_nor_leave_gaps() -> None:
    rng = np.random.default_rng(3)
    cells = territories(
        rng.uniform(28, 29, 300), rng.uniform(1, 2, 300), np.arange(300), 300, 20_000
    )
    whole = shapely.union_all(cells)
    assert sum(cell.area for cell in cells if cell) == pytest.approx(whole.area, rel=1e-9)
    assert shapely.is_valid(cells).all()
