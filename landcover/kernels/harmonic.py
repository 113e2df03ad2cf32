"""Least-squares harmonics along time, pixel by pixel: level, trend and a yearly wave.

For gap-free series in tables and charts, on uneven dates as they are. Not robust: cloud that
no mask caught pulls the curve (the detector of breaks brings a fit of its own that resists).
Knows nothing of dates but decimal years.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError

__all__ = ["Harmonics", "fit", "predict", "warm"]

_WIDTH_PX = 64
"""Columns solved together (px): a Gram matrix of 8 terms of float64 takes 18 kB."""

_LEAST_PIVOT = 1e-9
"""Share of a term that the terms before it must leave unexplained; below it the dates cannot
tell them apart (all of one season, say) and the pixel has no fit."""

_VALUES_PER_TERM = 2
"""Fewest values for each term fitted, unless the caller says otherwise (judgement): with as many
values as terms a curve goes through all of them and tells nothing."""

Values = NDArray[np.float32] | NDArray[np.float64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Harmonics:
    """Harmonic curves of all pixels.

    `terms` is float64 (P, Y, X), U: the level at `origin`, then where there is a `trend` the
    slope (U a year), then for k = 1 to `order` the factors of cos 2 pi k t and sin 2 pi k t, t
    in decimal years. `spread` is float32 (Y, X), U: the residuals' standard deviation, by
    n - P degrees of freedom. `used` is uint16 (Y, X): values fitted to. NaN, and the count as it
    is, where there were too few.
    """

    terms: Floats
    spread: NDArray[np.float32]
    used: NDArray[np.uint16]
    order: int
    trend: bool
    origin: float


@njit(nogil=True, cache=True)
def _gather(values, row, x0, width, q, gram, right, counts):  # type: ignore[no-untyped-def]
    """Sum Q'Q and Q'y over each pixel's own values."""
    terms = q.shape[1]
    gram[:] = 0.0
    right[:] = 0.0
    counts[:] = 0
    ok, y = np.zeros(_WIDTH_PX), np.zeros(_WIDTH_PX)
    for t in range(values.shape[0]):
        for x in range(width):
            value = np.float64(values[t, row, x0 + x])
            good = np.isfinite(value)
            ok[x], y[x] = (1.0, value) if good else (0.0, 0.0)
            counts[x] += good
        for i in range(terms):
            for x in range(_WIDTH_PX):
                right[i, x] += q[t, i] * y[x]
            for j in range(i + 1):
                both = q[t, i] * q[t, j]
                for x in range(_WIDTH_PX):
                    gram[i, j, x] += both * ok[x]


@njit(nogil=True, cache=True, error_model="numpy")
def _cholesky(gram, right, enough):  # type: ignore[no-untyped-def]
    """Solve each pixel's normal equations in place; take away `enough` where they are singular."""
    terms = right.shape[0]
    for i in range(terms):
        for j in range(i + 1):
            for x in range(_WIDTH_PX):
                whole = gram[i, j, x]
                total = whole
                for k in range(j):
                    total -= gram[i, k, x] * gram[j, k, x]
                if i == j:
                    enough[x] &= total > _LEAST_PIVOT * whole
                    gram[i, i, x] = np.sqrt(total) if enough[x] else 1.0
                else:
                    gram[i, j, x] = total / gram[j, j, x]
    for i in range(terms):
        for x in range(_WIDTH_PX):
            for k in range(i):
                right[i, x] -= gram[i, k, x] * right[k, x]
            right[i, x] /= gram[i, i, x]
    for i in range(terms - 1, -1, -1):
        for x in range(_WIDTH_PX):
            for k in range(i + 1, terms):
                right[i, x] -= gram[k, i, x] * right[k, x]
            right[i, x] /= gram[i, i, x]


@njit(nogil=True, cache=True, error_model="numpy")
def _fit(values, q, back, first, after, least, out, spread, used):  # type: ignore[no-untyped-def]
    times, _, length = values.shape
    terms = q.shape[1]
    gram, right = np.empty((terms, terms, _WIDTH_PX)), np.empty((terms, _WIDTH_PX))
    counts, enough = np.empty(_WIDTH_PX, np.int64), np.empty(_WIDTH_PX, np.bool_)
    for row in range(first, after):
        for x0 in range(0, length, _WIDTH_PX):
            width = min(_WIDTH_PX, length - x0)
            _gather(values, row, x0, width, q, gram, right, counts)
            for x in range(_WIDTH_PX):
                enough[x] = counts[x] >= least
            _cholesky(gram, right, enough)
            squares = np.zeros(_WIDTH_PX)
            for t in range(times):
                for x in range(width):
                    value = np.float64(values[t, row, x0 + x])
                    if np.isfinite(value):
                        for i in range(terms):
                            value -= q[t, i] * right[i, x]
                        squares[x] += value * value
            for x in range(width):
                used[row, x0 + x] = counts[x]
                free = counts[x] - terms
                spread[row, x0 + x] = np.sqrt(squares[x] / free) if enough[x] else np.nan
                for i in range(terms):
                    total = 0.0
                    for k in range(terms):
                        total += back[i, k] * right[k, x]
                    out[i, row, x0 + x] = total if enough[x] else np.nan


