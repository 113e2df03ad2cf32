"""How zones, sites, disturbances and context are drawn in QGIS, and what their fields are called.

It knows columns and colours. It does not know XML or files. Colours can be told apart by the
colour-blind (Okabe and Ito, 2008), and every kind of zone differs by its line as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from landcover.outputs.cell_words import cell_words
from landcover.outputs.minerals import is_of_minerals, minerals_title
from landcover.outputs.qml import Label, Look, Rule, layer_style, quoted
from landcover.outputs.wording import Words
from landcover.products.disturbance_layers import KIND_LEGEND

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "context_style", "field_titles", "frame_style", "outline_style", "patch_style", "site_style",
    "zone_style",
]  # fmt: skip

INK = "#222222"
"""Of what is written."""

NAMED = '"name"'
"""The expression of a name."""

LONGEST = 60
"""Characters of a name that a map writes: a longer one would hide what it names."""


def _short(column: str) -> str:
    """Write the expression of a column's text, cut where it is too long for a map."""
    cut = f"concat(left(\"{column}\", {LONGEST - 1}), '…')"
    return f'if(length("{column}") > {LONGEST}, {cut}, "{column}")'


SHORT_NAME = _short("name")
"""The expression of a name as it stands on a map."""

RINGS_FROM = 500_000
"""Many rings are drawn from this scale on (1:n): farther away they hide what they surround."""

FEW = 200
"""Up to so many zones of a kind are drawn at all scales."""

SITES_NAMED_FROM = 250_000
"""Names of sites and places of rings are written from this scale on (1:n)."""

REGIONS_NAMED_FROM = 2_500_000
"""Names of regions are written from this scale on (1:n)."""

TOO_NEAR = 10_000
"""Nearer than this (1:n), the name of a region is in the way."""

PATCHES_NAMED_FROM = 25_000
"""Dates and hectares of disturbances are written from this scale on (1:n)."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of zone is drawn and named; many of a kind from which scale on (0: all)."""

    look: Look
    label: Label | None = None
    drawn_from: int = 0


def _outline(colour: str, width: float, dash: str = "solid", casing: str = "") -> Look:
    """Draw an outline and leave what is under it to be seen."""
    return Look("fill", colour, width=width, dash=dash, casing=casing)


ZONE_KINDS: Mapping[str, _Kind] = {
    "reserve": _Kind(
        _outline("#005a32", 0.9, casing="#ffffff"),
        Label("reserve", SHORT_NAME, colour="#005a32", size=11, bold=True, priority=10),
    ),
    "outside": _Kind(_outline("#009e73", 0.35, "dash")),
    "site": _Kind(_outline("#d55e00", 0.6, casing="#ffffff")),
    "ring": _Kind(_outline("#cc79a7", 0.3), drawn_from=RINGS_FROM),
    "region": _Kind(
        _outline("#444444", 0.5, "dash dot", casing="#ffffff"),
        Label(
            "region",
            SHORT_NAME,
            size=9,
            italic=True,
            nearest=TOO_NEAR,
            farthest=REGIONS_NAMED_FROM,
            priority=7,
        ),
    ),
    "unit": _Kind(
        _outline("#0072b2", 0.5),
        Label("unit", SHORT_NAME, colour="#00466e", farthest=REGIONS_NAMED_FROM, priority=6),
    ),
    "control": _Kind(_outline("#56b4e9", 0.4, "dot"), drawn_from=RINGS_FROM),
}
"""From the greatest to the smallest; what is not among them is drawn as a unit."""

KNOWN_KINDS = ("reserve", "region", "unit")
"""Kinds of zones that people know by name."""

SITE_SIDE_M, SITE_SMALLEST_MM, SITE_LARGEST_MM = 120, 1.8, 7.0
"""A site's sign is as wide as a small pit and what was cleared around it (m); its least and
greatest width (mm): of thousands, a small one from afar still leaves the map to be seen."""

SITE_LOOK = Look(
    "marker", "#d55e00", width=0.5, size=3.2, marker="triangle", outline="#d55e00", opacity=0.0,
    casing="#ffffff",
    sized=f"coalesce(if(@legend_column_count > 0, 3.2, min({SITE_LARGEST_MM:g}, "
    f"max({SITE_SMALLEST_MM:g}, {SITE_SIDE_M * 1000} / @map_scale))), 3.2)",
)  # fmt: skip
"""Hollow, and larger from near: what a map is opened for lies in its middle. A printed legend knows
the scale, too, but has it at one size."""

SITE_LABEL = Label(
    "site", SHORT_NAME, colour="#8a3c00", farthest=SITES_NAMED_FROM, shape="marker", priority=8
)

PATCH_PALETTE: Mapping[str, str] = {one.names["en"]: one.palette for one in KIND_LEGEND.classes}
"""Colours of kinds, as rasters have them."""

OTHER_PATCH = "#7a0177"
"""Colour of a disturbance of no known kind."""

HALO = "#ffffff"
"""Under outlines, so that they are seen on dark ground, whatever colours one sees."""

