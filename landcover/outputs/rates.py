"""What a run says of its own errors: ``disturbance_rates.csv``, and its part of ``run.json``.

It knows rates, columns and words. It measures nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from landcover.kernels.placebo import watched_days
from landcover.kernels.rates import Rate
from landcover.model import Note, Period
from landcover.outputs.sheets import Cell, Table
from landcover.outputs.wording import Words
from landcover.products.alarmrates import Rates
from landcover.products.disturbance import DisturbanceSettings, history_of, monitored
from landcover.products.falsealarms import least_level, turns_a_trend

__all__ = ["RATE_COLUMNS", "Told", "disturbance_rates", "false_alarms", "notes_of_rates"]

RATE_COLUMNS = (
    "measure", "share", "low", "high", "bounded_by", "watches", "hits", "cells", "pixels", "index",
    "index_at_least", "stable_zones", "method", "drop", "min_ha", "history_first_date",
    "history_last_date",
    "watched_first_date", "watched_last_date", "monitored_first_date", "monitored_last_date",
)  # fmt: skip
"""Columns of ``disturbance_rates.csv``."""

MEASURES: Mapping[str, str] = {
    "monitored": "false_alarms_monitored",
    "a_year": "false_alarms_a_year",
    "confirmed_a_year": "false_alarms_a_year_confirmed",
    "fresh_a_year": "false_alarms_a_year_at_the_end",
    "found": "power_found",
    "confirmed": "power_confirmed",
}
"""What each rate is called in the table and in ``run.json``."""

LEAST_POWER = 0.5
"""Share of drops put in below which a run's silence says nothing (no unit)."""

WIDEST = 0.2
"""Width of the interval of a rate (no unit) from which on it hardly tells 0 from a quarter."""

FEWEST_CELLS = 10
"""Cells of 32 px: neighbours share weather and cloud, so that fewer are few places, however many
pixels they have."""

COUNTED: Mapping[str, tuple[str, str]] = {
    "watches": ("one_watch", "watches"),
    "pixels": ("one_pixel", "pixels"),
    "cells": ("one_cell", "cells"),
}
"""Phrases of a count: of one, and of any other."""

EPOCH: Final = date(1970, 1, 1)

LANGUAGES = ("en", "fr")
"""Languages in which ``run.json`` tells of it."""


class Told(NamedTuple):
    """The rates of a run, with what they are about; `rates` is None where nothing was tried."""

    rates: Rates | None
    settings: DisturbanceSettings
    period: Period

    @property
    def history(self) -> Period:
        """The days in which the land is taken to be as it should be."""
        return history_of(self.settings, self.period)

    @property
    def tried(self) -> Period | None:
        """The days that placebo watches watch, from the first to the last; None: there are none."""
        start, end = ((day - EPOCH).days for day in (self.history.start, self.history.end))
        least_days = getattr(self.settings, self.settings.method).least_days
        days = None if turns_a_trend(self.settings) else watched_days(start, end, least_days)
        return days and Period(*(EPOCH + timedelta(days=one) for one in days))

    @property
    def watched(self) -> Period:
        """The days that the run watched."""
        return monitored(self.settings, self.period)

    @property
    def why(self) -> str:
        """The phrase that tells why nothing was measured; empty where it was."""
        if self.rates is None:
            return "turned" if turns_a_trend(self.settings) else "no_room"
        if not math.isnan(self.rates.monitored.share):
            return ""
        if least_level(self.settings) is None:
            return "no_rule"
        if self.rates.a_year.tested + self.rates.fresh_a_year.tested > 0:
            return "no_watch"
        return "no_looks" if max(self.rates.stood, self.rates.pixels) > 0 else "no_ground"

    @property
    def is_weak(self) -> bool:
        """Whether fewer than half of the drops put in may have been found or confirmed.

        What cannot be told is: one drop put in, and found, is no power of 100 %.
        """
        return self.rates is not None and (self._misses or self.rates.confirmed.low < LEAST_POWER)

    @property
    def _misses(self) -> bool:
        """Whether fewer than half were found or confirmed, or nobody knows how many."""
        power = [] if self.rates is None else [self.rates.found, self.rates.confirmed]
        return any(not one.share >= LEAST_POWER for one in power)  # NaN is no power

    @property
    def verdict(self) -> str:
        """The phrase that tells what is wrong with the power; empty where it is high enough."""
        if not self.is_weak or self._misses or self.rates is None:
            return "too_low" if self.is_weak else ""
        return "too_few_years" if self.rates.confirmed.by_years else "may_be_low"

    @property
    def doubt(self) -> str:
        """The phrase that tells why the rate says little; empty where it does."""
        if self.rates is None or self.why:
            return ""
        rate = self.rates.monitored
        if rate.clusters < FEWEST_CELLS:
            return "few_places"
        return "wide" if rate.high - rate.low > WIDEST else ""


