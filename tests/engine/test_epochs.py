"""Which days are held together: unions of overlapping spans, by hand and by property."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from landcover.engine.epochs import Held, epochs
from landcover.model import Period
from landcover.products.base import Span
from landcover.raster.stack import Day

FIRST = date(2020, 1, 1)


def held(start: int, end: int, number: int = 0) -> Held:
    """Hold days `start` up to `end`, counted from FIRST."""
    period = Period(FIRST + timedelta(start), FIRST + timedelta(end))
    return Held(Span(period, f"{start}-{end}"), "work", number)


def days(*numbers: int) -> list[Day]:
    return [Day(FIRST + timedelta(number), ()) for number in numbers]


def numbered(found: tuple[Day, ...]) -> list[int]:
    return [(day.date - FIRST).days for day in found]


def test_spans_that_overlap_are_held_together_and_neighbours_are_not() -> None:
    made = epochs(days(0, 4, 5, 9, 10, 19, 20), [held(10, 20), held(0, 6), held(5, 10)], False)
    assert [numbered(one.days) for one in made] == [[0, 4, 5, 9], [10, 19]]
    assert [[h.span.name for h in one.held] for one in made] == [["0-6", "5-10"], ["10-20"]]


def test_a_span_within_another_does_not_end_its_epoch() -> None:
    made = epochs(days(1, 8), [held(0, 10), held(2, 3), held(7, 9)], False)
    assert [numbered(one.days) for one in made] == [[1, 8]]


def test_a_span_without_a_day_has_its_epoch_too() -> None:
    (one,) = epochs([], [held(0, 5)], True)
    assert one.days == ()
    assert len(one.held) == 1


def test_days_outside_all_spans_are_read_alone_and_only_when_asked_for() -> None:
    assert [numbered(e.days) for e in epochs(days(1, 7, 8), [held(0, 5)], True)] == [[1], [7], [8]]
    assert [numbered(e.days) for e in epochs(days(1, 7, 8), [held(0, 5)], False)] == [[1]]


Spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 15)), max_size=8)


@given(Spans, st.sets(st.integers(0, 60)), st.booleans())
def test_each_span_is_in_one_epoch_with_all_its_days(
    spans: list[tuple[int, int]], seen: set[int], every_day: bool
) -> None:
    asked = [held(start, start + length, n) for n, (start, length) in enumerate(spans)]
    made = epochs(days(*sorted(seen)), asked, every_day)
    assert sorted(h.number for one in made for h in one.held) == list(range(len(asked)))
    for one in made:
        for want in one.held:
            within = {d.date for d in one.days if want.span.period.holds(d.date)}
            assert within == {
                FIRST + timedelta(n) for n in seen if want.span.period.holds(FIRST + timedelta(n))
            }
    read = [number for one in made for number in numbered(one.days)]
    assert len(read) == len(set(read)), "no day is read twice"
    wanted = {n for n in seen if any(h.span.period.holds(FIRST + timedelta(n)) for h in asked)}
    assert set(read) == (seen if every_day else wanted)
