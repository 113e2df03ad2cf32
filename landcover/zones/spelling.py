"""How a CSV is spelled, and a table written in the same way.

This module knows encodings, delimiters and quotes. It does not know what columns mean.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from landcover.errors import ZoneError
from landcover.zones.features import Value
from landcover.zones.tables import Table, decoded, delimiter_of, hinted, parsed

__all__ = ["PLAIN", "Spelling", "spelling_of", "written"]


@dataclass(frozen=True, slots=True)
class Spelling:
    """Encoding (with its mark), delimiter, ends of lines, whether Excel's hint leads."""

    encoding: str
    delimiter: str
    newline: str
    leads: bool = False


PLAIN = Spelling("utf-8-sig", ";", "\r\n")
"""What Excel opens by a double click in either language; made of workbooks."""


def spelling_of(path: Path, where: str) -> Spelling:
    """Tell how a CSV is spelled, as `read_csv` reads it."""
    raw = path.read_bytes()
    text, remark = decoded(raw, where)
    newline = "\r\n" if "\r\n" in text else "\n"
    hint = hinted(text)
    encoding = "cp1252" if remark else _marked(raw)
    return Spelling(encoding, hint or delimiter_of(text), newline, bool(hint))


def _marked(raw: bytes) -> str:
    """Tell Unicode's encodings by their mark."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8"


def written(table: Table, spelling: Spelling) -> bytes:
    """Write a table so that it reads as it was.

    With fewer columns, the same delimiter or encoding can be guessed wrongly: cells are then
    quoted, the delimiter is named as Excel names it, or the text is marked as UTF-8.
    """
    text = _text(table, spelling, quoted=False)
    if not _reads_back(text, table):
        text = _text(table, spelling, quoted=True)
    if not _reads_back(text, table):
        text = _text(table, replace(spelling, leads=True), quoted=True)
    raw = text.encode(spelling.encoding)
    if decoded(raw, "")[0] != text:
        raw = text.encode("utf-8-sig")
    return raw


def _text(table: Table, spelling: Spelling, *, quoted: bool) -> str:
    """Write a table as text."""
    out = io.StringIO(newline="")
    if spelling.leads:
        out.write(f"sep={spelling.delimiter}{spelling.newline}")
    writer = csv.writer(
        out,
        delimiter=spelling.delimiter,
        lineterminator=spelling.newline,
        quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL,
    )
    writer.writerow(table.columns)
    writer.writerows([_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def _cell(cell: Value) -> str:
    """Write a cell; small and large numbers without an exponent, which no angle has."""
    if isinstance(cell, float):
        return np.format_float_positional(cell, trim="-")
    return "" if cell is None else str(cell)


def _reads_back(text: str, table: Table) -> bool:
    """Whether a table is the same when read again; rows without any cell do not count."""
    rows = [tuple(map(_cell, row)) for row in table.rows]
    try:
        again = parsed(text, "")
    except (ZoneError, csv.Error):  # one column, or a header alone, was made of it
        return False
    filled = [row for row in rows if any(map(str.strip, row))]
    return (again.columns, list(again.rows)) == (table.columns, filled)
