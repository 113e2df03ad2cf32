"""Which groups are secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from landcover.outputs.sharing import secret_context, secret_groups
from landcover.zones.settings import ContextLayer, ZoneGroup

FILE = ZoneGroup(path="b.gpkg")
MARKED = ZoneGroup(path="a.gpkg", sensitive=True)
LAYER = ZoneGroup(path="a.gpkg", layer="s", sensitive=True)


@pytest.mark.parametrize(
    ("groups", "positions", "secret"),
    [
        ({"sites": FILE}, None, set()),
        ({"sites": MARKED}, None, {"sites"}),
        ({"sites": MARKED}, "exact", set()),
        ({"sites": MARKED, "villages": FILE}, "withheld", {"sites"}),
        ({"sites": LAYER, "reserves": ZoneGroup(path="a.gpkg", layer="r")}, "withheld", {"sites"}),
        ({"sites": LAYER, "pits": ZoneGroup(path="a.gpkg")}, None, {"sites", "pits"}),
        ({"sites": MARKED, "pits": ZoneGroup(path="a.gpkg", layer="r")}, None, {"sites", "pits"}),
        ({"sites": MARKED, "pits": ZoneGroup(path="./b/../a.gpkg")}, None, {"sites", "pits"}),
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


def test_a_link_to_a_secret_file_is_that_file(tmp_path: Path) -> None:
    (tmp_path / "mines.csv").write_text("id\n", "utf-8")
    (tmp_path / "towns.csv").symlink_to("mines.csv")
    mines = ZoneGroup(path=str(tmp_path / "mines.csv"), sensitive=True)
    towns = ZoneGroup(path=str(tmp_path / "towns.csv"))
    assert secret_groups({"mines": mines, "towns": towns}, None) == {"mines", "towns"}


def test_context_from_a_secret_file_is_secret() -> None:
    groups = {"mines": LAYER, "reserves": FILE}
    layers = [
        ContextLayer(path="./a.gpkg", kind="place", credit="us"),
        ContextLayer(path="a.gpkg", layer="roads", kind="road"),
        ContextLayer(path="a.gpkg", layer="s", kind="other"),
        ContextLayer(path="b.gpkg", kind="border"),
    ]
    assert secret_context(groups, {"mines"}, layers) == {("place", "us"), ("other", "")}
    assert secret_context(groups, (), layers) == set()
