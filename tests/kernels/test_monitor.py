"""Processes and boundaries, worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landcover.kernels.bfast import BfastSettings
from landcover.kernels.monitor import _boundary, _find, _process

MOVING = BfastSettings(gate=0.0).rule()
WHOLE = BfastSettings(gate=0.0, test="cusum").rule()
GATED = BfastSettings(gate=0.1, run=2, lasting_days=30).rule()

RESIDUALS = np.array([0.01, -0.01, 0.02, -0.02, 0.01, -0.01, 0.0, 0.0, -0.3, -0.3, 0.0, 0.0])
TOTAL = np.append(0.0, np.cumsum(RESIDUALS))
DAYS = np.arange(12, dtype=np.int64) * 10


def test_moving_sums_hold_a_share_of_the_history() -> None:
    # h n = 0.25 x 8: the last two residuals
    assert _process(TOTAL, 9, 8, 0.1, MOVING) == pytest.approx(-3.0)
    assert _process(TOTAL, 10, 8, 0.1, MOVING) == pytest.approx(-6.0)
    assert _process(TOTAL, 12, 8, 0.1, MOVING) == pytest.approx(0.0)
    # h n = 0.25 x 7 = 1.75: rounded down, to the last one
    assert _process(TOTAL, 11, 7, 0.1, MOVING) == pytest.approx(0.0)


def test_whole_sums_hold_all() -> None:
    assert _process(TOTAL, 12, 8, 0.1, WHOLE) == pytest.approx(-6.0)


def test_boundaries() -> None:
    c = 1.34182451007628
    assert _boundary(9, 8, MOVING) == pytest.approx(c * math.sqrt(2))
    assert _boundary(80, 8, MOVING) == pytest.approx(c * math.sqrt(2 * math.log(10)))
    assert _boundary(16, 8, WHOLE) == pytest.approx(
        math.sqrt(2 * (2.79548348291511**2 + math.log(2)))
    )


def test_the_first_look_beyond_the_boundary_is_the_break() -> None:
    spare = np.empty(12)
    assert _find(RESIDUALS, TOTAL, DAYS, 8, 12, 0.1, MOVING, spare) == 8
    # -3 is within 1.9 x 2, -6 is not
    assert _find(RESIDUALS, TOTAL, DAYS, 8, 12, 0.2, MOVING, spare) == 9
    assert _find(RESIDUALS, TOTAL, DAYS, 8, 12, 1.0, MOVING, spare) == -1
    assert _find(-RESIDUALS, -TOTAL, DAYS, 8, 12, 0.1, MOVING, spare) == -1
    both = MOVING._replace(both=True)
    assert _find(-RESIDUALS, -TOTAL, DAYS, 8, 12, 0.1, both, spare) == 8


def test_a_break_must_last() -> None:
    """Of four looks in thirty days two are low: their median is -0.15; from the next on, -0.0."""
    spare = np.empty(12)
    assert _find(RESIDUALS, TOTAL, DAYS, 8, 12, 0.1, GATED, spare) == 8
    large = GATED._replace(gate=0.2)
    assert _find(RESIDUALS, TOTAL, DAYS, 8, 12, 0.1, large, spare) == -1
    assert _find(RESIDUALS, TOTAL, DAYS, 8, 12, 0.1, large._replace(lasting_days=10), spare) == 8


def test_looks_beyond_the_period_are_tested() -> None:
    """What happens after ten times a short history is not passed over in silence."""
    residuals = np.append(np.tile([0.01, -0.01], 20), -1.0)
    total, days = np.append(0.0, np.cumsum(residuals)), np.arange(41, dtype=np.int64)
    assert _find(residuals, total, days, 4, 41, 0.1, MOVING, np.empty(41)) == 40
