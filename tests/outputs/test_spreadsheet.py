"""Workbooks: what a cell holds is read back as it was, and is never a formula."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

from landcover.outputs.spreadsheet import Sheet, Value, column_letters, write_book
from landcover.outputs.spreadsheet_looks import STYLES

HOSTILE = (
    '=HYPERLINK("http://x.example","y")', "+1+1", "-2", "@SUM(A1)", "<script>alert(1)</script>",
    'a "quoted" & named', "شركة", "\tTab", " spaces ", "é" * 300, "line\nbreak",
)  # fmt: skip


def table(rows: list[list[Value]], styles: tuple[str, ...]) -> Sheet:
    """Return a sheet with a head of one row."""
    head: list[list[Value]] = [[f"c{n}" for n in range(len(styles))]]
    return Sheet("cells", [*head, *rows], styles, (12.0,) * len(styles), ("name",), len(rows) + 1)


def test_hostile_text_is_read_back_as_text(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write_book(path, [table([[text] for text in HOSTILE], ("plain",))])
    sheet = openpyxl.load_workbook(path)["cells"]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == list(HOSTILE)
    assert {cell.data_type for cell in cells} == {"s"}
    with zipfile.ZipFile(path) as file:
        assert b"<f>" not in file.read("xl/worksheets/sheet1.xml")


def test_text_like_the_code_of_a_character_is_marked_as_the_standard_asks(tmp_path: Path) -> None:
    write_book(tmp_path / "book.xlsx", [table([["_x0041_"], ["_x_"]], ("plain",))])
    with zipfile.ZipFile(tmp_path / "book.xlsx") as file:
        text = file.read("xl/worksheets/sheet1.xml").decode()
    assert ">_x005F_x0041_<" in text  # ECMA-376 part 1, 22.9.2.19: ST_Xstring
    assert ">_x_<" in text


def test_numbers_and_days_keep_their_types(tmp_path: Path) -> None:
    rows: list[list[Value]] = [
        [1234.5678901234, 7, date(2020, 2, 29), datetime(2021, 1, 1, 6, 30, 15)],
        [float("nan"), None, None, None],
        [-0.0, 0, date(1999, 12, 31), None],
    ]
    write_book(tmp_path / "book.xlsx", [table(rows, ("two", "whole", "day", "time"))])
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")["cells"]
    got = list(sheet.iter_rows(min_row=2, values_only=True))
    assert got[0] == (
        1234.56789012, 7, datetime(2020, 2, 29), datetime(2021, 1, 1, 6, 30, 15),
    )  # fmt: skip
    assert got[1] == (None, None, None, None)
    assert got[2] == (0, 0, datetime(1999, 12, 31), None)
    assert sheet["A2"].number_format == "#,##0.00"
    assert sheet["C2"].is_date


def test_what_xml_cannot_hold_is_left_out(tmp_path: Path) -> None:
    write_book(tmp_path / "book.xlsx", [table([["a\x00b\x1f\ud800c"], ["x" * 40_000]], ("plain",))])
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")["cells"]
    assert sheet["A2"].value == "abc"
    assert len(sheet["A3"].value) == 32_767


def test_the_head_stays_in_sight_and_columns_are_filtered(tmp_path: Path) -> None:
    write_book(tmp_path / "book.xlsx", [table([["a", 1.0]], ("plain", "three"))])
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")["cells"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref == "A1:B2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.column_dimensions["A"].width == 12.0


def test_names_of_sheets_are_short_and_told_apart(tmp_path: Path) -> None:
    names = ["a" * 40, "A" * 40, "with/slash:and[more]", "it's", "''"]
    sheets = [Sheet(name, [["x"]], ("plain",), (9.0,), (), 1, is_table=False) for name in names]
    write_book(tmp_path / "book.xlsx", sheets)
    got = openpyxl.load_workbook(tmp_path / "book.xlsx").sheetnames
    assert len({name.casefold() for name in got}) == len(names)
    assert max(map(len, got)) <= 31
    assert got[2:] == ["with_slash_and_more_", "it's", "_"]


def test_the_same_cells_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_book(tmp_path / name, [table([["a", 0.1]], ("plain", "three"))])
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_every_part_is_xml_and_every_look_exists(tmp_path: Path) -> None:
    write_book(tmp_path / "book.xlsx", [table([["a"] * len(STYLES)], STYLES)])
    with zipfile.ZipFile(tmp_path / "book.xlsx") as file:
        parts = {name: ElementTree.fromstring(file.read(name)) for name in file.namelist()}
    looks = parts["xl/styles.xml"].find("{*}cellXfs")
    assert looks is not None
    assert len(looks) == int(looks.attrib["count"]) == len(STYLES)


@pytest.mark.parametrize(("number", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"),
                                                 (702, "AAA")])  # fmt: skip
def test_columns_have_letters(number: int, letters: str) -> None:
    assert column_letters(number) == letters
