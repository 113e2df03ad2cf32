"""Rasters of a run, read small: to be drawn, not to be counted.

It reads finished GeoTIFFs at the size of a picture, on their own plane or on that of a web map.
It does not know colours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from landcover.model import Grid

__all__ = ["Look", "Method", "look", "look_on", "plane_on", "valid_in"]

Method = Literal["nearest", "average"]
"""How many pixels become one: classes and days by the nearest, amounts by the mean."""

_WAYS = {"nearest": Resampling.nearest, "average": Resampling.average}

SLACK = 1e-6
"""Pixels by which a plane may miss an edge: what rounding adds is no row of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Some bands of a raster as they are drawn.

    `values` is (B, Y, X) in the raster's own type, `valid` bool (B, Y, X): True where there is a
    value. `grid` is the plane of the pixels.
    """

    values: NDArray[Any]
    valid: NDArray[np.bool_]
    grid: Grid


def valid_in(values: NDArray[Any], nodata: float | None) -> NDArray[np.bool_]:
    """Say where there is a value: not NaN, and not nodata."""
    if values.dtype.kind == "f":
        valid = ~np.isnan(values)
        return valid if nodata is None or np.isnan(nodata) else valid & (values != nodata)
    return np.ones(values.shape, bool) if nodata is None else values != nodata


def _smaller(grid: Grid, most_px: int) -> Grid:
    """Return the same ground in at most so many pixels a side."""
    rows, columns = grid.shape
    factor = max(rows, columns) / most_px
    if factor <= 1:
        return grid
    shape = (max(1, round(rows / factor)), max(1, round(columns / factor)))
    scale = Affine.scale(columns / shape[1], rows / shape[0])
    return Grid(grid.crs, grid.transform @ scale, shape)


def look(path: Path, bands: Sequence[int], most_px: int, method: Method = "nearest") -> Look:
    """Read bands of a whole raster on its own plane, in at most `most_px` pixels a side.

    Parameters
    ----------
    path : Path
    bands : sequence of int
        From 1 on.
    most_px : int
    method : {"nearest", "average"}
        "average" of a float raster leaves nodata out.
    """
    with rasterio.open(path, driver="GTiff") as file:
        own = Grid(file.crs.to_string(), file.transform, (file.height, file.width))
        grid = _smaller(own, most_px)
        shape = (len(bands), *grid.shape)
        values = file.read(list(bands), out_shape=shape, resampling=_WAYS[method])
        return Look(values, valid_in(values, file.nodata), grid)


def plane_on(grid: Grid, crs: str, most_px: int) -> Grid:
    """Return a north-up plane of another CRS that holds a grid, with square pixels.

    Its pixels are about as large as the grid's, or larger so that no side exceeds `most_px`.
    """
    from rasterio.warp import transform_bounds

    own, other = CRS.from_user_input(grid.crs), CRS.from_user_input(crs)
    west, south, east, north = transform_bounds(own, other, *grid.bounds)
    wide, high = east - west, north - south
    # as many pixels along the diagonal as the grid has, which is how GDAL chooses, too
    side = max(math.hypot(wide, high) / math.hypot(*grid.shape), max(wide, high) / most_px)
    shape = (max(1, ceil(high / side - SLACK)), max(1, ceil(wide / side - SLACK)))
    return Grid(crs, Affine(side, 0, west, 0, -side, north), shape)


def look_on(path: Path, bands: Sequence[int], grid: Grid, method: Method = "nearest") -> Look:
    """Read bands of a raster on another plane; beyond the raster there is no value."""
    with (
        rasterio.open(path, driver="GTiff") as file,
        WarpedVRT(
            file,
            crs=CRS.from_user_input(grid.crs),
            transform=grid.transform,
            height=grid.shape[0],
            width=grid.shape[1],
            resampling=_WAYS[method],
            nodata=file.nodata,
            add_alpha=file.nodata is None,
        ) as view,
    ):
        values = view.read(list(bands))
        if file.nodata is not None:
            return Look(values, valid_in(values, file.nodata), grid)
        alpha = view.read(view.count) > 0
        return Look(values, np.broadcast_to(alpha, values.shape), grid)
