"""Where a JPEG 2000 file keeps its tiles, and a small file made of some of them.

It knows boxes and markers (ISO/IEC 15444-1, annexes A and I). It decodes nothing: tiles are moved
as they are stored, for GDAL to decode.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from landcover.raster.tiff import BLOCKS_MAX, FormatError, ReadBytes

__all__ = ["SIGNATURE", "Header", "read_header", "stored"]

SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
"""First box of every file (I.5.1)."""

BOX_MAX_BYTES = 2**20
"""Largest box beside the codestream that is kept (bytes); those of Sentinel-2 have some 4 kB."""

MAIN_MAX_BYTES = 2**20
"""Largest main header of a codestream (bytes); that of Sentinel-2 has some 200."""

PARTS_MAX = 2**15
"""Most tile-parts that are walked through (count), each by a request; Sentinel-2 has 121."""

SOC, SIZ, SOT, EOC = b"\xff\x4f", b"\xff\x51", b"\xff\x90", b"\xff\xd9"
TLM, PLM, PPM = b"\xff\x55", b"\xff\x57", b"\xff\x60"
SOT_BYTES = 12

_Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Header:
    """Boxes, the codestream's main header, and where each tile's parts lie (bytes).

    `before` and `after` are the boxes around the codestream; `shape` and `block` are (rows,
    columns) in pixels.
    """

    before: bytes
    main: bytes
    after: bytes
    shape: tuple[int, int]
    block: tuple[int, int]
    tiles: Mapping[int, tuple[_Span, ...]]

    @property
    def driver(self) -> str:
        """GDAL's name of the format."""
        return "JP2OpenJPEG"

    @property
    def nbytes(self) -> int:
        """Memory that it takes (bytes), reckoned."""
        return len(self.before) + len(self.main) + len(self.after) + 200 * len(self.tiles)

    def number(self, row: int, column: int) -> int:
        """Return the number of a tile by its row and column among the tiles."""
        return row * -(-self.shape[1] // self.block[1]) + column

    def parts(self, number: int) -> list[_Span]:
        """Return where a tile lies in the file: (offset, size) of its parts in bytes."""
        return list(self.tiles.get(number, ()))

    def compose(self, blocks: Mapping[int, bytes]) -> bytes:
        """Make a file that says the same of itself, and holds some of the tiles.

        To read any other tile is an error of GDAL's.
        """
        tiles = b"".join(_checked(number, blocks[number]) for number in sorted(blocks))
        stream = b"".join([self.main, tiles or SOT, EOC])  # a main header ends where a tile begins
        head = struct.pack(">I4sQ", 1, b"jp2c", 16 + len(stream))
        return b"".join([self.before, head, stream, self.after])


def _checked(number: int, stored: bytes) -> bytes:
    """Return a tile as it is stored, once it says that it is one, and which.

    Raises
    ------
    FormatError
        The file's list of its tiles is wrong, or it was replaced.
    """
    if stored[:2] != SOT or int.from_bytes(stored[4:6], "big") != number:
        raise FormatError("its tiles are not where it says")
    return stored


def read_header(read: ReadBytes) -> Header:
    """Read all of a file but its tiles.

    Parameters
    ----------
    read : callable
        ``read(start, stop)`` gives bytes of the file, fewer where it ends.

    Raises
    ------
    FormatError
        It is none, is cut short, or keeps its tiles in a way that no sensor's files do.
    """
    if read(0, len(SIGNATURE)) != SIGNATURE:
        raise FormatError("it does not begin as JPEG 2000 does")
    before, stream, end = _boxes(read)
    main, first, lists = _main(read, stream)
    shape, block = _sizes(main)
    rows, columns = -(-shape[0] // block[0]), -(-shape[1] // block[1])
    if rows * columns > BLOCKS_MAX:
        raise FormatError(f"it has {rows * columns:,} tiles")
    listed = _listed(lists, rows * columns, first, end)
    tiles = listed or _walk(read, first, end, rows * columns)
    after = read(end, end + BOX_MAX_BYTES) if end is not None else b""
    return Header(before, main, after, shape, block, tiles)


def stored(path: str, row: int, column: int) -> int:
    """Return the stored size of one tile of a file on this machine (bytes).

    0 where its tiles cannot be found, though GDAL may read them all the same.
    """
    header = _local_header(path, Path(path).stat().st_mtime_ns)
    return sum(size for _, size in header.parts(header.number(row, column))) if header else 0


@lru_cache(maxsize=64)
def _local_header(path: str, written_ns: int) -> Header | None:
    """Return the header of a file on this machine, as written at some time."""
    del written_ns
    with Path(path).open("rb") as file, suppress(FormatError):

        def read(start: int, stop: int) -> bytes:
            file.seek(start)
            return file.read(max(stop - start, 0))

        return read_header(read)
    return None


def _boxes(read: ReadBytes) -> tuple[bytes, int, int | None]:
    """Return the boxes before the codestream, where it starts, and its end if that is told."""
    at = 0
    kept: list[bytes] = []
    while True:
        head = read(at, at + 16)
        if len(head) < 8:
            raise FormatError("it has no codestream")
        size, kind = struct.unpack_from(">I4s", head)
        begin = at + 8
        if size == 1 and len(head) == 16:
            (size,) = struct.unpack_from(">Q", head, 8)
            begin = at + 16
        if kind == b"jp2c":
            return b"".join(kept), begin, at + size if size else None
        if not begin - at <= size <= BOX_MAX_BYTES:
            raise FormatError("one of its boxes is too large, or never ends")
        box = read(at, at + size)
        if len(box) < size:
            raise FormatError("it ends within a box")
        kept.append(box)
        at += size


def _main(read: ReadBytes, start: int) -> tuple[bytes, int, list[bytes]]:
    """Return the codestream's main header, where tiles begin, and lists of their lengths.

    The lists (TLM) are left out of the header: parts that they tell of will be left out too.
    """
    if read(start, start + 2) != SOC:
        raise FormatError("its codestream does not begin as one")
    at, kept = start + 2, [SOC]
    lists: list[bytes] = []
    while at - start < MAIN_MAX_BYTES:
        head = read(at, at + 4)
        marker = head[:2]
        if marker == SOT:
            return b"".join(kept), at, lists
        if len(head) < 4 or marker[:1] != b"\xff" or marker == PPM:
            raise FormatError("the head of its codestream cannot be understood")
        stop = at + 2 + int.from_bytes(head[2:], "big")
        if marker == TLM:
            lists.append(read(at + 4, stop))
        elif marker != PLM:
            kept.append(read(at, stop))
        at = stop
    raise FormatError("the head of its codestream never ends")


def _sizes(main: bytes) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the shapes of the image and of a tile (rows, columns); both start at 0, 0."""
    if main[2:4] != SIZ or len(main) < 42:
        raise FormatError("its codestream does not tell its size")
    width, height, left, top, across, down, tile_left, tile_top = struct.unpack_from(">8I", main, 8)
    if left or top or tile_left or tile_top or not (width and height and across and down):
        raise FormatError("its tiles do not begin at its corner, or it has no pixels")
    return (height, width), (min(down, height), min(across, width))


def _listed(
    lists: list[bytes], count: int, first: int, end: int | None
) -> dict[int, tuple[_Span, ...]]:
    """Find where each tile's parts lie from the lists of their lengths (TLM, A.7.1).

    Nothing is returned where the lists are missing, or do not add up to the codestream: it is
    walked through then. They save a request for each of 121 tiles.
    """
    found: dict[int, list[_Span]] = {}
    at = first
    for body in sorted(lists, key=lambda one: one[:1]):
        for tile, size in _lengths(body, sum(map(len, found.values()))):
            if tile >= count or size < SOT_BYTES:
                return {}
            found.setdefault(tile, []).append((at, size))
            at += size
    if end is None or at != end - len(EOC):
        return {}
    return {tile: tuple(spans) for tile, spans in found.items()}


def _lengths(body: bytes, before: int) -> list[tuple[int, int]]:
    """Read one list: (tile, bytes) of each part; `before` parts were listed already.

    Where it names no tiles, each has one part, in order.
    """
    if len(body) < 2:
        return []
    name = ("", "B", "H", "")[body[1] >> 4 & 3]
    form = struct.Struct(f">{name}{'I' if body[1] & 0x40 else 'H'}")
    told = form.iter_unpack(body[2 : 2 + (len(body) - 2) // form.size * form.size])
    return [(one[0] if name else before + n, one[-1]) for n, one in enumerate(told)]


def _walk(read: ReadBytes, first: int, end: int | None, count: int) -> dict[int, tuple[_Span, ...]]:
    """Go from tile-part to tile-part; return where each tile's parts lie.

    Each tells its own length, and so where the next begins.
    """
    found: dict[int, list[_Span]] = {}
    at = first
    for _ in range(PARTS_MAX):
        if end is not None and at >= end:
            break
        head = read(at, at + SOT_BYTES)
        if head[:2] == EOC or not head:
            break
        if len(head) < SOT_BYTES or head[:2] != SOT:
            raise FormatError("its tiles do not follow each other")
        _, tile, size = struct.unpack_from(">HHI", head, 2)
        if tile >= count or size < SOT_BYTES:
            raise FormatError("one of its tiles has no place, or no end")
        found.setdefault(tile, []).append((at, size))
        at += size
    else:
        raise FormatError(f"it has more than {PARTS_MAX:,} tile-parts")
    return {tile: tuple(spans) for tile, spans in found.items()}
