"""The map beside a place's own series: the same, left out as too small, or made of other things."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from landcover.kernels.breaks import ABRUPT, RECOVERING, STABLE, UNSEEN, UNSTABLE
from landcover.kernels.dates import decimal_year
from landcover.model import Period
from landcover.products.disturbance import DisturbanceSettings
from landcover.products.mapped import compare
from landcover.products.tracing import Break, Followed

DAYS = (date(2020, 12, 31), date(2022, 2, 3), date(2023, 7, 9))
YEARS = [float(np.float32(decimal_year(day))) for day in DAYS]
NAN = float("nan")


LAST = date(2024, 11, 3)
"""A look in the last year that is watched."""


def told(breaks: int, kind: int = ABRUPT, count: int | None = None, last: date = LAST) -> Followed:
    """Return a series of some breaks."""
    found = tuple(Break(day, None, kind, 3, -0.3, -0.3, None, None) for day in DAYS[:breaks])
    none, history = np.empty(0), Period(date(2017, 1, 1), date(2020, 1, 1))
    return Followed(
        DisturbanceSettings(), history, Period(history.end, date(2025, 1, 1)), (),
        np.empty(0, np.float32), none, none, none, none, found,
        breaks if count is None else count, kind, 30, 30, 0.02, last,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("series", "kind", "first", "number", "state", "kept"),
    [
        (told(1), ABRUPT, YEARS[0], 1, "same", (True,)),
        (told(3), ABRUPT, YEARS[0], 3, "same", (True, True, True)),
        (told(3, count=5), ABRUPT, YEARS[0], 5, "same", (True, True, True)),
        (told(0, STABLE), STABLE, 0.0, 0, "same", ()),
        (told(0, UNSTABLE), UNSTABLE, NAN, NAN, "same", ()),
        (told(0, UNSEEN), UNSEEN, NAN, NAN, "same", ()),
        (told(1), STABLE, 0.0, 0, "left_out", (False,)),
        (told(2), STABLE, 0.0, 0, "left_out", (False, False)),
        (told(1, last=date(2023, 11, 1)), UNSEEN, NAN, NAN, "left_out", (False,)),
        (told(1, last=date(2023, 11, 1)), STABLE, 0.0, 0, "differs", (None,)),
        (told(2), RECOVERING, YEARS[1], 1, "partly", (False, True)),
        (told(2), ABRUPT, YEARS[0], 1, "partly", (True, False)),
        (told(3), ABRUPT, YEARS[1], 2, "partly", (False, True, True)),
        (told(3), ABRUPT, YEARS[0], 2, "partly", (True, None, None)),
        (told(1), ABRUPT, YEARS[2], 1, "differs", (None,)),
        (told(1), UNSEEN, NAN, NAN, "differs", (None,)),
        (told(0, STABLE), ABRUPT, YEARS[0], 1, "differs", ()),
    ],
)
def test_a_place_beside_its_map(
    series: Followed, kind: int, first: float, number: float, state: str, kept: tuple[object, ...]
) -> None:
    found = compare(series, kind, first, number, 10)
    assert (found.state, found.kept, found.kind, found.least_px) == (state, kept, kind, 10)


def test_days_that_touch_are_two() -> None:
    next_day = decimal_year(DAYS[1] + timedelta(days=1))
    assert compare(told(2), ABRUPT, next_day, 1, 10).state == "differs"


def test_a_map_of_single_pixels_leaves_nothing_out() -> None:
    assert compare(told(1), STABLE, 0.0, 0, 1).state == "differs"
