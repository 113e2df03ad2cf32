"""What an item says of who took it, when it was made, and which acquisition it is.

Catalogs spell the same thing in many ways. It knows items' raw JSON. It does not know scenes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from landcover.catalog.radiometry import baseline

__all__ = ["datastrip", "generated", "grid_code", "instant", "platform", "version", "word"]

_GENERATED = (
    "s2:generation_time", "processing:datetime", "landsat:product_generated", "created",
)  # fmt: skip
"""When the product was made, best first; `created` may be when its item was."""

_DATASTRIPS = ("s2:datastrip_id", "eopf:datastrip_id")


def instant(text: object) -> datetime | None:
    """Read an RFC 3339 time, or one with a space in place of the T; no zone means UTC."""
    if not isinstance(text, str):
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):  # the year 1, east of Greenwich
        return None


def word(value: object) -> str:
    """Return a short text field, without what could break a line or cannot be written."""
    return (
        re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]+", " ", value)[:200] if isinstance(value, str) else ""
    )


def platform(item: Mapping[str, Any]) -> str:
    """Return the satellite as the item names it, in small letters ("sentinel-2a"), or nothing."""
    return word(item["properties"].get("platform")).lower()


def grid_code(properties: Mapping[str, Any]) -> str:
    """Return the grid square ("MGRS-35NNA", "WRS2-174060"), however the catalog spells it."""
    if isinstance(properties.get("grid:code"), str):
        return _square(word(properties["grid:code"]))
    tile = properties.get("s2:mgrs_tile")
    if isinstance(tile, str):
        return _square(f"MGRS-{word(tile).removeprefix('T')}")
    for prefix in ("mgrs", "sentinel"):
        square = _joined(properties, f"{prefix}:utm_zone", f"{prefix}:latitude_band",
                         f"{prefix}:grid_square")  # fmt: skip
        if square:
            return _square(f"MGRS-{square}")
    scene = _joined(properties, "landsat:wrs_path", "landsat:wrs_row")
    if scene:
        return f"WRS{word(properties.get('landsat:wrs_type')) or 2}-{scene}"
    place = [properties.get(f"modis:{way}-tile") for way in ("horizontal", "vertical")]
    numbers = [one for one in place if isinstance(one, int)]
    return "MODIS-h{:02d}v{:02d}".format(*numbers) if len(numbers) == 2 else ""


def _square(code: str) -> str:
    """Write the zone of an MGRS square with two digits: catalogs write 5CNL and 05CNL."""
    found = re.fullmatch(r"MGRS-(\d)([A-Z]{3})", code)
    return "MGRS-0{}{}".format(*found.groups()) if found else code


def _joined(properties: Mapping[str, Any], *keys: str) -> str:
    """Join the fields of a code, or return nothing where one is missing."""
    parts = [properties.get(key) for key in keys]
    known = all(isinstance(part, str | int) and part != "" for part in parts)
    return "".join(word(str(part)) for part in parts) if known else ""


def version(item: Mapping[str, Any]) -> str:
    """Return the version of the processing: Sentinel-2's baseline, or what the item calls so."""
    return baseline(item) or word(item["properties"].get("processing:version"))


def generated(properties: Mapping[str, Any]) -> datetime | None:
    """Return when the product was made."""
    return next((t for key in _GENERATED if (t := instant(properties.get(key)))), None)


def datastrip(properties: Mapping[str, Any]) -> str:
    """Return when the data strip begins, as ESA names it ("20200302T102554"), or nothing.

    It is the same in every processing and in every catalog, unlike the item's time: some catalogs
    give the second at which the square was seen, others that at which the whole pass began.
    """
    for key in _DATASTRIPS:
        found = re.search(r"_S(\d{8}T\d{6})(?:_|$)", word(properties.get(key)))
        if found:
            return found.group(1)
    return ""
