"""How much of a job's rasters will be empty, and which zone stretches them so.

It reads no pixel: tiles and zones say it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from landcover.errors import PlanError
from landcover.model import Grid, Note, Tile, Zone

__all__ = ["judge_spread"]

TOLD_EMPTY_PX = 10**9
"""Empty pixels from which a person is told (count). Measured: writing a raster takes 2.1 s for so
many of them a float32 band, whatever the tiles hold."""

TOLD_EMPTY_SHARE = 0.9
"""Share of a raster that is empty from which its zones count as far apart."""

REFUSED_EMPTY_PX = 6 * 10**10
"""Empty pixels beyond which a plan is refused (count): at 2.1 s for 10^9 each band of each raster
would take over two minutes to write nothing. All of DR Congo at 10 m has 4 * 10^10."""

_WGS84 = Geod(ellps="WGS84")


def judge_spread(grid: Grid, tiles: Sequence[Tile], zones: Sequence[Zone]) -> tuple[Note, ...]:
    """Say where zones lie so far apart that most of each raster will be empty.

    Parameters
    ----------
    grid : Grid
        The job's plane, which each raster fills.
    tiles : sequence of Tile
        Those that hold something.
    zones : sequence of Zone

    Returns
    -------
    tuple of Note

    Raises
    ------
    PlanError
        Writing what is empty would take longer than anybody would wait for.
    """
    rows, columns = grid.shape
    whole = rows * columns
    empty = whole - sum(tile.grid.shape[0] * tile.grid.shape[1] for tile in tiles)
    if empty < TOLD_EMPTY_PX or empty < TOLD_EMPTY_SHARE * whole:
        return ()
    share = f"{np.floor(1000 * empty / whole) / 10:g} % of them empty"
    size = f"each raster has {rows:,} x {columns:,} pixels, {share}"
    who = _furthest(zones)
    if empty > REFUSED_EMPTY_PX:
        remedy = "Correct its position (are longitude and latitude swapped?), or split the job"
        raise PlanError("zones", f"{size}{who}", f"{remedy}, or raise grid.resolution_m")
    remedy = "Correct its position if it is mistaken; jobs of parts of the zones write faster"
    return (Note("zones", f"{size}{who}", remedy),)


def _furthest(zones: Sequence[Zone]) -> str:
    """Name the zone furthest from the middle of the others; rings go with their sites."""
    placed = [zone for zone in zones if not zone.parent] or list(zones)
    bounds = shapely.bounds([zone.geometry for zone in placed])
    places = (bounds[:, :2] + bounds[:, 2:]) / 2
    if len(places) < 2:
        return ""
    number = int(np.argmax(_metres(places, np.median(places, axis=0))))
    others = np.delete(places, number, axis=0)
    distance = float(_metres(places[[number]], np.median(others, axis=0))[0])
    one = placed[number]
    named = f"{one.parent or one.id} (zones.{one.group})"
    return f": {named} lies {distance / 1000:,.0f} km from the middle of the others"


def _metres(places: NDArray[np.float64], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measure from places (N, 2) to one, along the ellipsoid."""
    lon, lat = np.broadcast_to(middle, places.shape).T
    _, _, metres = _WGS84.inv(places[:, 0], places[:, 1], lon, lat)
    return np.asarray(metres)
