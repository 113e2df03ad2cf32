"""From a file's numbers (DN) to reflectance * 10,000 as int16, and the mosaic's filling.

Order of things: nodata, then scale and offset, then clip. Results saturate at ±32767 and
never wrap. Masks are True = keep. Does not know sensors, bands or scenes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.model import MISSING, REFLECTANCE_SCALE

__all__ = ["Scaling", "fill_clear", "fill_index", "fill_where", "to_int16", "valid_dn", "warm"]

Array = NDArray[Any]

_TOP = 32_767
"""Largest magnitude of a value (reflectance * 10,000); -32768 is MISSING."""

_NARROW = ("uint8", "int8", "uint16", "int16")
"""Types whose sums with a shift below `_MAX_SHIFT` fit int32."""

_MAX_SHIFT = 1 << 24

_NO_NODATA = -(1 << 31)
"""Stands for "no nodata" in the integer kernels: no narrow type holds it."""


class Scaling(NamedTuple):
    """How a band's numbers are taken: reflectance = DN * scale + offset.

    DN == `nodata` is missing; `clip` bounds the reflectance (low, high).
    """

    nodata: float | None
    scale: float
    offset: float
    clip: tuple[float, float] | None = None


class _Rule(NamedTuple):
    """A scaling in the int16's own unit. `whole`: value = DN + shift, in integers."""

    whole: bool
    nodata: float
    factor: float
    shift: float
    low: float
    high: float


@lru_cache(maxsize=256)
def _rule(dtype: np.dtype[Any], scaling: Scaling) -> _Rule:
    """Turn a scaling into numbers for the kernels; decimal text keeps 0.0001 exact."""
    factor = Fraction(str(scaling.scale)) * REFLECTANCE_SCALE
    shift = Fraction(str(scaling.offset)) * REFLECTANCE_SCALE
    low, high = (-_TOP, _TOP) if scaling.clip is None else _clip(scaling.clip)
    whole = (
        dtype.name in _NARROW and factor == 1 and shift.denominator == 1 and abs(shift) < _MAX_SHIFT
    )
    nodata = math.nan if scaling.nodata is None else float(scaling.nodata)
    if not whole:
        return _Rule(False, nodata, float(factor), float(shift), low, high)
    held = nodata.is_integer() and np.iinfo(dtype).min <= nodata <= np.iinfo(dtype).max
    return _Rule(True, int(nodata) if held else _NO_NODATA, 1, int(shift), low, high)


def _clip(clip: tuple[float, float]) -> tuple[int, int]:
    """Clip bounds in the int16's unit, inside what int16 holds."""
    low, high = (round(Fraction(str(bound)) * REFLECTANCE_SCALE) for bound in clip)
    if low > high:
        raise InputError(f"clip {clip!r}", "the lower bound is above the upper", "Swap them")
    return max(low, -_TOP), min(high, _TOP)


# Two value functions, one for each kind of rule; the loops below are written for both.


@njit(nogil=True, cache=True, inline="always")
def _whole_value(dn, shift, low, high):  # type: ignore[no-untyped-def]
    value = np.int32(np.int32(dn) + shift)
    value = low if value < low else value
    return high if value > high else value


@njit(nogil=True, cache=True, inline="always")
def _scaled_value(dn, factor, shift, low, high):  # type: ignore[no-untyped-def]
    value = np.rint(np.float64(dn) * factor + shift)  # half to even
    value = low if value < low else value
    return np.int32(high if value > high else value)


@njit(nogil=True, cache=True)
def _valid_whole(take, dn, nodata):  # type: ignore[no-untyped-def]
    for i in range(take.size):
        take[i] = take[i] & (np.int32(dn[i]) != nodata)


@njit(nogil=True, cache=True)
def _valid_scaled(take, dn, nodata):  # type: ignore[no-untyped-def]
    for i in range(take.size):
        value = np.float64(dn[i])
        take[i] = take[i] & (value - value == 0.0) & (value != nodata)


@njit(nogil=True, cache=True)
def _fill_whole(out, dn, take, only_missing, nodata, shift, low, high):  # type: ignore[no-untyped-def]
    written = 0
    for i in range(out.size):
        old = out[i]
        ok = take[i] & (np.int32(dn[i]) != nodata) & ((old == MISSING) | (not only_missing))
        value = np.int16(_whole_value(dn[i], shift, low, high))
        out[i] = value if ok else old
        written += ok
    return written


