"""What the report says of `trend`."""

from __future__ import annotations

from collections.abc import Iterator

from landcover.outputs.report.sheet import Sheet
from landcover.outputs.report.teller import Teller
from landcover.outputs.report.trending import AREAS, trend_sentences
from landcover.outputs.report.zoning import Place, all_zones, wholes
from landcover.outputs.section import Block, Paragraph, Section
from landcover.outputs.shown import Shown

__all__ = ["section"]

MOST_ZONES = 30
"""Zones that are shown; ``tables/`` have the others."""

LEADS = 3
"""Zones told of in sentences."""


def section(shown: Shown, language: str) -> Section | None:
    """Tell of trends; None where the run has no table of them."""
    teller = Teller(shown, language)
    sheet = teller.sheet("trend_area")
    if sheet is None:
        return None
    return Section("trend", teller.words("section_trend"), tuple(_blocks(teller, sheet)))


def _blocks(teller: Teller, sheet: Sheet) -> Iterator[Block]:
    """Give the parts."""
    of = (wholes(teller) or all_zones(teller))[:MOST_ZONES]
    yield teller.paragraph("trend_what")
    for place in of[:LEADS]:
        for parts in trend_sentences(teller, place):
            yield Paragraph(parts)
    rows = [
        ((place.name, str(index).upper()), (*place.rows, ("index", str(index))))
        for place in of
        for index in _indices(sheet, place)
    ]
    note = teller.words("note_trend")
    yield teller.table("trend", sheet, ("name", "index"), AREAS, rows, note)
    row = (*of[0].rows, ("index", _indices(sheet, of[0])[0]))
    rate = teller.percent(sheet, row, "false_discovery_rate", 0)
    if rate.text:
        yield teller.paragraph("trend_false", rate=rate)
    if teller.sheet("disturbance_kinds") is not None:
        yield teller.paragraph("trend_and_watch")


def _indices(sheet: Sheet, place: Place) -> tuple[str, ...]:
    """Return the indices whose trend in a place is told."""
    return tuple(dict.fromkeys(map(str, sheet.rows(place.rows)["index"])))
