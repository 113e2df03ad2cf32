"""``stac/``: a catalogue of what a run left, for programs that read STAC 1.1.

One item a raster, in one collection; hrefs are relative, so that the folder can move. It knows
STAC and its extensions. It reads no pixel and computes nothing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import shapely

from landcover.catalog.footprint import Bounds, box_of
from landcover.files import sha256_of, write_whole
from landcover.model import Grid, Legend
from landcover.outputs.credits import credits_of
from landcover.outputs.dictionary import about_table
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.outputs.wording import Words, text_in
from landcover.raster.facts import RasterFacts
from landcover.raster.planes import metres_per_unit, parse_crs, transformer

__all__ = ["EXTENSIONS", "write_stac"]

VERSION = "1.1.0"
"""Of STAC."""

_HOME = "https://stac-extensions.github.io"

EXTENSIONS: Final[Mapping[str, str]] = {
    "proj": f"{_HOME}/projection/v2.0.0/schema.json",
    "raster": f"{_HOME}/raster/v2.0.0/schema.json",
    "classification": f"{_HOME}/classification/v2.0.0/schema.json",
    "processing": f"{_HOME}/processing/v1.2.0/schema.json",
    "file": f"{_HOME}/file/v2.1.0/schema.json",
}
"""Extensions by the prefix of their fields."""

SHA256_MULTIHASH = "1220"
"""Says of a hash that it is a SHA-256 of 32 bytes (multiformats.io/multihash)."""

DEGREES = "EPSG:4326"

DIGITS = 7
"""Decimals of a degree: a centimetre."""

EDGE_PARTS = 4
"""Parts of an edge of the grid, whose straight line is curved in degrees."""

BLAND_TAGS = frozenset({"AREA_OR_POINT", "FIRST_DAY", "LAST_DAY", "PRODUCT", "PRODUCT_VERSION"})
"""Tags that an item tells in other fields, or that are GDAL's own."""

FILES: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    "zones": ("zones.gpkg", "application/geopackage+sqlite3", ("data",)),
    "patches": ("patches.gpkg", "application/geopackage+sqlite3", ("data",)),
    "scenes": ("scenes.json", "application/geo+json", ("metadata",)),
    "job": ("job.yaml", "application/yaml", ("metadata",)),
    "run": ("run.json", "application/json", ("metadata",)),
}
"""What a run leaves beside rasters and tables: file, type and roles."""

Fields = dict[str, Any]


def write_stac(shown: Shown) -> tuple[Path, ...]:
    """Write ``stac/``: a catalogue, one collection, one item a raster; remove former items.

    Parameters
    ----------
    shown : Shown

    Returns
    -------
    tuple of Path
        ``catalog.json``, ``collection.json`` and ``items/<raster>.json``. Titles are in the job's
        first language.
    """
    folder = shown.out / "stac"
    words = Words("stac", shown.about.languages[0])
    items = {style.facts.name: _item(shown, style, words) for style in shown.styles}
    found = {folder / "items" / f"{name}.json": item for name, item in items.items()}
    whole = {folder / "catalog.json": _catalog(shown, words), **found}
    whole[folder / "collection.json"] = _collection(shown, tuple(items.values()), words)
    for stale in set(folder.rglob("*.json")) - set(whole):
        stale.unlink()
    for path, content in whole.items():
        text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
        write_whole(path, text + "\n")
    return tuple(whole)


def _catalog(shown: Shown, words: Words) -> Fields:
    """Return the root."""
    return {
        "type": "Catalog",
        "stac_version": VERSION,
        "id": f"{shown.about.name}-catalog",
        "title": shown.about.title(words.language),
        "description": _description(shown, words),
        "links": [
            _link("root", "./catalog.json"),
            _link("child", "./collection.json", title=shown.about.title(words.language)),
        ],
    }


def _link(relation: str, href: str, **more: str) -> Fields:
    """Return a link to another file of the catalogue."""
    return {"rel": relation, "href": href, "type": "application/json", **more}


def _description(shown: Shown, words: Words) -> str:
    """Say what the results are, and in their words whose data they are made of."""
    period = shown.about.period
    text = words(
        "description",
        scenes=words.number(shown.run.get("scenes", {}).get("count", 0), 0),
        first=words.day(period.start),
        last=words.day(period.last),
    )
    if shown.kept_back:
        text = f"{text} {words('kept_back')}"
    own = " ".join(credits_of(shown, words.language))
    return f"{text} {words('credits', credits=own)}" if own else text


# --- the collection --------------------------------------------------------------------------


