"""How sure it is: what a run measured of its own errors, ``disturbance_rates.csv``, in words.

It knows rates and their limits. It measures nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from landcover.outputs.rates import FEWEST_CELLS, LEAST_POWER, WIDEST
from landcover.outputs.report.sheet import Row, Sheet
from landcover.outputs.report.teller import Teller, Told
from landcover.outputs.report.watch import DISTURBED, WATCHED, Watch
from landcover.outputs.section import Paragraph, TableView

__all__ = ["bounded", "rates_table", "sureness"]

SHARES = (
    Told("share", "share", "percent", 2),
    Told("interval_low", "low", "percent", 2),
    Told("interval_high", "high", "percent", 2),
    Told("watches", "watches", "", 0),
    Told("cells", "cells", "", 0),
)
"""Columns of the table of rates."""


BOUNDS = {"years": "sure_bound_by_years", "places": "sure_bound_by_places"}
"""Phrases by what a rate's interval is bounded by."""


def _of(measure: str) -> Row:
    """Return what picks a rate."""
    return (("measure", measure),)


def sureness(teller: Teller) -> tuple[Paragraph, ...]:
    """Say how often a run alarms falsely and how much it misses; why, where that is not known."""
    sheet = teller.sheet("disturbance_rates")
    if sheet is None:
        return ()
    told = tuple(_sentences(teller, sheet))
    return told or _as_the_run_says(teller)


def _as_the_run_says(teller: Teller) -> tuple[Paragraph, ...]:
    """Say in the run's own words why nothing could be measured."""
    told = teller.shown.run.get("disturbance", {}).get("false_alarms", {}).get("words", {})
    text = told.get(teller.language, "")
    return (Paragraph((text,), "warning"),) if text else ()


def _sentences(teller: Teller, sheet: Sheet) -> Iterator[Paragraph]:
    """Give what was measured."""
    row = _of("false_alarms_monitored")
    if not sheet.value(row, "share") >= 0:
        return
    yield teller.paragraph(
        "sure_false",
        share=teller.percent(sheet, row, "share", 2),
        low=teller.percent(sheet, row, "low", 2),
        high=teller.percent(sheet, row, "high", 2),
        watches=teller.count(sheet, row, "watches"),
        cells=teller.count(sheet, row, "cells"),
    )
    yield from _doubt(teller, sheet, row)
    yield from _bounded_by(teller, sheet, row)
    yield from _power(teller, sheet)


def _doubt(teller: Teller, sheet: Sheet, row: Row) -> Iterator[Paragraph]:
    """Say where a rate says little."""
    if sheet.value(row, "cells") < FEWEST_CELLS:
        yield teller.paragraph("sure_few", "warning")
    elif sheet.value(row, "high") - sheet.value(row, "low") > WIDEST:
        yield teller.paragraph("sure_wide", "warning")


def _bounded_by(teller: Teller, sheet: Sheet, row: Row) -> Iterator[Paragraph]:
    """Say what makes the interval as wide as it is, and so what would narrow it."""
    if sheet.has("bounded_by"):
        cause = str(sheet.rows(row)["bounded_by"].iloc[0])
        if cause in BOUNDS:
            yield teller.paragraph(BOUNDS[cause], "quiet")


def _power(teller: Teller, sheet: Sheet) -> Iterator[Paragraph]:
    """Say how many drops that were put in were found."""
    found, confirmed = _of("power_found"), _of("power_confirmed")
    if not sheet.value(found, "share") >= 0:
        yield teller.paragraph("sure_no_power", "warning")
        return
    yield teller.paragraph(
        "sure_power",
        drop=teller.fact(sheet, found, "drop"),
        index=str(sheet.rows(found)["index"].iloc[0]).upper(),
        found=teller.percent(sheet, found, "share", 1),
        found_low=teller.percent(sheet, found, "low", 1),
        found_high=teller.percent(sheet, found, "high", 1),
        confirmed=teller.percent(sheet, confirmed, "share", 1),
        low=teller.percent(sheet, confirmed, "low", 1),
        high=teller.percent(sheet, confirmed, "high", 1),
    )
    shares = [sheet.value(row, "share") for row in (found, confirmed)]
    if not all(share >= LEAST_POWER for share in shares):
        yield teller.paragraph("sure_low", "warning")
    elif sheet.value(confirmed, "low") < LEAST_POWER:
        yield teller.paragraph("sure_may_be_low", "warning")


def bounded(teller: Teller, watch: Watch, places: Sequence[tuple[str, Row]]) -> Iterator[Paragraph]:
    """Say where false alarms alone could make up the share that was found."""
    sheet, row = teller.sheet("disturbance_rates"), _of("false_alarms_monitored")
    if sheet is None or not sheet.value(row, "share") >= 0:
        return
    high = sheet.value(row, "high")
    for name, rows in places:
        if 0 < watch.kinds.value(rows, f"{DISTURBED}/{WATCHED}") <= high:
            yield teller.paragraph(
                "sure_bound",
                "warning",
                name=name,
                share=teller.percent(watch.kinds, rows, f"{DISTURBED}/{WATCHED}", 2),
                high=teller.percent(sheet, row, "high", 2),
                least=watch.least,
            )


def rates_table(teller: Teller) -> TableView | None:
    """Show all rates that were measured."""
    sheet = teller.sheet("disturbance_rates")
    if sheet is None:
        return None
    names = [str(name) for name in sheet.frame["measure"]]
    rows = [((teller.words(f"measure_{name}"),), _of(name)) for name in names]
    return teller.table("rates", sheet, ("measure",), SHARES, rows, teller.words("note_rates"))
