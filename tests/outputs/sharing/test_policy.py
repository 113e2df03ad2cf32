"""Which groups are secret."""

from __future__ import annotations

import pytest

from landcover.outputs.sharing import secret_groups
from landcover.zones.settings import ZoneGroup

FILE = ZoneGroup(path="b.gpkg")
MARKED = ZoneGroup(path="a.gpkg", sensitive=True)


@pytest.mark.parametrize(
    ("groups", "positions", "secret"),
    [
        ({"sites": FILE}, None, set()),
        ({"sites": MARKED}, None, {"sites"}),
        ({"sites": MARKED}, "exact", set()),
        ({"sites": MARKED, "villages": FILE}, "withheld", {"sites"}),
        ({"sites": MARKED, "reserves": ZoneGroup(path="a.gpkg", layer="r")}, "withheld", {"sites"}),
        ({"sites": FILE, "reserves": ZoneGroup(path="r.gpkg")}, "withheld", {"sites"}),
        ({"mines": ZoneGroup(path="a.csv", kind="site")}, 5.0, {"mines"}),
    ],
)
def test_marked_groups_are_secret_and_else_sites_where_the_job_asks(
    groups: dict[str, ZoneGroup], positions: str | float | None, secret: set[str]
) -> None:
    assert secret_groups(groups, positions) == secret


def test_groups_chosen_by_where_a_secret_one_lies_are_secret_too() -> None:
    groups = {
        "mines": MARKED,
        "controls": ZoneGroup.model_validate({"from": "mines", "count": 3}),
        "villages": ZoneGroup.model_validate(
            {"path": "v.gpkg", "near": {"group": "mines", "within_m": 500.0}}
        ),
        "reserves": FILE,
    }
    assert secret_groups(groups, None) == {"mines", "controls", "villages"}


def test_other_rows_of_a_secret_file_are_secret_too() -> None:
    gold = ZoneGroup(path="a.gpkg", where="mineral = 'gold'")
    assert secret_groups({"mines": MARKED, "gold": gold, "roads": FILE}, None) == {"mines", "gold"}
