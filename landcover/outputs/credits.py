"""The sentences that providers ask for: of scenes, years filled in, and of what is drawn beside.

The years are those of the scenes that were read. It knows the mark that profiles of sensors put
where the years belong.
"""

from __future__ import annotations

from landcover.outputs.shown import Shown
from landcover.outputs.wording import text_in

__all__ = ["credits_of", "drawn_credits"]

YEAR_MARK = "[year]"
"""Where a provider's required sentence has the years of its data."""


def _years(shown: Shown) -> str:
    """Write the years of the scenes that were read; of none, those of the period."""
    table = shown.table("data_used")
    days = [] if table is None else [*table["first_date"].dropna(), *table["last_date"].dropna()]
    period = shown.about.period
    ends = sorted({day.year for day in days} or {period.start.year, period.last.year})
    return "-".join(map(str, dict.fromkeys((ends[0], ends[-1]))))


def credits_of(shown: Shown, language: str) -> tuple[str, ...]:
    """Return the sentences of all providers of scenes, years filled in.

    A provider's own words stand in whatever languages they are given in.
    """
    years, told = _years(shown), shown.about.credits
    sentences = (text_in(one, language) for one in told)
    return tuple(dict.fromkeys(one.replace(YEAR_MARK, years) for one in sentences))


def drawn_credits(shown: Shown) -> tuple[str, ...]:
    """Return the sentences of the sources of what is drawn and never computed on, each once."""
    told = (
        str(credit)
        for frame in shown.context.values()
        if "credit" in frame
        for credit in frame["credit"].dropna()
    )
    return tuple(dict.fromkeys(credit for credit in told if credit.strip()))
