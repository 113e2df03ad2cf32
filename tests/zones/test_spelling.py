"""A table written as the file was spelled reads as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landcover.zones.spelling import PLAIN, Spelling, spelling_of, written
from landcover.zones.tables import Table, decoded, parsed

LETTERS = "aé€Z019 ;,|\t\"'\r\n.=\ufeffÃ©-"
"""What makes a CSV hard to read."""

CELLS = st.text(LETTERS, max_size=8)
SPELLINGS = st.builds(
    Spelling,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from([";", ",", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw tables of two columns or more, with at least one filled row."""
    names = st.text(LETTERS + "sep", min_size=1, max_size=9).map(str.strip).filter(bool)
    columns = draw(st.lists(names, min_size=2, max_size=5, unique=True))
    row = st.tuples(st.just("x"), *[CELLS] * (len(columns) - 1))
    rows = draw(st.lists(row, min_size=1, max_size=4))
    return Table(tuple(columns), tuple(range(2, len(rows) + 2)), tuple(rows))


@given(tables(), SPELLINGS)
def test_any_table_reads_back(table: Table, spelling: Spelling) -> None:
    encoding = spelling.encoding
    if encoding == "cp1252" and any(
        "\ufeff" in cell for cell in (*table.columns, *sum(table.rows, ()))
    ):
        return  # no cp1252 file holds it
    again = parsed(decoded(written(table, spelling), "")[0], "")
    assert (again.columns, again.rows) == (table.columns, table.rows)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_of_a_workbook_lose_nothing(value: float) -> None:
    table = Table(("x", "y"), (2,), ((value, None),))
    cell, empty = parsed(decoded(written(table, PLAIN), "")[0], "").rows[0]
    assert (float(str(cell)), empty) == (value, "")
    assert "e" not in str(cell)


@pytest.mark.parametrize("text", ["a;b\n1;2\n", "sep=|\r\na|b\r\n1|2\r\n", "a,b\r\né,2\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_simple_file_keeps_its_bytes(tmp_path: Path, text: str, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    table = parsed(text, "")
    assert written(table, spelling_of(path, "")) == path.read_bytes()
