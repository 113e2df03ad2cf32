"""Whittaker and harmonic smoothing beside numbers that other programs made."""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from landcover.kernels import harmonic, whittaker

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference"
WHITTAKER = REFERENCE / "smooth" / "whittaker.json"
MONITOR = REFERENCE / "bfast" / "bfastmonitor.json"

WITHIN = 1e-7
"""The README's tolerance for smoothing."""


@cache
def read(path: Path) -> Any:
    if not path.exists():
        pytest.skip(f"{path.parent.name}/{path.name} of the reference vectors is not here")
    return json.loads(path.read_text("utf-8"))


def vectors() -> list[tuple[dict[str, Any], np.ndarray]]:
    """Each vector with its values as (T, 1, 1); without weight means missing."""
    found = []
    for one in read(WHITTAKER):
        values = np.array([np.nan if v is None else v for v in one["y"]], np.float64)
        values[np.array(one["w"]) == 0] = np.nan
        found.append((one, values.reshape(-1, 1, 1)))
    return found


def test_given_penalties() -> None:
    """SciPy's exact sparse solution, which hdc-algo's ws2d gives too."""
    checked = 0
    for one, values in vectors():
        for penalty, wanted in one["z"].items():
            got = whittaker.smooth(values, float(penalty))[:, 0, 0]
            np.testing.assert_allclose(got, wanted, rtol=0, atol=WITHIN)
            checked += 1
    assert checked == 20


def test_v_curve() -> None:
    for one, values in vectors():
        wanted = one["vcurve"]
        got, chosen = whittaker.v_curve(values, tuple(one["llas"]))
        assert chosen[0, 0] == pytest.approx(wanted["log10_lambda_opt"], abs=1e-6)
        np.testing.assert_allclose(got[:, 0, 0], wanted["z_opt"], rtol=0, atol=WITHIN)


def test_our_own_penalties_are_those_of_the_vectors() -> None:
    for one, _ in vectors():
        np.testing.assert_allclose(whittaker.LOG10_PENALTIES, one["llas"], atol=1e-12)


def test_expectile() -> None:
    for one, values in vectors():
        got = whittaker.smooth(values, 100.0, expectile=0.9)[:, 0, 0]
        np.testing.assert_allclose(got, one["asym_p0.9_lambda100"], rtol=0, atol=WITHIN)


def _series(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a series' decimal years and values, missing ones left out."""
    path = REFERENCE / "series" / f"{name}.csv"
    if not path.exists():
        pytest.skip(f"series/{name}.csv of the reference vectors is not here")
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["value"] != "NA"]
    return (np.array([float(row[key]) for row in rows]) for key in ("time", "value"))  # type: ignore[return-value]


@pytest.mark.parametrize("order", [1, 3])
def test_harmonics_of_a_whole_history(order: int) -> None:
    """R's bfastmonitor fits the same curve to a history: level, cosines, then sines; sigma.

    Its dates are decimal years of 365 days, which is what its table of series holds.
    """
    checked = 0
    for run in read(MONITOR):
        whole = (run["order"], run["history"], run["formula"]) == (
            order,
            "all",
            "response ~ harmon",
        )
        if "error" in run or not whole or not run["series"].startswith("c"):
            continue
        years, values = _series(run["series"])
        past = years < run["start"] - 1e-6
        got = harmonic.fit(values[past].reshape(-1, 1, 1), years[past], order)
        assert got.used[0, 0] == run["n_history"]
        level, cosines, sines = got.terms[0, 0, 0], got.terms[1::2, 0, 0], got.terms[2::2, 0, 0]
        ours = np.concatenate([[level], cosines, sines])
        np.testing.assert_allclose(ours, run["coef"], rtol=1e-8, atol=1e-10)
        assert got.spread[0, 0] == pytest.approx(run["sigma"], rel=1e-6)
        checked += 1
    assert checked
