"""What is normal in each calendar month, and how far a month or a year is from it.

Works on monthly medians (M, Y, X), NaN where missing, the rows being consecutive months; a month
has a number, year * 12 + month - 1. Knows nothing of days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.kernels.months import MONTHS
from landcover.kernels.network import in_bands

__all__ = [
    "MIN_YEARS",
    "Normals",
    "Season",
    "anomaly",
    "normals",
    "score",
    "season",
    "warm",
    "yearly_anomaly",
    "yearly_normals",
]

MIN_YEARS = 3
"""Years that a spread needs before anything is measured by it (count): of two, it is the half of
their difference, and every z score is 0.71."""


@dataclass(frozen=True, slots=True, eq=False)
class Normals:
    """Mean, spread and years of each calendar month (12, Y, X), or of the year (Y, X).

    `mean` and `spread` (standard deviation with n - 1) are floats, NaN where no year, or only
    one, was seen; `years` is uint8.
    """

    mean: NDArray[Any]
    spread: NDArray[Any]
    years: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Season:
    """The course of a year at each pixel (Y, X), over the months that were seen.

    `amplitude` is a float; `peak` and `low` are months (uint8, 1 to 12; 0 where none); `seen` is
    how many months have a value (uint8).
    """

    amplitude: NDArray[Any]
    peak: NDArray[np.uint8]
    low: NDArray[np.uint8]
    seen: NDArray[np.uint8]


@njit(nogil=True, cache=True)
def _moments(rows, start, stop, step, y, total, square, count):  # type: ignore[no-untyped-def]
    """Mean and sum of squared differences of every step-th row, in double precision."""
    total[:] = 0.0
    square[:] = 0.0
    count[:] = 0
    for t in range(start, stop, step):
        row = rows[t, y]
        for x in range(row.size):
            ok = row[x] == row[x]
            total[x] += np.float64(row[x]) if ok else 0.0
            count[x] += ok
    for x in range(total.size):
        total[x] = total[x] / count[x] if count[x] > 0 else np.nan
    for t in range(start, stop, step):
        row = rows[t, y]
        for x in range(row.size):
            difference = np.float64(row[x]) - total[x]
            square[x] += difference * difference if difference == difference else 0.0


@njit(nogil=True, cache=True)
def _normals(rows, phase, begin, end, step, first, after, mean, spread, years):  # type: ignore[no-untyped-def]
    """Take moments of rows begin to end - 1 by place in the cycle; row 0 is at `phase`."""
    length = rows.shape[2]
    total, square = np.empty(length, np.float64), np.empty(length, np.float64)
    count = np.empty(length, np.int32)
    for y in range(first, after):
        for place in range(step):
            start = begin + (place - phase - begin) % step
            _moments(rows, start, end, step, y, total, square, count)
            for x in range(length):
                n = count[x]
                mean[place, y, x] = total[x]
                spread[place, y, x] = np.sqrt(square[x] / (n - 1)) if n > 1 else np.nan
                years[place, y, x] = n


def _of_rows(
    rows: NDArray[Any], phase: int, part: tuple[int, int], step: int, threads: int
) -> Normals:
    """Make normals of consecutive rows, `step` places to a cycle."""
    rows = np.ascontiguousarray(rows)
    shape = (step, *rows.shape[1:])
    made = Normals(np.empty(shape, rows.dtype), np.empty(shape, rows.dtype), np.empty(shape, "u1"))
    begin, end = max(part[0], 0), min(part[1], len(rows))

    def band(first: int, after: int) -> None:
        whole = (made.mean, made.spread, made.years)
        _normals(rows, phase, begin, end, step, first, after, *whole)

    in_bands(band, rows.shape[1], threads)
    return made


def normals(
    monthly: NDArray[Any], first_month: int, baseline: tuple[int, int], threads: int = 1
) -> Normals:
    """Mean and spread of the monthly medians of each calendar month over a baseline.

    Parameters
    ----------
    monthly : float32 or float64 (M, Y, X), unit U
        Medians of consecutive months, NaN where missing: `months.monthly_medians`.
    first_month : int
        Number of the first, year * 12 + month - 1.
    baseline : (int, int)
        Numbers of the baseline's first month and of the month after its last.
    threads : int
        Threads that share the rows; no result depends on it.

    Returns
    -------
    Normals
        (12, Y, X), January to December; mean and spread in U. Each year counts once, however
        often it was seen.

    Examples
    --------
    >>> march = np.full((25, 1, 1), np.nan, np.float32)
    >>> march[[0, 12, 24]] = [[[1]], [[2]], [[6]]]
    >>> made = normals(march, 2020 * 12 + 2, (2020 * 12, 2023 * 12))
    >>> made.mean[2], made.years[1:3].ravel()
    (array([[3.]], dtype=float32), array([0, 3], dtype=uint8))
    """
    part = (baseline[0] - first_month, baseline[1] - first_month)
    return _of_rows(monthly, first_month % MONTHS, part, MONTHS, threads)


def score(
    anomalies: NDArray[Any], spread: NDArray[Any], years: NDArray[np.uint8], min_years: int
) -> NDArray[Any]:
    """Measure anomalies by the spread: z = anomaly / spread.

    Parameters
    ----------
    anomalies, spread : float (Y, X), unit U
    years : uint8 (Y, X)
        Years behind the spread.
    min_years : int
        Years that it needs; fewer than `MIN_YEARS` are never enough.

    Returns
    -------
    float (Y, X), no unit
        NaN with fewer years, or where no year differs from another.
    """
    enough = (years >= max(min_years, MIN_YEARS)) & (spread > 0)
    return np.divide(anomalies, spread, out=np.full_like(anomalies, np.nan), where=enough)


def anomaly(
    month: NDArray[Any], number: int, normal: Normals, min_years: int = MIN_YEARS
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Say how far one month is from what is normal in it.

    Parameters
    ----------
    month : float (Y, X), unit U
        Medians of the month, NaN where missing.
    number : int
        Its number, year * 12 + month - 1.
    normal : Normals
        Of the twelve months.
    min_years : int
        As for `score`.

    Returns
    -------
    anomaly : float (Y, X), U
        Median of the month less the mean of the baseline years' medians of that month.
    z : float (Y, X), no unit
        The same over their standard deviation (n - 1). A year that is itself in a baseline of n
        years cannot be beyond (n - 1) / √n: 1.15 of 3, 2.27 of 7. One that is not, and is like all
        others, is beyond 4.97 of 3 years, and 2.62 of 7, once in 20 (t √(1 + 1/n), n - 1 degrees
        of freedom, for values that are normally distributed).
    """
    place = number % MONTHS
    far = month - normal.mean[place]
    return far, score(far, normal.spread[place], normal.years[place], min_years)


