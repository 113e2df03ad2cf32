"""Patches as people get them: polygons and a table, with zone, nearest site and a lasting id."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine

from landcover.kernels.breaks import ABRUPT, CONFIRMED, LOW, RECOVERING
from landcover.kernels.patches import Broken
from landcover.model import Grid, Zone
from landcover.outputs.patches import COLUMNS, Patches, patch_table, patches, write_patches
from landcover.outputs.sheets import write_table
from landcover.raster.area import lattice_of, pixel_area_m2
from landcover.zones.features import Feature

GRID = Grid("EPSG:32635", Affine(10, 0, 700_000, 0, -10, 9_700_000), (40, 40))
LATTICE, ROW, COLUMN = lattice_of(GRID)
DAY = (date(2023, 4, 12) - date(1970, 1, 1)).days
WATCH = date(2023, 4, 5)


def degrees(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """Return a rectangle of the grid's plane (m) in longitude and latitude."""
    box = gpd.GeoSeries([shapely.box(west, south, east, north)], crs=GRID.crs)
    (found,) = box.to_crs("EPSG:4326")
    assert isinstance(found, shapely.Polygon)
    return found


def zone(identity: str, kind: str, geometry: shapely.Polygon, area_ha: float) -> Zone:
    """Return a zone."""
    return Zone(identity, identity.title(), kind, kind + "s", geometry, area_ha)


ZONES = (
    zone("park", "reserve", degrees(699_900, 9_699_000, 700_500, 9_700_100), 66.0),
    zone("ring", "ring", degrees(699_900, 9_699_000, 700_500, 9_700_100), 33.0),
    zone("west", "region", degrees(699_900, 9_699_000, 700_010, 9_700_100), 12.0),
)
SITES = (
    Feature("row 2", "far", "Far mine", degrees(710_000, 9_690_000, 710_010, 9_690_010).centroid),
    Feature("row 3", "near", "Near mine", degrees(700_115, 9_699_980, 700_120, 9_699_990).centroid),
)


def broken() -> Broken:
    """Three pixels of one clearing, and one far away and later."""
    row, column = np.array([0, 0, 1, 30]), np.array([0, 1, 1, 30])
    area = pixel_area_m2(GRID)[row, column]
    day = np.array([DAY + 10, DAY, DAY, DAY + 500], np.int32)
    return Broken(
        row + ROW,
        column + COLUMN,
        day,
        day - np.int32(12),
        np.array([ABRUPT, RECOVERING, RECOVERING, ABRUPT], np.uint8),
        np.array([CONFIRMED, CONFIRMED, LOW, LOW], np.uint8),
        np.array([-0.2, -0.3, -0.4, -0.5], np.float32),
        np.array([0.5, 0.75, np.nan, np.nan], np.float32),
        np.full(4, np.nan, np.float32),
        area,
    )


@pytest.fixture(scope="module")
def found() -> Patches:
    return patches(broken(), GRID, ZONES, SITES, 180, "ndvi", WATCH)


def test_figures_of_a_patch_worked_by_hand(found: Patches) -> None:
    first, second = (dict(zip(COLUMNS, row, strict=True)) for row in found.rows)
    assert first["first_date"] == date(2023, 4, 12)
    assert first["last_date"] == date(2023, 4, 22)
    assert first["last_clear_date"] == date(2023, 3, 31)
    assert first["pixels"] == 3
    assert first["area_ha"] == pytest.approx(0.03, rel=2e-3)  # UTM's scale is 0.9996 to 1.001
    assert first["confirmed_ha"] == pytest.approx(0.02, rel=2e-3)
    assert first["provisional_ha"] == 0
    assert first["low_ha"] == pytest.approx(0.01, rel=2e-3)
    # two of its pixels were last clear on 31 March, before the watch; the third on 10 April
    assert first["perhaps_before_watch_ha"] == pytest.approx(0.02, rel=2e-3)
    assert (first["kind"], first["confidence"]) == ("recovering", "confirmed")
    assert first["index"] == "ndvi"
    assert first["drop"] == pytest.approx(-0.3)
    assert first["recovered_fraction_12_months"] == pytest.approx(0.5)
    assert first["recovered_fraction_24_months"] is None
    assert second["first_date"] == date(2024, 8, 24)


