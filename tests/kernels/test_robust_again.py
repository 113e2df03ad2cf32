"""Land that is cleared again, soon after it grew back: the second break, if told, is told right."""

from __future__ import annotations

import pytest

from landcover.kernels.breaks import Breaks
from tests.kernels.test_robust import DAYS, YEARS, after, forest, judge

SEEDS = 10
FIRST = 4.5


def cleared_twice(gap: float) -> list[Breaks]:
    """Bare for the first three fifths of the gap, grown back until its end, then bare for good."""
    bare = 0.35 * ((YEARS >= FIRST) & (FIRST + 0.6 * gap > YEARS)) + 0.35 * after(FIRST + gap)
    return [judge(forest(seed) - bare) for seed in range(SEEDS)]


@pytest.mark.parametrize(
    ("gap", "told"),
    [(0.5, 0), (0.75, 0), (0.9, 5), (1.0, 4), (1.1, 2), (1.3, 5), (1.6, 10), (2, 10)],
)
def test_a_second_clearing_is_not_told_late_nor_from_bare_land(gap: float, told: int) -> None:
    day = int(DAYS[FIRST + gap <= YEARS][0])
    second = [found for found in cleared_twice(gap) if found.count[0, 0] > 1]
    assert len(second) >= told
    for found in second:
        assert found.count[0, 0] == 2
        assert abs(int(found.day[1, 0, 0]) - day) <= 48
        assert found.before[1, 0, 0] < day
        assert found.drop[1, 0, 0] == pytest.approx(-0.35, abs=0.08)
