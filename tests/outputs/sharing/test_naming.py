"""Zones that settings name."""

from __future__ import annotations

from typing import Any

import pytest

from landcover.outputs.sharing.naming import Named, named_by, open_settings
from landcover.products.disturbance import DisturbanceSettings

NAMED = Named({"sites"}, {"MC1", "Mine 1"})


def _disturbance(*zones: str) -> Any:
    return DisturbanceSettings.model_validate(
        {"index": "ndvi", "history": ["2020-01-01", "2022-01-01"], "stable": {"zones": [*zones]}}
    )


@pytest.mark.parametrize(
    ("names", "left"),
    [
        (("reserves", "reserves/Okapi"), ("reserves", "reserves/Okapi")),
        (("sites", "reserves"), ("reserves",)),
        (("sites/MC9", "pits/MC1", "pits/mine 1", "pits/MC11"), ("pits/MC11",)),
        ((), ()),
    ],
)
def test_secret_groups_ids_and_names_are_left_out(
    names: tuple[str, ...], left: tuple[str, ...]
) -> None:
    assert NAMED.left(names) == left


def test_settings_lose_the_secret_zones_alone() -> None:
    products = {"disturbance": _disturbance("sites", "reserves")}
    assert named_by(products) == ("sites", "reserves")
    opened = open_settings(products, NAMED)
    assert opened == {"disturbance": _disturbance("reserves")}
    fine = {"disturbance": _disturbance("reserves")}
    assert open_settings(fine, NAMED)["disturbance"] is fine["disturbance"]


def test_an_account_loses_names_in_lists_and_sentences() -> None:
    told = {"a": [{"zones": ["sites/MC1", "reserves"], "n": 3}], "words": {"en": "In sites/MC1."}}
    assert NAMED.without(told, ("sites/MC1",)) == {
        "a": [{"zones": ["reserves"], "n": 3}],
        "words": {"en": "In …."},
    }
    assert NAMED.without("In reserves, sites.", ("reserves", "sites")) == "In reserves."
    assert NAMED.without(told, ()) == told
