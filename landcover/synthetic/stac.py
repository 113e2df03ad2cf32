"""How a made-up scene is told in STAC: items in Earth Search's c1 style, a static catalog.

It knows JSON. It does not know pixels.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pyproj import Transformer

from landcover.model import Grid
from landcover.synthetic.land import Country
from landcover.synthetic.overpass import Pass, sun
from landcover.synthetic.seasons import FINE_BANDS
from landcover.synthetic.truth import MASK, band_grid

__all__ = ["COLLECTION", "FILES", "item", "write_catalog", "write_json"]

COLLECTION = "sentinel-2-c1-l2a"
"""The collection that the items belong to, as Earth Search names it."""

FILES = {
    "blue": "B02", "green": "B03", "red": "B04", "nir": "B08", "rededge1": "B05",
    "rededge2": "B06", "rededge3": "B07", "nir08": "B8A", "swir16": "B11", "swir22": "B12",
    MASK: "SCL",
}  # fmt: skip
"""Sentinel-2's own name of each band: its file, and its name in `eo:bands`."""

MADE = "2025-01-01T00:00:00Z"
"""When the items say that they were made: fixed, so that files repeat byte by byte."""

Json = dict[str, Any]

_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_EXTENSIONS = [
    f"https://stac-extensions.github.io/{name}/schema.json"
    for name in ("eo/v1.1.0", "grid/v1.1.0", "projection/v1.1.0", "raster/v1.1.0", "view/v1.0.0")
]
_COMMON_NAMES = {"nir08": "nir08", "rededge1": "rededge", "rededge2": "rededge",
                 "rededge3": "rededge"}  # fmt: skip


def timestamp(moment: datetime) -> str:
    """Write an instant as RFC 3339 with milliseconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def item(country: Country, one: Pass, bands: Sequence[str], cloud_percent: float) -> Json:
    """Tell one scene; hrefs are relative to the item's own file."""
    ring = _outline(one.square.grid)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": _EXTENSIONS,
        "id": one.id,
        "collection": COLLECTION,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [
            *(min(corner[axis] for corner in ring) for axis in (0, 1)),
            *(max(corner[axis] for corner in ring) for axis in (0, 1)),
        ],
        "properties": _properties(country, one, cloud_percent),
        "links": [
            {"rel": "root", "href": "../catalog.json", "type": "application/json"},
            {"rel": "parent", "href": "../collection.json", "type": "application/json"},
            {"rel": "collection", "href": "../collection.json", "type": "application/json"},
        ],
        "assets": {band: _asset(one, band) for band in (*bands, MASK)},
    }


def _outline(grid: Grid) -> list[list[float]]:
    """Corners of a grid in degrees, anticlockwise and closed."""
    left, bottom, right, top = grid.bounds
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True)
    corners = ((left, top), (left, bottom), (right, bottom), (right, top), (left, top))
    return [[round(degrees, 7) for degrees in to_degrees.transform(*xy)] for xy in corners]


def _properties(country: Country, one: Pass, cloud_percent: float) -> Json:
    """State the fields of an item that Earth Search gives, without the paths of its archive."""
    above, code = sun(country, one.day), one.square.code
    generated = f"{one.generated:%Y-%m-%dT%H:%M:%S.%f}Z"
    return {
        "datetime": timestamp(one.time),
        "created": MADE,
        "updated": MADE,
        "platform": one.platform,
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "eo:cloud_cover": cloud_percent,
        "proj:epsg": int(one.square.grid.crs.rpartition(":")[2]),
        "mgrs:utm_zone": int(code[:-3]),
        "mgrs:latitude_band": code[-3],
        "mgrs:grid_square": code[-2:],
        "grid:code": f"MGRS-{code}",
        "view:azimuth": 104.5,
        "view:incidence_angle": 6.2,
        "view:sun_azimuth": round(above.azimuth_deg, 6),
        "view:sun_elevation": round(above.elevation_deg, 6),
        "s2:product_type": "S2MSI2A",
        "s2:processing_baseline": one.baseline,
        "s2:product_uri": (
            f"S2{one.platform[-1].upper()}_MSIL2A_{one.time:%Y%m%dT%H%M%S}_"
            f"N{one.baseline.replace('.', '')}_R{one.orbit:03d}_T{code}_"
            f"{one.generated:%Y%m%dT%H%M%S}.SAFE"
        ),
        "s2:generation_time": generated,
    }


def _asset(one: Pass, band: str) -> Json:
    """Tell one file."""
    grid = band_grid(one.square.grid, band)
    size_m = grid.transform.a
    about: Json = {"nodata": 0, "data_type": "uint8", "spatial_resolution": size_m}
    extra: Json = {}
    if band != MASK:
        about |= {"data_type": "uint16", "scale": 0.0001, "offset": -one.offset_dn / 10_000}
        extra["eo:bands"] = [{"name": FILES[band], "common_name": _COMMON_NAMES.get(band, band)}]
    return {
        "href": f"./{FILES[band]}.tif",
        "type": _COG,
        "title": f"{band} - {size_m:g}m",
        "gsd": 10 if band in FINE_BANDS else 20,
        "proj:shape": list(grid.shape),
        "proj:transform": [size_m, 0, grid.transform.c, 0, -size_m, grid.transform.f],
        "raster:bands": [about],
        "roles": ["data"] if band == MASK else ["data", "reflectance"],
        **extra,
    }


def write_json(path: Path, content: Json) -> None:
    """Write JSON always with the same bytes."""
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def write_catalog(folder: Path, items: Sequence[Json]) -> Path:
    """Write `catalog.json` and `collection.json` over items in folders of their own names."""
    ordered = sorted(items, key=lambda one: (one["properties"]["datetime"], one["id"]))
    catalog = {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "made-up-country",
        "description": "Made-up Sentinel-2 scenes whose every pixel is known by formula.",
        "links": [
            {"rel": "root", "href": "./catalog.json", "type": "application/json"},
            {"rel": "child", "href": "./collection.json", "type": "application/json"},
        ],
    }
    write_json(folder / "collection.json", _collection(ordered))
    write_json(folder / "catalog.json", catalog)
    return folder / "catalog.json"


def _collection(items: Sequence[Json]) -> Json:
    """Tell the collection: extent and links."""
    boxes = [one["bbox"] for one in items]
    times = [one["properties"]["datetime"] for one in items]
    whole = [min(b[0] for b in boxes), min(b[1] for b in boxes),
             max(b[2] for b in boxes), max(b[3] for b in boxes)]  # fmt: skip
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": COLLECTION,
        "title": "Made-up Sentinel-2 L2A",
        "description": "Scenes of a country that does not exist, in the form of Earth Search.",
        "license": "CC0-1.0",
        "extent": {
            "spatial": {"bbox": [whole]},
            "temporal": {"interval": [[times[0], times[-1]]]},
        },
        "links": [
            {"rel": "root", "href": "./catalog.json", "type": "application/json"},
            {"rel": "parent", "href": "./catalog.json", "type": "application/json"},
            *(
                {"rel": "item", "href": f"./{one['id']}/{one['id']}.json",
                 "type": "application/geo+json"}
                for one in items
            ),
        ],
    }  # fmt: skip
