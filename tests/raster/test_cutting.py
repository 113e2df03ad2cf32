"""A raster cut anew: what stays stays as it was, what is taken out is nowhere in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from rio_cogeo.cogeo import cog_validate

from landcover.model import Grid, Layer, Legend, LegendClass
from landcover.raster.cog import write_cog
from landcover.raster.cutting import Cut, cut_raster
from landcover.raster.facts import facts_of

GRID = Grid("EPSG:32635", Affine(10, 0, 500_000, 0, -10, 100_000), (700, 900))
PART = GRID.window(20, 30, (600, 800))
HOLE = shapely.box(502_005, 97_005, 503_005, 98_005)
CUT = Cut(PART, shapely.box(500_500, 94_000, 508_000, 99_500), HOLE)
LEGEND = Legend(
    "kind",
    (
        LegendClass(1, {"en": "stable, still", "fr": "stable"}, "#1b7837"),
        LegendClass(4, {"en": "abrupt", "fr": "brutal"}, "#b2182b"),
    ),
)


def _written(folder: Path, layer: Layer, planes: np.ndarray) -> Path:
    return write_cog(folder / f"{layer.name}.tif", layer, GRID, [(0, 0, planes)], folder)


def test_pixels_outside_what_is_kept_or_in_what_is_taken_are_empty(tmp_path: Path) -> None:
    layer = Layer("ndvi", "composite", ("a", "b"), ("1", "days"), tags={"INDEX": "ndvi"})
    planes = np.arange(2 * 700 * 900, dtype=np.float32).reshape(2, 700, 900)
    path = _written(tmp_path, layer, planes)
    to = cut_raster(path, tmp_path / "cut" / "ndvi.tif", CUT, tmp_path, overviews="average")
    facts = facts_of(to)
    assert facts.grid == PART
    assert (facts.bands, facts.units, facts.tags["INDEX"]) == (("a", "b"), ("1", "days"), "ndvi")
    with rasterio.open(to) as file:
        found, overviews = file.read(), file.overviews(1)
    x = 500_000 + 10 * (30 + np.arange(800) + 0.5)
    y = 100_000 - 10 * (20 + np.arange(600) + 0.5)
    kept = np.outer((y > 94_000) & (y < 99_500), (x > 500_500) & (x < 508_000))
    taken = np.outer((y > 97_000) & (y < 98_010), (x > 502_000) & (x < 503_010))  # if but touched
    expected = np.where(kept & ~taken, planes[:, 20:620, 30:830], np.nan)
    np.testing.assert_array_equal(found, expected)
    assert overviews == [2]
    assert cog_validate(to)[0]


def test_what_is_taken_out_is_in_no_overview_either(tmp_path: Path) -> None:
    layer = Layer("x", "", ("x",), ("",))
    planes = np.zeros((1, 700, 900), np.float32)
    planes[0, 205:295, 205:295] = 7.0  # well within the hole
    path = _written(tmp_path, layer, planes)
    to = cut_raster(path, tmp_path / "cut.tif", CUT, tmp_path, overviews="average")
    for level in ({}, {"overview_level": 0}):
        with rasterio.open(to, **level) as file:
            assert not (file.read() == 7.0).any()
            assert not (np.nan_to_num(file.read()) > 0).any()


def test_class_names_colours_and_nodata_come_along(tmp_path: Path) -> None:
    layer = Layer("kind", "", ("kind",), ("class",), "uint8", 0, legend=LEGEND)
    path = _written(tmp_path, layer, np.full((1, 700, 900), 4, np.uint8))
    to = cut_raster(path, tmp_path / "cut.tif", CUT, tmp_path)
    with rasterio.open(to) as file, rasterio.open(path) as whole:
        assert file.colormap(1) == whole.colormap(1)
        assert file.tags() == whole.tags()
        assert (file.nodata, file.dtypes, file.colorinterp) == (0, ("uint8",), whole.colorinterp)
        assert set(np.unique(file.read())) == {0, 4}


def test_a_cut_that_leaves_nothing_is_an_empty_raster(tmp_path: Path) -> None:
    path = _written(tmp_path, Layer("x", "", ("x",), ("",)), np.ones((1, 700, 900), np.float32))
    to = cut_raster(path, tmp_path / "cut.tif", Cut(PART, CUT.kept, CUT.kept), tmp_path)
    with rasterio.open(to) as file:
        assert np.isnan(file.read()).all()


def test_the_bytes_are_the_same_each_time(tmp_path: Path) -> None:
    path = _written(tmp_path, Layer("x", "", ("x",), ("",)), np.ones((1, 700, 900), np.float32))
    both = [cut_raster(path, tmp_path / f"{n}.tif", CUT, tmp_path).read_bytes() for n in (1, 2)]
    assert both[0] == both[1]


@pytest.mark.parametrize("tags", [{}, {"A": "b"}])
def test_tags_may_be_other_ones(tmp_path: Path, tags: dict[str, str]) -> None:
    layer = Layer("x", "", ("x",), ("",), tags={"SECRET": "Mine 7"})
    path = _written(tmp_path, layer, np.ones((1, 700, 900), np.float32))
    to = cut_raster(path, tmp_path / "cut.tif", CUT, tmp_path, tags=tags)
    assert {k: v for k, v in facts_of(to).tags.items() if k != "AREA_OR_POINT"} == tags
    assert b"Mine 7" not in to.read_bytes()