CONFIDENCES: Mapping[str, Look] = {
    "confirmed": Look("fill", OTHER_PATCH, width=0.35, pattern="solid", opacity=0.85),
    "provisional": Look("fill", OTHER_PATCH, width=0.3, pattern="dense4", opacity=1.0),
    "low": Look("fill", OTHER_PATCH, width=0.25, dash="dash", pattern="b_diagonal"),
    "none": Look("fill", OTHER_PATCH, width=0.25, dash="dot", pattern="no"),
}
"""From sure to unsure: the surer, the fuller; told apart without colours, too. Outlines have the
kind's own colour: from afar a patch of a few pixels is nothing else."""

ON_PAGE = "\"patch_id\" = attribute(@atlas_feature, 'patch_id')"
"""The expression of the disturbance that a page of an atlas is about; on a screen there is none."""

PAGE_LOOK = Look("fill", "#ffe119", width=0.7, casing="#222222")
"""Of that one: yellow on black, as nothing else on a map."""

CONTEXT_COLOURS: Mapping[str, str] = {
    "river": "#2b7bba", "road": "#6b4a2b", "place": "#222222", "border": "#777777",
    "other": "#888888",
}  # fmt: skip

CONTEXT_WIDTHS: Mapping[str, tuple[float, str]] = {
    "river": (0.45, "solid"), "road": (0.4, "solid"), "place": (0.3, "solid"),
    "border": (0.5, "dash dot dot"), "other": (0.3, "solid"),
}  # fmt: skip
"""Widths (mm) and dashes of lines and outlines."""

CONTEXT_NAMED_FROM: Mapping[str, int] = {
    "river": 250_000, "road": 250_000, "place": 1_000_000, "border": 2_500_000, "other": 250_000,
}  # fmt: skip
"""Names are written from these scales on (1:n)."""

_YEARLY = re.compile(r"(disturbed|confirmed|not_observable)_(\d{4})_ha")
_INDEXED = re.compile(
    r"(.+)_(declining_ha|rising_ha|none_ha|untested_ha|date|mean|median|clear_fraction)"
)


def field_titles(columns: Iterable[str], language: str, layer: str = "") -> dict[str, str]:
    """Name columns for people; what a job keeps of its own files has its own name.

    What is called otherwise in one layer (`patches`) has that name there.
    """
    words = Words("fields", language)
    return {column: _title(column, words, layer) for column in columns}


def _title(column: str, words: Words, layer: str) -> str:
    """Name one column."""
    if words.has(f"{layer}.{column}"):
        return words(f"{layer}.{column}")
    if words.has(column):
        return words(column)
    if found := _YEARLY.fullmatch(column):
        return words(f"year_{found[1]}", year=found[2])
    if (found := _INDEXED.fullmatch(column)) and "date" not in found[1]:
        return words(f"index_{found[2]}", index=found[1].upper())
    return minerals_title(column, words.language) if is_of_minerals(column) else column


def _columns(frame: gpd.GeoDataFrame) -> list[str]:
    """List attributes."""
    return [str(name) for name in frame.columns if name != frame.geometry.name]


def _is(column: str, value: str) -> str:
    """Write that a column has a value."""
    return f'"{column}" = {quoted(value)}'


def _present(frame: gpd.GeoDataFrame, column: str, known: Iterable[str]) -> list[str]:
    """List the values that a column has: known ones in their order, then others."""
    held = {str(value) for value in frame[column].dropna()} if column in frame else set[str]()
    return [value for value in known if value in held] + sorted(held - set(known))


# --- layers ----------------------------------------------------------------------------------


def frame_style(zones: gpd.GeoDataFrame, language: str) -> Element:
    """Make the style of the layer ``zones`` on a small map that says where a large one lies.

    Thin outlines of what people know by name, without any word; of all zones where there are none
    of these.
    """
    known = [kind for kind in _present(zones, "kind", ZONE_KINDS) if kind in KNOWN_KINDS]
    words = Words("vectors", language)
    rules = [
        Rule(f"zones-{kind}", words(f"zone_{kind}"), _is("kind", kind), _thin(kind))
        for kind in reversed(known)
    ] or [Rule("zones", words("zone_other"), look=_thin("unit"))]
    return layer_style(rules, [], field_titles(_columns(zones), language), NAMED)


def _thin(kind: str) -> Look:
    """Return how a kind of zone is drawn on a small map."""
    look = ZONE_KINDS[kind].look
    return replace(look, width=look.width / 2, casing="")


