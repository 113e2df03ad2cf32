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

from landcover.errors import HostileFileError, SceneError
from landcover.kernels import masks
from landcover.kernels.morphology import upsample
from landcover.model import Asset, Band, Grid, Mask, Scene, Sensor
from landcover.raster import warp
from landcover.raster.blocks import Rect
from landcover.raster.depot import Want
from landcover.raster.holding import UNBLENDED, Numbers, blank, can_hold, empty, held, of_held
from landcover.raster.planes import LATTICE_TOLERANCE_PX, metres_per_unit, plane_shift
from landcover.raster.remote import begun, hasten
from landcover.raster.source import (
    BlockCache,
    Reads,
    open_asset,
    read_cached,
    read_rect,
)
from landcover.settings import is_url

__all__ = ["Placement", "ReadRule", "View", "mask_rect", "placement", "view_scene"]


@dataclass(frozen=True, slots=True)
class ReadRule:
    """How the scenes of one source are read.

    `clear` and `grown` are classes of the sensor's mask band; cloud in `grown`, and in the
    mask's bits that say so, spreads by `grown_m` ground metres on the mask's own grid.
    `resampling` is nearest or bilinear, for scenes that must be warped.
    """

    sensor: Sensor
    clear: frozenset[int]
    grown: frozenset[int]
    grown_m: float
    resampling: str = "nearest"

    @property
    def spreads(self) -> bool:
        """Whether any class or bit spreads, so that the mask is read with a margin."""
        mask = self.sensor.mask
        return bool(self.grown) or (mask is not None and any(one.grown for one in mask.fields))


