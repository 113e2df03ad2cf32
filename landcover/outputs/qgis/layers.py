"""Layers, their tree and their themes as QGIS's projects write them.

It knows the XML of QGIS 3.22. It does not know what is shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from xml.etree import ElementTree as ET

from landcover.outputs.qgis.content import Group, MapLayer, Theme
from landcover.outputs.qgis.crs import add_crs
from landcover.outputs.qgis.elements import add, maps

__all__ = ["add_layer", "add_themes", "add_tree", "add_tree_layer"]

_FIRST_STYLE = "default"
"""What QGIS calls the style that a layer has of itself."""

_STYLE_SWITCHES = ("labelsEnabled", "simplifyDrawingHints", "simplifyDrawingTol")
"""Attributes of a style that a layer has as its own."""


def add_layer(parent: ET.Element, layer: MapLayer) -> None:
    """Append a layer with its source, plane and style."""
    element = add(parent, "maplayer", type="vector" if layer.geometry else "raster")
    add(element, "id", layer.id)
    add(element, "datasource", layer.source)
    add(element, "layername", layer.name)
    add(element, "abstract", layer.about)
    if layer.crs:
        add_crs(add(element, "srs"), layer.crs)
    coded = {"encoding": "UTF-8"} if layer.geometry else {}
    add(element, "provider", layer.provider, **coded)
    styles = add(element, "map-layer-style-manager", current=_FIRST_STYLE)
    add(styles, "map-layer-style", name=_FIRST_STYLE)
    for name, style in layer.others:
        add(styles, "map-layer-style", name=name).append(style)
    _add_flags(element, layer)
    _add_days(element, layer)
    if layer.geometry:
        _add_shapes_style(element, layer)
    else:
        _add_raster_style(element, layer)


def _add_flags(element: ET.Element, layer: MapLayer) -> None:
    """Say whether people see the layer in lists."""
    flags = add(element, "flags")
    for name, value in (("Identifiable", layer.listed), ("Removable", True), ("Searchable", True)):
        add(flags, name, int(value))
    add(flags, "Private", int(not layer.listed))


def _add_days(element: ET.Element, layer: MapLayer) -> None:
    """Say from when to when a raster holds, for QGIS's own clock."""
    if layer.first is None or layer.last is None:
        return
    days = add(add(element, "temporal", mode=0, enabled=1, fetchMode=0), "fixedRange")
    add(days, "start", _midnight(layer.first))
    add(days, "end", _midnight(layer.last + timedelta(days=1)))


def _midnight(day: date) -> str:
    """Write the beginning of a day in universal time."""
    return f"{day.isoformat()}T00:00:00Z"


def _add_raster_style(element: ET.Element, layer: MapLayer) -> None:
    """Append how a raster is drawn; values are told as values."""
    maps(add(element, "customproperties"), {"identify/format": "Value"})
    if layer.whole:
        add(add(element, "noData"), "noDataList", bandNo=1, useSrcNoData=0)
    pipe = add(element, "pipe")
    if layer.style is not None:
        pipe.append(layer.style)
    add(element, "blendMode", 0)


def _add_shapes_style(element: ET.Element, layer: MapLayer) -> None:
    """Append how shapes are drawn and named: the children of their style's root."""
    element.set("geometry", layer.geometry)
    if layer.style is None:
        return
    for name in _STYLE_SWITCHES:
        if name in layer.style.attrib:
            element.set(name, layer.style.attrib[name])
    element.extend(list(layer.style))


# --- the tree --------------------------------------------------------------------------------


def add_tree(parent: ET.Element, members: Iterable[MapLayer | Group]) -> ET.Element:
    """Append the tree of layers, with what is seen when the project is opened."""
    root = add(parent, "layer-tree-group")
    for member in members:
        _add_member(root, member)
    return root


def _add_member(parent: ET.Element, member: MapLayer | Group) -> None:
    """Append a layer or a group of them."""
    if isinstance(member, MapLayer):
        add_tree_layer(parent, member)
        return
    group = add(
        parent, "layer-tree-group", name=member.title, checked="Qt::Checked",
        expanded=int(member.open),
    )  # fmt: skip
    for one in member.members:
        _add_member(group, one)


def add_tree_layer(parent: ET.Element, layer: MapLayer, heading: str | None = None) -> None:
    """Append a layer to a tree; in a legend a heading stands for its name, or none where empty."""
    element = add(
        parent, "layer-tree-layer", id=layer.id, name=layer.name, source=layer.source,
        providerKey=layer.provider, checked="Qt::Checked" if layer.shown else "Qt::Unchecked",
        expanded=int(layer.shown), legend_exp="",
    )  # fmt: skip
    told: dict[str, str] = {}
    if heading is not None:
        told = {"legend/title-label": heading} if heading else {"legend/title-style": "hidden"}
    if layer.legend is not None:
        told["legend/node-order"] = ",".join(str(place) for place, _ in layer.legend)
        told |= {f"legend/label-{place}": label for place, label in layer.legend}
    if told:
        maps(add(element, "customproperties"), told)


# --- themes ----------------------------------------------------------------------------------


def add_themes(parent: ET.Element, themes: Iterable[Theme]) -> None:
    """Append map themes."""
    held = add(parent, "visibility-presets")
    for theme in themes:
        preset = add(held, "visibility-preset", name=theme.name)
        for layer in theme.layers:
            style = theme.styles.get(layer, _FIRST_STYLE)
            add(preset, "layer", id=layer, visible=1, expanded=0, style=style)
