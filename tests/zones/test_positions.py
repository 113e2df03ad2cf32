"""Positions that are unlikely: what can be said by many others, by two, and by one."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Point

from landcover.model import Note
from landcover.zones.features import Feature
from landcover.zones.positions import unlikely

A, B, C = (28.5, 1.6), (28.495, 1.61), (28.7, 1.7)
SWAPPED = (1.601, 28.501)


def said(*places: tuple[float, float]) -> list[Note]:
    rows = [Feature(f"row {n + 2}", f"s{n}", "", Point(xy)) for n, xy in enumerate(places)]
    return unlikely(rows, "zones.sites")


@pytest.mark.parametrize("others", [(A, B), (A, B, C), (A, (31.0, -8.0))])
def test_a_swapped_position_is_named(others: tuple[tuple[float, float], ...]) -> None:
    (note,) = said(*others, SWAPPED)
    assert (
        f"1 of {len(others) + 1} are far from the rest and would not be if longitude" in note.what
    )
    assert note.what.endswith(f"used as given: row {len(others) + 2} (1.6010, 28.5010)")


def test_of_two_positions_nobody_knows_which_is_swapped() -> None:
    (note,) = said(A, SWAPPED)
    assert "its two positions are far from each other and would not be if" in note.what
    assert "changed places in one of them" in note.what
    assert "row 2 (28.5000, 1.6000), row 3 (1.6010, 28.5010)" in note.what


@pytest.mark.parametrize("others", [(A, B), (A, B, C), (A, B, C, (28.6, 1.5))])
def test_a_position_that_a_swap_does_not_explain_is_named_as_well(
    others: tuple[tuple[float, float], ...],
) -> None:
    (note,) = said(*others, (2.85, 1.6))  # a decimal point too early
    assert "changed places" not in note.what
    assert "1 of" in note.what
    assert note.what.endswith(f"row {len(others) + 2} (2.8500, 1.6000)")


def test_two_positions_far_from_each_other() -> None:
    (note,) = said(A, (2.85, 1.6))
    assert note.what.startswith("its two positions are far from each other; they")


def test_one_mistake_of_each_kind_gives_two_notes() -> None:
    swap, lost = said(A, B, C, (28.6, 1.5), (28.55, 1.4), (28.4, 1.5), SWAPPED, (-28.5, 1.6))
    assert "row 8" in swap.what
    assert "row 9" in lost.what


@pytest.mark.parametrize(
    "places",
    [
        (A,),
        (A, B),
        (A, (24.0, -5.0)),  # as far apart as the sites of one country
        (A, B, (31.0, -8.0)),
        ((10.0, 10.5), (10.5, 10.0)),  # near the diagonal, a swap changes little
        ((12.5, 9.0), (9.2, 12.4), (9.0, 12.0)),
    ],
)
def test_what_may_well_be_is_no_news(places: tuple[tuple[float, float], ...]) -> None:
    assert said(*places) == []


def test_sites_spread_over_a_continent_are_no_news() -> None:
    spread = np.random.default_rng(0).uniform((12, -13), (42, 15), (40, 2))
    assert said(*map(tuple, spread.tolist())) == []
