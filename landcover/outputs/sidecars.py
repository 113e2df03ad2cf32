"""Files beside each raster, by which programs show it in its colours and name its classes.

``<stem>.qml`` is QGIS's own style, of the band that tells most. ``<name>.tif.aux.xml`` is GDAL's,
beside rasters of classes: colours and names of the classes that there are, no more, and a table
of attributes with each class's pixels and hectares. Both are in the job's first language. The
rasters themselves stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

from landcover.files import write_whole
from landcover.model import Legend, LegendClass
from landcover.outputs.qgis.elements import add, text_in
from landcover.outputs.qgis.renderers import raster_renderer
from landcover.outputs.shown import Shown
from landcover.outputs.style import RasterStyle
from landcover.outputs.wording import Words
from landcover.raster.class_areas import ClassArea, class_areas

__all__ = ["write_sidecars"]

CLASS_TYPES: Final = ("uint8", "uint16")
"""Types of rasters whose values can be classes to GDAL."""

_INTEGER, _REAL, _STRING = 0, 1, 2
"""Types of a column (GDALRATFieldType)."""

_COLUMNS: Final = (
    ("Value", _INTEGER, 5),
    ("Count", _INTEGER, 1),
    ("Class", _STRING, 2),
    ("Hectares", _REAL, 0),
    ("Red", _INTEGER, 6),
    ("Green", _INTEGER, 7),
    ("Blue", _INTEGER, 8),
    ("Alpha", _INTEGER, 9),
)
"""Name, type and use (GDALRATFieldUsage: 0 generic, 1 pixel count, 2 name, 5 minimum and maximum,
6 to 9 red, green, blue, opacity) of each column. English words: other programs look for them."""

_OPAQUE: Final = 255


def write_sidecars(shown: Shown) -> tuple[Path, ...]:
    """Write what belongs beside each raster of a run.

    Parameters
    ----------
    shown : Shown

    Returns
    -------
    tuple of Path
        What was written, by raster.
    """
    language, written = shown.about.languages[0], list[Path]()
    for style in shown.styles:
        path = style.facts.path
        written.append(path.with_suffix(".qml"))
        write_whole(written[-1], _text(_qml(style, language)))
        if (legend := _classes_of(style)) is not None:
            written.append(path.with_name(f"{path.name}.aux.xml"))
            areas = _told(legend, class_areas(path), kept_back=shown.kept_back)
            write_whole(written[-1], _text(_pam(legend, areas, language)))
    return tuple(written)


def _classes_of(style: RasterStyle) -> Legend | None:
    """Return the legend of a raster of classes; None of any other."""
    scale = style.bands[0].scale
    whole = style.facts.dtype in CLASS_TYPES and len(style.facts.bands) == 1
    return scale if whole and isinstance(scale, Legend) else None


def _text(root: ET.Element) -> str:
    """Write an element as a file has it."""
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _qml(style: RasterStyle, language: str) -> ET.Element:
    """Return QGIS's style of a raster: its most telling band, named in the legend."""
    band = style.bands[0]
    root = ET.Element("qgis", {"version": "3.22.0", "styleCategories": "Symbology"})
    pipe = add(root, "pipe")
    pipe.append(raster_renderer(style, band, language, alone=True))
    add(pipe, "rasterresampler", maxOversampling=1)
    return root


def _pam(legend: Legend, areas: Mapping[int, ClassArea], language: str) -> ET.Element:
    """Return what GDAL is told of a raster of classes; its file has the rest."""
    classes = {one.value: one for one in legend.classes}
    values = range(max(classes) + 1)
    root = ET.Element("PAMDataset")
    band = add(root, "PAMRasterBand", band=1)
    add(band, "ColorInterp", "Palette")
    table, names = add(band, "ColorTable"), add(band, "CategoryNames")
    nothing = Words("styles", language)("no_class")
    for value in values:  # both are by place: a value without a class keeps its own
        one = classes.get(value)
        red, green, blue = _rgb(one) if one else (0, 0, 0)
        add(table, "Entry", c1=red, c2=green, c3=blue, c4=_OPAQUE if one else 0)
        add(names, "Category", text_in(one.names, language) if one else nothing)
    band.append(_attributes(classes.values(), areas, language))
    return root


def _told(
    legend: Legend, areas: Mapping[int, ClassArea], *, kept_back: bool
) -> Mapping[int, ClassArea]:
    """Return the classes that a table has, also those that cover nothing.

    Where ground is kept back these are left out: a class may lie on just that ground, and 0 would
    read as a finding.
    """
    if kept_back:
        return {value: area for value, area in areas.items() if area.pixels}
    return {one.value: areas.get(one.value, ClassArea(0, 0.0)) for one in legend.classes}


def _rgb(one: LegendClass) -> tuple[int, int, int]:
    """Return a class's red, green and blue."""
    red, green, blue = bytes.fromhex(one.palette.removeprefix("#"))
    return red, green, blue


def _attributes(
    classes: Iterable[LegendClass], areas: Mapping[int, ClassArea], language: str
) -> ET.Element:
    """Return the table of attributes: a row a class that is told."""
    table = ET.Element("GDALRasterAttributeTable", {"tableType": "thematic"})
    for index, (name, kind, use) in enumerate(_COLUMNS):
        column = add(table, "FieldDefn", index=index)
        add(column, "Name", name)
        add(column, "Type", kind)
        add(column, "Usage", use)
    for index, one in enumerate(one for one in classes if one.value in areas):
        row, covered = add(table, "Row", index=index), areas[one.value]
        name, hectares = text_in(one.names, language), f"{covered.area_ha:.4f}"
        for cell in (one.value, covered.pixels, name, hectares, *_rgb(one), _OPAQUE):
            add(row, "F", cell)
    return table
