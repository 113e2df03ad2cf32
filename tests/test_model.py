"""The nouns' own arithmetic: periods, grids, notes."""

from __future__ import annotations

import dataclasses
import inspect
from datetime import UTC, date, datetime, timedelta

import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from landcover import model
from landcover.model import Grid, Note, Period, Scene

GRID = Grid("EPSG:32635", Affine(20.0, 0.0, 500.0, 0.0, -10.0, 900.0), (6, 4))


def test_a_period_is_half_open() -> None:
    leap = Period(date(2020, 2, 1), date(2020, 3, 1))
    assert leap.days == 29
    assert leap.last == date(2020, 2, 29)
    assert leap.holds(date(2020, 2, 1))
    assert leap.holds(date(2020, 2, 29))
    assert not leap.holds(date(2020, 3, 1))
    assert not leap.holds(date(2020, 1, 31))


@given(st.dates(date(1990, 1, 1), date(2050, 1, 1)), st.integers(1, 800))
def test_a_period_holds_as_many_days_as_it_is_long(start: date, days: int) -> None:
    period = Period(start, start + timedelta(days))
    assert period.days == days
    around = [start + timedelta(n) for n in range(-3, days + 3)]
    assert sum(period.holds(day) for day in around) == days
    assert period.holds(period.last)
    assert not period.holds(period.last + timedelta(1))


def test_a_grid_s_bounds_and_resolution_by_hand() -> None:
    assert GRID.bounds == (500.0, 840.0, 580.0, 900.0)
    assert GRID.resolution == (20.0, 10.0)


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 9), st.integers(1, 9))
def test_a_window_s_pixels_are_the_grid_s(row: int, column: int, rows: int, columns: int) -> None:
    part = GRID.window(row, column, (rows, columns))
    assert part.shape == (rows, columns)
    assert part.transform @ (0, 0) == GRID.transform @ (column, row)
    assert part.transform @ (columns, rows) == GRID.transform @ (column + columns, row + rows)
    assert part.resolution == GRID.resolution


def test_a_note_is_one_or_two_sentences() -> None:
    assert str(Note("period", "one date only.")) == "period: one date only."
    assert str(Note("period", "one date only", "Widen it.")) == "period: one date only. Widen it."


@pytest.mark.parametrize("name", [n for n in model.__all__ if n[0].isupper() and not n.isupper()])
def test_nouns_are_frozen_and_slotted(name: str) -> None:
    noun = getattr(model, name)
    assert inspect.isclass(noun)
    assert dataclasses.is_dataclass(noun)
    assert noun.__dataclass_params__.frozen
    assert "__slots__" in vars(noun)


def test_the_merit_of_scenes_best_first() -> None:
    def scene(name: str, baseline: str, year: int | None, cloud: float | None) -> Scene:
        made = None if year is None else datetime(year, 1, 1, tzinfo=UTC)
        day = date(2020, 5, 1)
        return Scene(
            name, "s2", "x", datetime(2020, 5, 1, tzinfo=UTC), day, "EPSG:32635", (0, 0, 1, 1), {},
            baseline=baseline, generated=made, cloud_percent=cloud,
        )  # fmt: skip

    ordered = [
        scene("e", "05.10", 2020, 90),
        scene("d", "05.09", 2022, 90),
        scene("c", "05.09", 2021, 5),
        scene("a", "05.09", 2021, 6),
        scene("b", "05.09", 2021, 6),
        scene("a", "05.09", 2021, None),
        scene("a", "05.09", None, 0),
        scene("a", "", 2022, 0),
        scene("a", "\u00b2", 2021, 0),  # a digit, and no number
        scene("a", "1.2.3", 2020, 0),
    ]
    listed = ordered[::-1]
    assert sorted(listed, key=lambda one: one.merit) == ordered
