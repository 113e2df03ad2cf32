"""The directories of a TIFF: entries, and the numbers that they hold.

It knows the format's bytes: TIFF 6.0 (Adobe, 1992) and BigTIFF (libtiff's own description). It does
not know what an entry means, but for those that say where blocks lie, which may be long.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = [
    "BLOCKS_MAX",
    "HEIGHT",
    "PLACES",
    "PLANES",
    "ROWS_PER_STRIP",
    "SAMPLES",
    "STRIP_OFFSETS",
    "STRIP_SIZES",
    "TILE_HEIGHT",
    "TILE_OFFSETS",
    "TILE_SIZES",
    "TILE_WIDTH",
    "WIDTH",
    "Entry",
    "FormatError",
    "Order",
    "ReadBytes",
    "Reader",
    "next_directory",
    "read_entries",
    "whole_numbers",
]

BLOCKS_MAX = 2**20
"""Most blocks of a file that is read (count); a Sentinel-2 band has 121 to 484, and WorldCover
1,296. Each takes 16 bytes in a directory."""

ENTRIES_MAX = 512
"""Most entries of a directory (count); COGs have about 25."""

VALUE_MAX_BYTES = 2**20
"""Largest value of an entry other than blocks' places (bytes)."""

SIZES_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
               16: 8, 17: 8, 18: 8}  # fmt: skip
"""TIFF's types (number -> bytes of one)."""

WIDTH, HEIGHT, PLANES, ROWS_PER_STRIP = 256, 257, 284, 278
STRIP_OFFSETS, STRIP_SIZES = 273, 279
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_SIZES = 322, 323, 324, 325
SAMPLES = 277

PLACES = frozenset({STRIP_OFFSETS, STRIP_SIZES, TILE_OFFSETS, TILE_SIZES})

_POINTERS = frozenset({288, 289, 330, 34665, 34853, 40965})
"""Entries that point elsewhere in the file (free space, sub-directories, Exif): left behind."""

Order = Literal["<", ">"]
"""Low byte first, or high."""

ReadBytes = Callable[[int, int], bytes]
"""Gives the bytes [start, stop) of a file; fewer where it ends before."""


class FormatError(ValueError):
    """Bytes that are not what a file of their kind begins with, or one that nobody would write."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a directory: tag, type, count, and its value as stored."""

    tag: int
    kind: int
    count: int
    value: bytes


class Reader:
    """Reads numbers of one byte order from a file, and never more than is asked for."""

    def __init__(self, read: ReadBytes, order: Order) -> None:
        self._read, self.order = read, order

    def take(self, start: int, size: int) -> bytes:
        """Return exactly `size` bytes."""
        found = self._read(start, start + size)
        if len(found) != size:
            raise FormatError("it ends within its directory")
        return found

    def numbers(self, code: str, start: int) -> tuple[int, ...]:
        """Unpack numbers, as `struct` names them."""
        return struct.unpack(self.order + code, self.take(start, struct.calcsize("=" + code)))


def read_entries(reader: Reader, start: int, big: bool) -> list[Entry]:
    """Read a directory; entries of a type that is not known are left out, as the format asks."""
    counter, each, code = ("Q", 20, "HHQ") if big else ("H", 12, "HHI")
    (count,) = reader.numbers(counter, start)
    if not 0 < count <= ENTRIES_MAX:
        raise FormatError(f"its directory has {count:,} entries")
    first = start + struct.calcsize("=" + counter)
    table = reader.take(first, count * each)
    inline = 8 if big else 4
    found = []
    for at in range(0, len(table), each):
        tag, kind, number = struct.unpack_from(reader.order + code, table, at)
        size = SIZES_BYTES.get(kind, 0) * number
        most = 8 * BLOCKS_MAX if tag in PLACES else VALUE_MAX_BYTES
        if size > most:
            raise FormatError(f"entry {tag} of its directory claims {size:,} bytes")
        field = table[at + each - inline : at + each]
        if size > inline:
            (where,) = struct.unpack(reader.order + ("Q" if big else "I"), field)
            field = reader.take(where, size)
        if size and tag not in _POINTERS:
            found.append(Entry(tag, kind, number, field[:size]))
    return found


def whole_numbers(entry: Entry, order: Order) -> npt.NDArray[np.uint64]:
    """Return the whole numbers of an entry."""
    code = {1: "u1", 3: "u2", 4: "u4", 16: "u8", 18: "u8"}.get(entry.kind)
    if code is None:
        raise FormatError(f"entry {entry.tag} of its directory is not made of whole numbers")
    return np.frombuffer(entry.value, np.dtype(code).newbyteorder(order)).astype(np.uint64)


def next_directory(reader: Reader, start: int, big: bool) -> int:
    """Return where the directory after this one begins; 0 where there is none."""
    counter, each, pointer = ("Q", 20, "Q") if big else ("H", 12, "I")
    (count,) = reader.numbers(counter, start)
    (after,) = reader.numbers(pointer, start + struct.calcsize("=" + counter) + count * each)
    return int(after)
