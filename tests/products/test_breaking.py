"""Breaks as layers: nothing is lost on the way, and what is too small is not mapped."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from landcover.kernels.breaks import (
    ABRUPT,
    CONFIRMED,
    RECOVERING,
    SHORT,
    STABLE,
    UNSEEN,
    UNSTABLE,
    empty,
)
from landcover.kernels.dates import decimal_year
from landcover.products.breaking import (
    FOUND,
    FOUND_PLANES,
    LOOKS,
    Found,
    as_layers,
    break_layer,
    broken_of,
    final_layers,
    found_of,
    plane_of,
    settled,
)

SHAPE = (4, 5)
DAY = (date(2023, 4, 12) - date(1970, 1, 1)).days
LAST = DAY + 800
"""Day of the last judged look."""
SEEN_FROM = LAST - 10


def made() -> Found:
    """Four pixels of one clearing, one of them broken again; one alone; some not judged."""
    breaks = empty(SHAPE)
    breaks.kind[:] = STABLE
    breaks.kind[3, 0], breaks.kind[3, 1] = SHORT, UNSTABLE
    breaks.used[:], breaks.last[:] = 33, LAST
    for y, x in ((0, 0), (0, 1), (1, 0), (1, 1), (3, 4)):
        breaks.day[0, y, x], breaks.before[0, y, x] = DAY, DAY - 5
        breaks.confidence[0, y, x], breaks.count[y, x] = CONFIRMED, 1
        breaks.drop[0, y, x], breaks.magnitude[0, y, x] = -0.3, -0.25
        breaks.kind[y, x] = breaks.kinds[0, y, x] = ABRUPT
    breaks.day[1, 0, 0], breaks.count[0, 0], breaks.kinds[1, 0, 0] = DAY + 700, 2, ABRUPT
    breaks.kind[0, 0] = breaks.kinds[0, 0, 0] = RECOVERING
    breaks.recovered_12[0, 0, 0] = 0.8
    inside = np.ones(SHAPE, np.bool_)
    inside[2, 2] = False
    return found_of(as_layers(breaks, inside), SHAPE)


def test_layers_hold_every_break_and_nothing_outside_the_zones() -> None:
    found = made()
    assert found.kind[2, 2] == 0
    assert (found.days() >= 0).sum(axis=(1, 2)).tolist() == [5, 1, 0]
    assert plane_of(found.breaks[0], "recovered_12")[0, 0] == np.float32(0.8)
    assert (found.last[0, 0], found.last[2, 2]) == (LAST, 0)


def test_layers_that_are_empty_throughout_may_be_left_out() -> None:
    found = found_of({}, SHAPE)
    assert not found.kind.any()
    assert (found.days() == -1).all()
    only: dict[str, NDArray[Any]] = {
        FOUND: np.ones((len(FOUND_PLANES), *SHAPE), np.uint16),
        break_layer(0): made().breaks[0],
    }
    assert (found_of(only, SHAPE).days()[0] == made().days()[0]).all()


def test_the_final_layers_say_when_and_where_nobody_can_tell() -> None:
    layers = final_layers(made())
    planes, (kind,) = layers["disturbance"], layers["disturbance_kind"]
    assert planes.dtype == np.float32
    assert planes[0, 0, 0] == pytest.approx(decimal_year(date(2023, 4, 12)), abs=1e-4)
    assert planes[:, 0, 0][1:] == pytest.approx(
        [-0.25, CONFIRMED, 33, -0.3, decimal_year(date(2023, 4, 7)), 2], abs=1e-4
    )
    assert planes[0, 0, 4] == 0  # watched, and nothing broke
    assert np.isnan(planes[0, 3, :2]).all()  # never "no change"
    assert planes[3, 3, 0] == 33
    assert np.isnan(planes[:, 2, 2]).all()  # outside all zones
    assert kind[3, :2].tolist() == [SHORT, UNSTABLE]


def test_small_patches_become_stable_and_later_breaks_move_up() -> None:
    found = settled(made(), 180, 2, SEEN_FROM)
    assert found.kind[3, 4] == STABLE
    assert found.number[3, 4] == 0
    assert (found.days()[:, 3, 4] == -1).all()
    assert (found.number[0, 0], found.days()[0, 0, 0]) == (1, DAY)  # its second break was alone
    late = made()
    late.breaks[0][:, 0, 1] = np.nan
    late.breaks[0][:, 1] = np.nan
    moved = settled(late, 800, 1, SEEN_FROM)
    assert moved.days()[0, 0, 0] == DAY
    alone = made()
    plane_of(alone.breaks[1], "day")[:2, :2] = DAY + 700  # four pixels broke again
    plane_of(alone.breaks[1], "kind")[:2, :2] = ABRUPT
    plane_of(alone.breaks[0], "day")[:2, :2] = [[DAY - 900, DAY - 500], [DAY - 100, DAY + 300]]
    found = settled(alone, 180, 4, SEEN_FROM)
    assert (found.days()[0, :2, :2] == DAY + 700).all()
    assert (found.days()[1] == -1).all()
    assert found.kind[0, 1] == ABRUPT


def test_a_pixel_has_the_kind_of_the_break_that_stands_first() -> None:
    alone = made()
    plane_of(alone.breaks[1], "day")[:2, :2] = DAY + 700  # a mine, where a field had regrown
    plane_of(alone.breaks[1], "kind")[:2, :2] = ABRUPT
    plane_of(alone.breaks[0], "day")[:2, :2] = [[DAY - 900, DAY - 500], [DAY - 100, DAY + 300]]
    assert alone.kind[0, 0] == RECOVERING
    found = settled(alone, 180, 4, SEEN_FROM)
    assert found.kind[0, 0] == ABRUPT
    assert final_layers(found)["disturbance_kind"][0, 0, 0] == ABRUPT


def test_without_its_small_break_a_pixel_is_stable_only_if_watched_to_the_end() -> None:
    found = settled(made(), 180, 2, LAST + 1)
    assert found.kind[3, 4] == UNSEEN
    assert np.isnan(final_layers(found)["disturbance"][0, 3, 4])  # nobody can tell
    assert found.kind[1, 1] == ABRUPT  # a break stands, watched to the end or not


def test_a_pixel_of_more_breaks_than_are_kept_is_not_stable_without_them() -> None:
    """Its fourth break and fifth are counted, and nobody knows whether they were small."""
    alone = made()
    alone.number[3, 4] = 3
    found = settled(alone, 180, 4, SEEN_FROM)
    assert (found.kind[3, 4], found.number[3, 4]) == (UNSEEN, 2)
    planes = final_layers(found)["disturbance"]
    assert np.isnan(planes[[0, 6], 3, 4]).all()


def test_nothing_small_leaves_everything_as_it_is() -> None:
    assert (settled(made(), 180, 1, SEEN_FROM).days() == made().days()).all()


def test_months_that_were_judged_are_kept_as_the_detector_told_them() -> None:
    breaks = empty(SHAPE, years=2)
    breaks.judged[:, 1, 2] = 0b101, 1 << 9
    inside = np.ones(SHAPE, np.bool_)
    inside[2, 2] = False
    breaks.judged[:, 2, 2] = 1
    looks = as_layers(breaks, inside)[LOOKS]
    assert looks.dtype == np.uint16
    assert looks[:, 1, 2].tolist() == [0b101, 1 << 9]
    assert not looks[:, 2, 2].any()


def test_breaks_are_listed_by_row_column_and_day() -> None:
    area = np.arange(20, dtype=np.float64).reshape(SHAPE)
    listed = broken_of(made(), area, 100, 200)
    assert listed.row.tolist() == [100, 100, 100, 101, 101, 103]
    assert listed.column.tolist() == [200, 200, 201, 200, 201, 204]
    assert listed.day.tolist() == [DAY, DAY + 700, DAY, DAY, DAY, DAY]
    assert listed.area_m2.tolist() == [0, 0, 1, 5, 6, 19]
    assert listed.before[0] == DAY - 5
    assert listed.recovered_12[0] == np.float32(0.8)
    assert listed.kind.tolist() == [RECOVERING, ABRUPT, ABRUPT, ABRUPT, ABRUPT, ABRUPT]
