"""The trend: planes of series that are known, promises kept, settings refused."""

from __future__ import annotations

import json
import tracemalloc
from datetime import date
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from affine import Affine
from pydantic import ValidationError

from landcover.errors import PlanError
from landcover.model import MISSING, Band, Grid, Layer, Period
from landcover.products import PRODUCTS
from landcover.products.base import Context, Stack, Stored, Summary
from landcover.products.trend import CLASSES, SPANS
from landcover.products.trend_keys import SAYS, TrendSettings

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
    """Observe a row of pixels, (T, X); return slope, p, count and S's sign (4, X)."""
    return observed_all(values, asked, context, inside, name, days)[:4]


def observed_all(
    values: npt.NDArray[Any],
    asked: TrendSettings | None = None,
    context: Context = CONTEXT,
    inside: npt.NDArray[np.bool_] | None = None,
    name: str = "ndvi",
    days: list[date] = MONTHS,
) -> npt.NDArray[np.float32]:
    """Return besides the first and the last month, and the years (7, X)."""
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
    slope, p, count, sign = observed(forest(50, -0.02))
    assert (sign == -1).all()
    assert slope == pytest.approx(-0.02, abs=0.005)
    assert (p < 1e-6).all()
    assert (count == 96).all()


@pytest.mark.parametrize("test", list(SAYS))
def test_stable_forest_is_rarely_called_changing(test: str) -> None:
    slope, p = observed(forest(400, 0.0), made(test=test))[:2]
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
    slope, p, count, _ = observed(values, made(min_months=24, min_years=2))
    assert np.isnan(slope).tolist() == np.isnan(p).tolist() == [True, False, True]
    # of 23 months, December 2017 has no other December to be compared with
    assert count.tolist() == [22, 24, 0]


def test_a_month_counts_once_however_often_it_was_seen() -> None:
    values = forest(20, -0.02)
    often = np.repeat(values, 3, axis=0)
    days = [day.replace(day=k) for day in MONTHS for k in (3, 11, 25)]
    found, once = observed(often, days=days), observed(values)
    np.testing.assert_array_equal(found[1:], once[1:])  # their mean day is another, in each year
    np.testing.assert_allclose(found[0], once[0], rtol=2e-3)


def test_slopes_are_on_the_days_that_were_seen() -> None:
    """NDVI falls by 0.02 a year to the day; one year saw the month's begin, the next its end."""
    days = [day.replace(day=1 if day.year % 2 else 28) for day in MONTHS]
    years = np.array([day.toordinal() for day in days]) / 365.2425
    values = (0.7 - 0.02 * (years - years[0]))[:, None].astype("f4")
    # on month numbers 27 days of 365 are missing or too many: from -0.0185 to -0.0215
    assert observed(values, days=days)[0, 0] == pytest.approx(-0.02, rel=0.003)
    assert observed(values[:24], made(min_years=2), days=days[:24])[0, 0] == pytest.approx(
        -0.02, rel=0.003
    )


def test_few_years_are_untested_since_a_wet_one_looks_like_a_trend() -> None:
    """A second year that is 0.05 greener: by its months it is significant all over."""
    values = forest(60, 0.0)
    values[24:] = NAN
    values[12:24] += 0.05
    assert (observed(values, made(min_years=2))[1] < 0.05).mean() > 0.9
    slope, p, count, _ = observed(values)
    assert np.isnan([slope, p]).all()
    assert (count == 24).all()
    five = forest(3, -0.02)
    five[60:] = NAN
    five[12:24, 1] = NAN  # one of the five years was not seen
    five[:48, 2] = NAN
    five[84:, 2] = forest(3, -0.02)[84:, 2]
    five[49:60, 2] = NAN  # the fifth has one month, January, which the eighth has, too
    assert np.isfinite(observed(five)[1]).tolist() == [True, False, False]
    assert np.isfinite(observed(five, made(min_years=2))[1]).tolist() == [True, True, False]


def test_the_span_of_what_was_tested_is_stored() -> None:
    values = forest(3, 0.0)
    values[:14, 0] = NAN
    values[75:, 0] = NAN
    values[:, 2] = NAN
    span = observed_all(values)[4:]
    assert span.T.tolist() == [[14, 74, 6], [0, 95, 8], [-1, -1, 0]]


@pytest.mark.parametrize(("end", "tested"), [(2019, False), (2021, False), (2022, True)])
def test_a_period_of_too_few_years_is_refused(end: int, tested: bool) -> None:
    short = Context(Period(date(2017, 3, 1), date(end, 2, 1)), ("s2",))
    if tested:
        assert TREND.need(made(), short).spans
    else:
        with pytest.raises(PlanError, match=r"min_years: a trend wants 5 years, .* Widen"):
            TREND.need(made(), short)
        assert TREND.need(made(min_years=2), short).spans


