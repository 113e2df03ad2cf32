"""Which scenes a run reads: those of its lock, or those that a search finds now.

A resumed run uses OUT/scenes.json unless sources, period, zones or bands changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import Any

import shapely

from landcover.catalog import SceneSet, keep_clearest, narrow, read_lock, search, write_lock
from landcover.catalog.narrowing import chosen_more_narrowly
from landcover.catalog.settings import Source
from landcover.catalog.tampering import check_home
from landcover.engine.deciding import ask_pixels
from landcover.engine.fingerprint import digest
from landcover.engine.order import Order
from landcover.engine.stock import found_before, store_in_use, telling_of_stores
from landcover.engine.workspace import Workspace
from landcover.errors import InputError, NoScenesError, SceneError
from landcover.files import sha256_of, write_whole
from landcover.model import Note, Period, Scene, Sensor, Zone
from landcover.net import cached
from landcover.raster.remote import current
from landcover.raster.source import place_of
from landcover.settings import is_url
from landcover.zones.settings import ContextLayer, ZoneGroup

__all__ = [
    "Asked",
    "find_scenes",
    "is_remote",
    "keep_lock",
    "lock_holds",
    "refuse_addresses",
    "refuse_remote",
    "refuse_search",
]

SEARCH_JSON = "search.json"

CHOICE_VERSION = 3
"""Raised when the same search gives other scenes for a reason that no other part shows."""

_WITHOUT_NETWORK = (
    "Leave --offline out, or name files on this machine, or run landcover fetch first"
)


_NOT_OF_ITEMS = frozenset({
    "name", "title", "bands", "mask", "block_px", "credit", "day_band", "day_span", "refused",
})  # fmt: skip
"""Of a profile: words, what reading alone hangs on, and bands, which are hashed by themselves."""

_USUAL_DRIVER = "GTiff"


class Asked:
    """A search: its sources, bands, period and region, and a hash of them.

    Parameters
    ----------
    sources : sequence of Source
    sensors : mapping
        Source's name -> sensor.
    order : Order
    zones : sequence of Zone
    """

    def __init__(
        self,
        sources: Sequence[Source],
        sensors: Mapping[str, Sensor],
        order: Order,
        zones: Sequence[Zone],
    ) -> None:
        self.sources, self.sensors, self.order = sources, sensors, order
        self.region = shapely.union_all([zone.geometry for zone in zones])
        self.bands = order.bands()
        pools = [work.pool for work in order.works] + [item.pool for item in order.series]
        self.pools = sorted(set(pools))

    @property
    def profiles(self) -> tuple[tuple[str, str], ...]:
        """Each "source band", and a hash of what its profile puts into a lock's numbers."""
        made = []
        for name, bands in sorted(self.bands.items()):
            for key in sorted(bands):
                band, driver = self.sensors[name].bands[key], self.sensors[name].driver
                told = [driver, band.keys, band.dtype, band.scale, band.offset, band.nodata]
                made.append((f"{name} {key}", digest([*told, band.clip])))
        return tuple(made)

    @property
    def digest(self) -> str:
        """Hash of everything that a search depends on."""
        period = self.order.context.period
        # how pixels are masked and read does not change which scenes there are
        reading = {"clear_classes", "cloud_grown_m", "resolution_m"}
        sources = [
            source.model_dump(mode="json", exclude=reading if source.best else {*reading, "best"})
            for source in self.sources
        ]
        # a lock holds how a profile took its numbers: another profile asks anew
        bands = {
            name: [astuple(self.sensors[name].bands[band]) for band in sorted(bands)]
            for name, bands in self.bands.items()
        }
        told = [
            [name, sorted(said.items())]
            for name, one in sorted(self.sensors.items())
            if (said := _said_of_items(one))
        ]
        outline = shapely.to_wkb(self.region).hex()
        days = [str(period.start), str(period.end)]
        parts = [CHOICE_VERSION, sources, bands, self.pools, days, outline]
        return digest([*parts, told] if told else parts)

    def search(self) -> SceneSet:
        """Ask the catalogs.

        Raises
        ------
        CatalogError, NoScenesError
        """
        used = [source for source in self.sources if self.bands[source.name]]
        period = self.order.context.period
        return search(used, self.sensors, self.bands, period, self.region, self.pools)


