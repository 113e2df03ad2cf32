"""Pieces of QGIS styles for shapes, as XML: symbols, rules, labels, names of fields.

It knows the XML of QGIS 3.22 and later. It does not know what is shown. The children of a style's
root are those of a layer in a project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element, SubElement, tostring

__all__ = ["Label", "Look", "Rule", "layer_style", "plain_xml", "qml_text", "quoted"]

VERSION = "3.22.0-Białowieża"
"""The oldest QGIS that is served; a newer one in the file would make that one warn."""

CASING_MM = 0.6
"""How much wider than an outline its casing is (mm)."""

_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, escaped or not (section 2.2)."""

FONT = "Open Sans"
"""The font that QGIS ships; where it lacks, the system's own takes its place."""


def plain_xml(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return _UNWRITABLE.sub("\ufffd", text)


def quoted(text: str) -> str:
    """Return a text as QGIS expressions write one.

    Examples
    --------
    >>> quoted("l'anneau")
    "'l''anneau'"
    """
    doubled = plain_xml(text).replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


@dataclass(frozen=True, slots=True)
class Look:
    """How a shape is drawn; widths and sizes in millimetres on the screen or paper.

    `shape` is marker, line or fill. `pattern` is that of a fill ("no", "solid", "b_diagonal"), of
    a line or outline ("solid", "dash", "dot") is `dash`; of a marker "circle", "square" ... is
    `marker`. Colours are #rrggbb; `opacity` is that of the fill alone. A `casing` lies under an
    outline, wider and plain, so that it is seen on light ground and dark. `sized` is the expression
    of a marker's size (mm) where it depends on the scale; legends show `size`.
    """

    shape: str
    colour: str
    width: float = 0.3
    dash: str = "solid"
    pattern: str = "no"
    opacity: float = 1.0
    marker: str = "circle"
    size: float = 2.0
    outline: str = ""
    casing: str = ""
    sized: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """What of a layer is drawn how: where `where` holds (a QGIS expression; empty: all else).

    It is drawn from the scale 1:`nearest` to 1:`farthest` (0: without bound). A rule without a
    look is a heading of those in `rules`.
    """

    key: str
    label: str
    where: str = ""
    look: Look | None = None
    nearest: int = 0
    farthest: int = 0
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """What is written beside shapes: a QGIS expression, in points, in a colour on white.

    `shape` is what it is written beside (marker, line, fill, or patch: around a small polygon);
    `priority` (0 to 10) says who stays where there is no room.
    """

    key: str
    expression: str
    where: str = ""
    colour: str = "#222222"
    size: float = 8.0
    bold: bool = False
    italic: bool = False
    nearest: int = 0
    farthest: int = 0
    shape: str = "fill"
    priority: int = 5


# --- symbols ---------------------------------------------------------------------------------


def _rgba(colour: str, opacity: float = 1.0) -> str:
    """Write a colour as QGIS does."""
    parts = [int(colour[k : k + 2], 16) for k in (1, 3, 5)]
    return ",".join(str(part) for part in (*parts, round(255 * opacity)))


def _options(parent: Element, values: Mapping[str, str]) -> None:
    """Write a map of texts."""
    held = SubElement(parent, "Option", type="Map")
    for name, value in values.items():
        SubElement(held, "Option", type="QString", name=name, value=value)


def _fill(look: Look) -> tuple[str, dict[str, str]]:
    """Describe a polygon's symbol."""
    return "SimpleFill", {
        "color": _rgba(look.colour, look.opacity),
        "style": look.pattern,
        "outline_color": _rgba(look.outline or look.colour),
        "outline_style": look.dash,
        "outline_width": f"{look.width:g}",
        "outline_width_unit": "MM",
        "joinstyle": "round",
    }


def _line(look: Look) -> tuple[str, dict[str, str]]:
    """Describe a line's symbol."""
    return "SimpleLine", {
        "line_color": _rgba(look.colour),
        "line_style": look.dash,
        "line_width": f"{look.width:g}",
        "line_width_unit": "MM",
        "joinstyle": "round",
        "capstyle": "round",
    }


def _marker(look: Look) -> tuple[str, dict[str, str]]:
    """Describe a point's symbol."""
    return "SimpleMarker", {
        "name": look.marker,
        "color": _rgba(look.colour, look.opacity),
        "outline_color": _rgba(look.outline or "#ffffff"),
        "outline_style": "solid",
        "outline_width": f"{look.width:g}",
        "outline_width_unit": "MM",
        "size": f"{look.size:g}",
        "size_unit": "MM",
    }


_SYMBOLS = {"fill": _fill, "line": _line, "marker": _marker}


def _symbol(parent: Element, name: str, look: Look) -> None:
    """Write one symbol."""
    held = SubElement(
        parent, "symbol", type=look.shape, name=name, alpha="1", clip_to_extent="1", force_rhr="0"
    )
    if look.casing:
        wider = replace(look, colour=look.casing, width=look.width + CASING_MM, dash="solid")
        _symbol_layer(held, replace(wider, pattern="no", outline=look.outline and look.casing))
    _symbol_layer(held, look)


def _symbol_layer(parent: Element, look: Look) -> None:
    """Write one layer of a symbol."""
    kind, values = _SYMBOLS[look.shape](look)
    layer = SubElement(parent, "layer", {"class": kind, "enabled": "1", "pass": "0", "locked": "0"})
    _options(layer, values)
    if look.sized:
        _sized(layer, look.sized)


def _sized(layer: Element, expression: str) -> None:
    """Write the expression of a symbol's size."""
    held = SubElement(SubElement(layer, "data_defined_properties"), "Option", type="Map")
    SubElement(held, "Option", type="QString", name="name", value="")
    properties = SubElement(held, "Option", type="Map", name="properties")
    size = SubElement(properties, "Option", type="Map", name="size")
    SubElement(size, "Option", type="bool", name="active", value="true")
    SubElement(size, "Option", type="QString", name="expression", value=expression)
    SubElement(size, "Option", type="int", name="type", value="3")  # 3: an expression
    SubElement(held, "Option", type="QString", name="type", value="collection")


# --- rules and labels ------------------------------------------------------------------------


def _scales(nearest: int, farthest: int) -> dict[str, str]:
    """Write bounds of scale; none where there are none."""
    named = {"scalemindenom": nearest, "scalemaxdenom": farthest}
    return {name: str(value) for name, value in named.items() if value}


def _rules(parent: Element, rules: Sequence[Rule], looks: list[Look]) -> None:
    """Write rules, and gather the looks that they name by their place."""
    for rule in rules:
        told = {"key": f"{{{rule.key}}}", "label": plain_xml(rule.label)}
        told |= {"filter": rule.where} if rule.where else {}
        told |= _scales(rule.nearest, rule.farthest)
        if rule.look is not None:
            told["symbol"] = str(len(looks))
            looks.append(rule.look)
        _rules(SubElement(parent, "rule", told), rule.rules, looks)


def _renderer(rules: Sequence[Rule]) -> Element:
    """Make a renderer by rules."""
    renderer = Element(
        "renderer-v2", type="RuleRenderer", symbollevels="0", forceraster="0", enableorderby="0"
    )
    looks: list[Look] = []
    _rules(SubElement(renderer, "rules", key="{root}"), rules, looks)
    symbols = SubElement(renderer, "symbols")
    for number, look in enumerate(looks):
        _symbol(symbols, str(number), look)
    return renderer


_PLACEMENTS = {"fill": "1", "line": "2", "marker": "6", "patch": "0"}
"""Over a polygon's middle, along a line, at the best side of a point, around a small polygon."""


def _label(parent: Element, label: Label) -> None:
    """Write one rule of labels."""
    told = {"key": f"{{{label.key}}}", "description": label.key}
    told |= {"filter": label.where} if label.where else {}
    held = SubElement(parent, "rule", told | _scales(label.nearest, label.farthest))
    settings = SubElement(held, "settings", calloutType="simple")
    style = SubElement(
        settings,
        "text-style",
        fieldName=label.expression,
        isExpression="1",
        fontFamily=FONT,
        fontSize=f"{label.size:g}",
        fontSizeUnit="Point",
        fontWeight="75" if label.bold else "50",
        fontItalic=str(int(label.italic)),
        textColor=_rgba(label.colour),
        textOpacity="1",
    )
    SubElement(
        style,
        "text-buffer",
        bufferDraw="1",
        bufferSize="0.8",
        bufferSizeUnits="MM",
        bufferColor=_rgba("#ffffff", 0.85),
        bufferOpacity="1",
    )
    SubElement(settings, "text-format", multilineAlign="1", wrapChar="", autoWrapLength="24")
    SubElement(
        settings,
        "placement",
        placement=_PLACEMENTS[label.shape],
        priority=str(label.priority),
        dist="0.8",
        distUnits="MM",
        centroidWhole="0",
        centroidInside="1",
    )
    SubElement(settings, "rendering", drawLabels="1", displayAll="0", obstacle="1")


def _labelling(labels: Sequence[Label]) -> Element:
    """Make labels by rules."""
    labelling = Element("labeling", type="rule-based")
    rules = SubElement(labelling, "rules", key="{root}")
    for label in labels:
        _label(rules, label)
    return labelling


# --- a layer's style -------------------------------------------------------------------------


def layer_style(
    rules: Sequence[Rule],
    labels: Sequence[Label],
    titles: Mapping[str, str],
    shown_as: str,
    words: Mapping[str, Mapping[str, str]] | None = None,
) -> Element:
    """Make the style of a layer of shapes: the root of a QML.

    Parameters
    ----------
    rules : sequence of Rule
    labels : sequence of Label
    titles : mapping
        Names of fields for people, by column.
    shown_as : str
        The expression that names a shape in lists and tips.
    words : mapping, optional
        By column, what a table calls its values; values that are not there stand in brackets.
    """
    root = Element(
        "qgis",
        version=VERSION,
        styleCategories="Symbology|Labeling|Fields|Forms",
        labelsEnabled=str(int(bool(labels))),
        simplifyDrawingHints="1",
        simplifyDrawingTol="1",
    )
    root.append(_renderer(rules))
    if labels:
        root.append(_labelling(labels))
    if words:
        root.append(_worded(words))
    aliases = SubElement(root, "aliases")
    for place, (column, title) in enumerate(titles.items()):
        told = {"field": plain_xml(column), "name": plain_xml(title)}
        SubElement(aliases, "alias", told | {"index": str(place)})
    SubElement(root, "previewExpression").text = shown_as
    return root


def _worded(words: Mapping[str, Mapping[str, str]]) -> Element:
    """Have cells of columns shown by other words than they hold (QGIS: a map of values)."""
    root = Element("fieldConfiguration")
    for column, names in words.items():
        field = SubElement(root, "field", name=plain_xml(column), configurationFlags="None")
        config = SubElement(SubElement(field, "editWidget", type="ValueMap"), "config")
        held = SubElement(config, "Option", type="Map")
        listed = SubElement(held, "Option", type="List", name="map")
        for value, name in names.items():
            one = SubElement(listed, "Option", type="Map")
            told = {"name": plain_xml(name), "value": plain_xml(value)}
            SubElement(one, "Option", told | {"type": "QString"})
    return root


def qml_text(style: Element) -> str:
    """Write a style as the text of a QML."""
    return tostring(style, encoding="unicode")
