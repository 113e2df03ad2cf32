"""Whether pixels can have the offset that their items declare: asked before anything is planned.

Sentinel-2's DN carry 1000 more than reflectance * 10,000 from processing baseline 04.00 on, unless
a catalog has taken it away. Vegetation is dark in red, water in the infrared: where even the
darkest of it lies at DN 1000 or more, the 1000 is in the pixels; where it lies well below, it
cannot be. Where neither is so (no clear ground, haze, desert), a copy of the same acquisition is
compared, else a scene of the same square and season that could tell. Undecided is an answer.

It knows scenes, and reads a few windows of them. It does not know catalogs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from landcover.catalog.duplicates import Copies
from landcover.engine.looks import Look, Pair, looks_of
from landcover.engine.samples import BOA_OFFSET, SCALE, Sample, asked_band, samples_of
from landcover.engine.workspace import Workspace
from landcover.model import Scene
from landcover.raster.cache import BlockCache

__all__ = [
    "FAR_DN",
    "NEAR_DN",
    "NEIGHBOUR_DAYS",
    "Answer",
    "Examiner",
    "Group",
    "Key",
    "answers",
    "group_of",
    "told_by",
]

BELOW_DN = 800.0
"""Floor below which DN cannot carry 1000: reflectance of vegetation or water under -0.02, where
Sen2Cor may be off by 0.005 and 5 % (ESA, L2A Data Quality Report)."""

FROM_DN = 1000.0
"""Floor from which DN must carry 1000: else the darkest vegetation were of reflectance 0.10 in
red, where green leaves have 0.02 to 0.06, or the darkest water of 0.10 in the infrared."""

TOP_DN = 2000.0
"""Floor from which neither can be, for the same reason: haze, or a band that is another."""

SCENES_ASKED = 2
"""Scenes of one source, collection, baseline and offset that are asked: the clearest (count)."""

MEMORY_BYTES = 64 * 2**20
"""Windows that are held for the next look at them (bytes): 300 to 500, of 20 m pixels."""

COPIES_ASKED = 2
"""Copies that a doubtful scene is compared with: the best (count)."""

NEIGHBOUR_DAYS = 60
"""How far in time two scenes of a square are compared (days): within a season."""

NEAR_DN, FAR_DN = 300.0, 700.0
"""Two scenes agree where the quartiles of their ground differ by less than the one, and would
disagree with the other offset by more than the other: a jump of 1000 lies between (DN)."""


Key = tuple[str, str]
"""A scene's source and id."""

Group = tuple[str, str, str, float, bool]
"""Source, collection, baseline and declared offset of scenes, and whether that is doubtful."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was asked of the scenes of one source, collection, baseline and declared offset.

    `told` is, for each scene that was asked, the offset that its pixels have, or None where they
    could not tell; `floors` are the floors that were seen (DN).
    """

    source: str
    collection: str
    baseline: str
    offset: float
    scenes: int
    doubtful: bool
    told: tuple[float | None, ...]
    floors: tuple[float, ...]

    @property
    def agree(self) -> int:
        """How many of the asked scenes have the declared offset."""
        return sum(one == self.offset for one in self.told)

    @property
    def deny(self) -> int:
        """How many of the asked scenes have the other."""
        return sum(one is not None and one != self.offset for one in self.told)

    @property
    def is_contradiction(self) -> bool:
        """Whether the pixels deny what is declared, and none of them has it."""
        return not self.doubtful and self.deny > 0 and self.agree == 0

    @property
    def is_mixed(self) -> bool:
        """Whether some of the asked scenes have the declared offset, and others deny it."""
        return not self.doubtful and self.deny > 0 and self.agree > 0

    def holds(self, scene: Scene) -> bool:
        """Whether a scene is one of those that this is the answer for."""
        key = group_of(scene)
        mine = (self.source, self.collection, self.baseline, self.offset, self.doubtful)
        return key == mine

    def __str__(self) -> str:
        what = " ".join(filter(None, (self.collection, self.baseline))) or "its scenes"
        floors = ", ".join(f"{floor:.0f}" for floor in sorted(self.floors)) or "none"
        silent = len(self.told) - self.agree - self.deny
        scenes = f"{self.scenes} scene{'' if self.scenes == 1 else 's'}"
        return (
            f"{what}: offset {self.offset:g} in {scenes}; of {len(self.told)} asked "
            f"{self.agree} have it, {self.deny} have not, {silent} cannot tell "
            f"(floors: DN {floors})"
        )


