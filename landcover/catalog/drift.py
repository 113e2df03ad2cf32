"""What became of a lock's items since it was written, and which scenes are new.

It compares what catalogs list now with what the lock holds. It does not open the files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from landcover.catalog.changes import Change, changes
from landcover.catalog.choosing import Region, fate, with_collection
from landcover.catalog.clearest import contest
from landcover.catalog.documents import is_geoparquet, locate, read_json, roots_of
from landcover.catalog.duplicates import Copies, is_better
from landcover.catalog.hrefs import safe_name
from landcover.catalog.items import to_scene
from landcover.catalog.scenes import Broken, Listed, SceneSet
from landcover.catalog.searching import search
from landcover.catalog.settings import Source
from landcover.errors import NoScenesError, SceneError
from landcover.model import Period, Scene, Sensor
from landcover.settings import is_url

__all__ = ["KINDS", "Drift", "Drifted", "find_drift"]

KINDS = ("vanished", "changed", "reprocessed", "new", "unread")
"""What may have become of an item; `unread` is one whose document could not be read."""

Key = tuple[str, str]
"""A scene's source and id."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """One item that is not as the lock has it, or that the lock does not have.

    `kind` is one of `KINDS`; `day` its solar day (ISO); `what` is different, and `means` so much
    for the numbers.
    """

    kind: str
    source: str
    day: str
    scene: str
    what: str
    means: str


@dataclass(frozen=True, slots=True)
class Drift:
    """How a lock and its catalogs have come apart.

    Of `scenes` locked ones `same` are listed as they were; of those a fresh search would leave out
    `unwanted`, by rules of the job and not for what is listed.
    """

    scenes: int
    same: int
    unwanted: int
    found: tuple[Drifted, ...]

    @property
    def is_told(self) -> bool:
        """Whether it could be told of every item."""
        return all(one.kind != "unread" for one in self.found)


class _Met:
    """What catalogs list of the locked items, and what they list and cannot give."""

    def __init__(self, locked: Iterable[Scene]) -> None:
        self._collections = {(one.source, one.id): one.collection for one in locked}
        self.listed: dict[Key, Listed] = {}
        self.broken: dict[str, list[Broken]] = defaultdict(list)

    def __call__(self, source: str, listed: Listed | Broken) -> None:
        """Remember what bears on a locked item."""
        if isinstance(listed, Broken):
            self.broken[source].append(listed)
            return
        key = (source, str(listed.item.get("id")))
        if key in self._collections:
            known = str(listed.item.get("collection") or "") == self._collections[key]
            if known or key not in self.listed:
                self.listed[key] = listed


def find_drift(
    locked: Sequence[Scene],
    sources: Sequence[Source],
    sensors: Mapping[str, Sensor],
    bands: Mapping[str, frozenset[str]],
    period: Period,
    region: BaseGeometry,
    pools: Iterable[Sequence[str]] = (),
    dropped: Iterable[Key] = (),
    choose: Callable[[SceneSet], SceneSet] = lambda found: found,
) -> Drift:
    """Look every locked scene up in its catalog, and search anew.

    Parameters
    ----------
    locked : sequence of Scene
        Of these sources.
    sources, sensors, bands, period, region, pools
        As in `search`.
    dropped : iterable of (source, id)
        What the lock lists as left out.
    choose : callable
        What a run leaves out of what a search gives, beside copies. Pixels are not asked: where a
        scene of doubtful offset is among the clearest, the choice is told to be open.

    Returns
    -------
    Drift
        By kind, in the order of `KINDS`, and then by day, source and id.

    Raises
    ------
    CatalogError
        A catalog did not answer, or its answer cannot be understood.
    """
    met = _Met(locked)
    try:
        fresh = choose(search(sources, sensors, bands, period, region, pools, met))
    except NoScenesError:
        fresh = SceneSet(())
    for source in sources:
        own = [one for one in locked if one.source == source.name]
        _look_up(source, [one for one in own if (one.source, one.id) not in met.listed], met)
    told = _Told(locked, fresh, met, period, Region(region), _Contests(locked, fresh, sources))
    by_source = {source.name: (source, sensors[source.name]) for source in sources}
    rows = [row for scene in locked for row in told.locked(scene, *by_source[scene.source])]
    same = len(locked) - len(rows)
    rows += told.new(frozenset(dropped))
    rows.sort(key=lambda one: (KINDS.index(one.kind), one.day, one.source, one.scene))
    return Drift(len(locked), same, told.unwanted, tuple(rows))


def _look_up(source: Source, missing: Sequence[Scene], met: _Met) -> None:
    """Ask an API for items that its search did not give; documents have been read whole."""
    if not missing or is_geoparquet(source.catalog) or not is_url(source.catalog):
        return
    document = read_json(locate(source.catalog))
    from landcover.catalog.api import is_api, look_up

    if isinstance(document, dict) and is_api(document):
        for listed in look_up(with_collection(source), document, missing):
            met(source.name, listed)


class _Told:
    """Tells of each item, with all that was found at hand."""

    def __init__(
        self, locked: Sequence[Scene], fresh: SceneSet, met: _Met, period: Period, region: Region,
        contests: _Contests,
    ) -> None:  # fmt: skip
        self._fresh, self._met, self._period, self._region = fresh, met, period, region
        self._keys = {(one.source, one.id) for one in locked}
        self._kept = {(one.source, one.id) for one in fresh.scenes}
        self._copies = Copies((*fresh.scenes, *fresh.spare, *fresh.cloudy))
        self._locked = Copies(locked)
        self._contests = contests
        self._named: set[Key] = set()
        self.unwanted = 0

    def locked(self, scene: Scene, source: Source, sensor: Sensor) -> Iterator[Drifted]:
        """Tell of a locked scene; nothing where it is listed as it was."""
        listed = self._met.listed.get((scene.source, scene.id))
        copy = self._later(scene)
        if copy is not None:
            yield self._replaced(scene, copy, listed is not None)
        elif listed is None:
            yield self._missing(scene)
        else:
            yield from self._compared(scene, listed, source, sensor)

    def _later(self, scene: Scene) -> Scene | None:
        """Find a later processing of a scene in its own source, that the lock does not have."""
        for one in self._copies.of(scene):
            if one.source == scene.source and (one.source, one.id) not in self._keys:
                return one if is_better(one, scene) else None
        return None

    def _replaced(self, scene: Scene, copy: Scene, is_listed: bool) -> Drifted:
        """Tell of a scene that has been processed again under another name."""
        self._named.add((copy.source, copy.id))
        version = f" (baseline {copy.baseline}; here {scene.baseline or 'not told'})"
        what = f"{copy.id} is a later processing of it{version if copy.baseline else ''}"
        if not is_listed:
            what += ", and it is no longer listed itself"
        means = f"a fresh run reads {copy.id} in its place, with other values"
        if (copy.source, copy.id) not in self._kept:
            means = "a fresh run reads neither: the later one is left out, and it with it"
        return _row("reprocessed", scene, what, means)

    def _missing(self, scene: Scene) -> Drifted:
        """Tell of a scene that is not listed; where a part cannot be read, that is not sure."""
        broken = self._met.broken.get(scene.source, ())
        own = [one for one in broken if one.name == safe_name(scene.id)]
        if broken:
            first = (own or broken)[0]
            whose = "its document" if own else f"a part of its catalog, {first.name},"
            means = "a fresh run reads without it for as long as that is so"
            return _row("unread", scene, f"{whose} cannot be read ({first.reason})", means)
        copies = [one for one in self._copies.of(scene) if (one.source, one.id) in self._kept]
        means = self._contests.after(scene) or "a fresh run has one observation fewer there"
        if copies:
            self._named.add((copies[0].source, copies[0].id))
            means = f"a fresh run reads its copy {copies[0].id} of source {copies[0].source}"
        return _row("vanished", scene, "it is no longer listed", means)

    def _compared(
        self, scene: Scene, listed: Listed, source: Source, sensor: Sensor
    ) -> Iterator[Drifted]:
        """Tell what of a listed item is not as it was."""
        bands = scene.assets.keys() & sensor.bands.keys()
        try:
            what = fate(listed.item, with_collection(source), self._period, self._region)
            roots = roots_of(source.catalog, source.allow_paths)
            now = to_scene(listed, source.name, sensor, bands, roots)[0]
        except SceneError as error:
            yield _row("changed", scene, f"it cannot be used any more ({error.what})",
                       "a fresh run reads without it")  # fmt: skip
            return
        found = list(changes(scene, now, listed.item))
        if what == "cloudy":
            found.append(_clouded(scene, now))
        if found:
            kind = "reprocessed" if any(one.is_processing for one in found) else "changed"
            means = "; ".join(dict.fromkeys(one.means for one in found))
            yield _row(kind, scene, "; ".join(one.what for one in found), means)
        elif (scene.source, scene.id) not in self._kept and not self._contests.is_open(scene):
            self.unwanted += 1

    def new(self, dropped: frozenset[Key]) -> Iterator[Drifted]:
        """Tell of what a fresh search adds, and was not told with a locked scene."""
        for scene in self._fresh.scenes:
            key = (scene.source, scene.id)
            if key in self._keys | self._named or (scene.doubtful and key in dropped):
                continue
            stands = [one.id for one in self._locked.of(scene)]
            what, means = "the lock does not have it", "a fresh run has one observation more there"
            if stands:
                means = f"a fresh run reads it in place of {stands[0]}, of which it is a copy"
            elif told := self._contests.before(scene):
                means = told
            if scene.doubtful and not self._contests.is_open(scene):
                means += ", if its pixels tell its offset"
            yield _row("new", scene, what, means)


class _Contests:
    """Which scenes came and went where a source takes the clearest looks alone.

    A contest is one source's square and period. It is open where a scene that would be taken has
    a doubtful offset: whether its pixels tell it, and so what is taken, only a run finds out.
    """

    def __init__(self, locked: Sequence[Scene], fresh: SceneSet, sources: Iterable[Source]) -> None:
        self._sources = {source.name: source for source in sources}
        self._came: dict[tuple[str, ...], list[Scene]] = defaultdict(list)
        self._went: dict[tuple[str, ...], list[Scene]] = defaultdict(list)
        self._open: dict[tuple[str, ...], str] = {}
        for here, there, table in (
            (fresh.scenes, locked, self._came), (locked, fresh.scenes, self._went),
        ):  # fmt: skip
            keys, copies = {(one.source, one.id) for one in there}, Copies(there)
            for scene in here:
                place = self._place(scene)
                if place and (scene.source, scene.id) not in keys and not copies.of(scene):
                    table[place].append(scene)
        for place, scenes in self._came.items():
            for scene in scenes:
                if scene.doubtful and self._sources[scene.source].offset != "trust":
                    self._open.setdefault(place, scene.id)

    def _place(self, scene: Scene) -> tuple[str, ...]:
        """Name the contest that a scene is in; nothing where its source takes all."""
        source = self._sources.get(scene.source)
        if source is None or source.best is None:
            return ()
        return (scene.source, *contest(scene, source.best))

    def is_open(self, scene: Scene) -> bool:
        """Whether it cannot be told without asking pixels what is taken there."""
        return self._place(scene) in self._open

    def before(self, scene: Scene) -> str:
        """Say for what a new scene is taken; nothing where it takes no other's place."""
        place = self._place(scene)
        went = ", ".join(one.id for one in self._went.get(place, ()))
        if place in self._open:
            whose = "its offset" if scene.doubtful else f"the offset of {self._open[place]}"
            means = f"whether a fresh run reads it{f' in place of {went}' if went else ''}"
            return f"{means} cannot be told without asking pixels, since {whose} is doubtful"
        others = len({one.solar_day for one in self._came.get(place, ())}) - 1
        if not went or scene not in self._came[place]:
            return ""
        beside = f" and {others:,} other new looks" if others > 0 else ""
        return f"a fresh run reads it{beside} in place of {went}: clearer, or adding more"

    def after(self, scene: Scene) -> str:
        """Say what comes for a scene that is gone; nothing where nothing does."""
        place = self._place(scene)
        if place in self._open:
            return "what a fresh run reads for it cannot be told without asking pixels"
        came = ", ".join(one.id for one in self._came.get(place, ()))
        return f"a fresh run takes {came} there, as the next of the clearest" if came else ""


def _clouded(scene: Scene, now: Scene) -> Change:
    """Word a cloud cover that became too high; a limit of the job has been obeyed before."""
    before = "unknown" if scene.cloud_percent is None else f"{scene.cloud_percent:g}"
    what = f"its cloud cover is {now.cloud_percent:g} percent (was {before})"
    return Change(what, "a fresh run leaves it out as too cloudy")


def _row(kind: str, scene: Scene, what: str, means: str) -> Drifted:
    return Drifted(kind, scene.source, scene.solar_day.isoformat(), scene.id, what, means)
