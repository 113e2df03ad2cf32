"""Writes one band of a made-up scene as a COG, always with the same bytes.

It knows files. It does not know what the numbers mean.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.io import MemoryFile
from rasterio.shutil import copy

__all__ = ["write_empty_tiff", "write_scene_cog"]

_OVERVIEW_PX = 256
"""The last overview is about this long (px), none is made shorter."""


def write_scene_cog(
    path: Path,
    array: NDArray[Any],
    crs: str,
    transform: Affine,
    nodata: float | None,
    block_px: int = 256,
    compress: str = "deflate",
) -> None:
    """Write one band as a COG.

    Parameters
    ----------
    path : Path
        Replaced if it exists; its folder must exist.
    array : any GDAL dtype, (Y, X)
        Values; blocks that hold nothing but nodata take no room.
    crs, transform
        Where the pixels lie.
    nodata : float or None
    block_px : int
        Side of a block (px), a multiple of 16; overviews are the nearest pixels.
    compress : str
        GDAL's name: "deflate", "zstd", "lzw" or "none".

    Notes
    -----
    The bytes depend only on the arguments and on GDAL's version.
    """
    packed = {} if compress == "none" else {"level": "1", "predictor": "YES"}
    if compress == "lzw":
        del packed["level"]
    with MemoryFile() as memory:
        _fill(memory, array, crs, transform, nodata, block_px)
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            copy(
                memory.name,
                os.fspath(path),
                driver="COG",
                blocksize=block_px,
                compress=compress,
                overviews="AUTO",
                overview_resampling="nearest",
                sparse_ok="TRUE",
                num_threads="1",
                **packed,
            )


def _fill(
    memory: MemoryFile,
    array: NDArray[Any],
    crs: str,
    transform: Affine,
    nodata: float | None,
    block_px: int,
) -> None:
    """Write an uncompressed file in memory for the COG driver to copy."""
    rows, columns = array.shape
    with memory.open(
        driver="GTiff", height=rows, width=columns, count=1, dtype=array.dtype.name, crs=crs,
        transform=transform, nodata=nodata, tiled=True, blockxsize=block_px, blockysize=block_px,
        sparse_ok=True,
    ) as target:  # fmt: skip
        target.write(np.ascontiguousarray(array), 1)
        factor, factors = 2, []
        while max(rows, columns) / factor > _OVERVIEW_PX and max(rows, columns) > block_px:
            factors.append(factor)
            factor *= 2
        if factors:
            target.build_overviews(factors, Resampling.nearest)


def write_empty_tiff(path: Path, shape: tuple[int, int], block_px: int) -> None:
    """Write a uint16 file of any size that holds nothing and takes little room.

    Parameters
    ----------
    path : Path
        Replaced if it exists.
    shape : (rows, columns)
    block_px : int
        Side of a block (px), a multiple of 16.
    """
    with rasterio.open(
        path, "w", driver="GTiff", height=shape[0], width=shape[1], count=1, dtype="uint16",
        nodata=0, crs="EPSG:32635", transform=Affine(10, 0, 0, 0, -10, 0), tiled=True,
        blockxsize=block_px, blockysize=block_px, compress="deflate", bigtiff="YES",
        sparse_ok=True,
    ):  # fmt: skip
        pass
