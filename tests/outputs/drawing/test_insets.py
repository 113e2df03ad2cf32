"""The largest patches close up, and rings of sites around what broke at them."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landcover.outputs.drawing import disturbance_years
from landcover.outputs.drawing.canvas import drawing
from landcover.outputs.drawing.insets import LEAST_PX, LETTERS, fitting, room_in, spots_of
from landcover.outputs.drawing.layers import MOST_RADIUS, SITE_AREA, draw_sites
from landcover.outputs.drawing.maps import map_sheet
from landcover.outputs.drawing.plane import Plane
from landcover.outputs.shown import Shown
from landcover.outputs.wording import Words
from tests.outputs.drawing.conftest import HOSTILE, SIZE_M, Maker, set_frames

EN = Words("drawing", "en")


def with_patches(shown: Shown, sides_m: list[float], step_m: float = 2000.0) -> Shown:
    """Return the run with square patches in a row, `step_m` apart."""
    left, bottom, _, top = shown.grid.bounds
    y = (bottom + top) / 2
    boxes = [
        shapely.box(left + n * step_m, y, left + n * step_m + side, y + side)
        for n, side in enumerate(sides_m)
    ]
    frame = gpd.GeoDataFrame(
        {"patch_id": [f"p{n}" for n in range(len(boxes))],
         "first_date": pd.to_datetime(["2021-05-26"] * len(boxes)),
         "area_ha": [side**2 / 1e4 for side in sides_m],
         "nearest_site_name": [HOSTILE[0], *[None] * len(boxes)][: len(boxes)]},
        geometry=boxes, crs=shown.grid.crs,
    ).to_crs("EPSG:4326")  # fmt: skip
    made = replace(shown)
    set_frames(made, zones=shown.zones, sites=shown.sites, context={}, patches=frame)
    return made


def test_the_largest_come_first_with_their_hectares(maker: Maker) -> None:
    shown = with_patches(maker(), [100, 90, 300, 60, 30, 200])
    spots = spots_of(shown, EN)
    assert [one.letter for one in spots] == list(LETTERS)
    heads = [one.title.splitlines()[0] for one in spots]
    wanted = (("A", "9.0"), ("B", "4.0"), ("C", "1.0"))
    assert heads == [f"{letter}: patch of {area} ha" for letter, area in wanted]
    assert "nearest site" in spots[2].title
    assert "\n" not in spots[0].title


def test_a_square_shows_the_patch_and_enough_around_it(maker: Maker) -> None:
    for side in (30.0, 1500.0):
        (spot,) = spots_of(with_patches(maker(), [side]), EN)
        left, bottom, right, top = spot.plane.bounds
        assert right - left == pytest.approx(max(LEAST_PX * SIZE_M, 1.6 * side), rel=1e-3)
        assert top - bottom == pytest.approx(right - left)


def test_what_another_square_shows_has_none_of_its_own(maker: Maker) -> None:
    assert len(spots_of(with_patches(maker(), [90, 60, 60], 150), EN)) == 1


def test_without_patches_there_is_no_room_for_them(maker: Maker) -> None:
    shown = maker()
    assert spots_of(shown, EN) == ()
    assert spots_of(with_patches(shown, []), EN) == ()
    assert room_in(()) == 0


def test_the_map_grows_by_them_and_says_so(maker: Maker) -> None:
    plain, with_some = maker(), with_patches(maker(), [300, 90])
    figures = [disturbance_years(one, "fr") for one in (plain, with_some)]
    captions = [one.caption for one in figures if one is not None]
    assert ["Carrés avec lettres" in text for text in captions] == [False, True]
    again = disturbance_years(with_some, "fr")
    assert again == figures[1]


def radii(plane: Plane, sites: gpd.GeoDataFrame, patches: gpd.GeoDataFrame | None) -> list[float]:
    """Return the radius of each site's ring (points)."""
    with drawing("x"):
        made = map_sheet(plane)
        draw_sites(made.maps[0], plane, sites, patches)
        areas = made.maps[0].collections[0].get_sizes()
    return (np.sqrt(np.asarray(areas)) / 2).tolist()


def test_a_ring_lies_outside_of_what_broke_at_its_site(maker: Maker) -> None:
    shown = maker()
    grid = shown.grid
    left, bottom, right, top = grid.bounds
    plane = Plane(grid.crs, (left, bottom, right, top))
    x, y = (left + right) / 2, (bottom + top) / 2
    places = [shapely.Point(x, y), shapely.Point(x + 1000, y)]
    sites = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=places, crs=grid.crs).to_crs(4326)
    smallest = float(np.sqrt(SITE_AREA)) / 2

    def patch(reach_m: float) -> gpd.GeoDataFrame:
        shape = shapely.Point(x, y).buffer(reach_m)
        return gpd.GeoDataFrame({"area_ha": [1.0]}, geometry=[shape], crs=grid.crs).to_crs(4326)

    assert radii(plane, sites, None) == pytest.approx([smallest] * 2)
    with drawing("x"):
        made = map_sheet(plane)
        points = made.map_width_in * 72
    metres = (right - left) / points
    pit = 8 * metres
    ring, other = radii(plane, sites, patch(pit))
    assert ring == pytest.approx(8 + 3, rel=0.02)
    assert other == pytest.approx(smallest)
    huge = radii(plane, sites, patch(2 * MOST_RADIUS * metres))
    assert huge[0] == pytest.approx(smallest)  # it is seen around the mark


def test_rings_are_smaller_on_maps_of_much_ground(maker: Maker) -> None:
    shown = maker()
    left, bottom, right, top = shown.grid.bounds
    near, far = Plane(shown.grid.crs, (left, bottom, right, top)), 60_000.0
    wide = Plane(shown.grid.crs, (left - far, bottom - far, right + far, top + far))
    assert max(radii(wide, shown.sites, None)) < min(radii(near, shown.sites, None))


def test_a_narrow_map_has_fewer_below_it(maker: Maker) -> None:
    spots = spots_of(with_patches(maker(), [100, 90, 300]), EN)
    assert [len(fitting(spots, width)) for width in (0.5, 1.6, 3.4, 5.1, 9.0)] == [1, 1, 2, 3, 3]
