"""Whether two folders of rasters say the same: medians to 1e-6, clear counts exactly.

Compared are the pixels inside the zone: those of which the first folder holds a clear count.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.windows import from_bounds

MEDIAN_TOLERANCE = 1e-6


class DisagreeError(RuntimeError):
    """Two programs gave other numbers for the same job."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many pixels were compared, and how far their medians are apart at most."""

    pixels: int
    largest_difference: float


def _planes(ours: Path, theirs: Path, name: str) -> tuple[Any, Any, Any]:
    """Read the part of two rasters that both cover, and the first one's nodata."""
    with rasterio.open(ours / name) as a, rasterio.open(theirs / name) as b:
        left, bottom = max(a.bounds.left, b.bounds.left), max(a.bounds.bottom, b.bounds.bottom)
        right, top = min(a.bounds.right, b.bounds.right), min(a.bounds.top, b.bounds.top)
        box = (left, bottom, right, top)
        planes = [f.read(1, window=from_bounds(*box, f.transform)) for f in (a, b)]
        return planes[0], planes[1], a.nodata


def _compare(ours: Path, theirs: Path, year: int) -> Agreement:
    """Compare one year; raise where it disagrees."""
    counts, their_counts, nodata = _planes(ours, theirs, f"clear_{year}.tif")
    medians, their_medians, _ = _planes(ours, theirs, f"ndvi_{year}.tif")
    inside = counts != nodata
    wrong = int((counts != their_counts)[inside].sum())
    if wrong:
        raise DisagreeError(f"{theirs}: {year}: {wrong} of {inside.sum()} clear counts differ")
    a, b = medians[inside], their_medians[inside]
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        raise DisagreeError(f"{theirs}: {year}: other pixels have a median than in {ours}")
    return Agreement(int(inside.sum()), float(np.nanmax(np.abs(a - b), initial=0.0)))


def agreement(ours: Path, theirs: Path, years: tuple[int, ...]) -> Agreement:
    """Compare all years of two results; raise where they disagree."""
    found = [_compare(ours, theirs, year) for year in years]
    largest = max(one.largest_difference for one in found)
    if not largest <= MEDIAN_TOLERANCE:
        raise DisagreeError(f"{theirs}: medians are off by {largest:g}")
    return Agreement(sum(one.pixels for one in found), largest)
