"""Where everything lies: the country's formulas at the centres of a grid's pixels.

It knows place, cover and bare reflectance. It does not know clouds, noise or files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer

from landcover.model import Grid
from landcover.synthetic.chance import FloatArray, key, smooth
from landcover.synthetic.land import DAYS_PER_YEAR, Country, Field, Mine, River, Road
from landcover.synthetic.seasons import FALLOW_DAYS, Cover, levels, recovery, roughness

__all__ = ["Ground", "cover", "first_cleared", "lay", "places", "reflectance"]

NEVER = 10_000_000
"""An ordinal day after all others (proleptic Gregorian ordinals end at 3,652,059)."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Pixels that change on a day of their own.

    `pixel` are flat indices; `day` the ordinal of the first changed day; `number` says which
    mine or field; `cycle` in days (0: once); `cover` what the pixel becomes.
    """

    pixel: NDArray[np.int64]
    day: NDArray[np.int64]
    number: NDArray[np.int64]
    cycle: NDArray[np.int64]
    cover: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The country on one grid: all that does not depend on the day.

    `x` and `y` are pixel centres in the home plane, (1, X) and (Y, 1), or (Y, X) on a grid
    of another CRS; `still` is the cover without mines and fields; `texture` lies in
    [-0.5, 0.5).
    """

    grid: Grid
    x: FloatArray
    y: FloatArray
    still: NDArray[np.uint8]
    texture: NDArray[np.float32]
    mines: Marks
    ponds: Marks
    fields: Marks


def places(country: Country, grid: Grid) -> tuple[FloatArray, FloatArray]:
    """Pixel centres in the home plane: (1, X) and (Y, 1), or two (Y, X) on another CRS."""
    rows, columns = grid.shape
    x = grid.transform.c + (np.arange(columns)[None, :] + 0.5) * grid.transform.a
    y = grid.transform.f + (np.arange(rows)[:, None] + 0.5) * grid.transform.e
    if grid.crs == country.crs:
        return x, y
    return _bring_home(country.crs, grid.crs, *np.broadcast_arrays(x, y))


