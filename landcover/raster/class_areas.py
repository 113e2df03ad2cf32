"""How much ground each class of a raster covers: its pixels, and their true area.

It reads a finished raster block by block. It does not know what classes mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.model import Grid
from landcover.raster.area import pixel_area_m2

__all__ = ["ClassArea", "class_areas"]

CODES = 2**16
"""Values that classes may have: those of uint8 and uint16."""

M2_PER_HA = 10_000.0
"""Square metres in a hectare."""


@dataclass(frozen=True, slots=True)
class ClassArea:
    """What a class covers: whole pixels, and their ground on the ellipsoid (ha)."""

    pixels: int
    area_ha: float


def _sums(values: NDArray[Any], grid: Grid) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the pixels and the ground (m2) of each value in a block."""
    flat = values.ravel()
    pixels = np.bincount(flat)
    return pixels, np.bincount(flat, weights=pixel_area_m2(grid).ravel())


def class_areas(path: Path) -> Mapping[int, ClassArea]:
    """Measure every value of a class raster but nodata; empty where there is none.

    Parameters
    ----------
    path : Path
        A GeoTIFF whose first band is uint8 or uint16.

    Returns
    -------
    mapping of int to ClassArea
        By value, in increasing order.

    Raises
    ------
    InputError
        Its values are no classes.
    """
    pixels, area_m2 = np.zeros(CODES, np.int64), np.zeros(CODES)
    with rasterio.open(path, driver="GTiff") as file:
        if file.dtypes[0] not in ("uint8", "uint16"):
            raise InputError(str(path), f"{file.dtypes[0]} holds no classes", "Use uint8 or uint16")
        for _, window in file.block_windows(1):
            values = file.read(1, window=window)
            if file.nodata is not None and (values == file.nodata).all():
                continue
            transform = file.transform @ Affine.translation(window.col_off, window.row_off)
            counted, ground = _sums(values, Grid(file.crs.to_string(), transform, values.shape))
            pixels[: len(counted)] += counted
            area_m2[: len(ground)] += ground
        nodata = file.nodata
    return {
        int(value): ClassArea(int(pixels[value]), float(area_m2[value]) / M2_PER_HA)
        for value in np.flatnonzero(pixels)
        if value != nodata
    }
