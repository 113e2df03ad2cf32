"""The part of a grid under a box: whole pixels, all that the box touches."""

from __future__ import annotations

from typing import Any

import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from landcover.engine.window import cut_window
from landcover.errors import InputError
from landcover.model import Grid

GRID = Grid("EPSG:32635", Affine(10.0, 0.0, 600_000.0, 0.0, -10.0, 100_000.0), (40, 60))


def degrees(*places: tuple[float, float]) -> tuple[float, float, float, float]:
    """Return the box around places given in pixels of GRID (column, row)."""
    move = Transformer.from_crs(GRID.crs, "EPSG:4326", always_xy=True)
    lon, lat = zip(*(move.transform(*(GRID.transform @ place)) for place in places), strict=True)
    return min(lon), min(lat), max(lon), max(lat)


def test_a_window_by_hand() -> None:
    """A box around pixels (10.5, 5.5) to (20.5, 8.5) touches columns 10 to 20, rows 5 to 8.

    Here, 0.9 degrees from the meridian and from the equator, a parallel climbs by 0.03 % of
    its length: less than a hundredth of a pixel.
    """
    window = cut_window(GRID, degrees((10.5, 5.5), (20.5, 8.5)))
    assert window == GRID.window(5, 10, (4, 11))


Column, Row = st.floats(0.1, 59.9), st.floats(0.1, 39.9)


@given(st.tuples(Column, Row), st.tuples(Column, Row))
def test_a_window_holds_what_its_box_holds(
    one: tuple[float, float], two: tuple[float, float]
) -> None:
    west, south, east, north = degrees(one, two)
    box = (west - 1e-9, south - 1e-9, east + 1e-9, north + 1e-9)
    window = cut_window(GRID, box)
    for place in (one, two):
        column, row = ~window.transform @ (GRID.transform @ place)
        assert -1e-6 <= column <= window.shape[1] + 1e-6
        assert -1e-6 <= row <= window.shape[0] + 1e-6
    column, row = ~GRID.transform @ (window.transform.c, window.transform.f)
    assert (column, row) == (round(column), round(row))
    assert 0 <= column <= 60 - window.shape[1]
    assert 0 <= row <= 40 - window.shape[0]


def test_a_box_that_reaches_out_is_cut_off() -> None:
    assert cut_window(GRID, (-180, -80, 180, 84)).shape[0] > 0
    assert cut_window(GRID, degrees((-100, -100), (100, 100))) == GRID


@pytest.mark.parametrize(
    "box",
    [(28, 1), (29.0, 0.0, 28.0, 1.0), (0, 0, 0, 0), (28, "a", 29, 1), (28, 1, 29, float("nan")), 7],
)
def test_what_is_no_box_is_refused(box: Any) -> None:
    with pytest.raises(InputError, match="is no box in degrees"):
        cut_window(GRID, box)


def test_a_box_elsewhere_is_refused() -> None:
    with pytest.raises(InputError, match=r"outside the zones of the job. They lie within \(27\.89"):
        cut_window(GRID, (10.0, 1.0, 11.0, 2.0))
