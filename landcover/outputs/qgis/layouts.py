"""Pages to print: what changed and before and after, for each zone and site; maps over time.

It knows what belongs on a page: a title, a legend, a scale bar, an arrow to the north, the
sources and the caveat. Atlases are QGIS's own: nothing is drawn until somebody prints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote
from xml.etree import ElementTree as ET

from landcover.outputs.qgis.content import Content, MapLayer, Page, Sequence
from landcover.outputs.qgis.elements import add, clean
from landcover.outputs.qgis.items import (
    FITTED,
    FIXED_SCALE,
    Box,
    MapItem,
    add_arrow,
    add_label,
    add_legend,
    add_map,
    add_page,
    add_scale_bar,
)
from landcover.outputs.qgis.notes import (
    NAME,
    degrees_text,
    facts_text,
    patch_text,
    plain,
    shortened,
    sources_text,
)
from landcover.outputs.qgis.shapes import CONTEXT, PATCHES, SITES, ZONES
from landcover.outputs.shown import Shown
from landcover.outputs.wording import Words

__all__ = ["add_layouts", "page_table"]

WIDTH, HEIGHT = 297.0, 210.0
"""A4, lying (mm)."""

TITLE, SUBTITLE = Box(12, 7, 195, 9), Box(12, 16, 195, 6)
WHOLE = Box(12, 25, 198, 150)
LEFT_HALF, RIGHT_HALF = Box(12, 31, 97, 144), Box(113, 31, 97, 144)
SIDE = Box(216, 25, 73, 71)
ABOUT = Box(216, 97, 73, 12)
FACTS = Box(216, 109, 73, 22)
LOCATOR = Box(216, 132, 73, 43)
ARROW, BAR = Box(276, 7, 12, 15), Box(12, 180, 90, 9)
NOTES = Box(12, 190, 277, 15)
"""Where things stand on a page: the map at the left, what explains it at the right, the sources
along the foot (mm)."""

ZONE_KINDS = ("reserve", "region", "unit", "site")
"""Kinds of zones that have a page; rings are on the pages of what they surround."""

AROUND = (SITES, ZONES, CONTEXT)
"""What ids of layers begin with that are in every legend; one of a single sign needs no heading."""

SITE_ROOM_M = 5000.0
"""Ground shown to each side of a site that has no rings (m)."""

PATCH_ROOM, ROUND_SCALE = 3, 5000
"""A map of a disturbance is so many times as wide as it, at a scale that is a multiple of this."""

MOST_PATCHES = 100
"""Disturbances that have a page, the largest ones."""

METRES_A_DEGREE = 111_320.0
"""Of latitude, about; for a grid in degrees."""

PAGES = "landcover_pages"
"""Id of the table of pages over time."""


@dataclass(frozen=True, slots=True)
class Atlas:
    """Whose features are pages: a layer, those of them, and the expression of a page's name."""

    layer: MapLayer
    where: str
    name: str
    sort: str
    file: str
    upwards: bool = True


@dataclass(frozen=True, slots=True)
class Sheet:
    """A layout before it is written: `maps` with the heading above each (none: empty)."""

    key: str
    name: str
    title: str
    subtitle: str
    maps: tuple[tuple[MapItem, str], ...]
    legend: tuple[tuple[MapLayer, str], ...]
    atlas: Atlas | None = None
    facts: str = ""
    about: str = ""


# --- the table of pages ----------------------------------------------------------------------


def page_table(content: Content) -> MapLayer:
    """Return a table of the pages of all sequences, as a query that needs no file."""
    rows = [
        (one.key, number, page.title, page.theme)
        for one in content.sequences
        for number, page in enumerate(one.pages, start=1)
    ] or [("", 0, "", "")]
    values = ", ".join(
        f"({_sql(series)}, {number}, {_sql(title)}, {_sql(theme)})"
        for series, number, title, theme in rows
    )
    names = "column1 AS series, column2 AS page, column3 AS title, column4 AS theme"
    sentence = f"SELECT {names} FROM (VALUES {values})"  # noqa: S608  (texts are quoted above)
    query = quote(sentence, safe="")
    source = f"?query={query}&nogeometry"
    return MapLayer(PAGES, PAGES, source, "virtual", "", geometry="No geometry", listed=False)


