"""The map without a script: one picture with outlines and sites, and a table of figures."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from landcover.model import Legend
from landcover.outputs.amounts import column_digits
from landcover.outputs.colours import colour_at, steps_of
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle
from landcover.outputs.web.content import Ground, data_uri
from landcover.outputs.web.figures import plain, years, years_named
from landcover.outputs.web.legends import tick_text
from landcover.outputs.web.overlays import EARTH_RADIUS_M, Overlay, at_most
from landcover.outputs.web.painting import UNJUDGED
from landcover.outputs.web.places import ordered
from landcover.outputs.wording import Words

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["Row", "Sign", "Still", "Table", "range_text", "still", "table"]

EXACT_DIGITS = 9
"""Digits that numbers keep until they are written: rounded twice, 19.63495 would end as 19.64."""

WIDTH_PX = 900
"""Of the picture."""

MOST_ROWS = 60
"""Zones in the table: rings around sites come last."""

DRAWN_KINDS = ("region", "reserve", "outside", "unit")
"""Zones whose outlines are in the picture."""

OUTLINE_PX = 0.5
"""How far an outline in the picture may leave the given one."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A line of the legend: how it is drawn ("fill", "hatch", "mark" or a kind of zone)."""

    form: str
    tint: str
    text: str


@dataclass(frozen=True, slots=True)
class Still:
    """A picture: layers of pixels below, outlines (kind, path) and sites (x, y) above.

    `images` are (address, x, y, width, height) in the picture's pixels.
    """

    width: int
    height: int
    images: tuple[tuple[str, float, float, float, float], ...]
    outlines: tuple[tuple[str, str], ...]
    sites: tuple[tuple[float, float], ...]
    alt: str
    caption: str
    legend: tuple[Sign, ...]
    bar_px: float
    bar_text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as it is written, and where it stands."""

    value: float | int
    text: str
    table: str
    column: str
    period: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One zone of the table."""

    zone_id: str
    name: str
    kind: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The table: titles of its columns of numbers, rows, and what is said below it."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Plane:
    """From degrees to the picture's pixels, on the plane of web maps."""

    west: float
    north: float
    scale: float

    def __call__(self, lon: float, lat: float) -> tuple[float, float]:
        x, y = _metres(lon, lat)
        return round((x - self.west) * self.scale, 1), round((self.north - y) * self.scale, 1)


def _metres(lon: float, lat: float) -> tuple[float, float]:
    """Return a place on the plane of web maps (m)."""
    y = math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
    return math.radians(lon) * EARTH_RADIUS_M, y * EARTH_RADIUS_M


def _plane(bounds: Sequence[float]) -> tuple[_Plane, int]:
    """Fit bounds (south, west, north, east) into the picture's width; also return its height."""
    west, south = _metres(bounds[1], bounds[0])
    east, north = _metres(bounds[3], bounds[2])
    scale = WIDTH_PX / max(east - west, 1e-9)
    return _Plane(west, north, scale), max(1, round((north - south) * scale))


def _paths(zones: gpd.GeoDataFrame, plane: _Plane) -> Iterator[tuple[str, str]]:
    """Yield (kind, path) of zones' outlines."""
    import shapely

    degrees = math.degrees(OUTLINE_PX / plane.scale / EARTH_RADIUS_M)
    for kind, shape in zip(zones["kind"], zones.geometry, strict=True):
        if kind not in DRAWN_KINDS or shape is None:
            continue
        rings = [
            ring
            for part in shapely.get_parts(shapely.simplify(shape, degrees))
            if part.geom_type == "Polygon"
            for ring in (part.exterior, *part.interiors)
        ]
        lines = (
            "M" + "L".join(f"{x} {y}" for x, y in (plane(*one[:2]) for one in ring.coords)) + "Z"
            for ring in rings
        )
        yield str(kind), "".join(lines)


def _beneath(ground: Ground) -> list[Overlay]:
    """Choose what the picture shows: the last photograph below, what is drawn first above it."""
    photos = [one for one in ground.overlays if one.band.scale is None]
    return [*photos[:1], *(one for one in ground.overlays[:1] if one not in photos)]


def _key(band: BandStyle, words: Words) -> tuple[tuple[str, str], ...]:
    """Return colours and what they mean; of a ramp, those of its steps or ticks."""
    if band.scale is None:
        return ()
    if isinstance(band.scale, Legend):
        drawn = (one for one in band.scale.classes if one.value not in band.hidden)
        return tuple((one.palette, one.names[words.language]) for one in drawn)
    ramp = band.scale
    if ramp.steps:
        return steps_of(ramp, words.language)
    ticks = ramp.ticks or tuple(value for value, _ in ramp.stops)
    return tuple((colour_at(ramp, one), tick_text(one, ramp.year, words)) for one in ticks)


def _signs(
    layers: Sequence[Overlay], kinds: Collection[str], sites: bool, words: Words
) -> Iterator[Sign]:
    """Yield the lines of the legend: colours, hatching, outlines, marks."""
    if layers:
        yield from (Sign("fill", tint, text) for tint, text in _key(layers[-1].band, words))
        if layers[-1].tells_unjudged:
            yield Sign("hatch", UNJUDGED, words("unjudged"))
    yield from (Sign(one, "", words(f"kind_{one}")) for one in DRAWN_KINDS if one in kinds)
    if sites:
        yield Sign("mark", "", words("kind_site"))


