"""Decimal years, by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest

from landcover.kernels.dates import decimal_year, own_days


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2023, 1, 1), 2023.0),
        (date(2023, 1, 2), 2023 + 1 / 365),
        (date(2023, 12, 31), 2023 + 364 / 365),
        (date(2024, 2, 29), 2024 + 59 / 366),
        (date(2024, 7, 2), 2024.5),
        (date(2024, 12, 31), 2024 + 365 / 366),
        (date(2000, 12, 31), 2000 + 365 / 366),
        (date(1900, 12, 31), 1900 + 364 / 365),
        (date(9999, 12, 31), 9999 + 364 / 365),
    ],
)
def test_worked_by_hand(day: date, year: float) -> None:
    assert decimal_year(day) == year


def test_later_days_are_later() -> None:
    years = [decimal_year(date(2015, 1, 1) + timedelta(days=n)) for n in range(4000)]
    assert all(a < b for a, b in pairwise(years))


def test_only_the_day_counts() -> None:
    assert decimal_year(datetime(2024, 7, 2, 23, 59, tzinfo=UTC)) == 2024.5


@pytest.mark.parametrize(
    ("first", "day_of_year", "day"),
    [
        (date(2023, 1, 17), 17, date(2023, 1, 17)),
        (date(2023, 1, 17), 32, date(2023, 2, 1)),
        (date(2023, 12, 19), 353, date(2023, 12, 19)),
        (date(2023, 12, 19), 365, date(2023, 12, 31)),
        (date(2023, 12, 19), 3, date(2024, 1, 3)),
        (date(2024, 12, 18), 366, date(2024, 12, 31)),  # a leap year's last day
        (date(2024, 12, 18), 1, date(2025, 1, 1)),
        (date(2024, 12, 26), 10, date(2025, 1, 10)),
        (date(2023, 1, 17), float("nan"), date(2023, 1, 17)),  # not known: the composite's own
    ],
)
def test_a_pixel_s_own_day_wraps_the_year(first: date, day_of_year: float, day: date) -> None:
    found = own_days(np.array([[day_of_year]], np.float32), first)
    assert date.fromordinal(int(found[0, 0])) == day
