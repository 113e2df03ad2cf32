"""Maps on a sheet: a band of a raster or a picture, with zones, sites, context and a legend.

It joins layers and furniture. It does not choose what is mapped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from landcover.outputs.drawing.backdrop import Backdrop
from landcover.outputs.drawing.canvas import PAPER, QUIET, Sheet, dpi_of, legible
from landcover.outputs.drawing.counts import COUNT
from landcover.outputs.drawing.furniture import Column, draw_graticule, draw_scale
from landcover.outputs.drawing.layers import (
    CONTEXT_LOOKS,
    SITE,
    ZONE_LOOKS,
    Entry,
    Label,
    draw_context,
    draw_labels,
    draw_sites,
    draw_zones,
    named,
)
from landcover.outputs.drawing.patterns import (
    NOT_SEEN,
    PATTERNS,
    TOO_SHORT,
    UNSTABLE,
    Places,
    patterned,
)
from landcover.outputs.drawing.plane import Bounds, Plane
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle, Ramp
from landcover.outputs.wording import Words, text_in

__all__ = [
    "MapSheet",
    "axes_at",
    "draw_map",
    "explain",
    "fill",
    "map_sheet",
]

REASON_WORDS: Final = {TOO_SHORT: "too_short", UNSTABLE: "unstable"}
"""What a legend says of a reason; of the rest it depends on what is shown."""

DPI: Final = 165
"""Of maps in a report: 8 inches are 1320 px."""

LEFT_IN, BOTTOM_IN, GAP_IN, TITLE_IN = 0.34, 0.3, 0.22, 0.24
"""Room for latitudes, longitudes, between maps, and for a map's own title (inches)."""

LEGEND_IN, LEGEND_LEAST_IN = 2.2, 3.3
"""Width and least height of the legend (inches)."""

SCALE_IN, TIGHTER = 0.55, (1.0, 0.9, 0.8, 0.7)
"""Height of scale bar and arrow (inches), and sizes of letters that are tried above them."""

CREDIT_IN = 0.14
"""Height of a line of the credits (inches)."""


@dataclass(frozen=True, slots=True, eq=False)
class MapSheet:
    """A sheet with axes for maps, all of one size, and a legend beside them."""

    sheet: Sheet
    maps: tuple[Axes, ...]
    legend: Column
    map_width_in: float
    foot_in: float = 0.0
    """Height of the credits: what else is below the maps stands on them (inches)."""


