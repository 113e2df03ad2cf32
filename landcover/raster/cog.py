"""Writing cloud-optimised GeoTIFFs tile by tile: whole or not at all, the same bytes each time.

It knows layers, grids and GDAL's writers. It does not know what layers mean, nor how tiles'
results are kept.

Tiles go into a sparse, uncompressed GeoTIFF first, in any order and on any lattice; overviews
are made of the places that hold something; GDAL's COG driver then makes the final file of both
beside its place, which it takes by a rename.
"""

from __future__ import annotations

import glob
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import product
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError  # what a copy raises; rasterio.errors has no name for it
from rasterio.errors import RasterioError
from rasterio.shutil import copy as create_copy
from rasterio.windows import Window

from landcover.errors import DiskFullError, LandcoverError
from landcover.files import PART, replacing
from landcover.model import Grid, Layer, Legend
from landcover.raster.overviews import build_overviews

__all__ = ["BLOCK_PX", "LayerWriter", "write_cog"]

BLOCK_PX = 512
"""Side of a COG's blocks (px)."""

ZSTD_LEVEL = 1
"""Measured on NDVI, 2048 x 2048 float32, one core, overviews included: level 1 takes 0.12 s
for 16.6 MB, 3: 0.17 s, 6: 0.26 s, 9: 0.34 s for 16.5 MB; class maps lose 10 % of size at 9."""

DEFLATE_LEVEL = 6
"""GDAL's own default, for builds without ZSTD."""

CACHE_BYTES = 128 * 2**20
"""GDAL's block cache (bytes) while writing; its own default is a twentieth of the machine."""

MARGIN_BYTES = 32 * 2**20
"""Kept free on the disk (bytes). GDAL holds the last 64 kB back until it closes a file, and
does not tell when that last write fails: measured, a file cut short without an error."""

LEADER_BYTES = 4
"""What GDAL's COG layout repeats behind each block (bytes)."""

_FULL = ("no space left", "write error", "error writing", "error fetching directory", "quota")
"""What GDAL and libtiff say, in lower case, where the disk takes no more: measured."""


@lru_cache(maxsize=1)
def _compression() -> dict[str, Any]:
    """Return how pixels are packed: ZSTD where this GDAL has it, else DEFLATE."""
    pixel = Grid("EPSG:32635", Affine(10, 0, 0, 0, -10, 0), (1, 1))
    options = _raw_options(Layer("probe", "", ("probe",), ("",)), pixel)
    try:
        with rasterio.MemoryFile() as memory, memory.open(**options, compress="ZSTD"):
            return {"COMPRESS": "ZSTD", "LEVEL": ZSTD_LEVEL}
    except (RasterioError, CPLE_BaseError):
        return {"COMPRESS": "DEFLATE", "LEVEL": DEFLATE_LEVEL}


def _disk_full(path: Path) -> DiskFullError:
    """Return the error of a disk that takes no more."""
    return DiskFullError(str(path), "the disk is full", "Free some space and run again; it resumes")


def _guard(path: Path, n_bytes: int) -> None:
    """Refuse where too little room is left for `n_bytes` more, before GDAL fails half-way."""
    if shutil.disk_usage(path.parent).free < n_bytes + MARGIN_BYTES:
        raise _disk_full(path)


def _causes(error: BaseException | None) -> Iterator[str]:
    """Give the messages of an error and of what led to it, in lower case."""
    while error is not None:
        yield str(error).lower()
        error = error.__cause__ or error.__context__


@contextmanager
def _gdal(path: Path) -> Iterator[None]:
    """Run GDAL in bounded memory, and tell its errors as ours; a full disk from the rest."""
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
            yield
    except (RasterioError, CPLE_BaseError) as error:
        if any(word in text for text in _causes(error) for word in _FULL):
            raise _disk_full(path) from error
        raise LandcoverError(
            str(path), f"GDAL could not write it ({error})", "Look for the reason in run.log"
        ) from error


def _palette(legend: Legend) -> dict[int, tuple[int, int, int, int]]:
    """Return the legend's colours (red, green, blue, opacity) by value."""
    found = {}
    for entry in legend.classes:
        red, green, blue = bytes.fromhex(entry.palette.removeprefix("#"))
        found[entry.value] = (red, green, blue, 255)
    return found


def _classes(legend: Legend) -> dict[str, str]:
    """Name the legend's values in a tag a language, since a palette in a TIFF has no names."""
    said: dict[str, list[str]] = {}
    for entry in legend.classes:
        for language, name in sorted(entry.names.items()):
            said.setdefault(f"CLASSES_{language.upper()}", []).append(f"{entry.value} {name}")
    return {tag: ", ".join(names) for tag, names in said.items()}


def _describe(file: Any, layer: Layer) -> None:
    """Write the layer's names, units, palette and tags, and nothing of time, host or path."""
    for number, (text, unit) in enumerate(zip(layer.bands, layer.units, strict=True), start=1):
        file.set_band_description(number, text)
        file.set_band_unit(number, unit)
    if layer.legend is not None and layer.dtype in ("uint8", "uint16") and len(layer.bands) == 1:
        file.write_colormap(1, _palette(layer.legend))
    names = _classes(layer.legend) if layer.legend is not None else {}
    file.update_tags(**dict(sorted({**layer.tags, **names}.items())))


