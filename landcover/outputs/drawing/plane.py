"""The ground under a map: what it shows, how long a kilometre is, where north lies.

It knows planes and the Earth. It draws nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer

from landcover.model import Grid

__all__ = ["Plane", "degrees_text", "plane_of", "round_down"]

WGS84 = Geod(ellps="WGS84")

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top in units of the plane."""

Crossing = tuple[float, float]
"""Degrees of a line, and where it meets an edge."""

STEPS_DEGREES = (
    10.0,
    5.0,
    2.0,
    1.0,
    0.5,
    0.2,
    0.1,
    0.05,
    0.02,
    0.01,
    0.005,
    0.002,
    0.001,
    0.0005,
    0.0002,
    0.0001,
)
"""Distances between lines of a graticule."""

EDGE_POINTS = 64
"""Points along an edge in which lines of longitude are looked for."""


def round_down(value: float) -> float:
    """Return the largest of 1, 2, 5, 10, 20, 50 ... that is not above a value."""
    size = 10.0 ** math.floor(math.log10(value))
    return max(size * k for k in (1, 2, 5) if size * k <= value * (1 + 1e-9))


def degrees_text(value: float, step: float, signs: tuple[str, str], point: str) -> str:
    """Write a longitude or latitude: `signs` for what is above and below zero."""
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    text = f"{abs(value):.{digits}f}".replace(".", point)
    sign = "" if abs(value) < step / 1e3 else signs[value < 0]
    return f"{text}° {sign}".rstrip()


@dataclass(frozen=True)
class Plane:
    """A part of a plane that is drawn: its CRS and bounds."""

    crs: str
    bounds: Bounds

    @property
    def middle(self) -> tuple[float, float]:
        """The point in the middle, in units of the plane."""
        left, bottom, right, top = self.bounds
        return ((left + right) / 2, (bottom + top) / 2)

    @cached_property
    def _to_degrees(self) -> Transformer:
        return Transformer.from_crs(CRS.from_user_input(self.crs), "EPSG:4326", always_xy=True)

    def degrees(self, x: Any, y: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitude and latitude of points."""
        lon, lat = self._to_degrees.transform(np.asarray(x, float), np.asarray(y, float))
        return np.asarray(lon), np.asarray(lat)

    @cached_property
    def box_degrees(self) -> Bounds:
        """West, south, east and north of what is shown."""
        left, bottom, right, top = self.bounds
        xs, ys = np.linspace(left, right, EDGE_POINTS), np.linspace(bottom, top, EDGE_POINTS)
        edge_x = np.concatenate([xs, xs, np.full(EDGE_POINTS, left), np.full(EDGE_POINTS, right)])
        edge_y = np.concatenate([np.full(EDGE_POINTS, bottom), np.full(EDGE_POINTS, top), ys, ys])
        lon, lat = self.degrees(edge_x, edge_y)
        return (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))

    def _ground_m(self, dx: float, dy: float) -> float:
        """Return the length on the ground of a step from the middle."""
        x, y = self.middle
        lon, lat = self.degrees([x - dx / 2, x + dx / 2], [y - dy / 2, y + dy / 2])
        return float(WGS84.inv(lon[0], lat[0], lon[1], lat[1])[2])

    @cached_property
    def metres_per_x(self) -> float:
        """Ground metres in a unit of x, in the middle."""
        width = self.bounds[2] - self.bounds[0]
        return self._ground_m(width / 100, 0.0) / (width / 100)

    @cached_property
    def metres_per_y(self) -> float:
        """Ground metres in a unit of y, in the middle."""
        height = self.bounds[3] - self.bounds[1]
        return self._ground_m(0.0, height / 100) / (height / 100)

    @property
    def tallness(self) -> float:
        """Length of a unit of y over that of x: 1 but where units are degrees."""
        return self.metres_per_y / self.metres_per_x

    @property
    def aspect(self) -> float:
        """Height over width on the ground."""
        left, bottom, right, top = self.bounds
        return (top - bottom) * self.tallness / (right - left)

    @cached_property
    def north(self) -> tuple[float, float]:
        """The direction of true north in the middle, of length 1 as drawn."""
        x, y = self.middle
        lon, lat = self.degrees(x, y)
        back = Transformer.from_crs("EPSG:4326", CRS.from_user_input(self.crs), always_xy=True)
        up = back.transform(float(lon), float(lat) + 1e-3)
        dx, dy = up[0] - x, (up[1] - y) * self.tallness
        length = math.hypot(dx, dy)
        return (dx / length, dy / length)

    def crossings(self, wanted: int = 3) -> tuple[float, list[Crossing], list[Crossing]]:
        """Return where lines of a graticule meet the lower and the left edge.

        Returns
        -------
        step : float
            Degrees between two lines: the largest round one that gives `wanted` of each.
        meridians, parallels : list of (float, float)
            (degrees, x) along the lower edge, (degrees, y) along the left one.
        """
        left, bottom, right, top = self.bounds
        xs, ys = np.linspace(left, right, EDGE_POINTS), np.linspace(bottom, top, EDGE_POINTS)
        lon, _ = self.degrees(xs, np.full(EDGE_POINTS, bottom))
        _, lat = self.degrees(np.full(EDGE_POINTS, left), ys)
        for step in STEPS_DEGREES:
            east, north = list(_meets(lon, xs, step)), list(_meets(lat, ys, step))
            if min(len(east), len(north)) >= wanted:
                break
        return step, east, north

    def as_grid(self, columns: int) -> Grid:
        """Return the bounds as pixels, so many in a row, square on the plane."""
        from affine import Affine

        left, bottom, right, top = self.bounds
        size = (right - left) / columns
        rows = max(1, round((top - bottom) / size))
        return Grid(
            self.crs, Affine(size, 0.0, left, 0.0, -(top - bottom) / rows, top), (rows, columns)
        )


def _meets(
    degrees: NDArray[np.float64], places: NDArray[np.float64], step: float
) -> Iterator[tuple[float, float]]:
    """Yield each multiple of a step and where it stands along an edge."""
    first, last = math.ceil(degrees.min() / step - 1e-9), math.floor(degrees.max() / step + 1e-9)
    for k in range(first, last + 1):
        yield k * step, float(np.interp(k * step, degrees, places))


def plane_of(grid: Grid, margin: float = 0.0) -> Plane:
    """Return the whole of a grid, with a margin (a share of its longer side)."""
    left, bottom, right, top = grid.bounds
    room = margin * max(right - left, top - bottom)
    return Plane(grid.crs, (left - room, bottom - room, right + room, top + room))
