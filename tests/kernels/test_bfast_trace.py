"""One series followed: what is told is what least squares and the formulas give."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landcover.kernels.bfast import BfastSettings
from landcover.kernels.bfast_trace import trace

DAYS = np.arange(17_167, 17_167 + 365 * 8, 12, dtype=np.int64)
YEARS = 2017 + (DAYS - 17_167) / 365.25
WATCH = 18_628


def test_a_trace_by_hand() -> None:
    chance = np.random.default_rng(8)
    values = 0.7 + 0.02 * (YEARS - 2017) + 0.1 * np.sin(2 * np.pi * YEARS)
    values += chance.normal(0, 0.02, values.size)
    values[::3] = np.nan
    values[DAYS >= 19_300] -= 0.4
    rules = BfastSettings(trend=True, history="all")
    found = trace(values, DAYS, 17_167, WATCH, rules, years=YEARS)
    seen = np.isfinite(values)
    history = seen & (DAYS < WATCH)
    n = int(history.sum())
    turn = 2 * np.pi * YEARS
    design = np.stack([np.ones_like(YEARS), YEARS - 2019, np.cos(turn), np.sin(turn)], axis=1)
    b, squares = np.linalg.lstsq(design[history], values[history], rcond=None)[:2]
    np.testing.assert_allclose(found.fitted, design @ b, atol=1e-10)
    assert found.coefficients[1] == pytest.approx(b[1], rel=1e-8)
    assert found.coefficients[0] == pytest.approx(b[0] - 2019 * b[1], rel=1e-8)
    assert found.sigma == pytest.approx(math.sqrt(squares[0] / (n - 4)))
    assert (found.used, found.first) == (n, int(np.flatnonzero(seen)[0]))
    rest = (values - design @ b)[seen]
    last = np.flatnonzero(seen)[-1]
    width = int(0.25 * n)
    expected = rest[-width:].sum() / (found.sigma * math.sqrt(n))
    assert found.process[last] == pytest.approx(expected)
    ratio = rest.size / n
    expected = 1.34182451007628 * math.sqrt(2 * max(1, math.log(ratio)))
    assert found.boundary[last] == pytest.approx(expected)
    assert np.isnan(found.process[~seen]).all()
    assert np.isnan(found.boundary[DAYS < WATCH]).all()
    assert 19_300 <= DAYS[found.row] <= 19_300 + 60
    assert found.magnitude == pytest.approx(
        np.median((values - design @ b)[found.row :][seen[found.row :]])
    )


def test_what_cannot_be_fitted_has_no_numbers() -> None:
    values = np.full(DAYS.size, np.nan)
    values[:4] = 0.8
    found = trace(values, DAYS, 17_167, WATCH, BfastSettings())
    assert (found.first, found.used, found.row) == (-1, 0, -1)
    assert np.isnan(found.process).all()
    assert np.isnan(found.fitted).all()
    assert math.isnan(found.sigma)
