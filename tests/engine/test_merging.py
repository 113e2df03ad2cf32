"""Pieces of composites put together: by hand, and whatever else cuts them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from landcover.engine.epochs import Held, cut_days
from landcover.engine.merging import by_date, merged
from landcover.model import MISSING, Period
from landcover.products.base import Span
from landcover.raster.stack import Day

FIRST = date(2020, 1, 1)
NAN = float("nan")


def day(number: int) -> date:
    return FIRST + timedelta(number)


def rows(*values: float, kind: Any = np.float32) -> npt.NDArray[Any]:
    return np.array(values, kind).reshape(len(values), 1, 1)


def test_of_two_composites_cut_at_one_day_the_earlier_gives_the_value() -> None:
    dates, groups = by_date([day(0), day(8), day(10), day(10)], [day(0), day(8)] * 2, [day(10)])
    assert dates == (day(0), day(8), day(10))
    assert groups == ((0,), (1,), (2, 3))
    values = {
        "ndvi": rows(0.1, 0.2, 0.3, 0.4),
        "evi": rows(0.1, 0.2, NAN, 0.4),
        "red": rows(1, 2, MISSING, 4, kind=np.int16),
    }
    found = {name: array.ravel().tolist() for name, array in merged(values, groups).items()}
    assert found["ndvi"] == rows(0.1, 0.2, 0.3).ravel().tolist()
    assert found["evi"] == rows(0.1, 0.2, 0.4).ravel().tolist()
    assert found["red"] == [1, 2, 4]


def test_pieces_that_others_asked_for_are_joined_again() -> None:
    """A composite of days 0 to 15, cut at day 4 for somebody else, and at day 10 for this one."""
    dates, groups = by_date([day(0), day(4), day(10)], [day(0)] * 3, [day(10)])
    assert (dates, groups) == ((day(0), day(10)), ((0, 1), (2,)))


def test_rows_that_stand_alone_are_not_copied() -> None:
    values = {"ndvi": rows(0.1, 0.2)}
    dates, groups = by_date([day(0), day(3)], [day(0), day(3)], [])
    assert dates == (day(0), day(3))
    assert merged(values, groups)["ndvi"] is values["ndvi"]


def test_nothing_seen_is_no_row() -> None:
    dates, groups = by_date([], [], [day(1)])
    assert (dates, groups) == ((), ())
    assert merged({"ndvi": np.empty((0, 1, 1), np.float32)}, groups)["ndvi"].shape == (0, 1, 1)


LENGTH = 16
Composites = st.lists(
    st.tuples(st.integers(0, 60), st.lists(st.integers(0, LENGTH - 1), min_size=3, max_size=3)),
    max_size=6,
    unique_by=lambda one: one[0],
)


def looks(
    composites: list[tuple[int, list[int]]], own: Held, others: list[Held]
) -> list[tuple[date, list[float]]]:
    """Return the dates that a product sees, and the three pixels' values at each.

    A composite's value is its number; each pixel was taken on its own day.
    """
    span, cuts = own.span.period, sorted({own.span.period.start, *own.cuts})
    days = cut_days([Day(day(first), ()) for first, _ in composites], [own, *others], LENGTH)
    taken = {day(first): (number, offsets) for number, (first, offsets) in enumerate(composites)}
    dates, told, values = [], [], []
    for one in days:
        number, offsets = taken[one.told]
        within = one.within or Period(one.date, one.date + timedelta(LENGTH))
        plane = [
            float(number) if within.holds(one.told + timedelta(offset)) else NAN
            for offset in offsets
        ]
        if span.holds(one.date) and not np.isnan(plane).all():
            dates.append(one.date)
            told.append(one.told)
            values.append(plane)
    found, groups = by_date(dates, told, cuts)
    stack = np.array(values, np.float32).reshape(len(values), 1, 3)
    joined = merged({"ndvi": stack}, groups)["ndvi"]
    return list(zip(found, joined.reshape(-1, 3).tolist(), strict=True))


@given(
    Composites,
    st.sets(st.integers(0, 80), max_size=3),
    st.lists(st.tuples(st.integers(0, 80), st.integers(1, 30)), max_size=4),
)
def test_what_else_is_asked_for_changes_nothing(
    composites: list[tuple[int, list[int]]], cuts: set[int], others: list[tuple[int, int]]
) -> None:
    composites.sort(key=lambda one: one[0])
    whole = Span(Period(day(5), day(70)), "watch")
    own = Held(whole, "work", 0, cuts=tuple(day(number) for number in sorted(cuts)))
    beside = [
        Held(Span(Period(day(start), day(start + length)), "other"), "work", n + 1)
        for n, (start, length) in enumerate(others)
    ]
    alone, together = looks(composites, own, []), looks(composites, own, beside)
    dates = [one for one, _ in alone]
    assert dates == sorted(set(dates))
    assert dates == [one for one, _ in together]
    for (_, a), (_, b) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(a, b)
