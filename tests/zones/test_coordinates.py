"""Angles and numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.zones.coordinates import decimal_comma, degrees, number

LATITUDE = 1 + 23 / 60 + 45 / 3600
LONGITUDE = 29 + 4 / 60 + 12.5 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "1°23'45\"N",
        "1° 23' 45\" N",
        "1 23 45 N",
        "01 23 45",
        "N 1 23 45",
        "N1°23′45″",
        "1º23’45” N",
        "1d23m45s N",
        "1d23m45sN",
        "1:23:45",
        "1°23.75'",
        "01°23.75' N",
        "1° 23,75′ Nord",
        "1°23'45''N",
        "1° 23 min 45 sec N",
        "1 deg 23 min 45 sec",
        "1\u00a023\u00a045\u202fN",
    ],
)
def test_latitudes_in_many_forms(text: str) -> None:
    assert degrees(text, "lat") == pytest.approx(LATITUDE, abs=1e-12)


@pytest.mark.parametrize(
    "text", ["1°23'45\"S", "S 1 23 45", "-1 23 45", "−1°23'45\"", "1 23 45 sud", "1d23m45s S"]
)
def test_south_is_negative(text: str) -> None:
    assert degrees(text, "lat") == pytest.approx(-LATITUDE, abs=1e-12)


@pytest.mark.parametrize(
    "text", ["29°4'12.5\"O", "29 4 12,5 W", "O 29° 4' 12,5\"", "29 4 12.5 Ouest"]
)
def test_o_is_the_french_west(text: str) -> None:
    assert degrees(text, "lon") == pytest.approx(-LONGITUDE, abs=1e-12)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (28.5, 28.5),
        (28, 28.0),
        ("28.5", 28.5),
        ("28,5", 28.5),
        ("28.5°", 28.5),
        ("28,5 E", 28.5),
        ("28.5 Est", 28.5),
        ("+28.5", 28.5),
        (" 28.5 ", 28.5),
        ("-0 30 0", -0.5),
        ("-0°30'", -0.5),
    ],
)
def test_decimal_degrees(cell: object, value: float) -> None:
    assert degrees(cell, "lon") == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("1 23 45 E", "is a longitude"),
        ("1 60 0 N", "60 or more"),
        ("1 5 61 N", "60 or more"),
        ("1.5 30 N", "fraction before its last part"),
        ("-1 30 S", "minus sign and a side"),
        ("S 1 30 N", "two sides"),
        ("near the river", "not an angle"),
        ("1 2 3 4", "not an angle"),
        ("1.2.3", "not an angle"),
        (float("nan"), "finite"),
        (True, "not a number"),
    ],
)
def test_what_cannot_be_an_angle_says_why(cell: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        degrees(cell, "lat")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("512345", 512345.0),
        ("512 345,5", 512345.5),
        ("512\u00a0345,5", 512345.5),
        ("1.234.567,5", 1234567.5),
        ("1,234,567.5", 1234567.5),
        ("1'234'567.5", 1234567.5),
        ("-12,5", -12.5),
        ("1e3", 1000.0),
        (7, 7.0),
    ],
)
def test_numbers_in_both_languages(cell: object, value: float) -> None:
    assert number(cell) == value


def test_thousands_or_decimals_are_not_guessed() -> None:
    with pytest.raises(ValueError, match="'1,234' may be thousands or decimals"):
        number("1,234")
    assert number("1,234", comma_is_decimal=True) == 1.234
    assert number("512345,123") == 512345.123
    assert number("0,123") == 0.123
    assert degrees("28,123", "lon") == 28.123


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["1,234", "12,5"], True),
        (["1,234", "5"], False),
        (["1.234,5"], True),
        (["1,234.5"], False),
        (["1,234,567"], False),
        ([1.5, None], False),
    ],
)
def test_a_column_tells_what_its_comma_is(cells: list[object], told: bool) -> None:
    assert decimal_comma(cells) is told


@given(st.floats(-1e7, 1e7, allow_nan=False), st.sampled_from([".", ","]))
def test_a_number_comes_back_with_either_decimal_sign(value: float, sign: str) -> None:
    assert number(f"{value:.6f}".replace(".", sign)) == pytest.approx(value, abs=1e-6)


@given(
    st.integers(0, 89),
    st.integers(0, 59),
    st.integers(0, 5999),
    st.sampled_from("NS"),
    st.sampled_from(["{d}°{m}'{s}\"{h}", "{d} {m} {s} {h}", "{h}{d}:{m}:{s}", "{d}d{m}m{s}s{h}"]),
)
def test_degrees_minutes_seconds_come_back(d: int, m: int, s: int, h: str, form: str) -> None:
    truth = (d + m / 60 + s / 100 / 3600) * (1 if h == "N" else -1)
    assert degrees(form.format(d=d, m=m, s=s / 100, h=h), "lat") == pytest.approx(truth, abs=1e-10)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        value = degrees(text, "lon")
    except ValueError:
        return
    assert value == value
