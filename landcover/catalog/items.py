"""One STAC item into one `Scene`: bands found among assets, their planes and their numbers.

It knows items' raw JSON, since client libraries rewrite fields. It does not know catalogs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from landcover.catalog import hrefs
from landcover.catalog.endpoints import has_jp2
from landcover.catalog.footprint import Bounds, centre_longitude, compact, footprint
from landcover.catalog.identity import (
    datastrip,
    generated,
    grid_code,
    instant,
    platform,
    version,
    word,
)
from landcover.catalog.projection import Plane, lies_apart, plane
from landcover.catalog.radiometry import Numbers, declared, numbers
from landcover.catalog.scenes import Listed
from landcover.errors import SceneError
from landcover.model import Asset, Band, Scene, Sensor
from landcover.net import unsigned
from landcover.settings import is_url

__all__ = [
    "cloud_percent",
    "has_any_band",
    "item_day",
    "item_time",
    "platform_of",
    "solar_day",
    "to_scene",
]

DEGREES_PER_HOUR = 15.0
"""The Earth's turn."""

RAW_RADAR = (
    "it is a raw Sentinel-1 GRD: amplitudes in radar geometry, neither calibrated nor "
    "terrain-corrected; use a collection of RTC"
)
"""A GRD lists the tables that would calibrate it; the plane that some catalogs give is a fake."""

JP2 = "JP2OpenJPEG"
"""GDAL's name of the driver for JPEG 2000."""

_MEDIA = {"GTiff": "tiff", JP2: "jp2"}
"""A word that a driver's media types hold."""


def item_time(item: Mapping[str, Any]) -> datetime:
    """Return when the item was taken (UTC): ``datetime``, else ``start_datetime``.

    Raises
    ------
    SceneError
        It has neither, or neither can be read.
    """
    properties = item.get("properties") or {}
    for key in ("datetime", "start_datetime"):
        found = instant(properties.get(key))
        if found is not None:
            return found
    raise SceneError("datetime", "it has no time that can be read")


def solar_day(time: datetime, bounds: Bounds) -> date:
    """Return the local solar day at a scene's centre: date(time + longitude / 15 h).

    Exactly midnight means that the catalog keeps the day only; then that is the day.

    Raises
    ------
    SceneError
        The day lies beyond the years 1 to 9999.

    Examples
    --------
    >>> solar_day(datetime(2024, 1, 1, 23, 30, tzinfo=UTC), (28.0, 0.0, 29.0, 1.0))
    datetime.date(2024, 1, 2)
    """
    if time.time() == datetime.min.time():
        return time.date()
    try:
        return (time + timedelta(hours=centre_longitude(bounds) / DEGREES_PER_HOUR)).date()
    except OverflowError:  # the last evening of the year 9999
        raise SceneError("datetime", "its time lies beyond the calendar") from None


def item_day(item: Mapping[str, Any]) -> date:
    """Return the solar day that an item was taken on, as its scene is dated.

    Raises
    ------
    SceneError
        Its time or place cannot be read.
    """
    return solar_day(item_time(item), footprint(item))


def cloud_percent(item: Mapping[str, Any]) -> float | None:
    """Return the item's cloud cover (percent), None where it has none."""
    value = (item.get("properties") or {}).get("eo:cloud_cover")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 100 else None


def has_any_band(item: Mapping[str, Any], sensor: Sensor) -> bool:
    """Whether an item could be this sensor's: it has no assets at all, or one of its bands.

    Where the profile tells platforms by ids, an item with another id is another sensor's.
    """
    if sensor.platforms and not platform_of(item, sensor):
        return False
    assets = _assets(item)
    drivers = _drivers(sensor)
    bands = (_known(band, sensor, item) for band in sensor.bands.values())
    return not assets or any(_find(assets, band, drivers)[0] for band in bands)


