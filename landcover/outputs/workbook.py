"""``tables.<language>.xlsx``: every table of a run as a sheet, with notes and a dictionary.

It knows what the sheets say. It computes nothing: a cell holds what the table holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from landcover.outputs.dictionary import Entry, about_table, entry_of
from landcover.outputs.shown import Shown
from landcover.outputs.spreadsheet import Sheet, Value, write_book
from landcover.outputs.wording import Words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SHEET_ROWS_MOST", "write_workbook"]

SHEET_ROWS_MOST = 250_000
"""Rows of a table that is given a sheet. That many, of 19 columns, are 30 MB and take 10 s to
write; LibreOffice opens them in 10 s. Of a longer table no row stands in the workbook: totals of
a part would be wrong. (A sheet's own end, in Excel, is 1,048,576.)"""

ORDER: Final = (
    "zones", "disturbance_area", "disturbance_kinds", "patches", "patch_years", "disturbance_rates",
    "trend_area", "zone_years", "zone_series", "data_used", "scenes", "failures",
)  # fmt: skip
"""Tables in the order of their sheets; others come after."""

LOOKS: Final[Mapping[str, str]] = {
    "ha": "two",
    "m": "whole",
    "fraction": "three",
    "percent": "one",
    "degrees": "five",
    "index": "three",
    "pixels": "whole",
    "years": "plain",
    "days": "one",
    "number": "whole",
    "day": "day",
    "time": "time",
}
"""How quantities are shown."""

WIDTH_LEAST, WIDTH_MOST = 9.0, 44.0
"""Width of columns (characters)."""

FILTER_WIDTH = 3
"""Room for the button of a filter beside a column's name (characters)."""

LOOKED_AT = 500
"""Rows that a column's width is found from."""


def write_workbook(shown: Shown, language: str) -> tuple[Path, ...]:
    """Write ``tables.<language>.xlsx``.

    Parameters
    ----------
    shown : Shown
    language : str

    Returns
    -------
    tuple of Path
        The workbook. Its first sheet has notes; then each table has a sheet, whose first row has
        titles with units and whose second the columns' names; the last one says what each column
        means.
    """
    path = shown.out / f"tables.{language}.xlsx"
    names = _ordered(shown.tables)
    entries = {
        name: [entry_of(name, str(column), language) for column in shown.tables[name].columns]
        for name in names
    }
    sheets = [_table(shown.tables[name], name, entries[name], language) for name in names]
    words = Words("workbook", language)
    write_book(path, [_notes(shown, names, words), *sheets, _dictionary(entries, words)])
    return (path,)


def _ordered(tables: Mapping[str, Any]) -> list[str]:
    """Put tables in the order of their sheets."""
    places = {name: n for n, name in enumerate(ORDER)}
    return sorted(tables, key=lambda name: (places.get(name, len(ORDER)), name))


# --- tables ----------------------------------------------------------------------------------


def _table(table: pd.DataFrame, name: str, entries: Sequence[Entry], language: str) -> Sheet:
    """Return the sheet of a table."""
    if len(table) > SHEET_ROWS_MOST:
        return _too_long(len(table), name, Words("workbook", language))
    looks = [_look(table.iloc[:, n], entry) for n, entry in enumerate(entries)]
    widths = [
        _width(table.iloc[:LOOKED_AT, n], entry, look)
        for n, (entry, look) in enumerate(zip(entries, looks, strict=True))
    ]
    return Sheet(name, _rows(table, entries), looks, widths, ("heading", "name"), len(table) + 2)


def _rows(table: pd.DataFrame, entries: Sequence[Entry]) -> Iterator[Sequence[Value]]:
    """Give the rows of a sheet: titles, names, figures."""
    yield [entry.heading for entry in entries]
    yield [entry.column for entry in entries]
    columns = [_cells(table.iloc[:, n]) for n in range(len(entries))]
    yield from zip(*columns, strict=True)


def _cells(column: pd.Series[Any]) -> list[Value]:
    """Return a column as what a sheet takes; what is missing is None."""
    kind = column.dtype.kind
    if kind == "M":
        return [None if missing else moment.to_pydatetime() for moment, missing in
                zip(column, column.isna(), strict=True)]  # fmt: skip
    if kind in "iuf":
        return column.tolist()  # what is no number is left out by the sheet
    if kind == "b":
        return ["true" if one else "false" for one in column]
    return [None if missing else str(one) for one, missing in
            zip(column, column.isna(), strict=True)]  # fmt: skip


def _look(column: pd.Series[Any], entry: Entry) -> str:
    """Return how a column is shown."""
    look = LOOKS.get(entry.quantity, "plain")
    if column.dtype.kind == "M":
        return look if look in ("day", "time") else "day"
    return look if column.dtype.kind in "iuf" else "text"


def _width(column: pd.Series[Any], entry: Entry, look: str) -> float:
    """Return how wide a column is: its name and most of its cells can be read."""
    if look == "time":
        longest = len("2020-01-01 00:00:00")
    elif look == "text":
        longest = max((len(str(one)) for one in column), default=0)
    else:
        longest = len("2020-01-01")
    word = max(len(word) for word in entry.heading.split()) if entry.heading.strip() else 0
    wide = max(len(entry.column) + FILTER_WIDTH, longest + 3, word + 2)
    return min(max(float(wide), WIDTH_LEAST), WIDTH_MOST)


def _too_long(rows: int, name: str, words: Words) -> Sheet:
    """Return the sheet of a table that is too long for one: it says where it stands whole."""
    most = words.number(SHEET_ROWS_MOST, 0)
    told = words("too_long", rows=words.number(rows, 0), most=most, table=name)
    return Sheet(name, [(told,)], ("wrapped",), (100.0,), (), 1, is_table=False)


# --- what stands beside them -----------------------------------------------------------------


def _notes(shown: Shown, names: Sequence[str], words: Words) -> Sheet:
    """Return the first sheet: what the workbook is, how to read it, which sheets it has."""
    scenes = shown.run.get("scenes", {})
    made = words(
        "made",
        version=shown.run.get("landcover", ""),
        scenes=words.number(scenes.get("count", 0), 0),
        sha256=scenes.get("sha256", ""),
    )
    rows: list[Sequence[Value]] = [
        (words("title", title=shown.about.title(words.language)), None, None),
        (None, None, None),
        (words("column_sheet"), words("column_rows"), words("column_what")),
    ]
    rows += [(name, len(shown.tables[name]), about_table(name, words.language)) for name in names]
    rows.append((None, None, None))
    told = ("heads", "empty", "kinds", "rounding", "mining")
    rows += [(None, None, text) for text in (*(words(key) for key in told), made)]
    return Sheet(
        words("sheet_notes"), rows, ("text", "whole", "wrapped"), (24.0, 10.0, 100.0),
        ("title", "plain", "strong"), len(rows), is_table=False,
    )  # fmt: skip


def _dictionary(entries: Mapping[str, Sequence[Entry]], words: Words) -> Sheet:
    """Return the last sheet: what each column of each table means."""
    heads = ("column_table", "column_column", "column_title", "column_unit", "column_meaning")
    rows: list[Sequence[Value]] = [[words(key) for key in heads]]
    rows += [
        (one.table, one.column, one.title, one.unit or words("text"), one.meaning)
        for own in entries.values()
        for one in own
    ]
    styles = ("text", "text", "text", "text", "wrapped")
    widths = (20.0, 32.0, 34.0, 16.0, 90.0)
    return Sheet(words("sheet_dictionary"), rows, styles, widths, ("heading",), len(rows))
