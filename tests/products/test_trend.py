"""The trend: planes of series that are known, promises kept, settings refused."""

from __future__ import annotations

import json
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from affine import Affine
from pydantic import ValidationError

from landcover.model import MISSING, Band, Grid, Layer, Period
from landcover.products import PRODUCTS
from landcover.products.base import Context, Stack, Stored, Summary
from landcover.products.trend import CLASSES, SAYS, TrendSettings

TREND = PRODUCTS["trend"]
CONTEXT = Context(Period(date(2017, 1, 1), date(2025, 1, 1)), ("s2", "later"))
MONTHS = [date(year, month, 11) for year in range(2017, 2025) for month in range(1, 13)]
NAN = float("nan")


def made(**keys: Any) -> TrendSettings:
    return TrendSettings.model_validate(keys)


def observed(
    values: npt.NDArray[Any],
    asked: TrendSettings | None = None,
    context: Context = CONTEXT,
    inside: npt.NDArray[np.bool_] | None = None,
    name: str = "ndvi",
    days: list[date] = MONTHS,
) -> npt.NDArray[np.float32]:
    """Observe a row of pixels, (T, X); return slope, p and count (3, X)."""
    asked = asked or made(index=[name])
    (span,) = TREND.need(asked, context).spans
    held = values[:, None, :]
    whole = np.ones(held.shape[1:], np.bool_) if inside is None else inside[None]
    clear = np.full(held.shape[1:], len(days), np.uint16)
    stack = Stack(span, tuple(days), {name: held}, clear, whole)
    planes: npt.NDArray[np.float32] = TREND.observe(asked, context, stack)[f"{name}_trend_tested"][
        :, 0
    ]
    return planes


def forest(pixels: int, slope: float, seed: int = 3) -> npt.NDArray[np.float32]:
    """Draw eight years of months with a season, noise and a trend (NDVI a year)."""
    months = np.arange(len(MONTHS))[:, None]
    noise = 0.03 * np.random.default_rng(seed).standard_normal((len(MONTHS), pixels))
    season = 0.08 * np.cos(2 * np.pi * months / 12)
    values: npt.NDArray[np.float32] = (0.7 + season + slope * months / 12 + noise).astype("f4")
    return values


def test_a_decline_is_found_with_its_rate() -> None:
    slope, p, count = observed(forest(50, -0.02))
    assert slope == pytest.approx(-0.02, abs=0.005)
    assert (p < 1e-6).all()
    assert (count == 96).all()


@pytest.mark.parametrize("test", list(SAYS))
def test_stable_forest_is_rarely_called_changing(test: str) -> None:
    slope, p, _ = observed(forest(400, 0.0), made(test=test))
    assert 0.02 <= (p < 0.05).mean() <= 0.12
    assert np.abs(slope).max() < 0.012


def test_seasons_look_like_noise_when_months_are_taken_as_they_are() -> None:
    values = forest(50, -0.02)
    as_they_are = observed(values, made(values="months"))
    assert as_they_are[0] == pytest.approx(-0.02, abs=0.01)
    assert np.median(as_they_are[1]) > np.median(observed(values)[1])


def test_too_few_months_are_untested_and_tell_their_number() -> None:
    values = forest(3, -0.02)
    values[23:, 0] = NAN
    values[24:, 1] = NAN
    values[:, 2] = NAN
    slope, p, count = observed(values, made(min_months=24))
    assert np.isnan(slope).tolist() == np.isnan(p).tolist() == [True, False, True]
    # of 23 months, December 2017 has no other December to be compared with
    assert count.tolist() == [22, 24, 0]


def test_a_month_counts_once_however_often_it_was_seen() -> None:
    values = forest(20, -0.02)
    often = np.repeat(values, 3, axis=0)
    days = [day.replace(day=k) for day in MONTHS for k in (3, 11, 25)]
    np.testing.assert_array_equal(observed(often, days=days), observed(values))


def test_nothing_at_all_and_outside_all_zones() -> None:
    slope, p, count = observed(np.empty((0, 2), np.float32), days=[])
    assert np.isnan([slope, p]).all()
    assert (count == 0).all()
    planes = observed(forest(2, -0.02), inside=np.array([True, False]))
    assert np.isnan(planes[:, 1]).all()
    assert np.isfinite(planes[:, 0]).all()


@pytest.mark.parametrize("test", ["hamed-rao", "seasonal-kendall", "correlated-seasonal"])
def test_a_tile_that_was_seen_later_gives_the_same_numbers(test: str) -> None:
    """Other tiles have other first days; the same pixel must not feel it."""
    values = forest(5, -0.02)
    values[:14] = NAN
    own = made(test=test)
    later = observed(values[14:], own, days=MONTHS[14:])
    np.testing.assert_array_equal(later, observed(values, own))


def test_bands_fall_in_reflectance_and_radar_in_decibels() -> None:
    dn = np.rint(forest(2, -0.02) * 10_000)
    dn[5, 1] = MISSING
    red = observed(dn.astype(np.int16), name="red")
    assert red[0] == pytest.approx(-0.02, abs=0.005)
    assert red[2].tolist() == [96, 95]
    sensor = {"s1": {"vv": Band("vv", "power", ("vv",))}}
    context = Context(CONTEXT.period, ("s1",), sensor)
    assert sensor["s1"]["vv"].is_power
    halved = np.float32(0.2) * np.float32(0.5) ** (np.arange(96, dtype=np.float32)[:, None] / 12)
    slope = observed(halved.astype(np.float32), context=context, name="vv")[0]
    assert slope == pytest.approx(10 * np.log10(0.5), abs=1e-4)
    (layer,) = TREND.layers(made(index=["vv"]), context)
    assert layer.units == ("dB/year", "1", "months")
    assert not layer.kept


