"""Sentences and cells whose numbers know where they stand.

It knows tables, units and how a language writes them. It does not know what is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from landcover.outputs.amounts import column_digits, sentence_digits
from landcover.outputs.report.sheet import Row, Sheet
from landcover.outputs.section import Cell, Column, Fact, Heading, Link, Paragraph, Parts, TableView
from landcover.outputs.sharing.merging import added_up
from landcover.outputs.sharing.rounding import DIGITS as ROUNDED
from landcover.outputs.shown import Shown
from landcover.outputs.wording import NO_BREAK_SPACE, Words

__all__ = ["Teller", "Told", "Value", "day_of"]

Value = str | date | Fact | Link
"""What a phrase may be filled with."""

_MARK = "\x00"
"""Stands around the name of a value while a phrase is put together."""

MOST_DIGITS = 5
"""Digits after the point up to which percent that are not quite none or all are told from them."""


@dataclass(frozen=True, slots=True)
class Told:
    """A column of a table: its phrase, what stands in it, and how it is written.

    `unit` is "ha", "percent", "" (a plain number); `digits` after the point, None: as it fits.
    """

    key: str
    column: str
    unit: str = ""
    digits: int | None = None


class Teller:
    """Says what a run found, in one language.

    Parameters
    ----------
    shown : Shown
    language : str
    page : str
        Its phrases.
    """

    def __init__(self, shown: Shown, language: str, page: str = "report") -> None:
        self.shown, self.language = shown, language
        self.words = Words(page, language)
        self._sheets = _sheets_of(shown)

    # --- tables ------------------------------------------------------------------------------

    @property
    def zones(self) -> Sheet:
        """``zones.csv``."""
        if "zones" not in self._sheets:
            self._sheets["zones"] = Sheet("zones", self.shown.tables["zones"])
        return self._sheets["zones"]

    def sheet(self, name: str) -> Sheet | None:
        """Return a table; None where the run has none of this name, or one without rows."""
        if name not in self._sheets:
            frame = self.shown.table(name)
            if frame is None or frame.empty:
                return None
            if name == "disturbance_area":
                frame = frame[frame["every"].astype(str) == "year"]  # months are many times more
            self._sheets[name] = Sheet(name, frame, self.zones.frame)
        return self._sheets[name]

    # --- numbers -----------------------------------------------------------------------------

    def fact(
        self, sheet: Sheet, row: Row, column: str, unit: str = "", digits: int | None = None
    ) -> Fact:
        """Return a number of a table, as it is written in a sentence, with its unit."""
        value = sheet.value(row, column)
        if unit == "ha" and digits is None:
            digits = self._hectare_digits(sheet, row, _digits(value, None))
        text = self.written(value, unit, digits)
        if unit == "ha" and text:
            text += f"{NO_BREAK_SPACE}ha"
        return Fact(value, text, sheet.name, row, column)

    def hectares(self, sheet: Sheet, row: Row, column: str) -> Fact:
        """Return an area of a table."""
        return self.fact(sheet, row, column, "ha")

    def percent(self, sheet: Sheet, row: Row, column: str, digits: int | None = None) -> Fact:
        """Return a fraction of a table, as percent."""
        return self.fact(sheet, row, column, "percent", digits)

    def count(self, sheet: Sheet, row: Row, column: str) -> Fact:
        """Return a count of a table."""
        return self.fact(sheet, row, column, digits=0)

    def written(self, value: float, unit: str = "", digits: int | None = None) -> str:
        """Write a number; hectares without their unit, percent with its sign."""
        if value != value:
            return ""
        if unit == "percent":
            sign = f"{NO_BREAK_SPACE}%" if self.language == "fr" else "%"
            return self.words.number(100 * value, _telling(100 * value, digits)) + sign
        if unit == "ha":
            return self.words.number(value, _digits(value, digits))
        return self.words.number(value, 2 if digits is None else digits)

    # --- sentences ---------------------------------------------------------------------------

    def say(self, key: str, **values: Value) -> Parts:
        """Fill a phrase in; facts and links stay what they are."""
        marked = {name: f"{_MARK}{name}{_MARK}" for name in values}
        parts: list[str | Fact | Link] = []
        for n, text in enumerate(re.split(_MARK, self.words(key, **marked))):
            found = values[text] if n % 2 else text
            parts.append(str(found) if isinstance(found, date) else found)
        return tuple(part for part in parts if part != "")

    def paragraph(self, key: str, kind: str = "", **values: Value) -> Paragraph:
        """Make a paragraph of one phrase."""
        return Paragraph(self.say(key, **values), kind)

    def heading(self, key: str, phrase: str = "") -> Heading:
        """Make a heading."""
        return Heading(key, self.words(phrase or f"head_{key}"))

    def metres(self, value: float) -> str:
        """Write a distance in metres, or in kilometres from 1 km on."""
        amount, unit = (value, "m") if value < 1000 else (value / 1000, "km")
        digits = next((n for n in range(3) if round(amount, n) == amount), 3)
        return f"{self.words.number(amount, digits)}{NO_BREAK_SPACE}{unit}"

    def near_list(self, metres: float, group: str) -> str:
        """Name all that lies near the sites of a list."""
        return self.words("near_list", metres=self.metres(metres), group=group)

    def distances(self, from_m: float, to_m: float) -> str:
        """Write a ring's distances."""
        return self.words("distances", low=self.metres(from_m), high=self.metres(to_m))

    # --- tables that are shown ---------------------------------------------------------------

    def table(
        self,
        key: str,
        sheet: Sheet,
        heads: Sequence[str | Column],
        told: Sequence[Told],
        rows: Sequence[tuple[Sequence[Cell], Row]],
        note: str = "",
        is_long: bool = False,
        title: str = "",
    ) -> TableView:
        """Make a table: leading cells of words, then numbers of one table of the run.

        Parameters
        ----------
        key : str
            Its anchor; its title is the phrase `title`, else ``table_<key>``.
        sheet : Sheet
        heads : sequence of str or Column
            The leading columns; of those of our own, the phrases (``col_<name>``).
        told : sequence of Told
        rows : sequence
            The leading cells and what picks the row.
        note : str
            Written below it.
        is_long : bool
        """
        columns = [
            one if isinstance(one, Column) else Column(one, self.words(f"col_{one}"))
            for one in heads
        ]
        columns += [Column(one.column, self.words(f"col_{one.key}"), one.digits) for one in told]
        cells = [(*lead, *(self._cell(sheet, row, one) for one in told)) for lead, row in rows]
        for place, one in enumerate(told, start=len(heads)):
            if one.unit == "ha" and one.digits is None:
                cells = self._aligned(sheet, cells, place)
        named = self.words(title or f"table_{key}")
        return TableView(key, named, tuple(columns), tuple(cells), sheet.name, note, is_long)

    def _cell(self, sheet: Sheet, row: Row, told: Told) -> Cell:
        """Write one number; nothing where nobody looked."""
        value = sheet.value(row, told.column)
        if value != value:
            return None
        text = self.written(value, told.unit, told.digits)
        return Fact(value, text, sheet.name, row, told.column)

    def _aligned(
        self, sheet: Sheet, rows: list[tuple[Cell, ...]], place: int
    ) -> list[tuple[Cell, ...]]:
        """Write the hectares of one column with as many digits."""
        most = max((abs(c.value) for row in rows if isinstance(c := row[place], Fact)), default=0.0)
        digits = column_digits(most)
        return [
            (*row[:place], self._with_digits(sheet, row[place], digits), *row[place + 1 :])
            for row in rows
        ]

    def _with_digits(self, sheet: Sheet, cell: Cell, digits: int) -> Cell:
        """Write a fact with so many digits, or as many as it has."""
        if not isinstance(cell, Fact):
            return cell
        kept = self._hectare_digits(sheet, cell.row, digits)
        return replace(cell, text=self.words.number(cell.value, kept))

    def _hectare_digits(self, sheet: Sheet, row: Row, digits: int) -> int:
        """Write no more digits than were kept of hectares that were rounded when added up."""
        if digits <= ROUNDED or not self._added_up or not sheet.has("zone_id"):
            return digits
        told = {str(zone) for (zone,) in sheet.cells(row, "zone_id")}
        return digits if self._added_up.isdisjoint(told) else ROUNDED

    @cached_property
    def _added_up(self) -> frozenset[str]:
        """Rows near sensitive sites that stand for several rings."""
        return added_up(self.zones.frame) if self.shown.kept_back else frozenset()


@lru_cache(maxsize=1)
def _sheets_of(shown: Shown) -> dict[str, Sheet]:
    """Return where the tables of a run are kept once they are open: parts of a report share it."""
    del shown
    return {}


def _digits(value: float, digits: int | None) -> int:
    """Say how many digits after the point a number of a sentence has."""
    return sentence_digits(value) if digits is None else digits


def _telling(percent: float, digits: int | None) -> int:
    """Say how many digits percent have, so that few are not written as none, nor most as all."""
    wanted = _digits(percent, digits)
    if percent in (0.0, 100.0):
        return wanted
    return next(
        (n for n in range(wanted, MOST_DIGITS) if round(percent, n) not in (0.0, 100.0)), wanted
    )


def day_of(value: Any) -> date | None:
    """Return the day of a table's cell; None where it is empty."""
    return None if value is None or value != value else value.date()
