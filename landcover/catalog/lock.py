"""The lock, ``scenes.json``: exactly which items were read, and how their numbers were taken.

It is a STAC ItemCollection with only the used assets and fields. It knows its own form. It does
not know how scenes are found.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import astuple, replace
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from affine import Affine

from landcover.catalog.hrefs import check_syntax
from landcover.catalog.scenes import Choice, Count, Dropped, SceneSet
from landcover.catalog.tampering import check_scene
from landcover.errors import InputError, SceneError
from landcover.files import write_whole
from landcover.model import Asset, Failure, Note, Period, Scene
from landcover.net import redact, unsigned
from landcover.settings import is_url

__all__ = ["read_lock", "write_lock"]

FORM = 1
"""Version of the lock's form."""

STAC_VERSION = "1.0.0"
EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v1.1.0/schema.json",
)
_SHARED = ("proj:shape", "proj:transform", "landcover:clip", "landcover:driver")
"""Fields that stand on the item once, and on an asset only where it differs."""


def write_lock(path: Path, scene_set: SceneSet) -> None:
    """Write the lock whole or not at all; the same scenes give the same bytes.

    Items are sorted by (time, id), one a line; hrefs are unsigned.
    """
    scenes = sorted(scene_set.scenes, key=lambda s: (s.time, s.id))
    head: dict[str, Any] = {
        "landcover:lock": FORM,
        "landcover:failures": [_redacted(astuple(one)) for one in scene_set.failures],
        "landcover:notes": [_redacted(astuple(one)) for one in scene_set.notes],
        "landcover:counts": [list(astuple(one)) for one in scene_set.counts],
        "landcover:dropped": [_redacted(astuple(one)) for one in scene_set.dropped],
    }
    if scene_set.profiles:
        head["landcover:profiles"] = dict(scene_set.profiles)
    if scene_set.choices:
        head["landcover:choices"] = [list(astuple(one)) for one in scene_set.choices]
    if scene_set.period is not None:
        head["landcover:period"] = [day.isoformat() for day in astuple(scene_set.period)]
    lines = ",\n".join(_dump(_item(scene)) for scene in scenes)
    text = f'{{"type":"FeatureCollection",\n{_dump(head)[1:-1]},\n"features":[\n{lines}\n]}}\n'
    write_whole(Path(path), text)


def read_lock(path: Path) -> SceneSet:
    """Read a lock; the scenes equal those that were written.

    A relative path, as in a lock that `landcover pack` made, is taken from the lock's folder.

    Raises
    ------
    InputError
        It is missing, or not a lock of this form, or holds an item that no run writes.
    """
    try:
        document = json.loads(Path(path).read_bytes())
        if document["landcover:lock"] != FORM:
            raise ValueError(f"form {document['landcover:lock']}")
        return SceneSet(
            scenes=_scenes(document["features"], path),
            failures=tuple(Failure(*row) for row in document["landcover:failures"]),
            notes=tuple(Note(*row) for row in document["landcover:notes"]),
            counts=tuple(Count(*row) for row in document["landcover:counts"]),
            period=_period(document.get("landcover:period")),
            dropped=tuple(Dropped(*row) for row in document.get("landcover:dropped", ())),
            profiles=tuple(document.get("landcover:profiles", {}).items()),
            choices=tuple(Choice(*row) for row in document.get("landcover:choices", ())),
        )
    except FileNotFoundError:
        raise InputError(str(path), "no such lock", "Run without --locked first.") from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError(
            str(path), "not a lock of this version", "Delete it, or run with --fresh."
        ) from None


