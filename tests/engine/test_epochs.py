"""Which days are held together: unions of overlapping spans, by hand and by property."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from landcover.engine.epochs import Epoch, Held, Room, cut_days, epochs, rooms, runs, steps
from landcover.model import Period
from landcover.products.base import Span
from landcover.raster.stack import Day

FIRST = date(2020, 1, 1)


def held(start: int, end: int, number: int = 0, names: tuple[str, ...] = ()) -> Held:
    """Hold days `start` up to `end`, counted from FIRST."""
    period = Period(FIRST + timedelta(start), FIRST + timedelta(end))
    return Held(Span(period, f"{start}-{end}"), "work", number, names=names)


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


def test_a_span_s_own_cuts_cut_composites() -> None:
    span = Span(Period(FIRST, FIRST + timedelta(366)), "2020")
    found = cut_days(days(0, 16), [Held(span, "work", 0, cuts=(FIRST + timedelta(20),))], 16)
    assert numbered(found) == [0, 16, 20]
    assert [(one.told - FIRST).days for one in found] == [0, 16, 16]


# --- quantities of their own spans ----------------------------------------------------------------


def numbers(period: Period) -> tuple[int, int]:
    return (period.start - FIRST).days, (period.end - FIRST).days


def test_beside_a_long_span_each_quantity_has_its_own_runs_and_room() -> None:
    """NDVI over 30 days; red over three times ten; evi over days 12 to 18 alone."""
    spans = [held(0, 30, 0, ("ndvi",))]
    spans += [held(10 * n, 10 * n + 10, 1, ("red",)) for n in range(3)]
    spans += [held(12, 18, 2, ("evi", "ndvi"))]
    found = {name: [numbers(one) for one in own] for name, own in runs(spans).items()}
    assert found == {"ndvi": [(0, 30)], "red": [(0, 10), (10, 20), (20, 30)], "evi": [(12, 18)]}
    (epoch,) = epochs(days(*range(0, 30, 2)), spans, False)
    made = steps(epoch)
    assert [(numbered(one.days)[0], numbered(one.days)[-1]) for one in made] == [
        (0, 8), (10, 16), (18, 18), (20, 28),
    ]  # fmt: skip
    assert [[h.span.name for h in one.held] for one in made] == [
        ["0-10"], ["12-18"], ["10-20"], ["0-30", "20-30"],
    ]  # fmt: skip
    assert rooms(["ndvi", "red", "evi", "bare"], [epoch]) == {
        "ndvi": Room(15, False),
        "red": Room(5, False),
        "evi": Room(3, True),
        "bare": Room(0, True),
    }


def test_spans_of_one_quantity_go_in_one_step() -> None:
    spans = [held(0, 20, 0, ("ndvi",)), held(0, 10, 1, ("ndvi",)), held(10, 20, 1, ("ndvi",))]
    (epoch,) = epochs(days(1, 11), spans, False)
    assert [len(one.held) for one in steps(epoch)] == [3], "it is held to the end anyway"


def test_days_without_spans_pass_through_one_by_one() -> None:
    cut = epochs(days(1, 7), [], True)
    assert [[numbered(step.days) for step in steps(one)] for one in cut] == [[[1]], [[7]]]
    assert rooms(["ndvi"], cut) == {"ndvi": Room(0, True)}


Named = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 15), st.sets(st.sampled_from("abc"))), max_size=8
)


@given(Named, st.sets(st.integers(0, 60)))
def test_each_span_ends_in_a_step_at_which_its_quantities_are_held(
    spans: list[tuple[int, int, set[str]]], seen: set[int]
) -> None:
    asked = [
        held(start, start + length, n, tuple(sorted(names)))
        for n, (start, length, names) in enumerate(spans)
    ]
    for epoch in epochs(days(*sorted(seen)), asked, False):
        check_steps(epoch)


def check_steps(epoch: Epoch) -> None:
    made, kept = steps(epoch), dict[str, list[date]]()
    assert [day for step in made for day in step.days] == list(epoch.days)
    assert sorted(h.number for step in made for h in step.held) == sorted(
        h.number for h in epoch.held
    )
    own, room = runs(epoch.held), rooms("abc", [epoch])
    for step in made:
        for name in own:
            inside = [d.date for d in step.days if any(run.holds(d.date) for run in own[name])]
            kept[name] = kept.get(name, []) + inside
            assert len(kept[name]) <= room[name].days
        for want in step.held:
            period = want.span.period
            for name in want.names:
                wanted = [day.date for day in epoch.days if period.holds(day.date)]
                assert [day for day in kept[name] if period.holds(day)] == wanted
        for name in own:
            if any(run.end == step.end for run in own[name]):
                kept[name] = []