def _basis(years: Floats, order: int, trend: bool, origin: float) -> Floats:
    """Return the terms at each time: float64 (T, P)."""
    angle = 2 * np.pi * np.mod(years, 1.0)[:, None] * np.arange(1, order + 1)
    waves = np.stack([np.cos(angle), np.sin(angle)], axis=2).reshape(len(years), 2 * order)
    lines = [np.ones_like(years)] + ([years - origin] if trend else [])
    return np.column_stack([*lines, waves])


def _checked(values: Values, years: Floats, order: int) -> None:
    if values.ndim != 3 or values.dtype not in (np.float32, np.float64):
        what = f"got {values.dtype} of shape {values.shape}"
        raise InputError("values", what, "Give float32 or float64 (T, Y, X)")
    if years.shape != values.shape[:1] or not np.isfinite(years).all():
        what = f"{years.shape} of them for {len(values)} rows of values, or not all finite"
        raise InputError("decimal years", what, "Give one a row")
    if order < 0:
        raise InputError(f"order {order}", "is negative", "1 is one wave a year; 0 none")


def fit(
    values: Values,
    years: Floats,
    order: int = 1,
    *,
    trend: bool = False,
    min_count: int | None = None,
    threads: int = 1,
) -> Harmonics:
    """Fit level, trend and waves to each pixel's values by least squares.

    Parameters
    ----------
    values : float32 or float64 (T, Y, X), NaN where missing
        In any unit U, in any order of time.
    years : float64 (T,), decimal years
        When each row was observed.
    order : int
        Waves: 1 is one a year, 2 adds a half-yearly one; 0 none.
    trend : bool
        Whether to fit a slope. It extrapolates; over less than six years or so it is better left
        out.
    min_count : int, optional
        Fewest values for a fit, more than there are terms. Default: twice the terms.
    threads : int
        Threads that share the rows; no result depends on it.

    Returns
    -------
    Harmonics

    Raises
    ------
    InputError
        Wrong type or shape, a time that is not a number, a negative order.

    Notes
    -----
    The terms are made orthonormal once over all times (QR, with time centred), so that each
    pixel's own normal equations are well conditioned; they are solved by Cholesky in double
    precision and turned back. A pixel whose dates cannot tell the terms apart has no fit.

    Examples
    --------
    >>> years = 2020 + np.arange(8) / 8
    >>> wave = (0.5 + 0.25 * np.cos(2 * np.pi * years)).reshape(8, 1, 1)
    >>> fit(wave, years).terms.ravel().round(9) + 0.0
    array([0.5 , 0.25, 0.  ])
    """
    years = np.asarray(years, np.float64)
    _checked(values, years, order)
    origin = float(years.mean()) if len(years) else 0.0
    basis = _basis(years, order, trend, origin)
    terms, shape = basis.shape[1], values.shape[1:]
    least = max(terms + 1, _VALUES_PER_TERM * terms if min_count is None else min_count)
    out = np.full((terms, *shape), np.nan)
    spread, used = np.full(shape, np.nan, np.float32), np.zeros(shape, np.uint16)
    made = Harmonics(out, spread, used, order, trend, origin)
    whole: Any = np.ascontiguousarray(values)
    q, r = np.linalg.qr(basis)
    if len(years) < terms or np.linalg.matrix_rank(r) < terms:
        used[:] = np.isfinite(whole).sum(axis=0)
        return made
    back = np.linalg.inv(r)

    def part(rows: tuple[int, int]) -> None:
        _fit(whole, q, back, *rows, least, out, spread, used)

    edges = [shape[0] * k // max(1, threads) for k in range(max(1, threads) + 1)]
    with ThreadPoolExecutor(max(1, threads)) as pool:
        list(pool.map(part, pairwise(edges)))
    return made


def predict(fitted: Harmonics, years: Floats) -> Floats:
    """Return the curves' values at any times.

    Parameters
    ----------
    fitted : Harmonics
    years : float64 (T,), decimal years

    Returns
    -------
    float64 (T, Y, X), U
        NaN where there is no fit.
    """
    times = np.asarray(years, np.float64)
    basis = _basis(times, fitted.order, fitted.trend, fitted.origin)
    return np.einsum("tp,pyx->tyx", basis, fitted.terms)


def warm() -> None:
    """Compile or load this module's kernels for float32 and float64."""
    pixel, years = np.zeros((8, 1, 1)), np.linspace(2020, 2022, 8)
    fit(pixel, years)
    fit(pixel.astype(np.float32), years)
