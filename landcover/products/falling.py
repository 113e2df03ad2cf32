"""Whether an index can tell a disturbance: it must fall where vegetation goes.

The detectors look for falls alone, and their limits (`least_drop`, `scale_floor`, `gate`) are for
indices that go from about 0 on bare ground to about 0.8 in forest. It knows indices and bands. It
does not know jobs or sources.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from landcover.model import Band

__all__ = ["Refusal", "refusal"]

USUAL_SPAN: Final = (-1.0, 1.25)
"""Indices whose values lie in here have the span that the detectors' limits are made for."""

NARROW: Final = frozenset({"nirv"})
"""Indices that lie in it but have a much smaller span: dense forest has about 0.3."""

_LIMITS: Final = {"robust": ("least_drop", "scale_floor"), "bfast": ("gate",)}
"""The keys of each method that are in the index's unit."""

_TAKE: Final = "Take one that falls, such as ndvi, ndmi or nbr"


class Refusal(NamedTuple):
    """What is wrong with an index, and what to do."""

    what: str
    remedy: str


def refusal(
    name: str, own: Mapping[str, Band], method: str, given: Collection[str]
) -> Refusal | None:
    """Say why an index cannot tell disturbances, if so.

    Parameters
    ----------
    name : str
        Index or band.
    own : mapping
        The sensor's bands: one that is called like an index is what the files hold.
    method : str
        robust or bfast.
    given : collection of str
        The method's keys that the job names.

    Returns
    -------
    Refusal or None
        None where it falls as vegetation goes and the detector's limits hold for it, or were given
        by the job. A band that is neither an index nor of a known wavelength is the job's to judge.
    """
    from landcover.kernels.indices import BANDS, INDICES

    band, index = own.get(name), INDICES.get(name)
    if band is not None and band.is_power:
        what = f"{name} is radar power, of which disturbance knows no usual fall"
        return Refusal(what, _TAKE)
    if name in BANDS or (index is not None and index.loss == "unclear"):
        what = f"{name} does not surely fall where vegetation goes, and disturbance looks for falls"
        return Refusal(what, _TAKE)
    if index is not None and index.loss == "rises":
        what = f"{name} rises where vegetation goes, and disturbance looks for falls"
        return Refusal(what, _TAKE)
    if index is not None and _usual(name, index.valid_range, band):
        return None
    lacking = [key for key in _LIMITS[method] if key not in given]
    if not lacking:
        return None
    keys = " and ".join(f"products.disturbance.{method}.{key}" for key in lacking)
    what = f"the usual limits of disturbance are for indices such as ndvi, not for {name}"
    return Refusal(what, f"Give {keys} in its unit, or take ndvi, ndmi or nbr")


def _usual(name: str, span: tuple[float, float], band: Band | None) -> bool:
    """Whether an index has the span that the detectors' limits are made for."""
    low, high = span if band is None else band.valid or span
    return name not in NARROW and USUAL_SPAN[0] <= low and high <= USUAL_SPAN[1]
