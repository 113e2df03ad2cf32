"""Where a file's pixels lie in a tile, where both share a lattice.

It knows transforms and planes. It reads nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine

from landcover.errors import SceneError
from landcover.kernels.morphology import upsample
from landcover.kernels.narrow import any_in_windows
from landcover.model import Asset, Grid, Scene
from landcover.raster.blocks import Blocks, Rect
from landcover.raster.planes import LATTICE_TOLERANCE_PX, plane_shift

__all__ = [
    "Cells",
    "Near",
    "Placement",
    "Under",
    "cells_of",
    "lattice",
    "near",
    "placed",
    "placement",
    "under",
]


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


def placed(asset: Asset, scene: Scene, grid: Grid) -> Placement:
    """Place an asset; a scene is only read directly where each of its assets can be."""
    place = placement(asset.transform, scene.crs, grid)
    if place is None:
        raise _off(asset, scene)
    return place


def _off(asset: Asset, scene: Scene) -> SceneError:
    """Return the error for a file that cannot be placed."""
    return SceneError(scene.id, f"{asset.band} does not lie on the lattice of its own scene")


def lattice(scene: Scene, assets: Iterable[Asset]) -> Asset | None:
    """Return the file that gives a scene's lattice: the finest of `assets`, None without any.

    Where values are read from overviews, it is the finest of these: the mask, which is read
    whole, is told on their pixels.
    """
    coarse = [asset for asset in scene.assets.values() if asset.overview > 1]
    return min(coarse or assets, key=lambda asset: abs(asset.transform.a), default=None)


@dataclass(frozen=True, slots=True)
class Cells:
    """How a finer file lies under a coarser lattice: `side` x `side` of its pixels make a cell.

    Cell (0, 0) starts at the file's pixel (`row`, `column`).
    """

    row: int
    column: int
    side: int

    def rect(self, cells: Rect, margin: int = 0) -> Rect:
        """Return the file's pixels under some cells, with a margin in file pixels."""
        return Rect(
            self.row + cells.row * self.side - margin,
            self.column + cells.column * self.side - margin,
            cells.height * self.side + 2 * margin,
            cells.width * self.side + 2 * margin,
        )

    def all_of(self, pixels: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Tell of each cell whether all of its pixels hold; `pixels` are those of whole cells."""
        found: npt.NDArray[np.bool_] = np.ascontiguousarray(pixels[:: self.side, :: self.side])
        for down, right in np.ndindex(self.side, self.side):
            found &= pixels[down :: self.side, right :: self.side]
        return found


def cells_of(asset: Asset, scene: Scene) -> Cells | None:
    """Say how a file lies under overviews of its scene; None where it is as coarse, or none is.

    Raises
    ------
    SceneError
        Its pixels do not make whole cells of theirs.
    """
    coarse = lattice(scene, ())
    if coarse is None or abs(asset.transform.a) >= abs(coarse.transform.a) * (1 - 1e-9):
        return None
    ratio = coarse.transform.a / asset.transform.a
    side = round(ratio)
    column, row = ~asset.transform @ (coarse.transform.c, coarse.transform.f)
    off = max(abs(row - round(row)), abs(column - round(column)))
    even = abs(coarse.transform.e / asset.transform.e - ratio) < 1e-9 * ratio
    if abs(ratio - side) > 1e-9 * ratio or not even or off > LATTICE_TOLERANCE_PX:
        raise SceneError(scene.id, f"{asset.band} has no whole pixels under those of the overviews")
    return Cells(round(row), round(column), side)


@dataclass(frozen=True, slots=True)
class Under:
    """How a file lies under a tile: placed in it, or finer than `cells` that are."""

    place: Placement
    cells: Cells

    def rect(self, shape: tuple[int, int], margin: int = 0) -> Rect:
        """Return the file's pixels under a tile of `shape`, with a margin in file pixels."""
        return self.cells.rect(self.place.rect(shape), margin)

    def above(self, axis: int, line: npt.NDArray[np.int64], up: bool) -> npt.NDArray[np.int64]:
        """Return where in the tile the cells of some of a file's rows or columns start.

        Where `up`, `line` is where such rows or columns stop, and so is what is returned.
        """
        first = (self.cells.row, self.cells.column)[axis]
        start = (self.place.row, self.place.column)[axis]
        side = self.cells.side
        cell = -((first - line) // side) if up else (line - first) // side
        return start + cell * self.place.factor


def under(asset: Asset, scene: Scene, grid: Grid) -> Under | None:
    """Say how a file lies under a tile; None where only a warp leads there."""
    cells = cells_of(asset, scene)
    coarse = lattice(scene, ()) if cells else asset
    place = None if coarse is None else placement(coarse.transform, scene.crs, grid)
    return None if place is None else Under(place, cells or Cells(0, 0, 1))


@dataclass(frozen=True, slots=True)
class Near:
    """Which blocks of a file hold a pixel near a wanted one of a tile.

    `shape` is the file's, `margin` how near (px of the file, along rows and columns), `wanted`
    bool (Y, X) of the tile. A wanted pixel beyond the file wants nothing of it. So the blocks
    follow from what is wanted, however the grid is cut into tiles.
    """

    under: Under
    shape: tuple[int, int]
    margin: int
    wanted: npt.NDArray[np.bool_]

    @property
    def rect(self) -> Rect:
        """The file's pixels that the tile may need; they may reach beyond the file."""
        return self.under.rect(self.wanted.shape, self.margin)

    @property
    def any(self) -> bool:
        """Whether any wanted pixel lies over the file."""
        return bool(self.needed(Blocks(0, 0, 1, 1, self.shape)).any())

    def needed(self, blocks: Blocks) -> npt.NDArray[np.bool_]:
        """Tell which blocks are needed; where all is wanted, a glance at each tells."""
        rows = self._windows(0, blocks.top, blocks.rows, blocks.size[0])
        columns = self._windows(1, blocks.left, blocks.columns, blocks.size[1])
        return any_in_windows(self.wanted, rows, columns)

    def _windows(
        self, axis: int, first: int, count: int, size: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return where the tile's pixels start and stop that blocks are within the margin of."""
        starts = np.arange(first, first + count, dtype=np.int64) * size
        stops = np.minimum(starts + size + self.margin, self.shape[axis])
        starts = np.maximum(starts - self.margin, 0)
        most = self.wanted.shape[axis]
        return (
            np.clip(self.under.above(axis, starts, up=False), 0, most),
            np.clip(self.under.above(axis, stops, up=True), 0, most),
        )


def near(
    asset: Asset, scene: Scene, grid: Grid, wanted: npt.NDArray[np.bool_], margin: int = 0
) -> Near:
    """Say which blocks of a file lie near wanted pixels of a tile.

    Raises
    ------
    SceneError
        The file does not lie on the lattice of its own scene.
    """
    found = under(asset, scene, grid)
    if found is None:
        raise _off(asset, scene)
    return Near(found, asset.shape, margin, wanted)
