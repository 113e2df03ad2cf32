"""The breaks of all finished tiles as one list: what patches are made of.

It knows where tiles keep them. It does not know how they are joined or written.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from landcover.engine.outcome import Outcome
from landcover.engine.plan import Plan
from landcover.engine.results import read_part
from landcover.engine.stored import entry_name
from landcover.engine.workspace import Workspace
from landcover.kernels.breaks import BREAKS_KEPT
from landcover.kernels.patches import Broken, mapped
from landcover.model import Tile
from landcover.products.breaking import break_layer, broken_of, found_of
from landcover.raster.area import lattice_of, pixel_area_m2

__all__ = ["all_breaks"]

_WHOLE = (slice(None), slice(None))
"""All rows and columns of a tile."""


def _breaks_of(tile: Tile, path: Path) -> Broken | None:
    """List the breaks of one tile; None where there are none.

    Files are looked at where they lie: beside the days of all pixels, only broken ones are read.
    """
    names = [break_layer(number) for number in range(BREAKS_KEPT)]
    layers = {
        name: np.broadcast_to(planes, (len(planes), *tile.grid.shape))
        for name, planes in read_part(path, names, _WHOLE)
    }
    if not layers:
        return None
    _, row, column = lattice_of(tile.grid)
    return broken_of(found_of(layers, tile.grid.shape), pixel_area_m2(tile.grid), row, column)


def _in_tile(broken: Broken, tile: Tile, margin_px: int = 0) -> NDArray[np.bool_]:
    """Tell which breaks lie in a tile, so many pixels or more from its edge."""
    _, row, column = lattice_of(tile.grid)
    inside = np.ones(len(broken), np.bool_)
    for place, first, size in (
        (broken.row, row, tile.grid.shape[0]),
        (broken.column, column, tile.grid.shape[1]),
    ):
        inside &= (place >= first + margin_px) & (place < first + size - margin_px)
    return inside


def _large_of(tile: Tile, path: Path, near_days: int, least_px: int) -> Broken | None:
    """List a tile's breaks, without patches that are small and end within it."""
    found = _breaks_of(tile, path)
    if found is None:
        return None
    return mapped(found, near_days, least_px, edge=~_in_tile(found, tile, 1))


def all_breaks(plan: Plan, outcome: Outcome, product: str, near_days: int, least_px: int) -> Broken:
    """List the breaks that are mapped: of every tile that was settled, without small patches.

    Parameters
    ----------
    plan : Plan
    outcome : Outcome
    product : str
        The product that keeps breaks.
    near_days : int, days
        Breaks of touching pixels no farther apart than this are one patch.
    least_px : int, px
        The minimum mapping unit.

    Returns
    -------
    Broken
        Rows and columns are counted on the grid's lattice (see `lattice_of`): the same list
        however the grid was cut into tiles. It takes 46 bytes a break, some three times as many
        while it is made, in the process that leads the run; patches that are small and end within
        a tile are never in it.
    """
    workspace = Workspace(plan.brief.out)
    tiles = [task.tile for task in plan.tasks if task.tile.id in outcome.entries]
    parts = [
        part
        for tile in tiles
        if (part := _large_of(tile, workspace.tile_file(tile.id), near_days, least_px)) is not None
    ]
    if not parts:
        shape = (1, 1)
        return broken_of(found_of({}, shape), np.zeros(shape), 0, 0)
    found = mapped(Broken.join(parts), near_days, least_px)
    blank = [tile for tile in tiles if entry_name(product, tile.id) not in outcome.settled]
    return _without(found, blank)


def _without(broken: Broken, tiles: Sequence[Tile]) -> Broken:
    """Leave out breaks in tiles that could not be settled: the map is empty there."""
    for tile in tiles:
        broken = broken.take(~_in_tile(broken, tile))
    return broken