def yearly_anomaly(
    monthly: NDArray[Any], first_month: int, normal: Normals, year: int
) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Average the monthly anomalies of a calendar year over the months that were seen.

    A year seen only in its green months is not called green: each month is compared with itself.
    Months that the baseline knows from one year alone are left out: in that year they tell nothing.

    Parameters
    ----------
    monthly, first_month
        As for `normals`.
    normal : Normals
        Of the twelve months.
    year : int

    Returns
    -------
    anomaly : float (Y, X), U
        NaN where no month was seen, or none that the baseline knows from two years.
    months : uint8 (Y, X)
        Months behind it.
    """
    total = np.zeros(monthly.shape[1:], np.float64)
    months = np.zeros(monthly.shape[1:], np.uint8)
    rows = range(year * MONTHS - first_month, (year + 1) * MONTHS - first_month)
    for row in rows:
        if 0 <= row < len(monthly):
            place = (first_month + row) % MONTHS
            far = monthly[row] - normal.mean[place]
            seen = ~np.isnan(far) & (normal.years[place] > 1)
            np.add(total, far, out=total, where=seen)
            months += seen
    empty = np.full(total.shape, np.nan, monthly.dtype)
    return np.divide(total, months, out=empty, where=months > 0, casting="same_kind"), months


def yearly_normals(years: NDArray[Any], threads: int = 1) -> Normals:
    """Mean and spread of the yearly anomalies of a baseline.

    Parameters
    ----------
    years : float32 or float64 (N, Y, X), unit U
        Anomalies of the baseline's years.
    threads : int

    Returns
    -------
    Normals
        (Y, X) each.
    """
    made = _of_rows(years, 0, (0, len(years)), 1, threads)
    return Normals(made.mean[0], made.spread[0], made.years[0])


@njit(nogil=True, cache=True)
def _season(medians, first, after, least, amplitude, peak, low, seen):  # type: ignore[no-untyped-def]
    months, _, length = medians.shape
    highest, lowest = np.empty(length, medians.dtype), np.empty(length, medians.dtype)
    for y in range(first, after):
        highest[:] = -np.inf
        lowest[:] = np.inf
        for month in range(months):
            row = medians[month, y]
            for x in range(length):
                value = row[x]
                above, below = value > highest[x], value < lowest[x]  # never where it is NaN
                highest[x] = value if above else highest[x]
                lowest[x] = value if below else lowest[x]
                peak[y, x] = month + 1 if above else peak[y, x]
                low[y, x] = month + 1 if below else low[y, x]
                seen[y, x] += value == value
        for x in range(length):
            enough = seen[y, x] >= least
            amplitude[y, x] = highest[x] - lowest[x] if enough else np.nan
            peak[y, x] = peak[y, x] if enough else 0
            low[y, x] = low[y, x] if enough else 0


def season(medians: NDArray[Any], min_months: int = 2, threads: int = 1) -> Season:
    """Amplitude of the year and when its peak and its low are.

    Parameters
    ----------
    medians : float (12, Y, X), unit U
        One value a calendar month, January to December; NaN where never seen.
    min_months : int
        Months that a pixel needs; with fewer there is neither amplitude nor peak. One month has
        no amplitude: at least 2.
    threads : int
        Threads that share the rows; no result depends on it.

    Returns
    -------
    Season
        Amplitude (highest less lowest month) in U, over the months seen alone: a course of which
        months were missed is at least so wide. Of equal months the earliest is told.
    """
    medians = np.ascontiguousarray(medians)
    shape, least = medians.shape[1:], max(min_months, 2)
    made = Season(np.empty(shape, medians.dtype), *(np.zeros(shape, np.uint8) for _ in range(3)))

    def band(first: int, after: int) -> None:
        parts = (made.amplitude, made.peak, made.low, made.seen)
        _season(medians, first, after, least, *parts)

    in_bands(band, shape[0], threads)
    return made


def warm() -> None:
    """Compile or load this module's kernels for float32."""
    month = np.ones((1, 1, 1), np.float32)
    normals(month, 0, (0, 1))
    season(month)
