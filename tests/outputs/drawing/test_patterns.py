"""Ground of which nothing is said: three reasons, told apart by shape and by lightness."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landcover.outputs import prints
from landcover.outputs.colours import rgb_of
from landcover.outputs.doors import style_of
from landcover.outputs.drawing import lapse, map_figures
from landcover.outputs.drawing.backdrop import backdrop, reasons_of
from landcover.outputs.drawing.canvas import drawing, pixels_of
from landcover.outputs.drawing.layers import SITE, Entry
from landcover.outputs.drawing.maps import SCALE_IN, draw_map, explain, map_sheet
from landcover.outputs.drawing.patterns import (
    NOT_SEEN,
    PATTERNS,
    TOO_SHORT,
    UNSTABLE,
    patterned,
)
from landcover.outputs.drawing.plane import plane_of
from landcover.outputs.shown import KEPT_BACK, Shown
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.outputs.wording import Words
from landcover.products.disturbance_layers import KIND_LEGEND
from landcover.raster.facts import facts_of
from tests.outputs.drawing.conftest import Maker, set_frames, write

DPI = 165


def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2.1."""
    parts = np.array(rgb_of(colour)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("code", PATTERNS)
def test_lines_and_dots_are_seen_on_their_ground(code: int) -> None:
    assert contrast(PATTERNS[code].ground, PATTERNS[code].ink) >= 3


def test_patterns_differ_in_shape_and_in_lightness() -> None:
    made = [patterned(np.full((60, 60), code, np.uint8), DPI) for code in PATTERNS]
    inked = [
        (one[..., :3] == rgb_of(PATTERNS[code].ink)).all(axis=-1)
        for code, one in zip(PATTERNS, made, strict=True)
    ]
    assert all(0.05 < one.mean() < 0.4 for one in inked)
    for a, b in itertools.combinations(inked, 2):
        assert (a != b).mean() > 0.1
    means = sorted(float(one[..., 0].mean()) for one in made)
    assert min(np.diff(means)) > 15


def test_ground_of_which_something_is_said_has_none() -> None:
    codes = np.array([[0, NOT_SEEN], [TOO_SHORT, UNSTABLE]], np.uint8)
    assert (patterned(codes, DPI)[..., 3] > 0).tolist() == [[False, True], [True, True]]


def watched(maker: Maker, folder: Path) -> tuple[Shown, RasterStyle, BandStyle]:
    """Return a run whose top rows are not seen, and others not judged for two reasons."""
    shown = maker()
    planes = np.zeros((7, *shown.grid.shape), np.float32)
    planes[:, :40] = np.nan
    planes[:, 60:63, 60:63] = 2021.4
    kinds = np.ones((1, *shown.grid.shape), np.uint8)
    kinds[:, :20], kinds[:, 20:30], kinds[:, 30:40] = 0, 5, 6
    write(folder / "disturbance.tif", planes, shown.grid, np.nan, PRODUCT="disturbance",
          INDEX="ndvi", MONITORED="2021-01-01 to 2021-12-31")  # fmt: skip
    write(folder / "disturbance_kind.tif", kinds, shown.grid, 0, PRODUCT="disturbance")
    styles = tuple(style_of(facts_of(path)) for path in sorted(folder.glob("*.tif")))
    made = replace(shown, styles=styles)
    set_frames(made, zones=shown.zones, sites=shown.sites, patches=None, context={})
    return made, styles[0], styles[0].bands[0]


@pytest.mark.parametrize("most_px", [400, 30])
def test_each_reason_is_where_the_other_raster_has_it(
    maker: Maker, tmp_path: Path, most_px: int
) -> None:
    shown, style, band = watched(maker, tmp_path)
    assert [one.value for one in KIND_LEGEND.classes][-2:] == [5, 6]
    ground = backdrop(style, band, most_px, reasons=reasons_of(shown, style))
    rows = ground.codes.shape[0] / shown.grid.shape[0]
    seen = {row: set(ground.codes[int(row * rows)].tolist()) for row in (5, 25, 35, 60)}
    assert seen == {5: {NOT_SEEN}, 25: {TOO_SHORT}, 35: {UNSTABLE}, 60: {0}}
    without = backdrop(style, band, most_px)
    assert set(without.codes.ravel().tolist()) == {0, NOT_SEEN}


def said(
    shown: Shown, style: RasterStyle, band: BandStyle, language: str = "en", kept_back: bool = False
) -> Iterator[str]:
    """Yield what the legend of a map says."""
    words, plane = Words("drawing", language), plane_of(shown.grid)
    with drawing("x"):
        made = map_sheet(plane)
        ground = backdrop(style, band, 400, reasons=reasons_of(shown, style))
        told = draw_map(made.maps[0], shown, plane, ground, words)
        explain(made, plane, words, told, ground, kept_back=kept_back)
        pixels_of(made.sheet, 60)
        yield from (one.get_text() for one in made.legend.axes.texts)


def test_a_legend_names_the_reasons_that_occur(maker: Maker, tmp_path: Path) -> None:
    shown, style, band = watched(maker, tmp_path)
    text = " ".join(said(shown, style, band))
    assert "not watched: hardly seen" in text
    assert "too few looks, or none, before the" in text
    assert "bare or changing before" in text
    picture = next(one for one in maker().styles if one.is_picture)
    other = " ".join(said(shown, picture, picture.bands[0]))
    assert "never seen clear" in other
    assert "bare or changing" not in other
    counts = next(one for one in maker().styles if one.series == "clear")
    assert "outside all zones" in " ".join(said(shown, counts, counts.bands[0]))


@pytest.mark.parametrize(
    ("language", "why", "told"),
    [("en", "not watched: hardly", "left out near sensitive sites, whatever was found there"),
     ("fr", "presque pas vu", "ou omis près de sites sensibles, quoi qu’on y ait trouvé")],
)  # fmt: skip
def test_ground_that_is_kept_back_is_in_the_legend(
    maker: Maker, tmp_path: Path, language: str, why: str, told: str
) -> None:
    of = watched(maker, tmp_path)
    for kept_back in (False, True):
        text = " ".join(said(*of, language, kept_back))
        assert why in text
        assert (told in text) is kept_back  # whole: it is longer than a name may be


def test_every_map_with_ground_tells_its_legend_what_is_kept_back(
    run: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, bool]] = []
    for module in (map_figures, lapse, prints):

        def note(*args: Any, name: str = module.__name__, kept_back: bool = False) -> None:
            if len(args) > 4:  # the map has something to be empty of
                made.append((name, kept_back))

        monkeypatch.setattr(module, "explain", note)
    (tmp_path / "rasters").symlink_to(run.out / "rasters")
    cut = replace(run, out=tmp_path, run={**run.run, KEPT_BACK: True})
    frames = ("zones", "sites", "patches", "context")
    set_frames(cut, **{name: getattr(run, name) for name in frames})
    for figure in (map_figures.before_after, map_figures.disturbance_years,
                   map_figures.clear_looks):  # fmt: skip
        figure(cut, "en")
    prints.write_pictures(cut, "en")
    assert {name for name, _ in made} == {one.__name__ for one in (map_figures, lapse, prints)}
    assert all(kept_back for _, kept_back in made)


