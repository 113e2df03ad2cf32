"""What cells of shapes are called in a language: kinds, classes of confidence, minerals.

Files hold one word for all languages, which programs and styles look for. A table in QGIS shows
people theirs. It knows columns and phrases. It does not know QGIS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from landcover.outputs.minerals import is_of_minerals, mineral
from landcover.outputs.wording import Words

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["cell_words"]

MOST = 200
"""Different values of a column beyond which its cells stay as they are: names, not words."""

PHRASES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("zones", "kind"): ("map", "kind_"),
    ("patches", "zone_kind"): ("map", "kind_"),
    ("patches", "kind"): ("report", "kind_of_"),
    ("patches", "confidence"): ("report", "confidence_"),
}
"""Page and beginning of the phrases of a layer's column."""


def cell_words(
    layer: str, frame: gpd.GeoDataFrame, language: str
) -> Mapping[str, Mapping[str, str]]:
    """Return for each column of words what each of its values is called.

    Parameters
    ----------
    layer : str
        zones, sites or patches.
    frame : GeoDataFrame
    language : str
    """
    found = {}
    for column in map(str, frame.columns):
        name = _namer(layer, column, language)
        values = sorted({str(one) for one in frame[column].dropna()}) if name else []
        if name and 0 < len(values) <= MOST:
            found[column] = {value: name(value) for value in values}
    return found


def _namer(layer: str, column: str, language: str) -> Callable[[str], str] | None:
    """Return what names the values of a column; None where they are no words of ours."""
    if (layer, column) in PHRASES:
        page, start = PHRASES[layer, column]
        words = Words(page, language)
        return lambda value: words(start + value) if words.has(start + value) else value
    if layer in ("zones", "sites") and is_of_minerals(column):
        return lambda value: mineral(value, language)
    return None
