"""Which pixels of a scene are clear: its mask, grown on its own pixels, told on a tile's lattice.

It knows masks. It does not know values.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.errors import HostileFileError, SceneError
from landcover.kernels import masks
from landcover.model import Asset, Grid, Mask, Scene
from landcover.raster.placing import Near, cells_of, lattice, near, placed
from landcover.raster.planes import metres_per_unit
from landcover.raster.rule import ReadRule
from landcover.raster.source import BlockCache, Reads, open_asset, read_cached

__all__ = ["clear_pixels", "mask_classes", "mask_near", "outside_class", "radius_px"]


def radius_px(rule: ReadRule, asset: Asset, crs: str) -> float:
    """Return how far cloud spreads, in pixels of the mask.

    A pixel is taken at its nominal size, true to 0.1 % in UTM; in degrees, at its height.
    """
    return rule.grown_m / (abs(asset.transform.e) * metres_per_unit(crs))


def outside_class(mask: Mask, rule: ReadRule) -> int:
    """Return a class for what lies outside the mask's file: never clear, and never spreading."""
    if mask.nodata is not None:
        return mask.nodata
    return next(number for number in range(256) if number not in rule.clear | rule.grown)


def mask_near(
    scene: Scene, grid: Grid, rule: ReadRule, wanted: npt.NDArray[np.bool_]
) -> Near | None:
    """Say what of the mask's file a tile needs: what lies within cloud's reach of what is wanted.

    None where the sensor has no mask.

    Raises
    ------
    SceneError
        The mask does not lie on the lattice of its own scene.
    """
    if rule.sensor.mask is None:
        return None
    asset = scene.assets[rule.sensor.mask.band]
    margin = math.ceil(radius_px(rule, asset, scene.crs)) if rule.spreads else 0
    return near(asset, scene, grid, wanted, margin)


def clear_pixels(
    scene: Scene,
    grid: Grid,
    rule: ReadRule,
    wanted: npt.NDArray[np.bool_],
    needs: Near | None,
    reads: Reads,
    cache: BlockCache,
    there: npt.NDArray[np.bool_] | None = None,
) -> tuple[npt.NDArray[np.bool_], int]:
    """Read the mask band with its margin, grow cloud, and keep what is wanted and clear.

    `needs` is `mask_near` of what is wanted. What it does not need is neither read nor clear, and
    too far to spread. Where values are read from overviews, a pixel is clear only if all of the
    mask under it is. Where `there` is given, wanted pixels that the scene has, clear or not, are
    set in it; without a mask nobody can tell those from others, and none is.

    Returns
    -------
    bool (Y, X) of the tile, its own; and how many are True.
    """
    mask = rule.sensor.mask
    if mask is None or needs is None:
        return wanted.copy(), int(np.count_nonzero(wanted))
    asset = scene.assets[mask.band]
    classes, margin = mask_classes(scene, rule, needs, reads, cache), needs.margin
    outside, radius = outside_class(mask, rule), radius_px(rule, asset, scene.crs)
    clear = masks.clear_mask(classes, rule.clear, rule.grown, outside, radius, mask.fields)
    own = slice(margin, -margin or None)
    if there is not None:
        there |= _on_tile(classes[own, own] != outside, asset, scene, grid, some=True) & wanted
    if margin:
        clear = np.ascontiguousarray(clear[own, own])
    take = _on_tile(clear, asset, scene, grid)
    take &= wanted
    return take, int(np.count_nonzero(take))


def mask_classes(
    scene: Scene, rule: ReadRule, needs: Near, reads: Reads, cache: BlockCache
) -> npt.NDArray[Any]:
    """Read the mask band under a tile and within its margin; the sensor must have one.

    Returns
    -------
    integers (Y, X) of ``needs.rect``
        `outside_class` beyond the file. What is not needed may be anything.
    """
    mask = rule.sensor.mask
    if mask is None:
        raise SceneError(scene.id, f"{rule.sensor.name} has no mask")
    asset, rect = scene.assets[mask.band], needs.rect
    outside, dtype = outside_class(mask, rule), rule.sensor.bands[mask.band].dtype
    with open_asset(asset, reads) as source:
        fill = outside % 256 if _lost_its_sign(source.dtypes[0], dtype) else outside
        # what lies two margins within belongs to this tile alone: a neighbour's reach ends before
        own = rect.inner(2 * needs.margin)
        classes = read_cached(source, asset.href, rect, fill, reads, cache, own, needs.needed)
    return _as_said(classes, dtype, asset.band)


def _on_tile(
    clear: npt.NDArray[np.bool_], asset: Asset, scene: Scene, grid: Grid, some: bool = False
) -> npt.NDArray[np.bool_]:
    """Tell on the tile's lattice what is told on the mask's own pixels: of all, or of some."""
    cells = cells_of(asset, scene)
    if cells is not None:
        clear = ~cells.all_of(~clear) if some else cells.all_of(clear)
        asset = lattice(scene, ()) or asset
    return placed(asset, scene, grid).spread(clear, grid.shape)


def _lost_its_sign(found: str, meant: str) -> bool:
    """Whether int8 was kept as uint8, as older writers do: -1 reads as 255, the same bits."""
    return (found, meant) == ("uint8", "int8")


def _as_said(classes: npt.NDArray[Any], dtype: str, band: str) -> npt.NDArray[Any]:
    """Return a mask band in the type that its profile says."""
    if _lost_its_sign(classes.dtype.name, dtype):
        return classes.view(np.int8)
    if classes.dtype.name != dtype:
        raise HostileFileError(band, f"holds {classes.dtype}, but classes are {dtype}")
    return classes
