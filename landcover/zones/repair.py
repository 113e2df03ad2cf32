"""Polygons made valid, and what that changed.

This module knows geometry. It does not know files or ids.
"""

from __future__ import annotations

import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

__all__ = ["oriented", "polygonal", "repaired"]


def polygonal(geometry: BaseGeometry) -> BaseGeometry:
    """Keep only the parts that have an area.

    Examples
    --------
    >>> from shapely.geometry import GeometryCollection, Point, box
    >>> polygonal(GeometryCollection([box(0, 0, 1, 1), Point(5, 5)])).wkt
    'POLYGON ((1 0, 1 1, 0 1, 0 0, 1 0))'
    """
    if isinstance(geometry, Polygon):
        return geometry
    parts = [part for part in _flat(geometry) if isinstance(part, Polygon) and part.area > 0]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _flat(geometry: BaseGeometry) -> list[BaseGeometry]:
    """Take collections apart, down to single shapes."""
    parts = list(shapely.get_parts(geometry))
    if all(part.geom_type != "GeometryCollection" and not _multi(part) for part in parts):
        return parts
    return [single for part in parts for single in _flat(part)]


def _multi(geometry: BaseGeometry) -> bool:
    """Whether a part has parts of its own."""
    return geometry.geom_type.startswith("Multi")


def oriented(geometry: BaseGeometry) -> BaseGeometry:
    """Turn outlines anticlockwise and holes clockwise (RFC 7946)."""
    if isinstance(geometry, Polygon):
        return orient(geometry)
    return MultiPolygon([orient(part) for part in shapely.get_parts(geometry)])


def repaired(geometry: BaseGeometry) -> tuple[BaseGeometry, str]:
    """Make a shape valid and flat.

    Returns
    -------
    geometry
        Valid; of a collection that holds polygons, the polygons alone.
    str
        What was wrong, empty where nothing was.
    """
    flat = shapely.force_2d(geometry)
    reason = "" if flat.is_valid else shapely.is_valid_reason(flat)
    valid = flat if flat.is_valid else shapely.make_valid(flat)
    if shapely.get_dimensions(valid) == 2:
        area = polygonal(valid)
        if valid.geom_type == "GeometryCollection" and not reason:
            reason = "points or lines beside its polygons"
        return area, reason
    return valid, reason
