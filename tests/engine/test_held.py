"""What products of one span share: medians and months are made once, whoever asks."""

from __future__ import annotations

from datetime import date

import numpy as np

from landcover.engine.epochs import Room
from landcover.engine.held import Counts, Rows, Together
from landcover.model import Period
from landcover.products.base import Span

YEAR = Span(Period(date(2020, 1, 1), date(2021, 1, 1)), "2020")
ALL = Span(Period(date(2020, 1, 1), date(2022, 1, 1)), "climatology")
BANDS = frozenset({"nir", "red"})


def together() -> Together:
    days = [date(2020, 3, 1), date(2020, 3, 9), date(2021, 5, 1)]
    values = np.array([0.25, 0.75, 1.0], np.float32).reshape(3, 1, 1)
    counts = Counts()
    counts.begin([(span.period, BANDS) for span in (YEAR, ALL)], days, (1, 1))
    rows = Rows({"ndvi": values}, {"ndvi": Room(3, False)}, dates={"ndvi": days})
    return Together(rows, counts, np.ones((1, 1), bool), 1, days)


def test_two_products_of_one_span_take_the_same_months() -> None:
    held = together()
    one, other = held.stack(ALL, ["ndvi"], BANDS), held.stack(ALL, ["ndvi"], BANDS)
    first, months = one.monthly("ndvi")
    assert first == 2020 * 12 + 2
    assert len(months) == 15
    assert other.monthly("ndvi")[1] is months
    assert other.median("ndvi") is one.median("ndvi")


def test_another_span_has_its_own() -> None:
    held = together()
    months = held.stack(ALL, ["ndvi"], BANDS).monthly("ndvi")[1]
    year = held.stack(YEAR, ["ndvi"], BANDS)
    assert year.monthly("ndvi")[1] is not months
    np.testing.assert_array_equal(year.monthly("ndvi")[1].ravel(), [0.5])