def _collection(shown: Shown, items: tuple[Fields, ...], words: Words) -> Fields:
    """Return the collection: extents, who made it, files beside the rasters, its items."""
    provider = {
        "name": "landcover",
        "roles": ["processor"],
        "processing:software": _software(shown.run),
    }
    links = [_link("root", "./catalog.json"), _link("parent", "./catalog.json")]
    links += [_link("item", f"./items/{quote(item['id'])}.json") for item in items]
    return {
        "type": "Collection",
        "stac_version": VERSION,
        "stac_extensions": [EXTENSIONS["processing"]],
        "id": shown.about.name,
        "title": shown.about.title(words.language),
        "description": _description(shown, words),
        "license": "other",
        "providers": [provider],
        "extent": _extent(shown, items),
        "links": links,
        "assets": _assets(shown, words),
    }


def _software(run: Mapping[str, Any]) -> dict[str, str]:
    """Return what computed the results, with versions."""
    own = {"landcover": str(run.get("landcover", "")), "python": str(run.get("python", ""))}
    return own | {str(name): str(one) for name, one in run.get("packages", {}).items()}


def _extent(shown: Shown, items: tuple[Fields, ...]) -> Fields:
    """Return where and when: that of all items, or of the job's grid where there are none."""
    boxes = [item["bbox"] for item in items] or [list(_bounds(shown.grid))]
    whole = boxes[0]
    if all(west <= east for west, _, east, _ in boxes):
        lows, highs = zip(*((box[:2], box[2:]) for box in boxes), strict=True)
        whole = [*map(min, zip(*lows, strict=True)), *map(max, zip(*highs, strict=True))]
    period = shown.about.period
    times = [_first(period.start), _last(period.last)]
    return {"spatial": {"bbox": [whole]}, "temporal": {"interval": [times]}}


def _assets(shown: Shown, words: Words) -> Fields:
    """Return what the run left beside rasters: shapes, tables, the lock, its account."""
    assets: Fields = {}
    for key, (name, kind, roles) in FILES.items():
        if (shown.out / name).is_file():
            title = words(f"asset_{key}")
            assets[key] = {"href": f"../{name}", "type": kind, "title": title, "roles": [*roles]}
    for table in shown.tables:
        assets[f"table_{table}"] = {
            "href": f"../tables/{quote(table)}.csv",
            "type": "text/csv",
            "title": about_table(table, words.language),
            "roles": ["data"],
        }
    return assets


# --- items -----------------------------------------------------------------------------------


def _item(shown: Shown, style: RasterStyle, words: Words) -> Fields:
    """Return the item of a raster."""
    facts, language = style.facts, words.language
    asset = _raster(shown, style, words)
    bounds = _bounds(facts.grid)
    used = ["proj", "raster", "processing", "file"]
    if "classification:classes" in json.dumps(asset):
        used.append("classification")
    first, last = style.first or shown.about.period.start, style.last or shown.about.period.last
    return {
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": [EXTENSIONS[prefix] for prefix in sorted(used)],
        "id": facts.name,
        "collection": shown.about.name,
        "geometry": _geometry(facts.grid, bounds),
        "bbox": list(bounds),
        "properties": {
            "title": text_in(style.names, language) or facts.name,
            "datetime": None,
            "start_datetime": _first(first),
            "end_datetime": _last(last),
            "gsd": _resolution_m(facts.grid),
            **_projection(facts.grid),
            "processing:software": {"landcover": str(shown.run.get("landcover", ""))},
            "processing:lineage": _lineage(shown, facts, words),
            "landcover:product": style.product,
            "landcover:settings": {
                name.lower(): text
                for name, text in sorted(facts.tags.items())
                if name not in BLAND_TAGS
            },
        },
        "links": [
            _link("root", "../catalog.json"),
            _link("parent", "../collection.json"),
            _link("collection", "../collection.json"),
        ],
        "assets": {"data": asset},
    }


def _lineage(shown: Shown, facts: RasterFacts, words: Words) -> str:
    """Say what a raster was made by, and of what."""
    scenes = shown.run.get("scenes", {})
    return words(
        "lineage",
        version=shown.run.get("landcover", ""),
        product=facts.tags.get("PRODUCT", ""),
        number=facts.tags.get("PRODUCT_VERSION", ""),
        scenes=words.number(scenes.get("count", 0), 0),
        sha256=scenes.get("sha256", ""),
    )


