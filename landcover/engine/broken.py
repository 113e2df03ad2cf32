"""The breaks of all finished tiles as one list: what patches are made of.

It knows where tiles keep them. It does not know how they are joined or written.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landcover.engine.outcome import Outcome
from landcover.engine.plan import Plan
from landcover.engine.results import read_layers
from landcover.engine.workspace import Workspace
from landcover.kernels.breaks import BREAKS_KEPT
from landcover.kernels.patches import Broken
from landcover.model import Tile
from landcover.products.breaking import FOUND, break_layer, broken_of, found_of
from landcover.raster.area import lattice_of, pixel_area_m2

__all__ = ["all_breaks"]


def _breaks_of(tile: Tile, workspace: Workspace) -> Broken | None:
    """List the breaks of one tile; None where there are none."""
    path = workspace.tile_file(tile.id)
    layers: dict[str, NDArray[Any]] = {}
    for number in range(BREAKS_KEPT):
        layers |= read_layers(path, [break_layer(number)])
        if break_layer(number) not in layers:  # nor are there later ones
            break
    if not layers:
        return None
    found = found_of({**layers, **read_layers(path, [FOUND])}, tile.grid.shape)
    _, row, column = lattice_of(tile.grid)
    return broken_of(found, pixel_area_m2(tile.grid), row, column)


def all_breaks(plan: Plan, outcome: Outcome) -> Broken:
    """List the breaks of every finished tile, those of small patches included.

    Parameters
    ----------
    plan : Plan
    outcome : Outcome

    Returns
    -------
    Broken
        Rows and columns are counted on the grid's lattice (see `lattice_of`): the same list
        however the grid was cut into tiles.
    """
    workspace = Workspace(plan.brief.out)
    tiles = [task.tile for task in plan.tasks if task.tile.id in outcome.entries]
    parts = [part for tile in tiles if (part := _breaks_of(tile, workspace)) is not None]
    if parts:
        return Broken.join(parts)
    shape = (1, 1)
    return broken_of(found_of({}, shape), np.zeros(shape), 0, 0)