def _bring_home(
    home: str, away: str, x: FloatArray, y: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Transform places of another plane into the home plane."""
    transformer = Transformer.from_crs(away, home, always_xy=True)
    east, north = transformer.transform(x, y)
    return np.asarray(east), np.asarray(north)


@lru_cache(maxsize=96)
def lay(country: Country, grid: Grid) -> Ground:
    """Evaluate all that does not depend on the day; the last few are remembered."""
    x, y = places(country, grid)
    mines, ponds = _mark_mines(country, x, y), _mark_ponds(country, x, y)
    return Ground(
        grid, x, y, _still(country, x, y), _texture(country, x, y), mines, ponds,
        _mark_fields(country, x, y),
    )  # fmt: skip


def _still(country: Country, x: FloatArray, y: FloatArray) -> NDArray[np.uint8]:
    """Forest, village, road and river, the later over the earlier."""
    still = np.full(np.broadcast_shapes(x.shape, y.shape), Cover.FOREST, dtype=np.uint8)
    village = country.village
    still[np.hypot(x - village.x_m, y - village.y_m) <= village.radius_m] = Cover.FARMLAND
    still[np.abs(y - road_centre(country.road, x)) <= country.road.width_m / 2] = Cover.ROAD
    still[np.abs(x - river_centre(country.river, y)) <= country.river.width_m / 2] = Cover.RIVER
    return still


def river_centre(river: River, y: FloatArray) -> FloatArray:
    """Return the river's x by y (m)."""
    return river.x_m + river.swing_m * np.sin(2 * math.pi * y / river.wave_m)


def road_centre(road: Road, x: FloatArray) -> FloatArray:
    """Return the road's y by x (m)."""
    away = np.maximum(np.abs(x - road.level_x_m) - road.level_m, 0)
    return road.y_m + road.swing_m * (1 - np.cos(2 * math.pi * away / road.wave_m)) / 2


def _texture(country: Country, x: FloatArray, y: FloatArray) -> NDArray[np.float32]:
    """Crowns and slopes: two scales of smooth noise, within [-0.5, 0.5)."""
    crowns = smooth(x, y, country.resolution_m * 2.5, key(country.seed, "crowns"))
    slopes = smooth(x, y, country.cell_m * 0.4, key(country.seed, "slopes"))
    crowns *= 0.6
    slopes *= 0.4
    crowns += slopes
    crowns -= 0.5
    return crowns.astype(np.float32)


def _near(
    x: FloatArray, y: FloatArray, centre: tuple[float, float], reach_m: float
) -> tuple[NDArray[np.int64], FloatArray, FloatArray]:
    """Flat indices of the pixels in a box around a place, and their offsets from it (m)."""
    shape = np.broadcast_shapes(x.shape, y.shape)
    within_x, within_y = np.abs(x - centre[0]) <= reach_m, np.abs(y - centre[1]) <= reach_m
    if x.shape[0] == 1 and y.shape[1] == 1:
        rows, columns = np.flatnonzero(within_y), np.flatnonzero(within_x)
        flat = (rows[:, None] * shape[1] + columns[None, :]).ravel()
    else:
        flat = np.flatnonzero(within_x & within_y)
    row, column = np.divmod(flat, shape[1])
    across = x[0, column] if x.shape[0] == 1 else x[row, column]
    along = y[row, 0] if y.shape[1] == 1 else y[row, column]
    return flat, across - centre[0], along - centre[1]


def _join(parts: list[Marks]) -> Marks:
    """Put the marks of many things into one."""
    words, codes = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.uint8)
    empty = Marks(words, words, words, words, codes)
    return Marks(
        *(
            np.concatenate([getattr(part, name) for part in (empty, *parts)])
            for name in ("pixel", "day", "number", "cycle", "cover")
        )
    )


def _mark(
    pixel: NDArray[np.int64],
    day: NDArray[np.int64] | int,
    number: int,
    becomes: Cover,
    cycle_days: int = 0,
) -> Marks:
    """Make the marks of one thing."""
    size = pixel.size
    return Marks(
        pixel,
        np.broadcast_to(np.asarray(day, dtype=np.int64), size),
        np.full(size, number, dtype=np.int64),
        np.full(size, cycle_days, dtype=np.int64),
        np.full(size, becomes, dtype=np.uint8),
    )


def _days_mined(mine: Mine, distance_m: FloatArray) -> NDArray[np.int64]:
    """First ordinal day on which a mine's edge has reached a distance; NEVER if it does not.

    opened + ceil(365.25 (distance - radius_m) / growth), at least `opened`.
    """
    beyond = np.maximum(distance_m - mine.radius_m, 0)
    if mine.growth_m_per_year > 0:
        wait = np.ceil(beyond * DAYS_PER_YEAR / mine.growth_m_per_year)
    else:
        wait = np.where(beyond > 0, NEVER, 0)
    wait = np.where(wait <= (mine.stopped - mine.opened).days, wait, NEVER)
    return np.minimum(mine.opened.toordinal() + wait.astype(np.int64), NEVER)


def _mark_mines(country: Country, x: FloatArray, y: FloatArray) -> Marks:
    """Mark each pixel that some mine ever reaches with the day it does."""
    parts = []
    for number, mine in enumerate(country.mines):
        reach_m = mine.reach_m(mine.stopped)
        pixel, across, along = _near(x, y, (mine.x_m, mine.y_m), reach_m)
        days = _days_mined(mine, np.hypot(across, along))
        ever = days < NEVER
        becomes = Cover.ROCK if mine.bright else Cover.MINE
        parts.append(_mark(pixel[ever], days[ever], number, becomes))
    return _join(parts)


