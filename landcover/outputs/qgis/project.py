"""``project.<language>.qgz``: one file that opens everything a run left, grouped and styled.

It joins layers, themes, bookmarks and layouts. It reads no pixel, and holds no time of writing,
nor any path but those beside it.
"""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from landcover.files import write_whole
from landcover.outputs.qgis.bookmarks import add_bookmarks
from landcover.outputs.qgis.content import Content, Group, MapLayer
from landcover.outputs.qgis.crs import add_crs
from landcover.outputs.qgis.elements import add, clean
from landcover.outputs.qgis.layers import add_layer, add_themes, add_tree
from landcover.outputs.qgis.layouts import add_layouts, page_table
from landcover.outputs.qgis.notes import sources_text
from landcover.outputs.qgis.rasters import raster_groups
from landcover.outputs.qgis.shapes import context_group, patch_layer, zone_group
from landcover.outputs.qgis.themes import (
    changed_page,
    outlined,
    pages_of,
    pair_of,
    sequences,
    telling,
    themes,
)
from landcover.outputs.shown import Shown
from landcover.outputs.wording import Words

__all__ = ["content_of", "project_xml", "write_project"]

VERSION = "3.22.0-Białowieża"
"""The oldest QGIS that is served: it warns of projects of newer ones."""

OLDEST_DAY = (1980, 1, 1, 0, 0, 0)
"""The first day that a zip can tell: no time of writing is kept."""

READABLE = 0o644 << 16
"""Rights of the file in the zip, as Unix has them."""


def write_project(shown: Shown, language: str) -> tuple[Path, ...]:
    """Write a project of QGIS 3.22 and later in one language.

    Parameters
    ----------
    shown : Shown
    language : str

    Returns
    -------
    tuple of Path
        ``project.<language>.qgz``; the same run gives the same bytes.
    """
    path = shown.out / f"project.{language}.qgz"
    root = project_xml(shown, language)
    ET.indent(root)
    text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    held = io.BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as archive:
        entry = ZipInfo(f"project.{language}.qgs", OLDEST_DAY)
        entry.compress_type, entry.external_attr = ZIP_DEFLATED, READABLE
        archive.writestr(entry, text)
    write_whole(path, held.getvalue())
    return (path,)


def content_of(shown: Shown, language: str) -> Content:
    """Gather what a project of a run holds."""
    pages, patches = pages_of(shown.styles, language), patch_layer(shown, language)
    zones, context = zone_group(shown, language), context_group(shown, language)
    rasters = list(raster_groups(shown.styles, language))
    if patches is not None:
        rasters = _with_patches(rasters, patches, language)
    groups = tuple(one for one in (zones, context, *rasters) if one is not None)
    around = [layer for one in (zones, context) if one is not None for layer in one.layers()]
    pair, changed = pair_of(shown.styles, pages), changed_page(shown.styles, pages)
    series = sequences(shown.styles, pages, language)
    told = (*telling(shown.styles, pages), *(page for one in series for page in one.pages))
    seen = themes((*told, changed) if changed else told, around, patches, pair, language)
    lines = outlined(pair, language) if pair and patches is not None else None
    return Content(groups, seen, series, pair, changed, lines)


def _with_patches(groups: list[Group], patches: MapLayer, language: str) -> list[Group]:
    """Put disturbances above the rasters of what changed; without these they are a group."""
    title = Words("groups", language)("changed")
    first = groups[0] if groups and groups[0].title == title else Group(title, ())
    return [
        Group(title, (patches, *first.members), open=True),
        *(one for one in groups if one is not first),
    ]


def project_xml(shown: Shown, language: str) -> ET.Element:
    """Return a project as QGIS reads it."""
    content, title = content_of(shown, language), clean(shown.about.title(language))
    root = ET.Element("qgis", {"version": VERSION, "projectname": title})
    add(root, "title", title)
    add_crs(add(root, "projectCrs"), shown.grid.crs)
    add_tree(root, content.groups)
    table = page_table(content)
    held = add(root, "projectlayers")
    for layer in (*content.layers(), table):
        add_layer(held, layer)
    order = add(root, "layerorder")
    for layer in content.layers():
        add(order, "layer", id=layer.id)
    _add_properties(root)
    add_themes(root, content.themes)
    _add_metadata(root, title, language, sources_text(shown, language))
    add_layouts(root, shown, content, table, language)
    add_bookmarks(root, shown, language)
    _add_opening_view(root, shown)
    return root


def _add_properties(root: ET.Element) -> None:
    """Say that paths begin at the project, and that layers are brought to its plane."""
    properties = add(root, "properties")
    add(add(properties, "Paths"), "Absolute", "false", type="bool")
    # without it QGIS passes over the plane above
    add(add(properties, "SpatialRefSys"), "ProjectionsEnabled", 1, type="int")
    measures = add(properties, "Measurement")
    add(measures, "DistanceUnits", "meters", type="QString")
    add(measures, "AreaUnits", "ha", type="QString")
    add(add(properties, "Measure"), "Ellipsoid", "EPSG:7030", type="QString")


def _add_metadata(root: ET.Element, title: str, language: str, notes: str) -> None:
    """Say in the project's own properties what it is, and whom to thank."""
    data = add(root, "projectMetadata")
    add(data, "language", language)
    add(data, "type", "project")
    add(data, "title", title)
    add(data, "abstract", notes)


def _add_opening_view(root: ET.Element, shown: Shown) -> None:
    """Open the project on the whole grid."""
    left, bottom, right, top = shown.grid.bounds
    settings = add(root, "ProjectViewSettings", UseProjectScales=0, rotation=0)
    view = add(settings, "DefaultViewExtent", xmin=left, ymin=bottom, xmax=right, ymax=top)
    add_crs(view, shown.grid.crs)
