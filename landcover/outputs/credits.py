"""The sentences that providers of scenes ask for, with the years of the scenes that were read.

It knows the mark that profiles of sensors put where the years belong.
"""

from __future__ import annotations

from landcover.outputs.shown import Shown

__all__ = ["credits_of"]

YEAR_MARK = "[year]"
"""Where a provider's required sentence has the years of its data."""


def credits_of(shown: Shown) -> tuple[str, ...]:
    """Return the sentences of all providers, years filled in."""
    table = shown.table("data_used")
    days = [] if table is None else [*table["first_date"].dropna(), *table["last_date"].dropna()]
    period = shown.about.period
    ends = sorted({day.year for day in days} or {period.start.year, period.last.year})
    years = "-".join(map(str, dict.fromkeys((ends[0], ends[-1]))))
    return tuple(one.replace(YEAR_MARK, years) for one in shown.about.credits)