def map_sheet(
    plane: Plane,
    count: int = 1,
    width_in: float = 8.0,
    most_in: float = 6.2,
    titled: bool = False,
    credit: str = "",
    dpi: float = DPI,
    below_in: float = 0.0,
) -> MapSheet:
    """Lay out a sheet for maps of one plane.

    Parameters
    ----------
    plane : Plane
    count : int
        Maps: up to three in a row.
    width_in, most_in : float
        The sheet's width, and the most height that maps may take together (inches).
    titled : bool
        Whether each map has a title of its own.
    credit : str
        Written below, in small letters.
    dpi : float
        At which it is drawn (dots per inch).
    below_in : float
        Room between the maps and the credits (inches).
    """
    columns = count if count <= 2 else 2 if count == 4 else 3
    rows, title = -(-count // columns), TITLE_IN if titled else 0.06
    room = width_in - LEGEND_IN - LEFT_IN - 0.15 - GAP_IN * columns
    wide = min(room / columns, (most_in / rows - BOTTOM_IN - title) / plane.aspect)
    high = wide * plane.aspect
    lines = wrap(legible(credit), int(width_in * 19)) if credit else []
    foot = CREDIT_IN * len(lines) + (0.08 if lines else 0)
    base = foot + below_in
    body = max(rows * (high + BOTTOM_IN + title), LEGEND_LEAST_IN)
    size = (LEFT_IN + columns * (wide + GAP_IN) + LEGEND_IN + 0.1, body + base)
    sheet = Sheet(figsize=size, facecolor=PAPER, dpi=dpi)
    step = high + BOTTOM_IN + title
    boxes = [
        (LEFT_IN + k % columns * (wide + GAP_IN), size[1] - (k // columns + 1) * step + BOTTOM_IN)
        for k in range(count)
    ]
    maps = tuple(axes_at(sheet, (x, y, wide, high)) for x, y in boxes)
    place = (LEFT_IN + columns * (wide + GAP_IN), foot, LEGEND_IN, body + below_in - title)
    legend = Column(axes_at(sheet, place), place[2:], Words("drawing", "en"))
    for n, line in enumerate(lines):
        sheet.text(
            0.05 / size[0],
            (foot - 0.06 - n * CREDIT_IN) / size[1],
            line,
            fontsize=6.5,
            color=QUIET,
            va="top",
        )
    return MapSheet(sheet, maps, legend, wide, foot)


def axes_at(sheet: Sheet, box: tuple[float, float, float, float]) -> Axes:
    """Add axes at a place given in inches: left, bottom, width, height."""
    width, height = sheet.get_size_inches()
    return sheet.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))


def _image(axes: Axes, pixels: NDArray[np.uint8], bounds: Bounds, rank: float) -> None:
    """Lay pixels on a map, as they are."""
    west, south, east, north = bounds
    axes.imshow(pixels, extent=(west, east, south, north), interpolation="nearest",
                origin="upper", aspect="auto", zorder=rank)  # fmt: skip


def _nearest(low: float, high: float, count: int, ends: tuple[float, float], of: int) -> Places:
    """Return, for the middles of `count` dots, which of `of` pixels between `ends` each lies in."""
    middles = low + (np.arange(count) + 0.5) * (high - low) / count
    return np.floor((middles - ends[0]) / (ends[1] - ends[0]) * of).astype(np.intp)


def _reasons(plane: Plane, ground: Backdrop, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Say of each dot of a map why nothing is said there; beyond the raster nothing was seen."""
    left, bottom, right, top = plane.bounds
    west, south, east, north = ground.bounds
    rows = _nearest(top, bottom, shape[0], (north, south), ground.codes.shape[0])
    columns = _nearest(left, right, shape[1], (west, east), ground.codes.shape[1])
    codes = np.full(shape, NOT_SEEN, np.uint8)
    in_y = (rows >= 0) & (rows < ground.codes.shape[0])
    in_x = (columns >= 0) & (columns < ground.codes.shape[1])
    codes[np.ix_(in_y, in_x)] = ground.codes[np.ix_(rows[in_y], columns[in_x])]
    return codes


def fill(axes: Axes, plane: Plane, ground: Backdrop) -> None:
    """Fill a map with what is known, and with patterns where nothing is."""
    box, (left, bottom, right, top) = axes.get_window_extent(), plane.bounds
    shape = (max(1, round(box.height)), max(1, round(box.width)))
    reasons = patterned(_reasons(plane, ground, shape), dpi_of(axes))
    _image(axes, reasons, plane.bounds, 0.5)
    _image(axes, ground.pixels, ground.bounds, 1)
    axes.set(xlim=(left, right), ylim=(bottom, top))


def draw_map(
    axes: Axes,
    shown: Shown,
    plane: Plane,
    ground: Backdrop | None,
    words: Words,
    kinds: Sequence[str] = tuple(ZONE_LOOKS),
    names: bool = True,
) -> list[Entry]:
    """Draw one map, and return what its legend has to name.

    Parameters
    ----------
    axes : Axes
    shown : Shown
    plane : Plane
    ground : Backdrop or None
        What fills it; nothing where there is none.
    words : Words
    kinds : sequence of str
        Zones whose edges are drawn.
    names : bool
        Whether zones, sites and places are named.
    """
    left, bottom, right, top = plane.bounds
    axes.set(xlim=(left, right), ylim=(bottom, top), facecolor=PAPER)
    if ground is not None:
        fill(axes, plane, ground)
    drawn, places = draw_context(axes, plane, shown.context.values())
    zones = draw_zones(axes, plane, shown.zones, kinds)
    sites = draw_sites(axes, plane, shown.sites, shown.patches) if len(shown.sites) else []
    draw_graticule(axes, plane, words)
    if names:
        draw_labels(axes, [*_named(plane, shown, kinds), *sites, *places])
    told = [Entry("line", ZONE_LOOKS[kind], words(f"zone_{kind}")) for kind in zones]
    if len(shown.sites):
        told.insert(0, Entry("site", SITE, words("site")))
    return told + [
        Entry("place" if kind == "place" else "line", CONTEXT_LOOKS[kind], words(f"context_{kind}"))
        for kind in drawn
    ]


def _named(plane: Plane, shown: Shown, kinds: Sequence[str]) -> list[Label]:
    """Return the names of the zones that are drawn."""
    wanted = [kind for kind in ("reserve", "region", "unit") if kind in kinds]
    return list(named(plane, shown.zones, wanted))


def explain(made: MapSheet, plane: Plane, words: Words, entries: Sequence[Entry],
            ground: Backdrop | None = None, heading: str = "", *,
            kept_back: bool = False) -> None:  # fmt: skip
    """Fill the legend: what the colours mean, lines and dots, scale bar and north.

    Where there is much to say, it is said in smaller letters. `kept_back`: what is empty may be so
    because it lies near sensitive sites.
    """
    column = made.legend
    column.words = words
    for tight in TIGHTER:
        column.begin(tight)
        _tell(column, words, entries, ground, heading, kept_back)
        if column.top >= SCALE_IN:
            break
    draw_scale(column.axes, (0.06, 0.12), plane, made.map_width_in, words)


def _tell(column: Column, words: Words, entries: Sequence[Entry], ground: Backdrop | None,
          heading: str, kept_back: bool) -> None:  # fmt: skip
    """Write a legend."""
    band = None if ground is None else ground.band
    if band is not None and band.scale is not None:
        column.heading(heading or _title(band, words.language))
        if isinstance(band.scale, Ramp):
            column.ramp(band.scale)
        else:
            column.classes(band.scale)
    if ground is not None:
        if ground.cleared:
            column.box(PAPER, words("seen_nothing"))
        _explain_reasons(column, ground, words, kept_back)
        column.down(0.08)
    column.entries(entries)


def _empty_key(ground: Backdrop) -> str:
    """Name the phrase for ground that a raster has no value of."""
    if ground.explained:
        return "unwatched_here"
    if ground.band.scale is None:
        return "no_picture"
    return "outside_zones" if ground.band.key == COUNT else "unseen"


def _explain_reasons(column: Column, ground: Backdrop, words: Words, kept_back: bool) -> None:
    """Name the patterns: what was not seen, always; other reasons where they occur."""
    for code in PATTERNS:
        if code == NOT_SEEN:
            told = words(_empty_key(ground))
            column.pattern(code, words("or_kept_back", reason=told) if kept_back else told)
        elif (ground.codes == code).any():
            column.pattern(code, words(REASON_WORDS[code]))


def _title(band: BandStyle, language: str) -> str:
    """Name a band with its unit."""
    name = text_in(band.names, language)
    unit = band.unit.get(language, "")
    told = unit in ("", "1") or name.endswith(unit)
    return legible(name) if told else f"{legible(name)} ({legible(unit)})"
