"""Cutting the job's period into months, quarters, half years, years or listed periods."""

from __future__ import annotations

from datetime import date

from pydantic import Field, field_validator, model_validator

from landcover.errors import PlanError
from landcover.model import Period
from landcover.products.base import Span
from landcover.settings import Settings

__all__ = ["EVERY_MONTHS", "ListedPeriod", "spans"]

EVERY_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""Length of each named cut (calendar months)."""


class ListedPeriod(Settings):
    """One period of a list: half-open [start, end) in solar days."""

    start: date = Field(description="First day used.")
    end: date = Field(description="The day after the last day used.")
    name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$",
        description="Name in file names; default: first and last day.",
    )

    @field_validator("start", "end", mode="before")
    @classmethod
    def _iso(cls, value: object) -> object:
        """Take ISO dates as text; YAML's own dates pass."""
        return date.fromisoformat(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _ordered(self) -> ListedPeriod:
        """Refuse a period without a day in it."""
        if self.start >= self.end:
            raise ValueError("the end is not after the start. Write the day after the last one")
        return self

    def span(self) -> Span:
        """Return the period with its name."""
        period = Period(self.start, self.end)
        return Span(period, self.name or f"{period.start}_{period.last}")


def _next(first: date, months: int) -> date:
    """Return the first day of the month that lies `months` after `first`'s."""
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _name(first: date, months: int) -> str:
    """Name a calendar cut: 2019, 2019-h1, 2019-q1, 2019-03."""
    if months == EVERY_MONTHS["year"]:
        return f"{first.year}"
    if months == EVERY_MONTHS["half_year"]:
        return f"{first.year}-h{(first.month - 1) // 6 + 1}"
    if months == EVERY_MONTHS["quarter"]:
        return f"{first.year}-q{(first.month - 1) // 3 + 1}"
    return f"{first.year}-{first.month:02d}"


def _calendar(period: Period, months: int) -> tuple[Span, ...]:
    """Cut at calendar borders; the first and last cut are clipped to the period."""
    first = date(period.start.year, (period.start.month - 1) // months * months + 1, 1)
    found = []
    while first < period.end:
        after = _next(first, months)
        cut = Period(max(first, period.start), min(after, period.end))
        found.append(Span(cut, _name(first, months)))
        first = after
    return tuple(found)


def spans(every: str | tuple[ListedPeriod, ...], period: Period) -> tuple[Span, ...]:
    """Cut `period` as `every` says, in order of time.

    Parameters
    ----------
    every : str or tuple of ListedPeriod
        ``month``, ``quarter``, ``half_year``, ``year``, or a list of periods (which may
        overlap, and are taken as they are).
    period : Period
        The job's period.

    Returns
    -------
    tuple of Span
        Calendar cuts clipped to the period; a cut keeps the name of its calendar unit.

    Raises
    ------
    PlanError
        A listed period reaches beyond the job's: it would be named for days that no scene was
        sought on.

    Examples
    --------
    >>> [s.name for s in spans("half_year", Period(date(2019, 3, 1), date(2020, 1, 1)))]
    ['2019-h1', '2019-h2']
    """
    if isinstance(every, str):
        return _calendar(period, EVERY_MONTHS[every])
    return tuple(sorted(_within(listed.span(), period) for listed in every))


def _within(span: Span, period: Period) -> Span:
    """Refuse a span that reaches beyond the job's period."""
    if period.start <= span.period.start and span.period.end <= period.end:
        return span
    raise PlanError(
        f"every, period {span.name}",
        f"{span.period.start} to {span.period.last} reaches beyond the job's period, "
        f"{period.start} to {period.last}",
        "Widen `period`, or shorten this one",
    )
