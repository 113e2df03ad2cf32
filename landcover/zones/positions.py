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

__all__ = ["Ledger", "check_width", "fault", "turned", "unlikely"]

WIDEST_DEGREES = 90.0
"""A zone wider than this is a mistake, or crosses the 180th meridian."""

FAR = 3.0
"""A position is far when it lies this many times farther out than three quarters of all."""

LEAST_SPREAD_DEGREES = 0.5
"""What counts as near, however close together the positions lie."""

APART_DEGREES = 10.0
"""Groups or positions of one job farther apart than this are worth a second look."""

FEWEST = 4
"""Positions below which their middle says nothing: one of three moves it."""

FEW_SPREAD_DEGREES = 2.0
"""What counts as near among so few: three times this is more than sites of one study span."""


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


def unlikely(features: Sequence[Feature], where: str) -> list[Note]:
    """Name positions far from the others: those that swapped coordinates would explain first.

    Parameters
    ----------
    features : sequence of Feature
        Of one group, in longitude and latitude.
    where : str
        The group, as a person wrote it.

    Returns
    -------
    list of Note
        Each with its rows. Positions are used as given.
    """
    if len(features) < 2:
        return []
    bounds = shapely.bounds([feature.geometry for feature in features])
    places = (bounds[:, :2] + bounds[:, 2:]) / 2
    seen = _from_others(places) if len(features) < FEWEST else _from_middle(places)
    far = seen.out > FAR * seen.near
    likely = far & (seen.back <= seen.enough)
    lost = far & ~likely & (seen.out > APART_DEGREES)
    notes = []
    for odd, reason in ((likely, _SWAP), (lost, "")):
        rows = [_named(features[number], places[number]) for number in np.flatnonzero(odd).tolist()]
        if rows:
            text = f"{_told(rows, len(features), reason)}; they are used as given: {listed(rows)}"
            notes.append(Note(where, text, "Correct them in the file if they are mistaken"))
    return notes


_SWAP = "and would not be if longitude and latitude changed places"


def _told(rows: Sequence[str], total: int, reason: str) -> str:
    """Say how many are far; of two, nobody knows which."""
    if total == 2:
        start = "its two positions are far from each other"
        return f"{start} {reason} in one of them" if reason else start
    start = f"{len(rows)} of {total} are far from the rest"
    return f"{start} {reason}" if reason else start


@dataclass(frozen=True, slots=True)
class _Seen:
    """How far positions lie from others (degrees, (N,)): as they are, and turned.

    `near` is what counts as near; turned, a position is back where `back` <= `enough`.
    """

    out: NDArray[np.float64]
    near: NDArray[np.float64]
    back: NDArray[np.float64]
    enough: NDArray[np.float64]


def _from_middle(places: NDArray[np.float64]) -> _Seen:
    """Look at many positions from their middle; three quarters of them say what is near."""
    middle = np.median(places, axis=0)
    out = np.abs(places - middle).max(axis=1)
    back = np.abs(places[:, ::-1] - middle).max(axis=1)
    near = np.full(len(out), max(float(np.quantile(out, 0.75)), LEAST_SPREAD_DEGREES))
    return _Seen(out, near, back, FAR / 2 * near)


def _from_others(places: NDArray[np.float64]) -> _Seen:
    """Look at each of few positions from its nearest other; the others say what is near.

    A swap is strong evidence even with one other: it must take away most of the distance.
    """
    count = len(places)
    apart = np.abs(places[:, np.newaxis] - places).max(axis=2)
    turned = np.abs(places[:, np.newaxis, ::-1] - places).max(axis=2)
    others = [np.delete(np.arange(count), number) for number in range(count)]
    out = np.array([apart[n, rest].min() for n, rest in enumerate(others)])
    back = np.array([turned[n, rest].min() for n, rest in enumerate(others)])
    spread = np.array([apart[np.ix_(rest, rest)].max() / 2 for rest in others])
    near = np.maximum(spread, FEW_SPREAD_DEGREES)
    return _Seen(out, near, back, out / FAR)


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
