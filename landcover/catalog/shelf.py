"""A store's own catalog: a static STAC catalog of what lies in it, which other programs read too.

Each item says of its files what the run that brought them took for true: place, type, nodata,
scale and offset, as decided by then, so that a job over the store takes the same numbers. It knows
scenes and JSON. It does not know what a file holds.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from landcover.catalog.hrefs import safe_name
from landcover.files import write_whole
from landcover.model import Asset, Scene
from landcover.net import unsigned

__all__ = ["shelf_name", "write_shelf"]

Json = dict[str, Any]

STAC_VERSION = "1.0.0"
EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
    "https://stac-extensions.github.io/eo/v1.1.0/schema.json",
)

ITEMS = "items"
"""Folder of the items, one folder a collection in it."""

WITHOUT_COLLECTION = "scenes"
"""The collection of items that have none."""

_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?=[A-Za-z0-9_-])){0,99}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
"""Names that Windows keeps for devices."""

_MEDIA = {
    "GTiff": "image/tiff; application=geotiff; profile=cloud-optimized",
    "JP2OpenJPEG": "image/jp2",
}


def _folder(name: str) -> str:
    """Spell any name so that it can be a folder's, on every system, and no other name's."""
    if _PLAIN.fullmatch(name) and not _RESERVED.fullmatch(name):
        return name
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{re.sub(r'[.]', '_', safe_name(name))[:60]}-{mark}"


def _item_folder(scene: Scene) -> str:
    """Return the folder of an item, from the store's own."""
    return f"{ITEMS}/{_folder(scene.collection or WITHOUT_COLLECTION)}/{_folder(scene.id)}"


def shelf_name(scene: Scene, asset: Asset) -> str:
    """Return where a file of a scene is to lie in a store, without mark and suffix."""
    return f"{_item_folder(scene)}/{_folder(asset.key or asset.band)}"


def write_shelf(root: Path, scenes: Iterable[Scene], file_of: Callable[[str], str | None]) -> None:
    """Write the items of scenes, and the collections and the catalog over all that there is.

    Parameters
    ----------
    root : Path
        The store.
    scenes : iterable of Scene
    file_of : callable
        Gives the path in the store of an address's file; None where nothing of it is held.

    Raises
    ------
    DiskFullError
    """
    touched = set()
    for scene in scenes:
        folder = root / _item_folder(scene)
        files = {
            asset.key or asset.band: (asset, Path(file).name)
            for asset in scene.assets.values()
            if asset.overview == 1  # else its plane is not that of the file
            and (file := file_of(asset.href)) is not None
            and (root / file).parent == folder
        }
        if files:
            _write_item(folder, scene, files)
            touched.add(folder.parent)
    for folder in sorted(touched):
        _write_collection(folder)
    _write_catalog(root)


