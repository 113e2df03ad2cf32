"""Planes of layers that are summed over zones while a tile has them at hand: medians of years.

It knows layers and sums. It does not know what a table makes of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.engine.brief import Brief
from landcover.engine.order import bins_of
from landcover.kernels import zonal
from landcover.kernels.sums import Bins, ZoneSums
from landcover.model import Layer, Period

__all__ = ["EPOCH_DAY", "LayerItem", "layer_items", "layer_sums"]

DAYS_BINS = Bins(0.0, 367.0, 1.0)
"""Bins of counts of days in a year."""

EPOCH_DAY = date(1970, 1, 1).toordinal()
"""Day 0 of zone sums (proleptic ordinal)."""


@dataclass(frozen=True, slots=True)
class LayerItem:
    """One plane of a layer: `number` labels its sums, with the first day of its `period`.

    `quantity` is empty where days are counted. Planes of one product and quantity share a number.
    """

    number: int
    product: str
    layer: str
    plane: int
    quantity: str
    period: Period
    bins: Bins

    @property
    def day(self) -> int:
        """Return the first day of its period, since 1970-01-01."""
        return self.period.start.toordinal() - EPOCH_DAY


def layer_items(brief: Brief) -> tuple[LayerItem, ...]:
    """List the planes that are summed over zones; their numbers follow those of the series."""
    numbers: dict[tuple[str, str], int] = {}
    found, after = [], len(brief.series)
    for work in brief.works:
        bands = brief.bands(work.pool)
        for one in work.product.summed(work.settings, brief.context):
            number = numbers.setdefault((work.name, one.quantity), after + len(numbers))
            bins = bins_of(one.quantity, bands) if one.quantity else DAYS_BINS
            own = (one.layer, one.plane, one.quantity, one.period, bins)
            found.append(LayerItem(number, work.name, *own))
    return tuple(found)


def layer_sums(
    items: Sequence[LayerItem],
    layer: Layer,
    planes: npt.NDArray[Any],
    area: npt.NDArray[np.float64],
    pieces: zonal.Pieces,
) -> list[ZoneSums]:
    """Sum those planes (B, Y, X) of a layer that items name over the pieces of zones."""
    return [
        zonal.accumulate(
            _values(planes[item.plane], layer), area, pieces, item.bins, item.number, item.day
        )
        for item in items
        if item.layer == layer.name
    ]


def _values(plane: npt.NDArray[Any], layer: Layer) -> npt.NDArray[np.float32]:
    """Return a plane as float32, NaN where nothing was observed."""
    values: npt.NDArray[np.float32] = plane.astype(np.float32)
    if plane.dtype.kind != "f" and layer.nodata is not None:
        values[plane == layer.nodata] = np.nan
    return values
