"""Zones that a product learns from, by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from affine import Affine
from pyproj import Transformer
from shapely.geometry import box

from landcover.engine.brief import Work
from landcover.engine.chosen import check_chosen, chosen_zones
from landcover.engine.settle_task import seen_in
from landcover.errors import PlanError
from landcover.model import Grid, Period, Zone
from landcover.products.base import Context, Stored
from landcover.products.disturbance import PRODUCT, DisturbanceSettings

ZONES = tuple(
    Zone(name[:2], name, "reserve", group, box(28, 1, 29, 2), 1.0)
    for group, name in (("reserves", "Okapi"), ("reserves", "Virunga"), ("sites", "Okapi"))
)


def work(*names: str) -> Work:
    keys = DisturbanceSettings.model_validate({"stable": {"zones": list(names)}})
    context = Context(Period(date(2017, 1, 1), date(2024, 1, 1)), ("s2",))
    return Work("disturbance", keys, PRODUCT.need(keys, context), ("s2",))


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        ((), set()),
        (("reserves/Okapi",), {0}),
        (("reserves/Ok", "sites/Okapi"), {0, 2}),
        (("reserves",), {0, 1}),
        (("Okapi",), set()),
    ],
)
def test_a_zone_is_named_by_group_and_name(names: tuple[str, ...], numbers: set[int]) -> None:
    assert chosen_zones(ZONES, names) == numbers


def test_a_name_that_no_zone_has_is_refused() -> None:
    for names in ((), ("reserves/Okapi", "sites")):
        check_chosen([(PRODUCT, work(*names).settings)], ZONES)
    told = r"no zone is called 'reserves/Garamba'.*reserves/Virunga"
    with pytest.raises(PlanError, match=told) as caught:
        check_chosen([(PRODUCT, work("reserves/Garamba").settings)], ZONES)
    assert caught.value.where == "products.disturbance.stable.zones"


def test_learning_sees_the_chosen_zones_alone() -> None:
    """Two zones of 10 m pixels side by side; one of them is named."""
    back = Transformer.from_crs("EPSG:32635", "EPSG:4326", always_xy=True).transform
    halves = [box(*back(x, 99_920), *back(x + 40, 100_000)) for x in (500_000, 500_040)]
    zones = tuple(
        replace(zone, geometry=half) for zone, half in zip(ZONES[:2], halves, strict=True)
    )
    grid = Grid("EPSG:32635", Affine(10, 0, 500_000, 0, -10, 100_000), (8, 8))
    inside = np.ones((8, 8), np.bool_)
    stored = Stored({}, inside, np.ones((8, 8)), (slice(0, 8),) * 2, 0, 0, grid)
    brief: Any = SimpleNamespace(zones=zones)
    outlook: Any = SimpleNamespace(zones=(0, 1))
    assert seen_in(brief, outlook, (), stored) is stored
    own = seen_in(brief, outlook, ("reserves/Virunga",), stored).inside
    assert own[:, 5:].all()
    assert not own[:, :3].any()
