"""Rasters of a run, read small so that what is rare does not vanish.

Of the pixels that become one, the rarest class wins, or the earliest value that is shown; ground
where nothing was found and ground that nobody could judge keep their shares. It does not know
colours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
    """Lay out (Y, X) as (Y', rows of a block, X', columns); what is beyond the edge is `fill`."""
    rows, columns = (ceil(side / factor) for side in values.shape)
    padded = np.full((rows * factor, columns * factor), fill, values.dtype)
    padded[: values.shape[0], : values.shape[1]] = values
    return padded.reshape(rows, factor, columns, factor)


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
    """Let the class of the highest rank stand for a block; also say where there is one."""
    place = _places(values, classes)
    best = _blocks(np.where(place >= 0, ranks[place], 0), factor, 0).max(axis=(1, 3))
    by_rank = np.concatenate(([classes[0]], classes[np.argsort(ranks)]))
    return by_rank[best], np.asarray(best > 0)


def _earliest(
    values: NDArray[Any], hidden: Sequence[float], nodata: float | None, factor: int
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Let the smallest value that is shown stand for a block; also say where there is one."""
    shown = valid_in(values, nodata) & ~np.isin(values, list(hidden))
    least = _blocks(np.where(shown, values, np.inf), factor, np.inf).min(axis=(1, 3))
    there = np.isfinite(least)
    return np.where(there, least, 0.0), there


def _counted(values: NDArray[Any], ground: Sequence[float], factor: int) -> NDArray[np.uint32]:
    """Count the pixels of each ground in a block, (classes + 1, Y', X'); the last is all others."""
    kinds = [_blocks(values == one, factor, False).sum(axis=(1, 3)) for one in ground]
    inside = _blocks(np.ones(values.shape, bool), factor, False).sum(axis=(1, 3))
    return np.stack([*kinds, inside - sum(kinds)]).astype(np.uint32)


def _share_out(counts: NDArray[np.uint32], where: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Choose one ground a block so that what is not the first keeps its share of them all.

    Parameters
    ----------
    counts : uint32 (K, Y, X)
        Pixels of each ground in a block.
    where : bool (Y, X)
        Blocks to choose for.

    Returns
    -------
    intp (Y, X)
        Place of the ground. A block wholly of the first has it, one without it has not; between
        them, what rounding leaves over is carried on to the next block along the rows, so that
        the blocks of all others together are as many as their pixels make up.
    """
    whole = counts.sum(axis=0, dtype=np.int64)
    most = int(whole.max(initial=1))
    rest = np.where(where, (whole - counts[0]) * most // np.maximum(whole, 1), 0)
    upto = (np.cumsum(rest.ravel()) + most // 2) // most
    taken = np.diff(upto, prepend=0).reshape(where.shape) > 0
    return np.where(taken, 1 + counts[1:].argmax(axis=0), 0)


@dataclass(frozen=True, slots=True)
class _Shrunk:
    """A raster in blocks: what stands for each, where something does, and the ground of each."""

    values: NDArray[Any]
    there: NDArray[np.bool_]
    counts: NDArray[np.uint32]

    @classmethod
    def empty(cls, shape: tuple[int, int], grounds: int, dtype: Any) -> _Shrunk:
        """Make room for so many blocks."""
        room = np.zeros((grounds + 1, *shape), np.uint32)
        return cls(np.zeros(shape, dtype), np.zeros(shape, bool), room)

    def finished(self, ground: Sequence[float]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Fill in the ground where nothing else stands; return values and where there is one."""
        if not ground:
            return self.values, self.there
        chosen = _share_out(self.counts, ~self.there)
        fill = np.array([*ground, 0]).astype(self.values.dtype)[chosen]
        known = self.there | (chosen < len(ground))
        return np.where(self.there, self.values, fill), known


def look_present(
    path: Path,
    band: int,
    most_px: int,
    classes: Sequence[int] = (),
    hidden: Sequence[float] = (),
    ground: Sequence[float] = (),
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
    ground : sequence of float, optional
        Values that say that nothing was found (the first), or why nobody could tell (further
        ones, and no value at all). They give way to all others; where a block holds nothing else,
        those that could not tell keep their share of the ground. Without classes, what is hidden.

    Returns
    -------
    Look
        One band, on the raster's own plane.
    """
    with rasterio.open(path, driver="GTiff") as file:
        factor = max(1, ceil(max(file.shape) / most_px))
        told = list(ground) if classes else list(hidden)
        known = np.array(sorted(set(classes) - set(told)))
        ranks = _ranks(file, band, known, hidden) if classes else None
        shape = (ceil(file.height / factor), ceil(file.width / factor))
        small = _Shrunk.empty(shape, len(told), known.dtype if classes else np.float64)
        for row, strip in _strips(file, band, factor):
            values, there = (
                _earliest(strip, hidden, file.nodata, factor)
                if ranks is None
                else _rarest(strip, known, ranks, factor)
            )
            rows = slice(row, row + values.shape[0])
            small.values[rows], small.there[rows] = values, there
            small.counts[:, rows] = _counted(strip, told, factor)
        drawn, valid = small.finished(told)
        crs, transform = file.crs.to_string(), file.transform @ Affine.scale(factor)
        return Look(drawn[None], valid[None], Grid(crs, transform, shape))


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
