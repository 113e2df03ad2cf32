"""The climatology: planes worked by hand, promises kept, settings refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError

from landcover.errors import PlanError
from landcover.model import MISSING, Band, Period
from landcover.products import PRODUCTS
from landcover.products.base import Context, Stack
from landcover.products.climatology import ClimatologySettings

CLIMATOLOGY = PRODUCTS["climatology"]
CONTEXT = Context(Period(date(2019, 1, 1), date(2024, 1, 1)), ("s2", "later"))
NAN = float("nan")
Looks = Mapping[date, tuple[float, ...]]


def made(**keys: Any) -> ClimatologySettings:
    return ClimatologySettings.model_validate(keys)


def observed(
    asked: ClimatologySettings,
    looks: Looks,
    context: Context = CONTEXT,
    inside: tuple[bool, ...] = (True, True),
    name: str = "ndvi",
    dtype: Any = np.float32,
) -> dict[str, npt.NDArray[Any]]:
    """Observe a row of pixels."""
    (span,) = CLIMATOLOGY.need(asked, context).spans
    days = tuple(sorted(day for day in looks if span.period.holds(day)))
    shape = (len(days), 1, len(inside))
    values = np.array([looks[day] for day in days], np.float64).reshape(shape)
    values = np.where(np.isnan(values), MISSING, values) if dtype == np.int16 else values
    clear = np.full(shape[1:], len(days), np.uint16)
    stack = Stack(span, days, {name: values.astype(dtype)}, clear, np.array([inside]))
    return {name: np.array(planes) for name, planes in
            CLIMATOLOGY.observe(asked, context, stack).items()}  # fmt: skip


JANUARIES: Looks = {
    date(2019, 1, 5): (0.2, 0.2),
    date(2020, 1, 6): (0.3, NAN),
    date(2020, 1, 26): (0.5, NAN),
    date(2021, 1, 7): (0.9, 0.4),
    date(2021, 7, 1): (0.1, 0.7),
    date(2022, 1, 31): (0.1, 0.1),
}
"""Medians of the Januaries of 2019 to 2021: 0.2, 0.4, 0.9; the second pixel: 0.2, none, 0.4."""


def test_januaries_by_hand() -> None:
    """Of all looks 0.2, 0.3, 0.5 and 0.9: 0.4. Of the years' medians: mean 0.5, spread 0.36056."""
    asked = made(baseline=[2019, 2021], anomalies=["month", "year"], min_months=2)
    found = observed(asked, JANUARIES)
    np.testing.assert_allclose(found["ndvi_climatology"][0, 0], [0.4, 0.3], rtol=1e-6)
    assert found["ndvi_climatology_count"][0, 0].tolist() == [4, 2]
    assert found["ndvi_climatology_years"][0, 0].tolist() == [3, 2]
    np.testing.assert_allclose(found["ndvi_climatology_spread"][0, 0], [0.360555, NAN], rtol=1e-6)
    month = found["ndvi_anomaly_2022-01"][:, 0]
    np.testing.assert_allclose(month, [[-0.4, -0.2], [-1.1094, NAN]], rtol=1e-5)
    np.testing.assert_allclose(found["ndvi_anomaly_2020-01"][0, 0], [-0.1, NAN], rtol=1e-5)


def test_the_year_by_hand() -> None:
    """First pixel, Januaries alone, as July is known from one year: -0.3, -0.1, 0.4, then -0.4.

    Of the baseline's three the mean is 0 and the spread 0.36056; so 2022 is at -1.1094.
    """
    asked = made(baseline=[2019, 2021], anomalies="year", min_months=2)
    found = observed(asked, JANUARIES)
    years = [found[f"ndvi_anomaly_{year}"][:, 0, 0] for year in range(2019, 2024)]
    np.testing.assert_allclose([year[0] for year in years], [-0.3, -0.1, 0.4, -0.4, NAN], rtol=1e-5)
    assert years[3][1] == pytest.approx(-1.109400, rel=1e-5)
    assert [year[2] for year in years] == [1, 1, 1, 1, 0]
    np.testing.assert_allclose(found["ndvi_season"][:, 0, 0], [0.3, 1, 7, 2], rtol=1e-6)
    np.testing.assert_allclose(found["ndvi_season"][:, 0, 1], [0.4, 7, 1, 2], rtol=1e-6)


