"""The part of the job's grid under a box in longitude and latitude.

It knows boxes and grids. It does not know scenes or zones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from landcover.errors import InputError
from landcover.model import Grid
from landcover.raster.planes import transformer

__all__ = ["cut_window"]

EDGE_POINTS = 33
"""Points along each edge of a box that is projected; the bulge of an edge is caught to 1 px."""


def cut_window(grid: Grid, bbox: Sequence[float]) -> Grid:
    """Cut the part of the job's grid that a box touches.

    Parameters
    ----------
    grid : Grid
        The job's.
    bbox : (west, south, east, north), degrees
        Its edges are followed, not its corners alone.

    Returns
    -------
    Grid
        On the same pixels; what reaches out of the job's grid is cut off.

    Raises
    ------
    InputError
        No box, or one that lies elsewhere.
    """
    west, south, east, north = _checked(bbox)
    move = transformer("EPSG:4326", grid.crs)
    bounds = move.transform_bounds(west, south, east, north, densify_pts=EDGE_POINTS)
    if not all(map(math.isfinite, bounds)):
        raise _elsewhere(grid, bbox)
    inverse = ~grid.transform
    left, top = inverse @ (bounds[0], bounds[3])
    right, bottom = inverse @ (bounds[2], bounds[1])
    slack = 1e-6  # px: a box on the lattice, but for rounding, is not widened by a pixel
    first_row, first_column = max(math.floor(top + slack), 0), max(math.floor(left + slack), 0)
    rows = min(math.ceil(bottom - slack), grid.shape[0]) - first_row
    columns = min(math.ceil(right - slack), grid.shape[1]) - first_column
    if rows <= 0 or columns <= 0:
        raise _elsewhere(grid, bbox)
    return grid.window(first_row, first_column, (rows, columns))


def _checked(bbox: Sequence[float]) -> tuple[float, float, float, float]:
    """Refuse what is no box in degrees."""
    try:
        west, south, east, north = (float(edge) for edge in bbox)
    except (TypeError, ValueError):
        west = south = east = north = math.nan
    if -180 <= west < east <= 180 and -90 <= south < north <= 90:
        return west, south, east, north
    raise InputError("bbox", f"{bbox!r} is no box in degrees", "Give (west, south, east, north)")


def _elsewhere(grid: Grid, bbox: Sequence[float]) -> InputError:
    """Return the error of a box outside the job's grid."""
    around = transformer(grid.crs, "EPSG:4326").transform_bounds(*grid.bounds)
    west, south, east, north = (f"{edge:.4f}" for edge in around)
    return InputError(
        "bbox",
        f"{tuple(bbox)!r} lies outside the zones of the job",
        f"They lie within ({west}, {south}, {east}, {north})",
    )
