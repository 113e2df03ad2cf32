"""Of several rows about one place, the last one: the latest visit of a site.

This module knows cells and their order. It does not know files or places.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from landcover.errors import ZoneError
from landcover.zones.features import Value

__all__ = ["latest"]

_UNORDERED = re.compile(r"^\s*\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b")
"""A date that begins with its day or month: as text, 02/01/2020 comes after 01/12/2023."""

_Rank = tuple[tuple[int, float, str], ...]


def latest(ids: Sequence[str], columns: Sequence[Sequence[Value]], where: str) -> list[int]:
    """Choose the last row of each id.

    Parameters
    ----------
    ids : sequence of str
        One a row. A row without an id stands for itself.
    columns : sequences of cells, one a row
        By which rows are ordered; the second tells where the first is equal, and so on. An
        empty cell comes before all others. Of equal rows the last one is taken.
    where : str
        The group, as a person wrote it.

    Returns
    -------
    list of int
        Places of the chosen rows, in their order.

    Raises
    ------
    ZoneError
        Where dates are written in a way that has no order.
    """
    _refuse_unordered(columns, where)
    best: dict[str, tuple[_Rank, int]] = {}
    alone = []
    for place, identity in enumerate(ids):
        if not identity:
            alone.append(place)
            continue
        mine = (tuple(_rank(column[place]) for column in columns), place)
        best[identity] = max(best.get(identity, mine), mine)
    return sorted([*alone, *(place for _, place in best.values())])


def _rank(cell: Value) -> tuple[int, float, str]:
    """Order cells: empty ones, numbers, texts."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return (0, 0.0, "")
    return (2, 0.0, cell.strip()) if isinstance(cell, str) else (1, float(cell), "")


def _refuse_unordered(columns: Sequence[Sequence[Value]], where: str) -> None:
    """Refuse dates such as 31/12/2023."""
    for column in columns:
        for cell in column:
            if isinstance(cell, str) and _UNORDERED.match(cell):
                what = f"{cell.strip()!r} cannot be ordered as text"
                raise ZoneError(f"{where}.latest", what, "Write dates as 2023-06-21")
