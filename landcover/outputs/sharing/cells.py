"""Squares of a coarse grid of the Earth, and which of many places share one.

This module knows degrees. It does not know what lies at them.

What is published of a square depends on its own place alone, never on where in it something
lies: a hole about a mine would have the mine in its middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, floor, hypot, radians

import shapely
from shapely.geometry.base import BaseGeometry

__all__ = [
    "FEWEST",
    "MARGIN_KM",
    "WITHHELD_KM",
    "Cell",
    "Place",
    "apart",
    "cell_of",
    "coarse",
    "hidden",
]

FEWEST = 3
"""Places that share a square, or a row of a table, before it is shown (count)."""

APART_KM = 1.0
"""Places nearer to each other than this (km) count as one: a mine listed thrice is one mine."""

KM_PER_DEGREE = 111.195
"""A degree of latitude on a sphere of 6371.0088 km (IUGG's mean radius)."""

MARGIN_KM = 1.0
"""By how much a hole is wider than its square on each side (km): a pit at the square's edge
would else be seen beside the hole."""

STEPS = (1, 2, 4)
"""Squares that hold too few places are joined to ones so many times as wide."""

WITHHELD_KM = 10.0
"""Side of the squares (km) cut out of rasters where positions are withheld."""

LEAST_COSINE = 0.01
"""Bounds the width in degrees of squares at the poles (no unit)."""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One square: rows count from the equator north, columns from Greenwich east."""

    side_km: float
    row: int
    column: int

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north (degrees)."""
        tall, wide = _steps(self.row, self.side_km)
        return (
            self.column * wide,
            self.row * tall,
            (self.column + 1) * wide,
            (self.row + 1) * tall,
        )

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of its middle."""
        west, south, east, north = self.bounds
        return (west + east) / 2, (south + north) / 2

    @property
    def hole(self) -> BaseGeometry:
        """What is cut out where the square hides something: itself and a margin."""
        west, south, east, north = self.bounds
        up, aside = (MARGIN_KM / self.side_km * span for span in (north - south, east - west))
        return shapely.box(west - aside, south - up, east + aside, north + up)


def _steps(row: int, side_km: float) -> tuple[float, float]:
    """Return height and width (degrees) of a row's squares."""
    tall = side_km / KM_PER_DEGREE
    squeeze = max(cos(radians((row + 0.5) * tall)), LEAST_COSINE)
    return tall, tall / squeeze


def cell_of(longitude: float, latitude: float, side_km: float) -> Cell:
    """Find the square that a place lies in."""
    row = floor(latitude * KM_PER_DEGREE / side_km)
    return Cell(side_km, row, floor(longitude / _steps(row, side_km)[1]))


@dataclass(frozen=True, slots=True)
class Place:
    """A square and the numbers of the places in it; `shown` where they are enough to tell of."""

    cell: Cell
    members: tuple[int, ...]
    shown: bool


def apart(points: Iterable[tuple[float, float]]) -> int:
    """Count places (longitude, latitude) at least APART_KM from each other, up to FEWEST."""
    found: list[tuple[float, float]] = []
    for x, y in points:
        squeeze = max(cos(radians(y)), LEAST_COSINE)
        if all(hypot((x - a) * squeeze, y - b) * KM_PER_DEGREE >= APART_KM for a, b in found):
            found.append((x, y))
            if len(found) == FEWEST:
                break
    return len(found)


def _gathered(
    points: Sequence[tuple[float, float]], numbers: Sequence[int], side_km: float
) -> dict[Cell, list[int]]:
    """Put places together that share a square."""
    found: dict[Cell, list[int]] = {}
    for number in numbers:
        found.setdefault(cell_of(*points[number], side_km), []).append(number)
    return found


def coarse(points: Sequence[tuple[float, float]], side_km: float) -> tuple[Place, ...]:
    """Gather places in squares of a side, and in wider ones where they are too few.

    Parameters
    ----------
    points : sequence of (longitude, latitude), degrees
    side_km : float

    Returns
    -------
    tuple of Place
        Each place is in one of them. Squares of the widest kind that still hold fewer than
        FEWEST places apart are not `shown`.
    """
    left, found = list(range(len(points))), []
    for step in STEPS:
        squares = _gathered(points, left, step * side_km)
        for cell, members in squares.items():
            if apart(points[number] for number in members) >= FEWEST:
                found.append(Place(cell, tuple(members), True))
            elif step == STEPS[-1]:
                found.append(Place(cell, tuple(members), False))
        placed = {number for place in found for number in place.members}
        left = [number for number in left if number not in placed]
    return tuple(sorted(found, key=lambda one: one.cell))


def hidden(points: Sequence[tuple[float, float]]) -> tuple[Place, ...]:
    """Gather places in squares of WITHHELD_KM, none of which is shown."""
    squares = _gathered(points, range(len(points)), WITHHELD_KM)
    return tuple(Place(cell, tuple(members), False) for cell, members in sorted(squares.items()))