def to_scene(
    listed: Listed, source: str, sensor: Sensor, bands: Iterable[str], roots: Sequence[Path]
) -> tuple[Scene, bool]:
    """Read one item as a scene of a sensor.

    Parameters
    ----------
    listed : Listed
        The item and its place.
    source : str
        Name of the job's source.
    sensor : Sensor
        The profile.
    bands : iterable of str
        The wanted bands, the mask's included.
    roots : sequence of Path
        Folders under which a local file may lie.

    Returns
    -------
    scene, reliable : Scene, bool
        False where the rule that gave its offset is known to be unreliable.

    Raises
    ------
    SceneError
        The item cannot be used; `what` says why.
    """
    item = listed.item
    name = hrefs.check_id(item.get("id"))
    if any(key.startswith("schema-calibration") for key in _assets(item)):
        raise SceneError("calibration", RAW_RADAR)
    drivers = _drivers(sensor, listed.place)
    wanted = [_known(sensor.bands[band], sensor, item) for band in sorted(bands)]
    read = [_asset(listed, band, drivers, roots) for band in wanted]
    properties = item["properties"]
    bounds, time = footprint(item), item_time(item)
    crs = _one_crs([lies for _, lies, _ in read])
    if lies_apart(read[0][1], bounds):
        raise SceneError("projection", f"its pixels lie elsewhere than its outline ({crs[:20]})")
    scene = Scene(
        id=name,
        source=source,
        sensor=sensor.name,
        time=time,
        solar_day=solar_day(time, bounds),
        crs=crs,
        footprint=bounds,
        assets={asset.band: asset for asset, _, _ in read},
        geometry=compact(item),
        collection=word(item.get("collection")),
        platform=platform_of(item, sensor),
        grid_code=grid_code(properties),
        baseline=version(item),
        generated=generated(properties),
        cloud_percent=cloud_percent(item),
        reason="; ".join(dict.fromkeys(n.reason for _, _, n in read if n.reason)),
        item_href=_item_href(listed, roots),
        orbit=_orbit(properties) if sensor.orbits_apart else "",
        datastrip=datastrip(properties),
        doubtful=not all(n.reliable for _, _, n in read),
    )
    return scene, not scene.doubtful


def platform_of(item: Mapping[str, Any], sensor: Sensor) -> str:
    """Return what took an item: by its id where the profile says so, else as the item says.

    Terra and Aqua lie in one collection, with an empty platform.
    """
    for beginning, name in sensor.platforms.items():
        if str(item.get("id") or "").startswith(beginning):
            return name
    if sensor.platforms:
        return ""
    return platform(item).replace("_", "-")  # LANDSAT_8 is landsat-8


def _orbit(properties: Mapping[str, Any]) -> str:
    """Return the relative orbit and, where it is told, its direction.

    Raises
    ------
    SceneError
        The orbit is not told: the scene cannot be kept apart from those of others.
    """
    number, state = properties.get("sat:relative_orbit"), properties.get("sat:orbit_state")
    if isinstance(number, bool) or not isinstance(number, int):
        raise SceneError("orbit", "it does not tell its relative orbit, and orbits are not mixed")
    return " ".join(filter(None, [str(number), word(state).lower()]))


