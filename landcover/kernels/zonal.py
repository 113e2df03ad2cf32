"""Zone statistics as partial sums: exactly mergeable, so that no scene is read again.

It knows covered fractions, pixel areas, sums and histograms as plain arrays. It does not
know polygons, grids, dates' meaning or files.

A *piece* is the part of one zone in one aligned cell of 256 x 256 px. A piece is held as
runs of wholly covered pixels and a list of pixels on the zone's edge. Every value counts
with its weight in m2: the pixel's true area times its covered fraction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.kernels.sums import (
    BIN_WIDTH,
    WHOLE,
    Bins,
    ZoneSums,
    concatenate,
    mean,
    merge,
    quantile,
)

__all__ = [
    "BIN_WIDTH",
    "WHOLE",
    "Bins",
    "Pieces",
    "ZoneSums",
    "accumulate",
    "concatenate",
    "mean",
    "merge",
    "paint",
    "quantile",
    "whole",
]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LANES = 4
"""Histograms filled in turn, so that equal neighbours do not wait for each other."""


class Pieces(NamedTuple):
    """The parts of zones in aligned cells of one tile, as flat arrays, sorted by zone and cell.

    `runs` are (row, first column, column after the last) of wholly covered pixels, and
    `edge_pixel` flat pixel numbers (row * X + column), both within the tile. Piece p has
    runs[run_start[p]:run_start[p + 1]], and its edge pixels alike. `twin` is the number of the
    first piece with the very same pixels, mostly its own: zones of several kinds overlap, and a
    cell that several cover wholly is summed once.
    """

    zone: NDArray[np.int32]
    cell_row: NDArray[np.int32]
    cell_column: NDArray[np.int32]
    run_start: NDArray[np.int64]
    runs: NDArray[np.int32]
    edge_start: NDArray[np.int64]
    edge_pixel: NDArray[np.int64]
    edge_fraction: NDArray[np.float32]
    twin: NDArray[np.int64]


@njit(nogil=True, cache=True, fastmath={"reassoc"})
def _run(
    values: NDArray[np.float32],
    area: Floats,
    low: np.float32,
    per_bin: np.float32,
    n: np.int32,
    bins: NDArray[np.uint16],
) -> tuple[np.int32, float]:
    """Fill in the bins of one run; return (how many values, their weight times value).

    Missing values get bin n, which nobody reads. Adding may be reordered, so that it
    vectorises; NaN keeps its meaning.
    """
    top = np.float32(n - 1)
    count = np.int32(0)
    total = 0.0
    for x in range(values.shape[0]):
        value = values[x]
        place = (value - low) * per_bin
        place = place if place > 0 else np.float32(0)
        place = place if place < top else top
        there = value == value  # not NaN
        bins[x] = np.int32(place) if there else n
        total += area[x] * np.float64(value) if there else 0.0
        count += np.int32(1) if there else np.int32(0)
    return count, total


@njit(nogil=True, cache=True)
def _scatter(bins: NDArray[np.uint16], area: Floats, lanes: Floats) -> None:
    """Add each pixel's area to its bin, in LANES histograms by turns."""
    n = area.shape[0]
    x = 0
    while x + 3 < n:
        lanes[0, bins[x]] += area[x]
        lanes[1, bins[x + 1]] += area[x + 1]
        lanes[2, bins[x + 2]] += area[x + 2]
        lanes[3, bins[x + 3]] += area[x + 3]
        x += 4
    while x < n:
        lanes[0, bins[x]] += area[x]
        x += 1


@njit(nogil=True, cache=True)
def _room(run_start: Integers, runs: NDArray[np.int32], edge_start: Integers, n: np.int32) -> int:
    """Return how many filled bins all pieces can have at most."""
    room = 0
    for p in range(run_start.shape[0] - 1):
        pixels = edge_start[p + 1] - edge_start[p]
        for r in range(run_start[p], run_start[p + 1]):
            pixels += runs[r, 2] - runs[r, 1]
        room += min(pixels, n)
    return room


