"""``tables.<language>.xlsx`` and ``tables/*.parquet`` hold what the tables hold, with types."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from affine import Affine

from landcover.model import Grid, Period
from landcover.outputs import patches, tables, workbook
from landcover.outputs.columnar import write_parquet
from landcover.outputs.dictionary import entry_of
from landcover.outputs.results import read_table
from landcover.outputs.sheets import Cell, Table, write_table
from landcover.outputs.shown import About, Shown
from landcover.outputs.wording import NO_BREAK_SPACE
from landcover.outputs.workbook import write_workbook

NAMES = ("=1+1", "Mine <script>alert(1)</script>", "«\u202fÉté\u202f»; a & b", "0012")


def _zones() -> Table:
    days = ("2020-01-06", "2020-12-16")
    rows: list[tuple[Cell, ...]] = [
        (f"Z{n}", "site", "sites", name, None, None, None, 12.5 * n, 12.5, 3, 2, *days, 0.25, "or")
        for n, name in enumerate(NAMES)
    ]
    return Table((*tables.ZONE_COLUMNS, "mineral1"), rows)


def _patches(count: int = 1) -> Table:
    days = (date(2022, 7, 14),) * 4
    numbers = (
        0.2,
        0.01,
        0.19,
        0.0,
        0.02,
        20,
        "ndvi",
        -0.77,
        -0.02,
        None,
        "abrupt",
        "provisional",
        28.5,
        1.5,
    )
    place = ("Z1", "site", 1.0, "Z1;Z2", "Z1", "0012", 101.9)
    return Table(patches.COLUMNS, [("p1", *days, *numbers, *place)] * count)


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    """Return a folder that has tables alone."""
    made = {
        "zones": _zones(),
        "patches": _patches(),
        "scenes": Table(
            tables.scenes_used(()).columns,
            [("S1", "s2", "sentinel-2-l2a", "2020-01-06", "2020-01-06T08:21:00Z", *[None] * 8)],
        ),
        "failures": tables.failures(()),
    }
    for name, table in made.items():
        write_table(tmp_path / "tables" / f"{name}.csv", table)
    read = {name: read_table(tmp_path / "tables" / f"{name}.csv") for name in made}
    period = Period(date(2020, 1, 1), date(2021, 1, 1))
    about = About("job", {"en": "A <b> & c", "fr": "Un <b> & c"}, ("en", "fr"), period, {})
    run = {"landcover": "0.1.0", "scenes": {"count": 1234, "sha256": "ab12"}}
    grid = Grid("EPSG:32635", Affine(10, 0, 0, 0, -10, 0), (2, 2))
    return Shown(tmp_path, about, run, (), grid, read)


def test_the_workbook_holds_what_the_tables_hold(shown: Shown) -> None:
    (path,) = write_workbook(shown, "en")
    for name, table in shown.tables.items():
        got = pd.read_excel(
            path, sheet_name=name, header=1, dtype={"name": str, "nearest_site_name": str}
        )
        assert list(got.columns) == list(table.columns)
        assert len(got) == len(table)
        for column in table.columns:
            for cell, expected in zip(got[column], table[column], strict=True):
                if expected == "" or pd.isna(expected):
                    assert pd.isna(cell), column
                else:
                    assert cell == expected, column


def test_the_workbook_says_titles_units_and_meanings_in_the_language(shown: Shown) -> None:
    (path,) = write_workbook(shown, "fr")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Notes", "zones", "patches", "scenes", "failures", "Dictionnaire"]
    zones = book["zones"]
    assert (zones["H1"].value, zones["H2"].value) == ("Surface (ha)", "area_ha")
    assert zones.freeze_panes == "B3"
    assert zones.auto_filter.ref == f"A2:O{2 + len(NAMES)}"
    meanings = {row[:2]: row for row in book["Dictionnaire"].iter_rows(values_only=True)}
    columns = sum(len(table.columns) for table in shown.tables.values())
    assert len(meanings) == columns + 1
    assert meanings["patches", "distance_m"][2:4] == ("Distance à ce site", "m")
    notes = [str(cell) for row in book["Notes"].iter_rows(values_only=True) for cell in row if cell]
    assert notes[0] == f"Tables{NO_BREAK_SPACE}: Un <b> & c"
    assert any("ne prouve pas une exploitation minière" in text for text in notes)
    assert any("1\u202f234 scènes (scenes.json, sha256 ab12)" in text for text in notes)


def test_days_times_and_numbers_are_what_they_are(shown: Shown) -> None:
    (path,) = write_workbook(shown, "en")
    book = openpyxl.load_workbook(path)
    assert book["patches"]["B3"].value == datetime(2022, 7, 14)
    assert book["patches"]["B3"].number_format == "yyyy\\-mm\\-dd"
    assert book["scenes"]["E3"].value == datetime(2020, 1, 6, 8, 21)
    assert book["patches"]["F3"].value == 0.2
    assert book["zones"]["D3"].value == "=1+1"
    assert book["zones"]["D3"].data_type == "s"
    assert book["zones"]["D6"].value == "0012"
    assert book["patches"]["Y3"].value == "0012"


def test_a_table_that_is_too_long_says_so_and_gives_no_part(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS_MOST", 3)
    (path,) = write_workbook(shown, "en")
    sheet = openpyxl.load_workbook(path)["zones"]
    assert sheet.max_row == 1
    assert "This table has 4 rows, more than the 3" in sheet["A1"].value
    assert "tables/zones.csv" in sheet["A1"].value


def test_the_workbook_is_the_same_every_time(shown: Shown) -> None:
    first = write_workbook(shown, "en")[0].read_bytes()
    assert write_workbook(shown, "en")[0].read_bytes() == first


def test_parquet_has_the_types_of_the_quantities(shown: Shown) -> None:
    paths = {path.stem: path for path in write_parquet(shown)}
    assert set(paths) == set(shown.tables)
    zones = pq.read_table(paths["zones"])
    assert zones.schema.field("name").type == pa.string()
    assert zones.schema.field("parent").type == pa.string()  # empty, and text all the same
    assert zones.schema.field("from_m").type == pa.float64()
    assert zones.schema.field("dates_seen").type == pa.int64()
    assert zones.schema.field("first_date").type == pa.date32()
    assert zones["name"].to_pylist() == list(NAMES)
    assert zones["parent"].null_count == len(NAMES)
    found = pq.read_table(paths["patches"])
    assert found.schema.field("zone_fraction").type == pa.float64()  # all of them 1
    assert found.schema.field("pixels").type == pa.int64()
    assert found["first_date"].to_pylist() == [date(2022, 7, 14)]
    assert found["nearest_site_name"].to_pylist() == ["0012"]
    scenes = pq.read_table(paths["scenes"])
    assert str(scenes.schema.field("time_utc").type) == "timestamp[ms, tz=UTC]"
    assert pq.read_table(paths["failures"]).num_rows == 0


def test_parquet_says_what_columns_mean(shown: Shown) -> None:
    paths = {path.stem: path for path in write_parquet(shown)}
    told = pq.read_schema(paths["patches"]).field("distance_m").metadata
    assert told[b"unit"] == b"m"
    assert told[b"meaning"].endswith(b".")


def test_parquet_of_a_former_table_goes(shown: Shown) -> None:
    stale = shown.out / "tables" / "trend_area.parquet"
    stale.write_bytes(b"old")
    first = {path: path.read_bytes() for path in write_parquet(shown)}
    assert not stale.exists()
    assert {path: path.read_bytes() for path in write_parquet(shown)} == first


def test_empty_tables_keep_their_types(shown: Shown) -> None:
    write_table(shown.out / "tables" / "patches.csv", _patches(0))
    empty = {"patches": read_table(shown.out / "tables" / "patches.csv")}
    none = Shown(shown.out, shown.about, shown.run, (), shown.grid, empty)
    (path,) = write_parquet(none)
    schema = pq.read_schema(path)
    assert schema.field("area_ha").type == pa.float64()
    assert schema.field("pixels").type == pa.int64()
    assert schema.field("first_date").type == pa.date32()
    book = openpyxl.load_workbook(write_workbook(none, "fr")[0])
    assert book["patches"].max_row == 2


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_run_with_hard_names_is_told(finished: Any, tmp_path: Path, language: str) -> None:
    shown = finished.shown(finished.copy(tmp_path / "out"))
    (path,) = write_workbook(shown, language)
    assert str(finished.path.parent).encode() not in path.read_bytes()
    book = openpyxl.load_workbook(path)
    assert set(shown.tables) <= set(book.sheetnames)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    names = [row[3] for row in book["zones"].iter_rows(min_row=3, values_only=True)]
    assert names == [name or None for name in shown.tables["zones"]["name"]]
    known = {entry_of(name, str(column), language).is_kept for name, table in shown.tables.items()
             for column in table.columns if name != "zones"}  # fmt: skip
    assert known == {False}
    figures = book["disturbance_area"]
    total = sum(row[9] or 0.0 for row in figures.iter_rows(min_row=3, values_only=True))
    assert total == pytest.approx(shown.tables["disturbance_area"]["disturbed_ha"].sum())
    for one in write_parquet(shown):
        assert pq.read_table(one).num_rows == len(shown.tables[one.stem])
