"""What the report says of `composite`."""

from __future__ import annotations

from collections.abc import Iterator

from landcover.outputs.report.drawn import drawn
from landcover.outputs.report.sheet import Row, as_text
from landcover.outputs.report.teller import Teller, Told
from landcover.outputs.report.zoning import around, records
from landcover.outputs.section import Block, Section, TableView
from landcover.outputs.shown import Shown

__all__ = ["section"]

MOST_ZONES = 20
"""Zones whose years are shown; ``tables/`` have the others."""

MOST_OPEN = 40
"""Rows of a table that is not folded away."""

YEARS = (
    Told("median", "median", "", 3),
    Told("p10", "p10", "", 3),
    Told("p90", "p90", "", 3),
    Told("observed", "observed_fraction", "percent", 1),
    Told("clear_days", "clear_days", "", 1),
)
"""Columns of the table of years."""


def section(shown: Shown, language: str) -> Section | None:
    """Tell of an index over time."""
    teller = Teller(shown, language)
    blocks: tuple[Block, ...] = (
        teller.paragraph("composite_what"),
        *drawn(shown, language, "zone_series"),
        *_years(teller),
    )
    return Section("composite", teller.words("section_composite"), blocks)


def _years(teller: Teller) -> Iterator[TableView]:
    """Show each zone's index in each year, where the run made rasters of years."""
    sheet = teller.sheet("zone_years")
    if sheet is None:
        return
    rows: list[tuple[tuple[str, str, str], Row]] = []
    for name, picked in around(teller, singly=True)[:MOST_ZONES]:
        for index, year in records(sheet.rows(picked), "index", "year"):
            told = (("index", str(index)), ("year", as_text(year)))
            rows.append(((name, str(index).upper(), as_text(year)), (*picked, *told)))
    note, heads = teller.words("note_index_years"), ("name", "index", "year")
    is_long = len(rows) > MOST_OPEN
    yield teller.table("index_years", sheet, heads, YEARS, rows, note, is_long)
