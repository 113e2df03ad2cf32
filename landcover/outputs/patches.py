"""``patches.gpkg`` and ``patches.csv``: disturbances as polygons, with when, how large, how sure.

It knows how patches are listed and written. It does not know how breaks were found.

A patch's id is made of the day and the place of the pixel that broke first (of several the
northernmost, of these the westernmost), so it stays while later breaks are added to it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from landcover.kernels.breaks import (
    ABRUPT,
    CONFIRMED,
    GRADUAL,
    LOW,
    NONE,
    PROVISIONAL,
    RECOVERING,
)
from landcover.kernels.patches import Broken, Figures, connect, figures
from landcover.model import Grid, Zone
from landcover.outputs.geopackage import GeoLayer, write_geopackage
from landcover.outputs.patch_parts import (
    PART_COLUMNS,
    YEAR_COLUMNS,
    Parts,
    parts_of,
    patch_years,
)
from landcover.outputs.sheets import Cell, Table
from landcover.raster.area import Lattice, lattice_of
from landcover.raster.outlines import outlines
from landcover.raster.planes import transformer
from landcover.zones.features import Feature
from landcover.zones.nearest_site import nearest_site

__all__ = [
    "COLUMNS",
    "Held",
    "Patches",
    "held_by",
    "nearest_to",
    "patch_table",
    "patches",
    "write_patches",
]

EPOCH = date(1970, 1, 1)

SQUARE_METRES_PER_HECTARE = 10_000.0
"""By definition."""

KIND_NAMES = {ABRUPT: "abrupt", GRADUAL: "gradual", RECOVERING: "recovering"}
CONFIDENCE_NAMES = {NONE: "none", LOW: "low", PROVISIONAL: "provisional", CONFIRMED: "confirmed"}

SAME_SHARE = 1e-6
"""Shares of a patch within this of each other are equal (no unit): rounding of overlays."""

COLUMNS = (
    "patch_id", "first_date", "median_date", "last_date", "last_clear_date", "area_ha",
    *PART_COLUMNS, "pixels", "index", "drop", "recovered_fraction_12_months",
    "recovered_fraction_24_months", "kind", "confidence", "lon", "lat", "zone_id", "zone_kind",
    "zone_fraction", "zone_ids", "nearest_site_id", "nearest_site_name", "distance_m",
)  # fmt: skip
"""Columns of ``patches.csv``, and attributes of ``patches.gpkg``."""

NO_YEARS = Table(YEAR_COLUMNS, ())
"""``patch_years.csv`` of no patch."""

Geometries = NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """Patches in the order of their first days, then from north to south and west to east.

    `rows` are the cells of `COLUMNS`; `geometry` are the pixels' outlines in `crs`; `years` is
    ``patch_years.csv``.
    """

    rows: tuple[tuple[Cell, ...], ...]
    geometry: Geometries
    crs: str
    years: Table = NO_YEARS


def _name(day: int, row: int, column: int, lattice: Lattice) -> str:
    """Name a patch: the day it began, and eight letters that stand for its first pixel."""
    place = f"{lattice.crs} {lattice.x_size!r} {lattice.y_size!r} {row} {column}"
    digest = hashlib.sha256(place.encode()).digest()
    return f"{_date(day):%Y%m%d}-{base64.b32encode(digest)[:8].decode().lower()}"


def _date(day: int) -> date:
    """Return the day that lies so many after 1970-01-01."""
    return EPOCH + timedelta(days=day)


def _real(value: np.floating[Any]) -> float | None:
    """Return a number; None where there is none."""
    return None if np.isnan(value) else float(value)


class Held(NamedTuple):
    """The zone that holds most of a patch, the share it holds, and all that hold any."""

    zone: Zone | None
    share: float | None
    all: str


def _shares(shapes: Geometries, zones: Geometries) -> list[dict[int, float]]:
    """Return for each shape the share of it that each zone holds."""
    shapely.prepare(zones)
    held: list[dict[int, float]] = [{} for _ in shapes]
    shape, zone = shapely.STRtree(zones).query(shapes, predicate="intersects")
    whole = shapely.covers(zones[zone], shapes[shape])
    share = np.ones(len(shape))
    cut = shapely.intersection(zones[zone[~whole]], shapes[shape[~whole]])
    share[~whole] = shapely.area(cut) / shapely.area(shapes[shape[~whole]])
    for one, number, part in zip(shape.tolist(), zone.tolist(), share.tolist(), strict=True):
        if part > SAME_SHARE:
            held[one][number] = part
    return held


def held_by(shapes: Geometries, zones: Sequence[Zone]) -> list[Held]:
    """Find the zone of each patch: that with the largest share, of equal ones the smallest."""
    found = []
    for held in _shares(shapes, np.array([zone.geometry for zone in zones], np.object_)):
        if not held:
            found.append(Held(None, None, ""))
            continue
        most = max(held.values())
        equal = [number for number, share in held.items() if share >= most - SAME_SHARE]
        best = min(equal, key=lambda number: (zones[number].area_ha, number))
        listed = ";".join(zones[number].id for number in sorted(held))
        found.append(Held(zones[best], min(held[best], 1.0), listed))
    return found


def nearest_to(shapes: Geometries, sites: Sequence[Feature]) -> list[tuple[Cell, Cell, Cell]]:
    """Return id, name and distance (m) of the site nearest to each patch."""
    if not sites:
        return [(None, None, None)] * len(shapes)
    number, apart = nearest_site(shapes, np.array([one.geometry for one in sites], np.object_))
    return [
        (sites[k].id, sites[k].name, metres)
        for k, metres in zip(number.tolist(), apart.tolist(), strict=True)
    ]


def _in_degrees(shapes: Geometries, crs: str) -> Geometries:
    """Return shapes in longitude and latitude."""
    way = transformer(crs, "EPSG:4326")
    return np.asarray(
        shapely.transform(shapes, lambda p: np.column_stack(way.transform(p[:, 0], p[:, 1]))),
        np.object_,
    )


def _own_cells(
    found: Figures, parts: Parts, k: int, lattice: Lattice, index: str
) -> tuple[Cell, ...]:
    """Return the cells that a patch's own breaks tell."""
    first = int(found.first_day[k])
    days = (first, int(found.median_day[k]), int(found.last_day[k]), int(found.before[k]))
    return (
        _name(first, int(found.first_row[k]), int(found.first_column[k]), lattice),
        *(_date(day) if day >= 0 else None for day in days),
        float(found.area_m2[k]) / SQUARE_METRES_PER_HECTARE,
        *parts.of_patch[k].tolist(),
        int(found.pixels[k]),
        index,
        _real(found.drop[k]),
        _real(found.recovered_12[k]),
        _real(found.recovered_24[k]),
        KIND_NAMES.get(int(found.kind[k]), ""),
        CONFIDENCE_NAMES[int(found.confidence[k])],
    )


