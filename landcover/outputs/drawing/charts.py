"""Charts of tables: hectares by year, by distance, and values of zones over time.

Each takes rows and returns a sheet. What is charted stands in the tables, or is a sum of rings
that exclude each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from landcover.outputs.drawing.axes import (
    BROKEN_FILL,
    CONFIDENCES,
    LINES,
    UNWATCHED,
    amount,
    below,
    chart_sheet,
    count_axis,
    number_axis,
    percent,
    percent_axis,
    quiet,
    swatch,
)
from landcover.outputs.drawing.canvas import INK, LINE, QUIET, Sheet, short
from landcover.outputs.drawing.families import Family
from landcover.outputs.drawing.rows import is_partial_year, records
from landcover.outputs.wording import Words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Ring", "by_distance_chart", "by_year_chart", "series_chart"]

LEAST_SHARE = 0.1
"""Clear fraction of a zone from which on its median is drawn; the table has all of them. A sliver
beside cloud may be another land than the rest."""

MOST_DOTS = 160
"""Dates from which on a line has no dots."""

PANELS_A_ROW = 2

WATCH, WATCH_IN = "#6a3d9a", 0.24
"""Colour of the line where the watch begins: no zone has it. Height of its legend (inches)."""

LEGEND_SHARE = 0.5
"""Room for a legend below lines over time (of their range): it must hide none of them."""

MOST_YEARS = 9
"""Years that are written along an axis."""


MOST_NUMBERED = 8
"""Bars of a panel that have their number above them."""


def _panels(sheet: Sheet, count: int, heights: Sequence[float], foot: float, height: float,
            columns: int = PANELS_A_ROW) -> list[tuple[Axes, Axes]]:  # fmt: skip
    """Lay out pairs of axes, one above another, in rows of panels."""
    columns = min(count, columns)
    rows = -(-count // columns)
    grid = sheet.add_gridspec(
        rows, columns, left=0.085, right=0.985, bottom=foot / height, top=1 - 0.28 / height,
        hspace=0.34, wspace=0.16,
    )  # fmt: skip
    pairs = []
    for k in range(count):
        cell = grid[k // columns, k % columns].subgridspec(2, 1, height_ratios=heights, hspace=0.12)
        upper = sheet.add_subplot(cell[0])
        pairs.append((upper, sheet.add_subplot(cell[1], sharex=upper)))
    return pairs


def _year_text(row: Any) -> str:
    """Name a year; a star where only a part of it was watched."""
    return f"{row.period}*" if is_partial_year(row) else f"{row.period}"


def _stack(axes: Axes, rows: pd.DataFrame, words: Words, most: float) -> None:
    """Stack hectares by confidence, with their sum above; say where nobody watched."""
    at, base = np.arange(len(rows)), np.zeros(len(rows))
    for name, fill in CONFIDENCES.items():
        high = rows[f"{name}_ha"].fillna(0.0).to_numpy(float)
        axes.bar(at, high, 0.7, base, color=fill, edgecolor=INK, linewidth=0.4)
        base += high
    for x, row in enumerate(records(rows)):
        text, ink = "–", QUIET
        if len(rows) > MOST_NUMBERED and row.disturbed_ha == row.disturbed_ha:
            continue  # numbers would run into each other: the table has them
        if row.disturbed_ha == row.disturbed_ha:
            text, ink = amount(row.disturbed_ha, words), INK
        axes.text(x, base[x] + 0.02 * most, text, ha="center", va="bottom", fontsize=8, color=ink)


def _unseen(axes: Axes, rows: pd.DataFrame, words: Words) -> None:
    """Draw the share of the zone of which nothing can be said, year by year."""
    share = rows["not_observable_fraction"].to_numpy(float)
    axes.bar(np.arange(len(rows)), np.nan_to_num(share), 0.7, **UNWATCHED)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.5, 1])
    axes.yaxis.set_major_formatter(lambda value, _: percent(value, words))
    quiet(axes)


def by_year_chart(zones: Sequence[tuple[str, pd.DataFrame]], words: Words) -> Sheet:
    """Chart the hectares that broke in each year, a panel a zone on one scale.

    Parameters
    ----------
    zones : sequence of (str, DataFrame)
        A zone's name, and its rows of ``disturbance_area.csv`` by year.
    words : Words
    """
    columns = min(3, len(zones))
    height = 0.75 + 2.35 * -(-len(zones) // columns)
    sheet = chart_sheet(height)
    most = max(
        1e-9,
        *(
            float(rows["disturbed_ha"].max())
            for _, rows in zones
            if rows["disturbed_ha"].notna().any()
        ),
        0.0,
    )
    most = most if most > 1e-6 else 1.0
    panels = _panels(sheet, len(zones), (3, 1), 0.62, height, columns)
    for k, ((upper, lower), (name, rows)) in enumerate(zip(panels, zones, strict=True)):
        _stack(upper, rows, words, most)
        upper.set(ylim=(0, most * 1.18), title=short(name, 40 if columns < 3 else 26))
        quiet(upper)
        number_axis(upper, words)
        upper.tick_params(labelbottom=False)
        _unseen(lower, rows, words)
        count_axis(lower, [_year_text(row) for row in records(rows)])
        if k % columns == 0:
            upper.set_ylabel(words("axis_ha"), fontsize=8)
    below(sheet, [*_classes_key(words), swatch(UNWATCHED, words("unwatched"))])
    return sheet


@dataclass(frozen=True, slots=True)
class Ring:
    """A distance from sites: hectares that broke, that nobody can tell of, and all, over sites.

    `by_class` are those that broke by class of confidence; empty for a run that does not tell.
    """

    text: str
    broken_ha: float
    unseen_ha: float
    area_ha: float
    by_class: Mapping[str, float] = field(default_factory=dict)

    @property
    def judged_ha(self) -> float:
        """Hectares of which it can be said whether they broke."""
        return self.area_ha - self.unseen_ha

    @property
    def broken_share(self) -> float:
        """Share that broke of what could be judged, as the report's tables have it."""
        return self.broken_ha / self.judged_ha if self.judged_ha > 0 else 0.0


