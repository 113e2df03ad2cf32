"""Mann-Kendall scores of blocks of pixels, their variances, and what autocorrelation adds.

Works on blocks of columns (rows of time, `WIDTH_PX` columns), NaN where missing. Knows nothing
of slopes, stacks or threads.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from landcover.kernels.slopes import WIDTH_PX

__all__ = [
    "autocorrelations",
    "kendall",
    "rank_rows",
    "seasons_variance",
    "variance_factor",
    "whiten",
]

SIGNIFICANT = 1.959963984540054
"""Standard normal deviate of a two-sided test at 5 %: Hamed and Rao use the autocorrelations of
ranks that lie beyond it, divided by the root of the number of values."""

_HIGHEST = 0.99
"""Autocorrelations that pairs over gaps may feign are cut here before whitening."""


@njit(nogil=True, cache=True, error_model="numpy")
def _tie_sum(values, rows, first, step, x):  # type: ignore[no-untyped-def]
    """Sum t (t - 1) (2 t + 5) over groups of t equal values of one column and season."""
    total = 0
    for i in range(first, rows, step):
        same = 0
        for j in range(first, rows, step):
            same += values[i, x] == values[j, x]
        if same > 1:
            total += (same - 1) * (2 * same + 5)
    return total


@njit(nogil=True, cache=True, error_model="numpy")
def kendall(values, rows, step, pairs, score, variance):  # type: ignore[no-untyped-def]
    """Score every pair of rows that differ by a multiple of `step`, for each column.

    Writes S (the rising less the falling pairs) and its variance under exchangeable values
    with ties, summed over the seasons when `step` is above 1 (Hirsch, Slack and Smith 1982,
    doi:10.1029/WR018i001p00107); var = (n (n - 1) (2n + 5) - sum t (t - 1) (2t + 5)) / 18.
    """
    rising = np.zeros(WIDTH_PX, values.dtype)
    falling = np.zeros(WIDTH_PX, values.dtype)
    for i in range(rows - step):
        for j in range(i + step, rows, step):
            for x in range(WIDTH_PX):
                rising[x] += values[j, x] > values[i, x]
            for x in range(WIDTH_PX):
                falling[x] += values[j, x] < values[i, x]
    for x in range(WIDTH_PX):
        score[x] = np.float64(rising[x]) - np.float64(falling[x])
        tied = pairs[x] > np.int64(rising[x]) + np.int64(falling[x])
        total = 0
        for first in range(min(step, rows)):
            n = 0
            for i in range(first, rows, step):
                n += values[i, x] == values[i, x]
            total += n * (n - 1) * (2 * n + 5)
            if tied:
                total -= _tie_sum(values, rows, first, step, x)
        variance[x] = total / 18.0


@njit(nogil=True, cache=True, error_model="numpy")
def seasons_variance(values, rows, step, gains, variance):  # type: ignore[no-untyped-def]
    """Write the variance of the seasonal S where the seasons of a year may be correlated.

    Hirsch and Slack 1984, doi:10.1029/WR020i006p00727: the covariances of all pairs of seasons,
    (K_gh + 4 sum R_g R_h - n (n_g + 1) (n_h + 1)) / 3. Summed over the pairs this is
    (sum over pairs of years of s_ij ** 2 + sum over years of d_j ** 2) / 3, s_ij being the
    seasons that rose less those that fell from year i to year j, and d_j = sum_i s_ij.
    """
    years = (rows + step - 1) // step
    rise = np.empty(WIDTH_PX, values.dtype)
    for x in range(WIDTH_PX):
        variance[x] = 0.0
        for j in range(years):
            gains[j, x] = 0
    for i in range(years):
        for j in range(i + 1, years):
            for x in range(WIDTH_PX):
                rise[x] = 0
            for g in range(min(step, rows - j * step)):
                for x in range(WIDTH_PX):
                    rise[x] += values[j * step + g, x] > values[i * step + g, x]
                for x in range(WIDTH_PX):
                    rise[x] -= values[j * step + g, x] < values[i * step + g, x]
            for x in range(WIDTH_PX):
                variance[x] += np.float64(rise[x]) * np.float64(rise[x]) / 3.0
                gains[j, x] += rise[x]
                gains[i, x] -= rise[x]
    for j in range(years):
        for x in range(WIDTH_PX):
            variance[x] += np.float64(gains[j, x]) * np.float64(gains[j, x]) / 3.0


@njit(nogil=True, cache=True, error_model="numpy")
def rank_rows(values, rows, ranks):  # type: ignore[no-untyped-def]
    """Write twice the mid-rank of each value less its mean: values below less values above."""
    for i in range(rows):
        for x in range(WIDTH_PX):
            ranks[i, x] = 0
        for j in range(rows):
            a, b = values[i], values[j]
            row = ranks[i]
            for x in range(WIDTH_PX):
                row[x] += b[x] < a[x]
                row[x] -= b[x] > a[x]


@njit(nogil=True, cache=True, error_model="numpy")
def autocorrelations(values, lags, out, counts):  # type: ignore[no-untyped-def]
    """Correlate each column with itself at true lags 1 to `lags` rows, pairwise complete.

    The mean product of the pairs that are there, tapered by (L - k) / L for a series of L rows
    from its first value to its last, over the mean square: for a series without gaps this is
    the usual biased estimate (division by n), for one with gaps no lag is read across a gap.
    `counts` receives the number of pairs; without any the correlation is taken as 0.
    """
    rows = values.shape[0]
    for x in range(WIDTH_PX):
        n, first, last = 0, 0, -1
        total = 0.0
        for i in range(rows):
            if values[i, x] == values[i, x]:
                first = i if n == 0 else first
                last = i
                n += 1
                total += np.float64(values[i, x])
        mean = total / max(n, 1)
        square = 0.0
        for i in range(first, last + 1):
            if values[i, x] == values[i, x]:
                square += (np.float64(values[i, x]) - mean) ** 2
        length = last - first + 1
        for k in range(1, lags + 1):
            m = 0
            product = 0.0
            for i in range(first, last + 1 - k):
                a, b = values[i, x], values[i + k, x]
                if (a == a) & (b == b):
                    m += 1
                    product += (np.float64(a) - mean) * (np.float64(b) - mean)
            counts[k - 1, x] = m
            known = (m > 0) & (square > 0)
            out[k - 1, x] = product / m * (length - k) / length * n / square if known else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def variance_factor(correlation, counts, x, lags, n, of_ranks):  # type: ignore[no-untyped-def]
    """Return what autocorrelation multiplies the variance of S by, for one column.

    of_ranks: Hamed and Rao 1998, 1 + 2 / (n (n - 1) (n - 2)) sum m (m - 1) (m - 2) r_k over
    the significant r_k; else Yue and Wang 2004, 1 + 2 sum (m / n) r_k; m pairs at lag k.
    A factor that is not above 0 is no variance: the uncorrected one stands (1).
    """
    total = 0.0
    for k in range(lags):
        m, r = np.float64(counts[k, x]), correlation[k, x]
        if not of_ranks:
            total += m / n * r
        elif abs(r) * np.sqrt(m + k + 1.0) > SIGNIFICANT:
            total += m * (m - 1.0) * (m - 2.0) * r
    if of_ranks:
        total = total / (n * (n - 1.0) * (n - 2.0)) if n > 2 else 0.0
    factor = 1.0 + 2.0 * total
    return factor if factor > 0 else 1.0


@njit(nogil=True, cache=True, error_model="numpy")
def whiten(values, places, counts, correlation):  # type: ignore[no-untyped-def]
    """Take from each value what the one before it foretells, in place; the first is dropped.

    Columns hold their `counts` values without gaps, from rows `places`; r ** k foretells over
    k rows. Innovations over a gap vary more: they are scaled to those over one row.
    """
    for x in range(WIDTH_PX):
        n = counts[x]
        r = min(max(correlation[0, x], -_HIGHEST), _HIGHEST)
        total = 0.0
        for i in range(n):
            total += np.float64(values[i, x])
        mean = total / max(n, 1)
        for i in range(1, n):
            k = places[i, x] - places[i - 1, x]
            known, factor = r, 1.0
            if k > 1:
                known = r**k
                factor = np.sqrt((1.0 - r * r) / (1.0 - known * known))
            before = np.float64(values[i - 1, x]) - mean
            # row i - 1 is not read again: what it foretold is known
            values[i - 1, x] = (np.float64(values[i, x]) - mean - known * before) * factor
        if n > 0:
            values[n - 1, x] = np.nan