def test_months_never_seen_say_so() -> None:
    found = observed(made(baseline=[2019, 2021]), JANUARIES)
    never = [month for month in range(12) if month not in (0, 6)]
    assert np.isnan(found["ndvi_climatology"][never]).all()
    assert (found["ndvi_climatology_count"][never] == 0).all()
    assert (found["ndvi_climatology_years"][never] == 0).all()
    assert np.isnan(found["ndvi_season"][:3]).all(), "two months of twelve are no course of a year"
    assert (found["ndvi_season"][3] == 2).all()


def test_nothing_clear_at_all_is_nodata_and_counts_of_nought() -> None:
    asked = made(anomalies=["month", "year"])
    found = observed(asked, {})
    assert (found["ndvi_climatology_count"] == 0).all()
    assert (found["ndvi_climatology_years"] == 0).all()
    for name in ("ndvi_climatology", "ndvi_climatology_spread", "ndvi_anomaly_2020-05"):
        assert np.isnan(found[name]).all()
    assert np.isnan(found["ndvi_anomaly_2020"][:2]).all()
    assert (found["ndvi_anomaly_2020"][2] == 0).all()


def test_outside_all_zones_is_nodata_in_every_layer() -> None:
    asked = made(baseline=[2019, 2021], anomalies=["month", "year"])
    promised = {layer.name: layer for layer in CLIMATOLOGY.layers(asked, CONTEXT)}
    for name, planes in observed(asked, JANUARIES, inside=(True, False)).items():
        nodata = promised[name].nodata
        assert nodata is not None
        empty = np.isnan(planes) if np.isnan(nodata) else planes == nodata
        assert empty[..., 1].all(), name


@pytest.mark.parametrize(
    "asked", [made(), made(index=["ndvi", "nbr"], anomalies=["year", "month"])]
)
def test_every_promised_layer_is_made_and_no_other(asked: ClimatologySettings) -> None:
    promised = {layer.name: layer for layer in CLIMATOLOGY.layers(asked, CONTEXT)}
    (span,) = CLIMATOLOGY.need(asked, CONTEXT).spans
    values = {name: np.full((1, 1, 1), 0.5, np.float32) for name in asked.index}
    whole = np.ones((1, 1), bool)
    stack = Stack(span, (date(2020, 3, 1),), values, whole.astype(np.uint16), whole)
    found = CLIMATOLOGY.observe(asked, CONTEXT, stack)
    assert set(found) == set(promised)
    assert len(found) == len(promised)
    for name, planes in found.items():
        layer = promised[name]
        assert planes.shape[0] == len(layer.bands) == len(layer.units)
        assert planes.dtype == layer.dtype


def test_anomalies_are_made_when_they_are_taken() -> None:
    """A job of 20 years has 240 months: a tile must not hold all of them."""
    asked = made(anomalies="month")
    (span,) = CLIMATOLOGY.need(asked, CONTEXT).spans
    whole = np.ones((1, 1), bool)
    values = {"ndvi": np.full((1, 1, 1), 0.5, np.float32)}
    stack = Stack(span, (date(2020, 3, 1),), values, whole.astype(np.uint16), whole)
    found = CLIMATOLOGY.observe(asked, CONTEXT, stack)
    assert found["ndvi_anomaly_2020-03"] is not found["ndvi_anomaly_2020-03"]


def test_looks_outside_the_baseline_do_not_make_what_is_normal() -> None:
    with_later = {**JANUARIES, date(2023, 1, 2): (-1.0, -1.0)}
    for keys in ({}, {"anomalies": ["year"]}):
        asked = made(baseline=[2019, 2021], **keys)
        names = ("ndvi_climatology", "ndvi_climatology_count", "ndvi_climatology_years",
                 "ndvi_climatology_spread", "ndvi_season")  # fmt: skip
        one, other = observed(asked, JANUARIES), observed(asked, with_later)
        for name in names:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)


def test_asking_for_anomalies_changes_nothing_that_is_normal() -> None:
    plain = observed(made(baseline=[2019, 2021]), JANUARIES)
    more = observed(made(baseline=[2019, 2021], anomalies=["month", "year"]), JANUARIES)
    for name, planes in plain.items():
        np.testing.assert_array_equal(planes, more[name], err_msg=name)


def test_min_clear_and_min_years() -> None:
    found = observed(made(baseline=[2019, 2022], min_clear=4, min_years=4), JANUARIES)
    np.testing.assert_array_equal(np.isnan(found["ndvi_climatology"][0, 0]), [False, True])
    assert found["ndvi_climatology_count"][0, 0].tolist() == [5, 3]
    np.testing.assert_array_equal(np.isnan(found["ndvi_climatology_spread"][0, 0]), [False, True])
    found = observed(made(baseline=[2019, 2022], min_years=5), JANUARIES)
    assert np.isnan(found["ndvi_climatology_spread"]).all()


