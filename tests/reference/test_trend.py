"""Trend kernels against pymannkendall, SciPy and statsmodels, and by hand where these are wrong.

Not held, on purpose: "tfpw" (no correction: it calls up to half of all trendless series
significant). It is not offered.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from landcover.kernels.discovery import adjusted, tally, threshold
from landcover.kernels.trend import Trend, trend

VECTORS = Path(__file__).resolve().parents[2].parent / "shared/reference/trend/mannkendall.json"
CLOSE = 1e-12
"""The vectors' tolerance."""

TESTS = {
    "original": ("mann-kendall", 1),
    "hamed_rao": ("hamed-rao", 0),
    "hamed_rao_lag3": ("hamed-rao", 3),
    "yue_wang": ("yue-wang", 0),
    "yue_wang_lag1": ("yue-wang", 1),
    "pre_whitening": ("pre-whitening", 1),
}
"""Their names: ours, with the lags (0: all)."""

WHOLE = ("linear_noise_n30", "ties_n40", "all_equal_n12", "ar1_06_n60", "ar1_trend_n120",
         "seasonal_8y", "n4")  # fmt: skip
GAPPY = ("seasonal_8y_nan45", "nan_ends_n30")

pytestmark = pytest.mark.skipif(
    not VECTORS.exists(), reason="../shared/reference/trend is not there: nothing to compare with"
)


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(VECTORS.read_text())
    return loaded


def series(vector: dict[str, Any]) -> NDArray[np.float64]:
    return np.array([math.nan if value is None else value for value in vector["x"]])


def ours(x: NDArray[np.float64], name: str) -> Trend:
    test, lags = TESTS[name]
    times = np.arange(1.0, len(x) + 1)  # as pymannkendall counts
    return trend(x.reshape(-1, 1, 1), times, test, lags=lags or len(x) - 1)


def p_of(z: float) -> float:
    """Recompute p without cancellation: 2 * (1 - cdf) is 0 beyond |z| = 8.3."""
    return float(2 * norm.sf(abs(z)))


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("test", TESTS)
def test_series_without_gaps(vectors: dict[str, Any], name: str, test: str) -> None:
    want = vectors[name]["tests"][test]
    got = ours(series(vectors[name]), test)
    assert got.slope.item() == pytest.approx(want["slope"], rel=CLOSE, abs=CLOSE)
    assert got.score.item() == want["s"]
    if want["z"] is None:
        # a variance below 0, and p missing: here the uncorrected one stands
        assert want["var_s"] < 0
        want = vectors[name]["tests"]["original"]
    if name == "all_equal_n12":
        # a constant series: variance missing, or that of another series' ties
        assert (got.variance.item(), got.p.item()) == (0.0, 1.0)
        return
    assert got.variance.item() == pytest.approx(want["var_s"], rel=CLOSE)
    assert got.p.item() == pytest.approx(p_of(want["z"]), rel=1e-11, abs=0)


@pytest.mark.parametrize("name", [*WHOLE, *GAPPY])
def test_slope_and_plain_test_need_no_lag_and_hold_with_gaps(
    vectors: dict[str, Any], name: str
) -> None:
    vector = vectors[name]
    got = ours(series(vector), "original")
    slope = vector["tests"]["sens_slope"]["slope"]  # by true index, as SciPy's
    assert got.slope.item() == pytest.approx(slope, rel=CLOSE, abs=CLOSE)
    assert got.score.item() == vector["tests"]["original"]["s"]
    assert got.variance.item() == pytest.approx(vector["tests"]["original"]["var_s"], rel=CLOSE)
    z = vector["tests"]["original"]["z"]
    assert got.p.item() == pytest.approx(vector.get("original_p_sf", p_of(z)), rel=1e-11)


@pytest.mark.parametrize("name", ["seasonal_8y", "seasonal_8y_nan45"])
def test_seasonal_kendall(vectors: dict[str, Any], name: str) -> None:
    x = series(vectors[name])
    want = vectors[name]["tests"]["seasonal"]
    got = trend(x.reshape(-1, 1, 1), np.arange(len(x)) / 12.0, "mann-kendall", seasons=12)
    slope = vectors[name]["tests"]["seasonal_sens_slope"]["slope"]  # a year, as ours
    assert got.slope.item() == pytest.approx(slope, rel=CLOSE)
    assert got.score.item() == want["s"]
    assert got.variance.item() == pytest.approx(want["var_s"], rel=CLOSE)
    assert got.p.item() == pytest.approx(p_of(want["z"]), rel=1e-11)