@dataclass(frozen=True, slots=True)
class View:
    """A scene on a tile: `clear` is bool (Y, X) of its own; `bands` is empty where none is True.

    `beyond_px` counts the clear pixels whose number was beyond what a band can hold, and became
    nodata.
    """

    clear: npt.NDArray[np.bool_]
    bands: Mapping[str, Numbers]
    beyond_px: int = 0


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
        return upsample(array, self.factor, self.factor, down, right, shape)

    def gather(self, wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Tell which pixels of ``rect(wanted.shape)`` lie under a wanted pixel of the tile."""
        if self.factor == 1:
            return wanted
        rect = self.rect(wanted.shape)
        down, right = (-self.row) % self.factor, (-self.column) % self.factor
        padded = np.zeros((rect.height * self.factor, rect.width * self.factor), bool)
        padded[down : down + wanted.shape[0], right : right + wanted.shape[1]] = wanted
        cut = padded.reshape(rect.height, self.factor, rect.width, self.factor)
        return np.logical_or.reduce(np.logical_or.reduce(cut, axis=1), axis=2)

    def outside(self, size: tuple[int, int], clear: npt.NDArray[np.bool_]) -> None:
        """Set a mask of the tile to False where a file of `size` does not reach, in place."""
        top, left = max(self.row, 0), max(self.column, 0)
        bottom = max(self.row + size[0] * self.factor, 0)
        right = max(self.column + size[1] * self.factor, 0)
        clear[:top] = clear[bottom:] = clear[:, :left] = clear[:, right:] = False


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


def _radius_px(rule: ReadRule, asset: Asset, crs: str) -> float:
    """Return how far cloud spreads, in pixels of the mask.

    A pixel is taken at its nominal size, true to 0.1 % in UTM; in degrees, at its height.
    """
    return rule.grown_m / (abs(asset.transform.e) * metres_per_unit(crs))


def _outside_class(mask: Mask, rule: ReadRule) -> int:
    """Return a class for what lies outside the mask's file: never clear, and never spreading."""
    if mask.nodata is not None:
        return mask.nodata
    return next(number for number in range(256) if number not in rule.clear | rule.grown)


def mask_rect(scene: Scene, grid: Grid, rule: ReadRule) -> tuple[Rect, int]:
    """Return the pixels of the mask's file that a tile needs, and how wide their margin is (px).

    Raises
    ------
    SceneError
        The mask does not lie on the lattice of its own scene.
    """
    asset = scene.assets[rule.sensor.mask.band if rule.sensor.mask else ""]
    margin = math.ceil(_radius_px(rule, asset, scene.crs)) if rule.spreads else 0
    return _placed(asset, scene, grid).rect(grid.shape, margin), margin


def _clear(
    scene: Scene,
    grid: Grid,
    rule: ReadRule,
    wanted: npt.NDArray[np.bool_],
    reads: Reads,
    cache: BlockCache,
) -> tuple[npt.NDArray[np.bool_], int]:
    """Read the mask band with its margin, grow cloud, and keep what is wanted and clear.

    Returns
    -------
    bool (Y, X) of the tile, its own; and how many are True.
    """
    mask = rule.sensor.mask
    if mask is None:
        return wanted.copy(), int(np.count_nonzero(wanted))
    asset = scene.assets[mask.band]
    place = _placed(asset, scene, grid)
    radius_px = _radius_px(rule, asset, scene.crs)
    outside, dtype = _outside_class(mask, rule), rule.sensor.bands[mask.band].dtype
    rect, margin = mask_rect(scene, grid, rule)
    with open_asset(asset, reads) as source:
        fill = outside % 256 if _lost_its_sign(source.dtypes[0], dtype) else outside
        # what lies two margins within belongs to this tile alone: a neighbour's reach ends before
        classes = read_cached(source, asset.href, rect, fill, reads, cache, rect.inner(2 * margin))
    classes = _as_said(classes, dtype, asset.band)
    clear = masks.clear_mask(classes, rule.clear, rule.grown, outside, radius_px, mask.fields)
    if margin:
        clear = np.ascontiguousarray(clear[margin:-margin, margin:-margin])
    take = place.spread(clear, grid.shape)
    take &= wanted
    return take, int(np.count_nonzero(take))


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


def _placed(asset: Asset, scene: Scene, grid: Grid) -> Placement:
    """Place an asset; a scene is only read directly where each of its assets can be."""
    place = placement(asset.transform, scene.crs, grid)
    if place is None:
        raise SceneError(scene.id, f"{asset.band} does not lie on the lattice of its own scene")
    return place


def _band(
    asset: Asset,
    scene: Scene,
    grid: Grid,
    band: Band,
    take: npt.NDArray[np.bool_],
    some: bool,
    reads: Reads,
) -> tuple[Numbers, int]:
    """Read one band under a tile; where only some pixels are taken, other blocks are not decoded.

    Numbers that the profile holds for impossible become nodata; the second says how many.
    """
    place = _placed(asset, scene, grid)
    nodata = 0.0 if asset.nodata is None else asset.nodata
    wanted = place.gather(take) if some else None
    with open_asset(asset, reads) as source:
        dn = read_rect(source, place.rect(grid.shape), nodata, reads, wanted)
    dn = place.spread(dn, grid.shape)
    beyond_px = blank(dn, take, band, asset)
    taken = (asset.scale, asset.offset, asset.clip, band.encoding)
    return Numbers(dn, asset.nodata, *taken), beyond_px


def _wants(
    scene: Scene, grid: Grid, bands: Iterable[str], take: npt.NDArray[np.bool_] | None
) -> list[Want]:
    """List what `_band` will read of remote files, so that it comes all at once."""
    made = []
    for asset in (scene.assets[name] for name in bands):
        if is_url(asset.href):
            place = _placed(asset, scene, grid)
            wanted = None if take is None else place.gather(take)
            made.append(Want(asset.href, place.rect(grid.shape), wanted))
    return made


def _keep_inside(
    scene: Scene, grid: Grid, bands: Iterable[str], clear: npt.NDArray[np.bool_], count: int
) -> int:
    """Take off a mask what lies outside files that have no number to say so.

    Returns how many pixels stay, of `count`.
    """
    for asset in (scene.assets[name] for name in bands):
        dtype = np.dtype(asset.dtype)
        if not can_hold(dtype, asset.nodata):
            _placed(asset, scene, grid).outside(asset.shape, clear)
            count = int(np.count_nonzero(clear))
    return count


def _direct(
    scene: Scene,
    grid: Grid,
    rule: ReadRule,
    bands: Iterable[str],
    wanted: npt.NDArray[np.bool_],
    reads: Reads,
    cache: BlockCache,
) -> View:
    """Read a scene that lies on the grid's lattice."""
    take, count = _clear(scene, grid, rule, wanted, reads, cache)
    count = _keep_inside(scene, grid, bands, take, count)
    if not count:
        return View(take, {})
    some, own = count < take.size, rule.sensor.bands
    with begun(_wants(scene, grid, bands, take if some else None)):
        read = {
            name: _band(scene.assets[name], scene, grid, own[name], take, some, reads)
            for name in bands
        }
    beyond_px = sum(count for _, count in read.values())
    return View(take, {name: numbers for name, (numbers, _) in read.items()}, beyond_px)


def _assets(scene: Scene, bands: tuple[str, ...], rule: ReadRule) -> list[Asset]:
    """Return every asset that is read of a scene.

    Raises
    ------
    SceneError
        One is missing.
    """
    mask = rule.sensor.mask
    names = bands if mask is None else (*bands, mask.band)
    missing = sorted(set(names) - scene.assets.keys())
    if missing:
        raise SceneError(scene.id, f"has no asset for the band {', '.join(missing)}")
    return [scene.assets[name] for name in names]


def _warped(
    scene: Scene,
    grid: Grid,
    rule: ReadRule,
    bands: tuple[str, ...],
    own: Affine,
    reads: Reads,
    cache: BlockCache,
) -> View:
    """Read a scene on its own lattice piece by piece, mask it there, then warp."""
    clear = np.zeros(grid.shape, bool)
    moved = {name: empty(rule.sensor.bands[name], grid.shape) for name in bands}
    seen, beyond_px = False, 0
    for rows, columns in warp.pieces(grid, scene.crs, own):
        part = grid.window(
            rows.start, columns.start, (rows.stop - rows.start, columns.stop - columns.start)
        )
        around = warp.source_grid(part, scene.crs, own)
        if around is None:
            continue
        view = _direct(scene, around, rule, bands, np.ones(around.shape, bool), reads, cache)
        if not view.bands:
            continue
        seen, beyond_px = True, beyond_px + view.beyond_px
        clear[rows, columns] = warp.nearest(view.clear, around, part, own, False)
        for name, numbers in view.bands.items():
            band = rule.sensor.bands[name]
            how = rule.resampling if band.unit not in UNBLENDED else "nearest"
            values = held(band, numbers, view.clear)
            moved[name][rows, columns] = warp.resample(values, around, part, own, how)
    read = {name: of_held(values) for name, values in moved.items()}
    return View(clear, read if seen else {}, beyond_px)


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
    assets = _assets(scene, bands, rule)
    hasten(asset.href for asset in assets if is_url(asset.href))
    finest = min(assets, key=lambda asset: abs(asset.transform.a), default=None)
    if finest is None:
        return View(np.zeros(grid.shape, bool), {})
    if placement(finest.transform, scene.crs, grid) is not None:
        return _direct(scene, grid, rule, bands, wanted, reads, cache)
    view = _warped(scene, grid, rule, bands, finest.transform, reads, cache)
    clear = view.clear & wanted
    return View(clear, view.bands if clear.any() else {}, view.beyond_px)
