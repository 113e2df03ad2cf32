"""A run leaves what is drawn round its zones, with a copy of its files and their credit."""

from __future__ import annotations

import json
from typing import Any

from landcover.synthetic.oddities import CREDIT, ODD_PLACES


def test_a_run_leaves_context_near_its_zones(finished: Any) -> None:
    context = finished.shown().context
    assert set(context) == {"river", "road", "place"}
    assert context["river"]["label"].tolist() == [ODD_PLACES["rivers"]]
    assert context["place"]["label"].tolist() == [ODD_PLACES["places"]]
    assert {credit for one in context.values() for credit in one["credit"]} == {CREDIT}
    west, south, east, north = finished.shown().zones.total_bounds
    x, y = context["river"].geometry[0].centroid.coords[0]
    assert west < x < east
    assert south < y < north


def test_its_files_are_copied_and_listed(finished: Any) -> None:
    folder = finished.out / "inputs"
    listed = json.loads((folder / "inputs.json").read_text("utf-8"))["inputs"]
    found = {one["role"]: one for one in listed if one["role"].startswith("context")}
    assert [found[f"context[{k}]"]["origin"] for k in range(3)] == [
        "rivers.geojson", "roads.geojson", "places.geojson"
    ]  # fmt: skip
    assert {one["credit"] for one in found.values()} == {CREDIT}
    assert all((folder / one["copy"]).is_file() for one in found.values())
