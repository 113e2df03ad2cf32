"""The default detector keeps to the error rates that it promises, on series made for that.

`scripts/montecarlo` prints the whole table, beside bfastmonitor's. The settings were fixed with
other seeds.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from landcover.kernels.robust import RobustSettings, detect
from landcover.synthetic.series import Series, Sky, rates, series

HISTORY, MONITORED = (
    day.toordinal() - date(1970, 1, 1).toordinal() for day in (date(2017, 1, 1), date(2021, 1, 1))
)
SEED = 20_260
COUNT = 2000


def breaks(made: Series) -> Any:
    return detect(made.values, made.days, HISTORY, MONITORED).day[0, 0]


@pytest.mark.parametrize(
    ("sky", "found", "days"),
    [(Sky(looks=6, residual=0.05), 0.88, 25), (Sky(looks=14, residual=0.12), 0.94, 10)],
    ids=["6 looks a year, 5 % cloud", "14 looks a year, 12 % cloud"],
)
def test_false_alarms_clearings_found_and_their_dates(sky: Sky, found: float, days: float) -> None:
    standing = breaks(series(sky, COUNT, cleared=False, seed=SEED))
    made = series(sky, COUNT, cleared=True, seed=SEED)
    got = rates(standing, made, breaks(made), RobustSettings().run)
    assert got.false <= 0.015
    assert got.found >= found
    assert got.error_days <= days
