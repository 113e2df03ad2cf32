"""One row a date: pieces of composites put together for products that go by dates.

What one product asks for must not depend on what others ask for. Composites of many days are cut
wherever any span begins or ends; here the pieces that a product did not ask to be cut are joined
again, and those of several composites that stand on one date become one row.
It knows arrays and days. It does not know how they were read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.model import MISSING

__all__ = ["by_date", "merged"]

Groups = tuple[tuple[int, ...], ...]
"""The numbers of the rows that become one, for each date."""


def by_date(
    dates: Sequence[date], told: Sequence[date], cuts: Sequence[date]
) -> tuple[tuple[date, ...], Groups]:
    """Say which rows are of one date, were composites cut at some days alone.

    Parameters
    ----------
    dates : sequence of date
        The day that each row stands on.
    told : sequence of date
        The first day of its composite; of a scene of one day, that day.
    cuts : sequence of date
        Days at which composites are cut for the product, in order of time.

    Returns
    -------
    dates : tuple of date
        Increasing: the composite's first day, or the last cut before the row's own if that is
        later.
    groups : tuple of tuple of int
        For each of them the rows, that of the earlier composite first.

    Examples
    --------
    Two composites, of 19 and 27 December, both cut at the new year:

    >>> one, other, new = date(2019, 12, 19), date(2019, 12, 27), date(2020, 1, 1)
    >>> found, groups = by_date([one, other, new, new], [one, other, one, other], [new])
    >>> [str(day) for day in found], groups
    (['2019-12-19', '2019-12-27', '2020-01-01'], ((0,), (1,), (2, 3)))
    """
    rows: dict[date, list[int]] = {}
    for number in sorted(range(len(dates)), key=lambda n: (told[n], dates[n])):
        before = bisect_right(cuts, dates[number])
        day = max(told[number], cuts[before - 1]) if before else told[number]
        rows.setdefault(day, []).append(number)
    days = sorted(rows)
    return tuple(days), tuple(tuple(rows[day]) for day in days)


def merged(values: Mapping[str, npt.NDArray[Any]], groups: Groups) -> dict[str, npt.NDArray[Any]]:
    """Make one row of each group: of each pixel its first value.

    Parameters
    ----------
    values : mapping of float32 (T, Y, X), NaN where missing, or int16, `MISSING` where missing
    groups : tuple of tuple of int
        As `by_date` gives them.

    Returns
    -------
    dict of (G, Y, X), of the same types
        The very arrays where each row is alone already.
    """
    if groups == tuple((number,) for number in range(len(groups))):
        return dict(values)
    return {name: _joined(array, groups) for name, array in values.items()}


def _joined(array: npt.NDArray[Any], groups: Groups) -> npt.NDArray[Any]:
    """Make one row of each group of an array."""
    out = np.empty((len(groups), *array.shape[1:]), array.dtype)
    for row, (first, *others) in zip(out, groups, strict=True):
        row[:] = array[first]
        for other in others:
            missing = np.isnan(row) if array.dtype.kind == "f" else row == MISSING
            np.copyto(row, array[other], where=missing)
    return out
