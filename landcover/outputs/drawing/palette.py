"""Pictures of at most 256 colours as PNG: a fifth of the bytes, and no colour of a scale is lost.

It knows colours and the format. It does not know what is drawn.
"""

from __future__ import annotations

from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

__all__ = ["paletted"]

COLOURS: Final = 256
"""Entries of a palette."""

EXACT: Final = 64
"""The commonest colours, which are kept as they are: paper, ink, classes."""

WEIGHT: Final = 24
"""A colour counts at most so often when the others are chosen: a legend's ramp is small beside the
map that it explains, and must not lose its steps."""


def _packed(pixels: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Return one number a pixel, (Y, X)."""
    wide = pixels.astype(np.uint32)
    return np.asarray((wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2], np.uint32)


def _parts(colours: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Return red, green and blue of colours, (N, 3)."""
    return np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=-1).astype(np.uint8)


def _strip(colours: NDArray[np.integer]) -> Image.Image:
    """Lay colours beside each other as a picture of one row."""
    return Image.fromarray(_parts(colours)[None])


def _others(
    colours: NDArray[np.uint32], counts: NDArray[np.intp], common: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """Choose colours, (N, 3), that stand for all but the commonest ones."""
    rest = np.ones(colours.size, bool)
    rest[common] = False
    many = np.repeat(colours[rest], np.minimum(counts[rest], WEIGHT))
    method = Image.Quantize.MAXCOVERAGE
    few = _strip(many).quantize(COLOURS - EXACT, method, dither=Image.Dither.NONE)
    return np.array(few.getpalette(), np.uint8).reshape(-1, 3)[: COLOURS - EXACT]


def _nearest(colours: NDArray[np.uint32], palette: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the entry of a palette that is nearest to each colour."""
    frame = Image.new("P", (1, 1))
    frame.putpalette(palette.ravel().tolist())
    near = _strip(colours).quantize(palette=frame, dither=Image.Dither.NONE)
    return np.asarray(near)[0].astype(np.intp)


def _indexed(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return a picture with a palette, each pixel by its nearest colour."""
    packed = _packed(pixels)
    colours = np.unique(packed)
    which = np.searchsorted(colours, packed)
    if colours.size <= COLOURS:
        palette, entries = _parts(colours), np.arange(colours.size)
    else:
        counts = np.bincount(which.ravel(), minlength=colours.size)
        common = np.argsort(-counts, kind="stable")[:EXACT]
        palette = np.concatenate([_parts(colours[common]), _others(colours, counts, common)])
        entries = _nearest(colours, palette)
        entries[common] = np.arange(EXACT)
    picture = Image.fromarray(entries.astype(np.uint8)[which], "L")
    picture.putpalette(palette.ravel().tolist())
    return picture


def paletted(pixels: NDArray[np.uint8], dpi: float | None = None) -> bytes:
    """Encode pixels, uint8 (Y, X, 3), as a PNG of at most 256 colours.

    Up to 256 colours are kept as they are; of more, the 64 commonest are.
    """
    held, said = BytesIO(), {} if dpi is None else {"dpi": (dpi, dpi)}
    _indexed(pixels).save(held, "PNG", optimize=True, **said)
    return held.getvalue()
