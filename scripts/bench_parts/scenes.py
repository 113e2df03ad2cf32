"""The scenes that everything is measured on: a made-up country, its scenes listed again and again.

All dates lie before January 2022, so that one offset holds for all scenes, and the two libraries
that we measure ourselves against need no case for it.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import Transformer
from shapely import box, segmentize
from shapely.geometry import mapping
from shapely.ops import transform

YEARS = (2017, 2018, 2019, 2020)
CLEAR = (4, 5, 6, 7)
"""SCL: vegetation, bare, water, unclassified."""
BANDS = ("red", "nir", "scl")


@dataclass(frozen=True, slots=True)
class Listing:
    """An ItemCollection file, and the plane that all its scenes share."""

    items: Path
    count: int
    epsg: int
    left: float
    top: float
    size_px: int
    resolution_m: float = 10.0

    @property
    def pixels(self) -> int:
        """Pixels of one scene."""
        return self.size_px**2

    def rectangle(self, across_m: float | None = None) -> dict[str, Any]:
        """Return the scenes' plane, or a square from its upper left corner, in degrees.

        It ends one metre inside, so that snapping outward gives exactly whole pixels; its sides
        are cut every 250 m, so that they stay straight (to 1 mm) in the scenes' plane.
        """
        side = across_m or self.size_px * self.resolution_m
        square = box(self.left + 1, self.top - side + 1, self.left + side - 1, self.top - 1)
        to_degrees = Transformer.from_crs(self.epsg, 4326, always_xy=True)
        degrees = transform(to_degrees.transform, segmentize(square, 250.0))
        return {
            "type": "Feature",
            "properties": {"id": "all", "name": "All"},
            "geometry": mapping(degrees),
        }


def scattered(count: int) -> list[tuple[float, float]]:
    """Scatter places over the six squares of `many_squares` (longitude, latitude in degrees)."""
    chance = np.random.default_rng(1)
    x, y = chance.uniform(310e3, 590e3, count), chance.uniform(210e3, 390e3, count)
    lon, lat = Transformer.from_crs(32635, 4326, always_xy=True).transform(x, y)
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


def made_up(folder: Path, size_px: int, count: int) -> Path:
    """Write `count` scenes of the made-up country (red, nir, mask; blocks of 512), once."""
    from landcover.synthetic import Writing, country, dates, write

    done = folder / "catalog.json"
    if not done.exists():
        land = country(size_px, crs="EPSG:32635")
        days = dates(date(YEARS[0], 1, 1), date(YEARS[-1] + 1, 1, 1), 365 * len(YEARS) // count)
        write(land, folder, days[:count], writing=Writing(block_px=512, bands=("red", "nir")))
    return done


def read_items(path: Path) -> list[dict[str, Any]]:
    """Read items from an ItemCollection file or a static catalog, with absolute hrefs."""
    if path.suffix == ".json":
        document = json.loads(path.read_text("utf-8"))
        if document.get("type") == "FeatureCollection":
            return [absolute(item, path.parent) for item in document["features"]]
    found = []
    for candidate in sorted(path.parent.rglob("*.json")):
        item = json.loads(candidate.read_text("utf-8"))
        if item.get("type") == "Feature" and "assets" in item:
            found.append(absolute(item, candidate.parent))
    return found


def absolute(item: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Make an item's asset paths absolute, and leave out the assets that nobody reads."""
    kept = {name: asset for name, asset in item["assets"].items() if name in BANDS}
    for asset in kept.values():
        asset["href"] = str((folder / asset["href"]).resolve())
    return {**item, "assets": kept, "links": []}


def again(item: dict[str, Any], turn: int, when: datetime, folder: Path) -> dict[str, Any]:
    """List a scene under a new date and file names of its own, so that no cache can know it."""
    new = copy.deepcopy(item)
    new["id"] = f"{item['id']}-{turn}"
    new["properties"]["datetime"] = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    for key in ("start_datetime", "end_datetime", "created", "updated"):
        new["properties"].pop(key, None)
    for name, asset in new["assets"].items():
        target = folder / f"{new['id']}_{name}.tif"
        if not target.exists():
            _link(Path(asset["href"]), target)
        asset["href"] = f"./{target.name}"
    return new


