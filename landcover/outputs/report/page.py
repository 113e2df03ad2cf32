"""``report.<language>.html``: sections put into a page, whole in itself.

It knows sections, templates and where each number stands. It does not know what is told.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landcover.files import write_whole
from landcover.outputs.doors import doors_of
from landcover.outputs.report.credits import credits_section
from landcover.outputs.report.finding import finding
from landcover.outputs.report.limits import limits
from landcover.outputs.report.looked import looked
from landcover.outputs.report.methods import methods
from landcover.outputs.report.places import places_section
from landcover.outputs.report.repeat import TRAIL_OF, repeat, which_sums
from landcover.outputs.report.teller import Teller
from landcover.outputs.section import Cell, Fact, Figure, Heading, Section, TableView
from landcover.outputs.shown import Shown
from landcover.outputs.wording import Words

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["Trail", "render", "sections_of", "write_report"]

MOST_MARKED = 400
"""Rows of a table each of whose numbers is marked with the cell it stands in."""

UNLISTED = frozenset({"places", "methods", "limits"})
"""Sections whose headings the contents leave out."""

_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")
"""A day as pages write it."""


class Trail:
    """Numbers the facts of sentences in the order in which they are told, each place once."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str, str], int] = {}
        self.facts: list[Fact] = []
        self.columns: dict[tuple[str, str, str], None] = {}

    def table(self, table: TableView) -> str:
        """Keep what the columns of a shown table are made of."""
        self.columns.update({(table.source, *one): None for one in sums(table)})
        return ""

    def __call__(self, fact: Fact) -> int:
        """Return a fact's number."""
        place = (fact.table, pairs(fact), fact.column)
        if place not in self._numbers:
            self.facts.append(fact)
            self._numbers[place] = len(self.facts)
        return self._numbers[place]


def write_report(shown: Shown, language: str) -> tuple[Path, ...]:
    """Write the report in one language.

    Parameters
    ----------
    shown : Shown
    language : str

    Returns
    -------
    tuple of Path
        ``OUT/report.<language>.html``.

    Raises
    ------
    DiskFullError
    """
    path = shown.out / f"report.{language}.html"
    write_whole(path, render(shown, language))
    return (path,)


def sections_of(shown: Shown, language: str) -> tuple[Section, ...]:
    """Make the parts of a report, in the order in which they are read."""
    teller = Teller(shown, language)
    products = (door.section(shown, language) for door in doors_of(shown))
    found = (
        finding(teller),
        looked(teller),
        *products,
        places_section(teller),
        methods(teller),
        limits(teller),
        credits_section(teller),
        repeat(teller),
    )
    return tuple(one for one in found if one is not None)


def render(shown: Shown, language: str) -> str:
    """Write the page.

    Returns
    -------
    str
        HTML that asks for nothing: pictures and styles lie within.
    """
    sections = sections_of(shown, language)
    words = Words("report", language)
    period = shown.about.period
    page = _template().render(
        language=language,
        words=words,
        title=shown.about.title(language),
        job=shown.about.name,
        first=period.start,
        last=period.last,
        version=shown.run.get("landcover", ""),
        sections=sections,
        contents=[(one, _headings(one)) for one in sections],
        style=_style(),
        note=Trail(),
        of_sums=TRAIL_OF.get(which_sums(shown)),
        **{one.__name__: one for one in ASKED},
    )
    return page if page.endswith("\n") else f"{page}\n"


def _headings(section: Section) -> Sequence[Heading]:
    """Return the headings that the contents list."""
    if section.key in UNLISTED:
        return ()
    return [block for block in section.blocks if isinstance(block, Heading)]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Return what renders templates: all that is filled in is escaped."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    def load(name: str) -> str:
        return files("landcover.outputs").joinpath("templates", name).read_text("utf-8")

    return Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template() -> Template:
    """Return the page's frame."""
    return _environment().get_template("report.html")


def _style() -> Any:
    """Return the page's style sheet: our own file, which needs no escaping."""
    from markupsafe import Markup

    return Markup(files("landcover.outputs").joinpath("templates", "report.css").read_text("utf-8"))  # noqa: S704


# --- what the template asks ------------------------------------------------------------------


def kind_of(thing: object) -> str:
    """Name the kind of a block or a cell."""
    return type(thing).__name__


def as_cell(cell: Cell, words: Words) -> str:
    """Write a cell that is no fact."""
    if cell is None:
        return "\u2013"
    return words.number(float(cell), 0) if isinstance(cell, int | float) else dated(str(cell))


def dated(text: str) -> str:
    """Escape a text, and mark the days in it, which do not break over lines."""
    from markupsafe import Markup, escape

    return Markup(_DAY.sub(lambda day: f"<time>{day[0]}</time>", str(escape(text))))  # noqa: S704


def numeric(table: TableView) -> list[bool]:
    """Say of each column of a table whether it holds numbers."""
    return [
        any(isinstance(row[place], Fact) for row in table.rows)
        for place in range(len(table.columns))
    ]


def pairs(fact: Fact) -> str:
    """Write what picks a fact's rows, for programs."""
    return json.dumps(dict(fact.row), ensure_ascii=False, separators=(",", ":"))


def shown_row(fact: Fact) -> str:
    """Write what picks a fact's rows, for people."""
    return ", ".join(
        f"{name} {value.replace('<=', '≤ ') if value.startswith('<=') else '= ' + value}"
        for name, value in fact.row
    )


def row_of(cells: Sequence[Cell]) -> Fact | None:
    """Return a fact that stands for a row of a table: the last one, if any."""
    facts = [cell for cell in cells if isinstance(cell, Fact)]
    return facts[-1] if facts else None


def sums(table: TableView) -> list[tuple[str, str]]:
    """Say from which columns of the run's table the columns of a shown one are."""
    found: dict[str, str] = {}
    for row in table.rows:
        for column, cell in zip(table.columns, row, strict=True):
            if isinstance(cell, Fact):
                found.setdefault(column.title, readable(cell.column))
    return list(found.items())


def readable(column: str) -> str:
    """Write the columns that a number is made of, for people."""
    part, _, whole = column.partition("/")
    texts = [one.replace("+", " + ") for one in (part, whole) if one]
    if len(texts) == 1:
        return texts[0]
    return " ÷ ".join(f"({one})" if "+" in one else one for one in texts)


def is_light(table: TableView) -> bool:
    """Say whether a table's numbers are plain text: marks of thousands of rows take seconds."""
    return len(table.rows) > MOST_MARKED


def uri(figure: Figure) -> str:
    """Write a picture as an address that holds it."""
    return f"data:{figure.mime};base64,{base64.b64encode(figure.data).decode()}"


ASKED = (kind_of, as_cell, dated, is_light, numeric, pairs, shown_row, row_of, readable, uri)
"""What the template asks."""