def disturbance_rates(told: Told) -> Table:
    """Make ``disturbance_rates.csv``: one row a measure.

    Parameters
    ----------
    told : Told

    Returns
    -------
    Table
        `share` is of pixels of stable ground, `low` and `high` bound it at 95 %, by how it differs
        between places and between the years watched, which are few: no forecast of other years.
        `bounded_by` is "years" where these differ by more than places lead to expect: then a
        denser sample hardly narrows the interval; else "places".
        Ground is stable in `stable_zones` (all where empty) where `index` is `index_at_least`.
        `false_alarms_monitored` those with a false break in the monitored period, as the detector
        sees them, before patches below the mapping unit (`min_ha`) are left out, which takes from
        each share and adds to none: a sample of single pixels has no patches. `..._a_year` are
        those in a year, all and confirmed ones, and in a year at the period's end, where breaks
        are not yet followed for long; `power_...` the drops put in that were found or confirmed,
        of watches whose history sufficed. They rest on `watches` of `pixels` sampled pixels in
        `cells`, which lie between `watched_first_date` and `watched_last_date`; `hits` of them
        count, empty where the share is no quotient of the two. What could not be measured is empty.
    """
    return Table(RATE_COLUMNS, _rows(told))


def _rows(told: Told) -> Iterator[Sequence[Cell]]:
    """Give the rows."""
    days = [
        day
        for one in (told.history, told.tried, told.watched)
        for day in ((one.start, one.last) if one else (None, None))
    ]
    settings = told.settings
    ground = (settings.index, least_level(settings), ", ".join(settings.stable.zones) or None)
    for field, name in MEASURES.items():
        rate = None if told.rates is None else getattr(told.rates, field)
        drop = settings.trials.drop if name.startswith("power") else None
        pixels = 0 if told.rates is None else told.rates.pixels
        alone = (settings.method, drop, settings.min_ha)
        yield (name, *_cells(rate), pixels, *ground, *alone, *days)


def _cells(rate: Rate | None) -> tuple[Cell, ...]:
    """Write a rate; what was not measured is empty."""
    if rate is None or not rate.tested:
        return (None, None, None, None, 0, 0, 0)
    bounded = "years" if rate.by_years else "places"
    return (rate.share, rate.low, rate.high, bounded, rate.tested, rate.hits, rate.clusters)


def false_alarms(told: Told) -> dict[str, Any]:
    """Return what ``run.json`` says of a run's false alarms and power, with words for a person.

    Parameters
    ----------
    told : Told

    Returns
    -------
    dict
        As JSON has it: measures as in ``disturbance_rates.csv``, None where not measured.
    """
    names = ("share", "low", "high", "bounded_by", "watches", "hits", "cells")
    measures = {}
    for field, name in MEASURES.items():
        rate = None if told.rates is None else getattr(told.rates, field)
        measures[name] = dict(zip(names, _cells(rate), strict=True))
    return {
        **measures,
        "pixels": 0 if told.rates is None else told.rates.pixels,
        "index_at_least": least_level(told.settings),
        "stable_zones": list(told.settings.stable.zones),
        "drop": told.settings.trials.drop,
        "min_ha": told.settings.min_ha,
        "watched": [str(told.tried.start), str(told.tried.last)] if told.tried else None,
        "monitored": [str(told.watched.start), str(told.watched.last)],
        "words": {language: " ".join(_said(told, language)) for language in LANGUAGES},
    }


def _percents(words: Words, rate: Rate, prefix: str = "") -> dict[str, str]:
    """Write a share and its bounds as percent, to two digits that mean something."""
    digits = 1 if rate.high >= 0.1 else 2
    keys = ("share", "low", "high")
    return {f"{prefix}{key}": words.number(100 * getattr(rate, key), digits) for key in keys}


