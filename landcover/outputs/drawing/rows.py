"""Rows of tables as they are drawn: one at a time, with days and years as they are written.

It reads cells. It does not know what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["is_partial_year", "records"]


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield rows whose cells are attributes, of whatever type their column has."""
    yield from frame.itertuples(index=False)


def is_partial_year(row: Any) -> bool:
    """Whether only a part of a row's year was monitored; not so where none of it was."""
    first, last = row.monitored_first_date, row.monitored_last_date
    if first != first:
        return False
    return bool((first.month, first.day, last.month, last.day) != (1, 1, 12, 31))