@njit(nogil=True, cache=True)
def _sparsify(lanes: Floats, bin_out: NDArray[np.uint16], weight_out: Floats, at: int) -> int:
    """Write the filled bins of all lanes from place `at` on; return the next free place."""
    for b in range(lanes.shape[1] - 1):
        weight = lanes[0, b] + lanes[1, b] + lanes[2, b] + lanes[3, b]
        if weight > 0:
            bin_out[at] = b
            weight_out[at] = weight
            at += 1
    return at


@njit(nogil=True, cache=True)
def _edges(
    values: NDArray[np.float32],
    area: Floats,
    pixels: Integers,
    fractions: NDArray[np.float32],
    low: np.float32,
    per_bin: np.float32,
    n: np.int32,
    lanes: Floats,
) -> tuple[float, float]:
    """Add pixels on the zone's edge by their fraction; return (count, total)."""
    columns = values.shape[1]
    count = total = 0.0
    for e in range(pixels.shape[0]):
        row, column = divmod(pixels[e], columns)
        value = values[row, column]
        if np.isnan(value):
            continue
        fraction = np.float64(fractions[e])
        m2 = fraction * area[row, column]
        place = min(max((value - low) * per_bin, np.float32(0)), np.float32(n - 1))
        lanes[0, np.int32(place)] += m2
        count += fraction
        total += m2 * value
    return count, total


@njit(nogil=True, cache=True)
def _accumulate(
    values: NDArray[np.float32],
    area: Floats,
    run_start: Integers,
    runs: NDArray[np.int32],
    edge_start: Integers,
    pixels: Integers,
    fractions: NDArray[np.float32],
    twin: Integers,
    low: np.float32,
    per_bin: np.float32,
    n: np.int32,
) -> tuple[Integers, Floats, Integers, NDArray[np.uint16], Floats]:
    """Sum every piece: (piece numbers that had values, sums, histogram starts, bins, weights)."""
    pieces = run_start.shape[0] - 1
    room = _room(run_start, runs, edge_start, n)
    bin_out, weight_out = np.empty(room, np.uint16), np.empty(room, np.float64)
    sums = np.empty((3, pieces), np.float64)
    kept = np.empty(pieces, np.int64)
    place = np.full(pieces, -1, np.int64)
    start = np.zeros(pieces + 1, np.int64)
    lanes = np.empty((LANES, n + 1), np.float64)
    bins = np.empty(values.shape[1], np.uint16)
    k = at = 0
    for p in range(pieces):
        if twin[p] != p:
            other = place[twin[p]]
            if other >= 0:
                first, end = start[other], start[other + 1]
                bin_out[at : at + end - first] = bin_out[first:end]
                weight_out[at : at + end - first] = weight_out[first:end]
                at += end - first
                sums[:, k] = sums[:, other]
                kept[k] = p
                k += 1
                start[k] = at
            continue
        lanes[:] = 0.0
        a, b = edge_start[p], edge_start[p + 1]
        count, total = _edges(values, area, pixels[a:b], fractions[a:b], low, per_bin, n, lanes)
        for r in range(run_start[p], run_start[p + 1]):
            y, c0, c1 = runs[r, 0], runs[r, 1], runs[r, 2]
            had, part = _run(values[y, c0:c1], area[y, c0:c1], low, per_bin, n, bins)
            if had:
                _scatter(bins, area[y, c0:c1], lanes)
                count += had
                total += part
        if count > 0:
            first = at
            at = _sparsify(lanes, bin_out, weight_out, at)
            sums[0, k], sums[1, k], sums[2, k] = count, weight_out[first:at].sum(), total
            kept[k] = p
            place[p] = k
            k += 1
            start[k] = at
    return kept[:k], sums[:, :k], start[: k + 1], bin_out[:at], weight_out[:at]


