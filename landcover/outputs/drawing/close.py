"""One place close up: before and after the watch, and when it broke, in a strip of small maps.

It draws pixels itself, in a few milliseconds: a report has dozens of these. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

from landcover.kernels.dates import decimal_year
from landcover.outputs.colours import colour_at, rgb_of, steps_of
from landcover.outputs.drawing.canvas import FONT, INK, PAPER
from landcover.outputs.drawing.map_figures import find_band
from landcover.outputs.drawing.paint import paint
from landcover.outputs.drawing.palette import paletted
from landcover.outputs.drawing.plane import Plane, round_down
from landcover.outputs.drawing.sources import source_of
from landcover.outputs.pairs import before_and_after
from landcover.outputs.section import Figure
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle, Ramp, RasterStyle
from landcover.outputs.wording import Words
from landcover.raster.look import look_on

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["close_up"]

PANEL_PX: Final = 300
"""Width of one of the small maps."""

FLAT, TALL = 0.5, 1.3
"""Least and largest height of a small map, in widths: the ground shown grows to fit."""

ROOM: Final = 0.08
"""Ground around the place, as a share of its longer side."""

GAP_PX, HEAD_PX, FOOT_PX, ROW_PX = 10, 20, 26, 18
"""Between maps, for their titles, for the scale bar, and for a line of the legend."""

LETTERS_PX: Final = 13
"""Height of letters."""

HATCH_EVERY: Final = 8
"""Pixels from line to line over ground without a value."""

HATCH_GROUND, HATCH_LINE = "#d6dcdf", "#a4afb5"
FEWER, HALF = 0xF8, 0x04
"""Of a photograph's colours every eighth is kept: at this size more are not told apart."""

LIMIT, HALO = "#00493f", "#ffffff"
"""A place's own limits, and what sets them apart from any ground."""

DOT_PX: Final = 3
"""Side of the least mark of a patch: nothing vanishes by shrinking."""

SITE_PX: Final = 6
"""Radius of the hollow mark of a site: what lies in the middle of it is not covered."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """What one of the small maps shows."""

    style: RasterStyle
    band: BandStyle
    title: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Lines around a place, and the points of sites in it, on the plane that is drawn."""

    limits: Sequence[Any]
    sites: Sequence[Any]


@lru_cache(maxsize=1)
def _font() -> ImageFont.FreeTypeFont:
    """Return the font that all figures have."""
    return ImageFont.truetype(findfont(FONT), LETTERS_PX)


def _layers(shown: Shown, words: Words) -> tuple[_Layer, ...]:
    """Choose what is shown: before, after, and when it broke; what the run lacks is left out."""
    found = [_Layer(one, one.bands[0], one.step) for one in before_and_after(shown.styles) or ()]
    dates = find_band(shown, "disturbance", "date")
    if dates is not None:
        found.append(_Layer(*dates, words("close_dates")))
    return tuple(found)


def _plane(crs: str, bounds: Sequence[float]) -> Plane:
    """Return the ground to be shown: the place with room around it, neither flat nor tall."""
    left, bottom, right, top = bounds
    room = ROOM * max(right - left, top - bottom)
    wide, high = right - left + 2 * room, top - bottom + 2 * room
    wide, high = max(wide, high / TALL), max(high, wide * FLAT)
    x, y = (left + right) / 2, (bottom + top) / 2
    return Plane(crs, (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2))


def _ground(layer: _Layer, plane: Plane) -> Image.Image:
    """Draw pixels of a raster; hatch what has no value."""
    bands = (1, 2, 3) if layer.band.scale is None else (layer.band.band,)
    seen = look_on(layer.style.facts.path, bands, plane.as_grid(PANEL_PX))
    valid = np.asarray(seen.valid.all(axis=0), bool)
    if layer.band.scale is None:
        photo = seen.values.transpose(1, 2, 0) & FEWER | HALF
        colours, drawn = np.asarray(photo, np.uint8), valid
    else:
        painted = paint(layer.band, seen.values[0], valid)
        colours, drawn = painted[..., :3], painted[..., 3] > 0
    rows, columns = np.indices(valid.shape)
    line = (rows + columns) % HATCH_EVERY == 0
    unseen = np.where(line[..., None], rgb_of(HATCH_LINE), rgb_of(HATCH_GROUND))
    pixels = np.where(drawn[..., None], colours, np.where(valid[..., None], 255, unseen))
    return Image.fromarray(pixels.astype(np.uint8))


