"""The days of a history that the job does not name, and the first day that can be told.

It knows days. It does not know settings, looks or breaks.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from landcover.model import Period
from landcover.products.falling import Refusal

__all__ = ["EPOCH", "first_years", "refused_start"]

EPOCH: Final = date(1970, 1, 1)
"""Days of looks and breaks are counted from here on; those before have no number."""

USUAL_YEARS: Final = 3
"""Years of a history that the job does not name: enough looks for a season under Congo's clouds,
few enough that forest which stood through them is common."""

DAYS_PER_YEAR: Final = 365.25
"""Of the Julian calendar."""

NEAR_A_YEAR: Final = timedelta(days=7)
"""Where half of the period is this near to whole years, the usual history is these: a leap day
parts years unevenly, and a period may leave out its last days."""


def first_years(period: Period) -> Period:
    """Return the usual history of a period: its first three years, at most half of it.

    Half is taken in whole years where it is within a week of them: placebo watches, which tell the
    false alarms, want whole years.

    Examples
    --------
    >>> str(first_years(Period(date(2020, 1, 1), date(2024, 1, 1))).end)
    '2022-01-01'
    """
    start = period.start
    half = start + timedelta(days=max(period.days // 2, 1))
    years = round((half - start).days / DAYS_PER_YEAR)
    whole = _anniversary(start, min(years, USUAL_YEARS))
    near = years > 0 and abs(whole - half) <= NEAR_A_YEAR
    return Period(start, whole if near else min(_anniversary(start, USUAL_YEARS), half))


def _anniversary(day: date, years: int) -> date:
    """Return the same day some years later; for 29 February 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return date(day.year + years, 3, 1)


def refused_start(start: date) -> Refusal | None:
    """Say why a history cannot begin on a day, if so."""
    if start >= EPOCH:
        return None
    return Refusal(
        f"days of disturbances are counted from {EPOCH}, and the history begins on {start}",
        f"Let it begin on {EPOCH} or later",
    )
