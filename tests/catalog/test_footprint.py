"""Where items lie, around the antimeridian too, and so the day that they are dated by."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from shapely.geometry import MultiPolygon, Polygon, box, mapping

from landcover.catalog.footprint import box_of, centre_longitude, footprint
from landcover.catalog.items import item_day
from landcover.errors import SceneError

HALVES = MultiPolygon([box(179.2, -17, 180, -16), box(-180, -17, -179.8, -16)])
JUMPING = Polygon([(179.2, -17), (-179.8, -17), (-179.8, -16), (179.2, -16)])
ROUND = [-180.0, -17.0, 180.0, -16.0]


def placed(geometry: Any, bbox: list[float] | None = None, when: str = "") -> dict[str, Any]:
    """Make as much of an item as tells its place and day."""
    return {"geometry": mapping(geometry), "bbox": bbox, "properties": {"datetime": when}}


@pytest.mark.parametrize("geometry", [HALVES, JUMPING], ids=["halves", "jumping"])
@pytest.mark.parametrize("bbox", [None, ROUND, [179.2, -17, -179.8, -16]])
def test_an_outline_on_the_antimeridian_does_not_go_round_the_earth(
    geometry: Any, bbox: list[float] | None
) -> None:
    west, _, east, _ = bounds = footprint(placed(geometry, bbox))
    assert (west, east) == (179.2, -179.8)
    assert centre_longitude(bounds) == pytest.approx(179.7)


@pytest.mark.parametrize(
    ("geometry", "bounds"),
    [
        (box(*ROUND), (-180, -17, 180, -16)),  # the whole Earth
        (box(-100, 0, 100, 1), (-100, 0, 100, 1)),
        (Polygon([(-170, 80), (-20, 88), (80, 88), (170, 80)]), (-170, 80, 170, 88)),
        (box(170, 0, 180, 1), (170, 0, 180, 1)),
    ],
)
def test_other_outlines_keep_their_bounds(geometry: Any, bounds: tuple[float, ...]) -> None:
    assert footprint(placed(geometry)) == bounds


@pytest.mark.parametrize(
    ("bounds", "middle"),
    [
        ((179.0, 0, -178.0, 1), -179.5),
        ((-181.0, 0, -180.0, 1), 179.5),
        ((-180.5, 0, -179.5, 1), -180.0),
        ((180.0, 0, 181.0, 1), -179.5),
    ],
)
def test_the_middle_is_a_longitude(bounds: Any, middle: float) -> None:
    assert centre_longitude(bounds) == middle


@pytest.mark.parametrize("geometry", [HALVES, JUMPING], ids=["halves", "jumping"])
def test_one_pass_over_fiji_is_of_one_day(geometry: Any) -> None:
    """22:20 UTC is the next morning on both squares: the one cut in two is at 179.7 E."""
    neighbour = placed(box(178.2, -17, 179.2, -16), when="2023-12-31T22:20:00Z")
    assert item_day(neighbour) == date(2024, 1, 1)
    assert item_day(placed(geometry, ROUND, "2023-12-31T22:20:14Z")) == date(2024, 1, 1)


@pytest.mark.parametrize(("when", "west"), [("9999-12-31T23:00", 28), ("0001-01-01T01:00", -60)])
def test_a_day_beyond_the_calendar_is_that_item_s_failure(when: str, west: float) -> None:
    with pytest.raises(SceneError, match="beyond the calendar"):
        item_day(placed(box(west, 0, west + 1, 1), when=f"{when}:00Z"))


def test_the_box_of_bounds_across_the_antimeridian_is_two() -> None:
    found = box_of((179.2, -17, -179.8, -16))
    assert found.area == pytest.approx(1.0)
    assert not found.intersects(box(0, -17, 1, -16))
    assert box_of((1, 2, 3, 4)).bounds == (1, 2, 3, 4)


def test_the_day_turns_at_solar_midnight() -> None:
    """At 28.5 E, 1 h 54 min after Greenwich."""
    place = box(28, 0, 29, 1)
    for minute, day in ((5, 10), (6, 11)):
        when = datetime(2024, 1, 10, 22, minute, tzinfo=UTC).isoformat()
        assert item_day(placed(place, when=when)).day == day
