"""A job's clear observations as a lazy xarray Dataset: pixels are read when they are asked for.

It reads as a run does (mask, growth, mosaic), so that values are the same. It does not know
jobs, products or folders of results; a cluster is used only where dask has one.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landcover.engine.brief import SeriesItem
from landcover.engine.layout import place_scenes, scenes_of_tiles
from landcover.engine.memory import CACHE_BYTES
from landcover.engine.order import Order, check_orbits
from landcover.errors import InputError, NoScenesError
from landcover.kernels import indices
from landcover.kernels.indices import INDICES, Index
from landcover.kernels.sums import Bins
from landcover.model import MISSING, REFLECTANCE_SCALE, Band, Grid, Period, Scene, Tile
from landcover.raster.coarser import coarsened
from landcover.raster.grid import anchors, cut_tiles, make_tile
from landcover.raster.source import BlockCache, Reads, environment
from landcover.raster.stack import Day, Reader, days_of, quantity
from landcover.raster.view import ReadRule

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["Piece", "Wanted", "default_names", "open_stack", "read_piece", "widened"]

log = logging.getLogger(__name__)

CHUNK_PX = 1024
"""Side that a chunk is brought near to (px), in whole blocks: 4 MB of float32."""

MAX_CHUNKS = 200_000
"""Most chunks of one Dataset (no unit): dask takes about 1 kB and 0.2 ms for each of them."""

_cache = BlockCache(CACHE_BYTES, keeps_all=True)
"""Decoded mask blocks of this process: the next index of a day needs the same ones."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a Dataset is to hold: quantities of a pool of sources on the days of a period.

    `window` is the part of the job's grid; `tile_px` the side of a chunk (px), None for whole
    blocks of the sources' files.
    """

    names: tuple[str, ...]
    pool: tuple[str, ...]
    period: Period
    window: Grid
    tile_px: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """One chunk to read: a quantity on one day and one tile."""

    name: str
    day: Day
    tile: Tile
    rules: Mapping[str, ReadRule]


# --- what is asked for -----------------------------------------------------------------------


def default_names(order: Order, pool: tuple[str, ...]) -> tuple[str, ...]:
    """List the indices and bands that a job asks of a pool: those of products, then of series."""
    works = [work for work in order.works if work.pool == pool and work.product.in_job]
    names = [name for work in works for name in work.need.quantities]
    names += [item.index for item in order.series if item.pool == pool]
    return tuple(dict.fromkeys(names))


def widened(order: Order, pool: tuple[str, ...], names: Sequence[str]) -> Order | None:
    """Return an order that looks for the bands of more names too; None where all are there.

    Raises
    ------
    InputError
        An unknown name, or one whose bands the sensor lacks.
    """
    there = order.bands()
    lacking = []
    for name in names:
        bands = frozenset(_index(name, order, pool).bands)
        if any(bands - there[source] for source in pool):
            lacking.append(name)
    if not lacking:
        return None
    sensor = order.rules[pool[0]].sensor.name
    more = [
        SeriesItem(number, pool, sensor, name, Bins(0.0, 1.0))
        for number, name in enumerate(lacking, len(order.series))
    ]
    return replace(order, series=(*order.series, *more))


def _index(name: str, order: Order, pool: tuple[str, ...]) -> Index:
    """Return what is known of a name; refuse one that the sensor cannot give."""
    sensor = order.rules[pool[0]].sensor
    values = [band for band in sensor.bands if sensor.mask is None or band != sensor.mask.band]
    if name in values:
        return _band_index(sensor.bands[name])
    index = indices.lookup(name)
    missing = [band for band in index.bands if band not in values]
    if missing:
        raise InputError(
            f"index {name!r}",
            f"{sensor.name} has no band {', '.join(missing)}",
            f"Its bands are {', '.join(values)}",
        )
    return index


def _band_index(band: Band) -> Index:
    """Return a band as if it were an index."""
    if band.is_reflectance:
        return Index(
            band.name, f"Reflectance, {band.name}", band.name, (band.name,), (0.0, 1.0), ""
        )
    title = band.description or band.name
    return Index(band.name, title, band.name, (band.name,), band.valid or (0.0, 1.0), band.unit)


# --- one chunk -------------------------------------------------------------------------------


def read_piece(piece: Piece) -> npt.NDArray[np.float32]:
    """Read one chunk as a run would.

    Returns
    -------
    float32 (1, Y, X)
        An index, or a band's reflectance; NaN where not clear. Scenes that cannot be read
        add nothing, and a warning is logged.
    """
    bands = next(iter(piece.rules.values())).sensor.bands  # a pool's sensors are one
    grid, wanted = piece.tile.grid, quantity(piece.name, bands)
    out = np.full((1, *grid.shape), np.nan, np.float32)
    if not piece.day.scenes:
        return out
    inside = np.ones(grid.shape, bool)
    reader = Reader(piece.tile.id, grid, piece.rules, (wanted,), (), inside, Reads(), _cache)
    with environment():
        read = reader.read(piece.day)
    for failure in read.failures:
        log.warning("%s could not be read and adds nothing: %s", failure.scene, failure.reason)
    if read.seen:
        out[0] = _reflectance(read.values[piece.name])
    return out


def _reflectance(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Take a band's row from int16 to reflectance, NaN where missing; an index stays."""
    if values.dtype == np.float32:
        return values
    plane = values.astype(np.float32) / np.float32(REFLECTANCE_SCALE)
    plane[values == MISSING] = np.nan
    return plane


