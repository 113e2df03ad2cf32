"""What products say of an index or band: its title, formula, unit and range, and what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from landcover.model import Band

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["About", "about_quantity", "decibels", "quantity_bands"]

POWER_RANGE_DB = (-40.0, 20.0)
"""What radar backscatter lies in (dB): from below the noise floor to corner reflectors."""


class About(NamedTuple):
    """What is said of an index or band in its layers."""

    title: str
    formula: str
    unit: str
    valid_range: tuple[float, float]


def quantity_bands(name: str, own: Mapping[str, Band]) -> tuple[str, ...]:
    """Return the bands that an index is made of; a band that the sensor has is made of itself."""
    from landcover.kernels.indices import INDICES

    return INDICES[name].bands if name in INDICES and name not in own else (name,)


def about_quantity(name: str, own: Mapping[str, Band]) -> About:
    """Say what an index or band is.

    Parameters
    ----------
    name : str
    own : mapping
        The sensor's bands: one that is called like an index is what the files hold.
    """
    from landcover.kernels.indices import INDICES

    band, index = own.get(name), INDICES.get(name)
    if band is not None and band.is_power:
        formula = f"10 * log10 of power as its files hold it: {band.description or name}"
        return About(name, formula, "dB", POWER_RANGE_DB)
    if band is not None and not band.is_reflectance:
        values = band.valid or (0.0, 1.0)
        return About(name, f"as its files hold it: {band.description or name}", band.unit, values)
    if band is None and index is not None:
        return About(index.name, index.formula, "1", index.valid_range)
    return About(f"{name} reflectance", "surface reflectance", "1", (0.0, 1.0))


def decibels(power: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Turn radar power into decibels, last of all: 10 * log10(power).

    Parameters
    ----------
    power : float32, any shape, NaN where missing

    Returns
    -------
    float32, same shape
        NaN also where there is no power at all.
    """
    import numpy as np

    there = power > 0
    shown = np.where(there, power, np.float32(1))
    np.log10(shown, out=shown)  # in place: a stack of months is large
    shown *= np.float32(10)
    np.copyto(shown, np.float32(np.nan), where=np.logical_not(there, out=there))
    return shown
