"""Smoothed values of zones over time, also on dates that saw nothing clear.

It knows rows of zones and days, and lays them on even steps for the kernels. It does not know
columns, files or how a zone's value was found. For tables and charts: breaks are never looked
for in what was smoothed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landcover.kernels.dates import decimal_year
from landcover.outputs.seen import EPOCH

__all__ = ["Smoothing", "smoothed"]

PENALTY_STEP_DAYS = 10.0
"""A penalty is told for steps of so many days (judgement: near the usual one of MODIS and HLS
composites), and turned into that of the steps at hand, as its third power."""

DAYS_PER_MONTH = 30.436875
"""Mean length of a month of the Gregorian calendar (days)."""

HARMONICS = 2
"""Waves a year: two rainy seasons a year are common near the equator."""

ZONES_AT_ONCE = 64
"""Zones laid on steps together: a few megabytes, and what the kernel solves side by side."""

Floats = NDArray[np.float64]
Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How to smooth: by Whittaker's smoother, or as the mean year of harmonics.

    `penalty` is Whittaker's, for steps of 10 days: it halves waves of 2 pi penalty^(1/4) such
    steps. None lets each zone's V-curve choose.
    """

    method: Literal["whittaker", "harmonic"]
    penalty: float | None = None


def _months(day: Days) -> Days:
    """Return months since January 1970."""
    return (np.datetime64(EPOCH, "D") + day).astype("datetime64[M]").astype(np.int64)


def _parts(zone: Days) -> Iterator[slice]:
    """Cut rows, sorted by zone, so that each part holds some whole zones."""
    firsts = np.flatnonzero(np.r_[True, np.diff(zone) != 0])[::ZONES_AT_ONCE]
    for first, after in zip(firsts, np.r_[firsts[1:], len(zone)], strict=True):
        yield slice(int(first), int(after))


def _whittaker(
    column: Days, step: Days, value: Floats, weight: Floats, step_days: float, how: Smoothing
) -> Floats:
    """Smooth rows whose step counts from their own zone's first clear one; none is negative."""
    from landcover.kernels.whittaker import LOG10_PENALTIES, smooth, v_curve

    plane = np.full((int(step.max()) + 1, 1, int(column.max()) + 1), np.nan)
    weights = np.zeros_like(plane)
    plane[step, 0, column], weights[step, 0, column] = value, weight
    shift = 3 * np.log10(PENALTY_STEP_DAYS / step_days)
    if how.penalty is None:
        tried = tuple(one + shift for one in LOG10_PENALTIES)
        found = v_curve(plane, tried, weights=weights)[0]
    else:
        found = smooth(plane, how.penalty * 10**shift, weights=weights)
    return np.asarray(found[step, 0, column], np.float64)


def _harmonic(column: Days, years: Floats, value: Floats) -> Floats:
    """Return the mean year of each row's zone at the row's time."""
    from landcover.kernels.harmonic import fit, predict

    times, row = np.unique(years, return_inverse=True)
    plane = np.full((len(times), 1, int(column.max()) + 1), np.nan)
    plane[row, 0, column] = value
    return predict(fit(plane, times, HARMONICS), times)[row, 0, column]


def _part(
    zone: Days, day: Days, value: Floats, weight: Floats, monthly: bool, how: Smoothing
) -> Floats:
    """Smooth the rows of some zones; NaN before a zone's first clear row and after its last."""
    out = np.full(len(zone), np.nan)
    column = np.unique(zone, return_inverse=True)[1].astype(np.int64)
    clear = np.isfinite(value)
    step = _months(day) if monthly else day
    first = np.full(int(column.max()) + 1, np.iinfo(np.int64).max)
    last, total = np.full_like(first, -1), np.zeros(len(first))
    np.minimum.at(first, column[clear], step[clear])
    np.maximum.at(last, column[clear], step[clear])
    np.add.at(total, column[clear], weight[clear])
    inside = (step >= first[column]) & (step <= last[column])
    if not inside.any():
        return out
    column, step, value = column[inside], (step - first[column])[inside], value[inside]
    if how.method == "whittaker":
        step_days = DAYS_PER_MONTH if monthly else 1.0
        # as heavy as one value every 10 days: then a penalty means the same however many there are
        due = (last - first + 1) * step_days / PENALTY_STEP_DAYS
        even = weight[inside] * (due / np.where(total > 0, total, 1))[column]
        out[inside] = _whittaker(column, step, value, even, step_days, how)
    else:
        middle = day[inside] + (int(DAYS_PER_MONTH / 2) if monthly else 0)
        known = {int(d): decimal_year(EPOCH + timedelta(days=int(d))) for d in np.unique(middle)}
        out[inside] = _harmonic(column, np.array([known[int(d)] for d in middle]), value)
    return out


def smoothed(
    zone: Days, day: Days, value: Floats, weight: Floats, how: Smoothing, *, monthly: bool = False
) -> Floats:
    """Smooth every zone's values along time.

    Parameters
    ----------
    zone, day : int64 (R,)
        Number of the zone, and days since 1970-01-01; sorted by zone, then day, none twice.
    value : float64 (R,), any unit U
        NaN where nothing was clear.
    weight : float64 (R,)
        How much a value counts beside its zone's others: its clear share of the zone.
    how : Smoothing
    monthly : bool
        Whether `day` is the first of a month that the value stands for.

    Returns
    -------
    float64 (R,), U
        A value on every row from a zone's first clear one to its last, clear or not. NaN beyond
        them, where a curve would only be guessed, and in zones with too few clear rows: fewer
        than 3, of harmonics than 10.

    Notes
    -----
    Whittaker's smoother runs over days (or months), evenly; harmonics are fitted to the true
    dates, unweighted: `landcover.kernels.whittaker`, `landcover.kernels.harmonic`.

    Examples
    --------
    >>> day, one = np.array([0, 10, 20, 30]), np.ones(4)
    >>> value = np.array([0.5, np.nan, 0.7, 0.8])
    >>> smoothed(day * 0, day, value, one, Smoothing("whittaker", 1e6)).round(3)
    array([0.5, 0.6, 0.7, 0.8])
    """
    out = np.full(len(zone), np.nan)
    if len(zone):
        for part in _parts(zone):
            out[part] = _part(zone[part], day[part], value[part], weight[part], monthly, how)
    return out
