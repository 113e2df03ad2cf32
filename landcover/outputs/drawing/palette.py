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

_ALL = 2**24
"""Colours of 8 bits a part."""


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


def _commonest(colours: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the colours that are kept as they are."""
    return colours[np.argsort(-counts, kind="stable")[:EXACT]]


def _chosen(colours: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Choose a palette, (256, 3): the commonest colours, and a fair share of the others."""
    exact = _commonest(colours, counts)
    rest = ~np.isin(colours, exact)
    many = np.repeat(colours[rest], np.minimum(counts[rest], WEIGHT))
    few = _strip(many).quantize(
        COLOURS - EXACT, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
    )
    found = np.array(few.getpalette(), np.uint8).reshape(-1, 3)[: COLOURS - EXACT]
    return np.concatenate([_parts(exact), found])


def _indexed(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return a picture with a palette, each pixel by its nearest colour."""
    packed = _packed(pixels)
    counts = np.bincount(packed.ravel(), minlength=_ALL)
    colours = np.flatnonzero(counts)
    place = np.zeros(_ALL, np.uint8)
    if colours.size <= COLOURS:
        palette = _parts(colours)
        place[colours] = np.arange(colours.size, dtype=np.uint8)
    else:
        palette = _chosen(colours, counts[colours])
        frame = Image.new("P", (1, 1))
        frame.putpalette(palette.ravel().tolist())
        near = _strip(colours).quantize(palette=frame, dither=Image.Dither.NONE)
        place[colours] = np.asarray(near)[0]
        place[_commonest(colours, counts[colours])] = np.arange(EXACT, dtype=np.uint8)
    picture = Image.fromarray(place[packed], "L")
    picture.putpalette(palette.ravel().tolist())
    return picture


def paletted(pixels: NDArray[np.uint8], dpi: float | None = None) -> bytes:
    """Encode pixels, uint8 (Y, X, 3), as a PNG of at most 256 colours.

    Up to 256 colours are kept as they are; of more, the 64 commonest are.
    """
    held, said = BytesIO(), {} if dpi is None else {"dpi": (dpi, dpi)}
    _indexed(pixels).save(held, "PNG", optimize=True, **said)
    return held.getvalue()
