"""bfastmonitor against R: the package bfast 1.7.2 with strucchangeRcpp 1.5.4 on R 4.2.2.

Of the recorded runs those by OLS-MOSUM and OLS-CUSUM with a history of ROC or all are met. Not
supported, and so not compared: the types RE and ME, and histories by break points (BP).
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from landcover.kernels import critical
from landcover.kernels.bfast import BfastSettings, detect
from landcover.kernels.bfast_trace import Trace, trace
from landcover.kernels.breaks import NEVER

SERIES = (
    "som_a", "harvest", "c01_stable_dense", "c02_break_dense", "c03_break_sparse", "c06_trend",
    "c09_history_break", "c10_weak_break",
)  # fmt: skip

SUPPORTED = {"OLS-MOSUM": "mosum", "OLS-CUSUM": "cusum"}

PER_YEAR = {"som_a": 23, "harvest": 23}
"""Steps of R's time axis in a year; 365 where not named. R's trend counts steps from the first
look, ours is in years."""

RASTER_LOOKS = 264
"""R was given the raster's looks up to July 2011: the magnitudes of all its runs are medians up
to there, and of no other row."""

Series = tuple[NDArray[np.float64], NDArray[np.float64]]


def vector(shared: Path, name: str) -> Path:
    file = shared / "reference" / name
    if not file.is_file():
        pytest.skip(f"{name} is not among the shared reference vectors")
    return file


def reference(shared: Path, name: str) -> Any:
    return json.loads(vector(shared, f"bfast/{name}").read_text("utf-8"))


def number(text: str) -> float:
    return float("nan") if text in ("NA", "") else float(text)


def series(shared: Path, name: str) -> Series:
    """Read decimal years (R's: 365 days in each) and values."""
    with vector(shared, f"series/{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return np.array([float(r["time"]) for r in rows]), np.array([number(r["value"]) for r in rows])


def settings_of(run: dict[str, Any]) -> BfastSettings:
    """Write R's arguments as ours: no gate, gains too, the day of the alarm, all looks judged."""
    return BfastSettings(
        order=run["order"], trend="trend" in run["formula"], history=run["history"].lower(),
        test=SUPPORTED[run["type"]], h=run["h"], level=run["level"],  # type: ignore[arg-type]
        period=run["period"], direction="both", gate=0.0, magnitude="monitoring", date="alarm",
        least_looks=0, least_days=0, doubt=np.inf,
    )  # fmt: skip


def as_r_counts(found: Trace, years: NDArray[np.float64], values: NDArray[Any], steps: int) -> Any:
    """Turn a trend per year into one per step, counted from 1 at the first look."""
    coefficients = found.coefficients.copy()
    first = years[np.flatnonzero(np.isfinite(values))[0]]
    coefficients[0] += found.coefficients[1] * (first - 1.0 / steps)
    coefficients[1] /= steps
    return coefficients


def seen(row: NDArray[np.float64]) -> NDArray[np.float64]:
    return row[np.isfinite(row)]


def recorded(value: Any) -> NDArray[np.float64]:
    """R writes a vector of one number as the number, an empty one as nothing."""
    return np.atleast_1d(np.array([] if value is None else value, np.float64))


def compare(run: dict[str, Any], years: NDArray[np.float64], values: NDArray[np.float64]) -> None:
    """Hold one run to R's, within the tolerances of the vectors' README."""
    # R prints 15 digits: a step is 1e-3 years at least
    start = int(np.searchsorted(years, run["start"] - 1e-6))
    settings, rows = settings_of(run), np.arange(years.size)
    found = trace(values, rows, 0, start, settings, years=years)
    assert found.used == run["n_history"]
    assert years[found.first] == pytest.approx(run["history_start"], abs=1e-9)
    ours = found.coefficients
    if settings.trend:
        ours = as_r_counts(found, years, values, PER_YEAR.get(run["series"], 365))
    np.testing.assert_allclose(ours, run["coef"], rtol=1e-8)
    assert found.sigma == pytest.approx(run["sigma"], rel=1e-10)
    assert settings.critical == pytest.approx(run["critval"], abs=1e-7)
    np.testing.assert_allclose(seen(found.process[start:]), run["process_monitor"], atol=1e-8)
    # R begins the sums of CUSUM with a 0 before the first look
    history = recorded(run["process_history"])[1 if settings.test == "cusum" else 0 :]
    np.testing.assert_allclose(seen(found.process[:start]), history, atol=1e-8)
    boundary = 1e-12 if settings.test == "mosum" else 2e-7
    np.testing.assert_allclose(seen(found.boundary), run["boundary_monitor"], atol=boundary)
    assert found.magnitude == pytest.approx(run["magnitude"], abs=1e-10)
    broke = years[found.row] if found.row >= 0 else None
    assert broke == pytest.approx(run["breakpoint"], abs=1e-6)
    stack = np.ascontiguousarray(values, np.float32).reshape(-1, 1, 1)
    mapped = detect(stack, rows, 0, start, settings, years=years)
    assert mapped.day[0, 0, 0] == (found.row if found.row >= 0 else NEVER)
    assert mapped.used[0, 0] == found.used


@pytest.mark.parametrize("name", SERIES)
def test_monitoring_is_rs(shared: Path, name: str) -> None:
    years, values = series(shared, name)
    runs = [
        run for run in reference(shared, "bfastmonitor.json")
        if run["series"] == name and run["type"] in SUPPORTED and run["history"] in ("all", "ROC")
    ]  # fmt: skip
    assert len(runs) == 64
    for run in runs:
        # R refuses some runs; of those compared here it refused none
        assert "error" not in run
        compare(run, years, values)


def test_the_stable_history_is_rs(shared: Path) -> None:
    runs = reference(shared, "history_roc.json")
    assert len(runs) == 32
    for run in runs:
        years, values = series(shared, run["series"])
        start = int(np.searchsorted(years, run["start"] - 1e-6))
        settings = BfastSettings(
            order=run["order"], trend="trend" in run["formula"], level=run["level"],
            least_looks=0, least_days=0, doubt=np.inf,
        )  # fmt: skip
        found = trace(values, np.arange(years.size), 0, start, settings, years=years)
        process = np.append(0.0, seen(found.stability)[::-1])
        np.testing.assert_allclose(process, run["process"], atol=1e-6)
        widens = 1.0 + 2.0 * np.arange(process.size) / (process.size - 1)
        assert np.max(np.abs(process) / widens) == pytest.approx(run["statistic"], abs=1e-6)
        boundary = critical.recursive(run["level"]) * widens
        np.testing.assert_allclose(boundary, run["boundary"], atol=1e-6)
        assert years[found.first] == pytest.approx(run["stable_history_start"], abs=1e-9)


def test_a_raster_of_modis_is_rs(shared: Path) -> None:
    """Fifteen pixels with gaps, 16-day NDVI, in one stack: dates, magnitudes, coefficients."""
    runs = reference(shared, "modisraster_monitor.json")
    with vector(shared, "series/modisraster_dev.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))[:RASTER_LOOKS]
    names = [name for name in rows[0] if name != "date"]
    values = np.array([[number(row[name]) / 10_000 for name in names] for row in rows])
    years = 2000 + (3 + np.arange(len(rows))) / 23  # R's clock: 23 equal steps from 18 February
    start, days = 238, np.arange(len(rows))
    for history in ("ROC", "all"):
        settings = settings_of(
            {"order": 3, "formula": "trend + harmon", "history": history, "type": "OLS-MOSUM",
             "h": 0.25, "level": 0.05, "period": 10}
        )  # fmt: skip
        stack = np.ascontiguousarray(values[:, None, :], np.float32)
        found = detect(stack, days, 0, start, settings, years=years)
        for run in (run for run in runs if run["history"] == history):
            x = names.index(run["pixel"])
            one = trace(values[:, x], days, 0, start, settings, years=years)
            day = int(found.day[0, 0, x])
            assert day == (one.row if one.row >= 0 else NEVER)
            broke = years[day] if day >= 0 else None
            assert broke == pytest.approx(run["breakpoint"], abs=1e-6)
            assert one.magnitude == pytest.approx(run["magnitude"], abs=1e-6)
            if day >= 0:
                assert found.magnitude[0, 0, x] == pytest.approx(run["magnitude"], abs=1e-6)
            assert one.used == found.used[0, x] == run["n_hist"]
            assert years[one.first] == pytest.approx(run["history_start"], abs=1e-9)
            ours = as_r_counts(one, years, values[:, x], 23)
            np.testing.assert_allclose(ours, run["coef"], atol=1e-6)


def test_the_table_of_critical_values_is_the_published_one(shared: Path) -> None:
    table = reference(shared, "mosum_critval_table.json")
    windows, periods, quantiles, kinds = table["dimnames"]
    assert tuple(map(float, windows)) == critical.WINDOWS
    assert tuple(map(float, periods)) == critical.PERIODS
    kind = kinds.index("max")
    for i, window in enumerate(critical.WINDOWS):
        for j, period in enumerate(critical.PERIODS):
            for level in critical.LEVELS:
                published = table["values"][i][j][quantiles.index(f"{1 - level:g}")][kind]
                assert critical.mosum(window, level, period) == pytest.approx(published, abs=1e-13)
