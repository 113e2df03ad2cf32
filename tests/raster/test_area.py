"""Pixel areas against geodesic polygons, reference ratios, and any cut of the grid."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from landcover.errors import InputError
from landcover.model import Grid
from landcover.raster.area import lattice_of, pixel_area_m2

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SINUSOIDAL = "+proj=sinu +lon_0=0 +R=6371007.181 +units=m +no_defs"
LAEA = "+proj=laea +lat_0=-2 +lon_0=26 +datum=WGS84 +units=m +no_defs"
GRIDS = {
    "utm": Grid("EPSG:32735", Affine(10, 0, 612340, 0, -10, 9781230), (70, 90)),
    "utm far from its meridian": Grid("EPSG:32735", Affine(10, 0, 999000, 0, -10, 9781230), (9, 9)),
    "laea": Grid(LAEA, Affine(30, 0, 215, 0, -30, -7000), (70, 90)),
    "degrees": Grid("EPSG:4326", Affine(0.0005, 0, 28.0, 0, -0.0005, -1.9), (40, 50)),
    "coarse degrees": Grid("EPSG:4326", Affine(0.05, 0, 28.0, 0, -0.05, 12.0), (20, 30)),
    "high degrees": Grid("EPSG:4326", Affine(0.0005, 0, 12.0, 0, -0.0005, 67.0), (40, 50)),
    "antimeridian": Grid("EPSG:32760", Affine(10, 0, 833000, 0, -10, 8000000), (40, 90)),
}


def geodesic_area(grid: Grid, row: int, column: int) -> float:
    """Area (m2) of one pixel's outline, each side in 16 parts, by Karney's algorithm."""
    k = np.arange(16) / 16
    columns = np.concatenate([k, np.ones(16), 1 - k, np.zeros(16)]) + column
    rows = np.concatenate([np.zeros(16), k, np.ones(16), 1 - k]) + row
    x = grid.transform.c + columns * grid.transform.a
    y = grid.transform.f + rows * grid.transform.e
    lon, lat = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform(x, y)
    return abs(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0])


@pytest.mark.parametrize("name", GRIDS)
def test_pixels_equal_geodesic_polygons(name: str) -> None:
    grid = GRIDS[name]
    areas = pixel_area_m2(grid)
    rows, columns = grid.shape
    for row, column in [(0, 0), (rows - 1, columns - 1), (rows // 2, columns // 3)]:
        assert areas[row, column] == pytest.approx(geodesic_area(grid, row, column), rel=1e-6)


def test_utm_pixels_are_good_to_one_in_ten_million() -> None:
    grid = GRIDS["utm"]
    areas = pixel_area_m2(grid)
    assert areas[33, 44] == pytest.approx(geodesic_area(grid, 33, 44), rel=1e-7)


def test_sinusoidal_is_measured_on_the_ellipsoid() -> None:
    size = 231.65635826395825
    grid = Grid(SINUSOIDAL, Affine(size, 0, size * 12960, 0, -size, -size * 960), (40, 40))
    areas = pixel_area_m2(grid)
    assert areas[20, 20] == pytest.approx(geodesic_area(grid, 20, 20), rel=1e-6)
    assert areas[20, 20] != pytest.approx(size * size, rel=1e-3)


def test_utm_to_true_ratio_equals_the_reference() -> None:
    path = SHARED / "reference" / "zonal" / "utm_area_distortion.json"
    if not path.exists():
        pytest.skip("shared/reference is not beside this clone")
    to_utm = Transformer.from_crs("EPSG:4326", "EPSG:32735", always_xy=True)
    for case in json.loads(path.read_text()):
        x, y = to_utm.transform(case["lon"], case["lat"])
        grid = Grid("EPSG:32735", Affine(100, 0, x - 5000, 0, -100, y + 5000), (100, 100))
        row, column = np.mgrid[0:100, 0:100] + 0.5
        disc = np.hypot(row - 50, column - 50) <= 50  # the reference is a disc of 5 km
        ratio = 10_000 / pixel_area_m2(grid)[disc].mean()
        assert ratio == pytest.approx(case["ratio_utm"], rel=2e-7)


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(sorted(GRIDS)),
    top=st.integers(0, 8),
    left=st.integers(0, 8),
)
def test_any_cut_gives_the_same_bits(name: str, top: int, left: int) -> None:
    grid = GRIDS[name]
    rows, columns = grid.shape
    cut = grid.window(top, left, (rows - top, columns - left))
    assert np.array_equal(pixel_area_m2(cut), pixel_area_m2(grid)[top:, left:])


def test_cuts_of_a_grid_that_is_not_on_whole_pixels_share_one_lattice() -> None:
    grid = Grid("EPSG:4326", Affine(0.0003, 0, 28.12345, 0, -0.0003, -1.98765), (4000, 4000))
    whole, row, column = lattice_of(grid)
    for top, left in [(1, 1), (511, 2047), (3999, 17)]:
        assert lattice_of(grid.window(top, left, (1, 1))) == (whole, row + top, column + left)


def test_lattice_gives_back_the_corner() -> None:
    grid = Grid("EPSG:32735", Affine(10, 0, 612343.5, 0, -10, 9781232.5), (4, 4))
    lattice, row, column = lattice_of(grid)
    assert lattice.x(np.array(column)) == pytest.approx(612343.5)
    assert lattice.y(np.array(row)) == pytest.approx(9781232.5)
    assert lattice.column(np.array(612348.5)) == pytest.approx(column + 0.5)
    assert lattice.row(np.array(9781227.5)) == pytest.approx(row + 0.5)


def test_a_turned_grid_is_refused() -> None:
    with pytest.raises(InputError, match="turned or upside down"):
        lattice_of(Grid("EPSG:32735", Affine(10, 1, 0, 0, -10, 0), (4, 4)))
    with pytest.raises(InputError, match="north-up"):
        lattice_of(Grid("EPSG:32735", Affine(10, 0, 0, 0, 10, 0), (4, 4)))