def _link(source: Path, target: Path) -> None:
    """Give a file a second name, or copy it where the disk knows no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def listing(base: Path, folder: Path, count: int) -> Listing:
    """List the scenes of `base` `count` times in all, spread evenly over the four years."""
    items = read_items(base)
    folder.mkdir(parents=True, exist_ok=True)
    start = datetime(YEARS[0], 1, 3, 9, tzinfo=UTC)
    step = timedelta(days=365.2 * len(YEARS) / count)
    features = [again(items[k % len(items)], k, start + k * step, folder) for k in range(count)]
    path = folder / f"items_{count}.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return _described(path, items[0], count)


def _described(path: Path, item: dict[str, Any], count: int) -> Listing:
    """Describe a listing by the plane of its first scene's red band."""
    properties, red = item["properties"], item["assets"]["red"]
    code = properties.get("proj:epsg") or str(properties.get("proj:code")).split(":")[-1]
    transform = red.get("proj:transform") or properties["proj:transform"]
    shape = red.get("proj:shape") or properties["proj:shape"]
    return Listing(path, count, int(code), transform[2], transform[5], shape[0], transform[0])


def many_squares(folder: Path, count: int) -> Listing:
    """List `count` scenes over six squares of 109.8 km, whose files are empty but real."""
    step_m, squares = 100_000.0, [(300_000.0 + k * 100_000.0, j) for j in (1, 2) for k in range(3)]
    folder.mkdir(parents=True, exist_ok=True)
    features = []
    start = datetime(YEARS[0], 1, 3, 9, tzinfo=UTC)
    wait = timedelta(days=365.2 * len(YEARS) / count)
    for number in range(count):
        left, row = squares[number % len(squares)]
        top = 100_000.0 + row * step_m + 9_800.0
        features.append(_empty_item(folder, number, left, top, start + number * wait))
    path = folder / f"items_{count}.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return Listing(path, count, 32635, squares[0][0], 100_000.0 + 2 * step_m + 9_800.0, 10_980)


def _empty_item(
    folder: Path, number: int, left: float, top: float, when: datetime
) -> dict[str, Any]:
    """Describe a scene of one square; its files hold no data and take no room."""
    assets = {}
    for band, kind, resolution_m in (
        ("red", "uint16", 10),
        ("nir", "uint16", 10),
        ("scl", "uint8", 20),
    ):
        side = round(109_800 / resolution_m)
        affine = [resolution_m, 0, left, 0, -resolution_m, top]
        path = folder / f"{left:.0f}_{top:.0f}_{band}.tif"
        if not path.exists():
            _write_empty(path, side, kind, affine)
        numbers = {} if band == "scl" else {"scale": 1e-4, "offset": 0}
        assets[band] = {
            "href": f"./{path.name}",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "proj:shape": [side, side],
            "proj:transform": affine,
            "raster:bands": [{"data_type": kind, "nodata": 0, **numbers}],
        }
    square = box(left, top - 109_800, left + 109_800, top)
    degrees = transform(Transformer.from_crs(32635, 4326, always_xy=True).transform, square)
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": f"S2A_35N{left / 1e5:.0f}{top / 1e5:.0f}_{when:%Y%m%d}_{number}_L2A",
        "collection": "sentinel-2-l2a",
        "geometry": mapping(degrees),
        "bbox": list(degrees.bounds),
        "properties": {
            "datetime": f"{when:%Y-%m-%dT%H:%M:%SZ}",
            "proj:epsg": 32635,
            "eo:cloud_cover": 50.0,
            "s2:processing_baseline": "02.04",
            "earthsearch:boa_offset_applied": False,
        },
        "assets": assets,
        "links": [],
    }


def _write_empty(path: Path, side: int, kind: str, affine: list[float]) -> None:
    """Write a tiled GeoTIFF without a single block."""
    import rasterio
    from affine import Affine

    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=1, dtype=kind, nodata=0,
        crs="EPSG:32635", transform=Affine(*affine), tiled=True, blockxsize=1024, blockysize=1024,
        compress="deflate", sparse_ok=True,
    ):  # fmt: skip
        pass
