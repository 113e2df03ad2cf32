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


def speckled(share: float, seed: int) -> NDArray:
    """Return dates of no break (0), of which a share, here and there, was never judged."""
    values = np.zeros((400, 300), np.float32)
    values[np.random.default_rng(seed).random(values.shape) < share] = np.nan
    return values


@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.98])
@pytest.mark.parametrize("most_px", [400, 133, 45])
def test_what_nobody_judged_keeps_its_share(tmp_path: Path, share: float, most_px: int) -> None:
    values = speckled(share, 3)
    path = write(tmp_path / "date.tif", values, float("nan"))
    seen = look_present(path, 1, most_px, hidden=(0.0,))
    assert (~seen.valid[0]).mean() == pytest.approx(np.isnan(values).mean(), abs=0.01)


def test_a_block_nobody_judged_is_so_and_one_all_judged_is_not(tmp_path: Path) -> None:
    values = speckled(0.4, 4)
    values[40:48, 80:88], values[200:208, 160:168] = np.nan, 0
    path = write(tmp_path / "date.tif", values, float("nan"))
    seen = look_present(path, 1, 100, hidden=(0.0,))
    assert not seen.valid[0, 10:12, 20:22].any()
    assert seen.valid[0, 50:52, 40:42].all()
    inside = np.isnan(values).reshape(100, 4, 75, 4).any(axis=(1, 3))
    assert inside[~seen.valid[0]].all()  # no block that was wholly judged is said not to be


def test_classes_of_ground_keep_their_shares_beneath_rare_ones(tmp_path: Path) -> None:
    random = np.random.default_rng(6)
    values = random.choice(np.array([0, 1, 5, 6], np.uint8), (400, 300), p=(0.1, 0.6, 0.2, 0.1))
    values[:, 200:], values[SPOT[0], 100] = 1, 2
    path = write(tmp_path / "kind.tif", values, 0)
    seen = look_present(path, 1, 100, classes=(1, 2, 5, 6), hidden=(0,), ground=(1, 5, 6))
    assert np.argwhere(seen.values[0] == 2).tolist() == [[SPOT[0] // 4, 25]]
    judged = (seen.values[0] == 1) & seen.valid[0]
    assert judged.mean() == pytest.approx((values == 1).mean(), abs=0.01)
    assert (seen.values[0, :, 50:] == 1).all()
