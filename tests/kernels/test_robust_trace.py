"""What the default detector saw of one series."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from landcover.errors import InputError
from landcover.kernels.breaks import NEVER, Breaks
from landcover.kernels.robust import detect
from landcover.kernels.robust_trace import trace
from landcover.synthetic.series import Sky, series

HISTORY, MONITORED = 17_167, 18_628
"""1 January 2017 and 2021, days since 1970-01-01."""
MADE = series(Sky(14, 0.05), 12, cleared=True, seed=6)


@pytest.mark.parametrize("pixel", range(12))
def test_it_tells_the_breaks_that_the_detector_tells(pixel: int) -> None:
    one = np.ascontiguousarray(MADE.values[:, :, pixel : pixel + 1])
    wanted = detect(one, MADE.days, HISTORY, MONITORED)
    told = trace(one[:, 0, 0], MADE.days, HISTORY, MONITORED).breaks
    for field in fields(Breaks):
        np.testing.assert_array_equal(getattr(told, field.name), getattr(wanted, field.name))


def test_the_fit_is_the_season_until_the_clearing_and_lower_a_year_after() -> None:
    values = MADE.values[:, 0, 0]
    told = trace(values, MADE.days, HISTORY, MONITORED)
    day = int(told.breaks.day[0, 0, 0])
    assert day != NEVER
    before = (MADE.days < day) & (np.arange(MADE.days.size) >= told.first)
    left = (values - told.fitted)[before & np.isfinite(values)]
    assert abs(np.median(left)) < 0.01
    assert np.isfinite(told.fitted[before]).all(), "also where nothing was seen"
    assert told.fitted[MADE.days > day + 500].mean() < told.fitted[before].mean() - 0.1


def test_the_first_looks_of_a_break_lie_below_the_limit() -> None:
    values = MADE.values[:, 0, 0]
    told = trace(values, MADE.days, HISTORY, MONITORED)
    since = (MADE.days >= told.breaks.day[0, 0, 0]) & np.isfinite(values)
    assert (values < told.limit)[since][:4].all()
    assert np.isnan(told.limit[MADE.days < MONITORED]).all()


def test_a_short_history_has_no_fit() -> None:
    told = trace(MADE.values[:, 0, 0], MADE.days, MONITORED - 100, MONITORED)
    assert told.first == -1
    assert np.isnan(told.fitted).all()
    assert np.isnan(trace(np.full(9, np.nan, np.float32), np.arange(9), 0, 5).limit).all()


def test_a_plane_is_no_series() -> None:
    with pytest.raises(InputError, match="no series"):
        trace(MADE.values[:, 0], MADE.days, HISTORY, MONITORED)
