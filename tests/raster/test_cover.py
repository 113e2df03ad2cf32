"""Covered fractions: by hand, against exactextract and shapely, and for any cut of the grid."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from landcover.errors import InputError
from landcover.kernels.zonal import Bins, accumulate, concatenate, mean, merge, quantile, whole
from landcover.model import Grid
from landcover.raster.area import lattice_of, pixel_area_m2
from landcover.raster.cover import Cover, cover, rings_on

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
DEGREES = Grid("EPSG:4326", Affine(0.0005, 0, 28.0, 0, -0.0005, -1.9), (700, 900))
UTM = Grid("EPSG:32735", Affine(10, 0, 612340, 0, -10, 9781230), (600, 700))
TO_LONLAT = Transformer.from_crs(UTM.crs, "EPSG:4326", always_xy=True)


def fraction_image(tile: Cover, zone: int | None = None) -> NDArray[np.float64]:
    """Fractions as float64 (Y, X), of one zone or of the sum of all."""
    out = np.zeros(tile.shape)
    p = tile.pieces
    for k in range(len(p.zone)):
        if zone is not None and p.zone[k] != zone:
            continue
        for row, first, last in p.runs[p.run_start[k] : p.run_start[k + 1]]:
            out[row, first:last] += 1
        edge = slice(p.edge_start[k], p.edge_start[k + 1])
        np.add.at(out.ravel(), p.edge_pixel[edge], p.edge_fraction[edge])
    return out


def pixels(geometry: shapely.Geometry) -> shapely.Geometry:
    """Lay a geometry given in pixels of DEGREES (x right, y down) into degrees."""
    return shapely.transform(geometry, lambda c: c * [0.0005, -0.0005] + [28.0, -1.9])


def from_utm(geometry: shapely.Geometry) -> shapely.Geometry:
    """Lay a geometry given in pixels of UTM (x right, y down) into longitude and latitude."""

    def lay(corners: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = corners[:, 0] * 10 + 612340, 9781230 - corners[:, 1] * 10
        return np.column_stack(TO_LONLAT.transform(x, y))

    return shapely.transform(geometry, lay)


def oracle(geometry: shapely.Geometry, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Fractions by exactextract, of a geometry in pixels (y down)."""
    up = shapely.transform(geometry, lambda c: c * [1, -1])
    raster = NumPyRasterSource(np.zeros(shape, np.uint8), 0, -shape[0], shape[1], 0)
    feature = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(up)}
    found = exact_extract(raster, [feature], ["cell_id", "coverage"])[0]["properties"]
    out = np.zeros(shape)
    out.ravel()[found["cell_id"]] = found["coverage"]
    return out


def test_hand_worked_corner() -> None:
    square = pixels(shapely.box(0.5, 0.5, 2.5, 2.5))
    got = fraction_image(cover(DEGREES.window(0, 0, (3, 3)), [(0, square)]))
    assert got == pytest.approx(np.array([[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]]))


def test_hand_worked_triangle_and_hole() -> None:
    triangle = pixels(shapely.Polygon([(0, 0), (2, 0), (0, 1)]))
    got = fraction_image(cover(DEGREES.window(0, 0, (2, 2)), [(0, triangle)]))
    assert got == pytest.approx(np.array([[0.75, 0.25], [0, 0]]), abs=1e-7)
    ring = pixels(shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2.5)))
    got = fraction_image(cover(DEGREES.window(0, 0, (3, 3)), [(0, ring)]))
    assert got == pytest.approx(np.array([[1, 1, 1], [1, 0, 1], [1, 0.5, 1]]), abs=1e-7)


def test_a_rectangle_of_whole_pixels_has_runs_only() -> None:
    tile = cover(DEGREES, [(7, pixels(shapely.box(3, 5, 603, 405)))])
    assert len(tile.pieces.edge_pixel) == 0
    assert fraction_image(tile).sum() == 600 * 400
    assert tile.zones == (7,)
    assert tile.inside()[5:405, 3:603].all()
    assert tile.inside().sum() == 600 * 400


def test_pixel_smaller_than_a_pixel_and_zone_outside() -> None:
    crumb = pixels(shapely.box(10.2, 20.3, 10.5, 20.7))
    far = pixels(shapely.box(2000, 2000, 2001, 2001))
    tile = cover(DEGREES, [(0, crumb), (1, far)])
    assert tile.zones == (0,)
    assert fraction_image(tile)[20, 10] == pytest.approx(0.12, rel=1e-5)
    assert tile.inside().sum() == 1


