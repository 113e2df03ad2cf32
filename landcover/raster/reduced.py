"""An overview within a TIFF: its directory, completed by what only the whole image says.

It knows the chain of directories. It does not know where blocks lie.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from landcover.raster.directory import (
    HEIGHT,
    SAMPLES,
    WIDTH,
    Entry,
    FormatError,
    Order,
    Reader,
    next_directory,
    read_entries,
    whole_numbers,
)

__all__ = ["MissingOverviewError", "find_overview"]

DIRECTORIES_MAX = 64
"""Most directories that are looked at for an overview (count): each halves the one before, and
masks may stand between."""

SUBFILE, REDUCED, MASK = 254, 1, 4
"""What a directory is, by its bits: an image of reduced resolution, a transparency mask."""

_SAME = (258, SAMPLES, 339)
"""Bits, samples and their format: an overview's are its image's."""

PIXEL_SCALE, TIE_POINTS, MATRIX = 33550, 33922, 34264
"""GeoTIFF's ways to say where pixels lie (GeoTIFF 1.1, OGC 19-008)."""

_OF_IMAGE = (PIXEL_SCALE, TIE_POINTS, MATRIX, 34735, 34736, 34737, 42113)
"""What only the whole image says: its place, its CRS, and GDAL's nodata."""

DOUBLE = 12
"""TIFF's type of 64-bit floats."""


class MissingOverviewError(FormatError):
    """A file holds no overview so many times as coarse."""


def find_overview(
    reader: Reader, start: int, big: bool, image: Mapping[int, Entry], factor: int
) -> dict[int, Entry]:
    """Return the directory of an overview, completed by what only its image says."""

    def shape(entries: Mapping[int, Entry]) -> tuple[int, ...]:
        missing = [tag for tag in (HEIGHT, WIDTH) if tag not in entries]
        if missing:
            raise FormatError(f"its directory has no entry {missing[0]}")
        return tuple(int(whole_numbers(entries[tag], reader.order)[0]) for tag in (HEIGHT, WIDTH))

    whole, held = shape(image), []
    for _ in range(DIRECTORIES_MAX):
        start = next_directory(reader, start, big)
        if not start:
            break
        entries = {entry.tag: entry for entry in read_entries(reader, start, big)}
        kind = int(whole_numbers(entries[SUBFILE], reader.order)[0]) if SUBFILE in entries else 0
        if not kind & REDUCED or kind & MASK:
            continue
        mine = shape(entries)
        if tuple(factor * side for side in mine) == whole:
            return _completed(entries, image, reader.order, factor)
        held.append(f"{mine[1]} x {mine[0]}")
    what = f"; it holds {', '.join(held)}" if held else ""
    raise MissingOverviewError(
        f"holds no overview of exactly 1/{factor} of its {whole[1]} x {whole[0]} pixels{what}"
    )


def _completed(
    overview: Mapping[int, Entry], image: Mapping[int, Entry], order: Order, factor: int
) -> dict[int, Entry]:
    """Make an overview's directory say where it lies, and what is missing, as its image does."""
    for tag in _SAME:
        if (tag in overview, tag in image) != (False, False):
            ours, theirs = overview.get(tag), image.get(tag)
            if ours is None or theirs is None or ours.value != theirs.value:
                raise FormatError("its overviews are of another type of pixel")
    own = {tag: entry for tag, entry in overview.items() if tag != SUBFILE}
    of_image = {tag: image[tag] for tag in _OF_IMAGE if tag in image}
    return own | {tag: _coarser(entry, order, factor) for tag, entry in of_image.items()}


def _coarser(entry: Entry, order: Order, factor: int) -> Entry:
    """Say a place for pixels so many times as wide; other entries stay as they are."""
    steps: dict[int, Callable[[int, float], float]] = {
        PIXEL_SCALE: lambda at, n: n * factor if at < 2 else n,
        TIE_POINTS: lambda at, n: n / factor if at % 6 < 2 else n,
        MATRIX: lambda at, n: n * factor if at in (0, 1, 4, 5) else n,
    }
    if entry.tag not in steps:
        return entry
    if entry.kind != DOUBLE:
        raise FormatError(f"entry {entry.tag} of its directory is not made of numbers")
    form = f"{order}{entry.count}d"
    numbers = enumerate(struct.unpack(form, entry.value))
    made = struct.pack(form, *(steps[entry.tag](at, number) for at, number in numbers))
    return Entry(entry.tag, entry.kind, entry.count, made)
