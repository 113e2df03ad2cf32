"""What of an item is not as the lock has it, as far as numbers hang on it.

It compares two scenes of one id. It does not know how they were found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os.path import realpath
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from landcover.catalog.duplicates import is_better
from landcover.catalog.identity import instant
from landcover.catalog.radiometry import RULES
from landcover.catalog.reasons import first_reason, is_by_pixels
from landcover.model import Asset, Scene
from landcover.net import redact, unsigned
from landcover.settings import is_url

__all__ = ["Change", "changes"]

PRODUCED = ("s2:generation_time", "processing:datetime", "landsat:product_generated")
"""When the product was made. `created` may be when its item was, which is no change."""

_OTHER_FILE = "a fresh run reads the other file, which may hold other values"
_OTHER_NUMBERS = "a fresh run takes its values otherwise"
_OTHER_PLACE = "a fresh run lays its pixels elsewhere"
_OTHER_PIXELS = "its files may hold other values since, for the lock too where they were replaced"

_RULED = frozenset(rule.reason for rule in RULES)
"""Reasons of today's rules; another version of the lock may have worded them otherwise."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is different, and what it means; `is_processing` where the product was made anew."""

    what: str
    means: str
    is_processing: bool = False


def changes(locked: Scene, now: Scene, item: Mapping[str, Any]) -> Iterator[Change]:
    """Yield what differs between a locked scene and the same item as it is listed now.

    Parameters
    ----------
    locked, now : Scene
    item : mapping
        The item's raw JSON.
    """
    yield from _processing(locked, now, item)
    if locked.solar_day != now.solar_day:
        yield Change(f"its day is {now.solar_day}", "a fresh run counts it on the other day")
    if locked.crs != now.crs:
        yield Change(f"its CRS is {_short(now.crs)} (was {_short(locked.crs)})", _OTHER_PLACE)
    yield from _flag(locked, now)
    merged: dict[Change, list[str]] = {}
    for band in sorted(locked.assets.keys() & now.assets.keys()):
        for change in _asset(locked, now, band):
            merged.setdefault(change, []).append(band)
    for change, bands in merged.items():
        yield Change(f"{', '.join(bands)}: {change.what}", change.means)


def _processing(locked: Scene, now: Scene, item: Mapping[str, Any]) -> Iterator[Change]:
    """Compare the baseline, and when the product was made."""
    if locked.baseline != now.baseline:
        told = f"its baseline is {now.baseline or 'not told'} (was {locked.baseline or 'not told'})"
        yield Change(told, _OTHER_PIXELS, is_better(now, locked))
        return
    properties = item.get("properties") or {}
    made = next((t for key in PRODUCED if (t := instant(properties.get(key)))), None)
    if made and locked.generated and made > locked.generated:
        yield Change(f"it was made anew on {made:%Y-%m-%d %H:%M}", _OTHER_PIXELS, True)


def _flag(locked: Scene, now: Scene) -> Iterator[Change]:
    """Compare by which rule the offset is told."""
    before = first_reason(locked.reason)
    if before == now.reason or not {before, now.reason} <= _RULED:
        return
    means = _OTHER_NUMBERS
    if not now.doubtful and _offsets(locked) == _offsets(now):
        means = "its values stay as they are"
    yield Change(f"its offset is told otherwise ({now.reason}; was: {before})", means)


def _offsets(scene: Scene) -> list[float]:
    return [scene.assets[band].offset for band in sorted(scene.assets)]


def _asset(locked: Scene, now: Scene, band: str) -> Iterator[Change]:
    """Compare one file: its address, its numbers, its place."""
    old, new = locked.assets[band], now.assets[band]
    if not _is_same_file(old.href, new.href):
        yield Change(f"another address ({_address(old, new)})", _OTHER_FILE)
    fields = ["scale", "offset", "nodata", "dtype"]
    if now.doubtful and is_by_pixels(locked.reason):  # they would be asked again
        fields.remove("offset")
    for field in fields:
        before, after = getattr(old, field), getattr(new, field)
        if before != after and not (before != before and after != after):  # NaN
            yield Change(f"{field} {_number(after)} (was {_number(before)})", _OTHER_NUMBERS)
    if old.shape != new.shape or list(old.transform) != list(new.transform):
        yield Change("another plane of pixels", _OTHER_PLACE)


def _is_same_file(old: str, new: str) -> bool:
    """Say whether two addresses are of one file; on a disk links are followed."""
    if unsigned(old) == unsigned(new):
        return True
    return not is_url(old) and not is_url(new) and realpath(old) == realpath(new)


def _address(old: Asset, new: Asset) -> str:
    """Show where a file is now: its host where that changed, else its name."""
    before, after = (urlsplit(unsigned(one.href)) for one in (old, new))
    if before.netloc != after.netloc:
        return redact(after.netloc or after.path)
    return redact(PurePosixPath(after.path).name)


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)


def _short(crs: str) -> str:
    return crs if len(crs) <= 40 else f"{crs[:40]}…"
