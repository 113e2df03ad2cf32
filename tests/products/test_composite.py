"""Composites: statistics by hand and against numpy, promises kept, settings refused."""

from __future__ import annotations

import warnings
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydantic import ValidationError

from landcover.model import MISSING, Band, Period
from landcover.products import PRODUCTS
from landcover.products.base import Context, Span, Stack
from landcover.products.composite import (
    CLEAR_NODATA,
    CompositeSettings,
    decibels,
    percentile_of,
    summarise,
)

CONTEXT = Context(Period(date(2019, 1, 1), date(2021, 1, 1)), ("s2", "later"))
COMPOSITE = PRODUCTS["composite"]
ALL = ("median", "mean", "min", "max", "count", "p10", "p97.5")


def made(**keys: Any) -> CompositeSettings:
    return CompositeSettings.model_validate(keys)


def column(*values: float) -> npt.NDArray[np.float32]:
    """Return a stack of one pixel."""
    return np.array(values, np.float32).reshape(-1, 1, 1)


def test_statistics_of_four_values_by_hand() -> None:
    """Of 1, 2, 4, 9 (and a gap): p10 lies 0.3 of the way from 1 to 2, p97.5 0.925 from 4 to 9."""
    planes = summarise(column(4, np.nan, 1, 9, 2), ALL, 1)[:, 0, 0]
    np.testing.assert_allclose(planes, [3, 4, 1, 9, 4, 1.3, 8.625], rtol=1e-6)


def test_bands_come_out_as_reflectance_and_counts_as_counts() -> None:
    stack = np.array([400, MISSING, 100, 900, 200], np.int16).reshape(-1, 1, 1)
    planes = summarise(stack, ALL, 1)[:, 0, 0]
    np.testing.assert_allclose(planes, [0.03, 0.04, 0.01, 0.09, 4, 0.013, 0.08625], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_a_period_without_a_date_is_nodata_and_counts_nothing(dtype: Any) -> None:
    planes = summarise(np.empty((0, 2, 3), dtype), ALL, 1)
    assert planes.shape == (7, 2, 3)
    assert planes.dtype == np.float32
    counts = planes[ALL.index("count")]
    assert (counts == 0).all()
    assert np.isnan(np.delete(planes, ALL.index("count"), axis=0)).all()


def test_fewer_clear_than_asked_for_is_nodata_in_every_statistic_but_the_count() -> None:
    stack = np.concatenate([column(1, 2, np.nan), column(1, 2, 3)], axis=2)
    planes = summarise(stack, ALL, 3)
    assert np.isnan(planes[[0, 1, 2, 3, 5, 6], 0, 0]).all()
    assert np.isfinite(planes[:, 0, 1]).all()
    assert planes[4].tolist() == [[2.0, 3.0]]


STACKS = arrays.arrays(
    np.int16,
    st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 5)),
    elements=st.one_of(st.just(MISSING), st.integers(0, 12_000)),
)


@settings(deadline=None, max_examples=60)
@given(STACKS, st.integers(1, 4), st.booleans())
def test_statistics_are_numpys(stack: Any, min_clear: int, banded: bool) -> None:
    values = np.where(stack == MISSING, np.nan, stack / 1e4)
    given_ = stack if banded else values.astype(np.float32)
    planes = summarise(given_, ALL, min_clear)
    seen = np.isfinite(values).sum(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # numpy's word on pixels without a value
        expected = [
            np.nanmedian(values, 0), np.nanmean(values, 0), np.nanmin(values, 0),
            np.nanmax(values, 0), seen, np.nanpercentile(values, 10, 0),
            np.nanpercentile(values, 97.5, 0),
        ]  # fmt: skip
    for name, plane, known in zip(ALL, planes, expected, strict=True):
        short = (seen < min_clear) & (name != "count")
        np.testing.assert_allclose(plane, np.where(short, np.nan, known), rtol=3e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "percentile"),
    [("median", 50.0), ("min", 0.0), ("max", 100.0), ("p0", 0.0), ("p100", 100.0),
     ("p97.5", 97.5), ("mean", None), ("count", None)],
)  # fmt: skip
def test_what_a_statistic_stands_for(name: str, percentile: float | None) -> None:
    assert percentile_of(name) == percentile


