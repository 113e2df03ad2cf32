"""Smoothed series of zones: known curves, gaps, ends, and one zone beside another."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from landcover.outputs.smoothed import Smoothing, smoothed

Floats = NDArray[np.float64]
Days = NDArray[np.int64]

WHITTAKER, HARMONIC = Smoothing("whittaker"), Smoothing("harmonic")
START = (date(2019, 1, 1) - date(1970, 1, 1)).days


def season(day: Days) -> Floats:
    return np.asarray(0.6 + 0.1 * np.cos(2 * np.pi * (day - START) / 365.25))


def rows(zones: int, gone: float, seed: int = 1) -> tuple[Days, Days, Floats, Floats]:
    """Zones looked at every five days for four years under cloud: zone, day, value, weight."""
    chance, days = np.random.default_rng(seed), START + np.arange(0, 1461, 5)
    zone, day = np.repeat(np.arange(zones), len(days)), np.tile(days, zones)
    value = season(day) + chance.normal(0, 0.03, len(day))
    value[chance.random(len(day)) < gone] = np.nan
    return zone, day, value, chance.uniform(0.05, 1, len(day))


@pytest.mark.parametrize("how", [WHITTAKER, Smoothing("whittaker", 100.0), HARMONIC])
def test_the_season_comes_back_where_cloud_hid_it(how: Smoothing) -> None:
    zone, day, value, weight = rows(20, 0.7)
    got = smoothed(zone, day, value, weight, how)
    hidden = np.isnan(value) & np.isfinite(got)
    assert hidden.sum() > 0.6 * len(zone)
    assert np.sqrt(np.mean((got - season(day))[hidden] ** 2)) < 0.025


@pytest.mark.parametrize("how", [WHITTAKER, HARMONIC])
def test_a_zone_has_no_curve_beyond_its_own_clear_dates(how: Smoothing) -> None:
    zone, day, value, weight = rows(3, 0.5)
    value[(zone == 1) & ((day < START + 300) | (day > START + 900))] = np.nan
    got = smoothed(zone, day, value, weight, how)
    for z in range(3):
        own = zone == z
        ends = day[own & np.isfinite(value)][[0, -1]]
        inside = own & (day >= ends[0]) & (day <= ends[1])
        assert np.isfinite(got[inside]).all()
        assert np.isnan(got[own & ~inside]).all()


@pytest.mark.parametrize("how", [WHITTAKER, HARMONIC])
def test_zones_do_not_touch_each_other(how: Smoothing) -> None:
    zone, day, value, weight = rows(130, 0.6)  # more than are laid out together
    whole = smoothed(zone, day, value, weight, how)
    for z in (0, 63, 64, 129):
        own = zone == z
        alone = smoothed(zone[own], day[own], value[own], weight[own], how)
        np.testing.assert_allclose(alone, whole[own], rtol=0, atol=1e-8)


@pytest.mark.parametrize(("how", "least"), [(WHITTAKER, 3), (HARMONIC, 10)])
def test_too_few_clear_dates_have_no_curve(how: Smoothing, least: int) -> None:
    for count in (0, 1, least - 1, least):
        zone, day, value, weight = rows(1, 0.0)
        kept = np.linspace(0, len(day) - 1, count).astype(int)
        value[~np.isin(np.arange(len(day)), kept)] = np.nan
        assert np.isfinite(smoothed(zone, day, value, weight, how)).any() == (count >= least)


def test_nothing() -> None:
    none = np.zeros(0, np.int64)
    assert len(smoothed(none, none, np.zeros(0), np.zeros(0), WHITTAKER)) == 0


def test_a_sliver_that_is_clear_counts_less() -> None:
    """A date on which a twentieth of the zone was clear moves the curve less than a whole one."""
    zone, day, value, weight = rows(1, 0.0)
    weight[:] = 1.0
    value[100] -= 0.4
    heavy = smoothed(zone, day, value, weight, Smoothing("whittaker", 10.0))
    weight[100] = 0.05
    light = smoothed(zone, day, value, weight, Smoothing("whittaker", 10.0))
    truth = season(day)[100]
    assert abs(light[100] - truth) < abs(heavy[100] - truth) / 3


@pytest.mark.parametrize("gone", [0.0, 0.4])
def test_a_penalty_means_the_same_for_days_and_months(gone: float) -> None:
    """It halves waves of 2 pi penalty^(1/4) steps of ten days, however many values there are."""
    wave_days = 2 * np.pi * 10_000**0.25 * 10
    months = np.array(
        [(date(2000 + k // 12, k % 12 + 1, 1) - date(1970, 1, 1)).days for k in range(240)]
    )
    for day, monthly in ((months, True), (START + np.arange(0, 7300, 5), False)):
        wave = np.cos(2 * np.pi * day / wave_days)
        value = np.where(np.random.default_rng(1).random(len(day)) < gone, np.nan, wave)
        zone, weight = np.zeros(len(day), np.int64), np.full(len(day), 0.2)
        got = smoothed(zone, day, value, weight, Smoothing("whittaker", 1e4), monthly=monthly)
        middle = slice(len(day) // 4, 3 * len(day) // 4)
        share = np.polyfit(wave[middle], got[middle], 1)[0]
        assert share == pytest.approx(0.5, abs=0.06), f"monthly: {monthly}"
