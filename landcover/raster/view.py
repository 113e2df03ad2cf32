"""One scene as one tile sees it: its clear pixels, and its bands on the tile's lattice.

Scenes on the tile's own lattice are read without warping; coarser bands whose pixels are a
whole number of tile pixels are repeated; any other scene is masked on its own lattice and
then warped. Nothing is known here of days, stacks or products.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from landcover.errors import SceneError
from landcover.kernels import masks, scale
from landcover.model import MISSING, REFLECTANCE_SCALE, Asset, Grid, Scene, Sensor
from landcover.raster import warp
from landcover.raster.planes import LATTICE_TOLERANCE_PX, plane_shift
from landcover.raster.source import BlockCache, Reads, Rect, open_asset, read_cached, read_rect

__all__ = ["Numbers", "Placement", "ReadRule", "View", "placement", "view_scene"]


@dataclass(frozen=True, slots=True)
class ReadRule:
    """How the scenes of one source are read.

    `clear` and `grown` are classes of the sensor's mask band; cloud in `grown` spreads by
    `grown_m` ground metres on the mask's own grid. `resampling` is nearest or bilinear, for
    scenes that must be warped.
    """

    sensor: Sensor
    clear: frozenset[int]
    grown: frozenset[int]
    grown_m: float
    resampling: str = "nearest"


@dataclass(frozen=True, slots=True)
class Numbers:
    """One band on the tile's lattice, as stored: value = dn * scale + offset, then clipped.

    `dn` is (Y, X) in the file's type; `nodata` is missing before the offset.
    """

    dn: npt.NDArray[Any]
    nodata: float | None
    scale: float
    offset: float
    clip: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class View:
    """A scene on a tile: `clear` is bool (Y, X); `bands` is empty where nothing was wanted."""

    clear: npt.NDArray[np.bool_]
    bands: Mapping[str, Numbers]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a file's pixels lie in a tile.

    File pixel (r, c) starts at tile pixel (row + r * factor, column + c * factor).
    """

    row: int
    column: int
    factor: int

    def rect(self, shape: tuple[int, int], margin: int = 0) -> Rect:
        """Return the file's pixels under a tile of `shape`, with a margin in file pixels."""
        top = (-self.row) // self.factor - margin
        left = (-self.column) // self.factor - margin
        bottom = -((self.row - shape[0]) // self.factor) + margin
        right = -((self.column - shape[1]) // self.factor) + margin
        return Rect(top, left, bottom - top, right - left)

    def spread(self, array: npt.NDArray[Any], shape: tuple[int, int]) -> npt.NDArray[Any]:
        """Lay the pixels of ``rect(shape)`` out on the tile's own lattice."""
        if self.factor == 1:
            return array
        down, right = (-self.row) % self.factor, (-self.column) % self.factor
        tall = np.repeat(np.repeat(array, self.factor, axis=0), self.factor, axis=1)
        return np.ascontiguousarray(tall[down : down + shape[0], right : right + shape[1]])


def placement(transform: Affine, crs: str, grid: Grid) -> Placement | None:
    """Find where a file's pixels fall in a grid without a warp.

    Returns
    -------
    Placement or None
        None where the file stands in another plane, or its pixels are not a whole number
        of the grid's pixels, aligned with them.
    """
    shift = plane_shift(crs, grid.crs)
    if shift is None or transform.b or transform.d:
        return None
    ratio = transform.a / grid.transform.a
    factor = round(ratio)
    square = abs(transform.e / grid.transform.e - ratio) < 1e-9 * max(1.0, ratio)
    if factor < 1 or not square or abs(ratio - factor) > 1e-9 * factor:
        return None
    column, row = ~grid.transform @ (transform.c, transform.f + shift)
    whole = (round(row), round(column))
    if max(abs(row - whole[0]), abs(column - whole[1])) > LATTICE_TOLERANCE_PX:
        return None
    return Placement(whole[0], whole[1], factor)


def _clear(
    scene: Scene, grid: Grid, rule: ReadRule, reads: Reads, cache: BlockCache
) -> npt.NDArray[np.bool_]:
    """Read the mask band with its margin, grow cloud, and lay it on the tile."""
    mask = rule.sensor.mask
    if mask is None:
        return np.ones(grid.shape, bool)
    asset = scene.assets[mask.band]
    place = _placed(asset, scene, grid)
    # ground metres: the mask's pixel is taken at its nominal size, true to 0.1 % in UTM
    radius_px = rule.grown_m / abs(asset.transform.a)
    margin = math.ceil(radius_px)
    outside = 0 if mask.nodata is None else mask.nodata
    with open_asset(asset, reads) as source:
        rect = place.rect(grid.shape, margin)
        classes = read_cached(source, asset.href, rect, outside, reads, cache)
    clear = masks.clear_mask(classes, rule.clear, rule.grown, mask.nodata, radius_px)
    if margin:
        clear = clear[margin:-margin, margin:-margin]
    return place.spread(np.ascontiguousarray(clear), grid.shape)


def _placed(asset: Asset, scene: Scene, grid: Grid) -> Placement:
    """Place an asset; a scene is only read directly where each of its assets can be."""
    place = placement(asset.transform, scene.crs, grid)
    if place is None:
        raise SceneError(scene.id, f"{asset.band} does not lie on the lattice of its own scene")
    return place


def _band(
    asset: Asset, scene: Scene, grid: Grid, take: npt.NDArray[np.bool_], reads: Reads
) -> Numbers:
    """Read one band under a tile; blocks without a taken pixel are not decoded."""
    place = _placed(asset, scene, grid)
    nodata = 0.0 if asset.nodata is None else asset.nodata
    wanted = take if place.factor == 1 else None
    with open_asset(asset, reads) as source:
        dn = read_rect(source, place.rect(grid.shape), nodata, reads, wanted)
    return Numbers(
        place.spread(dn, grid.shape), asset.nodata, asset.scale, asset.offset, asset.clip
    )


def _direct(
    scene: Scene,
    grid: Grid,
    rule: ReadRule,
    bands: Iterable[str],
    wanted: npt.NDArray[np.bool_] | None,
    reads: Reads,
    cache: BlockCache,
) -> View:
    """Read a scene that lies on the grid's lattice."""
    clear = _clear(scene, grid, rule, reads, cache)
    take = clear if wanted is None else clear & wanted
    if not take.any():
        return View(clear, {})
    read = {name: _band(scene.assets[name], scene, grid, take, reads) for name in bands}
    return View(take, read)


def _finest(scene: Scene, bands: Iterable[str]) -> Asset:
    """Return the asset with the smallest pixels: the scene's own lattice."""
    return min((scene.assets[name] for name in bands), key=lambda asset: abs(asset.transform.a))


def _warped(
    scene: Scene,
    grid: Grid,
    rule: ReadRule,
    bands: tuple[str, ...],
    reads: Reads,
    cache: BlockCache,
) -> View:
    """Read a scene on its own lattice, mask it there, then warp."""
    base = _finest(scene, bands)
    around = warp.source_grid(grid, scene.crs, base.transform)
    own = _direct(scene, around, rule, bands, None, reads, cache)
    if not own.bands:
        return View(np.zeros(grid.shape, bool), {})
    clear = warp.nearest(own.clear, around, grid, False)
    masked = {name: _masked(numbers, own.clear) for name, numbers in own.bands.items()}
    moved = {
        name: Numbers(
            warp.resample(values, around, grid, MISSING, rule.resampling),
            MISSING, 1 / REFLECTANCE_SCALE, 0.0, None,
        )
        for name, values in masked.items()
    }  # fmt: skip
    return View(clear, moved)


def _masked(numbers: Numbers, clear: npt.NDArray[np.bool_]) -> npt.NDArray[np.int16]:
    """Return a band as int16 with only its clear pixels: a warp must not blend cloud in."""
    values = scale.to_int16(numbers.dn, numbers.nodata, numbers.scale, numbers.offset, numbers.clip)
    return np.where(clear, values, np.int16(MISSING))


def view_scene(
    scene: Scene,
    grid: Grid,
    rule: ReadRule,
    bands: tuple[str, ...],
    wanted: npt.NDArray[np.bool_],
    reads: Reads,
    cache: BlockCache,
) -> View:
    """Read what a tile wants of one scene.

    Parameters
    ----------
    scene : Scene
    grid : Grid
        The tile's pixel plane, shape (Y, X).
    rule : ReadRule
    bands : tuple of str
        Value bands (never the mask).
    wanted : bool (Y, X)
        Pixels that still lack a value; the others may be left unread.
    reads, cache
        Tally and mask cache of the process.

    Returns
    -------
    View
        `clear` holds within `wanted` only.

    Raises
    ------
    SceneError
        A file is missing, broken or not what its item says.
    """
    try:
        if placement(_finest(scene, bands).transform, scene.crs, grid) is not None:
            return _direct(scene, grid, rule, bands, wanted, reads, cache)
        view = _warped(scene, grid, rule, bands, reads, cache)
    except KeyError as error:
        raise SceneError(scene.id, f"has no asset for the band {error.args[0]}") from error
    return View(view.clear & wanted, view.bands)