def told_by(sample: Sample) -> float | None:
    """Return the offset that a floor tells (reflectance), or None where it cannot.

    Examples
    --------
    >>> told_by(Sample("red", 1180.0, None)), told_by(Sample("red", 210.0, None))
    (-0.1, 0.0)
    >>> told_by(Sample("red", 900.0, None))
    """
    if sample.floor is None:
        return None
    if sample.floor < BELOW_DN:
        return 0.0
    return BOA_OFFSET if FROM_DN <= sample.floor < TOP_DN else None


# --- what is asked ------------------------------------------------------------------------------


def _groups(scenes: Iterable[Scene]) -> dict[Group, list[Scene]]:
    """Sort scenes that can be asked by what should make them alike."""
    found: dict[Group, list[Scene]] = defaultdict(list)
    for scene in scenes:
        key = group_of(scene)
        if key is not None:
            found[key].append(scene)
    return found


def group_of(scene: Scene) -> Group | None:
    """Return what a scene has in common with those like it; None where it cannot be asked.

    Source, collection, baseline, declared offset, and whether that is doubtful.
    """
    band = asked_band(scene)
    if not band:
        return None
    offset = scene.assets[band].offset
    return (scene.source, scene.collection, scene.baseline, offset, scene.doubtful)


def _chosen(scenes: Sequence[Scene], doubtful: bool) -> list[Scene]:
    """Choose the scenes of a group to ask: the clearest of one square; of doubtful ones all."""
    if doubtful:
        return list(scenes)
    squares = Counter(scene.grid_code for scene in scenes)

    def order(scene: Scene) -> tuple[object, ...]:
        cloud = 101.0 if scene.cloud_percent is None else scene.cloud_percent
        return (-squares[scene.grid_code], scene.grid_code, cloud, scene.time, scene.id)

    return sorted(scenes, key=order)[:SCENES_ASKED]


# --- telling ------------------------------------------------------------------------------------


def _by_neighbour(
    scene: Scene, sample: Sample, decided: Sequence[tuple[Scene, Sample, float]]
) -> float | None:
    """Tell a scene's offset by the nearest one of its square that could tell; None if unlike."""
    alike = [
        (abs(scene.time - other.time), its, offset)
        for other, its, offset in decided
        if other.grid_code == scene.grid_code and its.band == sample.band and its.quartiles
    ]
    if not alike or sample.quartiles is None:
        return None
    apart, its, offset = min(alike, key=lambda one: one[0])
    if apart.days > NEIGHBOUR_DAYS or its.quartiles is None:
        return None
    return _closer(sample.quartiles, its.quartiles, offset)


def _closer(here: Sequence[float], there: Sequence[float], offset: float) -> float | None:
    """Return the offset with which quartiles are like those of a known one; None if unlike."""
    beside = np.asarray(there) + offset / SCALE
    apart = {
        one: float(np.abs(np.asarray(here) + one / SCALE - beside).max())
        for one in (0.0, BOA_OFFSET)
    }
    best = min(apart, key=apart.__getitem__)
    return best if apart[best] < NEAR_DN and max(apart.values()) > FAR_DN else None


def _told(
    scenes: Sequence[Scene], samples: Mapping[Key, Sample], copies: Mapping[Key, float]
) -> dict[Key, float | None]:
    """Return each scene's offset by its own floor, else by its copy, or its neighbour in time."""
    seen = [(s, samples[s.source, s.id]) for s in scenes if (s.source, s.id) in samples]
    decided = [(s, one, offset) for s, one in seen if (offset := told_by(one)) is not None]
    told: dict[Key, float | None] = {(s.source, s.id): None for s in scenes}
    told |= {(s.source, s.id): offset for s, _, offset in decided}
    told |= {key: offset for key, offset in copies.items() if key in told and told[key] is None}
    for scene, sample in seen:
        if told[scene.source, scene.id] is None:
            told[scene.source, scene.id] = _by_neighbour(scene, sample, decided)
    return told