def test_the_zone_is_the_one_that_holds_most_and_of_equal_ones_the_smallest(
    found: Patches,
) -> None:
    first = dict(zip(COLUMNS, found.rows[0], strict=True))
    assert (first["zone_id"], first["zone_kind"]) == ("ring", "ring")
    assert first["zone_fraction"] == pytest.approx(1.0)
    assert first["zone_ids"] == "park;ring;west"


def test_the_nearest_site_is_named_with_its_distance(found: Patches) -> None:
    first = dict(zip(COLUMNS, found.rows[0], strict=True))
    # the patch ends at x = 700,020; the site lies at 700,117.5 and on the same rows
    assert first["nearest_site_name"] == "Near mine"
    assert first["distance_m"] == pytest.approx(97.5, rel=2e-3)
    (alone,) = patches(broken().take(np.array([3])), GRID, (), (), 180, "ndvi", WATCH).rows
    assert alone[COLUMNS.index("zone_id") :] == (None,) * 7


def test_outlines_are_the_pixels_edges(found: Patches) -> None:
    x, y = 700_000, 9_700_000
    truth = [(x, y), (x + 20, y), (x + 20, y - 20), (x + 10, y - 20), (x + 10, y - 10), (x, y - 10)]
    assert found.geometry[0].equals(shapely.Polygon(truth))


def test_an_id_stays_while_later_breaks_are_added_or_the_grid_grows(found: Patches) -> None:
    start = patches(broken().take(np.array([1])), GRID, ZONES, SITES, 180, "ndvi", WATCH)
    assert start.rows[0][0] == found.rows[0][0]
    assert str(start.rows[0][0]).startswith("20230412-")
    wider = Grid(GRID.crs, GRID.transform @ Affine.translation(-50, -70), (200, 200))
    assert patches(broken(), wider, ZONES, SITES, 180, "ndvi", WATCH).rows == found.rows
    assert len({row[0] for row in found.rows}) == 2


def test_tiles_in_any_order_give_the_same_patches(found: Patches) -> None:
    parts = [broken().take(np.array(rows)) for rows in ([2, 3], [0], [1])]
    again = patches(Broken.join(parts), GRID, ZONES, SITES, 180, "ndvi", WATCH)
    assert again.rows == found.rows
    assert shapely.equals_exact(again.geometry, found.geometry, 0.0).all()


def test_the_geopackage_and_the_table_say_the_same(found: Patches, tmp_path: Path) -> None:
    assert write_patches(tmp_path / "patches.gpkg", found) == 2
    frame = gpd.read_file(tmp_path / "patches.gpkg")
    write_table(tmp_path / "patches.csv", patch_table(found))
    with (tmp_path / "patches.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(COLUMNS)
    assert frame["patch_id"].tolist() == [row["patch_id"] for row in rows]
    assert [str(day)[:10] for day in frame["first_date"]] == [row["first_date"] for row in rows]
    assert frame["area_ha"].tolist() == pytest.approx([float(row["area_ha"]) for row in rows])
    assert frame.crs.to_epsg() == 32635
    assert frame.geometry.area.tolist() == [300.0, 100.0]


def test_no_patch_is_an_empty_layer_with_all_columns(tmp_path: Path) -> None:
    none = patches(broken().take(np.zeros(4, np.bool_)), GRID, ZONES, SITES, 180, "ndvi", WATCH)
    assert write_patches(tmp_path / "patches.gpkg", none) == 0
    frame = gpd.read_file(tmp_path / "patches.gpkg")
    assert set(COLUMNS) <= set(frame.columns)
    assert len(frame) == 0