def _last_block_end(file: Any) -> int:
    """Return where the last block that has pixels ends in the file (byte)."""
    block_rows, block_columns = file.block_shapes[0]
    down, across = -(-file.height // block_rows), -(-file.width // block_columns)
    for n in range(down * across - 1, -1, -1):
        place = f"{n % across}_{n // across}"
        offset = file.get_tag_item(f"BLOCK_OFFSET_{place}", "TIFF", bidx=1)
        if offset:
            return int(offset) + int(file.get_tag_item(f"BLOCK_SIZE_{place}", "TIFF", bidx=1))
    return 0


def _check_whole(path: Path, name: Path) -> None:
    """Refuse a file that GDAL closed without a word although its end is missing."""
    with rasterio.open(path, driver="GTiff") as file:
        end = _last_block_end(file)
    if path.stat().st_size < end + (LEADER_BYTES if end else 0):
        raise _disk_full(name)


class LayerWriter:
    """Takes a layer's tiles in any order, and makes a COG of them at the end.

    Parameters
    ----------
    path : Path
        Where the COG will be; it appears there whole or not at all.
    layer : Layer
        Names, type, nodata, tags.
    grid : Grid
        The job's grid.
    scratch : Path
        A folder for the files in between. They take four thirds of the tiles' size uncompressed.
    threads : int
        For packing; the bytes do not depend on it.

    Notes
    -----
    Used as a context: leaving it without `finish` removes what was written. Memory is
    bounded by a tile and CACHE_BYTES. Pixels that no tile brings are nodata (0 where the
    layer has none), take no room and little time: measured, 2.1 s for 10^9 of them in
    float32, which GDAL's COG driver spends on looking at each block once.
    """

    def __init__(
        self, path: Path, layer: Layer, grid: Grid, scratch: Path, threads: int = 1
    ) -> None:
        self.path, self.layer, self.threads = path, layer, threads
        self._options, self._filled = _raw_options(layer, grid), set[tuple[int, int]]()
        scratch.mkdir(parents=True, exist_ok=True)
        self.raw = scratch / f".{path.stem}{PART}.raw.tif"
        _guard(self.raw, 0)
        with _gdal(self.raw):
            self._file = rasterio.open(self.raw, "w", **self._options)
            _describe(self._file, layer)

    def __enter__(self) -> LayerWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()
        for left in self.raw.parent.glob(f"{glob.escape(self.raw.name)}*"):  # its overviews too
            left.unlink(missing_ok=True)

    def _close(self) -> None:
        """Close the file in between."""
        with _gdal(self.raw):
            self._file.close()

    def write(self, row: int, column: int, planes: NDArray[Any]) -> None:
        """Put one tile in its place.

        Parameters
        ----------
        row, column : int, px
            The tile's corner in the job's grid.
        planes : (B, Y, X), the layer's dtype
            One plane a band.

        Raises
        ------
        DiskFullError
            The disk has no room for it.
        """
        _guard(self.raw, planes.nbytes)
        window = Window(column, row, planes.shape[2], planes.shape[1])
        with _gdal(self.raw):
            self._file.write(np.ascontiguousarray(planes, self.layer.dtype), window=window)
        height, width = planes.shape[1:]
        self._filled |= set(product(_blocks(row, height), _blocks(column, width)))

    def finish(self) -> Path:
        """Make the COG; return its path.

        Raises
        ------
        DiskFullError
            The disk filled up; the path is as it was before.
        """
        self._close()
        _guard(self.raw, 0)  # a close that ran into a full disk says nothing
        with _gdal(self.raw):
            build_overviews(self.raw, self._options, self._filled, self.layer.overviews, BLOCK_PX)
        _guard(self.raw, 0)
        with replacing(self.path) as part:
            with _gdal(self.path):
                create_copy(self.raw, part, **self._cog_options())
            _guard(part, 0)
            _check_whole(part, self.path)
        return self.path

    def _cog_options(self) -> dict[str, Any]:
        """Return the COG driver's options."""
        return {
            "driver": "COG",
            **_compression(),
            "PREDICTOR": "YES",
            "BLOCKSIZE": BLOCK_PX,
            "BIGTIFF": "IF_SAFER",
            "SPARSE_OK": "YES",
            "OVERVIEWS": "FORCE_USE_EXISTING",
            "NUM_THREADS": self.threads,
        }


def _blocks(start: int, length: int) -> range:
    """Return the numbers of the blocks that a run of pixels touches."""
    return range(start // BLOCK_PX, -(-(start + length) // BLOCK_PX))


def _raw_options(layer: Layer, grid: Grid) -> dict[str, Any]:
    """Return how the file in between is opened: sparse, uncompressed, of any size."""
    return {
        "driver": "GTiff",
        "height": grid.shape[0],
        "width": grid.shape[1],
        "count": len(layer.bands),
        "dtype": layer.dtype,
        "nodata": layer.nodata,
        "crs": grid.crs,
        "transform": grid.transform,
        "tiled": True,
        "blockxsize": BLOCK_PX,
        "blockysize": BLOCK_PX,
        "interleave": "band",
        "BIGTIFF": "YES",
        "SPARSE_OK": "TRUE",
    }


def write_cog(
    path: Path,
    layer: Layer,
    grid: Grid,
    tiles: Iterable[tuple[int, int, NDArray[Any]]],
    scratch: Path,
    threads: int = 1,
) -> Path:
    """Write one layer as a COG.

    Parameters
    ----------
    path : Path
        Where it will be; it appears there whole or not at all.
    layer : Layer
        Names, type, nodata, units, tags.
    grid : Grid
        The job's grid.
    tiles : iterable of (row, column, planes)
        Each tile's corner in the grid (px) and its planes (B, Y, X); one is held at a time.
    scratch : Path
        A folder for the file in between.
    threads : int
        For packing; the bytes do not depend on it.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    DiskFullError
        The disk filled up; what was at `path` is still there.
    """
    with LayerWriter(path, layer, grid, scratch, threads) as writer:
        for row, column, planes in tiles:
            writer.write(row, column, planes)
        return writer.finish()
