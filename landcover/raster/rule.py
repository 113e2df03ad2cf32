"""How the scenes of one source are read: what is clear, and how coarse.

It knows sensors' profiles. It does not know files.
"""

from __future__ import annotations

from dataclasses import dataclass

from landcover.model import Sensor

__all__ = ["ReadRule"]


@dataclass(frozen=True, slots=True)
class ReadRule:
    """How the scenes of one source are read.

    `clear` and `grown` are classes of the sensor's mask band; cloud in `grown`, and in the
    mask's bits that say so, spreads by `grown_m` ground metres on the mask's own grid.
    `resampling` is nearest or bilinear, for scenes that must be warped. Values are read from
    overviews of `resolution_m`, where it is given.
    """

    sensor: Sensor
    clear: frozenset[int]
    grown: frozenset[int]
    grown_m: float
    resampling: str = "nearest"
    resolution_m: float | None = None

    @property
    def spreads(self) -> bool:
        """Whether any class or bit spreads, so that the mask is read with a margin."""
        mask = self.sensor.mask
        return bool(self.grown) or (mask is not None and any(one.grown for one in mask.fields))
