"""Positions that are missing, impossible or unlikely, each told by its row.

This module knows longitude and latitude. It does not know files or columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from landcover.errors import ZoneError
from landcover.model import Note
from landcover.zones.features import Feature, listed

__all__ = ["Ledger", "check_width", "fault", "swapped", "turned"]

WIDEST_DEGREES = 90.0
"""A zone wider than this is a mistake, or crosses the 180th meridian."""

FAR = 3.0
"""A position is far when it lies this many times farther out than three quarters of all."""

LEAST_SPREAD_DEGREES = 0.5
"""What counts as near, however close together the positions lie."""

APART_DEGREES = 10.0
"""Groups of one job that lie farther apart than this are worth a second look."""

FEWEST = 4
"""Positions below which nothing can be said of one by the others."""


@dataclass(slots=True)
class Ledger:
    """What is wrong with rows: a reason and the rows it holds for."""

    where: str
    rows: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, row: str) -> None:
        """Write down one row."""
        self.rows.setdefault(reason, []).append(row)

    def notes(self, total: int) -> list[Note]:
        """Say each reason once."""
        return [
            Note(
                self.where,
                f"{len(rows)} of {total} {reason} and are left out: {listed(rows)}",
                "Correct them in the file",
            )
            for reason, rows in self.rows.items()
        ]

    def refuse_if_all(self, total: int) -> None:
        """Refuse a file of which nothing is left."""
        if sum(map(len, self.rows.values())) == total:
            reasons = "; ".join(f"{len(r)} {reason}" for reason, r in self.rows.items())
            raise ZoneError(
                self.where, f"nothing can be used: {reasons}", "Check the columns of coordinates"
            )


def fault(geometry: BaseGeometry | None) -> str:
    """Say why a shape cannot be placed on the Earth; empty where it can."""
    if geometry is None or geometry.is_empty:
        return "have no coordinates"
    west, south, east, north = geometry.bounds
    if not np.isfinite([west, south, east, north]).all():
        return "have coordinates that are no place on the Earth (is their CRS right?)"
    if west == south == east == north == 0:
        return "have coordinates 0, 0, which means missing,"
    across, along = max(-west, east), max(-south, north)
    if across <= 180 and along <= 90:
        return ""
    if across <= 90 and along <= 180:
        return "have a latitude beyond 90 degrees (longitude and latitude look swapped)"
    return "lie outside -180 to 180 and -90 to 90 degrees"


def check_width(geometry: BaseGeometry, where: str) -> None:
    """Refuse a shape that spans too much of the Earth."""
    west, _, east, _ = geometry.bounds
    if east - west > WIDEST_DEGREES:
        raise ZoneError(
            where,
            f"it spans {east - west:.0f} degrees of longitude",
            "Cut a shape that crosses the 180th meridian there, and leave world-wide ones out",
        )


def swapped(features: Sequence[Feature], where: str) -> list[Note]:
    """Name positions that would lie among the others if their coordinates changed places."""
    if len(features) < FEWEST:
        return []
    bounds = shapely.bounds([feature.geometry for feature in features])
    places = (bounds[:, :2] + bounds[:, 2:]) / 2
    middle = np.median(places, axis=0)
    out = np.abs(places - middle).max(axis=1)
    near = max(float(np.quantile(out, 0.75)), LEAST_SPREAD_DEGREES)
    back = np.abs(places[:, ::-1] - middle).max(axis=1)
    odd = np.flatnonzero((out > FAR * near) & (back <= FAR / 2 * near))
    if not len(odd):
        return []
    rows = [_named(features[number], places[number]) for number in odd.tolist()]
    what = f"{len(odd)} of {len(features)} are far from the rest and would not be if"
    text = f"{what} longitude and latitude changed places; they are used as given: {listed(rows)}"
    return [Note(where, text, "Correct them in the file if so")]


def _named(feature: Feature, place: NDArray[np.float64]) -> str:
    """Name a row with its position."""
    return f"{feature.row} ({place[0]:.4f}, {place[1]:.4f})"


def turned(groups: Mapping[str, Sequence[Feature]]) -> list[Note]:
    """Name groups that would lie by the others if their coordinates changed places."""
    if len(groups) < 2:
        return []
    bounds = {
        name: shapely.total_bounds([feature.geometry for feature in features])
        for name, features in groups.items()
    }
    notes = []
    for name, own in bounds.items():
        others = np.array([other for key, other in bounds.items() if key != name])
        around = np.concatenate([others[:, :2].min(axis=0), others[:, 2:].max(axis=0)])
        centre = (own[:2] + own[2:]) / 2
        far, back = _outside(centre, around), _outside(centre[::-1], around)
        if far > APART_DEGREES and back < LEAST_SPREAD_DEGREES:
            what = "it lies far from all other groups and would not if longitude and latitude"
            remedy = "Check its columns of coordinates, or theirs"
            notes.append(Note(f"zones.{name}", f"{what} changed places", remedy))
    return notes


def _outside(place: NDArray[np.float64], bounds: NDArray[np.float64]) -> float:
    """Return how far (degrees) a place lies outside bounds; negative within."""
    return float(np.max([bounds[:2] - place, place - bounds[2:]]))