def test_correlated_seasons(vectors: dict[str, Any]) -> None:
    """Theirs lacks the continuity correction here, and on the series with gaps divides by zero.

    With the correction p is a little higher; tests/kernels has the formula for gaps.
    """
    want = vectors["seasonal_8y"]["tests"]["correlated_seasonal"]
    x = series(vectors["seasonal_8y"]).reshape(-1, 1, 1)
    got = trend(x, np.arange(96) / 12.0, "correlated-seasonal", seasons=12)
    assert got.score.item() == want["s"]
    assert got.variance.item() == pytest.approx(want["var_s"], rel=CLOSE)
    assert want["z"] == pytest.approx(want["s"] / math.sqrt(want["var_s"]))
    z = (want["s"] + 1) / math.sqrt(want["var_s"])
    assert got.p.item() == pytest.approx(p_of(z), rel=1e-11)
    assert "error" in vectors["seasonal_8y_nan45"]["tests"]["correlated_seasonal"]
    x = series(vectors["seasonal_8y_nan45"]).reshape(-1, 1, 1)
    gappy = trend(x, np.arange(96) / 12.0, "correlated-seasonal", seasons=12)
    assert 0 < gappy.p.item() < 0.05


def lagged(y: NDArray[np.float64], k: int) -> tuple[float, int]:
    """Correlate at a true lag, over the pairs that are there; tapered as the biased estimate."""
    there = np.flatnonzero(~np.isnan(y))
    y = y[there[0] : there[-1] + 1] - np.nanmean(y)
    product = y[:-k] * y[k:]
    pairs = int((~np.isnan(product)).sum())
    if not pairs:
        return 0.0, 0
    taper = (len(y) - k) / len(y)
    return float(np.nansum(product) / pairs * taper / np.nanmean(y**2)), pairs


def by_hand(x: NDArray[np.float64], test: str, lags: int) -> float:
    """Return the factor of the variance for a series with gaps, written out from the formulas."""
    n = int((~np.isnan(x)).sum())
    slope = ours(x, "original").slope.item()
    y = x - slope * np.arange(1, len(x) + 1)
    total = 0.0
    if test == "hamed-rao":
        y[~np.isnan(y)] = rankdata(y[~np.isnan(y)])
    for k in range(1, lags + 1):
        r, m = lagged(y, k)
        if test == "yue-wang":
            total += m / n * r
        elif abs(r) > norm.ppf(0.975) / math.sqrt(m + k):
            total += m * (m - 1) * (m - 2) * r / (n * (n - 1) * (n - 2))
    return 1 + 2 * total


@pytest.mark.parametrize("name", GAPPY)
@pytest.mark.parametrize("test", ["hamed_rao_lag3", "yue_wang_lag1"])
def test_gaps_are_not_closed_up(vectors: dict[str, Any], name: str, test: str) -> None:
    """Theirs drops what is missing, then takes lags and a trend over what is left."""
    x = series(vectors[name])
    got = ours(x, test)
    factor = by_hand(x, *TESTS[test])
    plain = vectors[name]["tests"]["original"]["var_s"]
    assert factor > 0
    assert got.variance.item() == pytest.approx(plain * factor, rel=1e-11)
    theirs = vectors[name]["tests"][test]["var_s"]
    if (name, test) != ("nan_ends_n30", "hamed_rao_lag3"):  # there no lag is significant
        assert got.variance.item() != pytest.approx(theirs, rel=1e-3)


@pytest.mark.parametrize("name", GAPPY)
def test_whitening_over_gaps(vectors: dict[str, Any], name: str) -> None:
    """Innovations over k steps: (x_i - r^k x_before) sqrt((1 - r^2) / (1 - r^2k))."""
    x = series(vectors[name])
    r, _ = lagged(x, 1)
    there = np.flatnonzero(~np.isnan(x))
    y, k = x[there] - x[there].mean(), np.diff(there)
    white = (y[1:] - r**k * y[:-1]) * np.sqrt((1 - r**2) / (1 - r ** (2.0 * k)))
    score = sum(np.sign(b - a) for i, a in enumerate(white) for b in white[i + 1 :])
    n = len(white)
    got = ours(x, "pre_whitening")
    assert got.score.item() == score
    assert got.variance.item() == pytest.approx(n * (n - 1) * (2 * n + 5) / 18, rel=CLOSE)


@pytest.mark.parametrize(("method", "dependent"), [("fdr_bh", False), ("fdr_by", True)])
def test_false_discovery_rates(vectors: dict[str, Any], method: str, dependent: bool) -> None:
    p, rate = np.array(vectors["_fdr"]["p"]), vectors["_fdr"]["q"]
    want = vectors["_fdr"]["out"][method]
    found = adjusted(p, dependent)
    np.testing.assert_allclose(found, want["p_adj"], rtol=CLOSE)
    assert ((found <= rate) == want["reject"]).all()
    # the map's way, from a tally
    limit = threshold(tally(p.astype(np.float32)), rate, dependent)
    assert ((p <= limit) == want["reject"]).all()
