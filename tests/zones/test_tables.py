"""CSV as Excel writes it in either language, and workbooks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.datavalidation import DataValidation

from landcover.errors import ZoneError
from landcover.zones.features import ZoneSet
from landcover.zones.tables import read_csv, read_xlsx

HEADER = ("code", "nom", "longitude", "latitude")
ROW = ("a1", "Mine d'été", "28,5", "1,25")


def _write(path: Path, text: str, encoding: str) -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_in_any_dress(tmp_path: Path, encoding: str, delimiter: str, end: str) -> None:
    text = end.join(delimiter.join(line) for line in (HEADER, ROW)) + end
    table = read_csv(_write(tmp_path / "s.csv", text, encoding), "zones.sites")
    assert table.columns == HEADER
    assert table.rows == (ROW,)
    assert table.numbers == (2,)
    assert bool(table.remarks) == (encoding == "cp1252")


def test_a_comma_parts_cells_where_decimals_are_quoted(tmp_path: Path) -> None:
    path = _write(tmp_path / "s.csv", 'code,lon,lat\na,"28,5","1,25"\n', "utf-8")
    assert read_csv(path, "zones.sites").rows == (("a", "28,5", "1,25"),)


def test_excels_own_hint_of_the_delimiter_is_obeyed(tmp_path: Path) -> None:
    path = _write(tmp_path / "s.csv", "sep=|\na,b|c\n1|2\n", "utf-8")
    table = read_csv(path, "zones.sites")
    assert (table.columns, table.numbers) == (("a,b", "c"), (3,))


def test_rows_keep_the_numbers_of_the_file(tmp_path: Path) -> None:
    path = _write(tmp_path / "s.csv", "id;x;y\na;1;2\n\n;;\nb;3;4\n", "utf-8")
    assert read_csv(path, "zones.sites").numbers == (2, 5)


def test_doubled_and_empty_headers_get_their_number(tmp_path: Path) -> None:
    path = _write(tmp_path / "s.csv", "a;;a\n1;2;3\n", "utf-8")
    assert read_csv(path, "zones.sites").columns == ("a", "column (2)", "a (3)")


@pytest.mark.parametrize(("text", "what"), [("\n\n", "empty"), ("a;b\n", "a header and no rows")])
def test_a_table_without_rows_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(ZoneError, match=what) as caught:
        read_csv(_write(tmp_path / "s.csv", text, "utf-8"), "zones.sites")
    assert caught.value.exit_code == 2


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"a;b\n\x81\xff;2\n")
    with pytest.raises(ZoneError, match="neither UTF-8 nor Windows-1252"):
        read_csv(path, "zones.sites")


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    book = Workbook()
    notes = book.active
    assert notes is not None
    notes.title = "Notes"
    sheet = book.create_sheet("Sites")
    sheet.append(["WDPAID", "nom", "lon", "lat", "date"])
    sheet.append([37043.0, "Mambasa", 29.04, 1.36, dt.datetime(2020, 5, 1)])
    sheet.append([None, None, None, None, None])
    sheet.append([5, "Épulu", "28°34'16\"E", "1°24'11\" N", None])
    sheet.add_data_validation(DataValidation(type="list", formula1='"a,b"'))
    book.create_sheet("Other").append(["x"])
    path = tmp_path / "sites.xlsx"
    book.save(path)
    return path


def test_a_workbook_gives_its_first_filled_sheet(workbook: Path) -> None:
    table = read_xlsx(workbook, None, "zones.sites")
    assert table.numbers == (2, 4)
    assert table.rows[0][4] == "2020-05-01T00:00:00"
    assert table.remarks == ("sheet 'Sites' was read, not Other",)


def test_an_unknown_sheet_is_refused(workbook: Path) -> None:
    with pytest.raises(
        ZoneError, match=r"zones\.sites\.layer: no sheet 'sites'\. Did you mean 'Sites'"
    ):
        read_xlsx(workbook, "sites", "zones.sites")


def test_zones_from_a_workbook(workbook: Path, ringed: Callable[..., ZoneSet]) -> None:
    zones = ringed(workbook, id="WDPAID", name="nom", keep=["date"]).zones
    assert [(z.parent, z.name) for z in zones] == [("37043", "Mambasa"), ("5", "Épulu")]
    assert zones[0].kept == {"date": "2020-05-01T00:00:00"}
    centre = zones[1].geometry.centroid
    assert (centre.x, centre.y) == pytest.approx(
        (28 + 34 / 60 + 16 / 3600, 1 + 24 / 60 + 11 / 3600), abs=1e-6
    )


def test_a_damaged_workbook_is_refused(workbook: Path, ringed: Callable[..., ZoneSet]) -> None:
    workbook.write_bytes(workbook.read_bytes()[:2000])
    with pytest.raises(ZoneError, match="damaged archive"):
        ringed(workbook)


def test_a_french_csv_gives_zones(tmp_path: Path, ringed: Callable[..., ZoneSet]) -> None:
    text = "\r\n".join(";".join(line) for line in (HEADER, ROW))
    result = ringed(_write(tmp_path / "s.csv", text, "cp1252"), id="code", name="nom")
    (zone,) = result.zones
    assert (zone.id, zone.name, zone.kind) == ("a1_0-1000m", "Mine d'été", "ring")
    assert zone.geometry.centroid.coords[0] == pytest.approx((28.5, 1.25), abs=1e-7)
    assert "Windows-1252" in str(result.notes[0])


def test_a_condition_holds_for_tables_as_for_vectors(
    tmp_path: Path, ringed: Callable[..., ZoneSet]
) -> None:
    header = "FID;geom;code;lon;lat;mineral;workers\n"
    text = f"{header}1;p;a;28;1;Or;50\n2;q;b;28,1;1;Or;200\n3;r;c;28,2;1;Coltan;300\n"
    path = _write(tmp_path / "s.csv", text, "utf-8")
    zones = ringed(path, id="code", where="mineral = 'Or' AND workers > 60").zones
    assert [zone.parent for zone in zones] == ["b"]
    with pytest.raises(ZoneError, match=r"zones\.sites\.where: no row fulfils"):
        ringed(path, id="code", where="workers > 1000")
    with pytest.raises(ZoneError, match=r"is not understood\. Columns are FID, geom, code"):
        ringed(path, id="code", where="wrokers >")


def test_coordinates_in_a_stated_crs(tmp_path: Path, ringed: Callable[..., ZoneSet]) -> None:
    """UTM 35N, 500 km east on the equator: 27 E, 0 N by definition."""
    path = _write(tmp_path / "s.csv", "id;x;y\na;500 000,0;0\n", "utf-8")
    (zone,) = ringed(path, id="id", crs="EPSG:32635").zones
    assert zone.geometry.centroid.coords[0] == pytest.approx((27.0, 0.0), abs=1e-7)


def test_a_place_that_a_crs_cannot_reach_is_said(
    tmp_path: Path, ringed: Callable[..., ZoneSet]
) -> None:
    path = _write(tmp_path / "s.csv", "id;x;y\na;500000;0\nb;1e30;1e30\n", "utf-8")
    result = ringed(path, id="id", crs="EPSG:32635")
    assert [zone.parent for zone in result.zones] == ["a"]
    assert "no place on the Earth (is their CRS right?) and are left out: row 3" in str(
        result.notes[0]
    )


def test_metres_without_a_crs_are_refused(tmp_path: Path, ringed: Callable[..., ZoneSet]) -> None:
    path = _write(tmp_path / "s.csv", "id;x;y\na;512345;9876543\nb;512345;9876000\n", "utf-8")
    with pytest.raises(ZoneError, match=r"512345, 9876543 are not degrees\. Say their CRS"):
        ringed(path, id="id")


def test_a_table_without_coordinates_is_refused(
    tmp_path: Path, ringed: Callable[..., ZoneSet]
) -> None:
    path = _write(tmp_path / "s.csv", "id;place\na;Mambasa\n", "utf-8")
    with pytest.raises(ZoneError, match=r"no column looks like longitudes\. Name it with `lon:`"):
        ringed(path, id="id")
    with pytest.raises(ZoneError, match=r"zones\.sites\.lon: no column 'e'"):
        ringed(path, id="id", lon="e", lat="n")