def _bar(plane: _Plane, latitude: float, words: Words) -> tuple[float, str]:
    """Return a scale bar of round length: its width in the picture, and what it says."""
    metre_px = plane.scale / math.cos(math.radians(latitude))
    most = WIDTH_PX / 4 / metre_px
    ten = 10.0 ** math.floor(math.log10(most))
    length = max(one * ten for one in (1, 2, 5) if one * ten <= most)
    km = length >= 1000
    text = f"{words.number(length / 1000, 0)} km" if km else f"{words.number(length, 0)} m"
    return round(length * metre_px, 1), text


def still(shown: Shown, ground: Ground, words: Words) -> Still:
    """Draw the map as one picture."""
    zones, layers = ordered(shown.zones), _beneath(ground)
    pictures = [(one, at_most(one.styles[-1], one.band, WIDTH_PX)) for one in layers]
    boxes = [one.bounds for _, one in pictures]
    west, south, east, north = (float(side) for side in zones.total_bounds)
    bounds = boxes[-1] if boxes else (south, west, north, east)
    plane, height = _plane(bounds)
    images = []
    for _, picture in pictures:
        s, w, n, e = picture.bounds
        (left, top), (right, bottom) = plane(w, n), plane(e, s)
        images.append((data_uri(picture.mime, picture.data), left, top, right - left, bottom - top))
    dots = tuple(plane(one.x, one.y) for one in shown.sites.geometry if one is not None)
    name = layers[-1].names[words.language] if layers else words("still_plain")
    outlines = tuple(_paths(zones, plane))
    alt = words("still_alt", name=name, zones=len(outlines), sites=len(dots))
    key = tuple(_signs(layers, {kind for kind, _ in outlines}, bool(dots), words))
    bar = _bar(plane, (bounds[0] + bounds[2]) / 2, words)
    caption = f"{name}. {words('kept_back')}" if shown.kept_back else name
    return Still(WIDTH_PX, height, tuple(images), outlines, dots, alt, caption, key, *bar)


def range_text(low: Any, high: Any, words: Words) -> str:
    """Write a ring's distances; empty for what is no ring."""
    if plain(low) is None or plain(high) is None:
        return ""
    return f"{words.number(float(low), 0)}–{words.number(float(high), 0)} m"


def _cells(
    n: int, zone: str, areas: dict[str, Any], told: dict[str, Any] | None
) -> tuple[Cell | None, ...]:
    """Return a zone's numbers: its area, and by year what was disturbed and not observable."""

    def cell(value: Any, table: str, column: str, period: str = "") -> Cell | None:
        return None if value is None else Cell(value, "", table, column, period)

    cells = [cell(plain(areas.get(zone), EXACT_DIGITS), "zones", "area_ha")]
    if told is None:
        return tuple(cells)
    by_year = (told[name][n] for name in ("disturbed", "unseen", "unseen_ha"))
    for year, disturbed, unseen, unseen_ha in zip(told["years"], *by_year, strict=True):
        # no 0 where nothing could be observed: it would read as a finding
        found = None if disturbed == 0 and (unseen or 0) >= 1 else disturbed
        cells.append(cell(found, "disturbance_area", "disturbed_ha", str(year)))
        cells.append(cell(unseen_ha, "disturbance_area", "not_observable_ha", str(year)))
    return tuple(cells)


def _written(rows: Sequence[Row], words: Words) -> tuple[Row, ...]:
    """Write each column's hectares with as many digits as the report does."""
    columns = []
    for column in zip(*(row.cells for row in rows), strict=True):
        digits = column_digits(max((abs(one.value) for one in column if one), default=0.0))
        columns.append(
            [one and replace(one, text=words.number(one.value, digits)) for one in column]
        )
    cells = zip(*columns, strict=True)
    return tuple(replace(row, cells=of) for row, of in zip(rows, cells, strict=True))


def table(shown: Shown, words: Words) -> Table:
    """Tell the figures of the largest zones as a table."""
    zones = ordered(shown.zones).head(MOST_ROWS)
    ids = zones["zone_id"].tolist()
    told = years(shown, ids, EXACT_DIGITS)
    rows_of = shown.table("zones")
    areas: dict[str, Any] = {}
    if rows_of is not None:
        areas = dict(zip(rows_of["zone_id"].astype(str), rows_of["area_ha"], strict=True))
    rows = []
    for n, (zone, kind, name, low, high) in enumerate(
        zip(ids, zones["kind"], zones["name"], zones["from_m"], zones["to_m"], strict=True)
    ):
        label = ", ".join(
            one
            for one in (str(name) if name and name == name else zone, range_text(low, high, words))
            if one
        )
        kind_text = words(f"kind_{kind}") if words.has(f"kind_{kind}") else str(kind)
        rows.append(Row(zone, label, kind_text, _cells(n, zone, areas, told)))
    heads = [words("table_area")]
    if told:
        for year in years_named(shown, told["years"], words.language):
            heads += [words("table_year", year=year), words("table_not_seen", year=year)]
    sources = "zones.csv" + (", disturbance_area.csv" if told else "")
    notes = [words("table_source", tables=sources)]
    if len(shown.zones) > MOST_ROWS:
        more = words.number(len(shown.zones) - MOST_ROWS, 0)
        notes.append(words("table_more", count=more, tables=sources))
    return Table(tuple(heads), _written(rows, words), tuple(notes))
