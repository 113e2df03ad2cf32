"""Layers that were stored, read again: of one tile, or of a tile and a margin around it.

It knows where each layer lies. It does not know what is made of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.engine.brief import Brief
from landcover.engine.results import read_part
from landcover.engine.workspace import SettledSpace, Workspace
from landcover.model import Grid, Layer, Tile
from landcover.products.base import Stored, Summary
from landcover.raster.area import pixel_area_m2
from landcover.raster.cover import cover

__all__ = [
    "Origin",
    "Outlook",
    "Piece",
    "Window",
    "entry_name",
    "origins",
    "read_stored",
    "stored_file",
    "window_around",
]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a layer lies: in the file of a tile, or in that of a product that settled it."""

    layer: Layer
    product: str = ""


def origins(brief: Brief) -> dict[str, Origin]:
    """Say of every layer of a run where it lies, kept or not."""
    found = {}
    for work in brief.works:
        for layer in work.observed(brief.context):
            found[layer.name] = Origin(layer)
        for layer in work.settled(brief.context):
            found[layer.name] = Origin(layer, work.name)
    return found


def entry_name(product: str, tile: str) -> str:
    """Name a tile's entry in the manifest: of what a product settled, or of the tile itself."""
    return f"{product}.{tile}" if product else tile


def stored_file(out: Path, product: str, tile: str) -> Path:
    """Return the file that a tile's layers lie in."""
    space = SettledSpace(out) if product else Workspace(out)
    return space.tile_file(entry_name(product, tile))


@dataclass(frozen=True, slots=True)
class Window:
    """Pixels of the job's grid from (row, column) on; `core` are those of the tile itself."""

    row: int
    column: int
    shape: tuple[int, int]
    core: tuple[slice, slice]


def window_around(tile: Tile, halo_px: int, grid: Grid) -> Window:
    """Return a tile and a margin around it, cut at the grid's edge."""
    first, shape, core = [], [], []
    for start, size, whole in zip(
        (tile.row, tile.column), tile.grid.shape, grid.shape, strict=True
    ):
        low, high = max(start - halo_px, 0), min(start + size + halo_px, whole)
        first.append(low)
        shape.append(high - low)
        core.append(slice(start - low, start - low + size))
    return Window(first[0], first[1], (shape[0], shape[1]), (core[0], core[1]))


@dataclass(frozen=True, slots=True)
class Piece:
    """Layers that lie together in one file of a tile; its hash is the manifest's."""

    tile: Tile
    product: str
    names: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a task sees of the stored layers, and which zones may lie there, by their numbers."""

    window: Window
    pieces: tuple[Piece, ...]
    zones: tuple[int, ...]


def _overlap(window: Window, tile: Tile) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the shared pixels, counted in the window and in the tile."""
    inner, own = [], []
    for low, length, start, size in zip(
        (window.row, window.column), window.shape, (tile.row, tile.column), tile.grid.shape,
        strict=True,
    ):  # fmt: skip
        first, last = max(low, start), min(low + length, start + size)
        inner.append(slice(first - low, last - low))
        own.append(slice(first - start, last - start))
    return (inner[0], inner[1]), (own[0], own[1])


def _empty(layer: Layer, shape: tuple[int, int]) -> npt.NDArray[Any]:
    """Return a layer's planes without any value."""
    blank = 0 if layer.nodata is None else layer.nodata
    return np.full((len(layer.bands), *shape), blank, layer.dtype)


def _layers(
    brief: Brief, outlook: Outlook, wanted: Mapping[str, Origin]
) -> dict[str, npt.NDArray[Any]]:
    """Read every wanted layer in the window; nodata where no tile is."""
    window = outlook.window
    found = {name: _empty(one.layer, window.shape) for name, one in wanted.items()}
    for piece in outlook.pieces:
        path = stored_file(brief.out, piece.product, piece.tile.id)
        inner, own = _overlap(window, piece.tile)
        for name, planes in read_part(path, piece.names, own):
            found[name][:, inner[0], inner[1]] = planes
    return found


def read_stored(brief: Brief, outlook: Outlook, names: Sequence[str], model: Summary) -> Stored:
    """Read the layers that a task sees.

    Parameters
    ----------
    brief : Brief
    outlook : Outlook
    names : sequence of str
        Layers; those that no product of the run makes are left out.
    model : mapping
        What the product learnt.
    """
    window, known = outlook.window, origins(brief)
    grid = brief.grid.window(window.row, window.column, window.shape)
    zones = [(number, brief.zones[number].geometry) for number in outlook.zones]
    wanted = {name: known[name] for name in names if name in known}
    return Stored(
        _layers(brief, outlook, wanted),
        cover(grid, zones).inside(),
        pixel_area_m2(grid),
        window.core,
        window.row,
        window.column,
        grid,
        model,
        brief.threads,
    )