def test_fractions_equal_exactextract() -> None:
    star = shapely.Point(300.3, 280.7).buffer(220, quad_segs=40)
    star = star.difference(shapely.Point(330, 300).buffer(77.7))
    star = star.union(shapely.box(560.25, 3, 690.5, 90.125))
    got = fraction_image(cover(DEGREES, [(0, pixels(star))]))
    assert np.abs(got - oracle(star, DEGREES.shape)).max() < 1e-6


# Thousandths: on a corner 1e-6 px beside an edge exactextract 0.3.0 itself answers 1.25.
thousandths = st.integers(-20_000, 720_000).map(lambda n: n / 1000)
corner = st.tuples(thousandths, thousandths)


@settings(max_examples=60, deadline=None)
@given(st.lists(corner, min_size=3, max_size=9), st.integers(0, 1))
def test_any_polygon_equals_exactextract(corners: list[tuple[float, float]], hole: int) -> None:
    hull = shapely.MultiPoint(corners).convex_hull
    if hull.geom_type != "Polygon" or hull.area < 1:
        return
    shape = hull.difference(shapely.affinity.scale(hull, 0.5, 0.4)) if hole else hull
    got = fraction_image(cover(DEGREES, [(0, pixels(shape))]))
    assert np.abs(got - oracle(shape, DEGREES.shape)).max() < 1e-6


@settings(max_examples=25, deadline=None)
@given(
    top=st.integers(0, 500),
    left=st.integers(0, 600),
    rows=st.integers(1, 300),
    columns=st.integers(1, 300),
    radius=st.floats(0.3, 400),
)
def test_any_cut_gives_the_same_bits(
    top: int, left: int, rows: int, columns: int, radius: float
) -> None:
    shape = (min(rows, 600 - top), min(columns, 700 - left))
    zones = [
        (0, from_utm(shapely.Point(350.1, 300.7).buffer(radius))),
        (5, from_utm(shapely.box(100.3, 99.9, 610.2, 520.1))),
    ]
    whole_grid = fraction_image(cover(UTM, zones))
    part = fraction_image(cover(UTM.window(top, left, shape), zones))
    expected = whole_grid[top : top + shape[0], left : left + shape[1]]
    assert np.array_equal(part, expected)


@pytest.mark.parametrize("side", [256, 512, 187])
def test_sums_do_not_depend_on_tiles(side: int) -> None:
    rng = np.random.default_rng(4)
    values = rng.uniform(-0.2, 0.95, UTM.shape).astype(np.float32)
    values[rng.random(UTM.shape) < 0.3] = np.nan
    zones = [
        (0, from_utm(shapely.Point(350, 300).buffer(250))),
        (1, from_utm(shapely.box(0.5, 9, 640, 30))),
    ]
    one = merge(accumulate(values, pixel_area_m2(UTM), cover(UTM, zones).pieces, Bins(-1, 1)))
    many = []
    for top in range(0, 600, side):
        for left in range(0, 700, side):
            shape = (min(side, 600 - top), min(side, 700 - left))
            cut = UTM.window(top, left, shape)
            part = np.ascontiguousarray(values[top : top + side, left : left + side])
            pieces = cover(cut, zones).pieces
            many.append(accumulate(part, pixel_area_m2(cut), pieces, Bins(-1, 1)))
    several = merge(concatenate(many))
    for name in ("count", "weight_m2", "total"):
        np.testing.assert_allclose(getattr(several, name), getattr(one, name), rtol=1e-13)
    assert np.array_equal(several.bin, one.bin)
    np.testing.assert_allclose(several.bin_m2, one.bin_m2, rtol=1e-12)


def test_reference_statistics_of_exactextract() -> None:
    folder = SHARED / "reference" / "zonal"
    if not folder.exists():
        pytest.skip("shared/reference is not beside this clone")
    with rasterio.open(folder / "value_utm.tif") as file:
        grid = Grid("EPSG:32735", file.transform, file.shape)
        values = file.read(1)
    features = json.loads((folder / "zones_utm.geojson").read_text())["features"]
    zones = []
    for number, feature in enumerate(features):
        shape = shapely.geometry.shape(feature["geometry"])
        lonlat = shapely.transform(shape, lambda c: np.column_stack(TO_LONLAT.transform(*c.T)))
        zones.append((number, lonlat))
    flat = np.full(grid.shape, 100.0)  # exactextract weighs by fraction alone
    sums = merge(accumulate(values, flat, cover(grid, zones).pieces, Bins(-1, 1)))
    places = {int(zone): k for k, zone in enumerate(sums.zone)}
    means, medians = mean(sums), quantile(sums, Bins(-1, 1), 50)
    for number, wanted in enumerate(json.loads((folder / "zonal.json").read_text())["stats"]):
        if wanted["mean"] is None:
            assert number not in places
            continue
        k = places[number]
        assert sums.count[k] == pytest.approx(wanted["count"], rel=1e-6)
        assert means[k] == pytest.approx(wanted["mean"], rel=1e-6)
        if number != 1 and wanted["count"] > 100:
            assert medians[k] == pytest.approx(wanted["median"], abs=0.011)