def zone_style(zones: gpd.GeoDataFrame, language: str) -> Element:
    """Make the style of the layer ``zones``: outlines by kind, of the kinds that there are."""
    words = Words("vectors", language)
    rules, labels = [], []
    for kind in _present(zones, "kind", ZONE_KINDS):
        drawn, where = ZONE_KINDS.get(kind, ZONE_KINDS["unit"]), _is("kind", kind)
        title = words(f"zone_{kind}") if kind in ZONE_KINDS else words("zone_other")
        many = int((zones["kind"] == kind).sum()) > FEW
        farthest = drawn.drawn_from if many else 0
        rules.append(Rule(f"zones-{kind}", title, where, drawn.look, farthest=farthest))
        if drawn.label is not None:
            labels.append(replace(drawn.label, key=kind, where=where))
    rules.reverse()  # what is drawn last lies on top: reserves
    titles, cells = field_titles(_columns(zones), language), cell_words("zones", zones, language)
    return layer_style(rules, labels, titles, NAMED, cells)


def site_style(sites: gpd.GeoDataFrame, language: str) -> Element:
    """Make the style of the layer ``sites``: one mark, named from near."""
    rule = Rule("sites", Words("vectors", language)("sites"), look=SITE_LOOK)
    titles = field_titles(_columns(sites), language)
    return layer_style([rule], [SITE_LABEL], titles, NAMED, cell_words("sites", sites, language))


def patch_style(patches: gpd.GeoDataFrame, language: str) -> Element:
    """Make the style of the layer ``patches``: coloured by kind, the fuller the surer."""
    return _patch_style(patches, language, [_patch_label(language)])


def outline_style(patches: gpd.GeoDataFrame, language: str) -> Element:
    """Make the style of ``patches`` over a picture: outlines by kind, of which nothing is filled.

    The surer, the more of the line is drawn. On a page of an atlas over them, its own stands out.
    """
    return _patch_style(patches, language, [], hollow=True)


def _patch_style(
    patches: gpd.GeoDataFrame, language: str, labels: Sequence[Label], hollow: bool = False
) -> Element:
    """Make a style of disturbances."""
    words = Words("vectors", language)
    kinds = [one for one in PATCH_PALETTE if words.has(f"patch_{one}")]
    rules = [
        Rule(f"patches-{kind}", _kind_title(kind, words), _is("kind", kind),
             rules=tuple(_by_confidence(patches, kind, words, hollow)))
        for kind in _present(patches, "kind", kinds)
    ]  # fmt: skip
    if not rules:  # an empty layer has a look, too
        look = replace(CONFIDENCES["confirmed"], casing=HALO)
        rules = [Rule("patches", words("patch_other"), look=look)]
    if hollow:
        rules.append(Rule("patches-page", words("patch_page"), ON_PAGE, PAGE_LOOK))
    return layer_style(
        rules,
        labels,
        field_titles(_columns(patches), language, "patches"),
        '"patch_id"',
        cell_words("patches", patches, language),
    )


def _kind_title(kind: str, words: Words) -> str:
    """Name a kind of disturbance."""
    return words(f"patch_{kind}" if words.has(f"patch_{kind}") else "patch_other")


def _by_confidence(
    patches: gpd.GeoDataFrame, kind: str, words: Words, hollow: bool
) -> Sequence[Rule]:
    """Make a rule for each confidence that disturbances of a kind have."""
    own = patches[patches["kind"] == kind]
    colour = PATCH_PALETTE.get(kind, OTHER_PATCH)
    looks = {
        one: replace(look, pattern="no") if hollow else look for one, look in CONFIDENCES.items()
    }
    return [
        Rule(
            f"patches-{kind}-{one}",
            words(f"confidence_{one}") if words.has(f"confidence_{one}") else one,
            _is("confidence", one),
            replace(looks.get(one, looks["none"]), colour=colour, casing=HALO),
        )
        for one in _present(own, "confidence", CONFIDENCES)
    ]


def _patch_label(language: str) -> Label:
    """Write the first day and the hectares beside a disturbance."""
    day = "format_date(\"first_date\", 'yyyy-MM-dd')"
    hectares = f"format_number(\"area_ha\", 1, '{language}') || ' ha'"
    text = f"concat({day}, '\\n', {hectares})"
    return Label("patch", text, size=7.5, farthest=PATCHES_NAMED_FROM, shape="patch")


def context_style(layer: gpd.GeoDataFrame, kind: str, shape: str, language: str) -> Element:
    """Make the style of a layer of context.

    Parameters
    ----------
    layer : GeoDataFrame
        With the column `label`.
    kind : str
        river, road, place, border or other.
    shape : str
        marker, line or fill.
    language : str
    """
    kind = kind if kind in CONTEXT_COLOURS else "other"
    colour, (width, dash) = CONTEXT_COLOURS[kind], CONTEXT_WIDTHS[kind]
    look = Look(shape, colour, width=width, dash=dash, size=2.0, marker="square")
    if shape == "fill" and kind == "river":
        look = replace(look, pattern="solid", opacity=0.4)
    label = Label(
        kind, _short("label"), where='"label" <> \'\'', colour=colour, shape=shape,
        farthest=CONTEXT_NAMED_FROM[kind], italic=kind == "river", bold=kind == "place", priority=3,
    )  # fmt: skip
    rule = Rule(f"context-{kind}", Words("vectors", language)(f"context_{kind}"), look=look)
    return layer_style([rule], [label], field_titles(_columns(layer), language), '"label"')
