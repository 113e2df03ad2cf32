"""Ground of which nothing can be said, by the reason: patterns of lines and dots in greys.

It knows patterns. It does not know rasters or reasons' words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from landcover.outputs.colours import rgb_of

__all__ = ["NOT_SEEN", "PATTERNS", "TOO_SHORT", "UNSTABLE", "Pattern", "Places", "patterned"]

NOT_SEEN, TOO_SHORT, UNSTABLE = 1, 2, 3
"""Why nothing can be said: not seen, or outside; too few looks before the watch; no rest before it.
0 is ground of which something is said."""

EVERY_IN: Final = 0.055
"""From line to line, and from dot to dot (inches)."""

WIDE_IN: Final = 0.014
"""Width of a line (inches)."""

DOT_IN: Final = 0.02
"""Side of a dot (inches)."""

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Pattern:
    """How a reason looks: `inked` says of rows and columns (px), and dots per inch, where ink is.

    Patterns differ in shape, so that they are told apart without any colour.
    """

    ground: str
    ink: str
    inked: Callable[[Places, Places, float], NDArray[np.bool_]]


def _px(inches: float, dpi: float) -> int:
    """Return a length in whole pixels, one at least."""
    return max(1, round(inches * dpi))


def _rising(rows: Places, columns: Places, dpi: float) -> NDArray[np.bool_]:
    """Draw lines that rise to the right."""
    return np.asarray((rows + columns) % _px(EVERY_IN, dpi) < _px(WIDE_IN, dpi))


def _falling(rows: Places, columns: Places, dpi: float) -> NDArray[np.bool_]:
    """Draw lines that fall to the right."""
    return np.asarray((rows - columns) % _px(EVERY_IN, dpi) < _px(WIDE_IN, dpi))


def _dotted(rows: Places, columns: Places, dpi: float) -> NDArray[np.bool_]:
    """Draw rows of dots, each shifted by half against the next."""
    every, side = _px(EVERY_IN, dpi), _px(DOT_IN, dpi)
    aside = rows // every % 2 * (every // 2)
    return np.asarray((rows % every < side) & ((columns + aside) % every < side))


PATTERNS: Final[Mapping[int, Pattern]] = {
    NOT_SEEN: Pattern("#d9dfe2", "#6f7b81", _rising),
    TOO_SHORT: Pattern("#f3f5f6", "#6f7b81", _dotted),
    UNSTABLE: Pattern("#a3adb2", "#424c52", _falling),
}
"""In the order in which a legend names them."""


def patterned(codes: NDArray[np.uint8], dpi: float) -> NDArray[np.uint8]:
    """Draw patterns.

    Parameters
    ----------
    codes : uint8 (Y, X)
        The reason at each dot of the sheet.
    dpi : float
        Of the sheet.

    Returns
    -------
    uint8 (Y, X, 4)
        Red, green, blue and opacity: 0 where there is no reason.
    """
    rows, columns = (np.asarray(one, np.intp) for one in np.indices(codes.shape))
    pixels = np.zeros((*codes.shape, 4), np.uint8)
    for code, one in PATTERNS.items():
        here = codes == code
        if here.any():
            pixels[here] = (*rgb_of(one.ground), 255)
            pixels[here & one.inked(rows, columns, dpi)] = (*rgb_of(one.ink), 255)
    return pixels
