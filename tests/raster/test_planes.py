"""Planes: which ones differ by whole pixels, and which one a job gets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from shapely import box, transform

from landcover.errors import InputError
from landcover.raster.planes import (
    UTM_REACH_DEGREES,
    equal_area_plane,
    metres_per_unit,
    parse_crs,
    plane_shift,
    transformer,
    utm_plane,
    utm_zone,
)


def test_an_unknown_crs_is_one_sentence() -> None:
    with pytest.raises(InputError) as caught:
        parse_crs("EPSG:999999")
    assert str(caught.value) == (
        "EPSG:999999: is not a coordinate system that PROJ knows. Write one such as EPSG:32635."
    )


@pytest.mark.parametrize(
    ("crs", "zone"),
    [
        ("EPSG:32635", (35, True)),
        ("EPSG:32735", (35, False)),
        ("epsg:32601", (1, True)),
        ("EPSG:32760", (60, False)),
        ("EPSG:4326", None),
        ("EPSG:3857", None),
        ("EPSG:32661", None),  # a polar plane with a neighbouring code
    ],
)
def test_utm_zones_by_code(crs: str, zone: tuple[int, bool] | None) -> None:
    assert utm_zone(crs) == zone


@pytest.mark.parametrize(
    ("crs", "to", "shift"),
    [
        ("EPSG:32635", "EPSG:32635", 0.0),
        ("EPSG:32635", "EPSG:32735", 10_000_000.0),
        ("EPSG:32735", "EPSG:32635", -10_000_000.0),
        ("EPSG:32635", "EPSG:32636", None),
        ("EPSG:32635", "EPSG:4326", None),
        ("EPSG:3857", "EPSG:3857", 0.0),
    ],
)
def test_shifts_between_planes(crs: str, to: str, shift: float | None) -> None:
    assert plane_shift(crs, to) == shift


def test_one_crs_in_two_spellings_is_one_plane() -> None:
    assert plane_shift(CRS("EPSG:32635").to_wkt(), "EPSG:32635") == 0.0


@given(st.floats(24, 30), st.floats(-3, 3))
def test_proj_agrees_with_the_shift(longitude: float, latitude: float) -> None:
    north = transformer("EPSG:4326", "EPSG:32635").transform(longitude, latitude)
    south = transformer("EPSG:4326", "EPSG:32735").transform(longitude, latitude)
    shift = plane_shift("EPSG:32635", "EPSG:32735")
    assert south == pytest.approx((north[0], north[1] + shift), abs=1e-6)


@pytest.mark.parametrize(
    ("west", "east", "latitude", "plane"),
    [
        (26.0, 28.0, 1.0, "EPSG:32635"),
        (26.0, 28.0, -1.0, "EPSG:32735"),
        (22.5, 31.5, 0.0, "EPSG:32635"),  # just within reach of 27 degrees
        (22.4, 31.5, 0.0, None),
        (12.0, 31.0, -4.0, None),
        (180.0, 180.0, 5.0, "EPSG:32660"),
        (-180.0, -179.0, 5.0, "EPSG:32601"),
    ],
)
def test_one_utm_zone_within_reach(
    west: float, east: float, latitude: float, plane: str | None
) -> None:
    assert utm_plane(west, east, latitude) == plane


@given(st.floats(-179.9, 179.9), st.floats(0, 10))
def test_a_zone_is_found_wherever_one_reaches(west: float, width: float) -> None:
    east = min(west + width, 180.0)
    meridians = [zone * 6 - 183 for zone in range(1, 61)]
    reached = [m for m in meridians if max(abs(west - m), abs(east - m)) <= UTM_REACH_DEGREES]
    assert (utm_plane(west, east, 1.0) is not None) == bool(reached)


@pytest.mark.parametrize(("longitude", "latitude"), [(23.5, -2.0), (-60.0, -10.0), (15.0, 49.0)])
def test_equal_area_keeps_areas(longitude: float, latitude: float) -> None:
    cell = box(longitude + 5, latitude + 4, longitude + 5.05, latitude + 4.05)
    true_m2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(cell.segmentize(0.001))[0])
    move = Transformer.from_crs("EPSG:4326", equal_area_plane(longitude, latitude), always_xy=True)
    laid = transform(cell.segmentize(0.001), lambda xy: np.transpose(move.transform(*xy.T)))
    assert laid.area == pytest.approx(true_m2, rel=1e-6)


def test_units_on_the_ground() -> None:
    assert metres_per_unit("EPSG:32635") == 1.0
    assert metres_per_unit("EPSG:4326") == pytest.approx(111_195, abs=1)  # a degree of latitude
