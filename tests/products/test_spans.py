"""Periods cut into spans: calendars by hand, and that every day has exactly one span."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from landcover.errors import PlanError
from landcover.model import Period
from landcover.products.spans import EVERY_MONTHS, ListedPeriod, spans

DAY = st.dates(date(1999, 1, 1), date(2031, 12, 31))


def cut(every: str, start: date, end: date) -> list[tuple[str, str, str]]:
    """Return (name, first day, last day) of each span."""
    found = spans(every, Period(start, end))
    return [(one.name, str(one.period.start), str(one.period.last)) for one in found]


def test_years_are_clipped_to_the_period_and_keep_their_names() -> None:
    assert cut("year", date(2019, 11, 15), date(2021, 1, 2)) == [
        ("2019", "2019-11-15", "2019-12-31"),
        ("2020", "2020-01-01", "2020-12-31"),
        ("2021", "2021-01-01", "2021-01-01"),
    ]


def test_quarters_and_half_years_begin_where_the_calendar_says() -> None:
    assert cut("quarter", date(2019, 2, 10), date(2019, 10, 1)) == [
        ("2019-q1", "2019-02-10", "2019-03-31"),
        ("2019-q2", "2019-04-01", "2019-06-30"),
        ("2019-q3", "2019-07-01", "2019-09-30"),
    ]
    assert cut("half_year", date(2019, 6, 30), date(2019, 7, 2)) == [
        ("2019-h1", "2019-06-30", "2019-06-30"),
        ("2019-h2", "2019-07-01", "2019-07-01"),
    ]


@pytest.mark.parametrize(("year", "last"), [(2020, 29), (2021, 28), (2000, 29), (2100, 28)])
def test_february_has_as_many_days_as_the_gregorian_calendar_gives_it(year: int, last: int) -> None:
    months = cut("month", date(year, 1, 1), date(year + 1, 1, 1))
    assert months[1] == (f"{year}-02", f"{year}-02-01", f"{year}-02-{last}")
    assert [name for name, _, _ in months] == [f"{year}-{month:02d}" for month in range(1, 13)]
    assert months[-1][2] == f"{year}-12-31"


@given(DAY, st.integers(1, 1500), st.sampled_from(sorted(EVERY_MONTHS)))
def test_every_day_of_the_period_lies_in_exactly_one_span(
    start: date, days: int, every: str
) -> None:
    period = Period(start, start + timedelta(days=days))
    found = spans(every, period)
    assert found[0].period.start == period.start
    assert found[-1].period.end == period.end
    for one, after in itertools.pairwise(found):
        assert one.period.end == after.period.start
    assert all(one.period.days > 0 for one in found)
    names = [one.name for one in found]
    assert len(set(names)) == len(names)
    assert names == sorted(names)


@given(DAY, st.sampled_from(sorted(EVERY_MONTHS)))
def test_a_span_is_one_calendar_unit(day: date, every: str) -> None:
    months = EVERY_MONTHS[every]
    (one,) = spans(every, Period(day, day + timedelta(days=1)))
    whole = spans(every, Period(date(day.year, 1, 1), date(day.year + 1, 1, 1)))
    assert len(whole) == 12 // months
    (home,) = (unit for unit in whole if unit.period.holds(day))
    assert home.name == one.name
    assert home.period.start.month % months == 1 % months


def listed(start: str, end: str, name: str | None = None) -> ListedPeriod:
    return ListedPeriod.model_validate({"start": start, "end": end, "name": name})


JOB = Period(date(2020, 1, 1), date(2022, 1, 1))


def test_listed_periods_may_overlap_and_come_in_order_of_time() -> None:
    wet = listed("2020-09-01", "2020-12-01", "wet")
    dry = listed("2020-06-01", "2020-10-01", "dry")
    bare = listed("2021-01-01", "2021-02-01")
    found = spans((bare, wet, dry), JOB)
    assert [one.name for one in found] == ["dry", "wet", "2021-01-01_2021-01-31"]
    assert found[0].period == Period(date(2020, 6, 1), date(2020, 10, 1))


@pytest.mark.parametrize(
    ("start", "end"), [("2019-12-31", "2020-06-01"), ("2021-06-01", "2022-01-02")]
)
def test_a_listed_period_beyond_the_job_is_refused_not_filled_by_half(start: str, end: str) -> None:
    with pytest.raises(PlanError, match="reaches beyond the job's period, 2020-01-01 to") as raised:
        spans((listed(start, end, "mine"),), JOB)
    assert "period mine" in str(raised.value)


def test_a_listed_period_may_be_the_whole_job() -> None:
    assert spans((listed("2020-01-01", "2022-01-01"),), JOB)[0].period == JOB


@pytest.mark.parametrize(
    ("start", "end", "name"),
    [
        ("2020-02-01", "2020-02-01", None),
        ("2020-02-02", "2020-02-01", None),
        ("2020-02-30", "2020-03-01", None),
        ("2020-02-01", "2020-03-01", "../out"),
        ("2020-02-01", "2020-03-01", ""),
    ],
)
def test_a_listed_period_without_a_day_or_with_a_bad_name_is_refused(
    start: str, end: str, name: str | None
) -> None:
    with pytest.raises(ValidationError):
        listed(start, end, name)
