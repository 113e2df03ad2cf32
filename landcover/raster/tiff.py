"""Where a TIFF keeps its blocks or those of an overview, and a small TIFF made of some of them.

It knows the format's bytes: TIFF 6.0 (Adobe, 1992) and BigTIFF (libtiff's own description). It
reads no file and decodes nothing: blocks are moved as they are stored, for GDAL to decode.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landcover.raster.directory import (
    BLOCKS_MAX,
    HEIGHT,
    PLACES,
    PLANES,
    ROWS_PER_STRIP,
    SAMPLES,
    STRIP_OFFSETS,
    STRIP_SIZES,
    TILE_HEIGHT,
    TILE_OFFSETS,
    TILE_SIZES,
    TILE_WIDTH,
    WIDTH,
    Entry,
    FormatError,
    Order,
    ReadBytes,
    Reader,
    read_entries,
    whole_numbers,
)
from landcover.raster.reduced import MissingOverviewError, find_overview

__all__ = [
    "BLOCKS_MAX",
    "HEAD_BYTES",
    "FormatError",
    "Header",
    "MissingOverviewError",
    "ReadBytes",
    "read_header",
]

HEAD_BYTES = 16 * 1024
"""First bytes of a file that are fetched (bytes): they hold the directory of a COG, and where its
blocks lie: 6 kB for the 484 blocks of 512 px of Sentinel-2, 16 kB for the 1,296 of WorldCover."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first directory of a TIFF, and where its blocks lie.

    `block` is (rows, columns); `offsets` and `sizes` are bytes, uint64, one a block by rows
    (plane after plane, if planes are apart). A block of size 0 was never written.
    """

    order: Order
    big: bool
    entries: tuple[Entry, ...]
    shape: tuple[int, int]
    block: tuple[int, int]
    offsets: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.uint64]

    @property
    def across(self) -> int:
        """How many blocks lie side by side."""
        return -(-self.shape[1] // self.block[1])

    @property
    def nbytes(self) -> int:
        """Memory that it takes (bytes)."""
        return self.offsets.nbytes + self.sizes.nbytes + sum(len(e.value) for e in self.entries)

    def number(self, row: int, column: int) -> int:
        """Return the number of a block by its row and column among the blocks."""
        return row * self.across + column

    @property
    def driver(self) -> str:
        """GDAL's name of the format."""
        return "GTiff"

    def parts(self, number: int) -> list[tuple[int, int]]:
        """Return where a block lies in the file: (offset, size) in bytes, none if it is sparse."""
        size = int(self.sizes[number])
        return [(int(self.offsets[number]), size)] if size else []

    def compose(self, blocks: Mapping[int, bytes]) -> bytes:
        """Make a TIFF that says the same of itself, and holds some of the blocks.

        Any other block that the file holds is said to lie beyond the end, so that to read it is
        an error and never a number. Blocks that were never written stay so. Overviews and masks
        are left behind.

        Parameters
        ----------
        blocks : mapping
            Number of a block -> its bytes as stored.
        """
        return _compose(self, blocks)

    def directory(self) -> bytes:
        """Return the first bytes of a file of which `read_header` makes this directory again."""
        return _directory(self, _with_places(self, self.offsets, self.sizes))


def read_header(read: ReadBytes, overview: int = 1) -> Header:
    """Read the first directory of a TIFF, or that of an overview, which says where it lies itself.

    Parameters
    ----------
    read : callable
        ``read(start, stop)`` gives bytes of the file, fewer where it ends.
    overview : int
        How many times as coarse, exactly; 1 is the image itself.

    Returns
    -------
    Header

    Raises
    ------
    FormatError
        It is none, is cut short, or claims more blocks than `BLOCKS_MAX`.
        `MissingOverviewError` where it holds no such overview.
    """
    orders: dict[bytes, Order] = {b"II": "<", b"MM": ">"}
    order = orders.get(read(0, 2))
    if order is None:
        raise FormatError("it does not begin as a TIFF does")
    reader = Reader(read, order)
    (version,) = reader.numbers("H", 2)
    if version not in (42, 43):
        raise FormatError("it does not begin as a TIFF does")
    big = version == 43
    (start,) = reader.numbers("Q", 8) if big else reader.numbers("I", 4)
    entries = {entry.tag: entry for entry in read_entries(reader, start, big)}
    if overview > 1:
        entries = find_overview(reader, start, big, entries, overview)
    return _header(order, big, entries)


