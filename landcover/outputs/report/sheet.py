"""Cells of a run's tables, picked by what a fact says of them.

It knows tables, rows and columns. It does not know what they mean, nor how they are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["AT_MOST", "Row", "Sheet", "as_text"]

Row = tuple[tuple[str, str], ...]
"""(column, value) pairs that pick rows; see `landcover.outputs.section.Fact`."""

AT_MOST = "<="
"""What the value of a pair begins with that takes all cells up to it."""

OF_ZONES = ("group", "parent")
"""Columns of ``zones.csv`` that every table of zones is given, if it has none of its own."""


def as_text(cell: object) -> str:
    """Write a cell as the run's tables write it."""
    if isinstance(cell, float | np.floating):
        return "" if cell != cell else format(float(cell), ".12g")
    return str(cell.date()) if hasattr(cell, "date") else str(cell)


class Sheet:
    """One table of a run, ready to be asked for its cells.

    Parameters
    ----------
    name : str
        Of the table.
    frame : pandas.DataFrame
    zones : pandas.DataFrame, optional
        ``zones.csv``, whose groups and parents the rows get.
    """

    def __init__(self, name: str, frame: pd.DataFrame, zones: pd.DataFrame | None = None) -> None:
        self.name = name
        self.frame = frame if zones is None else _with_zones(frame, zones)
        self._places: dict[tuple[str, ...], dict[tuple[str, ...], NDArray[np.intp]]] = {}

    def __contains__(self, column: object) -> bool:
        return column in self.frame.columns

    @cached_property
    def columns(self) -> frozenset[str]:
        """Names of its columns."""
        return frozenset(map(str, self.frame.columns))

    def rows(self, row: Row) -> pd.DataFrame:
        """Return the rows that pairs pick, in their order."""
        same = [pair for pair in row if not pair[1].startswith(AT_MOST)]
        found = self._same(tuple(name for name, _ in same), tuple(value for _, value in same))
        for name, value in row:
            if value.startswith(AT_MOST):
                found = found[~(found[name] > float(value.removeprefix(AT_MOST)))]
        return found

    def value(self, row: Row, column: str) -> float:
        """Return the number that pairs and columns name; NaN where nobody looked.

        Parameters
        ----------
        row : pairs
        column : str
            One column, several with ``+`` between them, or a share: parts, ``/``, whole.
        """
        return value_of(self.rows(row), column)

    def _same(self, names: tuple[str, ...], values: tuple[str, ...]) -> pd.DataFrame:
        """Return the rows whose cells are these."""
        if not names:
            return self.frame
        if names not in self._places:
            texts = [self.frame[name].map(as_text) for name in names]
            found: dict[tuple[str, ...], list[int]] = {}
            for place, key in enumerate(zip(*texts, strict=True)):
                found.setdefault(key, []).append(place)
            self._places[names] = {key: np.asarray(at) for key, at in found.items()}
        places = self._places[names].get(values, np.empty(0, np.intp))
        return self.frame.iloc[places]


def value_of(rows: pd.DataFrame, column: str) -> float:
    """Sum the cells of columns over rows; a share divides two such sums."""
    part, _, whole = column.partition("/")
    amount = _sum(rows, part.split("+"))
    if not whole:
        if len(rows) > 1 and column.endswith(("_fraction", "_date", "share")):
            raise ValueError(f"{column} of several rows cannot be added")
        return amount
    of = _sum(rows, whole.split("+"))
    return amount / of if of > 0 else float("nan")


def _sum(rows: pd.DataFrame, columns: Sequence[str]) -> float:
    """Sum columns over rows; NaN where all cells of one are empty."""
    total = 0.0
    for name in columns:
        cells: Any = rows[name].to_numpy(dtype=float)
        seen = cells[~np.isnan(cells)]
        total += float(seen.sum()) if seen.size else float("nan")
    return total


def _with_zones(frame: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """Give each row its zone's group and parent."""
    if "zone_id" not in frame.columns:
        return frame
    of = zones.drop_duplicates("zone_id").set_index("zone_id")
    more = {
        name: frame["zone_id"].map(of[name]).fillna("")
        for name in OF_ZONES
        if name in of.columns and name not in frame.columns
    }
    return frame.assign(**more) if more else frame