def test_reference_geodesic_area_in_degrees() -> None:
    folder = SHARED / "reference" / "zonal"
    if not folder.exists():
        pytest.skip("shared/reference is not beside this clone")
    with rasterio.open(folder / "class_4326.tif") as file:
        grid = Grid("EPSG:4326", file.transform, file.shape)
        classes = file.read(1)
    features = json.loads((folder / "zones_4326.geojson").read_text())["features"]
    wanted = json.loads((folder / "zonal.json").read_text())
    area = pixel_area_m2(grid)
    for number, feature in enumerate(features):
        tile = cover(grid, [(number, shapely.geometry.shape(feature["geometry"]))])
        share = fraction_image(tile)
        for value, m2 in wanted["latlon_geodesic_area_m2_by_class"][number].items():
            assert (share * area)[classes == int(value)].sum() == pytest.approx(m2, rel=1e-6)


def test_weight_of_a_zone_is_its_geodesic_area() -> None:
    disc = from_utm(shapely.Point(350, 300).buffer(250, quad_segs=64))
    sums = merge(whole(pixel_area_m2(UTM), cover(UTM, [(3, disc)]).pieces))
    true_m2 = abs(Geod(ellps="WGS84").geometry_area_perimeter(disc)[0])
    assert sums.weight_m2[0] == pytest.approx(true_m2, rel=1e-6)
    assert sums.zone[0] == 3


def test_long_sides_are_straight_in_degrees() -> None:
    lattice, _, _ = lattice_of(UTM)
    rings = rings_on(lattice, shapely.box(27.9, -2.1, 28.9, -1.9))
    assert np.hypot(np.diff(rings.x), np.diff(rings.y)).max() <= 101
    middle = TO_LONLAT.transform(rings.x * 10, -rings.y * 10)
    assert np.abs(middle[1] + 2.0).max() <= 0.1 + 1e-9


def test_large_outline_is_found_again_and_equal() -> None:
    disc = from_utm(shapely.Point(350, 300).buffer(250, quad_segs=1000))
    first, second = cover(UTM, [(0, disc)]), cover(UTM, [(0, disc)])
    for a, b in zip(first.pieces, second.pieces, strict=True):
        assert np.array_equal(a, b)


def test_zones_that_cover_a_cell_wholly_share_its_sums() -> None:
    zones = [(n, from_utm(shapely.box(-600, -600, 1300, 1200))) for n in range(3)]
    pieces = cover(UTM, [*zones, (3, from_utm(shapely.Point(350, 300).buffer(30)))]).pieces
    cells = len(pieces.zone[pieces.zone == 0])
    assert np.array_equal(pieces.twin[:cells], np.arange(cells))
    assert np.array_equal(pieces.twin[cells : 2 * cells], np.arange(cells))
    assert np.array_equal(pieces.twin[2 * cells : 3 * cells], np.arange(cells))
    assert pieces.twin[-1] == len(pieces.zone) - 1
    for start in (pieces.run_start, pieces.edge_start):
        assert len(start) == len(pieces.zone) + 1


def test_a_cover_can_be_pickled_and_may_be_empty() -> None:
    none = pickle.loads(pickle.dumps(cover(UTM, [])))
    assert none.zones == ()
    assert not none.inside().any()


def test_one_pixel() -> None:
    tile = cover(UTM.window(300, 350, (1, 1)), [(0, from_utm(shapely.box(0, 0, 700, 600)))])
    assert fraction_image(tile).tolist() == [[1.0]]


def test_a_zone_beyond_the_crs_is_named() -> None:
    grid = Grid("+proj=gnom +lat_0=0 +lon_0=0", Affine(10, 0, 0, 0, -10, 0), (4, 4))
    with pytest.raises(InputError, match=r"does not reach it\. Set grid\.crs"):
        cover(grid, [(0, shapely.box(170, -1, 171, 0))])