def _said_of_items(sensor: Sensor) -> dict[str, Any]:
    """Return what a profile says that bears on which items are its own, and how they are read.

    Few profiles do; nothing where one does not, so that old hashes hold.
    """
    every = {field.name: getattr(sensor, field.name) for field in fields(sensor)}
    return {
        name: value
        for name, value in every.items()
        if name not in _NOT_OF_ITEMS and value and value != _USUAL_DRIVER
    }


def lock_holds(asked: Asked, workspace: Workspace) -> bool:
    """Whether OUT's lock answers this very search, and was not changed since."""
    known = workspace.read_json(SEARCH_JSON)
    if not workspace.lock_file.exists() or known.get("digest") != asked.digest:
        return False
    return known.get("sha256") == sha256_of(workspace.lock_file)


def _refused(what: str) -> str:
    """Say what the network would be needed for, and in which folder no store was found."""
    absent = current().absent
    tail = f", and {absent} is no store of `landcover fetch`" if absent else ""
    return f"{what}--offline refuses the network{tail}"


def refuse_addresses(
    files: Mapping[str, ZoneGroup | ContextLayer], cache: Path | None = None
) -> None:
    """Refuse shapes that would have to be fetched: those of addresses that `cache` lacks.

    `files` are by the job's keys ("zones.sites", "context[0]").

    Raises
    ------
    InputError
    """
    for key, one in files.items():
        if one.path is None or not is_url(one.path):
            continue
        if cache is None or not cached(one.path, cache).is_file():
            what = _refused("is an address, and ")
            remedy = "Name a file on this machine, or run landcover fetch first"
            raise InputError(key, what, remedy)


def refuse_search(sources: Sequence[Source]) -> None:
    """Refuse to ask a catalog on the network.

    Raises
    ------
    InputError
    """
    for source in sources:
        if is_url(source.catalog):
            what = _refused("its catalog is an address, and ")
            raise InputError(f"source {source.name}", what, _WITHOUT_NETWORK)


def is_remote(scene: Scene) -> bool:
    """Whether a file of a scene lies on the network."""
    return any(is_url(asset.href) for asset in scene.assets.values())


def refuse_remote(scenes: Sequence[Scene]) -> None:
    """Refuse to read scenes whose files lie on the network, where no store holds any of them.

    What a store lacks costs its scene, in its tile.

    Raises
    ------
    InputError
    """
    store = store_in_use()
    assets = (asset for scene in scenes for asset in scene.assets.values())
    if store is not None and any(store.has(place_of(asset)) for asset in assets):
        return
    for scene in scenes:
        if is_remote(scene):
            what = _refused("its files lie on the network, are still to be read, and ")
            raise InputError(f"scene {scene.id}", what, _WITHOUT_NETWORK)


def find_scenes(
    asked: Asked, workspace: Workspace, fresh: bool, locked: bool, offline: bool = False
) -> SceneSet:
    """Read the lock where it holds, else search.

    Parameters
    ----------
    asked : Asked
    workspace : Workspace
    fresh : bool
        Search, whatever there is.
    locked : bool
        Read the lock, whatever changed: all of its scenes that lie in the job's period and
        within its sources' limits.
    offline : bool
        Refuse to ask a catalog on the network: a store may know what this search found. What
        the lock lists may lie there: it need not be read again where all tiles are finished.

    Returns
    -------
    SceneSet

    Raises
    ------
    InputError
        `locked` without a lock, or with one that lacks bands or a part of the period.
    CatalogError
        From the search. `OffsetError` where pixels deny what their items declare.
    NoScenesError
        From the search, or the lock holds none for the job, or no scene's offset is known.
    """
    if locked:
        found = _locked(asked, workspace)
    elif not fresh and lock_holds(asked, workspace):
        found = read_lock(workspace.lock_file)
    elif offline and (kept := found_before(asked.digest)) is not None and kept.is_file():
        found = read_lock(kept)
    else:
        if offline:
            refuse_search(asked.sources)
        with telling_of_stores(asked.sources):
            searched = asked.search()
        found = ask_pixels(searched, asked.sources, asked.sensors, workspace, offline, asked.pools)
        # at last: a scene that cannot be used must not take the place of one that can
        found = keep_clearest(found, asked.sources, asked.region)
    return found


