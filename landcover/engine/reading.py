"""What the tiles of a plan read: bytes by source and grid square, from headers and shapes alone.

It knows where files lie under tiles, and how they are blocked. It opens none.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from landcover.catalog.clearest import square_of
from landcover.engine.brief import Brief, TileTask
from landcover.model import Asset, Scene
from landcover.raster.placing import under
from landcover.raster.source import Layout

__all__ = ["SquareBytes", "bytes_by_square"]

MASK_STORED_SHARE = 0.1
"""Stored bytes of a class mask per pixel (measured on Sentinel-2 SCL: 5,490 x 5,490 px in 0.5 to
3 MB)."""


@dataclass(frozen=True, slots=True)
class SquareBytes:
    """What is read of one source and square, all tiles together (bytes).

    `read` is fetched, `decoded` are the blocks that pixels lie in, `needed` the pixels in tiles;
    `whole` would be fetched if no file were read from its overviews.
    """

    read: float = 0.0
    decoded: float = 0.0
    needed: float = 0.0
    whole: float = 0.0

    def __add__(self, other: SquareBytes) -> SquareBytes:
        return SquareBytes(
            self.read + other.read, self.decoded + other.decoded, self.needed + other.needed,
            self.whole + other.whole,
        )  # fmt: skip

    def times(self, count: int) -> SquareBytes:
        """Return what so many scenes take."""
        each = (self.read, self.decoded, self.needed, self.whole)
        return SquareBytes(*(size * count for size in each))


def bytes_by_square(
    brief: Brief, tasks: Sequence[TileTask], layouts: Mapping[str, Layout]
) -> dict[tuple[str, str], SquareBytes]:
    """Reckon what tiles read.

    Parameters
    ----------
    brief, tasks
        What will be done.
    layouts : mapping
        How each source's files are stored.

    Returns
    -------
    dict
        (source, grid square) -> bytes.
    """
    groups = [_group(scene) for scene in brief.scenes]
    squares = [square_of(scene) for scene in brief.scenes]
    found: dict[tuple[str, str], SquareBytes] = defaultdict(SquareBytes)
    for task in tasks:
        alike: Counter[tuple[object, ...]] = Counter()
        example: dict[tuple[object, ...], int] = {}
        for number in task.scenes:
            key = (*groups[number], squares[number])
            alike[key] += 1
            example.setdefault(key, number)
        for key, count in alike.items():
            scene = brief.scenes[example[key]]
            one = _scene_bytes(scene, task, brief, layouts[scene.source])
            found[scene.source, squares[example[key]]] += one.times(count)
    return dict(found)


def _group(scene: Scene) -> tuple[object, ...]:
    """Tell scenes apart by what they cost: those whose files lie alike cost the same."""
    places = tuple((name, asset.transform) for name, asset in scene.assets.items())
    return (scene.source, scene.crs, places)


def _scene_bytes(scene: Scene, task: TileTask, brief: Brief, layout: Layout) -> SquareBytes:
    """Return what one scene costs in one tile."""
    sensor = brief.rules[scene.source].sensor
    mask = sensor.mask
    mask_size = np.dtype(sensor.bands[mask.band].dtype).itemsize if mask else 0
    size = layout.block[0] * layout.block[1]
    total = SquareBytes()
    for name, asset in scene.assets.items():
        blocks, pixels = _blocks(asset, scene, task, layout.block)
        masked = mask is not None and name == mask.band
        itemsize = mask_size if masked else layout.itemsize
        stored = size * MASK_STORED_SHARE if masked else layout.stored_block_bytes
        read, decoded = blocks * stored, blocks * size * itemsize
        # a pixel of the file is stored in about as many bytes as one of its overviews
        total += SquareBytes(read, decoded, pixels * itemsize, read * asset.overview**2)
    return total


def _blocks(asset: Asset, scene: Scene, tile: TileTask, block: tuple[int, int]) -> tuple[int, int]:
    """Return (blocks, pixels) of a file under a tile."""
    grid = tile.tile.grid
    lying = under(asset, scene, grid)
    if lying is None:
        ratio = abs(grid.transform.a / asset.transform.a)
        height, width = (math.ceil(side * ratio) + 4 for side in grid.shape)
        rows, columns = math.ceil(height / block[0]) + 1, math.ceil(width / block[1]) + 1
        return rows * columns, height * width
    rect = lying.rect(grid.shape).clipped(asset.shape)
    if rect.empty:
        return 0, 0
    rows = (rect.row + rect.height - 1) // block[0] - rect.row // block[0] + 1
    columns = (rect.column + rect.width - 1) // block[1] - rect.column // block[1] + 1
    return rows * columns, rect.height * rect.width
