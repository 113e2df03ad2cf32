"""A workbook as spreadsheets read it (.xlsx, ECMA-376): sheets of typed cells, written as a stream.

It knows cells, sheets and the parts of the file. It does not know what columns mean. Text is
always text: nothing that a cell holds can become a formula. The same cells give the same bytes.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from textwrap import wrap
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from landcover.files import replacing
from landcover.outputs.spreadsheet_looks import HEAD, MAIN, STYLES, looks

__all__ = ["Sheet", "Value", "column_letters", "write_book"]

TEXT_MOST = 32_767
"""Characters of a cell that Excel can open."""

SHEET_NAME_MOST = 31
"""Characters of a sheet's name that Excel can open."""

ROWS_AT_ONCE = 2000
"""Rows put together before they are compressed."""

ZIP_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""What a zip says of when a file in it was written: nothing, so that bytes stay the same."""

EPOCH: Final = datetime(1899, 12, 30)
"""Day 0 of spreadsheets, from March 1900 on."""

SECONDS_A_DAY = 86_400.0

LETTERS = {"heading": 0.9, "strong": 0.9, "wrapped": 1.05}
"""Letters that stand where a column's width counts one digit, by look: what is bold is wider."""

LINE_POINTS = 15
"""Height of a line (points)."""

_NUMBERS: Final = {name: n for n, name in enumerate(STYLES)}

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold."""

_CODED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""Begins what a spreadsheet would take for the code of a character."""

_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PARTS = "http://schemas.openxmlformats.org/package/2006"
_KINDS = "application/vnd.openxmlformats-officedocument.spreadsheetml"

Value = str | float | int | date | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: rows of cells, and how they are shown.

    Parameters
    ----------
    name : str
    rows : iterable of rows
        Those of the head first. A cell that is None, or no finite number, is left empty.
    styles : sequence of str
        One a column, of `STYLES`, for the rows below the head.
    widths : sequence of float
        One a column (characters).
    head : sequence of str
        One style a row of the head: these rows stay in sight.
    count : int
        Number of rows, those of the head included.
    is_table : bool
        Whether its columns can be filtered, from the last row of the head on; the first column
        stays in sight, too.
    """

    name: str
    rows: Iterable[Sequence[Value]]
    styles: Sequence[str]
    widths: Sequence[float]
    head: Sequence[str]
    count: int
    is_table: bool = True


def column_letters(number: int) -> str:
    """Return the letters of a column, counted from 0: A, B, ... Z, AA.

    Examples
    --------
    >>> column_letters(27)
    'AB'
    """
    letters = ""
    number += 1
    while number:
        number, left = divmod(number - 1, 26)
        letters = chr(ord("A") + left) + letters
    return letters


# --- cells -----------------------------------------------------------------------------------


def _clean(text: str) -> str:
    """Escape a text for a cell."""
    return escape(_CODED.sub("_x005F_", _ILLEGAL.sub("", text[:TEXT_MOST])))


def _serial(moment: date) -> str:
    """Return a day or a time as the number that a spreadsheet shows as one."""
    whole = moment if isinstance(moment, datetime) else datetime(*moment.timetuple()[:3])
    since = whole.replace(tzinfo=None) - EPOCH
    return format(since.days + since.seconds / SECONDS_A_DAY, ".15g")  # to the second


def _cell(value: Value, where: str, style: int) -> str:
    """Write one cell; one that holds nothing is left out."""
    if isinstance(value, str):
        if not value:
            return ""
        text = f'<is><t xml:space="preserve">{_clean(value)}</t></is>'
        return f'<c r="{where}" s="{style}" t="inlineStr">{text}</c>'
    if value is None:
        return ""
    if isinstance(value, date):
        return f'<c r="{where}" s="{style}"><v>{_serial(value)}</v></c>'
    if not math.isfinite(value):
        return ""
    return f'<c r="{where}" s="{style}"><v>{value + 0.0:.12g}</v></c>'


def _lines(sheet: Sheet) -> Iterable[str]:
    """Write the rows of a sheet."""
    letters = [column_letters(n) for n in range(len(sheet.styles))]
    own = list(sheet.styles)
    for number, row in enumerate(sheet.rows, start=1):
        names = [sheet.head[number - 1]] * len(own) if number <= len(sheet.head) else own
        cells = "".join(
            _cell(value, f"{letter}{number}", _NUMBERS[name])
            for value, letter, name in zip(row, letters, names, strict=True)
        )
        lines = _lines_of(row, sheet.widths, LETTERS.get(names[-1], 0.0))
        height = f' ht="{LINE_POINTS * lines}" customHeight="1"' if lines > 1 else ""
        yield f'<row r="{number}"{height}>{cells}</row>'


def _lines_of(row: Sequence[Value], widths: Sequence[float], letters: float) -> int:
    """Return how many lines a row takes, by the look of its last cell: no program need find it."""
    if not letters:
        return 1
    return max(
        (
            len(wrap(value, max(int(width * letters), 1)))
            for value, width in zip(row, widths, strict=True)
            if isinstance(value, str)
        ),
        default=1,
    )


# --- parts of the file -----------------------------------------------------------------------


def _area(sheet: Sheet) -> str:
    """Return where a sheet's table stands, from the last row of its head on."""
    last = column_letters(len(sheet.styles) - 1)
    return f"A{len(sheet.head)}:{last}{max(sheet.count, len(sheet.head))}"


