"""The satellite's squares over the country: UTM zones, MGRS names, pixel grids."""

from __future__ import annotations

import math

from affine import Affine
from pyproj import Transformer

from landcover.errors import InputError
from landcover.model import Grid
from landcover.synthetic.land import Square

__all__ = ["LAYOUTS", "mgrs_code", "squares_of", "utm_crs"]

LAYOUTS = ("one", "two_squares", "two_zones")
"""Ways to lay the satellite's squares over the country."""

_OVERLAP = (0.4, 0.6)
"""Where the eastern square begins and the western one ends (shares of the width)."""

_COLUMNS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_BANDS = "CDEFGHJKLMNPQRSTUVWX"


def utm_crs(lon: float, lat: float) -> str:
    """Name the UTM zone of a place.

    Examples
    --------
    >>> utm_crs(28.5, 1.6), utm_crs(28.5, -3.4)
    ('EPSG:32635', 'EPSG:32735')
    """
    zone = int((lon + 180) // 6) % 60 + 1
    return f"EPSG:{(32600 if lat >= 0 else 32700) + zone}"


def mgrs_code(crs: str, x_m: float, y_m: float) -> str:
    """Name the 100 km square of a place, as Sentinel-2 tiles are named.

    Examples
    --------
    >>> mgrs_code("EPSG:32635", 667_000, 177_000)
    '35NPB'
    """
    epsg = int(crs.rpartition(":")[2])
    zone = epsg % 100
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    lat = to_degrees.transform(x_m, y_m)[1]
    band = _BANDS[min(max(int((lat + 80) // 8), 0), len(_BANDS) - 1)]
    column = _COLUMNS[(zone - 1) % 3][(int(x_m // 100_000) - 1) % 8]
    shift = 5 if zone % 2 == 0 else 0
    return f"{zone}{band}{column}{_ROWS[(int(y_m // 100_000) + shift) % 20]}"


def squares_of(
    crs: str, left: float, top: float, shape: tuple[int, int], size_m: float, layout: str
) -> tuple[Square, ...]:
    """Lay squares over the country: see `LAYOUTS`."""
    whole = Grid(crs, Affine(size_m, 0, left, 0, -size_m, top), shape)
    if layout == "one":
        return (Square(_code(whole), whole),)
    if layout not in LAYOUTS:
        raise InputError(
            "synthetic country", f"layout is {layout!r}", f"Choose one of {', '.join(LAYOUTS)}"
        )
    begin, end = (2 * round(share * shape[1] / 2) for share in _OVERLAP)
    west = whole.window(0, 0, (shape[0], end))
    east = whole.window(0, begin, (shape[0], shape[1] - begin))
    if layout == "two_zones":
        east = _in_next_zone(east)
    codes = (_code(west), _code(east))
    if codes[0] == codes[1]:
        codes = (codes[0], _code(east, 100_000))
    return (Square(codes[0], west), Square(codes[1], east))


def _code(grid: Grid, shift_m: float = 0) -> str:
    """Name the square that a grid's middle lies in."""
    left, bottom, right, top = grid.bounds
    return mgrs_code(grid.crs, (left + right) / 2 + shift_m, (bottom + top) / 2)


def _in_next_zone(grid: Grid) -> Grid:
    """Return the smallest grid of the next UTM zone to the east that holds a grid."""
    epsg = int(grid.crs.rpartition(":")[2])
    beyond = f"EPSG:{epsg // 100 * 100 + epsg % 100 % 60 + 1}"
    transformer = Transformer.from_crs(grid.crs, beyond, always_xy=True)
    left, bottom, right, top = transformer.transform_bounds(*grid.bounds, densify_pts=41)
    size_m = grid.transform.a
    step = 2 * size_m
    left, top = step * math.floor(left / step), step * math.ceil(top / step)
    shape = (2 * math.ceil((top - bottom) / step), 2 * math.ceil((right - left) / step))
    return Grid(beyond, Affine(size_m, 0, left, 0, -size_m, top), shape)
