"""Clear observations on maps beside each other: one scale in whole steps, fitted to all of them.

It reads rasters and chooses a scale. It draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from landcover.outputs.doors.ramps import looks
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.raster.look import look

__all__ = ["COUNT", "fitted"]

COUNT = "count"
"""Key of a band that counts clear observations."""


def _largest(style: RasterStyle, band: int, most_px: int) -> float:
    """Return the largest value that is drawn of a raster; 0 where there is none."""
    seen = look(style.facts.path, (band,), most_px, "average")
    return float(seen.values[seen.valid].max(initial=0))


def fitted(styles: Sequence[RasterStyle], band: BandStyle, most_px: int) -> BandStyle:
    """Return a band of counts with a scale that ends where the counts of all rasters do.

    Parameters
    ----------
    styles : sequence of RasterStyle
        Those that are drawn beside each other.
    band : BandStyle
        As they have it; one that counts nothing is returned as it is.
    most_px : int
        Pixels a side that are read, at most.
    """
    if band.key != COUNT:
        return band
    most = max(_largest(one, band.band, most_px) for one in styles)
    return replace(band, scale=looks(round(most)))
