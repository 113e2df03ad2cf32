"""Outlines as a page has them: true within a metre, and within a budget."""

from __future__ import annotations

import numpy as np
import pytest
from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, area, box

from landcover.outputs.web.shapes import UNIT, fit, packed, packed_all, points, squares


def unpacked(steps: list[int]) -> np.ndarray:
    """Undo the steps, as the page's script does."""
    return np.cumsum(np.array(steps).reshape(-1, 2), axis=0) * UNIT


def test_a_polygon_keeps_its_rings() -> None:
    hole = [(28.01, 1.01), (28.02, 1.01), (28.02, 1.02), (28.01, 1.01)]
    kind, polygons = packed(Polygon(box(28, 1, 28.1, 1.1).exterior.coords, [hole]))
    assert kind == "p"
    assert len(polygons) == 1
    outer, inner = (unpacked(ring) for ring in polygons[0])
    assert outer.min(axis=0) == pytest.approx([28, 1], abs=UNIT)
    assert outer.max(axis=0) == pytest.approx([28.1, 1.1], abs=UNIT)
    assert inner == pytest.approx(np.array(hole), abs=UNIT)


def test_parts_lines_and_points() -> None:
    two = MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)])
    assert len(packed(two)[1]) == 2
    kind, lines = packed(LineString([(-1, -2), (-1.5, -2.5)]))
    assert (kind, lines) == ("l", [[-100000, -200000, -50000, -50000]])
    assert packed(MultiPoint([(1, 2), (3, 4)])) == ["o", [[100000, 200000], [300000, 400000]]]


@pytest.mark.parametrize("empty", [None, Polygon(), Point()])
def test_nothing_is_nothing(empty: object) -> None:
    assert packed(empty) == []  # type: ignore[arg-type]
    assert points([empty]) == [None]


def test_shapes_are_simplified_until_they_fit() -> None:
    round_one = Point(28, 1).buffer(0.05, quad_segs=400)
    assert fit([round_one], 20_000) == [round_one]
    simple = fit([round_one], 2_000)
    assert simple is not None
    assert len(simple[0].exterior.coords) < 300
    assert area(simple[0]) == pytest.approx(area(round_one), rel=0.01)
    assert fit([round_one] * 100, 100) is None
    assert fit([round_one], 2_000, most_m=0.0) is None


def test_squares_have_their_area() -> None:
    (square,) = squares(np.array([[28.0, 60.0]]), np.array([4.0]))
    low_x, low_y, high_x, high_y = square.bounds
    assert (high_y - low_y) * 111_320 == pytest.approx(200, rel=1e-6)
    assert (high_x - low_x) * 111_320 * 0.5 == pytest.approx(200, rel=1e-6)


def test_many_at_once_are_as_one_by_one() -> None:
    holed = Polygon(box(28, 1, 28.1, 1.1).exterior.coords, [box(28.01, 1.01, 28.02, 1.02).exterior])
    areas = [holed, None, MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]), Polygon(), holed]
    assert packed_all(areas) == [packed(one) for one in areas]
    mixed = [holed, LineString([(0, 0), (1, 1)]), Point(1, 2)]
    assert packed_all(mixed) == [packed(one) for one in mixed]
    assert packed_all([]) == []


def test_a_small_shape_keeps_its_form_beside_a_large_one() -> None:
    small, large = (Point(28, 1).buffer(side, quad_segs=400) for side in (0.005, 0.2))
    simple = fit([small, large], 1_000, each_m=[30.0, 2000.0])
    assert simple is not None
    assert simple[0].symmetric_difference(small).area < 0.15 * small.area
    assert len(simple[1].exterior.coords) < 200
