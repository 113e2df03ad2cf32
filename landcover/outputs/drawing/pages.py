"""A page of A4 with one map, or two: title, legend, scale, north, what to see and who to name.

It lays out a page. It does not choose what is mapped, and writes no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from textwrap import wrap
from typing import Any, Final

from landcover.outputs.drawing.canvas import INK, PAPER, QUIET, Sheet, legible, short
from landcover.outputs.drawing.furniture import Column
from landcover.outputs.drawing.maps import BOTTOM_IN, LEFT_IN, TITLE_IN, MapSheet, axes_at
from landcover.outputs.drawing.plane import Plane
from landcover.outputs.wording import Words

__all__ = ["DPI", "PageText", "a4", "as_pdf"]

DPI: Final = 300
"""Of a printed page (dots per inch)."""

LONG_IN, SHORT_IN = 297 / 25.4, 210 / 25.4
"""Sides of A4 (inches), ISO 216."""

MARGIN_IN: Final = 0.5
"""What printers leave white, and a little more (inches)."""

HEAD_IN, LEGEND_IN, GAP_IN = 0.72, 2.3, 0.3
"""Height of title and subtitle, width of the legend, room between maps (inches)."""

LINE_IN, LETTER_IN = 0.145, 0.061
"""Height of a line at the foot and mean width of its letters, of 8 points (inches)."""


@dataclass(frozen=True, slots=True)
class PageText:
    """What a page says beside its map."""

    title: str
    subtitle: str
    foot: tuple[str, ...]


Box = tuple[float, float, float, float]
"""Left, bottom, width, height (inches)."""


def _fit(plane: Plane, count: int, size: tuple[float, float], foot_in: float) -> float:
    """Return how wide each of `count` maps can be on a page."""
    wide = size[0] - 2 * MARGIN_IN - LEGEND_IN - count * (LEFT_IN + GAP_IN)
    high = size[1] - 2 * MARGIN_IN - HEAD_IN - foot_in - BOTTOM_IN - TITLE_IN * (count > 1)
    return min(wide / count, high / plane.aspect)


def _lines(text: PageText, width_in: float) -> list[str]:
    """Break the foot into lines as wide as a page."""
    letters = int((width_in - 2 * MARGIN_IN) / LETTER_IN)
    return [line for part in text.foot if part for line in wrap(legible(part), letters)]


def _foot_in(lines: Sequence[str]) -> float:
    """Return how high the foot is (inches)."""
    return LINE_IN * len(lines) + 0.1


def _size(plane: Plane, count: int, text: PageText) -> tuple[float, float]:
    """Choose which way up a page is: the one on which the map is larger."""

    def wide(size: tuple[float, float]) -> float:
        return _fit(plane, count, size, _foot_in(_lines(text, size[0])))

    return max(((LONG_IN, SHORT_IN), (SHORT_IN, LONG_IN)), key=wide)


def a4(plane: Plane, count: int, text: PageText, words: Words) -> MapSheet:
    """Lay out a page for one or two maps of a plane, whichever way up they are larger.

    Parameters
    ----------
    plane : Plane
    count : int
        Maps side by side.
    text : PageText
    words : Words

    Returns
    -------
    MapSheet
    """
    width, height = _size(plane, count, text)
    lines = _lines(text, width)
    wide = _fit(plane, count, (width, height), _foot_in(lines))
    sheet = Sheet(figsize=(width, height), facecolor=PAPER, dpi=DPI)
    step, high = wide + GAP_IN + LEFT_IN, wide * plane.aspect
    top = height - MARGIN_IN - HEAD_IN - TITLE_IN * (count > 1)
    maps = tuple(
        axes_at(sheet, (MARGIN_IN + LEFT_IN + k * step, top - high, wide, high))
        for k in range(count)
    )
    left = MARGIN_IN + count * step
    tall = max(high, 4.2)
    legend = Column(axes_at(sheet, (left, top - tall, LEGEND_IN, tall)), (LEGEND_IN, tall), words)
    _write(sheet, text, lines, (width, height))
    return MapSheet(sheet, maps, legend, wide)


def _write(sheet: Sheet, text: PageText, lines: Sequence[str], size: tuple[float, float]) -> None:
    """Write title, subtitle and foot."""
    width, height = size
    letters = int((width - 2 * MARGIN_IN) / 0.125)
    place: dict[str, Any] = {"x": MARGIN_IN / width, "va": "top", "ha": "left"}
    sheet.text(y=1 - MARGIN_IN / height, s=short(text.title, letters), fontsize=16,
               fontweight="bold", color=INK, **place)  # fmt: skip
    sheet.text(y=1 - (MARGIN_IN + 0.33) / height, s=short(text.subtitle, int(letters * 1.3)),
               fontsize=11.5, color=INK, **place)  # fmt: skip
    for n, line in enumerate(reversed(lines)):
        y = (MARGIN_IN + LINE_IN * (n + 1)) / height
        sheet.text(y=y, s=line, fontsize=8, color=QUIET, **place)


def as_pdf(sheet: Sheet, title: str) -> bytes:
    """Return a page as a PDF: lines and letters as such, pixels as they are, no time of writing."""
    held = BytesIO()
    told: dict[str, Any] = {"Title": title, "CreationDate": None, "Creator": None, "Producer": None}
    sheet.savefig(held, format="pdf", metadata=told)
    return held.getvalue()
