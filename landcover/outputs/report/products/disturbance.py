"""What the report says of `disturbance` beyond its first page."""

from __future__ import annotations

from collections.abc import Iterator

from landcover.outputs.report.drawn import drawn
from landcover.outputs.report.patching import largest
from landcover.outputs.report.sheet import Row, as_text
from landcover.outputs.report.surety import rates_table
from landcover.outputs.report.teller import Teller
from landcover.outputs.report.watch import YEARS, Watch, watch_of
from landcover.outputs.report.zoning import Near, around, bands, near
from landcover.outputs.section import Block, Section, TableView
from landcover.outputs.shown import Shown

__all__ = ["section"]

MOST_ROWS = 60
"""Zones and rings that are shown; ``tables/`` have the others."""


def section(shown: Shown, language: str) -> Section | None:
    """Tell of disturbance; None where the run has no table of it."""
    teller = Teller(shown, language)
    watch = watch_of(teller)
    if watch is None:
        return None
    title = teller.words("section_disturbance")
    return Section("disturbance", title, tuple(_blocks(teller, watch)))


def _blocks(teller: Teller, watch: Watch) -> Iterator[Block]:
    """Give the parts."""
    shown, language = teller.shown, teller.language
    yield teller.paragraph(
        "disturbance_what",
        first=watch.first,
        last=watch.last,
        index=watch.settings.index.upper(),
        least=watch.least,
    )
    yield from drawn(shown, language, "disturbance_years", "before_after")
    yield _years(teller, watch)
    yield from drawn(shown, language, "yearly_area")
    for group in near(teller):
        yield _by_distance(teller, watch, group)
    yield from drawn(shown, language, "by_distance")
    yield _became(teller, watch)
    yield from largest(teller)
    rates = rates_table(teller)
    if rates:
        yield rates


def _years(teller: Teller, watch: Watch) -> TableView:
    """Show each year of each zone."""
    rows = [
        ((name, watch.called(span)), (*picked, ("period", span)))
        for name, picked in around(teller)[:MOST_ROWS]
        for span in watch.spans
    ]
    note = teller.words("note_years")
    return teller.table("years", watch.years, ("name", "year"), YEARS, rows, note)


def _by_distance(teller: Teller, watch: Watch, group: Near) -> TableView:
    """Show what was found by the distance from listed sites."""
    rows: list[tuple[tuple[str], Row]] = []
    for low, high in bands(teller, group.group):
        picked = (("group", group.group), ("kind", "ring"), ("from_m", as_text(low)),
                  ("to_m", as_text(high)))  # fmt: skip
        rows.append(((teller.distances(low, high),), picked))
    rows.append(((teller.words("within_all", metres=teller.metres(group.metres)),), group.rows))
    note = teller.words("note_distance", group=group.group)
    return teller.table(
        f"distance-{group.number}", watch.kinds, ("distance",), watch.columns, rows, note,
        title="table_distance",
    )  # fmt: skip


def _became(teller: Teller, watch: Watch) -> TableView:
    """Show what became of the ground of each zone."""
    rows = [((name,), picked) for name, picked in around(teller)[:MOST_ROWS]]
    note = teller.words("note_became")
    return teller.table("became", watch.kinds, ("name",), watch.became, rows, note)
