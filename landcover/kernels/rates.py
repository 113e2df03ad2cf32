"""A share of watches with its interval, where neighbours are not independent.

Counts are summed by cells of 32 px: what a cell's pixels say together counts as one voice. They are
kept apart by watch as well: haze, a drought or a bad scene is common to all cells of a year, and
few years tell little of others. It does not know what was watched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

__all__ = ["Rate", "by_cell", "joined", "rate"]

_NORMAL_95: Final = 1.959963984540054
"""Two-sided 95 % quantile of a standard normal."""

_UPPER: Final = 0.975
"""Probability below the upper bound of a two-sided 95 % interval."""

_CELL_PX: Final = 32
"""Pixels of one cell (px a side) share their weather and their cloud: they count as one cluster."""

_CORRELATED: Final = 0.1
"""Correlation of the pixels of a cell (no unit) that is assumed where alarms are too few to tell: a
guess on the safe side. That of the made-up country's false alarms is below 0.01."""

_FEW: Final = 10
"""Alarms from which on they tell it themselves (count)."""

_APART: Final = 4.0
"""Variance between watches, in that of places (no unit), that chance seldom gives: F of one and
many degrees of freedom at 95 % is 3.84, of more degrees less."""

_WIDE: Final = 1 << 32
"""Cells of a row, in the number of a cell: more than any lattice has columns."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval."""

    share: float
    """Fraction; NaN where nothing was tested."""
    low: float
    high: float
    tested: int
    """Watches that the share rests on."""
    hits: int | None
    """Those that count in it; None where the share is no quotient of two counts."""
    clusters: int
    """Cells of 32 px that they lie in: what counts as independent."""
    by_years: bool = False
    """Whether the watches, which are few, differ by more than places lead to expect, or there is
    one alone: then more pixels would hardly narrow the interval."""


def by_cell(
    planes: NDArray[np.int64], row: int = 0, column: int = 0, step: int = 1
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sum planes by cells, so that `rate` knows how far apart alarms lie.

    Parameters
    ----------
    planes : int64 (M, Y, X)
        Counts of each pixel.
    row, column : int, px
        Place of the planes' first pixel on the lattice that cells are counted on.
    step : int, px
        From one pixel of the planes to the next.

    Returns
    -------
    cells : int64 (C,)
        Those with any count, increasing.
    sums : int64 (C, M)
    """
    rows, columns = (
        (np.arange(size) * step + start) // _CELL_PX
        for size, start in zip(planes.shape[1:], (row, column), strict=True)
    )
    y, x = np.nonzero(planes.any(axis=0))
    return joined(rows[y] * _WIDE + columns[x], planes[:, y, x].T)


def joined(
    cells: NDArray[np.int64], sums: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Add up rows of the same cell: parts of a map tell what the whole does, however it is cut.

    Parameters
    ----------
    cells : int64 (N,)
    sums : int64 (N, M)

    Returns
    -------
    cells : int64 (C,)
        Each once, increasing.
    sums : int64 (C, M)
    """
    once, place = np.unique(cells, return_inverse=True)
    total = np.zeros((once.size, sums.shape[1]), np.int64)
    np.add.at(total, place, sums)
    return once, total


def _crowding(n_by: NDArray[np.float64], f_by: NDArray[np.float64]) -> float:
    """Return how many watches are worth one: 1 where all are independent (the design effect)."""
    cells, n, f = len(n_by), float(n_by.sum()), float(f_by.sum())
    share = f / n
    away = f_by - share * n_by
    alone = share * (1 - share) * n
    found = float(away @ away) * cells / max(cells - 1, 1) / alone if alone > 0 else 1.0
    # of unequal cells, large ones weigh more (Kish 1965, Survey sampling, section 8.2)
    least = 1 + (float(n_by @ n_by) / n - 1) * _CORRELATED
    few = min(f, n - f) < _FEW
    return min(max(found, least if few else 1.0), n)


def _wilson(share: float, size: float, quantile: float) -> tuple[float, float]:
    """Return Wilson's bounds of a share of so many independent watches."""
    z2 = quantile**2
    middle = (share + z2 / (2 * size)) / (1 + z2 / size)
    spread = math.sqrt(share * (1 - share) / size + z2 / (4 * size * size))
    half = quantile / (1 + z2 / size) * spread
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _of_years(n_by: NDArray[np.float64], f_by: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the bounds, and the variance, that follow from how the watches differ.

    Wilson's form with Student's t, of one degree of freedom less than there are watches: shares of
    years are skewed, and bounds that lie evenly about their mean hold the truth less often.
    """
    count, n, f = len(n_by), float(n_by.sum()), float(f_by.sum())
    if count < 2:
        return 0.0, 1.0, math.inf
    share = f / n
    away = f_by - share * n_by
    variance = float(away @ away) * count / (count - 1) / n**2
    if variance == 0:
        return share, share, variance
    quantile = float(stdtrit(count - 1, _UPPER))
    return *_wilson(share, share * (1 - share) / variance, quantile), variance


def rate(watches: NDArray[np.int64], alarms: NDArray[np.int64]) -> Rate:
    """Turn the watches of each cell, and those with an alarm, into a share with its interval.

    Parameters
    ----------
    watches, alarms : int64 (C,) or (C, W)
        By cell; with W, by cell and by watch, which are days of their own each.

    Notes
    -----
    Ratio of cluster totals with its linearised variance (Cochran 1977, Sampling Techniques,
    section 9.2), turned into an effective number of watches; the interval is Wilson's (1927,
    doi:10.1080/01621459.1927.10502953), which does not collapse where no alarm was seen. Few
    alarms do not tell how they crowd: pixels of a cell are then correlated by 0.1 at the least.

    With W, each bound is the farther of that and of the one from the variance between watches, with
    Student's t on as many degrees of freedom as there are watches, less one; a single watch bounds
    nothing. It is wide, for it has to be, and still knows nothing of a kind of year that none of
    the watches saw.
    """
    n_all, f_all = (one.astype(np.float64) for one in (watches, alarms))
    n_by, f_by = (one.sum(axis=tuple(range(1, one.ndim))) for one in (n_all, f_all))
    seen = n_by > 0
    n_by, f_by = n_by[seen], f_by[seen]
    cells, n, f = int(seen.sum()), float(n_by.sum()), float(f_by.sum())
    if n == 0:
        return Rate(math.nan, 0.0, 1.0, 0, 0, 0)
    share = f / n
    size, by_years = n / _crowding(n_by, f_by), False
    low, high = _wilson(share, size, _NORMAL_95)
    if watches.ndim > 1:
        had = n_all.sum(axis=0) > 0
        lower, upper, variance = _of_years(n_all.sum(axis=0)[had], f_all.sum(axis=0)[had])
        low, high = min(low, lower), max(high, upper)
        by_years = variance > _APART * share * (1 - share) / size
    low, high = low if f else 0.0, high if f < n else 1.0
    return Rate(share, low, high, int(n), int(f), cells, by_years)
