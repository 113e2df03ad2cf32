"""Tables as Excel writes them: CSV in either language, and .xlsx.

This module knows how cells are written down. It does not know what columns mean.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from landcover.errors import ZoneError
from landcover.zones.columns import nearest_name
from landcover.zones.features import Value

__all__ = ["Table", "decoded", "delimiter_of", "hinted", "parsed", "read_csv", "read_xlsx"]

DELIMITERS = ";\t,|"
SMALLEST_FIELD_LIMIT = 10_000_000
"""Longest cell of a CSV (characters); geometry as text can exceed Python's 131,072."""

LARGEST_SHEET_BYTES = 1_000_000_000
"""A workbook that unpacks to more is refused: it would fill the memory."""


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows; each row has its number as a spreadsheet counts it."""

    columns: tuple[str, ...]
    numbers: tuple[int, ...]
    rows: tuple[tuple[Value, ...], ...]
    remarks: tuple[str, ...] = ()

    def column(self, name: str) -> list[Value]:
        """Return the cells of a column."""
        place = self.columns.index(name)
        return [row[place] for row in self.rows]

    def taken(self, places: Sequence[int]) -> Table:
        """Return only the rows at `places`."""
        numbers = tuple(self.numbers[place] for place in places)
        return Table(self.columns, numbers, tuple(self.rows[p] for p in places), self.remarks)


def read_csv(path: Path, where: str) -> Table:
    """Read a CSV, whatever its delimiter and encoding.

    Parameters
    ----------
    path : Path
    where : str
        The job's key, for errors.
    """
    text, remark = decoded(path.read_bytes(), where)
    try:
        return parsed(text, where, (remark,) if remark else ())
    except csv.Error as error:
        raise ZoneError(where, f"{path.name} is not a table ({error})", "Save it again") from error


def parsed(text: str, where: str, remarks: tuple[str, ...] = ()) -> Table:
    """Read a CSV's text, by the delimiter that it names or shows."""
    hint = hinted(text)
    body = text.partition("\n")[2] if hint else text
    csv.field_size_limit(SMALLEST_FIELD_LIMIT)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=hint or delimiter_of(text))
    return _table(list(enumerate(reader, start=2 if hint else 1)), remarks, where)


def hinted(text: str) -> str:
    """Return the delimiter that Excel's own hint names (``sep=;``); empty without one."""
    first = text.partition("\n")[0].rstrip("\r").lstrip()
    return (first[4:5] or ";") if first.lower().startswith("sep=") else ""


def decoded(raw: bytes, where: str) -> tuple[str, str]:
    """Decode a file; say so where the encoding had to be guessed."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16"), ""
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252"), "it is not UTF-8 and was read as Windows-1252"
    except UnicodeDecodeError as error:
        remedy = "Save it as 'CSV UTF-8' in Excel"
        raise ZoneError(where, "neither UTF-8 nor Windows-1252 text", remedy) from error


def delimiter_of(text: str) -> str:
    """Return the sign that parts the header's cells: the one seen most outside quotes."""
    header = next((line for line in text.splitlines() if line.strip()), "")
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count) if any(map(bare.count, DELIMITERS)) else ";"


def read_xlsx(path: Path, sheet: str | None, where: str) -> Table:
    """Read one sheet of a workbook: the named one, else the first that has cells.

    Parameters
    ----------
    path : Path
    sheet : str or None
        The job's `layer`.
    where : str
        The job's key, for errors.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    _check_size(path, where)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # styles and validations it cannot keep: we read cells
        try:
            book = load_workbook(path, read_only=True, data_only=True)
        except (InvalidFileException, KeyError, ValueError, OSError) as error:
            remedy = "Save it again as .xlsx or as CSV"
            raise ZoneError(where, f"{path.name} cannot be read ({error})", remedy) from error
        try:
            sheets = {name: _lines(book[name].values) for name in book.sheetnames}
        finally:
            book.close()
    return _sheet(sheets, sheet, where)


def _check_size(path: Path, where: str) -> None:
    """Refuse a workbook that would unpack without end."""
    with zipfile.ZipFile(path) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > LARGEST_SHEET_BYTES:
        raise ZoneError(where, f"{path.name} unpacks to {size / 1e9:.1f} GB", "Save it as CSV")


def _lines(values: Iterable[Sequence[object]]) -> list[tuple[int, list[Value]]]:
    """Write a sheet's rows with their numbers; cells become text, numbers, booleans or None."""
    return [(n, [_cell(cell) for cell in row]) for n, row in enumerate(values, start=1)]


def _cell(cell: object) -> Value:
    """Write dates as ISO text."""
    if cell is None or isinstance(cell, str | int | float | bool):
        return cell
    return cell.isoformat() if isinstance(cell, datetime | date | time) else str(cell)


def _sheet(sheets: dict[str, list[tuple[int, list[Value]]]], name: str | None, where: str) -> Table:
    """Choose a sheet."""
    if name is not None and name not in sheets:
        raise ZoneError(f"{where}.layer", f"no sheet {name!r}", nearest_name(name, list(sheets)))
    full = [key for key, lines in sheets.items() if any(map(_filled, lines))]
    chosen = name if name is not None else next(iter(full), next(iter(sheets)))
    others = [key for key in full if key != chosen]
    remark = f"sheet {chosen!r} was read, not {', '.join(others)}"
    return _table(sheets[chosen], (remark,) if others and name is None else (), where)


def _filled(line: tuple[int, Sequence[Value]]) -> bool:
    """Whether any cell of a row holds something."""
    return any(cell is not None and str(cell).strip() for cell in line[1])


def _table(
    lines: Sequence[tuple[int, Sequence[Value]]], remarks: tuple[str, ...], where: str
) -> Table:
    """Take the first filled row as the header, and leave blank rows out."""
    full = [line for line in lines if _filled(line)]
    if len(full) < 2:
        what = "the table is empty" if not full else "the table has a header and no rows"
        raise ZoneError(where, what, "Give a file with at least one row")
    columns = _headers(full[0][1])
    width = len(columns)
    rows = tuple(tuple([*row, *[None] * width][:width]) for _, row in full[1:])
    return Table(columns, tuple(number for number, _ in full[1:]), rows, remarks)


def _headers(cells: Sequence[Value]) -> tuple[str, ...]:
    """Name columns; one without a name, or with a name seen before, gets its number."""
    names: list[str] = []
    for place, cell in enumerate(cells, start=1):
        name = "" if cell is None else str(cell).strip()
        names.append(name if name and name not in names else f"{name or 'column'} ({place})")
    return tuple(names)
