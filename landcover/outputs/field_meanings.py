"""What the fields of GeoPackages mean: the words of the dictionary of tables.

It knows of which column of which table a field was taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from landcover.outputs.dictionary import entry_of
from landcover.outputs.placed import PLACE_COLUMNS
from landcover.outputs.zone_figures import KINDS

__all__ = ["field_meanings"]

OF_A_YEAR = re.compile(r"(disturbed|confirmed|not_observable)_\d{4}_ha")
OF_A_TREND = re.compile(r".+_((?:declining|rising|none|untested)_ha)")
OF_A_DATE = re.compile(r".+_(date|mean|median|clear_fraction)")

NAMES_OF_DATES = ("first_date", "last_date", "median_date", "last_clear_date")
"""What ends like a figure of an index, and is none."""


def field_meanings(layer: str, columns: Iterable[str], language: str) -> Mapping[str, str]:
    """Say what the fields of a layer mean, where the dictionary knows it.

    Parameters
    ----------
    layer : str
        zones, sites or patches.
    columns : iterable of str
    language : str
    """
    found = {column: _source(layer, column) for column in columns}
    entries = {column: entry_of(*source, language) for column, source in found.items() if source}
    return {column: entry.meaning for column, entry in entries.items() if not entry.is_kept}


def _source(layer: str, column: str) -> tuple[str, str] | None:
    """Return the table and the column that a field was taken of."""
    if layer != "zones":
        own = layer == "sites" and column in PLACE_COLUMNS
        return ("zones", column) if own else (layer, column) if layer == "patches" else None
    if column in KINDS:
        return ("disturbance_kinds", column)
    if found := OF_A_YEAR.fullmatch(column):
        return ("disturbance_area", f"{found[1]}_ha")
    if found := OF_A_TREND.fullmatch(column):
        return ("trend_area", found[1])
    if column not in NAMES_OF_DATES and (found := OF_A_DATE.fullmatch(column)):
        return ("zone_series", found[1]) if column != "mean_clear_fraction" else ("zones", column)
    return ("zones", column)
