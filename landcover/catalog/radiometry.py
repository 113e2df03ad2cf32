"""How an item's numbers become reflectance: one table of rules, each with its reason.

The worst bug of this field is silent: an offset applied twice, or not at all. Sentinel-2 L2A has
carried BOA_ADD_OFFSET = -1000 since processing baseline 04.00, reprocessed older dates too;
some catalogs have taken it away from the pixels, and some of those still declare it.
It knows items' raw JSON. It does not look at pixels.

References
----------
ESA, "Sentinel-2 Processing Baseline 04.00" (25 January 2022).
Element 84, earth-search issues 66 and 71, cirrus-earth-search issue 33; rslearn pull request 501
(flag and offset compared with the Planetary Computer's pixels).
Microsoft, PlanetaryComputer issue 134 (offset by baseline, nothing declared).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from landcover.errors import SceneError
from landcover.model import Band

__all__ = [
    "RULES",
    "Declared",
    "Evidence",
    "Numbers",
    "Rule",
    "baseline",
    "declared",
    "endpoint_of",
    "evidence",
    "numbers",
]

BOA_OFFSET = -0.1
"""Reflectance; BOA_ADD_OFFSET -1000 over the quantification value 10000."""

FULL_REFLECTANCE = (0.5, 33.0)
"""Reflectance of the largest DN, at least and at most: Sentinel-2's is 6.6, Landsat's 1.6, MODIS's
3.3, and 1.0 where bytes are used; a scale that is off by a power of ten falls outside."""

_MOST_DN = {"uint8": 2**8 - 1, "int16": 2**15 - 1, "uint16": 2**16 - 1}

MOST_OFFSET = 1.0
"""Largest offset of a reflectance; Landsat's is -0.2, Sentinel-2's -0.1."""

OFFSET_SINCE = 4.0
"""The processing baseline from which the offset is in the pixels (04.00)."""

EARTH_SEARCH, PLANETARY, CDSE, AFRICA = (
    "Earth Search",
    "Planetary Computer",
    "Copernicus Data Space",
    "Digital Earth Africa",
)

ESA = "ESA's JPEG 2000"
"""In place of an endpoint: these files are ESA's own, whoever lists them."""

HOMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        EARTH_SEARCH,
        ("earth-search.aws.element84.com", "e84-earth-search-sentinel-data", "sentinel-cogs"),
    ),
    (PLANETARY, ("planetarycomputer.microsoft.com", "blob.core.windows.net")),
    (CDSE, ("dataspace.copernicus.eu", "eodata")),
    (AFRICA, ("digitalearth.africa", "deafrica-sentinel-2", "deafrica-sentinel-2-l2a-c1")),
)
"""Hosts and buckets by which an item's own links and files tell whose it is."""

FLAGS = ("earthsearch:boa_offset_applied", "sentinel:boa_offset_applied")
"""Earth Search's word on its pixels, in v1 and in v0 (of which Digital Earth Africa has copies)."""

DATA_TYPES = (
    "uint8", "int8", "uint16", "int16", "uint32", "int32", "float32", "float64",
)  # fmt: skip
"""Types of pixels that are believed; the profile's stands in for any other, such as ``other``."""

BASELINES = (
    "s2:processing_baseline", "sentinel:processing_baseline", "sentinel2:processing_baseline",
    "processing:version",
)  # fmt: skip

ESA_PIXELS = frozenset({"sentinel-2-c1-l2a", "s2_l2a_c1"})
"""Collection 1 at Earth Search and Digital Earth Africa: pixels as ESA made them."""

