"""What a report is made of: sections of sentences, tables and figures, each traceable.

Nouns alone. A number in a sentence or a table says which table of the run it was read from, so
that a reader, and a test, can find it there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

__all__ = ["Block", "Cell", "Column", "Fact", "Figure", "Paragraph", "Section", "TableView"]

Cell = str | float | int | date | None
"""What a table shows; None is written as nothing."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A number in a sentence: `text` as it is written, `value` as the table has it.

    `table` is the file's name without ending, `row` (column, value) pairs that pick its row,
    `column` where the number stands. A number made of several cells names them in `column`,
    joined by ``+``.
    """

    value: float
    text: str
    table: str
    row: tuple[tuple[str, str], ...]
    column: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: plain text and facts, in order. `kind` is "" or "lead", "note", "warning"."""

    parts: tuple[str | Fact, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table as it is shown: `digits` after the point; None for text and days."""

    key: str
    title: str
    digits: int | None = None


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as a report shows it; `source` names the table of the run ("disturbance_area")."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: str
    note: str = ""


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


Block = Paragraph | TableView | Figure


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under one heading."""

    key: str
    title: str
    blocks: tuple[Block, ...]
