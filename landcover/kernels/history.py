"""Is a history at rest, and if not, since when? The reverse-ordered CUSUM test.

Recursive residuals are summed from the last look of the history backwards; where the sum leaves
its boundary, something else was going on before. Columns of looks side by side, each with its
clear looks one behind the other; knows nothing of what is monitored afterwards.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from landcover.kernels.leastsquares import _EXACT, _pick, _solve, _take

__all__: list[str] = []


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _room(size, width):  # type: ignore[no-untyped-def]
    """Make factors (P, P, W), (P, W) of nothing yet, and room for a look and its rotation."""
    look = np.empty((size, width)), np.empty(width), np.empty(width)
    which = np.zeros(width, np.int64), np.empty(width, np.bool_)
    return np.zeros((size, size, width)), np.zeros((size, width)), look, which


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _most(first, n):  # type: ignore[no-untyped-def]
    most = 0
    for x in range(n.size):
        most = max(most, n[x] - first[x])
    return most


@njit(nogil=True, cache=True, error_model="numpy")
def _backwards(looks, places, q, n):  # type: ignore[no-untyped-def]
    """Recursive residuals (N, W) of the first n[x] looks of each column, the latest first.

    Also returns the triangular factors r (P, P, W), z (P, W) of all of them.
    """
    r, z, (u, c, s), (at, some) = _room(q.shape[1], n.size)
    most = _most(at, n)
    w = np.empty((max(1, most), n.size))
    for j in range(most):
        for x in range(n.size):
            some[x] = j < n[x]
            at[x] = n[x] - 1 - j if some[x] else 0
        _pick(looks, places, q, at, some, u, w[j])
        _take(r, z, u, w[j], c, s)
    return w, r, z


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _spread(w, x, n, skipped):  # type: ignore[no-untyped-def]
    """Take the standard deviation (number - 1) of recursive residuals; the first say nothing."""
    total, squares = 0.0, 0.0
    for j in range(skipped, n):
        total += w[j, x]
    mean = total / (n - skipped)
    for j in range(skipped, n):
        squares += (w[j, x] - mean) ** 2
    return math.sqrt(squares / (n - skipped - 1))


@njit(nogil=True, cache=True, error_model="numpy")
def _stable_from(w, x, n, skipped, decides, critical, process):  # type: ignore[no-untyped-def]
    """First look of the stable end of n looks of history; 0 where all of it is stable.

    It is unstable where the process leaves the boundary of `decides`; it is cut where it first
    left that of `critical`. Writes the process, sums in standard deviations, the latest first.
    """
    sigma = _spread(w, x, n, skipped) if n - skipped > 1 else 0.0
    if not sigma > _EXACT:
        return 0
    unit = sigma * math.sqrt(n - skipped)
    total, found, leaves = 0.0, 0, False
    for j in range(skipped, n):
        total += w[j, x]
        process[j] = total / unit
        widens = 1.0 + 2.0 * (j - skipped + 1) / (n - skipped)
        leaves |= abs(process[j]) > decides * widens
        if found == 0 and abs(process[j]) > critical * widens:
            found = n - j
    return found if leaves else 0


@njit(nogil=True, cache=True, error_model="numpy")
def _fit(looks, places, q, first, n):  # type: ignore[no-untyped-def]
    """Fit looks first[x] .. n[x] of each column: coefficients of q, sum of squares left.

    Also returns the triangular factors (P, P, W).
    """
    r, z, (u, c, s), (at, some) = _room(q.shape[1], n.size)
    rest, squares, b = np.empty(n.size), np.zeros(n.size), np.empty_like(z)
    for j in range(_most(first, n)):
        for x in range(n.size):
            some[x] = first[x] + j < n[x]
            at[x] = first[x] + j if some[x] else 0
        _pick(looks, places, q, at, some, u, rest)
        _take(r, z, u, rest, c, s)
        for x in range(n.size):
            squares[x] += rest[x] * rest[x]
    _solve(r, z, b)
    return b, squares, r


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _fit_cut(looks, places, q, first, n, fit):  # type: ignore[no-untyped-def]
    """Fit anew, into `fit`, the columns whose history is cut; side by side, without the others."""
    cut = np.flatnonzero(first > 0)
    if cut.size == 0:
        return
    height = n.max()
    some, rows = np.empty((height, cut.size)), np.empty((height, cut.size), np.int64)
    for k in range(height):
        for x in range(cut.size):
            some[k, x], rows[k, x] = looks[k, cut[x]], places[k, cut[x]]
    b, squares, r = _fit(some, rows, q, first[cut], n[cut])
    for x in range(cut.size):
        fit[1][cut[x]] = squares[x]
        for i in range(b.shape[0]):
            fit[0][i, cut[x]] = b[i, x]
            for j in range(b.shape[0]):
                fit[2][i, j, cut[x]] = r[i, j, x]


@njit(nogil=True, cache=True, error_model="numpy")
def _stable_fit(looks, places, q, n, decides, critical, process):  # type: ignore[no-untyped-def]
    """Fit the stable end of each column's n[x] looks; all of them where `decides` is infinite.

    Returns (its first look, fit as of `_fit`). Factors of a test of all looks are their fit.
    """
    first = np.zeros(n.size, np.int64)
    if not decides < np.inf:
        return first, _fit(looks, places, q, first, n)
    w, r, z = _backwards(looks, places, q, n)
    squares, b = np.zeros(n.size), np.empty_like(z)
    for j in range(w.shape[0] if _most(first, n) > 0 else 0):
        for x in range(n.size):
            squares[x] += w[j, x] * w[j, x]
    _solve(r, z, b)
    for x in range(n.size):
        first[x] = _stable_from(w, x, n[x], q.shape[1], decides, critical, process)
    fit = b, squares, r
    _fit_cut(looks, places, q, first, n, fit)
    return first, fit
