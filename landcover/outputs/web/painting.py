"""Values of a band in the colours of its style: a small picture that is clear where nothing is.

It knows ramps, legends and pictures. It does not know where on the ground a pixel lies.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landcover.model import Legend
from landcover.outputs.colours import colours_along, palette_of, rgb_of, steps_within
from landcover.outputs.png import encode_indexed
from landcover.outputs.style import BandStyle, Ramp

__all__ = ["PNG", "UNJUDGED", "WEBP", "painted", "photo"]

PNG, WEBP = "image/png", "image/webp"

SHADES = 64
"""Colours that a ramp is cut into: more are not told apart, and pack worse."""

UNJUDGED = "#788389"
"""Lines over ground that nobody could judge: no ramp has this grey, 3.3 to 1 on a map's ground."""

UNJUDGED_EVERY, UNJUDGED_WIDE = 8, 3
"""From line to line, and the width of one, in pixels of a picture."""

UNJUDGED_VEIL = 64
"""Opacity (0 to 255) between those lines: a picture below shows through."""

PHOTO_QUALITY = 72
"""WebP quality of pictures (0 to 100)."""


def _palette(rows: NDArray[Any]) -> NDArray[np.uint8]:
    """Put what is not drawn before opaque colours (N, 3)."""
    palette = np.zeros((len(rows) + 1, 4), np.uint8)
    palette[1:, :3] = rows
    palette[1:, 3] = 255
    return palette


def _on_ramp(
    values: NDArray[Any], drawn: NDArray[np.bool_], ramp: Ramp
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return each pixel's place in a ramp's palette, and that palette."""
    if ramp.steps:
        within = 1 + steps_within(ramp, np.where(drawn, values, ramp.low))
        return np.where(drawn, within, 0).astype(np.uint8), _palette(palette_of(ramp))
    shades = colours_along(ramp, np.linspace(ramp.low, ramp.high, SHADES))
    span = (ramp.high - ramp.low) or 1.0
    share = np.where(drawn, (values.astype(np.float32) - ramp.low) / span, 0)
    places = 1 + np.rint(np.clip(share, 0, 1) * (SHADES - 1)).astype(np.uint8)
    return np.where(drawn, places, 0).astype(np.uint8), _palette(shades)


def _in_legend(
    values: NDArray[Any], drawn: NDArray[np.bool_], legend: Legend
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return each pixel's place in a legend's palette, and that palette."""
    places = np.zeros(values.shape, np.uint8)
    for n, one in enumerate(legend.classes, start=1):
        places[drawn & (values == one.value)] = n
    return places, _palette(np.array([rgb_of(one.palette) for one in legend.classes], float))


def _hatched(
    places: NDArray[np.uint8], palette: NDArray[np.uint8], where: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw slanting lines where nobody could judge; return places and a longer palette."""
    rows, columns = np.indices(places.shape, np.int32)
    line = (rows + columns) % UNJUDGED_EVERY < UNJUDGED_WIDE
    hatch = np.where(line, len(palette), len(palette) + 1)
    inks = np.array([[*rgb_of(UNJUDGED), 255], [*rgb_of(UNJUDGED), UNJUDGED_VEIL]], np.uint8)
    return np.where(where, hatch, places).astype(np.uint8), np.concatenate((palette, inks))


def painted(
    values: NDArray[Any],
    valid: NDArray[np.bool_],
    style: BandStyle,
    unjudged: NDArray[np.bool_] | None = None,
) -> bytes:
    """Draw a band as a PNG.

    Parameters
    ----------
    values, valid : (Y, X)
    style : BandStyle
        Of a ramp or a legend.
    unjudged : bool (Y, X), optional
        Where nobody could judge: hatched. What is clear is then known to be nothing.
    """
    drawn = valid & ~np.isin(values, style.hidden) if style.hidden else valid
    if isinstance(style.scale, Legend):
        made = _in_legend(values, drawn, style.scale)
    elif style.scale is None:
        raise TypeError("a picture's bands are drawn by `photo`")
    else:
        made = _on_ramp(values, drawn, style.scale)
    return encode_indexed(*(made if unjudged is None else _hatched(*made, unjudged)))


def photo(values: NDArray[np.uint8], valid: NDArray[np.bool_]) -> bytes:
    """Draw red, green and blue (3, Y, X) as a WebP; clear where one of them has no value."""
    from PIL import Image

    opacity = np.where(valid.all(axis=0), 255, 0).astype(np.uint8)
    pixels = np.concatenate((values, opacity[None])).transpose(1, 2, 0)
    kept = BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.save(kept, "WEBP", quality=PHOTO_QUALITY, method=4)
    return kept.getvalue()
