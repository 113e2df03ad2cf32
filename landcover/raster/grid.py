"""Choosing the job's pixel plane, and cutting it into tiles.

It knows zones' bounds and where scenes' files lie. It reads nothing.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine

from landcover.errors import InputError, PlanError
from landcover.model import Asset, Grid, Note, Scene, Tile, Zone
from landcover.raster.placing import lattice, placement
from landcover.raster.planes import (
    equal_area_plane,
    parse_crs,
    plane_shift,
    transformer,
    utm_plane,
)
from landcover.raster.settings import GridSettings

__all__ = ["Anchor", "anchors", "choose_grid", "cut_tiles", "make_tile", "project_bounds"]

MAX_EXTENT_M = 5_000_000.0
"""Longest side of a job's grid (m): wider than DR Congo and its neighbours together."""

EDGE_DEGREES = 0.01
"""Longest edge when outlines are projected (degrees): its bulge stays below 0.1 m."""

SNAP_SLACK_PX = 1e-3
"""How far a zone may reach over a pixel's edge without drawing that pixel in (px): outlines on
the lattice miss it by a rounding of their degrees, 0.1 mm, and a centimetre is no land."""

MAX_ANCHORS = 64
"""More lattice corners than this along one axis are not cut on: chips, not a tiling scheme."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A lattice of blocks in the grid's plane: the corner where it starts and its block side.

    All in pixels of the grid, counted from the grid's corner; the lattice may start outside.
    """

    row: int
    column: int
    block: int


def project_bounds(zone: Zone, crs: str) -> tuple[float, float, float, float]:
    """Return the (left, bottom, right, top) of a zone's outline in `crs`.

    Raises
    ------
    PlanError
        The zone lies where the CRS has no coordinates.
    """
    outline = shapely.get_coordinates(shapely.segmentize(zone.geometry, EDGE_DEGREES))
    x, y = transformer("EPSG:4326", crs).transform(outline[:, 0], outline[:, 1])
    left, bottom, right, top = (float(one) for one in (x.min(), y.min(), x.max(), y.max()))
    if not all(map(math.isfinite, (left, bottom, right, top))):
        raise PlanError(
            f"zone {zone.id}",
            f"does not lie where {crs[:40]} is defined",
            "Check its coordinates, or choose another grid.crs",
        )
    return (left, bottom, right, top)


def _value_assets(scenes: Sequence[Scene]) -> list[tuple[Asset, str]]:
    """Return the file that gives each scene its lattice, with its CRS."""
    found = []
    for scene in scenes:
        finest = lattice(scene, scene.assets.values())
        if finest is not None:
            found.append((finest, scene.crs))
    return found


def _common_plane(assets: list[tuple[Asset, str]]) -> tuple[str, float] | None:
    """Return (CRS, pixel side) where all scenes share one lattice, None where they do not."""
    if not assets or not all(_is_metric(crs) for crs in {crs for _, crs in assets}):
        return None
    counted = Counter(crs for _, crs in assets)
    crs = max(counted, key=lambda name: (counted[name], name))
    side = min(abs(asset.transform.a) for asset, _ in assets)
    phases = set()
    for asset, own in assets:
        shift = plane_shift(own, crs)
        if shift is None or abs(asset.transform.a - side) > 1e-9 * side or asset.transform.b:
            return None
        x, y = asset.transform.c / side, (asset.transform.f + shift) / side
        phases.add((round((x % 1.0) % 1.0, 3) % 1.0, round(y % 1.0, 3) % 1.0))
    return (crs, side) if len(phases) == 1 else None


def _phase(assets: list[tuple[Asset, str]], crs: str, side: float) -> tuple[float, float]:
    """Return the offset of the scenes' lattice from whole multiples of the pixel (CRS units).

    Of several lattices (at 40 m, neighbouring squares of Sentinel-2 lie half a pixel off) the
    one nearest to whole multiples is taken, whichever scene comes first and however many have
    it: a job that is run again with more scenes must keep its grid.
    """
    found = set()
    for asset, own in assets:
        shift = plane_shift(own, crs)
        if shift is not None and abs(abs(asset.transform.a) - side) <= 1e-9 * side:
            phase = (asset.transform.c % side, (asset.transform.f + shift) % side)
            found.add((round(phase[0] / side, 6) % 1.0, round(phase[1] / side, 6) % 1.0, *phase))
    return min(found)[2:] if found else (0.0, 0.0)


