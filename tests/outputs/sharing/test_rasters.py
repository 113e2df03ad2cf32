"""Rasters that readers see: edges and holes tell of squares and public zones alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from landcover.model import Grid, Layer
from landcover.outputs.doors import style_of
from landcover.outputs.sharing import for_readers
from landcover.outputs.shown import Shown
from landcover.raster.cog import write_cog
from landcover.raster.facts import facts_of

GRID = Grid("EPSG:4326", Affine(0.002, 0, 27.8, 0, -0.002, 1.6), (400, 500))


def with_shapes(shown: Shown, of: Shown) -> Shown:
    """Give a run the shapes of another, in place of those of its folder."""
    names = ("zones", "sites", "patches", "context")
    vars(shown).update({name: vars(of)[name] for name in names})
    return shown


@pytest.fixture
def run(whole: Shown, tmp_path: Path) -> Shown:
    """Return the run with a raster that is filled where any of its zones lies."""
    x = 27.8 + 0.002 * (np.arange(500) + 0.5)
    y = 1.6 - 0.002 * (np.arange(400) + 0.5)
    ground = shapely.union_all(shapely.buffer(whole.zones.geometry.to_numpy(), 0.02))
    filled = shapely.contains_xy(ground, *np.meshgrid(x, y))
    planes = np.where(filled, np.float32(0.5), np.float32(np.nan))[np.newaxis]
    tags = {"PRODUCT": "", "NOTE": "near Mine M1"}
    layer = Layer("plain", "", ("plain",), ("1",), tags=tags)
    path = write_cog(tmp_path / "rasters" / "plain.tif", layer, GRID, [(0, 0, planes)], tmp_path)
    shown = replace(whole, out=tmp_path, styles=(style_of(facts_of(path)),), grid=GRID)
    return with_shapes(shown, whole)


def test_a_raster_ends_where_public_zones_do_and_has_square_holes(
    run: Shown, mines: dict[str, tuple[float, float]]
) -> None:
    shown = for_readers(run)
    (style,) = shown.styles
    assert style.facts.grid == shown.grid
    assert "NOTE" not in style.facts.tags
    with rasterio.open(style.facts.path) as file:
        filled = ~np.isnan(file.read(1))
        rows, columns = np.nonzero(filled)
        x, y = file.transform @ (columns + 0.5, rows + 0.5)
    ground = shapely.union_all(shown.zones.geometry.to_numpy())
    assert shapely.contains_xy(ground, x, y).all()
    for mine in mines.values():
        assert np.hypot(x - mine[0], y - mine[1]).min() > 0.009  # 1 km
    # three mines share a square of 5 km, two lie in squares of 20 km: a margin of 1 km each
    empty_ha = (filled.size - filled.sum()) * 0.002**2 * 111.195**2 * 100
    assert (
        empty_ha < 100 * (7**2 + 2 * 22**2) * 1.1
    )  # pixels that a hole only touches are empty too


def test_it_is_made_once_for_the_same_secrets(run: Shown) -> None:
    (first,) = for_readers(run).styles
    before = first.facts.path.stat().st_mtime_ns
    for_readers(run)
    assert first.facts.path.stat().st_mtime_ns == before
    hidden = replace(run, about=replace(run.about, positions="withheld"))
    with_shapes(hidden, run)
    for_readers(hidden)
    assert first.facts.path.stat().st_mtime_ns != before


def test_a_plane_centred_on_the_zones_is_not_shown(run: Shown) -> None:
    plane = "+proj=laea +lat_0=1.0101 +lon_0=28.0101 +datum=WGS84 +units=m"
    odd = replace(run, grid=replace(run.grid, crs=plane, transform=Affine(10, 0, 0, 0, -10, 0)))
    shown = for_readers(with_shapes(odd, run))
    assert shown.styles == ()
    assert shown.grid.crs == "EPSG:4326"
