"""One day on one tile: its scenes mosaicked into rows of the stack.

Within a solar day each pixel takes the first clear value in the mosaic's order. Scenes that
can add nothing are not decoded. Nothing is known here of periods or products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from landcover.errors import SceneError
from landcover.kernels import indices, scale
from landcover.kernels.dates import own_days
from landcover.kernels.narrow import any_true
from landcover.kernels.scale import Scaling
from landcover.kernels.values import to_values
from landcover.model import MISSING, Band, Failure, Grid, Period, Scene
from landcover.raster.holding import Numbers, fill_band
from landcover.raster.planes import plane_shift
from landcover.raster.source import BlockCache, Reads, environment
from landcover.raster.view import ReadRule, View, view_scene

__all__ = ["Day", "DayRows", "Quantity", "Reader", "days_of", "empty_row", "quantity"]


_Date = date
"""The type, where a field of that name hides it."""

_NO_BANDS: Mapping[str, Band] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Quantity:
    """One thing held along time: an index or a band.

    `floating` quantities are float32 in their own unit, NaN where missing; all others are bands
    of reflectance, int16 x 10,000. `pair` holds the two bands of a normalised difference
    (a - b) / (a + b), the fast path.
    """

    name: str
    bands: frozenset[str]
    floating: bool
    pair: tuple[str, str] | None = None

    @property
    def itemsize(self) -> int:
        """Bytes a pixel: 4 for float32, 2 for int16."""
        return 4 if self.floating else 2


def quantity(name: str, bands: Mapping[str, Band] = _NO_BANDS) -> Quantity:
    """Return the quantity of an index or band name.

    Parameters
    ----------
    name : str
    bands : mapping
        The sensor's bands. One that is called like an index is what the files hold: the NDVI
        of MODIS is a layer, and not computed anew.
    """
    band = bands.get(name)
    return _computed(name) if band is None else _held(name, band.is_reflectance)


@lru_cache(maxsize=256)
def _held(name: str, is_reflectance: bool) -> Quantity:
    """Return the quantity of a band."""
    return Quantity(name, frozenset({name}), not is_reflectance)


@lru_cache(maxsize=256)
def _computed(name: str) -> Quantity:
    """Return the quantity of an index; any other name is a band of reflectance."""
    index = indices.INDICES.get(name)
    if index is None:
        return _held(name, True)
    first, *rest = index.bands
    simple = len(rest) == 1 and index.formula == f"({first} - {rest[0]}) / ({first} + {rest[0]})"
    return Quantity(name, frozenset(index.bands), True, (first, rest[0]) if simple else None)


def empty_row(wanted: Quantity, shape: tuple[int, int]) -> npt.NDArray[Any]:
    """Return a row of the stack without a value: NaN, or `MISSING`."""
    if wanted.floating:
        return np.full(shape, np.nan, np.float32)
    return np.full(shape, MISSING, np.int16)


@dataclass(frozen=True, slots=True)
class Day:
    """The scenes of one solar day that touch a tile, in the mosaic's order.

    Where a scene is a composite of many days, and a span begins or ends among them, it is read
    as several days: each takes the pixels whose own day lies `within` it, and stands in time
    on the first of these. `named` is the composite's own date, which tables give.
    """

    date: date
    scenes: tuple[Scene, ...]
    within: Period | None = None
    named: _Date | None = None

    @property
    def told(self) -> _Date:
        """The date that tables give."""
        return self.named or self.date


def days_of(scenes: Iterable[Scene], grid: Grid, pool: Sequence[str]) -> tuple[Day, ...]:
    """Group scenes by solar day, in order of time; each day in the mosaic's order.

    Radar scenes of different orbits are days of their own: one orbit never fills another.

    A scene in the grid's CRS goes first, then the source named first, then `Scene.merit`:
    higher baseline, newer generation, lower cloud, id. The CRS goes before the source since a
    warp moves pixels and softens edges, while the sources of a pool are one sensor's: the
    same pass as another catalog has it is nearer to the truth than its warped neighbour. What
    the first source has unwarped is never touched by a later one.

    A scene of which a source of the pool has a better copy (`Scene.yields_to`) is left out: an
    older processing must not show through the clouds of the newer one.

    Parameters
    ----------
    scenes : iterable of Scene
        All of sources in `pool`; their order makes no difference.
    grid : Grid
    pool : sequence of str
        Names of the sources that are used together, in the job's order of preference.

    Returns
    -------
    tuple of Day
    """
    rank = {name: number for number, name in enumerate(pool)}

    def order(scene: Scene) -> tuple[Any, ...]:
        elsewhere = plane_shift(scene.crs, grid.crs) is None
        return (elsewhere, rank[scene.source], scene.merit)

    by_day: dict[tuple[date, str], list[Scene]] = {}
    for scene in scenes:
        if rank.keys().isdisjoint(scene.yields_to):
            by_day.setdefault((scene.solar_day, scene.orbit), []).append(scene)
    days = sorted(by_day.items())
    return tuple(Day(day, tuple(sorted(found, key=order))) for (day, _), found in days)


@dataclass(frozen=True, slots=True)
class DayRows:
    """One day's rows: `values` by quantity (Y, X); `clear` by set of bands, bool (Y, X).

    `seen` is False where no pixel of the tile was clear; then `values` is empty. `beyond_px`
    counts clear pixels whose number was beyond what a band can hold, and became nodata. `there`,
    where it is asked for, is bool (Y, X): pixels in zones that any scene has, clear or not.
    """

    date: date
    seen: bool
    values: Mapping[str, npt.NDArray[Any]]
    clear: Mapping[frozenset[str], npt.NDArray[np.bool_]]
    failures: tuple[Failure, ...]
    beyond_px: int = 0
    there: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Everything that reading a day on one tile takes.

    `groups` are the sets of bands whose common clear pixels are counted; `inside` is bool
    (Y, X): in any zone.
    """

    tile: str
    grid: Grid
    rules: Mapping[str, ReadRule]
    quantities: tuple[Quantity, ...]
    groups: tuple[frozenset[str], ...]
    inside: npt.NDArray[np.bool_]
    reads: Reads
    cache: BlockCache

    @property
    def bands(self) -> tuple[str, ...]:
        """Every value band that is read, sorted."""
        sets = [quantity.bands for quantity in self.quantities]
        return tuple(sorted(frozenset().union(*sets, *self.groups)))

    def _keys(self) -> tuple[frozenset[str], ...]:
        """Return every set of bands that is mosaicked together."""
        sets = {quantity.bands for quantity in self.quantities} | set(self.groups)
        return tuple(sorted(sets, key=sorted))

    def read(
        self,
        day: Day,
        row: Callable[[Quantity], npt.NDArray[Any]] | None = None,
        tells_there: bool = False,
    ) -> DayRows:
        """Mosaic one day.

        Parameters
        ----------
        day : Day
        row : callable, optional
            Gives the row to fill for a quantity, already empty (but a normalised difference,
            which is written whole); by default a new one. It is called only when the day has
            a clear pixel.
        tells_there : bool, optional
            Whether `DayRows.there` is wanted.

        Returns
        -------
        DayRows
            Scenes that could not be read are in `failures` and add nothing.
        """
        with environment():  # GDAL's settings hold in one thread only, and days have their own
            there = np.zeros(self.grid.shape, bool) if tells_there else None
            return self._mosaic(day, row or self._new_row, there)

    def _mosaic(
        self,
        day: Day,
        row: Callable[[Quantity], npt.NDArray[Any]],
        there: npt.NDArray[np.bool_] | None,
    ) -> DayRows:
        """Fill the day's rows scene by scene."""
        taken: dict[frozenset[str], npt.NDArray[np.bool_]] = {}
        values: dict[str, npt.NDArray[Any]] = {}
        failures, beyond_px = [], 0
        for scene in day.scenes:
            left = self._left(taken)
            wanted = _any_of(list(left.values()))
            if not any_true(wanted):
                break
            try:
                view = self._view(scene, wanted, day.within, there)
            except SceneError as error:
                failures.append(_failure(scene, self.tile, error))
                continue
            beyond_px += view.beyond_px
            if view.bands:
                self._fill(view, left, taken, values, row)
        clear = {key: taken.get(key, self._nothing()) for key in self._keys()}
        seen = any(any_true(mask) for mask in taken.values())
        kept = values if seen else {}
        if there is not None:  # what is clear is there, too: a sensor may have no mask to tell
            for mask in taken.values():
                there |= mask
        return DayRows(day.date, seen, kept, clear, tuple(failures), beyond_px, there)

    def _left(
        self, taken: Mapping[frozenset[str], npt.NDArray[np.bool_]]
    ) -> dict[frozenset[str], npt.NDArray[np.bool_]]:
        """Return what still lacks a value, for each set of bands; not to be written to."""
        return {
            key: self.inside ^ taken[key] if key in taken else self.inside for key in self._keys()
        }

    def _nothing(self) -> npt.NDArray[np.bool_]:
        """Return a mask that keeps nothing and takes no memory; not to be written to."""
        return np.broadcast_to(np.False_, self.grid.shape)

    def _new_row(self, wanted: Quantity) -> npt.NDArray[Any]:
        """Make a row of its own."""
        return empty_row(wanted, self.grid.shape)

    def _view(
        self,
        scene: Scene,
        wanted: npt.NDArray[np.bool_],
        within: Period | None,
        there: npt.NDArray[np.bool_] | None,
    ) -> View:
        """Read what is still wanted of a scene; of a composite, the pixels of some days."""
        rule = self.rules[scene.source]
        own = rule.sensor.day_band if within else ""
        bands = tuple(sorted({*self.bands, own})) if own else self.bands
        view = view_scene(scene, self.grid, rule, bands, wanted, self.reads, self.cache, there)
        if within and own and view.bands:
            _keep_days(view, view.bands[own], scene.solar_day, within)
        return view

    def _fill(
        self,
        view: View,
        left: Mapping[frozenset[str], npt.NDArray[np.bool_]],
        taken: dict[frozenset[str], npt.NDArray[np.bool_]],
        values: dict[str, npt.NDArray[Any]],
        row: Callable[[Quantity], npt.NDArray[Any]],
    ) -> None:
        """Fill every quantity with a scene's clear values; note what was taken."""
        whole: dict[str, npt.NDArray[np.int16]] = {}
        for key, rest in left.items():
            take = (
                view.clear if len(left) == 1 else view.clear & rest
            )  # clear is within a lone rest
            mine = [wanted for wanted in self.quantities if wanted.bands == key]
            if not (len(mine) == 1 and mine[0].pair):  # filling a lone pair looks for itself
                for band in sorted(key):
                    scale.valid_dn(take, view.bands[band].dn, view.bands[band].nodata)
            for wanted in mine:
                keep = wanted.name in values
                if not keep:
                    values[wanted.name] = row(wanted)
                _fill_one(values[wanted.name], wanted, view.bands, take, whole, keep)
            if key in taken:
                taken[key] |= take
            else:
                taken[key] = take


