"""The plan of a country: things stand apart, at any size and place."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, affinity, box

from landcover.errors import InputError
from landcover.synthetic import Country, Field, Mine, country
from landcover.synthetic.landscape import places, river_centre, road_centre


def shape_of(thing: Mine | Field) -> Polygon:
    """Outline of a mine at its largest, or of a field."""
    if isinstance(thing, Mine):
        return Point(thing.x_m, thing.y_m).buffer(thing.reach_m(thing.stopped))
    half = (thing.width_m / 2, thing.height_m / 2)
    flat = box(thing.x_m - half[0], thing.y_m - half[1], thing.x_m + half[0], thing.y_m + half[1])
    return affinity.rotate(flat, thing.angle_deg)


def lines_of(land: Country) -> tuple[Polygon, Polygon]:
    """Outlines of the river and the road."""
    x = np.linspace(land.left_m, land.left_m + land.width_m, 4000)
    y = np.linspace(land.top_m - land.height_m, land.top_m, 4000)
    middle, level = river_centre(land.river, y), road_centre(land.road, x)
    river, road = land.river.width_m / 2, land.road.width_m / 2
    banks = [(middle - river, y), (middle[::-1] + river, y[::-1])]
    edges = [(x, level - road), (x[::-1], level[::-1] + road)]
    return (
        Polygon(np.concatenate([np.column_stack(side) for side in banks])),
        Polygon(np.concatenate([np.column_stack(side) for side in edges])),
    )


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.sampled_from([64, 128, 300, 512]))
def test_nothing_overlaps(seed: int, size: int) -> None:
    land = country(size, seed=seed)
    village = Point(land.village.x_m, land.village.y_m).buffer(land.village.radius_m)
    river, road = lines_of(land)
    things = [shape_of(thing) for thing in (*land.mines, *land.fields)]
    fixed = [village, Polygon(land.reserve)]
    for first, second in combinations([*things, *fixed], 2):
        assert first.disjoint(second)
    for thing in (*things, village):
        assert thing.disjoint(river)
        assert thing.disjoint(road)
    whole = box(land.left_m, land.top_m - land.height_m, land.left_m + land.width_m, land.top_m)
    assert all(whole.covers(thing) for thing in (*things, *fixed))
    # The river leaves by north and south alone, and the ford is level.
    assert whole.bounds[0] < river.bounds[0]
    assert river.bounds[2] < whole.bounds[2]
    assert river.intersection(road).area == pytest.approx(
        land.river.width_m * land.road.width_m, rel=0.02
    )


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_ponds_lie_in_their_mines(seed: int) -> None:
    for mine in country(512, seed=seed).mines:
        for pond in mine.ponds:
            away = math.hypot(pond.x_m - mine.x_m, pond.y_m - mine.y_m)
            assert away + pond.radius_m <= mine.radius_m
            assert pond.filled >= mine.opened


def test_a_large_country_has_more_in_it() -> None:
    small, large = country(512), country(1024)
    assert len(small.mines) >= 4
    assert len(small.fields) >= 10
    assert len(large.mines) > 3 * len(small.mines)
    assert any(mine.bright for mine in small.mines)


def test_counts_may_be_given() -> None:
    land = country(256, mines=1, fields=0)
    assert (len(land.mines), len(land.fields)) == (1, 0)


@pytest.mark.parametrize(
    ("lon", "lat", "crs"), [(28.5, 1.6, "EPSG:32635"), (28.5, -3.4, "EPSG:32735")]
)
def test_it_lies_where_it_is_laid(lon: float, lat: float, crs: str) -> None:
    land = country(64, lon=lon, lat=lat)
    assert land.crs == crs
    x, y = places(land, land.grid)
    assert x.shape == (1, 64)
    assert y.shape == (64, 1)
    assert land.left_m % 20 == 0
    assert land.top_m % 20 == 0
    if lat < 0:
        assert 9_000_000 < land.top_m < 10_000_000


def test_coarse_pixels_make_a_larger_country() -> None:
    coarse = country(128, resolution_m=100)
    assert coarse.width_m == 12_800
    assert coarse.mines[0].radius_m == pytest.approx(10 * country(128).mines[0].radius_m)


def test_an_odd_size_is_refused() -> None:
    with pytest.raises(InputError, match=r"63 x 63 px.*even"):
        country(63)


def test_a_place_beyond_the_plane_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be placed"):
        country(64, lon=28.5, lat=91, crs="EPSG:32635")
