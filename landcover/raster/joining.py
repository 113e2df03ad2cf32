"""Which ranges of a file bring its blocks: neighbours in one, but none that is too long.

It knows places in a file. It fetches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from landcover.raster.tiff import FormatError

__all__ = ["BLOCK_MAX_BYTES", "GAP_BYTES", "RANGE_MAX_BYTES", "Part", "ranges"]

GAP_BYTES = 8 * 1024
"""Bytes between two blocks that are fetched along rather than asked around: at 2 Mbit/s they
take 33 ms, less than another request. GDAL leaves 8 between the blocks of a COG."""

RANGE_MAX_BYTES = 4 * 2**20
"""Blocks are not joined beyond this (bytes): several connections share what is larger."""

BLOCK_MAX_BYTES = 80 * 2**20
"""Largest stored block that is fetched (bytes): more than any that is decoded can take."""

Part = tuple[int, int, int]
"""Offset and size (bytes), and the number of the block that it is of."""


def ranges(parts: list[Part]) -> Iterator[tuple[int, int, list[Part]]]:
    """Join parts of blocks, sorted, into ranges: start, stop and members.

    Raises
    ------
    FormatError
        A block is larger than any that is decoded.

    Examples
    --------
    >>> [(a, b, len(c)) for a, b, c in ranges([(100, 50, 0), (158, 50, 1), (90_000, 9, 2)])]
    [(100, 208, 2), (90000, 90009, 1)]
    """
    members: list[Part] = []
    start = stop = 0
    for at, size, number in parts:
        if size > BLOCK_MAX_BYTES:
            raise FormatError(f"it has a block of {size:,} bytes")
        if members and (at - stop > GAP_BYTES or at + size - start > RANGE_MAX_BYTES):
            yield start, stop, members
            members = []
        if not members:
            start = stop = at
        members.append((at, size, number))
        stop = max(stop, at + size)
    if members:
        yield start, stop, members
