"""What a report is made of: sections of sentences, tables and figures, each traceable.

Nouns alone. A number in a sentence or a table says which table of the run it was read from, so
that a reader, and a test, can find it there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

__all__ = [
    "Block",
    "Cell",
    "Column",
    "Commands",
    "Fact",
    "Figure",
    "Heading",
    "Link",
    "Listing",
    "Paragraph",
    "Parts",
    "Section",
    "TableView",
]


@dataclass(frozen=True, slots=True)
class Fact:
    """A number in a sentence: `text` as it is written, `value` as the table has it.

    `table` is the file's name without ending, `row` (column, value) pairs that pick its row or
    rows, `column` where the number stands. A number made of several cells names their columns in
    `column`, joined by ``+``; a share has the sum of its parts and the sum of its whole, with
    ``/`` between them. Over several rows each column is summed first. A pair whose value begins
    with ``<=`` takes the rows whose cell is at most that, and those whose cell is empty. `group`
    and `parent` pick rows of any table by its zones, as ``zones.csv`` has them.
    """

    value: float
    text: str
    table: str
    row: tuple[tuple[str, str], ...]
    column: str


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to another place of the same page."""

    text: str
    anchor: str


Cell = str | float | int | date | Fact | Link | None
"""What a table shows; None is written as nothing."""

Parts = tuple[str | Fact | Link, ...]
"""What a sentence is made of, in order."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a section; `key` is its anchor."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: plain text and facts, in order. `kind` is "" or "lead", "note", "warning"."""

    parts: Parts
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Points of a list."""

    items: tuple[Parts, ...]


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines to be typed into a terminal."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table as it is shown: `digits` after the point; None for text and days."""

    key: str
    title: str
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as a report shows it; `source` names the table of the run ("disturbance_area").

    One whose `is_long` is folded away until it is opened; print shows it.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: str
    note: str = ""
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture or chart: bytes of SVG, PNG or WebP.

    `caption` says what to see, `alt` what it shows to who cannot see it, `source` data, scale
    and date.
    """

    key: str
    data: bytes = field(repr=False)
    mime: str
    title: str
    caption: str
    alt: str
    source: str = ""


Block = Heading | Paragraph | Listing | Commands | TableView | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under one heading."""

    key: str
    title: str
    blocks: tuple[Block, ...]
