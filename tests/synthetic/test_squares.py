"""Squares and passes: names, two zones, days."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from pyproj import Transformer

from landcover.errors import InputError
from landcover.synthetic import country, dates, passes, truth
from landcover.synthetic.squares import mgrs_code, utm_crs

BORDER = 29.98
"""Longitude just west of the border between zones 35 and 36 (degrees)."""


@pytest.mark.parametrize(
    ("crs", "lon", "lat", "code"),
    [
        # Middles of tiles whose names are published.
        ("EPSG:32635", 28.4, 1.4, "35NPB"),
        ("EPSG:32735", 28.4, -3.2, "35MPS"),
        ("EPSG:32632", 11.0, 47.5, "32TPT"),
        ("EPSG:32613", -105.06593, 40.08454, "13TDE"),
    ],
)
def test_squares_have_their_mgrs_names(crs: str, lon: float, lat: float, code: str) -> None:
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(lon, lat)
    assert mgrs_code(crs, x, y) == code


def test_zones_by_longitude() -> None:
    assert utm_crs(29.99, 1) == "EPSG:32635"
    assert utm_crs(30.01, 1) == "EPSG:32636"
    assert utm_crs(-180, -1) == "EPSG:32701"


def test_two_zones_agree_at_the_same_place() -> None:
    land = country(256, lon=BORDER, layout="two_zones")
    west, east = land.squares
    assert (west.grid.crs, east.grid.crs) == ("EPSG:32635", "EPSG:32636")
    assert west.code[:2] == "35"
    assert east.code[:2] == "36"
    day = date(2023, 4, 2)
    theirs = truth.cover(land, day, east.grid)
    home = truth.cover(land, day)
    across = Transformer.from_crs(east.grid.crs, land.crs, always_xy=True)
    rows, columns = np.indices(east.grid.shape)
    x, y = across.transform(
        east.grid.transform.c + (columns + 0.5) * 10, east.grid.transform.f - (rows + 0.5) * 10
    )
    column = np.floor((x - land.left_m) / 10).astype(int)
    row = np.floor((land.top_m - y) / 10).astype(int)
    inside = (column >= 0) & (column < 256) & (row >= 0) & (row < 256)
    assert inside.mean() > 0.9
    # Centres differ by up to half a pixel, so covers differ at edges alone.
    assert (theirs[inside] == home[row[inside], column[inside]]).mean() > 0.985
    # At the very same points they are the same, bit by bit or within rounding.
    nir = truth.reflectance(land, day, "nir", east.grid)
    same = truth.reflectance(land, day, "nir", east.grid.window(10, 12, (20, 20)))
    assert np.array_equal(nir[10:30, 12:32], same)


def test_two_squares_overlap_on_one_lattice() -> None:
    land = country(200, layout="two_squares")
    west, east = land.squares
    assert west.code != east.code
    assert west.grid.shape == (200, 120)
    assert east.grid.shape == (200, 120)
    one, other = passes(land, (date(2021, 2, 3),))
    left, right = truth.observed(land, one), truth.observed(land, other)
    assert np.array_equal(left["red"][:, 80:], right["red"][:, :40])
    assert np.array_equal(left["scl"][:, 40:], right["scl"][:, :20])


def test_an_unknown_layout_is_told() -> None:
    with pytest.raises(InputError, match="layout is 'three'"):
        country(64, layout="three")


def test_days_are_half_open() -> None:
    found = dates(date(2022, 1, 1), date(2022, 1, 21), 10)
    assert found == (date(2022, 1, 1), date(2022, 1, 11))


def test_passes_carry_their_baseline() -> None:
    land = country(64)
    days = (date(2022, 1, 24), date(2022, 1, 25), date(2022, 12, 6), date(2024, 1, 1))
    found = passes(land, days)
    assert [one.baseline for one in found] == ["03.01", "04.00", "05.09", "05.10"]
    assert [one.offset_dn for one in found] == [0, 1000, 1000, 1000]
    assert found[0].id.startswith("S2")
    # 10:15 local time at 28.5 degrees east is 08:21 in Greenwich.
    assert f"{found[0].time:%H:%M}" == "08:21"
