"""What was looked at, within which limits, and what could not be seen.

It knows tables of data and of zones, and the list of inputs. It does not know what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from landcover.outputs.report.drawn import drawn
from landcover.outputs.report.inputs import (
    context_of,
    group_of,
    inputs_of,
    name_of,
    profiles_of,
    said,
    zones_of,
)
from landcover.outputs.report.sheet import Row
from landcover.outputs.report.teller import Teller, Told, day_of
from landcover.outputs.report.watch import BLIND, Watch, watch_of
from landcover.outputs.report.zoning import around, records
from landcover.outputs.section import Block, Cell, Column, Paragraph, Section, TableView

__all__ = ["looked"]

MOST_ROWS = 40
"""Zones, and failures, that a table of this part lists; ``tables/`` have the others."""

DATA = (Told("scenes", "scenes", "", 0), Told("dropped", "dropped", "", 0))

SIGHT = (
    Told("area", "area_ha", "ha"),
    Told("dates_seen", "dates_seen", "", 0),
    Told("dates_clear", "dates_clear", "", 0),
    Told("clear_share", "mean_clear_fraction", "percent", 0),
)

UNSEEN = (
    Told("not_observable", "not_observable_ha", "ha"),
    Told("not_observable_share", "not_observable_ha/area_ha", "percent", 1),
)

WHOLE = (
    Told("area", "area_ha", "ha"),
    Told("history_short", "history_too_short_ha", "ha"),
    Told("history_unstable", "history_unstable_ha", "ha"),
    Told("outside_images", "outside_images_ha", "ha"),
    Told("not_watched", "not_watched_ha", "ha"),
    Told("blind", BLIND, "ha"),
    Told("blind_share", f"{BLIND}/area_ha", "percent", 1),
)


def looked(teller: Teller) -> Section:
    """Say what was looked at and what could not be seen."""
    return Section("looked", teller.words("section_looked"), tuple(_blocks(teller)))


def _blocks(teller: Teller) -> Iterator[Block]:
    """Give the parts."""
    yield from _data(teller)
    yield from drawn(teller.shown, teller.language, "locator")
    yield teller.heading("boundaries")
    yield from _boundaries(teller)
    yield teller.heading("blind")
    yield from _sight(teller)
    yield from drawn(teller.shown, teller.language, "clear_looks")
    watch = watch_of(teller)
    if watch:
        yield from _unseen(teller, watch)
    yield from _failures(teller)


def _data(teller: Teller) -> Iterator[Block]:
    """Show which scenes were read."""
    period = teller.shown.about.period
    yield teller.paragraph("data_period", first=period.start, last=period.last)
    sheet = teller.sheet("data_used")
    if sheet is None:
        yield teller.paragraph("data_none", "warning")
        return
    names = ("source", "sensor", "collection", "catalog", "first_date", "last_date")
    rows: list[tuple[Sequence[Cell], Row]] = [
        ((source, sensor, collection or catalog, day_of(first), day_of(last)),
         (("source", source),))
        for source, sensor, collection, catalog, first, last in records(sheet.frame, *names)
    ]  # fmt: skip
    heads = ("source", "sensor", "collection", "first", "last")
    yield teller.table("data", sheet, heads, DATA, rows, teller.words("note_data"))


def _boundaries(teller: Teller) -> Iterator[Block]:
    """Show which files of zones were used."""
    found = inputs_of(teller)
    if not found:
        yield teller.paragraph("boundaries_none", "warning")
        return
    secret = teller.shown.about.secret
    yield teller.paragraph("boundaries_why")
    rows: list[tuple[str, ...]] = [
        (
            group_of(one),
            name_of(one),
            str(one.get("sha256", "")),
            "" if group_of(one) in secret else str(one.get("where", "")),
            str(one.get("licence", "")) or teller.words("not_told"),
            str(one.get("credit", "")) or teller.words("not_told"),
        )
        for one in zones_of(teller)
    ]
    note = teller.words("note_boundaries")
    heads = ["group", "file", "sha256", "where", "licence", "credit"]
    if not any(row[3] for row in rows):
        heads.remove("where")
        rows = [(*row[:3], *row[4:]) for row in rows]
    else:
        note = f"{teller.words('note_rows_taken')} {note}"
    columns = tuple(Column(name, teller.words(f"col_{name}")) for name in heads)
    title = teller.words("table_boundaries")
    yield TableView("boundaries", title, columns, tuple(rows), "inputs/inputs.json", note)
    for key, others in (
        ("profiles_used", profiles_of(teller)),
        ("boundaries_context", context_of(teller)),
    ):
        if others:
            yield teller.paragraph(key, files=", ".join(map(_hashed, others)))


def _hashed(one: Mapping[str, Any]) -> str:
    """Name a file with its hash."""
    return f"{name_of(one)} (SHA-256 {one.get('sha256', '')})"


def _sight(teller: Teller) -> Iterator[Block]:
    """Show how often each zone was seen."""
    of = around(teller, singly=True)
    note = teller.words("note_sight")
    if len(of) < len(teller.zones.frame):
        note = f"{note} {teller.words('note_more_zones')}"
    rows = [((name,), picked) for name, picked in of[:MOST_ROWS]]
    yield teller.paragraph("sight_why")
    unmasked = [one.source for one in teller.shown.about.clearings if not one.masked]
    if unmasked:
        yield teller.paragraph("sight_unmasked", "warning", sources=", ".join(unmasked))
    yield teller.table("sight", teller.zones, ("name",), SIGHT, rows, note)


def _unseen(teller: Teller, watch: Watch) -> Iterator[Block]:
    """Show of how much ground nothing can be said."""
    of = around(teller)[:MOST_ROWS]
    yield teller.paragraph("unseen_why")
    whole = [((name,), picked) for name, picked in of]
    yield teller.table(
        "unseen_whole", watch.kinds, ("name",), WHOLE, whole, teller.words("note_unseen_whole")
    )
    rows = [
        ((name, watch.called(span)), (*picked, ("period", span)))
        for name, picked in of
        for span in watch.spans
    ]
    note = teller.words("note_unseen")
    yield teller.table("unseen", watch.years, ("name", "year"), UNSEEN, rows, note)


def _failures(teller: Teller) -> Iterator[Block]:
    """Show what should have been read and could not be."""
    sheet = teller.sheet("failures")
    run = teller.shown.run
    if sheet is None:
        yield teller.paragraph("failures_none")
    else:
        columns = tuple(Column(name, teller.words(f"col_{name}")) for name in ("scene", "reason"))
        listed = records(sheet.frame.head(MOST_ROWS), "scene", "reason")
        rows = tuple((str(scene), said(str(reason))) for scene, reason in listed)
        title = teller.words("table_failures")
        yield teller.paragraph("failures_some", "warning")
        yield TableView("failures", title, columns, rows, "failures", is_long=len(rows) > 10)
    if run.get("tiles_done", 0) < run.get("tiles_total", 0):
        yield Paragraph((teller.words("tiles_missing"),), "warning")
