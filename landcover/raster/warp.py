"""Moving arrays from a scene's own lattice to the grid's: nearest by exact indices, or bilinear.

GDAL's warper approximates its transform along each scan line of a call, so that its answer
depends on how the grid was tiled. Nearest is therefore looked up pixel by pixel with PROJ,
once per pair of lattices; bilinear asks GDAL for an exact transform.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from rasterio.enums import Resampling
from rasterio.warp import reproject

from landcover.model import Grid
from landcover.raster.planes import parse_crs, transformer

__all__ = ["nearest", "resample", "source_grid"]

EDGE_POINTS = 33
"""Points along each edge of a tile when it is projected; bends of an edge stay under 1 px."""

MARGIN_PX = 2
"""Source pixels kept around a tile: bilinear needs one, rounding of the edge another (px)."""

INDEX_CACHE = 8
"""Index maps held per process: a tile meets few source lattices."""


def source_grid(grid: Grid, crs: str, transform: Affine) -> Grid:
    """Return the part of a scene's lattice that lies under a tile.

    Parameters
    ----------
    grid : Grid
        The tile.
    crs : str
        The scene's CRS.
    transform : Affine
        The scene's lattice.

    Returns
    -------
    Grid
        In `crs`, on the lattice, with a margin; it may reach beyond the scene.
    """
    left, bottom, right, top = transformer(grid.crs, crs).transform_bounds(
        *grid.bounds, densify_pts=EDGE_POINTS
    )
    corners = [~transform @ (x, y) for x in (left, right) for y in (bottom, top)]
    columns = [column for column, _ in corners]
    rows = [row for _, row in corners]
    first = (int(np.floor(min(rows))) - MARGIN_PX, int(np.floor(min(columns))) - MARGIN_PX)
    last = (int(np.ceil(max(rows))) + MARGIN_PX, int(np.ceil(max(columns))) + MARGIN_PX)
    shape = (last[0] - first[0], last[1] - first[1])
    return Grid(crs, transform @ Affine.translation(first[1], first[0]), shape)


@lru_cache(maxsize=INDEX_CACHE)
def _indices(source: Grid, grid: Grid) -> npt.NDArray[np.int64]:
    """Return the flat source index under each pixel centre of `grid`; -1 outside."""
    move = transformer(grid.crs, source.crs)
    columns = np.arange(grid.shape[1]) + 0.5
    found = np.empty(grid.shape, np.int64)
    back = ~source.transform
    for row in range(grid.shape[0]):
        x = grid.transform.a * columns + grid.transform.c
        y = np.full_like(x, grid.transform.e * (row + 0.5) + grid.transform.f)
        there_x, there_y = move.transform(x, y)
        at_column = np.floor(back.a * np.asarray(there_x) + back.c).astype(np.int64)
        at_row = np.floor(back.e * np.asarray(there_y) + back.f).astype(np.int64)
        inside = (at_row >= 0) & (at_row < source.shape[0])
        inside &= (at_column >= 0) & (at_column < source.shape[1])
        found[row] = np.where(inside, at_row * source.shape[1] + at_column, -1)
    return found


def nearest(
    values: npt.NDArray[Any], source: Grid, grid: Grid, fill: float | bool
) -> npt.NDArray[Any]:
    """Take for each pixel of `grid` the source pixel that its centre falls in.

    Parameters
    ----------
    values : (Y, X) on `source`, any type
    source, grid : Grid
    fill : number
        Where the centre falls outside `source`.

    Returns
    -------
    (Y, X) on `grid`, same type
    """
    indices = _indices(source, grid)
    taken = values.ravel()[np.maximum(indices, 0)]
    taken[indices < 0] = fill
    return taken


def resample(
    values: npt.NDArray[np.int16], source: Grid, grid: Grid, missing: int, resampling: str
) -> npt.NDArray[np.int16]:
    """Warp one masked band.

    Parameters
    ----------
    values : int16 (Y, X) on `source`, `missing` where not clear
    source, grid : Grid
    missing : int
    resampling : str
        ``nearest`` or ``bilinear`` (missing pixels take no part).

    Returns
    -------
    int16 (Y, X) on `grid`
    """
    if resampling == "nearest":
        return nearest(values, source, grid, missing)
    out = np.full(grid.shape, missing, np.int16)
    reproject(
        values,
        out,
        src_transform=source.transform,
        src_crs=parse_crs(source.crs).to_wkt(),
        src_nodata=missing,
        dst_transform=grid.transform,
        dst_crs=parse_crs(grid.crs).to_wkt(),
        dst_nodata=missing,
        resampling=Resampling.bilinear,
        tolerance=0.0,
        num_threads=1,
    )
    return out
