"""What the layers of `climatology` are called, and what is said of them.

It knows indices and periods. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from landcover.model import Layer, Period
from landcover.products.base import Span
from landcover.products.quantities import About

__all__ = ["COUNT_NODATA", "NAME", "SMALL_NODATA", "VERSION", "Promise"]

NAME = "climatology"

VERSION = 1
"""Raised whenever the same settings give other numbers."""

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

COUNT_NODATA = 65535
"""Outside all zones in counts of days; no pixel has so many."""

SMALL_NODATA = 255
"""Outside all zones in counts of years and months; there are never so many."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Writes the layers of one index; the settings as a product's tags have them."""

    name: str
    about: About
    baseline: Period
    min_clear: int
    min_years: int
    min_months: int

    @property
    def wide(self) -> float:
        """How far two values can lie apart."""
        low, high = self.about.valid_range
        return high - low

    @property
    def days(self) -> str:
        """The baseline's first and last day."""
        return f"{self.baseline.start} to {self.baseline.last}"

    def tags(self, statistic: str, period: Period, **more: str) -> dict[str, str]:
        """Say what a layer is."""
        return {
            "PRODUCT": NAME,
            "PRODUCT_VERSION": str(VERSION),
            "INDEX": self.name,
            "FORMULA": self.about.formula,
            "STATISTIC": statistic,
            "FIRST_DAY": str(period.start),
            "LAST_DAY": str(period.last),
            **more,
        }

    def months(self, suffix: str, what: str, statistic: str, **keys: Any) -> Layer:
        """Promise a layer of twelve bands."""
        more = keys.pop("more", {})
        return Layer(
            name=f"{self.name}_climatology{suffix}",
            product=NAME,
            bands=tuple(f"{month}, {what}, {self.days}" for month in MONTH_NAMES),
            units=(keys.pop("unit"),) * len(MONTH_NAMES),
            tags=self.tags(statistic, self.baseline, **more),
            **keys,
        )

    def climatology(self) -> Iterator[Layer]:
        """Promise what is normal, and how well it is known."""
        about, title = self.about, self.about.title
        least = {"MIN_CLEAR": str(self.min_clear)}
        years = {"MIN_YEARS": str(self.min_years)}
        median = "median of all clear observations of the calendar month"
        yield self.months(
            "", f"median {title}", median,
            unit=about.unit, valid_range=about.valid_range, more=least,
        )  # fmt: skip
        yield self.months(
            "_count", "clear observations", "clear observations of the calendar month",
            unit="days", dtype="uint16", nodata=COUNT_NODATA,
            valid_range=(0.0, float(COUNT_NODATA - 1)),
        )  # fmt: skip
        yield self.months(
            "_years", "years seen", "years in which the calendar month was seen",
            unit="years", dtype="uint8", nodata=SMALL_NODATA,
            valid_range=(0.0, float(SMALL_NODATA - 1)),
        )  # fmt: skip
        yield self.months(
            "_spread", f"standard deviation of {title} between years",
            "standard deviation (n - 1) of the years' medians of the month",
            unit=about.unit, valid_range=(0.0, self.wide), more=years,
        )  # fmt: skip

    def season(self) -> Layer:
        """Promise the course of the year."""
        return Layer(
            name=f"{self.name}_season",
            product=NAME,
            bands=(
                f"amplitude of {self.about.title}, {self.days}",
                f"month of the highest, {self.days}",
                f"month of the lowest, {self.days}",
                f"calendar months seen, {self.days}",
            ),
            units=(self.about.unit, "month", "month", "months"),
            valid_range=(0.0, max(self.wide, 12.0)),
            overviews="nearest",  # between December and January there is no June
            tags=self.tags(
                "highest less lowest of the twelve medians, over the months that were seen",
                self.baseline,
                MIN_CLEAR=str(self.min_clear),
                MIN_MONTHS=str(self.min_months),
            ),
        )

    def anomaly(self, span: Span) -> Layer:
        """Promise the anomaly of one month or year."""
        days = f"{span.period.start} to {span.period.last}"
        monthly = "-" in span.name
        bands, units = [f"anomaly of {self.about.title}, {days}", f"z score, {days}"], ["1", "1"]
        units[0] = self.about.unit
        if not monthly:
            bands.append(f"calendar months behind it, {days}")
            units.append("months")
        of = "the month's median less the mean of the baseline years' medians of that month"
        return Layer(
            name=f"{self.name}_anomaly_{span.name}",
            product=NAME,
            bands=tuple(bands),
            units=tuple(units),
            valid_range=(-self.wide, self.wide),
            tags=self.tags(
                of if monthly else f"mean, over the months that were seen, of {of}",
                span.period,
                BASELINE=self.days,
                MIN_YEARS=str(self.min_years),
            ),
        )