def _scenes(items: list[Any], path: Path) -> tuple[Scene, ...]:
    """Read all items; one that no run wrote is refused, and named."""
    found: dict[tuple[str, str], Scene] = {}
    for number, item in enumerate(items):
        name = f"item {number} ({redact(str(item.get('id')))[:80]!r})"
        try:
            scene = _beside(_scene(item), Path(path).parent.resolve())
            check_scene(scene)
        except SceneError as error:
            raise _tampered(path, f"{name}: {error.what}") from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"{name} is not as a run writes it ({redact(str(error))[:80]})"
            raise _tampered(path, what) from None
        if (scene.source, scene.id) in found:
            raise _tampered(path, f"{name} is listed twice")
        found[scene.source, scene.id] = scene
    return tuple(found.values())


def _beside(scene: Scene, folder: Path) -> Scene:
    """Take the relative paths of a packed lock from its own folder; none may lead out of it."""
    assets = {
        band: replace(asset, href=str(folder / asset.href)) if _is_relative(asset.href) else asset
        for band, asset in scene.assets.items()
    }
    return replace(scene, assets=assets) if assets != scene.assets else scene


def _is_relative(href: str) -> bool:
    """Whether an href is a plain path below the lock."""
    check_syntax(href)
    path = PurePosixPath(href)
    return not (
        is_url(href) or path.is_absolute() or Path(href).is_absolute() or ".." in path.parts
    )


def _tampered(path: Path, what: str) -> InputError:
    remedy = "Take the lock as the run wrote it, or run with --fresh to search again"
    return InputError(str(path), what, remedy)


def _period(days: list[str] | None) -> Period | None:
    """Read back the period that was searched; locks of earlier versions have none."""
    if days is None:
        return None
    start, end = (date.fromisoformat(day) for day in days)
    return Period(start, end)


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _redacted(row: Iterable[str]) -> list[str]:
    return [redact(text) for text in row]


def _item(scene: Scene) -> dict[str, Any]:
    """Make the STAC item of a scene."""
    assets = {band: _asset(scene.assets[band]) for band in sorted(scene.assets)}
    shared = _share(list(assets.values()))
    item: dict[str, Any] = {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": list(EXTENSIONS),
        "id": scene.id,
        "geometry": json.loads(scene.geometry) if scene.geometry else None,
        "bbox": _short(list(scene.footprint)),
        "properties": {**_properties(scene), **_short(shared)},
        "links": _links(scene),
        "assets": _short(assets),
    }
    if scene.collection:
        item["collection"] = scene.collection
    if not scene.geometry:  # STAC allows no bbox without a geometry
        item["properties"]["landcover:footprint"] = item.pop("bbox")
    return item


def _links(scene: Scene) -> list[dict[str, str]]:
    href = unsigned(scene.item_href)
    return [{"rel": "derived_from", "href": href}] if href else []


def _properties(scene: Scene) -> dict[str, Any]:
    """Return the item's properties, without those that are empty."""
    is_code = ":" in scene.crs and "[" not in scene.crs
    fields = {
        "datetime": _stamp(scene.time),
        "proj:code": scene.crs if is_code else "",
        "proj:wkt2": "" if is_code else scene.crs,
        "platform": scene.platform,
        "grid:code": scene.grid_code,
        "eo:cloud_cover": scene.cloud_percent,
        "s2:processing_baseline": scene.baseline,
        "s2:generation_time": _stamp(scene.generated) if scene.generated else "",
        "landcover:source": scene.source,
        "landcover:sensor": scene.sensor,
        "landcover:solar_day": scene.solar_day.isoformat(),
        "landcover:reason": scene.reason,
        "landcover:orbit": scene.orbit,
        "landcover:datastrip": scene.datastrip,
        "landcover:yields_to": list(scene.yields_to),
        "landcover:doubtful": scene.doubtful or None,
    }
    return {key: value for key, value in fields.items() if value not in ("", None, [])}


def _stamp(time: datetime) -> str:
    return time.replace(tzinfo=None).isoformat() + "Z"


