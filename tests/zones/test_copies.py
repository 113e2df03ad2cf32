"""Copies of inputs: the same zones, and nothing that the job does not name."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely
from openpyxl import Workbook
from shapely.geometry import Point, Polygon, box

from landcover.errors import ZoneError
from landcover.files import sha256_of
from landcover.model import InputFile, Zone
from landcover.zones import ZoneSet, copy_inputs
from landcover.zones.groups import load
from landcover.zones.settings import ZoneGroup

Write = Callable[..., Path]
Load = Callable[..., ZoneSet]

PRIVATE = "0812 345 678"
"""Stands in columns that no job names; it must appear in no copy."""

ROWS = (
    ("a1", "Mine d'été", "28,5", "1,25", "Or", PRIVATE),
    ("a2", 'Puits "B"', "28,6123456789012", "1,5", "Coltan", PRIVATE),
    ("a3", "Camp; nord", "28,7", "1,75", "Or", PRIVATE),
)
HEADER = ("code", "nom", "longitude", "latitude", "minerai", "téléphone")
KEYS = {"id": "code", "name": "nom", "rings_m": [500]}


def _csv(path: Path, delimiter: str = ";", encoding: str = "utf-8", end: str = "\n") -> Path:
    quoted = [['"' + cell.replace('"', '""') + '"' for cell in line] for line in (HEADER, *ROWS)]
    path.write_bytes("".join(delimiter.join(line) + end for line in quoted).encode(encoding))
    return path


def _listed(folder: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((folder / "inputs.json").read_text("utf-8"))[
        "inputs"
    ]
    return entries


def _facts(zones: tuple[Zone, ...]) -> list[tuple[str, str, str, bytes]]:
    return [(one.id, one.name, str(dict(one.kept)), shapely.to_wkb(one.geometry)) for one in zones]


@pytest.fixture
def again(tmp_path: Path, one: Load) -> Callable[..., Path]:
    """Return ``again(path, without=(), **keys)``: copy, load from the copy, compare the zones."""

    def call(path: Path, without: tuple[str, ...] = (), **keys: Any) -> Path:
        first = one(path, **keys)
        copy, listed = copy_inputs(first.inputs, tmp_path / "inputs")
        assert listed.name == "inputs.json"
        fewer = {key: value for key, value in keys.items() if key not in without}
        assert _facts(one(copy, **fewer).zones) == _facts(first.zones)
        assert PRIVATE.encode() not in copy.read_bytes()
        assert sha256_of(copy) == _listed(copy.parent)[0]["copy_sha256"]
        return copy

    return call


# --- tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_keeps_its_spelling_and_its_rows(
    tmp_path: Path, again: Write, encoding: str, delimiter: str, end: str
) -> None:
    copy = again(_csv(tmp_path / "mines.csv", delimiter, encoding, end), keep=["minerai"], **KEYS)
    assert copy.name == "sites_mines.csv"
    lines = copy.read_bytes().decode(encoding).split(end)
    assert lines[0] == delimiter.join(("code", "nom", "longitude", "latitude", "minerai"))
    assert [line.split(delimiter)[0] for line in lines[1:4]] == ["a1", "a2", "a3"]
    assert copy.read_bytes().startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")


def test_columns_that_are_not_kept_are_gone(tmp_path: Path, again: Write) -> None:
    copy = again(_csv(tmp_path / "mines.csv"), id="code", rings_m=[500])
    assert copy.read_text("utf-8").splitlines()[0] == "code;longitude;latitude"


def test_where_chooses_rows_and_its_columns_are_gone(tmp_path: Path, again: Write) -> None:
    path = _csv(tmp_path / "mines.csv")
    copy = again(path, without=("where",), where="minerai = 'Or'", **KEYS)
    assert [line[:2] for line in copy.read_text("utf-8").splitlines()[1:]] == ["a1", "a3"]
    assert "minerai" not in copy.read_text("utf-8")
    kept = again(path, where="minerai = 'Or'", keep=["minerai"], **KEYS)
    assert "minerai" in kept.read_text("utf-8")


def test_excels_hint_and_odd_headers_are_kept(tmp_path: Path, again: Write) -> None:
    path = tmp_path / "mines.csv"
    path.write_text("sep=|\nlon|lat|;;;;|;;;;\n28.5|1.25|x|y\n", encoding="utf-8")
    copy = again(path, keep=[";;;; (4)"], rings_m=[500])
    assert copy.read_text("utf-8") == "sep=|\nlon|lat|;;;; (4)\n28.5|1.25|y\n"


def test_a_header_that_would_hide_the_delimiter_is_quoted(tmp_path: Path, again: Write) -> None:
    path = tmp_path / "mines.csv"
    path.write_text("a;b;c;d,e,f,g,h;lon;lat\n1;2;3;4;28,5;1,25\n", encoding="utf-8")
    copy = again(path, keep=["d,e,f,g,h"], rings_m=[500])
    assert copy.read_text("utf-8").splitlines()[0] == '"d,e,f,g,h";"lon";"lat"'


def test_text_that_would_change_its_meaning_is_marked_as_unicode(
    tmp_path: Path, again: Write
) -> None:
    path = tmp_path / "mines.csv"
    path.write_bytes("code;lon;lat;note\nÃ©;28,5;1,25;été\n".encode("cp1252"))
    copy = again(path, id="code", rings_m=[500])
    assert copy.read_text("utf-8-sig").splitlines()[1] == "Ã©;28,5;1,25"


def test_a_workbook_becomes_a_csv(tmp_path: Path, again: Write) -> None:
    book = Workbook()
    book.active.append(["about", PRIVATE])
    sheet = book.create_sheet("sites")
    sheet.append(["code", "lon", "lat", "tel"])
    sheet.append([37043, 28.12345678, 1e-7, PRIVATE])
    sheet.append(["b", 28.5, -1.25, PRIVATE])
    book.save(tmp_path / "mines.xlsx")
    copy = again(tmp_path / "mines.xlsx", id="code", layer="sites", rings_m=[500])
    assert copy.name == "sites_mines.csv"
    assert copy.read_text("utf-8-sig").splitlines()[1] == "37043;28.12345678;0.0000001"


# --- vector files ----------------------------------------------------------------------------


def test_geojson_keeps_numbers_and_crs_and_drops_all_else(tmp_path: Path, again: Write) -> None:
    utm = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32735"}}
    ring = [[600000.123456789, 1e5], [601000, 1e5], [601000, 101000.5], [600000.123456789, 1e5]]
    feature = {
        "type": "Feature",
        "id": PRIVATE,
        "bbox": [0, 0, 1, 1],
        "owner": PRIVATE,
        "properties": {"code": "é1", "tel": PRIVATE, "size": 3},
        "geometry": {"type": "Polygon", "coordinates": [ring], "owner": PRIVATE},
    }
    lost = {"type": "Feature", "properties": {"code": "x", "tel": PRIVATE}, "geometry": None}
    document = {"type": "FeatureCollection", "crs": utm, "owner": PRIVATE}
    path = tmp_path / "r.geojson"
    path.write_text(json.dumps({**document, "features": [feature, lost]}), encoding="utf-8")
    copy = again(path, id="code", keep=["size"])
    assert json.loads(copy.read_text("utf-8")) == {
        "type": "FeatureCollection",
        "crs": utm,
        "features": [
            {
                "type": "Feature",
                "properties": {"code": "é1", "size": 3},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            },
            {"type": "Feature", "properties": {"code": "x"}, "geometry": None},
        ],
    }


def test_geojson_with_ids_beside_its_properties(tmp_path: Path, again: Write) -> None:
    shape = {"type": "Polygon", "coordinates": [[[28, 1], [28.1, 1], [28.1, 1.1], [28, 1]]]}
    feature = {"type": "Feature", "id": "r-1", "properties": {}, "geometry": shape}
    path = tmp_path / "r.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert "r-1" in again(path, id="id").read_text("utf-8")


def test_geojson_with_where_or_one_document_a_line(
    tmp_path: Path, geojson: Write, again: Write
) -> None:
    shapes = [(box(28 + n, 1, 28.1 + n, 1.1), {"k": f"z{n}", "tel": PRIVATE}) for n in range(3)]
    path = geojson(*shapes)
    assert again(path, without=("where",), id="k", where="k <> 'z1'").suffix == ".gpkg"
    lines = [json.dumps(one) for one in json.loads(path.read_text())["features"]]
    sequence = tmp_path / "lines.geojsonl"
    sequence.write_text("\n".join(lines))
    assert again(sequence, id="k").suffix == ".gpkg"


def _written(path: Path, driver: str, crs: str | None = "EPSG:32735", **more: Any) -> Path:
    shapes = [box(600000.1, 100000, 601000, 101000), box(602000, 100000, 603000.7, 101000)]
    names = ["fid" if driver == "GPKG" else "name", "tel", "size", "geom"]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes),
        [_array(["a", "b"]), _array([PRIVATE] * 2), _array([1.5, None]), _array(["é", None])],
        _array(names),
        driver=driver,
        crs=crs,
        geometry_type="Polygon",
        **more,
    )
    return path


def _array(cells: list[Any]) -> Any:
    if all(isinstance(cell, str) or cell is None for cell in cells):
        return np.array(cells, dtype=object)
    return np.array([np.nan if cell is None else cell for cell in cells])


def test_a_geopackage_keeps_crs_layer_and_awkward_names(tmp_path: Path, again: Write) -> None:
    path = _written(tmp_path / "r.gpkg", "GPKG", layer="aires", FID="n", GEOMETRY_NAME="shape")
    copy = again(path, id="fid", keep=["size", "geom"], layer="aires")
    info = pyogrio.read_info(copy)
    assert (copy.suffix, info["crs"], info["layer_name"]) == (".gpkg", "EPSG:32735", "aires")
    assert set(info["fields"]) == {"fid", "size", "geom"}


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("crs", ["EPSG:32735", None])
def test_a_shapefile_is_listed_with_its_parts(
    tmp_path: Path, again: Write, crs: str | None
) -> None:
    path = _written(tmp_path / "r.shp", "ESRI Shapefile", crs=crs)
    copy = again(path, id="name", **({} if crs else {"crs": "EPSG:32735"}))
    assert pyogrio.read_info(copy)["crs"] == crs
    entry = _listed(copy.parent)[0]
    assert entry["origin"] == "r.shp"
    assert {part["origin"] for part in entry["beside"]} >= {"r.dbf", "r.shx"}
    assert [path.name for path in sorted(copy.parent.iterdir())] == ["inputs.json", "sites_r.gpkg"]


def test_a_zip_is_copied_by_what_it_holds(tmp_path: Path, again: Write) -> None:
    path = _csv(tmp_path / "mines.csv")
    with zipfile.ZipFile(tmp_path / "handed over.zip", "w") as archive:
        archive.write(path, "deep/mines.csv")
    assert again(tmp_path / "handed over.zip", **KEYS).name == "sites_handed_over.csv"


def test_a_kml_becomes_a_geopackage(tmp_path: Path, again: Write) -> None:
    places = "".join(
        f"<Placemark><name>{n}</name><description>{PRIVATE}</description>"
        f"<Point><coordinates>28.{n},1.5,900</coordinates></Point></Placemark>"
        for n in (1, 2)
    )
    path = tmp_path / "s.kml"
    path.write_text(
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{places}</Document></kml>'
    )
    assert again(path, id="Name", rings_m=[500]).suffix == ".gpkg"


# --- the folder and its list -----------------------------------------------------------------


def _groups(tmp_path: Path, groups: dict[str, dict[str, Any]]) -> ZoneSet:
    settings = {name: ZoneGroup.model_validate(keys) for name, keys in groups.items()}
    return load(settings, tmp_path / "cache")


def test_the_list_tells_origin_hash_licence_and_no_folder(tmp_path: Path, one: Load) -> None:
    path = _csv(tmp_path / "mines.csv")
    zones = one(path, keep=["minerai"], licence="CC BY 4.0", credit="IPIS", **KEYS)
    copy_inputs(zones.inputs, tmp_path / "inputs")
    (entry,) = _listed(tmp_path / "inputs")
    assert entry == {
        "role": "zones.sites",
        "origin": "mines.csv",
        "sha256": sha256_of(path),
        "licence": "CC BY 4.0",
        "credit": "IPIS",
        "columns": ["minerai", "nom", "code", "longitude", "latitude"],
        "where": "",
        "copy": "sites_mines.csv",
        "copy_sha256": sha256_of(tmp_path / "inputs" / "sites_mines.csv"),
    }
    assert str(tmp_path) not in (tmp_path / "inputs" / "inputs.json").read_text("utf-8")


def test_an_address_is_named_without_its_secrets(tmp_path: Path) -> None:
    path = _csv(tmp_path / "ab12cd.csv")
    origin = "https://ann:pw@a.example/d%C3%A9p%C3%B4t/Sites%202024.csv?sig=abc&x=1"
    columns = ("code", "longitude", "latitude")
    given = InputFile(str(path), origin, sha256_of(path), "zones.sites", columns=columns)
    copy, listed = copy_inputs([given], tmp_path / "inputs")
    assert copy.name == "sites_Sites_2024.csv"
    text = listed.read_text("utf-8")
    assert "pw@" not in text
    assert "abc" not in text
    assert "a.example" in text


def test_a_forbidden_copy_leaves_its_hash_and_whom_to_ask(tmp_path: Path, one: Load) -> None:
    path = _csv(tmp_path / "mines.csv")
    copy_inputs(one(path, **KEYS).inputs, tmp_path / "inputs")
    made = copy_inputs(one(path, copy=False, credit="IPIS", **KEYS).inputs, tmp_path / "inputs")
    assert [path.name for path in made] == ["inputs.json"]
    assert [path.name for path in (tmp_path / "inputs").iterdir()] == ["inputs.json"]
    (entry,) = _listed(tmp_path / "inputs")
    assert (entry["copy"], entry["sha256"]) == (None, sha256_of(path))
    assert "IPIS" in entry["ask"]


def test_only_copies_of_a_former_job_are_removed(tmp_path: Path, one: Load) -> None:
    inputs, path = tmp_path / "inputs", _csv(tmp_path / "mines.csv")
    copy_inputs(one(path, group="old", **KEYS).inputs, inputs)
    (inputs / "mine.txt").write_text("a person's own")
    (tmp_path / "outside.csv").write_text("not ours")
    listed = json.loads((inputs / "inputs.json").read_text("utf-8"))
    listed["inputs"] += [{"copy": "../outside.csv"}, {"copy": None}, {"copy": 3}]
    (inputs / "inputs.json").write_text(json.dumps(listed))
    copy_inputs(one(path, group="new", **KEYS).inputs, inputs)
    names = sorted(path.name for path in inputs.iterdir())
    assert names == ["inputs.json", "mine.txt", "new_mines.csv"]
    assert (tmp_path / "outside.csv").exists()


@pytest.mark.parametrize("damaged", ["", "[]", "{", '{"inputs": [1]}', '{"inputs": null}'])
def test_a_damaged_list_is_written_anew(tmp_path: Path, one: Load, damaged: str) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "inputs.json").write_text(damaged)
    copy_inputs(one(_csv(tmp_path / "mines.csv"), **KEYS).inputs, tmp_path / "inputs")
    assert len(_listed(tmp_path / "inputs")) == 1


def test_names_are_safe_and_unique(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "Été (2).csv", tmp_path / "b" / "ete 2.csv"
    for path in (first, second):
        path.parent.mkdir()
        _csv(path)
    keys = {"id": "code", "rings_m": [500]}
    zones = _groups(
        tmp_path, {"s": {"path": str(first), **keys}, "S": {"path": str(second), **keys}}
    )
    names = [path.name for path in copy_inputs(zones.inputs, tmp_path / "inputs")]
    assert names == ["s_Ete_2.csv", "S_ete_2_2.csv", "inputs.json"]


def test_a_source_in_the_folder_itself_is_never_written_over(tmp_path: Path, one: Load) -> None:
    inputs = tmp_path / "inputs"
    copy, _ = copy_inputs(
        one(_csv(tmp_path / "mines.csv"), keep=["minerai"], **KEYS).inputs, inputs
    )
    before = copy.read_bytes()
    again, _ = copy_inputs(one(copy, **KEYS).inputs, inputs)
    assert copy.read_bytes() == before
    assert again.name == "sites_mines_2.csv"


def test_a_copy_of_a_copy_is_the_same(tmp_path: Path, one: Load) -> None:
    first = copy_inputs(one(_csv(tmp_path / "mines.csv"), **KEYS).inputs, tmp_path / "one")[0]
    second = copy_inputs(one(first, **KEYS).inputs, tmp_path / "two")[0]
    assert (second.name, second.read_bytes()) == (first.name, first.read_bytes())


def test_copies_of_copies_tell_the_first_file(tmp_path: Path, one: Load) -> None:
    source, folder = _csv(tmp_path / "m.csv"), tmp_path / "inputs"
    copy = copy_inputs(one(source, **KEYS).inputs, folder)[0]
    assert "source_sha256" not in _listed(folder)[0]
    second = copy_inputs(one(copy, **KEYS).inputs, folder)[0]  # in its own place
    for number, path in enumerate((copy, second)):
        further = tmp_path / str(number)
        copy_inputs(one(path, **KEYS).inputs, further)
        for listed in (_listed(folder)[0], _listed(further)[0]):
            assert listed["source_sha256"] == sha256_of(source) != listed["sha256"]


def test_the_bytes_are_the_same_each_time(tmp_path: Path, one: Load) -> None:
    path = _written(tmp_path / "r.shp", "ESRI Shapefile")
    zones = one(path, id="name")
    made = [copy_inputs(zones.inputs, tmp_path / folder) for folder in ("one", "two")]
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2001-01-01T00:00:00.000Z"})
    try:
        made.append(copy_inputs(zones.inputs, tmp_path / "three"))
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    assert len({tuple(path.read_bytes() for path in paths) for paths in made}) == 1


def test_a_file_that_changed_since_is_refused(tmp_path: Path, one: Load) -> None:
    path = _csv(tmp_path / "mines.csv")
    inputs = one(path, **KEYS).inputs
    path.write_text("other", encoding="utf-8")
    with pytest.raises(ZoneError, match=r"zones.sites: mines.csv changed .* Run again"):
        copy_inputs(inputs, tmp_path / "inputs")
    gone = replace(inputs[0], path=str(tmp_path / "gone.csv"))
    with pytest.raises(ZoneError, match="went away"):
        copy_inputs([gone], tmp_path / "inputs")


def test_a_run_from_copies_has_the_same_zones(tmp_path: Path, geojson: Write) -> None:
    park = Polygon([(28, 1), (28.3, 1), (28.35, 1.3), (28, 1.2)])
    reserve = geojson((park, {"NAME": "Parc", "tel": PRIVATE}), name="park.geojson")
    points = [(Point(28.1, 1.1), {"k": "p"}), (Point(28.2, 1.1), {"k": "q"})]
    groups: dict[str, dict[str, Any]] = {
        "reserves": {"path": str(reserve), "id": "NAME", "outside_m": [5000]},
        "sites": {"path": str(_csv(tmp_path / "mines.csv")), "rings_m": [500, 1000]},
        "camps": {"path": str(geojson(*points, name="camps.geojson")), "rings_m": [500]},
        "controls": {"from": "sites", "count": 3, "min_distance_m": 1000},
    }
    first = _groups(tmp_path, groups)
    copies = copy_inputs(first.inputs, tmp_path / "inputs")
    for group, copy in zip(("reserves", "sites", "camps"), copies, strict=False):
        groups[group]["path"] = str(copy)
    assert _facts(_groups(tmp_path, groups).zones) == _facts(first.zones)
