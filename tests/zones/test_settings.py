"""Keys of `zones` and `context`."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from landcover.zones.settings import ContextLayer, ZoneGroup


@pytest.mark.parametrize(
    ("group", "keys", "kind"),
    [
        ("reserves", {"path": "a.gpkg"}, "reserve"),
        ("sites", {"path": "a.csv"}, "site"),
        ("regions", {"path": "a.gpkg"}, "region"),
        ("rivers", {"path": "a.gpkg"}, "unit"),
        ("sites", {"path": "a.csv", "kind": "unit"}, "unit"),
        ("sites", {"from": "others", "count": 3}, "control"),
    ],
)
def test_what_zones_are(group: str, keys: dict[str, Any], kind: str) -> None:
    assert ZoneGroup.model_validate(keys).kind_in(group) == kind


@pytest.mark.parametrize("distances", [[0], [-5], [100, 100], [200, 100], [float("nan")], ["1"]])
@pytest.mark.parametrize("key", ["rings_m", "outside_m"])
def test_distances_increase(key: str, distances: list[Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        ZoneGroup.model_validate({"path": "a.csv", key: distances})
    assert caught.value.errors()[0]["loc"][0] == key


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"path": "a.csv", "from": "sites", "count": 3},
        {"from": "sites"},
        {"path": "a.csv", "count": 3},
        {"path": "a.csv", "lon": "x"},
        {"path": "a.csv", "kind": "park"},
        {"path": "a.csv", "seed": -1},
        {"path": ""},
        {"path": "a.csv", "at": [28.5, 1.5]},
        {"at": [28.5, 1.5], "from": "sites", "count": 3},
        {"at": [1.5, 95.0]},
        {"at": [28.5]},
        {"path": "a.csv", "latest": "visit_date"},
        {"path": "a.csv", "near": {"group": "reserves", "within_m": 0}},
        {"path": "a.csv", "near": {"group": "reserves"}},
        {"from": "sites", "count": 3, "near": {"group": "reserves", "within_m": 5}},
    ],
)
def test_a_group_is_whole(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ZoneGroup.model_validate(keys)


def test_a_place_may_be_whole_degrees() -> None:
    assert ZoneGroup.model_validate({"at": [29, 1]}).at == (29.0, 1.0)


def test_lists_and_single_names() -> None:
    group = ZoneGroup.model_validate({"path": "a.csv", "keep": "mineral1", "rings_m": [500, 1000]})
    assert group.keep == ("mineral1",)
    assert group.rings_m == (500.0, 1000.0)


def test_context_is_drawn() -> None:
    assert ContextLayer.model_validate({"path": "https://a.org/r.gpkg"}).kind == "other"
    with pytest.raises(ValidationError):
        ContextLayer.model_validate({"kind": "river"})
