"""Zones far apart: what is said of an empty plane, and when it is refused."""

from __future__ import annotations

import pytest
from affine import Affine
from shapely import box
from shapely.geometry.base import BaseGeometry

from landcover.engine.spread import REFUSED_EMPTY_PX, judge_spread
from landcover.errors import PlanError
from landcover.model import Grid, Tile, Zone


def grid(rows: int, columns: int) -> Grid:
    return Grid("EPSG:6933", Affine(10.0, 0.0, 0.0, 0.0, -10.0, 0.0), (rows, columns))


def tiles(plane: Grid, count: int, side: int = 1024) -> list[Tile]:
    window = plane.window(0, 0, (side, side))
    return [Tile(f"t{n}", 0, 0, window) for n in range(count)]


def square(lon: float, lat: float) -> BaseGeometry:
    return box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01)


def site(name: str, lon: float, lat: float) -> Zone:
    """Return the ring of a site."""
    shape = square(lon, lat)
    return Zone(f"{name}_0-250m", name, "ring", "sites", shape, 500.0, parent=name)


ZONES = [site("A", 28.5, 1.6), site("B", 28.6, 1.6), site("D", 28.55, -3.4)]
"""D lies 5 degrees of latitude, 552.9 km, south of the middle of A and B."""


def test_what_is_small_or_well_filled_is_no_news() -> None:
    assert judge_spread(grid(3000, 3000), tiles(grid(3000, 3000), 1), ZONES) == ()
    wide = grid(100_000, 100_000)
    assert judge_spread(wide, tiles(wide, 20, 10_000), ZONES) == ()  # a fifth is filled


def test_an_empty_plane_is_told_with_the_zone_that_stretches_it() -> None:
    wide = grid(56_000, 20_000)
    (note,) = judge_spread(wide, tiles(wide, 3), ZONES)
    assert note.where == "zones"
    assert note.what == (
        "each raster has 56,000 x 20,000 pixels, 99.7 % of them empty: D (zones.sites) lies "
        "553 km from the middle of the others"
    )


def test_more_than_anybody_would_wait_for_is_refused() -> None:
    side = 200_000
    wide = grid(side, REFUSED_EMPTY_PX // side + 100)
    with pytest.raises(PlanError, match=r"D \(zones\.sites\) lies 553 km") as caught:
        judge_spread(wide, tiles(wide, 3), ZONES)
    assert caught.value.exit_code == 2
    assert "swapped?" in str(caught.value)
    filled = tiles(wide, 9, 80_000)  # as large, and full: that is what was asked for
    assert judge_spread(wide, filled, ZONES) == ()


def test_reserves_speak_for_their_outsides_and_one_zone_for_itself() -> None:
    wide = grid(56_000, 20_000)
    reserves = [
        Zone(name, name, "reserve", "reserves", square(lon, 1.6), 500.0)
        for name, lon in (("P", 25.0), ("Q", 25.1), ("R", 29.0))
    ]
    outside = Zone("P_outside", "P", "outside", "reserves", square(35, 1.6), 1.0, parent="P")
    (note,) = judge_spread(wide, tiles(wide, 3), [*reserves, outside])
    assert ": R (zones.reserves) lies" in note.what
    (note,) = judge_spread(wide, tiles(wide, 3), reserves[:1])
    assert note.what.endswith("% of them empty")