def _raster(shown: Shown, style: RasterStyle, words: Words) -> Fields:
    """Return the asset of a raster: its file and bands."""
    facts = style.facts
    shows = {one.band: one for one in style.bands} if not style.is_picture else {}
    bands = [_band(facts, n, shows.get(n), words.language) for n in range(1, len(facts.bands) + 1)]
    asset: Fields = {
        "href": f"../../rasters/{quote(facts.path.name)}",
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "title": words("asset_data"),
        "roles": ["visual" if style.is_picture else "data"],
        "data_type": facts.dtype,
        "raster:sampling": "area",
        "raster:spatial_resolution": _resolution_m(facts.grid),
        **_checksum(shown.run, facts.path),
    }
    if facts.nodata is not None:
        asset["nodata"] = _nodata(facts.nodata)
    if len(bands) == 1 and "classification:classes" in bands[0]:  # where all readers look for it
        asset["classification:classes"] = bands[0].pop("classification:classes")
    return {**asset, "bands": bands}


def _nodata(value: float) -> str | float | int:
    """Write what stands for nothing: "nan" is a word in JSON, and 0 a whole number."""
    if math.isnan(value):
        return "nan"
    return int(value) if value.is_integer() else value


def _band(facts: RasterFacts, number: int, shows: BandStyle | None, language: str) -> Fields:
    """Return what a band is: its name, what it tells, its unit, its classes."""
    told = facts.bands[number - 1]
    plain = told if re.fullmatch(r"\w+", told) else f"b{number}"
    band: Fields = {"name": shows.key if shows else plain, "description": told}
    if shows is not None:
        band["description"] = text_in(shows.names, language) or told
    if facts.units[number - 1]:
        band["unit"] = facts.units[number - 1]
    if shows is not None and isinstance(shows.scale, Legend):
        band["classification:classes"] = _classes(shows.scale, language)
    return band


def _classes(legend: Legend, language: str) -> list[Fields]:
    """Return the classes of a legend."""
    return [
        {
            "value": one.value,
            "name": re.sub(r"[^0-9A-Za-z]+", "-", text_in(one.names, "en")).strip("-").lower()
            or f"class-{one.value}",
            "title": text_in(one.names, language),
            "color_hint": one.palette.lstrip("#").upper(),
        }
        for one in legend.classes
    ]


def _checksum(run: Mapping[str, Any], path: Path) -> Fields:
    """Return a file's size and hash: those the run told, unless the file is another one."""
    told, size = run.get("rasters", {}).get(path.name, {}), path.stat().st_size
    digest = told["sha256"] if told.get("size") == size else sha256_of(path)
    return {"file:size": size, "file:checksum": f"{SHA256_MULTIHASH}{digest}"}


# --- where and when --------------------------------------------------------------------------


def _bounds(grid: Grid) -> Bounds:
    """Return a grid's bounds in degrees; west > east where it crosses the antimeridian."""
    found = transformer(grid.crs, DEGREES).transform_bounds(*grid.bounds, densify_pts=21)
    west, south, east, north = (round(float(one), DIGITS) for one in found)
    return west, south, east, north


def _geometry(grid: Grid, bounds: Bounds) -> Fields:
    """Return a grid's outline in degrees: two boxes where it crosses the antimeridian."""
    if bounds[0] > bounds[2]:
        return dict(shapely.geometry.mapping(box_of(bounds)))
    box = shapely.box(*grid.bounds)
    parts = shapely.segmentize(box, max(1e-9, box.length / 4 / EDGE_PARTS))
    lon, lat = transformer(grid.crs, DEGREES).transform(*shapely.get_coordinates(parts).T)
    corners = [
        [round(float(x), DIGITS), round(float(y), DIGITS)] for x, y in zip(lon, lat, strict=True)
    ]
    ring = shapely.orient_polygons(shapely.Polygon(corners))  # GeoJSON: the outer ring leftwards
    return {"type": "Polygon", "coordinates": [[list(c) for c in ring.exterior.coords]]}


def _projection(grid: Grid) -> Fields:
    """Return a grid as the extension for projections has it."""
    crs = parse_crs(grid.crs)
    code = crs.to_authority()
    own: Fields = {"proj:code": ":".join(code) if code else None}
    if not code:
        own["proj:wkt2"] = crs.to_wkt("WKT2_2019")
    return {
        **own,
        "proj:shape": list(grid.shape),
        "proj:transform": list(grid.transform)[:6],
        "proj:bbox": list(grid.bounds),
    }


def _resolution_m(grid: Grid) -> float:
    """Return the size of a pixel on the ground (metres), along y."""
    return round(grid.resolution[1] * metres_per_unit(grid.crs), 3)


def _first(day: date) -> str:
    """Return the beginning of a day."""
    return f"{day.isoformat()}T00:00:00Z"


def _last(day: date) -> str:
    """Return the end of a day."""
    return f"{day.isoformat()}T23:59:59Z"
