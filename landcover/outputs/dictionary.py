"""What each column of each table means: its title, its unit and a sentence, in each language.

It knows columns. It reads no table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from landcover.outputs.placed import PLACE_COLUMNS
from landcover.outputs.tables import ZONE_COLUMNS
from landcover.outputs.wording import Words

__all__ = ["Entry", "about_table", "entry_of"]

MEANINGS, TITLES, UNITS, TABLES = "columns", "column_titles", "units", "tables"
"""Pages of phrases."""

ENDINGS: Final = {
    "_ha": "ha",
    "_m": "m",
    "_fraction": "fraction",
    "_percent": "percent",
    "_date": "day",
    "_years": "years",
}
"""Units by the end of a column's name."""

OWN_UNITS: Final = {
    **dict.fromkeys(("share", "low", "high", "false_discovery_rate"), "fraction"),
    **dict.fromkeys(("recovered_fraction_12_months", "recovered_fraction_24_months"), "fraction"),
    **dict.fromkeys(("mean", "median", "p10", "p90", "drop", "index_at_least"), "index"),
    **dict.fromkeys(("median_smoothed", "median_fit", "median_anomaly"), "index"),
    **dict.fromkeys(("count", "pixels"), "pixels"),
    **dict.fromkeys(("lon", "lat"), "degrees"),
    **dict.fromkeys(("watches", "hits", "cells", "tiles", "scenes", "dropped"), "number"),
    **dict.fromkeys(("dates_seen", "dates_clear"), "number"),
    "clear_days": "days",
    "date": "day",
    "time_utc": "time",
    "year": "calendar_year",
}
"""Units of columns that their names do not tell."""

SILENT: Final = frozenset(
    {"", "day", "number", "pixels", "index", "years", "calendar_year", "days"}
)
"""Quantities that a heading does not name: its title does."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A column: `unit` as it is written in the language, `quantity` the same in all of them.

    `quantity` is empty for text, and for what is not the run's own (`is_kept`): columns that the
    job keeps of its own files, and those of which nothing is known here.
    """

    table: str
    column: str
    title: str
    unit: str
    quantity: str
    meaning: str
    is_kept: bool = False

    @property
    def heading(self) -> str:
        """The title with its unit, as it stands over the column."""
        return self.title if self.quantity in SILENT else f"{self.title} ({self.unit})"


def entry_of(table: str, column: str, language: str) -> Entry:
    """Describe a column.

    Parameters
    ----------
    table, column : str
        Names, as the file and its first line have them.
    language : str
    """
    if table == "zones" and column not in (*ZONE_COLUMNS, *PLACE_COLUMNS):
        return _kept(table, column, Words(MEANINGS, language)("kept"))
    if not any(Words(MEANINGS, language).has(key) for key in (f"{table}.{column}", column)):
        return _kept(table, column, Words(MEANINGS, language)("unknown"))
    quantity = _quantity(column)
    unit = Words(UNITS, language)(quantity) if quantity else ""
    title = _phrase(TITLES, table, column, language)
    return Entry(table, column, title, unit, quantity, _phrase(MEANINGS, table, column, language))


def about_table(table: str, language: str) -> str:
    """Say in a sentence what a table holds."""
    words = Words(TABLES, language)
    return words(table if words.has(table) else "other")


def _kept(table: str, column: str, meaning: str) -> Entry:
    """Describe a column that is not the run's own: its name is all there is to say."""
    return Entry(table, column, column, "", "", meaning, is_kept=True)


def _quantity(column: str) -> str:
    """Return what a column counts or measures; empty for text."""
    if column in OWN_UNITS:
        return OWN_UNITS[column]
    return next((unit for end, unit in ENDINGS.items() if column.endswith(end)), "")


def _phrase(page: str, table: str, column: str, language: str) -> str:
    """Return a phrase of a column: that of its table before that of its name."""
    words = Words(page, language)
    own = f"{table}.{column}"
    return words(own if words.has(own) else column)
