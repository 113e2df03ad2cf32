"""``pictures/``: maps of A4 to print and to put into slides, and a time-lapse of a zone.

It chooses what is mapped and writes files. How maps are drawn is known in `drawing`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landcover.files import write_whole
from landcover.outputs.doors.offering import offers_of
from landcover.outputs.drawing.backdrop import backdrop, reasons_of
from landcover.outputs.drawing.canvas import drawing, pixels_of, true_colours
from landcover.outputs.drawing.counts import fitted
from landcover.outputs.drawing.families import most_disturbed
from landcover.outputs.drawing.lapse import Place, time_lapse
from landcover.outputs.drawing.layers import ZONE_LOOKS, Entry
from landcover.outputs.drawing.map_figures import (
    OUTLINED,
    before_view,
    before_words,
    series_steps,
)
from landcover.outputs.drawing.maps import MapSheet, draw_map, explain
from landcover.outputs.drawing.pages import DPI, PageText, a4, as_pdf
from landcover.outputs.drawing.palette import paletted
from landcover.outputs.drawing.plane import Plane, plane_of
from landcover.outputs.drawing.sources import credit_of, left_out, source_of
from landcover.outputs.pairs import before_and_after
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.outputs.wording import Words, text_in

__all__ = ["forget_others", "were_drawn", "write_pictures"]

FOLDER: Final = "pictures"
"""Where they lie."""

_OURS: Final = re.compile(r"[a-z0-9_]+\.[a-z]{2}\.(png|pdf|webp)")
"""Names of files that are written here; what else lies in the folder is somebody's own."""

PAGE_PX: Final = 2400
"""Most pixels a side that a page reads: 8 inches at 300 dots."""

MOST_FRAMES: Final = 60
"""Frames of a time-lapse: the last ones of a longer series."""

LEAST_VIEW_PX: Final = 120
"""Least side of what a time-lapse shows (px of the grid)."""

Theme = tuple[RasterStyle, BandStyle]


def _themes(shown: Shown) -> Iterator[Theme]:
    """Yield what pages are made of: what the products' doors offer to maps, its last period."""
    yield from (offer.shown[-1] for offer in offers_of(shown))


def _foot(shown: Shown, words: Words, *told: str) -> tuple[str, ...]:
    """Say at the foot what to see, where it is from, and whom to name."""
    hidden = left_out(shown, words)
    return (*told, *hidden, source_of(shown, words.language), credit_of(shown, words.language))


@dataclass(frozen=True, slots=True)
class _Page:
    """What is written as ``<name>.<language>.png`` and ``.pdf``; a photograph keeps its colours."""

    name: str
    title: str
    photo: bool = False


def _save(shown: Shown, made: MapSheet, page: _Page, language: str) -> tuple[Path, Path]:
    """Write a page as PNG and as PDF."""
    path = shown.out / FOLDER / f"{page.name}.{language}.png"
    pixels = pixels_of(made.sheet, DPI)
    write_whole(path, true_colours(pixels, DPI) if page.photo else paletted(pixels, DPI))
    write_whole(path.with_suffix(".pdf"), as_pdf(made.sheet, page.title))
    return path, path.with_suffix(".pdf")


def _locator(shown: Shown, words: Words) -> tuple[Path, ...]:
    """Print where the zones and sites are."""
    plane, title = plane_of(shown.grid, 0.03), shown.about.title(words.language)
    foot = _foot(shown, words, words("locator_caption"))
    with drawing("locator"):
        made = a4(plane, 1, PageText(title, words("locator_title"), foot), words)
        told = draw_map(made.maps[0], shown, plane, None, words)
        explain(made, plane, words, told)
        return _save(shown, made, _Page("locator", title), words.language)


def _theme(shown: Shown, theme: Theme, words: Words) -> tuple[Path, ...]:
    """Print one band."""
    (style, told_of), plane, language = theme, plane_of(shown.grid), words.language
    band = fitted([style], told_of, PAGE_PX)
    page = _Page(f"{style.series}_{band.key}", shown.about.title(language), style.is_picture)
    foot = _foot(shown, words, band.what.get(language, ""), words("caveat"))
    subtitle = text_in(band.names, language)
    with drawing(page.name):
        made = a4(plane, 1, PageText(page.title, subtitle, foot), words)
        ground = backdrop(style, band, PAGE_PX, reasons=reasons_of(shown, style))
        kinds = OUTLINED if style.is_picture else tuple(ZONE_LOOKS)
        told = draw_map(made.maps[0], shown, plane, ground, words, kinds)
        explain(made, plane, words, told, ground, kept_back=shown.kept_back)
        return _save(shown, made, page, language)


