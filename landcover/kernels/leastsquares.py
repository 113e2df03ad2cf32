"""Least squares that take one look after the other, for many pixels side by side.

Rows of x again: a look of a whole row of pixels is rotated into their triangular factors by
Givens rotations. That is as stable as a QR factorisation of each pixel, needs no pass of its own
for pixels that miss looks, and the last element of a rotated look is its recursive residual.
Knows nothing of dates and of what is tested.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["basis", "regressors"]

_FAINTEST_PIVOT = 1e-6
"""What a regressor must hold of its own over a pixel's looks, in looks; less is told by the others
(the regressors are of size 1, so that this is 1e6 times what rounding of their angles leaves)."""

_EXACT = 1e-9
"""A standard deviation (unit of the values) below which only rounding is left of a fit."""


def regressors(years: NDArray[np.float64], order: int, trend: bool) -> NDArray[np.float64]:
    """Write down a season and, if asked, a trend.

    Parameters
    ----------
    years : float64 (T,), decimal years
    order : int
        Harmonics of the year; 0 for none.
    trend : bool
        Whether the mean may move in a straight line.

    Returns
    -------
    float64 (T, P)
        1; with a trend the years themselves; cos(2π k t) for k = 1 .. order; sin(2π k t).
        P = 1 + trend + 2 order.
    """
    columns = [np.ones_like(years)]
    if trend:
        columns.append(years)
    turns = [2.0 * np.pi * k * years for k in range(1, order + 1)]
    return np.stack([*columns, *map(np.cos, turns), *map(np.sin, turns)], axis=1)


def basis(
    years: NDArray[np.float64], history: tuple[float, float], order: int, trend: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Write down a season and, if asked, a trend that runs from -1 to 1 over the history.

    Years of 2,000 and a constant are almost the same column: solved as they stand, the first
    regressions of a history lose all their digits. A look's row depends on its own date alone.

    Parameters
    ----------
    years : float64 (T,), decimal years
    history : (float, float), decimal years
        Its begin and end.
    order, trend
        As of `regressors`.

    Returns
    -------
    q : float64 (T, P)
        Of columns of size 1.
    back : float64 (P, P)
        ``regressors(...) = q @ inverse(back)``, so that coefficients of the regressors are
        ``back @ b``, b those of q.
    """
    q = regressors(years, order, trend)
    back = np.eye(q.shape[1])
    if trend:
        middle, half = sum(history) / 2.0, max((history[1] - history[0]) / 2.0, 1.0)
        q[:, 1] = (years - middle) / half
        back[:2, 1] = -middle / half, 1.0 / half
    return q, back


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _turn(a, b, c, s):  # type: ignore[no-untyped-def]
    """Rotate b into a, element by element; keep cosine and sine. Nothing to rotate is 1, 0."""
    for x in range(a.size):
        rho = math.sqrt(a[x] * a[x] + b[x] * b[x])
        inverse = 1.0 / rho  # a division takes as long as all else
        some = b[x] != 0.0
        c[x] = a[x] * inverse if some else 1.0
        s[x] = b[x] * inverse if some else 0.0
        a[x] = rho if some else a[x]


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _apply(a, b, c, s):  # type: ignore[no-untyped-def]
    for x in range(a.size):
        u, v = a[x], b[x]
        a[x] = c[x] * u + s[x] * v
        b[x] = c[x] * v - s[x] * u


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _pick(looks, places, q, at, some, u, rest):  # type: ignore[no-untyped-def]
    """Fetch look at[x] of each column and its regressors q (T, P); nothing where not `some`."""
    for x in range(at.size):
        rest[x] = looks[at[x], x] if some[x] else 0.0
        for i in range(q.shape[1]):
            u[i, x] = q[places[at[x], x], i] if some[x] else 0.0


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _take(r, z, u, rest, c, s):  # type: ignore[no-untyped-def]
    """Rotate looks `rest` (W,) with regressors u (P, W) into the factors r (P, P, W), z (P, W).

    `rest` becomes the recursive residual, (y - x'b) / sqrt(1 + x'(X'X)⁻¹x) with b and X of the
    looks before; 0 for the first P. A look of zeros changes nothing, to the bit.
    """
    for i in range(z.shape[0]):
        _turn(r[i, i], u[i], c, s)
        for j in range(i + 1, z.shape[0]):
            _apply(r[i, j], u[j], c, s)
        _apply(z[i], rest, c, s)


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _solve(r, z, b):  # type: ignore[no-untyped-def]
    """Back-substitute (P, W) coefficients; all NaN where the looks do not tell one of them."""
    size = z.shape[0]
    for i in range(size - 1, -1, -1):
        for x in range(z.shape[1]):
            b[i, x] = z[i, x]
        for j in range(i + 1, size):
            for x in range(z.shape[1]):
                b[i, x] -= r[i, j, x] * b[j, x]
        for x in range(z.shape[1]):
            b[i, x] = b[i, x] / r[i, i, x] if r[i, i, x] > _FAINTEST_PIVOT else np.nan
    # the first is solved last: it is NaN where any is
    for i in range(1, size):
        for x in range(z.shape[1]):
            b[i, x] += 0.0 * b[0, x]


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _expect(row, b, told):  # type: ignore[no-untyped-def]
    """Write what coefficients b (P, W) lead to expect at regressors `row`."""
    for x in range(told.size):
        told[x] = row[0] * b[0, x]
    for i in range(1, row.size):
        for x in range(told.size):
            told[x] += row[i] * b[i, x]


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _inverted(r):  # type: ignore[no-untyped-def]
    """Take one by the diagonals of factors (P, P, W): (P, W)."""
    inverse = np.empty(r.shape[1:])
    for i in range(r.shape[0]):
        for x in range(r.shape[2]):
            inverse[i, x] = 1.0 / r[i, i, x]
    return inverse


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _doubt(row, r, inverse, z, doubts):  # type: ignore[no-untyped-def]
    """Write the fits' variances at regressors `row`, in variances of a look: x'(X'X)⁻¹x.

    z is room (P, W).
    """
    for x in range(doubts.size):
        doubts[x] = 0.0
    for i in range(row.size):
        own, by = z[i], inverse[i]
        for x in range(doubts.size):
            own[x] = row[i]
        for j in range(i):
            factor, other = r[j, i], z[j]
            for x in range(doubts.size):
                own[x] -= factor[x] * other[x]
        for x in range(doubts.size):
            own[x] *= by[x]
            doubts[x] += own[x] * own[x]
