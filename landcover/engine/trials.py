"""Trying sides of tiles on a ground: how large they may be, and what each takes.

It knows lattices, scenes and peaks. It does not know how many workers there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from landcover.engine.brief import Brief
from landcover.engine.layout import Outlines, Placed, scenes_of_tiles, zones_of_tiles
from landcover.engine.memory import PoolShape, Rooms, rooms_held, settle_bytes, tile_peak_bytes
from landcover.model import Grid, Tile
from landcover.raster.grid import Anchor, cut_tiles, make_tile
from landcover.raster.settings import GridSettings

__all__ = ["Cut", "Ground", "Trials", "sides_of"]

LEAST_TILE_PX = 64
"""Smallest tile side tried before a plan is refused (px)."""

LARGEST_TILE_PX = 4096
"""Largest tile side chosen by itself (px): beyond, a lost task costs too much work."""

EVEN_TILES = 8
"""From so many tiles a worker, one tile more or less at the end does not count."""

WORTH_OPENINGS = 1000
"""Openings of files that larger tiles must save a worker (count): half a second, measured at
0.4 to 0.6 ms each. Below, the memory is worth more."""

TILES_PER_WORKER = 2
"""Fewer tiles than this a worker leave cores idle at the end."""


def sides_of(lattices: Sequence[Anchor], settings: GridSettings, grid: Grid) -> list[int]:
    """List tile sides to try, largest first: whole blocks, then parts of one."""
    if settings.tile_px is not None:
        return [settings.tile_px]
    block = max((anchor.block for anchor in lattices), default=1024)
    block = min(block, LARGEST_TILE_PX)
    longest = max(grid.shape)
    whole = [block * k for k in (16, 8, 4, 2, 1) if block * k <= LARGEST_TILE_PX]
    fitting = [side for side in whole if side < 2 * longest] or [whole[-1]]
    parts = []
    while block > LEAST_TILE_PX:
        block //= 2
        parts.append(block)
    return fitting + parts


@dataclass(frozen=True, slots=True)
class Cut:
    """The tiles of one side that was tried, with their zones and scenes, and the peak."""

    side: int
    tiles: list[Tile]
    zones: list[tuple[int, ...]]
    scenes: list[tuple[int, ...]]
    peak: int


@dataclass(frozen=True, slots=True)
class Ground:
    """What every side that is tried is tried on."""

    brief: Brief
    lattices: tuple[Anchor, ...]
    outlines: Outlines
    placed: Placed
    shapes: tuple[PoolShape, ...]


def _try_side(side: int, wide: int, ground: Ground, threads: int) -> Cut:
    """Cut the grid at one side; keep the tiles that touch a zone."""
    grid = ground.brief.grid
    rows, columns = cut_tiles(grid, ground.lattices, side, wide)
    touched = zones_of_tiles(ground.outlines, rows, columns)
    tiles = [make_tile(grid, rows[r], columns[c]) for r, c in touched]
    scenes = scenes_of_tiles(tiles, ground.placed)
    peak = _largest(tiles, scenes, ground, threads)
    return Cut(side, tiles, list(touched.values()), scenes, peak)


def _largest(
    tiles: Sequence[Tile], scenes: Sequence[tuple[int, ...]], ground: Ground, threads: int
) -> int:
    """Return the peak of the tile that takes the most (bytes)."""
    known: dict[tuple[int, ...], dict[tuple[str, ...], Rooms]] = {}
    most = 0
    for tile, numbers in zip(tiles, scenes, strict=True):
        if numbers not in known:
            mine = [ground.brief.scenes[number] for number in numbers]
            known[numbers] = {
                shape.pool: rooms_held(
                    shape, sorted({s.solar_day for s in mine if s.source in shape.pool})
                )
                for shape in ground.shapes
            }
        pixels = tile.grid.shape[0] * tile.grid.shape[1]
        most = max(most, tile_peak_bytes(ground.shapes, pixels, known[numbers], threads))
    brief = ground.brief
    for shape in {tile.grid.shape for tile in tiles}:
        most = max(most, settle_bytes(brief.works, brief.context, brief.grid, shape))
    return most


@dataclass(slots=True)
class Trials:
    """Sides that were tried on a ground, each once."""

    ground: Ground
    sides: Sequence[int]
    made: dict[tuple[int, int, int], Cut] = field(default_factory=dict)

    @property
    def block(self) -> int:
        """Side of a whole block (px)."""
        block = max((anchor.block for anchor in self.ground.lattices), default=1024)
        return min(block, LARGEST_TILE_PX)

    def cut(self, side: int, threads: int, wide: int = 1) -> Cut:
        """Cut the grid at a side, for tasks of so many reading threads."""
        if (side, threads, wide) not in self.made:
            self.made[side, threads, wide] = _try_side(side, wide, self.ground, threads)
        return self.made[side, threads, wide]

    def largest(self, square: Cut, budget: int, workers: int, threads: int) -> Cut:
        """Make tiles twice, then four times as large where files open that much less often."""
        if len(self.sides) == 1 or square.side < self.block:
            return square  # the job says how large tiles are, or memory does
        for side, wide in ((square.side, 2), (2 * square.side, 1)):
            if side > LARGEST_TILE_PX:
                break
            larger = self.cut(side, threads, wide)
            saved = self._opened(square) - self._opened(larger)
            even = len(larger.tiles) % workers == 0 or len(larger.tiles) >= EVEN_TILES * workers
            if saved < WORTH_OPENINGS * workers or not even or larger.peak > budget:
                break
            square = larger
        return square

    def _opened(self, cut: Cut) -> int:
        """Return how many times files are opened, all tiles together."""
        files = max((len(scene.assets) for scene in self.ground.brief.scenes), default=0)
        return files * sum(len(numbers) for numbers in cut.scenes)

    def best(self, budget: int, workers: int, threads: int) -> Cut | None:
        """Take the largest side that fits the memory and keeps the workers busy."""
        fits: Cut | None = None
        for side in self.sides:
            if fits is not None and side < self.block:
                break  # smaller than a block only where memory forces it
            if self.cut(side, threads).peak > budget:
                continue
            fits = self.cut(side, threads)
            if len(fits.tiles) >= TILES_PER_WORKER * workers:
                break
        return self.largest(fits, budget, workers, threads) if fits is not None else None
