"""A few pixels of a scene, with their classes: enough to tell how its numbers are meant.

They are read beside what a run reads: a few windows of a few scenes, before anything is planned.
It knows two files of one scene. It does not know what the numbers should be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from landcover.model import Asset
from landcover.raster.source import environment, open_asset

__all__ = ["sample_pixels"]

WINDOW_PX = 512
"""Side of a window (px of the value band): one block of most COGs, a quarter of Earth Search's."""

_PLACES = ((0.5, 0.5), (0.25, 0.25), (0.75, 0.75), (0.25, 0.75), (0.75, 0.25))
"""Where windows lie, as shares of rows and columns: the middle first, where no swath ends."""


def sample_pixels(
    value: Asset, mask: Asset, classes: Collection[int], enough_px: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
    """Read windows of a scene until enough pixels of some classes were met, five at most.

    Parameters
    ----------
    value, mask : Asset
        A band and the mask band of one scene, which begin at one corner; a pixel of the mask is
        as large as a whole number of the band's. Of these the first is taken.
    classes : collection of int
        Classes to count.
    enough_px : int
        Pixels of these classes at which to stop (px of the mask).

    Returns
    -------
    dn, classes : float64 (N,), uint8 (N,)
        Valid pixels of all classes; empty where the planes do not fit.

    Raises
    ------
    SceneError
        One of the files cannot be read.
    """
    dn, found = [np.empty(0)], [np.empty(0, np.uint8)]
    factor = round(mask.transform.a / value.transform.a)
    if not _fit(value, mask, factor):
        return dn[0], found[0]
    met = 0
    with environment(), open_asset(value) as values, open_asset(mask) as masks:
        for row, column, rows, columns in _windows(mask.shape, factor):
            seen = _read(masks, row, column, rows, columns)
            at = (row * factor, column * factor, rows * factor, columns * factor)
            pixels = _read(values, *at)[::factor, ::factor]
            valid = pixels != (0 if value.nodata is None else value.nodata)
            dn.append(pixels[valid].astype(np.float64))
            found.append(seen[valid].astype(np.uint8))
            met += int(np.isin(found[-1], tuple(classes)).sum())
            if met >= enough_px:
                break
    return np.concatenate(dn), np.concatenate(found)


def _fit(value: Asset, mask: Asset, factor: int) -> bool:
    """Whether every pixel of the mask covers whole pixels of the band."""
    if factor < 1 or any(m * factor > v for m, v in zip(mask.shape, value.shape, strict=True)):
        return False
    corners = [(one.transform.c, one.transform.f) for one in (value, mask)]
    return corners[0] == corners[1]


def _read(source: Any, row: int, column: int, rows: int, columns: int) -> npt.NDArray[Any]:
    """Read one window of a file's first band."""
    out = np.empty((rows, columns), np.dtype(source.dtypes[0]))
    source.read(1, window=Window(column, row, columns, rows), out=out)
    return out


def _windows(shape: tuple[int, int], factor: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield windows of the mask, each once: row, column, rows and columns."""
    side = WINDOW_PX // factor
    done = set()
    for down, right in _PLACES:
        row, column = int(down * shape[0]) // side * side, int(right * shape[1]) // side * side
        if (row, column) not in done:
            done.add((row, column))
            yield row, column, min(side, shape[0] - row), min(side, shape[1] - column)
