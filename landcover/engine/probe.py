"""Whether a scene that failed in a tile can be read by now, so that the tile is made again."""

from __future__ import annotations

import numpy as np

from landcover.engine.brief import Brief, TileTask
from landcover.engine.scenes import is_remote
from landcover.errors import SceneError
from landcover.model import Failure
from landcover.raster.cache import BlockCache
from landcover.raster.remote import forget
from landcover.raster.source import Reads, environment
from landcover.raster.stack import quantity
from landcover.raster.view import view_scene
from landcover.settings import is_url

__all__ = ["can_read"]


def can_read(brief: Brief, task: TileTask, failure: Failure, offline: bool = False) -> bool:
    """Whether a scene that failed in a tile can be read by now.

    Parameters
    ----------
    brief : Brief
    task : TileTask
    failure : Failure
    offline : bool
        Do not try files on the network, but for what a store holds of them.

    Returns
    -------
    bool
        False also where the scene is no longer asked for.
    """
    scenes = [brief.scenes[number] for number in task.scenes]
    scene = next((s for s in scenes if s.id == failure.scene and s.source == failure.source), None)
    if scene is None or (offline and is_remote(scene) and not brief.reach.store):
        return False
    forget(asset.href for asset in scene.assets.values() if is_url(asset.href))
    rule, grid = brief.rules[scene.source], task.tile.grid
    everything = np.ones(grid.shape, bool)
    try:
        with environment():
            bands = _value_bands(brief, scene.source)
            view_scene(scene, grid, rule, bands, everything, Reads(), BlockCache(0))
    except SceneError:
        return False
    return True


def _value_bands(brief: Brief, source: str) -> tuple[str, ...]:
    """Return the value bands that a run reads of a source."""
    works = [work for work in brief.works if source in work.pool]
    names = {name for work in works for name in work.need.quantities}
    names |= {item.index for item in brief.series if source in item.pool}
    bands = brief.rules[source].sensor.bands
    sets = [quantity(name, bands).bands for name in names] + [
        frozenset(w.need.bands) for w in works
    ]
    return tuple(sorted(frozenset().union(*sets)))
