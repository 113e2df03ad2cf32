"""Whittaker smoothing along time, pixel by pixel: gap-free series of evenly spaced steps.

A block of one row's pixels is solved together, step after step, so that each step vectorises.
For tables and charts: never smooth before looking for breaks, it blurs their dates. Knows
nothing of dates; the caller lays observations on an even grid and leaves NaN in the gaps.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError

__all__ = ["LEAST_COUNT", "LOG10_PENALTIES", "smooth", "v_curve", "warm"]

LEAST_COUNT = 3
"""Fewest values that are smoothed: one leaves the curve open, two make it a line."""

LOG10_PENALTIES = tuple(round(-1 + 0.2 * k, 1) for k in range(31))
"""Where the V-curve looks by default: log10 of the penalty, for steps of 5 to 16 days."""

_WIDTH_PX = 64
"""Columns solved together (px): 48 steps of five float64 rows fill a 128 kB part of the
second-level cache."""

_ROUNDS = 50
"""Most rounds of the expectile: the weights settle in two to five (Eilers and Boelens 2005)."""

Values = NDArray[np.float32] | NDArray[np.float64]


@njit(nogil=True, cache=True, error_model="numpy")
def _solve(y, w, penalty, bands, work, z):  # type: ignore[no-untyped-def]
    """Solve (W + penalty D'D) z = W y by L D L'; L has two bands below its unit diagonal.

    Rows of `work` and `z` are shifted by two, which are zero: the first steps need no case.
    """
    steps, c, e, pivots = y.shape[0], work[0], work[1], work[2]
    for i in range(steps):
        k = i + 2
        for x in range(_WIDTH_PX):
            p = penalty[x]
            pivot = (
                w[i, x]
                + p * bands[0, i]
                - c[k - 1, x] * c[k - 1, x] * pivots[k - 1, x]
                - e[k - 2, x] * e[k - 2, x] * pivots[k - 2, x]
            )
            inverse = 1.0 / pivot
            pivots[k, x] = pivot
            c[k, x] = (p * bands[1, i] - pivots[k - 1, x] * c[k - 1, x] * e[k - 1, x]) * inverse
            e[k, x] = p * bands[2, i] * inverse
            z[k, x] = w[i, x] * y[i, x] - c[k - 1, x] * z[k - 1, x] - e[k - 2, x] * z[k - 2, x]
    for k in range(steps + 1, 1, -1):
        for x in range(_WIDTH_PX):
            z[k, x] = z[k, x] / pivots[k, x] - c[k, x] * z[k + 1, x] - e[k, x] * z[k + 2, x]


@njit(nogil=True, cache=True)
def _load(values, weights, row, x0, width, least, y, w, enough):  # type: ignore[no-untyped-def]
    """Copy a block; missing steps weigh 0, pixels with too few steps 1 (and are not kept)."""
    counts = np.zeros(_WIDTH_PX, np.int64)
    y[:] = 0.0
    w[:] = 0.0
    for t in range(values.shape[0]):
        for x in range(width):
            value = np.float64(values[t, row, x0 + x])
            weight = 1.0
            if weights.size > 0:
                weight = np.float64(weights[t, row, x0 + x])
            if np.isfinite(value) and np.isfinite(weight) and weight > 0.0:
                y[t, x], w[t, x] = value, weight
                counts[x] += 1
    for x in range(_WIDTH_PX):
        enough[x] = counts[x] >= least
        if not enough[x]:
            y[:, x] = 0.0
            w[:, x] = 1.0


@njit(nogil=True, cache=True, error_model="numpy")
def _choose(y, w, tried, bands, work, z, penalty, chosen):  # type: ignore[no-untyped-def]
    """Set `chosen` (log10) and `penalty` where misfit and roughness trade slowest.

    An exactly linear series has no roughness at any penalty, so no V: it takes the last one.
    """
    last_fit, last_rough = np.zeros(_WIDTH_PX), np.zeros(_WIDTH_PX)
    least = np.full(_WIDTH_PX, np.inf)
    chosen[:] = tried[-1]
    for j in range(tried.size):
        penalty[:] = 10.0 ** tried[j]
        _solve(y, w, penalty, bands, work, z)
        fit, rough = np.zeros(_WIDTH_PX), np.zeros(_WIDTH_PX)
        for i in range(y.shape[0]):
            for x in range(_WIDTH_PX):
                fit[x] += w[i, x] * (y[i, x] - z[i + 2, x]) ** 2
        for k in range(2, y.shape[0]):
            for x in range(_WIDTH_PX):
                rough[x] += (z[k, x] - 2.0 * z[k + 1, x] + z[k + 2, x]) ** 2
        for x in range(_WIDTH_PX):
            a, b = np.log(fit[x]), np.log(rough[x])
            if j > 0:
                v = np.hypot(a - last_fit[x], b - last_rough[x]) / (tried[j] - tried[j - 1])
                if v < least[x]:
                    least[x] = v
                    chosen[x] = (tried[j] + tried[j - 1]) / 2.0
            last_fit[x], last_rough[x] = a, b
    for x in range(_WIDTH_PX):
        penalty[x] = 10.0 ** chosen[x]


@njit(nogil=True, cache=True, error_model="numpy")
def _lean(y, w, penalty, bands, work, z, expectile):  # type: ignore[no-untyped-def]
    """Weigh values above the curve by the expectile, those below by the rest, until it stands."""
    share = np.full(y.shape, -1.0)
    for _ in range(_ROUNDS):
        moved = False
        for i in range(y.shape[0]):
            for x in range(_WIDTH_PX):
                new = expectile if y[i, x] > z[i + 2, x] else 1.0 - expectile
                # without weight a step may change sides for ever, and nothing depends on it
                moved |= (new != share[i, x]) & (w[i, x] > 0.0)
                share[i, x] = new
        if not moved:
            break
        _solve(y, w * share, penalty, bands, work, z)


@njit(nogil=True, cache=True)
def _smooth(  # type: ignore[no-untyped-def]
    values, weights, first, after, tried, expectile, least, bands, out, out_chosen
):
    steps, _, length = values.shape
    y, w = np.empty((steps, _WIDTH_PX)), np.empty((steps, _WIDTH_PX))
    work, z = np.zeros((3, steps + 4, _WIDTH_PX)), np.zeros((steps + 4, _WIDTH_PX))
    penalty, chosen = np.empty(_WIDTH_PX), np.empty(_WIDTH_PX)
    enough = np.empty(_WIDTH_PX, np.bool_)
    for row in range(first, after):
        for x0 in range(0, length, _WIDTH_PX):
            width = min(_WIDTH_PX, length - x0)
            _load(values, weights, row, x0, width, least, y, w, enough)
            if enough.any():
                chosen[:] = tried[0]
                penalty[:] = 10.0 ** tried[0]
                if tried.size > 1:
                    _choose(y, w, tried, bands, work, z, penalty, chosen)
                _solve(y, w, penalty, bands, work, z)
                if expectile > 0.0:
                    _lean(y, w, penalty, bands, work, z, expectile)
            for x in range(width):
                out_chosen[row, x0 + x] = chosen[x] if enough[x] else np.nan
                for t in range(steps):
                    out[t, row, x0 + x] = z[t + 2, x] if enough[x] else np.nan


def _penalty_bands(steps: int) -> NDArray[np.float64]:
    """Return the diagonal of D'D and the two bands above it: float64 (3, steps).

    D holds second differences, (1, -2, 1) a row; where fewer than three steps leave no row,
    there is no penalty.
    """
    out = np.zeros((3, steps))
    for k in range(steps - 2):
        out[0, k : k + 3] += (1, 4, 1)
        out[1, k : k + 2] -= 2
        out[2, k] += 1
    return out


def _checked(values: Values, weights: Values | None) -> tuple[Any, Any]:
    """Refuse what the kernel does not take; return contiguous arrays (no weights: empty)."""
    if values.ndim != 3 or values.dtype not in (np.float32, np.float64):
        what = f"got {values.dtype} of shape {values.shape}"
        raise InputError("values", what, "Give float32 or float64 (T, Y, X)")
    if weights is None:
        return np.ascontiguousarray(values), np.empty((0, 0, 0), values.dtype)
    if weights.shape != values.shape:
        what = f"are of shape {weights.shape}, the values of {values.shape}"
        raise InputError("weights", what, "Give one a value")
    return np.ascontiguousarray(values), np.ascontiguousarray(weights, dtype=values.dtype)


def _over_rows(part: Callable[[tuple[int, int]], None], height: int, threads: int) -> None:
    """Share rows out to threads."""
    edges = [height * k // max(1, threads) for k in range(max(1, threads) + 1)]
    bands = [(first, after) for first, after in pairwise(edges) if first < after]
    if len(bands) > 1:
        with ThreadPoolExecutor(len(bands)) as pool:
            list(pool.map(part, bands))
    else:
        for band in bands:
            part(band)


def _run(
    values: Values,
    tried: NDArray[np.float64],
    weights: Values | None,
    expectile: float | None,
    min_count: int,
    threads: int,
) -> tuple[Any, NDArray[np.float32]]:
    """Smooth with the one penalty given, or the V-curve's choice of several."""
    if expectile is not None and not 0 < expectile < 1:
        raise InputError(f"expectile {expectile!r}", "is no share between 0 and 1", "Try 0.9")
    whole, weighed = _checked(values, weights)
    out = np.empty(whole.shape, whole.dtype)
    chosen = np.empty(whole.shape[1:], np.float32)
    bands, least = _penalty_bands(len(whole)), max(LEAST_COUNT, min_count)

    def part(rows: tuple[int, int]) -> None:
        _smooth(whole, weighed, *rows, tried, expectile or 0.0, least, bands, out, chosen)

    _over_rows(part, whole.shape[1], threads)
    return out, chosen


def smooth(
    values: Values,
    penalty: float,
    *,
    weights: Values | None = None,
    expectile: float | None = None,
    min_count: int = LEAST_COUNT,
    threads: int = 1,
) -> Any:
    """Smooth series along evenly spaced steps and fill their gaps.

    Parameters
    ----------
    values : float32 or float64 (T, Y, X), NaN where missing
        One value a step, in any unit U.
    penalty : float
        How much roughness costs beside misfit; > 0. The same curve over steps n times as long
        needs a penalty n ** 3 times smaller.
    weights : float (T, Y, X), optional
        What each value counts; 0 or NaN leaves it out. Default: 1.
    expectile : float in (0, 1), optional
        0.9 follows the upper envelope of the values, which cloud lowers. Default: the mean.
    min_count : int
        Fewest values for a result, at least 3; below it the pixel is NaN.
    threads : int
        Threads that share the rows; no result depends on it.

    Returns
    -------
    float, the type and shape of `values`, U
        A value at every step. Before the first and after the last value it is a straight line.

    Raises
    ------
    InputError
        Wrong type or shape, a penalty that is not positive, an expectile outside (0, 1).

    Notes
    -----
    Minimises sum w (y - z)^2 + penalty sum (z[i] - 2 z[i+1] + z[i+2])^2, that is solves
    (W + penalty D'D) z = W y, in double precision, O(T). Eilers (2003), A perfect smoother,
    doi:10.1021/ac034173t; expectiles: Eilers and Boelens (2005), iterated until no value
    changes sides.

    Examples
    --------
    >>> line = np.array([0, np.nan, 2, 3], np.float64).reshape(4, 1, 1)
    >>> smooth(line, 10.0).ravel().round(9)
    array([0., 1., 2., 3.])
    """
    if not (penalty > 0 and np.isfinite(penalty)):
        raise InputError(f"penalty {penalty!r}", "is not a positive number", "Try 10 to 1000")
    tried = np.log10(np.array([penalty], np.float64))
    return _run(values, tried, weights, expectile, min_count, threads)[0]


def v_curve(
    values: Values,
    log10_penalties: tuple[float, ...] = LOG10_PENALTIES,
    *,
    weights: Values | None = None,
    expectile: float | None = None,
    min_count: int = LEAST_COUNT,
    threads: int = 1,
) -> tuple[Any, NDArray[np.float32]]:
    """Smooth each pixel's series with the penalty that its own V-curve chooses.

    Parameters
    ----------
    values, weights, expectile, min_count, threads
        As for `smooth`.
    log10_penalties : tuple of float
        Penalties to try, increasing, at least two; those between are not looked at.

    Returns
    -------
    smoothed : float, the type and shape of `values`
    log10_penalty : float32 (Y, X)
        What was chosen; NaN where there were too few values.

    Raises
    ------
    InputError
        As for `smooth`, or penalties that do not increase.

    Notes
    -----
    Along increasing penalties the log of the misfit and the log of the roughness draw a curve;
    the point halfway between the two neighbours that lie closest together for their step is
    chosen. Frasso and Eilers (2015), doi:10.1177/1471082X14549288. An expectile does not
    change the choice.
    """
    tried = np.asarray(log10_penalties, np.float64).reshape(-1)
    if tried.size < 2 or not (np.diff(tried) > 0).all():
        what = f"log10 penalties {log10_penalties!r}"
        raise InputError(what, "must be at least two and increase", "Try -1 to 5 in steps of 0.2")
    return _run(values, tried, weights, expectile, min_count, threads)


def warm() -> None:
    """Compile or load this module's kernels for float32 and float64."""
    pixel = np.zeros((4, 1, 1))
    v_curve(pixel, (0.0, 1.0), expectile=0.9)
    v_curve(pixel.astype(np.float32), (0.0, 1.0), expectile=0.9)
