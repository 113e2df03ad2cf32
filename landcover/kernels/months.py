"""Calendar months: medians along time by month of one year, or by month of any year.

A month has a number, year * 12 + month - 1, so that neighbours differ by 1. The networks are
those of `network`; every observation is read once, in rows of x. Knows nothing of baselines.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.network import WIDTH_PX, checked, in_bands, load_row, sort_rows

__all__ = [
    "MONTHS",
    "calendar_medians",
    "decimal_years",
    "month_numbers",
    "monthly_medians",
    "monthly_times",
    "months_between",
    "warm",
    "years_compared",
]

MONTHS = 12
"""Calendar months in a year (count)."""

_EPOCH = 1970 * MONTHS
"""Number of January 1970, which numpy counts months from."""

_TYPES = (np.float32, np.float64, np.int16)


@njit(nogil=True, cache=True)
def _load(stack, members, y, x0, width, low, top, last, block, counts):  # type: ignore[no-untyped-def]
    """Copy the rows of one group, those without a value left out; return how many were kept."""
    rows = 0
    counts[:] = 0
    for t in members:
        source = stack[t, y, x0 : x0 + width]
        if load_row(source, low, top, last, block[rows], counts) > 0:
            rows += 1
    return rows


@njit(nogil=True, cache=True)
def _medians(stack, members, edges, first, after, low, top, last, out, out_counts):  # type: ignore[no-untyped-def]
    """Take the median of each group; its members are members[edges[g]:edges[g + 1]]."""
    length, groups, counted = stack.shape[2], edges.size - 1, out_counts.size > 0
    block = np.empty((np.diff(edges).max(), WIDTH_PX), stack.dtype)
    counts = np.zeros(WIDTH_PX, np.int32)
    for y in range(first, after):
        for x0 in range(0, length, WIDTH_PX):
            width = min(WIDTH_PX, length - x0)
            for g in range(groups):
                part = members[edges[g] : edges[g + 1]]
                rows = _load(stack, part, y, x0, width, low, top, last, block, counts)
                sort_rows(block, rows)
                for x in range(width):
                    n = counts[x]
                    value = np.nan
                    if n > 0:
                        a, b = np.float64(block[(n - 1) // 2, x]), np.float64(block[n // 2, x])
                        # + 0.0 turns -0.0 into 0.0: the same bytes whatever the order of time
                        value = a + (b - a) * 0.5 + 0.0
                    out[g, y, x0 + x] = value
                if counted:
                    for x in range(width):
                        out_counts[g, y, x0 + x] = counts[x]


@njit(nogil=True, cache=True)
def _mean_times(stack, rows, times, first, after, low, top, out):  # type: ignore[no-untyped-def]
    """Average the times of the values in each row of `out`: the stack's rows go to out[rows]."""
    length = stack.shape[2]
    totals = np.empty((out.shape[0], length), np.float64)
    counts = np.empty((out.shape[0], length), np.int32)
    for y in range(first, after):
        totals[:] = 0.0
        counts[:] = 0
        for t in range(rows.size):
            total, count, source = totals[rows[t]], counts[rows[t]], stack[t, y]
            for x in range(length):
                ok = (source[x] > low) & (source[x] <= top)
                total[x] += times[t] if ok else 0.0
                count[x] += ok
        for g in range(out.shape[0]):
            for x in range(length):
                n = counts[g, x]
                out[g, y, x] = totals[g, x] / n if n > 0 else np.nan


def _grouped(
    stack: NDArray[Any], groups: NDArray[np.int64], number: int, threads: int, counted: bool
) -> tuple[NDArray[Any], NDArray[np.uint16]]:
    """Take the median and, where asked, the count of each group of times (0 to number - 1)."""
    stack, low, top, last = checked(stack, _TYPES)
    if groups.shape != stack.shape[:1]:
        what = f"{stack.shape[0]} observations, but {groups.size} days"
        raise InputError("days", what, "Give one day an observation")
    members = np.argsort(groups, kind="stable")
    edges = np.searchsorted(groups[members], np.arange(number + 1))
    shape = (number, *stack.shape[1:])
    out = np.empty(shape, _result(stack))
    counts = np.empty(shape if counted else (0, 0, 0), np.uint16)

    def part(first: int, after: int) -> None:
        _medians(stack, members, edges, first, after, low, top, last, out, counts)

    in_bands(part, stack.shape[1], threads)
    return out, counts


