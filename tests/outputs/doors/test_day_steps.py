"""Days of a watch in steps: how long each is, what it is called, and which days lie in it."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.kernels.dates import decimal_year
from landcover.outputs.colours import steps_within
from landcover.outputs.doors.day_steps import day_ramp

DAYS = st.dates(date(1985, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        ("2023-07-01", "2023-12-31", ["Jul–Sep 2023", "Oct–Dec 2023"]),
        ("2023-07-10", "2023-09-20", ["Jul–Sep 2023 (2023-07-10 to 2023-09-20)"]),
        ("2022-07-01", "2023-12-31",
         ["Jul–Sep 2022", "Oct–Dec 2022", "Jan–Mar 2023", "Apr–Jun 2023", "Jul–Sep 2023",
          "Oct–Dec 2023"]),
        ("2022-01-01", "2023-12-31",
         ["Jan–Jun 2022", "Jul–Dec 2022", "Jan–Jun 2023", "Jul–Dec 2023"]),
        ("2021-07-01", "2024-02-29",
         ["2021 (from 2021-07-01)", "2022", "2023", "2024 (to 2024-02-29)"]),
        ("2001-01-01", "2012-12-31",
         ["2001–2002", "2003–2004", "2005–2006", "2007–2008", "2009–2010", "2011–2012"]),
        ("1985-01-01", "2024-12-31",
         ["1985–1989", "1990–1994", "1995–1999", "2000–2004", "2005–2009", "2010–2014",
          "2015–2019", "2020–2024"]),
    ],
)  # fmt: skip
def test_steps_are_as_short_as_can_be_told_apart(first: str, last: str, names: list[str]) -> None:
    ramp = day_ramp(date.fromisoformat(first), date.fromisoformat(last))
    assert [one["en"] for one in ramp.steps] == names


def test_names_are_french_in_french() -> None:
    ramp = day_ramp(date(2023, 2, 1), date(2023, 6, 30), earlier=True)
    assert [one["fr"] for one in ramp.steps] == [
        "avant le 2023-02-01", "janv.–mars 2023 (dès le 2023-02-01)", "avr.–juin 2023",
    ]  # fmt: skip


@given(DAYS, st.integers(0, 12_000), st.integers(0, 12_000))
def test_a_day_lies_in_the_step_that_has_its_year(first: date, length: int, offset: int) -> None:
    last = min(first + timedelta(length), date(2060, 12, 31))
    day = min(first + timedelta(offset), last)
    ramp = day_ramp(first, last)
    assert ramp.low < decimal_year(first)
    assert ramp.high > decimal_year(last)
    values = [value for value, _ in ramp.stops]
    assert values == sorted(set(values))
    assert len(ramp.stops) == len(ramp.steps) + 1
    kept = np.float32(decimal_year(day))  # as a raster holds it
    name = ramp.steps[int(steps_within(ramp, kept))]["en"].split(" (")[0]
    years = [int(part) for part in name.split()[-1].split("–")]
    assert years[0] <= day.year <= years[-1]


@given(DAYS)
def test_the_first_day_of_a_step_is_not_in_the_one_before(start: date) -> None:
    ramp = day_ramp(start, date(start.year + 5, 6, 1), earlier=True)
    days = [start - timedelta(1), start, date(start.year, 12, 31), date(start.year + 1, 1, 1)]
    kept = np.array([decimal_year(day) for day in days], np.float32)
    assert steps_within(ramp, kept).tolist() == [0, 1, 1, 2]
