"""All sources of a job into one `SceneSet`: list, choose, read, drop duplicates, count.

It knows the order of these steps. What each does is in its own module.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapely.geometry.base import BaseGeometry

from landcover.catalog.choosing import Region, fate, with_collection
from landcover.catalog.documents import (
    is_geoparquet,
    list_documents,
    locate,
    read_json,
    roots_of,
)
from landcover.catalog.duplicates import drop_duplicates
from landcover.catalog.hrefs import safe_name
from landcover.catalog.items import has_any_band, item_day, item_time, platform_of, to_scene
from landcover.catalog.scenes import FATES, Broken, Count, Dropped, Listed, SceneSet
from landcover.catalog.settings import Source
from landcover.errors import CatalogError, InputError, NoScenesError, SceneError
from landcover.model import Failure, Note, Period, Scene, Sensor
from landcover.net import download, redact
from landcover.settings import is_url

__all__ = ["search"]


@dataclass(slots=True)
class _Haul:
    """What has been found so far."""

    scenes: list[Scene] = field(default_factory=list)
    cloudy: list[Scene] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    unreliable: Counter[str] = field(default_factory=Counter)
    fates: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def fail(self, source: str, name: object, band: str, reason: str) -> None:
        """List one item that cannot be used."""
        self.failures.append(Failure(safe_name(name), source, band, "", redact(reason)))

    def count(self, source: str, month: str, what: str, items: int = 1) -> None:
        """Count one item's fate."""
        self.fates[source, month, what] += items


def search(
    sources: Sequence[Source],
    sensors: Mapping[str, Sensor],
    bands: Mapping[str, frozenset[str]],
    period: Period,
    region: BaseGeometry,
    pools: Iterable[Sequence[str]] = (),
    met: Callable[[str, Listed | Broken], None] | None = None,
) -> SceneSet:
    """Find the scenes of a job.

    Parameters
    ----------
    sources : sequence of Source
        In order of preference.
    sensors : mapping
        The profile of each source, by the source's name.
    bands : mapping
        The wanted bands of each source, the mask's included, by the source's name.
    period : Period
        Half-open solar days.
    region : shapely geometry
        The zones, in longitude and latitude.
    pools : iterable of sequence of str
        Names of sources whose scenes are used together; without any, all are.
    met : callable, optional
        Told of everything that is listed, whatever becomes of it, with its source's name.

    Returns
    -------
    SceneSet
        Scenes sorted by (time, id); items that could not be used; notes; counts.

    Raises
    ------
    NoScenesError
        Nothing was found; it says what became of the items that were listed.
    CatalogError
        A catalog did not answer, or its answer cannot be understood.
    """
    haul, indexed = _Haul(), Region(region)
    for source in sources:
        _check_bands(source, sensors[source.name], bands[source.name])
        _gather(haul, source, sensors[source.name], bands[source.name], period, indexed, met)
    names = [source.name for source in sources]
    kept, dropped, notes = drop_duplicates(haul.scenes, names, pools, haul.cloudy)
    _recount(haul, dropped)
    counts = tuple(sorted(Count(*key, items) for key, items in haul.fates.items() if items))
    if not kept:
        raise _nothing(sources, period, counts, haul.failures)
    notes = (*notes, *_doubts(haul), *_empty_sources(sources, counts))
    out = {(one.source, one.scene) for one in dropped}
    spare = tuple(scene for scene in haul.scenes if (scene.source, scene.id) in out)
    return SceneSet(
        tuple(kept), tuple(haul.failures), notes, counts, period, dropped, spare=spare,
        cloudy=tuple(haul.cloudy),
    )  # fmt: skip


def _check_bands(source: Source, sensor: Sensor, wanted: frozenset[str]) -> None:
    """Refuse a band that the sensor's profile does not have."""
    unknown = sorted(wanted - set(sensor.bands))
    if unknown:
        raise InputError(
            f"source {source.name}",
            f"sensor {sensor.name!r} has no band {unknown[0]!r}",
            f"It has {', '.join(sensor.bands)}.",
        )


def _gather(
    haul: _Haul,
    source: Source,
    sensor: Sensor,
    bands: frozenset[str],
    period: Period,
    region: Region,
    met: Callable[[str, Listed | Broken], None] | None,
) -> None:
    """Add one source's scenes and failures."""
    source = with_collection(source)
    roots = roots_of(source.catalog, source.allow_paths)
    for listed in _list_items(source, roots, period, region):
        if met is not None:
            met(source.name, listed)
        if isinstance(listed, Broken):
            haul.fail(source.name, listed.name, "", listed.reason)
            haul.count(source.name, "", "failed")
            continue
        try:
            what = _fate(listed.item, source, sensor, period, region)
            if what == "used":
                scene, reliable = to_scene(listed, source.name, sensor, bands, roots)
                haul.scenes.append(scene)
                haul.unreliable[source.name] += not reliable
            elif what == "cloudy":
                with suppress(SceneError):  # it is only compared with its copies
                    haul.cloudy.append(to_scene(listed, source.name, sensor, bands, roots)[0])
        except SceneError as error:
            what = "failed"
            band = error.where if error.where in sensor.bands else ""
            haul.fail(source.name, listed.item.get("id"), band, error.what)
        haul.count(source.name, _month(listed.item), what)


