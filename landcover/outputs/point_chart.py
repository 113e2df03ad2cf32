"""The chart of one place as SVG: values, what was expected, the boundary, and breaks.

It draws; it computes nothing but where things stand on the page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landcover.kernels.breaks import UNSEEN
from landcover.outputs.point import Story
from landcover.outputs.wording import Words

__all__ = ["chart"]

WIDTH, LEFT, RIGHT = 960.0, 52.0, 14.0
"""Width of the drawing and its margins (units of the drawing)."""
TOP, HEIGHT, GAP, LOWER = 34.0, 260.0, 40.0, 120.0
"""Legend's height, heights of the two panels and what lies between (the same units)."""
TICKS_HEIGHT = 16.0
"""Strip under the values in which masked dates are ticks (the same units)."""

INK, QUIET, LINE, WASH = "#1d2326", "#5c676d", "#d5dbde", "#f3f5f6"
CLEAR, EXPECTED, BOUNDARY, FALL, UNREAD = "#2166ac", "#1b7837", "#e08214", "#b2182b", "#762a83"
"""Colours that people who see red and green alike can tell apart by lightness."""


@dataclass(frozen=True, slots=True)
class _Panel:
    """A rectangle of the drawing and what its edges stand for."""

    top: float
    height: float
    low: float
    high: float
    first: date
    last: date

    def x(self, day: date) -> float:
        """Return where a day stands."""
        share = (day - self.first).days / max((self.last - self.first).days, 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        """Return where a value stands."""
        share = (value - self.low) / (self.high - self.low)
        return self.top + self.height * (1 - min(max(share, 0.0), 1.0))


def _steps(low: float, high: float) -> list[float]:
    """Choose about five round numbers within a range."""
    rough = (high - low) / 5
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * k for k in (1, 2, 5, 10) if size * k >= rough)
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _range(lines: Iterable[NDArray[Any]]) -> tuple[float, float]:
    """Return a range that holds all that is finite, with a little room."""
    every = np.concatenate([line[np.isfinite(line)].astype(float) for line in lines])
    low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 1.0)
    room = max(0.06 * (high - low), 0.02)
    return low - room, high + room


def _text(x: float, y: float, said: str, anchor: str = "start", fill: str = INK) -> str:
    """Write a text."""
    style = f'text-anchor="{anchor}" style="fill:{fill}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(said)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, ink: str, width: float = 1.0) -> str:
    """Draw a line."""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{ink}" stroke-width="{width:g}"/>'


def _path(panel: _Panel, days: Sequence[date], line: NDArray[np.float64],
          ink: str, dash: str = "") -> str:  # fmt: skip
    """Draw a line through what is finite; it is broken at gaps."""
    steps, pen = [], "M"
    for day, value in zip(days, line.tolist(), strict=True):
        if math.isnan(value):
            pen = "M"
            continue
        steps.append(f"{pen}{panel.x(day):.1f} {panel.y(value):.1f}")
        pen = "L"
    if not steps:
        return ""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{"".join(steps)}" fill="none" stroke="{ink}" stroke-width="1.6"{dashed}/>'


def _years(panel: _Panel) -> Iterator[str]:
    """Draw the axis of time: a line a year."""
    bottom = panel.top + panel.height
    for year in range(panel.first.year, panel.last.year + 1):
        start, end = max(date(year, 1, 1), panel.first), min(date(year, 12, 31), panel.last)
        if date(year, 1, 1) >= panel.first:
            yield _line(panel.x(start), panel.top, panel.x(start), bottom, LINE)
        if panel.x(end) - panel.x(start) > 30:
            middle = (panel.x(start) + panel.x(end)) / 2
            yield _text(middle, bottom + TICKS_HEIGHT + 16, str(year), "middle")


def _scale(panel: _Panel, words: Words) -> Iterator[str]:
    """Draw the axis of values."""
    for value in _steps(panel.low, panel.high):
        y = panel.y(value)
        yield _line(LEFT, y, WIDTH - RIGHT, y, LINE, 0.6)
        digits = 0 if panel.high - panel.low > 8 else 1 if panel.high - panel.low > 0.8 else 2
        yield _text(LEFT - 6, y + 4, words.number(value + 0.0, digits), "end")


def _shade(panel: _Panel, start: date, end: date, said: str) -> Iterator[str]:
    """Shade a part of the time, and name it."""
    left, right = panel.x(max(start, panel.first)), panel.x(min(end, panel.last))
    box = f'x="{left:.1f}" y="{panel.top:.1f}" width="{max(right - left, 0):.1f}"'
    yield f'<rect {box} height="{panel.height:.1f}" fill="{WASH}"/>'
    yield _text(left + 6, panel.top + 16, said, fill=QUIET)


def _shades(panel: _Panel, story: Story, words: Words) -> Iterator[str]:
    """Shade the history, and what nobody could judge of the watch."""
    told = story.followed
    yield from _shade(panel, told.history.start, told.history.end, words("key_history"))
    if told.kind == UNSEEN and not told.breaks:
        start = told.last or told.watched.start
        yield from _shade(panel, start, told.watched.end, words("key_unwatched"))


