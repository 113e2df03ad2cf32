"""Robust fit of a few columns to a short series: Tukey's bisquare by reweighted least squares.

What cloud left in a series pulls a least-squares fit down; here an observation further than
4.685 scales from the fit has no weight at all. The kernels work on one series at a time, as
contiguous runs of float64; other kernels call them, people call `bisquare`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError

__all__ = [
    "CLOSE",
    "NEAR",
    "NORMAL_MAD",
    "ROUGH",
    "TUNING",
    "Room",
    "bisquare",
    "fit",
    "median_of",
    "median_within",
    "residuals",
    "take",
    "workspace",
]

TUNING: Final = 4.685
"""Bisquare's cut in scales: 95 % efficiency on normal residuals (Beaton and Tukey 1974,
doi:10.1080/00401706.1974.10489171)."""

NORMAL_MAD: Final = 0.6744897501960817
"""Median absolute deviation of a standard normal: its 75 % quantile."""

_MOST_STEPS: Final = 60
"""Reweightings before a fit is taken as it stands; most need 10 to 25."""

CLOSE: Final = 2e-6
"""A fit has settled when no coefficient moved by more than this share of the scale."""

NEAR: Final = 1e-4
"""The same, for the fit of a history: far below the noise of one look."""

ROUGH: Final = 1e-3
"""The same, where fits are only compared."""

_EXACT: Final = 1e-9
"""A scale (in the values' unit) below this is a perfect fit: only rounding is left."""

_FLAT: Final = 1e-9
"""A pivot below this share of its diagonal: the columns cannot be told apart."""

_SUM: Final = {"reassoc", "contract", "nsz"}
"""Sums may be regrouped, so that they vectorise; NaN keeps its meaning (`nnan` would not)."""


@njit(nogil=True, cache=True, error_model="numpy")
def _settle(v, first, last, k):  # type: ignore[no-untyped-def]
    """Put the k-th smallest of v[first..last] at k, smaller before, larger behind (Hoare)."""
    while first < last:
        pivot = v[(first + last) >> 1]
        i, j = first, last
        while i <= j:
            while v[i] < pivot:
                i += 1
            while v[j] > pivot:
                j -= 1
            if i <= j:
                v[i], v[j] = v[j], v[i]
                i += 1
                j -= 1
        if k <= j:
            last = j
        elif k >= i:
            first = i
        else:
            return


@njit(nogil=True, cache=True, error_model="numpy")
def median_of(v, n):  # type: ignore[no-untyped-def]
    """Median of v[:n], which is reordered; NaN of nothing."""
    if n == 0:
        return np.nan
    k = n >> 1
    _settle(v, 0, n - 1, k)
    if n & 1:
        return v[k]
    below = v[0]
    for i in range(1, k):
        below = max(below, v[i])
    return 0.5 * (below + v[k])


@njit(nogil=True, cache=True, error_model="numpy")
def median_within(r, first, after, spare):  # type: ignore[no-untyped-def]
    """Median of r[first:after], which stays as it is; `spare` does not."""
    for i in range(first, after):
        spare[i - first] = r[i]
    return median_of(spare, after - first)


@njit(nogil=True, cache=True, error_model="numpy")
def _between(r, n, low, high, spare):  # type: ignore[no-untyped-def]
    """Collect the |r| in [low, high] in spare; return how many lie below, and how many there."""
    below = kept = 0
    for i in range(n):
        size = abs(r[i])
        spare[kept] = size
        below += size < low
        kept += (size >= low) & (size <= high)
    return below, kept


@njit(nogil=True, cache=True, error_model="numpy")
def _mad(r, n, low, high, spare):  # type: ignore[no-untyped-def]
    """Median of |r[:n]|, which probably lies in [low, high]: only those are put in order."""
    below, kept = _between(r, n, low, high, spare)
    k = n >> 1
    if below >= k or below + kept <= k:
        below, kept = _between(r, n, 0.0, np.inf, spare)
    k -= below
    _settle(spare, 0, kept - 1, k)
    if n & 1:
        return spare[k]
    lower = spare[0]
    for i in range(1, k):
        lower = max(lower, spare[i])
    return 0.5 * (lower + spare[k])


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_SUM)
def _mean_size(r, n):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(n):
        total += abs(r[i])
    return total / n


@njit(nogil=True, cache=True, error_model="numpy")
def residuals(columns, first, after, y, coef, p, r):  # type: ignore[no-untyped-def]
    """Write y - columns' coef of the observations [first, after) to r[first:after]."""
    for i in range(first, after):
        r[i] = y[i]
    for k in range(p):
        c, column = coef[k], columns[k]
        for i in range(first, after):
            r[i] -= c * column[i]


@njit(nogil=True, cache=True, error_model="numpy")
def _weigh(r, n, cut, w):  # type: ignore[no-untyped-def]
    """Bisquare weights (1 - u²)² for u = r / cut within 1, else 0."""
    scale = 1.0 / cut
    for i in range(n):
        u = r[i] * scale
        v = max(1.0 - u * u, 0.0)
        w[i] = v * v