def _before(sheet: Sheet, *, is_first: bool) -> str:
    """Write what a sheet begins with: what stays in sight, and widths."""
    across = ' xSplit="1"' if sheet.is_table else ""
    corner = ("B" if sheet.is_table else "A") + str(len(sheet.head) + 1)
    pane = "bottomRight" if sheet.is_table else "bottomLeft"
    freeze = (
        f'<pane{across} ySplit="{len(sheet.head)}" topLeftCell="{corner}" activePane="{pane}"'
        f' state="frozen"/><selection pane="{pane}" activeCell="{corner}" sqref="{corner}"/>'
    )
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width:.6g}" customWidth="1"/>'
        for n, width in enumerate(sheet.widths, start=1)
    )
    chosen = ' tabSelected="1"' if is_first else ""
    return (
        f'{HEAD}<worksheet xmlns="{MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView{chosen} workbookViewId="0">{freeze if sheet.head else ""}'
        f"</sheetView></sheetViews><cols>{columns}</cols><sheetData>"
    )


def _after(sheet: Sheet) -> str:
    """Write what a sheet ends with: its filter, how it is printed, and that ids are text."""
    filtered = texts = ""
    if sheet.is_table:
        filtered = f'<autoFilter ref="{_area(sheet)}"/>'
        wrong = f'<ignoredError sqref="{_area(sheet)}" numberStoredAsText="1"/>'
        texts = f"<ignoredErrors>{wrong}</ignoredErrors>"
    return (
        f"</sheetData>{filtered}"
        '<pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        f"{texts}</worksheet>"
    )


def _book(sheets: Sequence[Sheet], names: Sequence[str]) -> str:
    """List the sheets, what is filtered in them, and the rows that each printed page repeats."""
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
        for n, name in enumerate(names, start=1)
    )
    defined = []
    for n, (sheet, name) in enumerate(zip(sheets, names, strict=True)):
        quoted = "'" + escape(name).replace("'", "''") + "'"
        if sheet.is_table:
            place = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", _area(sheet))
            defined.append(
                f'<definedName name="_xlnm._FilterDatabase" localSheetId="{n}" hidden="1">'
                f"{quoted}!{place}</definedName>"
            )
        if sheet.head:
            defined.append(
                f'<definedName name="_xlnm.Print_Titles" localSheetId="{n}">'
                f"{quoted}!$1:${len(sheet.head)}</definedName>"
            )
    return (
        f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{_LINKS}"><bookViews><workbookView/>'
        f"</bookViews><sheets>{listed}</sheets>"
        f"<definedNames>{''.join(defined)}</definedNames></workbook>"
    )


def _links(kinds: Sequence[tuple[str, str]]) -> str:
    """Write which part of the file leads to which: pairs of kind and target."""
    lines = "".join(
        f'<Relationship Id="rId{n}" Type="{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(kinds, start=1)
    )
    return f'{HEAD}<Relationships xmlns="{_PARTS}/relationships">{lines}</Relationships>'


def _contents(count: int) -> str:
    """Say what each part of the file is."""
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KINDS}.worksheet+xml"/>'
        for n in range(1, count + 1)
    )
    return (
        f'{HEAD}<Types xmlns="{_PARTS}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KINDS}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KINDS}.styles+xml"/>{sheets}</Types>'
    )


def _names(sheets: Sequence[Sheet]) -> list[str]:
    """Name the sheets so that a spreadsheet takes them: short, each once, without its own signs."""
    found: list[str] = []
    for sheet in sheets:
        bare = re.sub(r"[\[\]:*?/\\]", "_", _ILLEGAL.sub("", sheet.name)).strip("'") or "_"
        name, number = bare[:SHEET_NAME_MOST], 1
        while name.casefold() in (one.casefold() for one in found):
            number += 1
            name = f"{bare[: SHEET_NAME_MOST - 4]}_{number}"
        found.append(name)
    return found


def write_book(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write a workbook, whole or not at all.

    Parameters
    ----------
    path : Path
    sheets : sequence of Sheet
        The first one is seen when it is opened. Excel opens sheets of up to 1,048,576 rows.

    Raises
    ------
    DiskFullError
        The disk filled up; what was at `path` is still there.
    """
    names = _names(sheets)
    targets = [(f"{_LINKS}/worksheet", f"worksheets/sheet{n + 1}.xml") for n in range(len(sheets))]
    parts = {
        "[Content_Types].xml": _contents(len(sheets)),
        "_rels/.rels": _links([(f"{_LINKS}/officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _book(sheets, names),
        "xl/_rels/workbook.xml.rels": _links([*targets, (f"{_LINKS}/styles", "styles.xml")]),
        "xl/styles.xml": looks(),
    }
    with replacing(path) as part, zipfile.ZipFile(part, "w") as file:
        for name, text in parts.items():
            file.writestr(_info(name), text.encode())
        for n, sheet in enumerate(sheets, start=1):
            with file.open(_info(f"xl/worksheets/sheet{n}.xml"), "w") as stream:
                _write_sheet(stream.write, sheet, is_first=n == 1)


def _info(name: str) -> zipfile.ZipInfo:
    """Return how one part is kept in the file."""
    info = zipfile.ZipInfo(name, ZIP_DAY)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _write_sheet(write: Callable[[bytes], Any], sheet: Sheet, *, is_first: bool) -> None:
    """Write one sheet, some rows at once."""
    write(_before(sheet, is_first=is_first).encode())
    waiting: list[str] = []
    for line in _lines(sheet):
        waiting.append(line)
        if len(waiting) == ROWS_AT_ONCE:
            write("".join(waiting).encode())
            waiting.clear()
    write("".join([*waiting, _after(sheet)]).encode())
