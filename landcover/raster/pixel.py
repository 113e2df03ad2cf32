"""One pixel of a raster that a run left, and what the raster's tags say of it.

It knows files on a grid. It does not know what their numbers mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.windows import Window

from landcover.model import Grid
from landcover.raster.environment import environment

__all__ = ["Pixel", "read_pixel"]


@dataclass(frozen=True, slots=True, eq=False)
class Pixel:
    """All bands of one pixel, float64 (B,), and the tags of its raster."""

    values: NDArray[np.float64]
    tags: dict[str, str]


def read_pixel(path: Path, grid: Grid, row: int, column: int) -> Pixel | None:
    """Read one pixel of a raster.

    Parameters
    ----------
    path : Path
    grid : Grid
        The plane that rows and columns are counted on.
    row, column : int, px

    Returns
    -------
    Pixel or None
        None where there is no raster, it cannot be read, or it lies on another grid.
    """
    if not path.is_file():
        return None
    try:
        with environment(), rasterio.open(path) as file:
            alike = file.shape == grid.shape and file.transform.almost_equals(grid.transform)
            if not alike or file.crs != CRS.from_user_input(grid.crs):
                return None
            values = file.read(window=Window(column, row, 1, 1))[:, 0, 0]
            return Pixel(values.astype(np.float64), dict(file.tags()))
    except RasterioError:
        return None
