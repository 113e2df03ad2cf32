"""Why one pixel of a scene counts or does not: its mask class, cloud that reaches it, or nothing.

It reads the mask as a tile does, with the same margin and growth, so that both say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from landcover.kernels import masks
from landcover.model import Grid, Scene
from landcover.raster import warp
from landcover.raster.clearing import mask_classes, mask_near, outside_class, radius_px
from landcover.raster.placing import lattice, placement
from landcover.raster.rule import ReadRule
from landcover.raster.source import BlockCache, Reads

__all__ = ["Sight", "State", "sight"]

State = Literal["clear", "class", "grown", "nodata", "outside"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a scene's mask says of one pixel.

    `state` is clear, class (masked by its own class or bits), grown (near enough to cloud),
    nodata (nothing was observed) or outside (the file does not reach it). `code` is the mask's
    number there, None where there is none.
    """

    state: State
    code: int | None


def _on_lattice(scene: Scene, grid: Grid, rule: ReadRule, bands: tuple[str, ...]) -> Grid | None:
    """Return the pixel of a scene's own lattice that a grid of one pixel is made of."""
    mask = rule.sensor.mask
    names = bands if mask is None else (*bands, mask.band)
    finest = lattice(scene, [scene.assets[name] for name in names])
    if finest is None:
        return None
    if placement(finest.transform, scene.crs, grid) is not None:
        return grid
    around = warp.source_grid(grid, scene.crs, finest.transform)
    if around is None:
        return None
    one = np.ones(grid.shape, bool)
    places = np.argwhere(warp.made_of(one, around, grid, finest.transform, "nearest"))
    if not len(places):
        return None
    row, column = (int(one) for one in places[0])
    return around.window(row, column, (1, 1))


def sight(
    scene: Scene,
    grid: Grid,
    rule: ReadRule,
    bands: tuple[str, ...],
    reads: Reads,
    cache: BlockCache,
) -> Sight:
    """Say why a pixel is clear or not by the mask of one scene.

    Parameters
    ----------
    scene : Scene
    grid : Grid
        Of one pixel.
    rule : ReadRule
    bands : tuple of str
        Value bands that are read with it: they decide on which lattice it is masked.
    reads, cache
        Tally and mask cache of the process.

    Returns
    -------
    Sight
        Of the pixels of a finer mask under it, the first that is not clear decides.

    Raises
    ------
    SceneError
        A file is missing, broken or not what its item says.
    """
    mask, place = rule.sensor.mask, _on_lattice(scene, grid, rule, bands)
    if place is None:
        return Sight("outside", None)
    needs = mask_near(scene, place, rule, np.ones(place.shape, bool))
    if mask is None or needs is None:
        return Sight("clear", None)
    if not needs.any:
        return Sight("outside", None)
    classes = mask_classes(scene, rule, needs, reads, cache)
    outside, own = outside_class(mask, rule), slice(needs.margin, -needs.margin or None)
    radius = radius_px(rule, scene.assets[mask.band], scene.crs)
    codes = classes[own, own]
    alone, grown = (
        masks.clear_mask(classes, rule.clear, rule.grown, outside, reach, mask.fields)[own, own]
        for reach in (0.0, radius)
    )
    if not alone.all():
        code = int(codes[~alone][0])
        return Sight("nodata" if code == mask.nodata else "class", code)
    return Sight("clear" if grown.all() else "grown", int(codes.flat[0]))
