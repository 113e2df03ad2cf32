"""How much ground readers may see: the bounds of a run follow its zones, and so would tell them.

This module knows grids and bounds. It does not know rasters.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np
import shapely
from affine import Affine
from shapely.geometry.base import BaseGeometry

from landcover.model import Grid
from landcover.outputs.sharing.cells import KM_PER_DEGREE
from landcover.outputs.sharing.secrets import Secrets
from landcover.raster.planes import metres_per_unit, parse_crs, transformer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bounds_of", "is_of_all", "on_plane", "pixel_degrees", "public_grid"]

ROUNDING_PX = 1e-6
"""A bound this close to a pixel's edge lies on it (px)."""


def on_plane(shape: BaseGeometry, crs: str) -> BaseGeometry:
    """Return a shape in degrees on the plane of a CRS."""
    way = transformer("EPSG:4326", crs)

    def moved(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(way.transform(places[:, 0], places[:, 1]))

    return shapely.transform(shape, moved)


def is_of_all(crs: str) -> bool:
    """Whether a plane is a register's; one made for a run has its origin amid the run's zones."""
    return parse_crs(crs).to_authority() is not None


def public_grid(grid: Grid, secrets: Secrets) -> Grid:
    """Cut a run's grid at the bounds of its public zones, outward to whole pixels.

    Where it has none, the bounds are those of the squares that hide secrets. A plane of the run's
    own gives way to one in degrees, with pixels as high.
    """
    ground = secrets.ground
    if not is_of_all(grid.crs):
        side = pixel_degrees(grid)
        grid = Grid("EPSG:4326", Affine(side, 0, -180, 0, -side, 90), (1, 1))
    shape = on_plane(secrets.holes if ground.is_empty else ground, grid.crs)
    if shape.is_empty:
        return grid
    west, south, east, north = shape.bounds
    inverse = ~grid.transform
    first_column, first_row = inverse @ (west, north)
    last_column, last_row = inverse @ (east, south)
    row, column = floor(first_row + ROUNDING_PX), floor(first_column + ROUNDING_PX)
    rows, columns = ceil(last_row - ROUNDING_PX) - row, ceil(last_column - ROUNDING_PX) - column
    return grid.window(row, column, (max(rows, 1), max(columns, 1)))


def bounds_of(grid: Grid) -> tuple[float, float, float, float]:
    """Return west, south, east and north of a grid in degrees."""
    way = transformer(grid.crs, "EPSG:4326")
    left, bottom, right, top = way.transform_bounds(*grid.bounds)
    return left, bottom, right, top


def pixel_degrees(grid: Grid) -> float:
    """Return the height of a pixel in degrees of latitude."""
    metres = abs(grid.transform.e) * metres_per_unit(grid.crs)
    return float(metres / 1000 / KM_PER_DEGREE)
