"""Patches: breaks of neighbouring pixels at about the same time, joined into one disturbance.

It knows pixels of an endless plane and days. It does not know grids, tiles, zones or files: what
is joined depends on the breaks alone, so that the patches are the same however the plane was cut.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.breaks import ABRUPT, CONFIRMED, GRADUAL, RECOVERING

__all__ = [
    "Broken",
    "Figures",
    "connect",
    "figures",
    "large",
    "mapped",
    "once",
    "reach_px",
    "warm",
]

Integers = NDArray[np.int64]

KINDS_OF_BREAK = (ABRUPT, GRADUAL, RECOVERING)
"""Kinds that a pixel with a break may have."""


@dataclass(frozen=True, slots=True, eq=False)
class Broken:
    """Breaks as a list, one a row, sorted by row, then column, then day; flat arrays (N,).

    `row` and `column` are of any one plane of pixels, rows growing southward.
    """

    row: Integers
    column: Integers
    day: NDArray[np.int32]
    """Days since 1970-01-01: the first look of the break."""
    before: NDArray[np.int32]
    """Days: the last clear look before it."""
    kind: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    drop: NDArray[np.float32]
    recovered_12: NDArray[np.float32]
    recovered_24: NDArray[np.float32]
    area_m2: NDArray[np.float64]
    """True ground area of the pixel."""

    def __len__(self) -> int:
        return len(self.row)

    def take(self, which: NDArray[Any]) -> Broken:
        """Return some of the rows: by number or by a mask of those to keep."""
        return Broken(*(getattr(self, field.name)[which] for field in fields(Broken)))

    @classmethod
    def join(cls, parts: list[Broken]) -> Broken:
        """Put the lists of several tiles into one, in order."""
        columns = {f.name: [getattr(part, f.name) for part in parts] for f in fields(Broken)}
        joined = Broken(**{name: np.concatenate(column) for name, column in columns.items()})
        return joined.take(np.lexsort((joined.day, joined.column, joined.row)))


@njit(nogil=True, cache=True)
def _root(parent, i):  # type: ignore[no-untyped-def]
    """Find the first break of a patch; the way there is halved for the next who asks."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(nogil=True, cache=True)
def _link(parent, day, i, j, near_days):  # type: ignore[no-untyped-def]
    """Join two breaks that lie near in time; the earlier row stays the root."""
    if abs(day[i] - day[j]) <= near_days:
        a, b = _root(parent, i), _root(parent, j)
        parent[max(a, b)] = min(a, b)


@njit(nogil=True, cache=True)
def _connect(row, column, day, near_days, label):  # type: ignore[no-untyped-def]
    """Write the number of each patch into `label`, in the order of their first rows."""
    n = row.size
    parent = np.arange(n)
    above = 0  # the first break of the row above that may touch
    for i in range(n):
        west = column[i] - 1
        j = i - 1
        while j >= 0 and row[j] == row[i] and column[j] >= west:
            _link(parent, day, i, j, near_days)
            j -= 1
        north = row[i] - 1
        while above < i and (row[above] < north or (row[above] == north and column[above] < west)):
            above += 1
        j = above
        while j < i and row[j] == north and column[j] <= column[i] + 1:
            _link(parent, day, i, j, near_days)
            j += 1
    count = 0
    for i in range(n):
        root = _root(parent, i)
        if root == i:
            label[i] = count
            count += 1
        else:
            label[i] = label[root]
    return count


def connect(row: Integers, column: Integers, day: NDArray[np.int32], near_days: int) -> Integers:
    """Tell which patch each break belongs to.

    Two breaks belong together where their pixels are one or touch, at a side or a corner, and
    their days lie at most `near_days` apart; so do all that a chain of such pairs joins. A
    clearing that grows is one patch, however long it takes; two that lie side by side
    with a longer rest between them are two.

    Parameters
    ----------
    row, column : int64 (N,), px
        Of any plane; sorted by row, then column.
    day : int32 (N,), days
    near_days : int, days
        At least 0.

    Returns
    -------
    int64 (N,)
        Patches from 0 on, in the order of their first rows in the list.

    Raises
    ------
    InputError
        The breaks are not sorted.

    Notes
    -----
    Union-find over the list, with one finger on the row above: O(N), whatever the plane's size.

    Examples
    --------
    >>> row, column = np.array([0, 0, 1]), np.array([0, 5, 1])
    >>> connect(row, column, np.array([100, 100, 190], np.int32), 90).tolist()
    [0, 1, 0]
    """
    if near_days < 0:
        raise InputError(f"near_days {near_days}", "it must be 0 or more")
    step, along = np.diff(row), np.diff(column)
    if ((step < 0) | ((step == 0) & (along < 0))).any():
        raise InputError("breaks", "they are not sorted by row and column")
    label = np.empty(len(row), np.int64)
    _connect(
        np.ascontiguousarray(row, np.int64),
        np.ascontiguousarray(column, np.int64),
        np.ascontiguousarray(day, np.int64),  # int32 differences could overflow
        near_days,
        label,
    )
    return label


def once(row: Integers, column: Integers, label: Integers) -> NDArray[np.bool_]:
    """Keep one break a pixel and patch: a pixel that broke twice has its area once.

    Parameters
    ----------
    row, column, label : int64 (N,)

    Returns
    -------
    bool (N,)
        True for the first of the breaks of one pixel in one patch.
    """
    order = np.lexsort((column, row, label))  # stable: the first in the list stays first
    keys = np.stack([label, row, column])[:, order]
    first = np.ones(len(row), np.bool_)
    first[order[1:]] = (keys[:, 1:] != keys[:, :-1]).any(axis=0)
    return first


