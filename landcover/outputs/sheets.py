"""A table, and how it is written: CSV that any program reads the same.

It knows cells and files. It does not know what columns mean.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from landcover.files import replacing

__all__ = ["Cell", "Table", "write_rows", "write_table"]

DIGITS = 12
"""Significant digits of a number in a table: two that agree to 1e-9 are still told to agree."""

_FORMAT = f".{DIGITS}g"

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula."""

Cell = str | float | int | bool | date | None


class Table(NamedTuple):
    """Column names, and rows of as many cells."""

    columns: tuple[str, ...]
    rows: Iterable[Sequence[Cell]]


def _number(value: float) -> str:
    """Write a number, the same on every machine; what is not finite is not a number."""
    return format(value + 0.0, _FORMAT) if math.isfinite(value) else ""  # + 0.0: no minus zero


def _text(value: str) -> str:
    """Write text so that no spreadsheet takes it for a formula."""
    return f"'{value}" if value.startswith(_FORMULA) else value


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    float: _number,
    str: _text,
    int: str,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "",
}
"""How the commonest cells are written, by their exact type: tables have millions of them."""


def _cell(value: Cell) -> str:
    """Write one cell."""
    write = _WRITERS.get(type(value))
    if write is not None:
        return write(value)
    return value.isoformat() if isinstance(value, date) else _number(float(value))  # type: ignore[arg-type]


def write_table(path: Path, table: Table) -> int:
    """Write a table as CSV, whole or not at all.

    UTF-8, commas, a point as decimal mark, lines that end with a line feed, numbers with 12
    significant digits. Text that a spreadsheet would take for a formula gets a leading
    apostrophe.

    Parameters
    ----------
    path : Path
        Where it will be.
    table : Table
        Columns and rows.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    DiskFullError
        The disk filled up; what was at `path` is still there.
    """
    with replacing(path) as part, part.open("w", encoding="utf-8", newline="") as file:
        return write_rows(file, table)


def write_rows(file: TextIO, table: Table) -> int:
    """Write a table as CSV to an open file, as `write_table` does; return the number of rows."""
    count = 0
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_cell(name) for name in table.columns)
    for row in table.rows:
        writer.writerow(map(_cell, row))
        count += 1
    return count
