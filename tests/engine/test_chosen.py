"""Zones that a product learns from, by name."""

from __future__ import annotations

from datetime import date

import pytest
from shapely.geometry import box

from landcover.engine.brief import Work
from landcover.engine.chosen import check_chosen, chosen_zones
from landcover.errors import PlanError
from landcover.model import Period, Zone
from landcover.products.base import Context
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
    check_chosen([work(), work("reserves/Okapi", "sites")], ZONES)
    with pytest.raises(PlanError, match=r"no zone is called 'reserves/Garamba'.*reserves/Virunga"):
        check_chosen([work("reserves/Garamba")], ZONES)
