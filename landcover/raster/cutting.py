"""A finished raster, cut anew: on a part of its plane, with places taken out for good.

It knows pixels, shapes on their plane and COGs. It does not know why something is taken out.

The new file is written from pixels alone: nothing of those taken out stays in overviews,
statistics or blocks that nobody points at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from landcover.model import Grid, Layer, Legend, LegendClass
from landcover.raster.cog import BLOCK_PX, LayerWriter
from landcover.raster.facts import RasterFacts, facts_of

__all__ = ["Cut", "cut_raster"]

_CLASSES = re.compile(r", (?=\d+ )")
"""What stands between two classes in a tag that names them."""

_OWN = frozenset({"AREA_OR_POINT"})
"""Tags that GDAL makes by itself."""


@dataclass(frozen=True, slots=True)
class Block:
    """A window of a plane of which something stays; `lost` are its other pixels, packed in bits.

    Where all stay, `lost` is None.
    """

    row: int
    column: int
    shape: tuple[int, int]
    lost: NDArray[np.uint8] | None

    def empty(self, planes: NDArray[Any], nothing: Any) -> None:
        """Write a value in place of lost pixels; planes (B, Y, X)."""
        if self.lost is not None:
            rows, columns = self.shape
            lost = np.unpackbits(self.lost, count=rows * columns).reshape(self.shape)
            np.copyto(planes, nothing, where=lost.astype(np.bool_))


@dataclass(frozen=True)
class Cut:
    """What is left of a plane: pixels with their centre in `kept` that touch nothing `taken`.

    Both are shapes on the plane; `grid` is a part of it.
    """

    grid: Grid
    kept: BaseGeometry
    taken: BaseGeometry

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Blocks of which something stays, the same for all rasters of the plane."""
        return tuple(block for one in _windows(self.grid.shape) if (block := self._block(*one)))

    def _block(self, row: int, column: int, shape: tuple[int, int]) -> Block | None:
        """Find what stays of a window; None where nothing does."""
        part = self.grid.window(row, column, shape)
        stays = _burnt(self.kept, part, touched=False)
        if stays.any():
            stays &= ~_burnt(self.taken, part, touched=True)
        if not stays.any():
            return None
        return Block(row, column, shape, None if stays.all() else np.packbits(~stays))


def _burnt(shape: BaseGeometry, grid: Grid, *, touched: bool) -> NDArray[np.bool_]:
    """Say which pixels lie in a shape."""
    wide, high = grid.resolution
    left, bottom, right, top = grid.bounds  # a margin, so that no edge of the cut is an edge of it
    near = shapely.intersection(
        shape, shapely.box(left - wide, bottom - high, right + wide, top + high)
    )
    if near.is_empty:
        return np.zeros(grid.shape, np.bool_)
    burnt: NDArray[np.uint8] = rasterize(
        [near], grid.shape, transform=grid.transform, all_touched=touched, dtype=np.uint8
    )
    return burnt.astype(np.bool_)


def _legend(facts: RasterFacts, colours: Mapping[int, tuple[int, ...]]) -> Legend | None:
    """Read back what a class raster's values mean, from its palette and its tags."""
    names: dict[int, dict[str, str]] = {}
    for tag, text in facts.tags.items():
        if tag.startswith("CLASSES_"):
            for entry in _CLASSES.split(text):
                value, _, name = entry.partition(" ")
                names.setdefault(int(value), {})[tag.removeprefix("CLASSES_").lower()] = name
    if not names:
        return None
    classes = (
        LegendClass(value, said, "#{:02x}{:02x}{:02x}".format(*colours.get(value, (0, 0, 0))[:3]))
        for value, said in sorted(names.items())
    )
    return Legend(facts.name, tuple(classes))


def _layer(facts: RasterFacts, tags: Mapping[str, str], overviews: str) -> Layer:
    """Return the layer that a raster is one of."""
    with rasterio.open(facts.path, driver="GTiff") as file:
        colours = file.colormap(1) if file.colorinterp[0].name == "palette" else {}
    told = {
        name: text
        for name, text in tags.items()
        if name not in _OWN and not name.startswith("CLASSES_")
    }
    return Layer(
        facts.name,
        told.get("PRODUCT", ""),
        facts.bands,
        facts.units,
        facts.dtype,
        facts.nodata,
        legend=_legend(facts, colours),
        overviews=overviews,
        tags=told,
    )


def _windows(shape: tuple[int, int]) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Give corner and shape of each block."""
    rows, columns = shape
    for row, column in product(range(0, rows, BLOCK_PX), range(0, columns, BLOCK_PX)):
        yield row, column, (min(BLOCK_PX, rows - row), min(BLOCK_PX, columns - column))


def _shift(grid: Grid, whole: Grid) -> tuple[int, int]:
    """Return at which row and column of a plane a part of it begins."""
    column, row = ~whole.transform @ (grid.bounds[0], grid.bounds[3])
    return round(row), round(column)


def cut_raster(
    path: Path,
    to: Path,
    cut: Cut,
    scratch: Path,
    *,
    tags: Mapping[str, str] | None = None,
    overviews: str = "nearest",
) -> Path:
    """Write what a cut leaves of a raster as a COG.

    Parameters
    ----------
    path, to : Path
        The raster, and where what is left will be: whole or not at all.
    cut : Cut
        Its grid lies on the raster's lattice.
    scratch : Path
        A folder for the file in between.
    tags : mapping, optional
        Tags in place of the raster's own.
    overviews : str
        How overviews are made: "nearest", "average", "mode".

    Returns
    -------
    Path
        `to`.

    Raises
    ------
    InputError, DiskFullError
        The raster cannot be opened; the disk filled up.
    """
    facts = facts_of(path)
    layer = _layer(facts, facts.tags if tags is None else tags, overviews)
    down, across = _shift(cut.grid, facts.grid)
    empty = 0 if facts.nodata is None else facts.nodata
    with (
        rasterio.open(path, driver="GTiff") as file,
        LayerWriter(to, layer, cut.grid, scratch) as writer,
    ):
        for block in cut.blocks:
            rows, columns = block.shape
            part = Window(block.column + across, block.row + down, columns, rows)
            planes: NDArray[Any] = file.read(window=part)
            block.empty(planes, np.asarray(empty, planes.dtype))
            writer.write(block.row, block.column, planes)
        return writer.finish()
