"""The coverage kernel by hand: fractions, cells, and how a cell is cut to a tile."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landcover.kernels.coverage import Rings, cells_covered, cut, fractions


def ring(*corners: tuple[float, float], hole: bool = False) -> Rings:
    """Close a ring: the outline of a polygon, or of a hole in one."""
    x, y = np.array([*corners, corners[0]], float).T
    area = np.dot(x[:-1] + x[1:], np.diff(y))
    sign = (1.0 if area < 0 else -1.0) * (-1.0 if hole else 1.0)
    return Rings(x.copy(), y.copy(), np.array([0, len(x)]), np.array([sign]))


def test_a_square_over_four_pixels() -> None:
    got = fractions(ring((0.5, 0.5), (1.5, 0.5), (1.5, 1.5), (0.5, 1.5)), 0, 0, 3)
    assert got[:, :3].tolist() == [[0.25, 0.25, 0], [0.25, 0.25, 0], [0, 0, 0]]


def test_the_way_round_does_not_matter() -> None:
    corners = [(0.2, 0.1), (2.7, 0.9), (1.1, 2.8)]
    there, back = fractions(ring(*corners), 0, 0, 3), fractions(ring(*corners[::-1]), 0, 0, 3)
    np.testing.assert_allclose(there[:, :3], back[:, :3], atol=1e-15)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 9), st.floats(-3, 9)), min_size=3, max_size=3))
def test_the_area_of_a_triangle(corners: list[tuple[float, float]]) -> None:
    (ax, ay), (bx, by), (cx, cy) = corners
    area = abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2
    total = fractions(ring(*corners), -4, -4, 16)[:, :16].sum()
    assert total == pytest.approx(area, abs=1e-4)  # thin ones lose what is below 2^-22 a pixel


def test_cells_inside_touched_and_outside() -> None:
    full, touched = cells_covered(ring((0, 0), (40, 0), (40, 24), (0, 24)), 0, 0, (5, 8), 8)
    assert np.argwhere(full).tolist() == [[1, 1], [1, 2], [1, 3]]
    assert touched[:4, :6].sum() == 4 * 6 - 3
    assert not touched[4].any()
    assert not touched[:, 6:].any()


def test_cut_to_a_tile() -> None:
    covered = fractions(ring((1, 0), (3.5, 0), (3.5, 4), (1, 4)), 0, 0, 4)
    runs, pixel, fraction = cut(covered, -1, -2, (2, 10))
    assert runs.tolist() == [[0, 0, 1], [1, 0, 1]]  # column 2 of the cell is column 0 of the tile
    assert pixel.tolist() == [1, 11]
    assert fraction.tolist() == [0.5, 0.5]


def test_a_cell_outside_the_tile_gives_nothing() -> None:
    covered = np.ones((4, 5))
    runs, pixel, _ = cut(covered, 10, 10, (3, 3))
    assert (len(runs), len(pixel)) == (0, 0)
