"""Ids, names, and rows that cannot be used: each said, none dropped in silence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from shapely.geometry import GeometryCollection, LineString, Point, Polygon, box

from landcover.errors import ZoneError
from landcover.zones.ellipsoid import area_ha
from landcover.zones.features import ZoneSet

Write = Callable[..., Path]
Load = Callable[..., ZoneSet]

GOOD = [("a", 28.0, 1.0), ("b", 28.1, 1.1), ("c", 28.2, 1.0), ("d", 28.3, 1.2), ("e", 28.1, 0.9)]


@pytest.fixture
def csv(tmp_path: Path) -> Write:
    """Return ``csv(*rows)``: a table of id, lon, lat whose first row is row 2."""

    def write(*rows: tuple[object, ...]) -> Path:
        path = tmp_path / "sites.csv"
        lines = [";".join(str(cell) for cell in row) for row in [("id", "lon", "lat"), *rows]]
        path.write_text("\n".join(lines), encoding="utf-8")
        return path

    return write


def _said(result: ZoneSet) -> str:
    return "\n".join(str(note) for note in result.notes)


def test_rows_without_coordinates_are_listed(csv: Write, ringed: Load) -> None:
    result = ringed(
        csv(*GOOD, ("f", "", 1), ("g", 28, ""), ("h", 0, 0), ("i", "0,0", "0")), id="id"
    )
    assert len(result.zones) == 5
    assert "zones.sites: 2 of 9 have no coordinates and are left out: row 7, row 8" in _said(result)
    assert (
        "2 of 9 have coordinates 0, 0, which means missing, and are left out: row 9, row 10"
        in _said(result)
    )


def test_rows_that_cannot_be_read_are_listed_with_the_reason(csv: Write, ringed: Load) -> None:
    result = ringed(csv(*GOOD, ("f", "east", 1), ("g", "1 30 0 N", "28 0 0 E")), id="id")
    assert "row 7 ('east' is not an angle)" in _said(result)
    assert "row 8 ('1 30 0 N' is a latitude)" in _said(result)


def test_rows_beyond_the_earth_are_left_out_and_said(csv: Write, ringed: Load) -> None:
    result = ringed(csv(*GOOD, ("f", 1.0, 128.0), ("g", 281.0, 1.0)), id="id")
    assert len(result.zones) == 5
    assert (
        "latitude beyond 90 degrees (longitude and latitude look swapped) and are left out: row 7"
        in _said(result)
    )
    assert "lie outside -180 to 180 and -90 to 90 degrees and are left out: row 8" in _said(result)


def test_likely_swapped_rows_are_used_as_given_and_said(csv: Write, ringed: Load) -> None:
    result = ringed(csv(*GOOD, ("f", 1.05, 28.15)), id="id")
    assert len(result.zones) == 6
    assert result.zones[-1].geometry.centroid.coords[0] == pytest.approx((1.05, 28.15), abs=1e-6)
    assert "1 of 6 are far from the rest" in _said(result)
    assert "row 7 (1.0500, 28.1500)" in _said(result)


def test_a_site_far_away_but_not_swapped_is_no_news(csv: Write, ringed: Load) -> None:
    assert not ringed(csv(*GOOD, ("f", 31.0, -8.0)), id="id").notes


def test_a_file_of_nothing_usable_is_refused(csv: Write, ringed: Load) -> None:
    with pytest.raises(
        ZoneError, match="nothing can be used: 1 have no coordinates; 1 have"
    ) as caught:
        ringed(csv(("a", "", ""), ("b", "x", "y")), id="id")
    assert caught.value.exit_code == 2


def test_many_rows_are_counted_after_the_first_ten(csv: Write, ringed: Load) -> None:
    result = ringed(csv(*GOOD, *((f"x{n}", "", "") for n in range(30))), id="id")
    assert "row 16 and 20 more" in _said(result)


def test_double_ids_are_refused_with_their_rows(csv: Write, ringed: Load) -> None:
    with pytest.raises(
        ZoneError,
        match=r"sites\.id: the same id stands in several rows: 'a' \(row 2, row 7\)\. Make",
    ):
        ringed(csv(*GOOD, ("a", 29, 1)), id="id")


def test_empty_ids_are_refused_with_their_rows(csv: Write, ringed: Load) -> None:
    with pytest.raises(ZoneError, match=r"the column 'id' is empty in row 7\. Fill them in"):
        ringed(csv(*GOOD, (" ", 29, 1)), id="id")


def test_without_an_id_column_rows_are_numbered_and_said(csv: Write, ringed: Load) -> None:
    result = ringed(csv(*GOOD))
    assert [zone.parent for zone in result.zones][:2] == ["sites-1", "sites-2"]
    assert result.zones[0].name == "sites-1"
    assert "no `id` column is named" in _said(result)


def test_wdpas_numbers_become_plain_text(geojson: Write, one: Load) -> None:
    path = geojson((box(28, 1, 29, 2), {"WDPAID": 37043.0, "NAME": "Okapis"}))
    (zone,) = one(path, id="WDPAID", name="NAME").zones
    assert (zone.id, zone.name) == ("37043", "Okapis")


def test_an_invalid_polygon_is_repaired_and_said(geojson: Write, one: Load) -> None:
    """A bow tie of two equal halves: its signed area is 0, its true one is both halves."""
    bow = Polygon([(28, 0), (28.1, 0.1), (28.1, 0), (28, 0.1)])
    result = one(geojson((bow, {"id": "a"})), id="id")
    (zone,) = result.zones
    assert zone.geometry.is_valid
    assert zone.area_ha == pytest.approx(area_ha(box(28, 0, 28.1, 0.1)) / 2, rel=1e-4)
    assert "feature 0 (id 'a'): its geometry was repaired (Self-intersection" in _said(result)
    assert f"to {zone.area_ha:.2f} ha" in _said(result)


def test_of_a_collection_the_polygons_remain_and_that_is_said(geojson: Write, one: Load) -> None:
    mixed = GeometryCollection(
        [box(28, 1, 28.1, 1.1), Point(28, 1), LineString([(28, 1), (29, 1)])]
    )
    result = one(geojson((mixed, {"id": "a"})), id="id")
    assert result.zones[0].geometry.geom_type == "Polygon"
    assert "points or lines beside its polygons" in _said(result)


def test_a_shape_around_the_earth_is_refused(geojson: Write, one: Load) -> None:
    path = geojson((box(-179, 1, 179, 2), {"id": "a"}))
    with pytest.raises(
        ZoneError, match=r"feature 0 \(id 'a'\): it spans 358 degrees of longitude\. Cut"
    ):
        one(path, id="id")


def test_points_without_rings_are_refused(csv: Write, one: Load) -> None:
    with pytest.raises(ZoneError, match=r"points or lines, which have no area\. Add `rings_m:`"):
        one(csv(*GOOD), id="id")


def test_a_point_among_reserves_is_left_out_and_said(geojson: Write, one: Load) -> None:
    path = geojson((box(28, 1, 29, 2), {"id": "a"}), (Point(27, 1), {"id": "b"}))
    result = one(path, id="id")
    assert [zone.id for zone in result.zones] == ["a"]
    assert "1 of 2 have no area and are left out: feature 1" in _said(result)


def test_rows_left_out_by_a_condition_keep_others_numbers(csv: Write, ringed: Load) -> None:
    result = ringed(csv(*GOOD, ("f", "", "")), id="id", where="id >= 'd'")
    assert "1 of 3 have no coordinates and are left out: row 7" in _said(result)