@pytest.mark.parametrize("name", ["p101", "p100.5", "p", "P10", "medium", "p-1", ""])
def test_an_unknown_statistic_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a statistic"):
        made(statistic=[name])


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"statistic": ["mean", "mean"]}, "listed twice"),
        ({"index": ["ndvi", "ndvi"]}, "listed twice"),
        ({"every": []}, "list of periods is empty"),
        ({"every": [{"start": "2019-01-01", "end": "2019-02-01", "name": "a"},
                    {"start": "2019-03-01", "end": "2019-04-01", "name": "A"}]}, "same name"),
        ({"min_clear": 0}, "greater than or equal to 1"),
        ({"min_clear": 1.5}, "valid integer"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_meant_are_refused(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        made(**keys)


def test_it_needs_the_bands_of_all_its_indices_once() -> None:
    need = COMPOSITE.need(made(index=["ndvi", "nbr", "red"]), CONTEXT)
    assert need.quantities == ("ndvi", "nbr", "red")
    assert need.bands == ("nir", "red", "swir22")
    assert [one.name for one in need.spans] == ["2019", "2020"]


def stack_of(span: Any, planes: dict[str, Any], clear: Any, inside: Any) -> Stack:
    days = tuple(span.period.start for _ in next(iter(planes.values())))
    return Stack(span, days, planes, np.array(clear, np.uint16), np.array(inside, bool))


def test_every_promised_layer_is_made_and_no_other() -> None:
    asked = made(index=["ndvi", "red"], statistic=["median", "count"], every="half_year")
    promised = {layer.name: layer for layer in COMPOSITE.layers(asked, CONTEXT)}
    assert list(promised)[:3] == ["ndvi_2019-h1", "red_2019-h1", "clear_2019-h1"]
    found: dict[str, Any] = {}
    for span in COMPOSITE.need(asked, CONTEXT).spans:
        planes = {
            "ndvi": np.array([[[0.25, 0.5]]], np.float32),
            "red": np.array([[[500, MISSING]]], np.int16),
        }
        stack = stack_of(span, planes, [[1, 1]], [[True, True]])
        found |= dict(COMPOSITE.observe(asked, CONTEXT, stack))
    assert found.keys() == promised.keys()
    for name, planes in found.items():
        layer = promised[name]
        assert len(planes) == len(layer.bands) == len(layer.units)
        assert planes.dtype == layer.dtype
    np.testing.assert_allclose(found["red_2019-h1"], [[[0.05, np.nan]], [[1, 0]]])


def test_outside_all_zones_is_nodata_in_every_layer() -> None:
    asked = made(statistic=["median", "count"], every="year")
    span = COMPOSITE.need(asked, CONTEXT).spans[0]
    planes = {"ndvi": np.array([[[0.25, 0.5]]], np.float32)}
    given_ = stack_of(span, planes, [[3, 4]], [[True, False]])
    found = COMPOSITE.observe(asked, CONTEXT, given_)
    np.testing.assert_allclose(found["ndvi_2019"], [[[0.25, np.nan]], [[1, np.nan]]])
    assert found["clear_2019"].tolist() == [[[3, CLEAR_NODATA]]]
    assert given_.clear.tolist() == [[3, 4]], "the stack is another product's too"


def test_tags_hold_every_setting_that_changes_a_number() -> None:
    asked = made(index=["ndvi", "nbr"], statistic=["median", "p10"], min_clear=3)
    value, _, clear = COMPOSITE.layers(asked, CONTEXT)[:3]
    assert value.tags == {
        "PRODUCT": "composite",
        "PRODUCT_VERSION": str(COMPOSITE.version),
        "INDEX": "ndvi",
        "FORMULA": "(nir - red) / (nir + red)",
        "STATISTIC": "median, p10",
        "MIN_CLEAR": "3",
        "FIRST_DAY": "2019-01-01",
        "LAST_DAY": "2019-12-31",
    }
    assert clear.tags["BANDS"] == "nir, red, swir22"
    assert clear.nodata == CLEAR_NODATA


def test_radar_power_is_averaged_first_and_decibels_come_last() -> None:
    """0.1 and 0.001 are -10 and -30 dB: their mean is 0.0505, -12.97 dB, not -20."""
    band = Band("vv", "power", ("vv",), valid=(0.0, 100.0))
    context = Context(CONTEXT.period, ("radar",), {"radar": {"vv": band}})
    settings = made(index=["vv"], statistic=["mean", "median", "count"])
    layer, _, *_ = COMPOSITE.layers(settings, context)
    assert layer.units == ("dB", "dB", "days")
    stack = Stack(
        Span(Period(date(2019, 1, 1), date(2020, 1, 1)), "2019"),
        (date(2019, 1, 1), date(2019, 1, 13)),
        {"vv": column(0.1, 0.001)},
        np.array([[2]], np.uint16),
        np.array([[True]]),
    )
    planes = COMPOSITE.observe(settings, context, stack)["vv_2019"][:, 0, 0]
    np.testing.assert_allclose(planes, [-12.967, -12.967, 2], atol=1e-3)


def test_no_power_at_all_has_no_decibels() -> None:
    found = decibels(np.array([0, np.nan, 1, 0.5], np.float32))
    np.testing.assert_allclose(found, [np.nan, np.nan, 0, -3.0103], atol=1e-4)


def test_planes_of_years_are_summed_over_zones_and_no_others() -> None:
    """Means of other statistics, or of decibels, are no figures of a zone."""

    def of(context: Context = CONTEXT, **keys: Any) -> list[tuple[str, int, str]]:
        return [(o.layer, o.plane, o.quantity) for o in COMPOSITE.summed(made(**keys), context)]

    found = of(index=["ndvi", "red"], statistic=["p10", "median"])
    assert found[:3] == [("ndvi_2019", 1, "ndvi"), ("red_2019", 1, "red"), ("clear_2019", 0, "")]
    promised = COMPOSITE.layers(made(index=["ndvi", "red"]), CONTEXT)
    assert [layer for layer, _, _ in found] == [layer.name for layer in promised]
    assert of(every="month") == of(statistic=["p10"]) == []
    power = Band("vv", "power", ("vv",), dtype="float32")
    radar = Context(CONTEXT.period, ("s1",), {"s1": {"vv": power}})
    assert of(radar, index=["vv"]) == []