def _write(path: Path, content: Json) -> None:
    """Write JSON whole or not at all."""
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _read(path: Path) -> Json:
    """Read JSON; empty where it is absent or broken."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _link(rel: str, href: str, media: str = "application/json") -> Json:
    return {"rel": rel, "href": href, "type": media}


def _stamp(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat() + "Z"


# --- items ----------------------------------------------------------------------------------------


def _write_item(folder: Path, scene: Scene, files: Mapping[str, tuple[Asset, str]]) -> None:
    """Write one item; assets that another job brought stay in it."""
    path = folder / f"{folder.name}.json"
    known = _read(path).get("assets")
    assets = {
        key: asset
        for key, asset in (known if isinstance(known, dict) else {}).items()
        if isinstance(asset, dict) and (folder / Path(str(asset.get("href"))).name).is_file()
    }
    assets |= {key: _asset(asset, name) for key, (asset, name) in files.items()}
    _write(path, _item(scene, dict(sorted(assets.items()))))


def _item(scene: Scene, assets: Json) -> Json:
    """Tell one scene."""
    above = _link("collection", "../collection.json")
    origin = unsigned(scene.item_href)
    links = [_link("root", "../../../catalog.json"), {**above, "rel": "parent"}, above]
    if origin.startswith("http"):
        links.append(_link("derived_from", origin, "application/geo+json"))
    item: Json = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": list(EXTENSIONS),
        "id": scene.id,
        "collection": scene.collection or WITHOUT_COLLECTION,
        "geometry": json.loads(scene.geometry) if scene.geometry else _box(scene.footprint),
        "bbox": list(scene.footprint),
        "properties": _properties(scene),
        "links": links,
        "assets": assets,
    }
    return item


def _box(bounds: tuple[float, float, float, float]) -> Json:
    """Make a polygon of bounds."""
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _properties(scene: Scene) -> Json:
    """Tell what is read of an item beside its files; what is empty is left out."""
    is_code = ":" in scene.crs and "[" not in scene.crs
    number, _, state = scene.orbit.partition(" ")
    if not number.isdecimal():
        number, state = "", scene.orbit
    fields: Json = {
        "datetime": _stamp(scene.time),
        "platform": scene.platform,
        "proj:code": scene.crs if is_code else "",
        "proj:wkt2": "" if is_code else scene.crs,
        "grid:code": scene.grid_code,
        "eo:cloud_cover": scene.cloud_percent,
        "processing:version": scene.baseline,
        "processing:datetime": _stamp(scene.generated) if scene.generated else "",
        "s2:datastrip_id": f"DS_S{scene.datastrip}" if scene.datastrip else "",
        "sat:relative_orbit": int(number) if number else None,
        "sat:orbit_state": state,
        "landcover:reason": scene.reason,
    }
    return {key: value for key, value in fields.items() if value not in ("", None)}


def _asset(asset: Asset, name: str) -> Json:
    """Tell one file: its numbers are what was decided, declared so that no rule changes them."""
    numbers: Json = {"data_type": asset.dtype, "scale": asset.scale, "offset": asset.offset}
    if asset.nodata is not None:
        numbers["nodata"] = asset.nodata if math.isfinite(asset.nodata) else str(asset.nodata)
    return {
        "href": f"./{name}",
        "type": _MEDIA.get(asset.driver, "image/tiff"),
        "roles": ["data"],
        "proj:shape": list(asset.shape),
        "proj:transform": list(asset.transform)[:6],
        "raster:bands": [numbers],
        "eo:bands": [{"name": asset.band}],
        "landcover:original": unsigned(asset.href),
    }


# --- collections ----------------------------------------------------------------------------------


def _write_collection(folder: Path) -> None:
    """Write a collection over all items that lie in its folder."""
    listed = [(path, _read(path)) for path in sorted(folder.glob("*/*.json"))]
    items = [(path, item) for path, item in listed if item.get("type") == "Feature"]
    boxes = [item["bbox"] for _, item in items]
    times = sorted(item["properties"]["datetime"] for _, item in items)
    whole = [f(box[at] for box in boxes) for at, f in enumerate((min, min, max, max))]
    _write(
        folder / "collection.json",
        {
            "type": "Collection",
            "stac_version": STAC_VERSION,
            "id": items[0][1]["collection"],
            "description": "Parts of scenes: only blocks that jobs needed are held. "
            "A block that is not held shows as nodata in other programs.",
            "license": "other",
            "extent": {
                "spatial": {"bbox": [whole]},
                "temporal": {"interval": [[times[0], times[-1]]]},
            },
            "links": [
                _link("root", "../../catalog.json"),
                _link("parent", "../../catalog.json"),
                *(
                    _link("item", f"./{path.parent.name}/{path.name}", "application/geo+json")
                    for path, _ in items
                ),
            ],
        },
    )


def _write_catalog(root: Path) -> None:
    """Write the catalog over all collections."""
    _write(
        root / "catalog.json",
        {
            "type": "Catalog",
            "stac_version": STAC_VERSION,
            "id": "landcover-store",
            "description": "What landcover fetch brought: parts of scenes, for jobs to share.",
            "links": [
                _link("root", "./catalog.json"),
                *(
                    _link("child", f"./{ITEMS}/{path.parent.name}/collection.json")
                    for path in sorted(root.glob(f"{ITEMS}/*/collection.json"))
                ),
            ],
        },
    )