def reach_px(least_px: int) -> int:
    """Return how far beyond a tile's edge (px) a patch must be seen to tell whether it is large.

    Of a connected patch of n or more pixels, n lie within n - 1 steps of any one of them.
    """
    return max(least_px - 1, 0)


def large(day: NDArray[np.int32], near_days: int, least_px: int) -> NDArray[np.bool_]:
    """Keep breaks whose patch has at least so many pixels: the minimum mapping unit.

    Parameters
    ----------
    day : int32 (B, Y, X), days
        Breaks of each pixel; negative where there is none.
    near_days : int, days
        See `connect`.
    least_px : int, px
        Pixels that a patch needs. A pixel counts once, however often it broke.

    Returns
    -------
    bool (B, Y, X)
        True where a break stays. Exact for pixels at least `reach_px(least_px)` from the edge of
        the array, whatever lies beyond it.
    """
    kept = day >= 0
    if least_px <= 1 or not kept.any():
        return kept
    row, column, number = np.nonzero(kept.transpose(1, 2, 0))
    label = connect(row, column, day[number, row, column], near_days)
    count = np.bincount(label[once(row, column, label)])
    kept[number, row, column] = (count >= least_px)[label]
    return kept


def mapped(
    broken: Broken, near_days: int, least_px: int, edge: NDArray[np.bool_] | None = None
) -> Broken:
    """Leave out breaks of patches that are smaller than the minimum mapping unit.

    Parameters
    ----------
    broken : Broken
    near_days, least_px
        As for `large`.
    edge : bool (N,), optional
        Breaks whose patch may go on beyond the list: it stays, however small.

    Returns
    -------
    Broken
    """
    if least_px <= 1 or not len(broken):
        return broken
    label = connect(broken.row, broken.column, broken.day, near_days)
    stays = np.bincount(label[once(broken.row, broken.column, label)]) >= least_px
    if edge is not None:
        stays[label[edge]] = True
    return broken.take(stays[label])


class Figures(NamedTuple):
    """What each patch comes to; arrays (P,), by patch."""

    first_row: Integers
    first_column: Integers
    """Pixel that broke first; of several the northernmost, of these the westernmost."""
    first_day: NDArray[np.int32]
    median_day: NDArray[np.int32]
    """By then half the patch's pixels had been seen broken, each for the first time."""
    last_day: NDArray[np.int32]
    """The last of its pixels was then seen broken for the first time."""
    before: NDArray[np.int32]
    """Last clear look before the first break."""
    pixels: Integers
    area_m2: NDArray[np.float64]
    drop: NDArray[np.float32]
    """Median over its breaks, as are the shares regained."""
    recovered_12: NDArray[np.float32]
    recovered_24: NDArray[np.float32]
    kind: NDArray[np.uint8]
    """Kind of most of its breaks; on a tie the lower."""
    confidence: NDArray[np.uint8]
    """Highest class that at least half of its breaks reach."""


def _middle(values: NDArray[Any], label: Integers, patches: int) -> NDArray[Any]:
    """Return each patch's lower median of what is not NaN; NaN where nothing is."""
    there = ~np.isnan(values)
    order = np.lexsort((values[there], label[there]))
    held, sorted_label = values[there][order], label[there][order]
    start = np.searchsorted(sorted_label, np.arange(patches + 1))
    count = np.diff(start)
    place = start[:-1] + (count - 1) // 2
    out = np.full(patches, np.nan, values.dtype)
    out[count > 0] = held[place[count > 0]]
    return out


def _commonest(kind: NDArray[np.uint8], label: Integers, patches: int) -> NDArray[np.uint8]:
    """Return the kind of most breaks of each patch."""
    counts = [np.bincount(label[kind == one], minlength=patches) for one in KINDS_OF_BREAK]
    found: NDArray[np.uint8] = np.array(KINDS_OF_BREAK, np.uint8)[np.argmax(counts, axis=0)]
    return found


def _confidence(confidence: NDArray[np.uint8], label: Integers, patches: int) -> NDArray[np.uint8]:
    """Return the highest class that at least half of each patch's breaks reach."""
    whole = np.bincount(label, minlength=patches)
    found = np.zeros(patches, np.uint8)
    for level in range(1, CONFIRMED + 1):
        reached = np.bincount(label[confidence >= level], minlength=patches)
        found[2 * reached >= whole] = level
    return found


def figures(broken: Broken, label: Integers) -> Figures:
    """Sum up each patch.

    Parameters
    ----------
    broken : Broken
    label : int64 (N,)
        From `connect`.

    Returns
    -------
    Figures
        Of patches 0, 1, ...; medians are lower medians, so that each is of one of the breaks.
        Days are of the first break of each pixel in its patch: when it was first seen broken.
    """
    patches = int(label.max()) + 1 if len(label) else 0
    own = once(broken.row, broken.column, label)
    order = np.lexsort((broken.column, broken.row, broken.day, label))
    order = order[own[order]]
    start = np.searchsorted(label[order], np.arange(patches + 1))
    first, last = order[start[:-1]], order[start[1:] - 1]
    days = broken.day[own].astype(np.float64)
    return Figures(
        broken.row[first],
        broken.column[first],
        broken.day[first],
        _middle(days, label[own], patches).astype(np.int32),
        broken.day[last],
        broken.before[first],
        np.bincount(label[own], minlength=patches),
        np.bincount(label[own], broken.area_m2[own], minlength=patches).astype(np.float64),
        _middle(broken.drop, label, patches),
        _middle(broken.recovered_12, label, patches),
        _middle(broken.recovered_24, label, patches),
        _commonest(broken.kind, label, patches),
        _confidence(broken.confidence, label, patches),
    )


def warm() -> None:
    """Compile or load this module's kernel."""
    connect(np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int32), 1)
