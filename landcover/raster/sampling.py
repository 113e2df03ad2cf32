"""A few pixels of a scene, with their classes: enough to tell how its numbers are meant.

They are read beside what a run reads: a few windows of a few scenes, before anything is planned.
Two scenes of a square may be read over the same ground, so that what differs is not the ground.
It knows a few files. It does not know what the numbers should be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.windows import Window

from landcover.model import Asset
from landcover.raster.cache import BlockCache
from landcover.raster.source import environment, open_asset

__all__ = ["sample_pair", "sample_pixels"]

WINDOW_PX = 512
"""Side of a window (px of the value band): one block of most COGs, a quarter of Earth Search's."""

_PLACES = ((0.5, 0.5), (0.25, 0.25), (0.75, 0.75), (0.25, 0.75), (0.75, 0.25))
"""Where windows lie, as shares of rows and columns: the middle first, where no swath ends."""


def sample_pixels(
    value: Asset,
    mask: Asset,
    classes: Collection[int],
    enough_px: int,
    memory: BlockCache | None = None,
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
    memory : BlockCache, optional
        Windows that were read before are taken from it.

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
        for window in _windows(mask.shape, factor):
            seen = _read((masks, mask.href), window, 1, memory)
            pixels = _read((values, value.href), window, factor, memory)
            valid = pixels != (0 if value.nodata is None else value.nodata)
            dn.append(pixels[valid].astype(np.float64))
            found.append(seen[valid].astype(np.uint8))
            met += int(np.isin(found[-1], tuple(classes)).sum())
            if met >= enough_px:
                break
    return np.concatenate(dn), np.concatenate(found)


def sample_pair(
    one: tuple[Sequence[Asset], Asset],
    other: tuple[Sequence[Asset], Asset],
    classes: Collection[int],
    enough_px: int,
    memory: BlockCache | None = None,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.uint8]]:
    """Read windows of two scenes over the same ground, five at most.

    Parameters
    ----------
    one, other : (bands, mask)
        As many bands of each, and their masks, as for `sample_pixels`. Both are of one CRS.
    classes : collection of int
        Classes of the ground that is compared.
    enough_px : int
        Pixels at which to stop (px of the mask).
    memory : BlockCache, optional
        Windows that were read before are taken from it.

    Returns
    -------
    dn, classes : float64 (2, B, N), uint8 (2, N)
        Pixels that are valid in all bands and of these classes in both scenes; none where the
        planes do not fit, or are not the same.

    Raises
    ------
    SceneError
        One of the files cannot be read.
    """
    bands, mask = one
    found = [np.empty((2, len(bands), 0))], [np.empty((2, 0), np.uint8)]
    factors = [round(mask.transform.a / band.transform.a) for band in bands]
    same = (mask.transform, mask.shape) == (other[1].transform, other[1].shape)
    every = [(*pair, factor) for bands, _ in (one, other)
             for pair, factor in zip(((b, mask) for b in bands), factors, strict=True)]  # fmt: skip
    if not same or not all(_fit(*each) for each in every):
        return found[0][0], found[1][0]
    met = 0
    with ExitStack() as stack:
        stack.enter_context(environment())
        views = [
            [(stack.enter_context(open_asset(file)), file.href) for file in (plan, *values)]
            for values, plan in (one, other)
        ]
        for window in _windows(mask.shape, max(factors)):
            seen = np.stack([_read(files[0], window, 1, memory) for files in views])
            dn = np.stack([_bands(files[1:], window, factors, memory) for files in views])
            nodata = [[band.nodata or 0 for band in values] for values, _ in (one, other)]
            valid = (dn != np.asarray(nodata)[..., None, None]).all(axis=(0, 1))
            keep = valid & np.isin(seen, tuple(classes)).all(axis=0)
            found[0].append(dn[..., keep])
            found[1].append(seen[..., keep].astype(np.uint8))
            met += int(keep.sum())
            if met >= enough_px:
                break
    return np.concatenate(found[0], axis=-1), np.concatenate(found[1], axis=-1)


def _bands(
    files: Sequence[tuple[Any, str]],
    window: tuple[int, int, int, int],
    factors: Sequence[int],
    memory: BlockCache | None,
) -> npt.NDArray[np.float64]:
    """Read one window of several bands, on the mask's pixels."""
    read = [_read(file, window, by, memory) for file, by in zip(files, factors, strict=True)]
    return np.stack(read).astype(np.float64)


def _fit(value: Asset, mask: Asset, factor: int) -> bool:
    """Whether every pixel of the mask covers whole pixels of the band."""
    if factor < 1 or any(m * factor > v for m, v in zip(mask.shape, value.shape, strict=True)):
        return False
    corners = [(one.transform.c, one.transform.f) for one in (value, mask)]
    return corners[0] == corners[1]


def _read(
    file: tuple[Any, str],
    window: tuple[int, int, int, int],
    factor: int,
    memory: BlockCache | None,
) -> npt.NDArray[Any]:
    """Read one window of a file's first band, of each `factor` pixels the first, or remember it."""
    row, column, rows, columns = (one * factor for one in window)
    source, href = file
    key = (f"{href} {rows} {columns} {factor}", row, column)
    held = memory.get(key) if memory is not None else None
    if held is not None:
        return held
    out = np.empty((rows, columns), np.dtype(source.dtypes[0]))
    source.read(1, window=Window(column, row, columns, rows), out=out)
    found = np.ascontiguousarray(out[::factor, ::factor])
    if memory is not None:
        memory.put(key, found)
    return found


def _windows(shape: tuple[int, int], factor: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield windows of the mask, each once: row, column, rows and columns."""
    side = WINDOW_PX // factor
    done = set()
    for down, right in _PLACES:
        row, column = int(down * shape[0]) // side * side, int(right * shape[1]) // side * side
        if (row, column) not in done:
            done.add((row, column))
            yield row, column, min(side, shape[0] - row), min(side, shape[1] - column)
