"""Shapes made valid."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from landcover.zones.repair import oriented, polygonal, repaired

CORNER = st.tuples(st.integers(0, 8), st.integers(0, 8))


@given(st.lists(CORNER, min_size=4, max_size=12))
def test_any_outline_becomes_valid_and_never_gains_area(corners: list[tuple[int, int]]) -> None:
    rough = Polygon(corners)
    shape, reason = repaired(rough)
    assert shape.is_valid
    assert bool(reason) == (not rough.is_valid)
    assert shape.area <= rough.convex_hull.area + 1e-9


def test_a_valid_shape_is_left_alone() -> None:
    assert repaired(box(0, 0, 1, 1)) == (box(0, 0, 1, 1), "")


def test_nested_collections_give_up_their_polygons() -> None:
    inner = GeometryCollection([MultiPolygon([box(0, 0, 1, 1)]), Point(3, 3)])
    kept = polygonal(GeometryCollection([inner, box(5, 5, 6, 6), LineString([(0, 0), (1, 1)])]))
    assert kept.geom_type == "MultiPolygon"
    assert kept.area == 2


def test_what_has_no_area_leaves_nothing() -> None:
    assert polygonal(LineString([(0, 0), (1, 1)])).is_empty


def test_outlines_run_anticlockwise_and_holes_clockwise() -> None:
    ring = box(0, 0, 3, 3).difference(box(1, 1, 2, 2)).reverse()
    turned = oriented(ring)
    assert isinstance(turned, Polygon)
    assert turned.exterior.is_ccw
    assert not turned.interiors[0].is_ccw
