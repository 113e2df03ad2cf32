"""What the table of `trend` says, in words.

It knows the columns of ``trend_area.csv``. It does not know where in a report they are told.
"""

from __future__ import annotations

from collections.abc import Iterator

from landcover.outputs.report.sheet import Row
from landcover.outputs.report.teller import Teller, Told, Value, day_of
from landcover.outputs.report.zoning import Place
from landcover.outputs.section import Parts

__all__ = ["AREAS", "trend_sentences"]

AREAS = (
    Told("declining", "declining_ha", "ha"),
    Told("declining_share", "declining_fraction", "percent", 1),
    Told("rising", "rising_ha", "ha"),
    Told("rising_share", "rising_fraction", "percent", 1),
    Told("neither", "none_ha", "ha"),
    Told("untested", "untested_ha", "ha"),
    Told("untested_share", "untested_fraction", "percent", 1),
)
"""Columns of a table of trends."""


def trend_sentences(teller: Teller, place: Place) -> Iterator[Parts]:
    """Say for each index on how much of a place it falls and rises."""
    sheet = teller.sheet("trend_area")
    if sheet is None:
        return
    for index in sheet.rows(place.rows)["index"]:
        rows: Row = (*place.rows, ("index", str(index)))
        row = sheet.rows(rows).iloc[0]
        first, last = day_of(row["first_date"]), day_of(row["last_date"])
        values: dict[str, Value] = {"name": place.name, "index": str(index).upper()}
        untested = teller.hectares(sheet, rows, "untested_ha")
        if first is None or last is None:
            yield teller.say("trend_blind", **values)
            continue
        yield teller.say(
            "trend_some", **values, untested=untested, first=first, last=last,
            declining=teller.hectares(sheet, rows, "declining_ha"),
            declining_share=teller.percent(sheet, rows, "declining_fraction", 1),
            rising=teller.hectares(sheet, rows, "rising_ha"),
            rising_share=teller.percent(sheet, rows, "rising_fraction", 1),
            untested_share=teller.percent(sheet, rows, "untested_fraction", 1),
        )  # fmt: skip
