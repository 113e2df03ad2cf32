"""Lays out a country by a seed: river, road, village, reserve, mines and fields apart.

The plane is cut into cells; each cell holds at most one thing, so that areas add up by
formula. This module knows nothing of pixels' values.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from pyproj import Transformer
from shapely.geometry import Point, Polygon, box

from landcover.errors import InputError
from landcover.synthetic.chance import unit
from landcover.synthetic.land import (
    Country,
    Field,
    Mine,
    Pond,
    River,
    Road,
    Village,
    Weather,
)
from landcover.synthetic.landscape import river_centre, road_centre
from landcover.synthetic.squares import squares_of, utm_crs

__all__ = ["country"]

LONGITUDE, LATITUDE = 28.5, 1.6
"""Where the country lies unless asked otherwise (degrees): near the Okapi reserve."""

FINE_M = 10.0
"""Sentinel-2's finest pixels (m)."""

CELLS = 10
"""Cells along a side of a small country (no unit); a large one has cells of 48 px."""

CELL_PX = 48
"""Side of a cell in a country of 480 px or more (px)."""

FIRST_DAY, LAST_DAY = date(2019, 1, 1), date(2024, 12, 31)
"""Mines open and fields are cleared between these days."""

GOLDEN = 0.618_033_988_75
"""Golden ratio less 1: its multiples, less their whole parts, fill [0, 1) evenly."""

MINERALS = ("gold", "coltan", "cassiterite", "diamond")

