"""Which groups are secret."""

from __future__ import annotations

import json
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


def test_copies_that_a_run_left_of_one_file_are_of_one_file(tmp_path: Path) -> None:
    names = {"mines": "mines_list.csv", "pits": "pits_list.gpkg", "towns": "towns_list.csv"}
    hashes = {"mines": "ab" * 32, "pits": "ab" * 32, "towns": "cd" * 32}
    for role, name in names.items():
        (tmp_path / name).write_text(role, "utf-8")
    listed = [
        {"role": f"zones.{role}", "origin": "list", "sha256": hashes[role], "copy": name}
        for role, name in names.items()
    ]
    (tmp_path / "inputs.json").write_text(json.dumps({"inputs": listed}), "utf-8")
    groups = {role: ZoneGroup(path=str(tmp_path / name)) for role, name in names.items()}
    groups["mines"] = groups["mines"].model_copy(update={"sensitive": True})
    assert secret_groups(groups, None) == {"mines", "pits"}
    layer = ContextLayer(path=str(tmp_path / names["pits"]), kind="place")
    assert secret_context(groups, {"mines"}, [layer]) == {("place", "")}


def test_a_copy_is_of_the_address_that_the_list_names(tmp_path: Path) -> None:
    (tmp_path / "mines_a.csv").write_text("id", "utf-8")
    url = "https://a.example/m.csv?sig="
    entry = {"origin": f"{url}***", "sha256": "ab" * 32, "copy": "mines_a.csv"}
    (tmp_path / "inputs.json").write_text(json.dumps({"inputs": [entry]}), "utf-8")
    groups = {
        "mines": ZoneGroup(path=str(tmp_path / "mines_a.csv"), sensitive=True),
        "pits": ZoneGroup(path=f"{url}abcdef"),
        "towns": ZoneGroup(path="https://a.example/t.csv"),
    }
    assert secret_groups(groups, None) == {"mines", "pits"}


def test_the_same_bytes_under_two_names_are_one_file(tmp_path: Path) -> None:
    for name, text in (("mines", "id\n"), ("camps", "id\n"), ("towns", "name\n")):
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    groups = {
        name: ZoneGroup(path=str(tmp_path / f"{name}.csv"), sensitive=name == "mines")
        for name in ("mines", "camps", "towns")
    }
    assert secret_groups(groups, None) == {"mines", "camps"}


@pytest.mark.parametrize("text", ["", "[]", '{"inputs": [3]}', '{"inputs": {"copy": "a"}}'])
def test_a_broken_list_says_nothing_of_copies(tmp_path: Path, text: str) -> None:
    (tmp_path / "inputs.json").write_text(text, "utf-8")
    groups = {}
    for name in ("mines", "towns"):
        (tmp_path / f"{name}.csv").write_text(name, "utf-8")
        groups[name] = ZoneGroup(path=str(tmp_path / f"{name}.csv"), sensitive=name == "mines")
    assert secret_groups(groups, None) == {"mines"}


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
