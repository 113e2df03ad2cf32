"""Columns: the ones a job names, and the ones found by their usual names.

This module knows headers and cells. It does not know files or geometry.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import get_close_matches

from landcover.errors import ZoneError
from landcover.zones.coordinates import decimal_comma, number
from landcover.zones.features import Value

__all__ = ["LATITUDES", "LONGITUDES", "found", "id_text", "nearest_name", "required", "typed"]

LONGITUDES = (
    "longitude", "lon", "long", "lng", "longitude_dd", "lon_dd", "longitude_wgs84", "longitude_e",
    "gps_longitude", "gps_lon", "gps_long", "decimal_longitude", "decimallongitude",
    "longitude_decimale", "coord_x", "x_coord", "xcoord", "x_coordinate", "coordonnee_x",
    "coordonnees_x", "point_x", "pt_x", "geo_x", "utm_x", "x", "easting", "utm_e", "est",
)  # fmt: skip
LATITUDES = (
    "latitude", "lat", "latitude_dd", "lat_dd", "latitude_wgs84", "latitude_n",
    "gps_latitude", "gps_lat", "decimal_latitude", "decimallatitude",
    "latitude_decimale", "coord_y", "y_coord", "ycoord", "y_coordinate", "coordonnee_y",
    "coordonnees_y", "point_y", "pt_y", "geo_y", "utm_y", "y", "northing", "utm_n", "nord",
)  # fmt: skip

WHOLE = re.compile(r"^[-+]?\d+\.0+$")
CODE = re.compile(r"^[-+]?0\d")
"""A leading zero makes a code, not a number."""


def _plain(header: str) -> str:
    """Lower-case a header, without accents, its words joined by underscores."""
    letters = unicodedata.normalize("NFKD", header.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


def found(columns: Sequence[str], usual: Sequence[str]) -> str | None:
    """Find a column by its usual names, best first.

    Examples
    --------
    >>> found(["Nom", "Longitude (DD)", "Latitude (DD)"], LONGITUDES)
    'Longitude (DD)'
    """
    plain = {_plain(column): column for column in reversed(columns)}
    return next((plain[name] for name in usual if name in plain), None)


def nearest_name(name: str, names: Sequence[str]) -> str:
    """Say "Did you mean", or else what there is."""
    folded = {known.casefold(): known for known in names}
    close = get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    if close:
        return f"Did you mean {folded[close[0]]!r}?"
    return f"It has {', '.join(names) or 'none'}"


def required(columns: Sequence[str], name: str, key: str, where: str) -> str:
    """Return `name`, or refuse a job that names a column the file lacks."""
    if name not in columns:
        raise ZoneError(f"{where}.{key}", f"no column {name!r}", nearest_name(name, columns))
    return name


def id_text(value: Value) -> str:
    """Write an id as text: 37043.0 becomes "37043".

    Examples
    --------
    >>> id_text(37043.0), id_text(" 007 "), id_text(None)
    ('37043', '007', '')
    """
    if value is None:
        return ""
    text = str(value).strip()
    return text.split(".", maxsplit=1)[0] if WHOLE.match(text) else text


def typed(cells: Sequence[Value]) -> list[Value]:
    """Turn a column of text into numbers where every filled cell is one, beyond doubt.

    Examples
    --------
    >>> typed(["1,5", "2", None]), typed(["007", "8"])
    ([1.5, 2, None], ['007', '8'])
    """
    clean = [_blank_to_none(cell) for cell in cells]
    if not all(isinstance(cell, str) or cell is None for cell in clean):
        return clean
    if any(CODE.match(str(cell).strip()) for cell in clean if cell is not None):
        return clean
    comma = decimal_comma(clean)
    try:
        return [None if cell is None else _as_number(str(cell), comma) for cell in clean]
    except ValueError:
        return clean


def _blank_to_none(cell: Value) -> Value:
    """Turn an empty cell into None."""
    return None if isinstance(cell, str) and not cell.strip() else cell


def _as_number(text: str, comma: bool) -> int | float:
    """Read a whole number as int, any other as float."""
    value = number(text, comma_is_decimal=comma)
    return int(value) if value.is_integer() and not re.search(r"[.,e]", text.lower()) else value
