"""Where places lie: in which region, and how far from which reserve.

This module knows zones and shapes on the ellipsoid. It does not know tables or files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from landcover.model import Zone
from landcover.zones.ellipsoid import segments
from landcover.zones.nearest_site import nearest_site

__all__ = ["Whereabouts", "whereabouts"]

GeometryArray = NDArray[np.object_]

AT_A_TIME = 512
"""Places measured at once (number): each has many pieces of outlines that may be the nearest."""


class Whereabouts(NamedTuple):
    """Where one place lies; empty where a job has no such zones, or the place is in none.

    `distance_m` is 0 within or at the edge of the reserve, and None without any reserve.
    """

    territory_id: str | None = None
    territory_name: str | None = None
    reserve_id: str | None = None
    reserve_name: str | None = None
    distance_m: float | None = None


def whereabouts(shapes: Sequence[object], zones: Sequence[Zone]) -> list[Whereabouts]:
    """Find for each place the region that it lies in, and the nearest reserve.

    Parameters
    ----------
    shapes : sequence of points, lines or polygons, degrees
    zones : sequence of Zone
        Of them those of the kinds `region` and `reserve` count.

    Returns
    -------
    list of Whereabouts
        A region holds a line or polygon where it holds a point amid it. Of several regions, and
        of reserves that hold a place, the smallest counts. Distances are geodesic, between the
        nearest places of both, right to 0.1 % within 100 km.
    """
    places = np.asarray(shapes, np.object_)
    regions = _smallest_first(zones, "region")
    reserves = _smallest_first(zones, "reserve")
    within = _first_of(shapely.point_on_surface(places), regions)
    nearest, apart_m = _nearest(places, reserves)
    return [
        Whereabouts(*_named(regions, n), *_named(reserves, k), None if k < 0 else metres)
        for n, k, metres in zip(within.tolist(), nearest.tolist(), apart_m.tolist(), strict=True)
    ]


def _smallest_first(zones: Sequence[Zone], kind: str) -> list[Zone]:
    """Return zones of a kind by their size."""
    return sorted((one for one in zones if one.kind == kind), key=lambda one: (one.area_ha, one.id))


def _named(zones: Sequence[Zone], number: int) -> tuple[str | None, str | None]:
    """Return id and name of a zone; None for number -1."""
    return (None, None) if number < 0 else (zones[number].id, zones[number].name)


def _first_of(places: GeometryArray, zones: Sequence[Zone]) -> NDArray[np.int64]:
    """Return for each place the first zone that it lies in or touches; -1 for none."""
    found = np.full(len(places), len(zones))
    tree = shapely.STRtree([zone.geometry for zone in zones])
    place, zone = tree.query(places, predicate="intersects")
    np.minimum.at(found, place, zone)
    return np.where(found == len(zones), -1, found)


def _pieces(zone: Zone) -> GeometryArray:
    """Cut the outline of a zone into short straight lines."""
    return np.asarray(shapely.linestrings(segments(zone.geometry)), np.object_)


def _nearest(
    places: GeometryArray, reserves: Sequence[Zone]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each place its nearest reserve, and how far that is (m)."""
    number, apart_m = _first_of(places, reserves), np.zeros(len(places))
    outside = np.flatnonzero(number < 0)
    if not len(outside) or not reserves:
        return number, apart_m
    # outlines in short pieces: of a large reserve only those are measured that are near
    cut = [_pieces(zone) for zone in reserves]
    owner = np.repeat(np.arange(len(cut)), [len(pieces) for pieces in cut])
    pieces: GeometryArray = np.concatenate(cut)
    for start in range(0, len(outside), AT_A_TIME):
        some = outside[start : start + AT_A_TIME]
        nearest, apart_m[some] = nearest_site(places[some], pieces)
        number[some] = owner[nearest]
    return number, apart_m
