"""A reference system as QGIS projects name it.

It knows how QGIS reads one. It transforms nothing.
"""

from __future__ import annotations

from functools import lru_cache
from xml.etree import ElementTree as ET

from landcover.outputs.qgis.elements import add

__all__ = ["DEGREES", "add_crs", "crs_name"]

DEGREES = "EPSG:4326"
"""Longitude and latitude, WGS 84."""


@lru_cache(maxsize=8)
def _told(crs: str) -> tuple[str, str]:
    """Return a system's authority and code (empty where it has none) and its WKT."""
    from pyproj import CRS

    known = CRS.from_user_input(crs)
    authority = known.to_authority(min_confidence=100)
    return ":".join(authority) if authority else "", known.to_wkt()


def crs_name(crs: str) -> str:
    """Return a system's authority and code, else its own name, else that of its projection."""
    from pyproj import CRS

    known = CRS.from_user_input(crs)
    made = known.coordinate_operation
    name = made.method_name if known.name == "unknown" and made else known.name
    return _told(crs)[0] or name


def add_crs(parent: ET.Element, crs: str) -> None:
    """Append a system: by its code where it has one, and by its definition in any case."""
    authority, wkt = _told(crs)
    system = add(parent, "spatialrefsys")
    add(system, "wkt", wkt)
    add(system, "authid", authority)
