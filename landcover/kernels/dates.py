"""Days as numbers: decimal years, the time axis of trends and break dates.

Knows nothing of clocks: a day is a calendar day, for scenes the solar day.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["decimal_year", "own_days"]


def decimal_year(day: date) -> float:
    """Write a day as year + (day of year - 1) / days in that year.

    Parameters
    ----------
    day : date
        A calendar day; of a datetime only the day counts.

    Returns
    -------
    float, years
        1 January is a whole number; 31 December never reaches the next.

    Examples
    --------
    >>> decimal_year(date(2023, 1, 1)), decimal_year(date(2024, 7, 2))
    (2023.0, 2024.5)
    """
    first = date(day.year, 1, 1).toordinal()
    # 31 December is counted, not the next 1 January, which year 9999 does not have.
    days = date(day.year, 12, 31).toordinal() - first + 1
    return day.year + (day.toordinal() - first) / days


def own_days(day_of_year: NDArray[Any], first: date) -> NDArray[np.int32]:
    """Turn days of the year into days, for pixels of a composite that began on `first`.

    A composite begins late in December and ends in January: a day of the year before that of
    its beginning is of the next year.

    Parameters
    ----------
    day_of_year : float (Y, X), 1 to 366
        NaN where a pixel's day is not known: it counts on the composite's first day.
    first : date

    Returns
    -------
    int32 (Y, X), proleptic ordinal
        As `date.toordinal` counts.

    Examples
    --------
    >>> found = own_days(np.array([354.0, 3.0]), date(2023, 12, 19))
    >>> [date.fromordinal(int(day)).isoformat() for day in found]
    ['2023-12-20', '2024-01-03']
    """
    new_year = date(first.year, 1, 1).toordinal()
    begins = first.toordinal() - new_year + 1
    days_in_year = date(first.year, 12, 31).toordinal() - new_year + 1
    known = np.where(np.isnan(day_of_year), begins, day_of_year).astype(np.int32)
    wrapped = np.where(known < begins, known + days_in_year, known)
    return (wrapped + (new_year - 1)).astype(np.int32)
