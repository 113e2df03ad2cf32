"""Shares with their intervals, by cells."""

from __future__ import annotations

import numpy as np
import pytest

from landcover.kernels.rates import by_cell, joined, rate


def test_parts_of_a_plane_add_up_to_the_whole_however_cells_are_cut() -> None:
    random = np.random.default_rng(2)
    planes = random.integers(0, 4, (3, 70, 100))
    whole = by_cell(planes, row=10, column=5)
    parts = [
        by_cell(planes[:, a:b, c:d], 10 + a, 5 + c)
        for a, b in ((0, 13), (13, 70))
        for c, d in ((0, 27), (27, 61), (61, 100))
    ]
    told = joined(*(np.concatenate(one) for one in zip(*parts, strict=True)))
    for one, other in zip(told, whole, strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole[1].shape == (3 * 4, 3)
    assert (whole[1].sum(axis=0) == planes.sum(axis=(1, 2))).all()


def test_a_sample_counts_in_the_cells_of_the_whole() -> None:
    ones = np.ones((1, 64, 64), np.int64)
    _, told = by_cell(ones[:, 3::10, 3::10], 3, 3, 10)
    assert told.ravel().tolist() == [9, 12, 12, 16]
    assert by_cell(0 * ones)[0].size == 0, "a cell without a count is none"


def test_alarms_side_by_side_are_worth_one_cell() -> None:
    """Ten cells of 100 watches: one of them alarmed whole, or 100 alarms strewn evenly."""
    n = np.full(10, 100)
    together, strewn = np.zeros(10, int), np.full(10, 10)
    together[0] = 100
    assert rate(n, together).share == rate(n, strewn).share == 0.1
    assert rate(n, together).high == pytest.approx(0.4042, abs=0.02), "Wilson of 1 in 10 is 0.40"
    nothing = rate(n, np.zeros(10, int))
    assert (nothing.share, nothing.low, nothing.hits) == (0, 0, 0)
    assert nothing.high == pytest.approx(0.0402, abs=1e-4), "0 in 1000 / (1 + 99 x 0.1)"
    assert rate(n, n).high == 1


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Clustered alarms at 2 %: the cells alarm together, and 95 in 100 intervals hold it."""
    random = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        risk = random.beta(0.4, 19.6, 120)
        found = rate(np.full(120, 200), random.binomial(200, risk))
        held += found.low <= 0.02 <= found.high
    assert held / 300 > 0.91


def by_year(*shares: float, cells: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Return four watches of each cell and year, and those of them with an alarm."""
    random = np.random.default_rng(4)
    hits = np.stack([random.binomial(4, share, cells) for share in shares], axis=1)
    return np.full(hits.shape, 4), hits


def test_a_bad_year_widens_the_interval() -> None:
    """Haze in one year of three says that others may be as bad, however many places saw it."""
    watches, alarms = by_year(0.05, 0.0, 0.0)
    one, places = rate(watches, alarms), rate(watches.sum(axis=1), alarms.sum(axis=1))
    assert one.share == places.share == pytest.approx(0.05 / 3, rel=0.25)
    assert places.high < 0.025
    assert (one.by_years, places.by_years) == (True, False)
    assert one.high > 0.05
    assert (one.tested, one.clusters) == (4800, 400)


def test_years_that_are_alike_leave_the_interval_narrow() -> None:
    one = rate(*by_year(0.03, 0.03, 0.03, 0.03))
    assert one.low < 0.03 < one.high
    assert one.high - one.low < 0.04
    assert not one.by_years
    assert not rate(*by_year(0.03, 0.03, cells=20)).by_years, "two years, and chance alone"
    lone = np.zeros((327, 2), int)
    lone[5, 0] = 1
    assert not rate(np.ones((327, 2), int), lone).by_years, "more pixels would narrow it"


def test_a_single_watch_tells_nothing_of_years() -> None:
    one = rate(*by_year(0.03))
    assert (one.low, one.high, one.by_years) == (0, 1, True)
    two = rate(np.full((50, 3), [4, 0, 0]), np.full((50, 3), [1, 0, 0]))
    assert (two.share, two.low, two.high) == (0.25, 0, 1), "years without a watch are none"


@pytest.mark.parametrize("spread", [0.0, 0.3, 0.6])
def test_the_interval_holds_the_rate_of_the_years_that_the_watches_are_of(spread: float) -> None:
    """Yearly rates about 2 %, lognormal: without the years, 37 of 100 held it at 0.6."""
    random = np.random.default_rng(6)
    held = 0
    for _ in range(200):
        risks = 0.02 * np.exp(random.normal(0, spread, 4) - spread**2 / 2)
        alarms = np.stack([random.binomial(4, risk, 400) for risk in risks], axis=1)
        found = rate(np.full(alarms.shape, 4), alarms)
        held += found.low <= 0.02 <= found.high
    assert held / 200 > 0.89


def test_one_alarm_more_never_lowers_the_bound() -> None:
    n, bounds = np.full(50, 20), []
    for alarms in range(30):
        f = np.zeros(50, int)
        f[np.arange(alarms) % 7] += 1
        bounds.append(rate(n, f).high)
    assert bounds[:10] == sorted(bounds[:10])
    assert all(high > 0.003 for high in bounds)


def test_nothing_tested_tells_nothing() -> None:
    found = rate(np.zeros(0, int), np.zeros(0, int))
    assert np.isnan(found.share)
    assert (found.low, found.high, found.clusters) == (0, 1, 0)