def _header(order: Order, big: bool, entries: Mapping[int, Entry]) -> Header:
    """Make sense of a directory."""

    def one(tag: int, default: int | None = None) -> int:
        if tag in entries:
            return int(whole_numbers(entries[tag], order)[0])
        if default is None:
            raise FormatError(f"its directory has no entry {tag}")
        return default

    shape = (one(HEIGHT), one(WIDTH))
    tiled = TILE_WIDTH in entries
    if tiled:
        block, tags = (one(TILE_HEIGHT), one(TILE_WIDTH)), (TILE_OFFSETS, TILE_SIZES)
    else:
        rows = min(one(ROWS_PER_STRIP, shape[0]), shape[0])
        block, tags = (rows, shape[1]), (STRIP_OFFSETS, STRIP_SIZES)
    if min(*shape, *block) < 1:
        raise FormatError("it has no pixels")
    planes = one(SAMPLES, 1) if one(PLANES, 1) == 2 else 1
    count = -(-shape[0] // block[0]) * -(-shape[1] // block[1]) * planes
    missing = [tag for tag in tags if tag not in entries]
    if missing or count > BLOCKS_MAX:
        raise FormatError(f"it has {count:,} blocks, or does not say where they lie")
    offsets, sizes = (whole_numbers(entries[tag], order) for tag in tags)
    if len(offsets) != count or len(sizes) != count:
        raise FormatError("it does not say where all of its blocks lie")
    kept = tuple(entry for entry in entries.values() if entry.tag not in PLACES)
    return Header(order, big, kept, shape, block, offsets, sizes)


def _compose(header: Header, blocks: Mapping[int, bytes]) -> bytes:
    """Write a directory and the blocks after it."""
    data_at = _length(header, _with_places(header, header.offsets, header.sizes))
    directory = _directory(header, _with_places(header, *_moved(header, blocks, data_at)))
    return b"".join([directory, *(blocks[number] for number in sorted(blocks))])


def _with_places(header: Header, *tables: npt.NDArray[np.uint64]) -> list[Entry]:
    """Return a directory's entries with those that say where blocks lie, and how large they are."""
    tiled = any(entry.tag == TILE_WIDTH for entry in header.entries)
    tags = (TILE_OFFSETS, TILE_SIZES) if tiled else (STRIP_OFFSETS, STRIP_SIZES)
    kind, code = (16, "u8") if header.big else (4, "u4")  # LONG8 or LONG
    stored = np.dtype(code).newbyteorder(header.order)
    pairs = zip(tags, tables, strict=True)
    places = [Entry(tag, kind, len(t), t.astype(stored).tobytes()) for tag, t in pairs]
    return sorted([*header.entries, *places], key=lambda entry: entry.tag)


def _moved(
    header: Header, blocks: Mapping[int, bytes], data_at: int
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return where blocks lie once they follow the directory, and their sizes."""
    end = data_at + sum(len(data) for data in blocks.values())
    written = header.sizes > 0
    offsets = np.where(written, np.uint64(end + 1), np.uint64(0))
    sizes = np.where(written, np.uint64(1), np.uint64(0))
    at = data_at
    for number in sorted(blocks):
        offsets[number], sizes[number] = at, len(blocks[number])
        at += len(blocks[number])
    return offsets, sizes


def _shape(header: Header) -> tuple[int, int, int]:
    """Return the bytes before a directory's entries, of one entry, and of a value within it."""
    return (16 + 8, 20, 8) if header.big else (8 + 2, 12, 4)


def _length(header: Header, entries: list[Entry]) -> int:
    """Return how many bytes `_directory` will make."""
    first, each, inline = _shape(header)
    after = sum(_even(len(e.value)) for e in entries if len(e.value) > inline)
    return _even(first + each * len(entries) + inline) + after


def _even(size: int) -> int:
    """Round up to a whole word, on which values begin."""
    return size + size % 2


def _directory(header: Header, entries: list[Entry]) -> bytes:
    """Write the first bytes of a file: what it is, and one directory with its values."""
    order, big = header.order, header.big
    first, each, inline = _shape(header)
    mark = b"II" if order == "<" else b"MM"
    if big:
        start = mark + struct.pack(order + "HHHQQ", 43, 8, 0, 16, len(entries))
    else:
        start = mark + struct.pack(order + "HIH", 42, 8, len(entries))
    at = _even(first + each * len(entries) + inline)
    lines, values = [start], []
    for entry in entries:
        head = struct.pack(order + ("HHQ" if big else "HHI"), entry.tag, entry.kind, entry.count)
        if len(entry.value) <= inline:
            lines.append(head + entry.value.ljust(inline, b"\0"))
            continue
        lines.append(head + struct.pack(order + ("Q" if big else "I"), at))
        value = entry.value.ljust(_even(len(entry.value)), b"\0")
        values.append(value)
        at += len(value)
    text = b"".join(lines) + bytes(inline)  # there is no further directory
    return text.ljust(_even(len(text)), b"\0") + b"".join(values)
