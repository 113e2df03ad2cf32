"""Processes and boundaries, worked by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from landcover.kernels.bfast import BfastSettings
from landcover.kernels.monitor import Rule, _boundary, _process
from landcover.kernels.monitor import _find as _found
from landcover.kernels.watching import LASTED, OPEN

MOVING = BfastSettings(gate=0.0).rule()
WHOLE = BfastSettings(gate=0.0, test="cusum").rule()
GATED = BfastSettings(gate=0.1, run=2, lasting_days=30).rule()

RESIDUALS = np.array([0.01, -0.01, 0.02, -0.02, 0.01, -0.01, 0.0, 0.0, -0.3, -0.3, 0.0, 0.0])
TOTAL = np.append(0.0, np.cumsum(RESIDUALS))
DAYS = np.arange(12, dtype=np.int64) * 10


def _find(*given: Any) -> int:
    """Find the alarm's look alone."""
    return int(_found(*given)[0])


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
    """Of four looks in thirty days two are low: of two days' their median is -0.3, of all -0.15."""
    spare, brief = np.empty(12), GATED._replace(lasting_days=10)
    assert _find(RESIDUALS, TOTAL, DAYS, 8, 12, 0.1, brief, spare) == 8
    assert _find(RESIDUALS, TOTAL, DAYS, 8, 12, 0.1, brief._replace(gate=0.4), spare) == -1
    # the two later ones are back
    assert _find(RESIDUALS, TOTAL, DAYS, 8, 12, 0.1, GATED, spare) == -1


def test_looks_beyond_the_period_are_tested() -> None:
    """What happens after ten times a short history is not passed over in silence."""
    residuals = np.append(np.tile([0.01, -0.01], 20), -1.0)
    total, days = np.append(0.0, np.cumsum(residuals)), np.arange(41, dtype=np.int64)
    assert _find(residuals, total, days, 4, 41, 0.1, MOVING, np.empty(41)) == 40


# --- what an alarm is worth ----------------------------------------------------------------------

SLOW = BfastSettings(gate=0.1, run=3, h=1.0).rule()
QUIET = [0.01, -0.01, 0.02, -0.02, 0.01, -0.01, 0.0, 0.0]


def judged(
    after: list[float], rules: Rule = SLOW, step: int = 20, unit: float = 0.05, **more: list[float]
) -> tuple[int, int, float, int]:
    """Judge looks each `step` days, eight of a quiet history ahead; counted from the watch."""
    r = np.array([*more.get("before", QUIET), *after])
    total, days = np.append(0.0, np.cumsum(r)), np.arange(r.size, dtype=np.int64) * step
    alarm, start, sign, worth = _found(r, total, days, 8, r.size, unit, rules, np.empty(r.size))
    return alarm - 8, start - 8 if start >= 0 else -1, sign, worth


def test_a_break_is_walked_back_to_its_first_low_look() -> None:
    # 2.75 x 1.41 x 0.2 = 0.78: the third look of 0.3 gives the alarm
    alarm, start, sign, worth = judged([0.0, 0.01] + [-0.3] * 20, unit=0.2)
    assert (alarm, start, sign, worth) == (4, 2, 1.0, LASTED)
    as_in_r = SLOW._replace(walks=False)
    assert judged([0.0, 0.01] + [-0.3] * 20, as_in_r, unit=0.2)[:2] == (4, 4)


def test_a_gain_is_walked_back_alike() -> None:
    both = SLOW._replace(both=True)
    assert judged([0.0, 0.01] + [0.3] * 20, both, unit=0.2)[:3] == (4, 2, -1.0)


def test_one_odd_look_does_not_end_the_walk() -> None:
    assert judged([0.0, -0.3, -0.3, 0.02] + [-0.3] * 20, unit=0.2)[:2] == (4, 1)
    # of one low look before it and one odd one nobody can tell: the later day
    assert judged([0.0, -0.3, 0.02] + [-0.3] * 20, unit=0.2)[:2] == (4, 3)


def test_a_cloud_long_before_does_not_begin_the_walk() -> None:
    assert judged([-0.4, 0.0, 0.01] + [-0.3] * 20, unit=0.2)[:2] == (4, 3)


def test_an_alarm_ahead_of_its_drop_is_moved_to_it() -> None:
    """The sums were near their boundary; the look that takes them over it is not low itself."""
    found = judged([-0.75, 0.0, 0.0, -0.05] + [-0.3] * 20, SLOW._replace(run=4), unit=0.2)
    assert found[:2] == (3, 4)


def test_a_decline_begins_where_it_is_beyond_the_gate() -> None:
    falling = [-0.01 * k for k in range(40)]
    alarm, start, _, _ = judged(falling, unit=0.2)
    assert 0 < start < alarm
    assert np.median(falling[start : start + 3]) == pytest.approx(-0.1)


def test_land_that_was_bare_before_the_watch_did_not_break_in_it() -> None:
    bare = [-0.3] * 20
    assert judged(bare, before=[*QUIET[:6], -0.3, -0.28])[:2] == (0, -1)
    # one low look at the end of the history may be cloud: the land broke after it
    assert judged(bare, before=[*QUIET[:7], -0.28])[:2] == (0, 0)
    # an odd look on the first day of the watch makes it no other
    assert judged([0.0, *bare], before=[*QUIET[:5], -0.3, -0.28, -0.3])[1] == -1
    # one cloud in the last looks of the history is none of it
    assert judged([0.0, *bare], before=[*QUIET[:7], -0.28])[1] == 1
    # without a gate each alarm is taken
    assert judged(bare, SLOW._replace(gate=0.0), before=[*QUIET[:7], -0.28])[1] == 0


def test_a_drop_that_is_gone_after_a_season_was_none() -> None:
    """Each ten days: eleven low looks of the 21 within 200 days, of which one after day 90."""
    rules = SLOW._replace(lasting_days=200)
    assert judged([-0.3] * 11 + [0.0] * 20, rules, step=10)[0] < 0
    # two looks later than a season prove nothing: it stands, as provisional
    assert judged([-0.3] * 5 + [0.0] * 2, rules)[1:] == (0, 1.0, OPEN)


def test_what_is_confirmed_was_seen_to_last() -> None:
    assert judged([-0.3] * 20)[3] == LASTED
    assert judged([-0.3] * 18)[3] == OPEN, "nobody looked after 340 days"
    assert judged([-0.3] * 10 + [-0.07] * 20)[3] == OPEN, "neither gone nor there"
    few = SLOW._replace(run=4)
    assert judged([-0.3] * 4, few, step=140)[3] == OPEN, "three looks later than a season"
    assert judged([-0.3] * 5, few, step=140)[3] == LASTED, "the fourth came late, but in time"


def test_of_a_brief_watch_half_is_a_season() -> None:
    assert judged([-0.3] * 6, SLOW._replace(lasting_days=60))[3] == LASTED
    assert judged([-0.3] * 3, SLOW._replace(lasting_days=60))[3] == OPEN
