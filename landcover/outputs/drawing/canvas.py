"""Sheets to draw on, and their bytes: SVG for charts, paletted PNG and WebP for maps.

It knows matplotlib's settings and formats of files. It does not know what is drawn. Nothing here
keeps a state between two drawings, and equal drawings have equal bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from io import BytesIO
from typing import Any, Final
from unicodedata import category

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Sheet
from matplotlib.font_manager import findfont, get_font
from numpy.typing import NDArray
from PIL import Image

__all__ = [
    "INK", "LINE", "PAPER", "QUIET", "Sheet", "dpi_of", "drawing", "legible", "photo",
    "pixels_of", "short", "true_colours", "vector",
]  # fmt: skip

INK, QUIET, LINE, PAPER = "#1d2326", "#515b60", "#d5dbde", "#ffffff"
"""Text, lesser text (contrast 7.0 on white), thin lines and ground."""

FONT: Final = "DejaVu Sans"
"""Comes with matplotlib; it has Latin, Greek, Cyrillic, Arabic and Hebrew letters."""

STYLE: Final[dict[str, Any]] = {
    "font.family": [FONT],
    "font.size": 9.0,
    "text.parse_math": False,  # a dollar in a name is a dollar
    "text.color": INK,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "legend.frameon": False,
    "hatch.linewidth": 0.6,
    "svg.fonttype": "none",  # letters stay letters: small, and found by a search
    "path.simplify": True,
    "pdf.fonttype": 42,
    "pdf.compression": 6,
}

WEBP_QUALITY = 78
"""Of photographs (0 to 100): finer does not show at this size."""

UNSEEN_SIGNS: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Categories of signs that are not letters: controls, and those that turn the direction of text."""

UNKNOWN = "\u25a1"
"""Stands for a letter that the font lacks."""

_HEAD = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_ID = re.compile(r'(\bid="|xlink:href="#|url\(#)')
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_SHARED_STYLE = re.compile(r'\s*<defs>\s*<style type="text/css">.*?</style>\s*</defs>', re.DOTALL)


@contextmanager
def drawing(key: str) -> Iterator[None]:
    """Draw within settings of our own; those of the caller come back afterwards.

    Parameters
    ----------
    key : str
        The drawing's: what its parts are named by.
    """
    settings: Any = {**STYLE, "svg.hashsalt": key}
    with mpl.rc_context(settings):
        yield


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    """Return the letters of the font, as code points."""
    return frozenset(get_font(findfont(FONT)).get_charmap())


def legible(text: str) -> str:
    """Return a text as the font can write it, on one line."""
    line = " ".join(str(text).split())
    seen = (sign for sign in line if category(sign) not in UNSEEN_SIGNS)
    return "".join(sign if ord(sign) in _letters() else UNKNOWN for sign in seen)


def short(text: str, most: int = 36) -> str:
    """Return a name that fits beside others: legible, and cut where it is long."""
    line = legible(text)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def dpi_of(axes: Axes) -> float:
    """Return the dots per inch of the sheet that axes are on."""
    sheet = axes.get_figure(root=True)
    return 72.0 if sheet is None else sheet.dpi


def vector(sheet: Sheet, key: str, alt: str) -> bytes:
    """Return a sheet as an ``<svg>`` element that may stand in a page beside others.

    Its ids begin with `key`, and none of its rules reaches beyond it.
    """
    held = BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    sheet.savefig(held, format="svg", metadata=nothing)
    text = _HEAD.sub("", held.getvalue().decode(), count=1)
    text = _SHARED_STYLE.sub("", _METADATA.sub("", text, count=1), count=1)
    text = _ID.sub(lambda found: f"{found.group(1)}{key}-", text)
    said = f'role="img" aria-label="{escape(alt, quote=True)}"'
    joins = 'stroke-linejoin="round" stroke-linecap="butt"'
    return text.replace("<svg ", f"<svg {said} {joins} ", 1).encode()


def pixels_of(sheet: Sheet, dpi: float) -> NDArray[np.uint8]:
    """Return a sheet as pixels: uint8 (Y, X, 3)."""
    sheet.set_dpi(dpi)
    canvas: Any = FigureCanvasAgg(sheet)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba(), np.uint8)[..., :3]


def true_colours(pixels: NDArray[np.uint8], dpi: float) -> bytes:
    """Encode pixels, uint8 (Y, X, 3), as a PNG that keeps every colour: for printed photographs."""
    held = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(held, "PNG", dpi=(dpi, dpi))
    return held.getvalue()


def photo(pixels: NDArray[np.uint8], quality: int = WEBP_QUALITY) -> bytes:
    """Encode pixels, uint8 (Y, X, 3), as a WebP: for photographs, which palettes spoil."""
    held = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(held, "WEBP", quality=quality, method=4)
    return held.getvalue()
