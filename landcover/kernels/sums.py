"""Partial sums and sparse histograms of zones: how they are kept, merged and read.

It knows sums as flat arrays. It does not know how pixels were summed, nor polygons, grids,
dates' meaning or files.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = ["BIN_WIDTH", "WHOLE", "Bins", "ZoneSums", "concatenate", "mean", "merge", "quantile"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BIN_WIDTH = 0.005
"""Width of a histogram's bins, in the index's own unit: quantiles are right to half of it."""

WHOLE = -1
"""Series of the rows that hold a zone's whole weight, clear or not: the clear fraction's base."""


class Bins(NamedTuple):
    """Equal bins over an index's stated range; values beyond fall into the end bins."""

    low: float
    high: float
    width: float = BIN_WIDTH

    @property
    def size(self) -> int:
        """How many bins there are; the last may reach beyond `high`."""
        return max(1, math.ceil((self.high - self.low) / self.width - 1e-6))


@dataclass(frozen=True, slots=True, eq=False)
class ZoneSums:
    """Partial sums, one row a zone, series, day and cell; flat arrays only.

    `series` is the caller's number of a sensor's index, `day` days since 1970-01-01.
    `count` is the sum of covered fractions of the pixels that had a value, `weight_m2`
    their weight, `total` the sum of weight times value. Row p has the histogram
    bin[start[p]:start[p + 1]], increasing, with weights `bin_m2`; empty bins are not kept.
    """

    zone: NDArray[np.int32]
    series: NDArray[np.int32]
    day: NDArray[np.int32]
    cell_row: NDArray[np.int32]
    cell_column: NDArray[np.int32]
    count: NDArray[np.float64]
    weight_m2: NDArray[np.float64]
    total: NDArray[np.float64]
    start: NDArray[np.int64]
    bin: NDArray[np.uint16]
    bin_m2: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.zone)

    def to_arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the arrays by name, as `numpy.savez` takes them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[np.generic]]) -> ZoneSums:
        """Make sums of the arrays that `to_arrays` gave; others are left alone."""
        return cls(**{field.name: np.asarray(arrays[field.name]) for field in fields(cls)})

    @classmethod
    def empty(cls) -> ZoneSums:
        """Return sums of nothing."""
        whole, real = np.zeros(0, np.int32), np.zeros(0)
        start = np.zeros(1, np.int64)
        none = np.zeros(0, np.uint16)
        return cls(whole, whole, whole, whole, whole, real, real, real, start, none, real)


def concatenate(parts: Sequence[ZoneSums]) -> ZoneSums:
    """Put the rows of several sums one after the other."""
    if not parts:
        return ZoneSums.empty()
    arrays = [part.to_arrays() for part in parts]
    joined = {name: np.concatenate([a[name] for a in arrays]) for name in arrays[0]}
    lengths = np.concatenate([np.diff(part.start) for part in parts])
    joined["start"] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return ZoneSums.from_arrays(joined)


@njit(nogil=True, cache=True)
def _merge(
    order: Integers,
    group: Integers,
    groups: int,
    n: int,
    start: Integers,
    bin_in: NDArray[np.uint16],
    weight_in: Floats,
) -> tuple[Integers, NDArray[np.uint16], Floats]:
    """Add the histograms of each group's rows, in `order`; return (starts, bins, weights)."""
    room = np.zeros(groups, np.int64)
    for k in range(order.shape[0]):
        room[group[k]] += start[order[k] + 1] - start[order[k]]
    bin_out = np.empty(np.minimum(room, n).sum(), np.uint16)
    weight_out = np.empty(bin_out.shape[0], np.float64)
    start_out = np.zeros(groups + 1, np.int64)
    dense = np.zeros(n, np.float64)
    at = k = 0
    for g in range(groups):
        low, high = n, 0
        while k < order.shape[0] and group[k] == g:
            a, b = start[order[k]], start[order[k] + 1]
            for i in range(a, b):
                dense[bin_in[i]] += weight_in[i]
            if b > a:  # a row's bins are in order
                low, high = min(low, bin_in[a]), max(high, bin_in[b - 1] + 1)
            k += 1
        for number in range(low, high):
            if dense[number] > 0:
                bin_out[at] = number
                weight_out[at] = dense[number]
                dense[number] = 0.0
                at += 1
        start_out[g + 1] = at
    return start_out, bin_out[:at].copy(), weight_out[:at].copy()


