"""One scene listed twice: which copy stays.

Reprocessed copies (another baseline) are kept: the mosaic's order decides between them, pixel by
pixel. It knows scenes. It does not know items.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from landcover.model import Note, Scene

__all__ = ["drop_duplicates"]

SAME_INSTANT = timedelta(seconds=1)
"""Copies of one scene were seen 1 ms apart; neighbouring data strips lie many seconds apart."""

_NEVER = datetime.min.replace(tzinfo=UTC)


def drop_duplicates(
    scenes: Iterable[Scene], preference: Sequence[str], pools: Iterable[Sequence[str]] = ()
) -> tuple[list[Scene], list[Scene], tuple[Note, ...]]:
    """Keep one of each scene that is listed more than once.

    Copies are scenes of one sensor with the same id, or with the same grid square, platform
    and baseline within a second. The source named first stays, then `Scene.merit` decides, as
    it does in the mosaic.

    Parameters
    ----------
    scenes : iterable of Scene
    preference : sequence of str
        Names of the sources, best first.
    pools : iterable of sequence of str
        Names of sources that are used together. A copy that one pool has and another lacks is
        kept. Without any, all sources are used together.

    Returns
    -------
    kept, dropped, notes
        Kept scenes are sorted by (time, id); one note a source tells how many were dropped.
    """
    rank = {name: n for n, name in enumerate(preference)}

    shared = [frozenset(pool) for pool in pools]
    users = {
        name: frozenset(n for n, pool in enumerate(shared) if name in pool) for name in preference
    }
    best = sorted(scenes, key=lambda scene: (rank[scene.source], scene.merit))
    once, same_id = _first_of(best, [(users[s.source], s.sensor, s.id) for s in best])
    copies = zip((users[s.source] for s in once), _scene_keys(once), strict=True)
    kept, same_scene = _first_of(once, list(copies))
    dropped = same_id + same_scene
    kept.sort(key=lambda s: (s.time, s.id))
    return kept, dropped, _notes(dropped)


def _first_of(scenes: list[Scene], keys: Sequence[object]) -> tuple[list[Scene], list[Scene]]:
    """Split into the first scene of each key, and the rest."""
    kept: dict[object, Scene] = {}
    dropped = []
    for scene, key in zip(scenes, keys, strict=True):
        if key in kept:
            dropped.append(scene)
        else:
            kept[key] = scene
    return list(kept.values()), dropped


def _scene_keys(scenes: list[Scene]) -> list[object]:
    """Give all copies of one scene one key."""
    keys: dict[int, object] = {}
    numbered = sorted(enumerate(scenes), key=lambda pair: (*_square(pair[1]), pair[1].time))
    for square, group in groupby(numbered, key=lambda pair: _square(pair[1])):
        first = _NEVER
        for place, scene in group:
            if scene.time - first >= SAME_INSTANT:
                first = scene.time
            known = scene.grid_code and scene.platform
            keys[place] = (square, first) if known else place
    return [keys[n] for n in range(len(scenes))]


def _square(scene: Scene) -> tuple[str, str, str, str]:
    return (scene.sensor, scene.grid_code, scene.platform, scene.baseline)


def _notes(dropped: Iterable[Scene]) -> tuple[Note, ...]:
    """Say how many copies each source lost."""
    names = [scene.source for scene in dropped]
    return tuple(
        Note(
            f"source {name}",
            f"{names.count(name)} scenes are listed twice; one copy of each is read",
        )
        for name in sorted(set(names))
    )
