"""The mark of a place's page: what its numbers hang on, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from affine import Affine

from landcover import sensors
from landcover.catalog.settings import Source
from landcover.engine.order import make_order
from landcover.engine.point import source_digest
from landcover.engine.settings import SeriesSettings
from landcover.model import Grid, Period, Scene, Sensor
from landcover.products import PRODUCTS

GRID = Grid("EPSG:32635", Affine(30, 0, 600_000, 0, -30, 200_000), (40, 40))

PERIOD = Period(date(2015, 1, 1), date(2021, 1, 1))


@pytest.fixture
def mark(build: Any) -> Callable[..., str]:
    """Return ``mark(...)``: the mark of a page, with something changed."""
    scene = build.scene(date(2019, 5, 1), "a", source="l8", bands=("red", "nir", "qa", "blue"))

    def make(change: Callable[[Sensor], Sensor] = lambda sensor: sensor, scene: Scene = scene,
             **keys: Any) -> str:  # fmt: skip
        told = {"sensor": "landsat-c2-l2", "catalog": "/c.json", "name": "l8"}
        source = Source.model_validate(told)
        product = PRODUCTS["disturbance"]
        asked = [(product, product.Settings.model_validate(keys))]
        profile = change(sensors.load("landsat-c2-l2"))
        order = make_order(
            PERIOD, (source,), {"l8": profile}, asked, SeriesSettings(), "nearest"
        )  # fmt: skip
        return source_digest(order, order.works[0], [scene], GRID)

    make.scene = scene  # type: ignore[attr-defined]
    return make


def other_bit(sensor: Sensor) -> Sensor:
    """Take another value of the first field of bits for clear."""
    assert sensor.mask is not None
    first, *rest = sensor.mask.fields
    fields = (replace(first, clear=frozenset({0, 1})), *rest)
    return replace(sensor, mask=replace(sensor.mask, fields=fields))


def other_nodata(sensor: Sensor) -> Sensor:
    assert sensor.mask is not None
    return replace(sensor, mask=replace(sensor.mask, nodata=77))


def valid(name: str) -> Callable[[Sensor], Sensor]:
    """Bound a band of a sensor."""

    def change(sensor: Sensor) -> Sensor:
        band = replace(sensor.bands[name], valid=(0.0, 0.5))
        return replace(sensor, bands={**sensor.bands, name: band})

    return change


@pytest.mark.parametrize("change", [other_bit, other_nodata, valid("nir")])
def test_what_decides_a_mask_or_a_number_changes_the_mark(
    mark: Callable[..., str], change: Callable[[Sensor], Sensor]
) -> None:
    assert mark(change) != mark()


@pytest.mark.parametrize(
    "keys",
    [
        {"index": "nbr"},
        {"min_ha": 0.5},
        {"robust": {"least_days": 200}},
        {"method": "bfast"},
        {"history": {"start": "2015-01-01", "end": "2017-06-30"}},
    ],
)
def test_settings_of_the_page_change_the_mark(
    mark: Callable[..., str], keys: dict[str, Any]
) -> None:
    assert mark(**keys) != mark()


@pytest.mark.parametrize(
    "keys",
    [
        {"trials": {"every_px": 7}},
        {"stable": {"index_at_least": 0.5}},
        {"bfast": {"least_days": 200}},
        {"source": "l8"},
        {"history": {"start": "2015-01-01", "end": "2018-01-01"}},
    ],
)
def test_what_changes_no_number_leaves_the_mark(
    mark: Callable[..., str], keys: dict[str, Any]
) -> None:
    assert mark(**keys) == mark()


def test_what_is_not_read_leaves_the_mark(mark: Any) -> None:
    scene, blue = mark.scene, mark.scene.assets["blue"]
    other = {**scene.assets, "blue": replace(blue, scale=5.0)}
    assert mark(valid("blue")) == mark()
    assert mark(scene=replace(scene, assets=other)) == mark()
    moved = {name: replace(one, href=f"/moved/{name}.tif") for name, one in scene.assets.items()}
    assert mark(scene=replace(scene, assets=moved)) == mark()


@pytest.mark.parametrize("keys", [{"clip": (0.0, 1.0)}, {"overview": 2}, {"offset": 0.1}])
def test_how_a_file_is_taken_changes_the_mark(mark: Any, keys: dict[str, Any]) -> None:
    scene = mark.scene
    nir = replace(scene.assets["nir"], **keys)
    assert mark(scene=replace(scene, assets={**scene.assets, "nir": nir})) != mark()


def test_what_decides_between_two_scenes_of_a_day_changes_the_mark(mark: Any) -> None:
    assert mark(scene=replace(mark.scene, baseline="05.09")) != mark()
    assert mark(scene=replace(mark.scene, yields_to=("s2",))) != mark()
