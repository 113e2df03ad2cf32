"""What the tables of `disturbance` say, in the words that several parts of a report share.

It knows the columns of those tables. It does not know where in a report they are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from landcover.outputs.amounts import year_named
from landcover.outputs.report.sheet import Row, Sheet
from landcover.outputs.report.teller import Teller, Told, Value, day_of
from landcover.outputs.section import Block, Listing, Parts
from landcover.outputs.wording import NO_BREAK_SPACE
from landcover.products.disturbance import DisturbanceSettings

__all__ = [
    "DISTURBED",
    "EARLY",
    "OUTSIDE",
    "SURE",
    "WATCHED",
    "YEARS",
    "Watch",
    "sentences",
    "watch_of",
]

DISTURBED: Final = "abrupt_ha+gradual_ha+recovering_ha"
"""Ground whose first break that is mapped is of any kind: each place counts once."""

WATCHED: Final = "stable_ha+abrupt_ha+gradual_ha+recovering_ha"
"""Ground of which it can be said whether it broke."""

REASONS: Final = {
    "history_short": "history_too_short_ha",
    "history_unstable": "history_unstable_ha",
    "outside_images": "outside_images_ha",
    "not_watched": "not_watched_ha",
}
"""Columns that say why ground could not be judged, by the phrase of each; old runs lack some."""

SURE: Final = (
    Told("confirmed", "confirmed_ha", "ha"),
    Told("provisional", "provisional_ha", "ha"),
    Told("low", "low_ha", "ha"),
)
"""Columns of the classes of confidence, which add up to what is disturbed."""

YEARS: Final = (
    Told("disturbed", "disturbed_ha", "ha"),
    *SURE,
    Told("no_break", "no_break_ha", "ha"),
    Told("not_observable", "not_observable_ha", "ha"),
    Told("not_observable_share", "not_observable_ha/area_ha", "percent", 1),
)
"""Columns of a table of years."""

EARLY: Final = "perhaps_before_watch_ha"
"""What of the disturbed ground was last seen clear before the watch began."""

OUTSIDE: Final = "outside_images_ha"
"""Ground that no scene covers."""


SEEN: Final = 0.005
"""Hectares (ha) below which an area is written 0.00: slivers of pixels at a border, not told of."""

MOST_SAID: Final = 6
"""Years that are told in a sentence each; more are read better in a table."""


@dataclass(frozen=True)
class Watch:
    """The tables of a run that looked for disturbance, and the days that it watched."""

    teller: Teller
    kinds: Sheet
    years: Sheet
    first: date
    last: date

    @property
    def settings(self) -> DisturbanceSettings:
        """What the job asked for."""
        asked = self.teller.shown.asked("disturbance")
        return asked if isinstance(asked, DisturbanceSettings) else DisturbanceSettings()

    @property
    def least(self) -> str:
        """The mapping unit: patches below it are left out."""
        return f"{self.teller.words.number(self.settings.min_ha, 2)}{NO_BREAK_SPACE}ha"

    @cached_property
    def _why(self) -> dict[str, str]:
        """Columns that say why ground could not be judged, by the phrase of each."""
        return {key: column for key, column in REASONS.items() if self.kinds.has(column)}

    @property
    def blind(self) -> str:
        """Ground of which nothing can be said: columns, for a sum of them."""
        return "+".join(self._why.values())

    @cached_property
    def columns(self) -> tuple[Told, ...]:
        """Columns of a table of what the whole watch found."""
        sure = SURE if self.kinds.has(*(one.column for one in SURE)) else ()
        return (
            Told("area", "area_ha", "ha"),
            Told("watched", WATCHED, "ha"),
            Told("disturbed", DISTURBED, "ha"),
            *sure,
            Told("disturbed_share", f"{DISTURBED}/{WATCHED}", "percent", 2),
            Told("blind", self.blind, "ha"),
            Told("blind_share", f"{self.blind}/area_ha", "percent", 1),
        )

    @property
    def of_site(self) -> tuple[Told, ...]:
        """Columns of the table of all sites, which has what is known of each beside them."""
        return tuple(one for one in self.columns if one.key not in ("area", "disturbed_share"))

    @property
    def unjudged(self) -> tuple[Told, ...]:
        """Columns of a table of why ground could not be judged."""
        return (
            Told("area", "area_ha", "ha"),
            *(Told(key, column, "ha") for key, column in self._why.items()),
            Told("blind", self.blind, "ha"),
            Told("blind_share", f"{self.blind}/area_ha", "percent", 1),
        )

    @property
    def became(self) -> tuple[Told, ...]:
        """Columns of a table of what became of the ground; they add up to its last one."""
        kinds = ("stable", "abrupt", "gradual", "recovering")
        return (
            *(Told(kind, f"{kind}_ha", "ha") for kind in kinds),
            *(Told(key, column, "ha") for key, column in self._why.items()),
            Told("area", "area_ha", "ha"),
        )

    @property
    def has_found(self) -> bool:
        """Whether any zone has ground that is told as disturbed."""
        return bool((self.kinds.frame[DISTURBED.split("+")].fillna(0.0) > 0).any(axis=None))

    @property
    def both_ways(self) -> bool:
        """Whether gains count as well as losses."""
        return self.settings.method == "bfast" and self.settings.bfast.direction == "both"

    @cached_property
    def spans(self) -> tuple[str, ...]:
        """The years that were watched, whole or in part."""
        frame = self.years.frame
        seen = frame[frame["monitored_first_date"].notna()]
        return tuple(dict.fromkeys(seen["period"].astype(str)))

    def days_of(self, span: str) -> tuple[date | None, date | None]:
        """Return the first and the last day of a year that were watched."""
        rows = self.years.rows((("period", span),))
        return day_of(rows["monitored_first_date"].max()), day_of(rows["monitored_last_date"].max())

    def called(self, span: str) -> str:
        """Name a year, with its days where not all of it was watched."""
        return year_named(span, *self.days_of(span), self.teller.language)

    def found(self, name: str, rows: Row, *, whole: bool = False) -> Parts:
        """Say what was found in a place, what of it could not be judged, and how sure that is.

        All reasons why it could not where it is the `whole` that is said of the place, else
        whether images are lacking.
        """
        why = self.reasons(rows) if whole else self.outside(rows)
        return sentences(self.headline(name, rows), self.split(rows), why)

    def headline(self, name: str, rows: Row) -> Parts:
        """Say in two sentences what was found in a place, and what of it could not be judged."""
        teller, sheet = self.teller, self.kinds
        values: dict[str, Value] = {"name": name, "first": self.first, "last": self.last}
        area = teller.hectares(sheet, rows, "area_ha")
        watched = teller.hectares(sheet, rows, WATCHED)
        if not watched.value > 0:
            return teller.say("found_blind", **values, area=area)
        disturbed = teller.hectares(sheet, rows, DISTURBED)
        phrases = ("found_none", "found_none_rest")
        if disturbed.value > 0:
            values["share"] = teller.percent(sheet, rows, f"{DISTURBED}/{WATCHED}")
            phrases = ("found_some", "found_some_rest")
        told = teller.say(phrases[0], **values, disturbed=disturbed, watched=watched)
        rest = teller.say(
            phrases[1], area=area, blind=teller.hectares(sheet, rows, self.blind),
            blind_share=teller.percent(sheet, rows, f"{self.blind}/area_ha", 1),
        )  # fmt: skip
        return sentences(told, rest)

    def split(self, rows: Row) -> Parts:
        """Say how sure what was found is, and what of it may be older than the watch."""
        teller, sheet = self.teller, self.kinds
        if not sheet.has(*(one.column for one in SURE)) or not sheet.value(rows, DISTURBED) > 0:
            return ()
        sure = {one.key: teller.hectares(sheet, rows, one.column) for one in SURE}
        told = teller.say("found_split", **sure)
        if not sheet.has(EARLY) or not sheet.value(rows, EARLY) >= SEEN:
            return told
        early = teller.hectares(sheet, rows, EARLY)
        return sentences(told, teller.say("found_early", early=early, first=self.first))

    def outside(self, rows: Row) -> Parts:
        """Say how much ground no image covers."""
        if not self.kinds.has(OUTSIDE) or not self.kinds.value(rows, OUTSIDE) >= SEEN:
            return ()
        outside = self.teller.hectares(self.kinds, rows, OUTSIDE)
        return self.teller.say("found_outside", outside=outside)

    def reasons(self, rows: Row) -> Parts:
        """Say why ground could not be judged, the most ground first."""
        teller, sheet = self.teller, self.kinds
        sizes = {key: sheet.value(rows, column) for key, column in self._why.items()}
        keys = sorted((key for key in sizes if sizes[key] >= SEEN), key=lambda key: -sizes[key])
        if not keys:
            return ()
        told = [
            teller.say(f"why_{key}", area=teller.hectares(sheet, rows, self._why[key]))
            for key in keys
        ]
        listed = [part for one in told[:-1] for part in (*one, teller.words("why_next"))]
        return (*teller.say("why_not_judged"), " ", *listed, *told[-1], ".")

    def not_counted(self) -> Parts:
        """Say what the hectares found leave out."""
        return self.teller.say("not_counted", first=self.first, least=self.least)

    def year_by_year(self, rows: Row, key: str) -> Block:
        """Tell what was found in a place in each year: a sentence a year, or a table of many."""
        if len(self.spans) > MOST_SAID:
            return self.years_table(rows, key)
        return Listing(tuple(self.in_year(span, rows) for span in self.spans))

    def years_table(self, rows: Row, key: str) -> Block:
        """Show what was found in a place, a row a year."""
        told = [((self.called(span),), (*rows, ("period", span))) for span in self.spans]
        return self.teller.table(key, self.years, ("year",), YEARS, told, title="place_years")

    def in_year(self, span: str, rows: Row) -> Parts:
        """Say what was found in a place in one year."""
        teller, sheet, picked = self.teller, self.years, (*rows, ("period", span))
        year = self.called(span)
        disturbed = teller.hectares(sheet, picked, "disturbed_ha")
        blind = teller.percent(sheet, picked, "not_observable_ha/area_ha", 1)
        if disturbed.value != disturbed.value:
            return teller.say("year_blind", year=year)
        if disturbed.value == 0:
            return teller.say("year_none", year=year, disturbed=disturbed, blind_share=blind)
        sure = {
            name: teller.hectares(sheet, picked, f"{name}_ha")
            for name in ("confirmed", "provisional", "low")
        }
        return teller.say("year_some", year=year, disturbed=disturbed, blind_share=blind, **sure)


def sentences(*told: Parts) -> Parts:
    """Put sentences one after the other; those that say nothing are left out."""
    found: Parts = ()
    for parts in told:
        if parts:
            found = (*found, " ", *parts) if found else parts
    return found


def watch_of(teller: Teller) -> Watch | None:
    """Return what a run watched; None where it did not look for disturbance."""
    kinds, years = teller.sheet("disturbance_kinds"), teller.sheet("disturbance_area")
    if kinds is None or years is None:
        return None
    first = day_of(kinds.frame["monitored_first_date"].iloc[0])
    last = day_of(kinds.frame["monitored_last_date"].iloc[0])
    return None if first is None or last is None else Watch(teller, kinds, years, first, last)
