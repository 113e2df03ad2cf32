"""False discovery rates: which of very many p values may be called significant together.

A map has more p values than memory: they are tallied in fine bins, tallies are added, and the
threshold is read from the sum. It is never above the exact one, and the same however the map
was cut into tiles.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma

__all__ = ["BINS", "adjusted", "tally", "threshold"]

_SHIFT = 12
"""Bits of a float32 that a bin leaves out: 11 of its significand stay, so that a bin is at most
1 / 2,048 of its p wide, however small that is."""

BINS = (int(np.float32(1.0).view(np.int32)) >> _SHIFT) + 1
"""Bins from p = 0 to p = 1."""


def tally(p: NDArray[np.float32]) -> NDArray[np.int64]:
    """Count p values by bin, which is the leading bits of the number itself.

    Parameters
    ----------
    p : float32, any shape, 0 to 1
        NaN where untested, which is not counted.

    Returns
    -------
    int64 (BINS,)
        Tallies of parts of a map add up to the map's.
    """
    tested = np.ascontiguousarray(p[~np.isnan(p)], np.float32)
    if tested.size and not (tested.min() >= 0 and tested.max() <= 1):
        raise ValueError(f"p values of {tested.min()} to {tested.max()} are not all in 0 to 1")
    # + 0.0: the bits of -0.0 are negative
    bins = (tested + np.float32(0.0)).view(np.int32) >> _SHIFT
    return np.bincount(bins, minlength=BINS).astype(np.int64)


def _penalty(tests: int, dependent: bool) -> float:
    """Return 1, or the sum of 1 / i over all tests, which holds under any dependence."""
    return float(digamma(tests + 1) + np.euler_gamma) if dependent else 1.0


def threshold(counts: NDArray[np.int64], rate: float, dependent: bool = False) -> float:
    """Return the p value up to which tests are significant at a false discovery rate.

    Parameters
    ----------
    counts : int64 (BINS,)
        From `tally`, of the whole map.
    rate : float
        Expected share of false ones among those called significant.
    dependent : bool
        Guard against any dependence (Benjamini and Yekutieli 2001,
        doi:10.1214/aos/1013699998) rather than positive dependence alone (Benjamini and
        Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x).

    Returns
    -------
    float
        The upper edge of the last bin with edge <= rate * tests up to it / (tests * penalty):
        at most 1 / 2,048 below the exact threshold. NaN where no test passes.
    """
    tests = int(counts.sum())
    if tests == 0:
        return float("nan")
    edges = ((np.arange(BINS, dtype=np.int32) + 1) << _SHIFT) - 1
    upper = edges.view(np.float32).astype(np.float64)
    allowed = rate * np.cumsum(counts) / (tests * _penalty(tests, dependent))
    passing = np.flatnonzero((upper <= allowed) & (counts > 0))
    return float(upper[passing[-1]]) if passing.size else float("nan")


def adjusted(p: NDArray[Any], dependent: bool = False) -> NDArray[np.float64]:
    """Adjust p values for their number: a test is significant at a rate where it is below.

    Parameters
    ----------
    p : float (N,)
        NaN where untested, which stays NaN.
    dependent : bool
        As for `threshold`.

    Returns
    -------
    float64 (N,)
        min over larger p of p * tests * penalty / rank, at most 1.

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.04, 0.04])
    """
    out = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    n = order.size
    scaled = p[order] * (n * _penalty(n, dependent)) / np.arange(1, n + 1)
    out[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return out