def test_whitening_uses_up_the_first_value() -> None:
    assert observed(forest(2, 0.0), made(test="pre-whitening"))[2].tolist() == [95, 95]


def test_nothing_at_all_and_outside_all_zones() -> None:
    slope, p, count, _ = observed(np.empty((0, 2), np.float32), days=[])
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
    assert layer.units == ("dB/year", "1", "months", "1", "months", "months", "years")
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
    """Lay planes (4 or 7, X) out as one row of stored pixels; NaN counts lie outside all zones."""
    spans = np.where(np.isfinite(planes[2]), np.float32([[3], [50], [4]]), NAN)
    planes = np.concatenate([planes[:4], spans]).astype(np.float32)
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
    assert np.array_equal(found.layers["ndvi_trend"][:3, 0], planes[:3], equal_nan=True)
    assert set(found.codes) == set(settle.codes(asked, CONTEXT))
    tested = np.isfinite(planes[1])
    for name, known in zip(SPANS, (3, 50, 4), strict=True):
        assert np.array_equal(found.codes["ndvi" + name][0], np.where(tested, known, -1))
    return model, found.layers["ndvi_trend"][3, 0], found.codes["ndvi"][0]


P_VALUES = np.array(
    [[-0.02, 0.01, 0.0, -0.001, NAN, NAN, 0.03], [0.01, 0.03, 0.02, 0.9, NAN, NAN, 0.2],
     [96, 96, 96, 96, 5, NAN, 96], [-1, 1, 1, -1, 0, NAN, 1]], np.float32
)  # fmt: skip
"""Slope, p, count and S's sign: five were tested, one has too few months, one lies beyond zones."""


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


def test_a_slope_against_the_sign_of_what_was_tested_is_no_trend() -> None:
    planes = P_VALUES.copy()
    planes[3, 1] = -1
    _, plane, codes = significance(planes, 1)
    np.testing.assert_array_equal(plane, [-1, 0, 0, 0, NAN, NAN, 0])
    assert CLASSES[codes[1]] == "none"


def test_the_stricter_corrections_find_less() -> None:
    _, plane, _ = significance(P_VALUES, 1, false_discovery=0.04)
    assert np.nansum(np.abs(plane)) == 0  # 0.01 > 0.04 * 1 / 5, 0.03 > 0.04 * 3 / 5
    model, plane, _ = significance(P_VALUES, 1, correction="benjamini-yekutieli")
    assert json.loads(json.dumps(model["ndvi_p_limit"].tolist(), allow_nan=False)) == 0
    assert np.nansum(np.abs(plane)) == 0  # 0.03 > 0.1 * 3 / 5 / 2.28, and so on


def test_a_map_without_a_test_has_nothing_significant() -> None:
    planes = np.full((4, 4), NAN, np.float32)
    planes[2, :3] = 0
    model, plane, codes = significance(planes, 2)
    assert (model["ndvi_tested_px"], model["ndvi_p_limit"]) == (0, 0)
    assert np.isnan(plane).all()
    assert codes.tolist() == [3, 3, 3, -1]


@pytest.mark.parametrize("test", ["hamed-rao", "correlated-seasonal"])
@pytest.mark.parametrize("name", ["ndvi", "vv"])
def test_its_memory_is_planned(name: str, test: str) -> None:
    """What `observe` takes beside the stack, its months and the layers that it makes."""
    context = Context(CONTEXT.period, ("s1",), {"s1": {"vv": Band("vv", "power", ("vv",))}})
    asked = made(index=[name], test=test)
    (span,) = TREND.need(asked, context).spans
    pixels = np.tile(forest(64, -0.02), (1, 64)).reshape(-1, 64, 64)
    inside = np.ones((64, 64), np.bool_)
    stack = Stack(span, tuple(MONTHS), {name: pixels}, inside.astype(np.uint16), inside)
    stack.monthly(name)
    TREND.observe(asked, context, stack)  # compiles, and imports
    tracemalloc.start()
    try:
        layers = TREND.observe(asked, context, stack)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    planes = sum(one.nbytes for one in layers.values())
    assert peak <= planes + 64 * 64 * TREND.bytes_per_px(asked, context, len(MONTHS))


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
        ({"min_years": 1}, "greater than or equal to 2"),
        ({"alpha": 0.05}, "not permitted"),
        ({"false_discovery": 0}, "greater than 0"),
    ],
)
def test_settings_are_refused(keys: dict[str, Any], match: str) -> None:
    with pytest.raises(ValidationError, match=match):
        made(**keys)
