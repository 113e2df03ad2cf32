"""False alarms of a job: sampled alike however tiled, on ground that stood, and counted right."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from typing import Any

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray

from landcover.kernels.breaks import (
    CONFIRMED,
    PROVISIONAL,
    STABLE,
    Breaks,
    empty,
    months_of,
    years_watched,
)
from landcover.kernels.placebo import watch_count
from landcover.model import Grid, Period
from landcover.products.alarmrates import (
    COLUMNS,
    COUNTS,
    OF_PIXELS,
    WATCHES,
    Rates,
    rates_of,
)  # fmt: skip
from landcover.products.base import Context, Span, Stack, Stored, Summary
from landcover.products.disturbance import ALARMS, DisturbanceSettings
from landcover.products.falsealarms import TRIALS, _counts, _exposed, least_level

PERIOD = Period(date(2017, 1, 1), date(2024, 1, 1))
CONTEXT = Context(PERIOD, ("s2",))
DATES = tuple(PERIOD.start + timedelta(days=20 * n) for n in range(127))
SHAPE = (40, 48)
ROW, COLUMN = 317, 85
"""Where the plane lies on its lattice (px)."""
LOW_2018 = np.array([date(2018, 3, 1) <= day < date(2018, 11, 1) for day in DATES])


def settings(**keys: Any) -> DisturbanceSettings:
    own = {"history": ["2017-01-01", "2020-01-01"], "trials": {"every_px": 4}, **keys}
    return DisturbanceSettings.model_validate(own)


def look(values: NDArray[Any], days: NDArray[Any], _: int, begins: int, until: int) -> Breaks:
    """Find the first look below 0.55, if it is watched: a year makes it sure."""
    found = empty(values.shape[1:], len(years_watched(begins, until)))
    found.kind[:] = STABLE
    watched = np.flatnonzero(days >= begins)
    for month in months_of(days[watched], begins):
        found.judged[month // 12] |= np.uint16(1 << month % 12)
    for i in watched[::-1]:
        low = values[i] < 0.55
        found.day[0][low] = days[i]
        found.confidence[0][low] = CONFIRMED if until - days[i] >= 365 else PROVISIONAL
    found.count[:] = found.day[0] >= 0
    return found


def land() -> NDArray[np.float32]:
    """Forest; 8 columns low in 2018 for some months, 8 never forest, 8 cleared late in 2019."""
    values = np.full((len(DATES), *SHAPE), 0.8, np.float32)
    values[LOW_2018, :, :8] = 0.5
    values[:, :, 8:16] = 0.6
    values[np.array(DATES) >= date(2019, 9, 1), :, 16:24] = 0.3
    return values


def tried(rows: slice = slice(0, 40), columns: slice = slice(0, 48), **keys: Any) -> dict[str, Any]:
    """Observe a part of the land."""
    values = np.ascontiguousarray(land()[:, rows, columns])
    shape = values.shape[1:]
    span, none = Span(PERIOD, "disturbance"), np.zeros(shape, np.uint16)
    inside = np.ones(shape, np.bool_)
    stack = Stack(
        span, DATES, {"ndvi": values}, none, inside, row=ROW + rows.start,
        column=COLUMN + columns.start,
    )  # fmt: skip
    asked = settings(**keys)
    plan = ALARMS._planned(asked, CONTEXT)
    found = look(values, stack.days(), *plan[:3])
    return ALARMS.observe(asked, CONTEXT, stack, values, found, look)


def stored(made: dict[str, Any], rows: slice, columns: slice) -> Stored:
    planes = made[TRIALS]
    left, top = (COLUMN + columns.start) * 10, -(ROW + rows.start) * 10
    shape = planes.shape[1:]
    grid = Grid("EPSG:32635", Affine(10, 0, left, 0, -10, top), shape)
    whole = (slice(0, shape[0]), slice(0, shape[1]))
    return Stored(made, np.ones(shape, np.bool_), np.ones(shape), whole, 0, 0, grid)


def learnt(cuts: tuple[tuple[slice, slice], ...] = (), **keys: Any) -> Summary:
    """Observe and learn, in one piece or in several."""
    learn, asked = ALARMS.learn(), settings(**keys)
    cuts = cuts or ((slice(0, 40), slice(0, 48)),)
    told = (learn.summarise(asked, CONTEXT, stored(tried(*cut, **keys), *cut)) for cut in cuts)
    return learn.finish(asked, CONTEXT, reduce(learn.merge, told))


@pytest.fixture(scope="module")
def model() -> Summary:
    return learnt()


def test_one_pixel_in_so_many_is_tried() -> None:
    planes = tried()[TRIALS]
    y, x = np.nonzero(planes.any(axis=0))
    assert set((y + ROW) % 4) == {2}
    assert set((x + COLUMN) % 4) == {2}
    assert len(y) == 10 * 12
    assert planes.shape[0] == 2 * 3 + 1


def test_each_year_alarms_where_it_was_low_and_ground_stood(model: Summary) -> None:
    """Of 12 columns of the sample, 2 were low in 2018, 2 never forest, 2 cleared late in 2019.

    The last stood as seen from 2017, whose later years begin with 2019; not as seen from 2018 on.
    """
    told = {name: model[name].tolist() for name in model}
    tested, hits, cells = told["false_followed"][:3]
    assert tested == 10 * (8 * 3 + 2), "8 columns in 3 years; the fallen ones in 2017 alone"
    assert hits == 10 * 2
    assert cells == 9, "rows 317 to 356 and columns 85 to 132 lie in three cells each"
    assert told["false_confirmed"][1] == hits
    assert told["pixels"] == 10 * 10


def test_a_drop_is_found_and_confirmed(model: Summary) -> None:
    tested, hits = model["power_found"][:2].tolist()
    assert tested == hits > 0
    assert model["power_confirmed"][1] == hits


def test_tiles_change_nothing(model: Summary) -> None:
    rows, columns = (slice(0, 7), slice(7, 40)), (slice(0, 21), slice(21, 48))
    tiled = learnt(tuple((row, column) for row in rows for column in columns))
    assert model.keys() == tiled.keys()
    for name, value in model.items():
        np.testing.assert_array_equal(value, tiled[name], err_msg=name)


def test_higher_ground_may_be_asked_for() -> None:
    assert learnt(stable={"index_at_least": 0.85})["pixels"] == 0
    more = learnt(stable={"index_at_least": 0.5})
    assert more["pixels"] == 10 * 12, "what was never forest stood all the same"


def test_an_index_without_a_rule_needs_one() -> None:
    assert least_level(settings()) == 0.7
    assert least_level(settings(index="savi")) is None
    assert least_level(settings(index="savi", stable={"index_at_least": 0.5})) == 0.5


def test_a_history_without_room_is_not_tried() -> None:
    short = settings(history=["2017-01-01", "2018-06-01"])
    assert ALARMS.layers(short, CONTEXT, {}) == ()
    assert ALARMS.count(settings(), CONTEXT) == 3
    learn = ALARMS.learn()
    assert learn.reads(short, CONTEXT) == ()
    none = Stored({}, np.ones((2, 2), np.bool_), np.ones((2, 2)), (slice(0, 2),) * 2, 0, 0,
                  Grid("EPSG:32635", Affine(10, 0, 0, 0, -10, 0), (2, 2)))  # fmt: skip
    made = learn.finish(short, CONTEXT, learn.summarise(short, CONTEXT, none))
    assert np.isnan(rates_of(made).monitored.share)


# --- rates -------------------------------------------------------------------------------------


def rates(watches: int = 2, **counts: int) -> Rates:
    """Turn counts of a hundred equal cells, in each of some watches, into rates."""
    own = [counts.get(name, 0) for name in OF_PIXELS]
    own += [counts.get(name, 0) for name in COUNTS] * watches
    sums = np.array([own + [0] * (COLUMNS - len(own))] * 100)
    learn = ALARMS.learn()
    model = {"cells": np.arange(100), "sums": sums}
    return rates_of(learn.finish(settings(), CONTEXT, model))


SEEN = {
    "followed": 20, "followed_months": 200, "fresh": 20, "fresh_months": 100, "pixels": 12,
    "unbroken": 10,
}  # fmt: skip


def test_a_rate_is_told_for_the_true_length() -> None:
    """1 in 20 watches of 10 months; a true watch of 40 months: 4 in 20, less those twice hit."""
    told = rates(**SEEN, followed_alarms=1, true_followed_months=400)
    assert told.monitored.share == pytest.approx(1 - np.exp(-0.2))
    assert told.monitored.low < told.monitored.share < told.monitored.high
    assert told.a_year.share == pytest.approx(1 - np.exp(-0.05 * 1.2))
    assert told.pixels == 100 * 12


def test_months_at_the_end_have_a_rate_of_their_own() -> None:
    told = rates(
        **SEEN, followed_alarms=1, fresh_alarms=4, true_followed_months=400, true_fresh_months=50
    )
    assert told.monitored.share == pytest.approx(1 - np.exp(-(0.2 + 0.2 / 5 * 5)))
    assert told.fresh_a_year.share > told.a_year.share


def test_a_block_is_one_watch_cut_short_or_not() -> None:
    told = rates(
        **SEEN, followed_alarms=1, fresh_alarms=4, true_followed_months=400, true_fresh_months=50
    )
    assert told.monitored.tested == 100 * 2 * 20
    assert told.monitored.hits is None, "the share is no quotient of two counts"
    assert told.a_year.hits is None
    found = rates(power=20, power_found=19)
    assert (found.found.tested, found.found.hits) == (100 * 2 * 20, 100 * 2 * 19)


def test_few_years_bound_less_than_many_places() -> None:
    """All alarms in one of three watches: others of them may have as many."""
    even = rates(3, **SEEN, followed_alarms=2, true_followed_months=400)
    own = len(OF_PIXELS)
    one = np.zeros((100, COLUMNS), np.int64)
    one[:, :own] = [12, 12, 10, 400, 0]
    for watch in range(3):
        first = own + watch * len(COUNTS)
        one[:, first : first + 4] = [20, 6 * (watch == 1), 0, 200]
    uneven = rates_of(ALARMS.learn().finish(settings(), CONTEXT, {"sums": one}))
    assert uneven.monitored.share == pytest.approx(even.monitored.share)
    assert even.monitored.high < 0.5 < uneven.monitored.high


def test_counts_have_room_for_the_watches_of_any_history() -> None:
    for years in range(2, 30):
        for least_days in (0, 365, 540, 730, 1000, 3000):
            end = np.datetime64(f"{1990 + years}-01-01").astype("datetime64[D]").astype(int)
            start = np.datetime64("1990-01-01").astype("datetime64[D]").astype(int)
            assert watch_count(int(start), int(end), least_days) <= WATCHES


def test_months_after_a_break_do_not_shorten_the_watch() -> None:
    """Broken pixels are pixels of the sample; how long a watch is, the others tell."""
    found = empty((1, 3), 4)
    found.kind[:] = STABLE
    found.judged[:, 0, :2] = 0xFFF
    found.judged[0, 0, 2] = 0b11
    found.count[0, 2] = 1
    plan = ALARMS._planned(settings(), CONTEXT)
    planes = np.zeros((3, 1, 3), np.uint16)
    planes[0], planes[1] = 1, 30_000
    planes[2] = _exposed(found, (slice(None), slice(None)), plan)
    counts = _counts(planes, np.ones((1, 3), np.bool_), 0.7).sum(axis=(1, 2))
    assert counts[: len(OF_PIXELS)].tolist() == [3, 3, 2, 2 * 36, 2 * 12]


def test_ground_that_stood_without_looks_enough_is_told_from_none() -> None:
    """Three pixels stood, of which no watch had a history: two low ones did not."""
    planes = np.zeros((3, 1, 5), np.uint16)
    planes[1, 0] = [30_000, 30_000, 30_000, 22_000, 0]
    counts = _counts(planes, np.ones((1, 5), np.bool_), 0.7)
    summary = {"cells": np.arange(5), "sums": counts[:, 0].T}
    told = rates_of(ALARMS.learn().finish(settings(), CONTEXT, summary))
    assert (told.stood, told.pixels, told.a_year.tested) == (3, 0, 0)
    assert np.isnan(told.monitored.share)


def test_a_detector_that_fits_a_line_is_not_tried() -> None:
    straight = settings(method="bfast", bfast={"trend": True})
    assert ALARMS.count(straight, CONTEXT) == 0
    assert ALARMS.layers(straight, CONTEXT, {}) == ()
    assert ALARMS.count(settings(method="bfast"), CONTEXT) > 0


def test_what_was_not_tried_is_not_told() -> None:
    told = rates(followed=40, followed_months=400, pixels=10, unbroken=10, true_fresh_months=50)
    assert np.isnan(told.monitored.share), "all months are at the end, and none of those was tried"
    assert told.a_year.share == 0
    assert 0 < told.a_year.high < 0.1
    assert np.isnan(rates().monitored.share)
    lost = rates_of({})
    assert np.isnan(lost.monitored.share), "no tile could be made"
    assert lost.pixels == 0
