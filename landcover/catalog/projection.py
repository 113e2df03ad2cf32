"""Where an asset's pixels lie: CRS, transform and shape from the projection extension.

It knows the extension's fields of STAC 1.0 and 1.1, on the asset or the item. It opens no file:
an item without these fields cannot be planned.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from affine import Affine
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from landcover.errors import SceneError

__all__ = ["Plane", "lies_apart", "plane"]

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,30}:[A-Za-z0-9_.-]{1,30}\Z")
_WKT = re.compile(r"\s*[A-Z][A-Z0-9_]*\s*[\[(].{1,20000}\Z", re.DOTALL)

MOST_PIXELS = 10_000_000
"""Longest believable side of a file (px)."""


APART_DEG = 1.0
"""Gap between a file's pixels and its item's bounds (degrees) that no sloppy outline explains: the
next UTM zone is six away, and the other hemisphere's northing 90."""


@dataclass(frozen=True, slots=True)
class Plane:
    """CRS (authority code or WKT), transform and shape (rows, columns) of one asset."""

    crs: str
    transform: Affine
    shape: tuple[int, int]


def plane(properties: Mapping[str, Any], asset: Mapping[str, Any]) -> Plane:
    """Read an asset's pixel plane; the asset's own fields win over the item's.

    Raises
    ------
    SceneError
        A field is missing or makes no sense.
    """
    for fields in (asset, properties):
        crs = _crs(fields)
        if crs:
            break
    else:
        raise SceneError("projection", "no projection fields: CRS is missing")
    shape = _shape(_either("proj:shape", asset, properties))
    transform = _transform(asset, properties, shape)
    return Plane(crs, transform, shape)


def lies_apart(plane: Plane, bounds: tuple[float, float, float, float]) -> bool:
    """Whether a plane's pixels lie wholly elsewhere than bounds (degrees): its CRS is wrong.

    Of bounds over the antimeridian, and planes that go round the Earth, the latitude alone counts.
    """
    rows, columns = plane.shape
    at = [plane.transform @ (x * columns / 2, y * rows / 2) for x in range(3) for y in range(3)]
    found = _to_degrees(plane.crs).transform(*np.array(at).T)
    lon, lat = (one[np.isfinite(one)] for one in found)
    west, south, east, north = bounds
    if not lon.size or not lat.size:
        return True
    if lat.min() > north + APART_DEG or lat.max() < south - APART_DEG:
        return True
    if not 0 <= east - west <= 180 or np.ptp(lon) > 180:
        return False
    middle, reach = (lon.min() + lon.max()) / 2, (np.ptp(lon) + east - west) / 2 + APART_DEG
    away = (middle - (west + east) / 2 + 180) % 360 - 180
    return bool(abs(away) > reach)


@lru_cache(maxsize=256)
def _to_degrees(crs: str) -> Transformer:
    """Return what takes x and y to longitude and latitude."""
    return Transformer.from_crs(crs, "EPSG:4326", always_xy=True)


def _either(key: str, *places: Mapping[str, Any]) -> Any:
    """Return the first value that is there."""
    return next((p[key] for p in places if p.get(key) is not None), None)


def _crs(fields: Mapping[str, Any]) -> str:
    """Return the CRS that these fields give, or nothing."""
    code = fields.get("proj:code")
    if code is None and fields.get("proj:epsg") is not None:
        code = f"EPSG:{fields['proj:epsg']}"
    if code is not None:
        return _checked(_spelt(_CODE, str(code)))
    if fields.get("proj:wkt2"):
        return _checked(_spelt(_WKT, str(fields["proj:wkt2"])))
    if isinstance(fields.get("proj:projjson"), dict):
        return _checked(json.dumps(fields["proj:projjson"], sort_keys=True))
    return ""


def _spelt(form: re.Pattern[str], text: str) -> str:
    """Refuse what PROJ could take for anything but a code or WKT: it opens files by some texts."""
    if not form.match(text) or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise SceneError("projection", f"unknown CRS {ascii(text)[:60]}")
    return text


@lru_cache(maxsize=256)
def _checked(text: str) -> str:
    """Return an authority code where the CRS has one, else WKT."""
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise SceneError("projection", f"unknown CRS {text[:60]!r}") from None
    authority = crs.to_authority(min_confidence=100)
    return ":".join(authority) if authority else str(crs.to_wkt())


def _shape(given: Any) -> tuple[int, int]:
    """Check a shape [rows, columns]."""
    if given is None:
        raise SceneError("projection", "no projection fields: proj:shape is missing")
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise SceneError("projection", "proj:shape is not [rows, columns]")
    rows, columns = map(_finite, given)
    if not (1 <= rows <= MOST_PIXELS and 1 <= columns <= MOST_PIXELS):
        raise SceneError("projection", f"proj:shape {str(given)[:40]} is not believable")
    return (int(rows), int(columns))


def _finite(given: Any) -> float:
    """Return a number, or NaN for anything else."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return math.nan
    try:
        return float(given) if math.isfinite(given) else math.nan
    except OverflowError:  # JSON's integers have no end
        return math.nan


def _transform(
    asset: Mapping[str, Any], properties: Mapping[str, Any], shape: tuple[int, int]
) -> Affine:
    """Read the transform, or make it from the bounds."""
    given = _either("proj:transform", asset, properties)
    if given is None:
        given = _from_bounds(_either("proj:bbox", asset, properties), shape)
    if not isinstance(given, list | tuple) or len(given) not in (6, 9):
        raise SceneError("projection", "proj:transform is not 6 or 9 numbers")
    a, b, c, d, e, f = map(_finite, given[:6])
    if not all(map(math.isfinite, (a, b, c, d, e, f))):
        raise SceneError("projection", "proj:transform is not 6 or 9 numbers")
    if b or d or a <= 0 or e >= 0:
        raise SceneError("projection", "its pixels are rotated or mirrored")
    return Affine(a, b, c, d, e, f)


def _from_bounds(bounds: Any, shape: tuple[int, int]) -> tuple[float, ...]:
    """Make the transform of a file with these bounds (left, bottom, right, top)."""
    if not isinstance(bounds, list | tuple) or len(bounds) != 4:
        raise SceneError("projection", "no projection fields: proj:transform is missing")
    left, bottom, right, top = map(_finite, bounds)
    rows, columns = shape
    return ((right - left) / columns, 0.0, left, 0.0, (bottom - top) / rows, top)
