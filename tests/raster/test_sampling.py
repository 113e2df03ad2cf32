"""A few windows of a scene: which pixels come back, and when reading stops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from affine import Affine

from landcover.errors import SceneError
from landcover.raster.cache import BlockCache
from landcover.raster.sampling import sample_pair, sample_pixels
from tests.raster.conftest import Studio


def test_pixels_come_with_their_classes(studio: Studio) -> None:
    """Of each 2 x 2 pixels of 10 m under one of 20 m the first is taken; nodata is left out."""
    dn = np.arange(1, 40 * 48 + 1, dtype=np.uint16).reshape(40, 48)
    dn[0, 0] = 0
    classes = np.full((20, 24), 4, np.uint8)
    classes[:, 12:] = 6
    value, mask = studio.asset("red", dn), studio.asset("scl", classes, factor=2)
    found, of = sample_pixels(value, mask, (4,), 10**6)
    taken, kinds = dn[::2, ::2].ravel(), classes.ravel()
    np.testing.assert_array_equal(found, taken[taken > 0])
    np.testing.assert_array_equal(of, kinds[taken > 0])


def test_reading_stops_once_enough_is_seen(studio: Studio) -> None:
    dn = np.full((1200, 1200), 300, np.uint16)
    mask = studio.asset("scl", np.full((600, 600), 4, np.uint8), factor=2)
    value = studio.asset("red", dn)
    assert sample_pixels(value, mask, (4,), 1)[0].size == 256**2
    # five places, of which none is met twice, and the last windows end at the file's edge
    assert sample_pixels(value, mask, (6,), 1)[0].size > 2 * 256**2


def test_planes_that_do_not_fit_give_nothing(studio: Studio) -> None:
    value = studio.asset("red", np.full((40, 48), 300, np.uint16))
    mask = studio.asset("scl", np.full((20, 24), 4, np.uint8), factor=2)
    moved = replace(mask, transform=mask.transform @ Affine.translation(1, 0))
    finer = replace(value, transform=value.transform @ Affine.scale(4))
    for pair in ((value, moved), (finer, mask)):
        assert sample_pixels(*pair, (4,), 1)[0].size == 0


def test_a_missing_file_is_told(studio: Studio) -> None:
    value = studio.asset("red", np.full((40, 48), 300, np.uint16))
    mask = studio.asset("scl", np.full((20, 24), 4, np.uint8), factor=2)
    with pytest.raises(SceneError, match="missing"):
        sample_pixels(replace(value, href=f"{value.href}x"), mask, (4,), 1)


def test_a_pair_shows_the_same_ground(studio: Studio) -> None:
    """Only pixels that are valid and clear in both are met, in each band, in one order."""
    dn = np.arange(1, 40 * 48 + 1, dtype=np.uint16).reshape(40, 48)
    classes = np.full((20, 24), 4, np.uint8)
    red, mask = studio.asset("red", dn), studio.asset("scl", classes, factor=2)
    coarse = studio.asset("swir22", dn[::2, ::2] + np.uint16(7), factor=2)
    later, cloud = dn + np.uint16(1000), classes.copy()
    later[0, 2], cloud[1, :] = 0, 9
    red2, mask2 = studio.asset("later", later), studio.asset("mask", cloud, factor=2)
    found, of = sample_pair(((red, coarse), mask), ((red2, coarse), mask2), (4, 5), 10**6)
    keep = cloud == 4
    keep[0, 1] = False
    assert found.shape == (2, 2, keep.sum())
    np.testing.assert_array_equal(found[0, 0], dn[::2, ::2][keep])
    np.testing.assert_array_equal(found[1, 0], dn[::2, ::2][keep] + 1000)
    np.testing.assert_array_equal(found[:, 1], np.tile(dn[::2, ::2][keep] + 7, (2, 1)))
    assert (of == 4).all()
    moved = replace(mask2, transform=mask2.transform @ Affine.translation(1, 0))
    assert sample_pair(((red,), mask), ((red2,), moved), (4,), 1)[0].shape == (2, 1, 0)


def test_a_pair_is_read_until_enough_is_met(studio: Studio) -> None:
    mask = studio.asset("scl", np.full((600, 600), 4, np.uint8), factor=2)
    view = ((studio.asset("red", np.full((1200, 1200), 300, np.uint16)),), mask)
    assert sample_pair(view, view, (4,), 1)[0].shape[-1] == 256**2


def test_what_was_read_is_not_read_again(studio: Studio) -> None:
    """The same window of the same file; a band of the mask's own size is another window."""
    mask = studio.asset("scl", np.full((20, 24), 4, np.uint8), factor=2)
    red = studio.asset("red", np.full((40, 48), 300, np.uint16))
    memory = BlockCache(10**6)
    first, _ = sample_pixels(red, mask, (4,), 1, memory)
    other = studio.asset("red", np.full((40, 48), 900, np.uint16))
    Path(other.href).replace(red.href)
    again = sample_pair(((red,), mask), ((red,), mask), (4,), 1, memory)[0]
    np.testing.assert_array_equal(again[:, 0], np.stack([first, first]))
    assert (sample_pixels(red, mask, (4,), 1)[0] == 900).all()