def _sql(text: str) -> str:
    """Write a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


# --- which layouts there are -----------------------------------------------------------------


def add_layouts(
    parent: ET.Element, shown: Shown, content: Content, table: MapLayer, language: str
) -> None:
    """Append every layout that the run can fill.

    Parameters
    ----------
    parent : Element
    shown : Shown
    content : Content
    table : MapLayer
        Of the pages over time.
    language : str
    """
    held, notes = add(parent, "Layouts"), sources_text(shown, language)
    for sheet in _Sheets(shown, content, table, language).all():
        _add_layout(held, sheet, notes, language)


class _Sheets:
    """The layouts of one project.

    Parameters
    ----------
    shown : Shown
    content : Content
    table : MapLayer
        Of the pages over time.
    language : str
    """

    def __init__(self, shown: Shown, content: Content, table: MapLayer, language: str) -> None:
        self.shown, self.content, self.table = shown, content, table
        self.words, self.language = Words("project", language), language
        self.title = shortened(plain(shown.about.title(language)))
        self.layers = {one.id: one for one in content.layers() if one.id.startswith(AROUND)}
        self.whole = MapItem(
            "main", WHOLE, shown.grid.bounds, content.themes[0].name,
            degrees=degrees_text(language),
        )  # fmt: skip

    def all(self) -> Iterator[Sheet]:
        """Give the layouts, the most telling first."""
        if self.content.changed:
            yield self._overview(self.content.changed)
        for atlas, item, key in self._atlases():
            if self.content.changed:
                yield self._one_map(self.content.changed, atlas, item, key)
            if self.content.pair:
                yield self._pair(self.content.pair, atlas, item, key)
        if self.content.outlined:
            yield self._patches(self.content.outlined)
        for one in self.content.sequences:
            yield self._over_time(one)

    def _legend(self, page: Page, heading: str) -> tuple[tuple[MapLayer, str], ...]:
        """Return the layers of a legend with their headings; a picture needs none."""
        around = tuple(
            (one, self.words("zones") if key == ZONES else "") for key, one in self.layers.items()
        )
        style = page.layer.style
        if style is None or style.get("type") == "multibandcolor":
            return around
        return (*around, *zip(page.layers(), (plain(heading), ""), strict=False))

    def _atlases(self) -> Iterator[tuple[Atlas, MapItem, str]]:
        """Give those over zones and over sites, with the map that follows."""
        zones = self.shown.zones
        kinds = [kind for kind in ZONE_KINDS if (zones["kind"] == kind).any()]
        if kinds:
            where = '"kind" IN ({})'.format(", ".join(_sql(kind) for kind in kinds))
            atlas = Atlas(self.layers[ZONES], where, '"name"', _order(kinds), "zone")
            yield atlas, replace(self.whole, follows=FITTED), "zones"
        if SITES in self.layers:
            near = replace(self.whole, extent=_site_extent(self.shown), follows=FIXED_SCALE)
            yield Atlas(self.layers[SITES], "", '"name"', '"name"', "site"), near, "sites"

    def _where(self, sheet: str, main: str) -> tuple[MapItem, str]:
        """Return the small map that says where the large one lies."""
        bounds = self.shown.grid.bounds
        theme = self.words("where")
        return MapItem(f"{sheet}/where", LOCATOR, bounds, theme, frames=main), ""

    def _overview(self, page: Page) -> Sheet:
        """Show the whole grid as the project opens."""
        item = replace(self.whole, key="overview/main")
        return Sheet(
            "overview", self.words("layout_overview"), self.title, plain(page.title),
            ((item, ""),), self._legend(replace(page, ground=None), page.title),
            about=plain(page.layer.about),
        )  # fmt: skip

    def _one_map(self, page: Page, atlas: Atlas, item: MapItem, key: str) -> Sheet:
        """Show one theme for each feature, and where it lies."""
        sheet = f"{key}-changed"
        main = replace(item, key=f"{sheet}/main", theme=page.theme)
        return Sheet(
            sheet, clean(self.words(f"layout_{key}", name=page.title)), NAME,
            f"{plain(page.title)} — {self.title}",
            ((main, ""), self._where(sheet, main.key)),
            self._legend(page, page.title),
            replace(atlas, file=f"{atlas.file}_changed"),
            facts_text(self.shown, self.language) if key == "zones" else "",
            plain(page.layer.about),
        )  # fmt: skip

    def _pair(self, pair: tuple[Page, Page], atlas: Atlas, item: MapItem, key: str) -> Sheet:
        """Show before and after, side by side, for each feature."""
        sheet = f"{key}-pair"
        sides = zip(("before", "after"), (LEFT_HALF, RIGHT_HALF), pair, strict=True)
        halves = tuple(
            (
                replace(item, key=f"{sheet}/{side}", box=box, theme=page.theme),
                plain(self.words(side, name=page.title)),
            )
            for side, box, page in sides
        )
        legend = self._legend(pair[0], pair[0].title)
        return Sheet(
            sheet, self.words(f"layout_pair_{key}"), NAME, self.title,
            (*halves, self._where(sheet, f"{sheet}/before")), legend,
            replace(atlas, file=f"{atlas.file}_before_after"), about=plain(pair[0].layer.about),
        )  # fmt: skip

    def _patches(self, pair: tuple[Page, Page]) -> Sheet:
        """Show each disturbance on what it was like before and after, the largest ones first."""
        (patches,) = (one for one in self.content.layers() if one.id == PATCHES)
        areas = self.shown.patches["area_ha"] if self.shown.patches is not None else []
        total, where, said = len(areas), "", ""
        if total > MOST_PATCHES:
            where = f'"area_ha" >= {sorted(areas)[-MOST_PATCHES]!r}'
            said = self.words("largest", count=MOST_PATCHES, total=self.words.number(total, 0))
        atlas = Atlas(patches, where, '"patch_id"', '"area_ha"', "disturbance", upwards=False)
        item = replace(self.whole, follows=FIXED_SCALE, scale=_patch_scale(_in_degrees(self.shown)))
        sheet = self._pair(pair, atlas, item, "patches")
        legend = ((patches, self.words("patches")), *sheet.legend)
        subtitle = f"{said} — {self.title}" if said else self.title
        return replace(
            sheet, title=plain(self.words("patch")) + ' [% "patch_id" %]', subtitle=subtitle,
            legend=legend, facts=patch_text(self.shown, self.language), about="",
        )  # fmt: skip

    def _over_time(self, one: Sequence) -> Sheet:
        """Show the same ground on every page, each with its own time."""
        sheet, first = f"time-{one.key}", one.pages[0]
        item = replace(self.whole, key=f"{sheet}/main", theme=first.theme, theme_of_page=True)
        where = f'"series" = {_sql(one.key)}'
        return Sheet(
            sheet, clean(self.words("layout_time", name=one.title)), '[% "title" %]', self.title,
            ((item, ""),), self._legend(first, one.title),
            Atlas(self.table, where, '"title"', '"page"', f"time_{one.key}"),
            about=plain(first.layer.about),
        )  # fmt: skip


def _order(kinds: list[str]) -> str:
    """Write the expression by which zones follow each other: by kind, then by name."""
    cases = " ".join(f"WHEN \"kind\" = {_sql(kind)} THEN '{n}'" for n, kind in enumerate(kinds))
    return f'CASE {cases} END || "name"'


def _site_extent(shown: Shown) -> tuple[float, float, float, float]:
    """Return the ground shown around a site: its rings and a little more."""
    zones = shown.zones
    rings = zones.loc[zones["kind"] == "ring", "to_m"]
    metres = 1.1 * float(rings.max()) if len(rings) else SITE_ROOM_M
    room = metres / METRES_A_DEGREE if _in_degrees(shown) else metres
    left, bottom, right, top = shown.grid.bounds
    east, north = (left + right) / 2, (bottom + top) / 2
    return east - room, north - room, east + room, north + room


def _patch_scale(in_degrees: bool) -> str:
    """Write the expression of a round scale (1:n) at which a disturbance has ground around it."""
    unit = METRES_A_DEGREE if in_degrees else 1
    side = f"{unit} * max(bounds_width(@atlas_geometry), bounds_height(@atlas_geometry))"
    wide = LEFT_HALF.width / 1000
    needed = f"max({ROUND_SCALE}, {PATCH_ROOM} * {side} / {wide:g})"
    return f"ceil({needed} / {ROUND_SCALE}) * {ROUND_SCALE}"


def _in_degrees(shown: Shown) -> bool:
    """Whether the grid's unit is the degree."""
    from pyproj import CRS

    return bool(CRS.from_user_input(shown.grid.crs).is_geographic)


