"""Planes: which coordinate systems share a lattice, and which one to choose for a job.

It knows projections and whole-pixel shifts. It does not know scenes' contents.
"""

from __future__ import annotations

from functools import lru_cache

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from landcover.errors import InputError

__all__ = [
    "UTM_REACH_DEGREES",
    "equal_area_plane",
    "metres_per_unit",
    "parse_crs",
    "plane_shift",
    "transformer",
    "utm_plane",
    "utm_zone",
]

UTM_FALSE_NORTHING_M = 10_000_000.0
"""What southern UTM zones add to northings (metres), by definition of UTM."""

UTM_REACH_DEGREES = 4.5
"""How far from its meridian one UTM zone is used (degrees): areas stay within 0.3 %."""

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (metres), IUGG."""

LATTICE_TOLERANCE_PX = 1e-3
"""Two lattices are one when their corners agree to this share of a pixel (px)."""


@lru_cache(maxsize=256)
def parse_crs(text: str) -> CRS:
    """Parse an authority code or WKT; raise `InputError` where it is unknown."""
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise InputError(
            text[:60], "is not a coordinate system that PROJ knows", "Write one such as EPSG:32635"
        ) from error


@lru_cache(maxsize=256)
def _code(text: str) -> int | None:
    """Return the EPSG number of a CRS, None where it has none."""
    code: int | None = parse_crs(text).to_epsg()
    return code


def utm_zone(crs: str) -> tuple[int, bool] | None:
    """Return (zone, north) of a WGS 84 / UTM code, None for any other CRS."""
    code = _code(crs)
    if code is not None and 32601 <= code <= 32660:
        return code - 32600, True
    if code is not None and 32701 <= code <= 32760:
        return code - 32700, False
    return None


@lru_cache(maxsize=1024)
def plane_shift(crs: str, to: str) -> float | None:
    """Metres to add to northings of `crs` to stand in the plane of `to`.

    Returns
    -------
    float or None
        0 for one and the same CRS, plus or minus 10,000,000 between the north and the south
        of one UTM zone, None where only a warp leads from one to the other.
    """
    if crs == to:
        return 0.0
    here, there = utm_zone(crs), utm_zone(to)
    if here is None or there is None:
        return 0.0 if parse_crs(crs) == parse_crs(to) else None
    if here[0] != there[0]:
        return None
    return (float(here[1]) - float(there[1])) * UTM_FALSE_NORTHING_M


@lru_cache(maxsize=256)
def metres_per_unit(crs: str) -> float:
    """Return the length of a CRS's unit on the ground, along y (metres)."""
    axis = parse_crs(crs).axis_info[-1]
    angle = parse_crs(crs).is_geographic
    return float(axis.unit_conversion_factor) * (EARTH_RADIUS_M if angle else 1.0)


def utm_plane(west: float, east: float, middle_latitude: float) -> str | None:
    """Return the one UTM zone whose reach holds [west, east], None where none does."""
    zone = min(int((((west + east) / 2) + 180) // 6) + 1, 60)  # 180 degrees closes zone 60
    meridian = zone * 6 - 183
    if max(abs(west - meridian), abs(east - meridian)) > UTM_REACH_DEGREES:
        return None
    return f"EPSG:{(32600 if middle_latitude >= 0 else 32700) + zone}"


def equal_area_plane(longitude: float, latitude: float) -> str:
    """Return Lambert's azimuthal equal-area plane centred there (WKT, metres)."""
    text = f"+proj=laea +lat_0={latitude:.4f} +lon_0={longitude:.4f} +datum=WGS84 +units=m"
    wkt: str = CRS.from_proj4(text).to_wkt()
    return wkt


@lru_cache(maxsize=256)
def transformer(crs: str, to: str) -> Transformer:
    """Return a transformer with x before y in both systems."""
    return Transformer.from_crs(parse_crs(crs), parse_crs(to), always_xy=True)
