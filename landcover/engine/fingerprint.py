"""What a tile's result depends on, as hashes that can be compared part by part.

A tile whose parts are all as they were is not made again; of any other, the parts that
changed say why.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

import shapely

from landcover.engine.brief import Brief, SeriesItem, Work
from landcover.engine.stock import versions_held
from landcover.model import Asset, Grid, Scene, Zone
from landcover.products.base import Context
from landcover.raster.view import ReadRule

__all__ = [
    "RESULTS_VERSION",
    "Digests",
    "changed_parts",
    "digest",
    "learning_digest",
    "rule_numbers",
    "scene_numbers",
    "settling_digest",
    "zone_digests",
]

RESULTS_VERSION = 2
"""Raised when the same job gives other numbers for a reason that no other part shows."""


def digest(content: Any) -> str:
    """Return the SHA-256 of a JSON-like value (hexadecimal, 24 characters)."""
    text = json.dumps(content, sort_keys=True, default=str, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _number(value: float | None) -> float | None:
    """Return a number that hashes alike whether it was written 0 or 0.0."""
    return None if value is None else float(value)


def _taken(asset: Asset) -> list[Any]:
    """Return where a file's pixels lie, and how its numbers are taken."""
    taken = [_number(value) for value in (asset.nodata, asset.scale, asset.offset)]
    clip = [float(value) for value in asset.clip] if asset.clip else None
    place = [float(value) for value in list(asset.transform)[:6]]
    level = [] if asset.overview == 1 else [asset.overview]
    return [place, list(asset.shape), taken, clip, *level]


def _asset(asset: Asset, version: str) -> list[Any]:
    """Return what of a file its numbers depend on; its `version` where a store told of several."""
    told = [version] if version else []  # few files have one, so that old hashes hold
    return [asset.href, asset.key, *_taken(asset), *told]


def _when(scene: Scene) -> list[Any]:
    """Return when a scene was taken, and what decides between it and others of its day."""
    made = scene.generated.isoformat() if scene.generated else ""
    order = [scene.baseline, made, _number(scene.cloud_percent), *scene.yields_to]
    days = [scene.time.isoformat(), scene.solar_day.isoformat()]
    return [scene.id, scene.source, days, scene.crs, order]


def scene_numbers(scene: Scene, bands: Set[str]) -> list[Any]:
    """Return what some bands of a scene are, wherever its files lie."""
    own = {name: _taken(asset) for name, asset in scene.assets.items() if name in bands}
    return [*_when(scene), own]


def _scene(scene: Scene, version: Callable[[Asset], str]) -> str:
    """Hash what a scene's numbers depend on."""
    assets = {name: _asset(asset, version(asset)) for name, asset in scene.assets.items()}
    return digest([*_when(scene), assets])


def _zone(zone: Zone) -> str:
    """Hash a zone's place: its names may change without a tile being made again."""
    outline = hashlib.sha256(shapely.to_wkb(zone.geometry)).hexdigest()
    return digest([zone.group, zone.kind, zone.id, outline])


def rule_numbers(rule: ReadRule) -> list[Any]:
    """Return what of a reading rule changes numbers."""
    mask = rule.sensor.mask
    return [
        rule.sensor.name,
        mask.band if mask else None,
        mask.nodata if mask else None,
        sorted(rule.clear),
        sorted(rule.grown),
        rule.grown_m,
        rule.resampling,
        *_own_rules(rule),
    ]


def _own_rules(rule: ReadRule) -> list[Any]:
    """Return what few profiles say; nothing where one does not, so that old hashes hold."""
    mask = rule.sensor.mask
    fields = mask.fields if mask else ()
    said = [[f.name, f.first, f.width, sorted(f.clear), f.grown] for f in fields]
    bands = [
        [name, band.unit, band.encoding, band.valid]
        for name, band in sorted(rule.sensor.bands.items())
        if band.valid is not None
        or band.encoding != "linear"
        or (band.unit == "class" and (mask is None or name != mask.band))
    ]
    day = [rule.sensor.day_band, rule.sensor.day_span] if rule.sensor.day_band else []
    coarse = [] if rule.resolution_m is None else [float(rule.resolution_m)]
    return [one for one in (said, bands, day, coarse) if one]


def _later_keys(work: Work) -> tuple[frozenset[str], frozenset[str]]:
    """Name the settings that learning uses, and settling, and observing does not."""
    learn, settle = work.product.learn, work.product.settle
    none = frozenset[str]()
    return learn.keys if learn else none, settle.keys if settle else none


def _work(work: Work, context: Context) -> list[Any]:
    """Return what of a product changes what it observes; other keys read no scene again."""
    learning, settling = _later_keys(work)
    spans = [[span.name, str(span.period.start), str(span.period.end)] for span in work.need.spans]
    settings = work.settings.model_dump(mode="json", exclude=set(learning | settling))
    summed = ["summed"] if work.product.summed(work.settings, context) else []  # few are
    return [work.name, work.product.version, settings, spans, work.pool, *summed]


def _period(context: Context) -> list[str]:
    """Return the job's period, which settling may know of."""
    return [str(context.period.start), str(context.period.end)]


def learning_digest(work: Work, context: Context) -> str:
    """Hash what of a product, beside stored layers, changes what it learns."""
    learn, (own, later) = work.product.learn, _later_keys(work)
    settings = work.settings.model_dump(mode="json", exclude=set(later - own))
    version = learn.version if learn else 0
    return digest([work.name, work.product.version, version, settings, _period(context)])


def settling_digest(work: Work, context: Context) -> str:
    """Hash what of a product, beside stored layers and its model, changes what it settles."""
    settle, (before, own) = work.product.settle, _later_keys(work)
    settings = work.settings.model_dump(mode="json", exclude=set(before - own))
    version = settle.version if settle else 0
    return digest([work.name, work.product.version, version, settings, _period(context)])


def zone_digests(brief: Brief) -> list[str]:
    """Hash every zone's place."""
    return [_zone(zone) for zone in brief.zones]


def _series(item: SeriesItem) -> list[Any]:
    """Return what of a series changes numbers."""
    spans = [[span.name, str(span.period.start), str(span.period.end)] for span in item.spans]
    return [item.number, item.pool, item.sensor, item.index, list(item.bins), spans]


class Digests:
    """Hashes of everything that tiles share, made once, with the store in use as it is now.

    Parameters
    ----------
    brief : Brief
    """

    def __init__(self, brief: Brief) -> None:
        version = versions_held()
        self._scenes = [_scene(scene, version) for scene in brief.scenes]
        self._zones = zone_digests(brief)
        self._shared = {
            "products": digest([_work(work, brief.context) for work in brief.works]),
            "reading": digest({name: rule_numbers(rule) for name, rule in brief.rules.items()}),
            "series": digest([_series(item) for item in brief.series]),
            "version": digest([RESULTS_VERSION]),
        }

    def parts(self, grid: Grid, scenes: Sequence[int], zones: Sequence[int]) -> dict[str, str]:
        """Return one hash for each thing that a tile's result depends on."""
        place = [grid.crs, [round(number, 6) for number in list(grid.transform)[:6]], grid.shape]
        return {
            **self._shared,
            "grid": digest(place),
            "scenes": digest(sorted(self._scenes[number] for number in scenes)),
            "zones": digest(sorted(self._zones[number] for number in zones)),
        }


def changed_parts(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Name the parts whose hashes differ."""
    return tuple(sorted(name for name in new.keys() | old.keys() if old.get(name) != new.get(name)))