SHIFTED_COGS = frozenset({"sentinel-2-l2a", "s2_l2a", "sentinel-s2-l2a-cogs"})
"""Collections of the COGs that Element 84 makes itself, of which most are shifted by -1000."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What an asset says of its own numbers; None where it says nothing."""

    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None
    dtype: str | None = None
    jp2: bool = False
    """Whether it is a JPEG 2000: ESA's own file, which no catalog has changed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an item says that bears on its offset; `endpoint` is empty where it is not known."""

    collection: str
    flag: bool | None
    baseline: float | None
    offset: float | None
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """value = DN * scale + offset, and why."""

    scale: float
    offset: float
    reason: str
    reliable: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what an item must be for it, which offset it gives, and the reason to write down.

    `since_04` is whether the baseline is 04.00 or later; `declares` whether an offset is declared.
    None stands for any. `offset` is in reflectance; None means as declared, or the profile's where
    nothing is. What is not `reliable` is for the pixels to decide.
    """

    endpoints: frozenset[str] | None
    collections: frozenset[str] | None
    flag: bool | None
    since_04: bool | None
    declares: bool | None
    offset: float | None
    reason: str
    reliable: bool = True

    def applies(self, found: Evidence) -> bool:
        """Whether an item's evidence is this row's."""
        since = None if found.baseline is None else found.baseline >= OFFSET_SINCE
        asked = (
            (self.endpoints, self.endpoints is None or found.endpoint in self.endpoints),
            (self.collections, self.collections is None or found.collection in self.collections),
            (self.flag, found.flag is self.flag),
            (self.since_04, since is self.since_04),
            (self.declares, (found.offset is not None) is self.declares),
        )
        return all(holds for wanted, holds in asked if wanted is not None)


_ELEMENT_84 = frozenset({EARTH_SEARCH, AFRICA})
_AS_MADE = frozenset({PLANETARY, CDSE, ESA})

RULES: tuple[Rule, ...] = (
    # endpoints, collections, flag, since 04.00, declares, offset, reason, reliable
    Rule(None, None, True, None, None, 0.0,
         "offset 0: boa_offset_applied is true, the pixels are shifted already, whatever is "
         "declared"),
    Rule(None, ESA_PIXELS, None, None, True, None,
         "offset as declared: Collection 1 pixels are not shifted"),
    Rule(None, ESA_PIXELS, None, None, False, BOA_OFFSET,
         "offset -0.1: Collection 1 pixels are not shifted, all are of baseline 05.00 or later"),
    Rule(_AS_MADE, None, None, True, None, BOA_OFFSET,
         "offset -0.1: ESA's own pixels, baseline 04.00 or later"),
    Rule(_AS_MADE, None, None, False, None, 0.0,
         "offset 0: ESA's own pixels, baseline before 04.00"),
    Rule(None, None, False, False, None, 0.0,
         "offset 0: boa_offset_applied is false and the baseline is before 04.00"),
    Rule(None, None, False, None, None, None,
         "offset as declared, but unreliable: boa_offset_applied is false, yet many such items of "
         "baseline 04.00 or later are shifted already", reliable=False),
    Rule(_ELEMENT_84, SHIFTED_COGS, None, False, None, 0.0,
         "offset 0: no boa_offset_applied, baseline before 04.00"),
    Rule(_ELEMENT_84, SHIFTED_COGS, None, None, None, 0.0,
         "offset 0, but unreliable: boa_offset_applied is missing, and the catalog declares -0.1 "
         "or nothing whether its pixels are shifted or not", reliable=False),
    Rule(None, None, None, None, True, None, "offset as declared"),
    Rule(None, None, None, True, False, BOA_OFFSET,
         "offset -0.1: nothing declared, baseline 04.00 or later"),
    Rule(None, None, None, False, False, 0.0,
         "offset 0: nothing declared, baseline before 04.00"),
    Rule(None, None, None, None, None, None,
         "offset of the sensor's profile: nothing declared"),
)  # fmt: skip
"""The first row that applies decides; all are for Sentinel-2's reflectance (L2A)."""


def numbers(item: Mapping[str, Any], said: Declared, band: Band) -> Numbers:
    """Decide scale and offset of one band of one item.

    Parameters
    ----------
    item : mapping
        The item's raw JSON.
    said : Declared
        What the band's asset declares.
    band : Band
        The band in the sensor's profile.

    Raises
    ------
    SceneError
        A scale or offset is declared that cannot be: every pixel would be wrong in silence.
    """
    if band.unit == "class":  # class codes are not scaled
        return Numbers(band.scale, band.offset, "")
    _check_believable(said, band)
    scale = band.scale if said.scale is None else said.scale
    as_declared = band.offset if said.offset is None else said.offset
    if band.unit != "reflectance" or not _is_sentinel_2(item):
        return Numbers(scale, as_declared, _plainly(said))
    found = evidence(item, said)
    rule = next(rule for rule in RULES if rule.applies(found))
    offset = as_declared if rule.offset is None else rule.offset
    return Numbers(scale, offset, rule.reason, rule.reliable)


def _check_believable(said: Declared, band: Band) -> None:
    """Refuse a declared scale or offset that no reflectance has, or that is none at all.

    Some catalogs give the offset in DN (-1000), or a scale of 1 for "not scaled here".
    """
    if said.scale == 0:
        raise SceneError(band.name, "it declares a scale of 0")
    if band.unit != "reflectance":
        return
    most = _MOST_DN.get(said.dtype or band.dtype)
    lowest, highest = FULL_REFLECTANCE
    if said.scale is not None and most and not lowest <= most * said.scale <= highest:
        raise SceneError(band.name, f"it declares a scale of {said.scale:g}, which no sensor has")
    if said.offset is not None and abs(said.offset) > MOST_OFFSET:
        raise SceneError(band.name, f"it declares an offset of {said.offset:g} reflectance")