@njit(nogil=True, cache=True, error_model="numpy", fastmath=_SUM)
def _product(w, a, b, n):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(n):
        total += w[i] * a[i] * b[i]
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def _solve(a, b, p):  # type: ignore[no-untyped-def]
    """Solve the normal equations in place by LDL'; False where they have no one answer."""
    for j in range(p):
        whole = a[j, j]
        for k in range(j):
            a[j, j] -= a[j, k] * a[j, k] * a[k, k]
        if not a[j, j] > _FLAT * whole:
            return False
        for i in range(j + 1, p):
            for k in range(j):
                a[i, j] -= a[i, k] * a[j, k] * a[k, k]
            a[i, j] /= a[j, j]
    for i in range(p):
        for k in range(i):
            b[i] -= a[i, k] * b[k]
    for i in range(p - 1, -1, -1):
        b[i] /= a[i, i]
        for k in range(i + 1, p):
            b[i] -= a[k, i] * b[k]
    return True


@njit(nogil=True, cache=True, error_model="numpy")
def _least_squares(columns, y, w, n, p, a, b):  # type: ignore[no-untyped-def]
    """Weighted least squares of y[:n]; the coefficients end up in b. False where undetermined."""
    for j in range(p):
        b[j] = _product(w, columns[j], y, n)
        for k in range(j + 1):
            a[j, k] = _product(w, columns[j], columns[k], n)
    return _solve(a, b, p)


class Room(NamedTuple):
    """Where one series is worked on; P columns and T looks at most, all float64."""

    work: NDArray[np.float64]
    """(4, T): after a fit its residuals and its weights; two rows to spare."""
    normal: NDArray[np.float64]
    """(P, P): normal equations."""
    right: NDArray[np.float64]
    """(P,): their right side."""
    coef: NDArray[np.float64]
    """(P,): the fit's coefficients."""
    columns: NDArray[np.float64]
    """(P, T): columns of the looks that are fitted."""
    y: NDArray[np.float64]
    """(T,): their values."""


def workspace(columns: int, times: int) -> Room:
    """Make room for series of at most `times` looks, fitted by at most `columns` columns."""
    square, wide = np.zeros((columns, columns)), np.zeros((columns, times))
    coef, right = np.zeros(columns), np.zeros(columns)
    return Room(np.zeros((4, times)), square, right, coef, wide, np.zeros(times))


@njit(nogil=True, cache=True, error_model="numpy")
def take(columns, y, first, after, p, room):  # type: ignore[no-untyped-def]
    """Copy the looks [first, after) to the front of the room."""
    for i in range(first, after):
        room.y[i - first] = y[i]
    for k in range(p):
        source, target = columns[k], room.columns[k]
        for i in range(first, after):
            target[i - first] = source[i]


@njit(nogil=True, cache=True, error_model="numpy")
def fit(n, p, close, room):  # type: ignore[no-untyped-def]
    """Fit the room's y[:n] by its columns[:p, :n]; write its coef, return the scale.

    Settled when no coefficient moves by more than `close` scales. On return room.work[0] holds
    the residuals and room.work[1] the weights. NaN where the columns cannot be told apart.
    """
    columns, y, coef, b = room.columns, room.y, room.coef, room.right
    r, w = room.work[0], room.work[1]
    for i in range(n):
        w[i] = 1.0
    for k in range(p):
        coef[k] = 0.0
    scale, middle = np.inf, 0.0
    for step in range(_MOST_STEPS):
        if not _least_squares(columns, y, w, n, p, room.normal, b):
            return np.nan
        moved = 0.0
        for k in range(p):
            moved = max(moved, abs(b[k] - coef[k]))
            coef[k] = b[k]
        residuals(columns, 0, n, y, coef, p, r)
        # it moves little from step to step; of normal numbers it is 0.85 of the mean size
        low, high = 0.85 * middle, 1.15 * middle
        if step == 0:
            high = 1.15 * _mean_size(r, n)
            low = 0.4 * high
        middle = _mad(r, n, low, high, room.work[2])
        scale = middle / NORMAL_MAD
        if scale < _EXACT or (step > 0 and moved < close * scale):
            break
        _weigh(r, n, TUNING * scale, w)
    return scale


def bisquare(
    columns: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Fit a series robustly.

    Parameters
    ----------
    columns : float64 (P, T)
        The model's columns; a constant must be one of them if it is wanted.
    values : float64 (T,), any unit U
        Finite.

    Returns
    -------
    coefficients : float64 (P,), U per unit of the column
        NaN where the columns cannot be told apart.
    scale : float, U
        Median absolute residual / 0.6745, about 0.
    weights : float64 (T,), 0 to 1

    Notes
    -----
    Minimises the sum of Tukey's bisquare of r / scale with tuning 4.685, starting from least
    squares (Huber 1981, Robust Statistics, chapter 7, doi:10.1002/0471725250); the scale is
    taken anew at each step. The normal equations are solved by LDL': meant for columns of
    sines, a constant and centred times, which are nearly orthogonal.

    Examples
    --------
    >>> values = np.array([1.0, 1.1, 0.9, 1.0, 1.05, -7.0])
    >>> coefficients, scale, weights = bisquare(np.ones((1, 6)), values)
    >>> round(float(coefficients[0]), 2), float(weights[-1])
    (1.01, 0.0)
    """
    columns, values = np.ascontiguousarray(columns, float), np.ascontiguousarray(values, float)
    p, n = columns.shape
    if values.shape != (n,) or n < p:
        what = f"{p} columns of {n} rows do not fit {values.shape} values"
        raise InputError("bisquare", what)
    room = workspace(p, n)
    take(columns, values, 0, n, p, room)
    scale = float(fit(n, p, CLOSE, room))
    if np.isnan(scale):
        room.coef[:] = np.nan
    return room.coef, scale, room.work[1]
