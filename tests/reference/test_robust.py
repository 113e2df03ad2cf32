"""Bisquare fits and runs of low looks, against statsmodels' RLM as recorded in `shared`.

The README of the vectors asks for coefficients within 1e-6, scales within 5e-6 and the same
dates of alarm.
"""

from __future__ import annotations

import csv
import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landcover.kernels.bisquare import bisquare
from landcover.kernels.breaks import NEVER
from landcover.kernels.robust import RobustSettings, detect

EPOCH = date(1970, 1, 1).toordinal()
MONITORED = "2021-01-01"
RULES = {"4x<-2.0s": (4, 2.0), "3x<-2.5s": (3, 2.5), "3x<-3.0s": (3, 3.0)}
NAMES = ("c01_stable_dense", "c02_break_dense", "c03_break_sparse", "c06_trend")
CASES = [f"{name}|K{k}" for name in (*NAMES, "c09_history_break", "c10_weak_break") for k in (1, 2)]


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


def rows(shared: Path, case: str) -> list[dict[str, str]]:
    path = shared / "reference" / "series" / f"{case.partition('|')[0]}.csv"
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def recorded(shared: Path, case: str) -> dict[str, Any]:
    path = shared / "reference" / "robust" / "rlm_consecutive.json"
    result: dict[str, Any] = json.loads(path.read_text("utf-8"))["result"][case]
    return result


@pytest.mark.parametrize("case", CASES)
def test_fits_are_those_of_statsmodels(shared: Path, case: str) -> None:
    wanted = recorded(shared, case)
    seen = [row for row in rows(shared, case) if row["value"] != "NA" and row["date"] < MONITORED]
    years = np.array([float(row["time"]) for row in seen])
    waves = {"1": np.ones(years.size)}
    for k in (1, 2):
        waves[f"cos{k}"] = np.cos(2 * np.pi * k * years)
        waves[f"sin{k}"] = np.sin(2 * np.pi * k * years)
    columns = np.stack([waves[name] for name in wanted["columns"]])
    values = np.array([float(row["value"]) for row in seen])
    coefficients, scale, weights = bisquare(columns, values)
    np.testing.assert_allclose(coefficients, wanted["coef"], rtol=0, atol=1e-6)
    assert scale == pytest.approx(wanted["scale_mad"], abs=5e-6)
    np.testing.assert_allclose(weights, wanted["weights"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("case", CASES)
def test_runs_of_low_looks_begin_on_the_recorded_day(shared: Path, case: str, rule: str) -> None:
    """The bare rule: nothing that must last, no test of the history, no gate."""
    wanted = recorded(shared, case)["alarms"][rule]
    seen = rows(shared, case)
    values = np.array([np.nan if row["value"] == "NA" else float(row["value"]) for row in seen])
    run, threshold = RULES[rule]
    settings = RobustSettings(
        harmonics=int(case[-1]),
        run=run,
        threshold=threshold,
        level=0,
        lasting_days=0,
        least_drop=0,
    )
    found = detect(
        values.astype(np.float32)[:, None, None],
        np.array([day(row["date"]) for row in seen]),
        day("2017-01-01"),
        day(MONITORED),
        settings,
    )
    assert found.day[0, 0, 0] == (NEVER if wanted is None else day(wanted[0]))