def _assets(item: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the assets that are mappings, by name."""
    assets = item.get("assets")
    if not isinstance(assets, dict):
        return {}
    return {key: asset for key, asset in assets.items() if isinstance(asset, dict)}


def _drivers(sensor: Sensor, place: str = "") -> tuple[str, ...]:
    """Return the drivers that may read a sensor's files, the profile's own first.

    Profile and endpoint say which; a file that is of another format is refused when it is opened.
    """
    if sensor.jp2 and sensor.driver != JP2 and has_jp2(place):
        return (sensor.driver, JP2)
    return (sensor.driver,)


def _known(band: Band, sensor: Sensor, item: Mapping[str, Any]) -> Band:
    """Return a band with the asset names that it has on the item's platform, if it has such."""
    if not sensor.platform_keys or not isinstance(item.get("properties"), dict):
        return band
    more = sensor.platform_keys.get(platform_of(item, sensor), {}).get(band.name)
    return replace(band, keys=(*band.keys, more)) if more else band


def _find(
    assets: Mapping[str, dict[str, Any]], band: Band, drivers: Sequence[str]
) -> tuple[str, str]:
    """Return (key, driver) of the asset that holds a band, both empty where there is none.

    By the profile's keys, else by the names of the assets' bands.
    """
    for driver in drivers:
        usable = {key: asset for key, asset in assets.items() if _is_readable(asset, driver)}
        named = (key for key, asset in usable.items() if _band_names(asset) & set(band.keys))
        found = next((key for key in band.keys if key in usable), "") or next(named, "")
        if found:
            return found, driver
    return "", ""


def _is_readable(asset: Mapping[str, Any], driver: str) -> bool:
    """Whether the asset's media type, where given, is one of the driver's."""
    media = asset.get("type")
    return not isinstance(media, str) or _MEDIA[driver] in media.lower()


def _band_names(asset: Mapping[str, Any]) -> set[str]:
    """Return the names of a one-band asset; a picture of three bands is none of them."""
    bands = asset.get("eo:bands") or asset.get("bands")
    if not isinstance(bands, list) or len(bands) != 1 or not isinstance(bands[0], dict):
        return set()
    names = (bands[0].get(key) for key in ("name", "common_name", "eo:common_name"))
    return {name for name in names if isinstance(name, str)}


def _asset(
    listed: Listed, band: Band, drivers: Sequence[str], roots: Sequence[Path]
) -> tuple[Asset, Plane, Numbers]:
    """Read one band of an item."""
    assets = _assets(listed.item)
    key, driver = _find(assets, band, drivers)
    if not key:
        raise SceneError(band.name, _none_for(assets, band, drivers))
    raw = assets[key]
    said = declared(raw)
    lies = plane(listed.item["properties"], raw)
    taken = numbers(listed.item, said, band)
    dtype = said.dtype or band.dtype
    asset = Asset(
        band=band.name,
        href=hrefs.resolve(raw.get("href"), listed.place, roots),
        transform=lies.transform,
        shape=lies.shape,
        dtype=dtype,
        nodata=said.nodata if _holds(dtype, said.nodata) else band.nodata,
        scale=taken.scale,
        offset=taken.offset,
        clip=band.clip,
        driver=driver,
        key=word(key),
    )
    return asset, lies, taken


def _holds(dtype: str, nodata: float | None) -> bool:
    """Whether there is a nodata number, and a type of pixels has it.

    A -9999 in a file of uint16 marks nothing: its gaps would be taken for the darkest ground.
    """
    if nodata is None or np.dtype(dtype).kind == "f":
        return nodata is not None
    limits = np.iinfo(dtype)
    return bool(limits.min <= nodata <= limits.max and nodata == int(nodata))


def _none_for(assets: Mapping[str, dict[str, Any]], band: Band, drivers: Sequence[str]) -> str:
    """Say why there is no file for a band: of none of its kinds, or not there at all."""
    what = f"no asset for band {band.name!r}"
    if any(_find(assets, band, (driver,))[0] for driver in _MEDIA):
        return f"{what} that can be read by {' or '.join(drivers)}"
    return what


def _one_crs(planes: Sequence[Plane]) -> str:
    """Return the CRS that all assets share."""
    found = {lies.crs for lies in planes}
    if len(found) != 1:
        raise SceneError("projection", f"its assets lie in {len(found)} coordinate systems")
    return found.pop()


def _item_href(listed: Listed, roots: Sequence[Path]) -> str:
    """Return the item's own address, as far as it is a decent one."""
    links = listed.item.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "self":
            try:
                return hrefs.resolve(link.get("href"), listed.place, roots)
            except SceneError:
                break
    return unsigned(listed.place) if is_url(listed.place) else listed.place
