"""One pixel of a job through time: what each scene showed there, and why where it showed nothing.

It reads as a run does (mask, growth, mosaic, lattice), but only the blocks under that pixel. It
knows neither jobs nor pages.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from landcover.engine.brief import Work
from landcover.engine.epochs import cut_days, spans_held
from landcover.engine.fingerprint import digest, rule_numbers, scene_numbers
from landcover.engine.layout import place_scenes, scenes_of_tiles
from landcover.engine.memory import CACHE_BYTES
from landcover.engine.order import Order, check_orbits
from landcover.engine.tile import each
from landcover.errors import InputError, NoScenesError, SceneError
from landcover.model import MISSING, REFLECTANCE_SCALE, Grid, Mask, Scene, Tile, Zone
from landcover.products.pictures import BANDS, stretch
from landcover.products.tracing import Chip, Look, decisive
from landcover.raster.ahead import looking_ahead
from landcover.raster.coarser import coarsened
from landcover.raster.cover import cover
from landcover.raster.planes import transformer
from landcover.raster.rule import ReadRule
from landcover.raster.sight import sight
from landcover.raster.source import BlockCache, Reads, environment
from landcover.raster.stack import Day, DayRows, Reader, days_of, quantity

__all__ = ["Place", "find_place", "look", "picture", "source_digest"]

CHIP_PX = 65
"""Side of a picture around a place (px): 650 m of Sentinel-2, enough to see what it lies in."""

DIGEST_DIGITS = 12
"""Letters and digits of a digest that people compare by eye (count)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place, the pixel of the job's grid that it lies in, and the zones that cover it.

    `row` and `column` are the pixel's in the job's grid, `grid` is the pixel alone; `lon` and
    `lat` are as asked (degrees).
    """

    lon: float
    lat: float
    row: int
    column: int
    grid: Grid
    zones: tuple[Zone, ...]
    pixels: Grid
    """The job's grid."""


def _told(lon: float, lat: float) -> str:
    """Name a place in a sentence."""
    return f"point {lon:g} {lat:g}"


def find_place(lon: float, lat: float, grid: Grid, zones: Sequence[Zone]) -> Place:
    """Find the pixel of a job's grid at a place.

    Parameters
    ----------
    lon, lat : float, degrees
    grid : Grid
        The job's.
    zones : sequence of Zone
        The job's.

    Raises
    ------
    InputError
        No place on Earth, or none in the job's zones.
    """
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        remedy = "Give longitude and then latitude, in degrees"
        raise InputError(_told(lon, lat), "is no place on Earth", remedy)
    x, y = transformer("EPSG:4326", grid.crs).transform(lon, lat)
    if math.isfinite(x) and math.isfinite(y):
        column, row = (math.floor(one) for one in ~grid.transform @ (x, y))
        if 0 <= row < grid.shape[0] and 0 <= column < grid.shape[1]:
            pixel = grid.window(row, column, (1, 1))
            laid = cover(pixel, [(n, zone.geometry) for n, zone in enumerate(zones)])
            if laid.zones:
                own = tuple(zones[n] for n in laid.zones)
                return Place(lon, lat, row, column, pixel, own, grid)
    edges = np.array([zone.geometry.bounds for zone in zones])
    west, south = (float(one) for one in edges[:, :2].min(axis=0))
    east, north = (float(one) for one in edges[:, 2:].max(axis=0))
    raise InputError(
        _told(lon, lat),
        "lies in no zone of the job",
        f"They lie within {west:.4f} to {east:.4f} east and {south:.4f} to {north:.4f} north; "
        "longitude comes first",
    )


def _days(order: Order, work: Work, scenes: Sequence[Scene], place: Place) -> tuple[Day, ...]:
    """List the days of the scenes that reach a pixel, cut as a run cuts them.

    Raises
    ------
    NoScenesError
    """
    pool = work.pool
    own = [scene for scene in scenes if scene.source in pool]
    check_orbits(order, own)
    own = list(coarsened(own, order.rules))
    tile = Tile("point", 0, 0, place.grid)
    (numbers,) = scenes_of_tiles([tile], place_scenes(own, place.grid)) if own else ((),)
    if not numbers:
        period = order.context.period
        raise NoScenesError(
            _told(place.lon, place.lat),
            f"no scene of {', '.join(pool)} from {period.start} to {period.last} reaches it",
            "Check the sources and the period",
        )
    days = days_of((own[number] for number in numbers), place.grid, pool)
    # what else the job asks for changes nothing: in a run, too, rows are joined to one a date
    held = spans_held((work,), (), pool)
    return cut_days(days, held, order.rules[pool[0]].sensor.day_span)


