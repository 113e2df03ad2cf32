"""How QGIS draws one band of a raster: the same in a project and in a ``.qml`` beside the file.

It knows QGIS's renderers. It does not know products.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from xml.etree import ElementTree as ET

from landcover.model import Legend
from landcover.outputs.colours import colour_at, steps_of
from landcover.outputs.qgis.elements import add, text_in
from landcover.outputs.style import BandStyle, Ramp, RasterStyle
from landcover.outputs.wording import Words

__all__ = ["items_of", "raster_renderer"]

NOTHING = "#f3efe2"
"""Colour of ground on which nothing was found: paler than any other."""

MOST_DIGITS = 4
"""Digits after the point that a legend writes at most; NDVI per year needs three."""


def raster_renderer(
    style: RasterStyle, band: BandStyle, language: str, alone: bool = False
) -> ET.Element:
    """Return how QGIS draws a band, as its element ``rasterrenderer``.

    Parameters
    ----------
    style : RasterStyle
        Of the band's raster.
    band : BandStyle
        Classes become a palette, a ramp linear colours with a legend of its ticks, or a colour a
        step; without a scale, bands 1 to 3 are drawn as red, green and blue, as they are.
    language : str
        Of the legend.
    alone : bool
        Whether nothing lies beneath: amounts that are else drawn as nothing have a pale colour, so
        that they are told from ground without a value.
    """
    del style  # QGIS asks for nothing more than the band; a raster's own wishes would stand here
    if band.scale is None:
        return _picture()
    if isinstance(band.scale, Legend):
        return _palette(band, band.scale, language)
    return _ramp(band, band.scale, language, alone)


def _renderer(kind: str, hidden: Iterable[float] = (), **bands: int) -> ET.Element:
    """Return a renderer of a kind; hidden values are left out."""
    root = ET.Element("rasterrenderer", {"type": kind, "opacity": "1", "alphaBand": "-1"})
    for name, band in bands.items():
        root.set(name, str(band))
    pixels = add(add(root, "rasterTransparency"), "singleValuePixelList")
    for value in hidden:
        add(pixels, "pixelListEntry", min=_plain(value), max=_plain(value), percentTransparent=100)
    add(add(root, "minMaxOrigin"), "limits", "None")
    return root


def _picture() -> ET.Element:
    """Draw three bands of bytes as they are."""
    root = _renderer("multibandcolor", redBand=1, greenBand=2, blueBand=3)
    for name in ("red", "green", "blue"):
        enhancement = add(root, f"{name}ContrastEnhancement")
        add(enhancement, "minValue", 0)
        add(enhancement, "maxValue", 255)
        add(enhancement, "algorithm", "NoEnhancement")
    return root


def _palette(band: BandStyle, legend: Legend, language: str) -> ET.Element:
    """Draw classes in their colours; a hidden class is in neither map nor legend."""
    root = _renderer("paletted", band=band.band)
    palette = add(root, "colorPalette")
    for one in legend.classes:
        if one.value not in band.hidden:
            label = text_in(one.names, language)
            add(palette, "paletteEntry", value=one.value, color=one.palette, alpha=255, label=label)
    return root


def _ramp(band: BandStyle, ramp: Ramp, language: str, alone: bool) -> ET.Element:
    """Draw amounts along a ramp; the legend writes its ticks.

    Where the band is `alone`, hidden values that have a word are drawn pale; they lie below all
    others. A project leaves squares without a word out of its legend; a style by itself cannot, so
    that each has one.
    """
    nothing = text_in(band.nothing, language) if alone else ""
    ends = {"classificationMin": _plain(ramp.low), "classificationMax": _plain(ramp.high)}
    hidden = () if nothing else band.hidden
    root = _renderer("singlebandpseudocolor", hidden, band=band.band)
    root.attrib.update(ends)
    shader = add(
        add(root, "rastershader"), "colorrampshader",
        colorRampType="DISCRETE" if ramp.steps else "INTERPOLATED",
        classificationMode=1, clip=0, labelPrecision=MOST_DIGITS,
        minimumValue=ends["classificationMin"], maximumValue=ends["classificationMax"],
    )  # fmt: skip
    pale = [(value, NOTHING, nothing) for value in band.hidden if nothing]
    for value, colour, label in (*pale, *items_of(ramp, language, every=alone)):
        add(shader, "item", value=_plain(value), color=colour, alpha=255, label=label)
    # Squares with a word each: the continuous bar of QGIS writes its two ends alone.
    add(shader, "rampLegendSettings", useContinuousLegend=0)
    return root


def items_of(ramp: Ramp, language: str, every: bool = False) -> tuple[tuple[float, str, str], ...]:
    """Return value, colour and word of each line of a ramp's legend.

    A step's value is its upper end, up to which QGIS draws it, and the last one has none. Else
    they are stops and ticks. Where there are ticks, a stop that is none of them has no word unless
    `every` line has one. All are written with as many digits as the finest needs.
    """
    if ramp.steps:
        return _step_items(ramp, language)
    values = sorted({*ramp.ticks, *(value for value, _ in ramp.stops)})
    ticks = values if every or not ramp.ticks else list(ramp.ticks)
    digits = max(_digits(value) for value in ticks)
    return tuple(
        (
            value,
            colour_at(ramp, value),
            _written(value, ramp, digits, language) if value in ticks else "",
        )
        for value in values
    )


def _step_items(ramp: Ramp, language: str) -> tuple[tuple[float, str, str], ...]:
    """Return upper end, colour and word of each step."""
    ends = (*(value for value, _ in ramp.stops[1:-1]), math.inf)
    return tuple(
        (end, colour, text)
        for end, (colour, text) in zip(ends, steps_of(ramp, language), strict=True)
    )


def _written(value: float, ramp: Ramp, digits: int, language: str) -> str:
    """Write a tick: a year as a year, an amount as the language does."""
    if ramp.year:
        return str(int(value)) if value == int(value) else str(value)
    return Words("groups", language).number(value, digits)


def _digits(value: float) -> int:
    """Count the digits after the point that a value needs."""
    exponent = Decimal(str(round(value, MOST_DIGITS))).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(value: float) -> str:
    """Write a number for a machine, shortest."""
    if math.isinf(value):
        return "inf"
    return repr(int(value)) if value == int(value) else repr(float(value))