def _automatic(zones: Sequence[Zone], common: tuple[str, float] | None) -> str:
    """Choose a plane: the scenes' own, one UTM zone, or equal area centred on the zones."""
    if common is not None:
        return common[0]
    bounds = np.array([zone.geometry.bounds for zone in zones])
    west, south = bounds[:, 0].min(), bounds[:, 1].min()
    east, north = bounds[:, 2].max(), bounds[:, 3].max()
    middle = float((south + north) / 2)
    one = utm_plane(float(west), float(east), middle)
    return one or equal_area_plane(float((west + east) / 2), middle)


def _side(settings: GridSettings, assets: list[tuple[Asset, str]], crs: str) -> float:
    """Return the pixel side: as the job says, else the finest of the scenes."""
    if settings.resolution_m is not None:
        return settings.resolution_m
    metric = [abs(a.transform.a) for a, own in assets if parse_crs(own).is_projected]
    if not metric:
        raise PlanError(
            "grid.resolution_m",
            "is not given, and no scene tells a pixel size in metres",
            "Write resolution_m, such as 10",
        )
    del crs
    return min(metric)


def choose_grid(
    settings: GridSettings, zones: Sequence[Zone], scenes: Sequence[Scene]
) -> tuple[Grid, tuple[Note, ...]]:
    """Choose the job's grid: the zones' bounds snapped outward to the lattice.

    Parameters
    ----------
    settings : GridSettings
    zones : sequence of Zone
        At least one.
    scenes : sequence of Scene
        Where the scenes share one lattice, the grid is on it and nothing is warped.

    Returns
    -------
    grid : Grid
    notes : tuple of Note
        Whether scenes will be warped.

    Raises
    ------
    PlanError
        A CRS in degrees, a zone outside the CRS, or a grid too large to be meant.
    InputError
        An unknown CRS.
    """
    assets = _value_assets(scenes)
    common = _common_plane(assets)
    crs = _automatic(zones, common) if settings.crs == "auto" else settings.crs
    _metric(crs)
    own = common is not None and plane_shift(common[0], crs) is not None
    if own and common is not None and settings.resolution_m is None:
        side = common[1]
    else:
        side = _side(settings, assets, crs)
    phase = _phase(assets, crs, side)
    bounds = [project_bounds(zone, crs) for zone in zones]
    _refuse_outlier(zones, bounds)
    grid = _snap(bounds, crs, side, phase)
    return grid, _warp_notes(own and common is not None and common[1] == side, crs, side)


def _is_metric(crs: str) -> bool:
    """Whether a CRS is a plane in metres."""
    parsed = parse_crs(crs)
    return parsed.is_projected and parsed.axis_info[0].unit_name in ("metre", "meter")


def _metric(crs: str) -> None:
    """Refuse a CRS that is not in metres."""
    try:
        parse_crs(crs)
    except InputError as error:
        raise PlanError("grid.crs", f"{crs[:40]!r} {error.what}", error.remedy) from error
    if not _is_metric(crs):
        raise PlanError(
            "grid.crs",
            f"{crs[:40]} is not in metres",
            "Choose a projected CRS such as EPSG:32635, or write auto",
        )


def _warp_notes(direct: bool, crs: str, side: float) -> tuple[Note, ...]:
    """Say when scenes do not lie on the grid."""
    if direct:
        return ()
    name = parse_crs(crs).name
    return (
        Note(
            "grid",
            f"scenes do not all lie on one lattice; they are warped to {name} at {side:g} m",
            "Masks are applied before the warp",
        ),
    )


def _refuse_outlier(
    zones: Sequence[Zone], bounds: Sequence[tuple[float, float, float, float]]
) -> None:
    """Refuse zones too far apart to be meant; name the one that lies farthest out.

    Raises
    ------
    PlanError
    """
    array = np.array(bounds)
    width = array[:, 2].max() - array[:, 0].min()
    height = array[:, 3].max() - array[:, 1].min()
    if max(width, height) <= MAX_EXTENT_M:
        return
    centres = (array[:, :2] + array[:, 2:]) / 2
    away = np.hypot(*(centres - np.median(centres, axis=0)).T)
    farthest = int(np.argmax(away))
    if away[farthest] > MAX_EXTENT_M / 4:
        what = f"lies {away[farthest] / 1000:,.0f} km from the middle of the others"
    else:
        farthest = int(np.argmax((array[:, 2:] - array[:, :2]).max(axis=1)))
        what = f"is {(array[farthest, 2:] - array[farthest, :2]).max() / 1000:,.0f} km wide"
    raise PlanError(
        f"zone {zones[farthest].id}", what, "Check its coordinates, or give it a job of its own"
    )


