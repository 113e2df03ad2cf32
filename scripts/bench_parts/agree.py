"""Whether two folders of rasters say the same: medians to 1e-6, clear counts exactly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import from_bounds

MEDIAN_TOLERANCE = 1e-6


class DisagreeError(RuntimeError):
    """Two programs gave other numbers for the same job."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two results are apart."""

    pixels: int
    largest_difference: float


def _planes(ours: Path, theirs: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read the part of two rasters that both cover."""
    with rasterio.open(ours) as a, rasterio.open(theirs) as b:
        left, bottom = max(a.bounds.left, b.bounds.left), max(a.bounds.bottom, b.bounds.bottom)
        right, top = min(a.bounds.right, b.bounds.right), min(a.bounds.top, b.bounds.top)
        box = (left, bottom, right, top)
        return tuple(f.read(1, window=from_bounds(*box, f.transform)) for f in (a, b))  # type: ignore[return-value]


def agreement(ours: Path, theirs: Path, years: tuple[int, ...]) -> Agreement:
    """Compare the years of two results; raise where they disagree."""
    pixels, largest = 0, 0.0
    for year in years:
        a, b = _planes(ours / f"ndvi_{year}.tif", theirs / f"ndvi_{year}.tif")
        if not np.array_equal(np.isfinite(a), np.isfinite(b)):
            raise DisagreeError(f"{theirs}: {year}: other pixels have a median than in {ours}")
        difference = float(np.nanmax(np.abs(a - b), initial=0.0))
        counts, others = _planes(ours / f"clear_{year}.tif", theirs / f"clear_{year}.tif")
        if difference > MEDIAN_TOLERANCE or not np.array_equal(counts, others):
            wrong = int((counts != others).sum())
            raise DisagreeError(f"{theirs}: {year}: off by {difference:g}, {wrong} counts differ")
        pixels, largest = pixels + a.size, max(largest, difference)
    return Agreement(pixels, largest)
