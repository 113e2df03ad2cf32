"""Days as numbers: decimal years, the time axis of trends and break dates.

Knows nothing of clocks: a day is a calendar day, for scenes the solar day.
"""

from __future__ import annotations

from datetime import date

__all__ = ["decimal_year"]


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
