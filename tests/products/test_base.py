"""A stack's medians: made once, by span or by month, and never of days that are not its own."""

from __future__ import annotations

from datetime import date

import numpy as np

from landcover.model import Period
from landcover.products.base import Span, Stack

YEARS = Span(Period(date(2019, 1, 1), date(2021, 1, 1)), "all")


def test_months_and_medians_are_made_once() -> None:
    values = np.array([0.25, 0.75, np.nan, 0.5], np.float32).reshape(4, 1, 1)
    dates = (date(2019, 11, 2), date(2019, 11, 30), date(2019, 12, 1), date(2020, 1, 1))
    whole = np.ones((1, 1), bool)
    stack = Stack(YEARS, dates, {"ndvi": values}, whole.astype(np.uint16), whole)
    first, monthly = stack.monthly("ndvi")
    assert first == 2019 * 12 + 10
    np.testing.assert_array_equal(monthly.ravel(), np.array([0.5, np.nan, 0.5], np.float32))
    assert stack.monthly("ndvi")[1] is monthly
    assert stack.median("ndvi") is stack.median("ndvi")
    assert stack.days().tolist() == [(day - date(1970, 1, 1)).days for day in dates]
