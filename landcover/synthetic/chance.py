"""Random numbers by formula: the same place and key always give the same number.

Numbers are hashes of integer lattice places, so that any window can be computed by itself.
This module knows nothing of land or weather.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

__all__ = ["FloatArray", "hashed", "key", "normal", "smooth", "uniform", "unit"]

FloatArray = NDArray[np.float64]
WordArray = NDArray[np.uint64]

# Odd 64-bit constants of splitmix64 (Steele, Lea, Flood 2014, doi:10.1145/2714064.2660195).
_STEP_X = np.uint64(0x9E3779B97F4A7C15)
_STEP_Y = np.uint64(0xD1B54A32D192ED03)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_LANES = np.uint64(0x0000FFFF0000FFFF)
_LOW = np.uint64(0xFFFFFFFF)
# Four uniform 16-bit numbers: their sum has this mean and standard deviation.
_LANES_MEAN = 4 * 65535 / 2
_LANES_SD = (4 * (65536**2 - 1) / 12) ** 0.5


def key(*parts: object) -> int:
    """Make one 64-bit key of several words and numbers.

    Examples
    --------
    >>> key("cloud", 1) == key("cloud", 1), key("cloud", 1) == key("cloud", 2)
    (True, False)
    """
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def unit(*parts: object) -> float:
    """One number in [0, 1) for a key."""
    return (key(*parts) >> 11) * 2.0**-53


def hashed(column: NDArray[np.int64], row: NDArray[np.int64], seed: int) -> WordArray:
    """Hash lattice places into 64-bit words.

    Parameters
    ----------
    column, row : int64, shapes that broadcast to (Y, X)
        Places on an endless lattice.
    seed : int
        A `key`.

    Returns
    -------
    uint64 (Y, X)
    """
    across = column.astype(np.uint64) * _STEP_X + np.array(seed, dtype=np.uint64)
    word = across ^ (row.astype(np.uint64) * _STEP_Y)
    word ^= word >> np.uint64(30)
    word *= _MIX_1
    word ^= word >> np.uint64(27)
    word *= _MIX_2
    word ^= word >> np.uint64(31)
    return word


def uniform(column: NDArray[np.int64], row: NDArray[np.int64], seed: int) -> FloatArray:
    """Return uniform numbers in [0, 1), one a lattice place; arguments as `hashed`."""
    word = hashed(column, row, seed)
    word >>= np.uint64(11)
    numbers: FloatArray = word.astype(np.float64)
    numbers *= 2.0**-53
    return numbers


def normal(column: NDArray[np.int64], row: NDArray[np.int64], seed: int) -> FloatArray:
    """Return nearly normal numbers: mean 0, deviation 1, none beyond 3.5; arguments as `hashed`.

    Notes
    -----
    The sum of four uniform numbers (Irwin-Hall), taken from the four quarters of one hash.
    """
    word = hashed(column, row, seed)
    lanes = word & _LANES
    word >>= np.uint64(16)
    word &= _LANES
    lanes += word
    total = (lanes & _LOW) + (lanes >> np.uint64(32))
    numbers = total.astype(np.float64)
    numbers -= _LANES_MEAN
    numbers *= 1 / _LANES_SD
    return numbers


def smooth(x: FloatArray, y: FloatArray, cell_m: float, seed: int) -> FloatArray:
    """Value noise: random numbers on a lattice of cells, eased between them.

    Parameters
    ----------
    x, y : float64, (1, X) and (Y, 1), or both (Y, X), metres
        Places.
    cell_m : float
        Side of a cell.
    seed : int
        A `key`.

    Returns
    -------
    float64 (Y, X), within [0, 1)
        Both forms of the same places give the same numbers, bit by bit.
    """
    column, east = _cells(x, cell_m)
    row, south = _cells(y, cell_m)
    columns = np.arange(column.min(), column.max() + 2)[None, :]
    rows = np.arange(row.min(), row.max() + 2)[:, None]
    lattice = uniform(columns, rows, seed)
    column -= columns[0, 0]
    row -= rows[0, 0]
    if x.shape[0] == 1 and y.shape[1] == 1:
        column, row = column[0], row[:, 0]
        upright = _between(lattice[row], lattice[row + 1], south)
        return _between(upright[:, column], upright[:, column + 1], east)
    left = _between(lattice[row, column], lattice[row + 1, column], south)
    right = _between(lattice[row, column + 1], lattice[row + 1, column + 1], south)
    return _between(left, right, east)


def _cells(position: FloatArray, cell_m: float) -> tuple[NDArray[np.int64], FloatArray]:
    """Split positions into the cell's number and the eased way through it."""
    scaled = position / cell_m
    floor = np.floor(scaled)
    part = scaled - floor
    return floor.astype(np.int64), part * part * (3 - 2 * part)


def _between(low: FloatArray, high: FloatArray, share: FloatArray) -> FloatArray:
    """Interpolate; overwrites `high`."""
    high -= low
    high *= share
    high += low
    return high
