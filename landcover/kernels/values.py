"""From a file's numbers (DN) to values in a band's own unit, and what of them is believable.

For bands that int16 reflectance cannot hold: vegetation indices as files hold them, radar
power, temperature. Order of things: nodata, then scale and offset, then decibels to power.
Masks are True = keep. Does not know sensors, bands or scenes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError

__all__ = ["ENCODINGS", "blank_outside", "dn_limits", "fill_values", "to_values", "warm"]

Array = NDArray[Any]

ENCODINGS = ("linear", "db", "amplitude_db")
"""What DN * scale + offset is: the value, decibels, or decibels of 20 * log10(DN)."""

_LINEAR, _DB, _AMPLITUDE_DB = range(3)


@njit(nogil=True, cache=True)
def _blank(dn, take, nodata, low, high, fill):  # type: ignore[no-untyped-def]
    taken_out = 0
    for i in range(dn.size):
        value = np.float64(dn[i])
        there = (value - value == 0.0) & (value != nodata)
        if there and (value < low or value > high):
            dn[i] = fill
            taken_out += take[i]
    return taken_out


@njit(nogil=True, cache=True)
def _fill(out, dn, take, nodata, scale, offset, encoding):  # type: ignore[no-untyped-def]
    written = 0
    for i in range(out.size):
        raw = np.float64(dn[i])
        if not (take[i] and raw - raw == 0.0 and raw != nodata):
            continue
        if encoding == _AMPLITUDE_DB:
            raw = 20.0 * np.log10(raw) if raw > 0.0 else np.float64(-np.inf)
        value = raw * scale + offset
        if encoding != _LINEAR:
            value = 10.0 ** (value / 10.0)
        out[i] = value
        written += 1
    return written


def _lines(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Cut arrays of one shape into contiguous lines."""
    if len({array.shape for array in arrays}) > 1:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise InputError("kernels.values", f"arrays differ in shape: {shapes}")
    if all(array.flags.c_contiguous for array in arrays) or arrays[0].ndim == 1:
        yield tuple(array.reshape(-1) for array in arrays)
        return
    for rows in zip(*arrays, strict=True):
        yield from _lines(*rows)


@lru_cache(maxsize=256)
def dn_limits(
    scale: float, offset: float, valid: tuple[float, float], encoding: str = "linear"
) -> tuple[float, float]:
    """Return the lowest and highest DN of a valid range.

    Parameters
    ----------
    scale, offset : float
    valid : (low, high)
        In the band's unit; for decibels in files, as power.
    encoding : str
        One of `ENCODINGS`.

    Returns
    -------
    low, high : float, DN
        Exact for decimal numbers: DN 10000 at 0.0001 is within a range that ends at 1.

    Examples
    --------
    >>> dn_limits(0.0001, 0.0, (-0.2, 1.0))
    (-2000.0, 10000.0)
    """
    if encoding == "linear":
        a, b = Fraction(str(scale)), Fraction(str(offset))
        ends = [float((Fraction(str(bound)) - b) / a) for bound in valid]
        return min(ends), max(ends)
    decibels = [10.0 * math.log10(bound) if bound > 0 else -math.inf for bound in valid]
    ends = [(bound - offset) / scale for bound in decibels]
    if encoding == "amplitude_db":
        ends = [10.0 ** (end / 20.0) for end in ends]
    return min(ends), max(ends)


def blank_outside(
    dn: Array, take: NDArray[np.bool_], nodata: float | None, limits: tuple[float, float]
) -> int:
    """Make DN beyond limits missing, in place.

    Parameters
    ----------
    dn : integer or float (Y, X), DN
        Changed in place: NaN in a float array, `nodata` in one of integers.
    take : bool (Y, X)
        Where what is made missing counts.
    nodata : float or None, DN
        Missing already; must be there for integers.
    limits : (low, high), DN

    Returns
    -------
    int
        Pixels made missing where `take` holds.
    """
    if nodata is None and dn.dtype.kind != "f":
        raise InputError("kernels.values", "a valid range needs a nodata number to write")
    fill = dn.dtype.type(np.nan if dn.dtype.kind == "f" or nodata is None else int(nodata))
    known = math.nan if nodata is None else float(nodata)
    return sum(_blank(*line, known, *limits, fill) for line in _lines(dn, take))


def fill_values(
    out: NDArray[np.float32],
    dn: Array,
    take: NDArray[np.bool_],
    nodata: float | None,
    scale: float,
    offset: float,
    encoding: str = "linear",
) -> int:
    """Write a band's values wherever `take` says so and the DN is valid.

    Parameters
    ----------
    out : float32 (Y, X), unit of the band
        Changed in place.
    dn : integer or float (Y, X), DN
    take : bool (Y, X)
        True = take this pixel.
    nodata : float or None, DN
        Missing; NaN and infinity always are.
    scale, offset : float
    encoding : str
        One of `ENCODINGS`: ``linear`` DN * scale + offset; ``db`` the same is in decibels, and
        10 ** (dB / 10) is written; ``amplitude_db`` dB = 20 * log10(DN) * scale + offset.

    Returns
    -------
    int
        Pixels written.
    """
    known = math.nan if nodata is None else float(nodata)
    code = ENCODINGS.index(encoding)
    numbers = (known, float(scale), float(offset), code)
    return sum(_fill(*line, *numbers) for line in _lines(out, dn, take))


def to_values(
    dn: Array, nodata: float | None, scale: float, offset: float, encoding: str = "linear"
) -> NDArray[np.float32]:
    """Return a whole band in its own unit.

    Parameters
    ----------
    dn, nodata, scale, offset, encoding
        As for `fill_values`.

    Returns
    -------
    float32, the shape of `dn`
        NaN where missing.

    Examples
    --------
    >>> to_values(np.array([-3000, 7500], np.int16), -3000, 0.0001, 0.0)
    array([ nan, 0.75], dtype=float32)
    """
    out = np.full(dn.shape, np.nan, np.float32)
    fill_values(out, dn, np.ones(dn.shape, np.bool_), nodata, scale, offset, encoding)
    return out


def warm() -> None:
    """Compile or load this module's kernels for int16, the type of MODIS."""
    dn, take = np.ones((1, 1), np.int16), np.ones((1, 1), np.bool_)
    blank_outside(dn, take, -3000, (-2000.0, 10000.0))
    fill_values(np.zeros((1, 1), np.float32), dn, take, -3000, 0.0001, 0.0)
