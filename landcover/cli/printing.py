"""How results are shown: tables and JSON on stdout, everything else on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from landcover.model import Note

if TYPE_CHECKING:
    from landcover.zones import Nearby

__all__ = ["amount", "many", "note", "show_json", "show_nearby", "show_table"]


def show_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table on stdout; numbers stand at the right.

    A file or a pipe gets the full width, so that nothing is cut.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    listed = [tuple(row) for row in rows]
    table = Table(box=box.SIMPLE_HEAD)
    for place, column in enumerate(columns):
        number = bool(listed) and all(isinstance(row[place], int | float) for row in listed)
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in listed:
        table.add_row(*(Text(_cell(value)) for value in row))
    width = None if sys.stdout.isatty() else 200
    typer.echo(title)  # a table would break it at its own width
    Console(file=sys.stdout, width=width).print(table)


def show_nearby(nearby: Iterable[Nearby]) -> None:
    """Print how many zones lie in and near those of another group, by distance."""
    for one in nearby:
        taken = one.inside + sum(span.count for span in one.spans)
        title = f"{one.group} by their distance from {one.of}: {taken:,} of {one.given:,}"
        columns = [f"{span.from_m / 1000:g}-{span.to_m / 1000:g} km" for span in one.spans]
        counts = (one.inside, *(span.count for span in one.spans))
        show_table(title, ("inside", *columns), [counts])


def _cell(value: object) -> str:
    """Write one value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else _long(value)


def _long(value: object) -> str:
    """Write text, and large numbers without decimals."""
    return f"{value:,.0f}" if isinstance(value, float) else str(value)


def amount(size: float) -> str:
    """Write a number of bytes with a unit a person can hold in mind.

    Examples
    --------
    >>> amount(4_200_000_000)
    '4.2 GB'
    """
    for unit, one in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(size) >= one:
            return f"{size / one:.1f} {unit}"
    return f"{size:.0f} bytes"


def many(number: int, thing: str) -> str:
    """Count things, in the singular or the plural.

    Examples
    --------
    >>> many(1, "worker"), many(1200, "raster")
    ('1 worker', '1,200 rasters')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def note(remark: Note) -> None:
    """Print a warning or a hint on stderr."""
    from landcover.net import redact

    typer.echo(f"note: {redact(str(remark))}", err=True)