def _result(stack: NDArray[Any]) -> type[np.float32] | type[np.float64]:
    """Say what medians of a stack are held as."""
    return np.float64 if stack.dtype == np.float64 else np.float32


def month_numbers(days: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each day the number of its month.

    Parameters
    ----------
    days : int64 (T,), days since 1970-01-01
        Proleptic Gregorian.

    Returns
    -------
    int64 (T,), year * 12 + month - 1

    Examples
    --------
    >>> month_numbers(np.array([0, 30, 31])) - 1970 * 12
    array([0, 0, 1])
    """
    whole = np.asarray(days, np.int64).astype("datetime64[D]")
    return whole.astype("datetime64[M]").astype(np.int64) + _EPOCH


def monthly_medians(
    values: NDArray[Any], days: NDArray[np.int64], threads: int = 1
) -> tuple[int, NDArray[Any]]:
    """Median of each month, from the first to the last that has an observation's day.

    Parameters
    ----------
    values : float32 or float64 (T, Y, X), NaN where missing; or int16, MISSING where missing
        Observations in any unit U, in any order of time.
    days : int64 (T,), days since 1970-01-01
    threads : int
        Threads that share the rows; no result depends on it.

    Returns
    -------
    first_month : int
        Number of the first month, year * 12 + month - 1; 0 where there is no observation.
    medians : float32 (float64 for float64) (M, Y, X), U
        NaN where a pixel has no value in the month.

    Raises
    ------
    InputError
        Another type, or not one day an observation.

    Examples
    --------
    >>> values = np.array([1, 3, np.nan, 8], np.float32).reshape(4, 1, 1)
    >>> first, medians = monthly_medians(values, np.array([0, 9, 40, 60]))
    >>> first - 1970 * 12, medians.ravel()
    (0, array([ 2., nan,  8.], dtype=float32))
    """
    months = month_numbers(days)
    if not months.size:
        return 0, np.empty_like(values, shape=(0, *values.shape[1:]), dtype=_result(values))
    first = int(months.min())
    number = int(months.max()) - first + 1
    return first, _grouped(values, months - first, number, threads, False)[0]


def decimal_years(days: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return days as years and parts of them: year + (day of the year - 1) / days in that year.

    Parameters
    ----------
    days : int64 (T,), days since 1970-01-01

    Returns
    -------
    float64 (T,), years

    Examples
    --------
    >>> decimal_years(np.array([0, 365 + 181]))
    array([1970.        , 1971.49589041])
    """
    whole = np.asarray(days, np.int64).astype("datetime64[D]")
    years = whole.astype("datetime64[Y]")
    begun, ended = (one.astype("datetime64[D]") for one in (years, years + 1))
    part: NDArray[np.float64] = (whole - begun).astype(np.float64)
    return years.astype(np.int64) + 1970 + part / (ended - begun).astype(np.float64)


def monthly_times(
    values: NDArray[Any], days: NDArray[np.int64], origin: float = 0.0, threads: int = 1
) -> NDArray[np.float32]:
    """Mean time of each pixel's values in each month, rows as in `monthly_medians`.

    Parameters
    ----------
    values, days, threads
        As for `monthly_medians`.
    origin : float, decimal years
        Times are counted from it: near the first day they are exact in float32.

    Returns
    -------
    float32 (M, Y, X), years
        Mean of `decimal_years` of the days with a value; NaN where there is none.

    Examples
    --------
    >>> values = np.array([1, 3, np.nan, 8], np.float32).reshape(4, 1, 1)
    >>> monthly_times(values, np.array([0, 10, 40, 60]), 1970.0).ravel() * 365
    array([ 5., nan, 60.], dtype=float32)
    """
    months = month_numbers(days)
    if not months.size:
        return np.empty((0, *values.shape[1:]), np.float32)
    stack, low, top, _ = checked(values, _TYPES)
    rows = months - months.min()
    out = np.empty((int(rows.max()) + 1, *values.shape[1:]), np.float32)
    times = decimal_years(days) - origin

    def part(first: int, after: int) -> None:
        _mean_times(stack, rows, times, first, after, low, top, out)

    in_bands(part, stack.shape[1], threads)
    return out


def months_between(medians: NDArray[Any], begun: int) -> tuple[NDArray[np.int16], ...]:
    """Find the first and the last month of each pixel's values.

    Parameters
    ----------
    medians : float (M, Y, X), NaN where missing
        From `monthly_medians`.
    begun : int, months
        Number of the first row.

    Returns
    -------
    first, last : int16 (Y, X)
        -1 where a pixel has no value.

    Examples
    --------
    >>> medians = np.array([np.nan, 0.7, np.nan, 0.7, np.nan]).reshape(5, 1, 1)
    >>> [plane.item() for plane in months_between(medians, 12)]
    [13, 15]
    """
    first = np.full(medians.shape[1:], -1, np.int16)
    last = first.copy()
    for row, plane in enumerate(medians):
        seen = np.isfinite(plane)
        first[seen & (first < 0)] = begun + row
        last[seen] = begun + row
    return first, last


def years_compared(medians: NDArray[Any], begun: int, least: int) -> NDArray[np.uint8]:
    """Count the years in which a pixel has a value of a month that it has in `least` years.

    Parameters
    ----------
    medians : float (M, Y, X), NaN where missing
        From `monthly_medians`.
    begun : int, months
        From the first month of a first year, of any twelve, to the first row.
    least : int
        A calendar month with values in fewer years does not count: 2 where months are compared
        with each other.

    Returns
    -------
    uint8 (Y, X)

    Examples
    --------
    >>> medians = np.full((26, 1, 1), np.nan)
    >>> medians[[0, 12, 25]] = 0.7  # the last is of another month, and alone
    >>> years_compared(medians, 0, 2), years_compared(medians, 0, 1)
    (array([[2]], dtype=uint8), array([[3]], dtype=uint8))
    """
    shape = medians.shape[1:]
    seen = np.zeros((MONTHS, *shape), np.uint8)
    for row, plane in enumerate(medians):
        seen[(begun + row) % MONTHS] += np.isfinite(plane)
    told = seen >= least
    years, found = np.zeros(shape, np.uint8), np.zeros(shape, np.bool_)
    for row, plane in enumerate(medians):
        if (begun + row) % MONTHS == 0:  # a year is over
            years += found
            found[:] = False
        found |= np.isfinite(plane) & told[(begun + row) % MONTHS]
    return years + found


def calendar_medians(
    values: NDArray[Any], days: NDArray[np.int64], threads: int = 1
) -> tuple[NDArray[Any], NDArray[np.uint16]]:
    """Median of all observations in each calendar month, whatever their year.

    Parameters
    ----------
    values, days, threads
        As for `monthly_medians`.

    Returns
    -------
    medians : float32 (float64 for float64) (12, Y, X), U
        January to December; NaN where a pixel was never seen in that month.
    counts : uint16 (12, Y, X)
        Observations behind each.

    Raises
    ------
    InputError
        As for `monthly_medians`.
    """
    return _grouped(values, month_numbers(days) % MONTHS, MONTHS, threads, True)


def warm() -> None:
    """Compile or load this module's kernels for float32."""
    calendar_medians(np.ones((1, 1, 1), np.float32), np.zeros(1, np.int64))
    monthly_times(np.ones((1, 1, 1), np.float32), np.zeros(1, np.int64))
