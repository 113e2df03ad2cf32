"""`landcover check`: every mistake, every file."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]


def change(study: Path, old: str, new: str) -> None:
    """Change the job's text."""
    path = study / "job.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_a_right_job_is_summed_up(call: Call, study: Path) -> None:
    ended = call("check", study / "job.yaml")
    assert ended.code == 0
    assert ended.err == ""
    assert "small: A small job" in ended.out
    assert "from 2020-01-01 to 2021-12-31 (731 days)" in ended.out
    assert "The job is right" in ended.out


def test_json_is_only_json(call: Call, study: Path) -> None:
    ended = call("check", study / "job.yaml", "--json")
    found = json.loads(ended.out)
    assert (ended.code, found["ok"], found["problems"]) == (0, True, [])
    assert found["period"] == {"start": "2020-01-01", "end": "2022-01-01"}
    by_kind = {(row["group"], row["kind"]): row for row in found["zones"]}
    assert by_kind["sites", "ring"]["count"] == 4
    # two places over 5 km apart: rings of 1 km are whole discs, pi * 1 km² each
    assert by_kind["sites", "ring"]["area_ha"] == pytest.approx(2 * 314.159, rel=1e-3)


def test_sites_near_a_reserve_are_counted(call: Call, study: Path) -> None:
    (study / "park.csv").write_text("id,lon,lat\nhere,28.5,1.5\n")
    near = "near: {group: park, within_m: 90000}"
    park = "  park: {path: park.csv, id: id, rings_m: [10], outside_m: []}\n"
    change(study, "zones:\n", f"zones:\n{park}")
    change(study, "sites: {", f"sites: {{{near}, ")
    ended = call("check", study / "job.yaml")
    assert ended.code == 0
    assert "sites by their distance from park: 2 of 2" in ended.out
    table = ended.out.split("2 of 2")[1].split("Sources")[0]
    assert table.split()[:3] == ["inside", "0-90", "km"]
    (found,) = json.loads(call("check", study / "job.yaml", "--json").out)["nearby"]
    assert (found["group"], found["of"], found["given"]) == ("sites", "park", 2)
    assert found["inside"] + found["spans"][0]["count"] == 2


def test_a_hint_goes_to_stderr(call: Call, study: Path) -> None:
    change(study, "period: [2020, 2021]", "period: {start: 2020-01-01, end: 2021-12-31}")
    ended = call("check", study / "job.yaml")
    assert ended.code == 0
    assert ended.err.startswith("note: period.end: the last day used is 2021-12-30.")


def test_problems_of_the_text(call: Call, study: Path) -> None:
    change(study, "name: small", "nmae: small\nname: ../up")
    ended = call("check", study / "job.yaml")
    lines = ended.err.splitlines()
    assert ended.code == 2
    assert lines[0].endswith("job.yaml:2:1: nmae: unknown key. Did you mean 'name'?")
    assert ":3:7: name: '../up' cannot be a name." in lines[1]
    found = json.loads(call("check", study / "job.yaml", "--json").out)
    assert [(p["line"], p["column"], p["key"]) for p in found["problems"]] == [
        (2, 1, "nmae"),
        (3, 7, "name"),
    ]
    assert found["ok"] is False


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("zones/sites.csv", "zones/none.csv", "zones.sites"),
        ("id: pcode", "id: nocolumn", "zones.sites"),
        ("scenes/catalog.json", "scenes/none.json", "sources[0].catalog: there is no file"),
        ("scenes/catalog.json", "zones/sites.csv", "sources[0].catalog"),
        ("scenes/catalog.json", "zones", "sources[0].catalog"),
        (
            "catalog.json}",
            "catalog.json, allow_paths: [nowhere]}",
            "sources[0].allow_paths[0]: there is no folder",
        ),
        ("period:", "context: [{path: no.gpkg}]\nperiod:", "context[0].path: there is no file"),
        ("period:", "context: [{path: job.yaml}]\nperiod:", "context[0].path"),
        (
            "composite: {index: [ndvi]}",
            "disturbance:\n    stable: {zones: [sites/A1, sites/Mine C]}",
            "products.disturbance.stable.zones: no zone is called 'sites/Mine C'",
        ),
    ],
)
def test_a_file_that_cannot_be_used(
    call: Call, study: Path, old: str, new: str, where: str
) -> None:
    change(study, old, new)
    ended = call("check", study / "job.yaml")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    place = re.escape(str(study / "job.yaml")) + r":\d+:\d+: "
    assert re.match(place + re.escape(where), ended.err), ended.err


def test_all_files_at_once(call: Call, study: Path) -> None:
    change(study, "zones/sites.csv", "zones/none.csv")
    change(study, "sources:", "  more: {path: zones/other.csv}\nsources:")
    change(study, "scenes/catalog.json", "scenes/none.json")
    ended = call("check", study / "job.yaml", "--json")
    assert ended.code == 2
    keys = [problem["key"] for problem in json.loads(ended.out)["problems"]]
    assert len(keys) == 3
    assert keys[2] == "sources[0].catalog"


@pytest.fixture
def silent() -> Iterator[str]:
    """Return an address on this machine at which nobody answers."""
    with socket.socket() as held:  # bound, never listening: no other program can take the port
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask an address once only."""
    monkeypatch.setattr("landcover.net.http.TRIES", 0)


@pytest.mark.usefixtures("impatient")
def test_addresses_that_do_not_answer_are_no_mistake_of_the_job(
    call: Call, study: Path, silent: str
) -> None:
    change(study, "zones/sites.csv", f"{silent}/sites.csv")
    change(study, "sources:", f"  more: {{path: {silent}/more.geojson}}\nsources:")
    ended = call("check", study / "job.yaml")
    assert ended.code == call("plan", study / "job.yaml").code == 1
    assert [line.split(": ")[1] for line in ended.err.splitlines()] == [
        "zones.sites.path",
        "zones.more.path",
    ]
    assert ended.err.count("no connection") == 2
    told = call("check", study / "job.yaml", "--json")
    found = json.loads(told.out)
    assert (told.code, found["ok"], len(found["problems"])) == (1, False, 2)


@pytest.mark.usefixtures("impatient")
def test_beside_a_true_mistake_they_do_not_count(call: Call, study: Path, silent: str) -> None:
    change(study, "zones/sites.csv", f"{silent}/sites.csv")
    change(study, "scenes/catalog.json", "scenes/none.json")
    ended = call("check", study / "job.yaml", "--json")
    assert ended.code == 2
    keys = [problem["key"] for problem in json.loads(ended.out)["problems"]]
    assert keys == ["zones.sites.path", "sources[0].catalog"]


def test_set_overrides_a_key(call: Call, study: Path) -> None:
    ended = call(
        "check", study / "job.yaml", "--json", "--set", "name=other", "--set", "period=[2020, 2020]"
    )
    found = json.loads(ended.out)
    assert (found["job"], found["period"]["end"]) == ("other", "2021-01-01")


def test_a_parquet_catalog_and_layers_of_context_open(call: Call, study: Path) -> None:
    (study / "scenes" / "items.parquet").write_bytes(b"PAR1....PAR1")
    shapes = '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, '
    shapes += '"geometry": {"type": "Point", "coordinates": [28.5, 1.5]}}]}'
    (study / "roads.geojson").write_text(shapes, "utf-8")
    change(study, "scenes/catalog.json", "scenes/items.parquet")
    change(study, "period:", "context: [{path: roads.geojson}]\nperiod:")
    assert call("check", study / "job.yaml").code == 0
