"""One pixel of a raster: its values and tags, or nothing where that would be another one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from landcover.model import Grid, Layer
from landcover.raster.cog import write_cog
from landcover.raster.pixel import read_pixel

GRID = Grid("EPSG:32735", Affine(10, 0, 612340, 0, -10, 9781230), (40, 30))
LAYER = Layer("disturbance", "p", ("a", "b"), ("1", "1"), tags={"MIN_HA": "0.5"})


@pytest.fixture
def raster(tmp_path: Path) -> Path:
    """Return a raster of two bands whose values tell row and column."""
    rows, columns = np.indices(GRID.shape, np.float32)
    planes = np.stack([rows * 100 + columns, np.full(GRID.shape, np.nan, np.float32)])
    return write_cog(tmp_path / "a.tif", LAYER, GRID, [(0, 0, planes)], tmp_path / "scratch")


def test_a_pixel_and_its_tags(raster: Path) -> None:
    for row, column in ((0, 0), (39, 29), (7, 12)):
        found = read_pixel(raster, GRID, row, column)
        assert found is not None
        np.testing.assert_array_equal(found.values, [row * 100 + column, np.nan])
        assert found.tags["MIN_HA"] == "0.5"


@pytest.mark.parametrize(
    "other",
    [
        Grid(GRID.crs, GRID.transform @ Affine.translation(1, 0), GRID.shape),
        Grid("EPSG:32635", GRID.transform, GRID.shape),
        Grid(GRID.crs, GRID.transform, (40, 31)),
    ],
)
def test_a_raster_of_another_grid_has_not_this_pixel(raster: Path, other: Grid) -> None:
    assert read_pixel(raster, other, 3, 3) is None


def test_what_is_no_raster_has_no_pixel(tmp_path: Path) -> None:
    assert read_pixel(tmp_path / "none.tif", GRID, 0, 0) is None
    broken = tmp_path / "broken.tif"
    broken.write_bytes(b"II*\x00 and no more")
    assert read_pixel(broken, GRID, 0, 0) is None
