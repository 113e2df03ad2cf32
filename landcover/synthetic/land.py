"""What the made-up country is: where it lies, and what stands in it.

Everything is stated in metres of the country's own UTM plane, so that areas follow by
formula. This module knows nothing of pixels' values, weather or files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from affine import Affine

from landcover.errors import InputError
from landcover.model import Grid

__all__ = ["Country", "Field", "Mine", "Pond", "River", "Road", "Square", "Village", "Weather"]

DAYS_PER_YEAR = 365.25
"""Mean length of a year (days), Julian."""

HA_M2 = 10_000.0
"""One hectare (m²)."""


@dataclass(frozen=True, slots=True)
class Pond:
    """A disc of turbid water inside a mine, from the day it fills."""

    x_m: float
    y_m: float
    radius_m: float
    filled: date

    def area_ha(self, day: date) -> float:
        """Area = pi r², from the day it fills."""
        return math.pi * self.radius_m**2 / HA_M2 if day >= self.filled else 0.0


@dataclass(frozen=True, slots=True)
class Mine:
    """A disc of bare ground that opens on a known day and grows at a known rate.

    radius(day) = radius_m + growth_m_per_year * (day - opened) / 365.25, from `opened`
    until `stopped`; the hole stays afterwards. A `bright` mine is bare rock that a cloud
    mask likes to call cloud.
    """

    code: str
    name: str
    x_m: float
    y_m: float
    opened: date
    radius_m: float
    growth_m_per_year: float
    stopped: date
    bright: bool = False
    mineral: str = "gold"
    ponds: tuple[Pond, ...] = ()

    def reach_m(self, day: date) -> float:
        """Radius on `day` (m); 0 before it opens."""
        if day < self.opened:
            return 0.0
        worked_days = (min(day, self.stopped) - self.opened).days
        return self.radius_m + self.growth_m_per_year * worked_days / DAYS_PER_YEAR

    def area_ha(self, day: date) -> float:
        """Area = pi radius², ponds included."""
        return math.pi * self.reach_m(day) ** 2 / HA_M2


@dataclass(frozen=True, slots=True)
class Field:
    """A rectangle of shifting cultivation: cleared on a day, cropped, then left to regrow.

    It is cleared again every `cycle_days` (0: only once).
    """

    x_m: float
    y_m: float
    width_m: float
    height_m: float
    angle_deg: float
    cleared: date
    cycle_days: int = 0

    def area_ha(self, day: date) -> float:
        """Area = width x height, from the first clearing on."""
        return self.width_m * self.height_m / HA_M2 if day >= self.cleared else 0.0


@dataclass(frozen=True, slots=True)
class River:
    """Water where |x - centre(y)| <= width / 2.

    centre(y) = x_m + swing_m * sin(2 pi y / wave_m). Each row of the plane holds exactly
    `width_m` of water, so area = width x height.
    """

    x_m: float
    swing_m: float
    wave_m: float
    width_m: float


@dataclass(frozen=True, slots=True)
class Road:
    """Laterite where |y - centre(x)| <= width / 2; the river cuts it.

    centre(x) = y_m + swing_m (1 - cos(2 pi d / wave_m)) / 2 with d = max(0, |x - level_x_m| -
    level_m): it is level where it meets the river, so that the ford is exactly river width x
    road width.
    """

    y_m: float
    swing_m: float
    wave_m: float
    width_m: float
    level_x_m: float
    level_m: float


@dataclass(frozen=True, slots=True)
class Village:
    """A disc of farmland that was always there."""

    x_m: float
    y_m: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Weather:
    """How often the ground cannot be seen; each is a fraction in [0, 1].

    `clouds` is the mean cloud fraction of a date and `spread` how far dates differ;
    `residual` is the part of the ground under thin cloud that the mask misses;
    `bright_called_cloud` the chance that a date's mask calls a bright mine cloud;
    `swath_edge` the chance that a date sees only a part; `speckle` the share of mask pixels
    in an odd class.
    """

    clouds: float = 0.45
    spread: float = 0.45
    residual: float = 0.04
    bright_called_cloud: float = 0.6
    swath_edge: float = 0.12
    speckle: float = 0.002


@dataclass(frozen=True, slots=True)
class Square:
    """One square of the satellite's own grid: the extent of its scenes.

    `code` is its MGRS name; `grid` its finest pixels.
    """

    code: str
    grid: Grid


@dataclass(frozen=True, slots=True)
class Country:
    """The made-up country, in its home plane (`crs`, metres).

    (`left_m`, `top_m`) is its north-west corner, `shape` its (rows, columns) of
    `resolution_m` pixels; `cell_m` is the length that everything in it is scaled by.
    `reserve` holds the corners of the intact reserve. `noise` is the standard deviation of
    the sensor's noise (reflectance).
    """

    crs: str
    left_m: float
    top_m: float
    shape: tuple[int, int]
    resolution_m: float
    cell_m: float
    seed: int
    noise: float
    river: River
    road: Road
    village: Village
    reserve: tuple[tuple[float, float], ...]
    mines: tuple[Mine, ...]
    fields: tuple[Field, ...]
    squares: tuple[Square, ...]
    weather: Weather = Weather()

    def __post_init__(self) -> None:
        if any(side <= 0 or side % 2 for side in self.shape):
            raise InputError(
                "synthetic country",
                f"size is {self.shape[0]} x {self.shape[1]} px, but 20 m bands need even sides",
                "Give an even number of pixels",
            )

    @property
    def grid(self) -> Grid:
        """The country's finest pixels (10 m unless asked otherwise)."""
        size_m = self.resolution_m
        return Grid(self.crs, Affine(size_m, 0, self.left_m, 0, -size_m, self.top_m), self.shape)

    @property
    def width_m(self) -> float:
        """West to east."""
        return self.shape[1] * self.resolution_m

    @property
    def height_m(self) -> float:
        """North to south."""
        return self.shape[0] * self.resolution_m

    @property
    def epsg(self) -> int:
        """EPSG code of the home plane."""
        return int(self.crs.rpartition(":")[2])

    @property
    def reserve_ha(self) -> float:
        """Planar area of the reserve by the shoelace formula."""
        pairs = zip(self.reserve, self.reserve[1:] + self.reserve[:1], strict=True)
        return abs(sum(x * v - u * y for (x, y), (u, v) in pairs)) / 2 / HA_M2


def coarser(grid: Grid, factor: int = 2) -> Grid:
    """Return the grid of the bands that are `factor` times as coarse, from the same corner."""
    rows, columns = grid.shape
    return Grid(
        grid.crs, grid.transform @ Affine.scale(factor), (rows // factor, columns // factor)
    )
