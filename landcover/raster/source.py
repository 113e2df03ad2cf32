"""Opening one file of a scene, and reading whole blocks of it.

A file is not trusted because its item names it: driver, size, blocks and type are checked
before a pixel is read. Nothing is known here of clouds or of the job's grid.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from landcover.errors import HostileFileError, NetworkError, OverviewError, SceneError
from landcover.model import Asset
from landcover.raster import jpeg2000
from landcover.raster.blocks import Blocks, Rect, fill_value, runs, wanted_blocks
from landcover.raster.cache import BlockCache
from landcover.raster.depot import Want
from landcover.raster.environment import Plain, environment
from landcover.raster.holding import can_hold
from landcover.raster.levels import check_overview, level_of, name_of, place_of
from landcover.raster.remote import RemoteFile, depot, failed
from landcover.raster.store import store_of
from landcover.raster.tiff import FormatError, MissingOverviewError
from landcover.settings import is_url

__all__ = [
    "BlockCache",
    "Layout",
    "Reads",
    "Rect",
    "environment",
    "layout_of",
    "open_asset",
    "place_of",
    "read_cached",
    "read_rect",
]

MAX_SIDE_PX = 200_000
"""Widest and tallest file that is opened (px); WorldCover's 36,000 and mosaics fit well."""

MAX_BLOCK_BYTES = 64 * 2**20
"""Largest decoded block (bytes); COGs use 0.25 to 8 MiB, and one block of 888 kB on disk was
seen to take 0.9 GB."""

ALLOWED_TYPES = frozenset({"uint8", "int8", "uint16", "int16", "uint32", "int32", "float32"})
"""Pixel types that scenes come in."""

TRANSFORM_TOLERANCE_PX = 0.01
"""How far a file's first corner may lie from where its item says (px)."""

FAR_TOLERANCE_PX = 0.25
"""How far its other corners may lie off (px): items round the sizes of pixels in degrees."""

_LOST_SIGN = ("uint8", "int8")

GDAL_SYNTAX = re.compile(r"[A-Za-z][A-Za-z0-9_+.-]+:|<")
"""How names begin that GDAL does not take for a path; a drive's letter is one letter alone."""

warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)  # refused with a sentence


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is stored: block (rows, columns), bytes a pixel, mean stored bytes a block."""

    block: tuple[int, int]
    itemsize: int
    stored_block_bytes: float


@dataclass(slots=True)
class Reads:
    """A tally of what a tile read; threads add to it under its lock."""

    opened: int = 0
    value_blocks: int = 0
    mask_blocks: int = 0
    stored_bytes: int = 0
    decoded_bytes: int = 0
    _lock: Any = field(default_factory=threading.Lock, repr=False)

    def add(self, mask: bool, blocks: int, stored: int, decoded: int) -> None:
        """Count blocks that were decoded."""
        with self._lock:
            if mask:
                self.mask_blocks += blocks
            else:
                self.value_blocks += blocks
            self.stored_bytes += stored
            self.decoded_bytes += decoded

    def open(self) -> None:
        """Count a file that was opened."""
        with self._lock:
            self.opened += 1


def _gdal_path(asset: Asset) -> str:
    """Return what GDAL opens for a path.

    Raises
    ------
    HostileFileError
        GDAL would take the path for something else than a file: ``/vsizip/``, ``GTIFF_DIR:``.
    """
    if asset.href.startswith("/vsi") or GDAL_SYNTAX.match(asset.href):
        raise _refuse(asset, "is named by more than the path of a file")
    return asset.href


def _refuse(asset: Asset, what: str) -> HostileFileError:
    """Return the error for a file that is not what its item says."""
    return HostileFileError(name_of(asset), what)


def _check(source: Any, asset: Asset) -> None:
    """Refuse a file whose size, type, blocks or place are not what its item says."""
    if max(source.shape) > MAX_SIDE_PX:
        raise _refuse(asset, f"is {source.width} x {source.height} pixels, more than allowed")
    if tuple(source.shape) != tuple(asset.shape):
        raise _refuse(
            asset,
            f"has {source.height} rows and {source.width} columns, but its item says "
            f"{asset.shape[0]} and {asset.shape[1]}",
        )
    if source.dtypes[0] not in ALLOWED_TYPES:
        raise _refuse(asset, f"holds {source.dtypes[0]}, which no scene does")
    kinds = np.dtype(source.dtypes[0]).kind, np.dtype(asset.dtype).kind
    if "f" in kinds and kinds[0] != kinds[1]:
        raise _refuse(asset, f"holds {source.dtypes[0]}, but its item says {asset.dtype}")
    if _loses_nodata(source.dtypes[0], asset):
        what = f"holds {source.dtypes[0]}, in which its nodata {asset.nodata:g} cannot be"
        raise _refuse(asset, what)
    rows, columns = source.block_shapes[0]
    block = rows * columns * source.count * np.dtype(source.dtypes[0]).itemsize
    if block > MAX_BLOCK_BYTES:
        raise _refuse(asset, f"has blocks of {columns} x {rows} pixels, too large to decode")
    if _corners_off(source, asset):
        raise _refuse(asset, "lies elsewhere than its item says")
    if asset.overview > 1:
        check_overview(source, asset)


def _loses_nodata(held: str, asset: Asset) -> bool:
    """Whether a file's type cannot hold the nodata that its item's type can: -9999 in uint16.

    A signed byte that lost its sign (MODIS) is known, and mended.
    """
    if (held, asset.dtype) == _LOST_SIGN:
        return False
    said, found = np.dtype(asset.dtype), np.dtype(held)
    return can_hold(said, asset.nodata) and not can_hold(found, asset.nodata)


def _corners_off(source: Any, asset: Asset) -> bool:
    """Whether a file's corners lie elsewhere than its item says: its place, or its pixels' size."""
    right, bottom = source.width, source.height
    limits = {
        (0, 0): TRANSFORM_TOLERANCE_PX,
        (right, 0): FAR_TOLERANCE_PX,
        (right, bottom): FAR_TOLERANCE_PX,
    }
    back = ~asset.transform @ source.transform
    off = {at: np.subtract(back @ at, at) for at in limits}
    return any(np.abs(off[at]).max() > limit for at, limit in limits.items())


@contextmanager
def open_asset(asset: Asset, reads: Reads | None = None) -> Iterator[Any]:
    """Open a file with its one allowed driver, checked; yield rasterio's dataset.

    Raises
    ------
    SceneError
        It cannot be opened. `HostileFileError` where it is not what its item says.
    """
    with environment(), _open(asset) as source:
        if reads is not None:
            reads.open()
        _check(source, asset)
        try:
            yield source
        except RasterioError as error:
            if is_url(asset.href):
                depot().forget(asset.href)
            raise SceneError(
                name_of(asset), "cannot be read: the file is damaged or cut short"
            ) from error
        except (NetworkError, FormatError) as error:
            raise SceneError(name_of(asset), failed(asset.href, asset.driver, error)) from None


def _open(asset: Asset) -> Any:
    """Open a file, or say in one sentence why not."""
    if is_url(asset.href) or store_of(asset.href) is not None:
        return _open_remote(asset)
    path = _gdal_path(asset)
    try:
        level = {} if asset.overview == 1 else {"overview_level": level_of(path, asset)}
        return Plain(path, driver=asset.driver, sharing=False, **level)
    except NotGeoreferencedWarning as error:
        raise _refuse(asset, "has no place on the ground") from error
    except (RasterioError, OSError, ValueError) as error:
        if not Path(asset.href).exists():
            raise SceneError(name_of(asset), "the file is missing") from error
        raise SceneError(name_of(asset), f"cannot be opened as {asset.driver}") from error


def _open_remote(asset: Asset) -> Any:
    """Open a file of which only some blocks are here, or say in one sentence why not."""
    try:
        return closing(RemoteFile(place_of(asset), asset.driver, depot()))
    except NotGeoreferencedWarning as error:
        raise _refuse(asset, "has no place on the ground") from error
    except MissingOverviewError as error:
        raise OverviewError(name_of(asset), str(error)) from None
    except (NetworkError, FormatError) as error:
        raise SceneError(name_of(asset), failed(asset.href, asset.driver, error)) from None
    except RasterioError as error:
        depot().forget(asset.href)
        raise SceneError(name_of(asset), f"cannot be opened as {asset.driver}") from error


def layout_of(asset: Asset) -> Layout:
    """Look at one file's header: blocks, type, and the stored size of some blocks.

    Raises
    ------
    SceneError
        The file cannot be opened, or is not what its item says.
    """
    with environment(), open_asset(asset) as source:
        rows, columns = source.block_shapes[0]
        shape = (-(-source.height // rows), -(-source.width // columns))
        sample = [
            _stored(source, block, at)
            for block in range(0, shape[0], max(1, shape[0] // 4))
            for at in range(0, shape[1], max(1, shape[1] // 4))
        ]
        itemsize = np.dtype(source.dtypes[0]).itemsize
        return Layout((rows, columns), itemsize, float(np.mean(sample)))


def _stored(source: Any, row: int, column: int) -> int:
    """Return the stored size of one block (bytes); 0 where the block is sparse."""
    if isinstance(source, RemoteFile):
        return source.stored(row, column)
    if source.driver == "JP2OpenJPEG":  # GDAL does not tell where its tiles lie
        return jpeg2000.stored(source.name, row, column)
    size = source.get_tag_item(f"BLOCK_SIZE_{column}_{row}", "TIFF", bidx=1)
    return int(size) if size else 0


def _read_window(source: Any, rect: Rect, out: npt.NDArray[Any]) -> None:
    """Decode one window into `out`: the one place where pixels enter."""
    source.read(1, window=Window(rect.column, rect.row, rect.width, rect.height), out=out)


def _tally(
    source: Any, blocks: Blocks, run: tuple[int, int, int, int], size: int
) -> tuple[int, int]:
    """Return (stored bytes, decoded bytes) of a run of blocks."""
    row, column, rows, columns = run
    stored = sum(
        _stored(source, blocks.top + row + down, blocks.left + column + right)
        for down in range(rows)
        for right in range(columns)
    )
    return stored, rows * columns * blocks.size[0] * blocks.size[1] * size


def read_rect(
    source: Any,
    rect: Rect,
    fill: float,
    reads: Reads,
    wanted: npt.NDArray[np.bool_] | None = None,
    mask: bool = False,
) -> npt.NDArray[Any]:
    """Read a rectangle; blocks without a wanted pixel are not decoded.

    Parameters
    ----------
    source : rasterio dataset
    rect : Rect
        May reach beyond the file.
    fill : float
        Value of pixels outside the file and in blocks that were not wanted; 0 where the
        file's type cannot hold it.
    reads : Reads
        Tally to add to.
    wanted : bool (Y, X), optional
        Over `rect`; True where the pixel is needed.
    mask : bool
        Whether the file is a mask band (for the tally).

    Returns
    -------
    (Y, X) in the file's type

    Raises
    ------
    rasterio.errors.RasterioError
        A block cannot be decoded; `open_asset` makes one sentence of it.
    """
    dtype = np.dtype(source.dtypes[0])
    within = rect.clipped(source.shape)
    out = np.empty((rect.height, rect.width), dtype)
    if within.empty:
        out[:] = fill_value(dtype, fill)
        return out
    inner = out[within.within(rect)]
    part = None if wanted is None else wanted[within.within(rect)]
    blocks = Blocks.under(within, source.block_shapes[0])
    needed = wanted_blocks(blocks, within, part)
    if isinstance(source, RemoteFile):
        source.expect(Want("", within, part))
    if within != rect or not needed.all():
        out[:] = fill_value(dtype, fill)
    for run in runs(needed):
        piece = blocks.part(*run, within)
        _fill_view(source, piece, inner[piece.within(within)])
        reads.add(mask, run[2] * run[3], *_tally(source, blocks, run, dtype.itemsize))
    return out


def _fill_view(source: Any, piece: Rect, view: npt.NDArray[Any]) -> None:
    """Decode into a view; rasterio writes only to contiguous arrays."""
    if view.flags.c_contiguous:
        _read_window(source, piece, view)
        return
    decoded = np.empty(view.shape, view.dtype)
    _read_window(source, piece, decoded)
    view[:] = decoded


def read_cached(
    source: Any,
    href: str,
    rect: Rect,
    fill: float,
    reads: Reads,
    cache: BlockCache,
    own: Rect | None = None,
    needed: Callable[[Blocks], npt.NDArray[np.bool_]] | None = None,
) -> npt.NDArray[Any]:
    """Read a rectangle of a mask band by whole blocks, through the cache.

    Blocks wholly within `own` are kept only if the cache keeps all: no neighbour needs them.
    Only blocks of which `needed` says so are read, all by default.

    Returns
    -------
    (Y, X) in the file's type; `fill` outside the file, and in blocks that are not needed.
    """
    dtype = np.dtype(source.dtypes[0])
    out = np.full((rect.height, rect.width), fill_value(dtype, fill), dtype)
    within = rect.clipped(source.shape)
    if within.empty:
        return out
    blocks = Blocks.under(within, source.block_shapes[0])
    file = Rect(0, 0, *source.shape)
    wanted = np.ones((blocks.rows, blocks.columns), bool) if needed is None else needed(blocks)
    places = [(int(row), int(column)) for row, column in np.argwhere(wanted)]
    if isinstance(source, RemoteFile):
        source.expect_places(_uncached(href, blocks, places, cache))
    for row, column in places:
        key = (href, blocks.top + row, blocks.left + column)
        area = blocks.part(row, column, 1, 1, file)
        block = cache.get(key)
        if block is None:
            block = read_rect(source, area, fill, reads, mask=True)
            if cache.keeps_all or own is None or not own.holds(area):
                cache.put(key, block)
        piece = blocks.part(row, column, 1, 1, within)
        out[piece.within(rect)] = block[piece.within(area)]
    return out


def _uncached(
    href: str, blocks: Blocks, places: list[tuple[int, int]], cache: BlockCache
) -> list[tuple[int, int]]:
    """List those of some blocks that the cache does not hold, by row and column of the file's."""
    whole = [(blocks.top + row, blocks.left + column) for row, column in places]
    return [place for place in whole if cache.get((href, *place)) is None]