def _keep_days(view: View, day: Numbers, first: date, within: Period) -> None:
    """Narrow a view, in place, to the pixels whose own day lies in a period."""
    days = own_days(to_values(day.dn, day.nodata, day.scale, day.offset), first)
    view.clear[:] &= (days >= within.start.toordinal()) & (days < within.end.toordinal())


def _any_of(masks: list[npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """Return where any mask holds; a lone mask is itself, not a copy."""
    return masks[0] if len(masks) == 1 else np.logical_or.reduce(masks)


def _failure(scene: Scene, tile: str, error: SceneError) -> Failure:
    """Return the row of a scene that could not be read in a tile."""
    band = error.where.split(" ")[0] if error.where != scene.id else ""
    return Failure(scene.id, scene.source, band, tile, str(error))


def _scaling(numbers: Numbers) -> Scaling:
    """Return how a band's numbers are taken."""
    return Scaling(numbers.nodata, numbers.scale, numbers.offset, numbers.clip)


def _fill_one(
    out: npt.NDArray[Any],
    wanted: Quantity,
    bands: Mapping[str, Numbers],
    take: npt.NDArray[np.bool_],
    whole: dict[str, npt.NDArray[np.int16]],
    keep: bool,
) -> None:
    """Write one quantity where `take` holds; `whole` keeps bands that were scaled before.

    `keep` is False where `out` holds nothing yet.
    """
    if wanted.pair is not None:
        a, b = bands[wanted.pair[0]], bands[wanted.pair[1]]
        scale.fill_index(out, a.dn, b.dn, take, _scaling(a), _scaling(b), keep)
        return
    if wanted.bands == {wanted.name}:
        fill_band(out, bands[wanted.name], take, wanted.floating)
        return
    for name in sorted(wanted.bands - whole.keys()):
        whole[name] = scale.to_int16(bands[name].dn, *_scaling(bands[name]))
    found = indices.compute(wanted.name, {name: whole[name] for name in wanted.bands})
    np.copyto(out, found, where=take)
