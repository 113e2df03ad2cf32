"""One scene as one tile sees it: its clear pixels, and its bands on the tile's lattice.

Scenes on the tile's own lattice are read without warping; coarser bands whose pixels are a
whole number of tile pixels are repeated; any other scene is masked on its own lattice and
then warped. Nothing is known here of days, stacks or products.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine

from landcover.errors import SceneError
from landcover.model import Asset, Band, Grid, Scene
from landcover.raster import warp
from landcover.raster.clearing import clear_pixels, mask_near
from landcover.raster.depot import Want
from landcover.raster.holding import UNBLENDED, Numbers, blank, can_hold, empty, held, of_held
from landcover.raster.placing import Placement, lattice, near, placed, placement
from landcover.raster.remote import begun, hasten
from landcover.raster.rule import ReadRule
from landcover.raster.source import BlockCache, Reads, open_asset, place_of, read_rect
from landcover.settings import is_url

__all__ = ["Placement", "ReadRule", "View", "mask_near", "placement", "view_scene"]


@dataclass(frozen=True, slots=True)
class View:
    """A scene on a tile: `clear` is bool (Y, X) of its own; `bands` is empty where none is True.

    `beyond_px` counts the clear pixels whose number was beyond what a band can hold, and became
    nodata.
    """

    clear: npt.NDArray[np.bool_]
    bands: Mapping[str, Numbers]
    beyond_px: int = 0


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
    place = placed(asset, scene, grid)
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
            place = placed(asset, scene, grid)
            wanted = None if take is None else place.gather(take)
            made.append(Want(place_of(asset), place.rect(grid.shape), wanted))
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
            placed(asset, scene, grid).outside(asset.shape, clear)
            count = int(np.count_nonzero(clear))
    return count


def _direct(
    scene: Scene,
    grid: Grid,
    rule: ReadRule,
    bands: tuple[str, ...],
    wanted: npt.NDArray[np.bool_],
    reads: Reads,
    cache: BlockCache,
    there: npt.NDArray[np.bool_] | None,
) -> View:
    """Read a scene that lies on the grid's lattice; it stays closed where nothing wanted lies."""
    assets = _assets(scene, bands, rule)
    needs = mask_near(scene, grid, rule, wanted)
    sights = [needs] if needs else [near(asset, scene, grid, wanted) for asset in assets]
    if not any(one.any for one in sights):
        return View(np.zeros(grid.shape, bool), {})
    hasten(place_of(asset) for asset in assets if is_url(asset.href))
    take, count = clear_pixels(scene, grid, rule, wanted, needs, reads, cache, there)
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
    wanted: npt.NDArray[np.bool_],
    reads: Reads,
    cache: BlockCache,
    seen: npt.NDArray[np.bool_] | None,
) -> View:
    """Read a scene on its own lattice piece by piece, mask it there, then warp.

    There, what wanted pixels are made of is wanted.
    """
    clear = np.zeros(grid.shape, bool)
    moved = {name: empty(rule.sensor.bands[name], grid.shape) for name in bands}
    some, beyond_px = False, 0
    for rows, columns in warp.pieces(grid, scene.crs, own):
        part = grid.window(
            rows.start, columns.start, (rows.stop - rows.start, columns.stop - columns.start)
        )
        around = warp.source_grid(part, scene.crs, own)
        if around is None:
            continue
        there = warp.made_of(wanted[rows, columns], around, part, own, rule.resampling)
        had = None if seen is None else np.zeros(around.shape, bool)
        view = _direct(scene, around, rule, bands, there, reads, cache, had)
        if seen is not None and had is not None:
            seen[rows, columns] |= warp.nearest(had, around, part, own, False)
        if not view.bands:
            continue
        some, beyond_px = True, beyond_px + view.beyond_px
        clear[rows, columns] = warp.nearest(view.clear, around, part, own, False)
        for name, numbers in view.bands.items():
            band = rule.sensor.bands[name]
            how = rule.resampling if band.unit not in UNBLENDED else "nearest"
            values = held(band, numbers, view.clear)
            moved[name][rows, columns] = warp.resample(values, around, part, own, how)
    read = {name: of_held(values) for name, values in moved.items()}
    return View(clear, read if some else {}, beyond_px)


def view_scene(
    scene: Scene,
    grid: Grid,
    rule: ReadRule,
    bands: tuple[str, ...],
    wanted: npt.NDArray[np.bool_],
    reads: Reads,
    cache: BlockCache,
    there: npt.NDArray[np.bool_] | None = None,
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
    there : bool (Y, X), optional
        Wanted pixels that the scene has, by its mask, clear or not, are set in it.

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
    finest = lattice(scene, assets)
    if finest is None:
        return View(np.zeros(grid.shape, bool), {})
    if placement(finest.transform, scene.crs, grid) is not None:
        return _direct(scene, grid, rule, bands, wanted, reads, cache, there)
    view = _warped(scene, grid, rule, bands, finest.transform, wanted, reads, cache, there)
    clear = view.clear & wanted
    return View(clear, view.bands if clear.any() else {}, view.beyond_px)