class Examiner:
    """Asks scenes, each once however often it is met.

    Parameters
    ----------
    workspace : Workspace, optional
        Remembers what was seen of remote files.
    offline : bool
        Look at no file on the network.
    """

    def __init__(self, workspace: Workspace | None = None, offline: bool = False) -> None:
        self._workspace, self._offline = workspace, offline
        self._memory = BlockCache(MEMORY_BYTES)
        self._asked = set[Key]()
        self._looked: dict[tuple[str, ...], Look | None] = {}
        self.samples: dict[Key, Sample] = {}
        self.told: dict[Key, float | None] = {}
        self.copies: dict[Key, tuple[float, str]] = {}

    def answers(self, scenes: Sequence[Scene], spare: Sequence[Scene] = ()) -> tuple[Answer, ...]:
        """Ask scenes; `samples` is what was seen of them, and `told` the offset that it tells.

        `copies` holds what copies told of doubtful ones: the offset, and which. They are looked
        for among the scenes, and among `spare`.
        """
        groups = _groups(scenes)
        chosen = {key: _chosen(found, key[-1]) for key, found in groups.items()}
        every = [scene for found in chosen.values() for scene in found]
        unseen = [one for one in every if (one.source, one.id) not in self._asked]
        self.samples |= samples_of(unseen, self._workspace, self._offline, self._memory)
        self._asked |= {(one.source, one.id) for one in unseen}
        self._ask_copies([one for one in every if one.doubtful], Copies([*scenes, *spare]))
        by_copies = {key: offset for key, (offset, _) in self.copies.items()}
        self.told |= _told(every, self.samples, by_copies)
        return tuple(self._answer(key, groups[key], chosen[key]) for key in sorted(groups))

    def cannot_tell(self, scene: Scene) -> bool:
        """Whether nothing is told of a scene's offset."""
        return self.told.get((scene.source, scene.id)) is None

    def floor(self, scene: Scene) -> float | None:
        """Return the offset that a scene's own floor tells; None where it cannot."""
        sample = self.samples.get((scene.source, scene.id))
        return None if sample is None else told_by(sample)

    def looks(self, pairs: Sequence[Pair]) -> dict[tuple[str, ...], Look]:
        """Look at pairs of scenes, each once however often it is asked for."""
        unseen = [pair for pair in pairs if pair.key not in self._looked]
        seen = looks_of(unseen, self._workspace, self._offline, self._memory)
        self._looked |= {pair.key: seen.get(pair.key) for pair in unseen}
        return {p.key: look for p in pairs if (look := self._looked[p.key]) is not None}

    def _ask_copies(self, doubtful: Sequence[Scene], copies: Copies) -> None:
        """Compare scenes whose floors cannot tell with copies whose declarations are sound."""
        pairs = [
            Pair(scene, copy, are_copies=True)
            for scene in doubtful
            if self.floor(scene) is None and (scene.source, scene.id) not in self.copies
            for copy in [one for one in copies.of(scene) if not one.doubtful][:COPIES_ASKED]
        ]
        looks = self.looks(pairs)
        for pair in pairs:
            look, band = looks.get(pair.key), asked_band(pair.other)
            if look is None or look.quartiles is None:
                continue
            known = told_by(Sample(band, look.floors[1], None))
            known = pair.other.assets[band].offset if known is None else known
            offset = _closer(*look.quartiles, known)
            if offset is not None:
                self.copies.setdefault((pair.one.source, pair.one.id), (offset, pair.other.id))

    def _answer(self, key: Group, scenes: Sequence[Scene], chosen: Sequence[Scene]) -> Answer:
        """Sum up what the asked scenes of a group said."""
        names = [(one.source, one.id) for one in chosen]
        floors = [self.samples[one].floor for one in names if one in self.samples]
        source, collection, baseline, offset, doubtful = key
        return Answer(source, collection, baseline, offset, len(scenes), doubtful,
                      tuple(self.told[one] for one in names),
                      tuple(floor for floor in floors if floor is not None))  # fmt: skip


def answers(
    scenes: Sequence[Scene], workspace: Workspace | None = None, offline: bool = False
) -> tuple[Answer, ...]:
    """Ask scenes for their offsets; nothing is changed.

    Parameters
    ----------
    scenes : sequence of Scene
    workspace : Workspace, optional
        Remembers what was seen of remote files.
    offline : bool
        Look at no file on the network.
    """
    return Examiner(workspace, offline).answers(scenes)
