"""One acquisition listed more than once: which copy stays.

Reprocessed copies, and the same scene in two collections or catalogs. All but one are dropped, not
merely ranked: the mosaic fills what a scene's mask leaves open, and an older processing would put
its own ground under the clouds of the newer one. It knows scenes. It does not know items.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from landcover.catalog.scenes import Dropped
from landcover.model import Note, Scene

__all__ = ["Copies", "drop_duplicates", "is_better"]

SAME_INSTANT = timedelta(seconds=1)
"""Copies of one scene were seen 1 ms apart; neighbouring data strips lie many seconds apart."""

SAME_STRIP = timedelta(seconds=10)
"""Data strips that both touch a square begin more than its length apart: 110 km at 7 km/s."""


def drop_duplicates(
    scenes: Iterable[Scene],
    preference: Sequence[str],
    pools: Iterable[Collection[str]] = (),
    cloudy: Iterable[Scene] = (),
) -> tuple[list[Scene], tuple[Dropped, ...], tuple[Note, ...]]:
    """Keep one copy of each acquisition.

    Copies are scenes of one sensor with the same id, or of the same grid square (without one:
    the same plane), platform and data strip; where a data strip is not told, taken within a
    second. The source named first stays, then the highest baseline, then the newest. Two data
    strips of one square and day are no copies.

    Parameters
    ----------
    scenes : iterable of Scene
    preference : sequence of str
        Names of the sources, best first.
    pools : iterable of collection of str
        Names of sources that are used together. A copy that one pool has and another lacks is
        kept, and `Scene.yields_to` says with which sources it is not read. Without any, all
        sources are used together.
    cloudy : iterable of Scene
        Scenes that their source leaves out as too cloudy. Their older copies in the same source
        are dropped as well: that they call less of it cloud makes them no clearer.

    Returns
    -------
    kept, dropped, notes
        Kept scenes are sorted by (time, id), dropped ones by (source, day, id); one note a
        source tells how many were dropped.
    """
    rank = {name: number for number, name in enumerate(preference)}
    together = [frozenset(pool) for pool in pools] or [frozenset(preference)]
    left_out = [(scene, True) for scene in cloudy]
    every = [*((scene, False) for scene in scenes), *left_out]
    every.sort(key=lambda pair: (rank[pair[0].source], _merit(pair[0])))
    seen: dict[Hashable, list[tuple[Scene, bool]]] = defaultdict(list)
    kept, dropped = [], []
    for scene, is_cloudy in every:
        better = _copies(scene, seen)
        rivals = frozenset(one.source for one in better)
        shadowed = all(rivals & pool for pool in together if scene.source in pool)
        if not is_cloudy and better and shadowed:
            reason = _reason(scene, better[0])
            dropped.append(Dropped(scene.source, scene.solar_day.isoformat(), scene.id, reason))
            continue
        for key in _keys(scene):
            seen[key].append((scene, is_cloudy))
        if not is_cloudy:
            kept.append(replace(scene, yields_to=tuple(sorted(rivals, key=rank.__getitem__))))
    kept.sort(key=lambda s: (s.time, s.id))
    return kept, tuple(sorted(dropped)), _notes(dropped)


class Copies:
    """Scenes, by the places and days under which their copies would be found.

    Parameters
    ----------
    scenes : iterable of Scene
    """

    def __init__(self, scenes: Iterable[Scene]) -> None:
        self._seen: dict[Hashable, list[Scene]] = defaultdict(list)
        for scene in scenes:
            for key in _keys(scene):
                self._seen[key].append(scene)

    def of(self, scene: Scene) -> list[Scene]:
        """List the copies of a scene, each once, best first within a source; not itself."""
        met = {
            (one.source, one.id): one
            for key in _keys(scene)
            for one in self._seen.get(key, ())
            if _is_copy(scene, one) and (one.source, one.id) != (scene.source, scene.id)
        }
        return sorted(met.values(), key=_merit)


def is_better(one: Scene, other: Scene) -> bool:
    """Whether a copy is a later processing than another: a higher version, else a newer one."""
    mine, theirs = (_merit(scene)[:3] for scene in (one, other))
    return mine < theirs


def _merit(scene: Scene) -> tuple[Any, ...]:
    """Sort copies of one source, best first: highest version, newest, then as the mosaic does.

    Versions are compared by their numbers: 05.00 before 02.14, V1M1R1 before V0M2R4.
    """
    numbers = tuple(-int(number) for number in re.findall(r"\d+", scene.baseline))
    return (not numbers, numbers, *scene.merit[1:])


def _keys(scene: Scene) -> list[Hashable]:
    """Return where to look for copies of a scene: under its id, and under its place and day."""
    keys: list[Hashable] = [(scene.sensor, scene.id)]
    if scene.platform and scene.assets:
        first = scene.assets[min(scene.assets)]
        square = scene.grid_code or (scene.crs, tuple(first.transform), first.shape)
        keys.append((scene.sensor, square, scene.platform, scene.solar_day))
    return keys


def _copies(scene: Scene, seen: dict[Hashable, list[tuple[Scene, bool]]]) -> list[Scene]:
    """List the copies that were met before, best first; cloudy ones only of the same source."""
    met = [one for key in _keys(scene) for one in seen[key]]
    return [
        one
        for one, is_cloudy in met
        if _is_copy(scene, one) and (not is_cloudy or one.source == scene.source)
    ]


def _is_copy(scene: Scene, other: Scene) -> bool:
    """Whether two scenes of one sensor that share an id, or square, platform and day, are one."""
    if scene.orbit != other.orbit:  # radar's passes are never mixed
        return False
    if scene.id == other.id:
        return True
    strips = [_start(one.datastrip) for one in (scene, other)]
    if strips[0] is not None and strips[1] is not None:
        return abs(strips[0] - strips[1]) < SAME_STRIP
    return abs(scene.time - other.time) < SAME_INSTANT


def _start(datastrip: str) -> datetime | None:
    """Read when a data strip begins; None where it is not known."""
    try:
        return datetime.strptime(datastrip, "%Y%m%dT%H%M%S")
    except ValueError:
        return None


def _reason(scene: Scene, better: Scene) -> str:
    """Say why a copy stays out."""
    copy = f"a copy of {better.id}"
    if scene.source != better.source:
        return f"{copy} of source {better.source}, which stands first"
    if _merit(scene)[:2] != _merit(better)[:2]:
        mine = scene.baseline or "not told"
        return f"{copy}, whose baseline is higher ({better.baseline}; here {mine})"
    if scene.merit[1] != better.merit[1]:
        return f"{copy}, which was made later"
    return f"{copy}, which is listed as well"


def _notes(dropped: Iterable[Dropped]) -> tuple[Note, ...]:
    """Say how many copies each source lost."""
    names = [one.source for one in dropped]
    return tuple(
        Note(
            f"source {name}",
            f"{names.count(name)} scenes are listed twice; one copy of each is read",
        )
        for name in sorted(set(names))
    )
