"""Things on a printed page as QGIS writes them: maps, legends, scale bars, arrows, labels.

It knows the XML of QGIS 3.22's layouts. It does not know what is shown. Lengths are millimetres.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from landcover.outputs.qgis.content import MapLayer
from landcover.outputs.qgis.crs import DEGREES, add_crs
from landcover.outputs.qgis.elements import add, maps
from landcover.outputs.qgis.layers import add_tree_layer

__all__ = [
    "Box", "MapItem", "add_arrow", "add_label", "add_legend", "add_map", "add_page",
    "add_scale_bar", "identity",
]  # fmt: skip

FONT = "Open Sans"
"""The font that QGIS ships; where it lacks, the system's own takes its place."""

INK, LINE = "35,35,35,255", "120,120,120,255"
"""Colours of what is written and of thin lines (red, green, blue, opacity)."""

ARROW = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 50">'
    '<path d="M20 2 L32 36 L20 29 Z" fill="#232323"/>'
    '<path d="M20 2 L8 36 L20 29 Z" fill="#fff" stroke="#232323" stroke-width="1.5"/>'
    '<path d="M15 49 V39 L25 49 V39" fill="none" stroke="#232323" stroke-width="2"/></svg>'
)
"""A north arrow that needs no file of QGIS's own."""

PAGE, PICTURE, LABEL, LEGEND, MAP, SCALE_BAR = 65638, 65640, 65641, 65642, 65639, 65646
"""QGIS's numbers of kinds of items."""

LEGEND_LINE, LEGEND_HEADING = 3.8, 5.0
"""Heights of a line and of a heading of a legend of full size (mm)."""

SMALLEST_LEGEND = 0.72
"""Share of their size to which letters of a legend shrink at most: 8 points to less than 6."""

CUSTOM = 8
"""QGIS's number of annotations that an expression writes."""

FIXED_SCALE, FITTED = 0, 2
"""How a page of an atlas sets the scale: as the map has it, or so that the shape fits."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page, from its upper left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class MapItem:
    """A map on a page.

    `extent` is (left, bottom, right, top) in the project's plane. `theme` is what it shows;
    where `theme_of_page`, each page of the atlas says it in its field ``theme``. `follows` is how
    an atlas moves it (`FIXED_SCALE`, `FITTED`); None where it stays. `frames` is the key of the
    map whose extent is drawn on it; `degrees` the expression that writes longitudes and latitudes
    along its edges, empty for none; `scale` that of the map's scale (1:n), empty where it is as it
    was made or as the atlas moves it.
    """

    key: str
    box: Box
    extent: tuple[float, float, float, float]
    theme: str
    theme_of_page: bool = False
    follows: int | None = None
    frames: str = ""
    degrees: str = ""
    scale: str = ""


def identity(key: str) -> str:
    """Return an item's identity: the same for the same key, always."""
    return f"{{{uuid5(NAMESPACE_URL, 'landcover:' + key)}}}"


def _place(box: Box) -> dict[str, str]:
    """Write where an item lies."""
    corner = f"{box.left:g},{box.top:g},mm"
    return {
        "position": corner,
        "positionOnPage": corner,
        "size": f"{box.width:g},{box.height:g},mm",
    }


def _item(parent: ET.Element, kind: int, key: str, box: Box, **told: object) -> ET.Element:
    """Append an item of a kind."""
    frame = {"frame": "false", "background": "false", "visibility": 1, "opacity": 1}
    named = {"uuid": identity(key), "templateUuid": identity(key), "id": key.rpartition("/")[2]}
    element = add(
        parent, "LayoutItem", type=kind, referencePoint=0, itemRotation=0,
        **{**_place(box), **named, **frame, **told},
    )  # fmt: skip
    _rgba(element, "FrameColor", LINE)
    _rgba(element, "BackgroundColor", "255,255,255,255")
    return element


def _rgba(parent: ET.Element, tag: str, colour: str) -> None:
    """Append a colour by its parts."""
    red, green, blue, alpha = colour.split(",")
    add(parent, tag, red=red, green=green, blue=blue, alpha=alpha)


def _defined(parent: ET.Element, properties: dict[str, str]) -> None:
    """Append what expressions say of an item, by the property's name."""
    told = {
        name: {"active": True, "expression": expression, "type": "3"}
        for name, expression in properties.items()
    }
    held = add(add(parent, "LayoutObject"), "dataDefinedProperties")
    maps(held, {"name": "", "properties": told, "type": "collection"})