def _breaks(panel: _Panel, story: Story, words: Words) -> Iterator[str]:
    """Draw a line at each break, with its day."""
    for day in story.break_days:
        x = panel.x(day)
        yield _line(x, panel.top, x, panel.top + panel.height, FALL, 1.5)
        anchor, off = ("end", -5.0) if x > WIDTH - 140 else ("start", 5.0)
        yield _text(x + off, panel.top + 16, words.day(day), anchor, FALL)


def _looks(panel: _Panel, story: Story, words: Words) -> Iterator[str]:
    """Draw values as points, and days without one as ticks below."""
    base = panel.top + panel.height
    valued = {look.day for look in story.looks if look.used}
    for look in story.looks:
        x, day = panel.x(look.day), words.day(look.day)
        if look.value is not None:
            said = f"{day}: {words.number(look.value)} ({look.scene.id})"
            place = f'cx="{x:.1f}" cy="{panel.y(look.value):.1f}" r="2.8"'
            yield f'<circle {place} fill="{CLEAR}"><title>{escape(said)}</title></circle>'
        elif look.day not in valued:
            lost = look.state == "unread"
            ink, width = (UNREAD, 2.5) if lost else ("#9aa5ab", 1.0)
            yield _line(x, base + 4, x, base + TICKS_HEIGHT - 2, ink, width)


def _legend(story: Story, words: Words) -> Iterator[str]:
    """Name what is drawn."""
    told, x = story.followed, LEFT
    marks = [("dot", CLEAR, "key_value"), ("line", EXPECTED, "key_fit")]
    if np.isfinite(told.boundary).any():
        marks.append(("dash", BOUNDARY, "key_boundary"))
    if story.break_days:
        marks.append(("line", FALL, "key_break"))
    marks.append(("tick", "#9aa5ab", "key_masked"))
    if any(look.state == "unread" for look in story.looks):
        marks.append(("tick", UNREAD, "key_unread"))
    for shape, ink, key in marks:
        if shape == "dot":
            yield f'<circle cx="{x + 9:.1f}" cy="12" r="3.5" fill="{ink}"/>'
        elif shape == "tick":
            yield _line(x + 9, 6, x + 9, 18, ink, 2)
        else:
            dash = ' stroke-dasharray="5 4"' if shape == "dash" else ""
            yield f'<path d="M{x:.1f} 12h18" stroke="{ink}" stroke-width="2"{dash}/>'
        said = words(key)
        yield _text(x + 24, 16, said)
        x += 24 + 7.2 * len(said) + 22


def _process(panel: _Panel, story: Story, words: Words) -> Iterator[str]:
    """Draw bfast's sums and how far they may go."""
    told = story.followed
    yield from _scale(panel, words)
    yield from _years(panel)
    seen = np.isfinite(told.process)
    days = [day for day, one in zip(told.dates, seen.tolist(), strict=True) if one]
    yield _path(panel, days, told.process[seen], CLEAR)
    for sign in (1, -1):
        yield _path(panel, days, sign * told.limit[seen], BOUNDARY, "5 4")
    yield from _breaks(panel, story, words)
    yield _text(LEFT, panel.top - 8, words("key_process"), fill=QUIET)


def _said(story: Story, words: Words) -> str:
    """Say in words what the chart shows."""
    days = ", ".join(words.day(day) for day in story.break_days)
    key = "chart_break" if len(story.break_days) == 1 else "chart_breaks"
    return words(
        "chart_alt",
        index=story.index,
        start=words.day(story.followed.dates[0]),
        end=words.day(story.followed.dates[-1]),
        clear=sum(look.used for look in story.looks),
        breaks=words(key, days=days) if days else "",
    )


def chart(story: Story, words: Words) -> str:
    """Draw the chart of a place.

    Parameters
    ----------
    story : Story
    words : Words

    Returns
    -------
    str
        An ``<svg>`` element that needs nothing beside it; for bfast with a second panel, of its
        sums.
    """
    told = story.followed
    days = told.dates
    ends = (min(days[0], told.history.start), max(days[-1], told.watched.last) + timedelta(days=1))
    low, high = _range((told.values, told.expected, told.boundary))
    panel = _Panel(TOP, HEIGHT, low, high, *ends)
    parts = [
        *_shades(panel, story, words), *_scale(panel, words), *_years(panel),
        _path(panel, days, told.boundary, BOUNDARY, "5 4"),
        _path(panel, days, told.expected, EXPECTED),
        *_breaks(panel, story, words), *_looks(panel, story, words), *_legend(story, words),
    ]  # fmt: skip
    bottom = TOP + HEIGHT + TICKS_HEIGHT + 24
    if np.isfinite(told.process).any():
        span = _range((told.process, told.limit, -told.limit))
        lower = _Panel(bottom + GAP - 12, LOWER, *span, *ends)
        parts += _process(lower, story, words)
        bottom = lower.top + LOWER + TICKS_HEIGHT + 24
    said = escape(_said(story, words), quote=True)
    head = f'<svg viewBox="0 0 {WIDTH:g} {bottom:g}" role="img" aria-label="{said}">'
    return "\n".join([head, f"<title>{said}</title>", *(part for part in parts if part), "</svg>"])