def _stack_shares(axes: Axes, rings: Sequence[Ring]) -> None:
    """Draw the share that broke at each distance: a bar, its classes of confidence stacked."""
    at, base = np.arange(len(rings)), np.zeros(len(rings))
    if not all(ring.by_class for ring in rings):
        axes.bar(at, [ring.broken_share for ring in rings], 0.62, color=BROKEN_FILL)
        return
    for name, fill in CONFIDENCES.items():
        high = np.array(
            [ring.by_class[name] / ring.judged_ha if ring.judged_ha > 0 else 0.0 for ring in rings]
        )
        axes.bar(at, high, 0.62, base, color=fill, edgecolor=INK, linewidth=0.4)
        base += high


def _classes_key(words: Words) -> list[Any]:
    """Return a legend's squares of the classes of confidence."""
    return [
        swatch({"facecolor": fill, "edgecolor": INK, "linewidth": 0.4}, words(f"sure_{name}"))
        for name, fill in CONFIDENCES.items()
    ]


def by_distance_chart(groups: Sequence[tuple[str, Sequence[Ring]]], words: Words) -> Sheet:
    """Chart the share of ground that broke against the distance from sites, a panel a group."""
    height = 3.7
    sheet = chart_sheet(height)
    panels = _panels(sheet, len(groups), (3, 1), 0.62, height, columns=3)
    for k, ((upper, lower), (name, rings)) in enumerate(zip(panels, groups, strict=True)):
        at = np.arange(len(rings))
        share = [ring.broken_share for ring in rings]
        most = max(*share, 1e-9, 0.001)
        _stack_shares(upper, rings)
        for x, ring in enumerate(rings):
            text = words("ha", value=amount(ring.broken_ha, words))
            upper.text(x, share[x] + 0.02 * most, text, ha="center", va="bottom", fontsize=8)
        upper.set(ylim=(0, most * 1.18), title=short(name, 40) if len(groups) > 1 else "")
        percent_axis(upper, words)
        quiet(upper)
        upper.tick_params(labelbottom=False)
        lower.bar(
            at,
            [ring.unseen_ha / ring.area_ha if ring.area_ha else 0.0 for ring in rings],
            0.62,
            **UNWATCHED,
        )
        lower.set(ylim=(0, 1), yticks=[0, 0.5, 1])
        lower.yaxis.set_major_formatter(lambda value, _: percent(value, words))
        quiet(lower)
        count_axis(lower, [ring.text for ring in rings])
        if k == 0:
            upper.set_ylabel(words("axis_share"), fontsize=8)
    told = all(ring.by_class for _, rings in groups for ring in rings)
    broken = _classes_key(words) if told else [swatch({"facecolor": BROKEN_FILL}, words("broken"))]
    below(sheet, [*broken, swatch(UNWATCHED, words("unjudged"))])
    return sheet


