"""Groups of pixels become polygons along the pixels' own edges."""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from landcover.model import Grid
from landcover.raster.area import lattice_of
from landcover.raster.outlines import outlines

GRID = Grid("EPSG:32635", Affine(10, 0, 700_000, 0, -10, 9_700_000), (40, 40))
LATTICE, ROW, COLUMN = lattice_of(GRID)


def test_two_rows_of_pixels_worked_by_hand() -> None:
    row, column = np.array([0, 0, 1]), np.array([0, 1, 0])
    (found,) = outlines(LATTICE, row + ROW, column + COLUMN, np.zeros(3, np.int64))
    x, y = 700_000, 9_700_000
    truth = [(x, y), (x + 20, y), (x + 20, y - 10), (x + 10, y - 10), (x + 10, y - 20), (x, y - 20)]
    assert found.equals(shapely.Polygon(truth))
    assert len(shapely.get_coordinates(found)) == 7  # no points within straight sides


def test_corners_alone_make_parts_and_a_ring_keeps_its_hole() -> None:
    row, column = np.array([0, 1]), np.array([0, 1])
    (found,) = outlines(LATTICE, row, column, np.zeros(2, np.int64))
    assert found.geom_type == "MultiPolygon"
    assert found.is_valid
    ring = np.argwhere(np.pad(np.zeros((1, 1)), 1, constant_values=1))
    (found,) = outlines(LATTICE, ring[:, 0], ring[:, 1], np.zeros(8, np.int64))
    assert (found.area, len(found.interiors)) == (800.0, 1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_area_is_that_of_the_pixels_whatever_their_order(seed: int) -> None:
    chance = np.random.default_rng(seed)
    groups = chance.integers(-1, 3, (7, 8))
    groups[0, :3] = [0, 1, 2]  # none is left out
    row, column = np.nonzero(groups >= 0)
    label = groups[row, column]
    found = outlines(LATTICE, row, column, label)
    assert (shapely.area(found) == 100.0 * np.bincount(label)).all()
    assert shapely.is_valid(found).all()
    mixed = chance.permutation(len(row))
    twice = np.concatenate([mixed, mixed[:5]])
    again = outlines(LATTICE, row[twice], column[twice], label[twice])
    assert shapely.equals_exact(found, again, 0.0).all()


def test_no_pixel_has_no_outline() -> None:
    none = np.zeros(0, np.int64)
    assert len(outlines(LATTICE, none, none, none)) == 0
