"""Cells of a run's tables, picked by what a fact says of them.

It knows tables, rows and columns. It does not know what they mean, nor how they are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AT_MOST", "Row", "Sheet", "as_text"]

Places = NDArray[np.intp]
"""Numbers of rows (N,)."""

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
        self._cells: dict[str, NDArray[np.float64]] = {}
        self._lists: dict[str, list[Any]] = {}
        self._same: dict[tuple[str, ...], dict[tuple[str, ...], Places]] = {}

    def has(self, *columns: str) -> bool:
        """Whether the table has all of some columns: runs of older versions lack the newest."""
        return all(name in self.frame.columns for name in columns)

    def rows(self, row: Row) -> pd.DataFrame:
        """Return the rows that pairs pick, in their order."""
        return self.frame.iloc[self._places(row)]

    def cells(self, row: Row, *columns: str) -> list[tuple[Any, ...]]:
        """Return some cells of the rows that pairs pick: quicker than the rows, for thousands."""
        lists = [self._listed(name) for name in columns]
        return [tuple(one[place] for one in lists) for place in self._places(row).tolist()]

    def value(self, row: Row, column: str) -> float:
        """Return the number that pairs and columns name; NaN where nobody looked.

        Parameters
        ----------
        row : pairs
        column : str
            One column, several with ``+`` between them, or a share: parts, ``/``, whole.

        Raises
        ------
        ValueError
            A share of several rows: such do not add up.
        """
        places = self._places(row)
        part, _, whole = column.partition("/")
        if not whole and len(places) > 1 and not part.endswith("_ha"):
            raise ValueError(f"{column} of several rows of {self.name} does not add up")
        amount = self._sum(places, part)
        if not whole:
            return amount
        of = self._sum(places, whole)
        return amount / of if of > 0 else float("nan")

    def _sum(self, places: Places, columns: str) -> float:
        """Add columns over rows; NaN where all cells of one are empty."""
        total = 0.0
        for name in columns.split("+"):
            cells = self._column(name)[places]
            seen = cells[~np.isnan(cells)]
            total += float(seen.sum()) if seen.size else float("nan")
        return total

    def _column(self, name: str) -> NDArray[np.float64]:
        """Return a column of numbers, whose table has many rows to be picked from."""
        if name not in self._cells:
            self._cells[name] = self.frame[name].to_numpy(dtype=float, na_value=np.nan)
        return self._cells[name]

    def _listed(self, name: str) -> list[Any]:
        """Return a column's cells, whose table has many rows to be picked from."""
        if name not in self._lists:
            self._lists[name] = self.frame[name].tolist()
        return self._lists[name]

    def _places(self, row: Row) -> Places:
        """Return where the rows are that pairs pick."""
        same = [pair for pair in row if not pair[1].startswith(AT_MOST)]
        found = self._where(tuple(name for name, _ in same), tuple(value for _, value in same))
        for name, value in row:
            if value.startswith(AT_MOST):
                found = found[~(self._column(name)[found] > float(value.removeprefix(AT_MOST)))]
        return found

    def _where(self, names: tuple[str, ...], values: tuple[str, ...]) -> Places:
        """Return where the rows are whose cells are these."""
        if names not in self._same:
            texts = [list(map(as_text, self.frame[name].tolist())) for name in names]
            found: dict[tuple[str, ...], list[int]] = {}
            keys = zip(*texts, strict=True) if names else [()] * len(self.frame)
            for place, key in enumerate(keys):
                found.setdefault(key, []).append(place)
            self._same[names] = {key: np.asarray(at) for key, at in found.items()}
        return self._same[names].get(values, np.empty(0, np.intp))


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
