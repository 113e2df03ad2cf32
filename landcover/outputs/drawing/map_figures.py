"""Figures that are maps: locator, before and after, year of disturbance, clear observations.

It chooses rasters and views. It draws nothing itself, and computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np

from landcover.outputs.drawing.backdrop import backdrop, reasons_of
from landcover.outputs.drawing.canvas import drawing, photo, pixels_of
from landcover.outputs.drawing.counts import fitted
from landcover.outputs.drawing.insets import draw_insets, fitting, mark_spots, room_in, spots_of
from landcover.outputs.drawing.layers import Entry
from landcover.outputs.drawing.maps import DPI, draw_map, explain, map_sheet
from landcover.outputs.drawing.palette import paletted
from landcover.outputs.drawing.plane import Plane, degrees_text, plane_of
from landcover.outputs.drawing.sources import credit_of, left_out, source_of
from landcover.outputs.pairs import before_and_after, watched_from
from landcover.outputs.section import Figure
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.outputs.wording import Words

__all__ = [
    "OUTLINED",
    "before_after",
    "before_view",
    "before_words",
    "clear_looks",
    "disturbance_years",
    "find_band",
    "locator",
    "series_steps",
]

MAP_PX: Final = 900
"""Most pixels a side that a map reads: about what it shows."""

VIEW_PX: Final = 600
"""Side of the view of a large raster in which changes can be seen (px)."""

WHOLE_PX: Final = 1000
"""Longest side of a raster that is shown whole (px)."""

OUTLINED: Final = ("reserve", "site")
"""Zones whose edges are drawn where pixels are what to look at."""

MOST_CLEAR: Final = 4
"""Maps of clear observations beside each other."""


def find_band(shown: Shown, series: str, key: str) -> tuple[RasterStyle, BandStyle] | None:
    """Find a band by its raster's series and its own key; None where the run has none."""
    for style in shown.styles:
        for band in style.bands if style.series == series else ():
            if band.key == key:
                return style, band
    return None


def series_steps(shown: Shown, series: str) -> tuple[RasterStyle, ...]:
    """Return the rasters of a series that have a period of their own, in order of time."""
    found = [one for one in shown.styles if one.series == series and one.step and one.bands]
    return tuple(sorted(found, key=lambda one: (one.first or date.min, one.step)))


def _extent(plane: Plane, words: Words) -> dict[str, str]:
    """Say between which longitudes and latitudes a plane lies."""
    west, south, east, north = plane.box_degrees
    point = "," if words.language == "fr" else "."
    sides, ends = (words("east"), words("west")), (words("north"), words("south"))
    return {
        "west": degrees_text(west, 0.01, sides, point),
        "east": degrees_text(east, 0.01, sides, point),
        "south": degrees_text(south, 0.01, ends, point),
        "north": degrees_text(north, 0.01, ends, point),
    }


def _figure(key: str, data: bytes, mime: str, words: Words, shown: Shown, **values: str) -> Figure:
    """Put a picture and its words together."""
    title, caption, alt = (words(f"{key}_{one}", **values) for one in ("title", "caption", "alt"))
    caption = " ".join([caption, *left_out(shown, words)])
    return Figure(key, data, mime, title, caption, alt, source_of(shown, words.language))


def locator(shown: Shown, language: str) -> Figure | None:
    """F1: where the zones and sites of a run are."""
    words, plane = Words("drawing", language), plane_of(shown.grid, 0.03)
    with drawing("locator"):
        made = map_sheet(plane, credit=credit_of(shown, words.language))
        told = draw_map(made.maps[0], shown, plane, None, words)
        explain(made, plane, words, told)
        data = paletted(pixels_of(made.sheet, DPI))
    counts = {
        "zones": words.number(len(shown.zones), 0),
        "sites": words.number(len(shown.sites), 0),
    }
    return _figure("locator", data, "image/png", words, shown, **counts, **_extent(plane, words))


def before_view(shown: Shown) -> Plane:
    """Return where before and after are compared: everything, or round the largest patch."""
    whole, patches = plane_of(shown.grid), shown.patches
    if max(shown.grid.shape) <= WHOLE_PX or patches is None or not len(patches):
        return whole
    largest = patches.iloc[[int(np.argmax(patches["area_ha"].to_numpy(float)))]]
    shape = largest.geometry.to_crs(shown.grid.crs).iloc[0]
    left, bottom, right, top = shape.bounds
    size = shown.grid.resolution[0]
    half = max(VIEW_PX / 2 * size, 0.7 * max(right - left, top - bottom))
    x, y = (left + right) / 2, (bottom + top) / 2
    return Plane(shown.grid.crs, (x - half, y - half, x + half, y + half))


