"""How cells of a workbook look: fonts, grounds, formats of numbers (ECMA-376, part 1, 18.8).

It knows looks by name. It knows neither cells nor sheets.
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

__all__ = ["HEAD", "MAIN", "STYLES", "looks"]

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
"""What every part of the file begins with."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
"""Name space of sheets and looks."""

_FORMATS: Final = {
    "day": "yyyy\\-mm\\-dd",
    "time": "yyyy\\-mm\\-dd\\ hh:mm:ss",
    "whole": "#,##0",
    "two": "#,##0.00",
    "three": "0.000",
    "five": "0.00000",
    "one": "0.0",
}
"""How numbers are shown; their values are kept whole."""

FIRST_FORMAT = 164
"""Number of the first format of one's own: those below are the standard's."""

STYLES: Final = (
    "plain", "text", "heading", "name", "title", "strong", "wrapped", *_FORMATS,
)  # fmt: skip
"""Names of the looks of a cell."""

_GREY: Final = '<color rgb="FF595959"/>'
"""Of the names of columns: dark enough on the head's ground (contrast 6:1)."""


def _font(size: int, weight: str = "", hue: str = "") -> str:
    """Write one font; the order of its parts is the standard's."""
    return f'<font>{weight}<sz val="{size}"/>{hue}<name val="Calibri"/><family val="2"/></font>'


def _look(place: str, font: int = 0, fill: int = 0, number: int = 0) -> str:
    """Write one look: where its text stands, and the numbers of its font, fill and format."""
    return (
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="0" xfId="0"'
        ' applyNumberFormat="1" applyFont="1" applyFill="1" applyAlignment="1">'
        f'<alignment vertical="top"{place}/></xf>'
    )


def looks() -> str:
    """Write the looks of cells."""
    formats = "".join(
        f'<numFmt numFmtId="{FIRST_FORMAT + n}" formatCode={quoteattr(code)}/>'
        for n, code in enumerate(_FORMATS.values())
    )
    indented, wrapped = ' horizontal="left" indent="1"', ' wrapText="1"'
    own = {
        "plain": _look(""),
        "text": _look(indented),
        "heading": _look(wrapped, font=1, fill=2),
        "name": _look("", font=2, fill=2),
        "title": _look("", font=3),
        "strong": _look(wrapped, font=1),
        "wrapped": _look(indented + wrapped),
        **{name: _look("", number=FIRST_FORMAT + n) for n, name in enumerate(_FORMATS)},
    }
    fonts = _font(11) + _font(11, "<b/>") + _font(9, hue=_GREY) + _font(14, "<b/>")
    return (
        f'{HEAD}<styleSheet xmlns="{MAIN}"><numFmts count="{len(_FORMATS)}">{formats}</numFmts>'
        f'<fonts count="4">{fonts}</fonts>'
        '<fills count="3"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill><fill><patternFill patternType="solid">'
        '<fgColor rgb="FFE7EDE4"/><bgColor indexed="64"/></patternFill></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs><cellXfs count="{len(STYLES)}">{"".join(own[n] for n in STYLES)}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )
