"""Trends of stacks: the Theil-Sen slope, and Mann-Kendall tests that allow for memory.

A stack has one row a step of time (a month), NaN where nothing was seen, so that lags are true
lags. Slopes are per unit of `times`. Knows nothing of calendars but the length of a cycle.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.special import erfc

from landcover.errors import InputError
from landcover.kernels.kendall import (
    autocorrelations,
    kendall,
    rank_rows,
    seasons_variance,
    variance_factor,
    whiten,
)
from landcover.kernels.slopes import (
    WIDTH_PX,
    count_pairs,
    gather,
    load,
    load_times,
    median_slopes,
)

__all__ = ["LAGS", "TESTS", "Trend", "trend", "warm"]

TESTS = ("mann-kendall", "hamed-rao", "yue-wang", "pre-whitening", "correlated-seasonal")
"""Tests, plain one first; over seasons the plain one is the seasonal Kendall test, and the last
is the same with seasons of a year that may be correlated."""

LAGS = {
    "mann-kendall": 0,
    "hamed-rao": 3,
    "yue-wang": 1,
    "pre-whitening": 1,
    "correlated-seasonal": 0,
}
"""Lags (steps) that each test corrects for. More reject more: over all lags Yue-Wang calls half
of all trendless series significant."""

_MAX_TIMES = 4096
"""Pairs are counted in float32, exact up to 2 ** 24."""

_PLAIN, _RANKS, _VALUES, _WHITE, _SEASONS = range(len(TESTS))

_BY_SEASON = (TESTS[_PLAIN], TESTS[_SEASONS])
"""Tests that take raw values of seasons."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Trends of pixels, all (Y, X).

    `slope` (float, per unit of time) is NaN without a pair; `p` (float, two-sided) is NaN where
    untested; `count` (uint16) are the values that were tested: whitening uses up
    the first. `score` (float64) is Mann-Kendall's S and `variance` (float64) its variance as the
    test takes it.
    """

    slope: NDArray[Any]
    p: NDArray[Any]
    count: NDArray[np.uint16]
    score: NDArray[np.float64]
    variance: NDArray[np.float64]


@njit(nogil=True, cache=True, error_model="numpy")
def _depart(block, seasons):  # type: ignore[no-untyped-def]
    """Take from each value its season's mean, in place.

    A season with one value alone has nothing to depart from, and is dropped.
    """
    rows = block.shape[0]
    for x in range(WIDTH_PX):
        for first in range(min(seasons, rows)):
            n, total = 0, 0.0
            for i in range(first, rows, seasons):
                if block[i, x] == block[i, x]:
                    total += np.float64(block[i, x])
                    n += 1
            mean = total / n if n > 1 else np.nan
            for i in range(first, rows, seasons):
                block[i, x] = np.float64(block[i, x]) - mean


@njit(nogil=True, cache=True, error_model="numpy")
def _spread(front, places, counts, block):  # type: ignore[no-untyped-def]
    """Undo `_gather`: put the front of each column back on its rows."""
    for i in range(block.shape[0]):
        for x in range(WIDTH_PX):
            block[i, x] = np.nan
    for x in range(WIDTH_PX):
        for k in range(counts[x]):
            block[places[k, x], x] = front[k, x]


@njit(nogil=True, cache=True, error_model="numpy")
def _test(stack, first, after, times, slopes, seasons, anomalies, test, lags, out):  # type: ignore[no-untyped-def]
    """Score the rows of y from `first`, given their slopes; test is a place in `TESTS`."""
    out_count, out_score, out_variance = out
    rows, _, length = stack.shape
    block = np.empty((rows, WIDTH_PX), stack.dtype)
    whens, values = np.empty_like(block), np.empty_like(block)
    when, rest = np.empty_like(block), np.empty_like(block)
    places = np.empty((rows, WIDTH_PX), np.int32)
    counts, pairs = np.empty(WIDTH_PX, np.int64), np.empty(WIDTH_PX, np.int64)
    score, variance = np.empty(WIDTH_PX, np.float64), np.empty(WIDTH_PX, np.float64)
    lagged = np.empty((lags, WIDTH_PX), np.float64)
    found = np.empty((lags, WIDTH_PX), np.int64)
    factored = test in (_RANKS, _VALUES)
    by_season = seasons > 1 and not anomalies
    for y in range(first, after):
        for x0 in range(0, length, WIDTH_PX):
            width = min(WIDTH_PX, length - x0)
            load(stack, y, x0, width, block)
            load_times(times, y, x0, width, whens)
            if anomalies:
                _depart(block, seasons)
            filled = gather(block, whens, values, when, places, counts)
            if factored:
                for x in range(width):
                    for i in range(filled):
                        rest[i, x] = values[i, x] - slopes[y, x0 + x] * when[i, x]
                if test == _RANKS:
                    # times are needed no more: their room receives the ranks
                    rank_rows(rest, filled, when)
                _spread(when if test == _RANKS else rest, places, counts, block)
            if factored or test == _WHITE:
                autocorrelations(block, lags, lagged, found)
            if test == _WHITE:
                whiten(values, places, counts, lagged)
            scored, step = values, 1
            if by_season:
                scored, step, filled = block, seasons, rows
            count_pairs(scored, filled, step, pairs)
            kendall(scored, filled, step, pairs, score, variance)
            if test == _SEASONS:
                seasons_variance(scored, filled, step, rest, variance)
            for x in range(width):
                factor = 1.0
                if factored:
                    factor = variance_factor(lagged, found, x, lags, counts[x], test == _RANKS)
                out_count[y, x0 + x] = counts[x]
                out_score[y, x0 + x] = score[x]
                out_variance[y, x0 + x] = variance[x] * factor


def _probability(score: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided p of S with a continuity correction; erfc keeps it above 0 for |z| to 38."""
    moved = (score != 0) & (variance > 0)
    deviate = (np.abs(score) - 1.0) / np.sqrt(np.where(moved, 2.0 * variance, 1.0))
    return np.where(moved, erfc(deviate), 1.0)


def _check(stack: NDArray[Any], times: NDArray[Any], test: str, seasons: int) -> None:
    """Refuse what the kernel does not take."""
    if stack.ndim != 3 or stack.dtype not in (np.float32, np.float64):
        what = f"got {stack.dtype} of shape {stack.shape}, expected float32 or float64 (T, Y, X)"
        raise InputError("stack", what)
    if len(stack) > _MAX_TIMES:
        raise InputError("stack", f"{len(stack)} rows, at most {_MAX_TIMES}", "Take longer steps")
    own = times.shape == stack.shape  # they rise wherever there is a value: not looked up
    if not own and (times.shape != (len(stack),) or not (np.diff(times) > 0).all()):
        what = f"{times.shape} times that do not rise with the {len(stack)} rows of the stack"
        raise InputError("times", what)
    if test not in TESTS:
        raise InputError(f"test {test!r}", "is not known", f"Take one of {', '.join(TESTS)}")
    if seasons < 1:
        raise InputError("seasons", f"{seasons} is not a length", "Write 1 for none, 12 for months")


def trend(
    stack: NDArray[Any],
    times: NDArray[Any],
    test: str = "hamed-rao",
    *,
    seasons: int = 1,
    anomalies: bool = False,
    lags: int | None = None,
    least: int = 2,
    threads: int = 1,
) -> Trend:
    """Estimate the Theil-Sen slope of every pixel, and test it after Mann and Kendall.

    Parameters
    ----------
    stack : float32 or float64 (T, Y, X), NaN where missing
        One row for each equal step of time (month), empty ones included: lags are counted in
        rows, so that none is taken across a gap unseen.
    times : float (T,) or (T, Y, X), years
        Of each row, or of each value; rising wherever there is a value. They are held in the
        stack's dtype: count them from near the first for float32, in which 2019.5 is known to an
        hour alone. Slopes are on them; lags are rows, whatever the times.
    test : str
        One of `TESTS`: "mann-kendall" (Mann 1945, doi:10.2307/1907187), "hamed-rao"
        (doi:10.1016/S0022-1694(97)00125-X), "yue-wang" (doi:10.1023/B:WARM.0000043140.61082.60)
        "pre-whitening" (Kulkarni and von Storch 1995), or, over raw seasons,
        "correlated-seasonal" (Hirsch and Slack 1984, doi:10.1029/WR020i006p00727), which wants
        ten years.
    seasons : int, steps
        Length of the cycle (12 months): slopes are then taken between values of one season
        alone (Hirsch, Slack and Smith 1982, doi:10.1029/WR018i001p00107), which no cycle and
        no season that was seen more in some years can bend; "mann-kendall" is then the
        seasonal Kendall test. 1: no cycle, all pairs.
    anomalies : bool
        Test departures from the mean of each season, over all its years. A season that was
        seen in one year alone is left out. Needed by the tests with lags where `seasons` > 1.
    lags : int, steps
        Lags that the test corrects for; default `LAGS`.
    least : int
        Values that a pixel needs; with fewer, slope and p are NaN.
    threads : int
        Threads that share the rows of y; no result depends on it.

    Returns
    -------
    Trend
        Slope and p in the stack's dtype.

    Raises
    ------
    InputError
        Shapes that do not fit, an unknown test, a test with lags on raw seasonal values.

    Notes
    -----
    slope = median over pairs of (v_j - v_i) / (t_j - t_i) (Sen 1968,
    doi:10.1080/01621459.1968.10480934). z = (S - sign S) / sqrt(var), p = erfc(|z| / sqrt 2).
    Autocorrelation is that of residuals from the slope (ranks for Hamed and Rao), at true lags.

    Examples
    --------
    >>> stack = np.array([0.1, 0.3, np.nan, 0.2, 0.7]).reshape(5, 1, 1)
    >>> found = trend(stack, np.arange(5.0), "mann-kendall")
    >>> found.slope, found.score, found.count
    (array([[0.14166667]]), array([[4.]]), array([[4]], dtype=uint16))
    """
    times = np.asarray(times)
    _check(stack, times, test, seasons)
    raw = seasons > 1 and not anomalies
    if raw and test not in _BY_SEASON:
        what = f"{test} on raw values of {seasons} seasons would take the cycle for memory"
        raise InputError("trend", what, "Test anomalies, or take mann-kendall")
    if test == TESTS[_SEASONS] and not raw:
        raise InputError("trend", f"{test} is of raw values by season", "Give seasons alone")
    shape = stack.shape[1:]
    slope = np.empty(shape, stack.dtype)
    count, score, variance = np.empty(shape, np.uint16), np.empty(shape), np.empty(shape)
    held = np.ascontiguousarray(stack)
    when = times.astype(stack.dtype, order="C", copy=False)
    when = when if when.ndim == len(stack.shape) else when[:, None, None]
    depth = max(LAGS[test] if lags is None else lags, 1)
    rest = (seasons, anomalies and seasons > 1, TESTS.index(test), depth, (count, score, variance))

    def part(first: int, after: int) -> None:
        median_slopes(held, first, after, when, seasons, slope)
        _test(held, first, after, when, slope, *rest)

    _share(part, shape[0], threads)
    slope[count < least] = np.nan
    if test == TESTS[_WHITE]:
        count = np.maximum(count, 1) - 1
    p = np.where(np.isnan(slope), np.nan, _probability(score, variance))
    return Trend(slope, p.astype(stack.dtype), count, score, variance)


def _share(part: Any, height: int, threads: int) -> None:
    """Call `part` for a share of the rows in each thread."""
    edges = [height * k // max(threads, 1) for k in range(max(threads, 1) + 1)]
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        list(pool.map(part, edges[:-1], edges[1:]))


def warm() -> None:
    """Compile or load this module's kernel for float32, the type of stacks."""
    trend(np.ones((2, 1, 1), np.float32), np.arange(2.0))