def test_a_band_is_told_in_reflectance() -> None:
    looks = {date(2019 + k, 1, 1): (1000.0 * (1 + k), NAN) for k in range(3)}
    asked = made(index="red", anomalies="month", baseline=[2019, 2021])
    found = observed(asked, looks, name="red", dtype=np.int16)
    np.testing.assert_allclose(found["red_climatology"][0, 0], [0.2, NAN], rtol=1e-6)
    np.testing.assert_allclose(found["red_climatology_spread"][0, 0], [0.1, NAN], rtol=1e-6)
    np.testing.assert_allclose(found["red_anomaly_2021-12"][:, 0, 0], [NAN, NAN])
    np.testing.assert_allclose(found["red_anomaly_2020-01"][:, 0, 0], [0, 0], atol=1e-6)


def test_radar_power_is_told_in_decibels_and_compared_in_decibels() -> None:
    """0.1, 0.01 and 0.001 are -10, -20 and -30 dB: the spread is 10 dB."""
    context = Context(CONTEXT.period, ("radar",), {"radar": {"vv": Band("vv", "power", ("vv",))}})
    looks = {date(2019 + k, 1, 1): (10.0 ** -(k + 1), NAN) for k in range(3)}
    asked = made(index="vv", anomalies="month", baseline=[2019, 2021])
    found = observed(asked, looks, context, name="vv")
    np.testing.assert_allclose(found["vv_climatology"][0, 0], [-20, NAN], rtol=1e-6)
    np.testing.assert_allclose(found["vv_climatology_spread"][0, 0], [10, NAN], rtol=1e-5)
    np.testing.assert_allclose(found["vv_anomaly_2019-01"][:, 0, 0], [10, 1], rtol=1e-5)
    assert CLIMATOLOGY.layers(asked, context)[0].units == ("dB",) * 12


def test_it_holds_the_baseline_alone_unless_anomalies_are_asked_for() -> None:
    plain = CLIMATOLOGY.need(made(index=["ndvi", "nbr"], baseline=[2020, 2021]), CONTEXT)
    assert plain.spans[0].period == Period(date(2020, 1, 1), date(2022, 1, 1))
    assert plain.quantities == plain.monthly == ("ndvi", "nbr")
    assert plain.bands == ("nir", "red", "swir22")
    whole = CLIMATOLOGY.need(made(baseline=[2020, 2021], anomalies="month"), CONTEXT)
    assert whole.spans[0].period == CONTEXT.period


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"anomalies": ["month", "month"]}, "listed twice"),
        ({"index": ["ndvi", "ndvi"]}, "listed twice"),
        ({"anomalies": "decade"}, "'month' or 'year'"),
        ({"min_years": 2}, "greater than or equal to 3"),
        ({"min_months": 1}, "greater than or equal to 2"),
        ({"baseline": ["2019-01-15", "2021-01-01"]}, "cuts a month"),
        ({"baseline": [2021, 2019]}, "before it starts"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        made(**keys)


@pytest.mark.parametrize("baseline", [[2018, 2020], [2022, 2024]])
def test_a_baseline_beyond_the_job_is_refused(baseline: list[int]) -> None:
    asked = made(baseline=baseline)
    for ask in (CLIMATOLOGY.need, CLIMATOLOGY.layers):
        with pytest.raises(PlanError, match="reaches beyond the job's period"):
            ask(asked, CONTEXT)


def test_tags_hold_every_setting_that_changes_a_number() -> None:
    asked = made(baseline=[2019, 2021], anomalies=["year"], min_clear=2, min_years=4, min_months=7)
    layers = {layer.name: layer.tags for layer in CLIMATOLOGY.layers(asked, CONTEXT)}
    normal = layers["ndvi_climatology"]
    assert (normal["FIRST_DAY"], normal["LAST_DAY"]) == ("2019-01-01", "2021-12-31")
    assert normal["MIN_CLEAR"] == "2"
    assert layers["ndvi_climatology_spread"]["MIN_YEARS"] == "4"
    assert layers["ndvi_season"]["MIN_MONTHS"] == "7"
    year = layers["ndvi_anomaly_2023"]
    assert (year["FIRST_DAY"], year["BASELINE"]) == ("2023-01-01", "2019-01-01 to 2021-12-31")
