"""Keys of `products.trend`, and what the tags of its layers say of them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from landcover.model import Period
from landcover.settings import Names, Settings, wrong

__all__ = ["BY_SEASON", "CORRECTIONS", "MONTHS", "SAYS", "TrendSettings", "months_of", "too_short"]

MONTHS = 12
"""Calendar months in a year (count): the cycle, and what turns months into years."""

SAYS = {
    "hamed-rao": "Mann-Kendall, variance corrected for ranks' autocorrelation at lags of 1 to 3 "
    "months (Hamed and Rao 1998)",
    "yue-wang": "Mann-Kendall, variance corrected for autocorrelation at a lag of 1 month (Yue and "
    "Wang 2004)",
    "pre-whitening": "Mann-Kendall of the series whitened at a lag of 1 month (Kulkarni and von "
    "Storch 1995)",
    "seasonal-kendall": "seasonal Mann-Kendall by calendar month (Hirsch, Slack and Smith 1982), "
    "no correction for autocorrelation",
    "correlated-seasonal": "seasonal Mann-Kendall by calendar month, months of a year correlated "
    "(Hirsch and Slack 1984)",
    "mann-kendall": "Mann-Kendall, no correction for autocorrelation",
}
"""What the tags say of each test."""

BY_SEASON = {"seasonal-kendall": "mann-kendall", "correlated-seasonal": "correlated-seasonal"}
"""Tests of each calendar month by itself: what the kernel calls them."""

CORRECTIONS = {
    "benjamini-hochberg": "Benjamini and Hochberg 1995",
    "benjamini-yekutieli": "Benjamini and Yekutieli 2001, whatever the dependence",
}
"""What the tags say of each way to take tests together."""


class TrendSettings(Settings):
    """Keys of `products.trend`."""

    index: Names = Field(
        default=("ndvi",),
        min_length=1,
        description="Indices or bands whose trend is sought: ndvi, evi, nbr, red, …",
    )
    test: Literal[
        "hamed-rao",
        "yue-wang",
        "pre-whitening",
        "correlated-seasonal",
        "seasonal-kendall",
        "mann-kendall",
    ] = Field(
        default="hamed-rao",
        description="How significance is tested: hamed-rao and yue-wang correct for "
        "autocorrelation, pre-whitening is the strict choice, correlated-seasonal also knows of "
        "years that differ by chance, from eight years on; the other two take months for "
        "independent and call too much significant.",
    )
    values: Literal["anomalies", "months"] = Field(
        default="anomalies",
        description="What is tested: anomalies (each month less the mean of its calendar month, "
        "the slope between years), or months as they are (for a place without seasons).",
    )
    min_months: int = Field(
        default=12,
        ge=10,
        le=1200,
        description="Monthly values a pixel needs; with fewer it is untested: nodata. The "
        "normal approximation of the test wants 10.",
    )
    min_years: int = Field(
        default=5,
        ge=2,
        le=100,
        description="Years of the period (of twelve months, from its first month on) in which a "
        "pixel needs a tested value; with fewer it is untested. Among few years a wet one looks "
        "like a trend: of declines as large as years differ by, one in eight is told as a rise "
        "after three years, one in a hundred after five.",
    )
    false_discovery: float = Field(
        default=0.1,
        gt=0,
        lt=1,
        description="Share of false ones that would be expected among all pixels of the map that "
        "are called significant, if the test's p values were exact. They are not: see the figures "
        "above for how many trendless series each test calls significant at 5 %.",
    )
    correction: Literal["benjamini-hochberg", "benjamini-yekutieli"] = Field(
        default="benjamini-hochberg",
        description="How the tests of all pixels are taken together: benjamini-yekutieli holds "
        "whatever their dependence, and finds fewer.",
    )
    source: str | None = Field(
        default=None, description="Name of the source to use; default: the first."
    )

    @field_validator("index")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a name given twice."""
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise wrong(f"{', '.join(sorted(twice))} is listed twice", "List each name once")
        return names


def months_of(period: Period) -> int:
    """Count the months that a period touches."""
    first, last = period.start, period.last
    return (last.year - first.year) * MONTHS + last.month - first.month + 1


def too_short(settings: TrendSettings, period: Period) -> tuple[str, str] | None:
    """Say what is wrong with a period in which no pixel can be tested, and what to do.

    Its years have twelve months each; a part of one counts.
    """
    years = -(-months_of(period) // MONTHS)
    if years >= settings.min_years:
        return None
    what = (
        f"a trend wants {settings.min_years} years, and the period {period.start} to {period.last} "
        f"has {years}"
    )
    return what, "Widen `period`, or lower min_years: a wet year among few looks like a trend"
