"""Areas of classes: every pixel counted once, its ground as the ellipsoid has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from pyproj import Geod, Transformer

from landcover.errors import InputError
from landcover.model import Grid, Layer
from landcover.raster.class_areas import class_areas
from landcover.raster.cog import write_cog

GRID = Grid("EPSG:32635", Affine(10, 0, 300_000, 0, -10, 200_000), (700, 600))


def write(path: Path, values: np.ndarray, nodata: float | None = 0) -> Path:
    layer = Layer("kinds", "p", ("kind",), ("class",), str(values.dtype), nodata)
    return write_cog(path, layer, GRID, [(0, 0, values[np.newaxis])], path.parent / "scratch")


def test_pixels_of_all_blocks_are_counted_once(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 5, GRID.shape).astype(np.uint8)
    found = class_areas(write(tmp_path / "a.tif", values))
    counts = dict(zip(*np.unique(values, return_counts=True), strict=True))
    assert {value: one.pixels for value, one in found.items()} == {
        n: counts[n] for n in (1, 2, 3, 4)
    }


def test_the_ground_is_that_of_the_ellipsoid(tmp_path: Path) -> None:
    values = np.zeros(GRID.shape, np.uint16)
    values[100:200, 50:250] = 700  # 1000 m x 2000 m in the plane
    found = class_areas(write(tmp_path / "a.tif", values))
    to_degrees = Transformer.from_crs(GRID.crs, "EPSG:4326", always_xy=True)
    x = [*np.linspace(300_500, 302_500, 21), *np.full(11, 302_500.0),
         *np.linspace(302_500, 300_500, 21), *np.full(11, 300_500.0)]  # fmt: skip
    y = [*np.full(21, 199_000.0), *np.linspace(199_000, 198_000, 11),
         *np.full(21, 198_000.0), *np.linspace(198_000, 199_000, 11)]  # fmt: skip
    area_m2, _ = Geod(ellps="WGS84").polygon_area_perimeter(*to_degrees.transform(x, y))
    assert list(found) == [700]
    assert found[700].area_ha == pytest.approx(abs(area_m2) / 1e4, rel=1e-7)
    assert found[700].area_ha != pytest.approx(200, rel=1e-5)  # the plane's own hectares


def test_nothing_but_nodata_has_no_class(tmp_path: Path) -> None:
    assert class_areas(write(tmp_path / "a.tif", np.zeros(GRID.shape, np.uint8))) == {}


def test_a_file_without_nodata_counts_0_as_well(tmp_path: Path) -> None:
    found = class_areas(write(tmp_path / "a.tif", np.zeros(GRID.shape, np.uint8), nodata=None))
    assert found[0].pixels == GRID.shape[0] * GRID.shape[1]


def test_amounts_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", np.zeros(GRID.shape, np.float32), np.nan)
    with pytest.raises(InputError, match="float32 holds no classes"):
        class_areas(path)
