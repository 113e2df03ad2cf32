"""Which days are held together: unions of overlapping spans, by hand and by property."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from landcover.engine.epochs import Held, cut_days, epochs
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


def test_a_composite_is_cut_where_a_span_begins_or_ends_among_its_days() -> None:
    spans = [held(0, 10), held(10, 30), held(12, 14)]
    found = cut_days(days(0, 8, 16), spans, 8)
    assert [((one.date - FIRST).days, one.within is None) for one in found] == [
        (0, True),  # days 0 to 7: no border among them
        (8, False),
        (10, False),
        (12, False),
        (14, False),
        (16, True),
    ]
    assert {(one.told - FIRST).days for one in found[1:5]} == {8}
    within = [one.within for one in found[1:5]]
    ends = [(w.start - FIRST).days for w in within if w] + [(within[-1].end - FIRST).days]  # type: ignore[union-attr]
    assert ends == [8, 10, 12, 14, 16]


def test_composites_of_two_platforms_overlap_and_stay_in_order_of_time() -> None:
    found = cut_days(days(0, 8), [held(0, 10), held(10, 40)], 16)
    assert [((d.date - FIRST).days, (d.told - FIRST).days) for d in found] == [
        (0, 0), (8, 8), (10, 0), (10, 8),
    ]  # fmt: skip
    made = epochs(found, [held(0, 10), held(10, 40)], True)
    assert [len(one.days) for one in made] == [2, 2]


def test_scenes_of_one_day_and_days_without_spans_are_left_whole() -> None:
    assert cut_days(days(0, 9), [held(0, 5)], 1) == tuple(days(0, 9))
    assert cut_days(days(0, 9), [], 16) == tuple(days(0, 9))


@given(Spans, st.sets(st.integers(0, 60)), st.integers(2, 20))
def test_pieces_of_a_composite_are_its_days_once(
    spans: list[tuple[int, int]], seen: set[int], length: int
) -> None:
    holding = [held(start, start + size) for start, size in spans]
    found = cut_days(days(*sorted(seen)), holding, length)
    for start in seen:
        day = FIRST + timedelta(start)
        mine = [one for one in found if one.told == day]
        whole = [Period(day, day + timedelta(length))]
        parts = [one.within for one in mine if one.within] or whole
        assert sum(part.days for part in parts) == length
        for one in holding:  # each piece lies wholly within a span, or wholly outside
            period = one.span.period
            for part in parts:
                assert (period.start <= part.start and part.end <= period.end) or (
                    part.end <= period.start or period.end <= part.start
                )


def test_a_span_that_goes_by_month_cuts_composites_at_each_new_month() -> None:
    """Sixteen days from 19 January 2020 reach into February; from 4 February they end in it."""
    span = Span(Period(FIRST, FIRST + timedelta(366)), "2020")
    whole, monthly = Held(span, "work", 0), Held(span, "work", 0, by_month=True)
    seen = days(18, 34)
    assert cut_days(seen, [whole], 16) == tuple(seen)
    found = cut_days(seen, [whole, monthly], 16)
    assert [str(one.date) for one in found] == ["2020-01-19", "2020-02-01", "2020-02-04"]
    assert [one.told for one in found] == [seen[0].date, seen[0].date, seen[1].date]
    assert cut_days(seen, [monthly], 1) == tuple(seen)