def add_page(layout: ET.Element, key: str, width: float, height: float) -> None:
    """Append the one page of a layout, white."""
    pages = add(layout, "PageCollection")
    _symbol(pages, {"color": "255,255,255,255", "outline_style": "no", "style": "solid"})
    page = _item(pages, PAGE, f"{key}/page", Box(0, 0, width, height), background="true")
    _symbol(page, {"color": "255,255,255,255", "outline_style": "no", "style": "solid"})


def _symbol(parent: ET.Element, values: dict[str, object], kind: str = "fill") -> None:
    """Append a plain symbol."""
    symbol = add(parent, "symbol", type=kind, name="", alpha=1)
    layer = add(symbol, "layer", class_="SimpleFill" if kind == "fill" else "SimpleLine", enabled=1)
    maps(layer, values)


# --- maps ------------------------------------------------------------------------------------


def add_map(layout: ET.Element, item: MapItem) -> None:
    """Append a map, with degrees along its edges and the frame of another one, if asked."""
    preset = {"followPreset": "true", "followPresetName": item.theme, "keepLayerSet": "false"}
    element = _item(
        layout, MAP, item.key, item.box, frame="true", background="true", mapRotation=0,
        outlineWidthM="0.2,mm", **preset,
    )  # fmt: skip
    told = {"dataDefinedMapStylePreset": '"theme"' if item.theme_of_page else ""}
    told |= {"dataDefinedMapScale": item.scale}
    _defined(element, {name: expression for name, expression in told.items() if expression})
    left, bottom, right, top = _filling(item.extent, item.box)
    add(element, "Extent", xmin=left, ymin=bottom, xmax=right, ymax=top)
    if item.degrees:
        _add_ticks(element, item.key, item.degrees)
    if item.frames:
        _add_overview(element, item)
    follows = item.follows is not None
    add(
        element, "AtlasMap", atlasDriven=int(follows), margin=0.1,
        scalingMode=FITTED if item.follows is None else item.follows,
    )  # fmt: skip


def _filling(extent: tuple[float, float, float, float], box: Box) -> tuple[float, ...]:
    """Widen an extent about its centre to the shape of a box."""
    left, bottom, right, top = extent
    wide, high = right - left, top - bottom
    scale = max(wide / box.width, high / box.height)
    across, up = (scale * box.width - wide) / 2, (scale * box.height - high) / 2
    return left - across, bottom - up, right + across, top + up


def _add_ticks(element: ET.Element, key: str, degrees: str) -> None:
    """Append degrees along the edges: about three a side, whatever the scale."""
    sides = ("left", "right", "top", "bottom")
    shown = {f"{side}AnnotationDisplay": 0 if side in ("left", "bottom") else 3 for side in sides}
    grid = add(
        element, "ComposerMapGrid", uuid=identity(f"{key}/grid"), name="grid", show=1,
        gridStyle=3, unit=3, minimumIntervalWidth=35, maximumIntervalWidth=70,
        gridFrameStyle=3, gridFrameWidth=1, gridFramePenThickness=0.2, gridFramePenColor=LINE,
        gridFrameSideFlags=15, showAnnotation=1, annotationFormat=CUSTOM, annotationPrecision=3,
        annotationExpression=degrees,
        leftAnnotationPosition=1, bottomAnnotationPosition=1, leftAnnotationDirection=1,
        bottomAnnotationDirection=0, frameAnnotationDistance=0.7, **shown,
    )  # fmt: skip
    add_crs(grid, DEGREES)
    _add_text_style(grid, 6.5)


def _add_overview(element: ET.Element, item: MapItem) -> None:
    """Append the frame of another map."""
    overview = add(
        element, "ComposerMapOverview", uuid=identity(f"{item.key}/overview"), name="overview",
        show=1, frameMap=identity(item.frames), inverted=0, centered=0, blendMode=0,
    )  # fmt: skip
    red = {"color": "200,0,0,40", "outline_color": "200,0,0,255", "outline_width": "0.5"}
    _symbol(overview, {**red, "style": "solid", "outline_style": "solid"})


# --- what goes with a map --------------------------------------------------------------------