def _points(shape: Any, grid: Any) -> Iterator[list[tuple[float, float]]]:
    """Give the outlines of a shape in pixels."""
    back = ~grid.transform
    for part in shapely.get_parts(shapely.get_parts(np.atleast_1d(shapely.boundary(shape)))):
        yield [back @ (x, y) for x, y in shapely.get_coordinates(part)]


def _outline(picture: Image.Image, plane: Plane, place: _Place) -> None:
    """Draw the limits of a place, and its sites as hollow marks."""
    pen, grid = ImageDraw.Draw(picture), plane.as_grid(PANEL_PX)
    lines = [points for shape in place.limits for points in _points(shape, grid)]
    for width, ink in ((4, HALO), (2, LIMIT)):
        for points in lines:
            pen.line(points, fill=ink, width=width)
    for site in place.sites:
        x, y = ~grid.transform @ (site.x, site.y)
        for reach, width, ink in ((SITE_PX + 1, 4, HALO), (SITE_PX, 2, INK)):
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), outline=ink, width=width)


def _patches(picture: Image.Image, shown: Shown, plane: Plane, ramp: Ramp) -> None:
    """Mark patches too small to be seen here, in the colour of the day they were first seen."""
    patches, grid = shown.patches, plane.as_grid(PANEL_PX)
    if patches is None or not len(patches):
        return
    west, south, east, north = plane.box_degrees
    here = patches.cx[west:east, south:north]
    shapes = here.geometry.to_crs(plane.crs)
    small = (shapes.bounds["maxx"] - shapes.bounds["minx"]) < DOT_PX * grid.resolution[0]
    pen = ImageDraw.Draw(picture)
    for point, day in zip(
        shapes[small].representative_point(), here.loc[small, "first_date"], strict=True
    ):
        x, y = ~grid.transform @ (point.x, point.y)
        left, top = round(x) - DOT_PX // 2, round(y) - DOT_PX // 2
        colour = colour_at(ramp, decimal_year(day.date()))
        pen.rectangle((left, top, left + DOT_PX - 1, top + DOT_PX - 1), fill=colour)


def _scale(pen: ImageDraw.ImageDraw, plane: Plane, top: int, words: Words) -> None:
    """Draw a scale bar below the first map."""
    metres_per_px = plane.metres_per_x * (plane.bounds[2] - plane.bounds[0]) / PANEL_PX
    length = round_down(metres_per_px * PANEL_PX * 0.4)
    wide, y = round(length / metres_per_px), top + 12
    pen.rectangle((1, y, wide, y + 3), fill=INK)
    whole = length >= 1000
    text = words(
        "km" if whole else "metres", value=words.number(length / (1000 if whole else 1), 0)
    )
    pen.text((wide + 6, y + 1), text, fill=INK, font=_font(), anchor="lm")


def _north(pen: ImageDraw.ImageDraw, plane: Plane, top: int, words: Words) -> None:
    """Draw an arrow to true north at the end of the scale bar's line."""
    east, up = plane.north
    x, y, reach = PANEL_PX - 14, top + 13, 9
    tip, tail = (x + east * reach, y - up * reach), (x - east * reach, y + up * reach)
    pen.line((tail, tip), fill=INK, width=2)
    for side in (-1, 1):
        back = (tip[0] - 6 * east + side * 4 * up, tip[1] + 6 * up + side * 4 * east)
        pen.line((tip, back), fill=INK, width=2)
    pen.text((x - 12, y), words("north"), fill=INK, font=_font(), anchor="rm")


