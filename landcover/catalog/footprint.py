"""Where an item lies on the Earth: its outline and its bounds in degrees.

It knows GeoJSON and the antimeridian. It does not know why anyone asks.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from landcover.errors import SceneError

__all__ = ["Bounds", "box_of", "centre_longitude", "compact", "footprint", "outline"]

Bounds = tuple[float, float, float, float]
"""(west, south, east, north) in degrees; west > east where it crosses the antimeridian."""

LONGEST_OUTLINE = 900
"""Characters of an outline kept in the lock, so that an item stays under 2 kB."""

HALF_TURN_DEG = 180.0
"""No scene is as wide: bounds that are lie around the antimeridian, or a pole."""

NEAR_ANTIMERIDIAN_DEG = 135.0
"""Least longitude, east or west, of the corners of an outline on the antimeridian."""

DIGITS = 5
"""Decimals kept of degrees: 1 m, a tenth of a pixel."""


def footprint(item: Mapping[str, Any]) -> Bounds:
    """Return an item's bounds: its bbox, else those of its geometry.

    Raises
    ------
    SceneError
        It has neither.
    """
    given = item.get("bbox")
    if isinstance(given, list | tuple) and len(given) in (4, 6):
        half = len(given) // 2
        bounds = (given[0], given[1], given[half], given[half + 1])
    else:
        bounds = _geometry(item).bounds
    try:
        west, south, east, north = (float(n) for n in bounds)
    except (TypeError, ValueError, OverflowError):
        raise SceneError("geometry", "its bbox is not numbers") from None
    if not (-90 <= south <= north <= 90 and abs(west) <= 360 and abs(east) <= 360):
        raise SceneError("geometry", "its bbox is not in degrees")
    if east - west > HALF_TURN_DEG and item.get("geometry"):
        west, east = _across(_geometry(item), west, east)
    return (west, south, east, north)


def _across(geometry: BaseGeometry, west: float, east: float) -> tuple[float, float]:
    """Return the sides of an outline on the antimeridian, whose bounds go round the Earth.

    Catalogs cut such outlines in two, or let a ring jump from 180 to -180; then every corner
    lies near that meridian. Any other outline keeps its bounds.
    """
    longitudes = shapely.get_coordinates(geometry)[:, 0]
    if (abs(longitudes) < NEAR_ANTIMERIDIAN_DEG).any():
        return west, east
    left, right = longitudes[longitudes > 0], longitudes[longitudes < 0]
    if not left.size or not right.size or (left.min() == 180 and right.max() == -180):
        return west, east  # the last is the whole Earth
    return float(left.min()), float(right.max())


def centre_longitude(bounds: Bounds) -> float:
    """Return the middle longitude (degrees), also across the antimeridian.

    Examples
    --------
    >>> centre_longitude((10.0, 0.0, 12.0, 1.0))
    11.0
    >>> centre_longitude((179.0, 0.0, -177.0, 1.0))
    -179.0
    """
    west, _, east, _ = bounds
    middle = (west + east + (360 if west > east else 0)) / 2
    return middle - 360 if middle > 180 else middle + 360 if middle < -180 else middle


def outline(item: Mapping[str, Any]) -> BaseGeometry:
    """Return an item's valid outline in degrees: its geometry, else its bbox."""
    if item.get("geometry"):
        geometry = _geometry(item)
        return geometry if geometry.is_valid else shapely.make_valid(geometry)
    return box_of(footprint(item))


def box_of(bounds: Bounds) -> BaseGeometry:
    """Return the outline of bounds: two boxes where they cross the antimeridian."""
    west, south, east, north = bounds
    if west <= east:
        return shapely.box(west, south, east, north)
    return shapely.union(
        shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)
    )


def _geometry(item: Mapping[str, Any]) -> BaseGeometry:
    """Read the GeoJSON geometry."""
    if not item.get("geometry"):
        raise SceneError("geometry", "it has no geometry")
    try:
        geometry = shape(item["geometry"])
    except Exception:  # shapely raises its own, KeyError, TypeError, ValueError and more
        raise SceneError("geometry", "its geometry cannot be read") from None
    if geometry.is_empty or not all(map(math.isfinite, geometry.bounds)):
        raise SceneError("geometry", "it has no geometry")
    return geometry


def compact(item: Mapping[str, Any]) -> str:
    """Return an item's outline as short GeoJSON text, empty where it has none.

    A long outline becomes its convex hull, then its box: it never loses ground.
    """
    if not item.get("geometry"):
        return ""
    geometry = _geometry(item)
    hull = geometry.convex_hull
    for candidate in (geometry, hull, shapely.box(*geometry.bounds)):
        text = _text(candidate)
        if len(text) <= LONGEST_OUTLINE:
            break
    return text


def _text(geometry: BaseGeometry) -> str:
    rounded = shapely.transform(geometry, lambda points: points.round(DIGITS))
    return json.dumps(mapping(rounded), separators=(",", ":"))
