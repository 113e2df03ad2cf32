"""Zones, sites and context as lines, dots and names on a map.

It knows shapes and their looks. It does not know figures or sheets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from landcover.outputs.drawing.canvas import INK, PAPER, dpi_of, short
from landcover.outputs.drawing.plane import Plane

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["CONTEXT_LOOKS", "SITE", "ZONE_LOOKS", "Entry", "Label", "Look", "draw_context",
           "draw_labels", "draw_sites", "draw_zones", "named"]  # fmt: skip

MOST_RINGS = 150
"""Rings beyond which they are not drawn: lines over lines would hide what lies below."""

MOST_NAMED_SITES = 25
"""Sites beyond which their names are left to the table."""

SITE_AREA = 34.0
"""Of the ring that marks a site (square points)."""

AT_SITE_M = 60.0
"""A patch so near to a site is at it (m): places are given to some tens of metres."""

RING_ROOM, MOST_RADIUS = 3.0, 18.0
"""Between what broke at a site and its ring, and the largest ring's radius (points)."""

SMALL_SCALE_M = 60.0
"""Metres in a point from which on rings are smaller: about 1:170,000."""

DOT_POINTS = 6.0
"""Side of the mark of a site or place (points)."""

FINEST = 2500
"""Parts of a map's width below which a bend of a line is left out."""

Dash = tuple[float, tuple[float, ...]] | str


@dataclass(frozen=True, slots=True)
class Look:
    """How a line or dot looks; lines of different things differ in dash as well as in colour."""

    ink: str
    width: float = 1.0
    dash: Dash = "solid"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a legend: a sample ("line", "fill", "site", "place") and what it stands for."""

    sample: str
    look: Look
    text: str
    fill: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A name at a point of the plane; `offset` in points."""

    x: float
    y: float
    text: str
    size: float = 7.5
    weight: str = "normal"
    offset: tuple[float, float] = (0.0, 0.0)


ZONE_LOOKS: Final[dict[str, Look]] = {
    "region": Look("#5c676d", 0.9, (0, (6, 2, 1, 2))),
    "unit": Look("#5c676d", 0.9, (0, (2, 1))),
    "control": Look("#3b6fb6", 0.9, (0, (1, 1.2))),
    "outside": Look("#00695c", 0.8, (0, (3, 2))),
    "ring": Look("#7a3e00", 0.6, (0, (4, 1.2))),
    "site": Look("#7a3e00", 1.2),
    "reserve": Look("#00493f", 1.9),
}
"""By kind, in the order in which they are drawn."""

CONTEXT_LOOKS: Final[dict[str, Look]] = {
    "border": Look("#6b6b6b", 0.8, (0, (5, 2, 1, 2))),
    "river": Look("#2b6cb0", 0.8),
    "road": Look("#8a6d3b", 0.8),
    "other": Look("#777777", 0.6),
    "place": Look("#1d2326", 0.0),
}

SITE = Look("#1d2326", 0.9)


