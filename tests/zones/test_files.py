"""What a file is by its content; what is refused before GDAL sees it."""

from __future__ import annotations

import hashlib
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, box

from landcover.errors import NetworkError, ZoneError
from landcover.zones import files
from landcover.zones.features import ZoneSet
from landcover.zones.files import LocalFile, kind_of, local
from landcover.zones.reading import read
from landcover.zones.settings import ZoneGroup

KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>Épulu</name>
<Point><coordinates>28.571111,1.403056,740</coordinates></Point></Placemark></Document></kml>
"""
BOMB = '<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "b">]><kml>&a;</kml>'
VRT = """<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/x</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""


def _write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ('{"type": "FeatureCollection", "features": []}', "GeoJSON"),
        ('\ufeff{"type": "Feature"}', "GeoJSON"),
        ('{"type": "Feature"}\n{"type": "Feature"}\n', "GeoJSON"),
        ('{"geometryType": "esriGeometryPoint", "features": []}', "GeoJSON"),
        (KML, "xml"),
        ("id;x;y\n1;2;3\n", "csv"),
        ("id;x\n1;é\n".encode("cp1252"), "csv"),
        ("id;x\n1;2\n".encode("utf-16"), "csv"),
        (b"SQLite format 3\0" + bytes(100), "GPKG"),
        (b"\0\0\x27\x0a" + bytes(100), "shape"),
        (b"fgb\x03fgb\x01" + bytes(100), "FlatGeobuf"),
    ],
)
def test_a_file_is_what_it_holds(tmp_path: Path, content: str | bytes, kind: str) -> None:
    assert kind_of(_write(tmp_path / "zones.any", content), "zones.sites") == kind


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        (VRT, "XML of the kind 'OGRVRTDataSource', which is not read"),
        ("<OGRWFSDataSource/>", "which is not read"),
        (BOMB, "declares XML entities or a document type"),
        ("<kml><Document>", "damaged XML"),
        (
            '{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline"}',
            "JSON but not GeoJSON",
        ),
        ('{"type": "FeatureCollection", ', "is not JSON"),
        ("[1, 2]", "JSON but not GeoJSON"),
        (b"\x89HDF\r\n\x1a\n\0\0", "not a format known here"),
        (b"PK\x03\x04broken", "damaged archive"),
    ],
)
def test_what_names_other_files_or_is_broken_is_refused(
    tmp_path: Path, content: str | bytes, what: str
) -> None:
    with pytest.raises(ZoneError, match=f"^zones.sites: zones.any .*{what}") as caught:
        kind_of(_write(tmp_path / "zones.any", content), "zones.sites")
    assert caught.value.exit_code == 2
    assert caught.value.remedy


def test_a_deeply_nested_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ZoneError, match="is not JSON"):
        kind_of(_write(tmp_path / "z.json", "[" * 200_000), "zones.sites")


def test_old_excel_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = _write(tmp_path / "sites.xls", b"\xd0\xcf\x11\xe0\0\0")
    with pytest.raises(ZoneError, match=r"Save the old Excel file as \.xlsx or CSV"):
        kind_of(path, "zones.sites")


def test_a_missing_file_is_named_with_its_neighbour(tmp_path: Path) -> None:
    _write(tmp_path / "reserves.geojson", "{}")
    with pytest.raises(
        ZoneError, match=r"zones\.r: there is no file .*Did you mean 'reserves\.geojson'"
    ):
        local(str(tmp_path / "reserve.geojson"), tmp_path, "zones.r")


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ZoneError, match=r"There is no folder .*nowhere either"):
        local(str(tmp_path / "nowhere" / "a.csv"), tmp_path, "zones.r")


@pytest.mark.parametrize(
    "path", ["/vsicurl/http://127.0.0.1/a.json", "/vsizip/a.zip", "PG:dbname=x"]
)
def test_gdals_own_addresses_are_not_files(tmp_path: Path, path: str) -> None:
    with pytest.raises(ZoneError, match="there is no file"):
        local(path, tmp_path, "zones.r")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ZoneError, match=r"is a folder\. Name the file in it"):
        local(str(tmp_path), tmp_path, "zones.r")


def test_the_sha256_is_the_files(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.csv", "x")
    assert local(str(path), tmp_path, "zones.r").sha256 == hashlib.sha256(b"x").hexdigest()


def test_an_address_is_fetched_into_the_cache(
    tmp_path: Path,
    geojson: Callable[..., Path],
    one: Callable[..., ZoneSet],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held, asked = geojson((box(28, 1, 28.1, 1.1), {"id": "a"})), []

    def fetched(url: str, cache: Path) -> LocalFile:
        asked.append((url, cache))
        return LocalFile(held, url, files.sha256(held))

    monkeypatch.setattr(files, "_fetched", fetched)
    (given,) = one("https://example.org/zones?id=7", id="id").inputs
    assert asked == [("https://example.org/zones?id=7", tmp_path / "cache")]
    assert given.origin == "https://example.org/zones?id=7"
    assert given.sha256 == hashlib.sha256(held.read_bytes()).hexdigest()


def test_a_kml_gives_zones(tmp_path: Path, ringed: Callable[..., ZoneSet]) -> None:
    path = _write(tmp_path / "doc.kml", KML)
    (zone,) = ringed(path, name="Name").zones
    assert zone.name == "Épulu"
    assert zone.geometry.centroid.coords[0] == pytest.approx((28.571111, 1.403056), abs=1e-7)


def test_a_kmz_gives_zones(tmp_path: Path, ringed: Callable[..., ZoneSet]) -> None:
    path = tmp_path / "doc.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../doc.kml", KML)
    result = ringed(path, name="Name")
    assert result.zones[0].name == "Épulu"
    assert result.inputs[0].path == str(path)
    assert [p.name for p in (tmp_path / "cache").rglob("*.kml")] == ["doc.kml"]


def test_an_archive_of_two_data_sets_is_refused(
    tmp_path: Path, ringed: Callable[..., ZoneSet]
) -> None:
    path = tmp_path / "zones.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.kml", KML)
        archive.writestr("b.kml", KML)
    with pytest.raises(
        ZoneError, match=r"must hold one data set, but holds a\.kml, b\.kml\. Unpack it"
    ):
        ringed(path)