def _line(axes: Axes, rows: pd.DataFrame, ink: str, dash: str, text: str) -> None:
    """Draw a zone's medians over time, and what its history leads to expect."""
    clear = rows[rows["clear_fraction"].fillna(0.0) >= LEAST_SHARE].dropna(subset=["median"])
    dots: dict[str, Any] = {"marker": "o", "markersize": 2.4} if len(rows) <= MOST_DOTS else {}
    axes.plot(clear["date"], clear["median"], color=ink, lw=1.0, ls=dash, label=text, **dots)


def _mark_watch(
    sheet: Sheet, pairs: Sequence[tuple[Axes, Axes]], start: date, words: Words
) -> None:
    """Draw a line where the watch begins, and say at the foot what it is."""
    look: dict[str, Any] = {"color": WATCH, "lw": 1.1, "ls": (0, (4, 2))}
    day: Any = np.datetime64(start)
    for axes in (one for pair in pairs for one in pair):
        axes.axvline(day, zorder=0.5, **look)
    below(sheet, [Line2D([], [], label=words("watch_begins", day=words.day(start)), **look)])


def series_chart(
    panels: Sequence[tuple[Family, pd.DataFrame]],
    index: str,
    words: Words,
    start: date | None = None,
) -> Sheet:
    """Chart the medians of zones over time, a panel a family, with how much was seen.

    Parameters
    ----------
    panels : sequence of (Family, DataFrame)
        Zones that are read together, and their rows of ``zone_series.csv``.
    index : str
        As it is written.
    words : Words
    start : date, optional
        First day of the watch.
    """
    columns = min(PANELS_A_ROW, len(panels))
    foot = 0.36 if start is None else 0.36 + WATCH_IN
    height = 0.14 + foot + 2.5 * -(-len(panels) // columns)
    sheet = chart_sheet(height)
    every = [
        rows.loc[rows["clear_fraction"].fillna(0.0) >= LEAST_SHARE, "median"] for _, rows in panels
    ]
    values = (
        np.concatenate([one.dropna().to_numpy(float) for one in every]) if every else np.zeros(0)
    )
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    room = max(0.06 * (high - low), 0.02)
    pairs = _panels(sheet, len(panels), (3.2, 1), foot, height)
    for k, ((upper, lower), (family, rows)) in enumerate(zip(pairs, panels, strict=True)):
        for member, ink, dash in zip(
            family.members, cycle(LINES), cycle(("-", "-", "--", "-.", ":")), strict=False
        ):
            here = rows[rows["zone_id"] == member.zone_id].sort_values("date")
            count = int((here["clear_fraction"].fillna(0.0) >= LEAST_SHARE).sum())
            _line(
                upper,
                here,
                ink,
                dash,
                words("member_dates", zone=member.text, count=words.number(count, 0)),
            )
        upper.set(
            ylim=(low - room - LEGEND_SHARE * (high - low + room), high + room), title=family.title
        )
        quiet(upper)
        number_axis(upper, words)
        upper.tick_params(labelbottom=False)
        upper.legend(
            loc="lower left", fontsize=7, handlelength=2.2, labelspacing=0.25, borderaxespad=0.2
        )
        _clear_bars(lower, rows[rows["zone_id"] == family.members[0].zone_id], words)
        if k % columns == 0:
            upper.set_ylabel(index, fontsize=8)
            lower.set_ylabel(words("axis_clear"), fontsize=8)
    if start is not None:
        _mark_watch(sheet, pairs, start, words)
    return sheet


def _clear_bars(axes: Axes, rows: pd.DataFrame, words: Words) -> None:
    """Draw the clear share of a zone, date by date."""
    days = np.repeat(
        rows["date"].to_numpy(), 3
    )  # one path for all: a line up, then the pen is lifted
    high = rows["clear_fraction"].fillna(0.0).to_numpy(float)
    ends = np.stack([np.zeros(len(high)), high, np.full(len(high), np.nan)], axis=1)
    axes.plot(days, ends.ravel(), color=QUIET, lw=0.9)
    axes.axhline(0, color=LINE, lw=0.7)
    axes.set(ylim=(0, 1), yticks=[0, 0.5, 1])
    axes.yaxis.set_major_formatter(lambda value, _: percent(value, words))
    quiet(axes)
    if len(rows):
        _years(axes, rows["date"].min().year, rows["date"].max().year + 1)


def _years(axes: Axes, first: int, last: int) -> None:
    """Write years along an axis of days, each where it begins."""
    years = range(first, last + 1, -(-(last - first) // MOST_YEARS))
    axes.set_xticks(
        [np.datetime64(f"{year}-01-01") for year in years], [f"{year}" for year in years]
    )
