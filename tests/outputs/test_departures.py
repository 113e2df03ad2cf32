"""Fit, departure and break of a zone's series: made-up forest, cleared on a known day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from landcover.kernels.breaks import ABRUPT, GRADUAL, RECOVERING, SHORT, STABLE, UNSEEN
from landcover.model import Period
from landcover.outputs.departures import Departures, Expectation, departures
from landcover.products.disturbance import DisturbanceSettings

PERIOD = Period(date(2017, 1, 1), date(2025, 1, 1))
CLEARED = (date(2022, 6, 1) - date(1970, 1, 1)).days
STOOD, FELL, LATE = range(3)


def forest(day: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(0.8 + 0.05 * np.cos(2 * np.pi * day / 365.2425))


def rows(every: int = 10) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Three zones: one stands, one falls, one was seen from 2020 on alone; half is cloud."""
    start, end = (np.datetime64(one, "D").astype(int) for one in (PERIOD.start, PERIOD.end))
    days = np.arange(start, end, every)
    zone, day = np.repeat([STOOD, FELL, LATE], len(days)), np.tile(days, 3)
    chance = np.random.default_rng(4)
    value = forest(day) + chance.normal(0, 0.02, len(day))
    value[(zone == FELL) & (day >= CLEARED)] -= 0.35
    value[chance.random(len(day)) < 0.5] = np.nan
    value[(zone == LATE) & (day < start + 3 * 365)] = np.nan
    return zone, day, value


WHOLE = 0.6
"""Clear fraction of every zone on every date."""


def look(method: str, monthly: bool = False) -> tuple[Departures, tuple[NDArray[np.generic], ...]]:
    settings = DisturbanceSettings.model_validate(
        {"method": method, "history": ["2017-01-01", "2020-01-01"]}
    )
    what = Expectation("ndvi", ("s2",), settings, PERIOD)
    zone, day, value = rows()
    if monthly:
        kept = np.flatnonzero(day % 30 < 10)
        zone, value = zone[kept], value[kept]
        months = day[kept].astype("datetime64[D]").astype("datetime64[M]")
        day = months.astype("datetime64[D]").astype(np.int64)
        once = np.unique(np.stack([zone, day]), axis=1, return_index=True)[1]
        zone, day, value = zone[once], day[once], value[once]
    share = np.full(len(zone), WHOLE)
    return departures(zone, day, value, share, what, monthly=monthly), (zone, day, value)


@pytest.mark.parametrize("method", ["robust", "bfast"])
def test_a_cleared_zone_breaks_on_its_day_and_the_fit_stays_forest(method: str) -> None:
    found, (zone, day, _) = look(method)
    own = zone == FELL
    told = found.break_day[own]
    assert (told[day[own] < CLEARED] == -1).all()
    first = int(told[told >= 0].min())
    # bfastmonitor tells when its sum leaves the boundary: later
    assert 0 <= first - CLEARED <= (40 if method == "robust" else 200)
    assert (told[day[own] >= first] == first).all()
    assert set(found.kind[own].tolist()) <= {ABRUPT, GRADUAL, RECOVERING}
    fit = found.fit[own]
    assert np.nanmax(np.abs(fit - forest(day[own]))) < 0.03
    assert np.isfinite(fit[day[own] >= CLEARED]).all()


@pytest.mark.parametrize("method", ["robust", "bfast"])
def test_what_stands_has_no_break_and_what_is_not_known_says_so(method: str) -> None:
    found, (zone, _, _) = look(method)
    assert set(found.kind[zone == STOOD].tolist()) == {STABLE}
    assert set(found.kind[zone == LATE].tolist()) == {SHORT}
    assert (found.break_day[zone != FELL] == -1).all()
    assert np.isnan(found.fit[zone == LATE]).all()


def test_months_are_looked_at_in_their_middle_and_named_by_their_first() -> None:
    found, (zone, day, _) = look("robust", monthly=True)
    told = found.break_day[(zone == FELL) & (found.break_day >= 0)]
    assert len(set(told.tolist())) == 1
    assert told[0] in day
    assert 0 <= told[0] + 15 - CLEARED <= 95


def test_zones_do_not_touch_each_other() -> None:
    whole, (zone, day, value) = look("robust")
    settings = DisturbanceSettings.model_validate({"history": ["2017-01-01", "2020-01-01"]})
    what = Expectation("ndvi", ("s2",), settings, PERIOD)
    own = zone == FELL
    alone = departures(zone[own], day[own], value[own], np.full(own.sum(), WHOLE), what)
    np.testing.assert_array_equal(alone.break_day, whole.break_day[own])
    np.testing.assert_array_equal(alone.fit, whole.fit[own])


@pytest.mark.parametrize("method", ["robust", "bfast"])
def test_what_was_not_seen_to_the_end_is_not_stable(method: str) -> None:
    """Rows end three years before the period does: that nothing broke by then is not all."""
    settings = DisturbanceSettings.model_validate(
        {"method": method, "history": ["2017-01-01", "2020-01-01"]}
    )
    what = Expectation("ndvi", ("s2",), settings, PERIOD)
    zone, day, value = rows()
    own = (zone == STOOD) & (day < CLEARED - 150)
    found = departures(zone[own], day[own], value[own], np.full(own.sum(), WHOLE), what)
    assert set(found.kind.tolist()) == {UNSEEN}
    assert (found.break_day == -1).all()


def test_nothing() -> None:
    none = np.zeros(0, np.int64)
    what = Expectation("ndvi", ("s2",), DisturbanceSettings(), PERIOD)
    assert len(departures(none, none, np.zeros(0), np.zeros(0), what).fit) == 0


@pytest.mark.parametrize("method", ["robust", "bfast"])
def test_slivers_beside_cloud_break_no_zone(method: str) -> None:
    """For a year and more a 500th of the zone is all that is clear, and is low for haze."""
    settings = DisturbanceSettings.model_validate(
        {"method": method, "history": ["2017-01-01", "2020-01-01"]}
    )
    what = Expectation("ndvi", ("s2",), settings, PERIOD)
    zone, day, value = (part[rows()[0] == STOOD] for part in rows())
    sliver = (day >= CLEARED) & (day < CLEARED + 420)
    value[sliver] -= 0.3
    share = np.full(len(zone), WHOLE)
    assert (departures(zone, day, value, share, what).break_day >= 0).any()
    share[sliver] = 0.002
    found = departures(zone, day, value, share, what)
    assert (found.break_day == -1).all()
    assert set(found.kind.tolist()) == {STABLE}
    assert np.isfinite(found.fit[sliver]).all()
