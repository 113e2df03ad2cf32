"""Tables and figures on stdout."""

from __future__ import annotations

import pytest

from landcover.cli.printing import amount, many, note, show_table
from landcover.model import Note


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (4.2e9, "4.2 GB"), (3e12, "3.0 TB")],
)
def test_amounts(size: float, text: str) -> None:
    assert amount(size) == text


def test_one_is_singular() -> None:
    assert [many(n, "worker") for n in (0, 1, 2, 1200)] == [
        "0 workers", "1 worker", "2 workers", "1,200 workers"]  # fmt: skip


def test_markup_in_names_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("T", ("name", "n"), [("[red]Mine[/red]", 12345), ("b", 1)])
    out = capsys.readouterr().out
    assert "[red]Mine[/red]" in out
    assert "12,345" in out


def test_nothing_is_cut_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("T", ("a",), [("x" * 150,)])
    assert "x" * 150 in capsys.readouterr().out


def test_an_empty_table_has_a_head(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("T", ("a", "b"), [])
    assert "a" in capsys.readouterr().out


def test_values_as_people_read_them(capsys: pytest.CaptureFixture[str]) -> None:
    show_table("T", ("v",), [(None,), (True,), (False,), (0.5,), (123456.7,), ("t",)])
    out = capsys.readouterr().out.split()
    assert out[-5:] == ["yes", "no", "0.5", "123,457", "t"]


def test_notes_hide_tokens(capsys: pytest.CaptureFixture[str]) -> None:
    note(Note("https://a.org/x?sig=SECRET", "is slow", "Wait"))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("note: https://a.org/x")
    assert "SECRET" not in said.err
