"""A small picture as PNG bytes.

It knows the format (ISO/IEC 15948) as far as 8-bit colours need it.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["encode"]

SIGNATURE = b"\x89PNG\r\n\x1a\n"

TRUE_COLOURS = 2
"""Colour type of red, green and blue samples."""


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Write one chunk: its length, its kind, its data and their checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


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
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = pixels.reshape(height, 3 * width)
    head = struct.pack(">IIBBBBB", width, height, 8, TRUE_COLOURS, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 9)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")