def _mark_ponds(country: Country, x: FloatArray, y: FloatArray) -> Marks:
    """Mark the pixels of ponds with the day they fill."""
    parts = []
    for number, mine in enumerate(country.mines):
        for pond in mine.ponds:
            pixel, across, along = _near(x, y, (pond.x_m, pond.y_m), pond.radius_m)
            wet = np.hypot(across, along) <= pond.radius_m
            parts.append(_mark(pixel[wet], pond.filled.toordinal(), number, Cover.POND))
    return _join(parts)


def _in_field(field: Field, across: FloatArray, along: FloatArray) -> NDArray[np.bool_]:
    """Whether offsets from a field's centre lie in its rectangle."""
    turn = math.radians(field.angle_deg)
    u = across * math.cos(turn) + along * math.sin(turn)
    v = along * math.cos(turn) - across * math.sin(turn)
    inside: NDArray[np.bool_] = (np.abs(u) <= field.width_m / 2) & (np.abs(v) <= field.height_m / 2)
    return inside


def _mark_fields(country: Country, x: FloatArray, y: FloatArray) -> Marks:
    """Mark the pixels of fields with the day of the first clearing."""
    parts = []
    for number, field in enumerate(country.fields):
        reach_m = math.hypot(field.width_m, field.height_m) / 2
        pixel, across, along = _near(x, y, (field.x_m, field.y_m), reach_m)
        inside = _in_field(field, across, along)
        first = field.cleared.toordinal()
        parts.append(_mark(pixel[inside], first, number, Cover.FIELD, field.cycle_days))
    return _join(parts)


def _ages(marks: Marks, day: date) -> NDArray[np.int64]:
    """Days since the last clearing; negative before the first."""
    age = day.toordinal() - marks.day
    again = (marks.cycle > 0) & (age >= 0)
    return np.where(again, age % np.maximum(marks.cycle, 1), age)


def cover(ground: Ground, day: date) -> NDArray[np.uint8]:
    """Say what covers each pixel on a day.

    Returns
    -------
    uint8 (Y, X), of `Cover`
        Later things over earlier ones: forest, village, road, river, field, mine, pond.
    """
    covers = ground.still.copy()
    flat = covers.reshape(-1)
    age = _ages(ground.fields, day)
    flat[ground.fields.pixel[age >= 0]] = Cover.FIELD
    flat[ground.fields.pixel[age >= FALLOW_DAYS]] = Cover.FALLOW
    for marks in (ground.mines, ground.ponds):
        begun = marks.day <= day.toordinal()
        flat[marks.pixel[begun]] = marks.cover[begun]
    return covers


def first_cleared(ground: Ground) -> NDArray[np.int64]:
    """Return the day on which forest first goes: ordinal days, int64 (Y, X), 0 where never."""
    days = np.full(ground.still.size, NEVER)
    for marks in (ground.mines, ground.fields):
        np.minimum.at(days, marks.pixel, marks.day)
    return np.where(days < NEVER, days, 0).reshape(ground.still.shape)


def reflectance(ground: Ground, day: date, band: str) -> FloatArray:
    """Surface reflectance without weather and noise.

    Returns
    -------
    float64 (Y, X), 0 to 1
        level(cover, day, band) * (1 + roughness(cover) * texture); a field's level lies
        between bare and forest by `recovery`.
    """
    covers, table = cover(ground, day), levels(day, band)
    surface = table[covers]
    age = _ages(ground.fields, day)
    cropped = np.isin(covers.reshape(-1)[ground.fields.pixel], (Cover.FIELD, Cover.FALLOW))
    bare, forest = table[Cover.FIELD], table[Cover.FOREST]
    regrown = bare + (forest - bare) * recovery(age[cropped])
    surface.reshape(-1)[ground.fields.pixel[cropped]] = regrown
    rough = roughness()[covers]
    rough *= ground.texture
    rough += 1
    surface *= rough
    return surface