def before_words(shown: Shown, pair: tuple[RasterStyle, RasterStyle], words: Words) -> str:
    """Say what to see in a pair, and how it stands to the days of the watch."""
    before, after = pair
    what = words("before_after_picture" if before.is_picture else "before_after_index")
    told = [words("before_after_caption", first=before.step, last=after.step, what=what)]
    start = watched_from(shown.styles)
    if start is not None:
        is_before = before.last is not None and before.last < start
        day = words.day(start)
        told.append(
            words("before_after_before", first=before.step, start=day)
            if is_before
            else words("before_after_within", start=day)
        )
    return " ".join(told)


def before_after(shown: Shown, language: str) -> Figure | None:
    """F2: one place just before the watch, and at the end, side by side."""
    pair, words = before_and_after(shown.styles), Words("drawing", language)
    if pair is None:
        return None
    plane = before_view(shown)
    with drawing("before_after"):
        made = map_sheet(plane, 2, 9.6, 5.0, titled=True, credit=credit_of(shown, words.language))
        told, ground = list[Entry](), None
        for axes, style in zip(made.maps, pair, strict=True):
            ground = backdrop(style, style.bands[0], MAP_PX, plane)
            told = draw_map(axes, shown, plane, ground, words, OUTLINED, names=False)
            axes.set_title(style.step)
        explain(made, plane, words, told, ground, pair[0].series.upper(), kept_back=shown.kept_back)
        data = photo(pixels_of(made.sheet, DPI))
    values = {"first": pair[0].step, "last": pair[1].step, **_extent(plane, words)}
    title, alt = (words(f"before_after_{one}", **values) for one in ("title", "alt"))
    caption, source = before_words(shown, pair, words), source_of(shown, language)
    return Figure("before_after", data, "image/webp", title, caption, alt, source)


def disturbance_years(shown: Shown, language: str) -> Figure | None:
    """F3: when what broke first broke."""
    found, words = find_band(shown, "disturbance", "date"), Words("drawing", language)
    if found is None:
        return None
    style, band = found
    plane, spots = plane_of(shown.grid), spots_of(shown, words)
    with drawing("disturbance_years"):
        made = map_sheet(plane, credit=credit_of(shown, words.language), below_in=room_in(spots))
        spots = fitting(spots, made.map_width_in)
        ground = backdrop(style, band, MAP_PX, reasons=reasons_of(shown, style))
        told = draw_map(made.maps[0], shown, plane, ground, words)
        explain(made, plane, words, told, ground, kept_back=shown.kept_back)
        mark_spots(made.maps[0], spots)
        draw_insets(made, shown, spots, found, words)
        data = paletted(pixels_of(made.sheet, DPI))
    days = style.facts.tags.get("MONITORED", " to ").split(" to ")
    values = {"first": days[0], "last": days[-1]}
    values["insets"] = f" {words('insets')}" if spots else ""
    return _figure("disturbance_years", data, "image/png", words, shown, **values)


def _some(steps: Sequence[RasterStyle]) -> tuple[RasterStyle, ...]:
    """Choose a few periods, evenly, with the first and the last."""
    if len(steps) <= MOST_CLEAR:
        return tuple(steps)
    places = np.unique(np.rint(np.linspace(0, len(steps) - 1, MOST_CLEAR)).astype(int))
    return tuple(steps[k] for k in places.tolist())


def clear_looks(shown: Shown, language: str) -> Figure | None:
    """F7: how often each place was seen clear in a period."""
    every, words = series_steps(shown, "clear"), Words("drawing", language)
    steps = _some(every)
    if not steps:
        return None
    plane, band = plane_of(shown.grid), fitted(steps, steps[0].bands[0], MAP_PX // 2)
    with drawing("clear_looks"):
        made = map_sheet(
            plane, len(steps), 8.4, 6.6, titled=True, credit=credit_of(shown, words.language)
        )
        told, ground = list[Entry](), None
        for axes, style in zip(made.maps, steps, strict=True):
            ground = backdrop(style, band, MAP_PX // 2)
            told = draw_map(axes, shown, plane, ground, words, OUTLINED, names=False)
            axes.set_title(style.step)
        explain(made, plane, words, told, ground, words("clear_heading"), kept_back=shown.kept_back)
        data = paletted(pixels_of(made.sheet, DPI))
    rest = (
        ""
        if len(steps) == len(every)
        else words("clear_looks_of", count=words.number(len(every), 0))
    )
    values = {"periods": ", ".join(one.step for one in steps), "of": rest}
    return _figure("clear_looks", data, "image/png", words, shown, **values)
