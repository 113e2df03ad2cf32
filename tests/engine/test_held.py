"""What products of one span share: medians and months are made once, whoever asks."""

from __future__ import annotations

import weakref
from datetime import date

import numpy as np

from landcover.engine.epochs import Room
from landcover.engine.held import Counts, Rows, Together
from landcover.model import Period
from landcover.products.base import Span
from landcover.raster.stack import DayRows

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


def test_a_pixel_that_no_scene_of_a_span_has_is_known_and_days_are_asked_only_while_any_is() -> (
    None
):
    counts, zones = Counts(), np.array([[True, True, False]])
    counts.look_out([YEAR.period, ALL.period], zones)
    counts.look_out([ALL.period], zones)  # as the next step does: it is begun already
    shown = np.zeros((1, 3), bool)
    for when, column in ((date(2021, 5, 1), 0), (date(2020, 3, 1), 1)):
        assert counts.asks(when)
        there = shown.copy()
        there[0, column] = True
        left = counts.add(DayRows(when, False, {}, {}, (), there=there))
        assert left.there is None
    assert counts.unimaged[YEAR.period].tolist() == [[True, False, False]]
    assert not counts.unimaged[ALL.period].any()
    assert counts.asks(date(2020, 4, 1)), "the year lacks a pixel"
    counts.end(YEAR.period.end)
    assert not counts.asks(date(2020, 4, 1)), "a whole span asks no more"
    assert list(counts.unimaged) == [ALL.period]


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


def test_medians_are_let_go_of_with_the_next_period() -> None:
    """Months beside many years: together their medians would take more than the rows."""
    held = together()
    months = weakref.ref(held.stack(ALL, ["ndvi"], BANDS).monthly("ndvi")[1])
    median = weakref.ref(held.median(ALL, "ndvi"))
    assert months() is not None
    assert median() is not None
    held.stack(YEAR, ["ndvi"], BANDS).median("ndvi")
    assert months() is None
    assert median() is None
    assert held.median(YEAR, "ndvi") is held.stack(YEAR, ["ndvi"], BANDS).median("ndvi")


def test_for_a_product_that_goes_by_dates_rows_of_one_date_are_one() -> None:
    """Two composites, of 19 and 27 December, cut at the new year: four rows, two of one day."""
    first, second, new = date(2019, 12, 19), date(2019, 12, 27), date(2020, 1, 1)
    span = Span(Period(first, date(2021, 1, 1)), "watch")
    values = np.array([0.1, np.nan, np.nan, 0.4], np.float32).reshape(4, 1, 1)
    counts, days = Counts(), [first, second, new, new]
    counts.begin([(span.period, BANDS)], days, (1, 1))
    rows = Rows({"ndvi": values}, {"ndvi": Room(4, False)}, dates={"ndvi": days})
    told = [first, second, first, second]
    held = Together(rows, counts, np.ones((1, 1), bool), 1, days, told)
    whole = held.stack(span, ["ndvi"], BANDS)
    assert whole.dates == (first, second, new, new)
    joined = held.stack(span, ["ndvi"], BANDS, [new])
    assert joined.dates == (first, second, new)
    np.testing.assert_array_equal(
        joined.values["ndvi"].ravel(), np.array([0.1, np.nan, 0.4], np.float32)
    )
    alone = held.stack(span, ["ndvi"], BANDS, [date(2019, 12, 1)])
    assert alone.dates == (first, second), "the new year is nothing that this product asked for"
    np.testing.assert_array_equal(alone.values["ndvi"].ravel(), np.array([0.1, 0.4], np.float32))
