"""Monthly medians, climatology, anomalies, z scores and amplitudes against pandas."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from landcover.kernels.climatology import MIN_YEARS, Normals, anomaly, normals, season
from landcover.kernels.months import calendar_medians, month_numbers, monthly_medians

EXACT = {"rtol": 1e-12, "atol": 1e-12}
SERIES = ("c02_break_dense", "c03_break_sparse")


class Case(NamedTuple):
    """One series, what the reference says of it, and what the kernels make of it."""

    told: Mapping[str, Any]
    values: NDArray[np.float64]
    days: NDArray[np.int64]
    first: int
    monthly: NDArray[np.float64]
    normal: Normals

    def rows(self, name: str) -> NDArray[np.float64]:
        """Return the reference's monthly values for the months that the kernels have."""
        begin = month_numbers(np.array([_day(self.told["year_month"][0] + "-01")]))[0]
        start = self.first - int(begin)
        return np.array(self.told[name], np.float64)[start : start + len(self.monthly)]


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def _read(path: Path) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    with path.open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["value"] != "NA"]
    days = np.array([_day(row["date"]) for row in rows])
    return days, np.array([float(row["value"]) for row in rows]).reshape(-1, 1, 1)


@pytest.fixture(scope="module", params=SERIES)
def case(request: pytest.FixtureRequest, shared: Path) -> Case:
    folder = shared / "reference"
    path = folder / "climatology" / f"{request.param}.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    days, values = _read(folder / "series" / f"{told['series']}.csv")
    first, monthly = monthly_medians(values, days)
    begin, last = told["baseline"]
    normal = normals(monthly, first, (begin * 12, (last + 1) * 12))
    return Case(told, values, days, first, monthly, normal)


def test_monthly_medians(case: Case) -> None:
    assert len(case.told["year_month"]) >= len(case.monthly)
    np.testing.assert_allclose(case.monthly[:, 0, 0], case.rows("monthly_median"), **EXACT)
    counts = np.bincount(month_numbers(case.days) - case.first, minlength=len(case.monthly))
    np.testing.assert_array_equal(counts, case.rows("monthly_count"))


def test_medians_of_all_observations_and_their_counts(case: Case) -> None:
    begin, last = case.told["baseline"]
    within = (month_numbers(case.days) >= begin * 12) & (month_numbers(case.days) < last * 12 + 12)
    medians, counts = calendar_medians(case.values[within], case.days[within])
    known = case.told["climatology"]
    np.testing.assert_allclose(medians[:, 0, 0], np.array(known["median_of_obs"], float), **EXACT)
    np.testing.assert_array_equal(counts[:, 0, 0], known["count"])
    found = season(medians).amplitude[0, 0]
    assert found == pytest.approx(case.told["climatology_amplitude"], rel=1e-12)


def test_mean_spread_and_years_of_monthly_medians(case: Case) -> None:
    known, normal = case.told["climatology"], case.normal
    for name, found in {
        "mean_of_monthly_medians": normal.mean,
        "std_ddof1_of_monthly_medians": normal.spread,
        "n_years": normal.years,
    }.items():
        np.testing.assert_allclose(found[:, 0, 0], np.array(known[name], float), **EXACT)


def test_anomalies(case: Case) -> None:
    found = [anomaly(m, n, case.normal)[0][0, 0] for n, m in enumerate(case.monthly, case.first)]
    np.testing.assert_allclose(found, case.rows("anomaly"), **EXACT)


def test_z_scores_of_three_or_more_years(case: Case) -> None:
    """The reference divides by the spread of two years as well: ours is silent there.

    Of two years the spread is half their difference, whatever the ground does: in the baseline
    every z is then 0.7071 or -0.7071, and the reference's are.
    """
    numbers = range(case.first, case.first + len(case.monthly))
    found = np.array([anomaly(m, n, case.normal)[1][0, 0]
                      for n, m in zip(numbers, case.monthly, strict=True)])  # fmt: skip
    known = case.rows("zscore")
    enough = np.array([case.normal.years[n % 12, 0, 0] >= MIN_YEARS for n in numbers])
    np.testing.assert_allclose(found[enough], known[enough], rtol=1e-11, atol=1e-12)
    assert np.isnan(found[~enough]).all()
    begin, last = case.told["baseline"]
    within = np.array([begin * 12 <= n < last * 12 + 12 for n in numbers])
    left = known[~enough & within & ~np.isnan(known)]
    np.testing.assert_allclose(np.abs(left), np.sqrt(0.5), rtol=1e-9)


def test_amplitude_of_each_year(case: Case) -> None:
    for year, known in case.told["amplitude_max_minus_min_of_monthly_medians"].items():
        rows = np.full((12, 1, 1), np.nan)
        start = int(year) * 12 - case.first
        for month in range(12):
            if 0 <= start + month < len(case.monthly):
                rows[month] = case.monthly[start + month]
        assert season(rows).amplitude[0, 0] == pytest.approx(known, rel=1e-12), year