def _before_after(shown: Shown, words: Words) -> tuple[Path, ...]:
    """Print one place just before the watch, and at the end, side by side."""
    pair = before_and_after(shown.styles)
    if pair is None:
        return ()
    plane, title = before_view(shown), shown.about.title(words.language)
    subtitle = words("before_after_title", first=pair[0].step, last=pair[1].step)
    foot = _foot(shown, words, before_words(shown, pair, words))
    with drawing("before_after"):
        text = PageText(title, subtitle, foot)
        made, told, ground = a4(plane, 2, text, words), list[Entry](), None
        for axes, style in zip(made.maps, pair, strict=True):
            ground = backdrop(style, style.bands[0], PAGE_PX // 2, plane)
            told = draw_map(axes, shown, plane, ground, words, OUTLINED)
            axes.set_title(style.step, fontsize=12)
        explain(made, plane, words, told, ground, pair[0].series.upper(), kept_back=shown.kept_back)
        return _save(shown, made, _Page("before_after", title, pair[0].is_picture), words.language)


def _lapse_place(shown: Shown, words: Words) -> Place | None:
    """Choose what a time-lapse shows: the site, with its rings, around which most broke."""
    family = most_disturbed(shown, words)
    ids = [] if family is None else [one.zone_id for one in family.members]
    here = shown.zones[shown.zones["zone_id"].isin(ids)]
    if family is None or not len(here):
        return None
    left, bottom, right, top = here.geometry.to_crs(shown.grid.crs).total_bounds.tolist()
    least = LEAST_VIEW_PX / 2 * shown.grid.resolution[0]
    half = max(least, 0.53 * (right - left), 0.53 * (top - bottom))
    x, y = (left + right) / 2, (bottom + top) / 2
    return Place(family.title, Plane(shown.grid.crs, (x - half, y - half, x + half, y + half)))


def _time_lapse(shown: Shown, words: Words) -> tuple[Path, ...]:
    """Write the time-lapse: pictures, or where a run made none, an index."""
    place, pair = _lapse_place(shown, words), before_and_after(shown.styles)
    if place is None or pair is None:
        return ()
    steps = series_steps(shown, pair[0].series)[-MOST_FRAMES:]
    path = shown.out / FOLDER / f"time_lapse.{words.language}.webp"
    with drawing("time_lapse"):
        write_whole(path, time_lapse(shown, steps, place, words))
    return (path,)


def write_pictures(shown: Shown, language: str) -> tuple[Path, ...]:
    """Write ``pictures/``: pages of A4 at 300 dpi as PNG and PDF, and a time-lapse.

    Parameters
    ----------
    shown : Shown
    language : str

    Returns
    -------
    tuple of Path
        A locator, the pictures from just before the watch and of the end beside each other, and a
        page for each map that the products offer, ``<name>.<language>.png`` and ``.pdf``; and
        ``time_lapse.<language>.webp`` where there are two periods or more.

    Raises
    ------
    DiskFullError
    """
    words = Words("drawing", language)
    written = [*_locator(shown, words), *_before_after(shown, words)]
    for theme in _themes(shown):
        written += _theme(shown, theme, words)
    return (*written, *_time_lapse(shown, words))


def _drawn(out: Path) -> Iterator[Path]:
    """Yield the pictures that lie in the folder of a run."""
    for path in sorted((out / FOLDER).glob("*")):
        if _OURS.fullmatch(path.name):
            yield path


def were_drawn(out: Path) -> bool:
    """Say whether pictures lie in the folder of a run: older than what is written beside them."""
    return any(_drawn(out))


def forget_others(out: Path, written: Collection[Path]) -> None:
    """Remove the pictures of a run that were not written now: they show what is no longer said."""
    for path in _drawn(out):
        if path not in written:
            path.unlink()
