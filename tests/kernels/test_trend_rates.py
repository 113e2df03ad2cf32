"""How often each test calls a trendless series significant, by simulation: what the docs say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from landcover.kernels.trend import trend

TESTS = ("mann-kendall", "hamed-rao", "yue-wang", "pre-whitening")

PIXELS = 4000
LEVEL = 0.05
STRAY = 0.0105
"""Three standard errors of a rate of 0.05 among so many series."""

HIGHEST = {
    (0.0, 0.0): (0.06, 0.075, 0.085, 0.06),
    (0.0, 0.5): (0.06, 0.075, 0.085, 0.06),
    (0.4, 0.0): (0.22, 0.12, 0.12, 0.06),
    (0.4, 0.5): (0.17, 0.15, 0.12, 0.06),
    (0.7, 0.0): (0.45, 0.16, 0.22, 0.07),
    (0.7, 0.5): (0.30, 0.23, 0.19, 0.08),
}
"""(lag-1 correlation, share of months missing) -> the rate that each of `TESTS` stays below."""


def months(phi: float, missing: float, slope: float = 0.0) -> NDArray[np.float32]:
    """Simulate eight years of months with memory, a season, and gaps that follow the season."""
    chance = np.random.default_rng(20240)
    noise = chance.standard_normal((96, PIXELS))
    out = noise.copy()
    for i in range(1, len(out)):
        out[i] = phi * out[i - 1] + np.sqrt(1 - phi**2) * noise[i]
    turn = 2 * np.pi * np.arange(96)[:, None] / 12
    values = 0.7 + 0.05 * np.cos(turn) + 0.03 * out + slope * np.arange(96)[:, None] / 12
    gone = missing + (0.25 * np.cos(turn - 1) if missing else 0)
    values[chance.random(values.shape) < gone] = np.nan
    return values.astype(np.float32).reshape(96, 1, PIXELS)


def rates(stack: NDArray[np.float32]) -> dict[str, float]:
    return rates_of(stack, np.arange(96) / 12)


def rates_of(stack: NDArray[np.float32], times: NDArray[np.float64]) -> dict[str, float]:
    return {
        test: float((trend(stack, times, test, seasons=12, anomalies=True).p < LEVEL).mean())
        for test in TESTS
    }


@pytest.mark.slow
@pytest.mark.parametrize(("phi", "missing"), list(HIGHEST))
def test_false_alarms(phi: float, missing: float) -> None:
    found = rates(months(phi, missing))
    for test, highest in zip(TESTS, HIGHEST[phi, missing], strict=True):
        assert LEVEL - 2 * STRAY < found[test] < highest + STRAY, (test, found)
    if phi >= 0.4:
        assert found["mann-kendall"] > found["hamed-rao"] > found["pre-whitening"]


@pytest.mark.slow
@pytest.mark.parametrize(("missing", "least"), [(0.0, 0.95), (0.5, 0.85)])
def test_power(missing: float, least: float) -> None:
    """A fall of 0.01 a year is found, memory 0.4; whitening finds fewer."""
    found = rates(months(0.4, missing, -0.01))
    assert found["hamed-rao"] > least
    assert found["yue-wang"] > least
    assert found["pre-whitening"] < found["hamed-rao"]
    assert found["pre-whitening"] > 0.5


@pytest.mark.slow
def test_slopes_have_no_bias_whatever_is_missing() -> None:
    stack = months(0.4, 0.5, -0.01)
    found = trend(stack, np.arange(96) / 12, seasons=12, anomalies=True)
    assert np.nanmean(found.slope) == pytest.approx(-0.01, abs=2e-4)


def years_that_differ(years: int, slope: float) -> NDArray[np.float32]:
    """Simulate months with memory whose years differ as a whole by chance: 0.02 beside 0.03."""
    chance = np.random.default_rng(years)
    noise = chance.standard_normal((12 * years, PIXELS))
    out = noise.copy()
    for i in range(1, len(out)):
        out[i] = 0.4 * out[i - 1] + np.sqrt(1 - 0.4**2) * noise[i]
    own = np.repeat(0.02 * chance.standard_normal((years, PIXELS)), 12, axis=0)
    values = 0.7 + 0.03 * out + own + slope * np.arange(len(out))[:, None] / 12
    values[chance.random(values.shape) < 0.3] = np.nan
    return values.astype(np.float32).reshape(-1, 1, PIXELS)


@pytest.mark.slow
@pytest.mark.parametrize(("years", "told_as_a_rise"), [(2, 0.31), (3, 0.13), (4, 0.04), (5, 0.01)])
def test_the_sign_of_a_decline_is_sure_from_five_years_on(
    years: int, told_as_a_rise: float
) -> None:
    found = trend(years_that_differ(years, -0.02), np.arange(12 * years) / 12, seasons=12,
                  anomalies=True)  # fmt: skip
    assert (found.slope > 0).mean() == pytest.approx(told_as_a_rise, abs=0.02)


@pytest.mark.slow
def test_years_that_differ_are_called_trends_but_by_correlated_seasons() -> None:
    for years, power in ((5, 0.18), (8, 0.97)):
        stack, times = years_that_differ(years, 0.0), np.arange(12 * years) / 12
        by_month = rates_of(stack, times)
        assert 0.2 < by_month["hamed-rao"] < 0.33
        assert 0.09 < by_month["pre-whitening"] < 0.16
        strict = "correlated-seasonal"
        assert (trend(stack, times, strict, seasons=12).p < LEVEL).mean() < LEVEL
        falling = trend(years_that_differ(years, -0.02), times, strict, seasons=12)
        assert (falling.p < LEVEL).mean() == pytest.approx(power, abs=0.03)
