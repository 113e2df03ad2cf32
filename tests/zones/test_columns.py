"""Columns found by their usual names, ids as text, numbers told from codes."""

from __future__ import annotations

import pytest

from landcover.errors import ZoneError
from landcover.zones.columns import LATITUDES, LONGITUDES, found, id_text, required, typed


@pytest.mark.parametrize(
    ("header", "lon", "lat"),
    [
        (["name", "lon", "lat"], "lon", "lat"),
        (["X", "Y"], "X", "Y"),
        (["Longitude", "Latitude", "x", "y"], "Longitude", "Latitude"),
        (["Coordonnée X", "Coordonnée Y"], "Coordonnée X", "Coordonnée Y"),
        (["LONG", "LAT"], "LONG", "LAT"),
        (["Longitude (E)", "Latitude (N)"], "Longitude (E)", "Latitude (N)"),
        (["Easting", "Northing"], "Easting", "Northing"),
    ],
)
def test_coordinates_are_found_by_their_usual_names(header: list[str], lon: str, lat: str) -> None:
    assert (found(header, LONGITUDES), found(header, LATITUDES)) == (lon, lat)


def test_nothing_is_guessed_from_other_names() -> None:
    assert found(["longueur", "latence"], LONGITUDES) is None


def test_an_unknown_column_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        ZoneError, match=r"^zones\.sites\.id: no column 'Pcode'\. Did you mean 'pcode'"
    ):
        required(["pcode", "name"], "Pcode", "id", "zones.sites")


def test_where_no_name_is_near_all_are_listed() -> None:
    with pytest.raises(ZoneError, match=r"It has pcode, name\.$"):
        required(["pcode", "name"], "WDPAID", "id", "zones.sites")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (37043.0, "37043"),
        ("37043.0", "37043"),
        (37043, "37043"),
        ("007", "007"),
        (" a b ", "a b"),
        (1.5, "1.5"),
        (None, ""),
        ("v1.0", "v1.0"),
    ],
)
def test_ids_are_text(cell: str | float | None, text: str) -> None:
    assert id_text(cell) == text


def test_a_column_of_numbers_becomes_numbers() -> None:
    assert typed(["1,5", " ", "2"]) == [1.5, None, 2]
    assert typed(["1 200", "3"]) == [1200, 3]


def test_numbers_in_doubt_stay_text() -> None:
    assert typed(["1,234", "5"]) == ["1,234", "5"]
    assert typed(["1,234", "5,5"]) == [1.234, 5.5]


def test_codes_with_leading_zeros_stay_text() -> None:
    assert typed(["007", "8"]) == ["007", "8"]


def test_a_column_with_one_word_stays_text() -> None:
    assert typed(["1", "two"]) == ["1", "two"]