def promised(**keys: Any) -> tuple[Layer, ...]:
    assert TREND.settle
    return TREND.settle.layers(made(**keys), CONTEXT)


def test_layers_name_the_test_in_their_tags() -> None:
    ndvi, red = promised(index=["ndvi", "red"], test="pre-whitening", false_discovery=0.05)
    assert (ndvi.name, red.name) == ("ndvi_trend", "red_trend")
    assert [words.split()[0] for words in ndvi.bands] == ["slope", "p", "monthly", "significant:"]
    assert ndvi.units == ("1/year", "1", "months", "1")
    assert "whitened" in ndvi.tags["TEST"]
    assert "less the mean of their calendar month" in ndvi.tags["TEST"]
    assert "same calendar month" in ndvi.tags["STATISTIC"]
    assert ndvi.tags["SIGNIFICANT"].startswith("false discovery rate 0.05 over all pixels tested")
    assert ndvi.kept
    (plain,) = promised(values="months", correction="benjamini-yekutieli")
    assert "any two months" in plain.tags["STATISTIC"]
    assert "less the mean" not in plain.tags["TEST"]
    assert "Yekutieli" in plain.tags["SIGNIFICANT"]


def stored(planes: npt.NDArray[np.float32], model: Summary | None = None) -> Stored:
    """Lay planes (3, X) out as one row of stored pixels; NaN counts are outside all zones."""
    inside = np.isfinite(planes[2:3])
    grid = Grid("EPSG:32635", Affine(10, 0, 500_000, 0, -10, 0), inside.shape)
    area = np.full(inside.shape, 100.0)
    whole = (slice(0, 1), slice(0, planes.shape[1]))
    held = {"ndvi_trend_tested": planes[:, None, :]}
    return Stored(held, inside, area, whole, 0, 0, grid, model or {})


def significance(planes: npt.NDArray[np.float32], parts: int, **keys: Any) -> Any:
    """Learn from a map cut into parts, then settle it whole; return model, plane and codes."""
    learn, settle, asked = TREND.learn, TREND.settle, made(**keys)
    assert learn
    assert settle
    pieces = np.array_split(planes, parts, axis=1)
    told = reduce(learn.merge, (learn.summarise(asked, CONTEXT, stored(p)) for p in pieces))
    model = learn.finish(asked, CONTEXT, told)
    found = settle.settle(asked, CONTEXT, stored(planes, model))
    assert (found.layers["ndvi_trend"][:3, 0] == planes).sum() == np.isfinite(planes).sum()
    return model, found.layers["ndvi_trend"][3, 0], found.codes["ndvi"][0]


P_VALUES = np.array(
    [[-0.02, 0.01, 0.0, -0.001, NAN, NAN, 0.03], [0.01, 0.03, 0.02, 0.9, NAN, NAN, 0.2],
     [96, 96, 96, 96, 5, NAN, 96]], np.float32
)  # fmt: skip
"""Slope, p and count: five were tested, one has too few months, one lies outside all zones."""


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_what_stands_over_the_whole_map(parts: int) -> None:
    """Of 0.01, 0.02, 0.03, 0.2, 0.9 three pass: 0.03 <= 0.1 * 3 / 5 < 0.2 > 0.1 * 4 / 5."""
    model, plane, codes = significance(P_VALUES, parts)
    assert model["ndvi_tested_px"] == 5
    assert 0.03 <= model["ndvi_p_limit"] < 0.0301
    # the third stands but neither falls nor rises
    np.testing.assert_array_equal(plane, [-1, 1, 0, 0, NAN, NAN, 0])
    names = [CLASSES[code] if code >= 0 else "" for code in codes]
    assert names == ["declining", "rising", "none", "none", "untested", "", "none"]


def test_the_stricter_corrections_find_less() -> None:
    _, plane, _ = significance(P_VALUES, 1, false_discovery=0.04)
    assert np.nansum(np.abs(plane)) == 0  # 0.01 > 0.04 * 1 / 5, 0.03 > 0.04 * 3 / 5
    model, plane, _ = significance(P_VALUES, 1, correction="benjamini-yekutieli")
    assert json.loads(json.dumps(model["ndvi_p_limit"].tolist(), allow_nan=False)) == 0
    assert np.nansum(np.abs(plane)) == 0  # 0.03 > 0.1 * 3 / 5 / 2.28, and so on


def test_a_map_without_a_test_has_nothing_significant() -> None:
    planes = np.full((3, 4), NAN, np.float32)
    planes[2, :3] = 0
    model, plane, codes = significance(planes, 2)
    assert (model["ndvi_tested_px"], model["ndvi_p_limit"]) == (0, 0)
    assert np.isnan(plane).all()
    assert codes.tolist() == [3, 3, 3, -1]


def test_it_needs_the_whole_period_by_month() -> None:
    need = TREND.need(made(index=["ndvi", "nbr"], source="later"), CONTEXT)
    assert need.source == "later"
    assert need.bands == ("nir", "red", "swir22")
    assert need.monthly == need.quantities == ("ndvi", "nbr")
    assert [span.period for span in need.spans] == [CONTEXT.period]
    assert TREND.bytes_per_px(made(), CONTEXT, 240) > 0


@pytest.mark.parametrize(
    ("keys", "match"),
    [
        ({"index": []}, "at least 1"),
        ({"index": ["ndvi", "ndvi"]}, "listed twice"),
        ({"test": "theil-sen"}, "hamed-rao"),
        ({"min_months": 5}, "greater than or equal to 10"),
        ({"alpha": 0.05}, "not permitted"),
        ({"false_discovery": 0}, "greater than 0"),
    ],
)
def test_settings_are_refused(keys: dict[str, Any], match: str) -> None:
    with pytest.raises(ValidationError, match=match):
        made(**keys)