def _read_block(pieces: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Read the one piece that dask hands over."""
    return read_piece(pieces.item())


# --- all chunks ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Cuts:
    """The days, and the rows and columns of tiles that chunks follow."""

    days: tuple[date, ...]
    rows: list[tuple[int, int]]
    columns: list[tuple[int, int]]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Chunks along time, y and x."""
        return (len(self.days), len(self.rows), len(self.columns))

    @property
    def chunks(self) -> tuple[tuple[int, ...], ...]:
        """Sizes of the chunks along time, y and x."""
        heights = tuple(after - first for first, after in self.rows)
        widths = tuple(after - first for first, after in self.columns)
        return ((1,) * len(self.days), heights, widths)


def _cut(wanted: Wanted, scenes: Sequence[Scene], rules: Mapping[str, ReadRule]) -> _Cuts:
    """Cut the window along the blocks of the scenes' files, as far as a profile tells them."""
    own = rules[wanted.pool[0]].sensor.bands
    bands = frozenset().union(*(quantity(name, own).bands for name in wanted.names))
    blocks = {source: rules[source].sensor.block_px for source in wanted.pool}
    lattices = anchors(scenes, bands, wanted.window, blocks)
    block = max((lattice.block for lattice in lattices), default=CHUNK_PX)
    side = wanted.tile_px or block * max(CHUNK_PX // block, 1)
    rows, columns = cut_tiles(wanted.window, lattices, side)
    days = tuple(sorted({scene.solar_day for scene in scenes}))
    return _Cuts(days, rows, columns)


def _refuse_many(cuts: _Cuts, names: tuple[str, ...]) -> None:
    """Refuse more chunks than dask can bear, before any is made."""
    count = math.prod(cuts.counts) * len(names)
    if count > MAX_CHUNKS:
        raise InputError(
            "open_stack",
            f"{count:,} chunks of one day and one tile are more than dask handles well "
            f"({MAX_CHUNKS:,})",
            "Give a smaller bbox, a shorter period or fewer indices",
        )


def _pieces(
    cuts: _Cuts, wanted: Wanted, scenes: Sequence[Scene], rules: Mapping[str, ReadRule]
) -> dict[str, npt.NDArray[Any]]:
    """Say what each chunk reads: objects (T, rows of tiles, columns of tiles) a quantity."""
    window = wanted.window
    tiles = [make_tile(window, rows, columns) for rows in cuts.rows for columns in cuts.columns]
    days = [{day.date: day for day in found} for found in _days(tiles, scenes, wanted)]
    own = {source: rules[source] for source in wanted.pool}
    made = {}
    for name in wanted.names:
        pieces = [
            Piece(name, by_date.get(day) or Day(day, ()), tile, own)
            for day in cuts.days
            for tile, by_date in zip(tiles, days, strict=True)
        ]
        made[name] = np.empty(len(pieces), object)
        made[name][:] = pieces
        made[name] = made[name].reshape(cuts.counts)
    return made


def _days(tiles: Sequence[Tile], scenes: Sequence[Scene], wanted: Wanted) -> list[tuple[Day, ...]]:
    """Return the days of each tile; tiles under the same scenes share them."""
    known: dict[tuple[int, ...], tuple[Day, ...]] = {}
    found = []
    for numbers in scenes_of_tiles(tiles, place_scenes(scenes, wanted.window)):
        if numbers not in known:
            own = (scenes[number] for number in numbers)
            known[numbers] = days_of(own, wanted.window, wanted.pool)
        found.append(known[numbers])
    return found


def _array(pieces: npt.NDArray[Any], cuts: _Cuts) -> Any:
    """Return the dask array (T, Y, X) of one quantity: each piece is one task."""
    import dask.array as da

    told = da.from_array(pieces, chunks=1, name=False)
    meta = np.empty((0, 0, 0), np.float32)
    return da.map_blocks(_read_block, told, chunks=cuts.chunks, dtype=np.float32, meta=meta)


def _about(index: Index) -> dict[str, str]:
    """Return the attributes of one variable."""
    if index.name not in INDICES:
        return {
            "long_name": f"{index.name} surface reflectance",
            "units": "1",
            "formula": "surface reflectance",
        }
    return {
        "long_name": index.title,
        "units": "1",
        "formula": index.formula,
        "references": index.source,
    }


def _coordinates(cuts: _Cuts, grid: Grid) -> dict[str, Any]:
    """Return solar days and pixel centres."""
    place, (rows, columns) = grid.transform, grid.shape
    days = np.array(cuts.days, "datetime64[D]").astype("datetime64[ns]")
    return {
        "time": ("time", days, {"long_name": "solar day", "standard_name": "time"}),
        "y": ("y", place.f + (np.arange(rows) + 0.5) * place.e),
        "x": ("x", place.c + (np.arange(columns) + 0.5) * place.a),
    }


def _origin(order: Order, wanted: Wanted, cuts: _Cuts) -> dict[str, str]:
    """Return the attributes of the Dataset: where its values come from."""
    sensor = order.rules[wanted.pool[0]].sensor
    first, last = cuts.days[0].year, cuts.days[-1].year
    years = f"{first}" if first == last else f"{first}-{last}"
    return {
        "sensor": sensor.name,
        "source": ", ".join(wanted.pool),
        "credit": sensor.credit.replace("[year]", years),
    }


def open_stack(order: Order, scenes: Sequence[Scene], wanted: Wanted) -> xr.Dataset:
    """Lay out a lazy Dataset of clear observations; no file is opened.

    Parameters
    ----------
    order : Order
        How each source is read.
    scenes : sequence of Scene
        Sorted by time and id, with the bands of the wanted names.
    wanted : Wanted

    Returns
    -------
    xarray.Dataset
        One variable a name: float32 (time, y, x), NaN where not clear; bands are
        reflectance. One chunk is one day on one tile. `time` is the solar day
        (datetime64[ns]); `y` and `x` are pixel centres (m); `spatial_ref` holds the CRS.

    Raises
    ------
    InputError
        An unknown index, or too many chunks.
    NoScenesError
        No scene of the pool lies in the period.
    PlanError
        The pool's radar scenes come from several orbits.
    """
    import rioxarray  # noqa: F401  gives Dataset its `rio`
    import xarray as xr

    about = {name: _about(_index(name, order, wanted.pool)) for name in wanted.names}
    period = wanted.period
    own = [s for s in scenes if s.source in wanted.pool and period.holds(s.solar_day)]
    if not own:
        what = f"no scene of {', '.join(wanted.pool)} from {period.start} to {period.last}"
        raise NoScenesError("open_stack", what, "Give a longer period")
    check_orbits(order, own)
    own = list(coarsened(own, order.rules))
    cuts = _cut(wanted, own, order.rules)
    _refuse_many(cuts, wanted.names)
    pieces = _pieces(cuts, wanted, own, order.rules)
    encoding = {"_FillValue": np.float32(np.nan)}
    arrays = {
        name: (("time", "y", "x"), _array(pieces[name], cuts), about[name], encoding)
        for name in wanted.names
    }
    window = wanted.window
    stack: Any = xr.Dataset(arrays, _coordinates(cuts, window), _origin(order, wanted, cuts))
    placed = stack.rio.write_crs(window.crs).rio.write_transform(window.transform)
    made: xr.Dataset = placed.rio.write_coordinate_system()
    return made
