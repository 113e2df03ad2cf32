"""How a band's numbers are taken from a file, and how they are held: int16 or float32.

Reflectance is held as int16 x 10,000, anything else as float32 in its own unit. Nothing is
known here of files, lattices or days.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.errors import HostileFileError
from landcover.kernels import scale
from landcover.kernels.values import blank_outside, dn_limits, fill_values
from landcover.model import MISSING, REFLECTANCE_SCALE, Asset, Band
from landcover.raster.blocks import fill_value

__all__ = ["UNBLENDED", "Numbers", "blank", "can_hold", "empty", "fill_band", "held", "of_held"]

UNBLENDED = frozenset({"class", "day"})
"""Units of bands between whose numbers nothing lies: always resampled by nearest."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """One band on the tile's lattice, as stored: value = dn * scale + offset, then clipped.

    `dn` is (Y, X) in the file's type; `nodata` is missing before the offset; `encoding` says
    whether the value is that, or its decibels.
    """

    dn: npt.NDArray[Any]
    nodata: float | None
    scale: float
    offset: float
    clip: tuple[float, float] | None
    encoding: str = "linear"


def can_hold(dtype: np.dtype[Any], number: float | None) -> bool:
    """Whether there is a number, and a type can hold it."""
    if number is None:
        return False
    filled = float(fill_value(dtype, number))
    return filled == number or (math.isnan(filled) and math.isnan(number))


def blank(dn: npt.NDArray[Any], take: npt.NDArray[np.bool_], band: Band, asset: Asset) -> int:
    """Make numbers that a profile holds for impossible missing, in place.

    Returns
    -------
    int
        How many were taken out where `take` holds.

    Raises
    ------
    HostileFileError
        The item declares a nodata number that its integers cannot hold.
    """
    if band.valid is None:
        return 0
    if dn.dtype.kind != "f" and not can_hold(dn.dtype, asset.nodata):
        raise HostileFileError(asset.band, f"declares nodata {asset.nodata}, which it cannot hold")
    limits = dn_limits(asset.scale, asset.offset, band.valid, band.encoding)
    return blank_outside(dn, take, asset.nodata, limits)


def empty(band: Band, shape: tuple[int, int]) -> npt.NDArray[Any]:
    """Return a band without a value, as it is held."""
    if band.is_reflectance:
        return np.full(shape, MISSING, np.int16)
    return np.full(shape, np.nan, np.float32)


def fill_band(
    out: npt.NDArray[Any], numbers: Numbers, take: npt.NDArray[np.bool_], floating: bool
) -> None:
    """Write a band where `take` holds: as float32 in its own unit, or as int16 reflectance."""
    taken = (numbers.nodata, numbers.scale, numbers.offset)
    if floating:
        fill_values(out, numbers.dn, take, *taken, numbers.encoding)
    else:
        scale.fill_where(out, numbers.dn, take, *taken, numbers.clip)


def held(band: Band, numbers: Numbers, clear: npt.NDArray[np.bool_]) -> npt.NDArray[Any]:
    """Return a band as it is held, its clear pixels alone: a warp must not blend cloud in."""
    out = empty(band, clear.shape)
    fill_band(out, numbers, clear, not band.is_reflectance)
    return out


def of_held(values: npt.NDArray[Any]) -> Numbers:
    """Say how the numbers of a band that is held already are taken."""
    if values.dtype == np.float32:
        return Numbers(values, None, 1.0, 0.0, None)
    return Numbers(values, MISSING, 1 / REFLECTANCE_SCALE, 0.0, None)