def _seen(plane: Plane, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows whose boxes touch what the plane shows; `frame` is in degrees."""
    west, south, east, north = plane.box_degrees
    low_x, low_y, high_x, high_y = frame.geometry.bounds.to_numpy().T
    return frame[(high_x >= west) & (low_x <= east) & (high_y >= south) & (low_y <= north)]


def _on(plane: Plane, frame: gpd.GeoDataFrame) -> NDArray[Any]:
    """Return shapes on the plane, without bends that would not show."""
    shapes = np.asarray(frame.geometry.to_crs(plane.crs).array, object)
    finest = (plane.bounds[2] - plane.bounds[0]) / FINEST
    return np.asarray(shapely.simplify(shapes, finest))


def _lines(shapes: Iterable[Any]) -> list[NDArray[np.float64]]:
    """Return every edge and line as points (N, 2)."""
    every = np.asarray(list(shapes), object)
    areas = shapely.get_dimensions(every) == 2
    every[areas] = shapely.boundary(every[areas])
    parts = shapely.get_parts(shapely.get_parts(every))
    return [shapely.get_coordinates(one) for one in parts if shapely.get_dimensions(one) == 1]


def _draw(axes: Axes, lines: Sequence[NDArray[np.float64]], look: Look, rank: float) -> None:
    """Draw lines above a pale edge that keeps them apart from what lies below."""
    edge = LineCollection(lines, colors=PAPER, linewidths=look.width + 1.2, alpha=0.55, zorder=rank)
    line = LineCollection(lines, colors=look.ink, linewidths=look.width, linestyles=[look.dash],
                          zorder=rank + 0.01)  # fmt: skip
    for drawn in (edge, line):
        axes.add_collection(drawn, autolim=False)


def draw_zones(axes: Axes, plane: Plane, zones: gpd.GeoDataFrame,
               kinds: Sequence[str] = tuple(ZONE_LOOKS)) -> list[str]:  # fmt: skip
    """Draw the edges of zones, and return the kinds that were drawn, the most telling first."""
    drawn = []
    for rank, (kind, look) in enumerate(ZONE_LOOKS.items()):
        frame = zones[zones["kind"] == kind] if kind in kinds else zones.iloc[:0]
        frame = _seen(plane, frame)
        if kind in ("ring", "control") and len(frame) > MOST_RINGS:
            continue
        if lines := _lines(_on(plane, frame)):
            _draw(axes, lines, look, 4 + 0.1 * rank)
            drawn.append(kind)
    return drawn[::-1]


def draw_context(
    axes: Axes, plane: Plane, layers: Iterable[gpd.GeoDataFrame]
) -> tuple[list[str], list[Label]]:
    """Draw roads, rivers, borders and places; return the kinds drawn, and the places' names."""
    drawn, labels = dict[str, None](), list[Label]()
    for frame in layers:
        for kind in [one for one in CONTEXT_LOOKS if (frame["kind"] == one).any()]:
            here = frame[frame["kind"] == kind]
            shapes = _on(plane, here)
            points = shapely.get_dimensions(shapes) == 0
            if points.any():
                labels += _places(axes, shapes[points], here["label"].to_numpy()[points])
            if lines := _lines(shapes[~points]):
                _draw(axes, lines, CONTEXT_LOOKS[kind], 3)
            drawn[kind] = None
    return list(drawn), labels


def _places(axes: Axes, shapes: NDArray[Any], names: NDArray[Any]) -> Iterator[Label]:
    """Draw places as small squares, and yield their names."""
    at = shapely.get_coordinates(shapely.centroid(shapes))
    axes.scatter(at[:, 0], at[:, 1], s=9, marker="s", c=INK, edgecolors=PAPER, linewidths=0.6,
                 zorder=5)  # fmt: skip
    for (x, y), name in zip(at.tolist(), names, strict=True):
        if isinstance(name, str) and name.strip():
            yield Label(x, y, short(name), 7.0, "normal", (4.0, 0.0))


def _metres_per_point(axes: Axes, plane: Plane) -> float:
    """Return the ground that a point of the sheet covers (m)."""
    points = axes.get_window_extent().width / dpi_of(axes) * 72
    return (plane.bounds[2] - plane.bounds[0]) * plane.metres_per_x / points


def _reaches(
    plane: Plane, at: NDArray[np.float64], patches: gpd.GeoDataFrame | None
) -> NDArray[np.float64]:
    """Return how far patches at sites reach from them (m); 0 where there is none."""
    reach = np.zeros(len(at))
    here = None if patches is None else _seen(plane, patches)
    if here is None or not len(here) or not len(at):
        return reach
    shapes = np.asarray(here.geometry.to_crs(plane.crs).array, object)
    points = np.asarray(shapely.points(at), object)
    within = AT_SITE_M / plane.metres_per_x
    site, patch = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=within)
    far = shapely.hausdorff_distance(points[site], shapes[patch]) * plane.metres_per_x
    np.maximum.at(reach, site, far)
    return reach


def _areas(
    axes: Axes, plane: Plane, at: NDArray[np.float64], patches: gpd.GeoDataFrame | None
) -> NDArray[np.float64]:
    """Return how large each site's ring is (square points): it lies outside of what broke there.

    Where a map shows much ground rings are smaller, and so they are where there are many. What
    broke on more ground than the largest ring holds is seen around the smallest.
    """
    metres = _metres_per_point(axes, plane)
    least = SITE_AREA if metres < SMALL_SCALE_M else SITE_AREA / 2
    if len(at) > MOST_NAMED_SITES:
        return np.full(len(at), SITE_AREA / 5)
    reach = _reaches(plane, at, patches)
    radius = reach / metres + RING_ROOM
    return np.where((reach > 0) & (radius <= MOST_RADIUS), (2 * radius) ** 2, least)


def draw_sites(
    axes: Axes, plane: Plane, sites: gpd.GeoDataFrame, patches: gpd.GeoDataFrame | None = None
) -> list[Label]:
    """Draw sites as rings around what broke at them, and return their names where they are few."""
    sites = _seen(plane, sites)
    at = shapely.get_coordinates(_on(plane, sites))
    few, areas = len(at) <= MOST_NAMED_SITES, _areas(axes, plane, at, patches)
    for ink, width in ((PAPER, 2.6), (INK, 1.3)):  # hollow: what lies at the site stays visible
        axes.scatter(
            at[:, 0],
            at[:, 1],
            s=areas,
            marker="o",
            c="none",
            edgecolors=ink,
            linewidths=width if few else width / 2,
            zorder=6,
        )
    if not few:
        return []
    names = sites["name"].fillna("").astype(str)
    return [
        Label(x, y, short(name, 28), 7.0, "normal", (5.0, 3.0))
        for (x, y), name in zip(at.tolist(), names, strict=True)
        if name.strip()
    ]