def _snap(
    bounds: Sequence[tuple[float, float, float, float]],
    crs: str,
    side: float,
    phase: tuple[float, float],
) -> Grid:
    """Snap bounds outward to the lattice."""
    array = np.array(bounds)
    slack = SNAP_SLACK_PX
    first_column = math.floor((array[:, 0].min() - phase[0]) / side + slack)
    last_column = math.ceil((array[:, 2].max() - phase[0]) / side - slack)
    first_row = math.floor((phase[1] - array[:, 3].max()) / side + slack)
    last_row = math.ceil((phase[1] - array[:, 1].min()) / side - slack)
    shape = (max(last_row - first_row, 1), max(last_column - first_column, 1))
    left, top = first_column * side + phase[0], phase[1] - first_row * side
    return Grid(crs, Affine(side, 0.0, left, 0.0, -side, top), shape)


def anchors(
    scenes: Sequence[Scene], bands: frozenset[str], grid: Grid, blocks: dict[str, int]
) -> tuple[Anchor, ...]:
    """Find the block lattices of the scenes that lie on the grid's own lattice.

    Parameters
    ----------
    scenes : sequence of Scene
    bands : frozenset of str
        Value bands that will be read.
    grid : Grid
    blocks : dict
        Block side of each source's files (file px).

    Returns
    -------
    tuple of Anchor
        Empty where no scene lies on the lattice. Blocks are in pixels of the grid: those of
        the coarsest band, so that every band's blocks are whole in a tile.
    """
    found = set()
    for scene in scenes:
        for name in bands & scene.assets.keys():
            asset = scene.assets[name]
            place = placement(asset.transform, scene.crs, grid)
            if place is not None:
                block = blocks[scene.source] * place.factor
                found.add(Anchor(place.row, place.column, block))
    return tuple(sorted(found, key=lambda anchor: (anchor.row, anchor.column, anchor.block)))


def _origins(starts: Sequence[int], corner: int, block: int) -> list[int]:
    """Return the lattice starts to cut from.

    One square alone is cut from its own corner. Where squares share a lattice, or there are
    too many, the one start is counted from the plane's own origin, so that the cuts do not
    depend on where the grid begins, nor on which scenes were found: `corner` is the grid's
    place there.
    """
    distinct = sorted(set(starts))
    if len(distinct) == 1:
        return distinct
    shared = Counter((corner + start) % block for start in starts)
    if distinct and len(shared) > 1 and len(distinct) <= MAX_ANCHORS:
        return distinct
    phase = max(shared, key=lambda one: (shared[one], -one), default=0)
    return [phase - corner]


def _cuts(
    starts: Sequence[int], corner: int, extent: int, side: int, block: int
) -> list[tuple[int, int]]:
    """Cut [0, extent) at each lattice start, and every `side` from there: (first, after)."""
    origins = _origins(starts, corner, block)
    edges = {0, extent}
    for origin, after in itertools.pairwise([*origins, max(extent, origins[-1] + 1)]):
        low = 0 if origin == origins[0] else max(origin, 0)
        high = min(after, extent)
        edges.update(range(low + (origin - low) % side, high, side))
        if low < high:
            edges.add(low)
    return list(itertools.pairwise(sorted(edges)))


def cut_tiles(
    grid: Grid, lattices: Sequence[Anchor], side: int, wide: int = 1
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Cut the grid into rows and columns of tiles that follow the scenes' blocks.

    Parameters
    ----------
    grid : Grid
    lattices : sequence of Anchor
        In grid pixels; where several squares overlap, each owns what lies from its own
        corner to the next one's.
    side : int
        Tile side (px), a whole number of blocks where it can be.
    wide : int
        How many times as wide as tall tiles are: the wider, the fewer times a file is opened.

    Returns
    -------
    rows, columns : list of (first, after)
        Together they cover the grid once.
    """
    block = max((anchor.block for anchor in lattices), default=side)
    block = min(block, side)
    top, left = _absolute(grid)
    rows = _cuts([anchor.row for anchor in lattices], top, grid.shape[0], side, block)
    columns = _cuts([anchor.column for anchor in lattices], left, grid.shape[1], side * wide, block)
    return rows, columns


def _absolute(grid: Grid) -> tuple[int, int]:
    """Return the (row, column) of a grid's corner, counted from the plane's own origin."""
    side = grid.transform.a
    return round(-grid.transform.f / side), round(grid.transform.c / side)


def make_tile(grid: Grid, rows: tuple[int, int], columns: tuple[int, int]) -> Tile:
    """Make the tile of a row and a column of cuts; its id is its place on the absolute lattice."""
    part = grid.window(rows[0], columns[0], (rows[1] - rows[0], columns[1] - columns[0]))
    absolute = _absolute(part)
    name = f"r{absolute[0]:+08d}_c{absolute[1]:+08d}_{part.shape[0]}x{part.shape[1]}"
    return Tile(name, rows[0], columns[0], part)