@njit(nogil=True, cache=True)
def _add(order: Integers, group: Integers, groups: int, column: Floats) -> Floats:
    """Add a column's numbers group by group, in `order`."""
    out = np.zeros(groups, np.float64)
    for k in range(order.shape[0]):
        out[group[k]] += column[order[k]]
    return out


def merge(sums: ZoneSums) -> ZoneSums:
    """Add up the cells: one row a zone, series and day, sorted by them.

    Rows are added in the order of cells, so that the result does not depend on how cells
    were shared out to tiles. Where a tile's border cuts a cell, its parts are added in the
    order they came in; that moves a sum by less than one part in 10^13.

    Parameters
    ----------
    sums : ZoneSums
        Rows in any order, from any number of tiles, merged before or not.

    Returns
    -------
    ZoneSums
        `cell_row` and `cell_column` are those of the first cell.
    """
    if not len(sums):
        return sums
    order = np.lexsort((sums.cell_column, sums.cell_row, sums.day, sums.series, sums.zone))
    keys = np.stack([sums.zone[order], sums.series[order], sums.day[order]])
    new = np.any(keys[:, 1:] != keys[:, :-1], axis=0)
    group = np.concatenate([[0], np.cumsum(new)]).astype(np.int64)
    first = order[np.concatenate([[True], new])]
    groups = len(first)
    n = int(sums.bin.max()) + 1 if len(sums.bin) else 1
    start, bin_number, bin_m2 = _merge(order, group, groups, n, sums.start, sums.bin, sums.bin_m2)
    return ZoneSums(
        sums.zone[first],
        sums.series[first],
        sums.day[first],
        sums.cell_row[first],
        sums.cell_column[first],
        _add(order, group, groups, sums.count),
        _add(order, group, groups, sums.weight_m2),
        _add(order, group, groups, sums.total),
        start,
        bin_number,
        bin_m2,
    )


def mean(sums: ZoneSums) -> NDArray[np.float64]:
    """Return the weighted mean of each row, in the values' unit; NaN without weight."""
    out = np.full(len(sums), np.nan)
    np.divide(sums.total, sums.weight_m2, out=out, where=sums.weight_m2 > 0)
    return out


@njit(nogil=True, cache=True)
def _quantile(
    start: Integers,
    bin_number: NDArray[np.uint16],
    bin_m2: Floats,
    low: float,
    width: float,
    share: float,
) -> Floats:
    """Return the weighted quantile of each row's histogram."""
    out = np.full(start.shape[0] - 1, np.nan)
    for p in range(out.shape[0]):
        a, b = start[p], start[p + 1]
        target = bin_m2[a:b].sum() * share
        below = 0.0
        for i in range(a, b):
            if below + bin_m2[i] >= target or i == b - 1:
                inside = min(max((target - below) / bin_m2[i], 0.0), 1.0)
                out[p] = low + (bin_number[i] + inside) * width
                break
            below += bin_m2[i]
    return out


def quantile(sums: ZoneSums, bins: Bins, percent: float) -> NDArray[np.float64]:
    """Return a weighted percentile of each row from its histogram.

    Parameters
    ----------
    sums : ZoneSums
        Rows whose histograms were made with `bins`.
    bins : Bins
        Histogram bins, in unit U.
    percent : float
        0 to 100; 50 is the median.

    Returns
    -------
    float64 (P,), U
        NaN without a histogram.

    Notes
    -----
    The value below which `percent` of the weight lies, where weight is taken to be spread
    evenly within a bin. It lies in the bin that holds the true percentile, so it is never
    further from it than one bin (0.005), and for spread-out values much nearer.
    """
    return _quantile(sums.start, sums.bin, sums.bin_m2, bins.low, bins.width, percent / 100)