def _plainly(said: Declared) -> str:
    """Say where the numbers of a band come from that no rule bears on."""
    told = {"scale": said.scale, "offset": said.offset}
    given = [name for name, value in told.items() if value is not None]
    if not given:
        return "scale and offset of the sensor's profile: nothing declared"
    return (
        " and ".join(given) + " as declared" + ("" if len(given) == 2 else ", else the profile's")
    )


def _is_sentinel_2(item: Mapping[str, Any]) -> bool:
    """Whether an item is one of Sentinel-2, however it says so; one that says nothing may be."""
    properties = item.get("properties") or {}
    names = [properties.get(key) for key in ("platform", "constellation")]
    said = [name.lower().replace(" ", "-") for name in names if isinstance(name, str) and name]
    return not said or any(name.startswith("sentinel-2") for name in said)


def evidence(item: Mapping[str, Any], said: Declared) -> Evidence:
    """Gather what bears on the offset of one of an item's assets."""
    properties = item.get("properties") or {}
    # the flags are of the COGs that Element 84 makes, not of the files that it makes them from
    flags = [] if said.jp2 else [properties.get(key) for key in FLAGS]
    number = baseline(item)
    return Evidence(
        collection=str(item.get("collection") or ""),
        flag=next((flag for flag in flags if isinstance(flag, bool)), None),
        baseline=float(number) if number else None,
        offset=said.offset,
        endpoint=ESA if said.jp2 else endpoint_of(item),
    )


def endpoint_of(item: Mapping[str, Any]) -> str:
    """Tell by an item's own links, then by its files, which of `HOMES` made it; or nothing."""
    for host in _hosts(item):
        for name, homes in HOMES:
            if any(host == home or host.endswith(f".{home}") for home in homes):
                return name
            if any(host.startswith(f"{home}.s3") for home in homes):
                return name
    return ""


def _hosts(item: Mapping[str, Any]) -> Iterator[str]:
    """Yield the hosts, or the buckets, of an item's links and then of its assets."""
    links, assets = item.get("links"), item.get("assets")
    ours = ("self", "collection", "root", "parent")
    for one in links if isinstance(links, list) else ():
        if isinstance(one, dict) and one.get("rel") in ours:
            yield _host(one.get("href"))
    for one in assets.values() if isinstance(assets, dict) else ():
        if isinstance(one, dict):
            yield _host(one.get("href"))


def _host(href: object) -> str:
    try:
        return (urlsplit(href).hostname or "") if isinstance(href, str) else ""
    except ValueError:  # "https://[" is no address
        return ""


def baseline(item: Mapping[str, Any]) -> str:
    """Return the processing baseline ("05.10"), or nothing.

    It is taken from the item's properties or its product's name, never from its date: older
    dates have been reprocessed.
    """
    properties = item.get("properties") or {}
    for key in BASELINES:
        found = re.fullmatch(r"N?(\d{2})\.?(\d{2})", str(properties.get(key, "")))
        if found:
            return ".".join(found.groups())
    for name in (properties.get("s2:product_uri"), properties.get("sentinel:product_id"),
                 item.get("id")):  # fmt: skip
        found = re.search(r"_N(\d{2})(\d{2})_", str(name))
        if found:
            return ".".join(found.groups())
    return ""


def declared(asset: Mapping[str, Any]) -> Declared:
    """Read what an asset declares, in the ways of STAC 1.0 (raster:bands) and 1.1 (bands)."""
    layers: list[Mapping[str, Any]] = [
        first for key in ("raster:bands", "bands") if (first := _first(asset.get(key)))
    ]
    layers.append(asset)
    return Declared(
        scale=_number(layers, "scale", "raster:scale"),
        offset=_number(layers, "offset", "raster:offset"),
        nodata=_number(layers, "nodata", finite=False),
        dtype=next((d["data_type"] for d in layers if d.get("data_type") in DATA_TYPES), None),
        jp2="jp2" in str(asset.get("type", "")).lower(),
    )


def _first(bands: Any) -> Mapping[str, Any] | None:
    """Return the first of a list of bands, if it is one."""
    if isinstance(bands, list) and bands and isinstance(bands[0], dict):
        return bands[0]
    return None


def _number(layers: list[Mapping[str, Any]], *keys: str, finite: bool = True) -> float | None:
    """Return the first number under one of the keys; "nan" is a number where it may be."""
    for layer in layers:
        for key in keys:
            value = layer.get(key)
            if isinstance(value, bool) or not isinstance(value, int | float | str):
                continue
            try:
                number = float(value)
            except (ValueError, OverflowError):
                continue
            if math.isnan(number):
                number = math.nan  # one object, so that equal assets compare equal
            if math.isfinite(number) or not finite:
                return number
    return None
