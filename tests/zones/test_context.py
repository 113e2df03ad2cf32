"""What is drawn round zones: near them, cut at the edge, named, copied and listed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from landcover.errors import LandcoverError
from landcover.model import Zone
from landcover.zones import Context, ContextLayer, copy_inputs, load_context

ZONE = Zone("z", "Zone", "reserve", "reserves", shapely.box(28.0, 1.0, 29.0, 2.0), 1.0)
EDGE = (27.9, 0.9, 29.1, 2.1)
"""The zone's bounds and a tenth of its side."""

RIVER = shapely.LineString([(27.0, 1.5), (30.0, 1.5)])
FAR = shapely.LineString([(10.0, 1.5), (11.0, 1.5)])
VILLAGE = shapely.Point(28.5, 1.5)


def written(
    folder: Path, name: str, shapes: Sequence[Any], crs: str = "EPSG:4326", **columns: Any
) -> Path:
    """Write a vector file."""
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326").to_crs(crs)
    frame.to_file(folder / name, engine="pyogrio")
    return folder / name


def loaded(cache: Path, *layers: dict[str, Any]) -> Context:
    """Load layers as a job names them."""
    named = {f"context[{k}]": ContextLayer.model_validate(keys) for k, keys in enumerate(layers)}
    return load_context(named, (ZONE,), cache)


@pytest.mark.parametrize("name", ["r.gpkg", "r.geojson", "r.shp", "r.fgb"])
def test_what_lies_near_is_drawn_and_cut_at_the_edge(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name, [FAR, RIVER], NAME=["Uele", "Ituri"], owner=["x", "y"])
    found = loaded(tmp_path, {"path": str(path), "kind": "river", "label": "NAME", "credit": "OSM"})
    (river,) = found.layers
    assert (river.name, river.kind, river.shape, river.credit) == ("river", "river", "lines", "OSM")
    assert river.labels == ("Ituri",)
    assert shapely.total_bounds(river.geometry) == pytest.approx([27.9, 1.5, 29.1, 1.5])
    assert found.notes == ()


def test_a_plane_of_metres_is_brought_to_degrees(tmp_path: Path) -> None:
    path = written(tmp_path, "r.gpkg", [FAR, VILLAGE], crs="EPSG:32635")
    (place,) = loaded(tmp_path, {"path": str(path), "kind": "place"}).layers
    assert place.labels == ("",)
    assert shapely.get_coordinates(place.geometry).tolist() == [pytest.approx([28.5, 1.5])]


def test_a_file_may_hold_several_kinds_of_shapes_and_a_kind_several_files(tmp_path: Path) -> None:
    mixed = written(tmp_path, "m.gpkg", [VILLAGE, VILLAGE.buffer(0.1), RIVER])
    plain = written(tmp_path, "p.gpkg", [VILLAGE])
    found = loaded(
        tmp_path,
        {"path": str(mixed), "kind": "place"},
        {"path": str(plain), "kind": "place"},
        {"path": str(plain), "kind": "place"},
        {"path": str(plain), "kind": "gare"},
    )
    names = [(one.name, one.shape, one.kind) for one in found.layers]
    assert names == [
        ("place_points", "points", "place"), ("place_lines", "lines", "place"),
        ("place_areas", "areas", "place"), ("place", "points", "place"),
        ("place_2", "points", "place"), ("other", "points", "gare"),
    ]  # fmt: skip


def test_a_polygon_that_only_touches_the_edge_is_not_drawn_as_a_line(tmp_path: Path) -> None:
    beside = shapely.box(29.1, 1.0, 30.0, 2.0)
    bow = shapely.Polygon([(29.0, 1.0), (30.0, 2.0), (30.0, 1.0), (29.0, 2.0)])  # not valid
    path = written(tmp_path, "b.gpkg", [beside, bow])
    (border,) = loaded(tmp_path, {"path": str(path), "kind": "border"}).layers
    assert (border.shape, len(border.labels)) == ("areas", 1)
    assert shapely.box(*EDGE).buffer(1e-9).covers(border.geometry[0])


def test_nothing_near_is_told_and_not_drawn(tmp_path: Path) -> None:
    path = written(tmp_path, "far.gpkg", [FAR])
    found = loaded(tmp_path, {"path": str(path), "kind": "road"})
    assert found.layers == ()
    assert [str(note) for note in found.notes if "nothing of far.gpkg" in str(note)]
    copies = copy_inputs(found.inputs, tmp_path / "inputs")
    assert len(gpd.read_file(copies[0])) == 0


def test_only_what_a_condition_holds_for(tmp_path: Path) -> None:
    path = written(tmp_path, "r.gpkg", [RIVER, RIVER], highway=["primary", "path"])
    keys = {"path": str(path), "kind": "road", "label": "highway"}
    (road,) = loaded(tmp_path, {**keys, "where": "highway = 'primary'"}).layers
    assert road.labels == ("primary",)


def test_a_copy_holds_what_is_drawn_and_draws_the_same(tmp_path: Path) -> None:
    path = written(tmp_path, "r.geojson", [FAR, RIVER], NAME=["Uele", "Ituri"], owner=["x", "y"])
    keys = {"kind": "river", "label": "NAME", "credit": "OSM", "licence": "ODbL"}
    found = loaded(tmp_path, {"path": str(path), **keys})
    copy, listed = copy_inputs(found.inputs, tmp_path / "inputs")
    (entry,) = json.loads(listed.read_text("utf-8"))["inputs"]
    told = [entry[key] for key in ("role", "licence", "credit", "origin")]
    assert told == ["context[0]", "ODbL", "OSM", "r.geojson"]
    frame = gpd.read_file(copy)
    assert frame["NAME"].tolist() == ["Ituri"]
    assert "owner" not in frame
    again = loaded(tmp_path, {"path": str(copy), **keys})
    assert again.layers[0].labels == ("Ituri",)
    assert shapely.equals(again.layers[0].geometry, found.layers[0].geometry).all()


def test_a_file_whose_licence_forbids_a_copy_is_not_copied(tmp_path: Path) -> None:
    path = written(tmp_path, "r.gpkg", [RIVER])
    found = loaded(tmp_path, {"path": str(path), "copy": False, "credit": "© Somebody"})
    assert [one.name for one in copy_inputs(found.inputs, tmp_path / "in")] == ["inputs.json"]


@pytest.mark.parametrize(
    ("content", "keys", "said"),
    [
        (None, {}, r"context\[0\]\.path: there is no file"),
        (b"name,lon,lat\na,28,1\n", {}, r"context\[0\]\.path: file.geojson is a table"),
        (b"<VRTDataset/>", {}, r"context\[0\]\.path"),
        (b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"a": 1},'
         b' "geometry": null}]}', {"label": "NAME"}, r"context\[0\]\.label"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told(
    tmp_path: Path, content: bytes | None, keys: dict[str, str], said: str
) -> None:
    path = tmp_path / "file.geojson"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LandcoverError, match=said):
        loaded(tmp_path, {"path": str(path), **keys})
