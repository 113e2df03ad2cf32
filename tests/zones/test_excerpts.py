"""What is taken of a file: odd kinds of JSON, and columns of every type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from landcover.model import InputFile
from landcover.zones.excerpts import Excerpt, excerpt
from landcover.zones.features import Value
from landcover.zones.vector import Vector, read_vector

PLACES = Path(__file__).resolve().parents[2].parent / "shared" / "places"


def _taken(path: Path, *columns: str, **more: Any) -> Excerpt:
    return excerpt(InputFile(str(path), str(path), "", "zones.a", columns=columns, **more), "a")


@pytest.mark.parametrize(
    "cells",
    [(1, 2, 3), (1.5, None, 2.5), (True, False, True), ("é", None, ""), (1, "a", None),
     (None, None, None), (2**40, 1, -5)],
)  # fmt: skip
def test_cells_come_back_as_they_were(tmp_path: Path, cells: tuple[Value, ...]) -> None:
    points = np.array([shapely.Point(28.1, 1), None, shapely.box(28, 1, 29, 2)], dtype=object)
    vector = Vector(("c",), (1, 2, 3), points, tuple((cell,) for cell in cells), "EPSG:4326", ())
    path = tmp_path / "a.gpkg"
    Excerpt(".gpkg", vector, "a").write(path)
    again = read_vector(path, None, {"c": "keep"}, None, "zones.a")
    mixed = len({type(cell) for cell in cells if cell is not None}) > 1
    wanted = [str(cell) if mixed and cell is not None else cell for cell in cells]
    assert again.column("c") == wanted
    assert [one and one.wkb for one in again.geometry] == [one and one.wkb for one in points]


def test_topojson_and_a_single_shape_become_geopackages(tmp_path: Path) -> None:
    ring = [[28, 1], [28.5, 1], [28.5, 1.5], [28, 1]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    single = tmp_path / "single.geojson"
    single.write_text(json.dumps({"type": "Feature", "properties": {"k": 1}, "geometry": shape}))
    topology = {
        "type": "Topology",
        "arcs": [ring],
        "objects": {"o": {"type": "GeometryCollection", "geometries": [
            {"type": "Polygon", "arcs": [[0]], "properties": {"k": "z"}}]}},
    }  # fmt: skip
    topo = tmp_path / "topo.json"
    topo.write_text(json.dumps(topology))
    assert _taken(single, "k").suffix == _taken(topo, "k").suffix == ".gpkg"


def test_a_collection_keeps_only_what_geometry_is_made_of(tmp_path: Path) -> None:
    point = {"type": "Point", "coordinates": [28.10, 1, 900.25], "who": "me"}
    both = {"type": "GeometryCollection", "geometries": [point, point], "who": "me"}
    feature = {"type": "Feature", "properties": None, "geometry": both}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    taken = _taken(path, "k", layer="aires")
    assert isinstance(taken.content, bytes)
    assert b"who" not in taken.content
    document = json.loads(taken.content)
    assert document["name"] == "aires"
    parts = document["features"][0]["geometry"]["geometries"]
    assert parts[0] == {"type": "Point", "coordinates": [28.1, 1, 900.25]}


def test_a_text_that_is_no_unicode_is_still_json(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", '
        '"properties": {"k": "\\ud800é"}, "geometry": null}]}'
    )
    content = _taken(path, "k").content
    assert isinstance(content, bytes)
    assert json.loads(content)["features"][0]["properties"]["k"] == "\ud800é"


def test_real_sites_keep_every_position_and_lose_all_other_columns(tmp_path: Path) -> None:
    path = PLACES / "ipis_asm_sites_minimal.geojson"
    if not path.is_file():
        pytest.skip("../shared/places is not there")
    field = str(pyogrio.read_info(path)["fields"][0])
    taken = _taken(path, field)
    taken.write(tmp_path / "a.geojson")
    before, after = (json.loads(one.read_text("utf-8")) for one in (path, tmp_path / "a.geojson"))
    assert len(after["features"]) == 3409
    assert [one["geometry"] for one in after["features"]] == [
        one["geometry"] for one in before["features"]
    ]
    assert {key for one in after["features"] for key in one["properties"]} == {field}