@dataclass(frozen=True, slots=True)
class _Glass:
    """What looking at a pixel takes."""

    name: str
    reader: Reader
    rules: Mapping[str, ReadRule]

    def value(self, read: DayRows) -> float | None:
        """Return a day's value, as products see it; None where there is none."""
        if not read.seen:
            return None
        value = read.values[self.name][0, 0]
        if value.dtype == np.float32:
            return None if np.isnan(value) else float(value)
        if value == MISSING:
            return None
        return float(np.float32(value) / np.float32(REFLECTANCE_SCALE))

    def day(self, day: Day) -> list[Look]:
        """Look at all scenes of a day; the first clear one gives its value."""
        whole = self.reader.read(day)
        value, looks = self.value(whole), []
        for scene in day.scenes:
            alone = len(day.scenes) == 1
            read = whole if alone else self.reader.read(replace(day, scenes=(scene,)))
            found = self._scene(scene, day.date, read)
            if value is not None and found.state == "clear":
                found, value = replace(found, value=value), None
            looks.append(found)
        return looks

    def _scene(self, scene: Scene, day: date, read: DayRows) -> Look:
        """Say what one scene shows."""
        rule, reader = self.rules[scene.source], self.reader
        if read.failures:
            return Look(day, scene, "unread", reason=read.failures[0].reason)
        try:
            with environment():
                seen = sight(scene, reader.grid, rule, reader.bands, reader.reads, reader.cache)
        except SceneError as error:
            return Look(day, scene, "unread", reason=str(error))
        if seen.state == "clear" and self.value(read) is None:
            return Look(day, scene, "nodata", seen.code)
        mask = rule.sensor.mask
        names = () if mask is None or seen.code is None else _names(mask, seen.code)
        return Look(day, scene, seen.state, seen.code, names)


def _names(mask: Mask, code: int) -> tuple[tuple[str, str], ...]:
    """Name a mask's number by language: its class, or the bits that are not clear."""
    for one in mask.legend.classes:
        if one.value == code and not mask.fields:
            return tuple(sorted(one.names.items()))
    found = [
        field.name
        for field in mask.fields
        if (code >> field.first) & ((1 << field.width) - 1) not in field.clear
    ]
    return (("en", ", ".join(found)),) if found else ()


def look(
    order: Order, work: Work, scenes: Sequence[Scene], place: Place, threads: int
) -> tuple[tuple[Look, ...], tuple[date, ...], npt.NDArray[np.float32]]:
    """Look at one pixel through time.

    Parameters
    ----------
    order : Order
        The job's: how each source is read.
    work : Work
        The product whose index is looked at.
    scenes : sequence of Scene
        Sorted by time and id.
    place : Place
    threads : int
        Threads that read.

    Returns
    -------
    looks : tuple of Look
        By date, then in the mosaic's order. Of a composite that a span cuts, the part that the
        pixel's own day lies in.
    dates : tuple of date
        Increasing.
    values : float32 (T,)
        In the index's unit (a band's in reflectance), NaN where nothing was clear: what a run
        has at this pixel.

    Raises
    ------
    NoScenesError
        No scene reaches the pixel.
    PlanError
        Radar scenes of several orbits.
    """
    days = _days(order, work, scenes, place)
    own = order.rules[work.pool[0]].sensor.bands
    name = work.need.quantities[0]
    inside, cache = np.ones((1, 1), bool), BlockCache(CACHE_BYTES)
    reader = Reader(
        "point", place.grid, order.rules, (quantity(name, own),), (), inside, Reads(), cache
    )
    glass = _Glass(name, reader, order.rules)

    with looking_ahead(reader, days) as reach:

        def one(number: int) -> list[Look]:
            reach(number)
            return glass.day(days[number])

        found = _parts(days, each(one, range(len(days)), threads))
    looks, by_date = _first_of_dates([one for own in found for one in own])
    dates = tuple(sorted({day.date for day in days}))
    values = np.array([by_date.get(day, math.nan) for day in dates], np.float32)
    return looks, dates, values


