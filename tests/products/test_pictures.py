"""True-colour pictures: the stretch by hand, and no colour from two bands."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.model import MISSING, Period
from landcover.products import PRODUCTS
from landcover.products.base import Context, Stack
from landcover.products.pictures import BANDS, GAMMA, WHITE, PictureSettings, stretch

PICTURES = PRODUCTS["pictures"]
CONTEXT = Context(Period(date(2019, 1, 1), date(2020, 1, 1)), ("s2",))


@pytest.mark.parametrize(
    ("reflectance", "drawn"),
    [
        (np.nan, 0),
        (-0.1, 1),
        (0.0, 1),
        (WHITE, 255),
        (2.0, 255),
        (0.125, 165),  # 255 * 0.5 ** 0.625 = 165.3
        (0.03, 68),  # 255 * 0.12 ** 0.625 = 67.8
    ],
)
def test_the_stretch_by_hand(reflectance: float, drawn: int) -> None:
    assert (WHITE, GAMMA) == (0.25, 1.6)
    assert stretch(np.array([reflectance], np.float32)).tolist() == [drawn]


@given(st.lists(st.floats(-1, 3, width=32), min_size=2, max_size=20))
def test_brighter_ground_is_never_drawn_darker_and_never_as_missing(values: list[float]) -> None:
    drawn = stretch(np.array(sorted(values), np.float32))
    assert (np.diff(drawn.astype(int)) >= 0).all()
    assert drawn.min() >= 1


def observed(red: Any, green: Any, blue: Any, inside: Any) -> Any:
    bands = {"red": red, "green": green, "blue": blue}
    values = {name: np.array(plane, np.int16) for name, plane in bands.items()}
    (span,) = PICTURES.need(PictureSettings(), CONTEXT).spans
    days = tuple(span.period.start for _ in red)
    clear = np.ones((1, 2), np.uint16)
    stack = Stack(span, days, values, clear, np.array(inside, bool))
    return PICTURES.observe(PictureSettings(), CONTEXT, stack)["rgb_2019"]


def test_a_picture_is_the_median_of_each_band() -> None:
    picture = observed(
        [[[100, 300]], [[2500, 300]], [[1250, 300]]],
        [[[300, 300]], [[300, 300]], [[MISSING, MISSING]]],
        [[[0, 300]], [[0, 300]], [[0, 300]]],
        [[True, True]],
    )
    assert picture.dtype == np.uint8
    assert picture[:, 0, 0].tolist() == [165, 68, 1]


def test_one_missing_band_and_the_outside_leave_no_colour() -> None:
    some, none = [[[1250, 1250]]], [[[MISSING, 1250]]]
    assert observed(some, none, some, [[True, True]])[:, 0, 0].tolist() == [0, 0, 0]
    assert observed(some, some, some, [[False, True]])[:, 0].tolist() == [[0, 165]] * 3


def test_no_date_at_all_is_an_empty_picture() -> None:
    none = np.empty((0, 1, 2))
    assert (observed(none, none, none, [[True, True]]) == 0).all()


def test_it_asks_for_visible_bands_and_promises_one_picture_a_period() -> None:
    asked = PictureSettings(every="quarter")
    need = PICTURES.need(asked, CONTEXT)
    assert need.quantities == need.bands == BANDS
    layers = PICTURES.layers(asked, CONTEXT)
    assert [layer.name for layer in layers] == [f"rgb_2019-q{quarter}" for quarter in (1, 2, 3, 4)]
    assert {layer.dtype for layer in layers} == {"uint8"}
    assert layers[0].tags["LAST_DAY"] == "2019-03-31"