def _keys(layer: _Layer, words: Words) -> list[tuple[str, str]]:
    """List the colours of the dates, with the years that they stand for."""
    ramp = layer.band.scale
    steps = steps_of(ramp, words.language) if isinstance(ramp, Ramp) else ()
    return [*steps, (PAPER, words("seen_nothing"))]


def _legend(
    pen: ImageDraw.ImageDraw, keys: Sequence[tuple[str, str]], start: int, end: int, top: int
) -> int:
    """Write a legend in lines from `start` to `end`; return where it ends."""
    x, y = start, top + 4
    for colour, text in keys:
        wide = 18 + round(_font().getlength(text)) + 10
        if x > start and x + wide > end:
            x, y = start, y + ROW_PX
        pen.rectangle((x, y + 2, x + 12, y + 14), fill=colour, outline="#515b60")
        pen.text((x + 18, y + 8), text, fill=INK, font=_font(), anchor="lm")
        x += wide
    return y + ROW_PX


def _strip(
    shown: Shown, layers: Sequence[_Layer], place: _Place, plane: Plane, words: Words
) -> Any:
    """Draw the maps side by side, with titles, scale bar, north arrow and legend."""
    tall = plane.as_grid(PANEL_PX).shape[0]
    dated = layers[-1] if layers[-1].band.key == "date" else None
    foot = HEAD_PX + tall
    wide = len(layers) * PANEL_PX + (len(layers) - 1) * GAP_PX
    sheet = Image.new("RGB", (wide, foot + 6 * ROW_PX), PAPER)
    pen = ImageDraw.Draw(sheet)
    for n, layer in enumerate(layers):
        picture, x = _ground(layer, plane), n * (PANEL_PX + GAP_PX)
        if layer is dated and isinstance(layer.band.scale, Ramp):
            _patches(picture, shown, plane, layer.band.scale)
        _outline(picture, plane, place)
        sheet.paste(picture, (x, HEAD_PX))
        pen.rectangle((x, HEAD_PX, x + PANEL_PX - 1, foot - 1), outline="#515b60")
        pen.text((x, HEAD_PX // 2), layer.title, fill=INK, font=_font(), anchor="lm")
    _scale(pen, plane, foot, words)
    _north(pen, plane, foot, words)
    end = foot + FOOT_PX
    if dated is not None:
        beside = PANEL_PX + GAP_PX if len(layers) > 1 else 0
        top = foot if beside else end
        end = max(end, _legend(pen, _keys(dated, words), beside, wide, top))
    return np.asarray(sheet.crop((0, 0, wide, end)))


def _site_points(shown: Shown, plane: Plane) -> list[Any]:
    """Return the listed sites in what is shown."""
    west, south, east, north = plane.box_degrees
    return list(shown.sites.cx[west:east, south:north].geometry.to_crs(plane.crs))


def close_up(
    shown: Shown, language: str, zones: gpd.GeoDataFrame, key: str, name: str
) -> Figure | None:
    """Draw one place close up.

    Parameters
    ----------
    shown : Shown
    language : str
    zones : GeoDataFrame
        Its shapes in degrees: a zone, or the rings around a site.
    key : str
        Names the figure.
    name : str
        The place's.

    Returns
    -------
    Figure or None
        None where the run has neither pictures nor dates, or the place no shape.
    """
    words = Words("drawing", language)
    layers = _layers(shown, words)
    shapes = zones[~(zones.geometry.isna() | zones.geometry.is_empty)]
    if not layers or not len(shapes):
        return None
    limits = shapes.geometry.to_crs(shown.grid.crs)
    plane = _plane(shown.grid.crs, limits.total_bounds)
    place = _Place(list(limits), _site_points(shown, plane))
    pixels = _strip(shown, layers, place, plane, words)
    told = ", ".join(layer.title for layer in layers)
    title, caption, alt = (
        words(f"close_{one}", name=name, layers=told) for one in ("title", "caption", "alt")
    )
    source = source_of(shown, language)
    return Figure(key, paletted(pixels), "image/png", title, caption, alt, source)