def named(
    plane: Plane, zones: gpd.GeoDataFrame, kinds: Sequence[str] = ("reserve", "region", "unit")
) -> Iterator[Label]:
    """Yield the names of zones, each within the part of it that is drawn."""
    box = shapely.box(*plane.bounds)
    for kind in kinds:
        frame = zones[zones["kind"] == kind]
        weight, size = ("bold", 8.5) if kind == "reserve" else ("normal", 8.0)
        shapes = shapely.intersection(shapely.make_valid(_on(plane, frame)), box)
        for shape, name in zip(shapes, frame["name"].fillna("").astype(str), strict=True):
            if not shape.is_empty and name.strip():
                at = shape.representative_point()
                yield Label(at.x, at.y, short(name, 30), size, weight)


def _write(axes: Axes, one: Label, offset: tuple[float, float]) -> None:
    """Write a name beside its point, or on it where it has no offset."""
    side = "center" if not offset[0] else "left" if offset[0] > 0 else "right"
    axes.annotate(
        one.text, (one.x, one.y), offset, textcoords="offset points", fontsize=one.size,
        fontweight=one.weight, ha=side, va="center", zorder=8,
        path_effects=[withStroke(linewidth=2.2, foreground=PAPER)], annotation_clip=True,
    )  # fmt: skip


def _dots(axes: Axes, labels: Iterable[Label]) -> list[Bbox]:
    """Return the boxes of the dots that names stand beside."""
    at = np.array([(one.x, one.y) for one in labels if one.offset != (0.0, 0.0)])
    if not len(at):
        return []
    half = DOT_POINTS / 2 * dpi_of(axes) / 72
    return [
        Bbox.from_bounds(x - half, y - half, 2 * half, 2 * half)
        for x, y in axes.transData.transform(at)
    ]


def draw_labels(axes: Axes, labels: Sequence[Label]) -> None:
    """Write names, the first ones first; one that would hide another, or a dot, is left out."""
    taken, frame, rule = _dots(axes, labels), axes.get_window_extent(), _rule(axes)
    for one in labels:
        size: tuple[float, float] | None = None
        for offset in _tries(one):
            x, y = _beginning(axes, one, offset)
            if not frame.contains(x, y) or any(other.contains(x, y) for other in taken):
                continue  # without measuring the name, which takes long where there are hundreds
            size = size or _measured(axes, one, rule)
            box = _box(x, y, offset, size)
            inside = frame.contains(box.x0, box.y0) and frame.contains(box.x1, box.y1)
            if inside and not any(box.overlaps(other) for other in taken):
                _write(axes, one, offset)
                taken.append(box)
                break


def _rule(axes: Axes) -> Any:
    """Return what measures names: for each that is given none, a sheet makes a new one."""
    from matplotlib.backends.backend_agg import RendererAgg

    untyped: Any = RendererAgg
    return untyped(1, 1, dpi_of(axes))


def _measured(axes: Axes, one: Label, rule: Any) -> tuple[float, float]:
    """Return width and height of a name (px)."""
    text = axes.text(0, 0, one.text, fontsize=one.size, fontweight=one.weight)
    box = text.get_window_extent(rule)
    text.remove()
    return float(box.width), float(box.height)


def _beginning(axes: Axes, one: Label, offset: tuple[float, float]) -> tuple[float, float]:
    """Return the middle of the side (px) that a name begins at, or its own middle."""
    scale = dpi_of(axes) / 72
    x, y = axes.transData.transform((one.x, one.y))
    return float(x + offset[0] * scale), float(y + offset[1] * scale)


def _box(x: float, y: float, offset: tuple[float, float], size: tuple[float, float]) -> Bbox:
    """Return what a name covers (px) that begins at a place, or has its middle there."""
    wide, high = size
    left = x - wide / 2 if not offset[0] else x if offset[0] > 0 else x - wide
    return Bbox.from_bounds(left, y - high / 2, wide, high)


def _tries(one: Label) -> Iterator[tuple[float, float]]:
    """Yield where a name may stand: right or left of its dot, or about the middle of its zone."""
    dx, dy = one.offset
    if dx:
        yield from ((dx, dy), (-dx, dy), (dx, dy - 10), (-dx, dy - 10))
    else:
        yield from ((0.0, step) for step in (0, 13, -13, 26, -26, 40, -40))
