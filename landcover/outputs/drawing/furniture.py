"""What a map needs beside itself: ticks of longitude and latitude, legend, scale bar, north.

It draws on axes that are measured in inches. It does not know what is mapped.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrow, Rectangle

from landcover.model import Legend
from landcover.outputs.colours import colours_along, steps_of
from landcover.outputs.drawing.canvas import INK, LINE, PAPER, QUIET, dpi_of, short
from landcover.outputs.drawing.layers import SITE_AREA, Entry
from landcover.outputs.drawing.paint import tick_texts
from landcover.outputs.drawing.patterns import patterned
from landcover.outputs.drawing.plane import Plane, degrees_text, round_down
from landcover.outputs.style import Ramp
from landcover.outputs.wording import Words, text_in

__all__ = ["Column", "draw_graticule", "draw_scale"]

LETTER_IN = 0.0645
"""Mean width of a letter of 9 points (inches): what a line is broken by."""

ROW_IN = 0.21
"""Height of a line of a legend (inches)."""

TICK_IN = 1.4
"""From one longitude that is written to the next, at least (inches)."""

METRES_PER_KM = 1000.0

BOX_IN = (0.24, 0.14)
"""Width and height of a square of a legend (inches)."""

BAR_IN = 1.25
"""Longest scale bar (inches)."""

MOST_OF_NAME, MOST_OF_REASON = 80, 160
"""Letters of a line of a legend: a name from outside is cut; a reason, which is our own, is not."""


def draw_graticule(axes: Axes, plane: Plane, words: Words) -> None:
    """Write longitudes along the lower edge and latitudes along the left one."""
    box = axes.get_window_extent()
    inches = min(box.width, box.height) / dpi_of(axes)
    step, meridians, parallels = plane.crossings(max(2, round(inches / TICK_IN)))
    point = "," if words.language == "fr" else "."
    east, north = (words("east"), words("west")), (words("north"), words("south"))
    axes.set_xticks(
        [x for _, x in meridians], [degrees_text(d, step, east, point) for d, _ in meridians]
    )
    axes.set_yticks(
        [y for _, y in parallels],
        [degrees_text(d, step, north, point) for d, _ in parallels],
        rotation=90, va="center",
    )  # fmt: skip
    axes.tick_params(labelsize=7, length=3, colors=QUIET, labelcolor=QUIET)
    for side in axes.spines.values():
        side.set(visible=True, color=QUIET, linewidth=0.7)


def _length(metres: float, words: Words) -> str:
    """Write a round length."""
    if metres >= METRES_PER_KM:
        return words("km", value=words.number(metres / METRES_PER_KM, 0))
    return words("metres", value=words.number(metres, 0 if metres >= 1 else 2))


def draw_scale(
    axes: Axes, at: tuple[float, float], plane: Plane, map_width_in: float, words: Words
) -> None:
    """Draw a scale bar of a round length and an arrow to true north.

    `at` is its lower left corner in the axes' own units (inches).
    """
    x, y = at
    width_m = (plane.bounds[2] - plane.bounds[0]) * plane.metres_per_x
    metres = round_down(width_m / map_width_in * BAR_IN)
    bar = metres / width_m * map_width_in
    for k, fill in enumerate((INK, PAPER)):
        axes.add_patch(Rectangle((x + k * bar / 2, y), bar / 2, 0.06, fc=fill, ec=INK, lw=0.7))
    end = _length(metres, words)
    axes.text(x, y + 0.1, "0", fontsize=7.5, ha="center", va="bottom")
    axes.text(x + bar, y + 0.1, end, fontsize=7.5, ha="center", va="bottom")
    _north(axes, (x + BAR_IN + 0.38, y), plane, words)


def _north(axes: Axes, at: tuple[float, float], plane: Plane, words: Words) -> None:
    """Draw an arrow to true north, which need not be up."""
    (x, y), (dx, dy), length = at, plane.north, 0.3
    axes.add_patch(FancyArrow(x - dx * 0.02, y, dx * length, dy * length, width=0.025,
                              head_width=0.13, head_length=0.15, length_includes_head=True,
                              fc=INK, ec=INK, lw=0))  # fmt: skip
    axes.text(x + dx * (length + 0.07), y + dy * (length + 0.07), words("north"), fontsize=8,
              fontweight="bold", ha="center", va="bottom")  # fmt: skip


class Column:
    """A legend that is written from the top of its axes downwards.

    Parameters
    ----------
    axes : Axes
        Its units become inches.
    size : (float, float)
        Width and height (inches).
    words : Words
    """

    def __init__(self, axes: Axes, size: tuple[float, float], words: Words) -> None:
        self.axes, self.words, self.tight = axes, words, 1.0
        self.width, self.height = size
        self.begin()

    def begin(self, tight: float = 1.0) -> None:
        """Begin anew: letters and lines are `tight` times as large as they would be."""
        self.tight, self.top = tight, self.height
        self.axes.cla()
        self._hold()
        self.axes.set_axis_off()

    def _hold(self) -> None:
        """Keep the axes as they were: pictures on them would change them."""
        self.axes.set(xlim=(0, self.width), ylim=(0, self.height))

    def _letters(self, width: float, share: float = 1.0) -> int:
        """Return how many letters fit in a width."""
        return int(width / LETTER_IN * share / self.tight)

    def down(self, inches: float) -> None:
        """Leave room."""
        self.top -= inches * self.tight

    def heading(self, text: str) -> None:
        """Write what the colours below stand for."""
        for line in wrap(text, self._letters(self.width, 0.92)):
            size = 9 * self.tight
            self.axes.text(0, self.top, line, fontsize=size, fontweight="bold", va="top")
            self.down(0.17)
        self.down(0.07)

    def note(self, text: str) -> None:
        """Write a few words in small letters."""
        for line in wrap(text, self._letters(self.width, 1.15)):
            self.axes.text(0, self.top, line, fontsize=7.5 * self.tight, color=QUIET, va="top")
            self.down(0.145)
        self.down(0.06)

    def ramp(self, ramp: Ramp) -> None:
        """Draw a bar of the colours, high above, with its values; or a square a step."""
        if ramp.steps:
            for colour, text in reversed(steps_of(ramp, self.words.language)):
                self.box(colour, text)
            return
        ticks = list(tick_texts(ramp, self.words))
        height = min(1.7, max(0.9, 0.2 * len(ticks))) * self.tight
        bottom, span = self.top - height, ramp.high - ramp.low
        values = np.linspace(ramp.high, ramp.low, 128)[:, None]
        self.axes.imshow(colours_along(ramp, values), extent=(0, 0.24, bottom, self.top),
                         aspect="auto", interpolation="nearest", origin="upper")  # fmt: skip
        self.axes.add_patch(Rectangle((0, bottom), 0.24, height, fill=False, ec=QUIET, lw=0.6))
        for value, text in ticks:
            y = bottom + height * (min(max(value, ramp.low), ramp.high) - ramp.low) / span
            self.axes.plot([0.24, 0.29], [y, y], color=QUIET, lw=0.7)
            self.axes.text(0.34, y, text, fontsize=8 * self.tight, va="center")
        self._hold()
        self.top = bottom
        self.down(0.16)

    def classes(self, legend: Legend) -> None:
        """Draw a square a class, with its name."""
        for one in legend.classes:
            self.box(one.palette, text_in(one.names, self.words.language))

    def box(self, fill: str, text: str) -> None:
        """Draw a square of a colour, and what it stands for."""
        edge = QUIET if fill == PAPER else LINE
        wide, high = BOX_IN[0], BOX_IN[1] * self.tight
        self.axes.add_patch(Rectangle((0, self.top - high), wide, high, fc=fill, ec=edge, lw=0.6))
        self._text(text)

    def pattern(self, code: int, text: str) -> None:
        """Draw a square of a pattern, and what it stands for."""
        dpi, wide, high = dpi_of(self.axes), BOX_IN[0], BOX_IN[1] * self.tight
        codes = np.full((round(high * dpi), round(wide * dpi)), code, np.uint8)
        extent = (0, wide, self.top - high, self.top)
        self.axes.imshow(patterned(codes, dpi), extent=extent, aspect="auto", origin="upper",
                         interpolation="nearest")  # fmt: skip
        edge = Rectangle((0, self.top - high), wide, high, fill=False, ec=QUIET, lw=0.6)
        self.axes.add_patch(edge)
        self._hold()
        self._text(text, MOST_OF_REASON)

    def entries(self, entries: Sequence[Entry]) -> None:
        """Draw a sample of each line and dot, and what it stands for."""
        for one in entries:
            y = self.top - 0.07 * self.tight
            if one.sample == "line":
                self.axes.plot(
                    [0, 0.26], [y, y], color=one.look.ink, lw=one.look.width, ls=one.look.dash
                )
            else:
                mark: dict[str, Any] = {"s": 9, "marker": "s", "c": INK}
                if one.sample == "site":
                    mark = {"s": SITE_AREA, "c": "none", "edgecolors": INK, "linewidths": 1.3}
                self.axes.scatter([0.13], [y], **mark)
            self._text(one.text)

    def _text(self, text: str, most: int = MOST_OF_NAME) -> None:
        """Write a line beside a sample, broken where it is long."""
        for line in wrap(short(text, most), self._letters(self.width - 0.34)) or [""]:
            y = self.top - 0.07 * self.tight
            self.axes.text(0.34, y, line, fontsize=8 * self.tight, va="center")
            self.down(0.155)
        self.down(ROW_IN - 0.155)
