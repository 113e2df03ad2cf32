"""Which layers are looked at together: map themes, series of pages over time, before and after.

It knows styles and layers. It does not know products: the group ``changed`` tells what changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Sequence as Many
from dataclasses import replace
from itertools import groupby

from landcover.outputs.pairs import before_and_after
from landcover.outputs.qgis.content import MapLayer, Page, Sequence, Theme
from landcover.outputs.qgis.rasters import ground_layer, layer_id, raster_layer, series_title
from landcover.outputs.qgis.shapes import SITES, ZONES
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.outputs.wording import Words

__all__ = [
    "changed_page", "outlined", "pages_of", "pair_of", "sequences", "telling", "themes",
]  # fmt: skip

_MONTH = re.compile(r"m(0[1-9]|1[0-2])")
"""Key of a band that is a calendar month."""

CHANGED, QUALITY = "changed", "quality"
"""Groups of rasters."""


Pages = Mapping[str, Page]
"""Every band as a page, by its layer's id."""


def pages_of(styles: Many[RasterStyle], language: str) -> dict[str, Page]:
    """Return every band as a page; its theme has its name.

    Where two layers have one name, their files' names tell their themes apart.
    """
    layers = [
        (one, raster_layer(one, band, language), _ground_of(one, band, styles, language))
        for one in styles for band in one.bands
    ]  # fmt: skip
    often = Counter(layer.name for _, layer, _ in layers)
    return {
        layer.id: Page(
            layer.name,
            layer.name if often[layer.name] == 1 else f"{layer.name} ({style.facts.name})",
            layer,
            ground,
        )
        for style, layer, ground in layers
    }


def _ground_of(
    style: RasterStyle, band: BandStyle, styles: Many[RasterStyle], language: str
) -> MapLayer | None:
    """Return what lies beneath a band that is drawn in places alone; its product has it."""
    if not band.hidden:
        return None
    others = (one for one in styles if one is not style and one.product == style.product)
    grounds = (ground_layer(one, language) for one in others)
    return next((one for one in grounds if one is not None), None)


def sequences(styles: Many[RasterStyle], pages: Pages, language: str) -> tuple[Sequence, ...]:
    """Return what the run has over time.

    Rasters of one series are a sequence of their first bands; bands that are calendar months are
    one of their own, unless they are about quality.
    """
    found = []
    for _, rasters in groupby(styles, key=lambda one: (one.group, one.series)):
        series = list(rasters)
        frames = [(one, one.bands[0]) for one in series if one.bands]
        if len(series) == 1 and series[0].group != QUALITY:
            frames = [(series[0], band) for band in series[0].bands if _MONTH.fullmatch(band.key)]
        if len(frames) > 1:
            seen = tuple(pages[layer_id(one, band)] for one, band in frames)
            title, first = series_title(series, language), series[0]
            found.append(Sequence(first.series, title, seen, first.group))
    return tuple(found)


def changed_page(styles: Many[RasterStyle], pages: Pages) -> Page | None:
    """Return what tells best what changed: a band to be shown, else the first of its group.

    Where a job asked for nothing that tells of change, the first band of all stands for it.
    """
    bands = [(one, band) for one in styles for band in one.bands]
    for style, band in sorted(
        bands, key=lambda pair: (pair[0].group != CHANGED, not pair[1].shown)
    ):
        return pages[layer_id(style, band)]
    return None


def pair_of(styles: Many[RasterStyle], pages: Pages) -> tuple[Page, Page] | None:
    """Return the pages of before and after; None where the run has no such pair."""
    pair = before_and_after(styles)
    if pair is None:
        return None
    before, after = (pages[layer_id(one, one.bands[0])] for one in pair)
    return before, after


def outlined(pair: tuple[Page, Page], language: str) -> tuple[Page, Page]:
    """Return before and after with the outlines of disturbances: pages with themes of their own."""
    words = Words("project", language)
    earlier, later = (
        replace(page, theme=words("outlined", side=words(side, name=page.title)))
        for side, page in zip(("before", "after"), pair, strict=True)
    )
    return earlier, later


def telling(styles: Many[RasterStyle], pages: Pages) -> tuple[Page, ...]:
    """Return the pages that have a theme: each raster's first band, those to be shown, months."""
    bands = ((one, band) for one in styles for band in one.bands)
    return tuple(pages[layer_id(one, band)] for one, band in bands if _tells(one, band))


def _tells(style: RasterStyle, band: BandStyle) -> bool:
    """Whether a band has a theme; months of what is about quality have none."""
    month = bool(_MONTH.fullmatch(band.key))
    return band.shown or (style.group != QUALITY if month else band is style.bands[0])


def themes(
    told: Iterable[Page],
    around: Iterable[MapLayer],
    patches: MapLayer | None,
    pair: tuple[Page, Page] | None,
    language: str,
) -> tuple[Theme, ...]:
    """Return the themes of a project: all that `around` shows, with one raster each.

    One has zones without sites; one has thin outlines alone, for small maps that say where
    something lies. Disturbances as polygons lie on what it was like afterwards, their outlines
    alone on both pictures.

    Parameters
    ----------
    told : iterable of Page
        Each has a theme; those that are shown when the project is opened are in the first one.
    around : iterable of MapLayer
        Layers of shapes; those that are shown when the project is opened are in every theme.
    patches : MapLayer, optional
    pair : pair of Page, optional
    language : str
    """
    words, named = Words("project", language), {page.theme: page for page in told}
    shapes = tuple(layer.id for layer in around if layer.shown and layer.listed)
    drawn = tuple(layer for layer in shapes if layer != SITES)
    shown = tuple(page.layer.id for page in named.values() if page.layer.shown)
    made = [Theme(words("overview"), shapes + shown), Theme(words("zones"), drawn)]
    made.append(Theme(words("where"), (ZONES,), {ZONES: words("where")}))
    if patches is not None:
        below = (pair[1].layer.id,) if pair else ()
        made.append(Theme(patches.name, (*shapes, patches.id, *below)))
        made += _with_outlines(shapes, patches, pair, language)
    for side, page in zip(("before", "after"), pair or (), strict=False):
        made.append(Theme(words(side, name=page.title), (*shapes, page.layer.id)))
    made += [
        Theme(name, (*shapes, *(layer.id for layer in page.layers())))
        for name, page in named.items()
    ]
    return tuple({one.name: one for one in made}.values())


def _with_outlines(
    shapes: tuple[str, ...],
    patches: MapLayer,
    pair: tuple[Page, Page] | None,
    language: str,
) -> Iterator[Theme]:
    """Give the themes of disturbances as outlines on what it was like before and after."""
    styles = {patches.id: Words("project", language)("outlines")}
    for page in outlined(pair, language) if pair else ():
        yield Theme(page.theme, (*shapes, patches.id, page.layer.id), styles)
