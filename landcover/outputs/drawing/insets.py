"""The largest patches close up, in a row below a map on which squares with letters tell where.

It chooses patches and draws small maps. It does not know sheets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from landcover.outputs.drawing.axes import amount
from landcover.outputs.drawing.backdrop import backdrop, reasons_of
from landcover.outputs.drawing.canvas import INK, PAPER, QUIET, short
from landcover.outputs.drawing.layers import draw_sites, draw_zones
from landcover.outputs.drawing.maps import LEFT_IN, MapSheet, axes_at, fill
from landcover.outputs.drawing.plane import Plane, round_down
from landcover.outputs.drawing.rows import records
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.outputs.wording import Words

__all__ = ["Spot", "draw_insets", "fitting", "mark_spots", "room_in", "spots_of"]

LETTERS: Final = "ABC"
"""One a small map: more do not fit below a map."""

SIDE_IN, GAP_IN, HEAD_IN, FOOT_IN = 1.58, 0.16, 0.36, 0.1
"""Side of a small map, room between two, for its title, and below it (inches)."""

LEAST_PX: Final = 40
"""Side of the ground that a small map shows, at least (pixels of the raster)."""

AROUND: Final = 1.6
"""Side of the ground, in sides of the patch."""

INSET_PX: Final = 400
"""Most pixels a side that a small map reads."""

OUTLINES: Final = ("reserve", "site", "ring")
"""Zones whose edges are drawn."""


@dataclass(frozen=True, slots=True)
class Spot:
    """What a small map shows: the square on the plane, its letter, and what stands above it."""

    letter: str
    plane: Plane
    title: str


def room_in(spots: Sequence[Spot]) -> float:
    """Return the height that small maps take below a map (inches)."""
    return SIDE_IN + HEAD_IN + FOOT_IN if spots else 0.0


def fitting(spots: Sequence[Spot], width_in: float) -> tuple[Spot, ...]:
    """Return those that fit below a map of a width; one always does."""
    return tuple(spots[: max(1, int((width_in + GAP_IN) / (SIDE_IN + GAP_IN)))])


def _square(shape: Any, crs: str, least: float) -> Plane:
    """Return a square around a shape."""
    left, bottom, right, top = shape.bounds
    half = max(least, AROUND * (right - left), AROUND * (top - bottom)) / 2
    x, y = (left + right) / 2, (bottom + top) / 2
    return Plane(crs, (x - half, y - half, x + half, y + half))


def spots_of(shown: Shown, words: Words) -> tuple[Spot, ...]:
    """Choose the largest patches; one that another one's square shows has none of its own."""
    patches = shown.patches
    if patches is None or not len(patches):
        return ()
    largest = patches.iloc[np.argsort(-patches["area_ha"].to_numpy(float), kind="stable")]
    shapes = largest.geometry.to_crs(shown.grid.crs)
    least, found = LEAST_PX * shown.grid.resolution[0], list[Spot]()
    for row, shape in zip(records(largest.drop(columns="geometry")), shapes, strict=True):
        if any(shapely.box(*one.plane.bounds).contains(shape) for one in found):
            continue
        letter, plane = LETTERS[len(found)], _square(shape, shown.grid.crs, least)
        found.append(Spot(letter, plane, _title(letter, row, words)))
        if len(found) == len(LETTERS):
            break
    return tuple(found)


def _title(letter: str, row: Any, words: Words) -> str:
    """Say how large a patch is and, where a site is listed, which one is nearest."""
    head = words("inset", letter=letter, area=amount(row.area_ha, words))
    name = getattr(row, "nearest_site_name", None)
    if not isinstance(name, str) or not name.strip():
        return head
    return f"{head}\n{words('inset_near', name=short(name, 14))}"


def mark_spots(axes: Axes, spots: Sequence[Spot]) -> None:
    """Draw each square on the map, with its letter."""
    for one in spots:
        left, bottom, right, top = one.plane.bounds
        for ink, width in ((PAPER, 2.4), (INK, 1.0)):
            axes.add_patch(Rectangle((left, bottom), right - left, top - bottom, fill=False,
                                     ec=ink, lw=width, zorder=7))  # fmt: skip
        axes.annotate(
            one.letter, (left, top), (-3, 0), textcoords="offset points", fontsize=9,
            fontweight="bold", va="top", ha="right", zorder=9,
            path_effects=[withStroke(linewidth=2.4, foreground=PAPER)], annotation_clip=True,
        )  # fmt: skip


def draw_insets(
    made: MapSheet, shown: Shown, spots: Sequence[Spot], found: tuple[RasterStyle, BandStyle],
    words: Words,
) -> None:  # fmt: skip
    """Draw the small maps of a band in the room below a map.

    Parameters
    ----------
    made : MapSheet
        With room below.
    shown : Shown
    spots : sequence of Spot
    found : (RasterStyle, BandStyle)
    words : Words
    """
    (style, band), reasons = found, reasons_of(shown, found[0])
    for k, one in enumerate(spots):
        x = LEFT_IN + k * (SIDE_IN + GAP_IN)
        axes = axes_at(made.sheet, (x, made.foot_in + FOOT_IN, SIDE_IN, SIDE_IN))
        axes.set(xticks=[], yticks=[])
        for side in axes.spines.values():
            side.set(visible=True, color=QUIET, linewidth=0.7)
        fill(axes, one.plane, backdrop(style, band, INSET_PX, one.plane, reasons))
        draw_zones(axes, one.plane, shown.zones, OUTLINES)
        draw_sites(axes, one.plane, shown.sites, shown.patches)
        axes.set_title(one.title, fontsize=7.5, pad=3)
        _bar(axes, one.plane, words)


def _bar(axes: Axes, plane: Plane, words: Words) -> None:
    """Draw a scale bar in the corner of a small map."""
    width_m = (plane.bounds[2] - plane.bounds[0]) * plane.metres_per_x
    metres = round_down(0.4 * width_m)
    share = metres / width_m
    km = metres >= 1000
    text = words("km" if km else "metres", value=words.number(metres / (1000 if km else 1), 0))
    for ink, width in ((PAPER, 4.5), (INK, 2.0)):
        axes.plot([0.05, 0.05 + share], [0.06, 0.06], transform=axes.transAxes, color=ink,
                  lw=width, solid_capstyle="butt", zorder=9)  # fmt: skip
    axes.text(0.05 + share / 2, 0.085, text, transform=axes.transAxes, fontsize=7, ha="center",
              va="bottom", zorder=9, path_effects=[withStroke(linewidth=2.2, foreground=PAPER)],
              )  # fmt: skip
