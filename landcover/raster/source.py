"""Opening one file of a scene, and reading whole blocks of it.

A file is not trusted because its item names it: driver, size, blocks and type are checked
before a pixel is read. Nothing is known here of clouds or of the job's grid.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from landcover.errors import HostileFileError, SceneError
from landcover.model import Asset
from landcover.settings import is_url

__all__ = [
    "BlockCache",
    "Layout",
    "Reads",
    "Rect",
    "environment",
    "layout_of",
    "open_asset",
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

GDAL_BLOCK_CACHE_BYTES = 64 * 2**20
"""GDAL's own cache in one process (bytes): each block is used once, so a little is enough."""

TRANSFORM_TOLERANCE_PX = 0.01
"""How far a file's corner may lie from where its item says (px)."""


@dataclass(frozen=True, slots=True)
class Rect:
    """Rows [row, row + height) and columns [column, column + width) of a file; may reach out."""

    row: int
    column: int
    height: int
    width: int

    def clipped(self, shape: tuple[int, int]) -> Rect:
        """Keep the part that lies within a raster of `shape`."""
        top, left = max(self.row, 0), max(self.column, 0)
        bottom = min(self.row + self.height, shape[0])
        right = min(self.column + self.width, shape[1])
        return Rect(top, left, max(bottom - top, 0), max(right - left, 0))

    @property
    def empty(self) -> bool:
        """Whether no pixel lies in it."""
        return self.height <= 0 or self.width <= 0


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


def environment() -> rasterio.Env:
    """Return GDAL's settings for reading: few round trips, retries, a small cache.

    Round trips and retries as measured over HTTP; see `facts` in the design notes.
    """
    return rasterio.Env(
        GDAL_CACHEMAX=GDAL_BLOCK_CACHE_BYTES,
        GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR",
        GDAL_INGESTED_BYTES_AT_OPEN=32768,
        CPL_VSIL_CURL_USE_HEAD="NO",
        GDAL_HTTP_MAX_RETRY=5,
        GDAL_HTTP_RETRY_DELAY=0.5,
        GDAL_HTTP_RETRY_CODES="429,500,502,503,504",
        GDAL_HTTP_CONNECTTIMEOUT=20,
        GDAL_HTTP_TIMEOUT=120,
        GDAL_NUM_THREADS="1",
        VSI_CACHE="FALSE",
    )


def _name(asset: Asset) -> str:
    """Name an asset in a message without its address."""
    return f"{asset.band} ({Path(asset.href.split('?')[0]).name})"


def _gdal_path(href: str) -> str:
    """Return what GDAL opens for a path or an address."""
    return f"/vsicurl/{href}" if is_url(href) else href


def _refuse(asset: Asset, what: str) -> HostileFileError:
    """Return the error for a file that is not what its item says."""
    return HostileFileError(_name(asset), what)


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
    rows, columns = source.block_shapes[0]
    if rows * columns * np.dtype(source.dtypes[0]).itemsize > MAX_BLOCK_BYTES:
        raise _refuse(asset, f"has blocks of {columns} x {rows} pixels, too large to decode")
    column, row = ~asset.transform @ (source.transform.c, source.transform.f)
    if max(abs(column), abs(row)) > TRANSFORM_TOLERANCE_PX:
        raise _refuse(asset, "lies elsewhere than its item says")