def _said(told: Told, language: str) -> Iterator[str]:
    """Give the sentences in one language."""
    words, settings = Words("rates", language), told.settings
    if told.rates is None or told.why or told.tried is None:
        yield words(
            told.why,
            history=f"{told.history.start} – {told.history.last}",
            least_days=getattr(settings, settings.method).least_days,
            index=settings.index,
            rule=_rule(words, told),
            first=told.watched.start,
            last=told.watched.last,
        )
        return
    rates = told.rates
    yield words(
        "monitored",
        rule=_rule(words, told),
        watched_first=told.tried.start,
        watched_last=told.tried.last,
        first=told.watched.start,
        last=told.watched.last,
        least=words.number(settings.min_ha, 2),
        **_percents(words, rates.monitored),
        **_percents(words, rates.confirmed_a_year, "confirmed_"),
    )
    yield words(
        "basis",
        watches=_counted(words, "watches", rates.monitored.tested),
        pixels=_counted(words, "pixels", rates.pixels),
        cells=_counted(words, "cells", rates.monitored.clusters),
    )
    if told.doubt:
        yield _doubt(words, told, rates.monitored)
    yield _power(words, told, rates) if rates.found.tested else words("no_power")


def _counted(words: Words, what: str, count: int) -> str:
    """Write a count with what it is of."""
    return words(COUNTED[what][count != 1], count=words.number(count, 0))


def _doubt(words: Words, told: Told, rate: Rate) -> str:
    """Say that the rate says little, and why."""
    cells = _counted(words, "cells", rate.clusters)
    return words(told.doubt, cells=cells, **_percents(words, rate))


def _rule(words: Words, told: Told) -> str:
    """Say which ground is taken to have stood."""
    settings, level = told.settings, least_level(told.settings)
    least = "" if level is None else words.number(level, 2)
    zones = ", ".join(settings.stable.zones)
    return words(
        "rule_of_zones" if zones else "rule", index=settings.index, least=least, zones=zones
    )


def _power(words: Words, told: Told, rates: Rates) -> str:
    """Say how many drops were found and confirmed, and whether that is too few."""
    bounds = _percents(words, rates.confirmed)
    text = words(
        "power",
        drop=words.number(told.settings.trials.drop, 2),
        index=told.settings.index,
        found=words.number(100 * rates.found.share, 1),
        confirmed=bounds["share"],
        low=bounds["low"],
        high=bounds["high"],
    )
    return f"{text} {words(told.verdict)}" if told.verdict else text


REMEDIES: Mapping[str, str] = {
    "no_room": "Give it a history of three whole years",
    "turned": "Set products.disturbance.bfast.trend to false",
    "no_watch": "Widen `period`, or add sources",
    "no_looks": "Give it a history of three whole years or more, or add sources",
    "no_rule": "Set products.disturbance.stable.index_at_least",
    "no_ground": "Lower products.disturbance.stable.index_at_least, or name other zones in "
    "products.disturbance.stable.zones; a year must follow that begins a year after the days tried",
    "few_places": "Set products.disturbance.trials.every_px lower, or take larger or more zones",
    "wide": "Give it a longer history, of more years to try, or set "
    "products.disturbance.trials.every_px lower",
    "too_few_years": "Give it a longer history, of more years to try: more pixels or places would "
    "hardly tell more",
    "too_low": "Widen its history or its period, or add sources",
    "may_be_low": "Give it a longer history, set products.disturbance.trials.every_px lower, or "
    "take larger or more zones",
}
"""What helps where nothing could be measured, or too little."""


def notes_of_rates(told: Told) -> tuple[Note, ...]:
    """Say where false alarms were not measured, or hardly, and where the power may be too low.

    Parameters
    ----------
    told : Told
    """
    where, sentences = "products.disturbance", list(_said(told, "en"))
    if told.why:
        return (Note(where, sentences[0], REMEDIES[told.why]),)
    notes = []
    if told.doubt and told.rates is not None:
        said = _doubt(Words("rates", "en"), told, told.rates.monitored)
        years = told.doubt == "wide" and told.rates.monitored.by_years
        notes.append(Note(where, said, REMEDIES["too_few_years" if years else told.doubt]))
    if told.verdict:
        notes.append(Note(where, sentences[-1], REMEDIES[told.verdict]))
    return tuple(notes)
