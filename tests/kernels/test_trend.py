"""Theil-Sen and Mann-Kendall: against all pairs written out, by property, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.trend import LAGS, TESTS, trend

WHOLE = TESTS[:4]
"""Tests that need no seasons."""

KINDS = ("noise", "ties", "line", "constant", "outliers")


def random_stack(
    shape: tuple[int, int, int], missing: float, seed: int, kind: str
) -> NDArray[np.float32]:
    """Series with noise, ties, an exact line, one value, or values far off; some missing."""
    chance = np.random.default_rng(seed)
    values = 0.7 + 0.05 * chance.standard_normal(shape)
    if kind == "ties":
        values = chance.choice([0.1, 0.2, 0.3, -0.0], shape)
    elif kind == "line":
        values = np.broadcast_to(np.arange(shape[0]).reshape(-1, 1, 1) * -0.25, shape)
    elif kind == "constant":
        values = np.full(shape, 0.5)
    elif kind == "outliers":
        values = np.where(chance.random(shape) < 0.1, 1e6, values)
    return np.where(chance.random(shape) < missing, np.nan, values).astype(np.float32)


stacks = st.builds(
    random_stack,
    st.tuples(st.integers(1, 40), st.integers(1, 2), st.sampled_from([1, 3, 65])),
    st.sampled_from([0.0, 0.3, 0.8, 1.0]),
    st.integers(0, 2**32 - 1),
    st.sampled_from(KINDS),
)


def pairs_of(n: int, step: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    i, j = np.triu_indices(n, 1)
    keep = (j - i) % step == 0
    return i[keep], j[keep]


def slope_of(x: NDArray[np.float64], times: NDArray[np.float64], step: int) -> float:
    """Take the median of all slopes, none left out."""
    i, j = pairs_of(len(x), step)
    slopes = (x[j] - x[i]) / (times[j] - times[i])
    slopes = slopes[~np.isnan(slopes)]
    return float(np.median(slopes)) if slopes.size else float("nan")


@settings(max_examples=60, deadline=None)
@given(stacks, st.sampled_from([1, 4]))
def test_slope_is_the_median_of_all_slopes(stack: NDArray[np.float32], seasons: int) -> None:
    times = np.arange(len(stack)) / 12
    wide = stack.astype(np.float64)
    for held, close in ((stack, 2e-5), (wide, 1e-11)):
        got = trend(held, times, "mann-kendall", seasons=seasons)
        columns = wide.reshape(len(stack), -1).T
        want = np.array([slope_of(x, times, seasons) for x in columns])
        size = np.where(np.isnan(stack), 0, np.abs(stack)).max() * 12
        np.testing.assert_allclose(got.slope.ravel(), want, rtol=close, atol=close * size)
        assert got.slope.dtype == held.dtype


@settings(max_examples=40, deadline=None)
@given(stacks, st.sampled_from([1, 4]), st.integers(0, 2**32 - 1))
def test_each_value_may_have_a_time_of_its_own(
    stack: NDArray[np.float32], seasons: int, seed: int
) -> None:
    wide = stack.astype(np.float64)
    rows = np.arange(len(stack))[:, None, None]
    times = (rows + 0.9 * np.random.default_rng(seed).random(stack.shape)) / 12
    times[np.isnan(wide)] = np.nan
    got = trend(wide, times, "mann-kendall", seasons=seasons, threads=2)
    columns = zip(wide.reshape(len(stack), -1).T, times.reshape(len(stack), -1).T, strict=True)
    want = np.array([slope_of(x, own, seasons) for x, own in columns])
    size = np.where(np.isnan(stack), 0, np.abs(stack)).max() * 120
    np.testing.assert_allclose(got.slope.ravel(), want, rtol=1e-10, atol=1e-10 * size)
    same = trend(wide, np.broadcast_to(rows / 12, stack.shape), seasons=1)
    shared = trend(wide, rows.ravel() / 12, seasons=1)
    np.testing.assert_array_equal(same.slope, shared.slope)
    np.testing.assert_array_equal(same.p, shared.p)


@settings(max_examples=40, deadline=None)
@given(stacks, st.sampled_from([1, 4]))
def test_score_and_variance_with_ties(stack: NDArray[np.float32], seasons: int) -> None:
    got = trend(stack, np.arange(float(len(stack))), "mann-kendall", seasons=seasons)
    for k, x in enumerate(stack.reshape(len(stack), -1).T):
        i, j = pairs_of(len(x), seasons)
        score = np.nansum(np.sign(x[j] - x[i]))
        variance = 0.0
        for first in range(seasons):
            values = x[first::seasons]
            _, same = np.unique(values[~np.isnan(values)], return_counts=True)
            n = int(same.sum())
            ties = (same * (same - 1) * (2 * same + 5)).sum()
            variance += (n * (n - 1) * (2 * n + 5) - ties) / 18
        assert got.score.ravel()[k] == score
        assert got.variance.ravel()[k] == pytest.approx(variance)
        assert got.count.ravel()[k] == np.isfinite(x).sum()


@settings(max_examples=25, deadline=None)
@given(stacks, st.sampled_from(WHOLE), st.booleans(), st.integers(1, 5), st.integers(0, 70))
def test_no_answer_depends_on_threads_or_tiles(
    stack: NDArray[np.float32], test: str, anomalies: bool, threads: int, cut: int
) -> None:
    times = np.arange(float(len(stack)))
    seasons = 5 if anomalies else 1
    whole = trend(stack, times, test, seasons=seasons, anomalies=anomalies)
    shared = trend(stack, times, test, seasons=seasons, anomalies=anomalies, threads=threads)
    cut = min(cut, stack.shape[2])
    part = trend(stack[:, :, cut:], times, test, seasons=seasons, anomalies=anomalies)
    for name in ("slope", "p", "count", "score", "variance"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(shared, name))
        np.testing.assert_array_equal(getattr(whole, name)[:, cut:], getattr(part, name))


@settings(max_examples=25, deadline=None)
@given(stacks, st.sampled_from(WHOLE))
def test_p_is_a_probability_or_missing(stack: NDArray[np.float32], test: str) -> None:
    got = trend(stack, np.arange(float(len(stack))), test, least=3)
    untested = got.count < (2 if test == "pre-whitening" else 3)  # which uses up a value
    assert (np.isnan(got.p) == untested).all()
    assert (np.isnan(got.slope) == untested).all()
    assert ((got.p[~untested] >= 0) & (got.p[~untested] <= 1)).all()


@settings(max_examples=25, deadline=None)
@given(stacks, st.sampled_from([1, 70]))
def test_variance_of_correlated_seasons_is_the_sum_of_covariances(
    stack: NDArray[np.float32], threads: int
) -> None:
    """Hirsch and Slack's formula as it is printed, season by season."""
    times = np.arange(float(len(stack)))
    got = trend(stack, times, "correlated-seasonal", seasons=4, threads=threads)
    for k, x in enumerate(stack.reshape(len(stack), -1).T[:3]):
        years = -(-len(x) // 4)
        table = np.full(years * 4, np.nan)
        table[: len(x)] = x
        signs = np.sign(table.reshape(years, 1, 4) - table.reshape(1, years, 4))  # j, i, season
        signs = np.nan_to_num(signs)
        n = np.isfinite(table.reshape(years, 4)).sum(axis=0)
        ranks = (n + 1 + signs.sum(axis=1)) / 2
        later = np.tril(np.ones((years, years)), -1)
        shared = np.einsum("ji,jig,jih->gh", later, signs, signs)
        total = shared + 4 * ranks.T @ ranks - years * np.outer(n + 1, n + 1)
        assert got.variance.ravel()[k] == pytest.approx(total.sum() / 3)


def test_missing_in_nothing_out() -> None:
    stack = np.full((30, 2, 3), np.nan, np.float32)
    stack[:, 0, 0] = np.inf
    for test in WHOLE:
        got = trend(stack, np.arange(30.0), test)
        assert np.isnan(got.slope).all()
        assert np.isnan(got.p).all()
        assert not got.count.any()


def test_by_hand() -> None:
    # slopes 2, 1, 0.5 | 0, -0.25 | -0.5 of (0, 1), (1, 3), (2, 3), (4, 2): median 0.25
    stack = np.array([1.0, 3, 3, 2]).reshape(4, 1, 1)
    got = trend(stack, np.array([0.0, 1, 2, 4]), "mann-kendall")
    assert got.slope.item() == 0.125  # of 2, 1, 0.25, 0, -1/3, -1/2: the middle two
    assert got.score.item() == 1  # three rise, two fall, one is tied
    assert got.variance.item() == pytest.approx((4 * 3 * 13 - 2 * 1 * 9) / 18)
    assert got.p.item() == 1.0  # S less the continuity correction is 0


def test_small_p_values_are_not_zero() -> None:
    """2 (1 - cdf |z|) is 0 beyond |z| = 8.3."""
    stack = np.arange(100.0).reshape(-1, 1, 1)
    got = trend(stack, np.arange(100.0), "mann-kendall")
    z = (4950 - 1) / np.sqrt(100 * 99 * 205 / 18)
    assert z > 14
    assert 0 < got.p.item() < 1e-40


def test_anomalies_leave_no_season_and_keep_the_slope() -> None:
    """A cycle whose green months were seen in late years alone: all pairs are led astray."""
    months = np.arange(96)
    noise = 0.01 * np.random.default_rng(2).standard_normal(96)
    values = 0.2 * np.cos(2 * np.pi * months / 12) - 0.01 * months / 12 + noise
    values[(months < 48) & (months % 12 < 4)] = np.nan
    stack = values.reshape(-1, 1, 1)
    got = trend(stack, months / 12, "hamed-rao", seasons=12, anomalies=True)
    assert got.slope.item() == pytest.approx(-0.01, abs=0.002)
    assert got.p.item() < 0.001
    misled = trend(stack, months / 12)
    assert misled.slope.item() > 0 or misled.p.item() > 0.5


def test_a_month_seen_once_has_no_anomaly() -> None:
    values = np.full(36, np.nan)
    values[[0, 12, 24, 5]] = [0.5, 0.6, 0.7, 0.1]
    got = trend(values.reshape(-1, 1, 1), np.arange(36) / 12, seasons=12, anomalies=True)
    assert got.count.item() == 3
    assert got.score.item() == 3


def memory(seed: int, n: int, phi: float, pixels: int, missing: float) -> NDArray[np.float32]:
    """Simulate AR(1) series without a trend, with gaps."""
    chance = np.random.default_rng(seed)
    noise = chance.standard_normal((n, pixels))
    out = noise.copy()
    for i in range(1, n):
        out[i] = phi * out[i - 1] + np.sqrt(1 - phi**2) * noise[i]
    out[chance.random(out.shape) < missing] = np.nan
    return (0.7 + 0.05 * out).astype(np.float32).reshape(n, 1, pixels)


def test_gaps_do_not_undo_the_correction() -> None:
    """Half the months missing, phi 0.6: closing the gaps up would leave 0.36 at lag 1."""
    stack = memory(4, 120, 0.6, 2000, 0.5)
    times = np.arange(120) / 12
    rate = {test: (trend(stack, times, test).p < 0.05).mean() for test in WHOLE}
    assert rate["mann-kendall"] > 0.15
    assert rate["yue-wang"] < rate["mann-kendall"] - 0.06
    assert rate["hamed-rao"] < rate["mann-kendall"] - 0.03


@pytest.mark.parametrize(
    ("what", "match"),
    [
        ({"test": "theil"}, "is not known"),
        ({"seasons": 0}, "not a length"),
        ({"seasons": 12}, "take the cycle for memory"),
        ({"times": np.arange(5.0)}, "do not rise"),
        ({"times": np.zeros(6)}, "do not rise"),
        ({"test": "correlated-seasonal"}, "raw values by season"),
        ({"stack": np.ones((6, 2), np.float32)}, "expected float32"),
        ({"stack": np.ones((6, 1, 1), np.int16)}, "expected float32"),
        ({"stack": np.ones((5000, 1, 1), np.float32), "times": np.arange(5000.0)}, "at most 4096"),
    ],
)
def test_bad_input_is_refused(what: dict[str, object], match: str) -> None:
    given_: dict[str, object] = {
        "stack": np.ones((6, 1, 1), np.float32),
        "times": np.arange(6.0),
        "test": "hamed-rao",
    }
    with pytest.raises(InputError, match=match):
        trend(**(given_ | what))  # type: ignore[arg-type]


def test_every_test_has_its_lags() -> None:
    assert set(LAGS) == set(TESTS)
