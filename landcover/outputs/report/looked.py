"""What was looked at, within which limits, and what could not be seen.

It knows tables of data and of zones, and the list of inputs. It does not know what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from landcover.outputs.report.chosen import chosen
from landcover.outputs.report.drawn import drawn
from landcover.outputs.report.inputs import (
    context_of,
    group_of,
    inputs_of,
    is_withheld,
    name_of,
    profiles_of,
    zones_of,
)
from landcover.outputs.report.sheet import Row
from landcover.outputs.report.teller import Teller, Told, day_of
from landcover.outputs.report.watch import OUTSIDE, Watch, watch_of
from landcover.outputs.report.zoning import around, records
from landcover.outputs.saying import said
from landcover.outputs.section import Block, Cell, Column, Paragraph, Section, TableView

__all__ = ["looked"]

MOST_ROWS = 40
"""Zones, and failures, that a table of this part lists; ``tables/`` have the others."""

FILE_KEYS = ("sha256", "where", "licence", "credit")
"""What a list of inputs says of a file of zones, in the order of the columns shown."""

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
    yield from chosen(teller)


def _boundaries(teller: Teller) -> Iterator[Block]:
    """Show which files of zones were used."""
    found = inputs_of(teller)
    if not found:
        yield teller.paragraph("boundaries_none", "warning")
        return
    yield teller.paragraph("boundaries_why")
    rows = [_file(teller, one) for one in zones_of(teller)]
    note = _note(teller)
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
            yield teller.paragraph(key, files=", ".join(_hashed(teller, one) for one in others))


def _hashed(teller: Teller, one: Mapping[str, Any]) -> str:
    """Name a file with its hash; of one that is withheld, neither."""
    name = name_of(teller, one)
    return name if is_withheld(teller, one) else f"{name} (SHA-256 {one.get('sha256', '')})"


def _file(teller: Teller, one: Mapping[str, Any]) -> tuple[str, ...]:
    """Tell of a file of zones what the job says of it; of a list that is withheld, its group."""
    secret = is_withheld(teller, one)
    told = ("", "", "", "") if secret else (one.get(key, "") for key in FILE_KEYS)
    sha256, where, licence, credit = (str(text or "") for text in told)
    missing = teller.words("withheld" if secret else "not_told")
    return (
        group_of(one), name_of(teller, one), sha256 or missing, where, licence or missing,
        credit or missing,
    )  # fmt: skip


def _note(teller: Teller) -> str:
    """Say where a file's date stands, and which keys of the job would fill what is missing."""
    open_ones = [one for one in zones_of(teller) if not is_withheld(teller, one)]
    lacking = [
        f"zones.{group_of(one)}.{key}"
        for one in open_ones
        for key in ("licence", "credit")
        if not one.get(key)
    ]
    told = [teller.words("note_boundaries")]
    if lacking:
        told.append(teller.words("note_not_told", keys=", ".join(lacking)))
    if len(open_ones) < len(zones_of(teller)):
        told.append(teller.words("note_withheld"))
    return " ".join(told)


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
        "unseen_whole", watch.kinds, ("name",), watch.unjudged, whole, _why(teller, watch)
    )
    rows = [
        ((name, watch.called(span)), (*picked, ("period", span)))
        for name, picked in of
        for span in watch.spans
    ]
    note = teller.words("note_unseen")
    yield teller.table("unseen", watch.years, ("name", "year"), UNSEEN, rows, note)


def _why(teller: Teller, watch: Watch) -> str:
    """Say what the columns of ground that could not be judged mean."""
    told = teller.words("note_unseen_whole")
    more = "note_outside_images" if watch.kinds.has(OUTSIDE) else "note_cloud_or_none"
    return f"{told} {teller.words(more)}"


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