# --- writing one -----------------------------------------------------------------------------


def _add_layout(held: ET.Element, sheet: Sheet, notes: str, language: str) -> None:
    """Append a layout."""
    layout = add(held, "Layout", name=sheet.name, units="mm", printResolution=300)
    add_page(layout, sheet.key, WIDTH, HEIGHT)
    main = sheet.maps[0][0].key
    for item, heading in sheet.maps:
        add_map(layout, item)
        if heading:
            above = replace(item.box, top=item.box.top - 5.5, height=5)
            add_label(layout, f"{item.key}-heading", above, heading, 9, bold=True)
    add_label(layout, f"{sheet.key}/title", TITLE, sheet.title, 17, bold=True)
    add_label(layout, f"{sheet.key}/subtitle", SUBTITLE, sheet.subtitle, 10)
    add_legend(layout, f"{sheet.key}/legend", SIDE, main, sheet.legend)
    if sheet.about:
        add_label(layout, f"{sheet.key}/about", ABOUT, sheet.about, 7)
    if sheet.facts:
        top = FACTS.top if sheet.about else ABOUT.top
        room = replace(FACTS, top=top, height=FACTS.top + FACTS.height - top)
        add_label(layout, f"{sheet.key}/facts", room, sheet.facts, 7.5)
    add_arrow(layout, f"{sheet.key}/north", ARROW, main)
    add_scale_bar(layout, f"{sheet.key}/scale", BAR, main, comma=language == "fr")
    add_label(layout, f"{sheet.key}/sources", NOTES, notes, 6.5)
    _add_atlas(layout, sheet.atlas)


def _add_atlas(layout: ET.Element, atlas: Atlas | None) -> None:
    """Append whose features are pages; a layout without an atlas has an idle one."""
    if atlas is None:
        add(layout, "Atlas", enabled=0)
        return
    add(
        layout, "Atlas", enabled=1, coverageLayer=atlas.layer.id,
        coverageLayerName=atlas.layer.name, coverageLayerSource=atlas.layer.source,
        coverageLayerProvider=atlas.layer.provider, hideCoverage=0,
        pageNameExpression=atlas.name, filterFeatures=int(bool(atlas.where)),
        featureFilter=atlas.where, sortFeatures=1, sortKey=atlas.sort,
        sortAscending=int(atlas.upwards),
        filenamePattern=f"'{atlas.file}_' || lpad(to_string(@atlas_featurenumber), 4, '0')",
    )  # fmt: skip
