"""How often a detector alarms where nothing happened, measured on the series at hand.

A placebo is a watch that begins before the true one, inside the history: on the history as it
was, and on histories whose years were shuffled, so that a slow drift is no season's fault. What is
found there, on ground that the caller knows to have stood, is false. The same watch over a drop
that was put in by hand tells the power to find one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.breaks import CONFIRMED, SHORT, UNSEEN, UNSTABLE, Breaks

__all__ = ["Rate", "Trials", "lowered", "rate", "shuffled_years", "tally", "trials"]

Stack = NDArray[np.float32]
Days = NDArray[np.int64]
Detector = Callable[[Stack, Days, int, int], Breaks]
"""(values, days, history_start, monitor_start) -> breaks."""

_EPOCH: Final = date(1970, 1, 1)

_NORMAL_95: Final = 1.959963984540054
"""Two-sided 95 % quantile of a standard normal."""

_CELL_PX: Final = 32
"""Pixels of one cell (px a side) share their weather and their cloud: they count as one cluster."""


@dataclass(frozen=True, slots=True)
class Trials:
    """Placebo watches of each pixel."""

    tested: NDArray[np.uint16]
    """(Y, X): watches in which the pixel could be judged."""
    alarmed: NDArray[np.uint16]
    """(Y, X): those with a break."""
    confirmed: NDArray[np.uint16]
    """(Y, X): those with a confirmed one."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval."""

    share: float
    """Fraction; NaN where nothing was tested."""
    low: float
    high: float
    tested: int
    """Watches that the share rests on."""
    clusters: int
    """Cells of 32 px that they lie in: what counts as independent."""


def _anniversaries(days: Days, monitor_start: int) -> list[int]:
    """First days of the whole years before a watch, back to the first look, in order."""
    when, found = _EPOCH + timedelta(days=monitor_start), [monitor_start]
    while days.size:
        year, last = when.year - len(found), 28 if (when.month, when.day) == (2, 29) else when.day
        start = (date(year, when.month, last) - _EPOCH).days
        if start < days[0]:
            break
        found.append(start)
    return found[::-1]


def shuffled_years(values: Stack, days: Days, monitor_start: int, seed: int) -> tuple[Stack, Days]:
    """Put the whole years before a watch in another order; each look keeps its time of the year.

    Parameters
    ----------
    values : float32 (T, Y, X)
    days : int64 (T,), days since 1970-01-01, increasing
        The history: what lies at or after `monitor_start` is left out, and so is what lies
        before the first whole year.
    monitor_start : int, days since 1970-01-01
        Years end on this day of the year.
    seed : int
        All pixels share one order, so that clouds and their gaps stay together.

    Returns
    -------
    values : float32 (T', Y, X)
    days : int64 (T',)
    """
    edges = _anniversaries(days, monitor_start)
    spans = list(pairwise(edges))
    random = np.random.default_rng(seed)
    order = random.permutation(len(spans))
    while len(spans) > 1 and (order == np.arange(len(spans))).all():
        order = random.permutation(len(spans))
    planes, when = [values[:0]], [days[:0]]
    for (start, end), k in zip(spans, order, strict=True):
        first, after = spans[k]
        # a leap year's last day has no place in a common year
        after = min(after, first + end - start)
        i, j = np.searchsorted(days, [first, after])
        planes.append(values[i:j])
        when.append(days[i:j] + (start - first))
    return np.concatenate(planes), np.concatenate(when)


def lowered(values: Stack, days: Days, day: int, drop: float) -> Stack:
    """Return a stack that falls by `drop` (its own unit) on a day, for good."""
    later = (days >= day)[:, None, None]
    return np.where(later, values - np.float32(drop), values)