def test_a_vrt_inside_an_archive_is_refused(tmp_path: Path, ringed: Callable[..., ZoneSet]) -> None:
    path = tmp_path / "zones.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.kml", VRT)
    with pytest.raises(ZoneError, match="OGRVRTDataSource"):
        ringed(path)


def test_a_gpx_gives_its_waypoints(tmp_path: Path, ringed: Callable[..., ZoneSet]) -> None:
    text = (
        '<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
        '<wpt lat="1.5" lon="28.5"><name>W1</name></wpt>'
        '<trk><name>T</name><trkseg><trkpt lat="1" lon="28"/><trkpt lat="1.1" lon="28"/>'
        "</trkseg></trk></gpx>"
    )
    (zone,) = ringed(_write(tmp_path / "a.gpx", text), name="name").zones
    assert zone.name == "W1"
    assert zone.geometry.centroid.coords[0] == pytest.approx((28.5, 1.5), abs=1e-7)
    only_track = text.replace('<wpt lat="1.5" lon="28.5"><name>W1</name></wpt>', "")
    (strip,) = ringed(_write(tmp_path / "b.gpx", only_track), name="name").zones
    assert strip.name == "T"
    assert strip.area_ha == pytest.approx((11_057.4 * 2000 + 3.14159e6) / 1e4, rel=1e-3)


def test_a_geojson_of_points_needs_json_only(tmp_path: Path, geojson: Callable[..., Path]) -> None:
    path = geojson((Point(28, 1), {"id": 1}))
    assert json.loads(path.read_text())["type"] == "FeatureCollection"
    assert kind_of(path, "zones.sites") == "GeoJSON"


GML = """<?xml version="1.0" encoding="utf-8"?>
<ogr:FeatureCollection xmlns:ogr="http://ogr.maptools.org/" xmlns:gml="http://www.opengis.net/gml"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://ogr.maptools.org/ http://127.0.0.1:9/a.xsd">
<gml:featureMember><ogr:park fid="p.0"><ogr:geom><gml:Polygon srsName="EPSG:4326">
<gml:outerBoundaryIs><gml:LinearRing>
<gml:coordinates>28,1 29,1 29,2 28,2 28,1</gml:coordinates></gml:LinearRing>
</gml:outerBoundaryIs></gml:Polygon></ogr:geom><ogr:W>3</ogr:W></ogr:park></gml:featureMember>
</ogr:FeatureCollection>
"""


def test_a_gml_is_read_without_its_schema_and_leaves_nothing_beside(
    tmp_path: Path, one: Callable[..., ZoneSet]
) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (zone,) = one(_write(folder / "a.gml", GML), id="W").zones
    assert (zone.id, zone.geometry.bounds) == ("3", (28, 1, 29, 2))
    assert [path.name for path in folder.iterdir()] == ["a.gml"]


def test_a_kmls_folders_are_read_together(tmp_path: Path, ringed: Callable[..., ZoneSet]) -> None:
    start, mark, end = KML.partition("<Placemark>")[0], KML[KML.index("<Placemark>") :], ""
    placemark = mark[: mark.index("</Document>")]
    folders = "".join(
        f"<Folder><name>{name}</name>{placemark.replace('Épulu', name)}</Folder>" for name in "AB"
    )
    path = _write(tmp_path / "doc.kml", f"{start}{folders}{end}</Document></kml>")
    assert [zone.name for zone in ringed(path, name="Name", rings_m=[10]).zones] == ["A"]
    assert "rings without land of their own" in str(ringed(path, name="Name").notes[-1])


@pytest.fixture
def served() -> Iterator[str]:
    """Serve one table on loopback; return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"id;lon;lat\na;28,5;1,5\n"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/sites.csv?key=secret"
        server.shutdown()
        thread.join()


def test_a_table_from_an_address(served: str, ringed: Callable[..., ZoneSet]) -> None:
    result = ringed(served, id="id")
    assert result.zones[0].parent == "a"
    (given,) = result.inputs
    assert given.sha256 == hashlib.sha256(b"id;lon;lat\na;28,5;1,5\n").hexdigest()
    assert "secret" not in given.origin


STARTS = [b"", b"id;lon;lat\n", b"<", b"{", b"[", b"PK\x03\x04", b"\0\0\x27\x0a", b"!table"]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(STARTS), st.binary(max_size=300))
def test_any_bytes_are_zones_or_one_sentence(start: bytes, rest: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = _write(Path(folder) / "zones.any", start + rest)
        with suppress(ZoneError):
            read("sites", ZoneGroup(path=str(path), rings_m=(500,)), Path(folder) / "cache")


def test_an_address_that_went_away_is_told_at_its_key(tmp_path: Path, faulty: Any) -> None:
    address = f"{faulty(tmp_path).address}/gone.csv"
    with pytest.raises(NetworkError) as caught:
        local(address, tmp_path / "cache", "zones.sites")
    assert caught.value.where == "zones.sites.path"
    said = str(caught.value)
    assert f"{address}: " in said
    assert said.endswith("; or get the file by other means, and name its path here.")
