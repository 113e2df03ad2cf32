"""What a right program answers, by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from shapely import box

from landcover.errors import InputError
from landcover.synthetic import Weather, answers, country, passes, truth
from landcover.synthetic.answers import ClearRule


def test_cloud_grows_by_a_disc() -> None:
    mask = np.full((5, 7), 4, dtype=np.uint8)
    mask[2, 3] = 9
    grown = answers.clear(mask, 20, ClearRule(grown_m=30))
    # Within 1.5 px of the cloud: its eight neighbours.
    expected = np.ones((5, 7), dtype=bool)
    expected[1:4, 2:5] = False
    assert np.array_equal(grown, expected)
    exact = answers.clear(mask, 20, ClearRule(grown_m=20))
    assert exact.sum() == 35 - 5
    assert answers.clear(mask, 20, ClearRule(grown_m=0)).sum() == 34


def test_a_class_that_is_kept_does_not_grow() -> None:
    mask = np.full((5, 5), 4, dtype=np.uint8)
    mask[2, 2] = 10
    rule = ClearRule(clear=frozenset({4, 10}), grown_m=60)
    assert answers.clear(mask, 20, rule).all()


def test_other_classes_are_dropped_but_do_not_grow() -> None:
    mask = np.array([[0, 1, 2, 3, 4, 5, 6, 7, 11]], dtype=np.uint8)
    kept = answers.clear(mask, 20, ClearRule(grown_m=0))
    assert kept.tolist() == [[False] * 4 + [True] * 3 + [False] * 2]


def test_indices_by_hand() -> None:
    bands = {"nir": np.array([[0.3, 0.0]]), "red": np.array([[0.1, 0.0]])}
    found = answers.index(bands, "ndvi")
    assert found[0, 0] == pytest.approx(0.5)
    assert np.isnan(found[0, 1])
    assert answers.index(bands, "red") is bands["red"]
    with pytest.raises(InputError, match="no index 'evi3'"):
        answers.index(bands, "evi3")


def test_composites_by_hand() -> None:
    values = np.array([[[1.0, np.nan]], [[4.0, np.nan]], [[2.0, 5.0]]])
    median = answers.composite(values)
    assert median.values.tolist() == [[2.0, 5.0]]
    assert median.count.tolist() == [[3, 1]]
    assert answers.composite(values, "mean").values[0, 0] == pytest.approx(7 / 3)
    assert answers.composite(values, "p25").values[0, 0] == pytest.approx(1.5)
    assert answers.composite(values, "max").values[0, 0] == 4
    few = answers.composite(values, "median", min_count=2).values
    assert few[0, 0] == 2
    assert np.isnan(few[0, 1])
    with pytest.raises(InputError, match="no statistic 'mode'"):
        answers.composite(values, "mode")


def test_a_stack_is_clear_ndvi() -> None:
    land = country(64)
    days = (date(2022, 1, 10), date(2022, 2, 10))
    found = answers.stack(land, days)
    assert found.shape == (2, 64, 64)
    one = passes(land, days)[0]
    mask = truth.observed(land, one, ())["scl"]
    kept = answers.clear(mask, 20).repeat(2, 0).repeat(2, 1)
    assert np.array_equal(found[0], np.where(kept, answers.ndvi(land, one), np.nan), equal_nan=True)


def test_two_squares_make_one_country() -> None:
    weather = Weather(swath_edge=0)
    whole, halves = (
        country(120, weather=weather),
        country(120, weather=weather, layout="two_squares"),
    )
    day = (date(2022, 1, 10),)
    # Without growth a pixel's clearness does not depend on which square shows it.
    rule = ClearRule(grown_m=0)
    assert np.array_equal(
        answers.stack(whole, day, rule=rule), answers.stack(halves, day, rule=rule), equal_nan=True
    )


def test_two_zones_fill_the_country() -> None:
    weather = Weather(clouds=0, residual=0, swath_edge=0, speckle=0, bright_called_cloud=0)
    land = country(120, lon=29.98, layout="two_zones", weather=weather, noise=0)
    (found,) = answers.stack(land, (date(2022, 1, 10),), "nir")
    assert np.isfinite(found).mean() > 0.999
    true = truth.reflectance(land, date(2022, 1, 10), "nir")
    # West: home pixels, rounded. East: the nearest pixel of another zone.
    assert np.abs(found - true)[:, :70].max() <= 0.5001e-4
    assert np.median(np.abs(found - true)[:, 75:]) < 0.01


def test_a_zone_mean_by_hand() -> None:
    land = country(64)
    values = np.full((64, 64), np.nan)
    values[0, 0], values[0, 1] = 0.2, 0.8
    left, top = land.left_m, land.top_m
    zone = box(left, top - 10, left + 15, top)
    found = answers.zone_mean(land, values, zone)
    assert found.count == pytest.approx(1.5)
    assert found.mean == pytest.approx((0.2 + 0.8 * 0.5) / 1.5, abs=1e-6)
    assert found.clear_fraction == pytest.approx(1)
    # 150 m² of the plane; some 0.1 % less or more on the ground.
    assert found.clear_ha == pytest.approx(0.015, rel=2e-3)
    empty = answers.zone_mean(land, values, box(left, top - 300, left + 50, top - 200))
    assert empty.count == 0
    assert np.isnan(empty.mean)