@contextmanager
def open_asset(asset: Asset, reads: Reads | None = None) -> Iterator[Any]:
    """Open a file with its one allowed driver, checked; yield rasterio's dataset.

    Raises
    ------
    SceneError
        It cannot be opened. `HostileFileError` where it is not what its item says.
    """
    try:
        source = rasterio.open(_gdal_path(asset.href), driver=asset.driver, sharing=False)
    except (RasterioError, OSError) as error:
        if not is_url(asset.href) and not Path(asset.href).exists():
            raise SceneError(_name(asset), "the file is missing") from error
        raise SceneError(_name(asset), f"cannot be opened as {asset.driver}") from error
    if reads is not None:
        reads.open()
    with source:
        _check(source, asset)
        yield source


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
    size = source.get_tag_item(f"BLOCK_SIZE_{column}_{row}", "TIFF", bidx=1)
    return int(size) if size else 0


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The blocks that a rectangle touches: first block row and column, and how many."""

    top: int
    left: int
    rows: int
    columns: int
    size: tuple[int, int]

    @classmethod
    def under(cls, rect: Rect, size: tuple[int, int]) -> _Blocks:
        """Return the blocks under a rectangle that lies within its file."""
        top, left = rect.row // size[0], rect.column // size[1]
        bottom = (rect.row + rect.height - 1) // size[0]
        right = (rect.column + rect.width - 1) // size[1]
        return cls(top, left, bottom - top + 1, right - left + 1, size)

    def part(self, row: int, column: int, height: int, width: int, rect: Rect) -> Rect:
        """Return the pixels of `rect` under some of the blocks."""
        top = max((self.top + row) * self.size[0], rect.row)
        left = max((self.left + column) * self.size[1], rect.column)
        bottom = min((self.top + row + height) * self.size[0], rect.row + rect.height)
        right = min((self.left + column + width) * self.size[1], rect.column + rect.width)
        return Rect(top, left, bottom - top, right - left)


def _wanted_blocks(
    blocks: _Blocks, rect: Rect, wanted: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.bool_]:
    """Tell which blocks hold a wanted pixel; `wanted` covers `rect`."""
    if wanted is None or wanted.all():
        return np.ones((blocks.rows, blocks.columns), bool)
    needed = np.zeros((blocks.rows, blocks.columns), bool)
    for row, column in np.ndindex(needed.shape):
        part = blocks.part(row, column, 1, 1, rect)
        top, left = part.row - rect.row, part.column - rect.column
        needed[row, column] = wanted[top : top + part.height, left : left + part.width].any()
    return needed


def _runs(needed: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int, int, int]]:
    """Yield (row, column, rows, columns) of blocks to read together."""
    if needed.all():
        yield (0, 0, *needed.shape)
        return
    for row, line in enumerate(needed):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], line.astype(np.int8), [0]))))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            yield (row, int(start), 1, int(end - start))


def _read_window(source: Any, rect: Rect, out: npt.NDArray[Any]) -> None:
    """Decode one window into `out`: the one place where pixels enter."""
    window = Window(rect.column, rect.row, rect.width, rect.height)
    try:
        source.read(1, window=window, out=out)
    except RasterioError as error:
        raise SceneError(Path(source.name.split("?")[0]).name, "cannot be read") from error


def _tally(
    source: Any, blocks: _Blocks, run: tuple[int, int, int, int], size: int
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
        Value of pixels outside the file and in blocks that were not wanted.
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
    SceneError
        A block cannot be decoded.
    """
    dtype = np.dtype(source.dtypes[0])
    within = rect.clipped(source.shape)
    whole = within == rect and wanted is None
    out = np.empty((rect.height, rect.width), dtype)
    if not whole:
        out[:] = dtype.type(fill)
    if within.empty:
        return out
    top, left = within.row - rect.row, within.column - rect.column
    inner = out[top : top + within.height, left : left + within.width]
    part = None if wanted is None else wanted[top : top + within.height, left : left + within.width]
    blocks = _Blocks.under(within, source.block_shapes[0])
    for run in _runs(_wanted_blocks(blocks, within, part)):
        piece = blocks.part(*run, within)
        row, column = piece.row - within.row, piece.column - within.column
        view = inner[row : row + piece.height, column : column + piece.width]
        _fill_view(source, piece, view)
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


class BlockCache:
    """The last decoded mask blocks of this process, bounded in bytes; safe between threads.

    Parameters
    ----------
    budget_bytes : int
        The cache forgets the least recently used blocks beyond this.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget = budget_bytes
        self._held = 0
        self._blocks: OrderedDict[tuple[str, int, int], npt.NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def resize(self, budget_bytes: int) -> None:
        """Change the budget; forget what no longer fits."""
        with self._lock:
            self._budget = budget_bytes
            self._trim()

    def get(self, key: tuple[str, int, int]) -> npt.NDArray[Any] | None:
        """Return a block, None where it is not held."""
        with self._lock:
            block = self._blocks.get(key)
            if block is not None:
                self._blocks.move_to_end(key)
            return block

    def put(self, key: tuple[str, int, int], block: npt.NDArray[Any]) -> None:
        """Hold a block."""
        with self._lock:
            if key not in self._blocks and block.nbytes <= self._budget:
                self._blocks[key] = block
                self._held += block.nbytes
                self._trim()

    def _trim(self) -> None:
        """Forget the oldest blocks until the budget holds."""
        while self._held > self._budget and self._blocks:
            _, block = self._blocks.popitem(last=False)
            self._held -= block.nbytes


def read_cached(
    source: Any, href: str, rect: Rect, fill: float, reads: Reads, cache: BlockCache
) -> npt.NDArray[Any]:
    """Read a rectangle of a mask band by whole blocks, through the cache.

    Returns
    -------
    (Y, X) in the file's type; `fill` outside the file.
    """
    dtype = np.dtype(source.dtypes[0])
    out = np.full((rect.height, rect.width), dtype.type(fill), dtype)
    within = rect.clipped(source.shape)
    if within.empty:
        return out
    blocks = _Blocks.under(within, source.block_shapes[0])
    file = Rect(0, 0, *source.shape)
    for row, column in np.ndindex(blocks.rows, blocks.columns):
        key = (href, blocks.top + row, blocks.left + column)
        area = blocks.part(row, column, 1, 1, file)
        block = cache.get(key)
        if block is None:
            block = read_rect(source, area, fill, reads, mask=True)
            cache.put(key, block)
        piece = blocks.part(row, column, 1, 1, within)
        out[
            piece.row - rect.row : piece.row - rect.row + piece.height,
            piece.column - rect.column : piece.column - rect.column + piece.width,
        ] = block[
            piece.row - area.row : piece.row - area.row + piece.height,
            piece.column - area.column : piece.column - area.column + piece.width,
        ]
    return out