def accumulate(
    values: NDArray[np.float32],
    area: NDArray[np.float64],
    pieces: Pieces,
    bins: Bins,
    series: int = 0,
    day: int = 0,
) -> ZoneSums:
    """Sum one layer over every piece of every zone.

    Parameters
    ----------
    values : float32 (Y, X), any unit U
        NaN where missing.
    area : float64 (Y, X), m2
        True ground area of each pixel.
    pieces : Pieces
        The zones' parts in this tile.
    bins : Bins
        Histogram bins, in U.
    series, day : int
        What the rows are labelled with.

    Returns
    -------
    ZoneSums
        One row a piece that had at least one value; pieces without any have no row.

    Notes
    -----
    count = sum f, weight = sum f a, total = sum f a v over pixels with a value v, area a and
    covered fraction f. Values beyond the bins fall into the end bins, and enter `total` as
    they are. Bins are chosen in float32, so a value on a bin's very edge may fall to either
    side, the same one always.
    """
    kept, sums, start, bin_number, bin_m2 = _accumulate(
        np.ascontiguousarray(values, np.float32),
        np.ascontiguousarray(area, np.float64),
        pieces.run_start,
        pieces.runs,
        pieces.edge_start,
        pieces.edge_pixel,
        pieces.edge_fraction,
        pieces.twin,
        np.float32(bins.low),
        np.float32(1.0 / bins.width),
        np.int32(bins.size),
    )
    return ZoneSums(
        pieces.zone[kept],
        np.full(len(kept), series, np.int32),
        np.full(len(kept), day, np.int32),
        pieces.cell_row[kept],
        pieces.cell_column[kept],
        sums[0].copy(),
        sums[1].copy(),
        sums[2].copy(),
        start.copy(),
        bin_number.copy(),  # the work array has room for every bin
        bin_m2.copy(),
    )


@njit(nogil=True, cache=True)
def _whole(
    area: Floats,
    run_start: Integers,
    runs: NDArray[np.int32],
    edge_start: Integers,
    pixels: Integers,
    fractions: NDArray[np.float32],
) -> tuple[Floats, Floats]:
    """Return (count, weight) of each piece, values or not."""
    columns = area.shape[1]
    count = np.zeros(run_start.shape[0] - 1)
    weight = np.zeros(run_start.shape[0] - 1)
    for p in range(count.shape[0]):
        for r in range(run_start[p], run_start[p + 1]):
            y, c0, c1 = runs[r, 0], runs[r, 1], runs[r, 2]
            count[p] += c1 - c0
            weight[p] += area[y, c0:c1].sum()
        for e in range(edge_start[p], edge_start[p + 1]):
            row, column = divmod(pixels[e], columns)
            count[p] += fractions[e]
            weight[p] += np.float64(fractions[e]) * area[row, column]
    return count, weight


def whole(area: NDArray[np.float64], pieces: Pieces) -> ZoneSums:
    """Sum the covered fractions and the weight (m2) of every piece, values or not.

    Parameters
    ----------
    area : float64 (Y, X), m2
        True ground area of each pixel.
    pieces : Pieces
        The zones' parts in this tile.

    Returns
    -------
    ZoneSums
        One row a piece, of series WHOLE and day 0, without histograms.
    """
    count, weight = _whole(
        np.ascontiguousarray(area, np.float64),
        pieces.run_start,
        pieces.runs,
        pieces.edge_start,
        pieces.edge_pixel,
        pieces.edge_fraction,
    )
    n = len(count)
    return ZoneSums(
        pieces.zone,
        np.full(n, WHOLE, np.int32),
        np.zeros(n, np.int32),
        pieces.cell_row,
        pieces.cell_column,
        count,
        weight,
        np.zeros(n),
        np.zeros(n + 1, np.int64),
        np.zeros(0, np.uint16),
        np.zeros(0),
    )


@njit(nogil=True, cache=True)
def paint(out: NDArray[np.bool_], runs: NDArray[np.int32], pixels: Integers) -> None:
    """Set `out` (bool (Y, X)) to True on runs and on flat pixel numbers."""
    columns = out.shape[1]
    for r in range(runs.shape[0]):
        out[runs[r, 0], runs[r, 1] : runs[r, 2]] = True
    for e in range(pixels.shape[0]):
        row, column = divmod(pixels[e], columns)
        out[row, column] = True