def _first_of_dates(looks: Sequence[Look]) -> tuple[tuple[Look, ...], dict[date, float]]:
    """Let the earliest composite of a date give its value, as a run does; return the values too."""
    kept, values = [], dict[date, float]()
    for one in looks:
        taken = one.value is None or one.day in values
        kept.append(replace(one, value=None) if taken else one)
        if one.value is not None:
            values.setdefault(one.day, one.value)
    return tuple(kept), values


def _parts(days: Sequence[Day], looks: list[list[Look]]) -> list[list[Look]]:
    """Keep one part of each composite that was cut: the one that has a value, else the first."""
    groups: dict[tuple[date, tuple[str, ...]], list[list[Look]]] = defaultdict(list)
    for day, found in zip(days, looks, strict=True):
        groups[day.told, tuple(scene.id for scene in day.scenes)].append(found)
    return [
        next((part for part in parts if any(one.used for one in part)), parts[0])
        for parts in groups.values()
    ]


def source_digest(order: Order, work: Work, scenes: Sequence[Scene], grid: Grid) -> str:
    """Hash what the numbers of a place hang on: settings, grid, scenes, and how they are read.

    Parameters
    ----------
    order : Order
    work : Work
        Of the product `disturbance`.
    scenes : sequence of Scene
        Of the work's pool.
    grid : Grid
        The job's.

    Returns
    -------
    str
        The same wherever files lie, and whatever else the job asks for. It begins with a letter,
        so that no spreadsheet makes a number of it.
    """
    bands = set(work.need.bands)
    rules = [_only(order.rules[name], bands) for name in work.pool]
    read = bands.union(*(rule.sensor.bands for rule in rules))
    taken = [scene_numbers(scene, read) for scene in scenes]
    asked = [work.product.version, decisive(work.settings, order.context.period)]
    lies = [grid.crs, list(grid.transform)[:6], grid.shape]
    how = [rule_numbers(rule) for rule in rules]
    return "d" + digest([asked, work.pool, how, sorted(bands), taken, lies])[: DIGEST_DIGITS - 1]


def _only(rule: ReadRule, names: Set[str]) -> ReadRule:
    """Leave of a sensor the bands that are read: those named, and what masks them."""
    sensor = rule.sensor
    read = {*names, sensor.mask.band if sensor.mask else "", sensor.day_band}
    own = {name: band for name, band in sensor.bands.items() if name in read}
    return replace(rule, sensor=replace(sensor, bands=own))


# --- pictures ----------------------------------------------------------------------------------


def picture(
    rules: Mapping[str, ReadRule], place: Place, look: Look, scene: Scene, after: bool
) -> Chip | None:
    """Draw the surroundings of a place in true colours, whatever the mask says of them.

    Parameters
    ----------
    rules : mapping
    place : Place
    look : Look
        Of the day.
    scene : Scene
        The look's, with its red, green and blue files.
    after : bool
        Whether it is of the break or later.

    Returns
    -------
    Chip or None
        None where the scene's files could not be read.
    """
    half = CHIP_PX // 2
    grid = place.pixels.window(place.row - half, place.column - half, (CHIP_PX, CHIP_PX))
    rule = rules[scene.source]
    bare = replace(rule, sensor=replace(rule.sensor, mask=None, day_band=""))
    bands = tuple(quantity(name, rule.sensor.bands) for name in BANDS)
    inside = np.ones(grid.shape, bool)
    reader = Reader("point", grid, {scene.source: bare}, bands, (), inside, Reads(), BlockCache(0))
    (coarse,) = coarsened([scene], rules)
    read = reader.read(Day(look.day, (coarse,)))
    if read.failures or not read.seen:
        return None
    planes = []
    for name in BANDS:
        plane = read.values[name].astype(np.float32) / np.float32(REFLECTANCE_SCALE)
        plane[read.values[name] == MISSING] = np.nan
        planes.append(stretch(plane))
    return Chip(look.day, scene.id, after, np.stack(planes, axis=-1), half, half)