@njit(nogil=True, cache=True)
def _fill_scaled(out, dn, take, only_missing, nodata, factor, shift, low, high):  # type: ignore[no-untyped-def]
    written = 0
    for i in range(out.size):
        old = out[i]
        raw = np.float64(dn[i])
        ok = take[i] & (raw - raw == 0.0) & (raw != nodata)
        ok = ok & ((old == MISSING) | (not only_missing))
        finite = raw if ok else 0.0  # NaN and infinity have no integer
        value = np.int16(_scaled_value(finite, factor, shift, low, high))
        out[i] = value if ok else old
        written += ok
    return written


@njit(nogil=True, cache=True)
def _index_whole(out, a, b, take, keep, na, sa, la, ha, nb, sb, lb, hb):  # type: ignore[no-untyped-def]
    written = 0
    nan = np.float32(np.nan)
    for i in range(out.size):
        ok = take[i] & (np.int32(a[i]) != na) & (np.int32(b[i]) != nb)
        p = np.int32(_whole_value(a[i], sa, la, ha))
        q = np.int32(_whole_value(b[i], sb, lb, hb))
        total = np.int32(p + q)
        value = np.float32(np.int32(p - q)) / (np.float32(total) if total != 0 else nan)
        out[i] = value if ok else (out[i] if keep else nan)
        take[i] = ok
        written += ok
    return written


@njit(nogil=True, cache=True)
def _index_scaled(out, a, b, take, keep, na, fa, sa, la, ha, nb, fb, sb, lb, hb):  # type: ignore[no-untyped-def]
    written = 0
    nan = np.float32(np.nan)
    for i in range(out.size):
        x, y = np.float64(a[i]), np.float64(b[i])
        ok = take[i] & (x - x == 0.0) & (x != na) & (y - y == 0.0) & (y != nb)
        p = _scaled_value(x if ok else 0.0, fa, sa, la, ha)
        q = _scaled_value(y if ok else 0.0, fb, sb, lb, hb)
        total = np.int32(p + q)
        value = np.float32(np.int32(p - q)) / (np.float32(total) if total != 0 else nan)
        out[i] = value if ok else (out[i] if keep else nan)
        take[i] = ok
        written += ok
    return written


def _integers(rule: _Rule) -> tuple[np.int32, ...]:
    return (np.int32(rule.nodata), np.int32(rule.shift), np.int32(rule.low), np.int32(rule.high))


def _floats(rule: _Rule) -> tuple[float, ...]:
    return (rule.nodata, rule.factor, rule.shift, float(rule.low), float(rule.high))


def _lines(*arrays: Array) -> Iterator[tuple[Array, ...]]:
    """Cut arrays of one shape into contiguous lines: one where all are contiguous, else rows."""
    if len({array.shape for array in arrays}) > 1:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise InputError("kernels.scale", f"arrays differ in shape: {shapes}")
    if all(array.flags.c_contiguous for array in arrays):
        yield tuple(array.reshape(-1) for array in arrays)
    elif arrays[0].ndim == 1:
        yield arrays
    else:
        for rows in zip(*arrays, strict=True):
            yield from _lines(*rows)


def _fill(out: Array, dn: Array, take: Array, scaling: Scaling, only_missing: bool) -> int:
    rule = _rule(dn.dtype, scaling)
    written = 0
    for line in _lines(out, dn, take):
        if rule.whole:
            written += _fill_whole(*line, only_missing, *_integers(rule))
        else:
            written += _fill_scaled(*line, only_missing, *_floats(rule))
    return written


def to_int16(
    dn: Array,
    nodata: float | None,
    scale: float,
    offset: float,
    clip: tuple[float, float] | None = None,
) -> NDArray[np.int16]:
    """Scale a band: reflectance * 10,000, rounded half to even.

    Parameters
    ----------
    dn : integer or float array, DN
        As read from the file.
    nodata : float or None, DN
        Missing; compared before scale and offset. NaN and infinity are always missing.
    scale, offset : float
        reflectance = DN * scale + offset.
    clip : (low, high) or None, reflectance
        Bounds applied last.

    Returns
    -------
    int16, the shape of `dn`
        MISSING (-32768) where missing; beyond ±3.2767 it saturates.

    Examples
    --------
    >>> to_int16(np.array([0, 900, 2000], np.uint16), 0, 0.0001, -0.1, (0.0, 1.0))
    array([-32768,      0,   1000], dtype=int16)
    """
    out = np.full(dn.shape, MISSING, np.int16)
    _fill(out, dn, np.ones(dn.shape, np.bool_), Scaling(nodata, scale, offset, clip), False)
    return out