def _fate(
    item: dict[str, Any], source: Source, sensor: Sensor, period: Period, region: Region
) -> str:
    """Return what becomes of an item that is sound."""
    if not isinstance(item.get("properties"), dict):
        raise SceneError("item", "it has no properties")
    what = fate(item, source, period, region)
    if what != "used":
        return what
    if not has_any_band(item, sensor):
        return "other sensor"
    if source.platform and platform_of(item, sensor) != source.platform.lower():
        return "other platform"
    if source.orbit and item["properties"].get("sat:relative_orbit") != source.orbit:
        return "other orbit"
    return "used"


def _list_items(
    source: Source, roots: Sequence[Path], period: Period, region: Region
) -> Iterator[Listed | Broken]:
    """Yield a source's items, from whatever kind of catalog it is.

    Each kind's library is loaded only where it is met: a local catalog starts fast.
    """
    if is_geoparquet(source.catalog):
        yield from _from_parquet(source.catalog)
        return
    place = locate(source.catalog)
    document = read_json(place)
    if not isinstance(document, dict):
        raise CatalogError(place, "not a STAC document", "Give a STAC catalog.")
    if is_url(place):
        from landcover.catalog.api import is_api, list_api

        if is_api(document):
            yield from list_api(source, document, period, region)
            return
    yield from list_documents(document, place, roots)


def _from_parquet(catalog: str) -> Iterator[Listed | Broken]:
    """Yield the items of a stac-geoparquet file, fetched first if it is remote."""
    from landcover.catalog.geoparquet import list_geoparquet

    if not is_url(catalog):
        place = locate(catalog)
        yield from list_geoparquet(Path(place), place)
        return
    with tempfile.TemporaryDirectory(prefix="landcover-") as folder:
        yield from list_geoparquet(download(catalog, Path(folder)).path, catalog)


def _month(item: Mapping[str, Any]) -> str:
    """Return the month of an item's solar day ("2024-03"), of its time, or nothing."""
    for day in (item_day, item_time):
        with suppress(SceneError, AttributeError):
            return f"{day(item):%Y-%m}"
    return ""


def _recount(haul: _Haul, dropped: Sequence[Dropped]) -> None:
    """Turn dropped copies from used into duplicates."""
    for one in dropped:
        month = one.day[:7]
        haul.count(one.source, month, "used", -1)
        haul.count(one.source, month, "duplicate")


def _doubts(haul: _Haul) -> tuple[Note, ...]:
    """Note the scenes whose offset was decided by a rule known to be unreliable."""
    return tuple(
        Note(
            f"source {name}",
            f"the offset of {items} scenes is unreliable (boa_offset_applied is false, baseline "
            "04.00 or later)",
            "Prefer collection sentinel-2-c1-l2a where it covers the zones.",
        )
        for name, items in haul.unreliable.items()
        if items
    )


def _empty_sources(sources: Sequence[Source], counts: Sequence[Count]) -> tuple[Note, ...]:
    """Note the sources that gave nothing, while others did."""
    used = {one.source for one in counts if one.fate == "used"}
    return tuple(
        Note(f"source {source.name}", f"no scene is used ({_story(source.name, counts)})")
        for source in sources
        if source.name not in used
    )


def _story(source: str, counts: Sequence[Count]) -> str:
    """Tell in a few words what became of a source's items."""
    total = {
        what: sum(one.items for one in counts if (one.source, one.fate) == (source, what))
        for what in FATES
    }
    parts = [f"{items:,} {what}" for what, items in total.items() if items]
    return f"{sum(total.values()):,} items listed" + "".join(f", {part}" for part in parts)


def _nothing(
    sources: Sequence[Source],
    period: Period,
    counts: Sequence[Count],
    failures: Sequence[Failure],
) -> NoScenesError:
    """Say that there is no scene, and where all items went."""
    stories = "; ".join(f"{source.name}: {_story(source.name, counts)}" for source in sources)
    first = f"; the first failure is {failures[0].reason}" if failures else ""
    return NoScenesError(
        "sources",
        f"no scene from {period.start} to {period.last} meets the zones ({stories}{first})",
        "Check the period, the zones, the collection and max_cloud_percent.",
    )
