"""What two scenes of one square show of the same ground: the quartiles of both, pixel for pixel.

Samples of single scenes stop where each has seen enough, and leave out what each calls cloud: two
of them may show two grounds. Here only pixels count that are clear ground in both.
What was fetched from afar is remembered beside the checkpoints. It knows scenes' files. It does
not know what should follow from what is seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import astuple, dataclass
from itertools import repeat

import numpy as np

from landcover.engine.samples import (
    DARK,
    ENOUGH_PX,
    FEWEST_PX,
    FLOOR_PERCENT,
    GROUND,
    MASK,
    SCALE,
    THREADS,
    asked_band,
    mark,
)
from landcover.engine.workspace import Workspace
from landcover.errors import SceneError
from landcover.files import write_whole
from landcover.model import Scene
from landcover.raster.cache import BlockCache
from landcover.raster.sampling import sample_pair
from landcover.settings import is_url

__all__ = ["Look", "Pair", "bands_of", "looks_of"]

INFRARED = ("swir22", "swir16", "nir", "nir08")
"""Second bands, best first. Haze and leaves change these otherwise than what is visible: haze
lifts red alone, and leaves that come make red darker and the infrared brighter."""

MEMORY = "jumps.json"
"""Where `.work` remembers what was seen of remote files."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two scenes of one square that are compared; copies show the same moment."""

    one: Scene
    other: Scene
    are_copies: bool

    @property
    def key(self) -> tuple[str, ...]:
        """Names the pair: sources and ids."""
        return (self.one.source, self.one.id, self.other.source, self.other.id)


@dataclass(frozen=True, slots=True)
class Look:
    """What a pair shows of its common ground, in DN: the one scene first, then the other.

    `floors` are of dark ground in the first of `bands`; `quartiles` are of all ground, three a
    band. Each is None where too little was seen.
    """

    bands: tuple[str, ...]
    floors: tuple[float | None, float | None]
    quartiles: tuple[tuple[float, ...], tuple[float, ...]] | None


def bands_of(pair: Pair) -> tuple[str, ...]:
    """Name the bands in which a pair is compared: one for copies, two for neighbours in time.

    There are none where the two have no common plane or band. A neighbour without a second band
    is compared in one.
    """
    one, other = pair.one, pair.other
    first = asked_band(one)
    if not first or first != asked_band(other) or one.crs != other.crs:
        return ()
    if any(_plane(one, name) != _plane(other, name) for name in (first, MASK)):
        return ()
    if pair.are_copies:
        return (first,)
    second = (name for name in INFRARED if name != first and _serves(pair, name, first))
    return (first, *list(second)[:1])


def _plane(scene: Scene, band: str) -> tuple[object, ...]:
    """Say where a band's pixels lie."""
    return scene.assets[band].transform, scene.assets[band].shape


def _serves(pair: Pair, name: str, first: str) -> bool:
    """Whether both scenes have a band, on one plane, and scaled as their first one is."""
    if any(name not in scene.assets for scene in (pair.one, pair.other)):
        return False
    alike = all(
        scene.assets[name].scale == SCALE
        and scene.assets[name].offset == scene.assets[first].offset
        for scene in (pair.one, pair.other)
    )
    return alike and _plane(pair.one, name) == _plane(pair.other, name)


def _files(pair: Pair) -> list[str]:
    """List the addresses of what is read."""
    names = (*bands_of(pair), MASK)
    return [scene.assets[name].href for scene in (pair.one, pair.other) for name in names]


def _mark(pair: Pair) -> str:
    """Stand for a pair's files without their addresses."""
    names = (*bands_of(pair), MASK)
    marks = [mark(scene.assets[name]) for scene in (pair.one, pair.other) for name in names]
    return hashlib.sha256(" ".join(marks).encode()).hexdigest()[:16]


def _look(pair: Pair, memory: BlockCache | None = None) -> Look | None:
    """Read a pair; None where its files cannot be read: the run will tell of that."""
    bands = bands_of(pair)
    one, other = (
        (tuple(scene.assets[name] for name in bands), scene.assets[MASK])
        for scene in (pair.one, pair.other)
    )
    try:
        dn, classes = sample_pair(one, other, GROUND, ENOUGH_PX, memory)
    except SceneError:
        return None
    dark = dn[:, 0, (classes == DARK[bands[0]]).all(axis=0)]
    floors: tuple[float | None, float | None] = (None, None)
    if dark.shape[-1] >= FEWEST_PX:
        low = np.percentile(dark, FLOOR_PERCENT, axis=-1)
        floors = (float(low[0]), float(low[1]))
    if dn.shape[-1] < FEWEST_PX:
        return Look(bands, floors, None)
    three = np.percentile(dn, (25, 50, 75), axis=-1).transpose(1, 2, 0).reshape(2, -1)
    here, there = (tuple(float(value) for value in row) for row in three)
    return Look(bands, floors, (here, there))


def _remembered(entry: object) -> Look | None:
    """Read back a look; None where it is broken."""
    if not isinstance(entry, list) or len(entry) != 3:
        return None
    bands, floors, quartiles = entry
    try:
        low, lower = (None if floor is None else float(floor) for floor in floors)
        if quartiles is None:
            return Look(tuple(bands), (low, lower), None)
        here, there = (tuple(float(value) for value in row) for row in quartiles)
        fit = len(here) == len(there) == 3 * len(bands)
        return Look(tuple(bands), (low, lower), (here, there)) if fit else None
    except (TypeError, ValueError):
        return None


def looks_of(
    pairs: Iterable[Pair],
    workspace: Workspace | None,
    offline: bool,
    memory: BlockCache | None = None,
) -> dict[tuple[str, ...], Look]:
    """Look at pairs, or remember what was seen of them; by `Pair.key`.

    Pairs that cannot be compared, whose files cannot be read, or may not be, are missing.
    `memory` holds windows that were looked at before.
    """
    known = workspace.read_json(MEMORY) if workspace is not None else {}
    found: dict[tuple[str, ...], Look] = {}
    todo: list[Pair] = []
    for pair in pairs:
        if not bands_of(pair):
            continue
        is_far = any(is_url(href) for href in _files(pair))
        look = _remembered(known.get(_mark(pair))) if is_far else None
        if look is not None:
            found[pair.key] = look
        elif not (offline and is_far):
            todo.append(pair)
    with ThreadPoolExecutor(THREADS) as threads:
        seen = list(zip(todo, threads.map(_look, todo, repeat(memory)), strict=True))
    fresh = [(pair, look) for pair, look in seen if look is not None]
    if workspace is not None:
        _keep(fresh, known, workspace)
    return found | {pair.key: look for pair, look in fresh}


def _keep(
    seen: Sequence[tuple[Pair, Look]], known: dict[str, object], workspace: Workspace
) -> None:
    """Remember what was fetched: files on this machine are as quickly read again."""
    fetched = {
        _mark(pair): list(astuple(look))
        for pair, look in seen
        if any(is_url(href) for href in _files(pair))
    }
    if fetched:
        with suppress(OSError):  # a plan may be made where nothing can be written
            workspace.work.mkdir(parents=True, exist_ok=True)
            write_whole(workspace.work / MEMORY, json.dumps({**known, **fetched}) + "\n")
