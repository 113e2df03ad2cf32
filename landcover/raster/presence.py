"""Rasters of a run, read small so that what is rare does not vanish.

Of the pixels that become one, the rarest class wins, or the earliest value that is shown. It
does not know colours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.warp import reproject
from rasterio.windows import Window

from landcover.model import Grid
from landcover.raster.look import Look, valid_in

__all__ = ["look_present", "moved"]

STRIP_PX = 512
"""Rows read at once: the side of a block of our files."""


def _strips(file: DatasetReader, band: int, factor: int) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield a band by strips of whole output rows: (first output row, values)."""
    rows = max(1, STRIP_PX // factor) * factor
    for top in range(0, file.height, rows):
        window = Window(0, top, file.width, min(rows, file.height - top))
        yield top // factor, file.read(band, window=window)


def _blocks(values: NDArray[Any], factor: int, fill: Any) -> NDArray[Any]:
    """Lay out (Y, X) as (Y', X', pixels of a block); what is beyond the edge is `fill`."""
    rows, columns = (ceil(side / factor) for side in values.shape)
    padded = np.full((rows * factor, columns * factor), fill, values.dtype)
    padded[: values.shape[0], : values.shape[1]] = values
    cut = padded.reshape(rows, factor, columns, factor).swapaxes(1, 2)
    return cut.reshape(rows, columns, factor * factor)


def _places(values: NDArray[Any], classes: NDArray[Any]) -> NDArray[np.intp]:
    """Return each value's place among sorted classes; -1 where it is none of them."""
    place = np.minimum(np.searchsorted(classes, values), classes.size - 1)
    return np.where(classes[place] == values, place, -1)


def _ranks(
    file: DatasetReader, band: int, classes: NDArray[Any], hidden: Sequence[float]
) -> NDArray[np.int16]:
    """Rank classes: the rarer the higher, hidden ones below all others; from 1 on."""
    counts = np.zeros(classes.size, np.int64)
    for _, values in _strips(file, band, 1):
        place = _places(values, classes)
        counts += np.bincount(place[place >= 0].ravel(), minlength=classes.size)
    order = sorted(range(classes.size), key=lambda n: (classes[n] not in hidden, -counts[n], n))
    ranks = np.empty(classes.size, np.int16)
    ranks[order] = np.arange(1, classes.size + 1)
    return ranks


def _rarest(
    values: NDArray[Any], classes: NDArray[Any], ranks: NDArray[np.int16], factor: int
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Let the class of the highest rank stand for a block."""
    place = _places(values, classes)
    best = _blocks(np.where(place >= 0, ranks[place], 0), factor, 0).max(axis=2)
    by_rank = np.concatenate(([classes[0]], classes[np.argsort(ranks)]))
    return by_rank[best], np.asarray(best > 0)


def _earliest(
    values: NDArray[Any], nodata: float | None, hidden: Sequence[float], factor: int
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Let the smallest value that is shown stand for a block, else the hidden one."""
    valid = valid_in(values, nodata)
    shown = valid & ~np.isin(values, list(hidden))
    least = _blocks(np.where(shown, values, np.inf), factor, np.inf).min(axis=2)
    rest = hidden[0] if hidden else 0.0
    any_valid = np.asarray(_blocks(valid, factor, False).any(axis=2))
    return np.where(np.isfinite(least), least, rest), any_valid


def look_present(
    path: Path,
    band: int,
    most_px: int,
    classes: Sequence[int] = (),
    hidden: Sequence[float] = (),
) -> Look:
    """Read a band of a whole raster in at most `most_px` pixels a side; nothing rare vanishes.

    Parameters
    ----------
    path : Path
    band : int
        From 1 on.
    most_px : int
    classes : sequence of int, optional
        Of those in a block of pixels, the one that is rarest in the raster stands for the block;
        without them the smallest value does.
    hidden : sequence of float, optional
        Values that are not drawn: they give way to all others.

    Returns
    -------
    Look
        One band, on the raster's own plane.
    """
    with rasterio.open(path, driver="GTiff") as file:
        factor = max(1, ceil(max(file.shape) / most_px))
        known = np.array(sorted(classes))
        ranks = _ranks(file, band, known, hidden) if classes else None
        shape = tuple(ceil(side / factor) for side in file.shape)
        values = np.zeros(shape, known.dtype if classes else np.float64)
        valid = np.zeros(shape, bool)
        for row, strip in _strips(file, band, factor):
            found = (
                _earliest(strip, file.nodata, hidden, factor)
                if ranks is None
                else _rarest(strip, known, ranks, factor)
            )
            rows = slice(row, row + found[0].shape[0])
            values[rows], valid[rows] = found
        crs, transform = file.crs.to_string(), file.transform @ Affine.scale(factor)
        return Look(values[None], valid[None], Grid(crs, transform, (shape[0], shape[1])))


def moved(look: Look, grid: Grid) -> Look:
    """Lay what was read on another plane, each pixel by the nearest one."""
    shape = (look.values.shape[0], *grid.shape)
    values, valid = np.zeros(shape, np.float64), np.zeros(shape, np.uint8)
    for source, target in (
        (look.values.astype(np.float64), values),
        (look.valid.astype(np.uint8), valid),
    ):
        reproject(
            source,
            target,
            src_transform=look.grid.transform,
            src_crs=CRS.from_user_input(look.grid.crs),
            dst_transform=grid.transform,
            dst_crs=CRS.from_user_input(grid.crs),
            resampling=Resampling.nearest,
        )
    return Look(values.astype(look.values.dtype), valid.astype(bool), grid)
