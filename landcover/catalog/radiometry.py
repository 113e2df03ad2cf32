"""How an item's numbers become reflectance: one table of rules, each with its reason.

The worst bug of this field is silent: an offset applied twice, or not at all. Sentinel-2 L2A has
carried BOA_ADD_OFFSET = -1000 since processing baseline 04.00, reprocessed older dates too;
some catalogs have taken it away from the pixels, and some of those still declare it.
It knows items' raw JSON. It does not look at pixels.

References
----------
ESA, "Sentinel-2 Processing Baseline 04.00" (25 January 2022).
Element 84, earth-search issues 66 and 71; rslearn pull request 501 (flag and offset compared with
the Planetary Computer's pixels).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from landcover.model import Band

__all__ = ["RULES", "Declared", "Evidence", "Numbers", "Rule", "baseline", "declared", "numbers"]

BOA_OFFSET = -0.1
"""Reflectance; BOA_ADD_OFFSET -1000 over the quantification value 10000."""

OFFSET_SINCE = 4.0
"""The processing baseline from which the offset is in the pixels (04.00)."""

COLLECTION_1 = frozenset({"sentinel-2-c1-l2a", "s2_l2a_c1"})
"""Collections whose pixels are as ESA made them: Earth Search's and Digital Earth Africa's."""

FLAG = "earthsearch:boa_offset_applied"


@dataclass(frozen=True, slots=True)
class Declared:
    """What an asset says of its own numbers; None where it says nothing."""

    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None
    dtype: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an item says that bears on its offset."""

    collection: str
    flag: bool | None
    baseline: float | None
    offset: float | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """value = DN * scale + offset, and why."""

    scale: float
    offset: float
    reason: str
    reliable: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """When it applies, which offset it gives, and the reason to write down.

    `offset` is in reflectance; None means as declared, or the profile's where nothing is.
    """

    applies: Callable[[Evidence], bool]
    offset: float | None
    reason: str
    reliable: bool = True


def _since_04(e: Evidence) -> bool:
    return e.baseline is not None and e.baseline >= OFFSET_SINCE


def _before_04(e: Evidence) -> bool:
    return e.baseline is not None and e.baseline < OFFSET_SINCE


RULES: tuple[Rule, ...] = (
    Rule(
        lambda e: e.flag is True,
        0.0,
        "offset 0: boa_offset_applied is true, the pixels are shifted already",
    ),
    Rule(
        lambda e: e.collection in COLLECTION_1 and e.offset is not None,
        None,
        "offset as declared: Collection 1 pixels are not shifted",
    ),
    Rule(
        lambda e: e.flag is False and _before_04(e),
        0.0,
        "offset 0: boa_offset_applied is false and the baseline is before 04.00",
    ),
    Rule(
        lambda e: e.flag is False and e.offset is not None,
        None,
        "offset as declared, but unreliable: boa_offset_applied is false, yet many such items of "
        "baseline 04.00 or later are shifted already",
        reliable=False,
    ),
    Rule(lambda e: e.offset is not None, None, "offset as declared"),
    Rule(_since_04, BOA_OFFSET, "offset -0.1: nothing declared, baseline 04.00 or later"),
    Rule(_before_04, 0.0, "offset 0: nothing declared, baseline before 04.00"),
    Rule(lambda _: True, None, "offset of the sensor's profile: nothing declared"),
)
"""The first rule that applies decides."""


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
    """
    scale = band.scale if said.scale is None else said.scale
    if band.unit == "class":  # class codes are not scaled
        return Numbers(band.scale, band.offset, "")
    properties = item.get("properties") or {}
    flag = properties.get(FLAG)
    evidence = Evidence(
        collection=str(item.get("collection") or ""),
        flag=flag if isinstance(flag, bool) else None,
        baseline=_as_number(baseline(item)),
        offset=said.offset,
    )
    rule = next(rule for rule in RULES if rule.applies(evidence))
    as_declared = band.offset if said.offset is None else said.offset
    offset = as_declared if rule.offset is None else rule.offset
    return Numbers(scale, offset, rule.reason, rule.reliable)


def baseline(item: Mapping[str, Any]) -> str:
    """Return the processing baseline ("05.10"), or nothing.

    It is taken from the item's properties or its product's name, never from its date: older
    dates have been reprocessed.
    """
    properties = item.get("properties") or {}
    for key in ("s2:processing_baseline", "processing:version"):
        found = re.fullmatch(r"N?(\d{2})\.?(\d{2})", str(properties.get(key, "")))
        if found:
            return ".".join(found.groups())
    for name in (properties.get("s2:product_uri"), item.get("id")):
        found = re.search(r"_N(\d{2})(\d{2})_", str(name))
        if found:
            return ".".join(found.groups())
    return ""


def _as_number(text: str) -> float | None:
    return float(text) if text else None


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
        dtype=next((str(d["data_type"]) for d in layers if d.get("data_type")), None),
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