def _locked(asked: Asked, workspace: Workspace) -> SceneSet:
    """Read what the job wants of the lock, and check that the lock can serve it."""
    if not workspace.lock_file.exists():
        raise InputError(
            str(workspace.lock_file), "there is no lock to read", "Run without --locked first"
        )
    whole, period = read_lock(workspace.lock_file), asked.order.context.period
    found = _within(whole, period, workspace)
    found = narrow(found, asked.sources, period)
    found = keep_clearest(found, asked.sources, asked.region)
    if whole.scenes and not found.scenes:
        raise NoScenesError(
            str(workspace.lock_file),
            f"none of its {len(whole.scenes):,} scenes is wanted ({found.notes[-1].what})",
            "Check the period and max_cloud_percent, or run without --locked to search again",
        )
    for scene in found.scenes:
        missing = asked.bands.get(scene.source, frozenset()) - scene.assets.keys()
        if scene.source not in asked.bands or missing:
            what = f"lacks {', '.join(sorted(missing)) or 'the source'} for {scene.id}"
            raise InputError(str(workspace.lock_file), what, "Run without --locked to search again")
    _refuse_strange(found, asked, workspace)
    narrower = chosen_more_narrowly(whole, asked.sources)
    notes = (*found.notes, *narrower, *_edited(workspace), *_other_profiles(found, asked))
    return replace(found, notes=notes)


def _edited(workspace: Workspace) -> list[Note]:
    """Say that a lock is not the one that the last search here left."""
    known = workspace.read_json(SEARCH_JSON).get("sha256")
    if known in (None, sha256_of(workspace.lock_file)):
        return []
    what = "it was changed, or put in place of another, since a run wrote it here"
    return [Note(workspace.lock_file.name, what, "It is read as it is now")]


def _refuse_strange(found: SceneSet, asked: Asked, workspace: Workspace) -> None:
    """Refuse scenes that the job's sources could not have given: a lock may have been edited."""
    sources = {source.name: source for source in asked.sources}
    for scene in found.scenes:
        where, sensor = f"{workspace.lock_file}: item {scene.id}", asked.sensors[scene.source]
        if scene.sensor != sensor.name:
            what = f"it is of sensor {scene.sensor}, and source {scene.source} is of {sensor.name}"
            raise InputError(where, what, "Run without --locked to search again")
        try:
            check_home(scene, sources[scene.source])
        except SceneError as error:
            remedy = error.remedy or "Take the lock as the run wrote it, or run without --locked"
            raise InputError(where, error.what, remedy) from None


def _other_profiles(found: SceneSet, asked: Asked) -> list[Note]:
    """Say of which sources the profile takes numbers otherwise than when the lock was made."""
    known, now = dict(found.profiles), dict(asked.profiles)
    changed = [key for key in sorted(known.keys() & now.keys()) if known[key] != now[key]]
    names = sorted({key.rpartition(" ")[0] for key in changed})
    return [
        Note(
            f"source {name}",
            "its profile takes "
            + ", ".join(one.rpartition(" ")[2] for one in changed if one.startswith(f"{name} "))
            + " otherwise than when the lock was made",
            "The lock's scale, offset, nodata and clip hold; run without --locked for the new ones",
        )
        for name in names
    ]


def _within(found: SceneSet, period: Period, workspace: Workspace) -> SceneSet:
    """Refuse a period of which the lock knows a part only: the rest would look like cloud."""
    known = found.period
    if known is None:
        what = "it does not say for which period it was searched"
        remedy = "Days on which it lists no scene may have had some"
        return replace(found, notes=(*found.notes, Note(workspace.lock_file.name, what, remedy)))
    if period.start < known.start or known.end < period.end:
        raise InputError(
            str(workspace.lock_file),
            f"it was searched for {known.start} to {known.last}, and the job asks for "
            f"{period.start} to {period.last}",
            "Ask for a part of its period, or run without --locked to search again",
        )
    return found


def keep_lock(asked: Asked, scenes: SceneSet, workspace: Workspace, locked: bool) -> None:
    """Write the lock and the search that it answers.

    A lock that was asked for is left as it is: it may answer another search than this job's.
    """
    if locked:
        return
    write_lock(workspace.lock_file, replace(scenes, profiles=asked.profiles))
    answer = {"digest": asked.digest, "sha256": sha256_of(workspace.lock_file)}
    write_whole(workspace.work / SEARCH_JSON, json.dumps(answer) + "\n")
