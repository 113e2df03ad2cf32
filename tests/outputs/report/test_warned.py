"""Warnings of a run in French: those that there are words for, each as the run would log it."""

from __future__ import annotations

import pytest

from landcover.outputs.rates import REMEDIES
from landcover.outputs.report.warned import PHRASES, translated
from landcover.outputs.wording import Words, phrases

VALUES = {
    "drop": "0.30", "index": "ndvi", "found": "99.8", "confirmed": "94.2", "share": "0.00",
    "low": "45.6", "high": "99.7", "cells": "1,156 cells", "history": "2020-01-01 – 2022-06-30",
    "least_days": "540", "rule": "ndvi at least 0.70", "first": "2022-07-01", "last": "2023-12-31",
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(REMEDIES))
def test_a_warning_and_its_remedy_are_told_in_french(key: str) -> None:
    words = Words("rates", "en")
    body = words(key, **VALUES)
    if key in ("too_low", "may_be_low", "too_few_years"):
        body = f"{words('power', **VALUES)} {body}"
    told = translated(f"products.disturbance: {body.rstrip(' .')}. {REMEDIES[key]}.", "fr")
    french = {**VALUES, "drop": "0,30", "found": "99,8", "confirmed": "94,2", "share": "0,00",
              "low": "45,6", "high": "99,7", "cells": "1\u202f156 cellules",
              "rule": "ndvi at least 0,70"}  # fmt: skip
    assert Words("rates", "fr")(key, **french) in told
    assert told.endswith(Words("report", "fr")(f"remedy_{key}"))
    assert not {"The", "Give", "Set"} & set(told.split())


def test_remedies_are_those_that_runs_log() -> None:
    told = phrases("report")
    assert {key: told[f"remedy_{key}"]["en"] for key in REMEDIES} == {
        key: f"{text}." for key, text in REMEDIES.items()
    }
    assert set(REMEDIES) == {*PHRASES} - {"power"}


@pytest.mark.parametrize(
    "warning",
    [
        "zones.sites: 2 rows are empty. Correct them in the file.",
        "products.disturbance: something that nobody has words for. Do something.",
        "products.disturbance: ",
    ],
)
def test_others_stay_as_they_were_logged(warning: str) -> None:
    assert translated(warning, "fr").strip() == warning.strip()
    assert translated(warning, "en") == warning
