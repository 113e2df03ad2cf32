"""What a run says of its errors: numbers, and words that fit them."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from landcover.kernels.rates import Rate
from landcover.model import Period
from landcover.outputs import rates as rates_module
from landcover.outputs.rates import (
    MEASURES,
    RATE_COLUMNS,
    Told,
    disturbance_rates,
    false_alarms,
    notes_of_rates,
)
from landcover.outputs.wording import phrases
from landcover.products.alarmrates import Rates
from landcover.products.disturbance import DisturbanceSettings

PERIOD = Period(date(2017, 1, 1), date(2024, 1, 1))
SOME = Rate(0.012, 0.008, 0.02, 5000, None, 80)
NONE = Rate(math.nan, 0.0, 1.0, 0, 0, 0)
SURE, WEAK = Rate(0.9, 0.85, 0.94, 1000, 900, 80), Rate(0.31, 0.2, 0.4, 1000, 310, 80)


def told(rates: Rates | None, **keys: Any) -> Told:
    return Told(rates, DisturbanceSettings.model_validate(keys), PERIOD)


def measured(power: Rate = SURE, found: Rate = SURE) -> Rates:
    return Rates(SOME, SOME, SOME, NONE, found, power, 1700)


def test_what_was_not_measured_is_empty() -> None:
    table = disturbance_rates(told(measured()))
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [row["measure"] for row in rows] == list(MEASURES.values())
    assert (rows[0]["share"], rows[0]["low"], rows[0]["high"]) == (0.012, 0.008, 0.02)
    assert rows[3]["share"] is None
    assert rows[3]["high"] is None
    assert (rows[0]["drop"], rows[4]["drop"]) == (None, 0.3)
    assert rows[0]["monitored_first_date"] == date(2020, 1, 1)
    assert (rows[0]["watches"], rows[0]["hits"]) == (5000, None), "no quotient of two counts"
    assert (rows[4]["watches"], rows[4]["hits"]) == (1000, 900)
    assert len(list(disturbance_rates(told(None)).rows)) == len(MEASURES)
    assert set(rows[0]) == set(RATE_COLUMNS)


def test_the_ground_and_the_days_that_were_tried_are_told() -> None:
    """A rate is of some ground and some years: the table, the numbers and the words say which."""
    asked = told(
        measured(), stable={"zones": ["reserves/Okapi"]}, history=["2017-01-01", "2023-01-01"]
    )
    table = disturbance_rates(asked)
    row = dict(zip(table.columns, next(iter(table.rows)), strict=True))
    assert (row["index"], row["index_at_least"]) == ("ndvi", 0.7)
    assert row["stable_zones"] == "reserves/Okapi"
    assert row["history_first_date"] == date(2017, 1, 1)
    assert (row["watched_first_date"], row["watched_last_date"]) == (
        date(2019, 1, 1), date(2022, 12, 31),
    )  # fmt: skip
    content = false_alarms(asked)
    assert (content["index_at_least"], content["stable_zones"]) == (0.7, ["reserves/Okapi"])
    assert content["watched"] == ["2019-01-01", "2022-12-31"]
    english, french = content["words"]["en"], content["words"]["fr"]
    assert "(ndvi at least 0.70, within reserves/Okapi)" in english
    assert "between 2019-01-01 and 2022-12-31" in english
    assert "no forecast" in english
    assert "(ndvi d’au moins 0,70, dans reserves/Okapi)" in french
    assert "pas une prévision" in french
    assert "(ndvi at least 0.70)" in false_alarms(told(measured()))["words"]["en"]


def test_power_that_nobody_could_measure_is_weak() -> None:
    blind = told(measured(NONE, NONE))
    assert blind.is_weak
    (note,) = notes_of_rates(blind)
    assert "could not be measured" in str(note)
    assert "n’a pu être mesuré" in false_alarms(blind)["words"]["fr"]


def test_run_json_says_it_in_words_of_both_languages() -> None:
    content = false_alarms(told(measured(), min_ha=0.5))
    json.dumps(content, allow_nan=False)
    assert content["false_alarms_monitored"]["share"] == 0.012
    assert content["false_alarms_a_year_at_the_end"]["share"] is None
    english, french = content["words"]["en"], content["words"]["fr"]
    assert "1.20 % of pixels (0.80 to 2.00 %)" in english
    assert "0.50 ha" in english
    assert "5,000 placebo watches" in english
    assert "On ground whose history sufficed, of drops of 0.30" in english
    assert "90.0 % were found" in english
    assert "1,20\u00a0% des pixels (0,80 à 2,00\u00a0%)" in french
    assert notes_of_rates(told(measured())) == ()


def test_too_little_power_is_said() -> None:
    weak = told(measured(WEAK))
    (note,) = notes_of_rates(weak)
    assert "31.0 % (20.0 to 40.0 %) confirmed" in str(note)
    assert "says nothing" in str(note)
    assert "ne dit rien" in false_alarms(weak)["words"]["fr"]


@pytest.mark.parametrize(
    ("about", "text"),
    [
        (told(None), "no room for a placebo watch"),
        (told(Rates(*(NONE,) * 6, 0), index="savi"), "nobody said how high savi is"),
        (told(Rates(*(NONE,) * 6, 0)), "ndvi at least 0.70"),
        (told(Rates(*(NONE,) * 6, pixels=3)), "none had looks enough for a placebo watch"),
        (told(Rates(*(NONE,) * 6, 0, stood=3)), "Give it a history of three whole years or more"),
        (told(Rates(NONE, SOME, *(NONE,) * 4, 0)), "was watched between 2020-01-01"),
        (told(None, method="bfast", bfast={"trend": True}), "bfast with a trend"),
    ],
)
def test_why_nothing_was_measured_is_said(about: Told, text: str) -> None:
    (note,) = notes_of_rates(about)
    assert text in str(note)
    assert len(note.remedy) > 10
    assert all(false_alarms(about)["words"].values())


@pytest.mark.parametrize("counts", [{"pixels": 3}, {"pixels": 0, "stood": 1}])
def test_ground_that_stood_is_not_said_to_be_lacking(counts: dict[str, int]) -> None:
    """The remedy must not weaken the rule where looks are what is missing."""
    about = told(Rates(*(NONE,) * 6, **counts))
    (note,) = notes_of_rates(about)
    assert "no pixel of the sample stood" not in str(note)
    assert "Lower" not in note.remedy
    words = false_alarms(about)["words"]
    assert "parmi les pixels de l’échantillon restés en place" in words["fr"]


# --- rates that say little ---------------------------------------------------------------------


def rated(rate: Rate, power: Rate = SURE, pixels: int = 1700) -> Told:
    return told(Rates(rate, SOME, SOME, NONE, SURE, power, pixels))


def test_a_rate_of_one_place_says_little() -> None:
    """0 of 6 watches of one pixel is no rate of 0; one drop that was found is no power of 1."""
    lone = rated(Rate(0.0, 0.0, 0.987, 6, 0, 1), Rate(1.0, 0.207, 1.0, 1, 1, 1), 1)
    assert (lone.doubt, lone.verdict) == ("few_places", "may_be_low")
    rate, power = notes_of_rates(lone)
    assert "0.0 % (0.0 to 98.7 %), says little: it was measured in 1 cell of" in rate.what
    assert "every_px" in rate.remedy
    assert "100.0 % (20.7 to 100.0 %) confirmed. It may be less than half" in power.what
    english, french = (false_alarms(lone)["words"][one] for one in ("en", "fr"))
    assert rate.what in english
    assert "Measured on 6 placebo watches within the history, of 1 pixel in 1 cell of 32" in english
    assert "de 1 pixel situé dans 1 cellule de 32 pixels" in french
    assert "trop peu de lieux" in french
    assert "peut-être moins de la moitié" in french


@pytest.mark.parametrize(
    ("rate", "doubt"),
    [
        (Rate(0.01, 0.0, 0.2, 900, None, 10), ""),
        (Rate(0.01, 0.0, 0.2, 900, None, 9), "few_places"),
        (Rate(0.01, 0.0, 0.21, 900, None, 400), "wide"),
    ],
)
def test_a_rate_says_little_by_its_interval_and_its_places(rate: Rate, doubt: str) -> None:
    about = rated(rate)
    assert about.doubt == doubt
    notes = notes_of_rates(about)
    assert len(notes) == bool(doubt)
    assert all("says little" in one.what for one in notes)


def test_where_years_bound_an_interval_no_denser_sample_is_asked_for() -> None:
    """A power of 0.3 to 0.99 of two years: nine times the pixels leave it as it is."""
    few = Rate(0.9, 0.3, 0.99, 900, 810, 400, True)
    about = rated(Rate(0.01, 0.0, 0.21, 900, None, 400, True), few)
    assert (about.doubt, about.verdict) == ("wide", "too_few_years")
    rate, power = notes_of_rates(about)
    assert "too few years were tried to tell" in power.what
    assert "trop peu d’années" in false_alarms(about)["words"]["fr"]
    for note in (rate, power):
        assert "Give it a longer history" in note.remedy
        assert "every_px" not in note.remedy
    table = disturbance_rates(about)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [row["bounded_by"] for row in rows] == [
        "years", "places", "places", None, "places", "years",
    ]  # fmt: skip


def test_rates_are_said_to_be_of_pixels_and_the_mapping_unit_is_told() -> None:
    about = told(measured(), min_ha=0.5)
    assert {row[RATE_COLUMNS.index("min_ha")] for row in disturbance_rates(about).rows} == {0.5}
    content = false_alarms(about)
    assert content["min_ha"] == 0.5
    assert (
        "before patches below 0.50 ha are left out, which can only lower it"
        in (content["words"]["en"])
    )


@pytest.mark.parametrize(
    ("power", "verdict"),
    [
        (Rate(0.9, 0.5, 0.99, 100, 90, 30), ""),
        (Rate(0.9, 0.49, 0.99, 100, 90, 30), "may_be_low"),
        (Rate(0.49, 0.3, 0.7, 100, 49, 30), "too_low"),
        (NONE, "too_low"),
    ],
)
def test_power_is_weak_by_its_lower_bound(power: Rate, verdict: str) -> None:
    about = rated(SOME, power)
    assert (about.verdict, about.is_weak) == (verdict, bool(verdict))
    assert len(notes_of_rates(about)) == bool(verdict)


def test_every_phrase_is_used() -> None:
    code = Path(rates_module.__file__).read_text("utf-8").replace("'", '"')
    assert [key for key in phrases("rates") if f'"{key}"' not in code] == []