def test_what_lies_beyond_a_raster_is_not_seen(maker: Maker) -> None:
    shown = maker()
    plane, words = plane_of(shown.grid, 0.5), Words("drawing", "en")
    style = next(one for one in shown.styles if one.is_picture)
    with drawing("x"):
        made = map_sheet(plane, dpi=100)
        ground = backdrop(style, style.bands[0], 400, plane=None)
        draw_map(made.maps[0], shown, plane, ground, words, (), names=False)
        below = made.maps[0].get_images()[0].get_array()
    assert below is not None
    inside = below[below.shape[0] // 2, below.shape[1] // 2]
    assert below[2:40, 2:40, 3].min() == 255
    assert inside[3] == 0


@pytest.mark.parametrize("count", [3, 14, 20])
def test_a_long_legend_ends_above_the_scale_bar(maker: Maker, count: int) -> None:
    shown, words = maker(), Words("drawing", "fr")
    plane = plane_of(shown.grid)
    entries = [Entry("line", SITE, f"anneau autour d’une réserve {n}") for n in range(count)]
    with drawing("x"):
        made = map_sheet(plane)
        explain(made, plane, words, entries)
    assert made.legend.top >= SCALE_IN
    assert (made.legend.tight < 1) is (count > 10)
    texts = [one.get_text() for one in made.legend.axes.texts]
    assert sum("anneau" in one for one in texts) == count  # not twice
