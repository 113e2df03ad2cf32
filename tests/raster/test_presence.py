"""Rasters read small: what is rare does not vanish."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from numpy.typing import NDArray

from landcover.model import Grid
from landcover.raster.look import Look, plane_on
from landcover.raster.presence import look_present, moved

SPOT = (137, 211)
"""Row and column of the one pixel that is not like the others."""


def write(path: Path, values: NDArray, nodata: float) -> Path:
    rows, columns = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype=values.dtype,
        crs="EPSG:32635", transform=Affine(10, 0, 660000, 0, -10, 180000), nodata=nodata,
    ) as file:  # fmt: skip
        file.write(values, 1)
    return path


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """Mostly class 1, one pixel of class 4; nothing (0) along the top."""
    values = np.ones((400, 300), np.uint8)
    values[:3] = 0
    values[SPOT] = 4
    return write(tmp_path / "kind.tif", values, 0)


@pytest.fixture
def dates(tmp_path: Path) -> Path:
    """No break (0), but two beside each other; nothing is known (NaN) along the top."""
    values = np.zeros((400, 300), np.float32)
    values[:3] = np.nan
    values[SPOT], values[SPOT[0], SPOT[1] + 1] = 2023.5, 2022.25
    return write(tmp_path / "date.tif", values, float("nan"))


@pytest.mark.parametrize("most_px", [400, 133, 40, 7])
def test_one_pixel_of_a_rare_class_is_seen(classes: Path, most_px: int) -> None:
    seen = look_present(classes, 1, most_px, classes=(1, 2, 4))
    factor = -(-400 // most_px)
    assert max(seen.grid.shape) <= most_px
    assert np.argwhere(seen.values[0] == 4).tolist() == [[SPOT[0] // factor, SPOT[1] // factor]]
    assert seen.grid.transform.a == 10 * factor


def test_a_hidden_class_gives_way_even_where_it_is_rare(classes: Path) -> None:
    seen = look_present(classes, 1, 40, classes=(1, 2, 4), hidden=(4,))
    assert set(np.unique(seen.values)) == {1}


def test_where_nothing_is_nothing_is_seen(classes: Path) -> None:
    assert not look_present(classes, 1, 400, classes=(1, 4)).valid[0, :3].any()
    assert look_present(classes, 1, 400, classes=(1, 4)).valid[0, 3:].all()


def test_classes_below_zero_are_told_apart(tmp_path: Path) -> None:
    values = np.zeros((20, 20), np.float32)
    values[3, 3], values[15, 15] = -1, 1
    seen = look_present(write(tmp_path / "s.tif", values, -9), 1, 2, classes=(-1, 0, 1))
    assert seen.values[0].tolist() == [[-1, 0], [0, 1]]


@pytest.mark.parametrize("most_px", [400, 40, 7])
def test_the_earliest_of_few_dates_is_seen(dates: Path, most_px: int) -> None:
    seen = look_present(dates, 1, most_px, hidden=(0.0,))
    found = seen.values[0][(seen.values[0] != 0) & seen.valid[0]]
    assert 2022.25 in found.tolist()
    assert found.size == (2 if most_px == 400 else 1)
    assert (seen.values[0] == 0).any()


def test_nothing_falls_between_two_pixels_of_the_other_plane() -> None:
    """Every pixel of a plane, one at a time, is there on the finer one."""
    own = Grid("EPSG:32635", Affine(10, 0, 660000, 0, -10, 180000), (9, 11))
    fine = Grid(own.crs, own.transform @ Affine.scale(11 / 16, 9 / 13), (13, 16))
    plane = plane_on(fine, "EPSG:3857", 64)
    valid = np.ones((1, 9, 11), bool)
    numbered = np.arange(1, 100).reshape(1, 9, 11)
    seen = moved(Look(numbered, valid, own), plane)
    assert set(np.unique(seen.values[seen.valid])) == set(range(1, 100))
    assert not seen.valid.all()  # the plane's corners lie beyond