def fill_clear(
    out: NDArray[np.int16],
    dn: Array,
    clear: NDArray[np.bool_],
    nodata: float | None,
    scale: float,
    offset: float,
    clip: tuple[float, float] | None = None,
) -> int:
    """Fill what is still missing with a scene's clear values: the first clear value wins.

    Parameters
    ----------
    out : int16 (Y, X), reflectance * 10,000
        The mosaic so far; changed in place only where MISSING, clear and valid.
    dn : integer or float (Y, X), DN
        One band of the next scene.
    clear : bool (Y, X)
        True = clear.
    nodata, scale, offset, clip
        As for `to_int16`.

    Returns
    -------
    int
        Pixels written.
    """
    return _fill(out, dn, clear, Scaling(nodata, scale, offset, clip), True)


def fill_where(
    out: NDArray[np.int16],
    dn: Array,
    take: NDArray[np.bool_],
    nodata: float | None,
    scale: float,
    offset: float,
    clip: tuple[float, float] | None = None,
) -> int:
    """Write a scene's values wherever `take` says so and the DN is valid.

    With `valid_dn` this fills several bands of one scene alike: `take` is the pixels still
    open, clear, and valid in all bands.

    Parameters
    ----------
    out : int16 (Y, X), reflectance * 10,000
        Changed in place, also where it already holds a value.
    dn : integer or float (Y, X), DN
    take : bool (Y, X)
        True = take this pixel from this scene.
    nodata, scale, offset, clip
        As for `to_int16`.

    Returns
    -------
    int
        Pixels written.
    """
    return _fill(out, dn, take, Scaling(nodata, scale, offset, clip), False)


def valid_dn(take: NDArray[np.bool_], dn: Array, nodata: float | None) -> None:
    """Narrow a mask, in place, to where a band has a value.

    Parameters
    ----------
    take : bool (Y, X)
        True = keep; set to False where `dn` is missing.
    dn : integer or float (Y, X), DN
    nodata : float or None, DN
        Missing; NaN and infinity always are.
    """
    rule = _rule(dn.dtype, Scaling(nodata, 1 / REFLECTANCE_SCALE, 0.0))
    for line in _lines(take, dn):
        if rule.whole:
            _valid_whole(*line, np.int32(rule.nodata))
        else:
            _valid_scaled(*line, rule.nodata)


def fill_index(
    out: NDArray[np.float32],
    a: Array,
    b: Array,
    take: NDArray[np.bool_],
    scaling_a: Scaling,
    scaling_b: Scaling,
    keep: bool = True,
) -> int:
    """Write (a - b) / (a + b) straight from two bands' DN, where `take` says so.

    Equals `to_int16` of both bands followed by `indices.compute`, in one pass over memory.

    Parameters
    ----------
    out : float32 (Y, X)
        Index values so far (NaN = none); changed in place where taken.
    a, b : integer or float (Y, X), DN
        Two bands of one scene.
    take : bool (Y, X)
        In: pixels that are clear and still open. Out: pixels that were taken, which are
        those valid in both bands. A taken pixel whose a + b is 0 gets NaN; a later scene
        does not fill it, as for any other clear value.
    scaling_a, scaling_b : Scaling
        How each band's numbers are taken.
    keep : bool
        Whether `out` holds values already; if not, whatever is there becomes NaN where
        nothing is taken, and no pass over memory is needed to empty it first.

    Returns
    -------
    int
        Pixels taken.
    """
    rules = _rule(a.dtype, scaling_a), _rule(b.dtype, scaling_b)
    taken = 0
    for line in _lines(out, a, b, take):
        if rules[0].whole and rules[1].whole:
            taken += _index_whole(*line, keep, *_integers(rules[0]), *_integers(rules[1]))
        else:
            taken += _index_scaled(*line, keep, *_floats(rules[0]), *_floats(rules[1]))
    return taken


def warm() -> None:
    """Compile or load this module's kernels for uint16, the type of Sentinel-2."""
    dn, take = np.ones((1, 1), np.uint16), np.ones((1, 1), np.bool_)
    out, index = np.full((1, 1), MISSING, np.int16), np.full((1, 1), np.nan, np.float32)
    for scaling in (Scaling(0, 0.0001, -0.1), Scaling(0, 0.0000275, -0.2)):
        fill_clear(out, dn, take, *scaling)
        valid_dn(take, dn, scaling.nodata)
        fill_index(index, dn, dn, take, scaling, scaling)
