"""Squares: where they lie, how places share them, and that holes tell nothing more."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from landcover.outputs.sharing.cells import FEWEST, MARGIN_KM, apart, cell_of, coarse, hidden

GEOD = Geod(ellps="WGS84")
LONGITUDE = st.floats(-179, 179)
LATITUDE = st.floats(-80, 80)


@settings(deadline=None)
@given(LONGITUDE, LATITUDE, st.sampled_from([1.0, 5.0, 20.0]))
def test_a_place_lies_in_its_square_and_a_margin_from_the_edge_of_its_hole(
    longitude: float, latitude: float, side: float
) -> None:
    cell = cell_of(longitude, latitude, side)
    west, south, east, north = cell.bounds
    assert west <= longitude + 1e-9
    assert longitude <= east + 1e-9
    assert south <= latitude + 1e-9
    assert latitude <= north + 1e-9
    left, bottom, right, top = cell.hole.bounds
    for edge in ((left, latitude), (right, latitude), (longitude, bottom), (longitude, top)):
        apart = GEOD.inv(longitude, latitude, *edge)[2]
        assert apart > 0.9 * MARGIN_KM * 1000  # a square's width is that of its middle


@settings(deadline=None)
@given(LATITUDE)
def test_squares_are_as_wide_as_they_are_high(latitude: float) -> None:
    west, south, east, north = cell_of(28.0, latitude, 5.0).bounds
    middle = (south + north) / 2
    assert GEOD.inv(west, middle, east, middle)[2] == pytest.approx(5000, rel=0.01)
    assert GEOD.inv(west, south, west, north)[2] == pytest.approx(5000, rel=0.01)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(28, 28.6), st.floats(1, 1.6)), max_size=40))
def test_each_place_is_in_one_square_and_shown_ones_hold_enough(
    points: list[tuple[float, float]],
) -> None:
    found = coarse(points, 5.0)
    assert sorted(n for place in found for n in place.members) == list(range(len(points)))
    assert all(len(place.members) >= FEWEST for place in found if place.shown)
    assert all(place.cell.side_km == 20.0 for place in found if not place.shown)
    for place in found:
        assert all(shapely.covers(place.cell.hole, shapely.Point(points[n])) for n in place.members)


def test_two_of_a_square_are_joined_to_others_near_or_not_shown() -> None:
    near = [(28.001, 1.001), (28.012, 1.002), (28.060, 1.001)]
    (place,) = coarse(near, 5.0)
    assert place.shown
    assert place.cell.side_km > 5.0
    (lonely,) = coarse(near[:2], 5.0)
    assert not lonely.shown


def test_what_is_cut_does_not_tell_where_in_its_square_something_lies() -> None:
    west, south, east, north = cell_of(28.3, 1.3, 10.0).bounds
    inside = [(west + a * (east - west), south + a * (north - south)) for a in (0.01, 0.5, 0.99)]
    holes = {hidden([place])[0].cell.hole.wkt for place in inside}
    assert len(holes) == 1


def test_one_mine_under_three_names_is_one_mine() -> None:
    listed = [(28.0001, 1.0001), (28.0002, 1.0002), (28.0003, 1.0001)]
    assert apart(listed) == 1
    assert not any(place.shown for place in coarse(listed, 5.0))
