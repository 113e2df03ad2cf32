"""Whether an index can tell a disturbance: it must fall where vegetation goes.

The detectors look for falls alone, and their limits (`least_drop`, `scale_floor`, `gate`) are for
indices that go from about 0 on bare ground to about 0.8 in forest. It knows indices and bands. It
does not know jobs or sources.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from landcover.model import Band

if TYPE_CHECKING:
    from landcover.products.disturbance import DisturbanceSettings

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


def refusal(settings: DisturbanceSettings, own: Mapping[str, Band]) -> Refusal | None:
    """Say why an index cannot tell disturbances, if so.

    Parameters
    ----------
    settings : DisturbanceSettings
    own : mapping
        The sensor's bands: one that is called like an index is what the files hold.

    Returns
    -------
    Refusal or None
        None where it falls as vegetation goes and the detector's limits hold for it, or were given
        by the job. A band that is neither an index nor of a known wavelength is the job's to judge.
    """
    from landcover.kernels.indices import BANDS, INDICES

    name, band = settings.index, own.get(settings.index)
    if band is not None and band.is_power:
        what = f"{name} is radar power, of which disturbance knows no usual fall"
        return Refusal(what, _TAKE)
    index = INDICES.get(name)
    if name in BANDS or (index is not None and index.loss == "unclear"):
        what = f"{name} does not surely fall where vegetation goes, and disturbance looks for falls"
        return Refusal(what, _TAKE)
    if index is not None and index.loss == "rises":
        what = f"{name} rises where vegetation goes, and disturbance looks for falls"
        return Refusal(what, _TAKE)
    return None if index is not None and _usual(name, band) else _without_limits(settings)


def _usual(name: str, band: Band | None) -> bool:
    """Whether an index has the span that the detectors' limits are made for."""
    from landcover.kernels.indices import INDICES

    low, high = INDICES[name].valid_range if band is None else band.valid or (0.0, 1.0)
    return name not in NARROW and USUAL_SPAN[0] <= low and high <= USUAL_SPAN[1]


def _without_limits(settings: DisturbanceSettings) -> Refusal | None:
    """Refuse where the job does not give the limits in the index's own unit."""
    method = settings.method
    given = getattr(settings, method).model_fields_set
    lacking = [key for key in _LIMITS[method] if key not in given]
    if not lacking:
        return None
    keys = " and ".join(f"products.disturbance.{method}.{key}" for key in lacking)
    what = f"the usual limits of disturbance are for indices such as ndvi, not for {settings.index}"
    return Refusal(what, f"Give {keys} in its unit, or take ndvi, ndmi or nbr")