# Corners of the reserve as shares of the country's width and height, from the north-west.
_RESERVE = (
    (0.46, 0.10), (0.66, 0.05), (0.90, 0.12), (0.95, 0.34),
    (0.88, 0.52), (0.70, 0.58), (0.52, 0.50), (0.43, 0.30),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Cell:
    """A free place of the plan: its centre, and a number that ranks it."""

    x_m: float
    y_m: float
    rank: float


def country(
    size_px: int | tuple[int, int] = 512,
    *,
    seed: int = 1,
    lon: float = LONGITUDE,
    lat: float = LATITUDE,
    crs: str | None = None,
    resolution_m: float = FINE_M,
    noise: float = 0.003,
    weather: Weather | None = None,
    mines: int | None = None,
    fields: int | None = None,
    first: date = FIRST_DAY,
    last: date = LAST_DAY,
    layout: str = "one",
) -> Country:
    """Lay out a made-up country.

    Parameters
    ----------
    size_px : int or (rows, columns)
        Its size in finest pixels; even.
    seed : int
        Another seed is another country.
    lon, lat : float, degrees
        Where its centre lies.
    crs : str, optional
        Its home plane, a UTM zone as "EPSG:32635"; by default the zone of its centre.
    resolution_m : float
        Finest pixels; the other bands and the mask are twice as coarse.
    noise : float
        Standard deviation of the sensor's noise (reflectance).
    weather : Weather, optional
        How often the ground cannot be seen.
    mines, fields : int, optional
        How many, as far as there is room; by default by the country's size.
    first, last : date
        Mines open and fields are cleared between these days.
    layout : "one", "two_squares" or "two_zones"
        The satellite's squares: one; two that overlap; or two of which the eastern one lies
        in the next UTM zone.

    Returns
    -------
    Country
    """
    shape = size_px if isinstance(size_px, tuple) else (size_px, size_px)
    home = crs or utm_crs(lon, lat)
    left, top = _corner(home, lon, lat, shape, resolution_m)
    width, height = shape[1] * resolution_m, shape[0] * resolution_m
    cell = resolution_m * min(CELL_PX, max(4, min(shape) // CELLS))
    plan = _Plan(seed, left, top, width, height, cell, first, last)
    places = plan.free()
    digs, rest = plan.share(places, mines, 0.16)
    clearings, _ = plan.share(rest, fields, 0.55)
    return Country(
        crs=home, left_m=left, top_m=top, shape=shape, resolution_m=resolution_m, cell_m=cell,
        seed=seed, noise=noise, river=plan.river, road=plan.road, village=plan.village,
        reserve=plan.reserve, weather=weather or Weather(),
        mines=tuple(plan.mine(number, place) for number, place in enumerate(digs)),
        fields=tuple(plan.field(number, place) for number, place in enumerate(clearings)),
        squares=squares_of(home, left, top, shape, resolution_m, layout),
    )  # fmt: skip


def _corner(
    crs: str, lon: float, lat: float, shape: tuple[int, int], resolution_m: float
) -> tuple[float, float]:
    """Find the north-west corner, snapped to whole coarse pixels."""
    transformer = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = transformer.transform(lon, lat)
    if not (math.isfinite(x) and math.isfinite(y)):
        raise InputError(
            "synthetic country",
            f"longitude {lon!r}, latitude {lat!r} cannot be placed in {crs}",
            "Give a place within some 60 degrees of the zone",
        )
    step = 2 * resolution_m
    left = step * round((x - shape[1] * resolution_m / 2) / step)
    top = step * round((y + shape[0] * resolution_m / 2) / step)
    return left, top


@dataclass(frozen=True, slots=True)
class _Plan:
    """The builder: where things go, by seed."""

    seed: int
    left_m: float
    top_m: float
    width_m: float
    height_m: float
    cell_m: float
    first: date
    last: date

    @property
    def river(self) -> River:
        """A river from north to south in the west."""
        swing = min(self.cell_m * 0.7, 0.08 * self.width_m)
        return River(
            x_m=self.left_m + 0.24 * self.width_m,
            swing_m=swing,
            wave_m=self.cell_m * 5.3,
            width_m=self.cell_m / 9,
        )

    @property
    def road(self) -> Road:
        """A road from west to east in the south."""
        river = self.river
        return Road(
            y_m=self.top_m - 0.80 * self.height_m,
            swing_m=min(self.cell_m * 0.9, 0.1 * self.height_m),
            wave_m=self.cell_m * 6.1,
            width_m=self.cell_m / 26,
            level_x_m=river.x_m,
            level_m=river.swing_m + river.width_m,
        )

    @property
    def village(self) -> Village:
        """Farmland beside the road, on the side that the road never swings to."""
        radius, road = self.cell_m * 0.55, self.road
        y = road.y_m - road.width_m / 2 - 1.05 * radius
        return Village(self.left_m + 0.45 * self.width_m, y, radius)

    @property
    def reserve(self) -> tuple[tuple[float, float], ...]:
        """The corners of the intact reserve, in the north-east."""
        return tuple(
            (self.left_m + x * self.width_m, self.top_m - y * self.height_m) for x, y in _RESERVE
        )

    def chance(self, *parts: object) -> float:
        """One number in [0, 1) of this plan."""
        return unit(self.seed, *parts)

    def _taken(self, x: float, y: float, reserve: Polygon) -> bool:
        """Whether the cell around a place touches something that stands there already."""
        half = self.cell_m / 2
        # Curves are met at nine places; they stray less than a tenth of a cell between them.
        steps = (np.arange(9) / 4 - 1) * half
        river, road, village = self.river, self.road, self.village
        off_river = np.abs(x - river_centre(river, y + steps)).min() - river.width_m / 2
        off_road = np.abs(y - road_centre(road, x + steps)).min() - road.width_m / 2
        here = box(x - half, y - half, x + half, y + half)
        off_village = here.distance(Point(village.x_m, village.y_m)) - village.radius_m
        on_line = min(off_river, off_road) < 1.1 * half
        return bool(on_line or off_village < 0 or here.intersects(reserve))

    def free(self) -> list[_Cell]:
        """Cells with nothing in them yet, those in the valley first."""
        reserve = Polygon(self.reserve)
        found = []
        for row in range(int(self.height_m // self.cell_m)):
            for column in range(int(self.width_m // self.cell_m)):
                x = self.left_m + (column + 0.5) * self.cell_m
                y = self.top_m - (row + 0.5) * self.cell_m
                if not self._taken(x, y, reserve):
                    valley = abs(x - self.river.x_m) / self.width_m
                    rank = self.chance("cell", row, column) + valley
                    found.append(_Cell(x, y, rank))
        return sorted(found, key=lambda place: place.rank)

    def share(
        self, cells: list[_Cell], wanted: int | None, part: float
    ) -> tuple[list[_Cell], list[_Cell]]:
        """Take the first cells for one kind of thing, and leave the rest."""
        count = max(2, round(part * len(cells))) if wanted is None else wanted
        return cells[:count], cells[count:]

    def _day(self, share: float) -> date:
        """Return the day after a share of the country's history."""
        return self.first + timedelta(days=round(share * (self.last - self.first).days))

    def mine(self, number: int, cell: _Cell) -> Mine:
        """Open a mine in a cell; every third one is bright rock, every second has a pond."""
        opened = self._day(0.12 + 0.55 * ((number + 1) * GOLDEN % 1))
        stopped = max(opened, self._day(0.85 + 0.15 * self.chance("stopped", number)))
        radius = self.cell_m * (0.07 + 0.05 * self.chance("radius", number))
        years = max((stopped - opened).days / 365.25, 0.1)
        growth = min(self.cell_m * (0.06 + 0.06 * self.chance("growth", number)),
                     (0.40 * self.cell_m - radius) / years)  # fmt: skip
        x = cell.x_m + self.cell_m * 0.1 * (self.chance("east", number) - 0.5)
        y = cell.y_m + self.cell_m * 0.1 * (self.chance("north", number) - 0.5)
        pond = Pond(x + radius * 0.3, y - radius * 0.2, radius * 0.55,
                    min(opened + timedelta(days=150), stopped))  # fmt: skip
        return Mine(
            code=f"MC{number + 1:04d}", name=f"Carrière {number + 1}", x_m=x, y_m=y,
            opened=opened, radius_m=radius, growth_m_per_year=growth, stopped=stopped,
            bright=number % 3 == 1, mineral=MINERALS[number % len(MINERALS)],
            ponds=(pond,) if number % 2 == 0 else (),
        )  # fmt: skip

    def field(self, number: int, cell: _Cell) -> Field:
        """Clear a field in a cell; every fourth one is cleared again after some years."""
        size = self.cell_m * (0.20 + 0.25 * self.chance("size", number))
        return Field(
            x_m=cell.x_m + self.cell_m * 0.1 * (self.chance("x", number) - 0.5),
            y_m=cell.y_m + self.cell_m * 0.1 * (self.chance("y", number) - 0.5),
            width_m=size,
            height_m=size * (0.5 + 0.4 * self.chance("slim", number)),
            angle_deg=round(180 * self.chance("turn", number)),
            cleared=self._day(0.95 * ((number + 1) * GOLDEN % 1) - 0.1),
            cycle_days=1300 if number % 4 == 3 else 0,
        )