def add_legend(
    layout: ET.Element, key: str, box: Box, of: str, layers: Sequence[tuple[MapLayer, str]]
) -> None:
    """Append the legend of layers, each under a heading, as a map shows them.

    Where there is much to tell, all of it is smaller.
    """
    share = min(1.0, max(SMALLEST_LEGEND, box.height / _legend_height(layers)))
    element = _item(
        layout, LEGEND, key, box, map_uuid=identity(of), resizeToContents=1, symbolWidth=5,
        symbolHeight=f"{3 * share:.2f}", boxSpace=0, columnCount=1, wmsLegendWidth=50,
        wmsLegendHeight=25, rasterBorder=1, rasterBorderColor=LINE, rasterBorderWidth=0,
        legendFilterByAtlas=0, fontColor="#232323", lineSpacing=1, wrapString="",
    )  # fmt: skip
    styles = add(element, "styles")
    for name, size, above in (
        ("title", 10, 0), ("group", 9, 2), ("subgroup", 8.5, 2), ("symbol", 8, 0.8),
        ("symbolLabel", 8, 0.8),
    ):  # fmt: skip
        beside = {"marginLeft": 2} if name == "symbolLabel" else {}
        style = add(
            styles, "style", name=name, alignment=1, marginTop=f"{above * share:.2f}", indent=0,
            **beside,
        )  # fmt: skip
        _add_font(style, "styleFont", round(size * share, 1), bold=name == "subgroup")
    tree = add(element, "layer-tree-group")
    for layer, heading in layers:
        add_tree_layer(tree, layer, heading)


def _legend_height(layers: Sequence[tuple[MapLayer, str]]) -> float:
    """Return how high a legend gets, about (mm)."""
    lines = sum(_lines(layer) for layer, _ in layers)
    return LEGEND_LINE * lines + LEGEND_HEADING * sum(bool(heading) for _, heading in layers) + 1


def _lines(layer: MapLayer) -> int:
    """Count the lines that a layer has in a legend."""
    if layer.legend is not None:
        return len(layer.legend)
    return 0 if layer.style is None else len(layer.style.findall(".//renderer-v2//rule[@key]"))


def add_scale_bar(layout: ET.Element, key: str, box: Box, of: str, comma: bool) -> None:
    """Append a bar of two segments whose round length follows the map's scale."""
    element = _item(
        layout, SCALE_BAR, key, box, mapUuid=identity(of), style="Single Box", unitType="km",
        unitLabel="km", numSegments=2, numSegmentsLeft=0, segmentSizeMode=1, minBarWidth=20,
        maxBarWidth=60, height=2, labelBarSpace=1, boxContentSpace=0, numMapUnitsPerScaleBarUnit=1,
        numUnitsPerSegment=1, outlineWidth=0.2, alignment=0,
    )  # fmt: skip
    _add_text_style(element, 8)
    number = add(element, "numericFormat", id="basic")
    told = maps(number, {"decimals": "6"})
    add(told, "Option", type="QChar", name="decimal_separator", value="," if comma else ".")
    for name, colour in (("fillColor", "35,35,35,255"), ("fillColor2", "255,255,255,255")):
        _rgba(element, name, colour)


def add_arrow(layout: ET.Element, key: str, box: Box, of: str) -> None:
    """Append an arrow to the true north of a map."""
    picture = base64.b64encode(ARROW.encode()).decode()
    _item(
        layout, PICTURE, key, box, file=f"base64:{picture}", mode=0, resizeMode=0, anchorPoint=4,
        mapUuid=identity(of), northMode=1, northOffset=0, pictureRotation=0,
    )  # fmt: skip


def add_label(
    layout: ET.Element, key: str, box: Box, text: str, size: float = 8, bold: bool = False
) -> None:
    """Append a text; what stands between ``[%`` and ``%]`` is an expression."""
    element = _item(
        layout, LABEL, key, box, labelText=text, htmlState=0, halign=1, valign=32, marginX=0,
        marginY=0,
    )  # fmt: skip
    _add_font(element, "LabelFont", size, bold)
    _rgba(element, "FontColor", INK)


def _add_font(parent: ET.Element, tag: str, size: float, bold: bool = False) -> None:
    """Append a font as Qt describes one."""
    weight = 75 if bold else 50
    add(parent, tag, description=f"{FONT},{size:g},-1,5,{weight},0,0,0,0,0", style="")


def _add_text_style(parent: ET.Element, size: float) -> None:
    """Append how numbers beside a map are written."""
    add(
        parent, "text-style", fontFamily=FONT, fontSize=size, fontSizeUnit="Point", fontWeight=50,
        textColor=INK, textOpacity=1,
    )  # fmt: skip
