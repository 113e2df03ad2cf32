"""A small picture as PNG bytes.

It knows the format (ISO/IEC 15948) as far as 8-bit colours need it.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["encode", "encode_indexed"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"

TRUE_COLOURS = 2
"""Colour type of red, green and blue samples."""

INDEXED = 3
"""Colour type of samples that are places in a palette."""


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Write one chunk: its length, its kind, its data and their checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _rows(samples: NDArray[np.uint8], level: int) -> bytes:
    """Pack rows of samples (Y, bytes of a row); each begins with its filter: none."""
    rows = np.zeros((samples.shape[0], 1 + samples.shape[1]), np.uint8)
    rows[:, 1:] = samples
    return zlib.compress(rows.tobytes(), level)


def encode(pixels: NDArray[np.uint8]) -> bytes:
    """Encode a picture.

    Parameters
    ----------
    pixels : uint8 (Y, X, 3)
        Red, green and blue.

    Returns
    -------
    bytes
        The same for the same pixels.
    """
    height, width, _ = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 8, TRUE_COLOURS, 0, 0, 0)
    body = _rows(pixels.reshape(height, 3 * width), 9)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def encode_indexed(places: NDArray[np.uint8], palette: NDArray[np.uint8], level: int = 6) -> bytes:
    """Encode a picture of at most 256 colours.

    Parameters
    ----------
    places : uint8 (Y, X)
        Each pixel's place in the palette.
    palette : uint8 (N, 4)
        Red, green, blue and opacity.
    level : int
        How hard to pack, 1 to 9.
    """
    height, width = places.shape
    head = struct.pack(">IIBBBBB", width, height, 8, INDEXED, 0, 0, 0)
    chunks = (
        _chunk(b"IHDR", head),
        _chunk(b"PLTE", palette[:, :3].tobytes()),
        _chunk(b"tRNS", palette[:, 3].tobytes()),
        _chunk(b"IDAT", _rows(places, level)),
        _chunk(b"IEND", b""),
    )
    return SIGNATURE + b"".join(chunks)