def trials(
    values: Stack,
    days: Days,
    history_start: int,
    monitor_start: int,
    watched_days: int,
    detect: Detector,
    shuffles: int = 3,
    seed: int = 0,
    drop: float = 0.0,
) -> Trials:
    """Watch the end of the history as if nothing were known of it, as it was and shuffled.

    Parameters
    ----------
    values : float32 (T, Y, X), any unit U
        NaN where missing.
    days : int64 (T,), days since 1970-01-01, increasing
    history_start, monitor_start : int, days since 1970-01-01
        Of the true watch; nothing at or after `monitor_start` is used.
    watched_days : int
        Days before `monitor_start` that are watched.
    detect : callable
        The detector with its settings.
    shuffles : int
        Orders of the years that are tried beside the true one.
    seed : int
    drop : float, U
        Put in as a quarter of the watch has passed: then "alarmed" measures the power.

    Returns
    -------
    Trials
    """
    first, after = np.searchsorted(days, [history_start, monitor_start])
    begins = monitor_start - watched_days
    if watched_days <= 0 or begins <= history_start:
        what = f"{watched_days} days do not lie inside the history"
        raise InputError("placebo", what, "Watch less of it, or begin the history earlier")
    plane = values.shape[1:]
    made = Trials(*(np.zeros(plane, np.uint16) for _ in range(3)))
    for k in range(shuffles + 1):
        tried, when = values[first:after], days[first:after]
        if k > 0:
            tried, when = shuffled_years(tried, when, monitor_start, seed + k)
        if drop:
            tried = lowered(tried, when, begins + watched_days // 4, drop)
        found = detect(np.ascontiguousarray(tried), when, history_start, begins)
        made.tested[:] += ~np.isin(found.kind, (UNSEEN, SHORT, UNSTABLE))
        made.alarmed[:] += found.count > 0
        made.confirmed[:] += (found.confidence == CONFIRMED).any(axis=0)
    return made


def tally(
    tested: NDArray[np.uint16], hits: NDArray[np.uint16], row: int = 0, column: int = 0
) -> NDArray[np.float64]:
    """Sum up a plane by cells, so that planes can be added and `rate` knows their spread.

    Parameters
    ----------
    tested, hits : uint16 (Y, X)
        Watches and those with an alarm; 0 where the ground is not known to have stood.
    row, column : int, px
        Place of the plane in its grid. Cells are aligned to the grid: planes that are cut along
        cells add up to the same sums as the whole.

    Returns
    -------
    float64 (6,)
        Cells with a watch, then sums over cells: n, f, n², n f, f² for n watches and f alarms.
    """
    rows, columns = (
        (np.arange(size) + start) // _CELL_PX - start // _CELL_PX
        for size, start in zip(tested.shape, (row, column), strict=True)
    )
    wide = int(columns[-1]) + 1 if columns.size else 0
    cell = (rows[:, None] * wide + columns).ravel()
    n, f = (np.bincount(cell, plane.ravel()) for plane in (tested, hits))
    return np.array([(n > 0).sum(), n.sum(), f.sum(), n @ n, n @ f, f @ f], float)


def rate(sums: NDArray[np.float64]) -> Rate:
    """Turn sums of `tally` into a share with its interval.

    Notes
    -----
    Ratio of cluster totals with its linearised variance (Cochran 1977, Sampling Techniques,
    section 9.2), turned into an effective number of watches (the cells, where all behave alike);
    the interval is Wilson's (1927, doi:10.1080/01621459.1927.10502953), which does not collapse
    where no alarm was seen.
    """
    cells, n, f, nn, nf, ff = (float(value) for value in sums)
    if n == 0:
        return Rate(math.nan, 0.0, 1.0, 0, 0)
    share = f / n
    spread = max(ff - 2 * share * nf + share * share * nn, 0.0) * cells / max(cells - 1, 1)
    size = cells if spread == 0 else share * (1 - share) * n * n / spread
    size = min(max(size, 1.0), n)
    z2 = _NORMAL_95**2
    middle = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = (
        _NORMAL_95
        / (1 + z2 / size)
        * math.sqrt(share * (1 - share) / size + z2 / (4 * size * size))
    )
    low, high = max(middle - half, 0.0), min(middle + half, 1.0)
    return Rate(share, low if f else 0.0, high, int(n), int(cells))