def patches(
    broken: Broken,
    grid: Grid,
    zones: Sequence[Zone],
    sites: Sequence[Feature],
    near_days: int,
    index: str,
    watch_start: date,
) -> Patches:
    """Join breaks into patches, and say of each when, where, how large and how sure.

    Parameters
    ----------
    broken : Broken
        Breaks of the whole run that are mapped; rows and columns are those of the grid's lattice
        (see `lattice_of`).
    grid : Grid
        The job's.
    zones : sequence of Zone
    sites : sequence of Feature
        Shapes of sites in degrees, to tell the nearest.
    near_days : int, days
        Breaks of touching pixels no farther apart than this are one disturbance.
    index : str
        What the drop is one of.
    watch_start : date
        First day on which breaks were looked for.

    Returns
    -------
    Patches
        The same whatever the tiles. `zone_id` is the zone with the largest share, of equal
        ones the smallest (a ring before the reserve round it); `zone_ids` are all, joined
        by ``;``. `lon` and `lat` are a place within the patch. `kind` is that of most of its
        breaks, each its own; where `recovered_fraction_24_months` is empty nobody saw the patch
        24 months later, and what is abrupt or gradual may still turn out recovering.
    """
    lattice, _, _ = lattice_of(grid)
    label = connect(broken.row, broken.column, broken.day, near_days)
    found, parts = figures(broken, label), parts_of(broken, label, watch_start)
    shapes = outlines(lattice, broken.row, broken.column, label)
    degrees = _in_degrees(shapes, grid.crs)
    points = shapely.get_coordinates(shapely.point_on_surface(degrees)).tolist()
    places, nearest = held_by(degrees, zones), nearest_to(degrees, sites)
    rows = []
    order = np.lexsort((found.first_column, found.first_row, found.first_day))
    for k in order.tolist():
        zone, share, listed = places[k]
        where = (zone.id, zone.kind) if zone else (None, None)
        own = _own_cells(found, parts, k, lattice, index)
        rows.append((*own, *points[k], *where, share, listed or None, *nearest[k]))
    years = patch_years(parts, order, [row[0] for row in rows])
    return Patches(tuple(rows), shapes[order], grid.crs, years._replace(rows=tuple(years.rows)))


def patch_table(found: Patches) -> Table:
    """Make ``patches.csv``: one row a patch."""
    return Table(COLUMNS, found.rows)


_TEXT = frozenset(name for name in COLUMNS if name.endswith(("_id", "_ids", "_name", "kind"))) | {
    "index",
    "confidence",
}


def _column(name: str, cells: Any) -> Any:
    """Return a column with a type, whether it has rows or not."""
    import pandas as pd

    if name.endswith("_date"):
        return pd.to_datetime(pd.Series(cells, dtype=object), errors="coerce")
    if name in _TEXT:
        return pd.Series(cells, dtype=object)
    return pd.Series(cells, dtype="int64" if name == "pixels" else "float64")


def write_patches(path: Path, found: Patches) -> int:
    """Write ``patches.gpkg``: polygons in the grid's CRS, along the pixels' edges.

    Parameters
    ----------
    path : Path
    found : Patches

    Returns
    -------
    int
        Number of patches.

    Raises
    ------
    DiskFullError
        The disk filled up; what was at `path` is still there.
    """
    import geopandas as gpd

    cells: Mapping[str, Any] = {
        name: _column(name, [row[k] for row in found.rows]) for k, name in enumerate(COLUMNS)
    }
    frame = gpd.GeoDataFrame(cells, geometry=list(_as_parts(found.geometry)), crs=found.crs)
    write_geopackage(path, (GeoLayer("patches", frame, "MultiPolygon"),))
    return len(found.rows)


def _as_parts(shapes: Geometries) -> Geometries:
    """Make every polygon one of several parts: a layer holds one type of shape."""
    whole = [
        shape if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape])
        for shape in shapes
    ]
    return np.array(whole, np.object_)
