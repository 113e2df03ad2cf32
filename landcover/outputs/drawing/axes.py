"""Axes of charts: numbers as a language writes them, quiet lines, room for legends.

It knows axes. It does not know what is charted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from landcover.outputs.drawing.canvas import INK, LINE, PAPER, QUIET, Sheet
from landcover.outputs.wording import NO_BREAK_SPACE, Words

__all__ = [
    "CONFIDENCES", "LINES", "UNWATCHED", "WIDTH_IN", "amount", "below", "chart_sheet",
    "count_axis", "number_axis", "percent", "percent_axis", "quiet", "swatch",
]  # fmt: skip

WIDTH_IN: Final = 8.0
"""Width of a chart (inches)."""

LINES: Final = ("#000000", "#0072b2", "#d55e00", "#007f5c", "#a8518a", "#8a6a00")
"""Colours of lines (after Okabe and Ito 2008, darkened to 3:1 and more on white)."""

CONFIDENCES: Final = {"confirmed": "#993404", "provisional": "#fe9929", "low": "#fed98e"}
"""Colours of confidence, as on the maps: the surer the darker."""

MOST_NAMED: Final = 8
"""Steps of an axis that have their name."""

BROKEN_FILL: Final = "#4a5a66"
"""What broke, of any class: a grey-blue that no class of confidence has."""

LEAST_AMOUNT = 0.01
"""Below this an amount is written as less than it."""

UNWATCHED: Final[dict[str, Any]] = {
    "facecolor": "#e4e8ea",
    "edgecolor": QUIET,
    "hatch": "////",
    "linewidth": 0.5,
}
"""How ground is filled of which nothing can be said."""


def chart_sheet(height_in: float) -> Sheet:
    """Return an empty sheet for charts."""
    return Sheet(figsize=(WIDTH_IN, height_in), facecolor=PAPER)


def quiet(axes: Axes) -> None:
    """Draw lines behind what is charted, along values only."""
    axes.grid(axis="y", color=LINE, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)


def amount(value: float, words: Words) -> str:
    """Write an amount in about three digits; one too small for them says so, and is not 0."""
    if 0 < value < LEAST_AMOUNT:
        return f"<{NO_BREAK_SPACE}{words.number(LEAST_AMOUNT, 2)}"
    return words.number(value, 0 if value >= 100 or value == 0 else 1 if value >= 1 else 2)


def number_axis(axes: Axes, words: Words) -> None:
    """Write the values of an axis as the language does, with the digits that tell them apart."""
    locator = MaxNLocator(5, steps=[1, 2, 5, 10])
    ticks = locator.tick_values(*axes.get_ylim())
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    axes.yaxis.set_major_locator(locator)
    axes.yaxis.set_major_formatter(lambda value, _: words.number(value + 0.0, digits))


def percent_axis(axes: Axes, words: Words, bins: int = 4) -> None:
    """Write fractions of an axis as percent."""
    axes.yaxis.set_major_locator(MaxNLocator(bins, steps=[1, 2, 5, 10]))

    def text(value: float, _: Any) -> str:
        low, high = sorted(axes.get_ylim())
        digits = 0 if high - low >= 0.04 else 1 if high - low >= 0.004 else 2
        return percent(value, words, digits)

    axes.yaxis.set_major_formatter(FuncFormatter(text))


def percent(value: float, words: Words, digits: int = 0) -> str:
    """Write a fraction as percent, as the language does."""
    sign = f"{NO_BREAK_SPACE}%" if words.language == "fr" else "%"
    return words.number(100 * value + 0.0, digits) + sign


def count_axis(axes: Axes, texts: Sequence[str]) -> None:
    """Name steps 0, 1, 2 ... along x; of many every second, third ..., the last one always."""
    every = max(1, -(-len(texts) // MOST_NAMED))
    named = [k for k in range(len(texts)) if (len(texts) - 1 - k) % every == 0]
    axes.set_xticks(named, [texts[k] for k in named])
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, len(texts) - 0.4)


def swatch(look: dict[str, Any], text: str) -> Patch:
    """Return a legend's square."""
    return Patch(**({"edgecolor": "none"} | look), label=text)


def below(sheet: Sheet, handles: Sequence[Any], columns: int = 4) -> None:
    """Put a legend at the foot of a sheet."""
    sheet.legend(handles=list(handles), loc="lower left", bbox_to_anchor=(0.0, 0.0), ncols=columns,
                 fontsize=8.5, labelcolor=INK, handlelength=1.5, columnspacing=1.5)  # fmt: skip