def _asset(asset: Asset) -> dict[str, Any]:
    """Make the STAC asset of one band."""
    made: dict[str, Any] = {
        "href": unsigned(asset.href),
        "raster:bands": [_numbers(asset)],
        "proj:shape": list(asset.shape),
        "proj:transform": list(asset.transform)[:6],
        "landcover:clip": list(asset.clip) if asset.clip else None,
        "landcover:driver": asset.driver,
    }
    return made if asset.key == asset.band else {**made, "landcover:key": asset.key}


def _share(assets: list[dict[str, Any]]) -> dict[str, Any]:
    """Move each shared field's commonest value from the assets to the item."""
    shared = {}
    for field in _SHARED:
        values = [asset[field] for asset in assets]
        shared[field] = max(values, key=values.count)  # the first of equals: the order is fixed
        for asset in assets:
            if asset[field] == shared[field]:
                del asset[field]
    return shared


def _numbers(asset: Asset) -> dict[str, Any]:
    """Say how DN become values; what the raster extension takes for granted is left out."""
    numbers: dict[str, Any] = {"data_type": asset.dtype}
    if asset.nodata is not None:
        # JSON has no such numbers; the raster extension spells them so
        numbers["nodata"] = asset.nodata if math.isfinite(asset.nodata) else str(asset.nodata)
    if asset.scale != 1:
        numbers["scale"] = asset.scale
    if asset.offset != 0:
        numbers["offset"] = asset.offset
    return numbers


def _short(value: Any) -> Any:
    """Spell whole floats without their ".0"; they read back equal."""
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_short(inner) for inner in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _scene(item: Mapping[str, Any]) -> Scene:
    """Read back what `_item` wrote."""
    properties = item["properties"]
    bounds = item["bbox"] if "bbox" in item else properties["landcover:footprint"]
    west, south, east, north = bounds
    made = properties.get("s2:generation_time")
    return Scene(
        id=item["id"],
        source=properties.get("landcover:source", ""),
        sensor=properties.get("landcover:sensor", ""),
        time=datetime.fromisoformat(properties["datetime"]),
        solar_day=date.fromisoformat(properties["landcover:solar_day"]),
        crs=properties.get("proj:code") or properties.get("proj:wkt2", ""),
        footprint=(west, south, east, north),
        assets={
            band: _read_asset(band, {**properties, **asset})
            for band, asset in item["assets"].items()
        },
        geometry=_dump(item["geometry"]) if item["geometry"] else "",
        collection=item.get("collection", ""),
        platform=properties.get("platform", ""),
        grid_code=properties.get("grid:code", ""),
        baseline=properties.get("s2:processing_baseline", ""),
        generated=datetime.fromisoformat(made) if made else None,
        cloud_percent=properties.get("eo:cloud_cover"),
        reason=properties.get("landcover:reason", ""),
        item_href=next((link["href"] for link in item["links"]), ""),
        orbit=properties.get("landcover:orbit", ""),
        datastrip=properties.get("landcover:datastrip", ""),
        yields_to=tuple(map(str, properties.get("landcover:yields_to", ()))),
        doubtful=properties.get("landcover:doubtful", False) is True,
    )


def _read_asset(band: str, fields: Mapping[str, Any]) -> Asset:
    """Read back what `_asset` wrote."""
    (numbers,) = fields["raster:bands"]
    rows, columns = fields["proj:shape"]
    clip = fields["landcover:clip"]
    return Asset(
        band=band,
        href=fields["href"],
        transform=Affine(*fields["proj:transform"]),
        shape=(rows, columns),
        dtype=numbers["data_type"],
        nodata=_nodata(numbers.get("nodata")),
        scale=numbers.get("scale", 1.0),
        offset=numbers.get("offset", 0.0),
        clip=(clip[0], clip[1]) if clip else None,
        driver=fields["landcover:driver"],
        key=fields.get("landcover:key", band),
    )


def _nodata(value: float | str | None) -> float | None:
    """Read a nodata value; NaN is always the same object, so that equal assets are equal."""
    if not isinstance(value, str):
        return value
    return math.nan if value == "nan" else float(value)
