"""Whether pixels can have the offset that their items declare: asked before anything is planned.

Sentinel-2's DN carry 1000 more than reflectance * 10,000 from processing baseline 04.00 on, unless
a catalog has taken it away. Vegetation is dark in red, water in the infrared: where even the
darkest of it lies at DN 1000 or more, the 1000 is in the pixels; where it lies well below, it
cannot be. Where neither is so (no clear ground, haze, desert), a scene of the same square and
season that could tell is compared. Undecided is an answer.

It knows scenes, and reads a few windows of them. It does not know catalogs.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from landcover.catalog import Count, Dropped, SceneSet
from landcover.catalog.settings import Source
from landcover.engine.samples import BOA_OFFSET, SCALE, Sample, asked_band, samples_of
from landcover.engine.workspace import Workspace
from landcover.errors import NoScenesError, OffsetError
from landcover.model import Note, Scene, Sensor

__all__ = ["Answer", "answers", "ask_pixels", "told_by"]

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

NEIGHBOUR_DAYS = 60
"""How far in time two scenes of a square are compared (days): within a season."""

NEAR_DN, FAR_DN = 300.0, 700.0
"""Two scenes agree where the quartiles of their ground differ by less than the one, and would
disagree with the other offset by more than the other: a jump of 1000 lies between (DN)."""


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

    def __str__(self) -> str:
        what = " ".join(filter(None, (self.collection, self.baseline))) or "its scenes"
        floors = ", ".join(f"{floor:.0f}" for floor in sorted(self.floors)) or "none"
        silent = len(self.told) - self.agree - self.deny
        return (
            f"{what}: offset {self.offset:g} in {self.scenes} scenes; of {len(self.told)} asked "
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


def _groups(scenes: Iterable[Scene]) -> dict[tuple[str, str, str, float, bool], list[Scene]]:
    """Sort scenes that can be asked by what should make them alike."""
    found: dict[tuple[str, str, str, float, bool], list[Scene]] = defaultdict(list)
    for scene in scenes:
        band = asked_band(scene)
        if band:
            offset = scene.assets[band].offset
            key = (scene.source, scene.collection, scene.baseline, offset, scene.doubtful)
            found[key].append(scene)
    return found


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
    there = np.asarray(its.quartiles) + offset / SCALE
    jumps = {
        one: float(np.abs(np.asarray(sample.quartiles) + one / SCALE - there).max())
        for one in (0.0, BOA_OFFSET)
    }
    best = min(jumps, key=jumps.__getitem__)
    return best if jumps[best] < NEAR_DN and max(jumps.values()) > FAR_DN else None


def _told(
    scenes: Sequence[Scene], samples: Mapping[tuple[str, str], Sample]
) -> dict[tuple[str, str], float | None]:
    """Return each scene's offset by its own floor, else by its neighbour in time."""
    seen = [(s, samples[s.source, s.id]) for s in scenes if (s.source, s.id) in samples]
    decided = [(s, one, offset) for s, one in seen if (offset := told_by(one)) is not None]
    told: dict[tuple[str, str], float | None] = {(s.source, s.id): None for s in scenes}
    told |= {(s.source, s.id): offset for s, _, offset in decided}
    for scene, sample in seen:
        if told[scene.source, scene.id] is None:
            told[scene.source, scene.id] = _by_neighbour(scene, sample, decided)
    return told


def _examined(
    scenes: Sequence[Scene], workspace: Workspace | None, offline: bool
) -> tuple[tuple[Answer, ...], dict[tuple[str, str], float | None], dict[tuple[str, str], Sample]]:
    """Ask the scenes; return the answers, and what is told and seen of each scene."""
    groups = _groups(scenes)
    chosen = {key: _chosen(found, key[-1]) for key, found in groups.items()}
    every = [scene for found in chosen.values() for scene in found]
    samples = samples_of(every, workspace, offline)
    told = _told(every, samples)
    made = []
    for key, found in sorted(groups.items()):
        source, collection, baseline, offset, doubtful = key
        names = [(scene.source, scene.id) for scene in chosen[key]]
        floors = [samples[one].floor for one in names if one in samples]
        made.append(
            Answer(source, collection, baseline, offset, len(found), doubtful,
                   tuple(told[one] for one in names),
                   tuple(floor for floor in floors if floor is not None))
        )  # fmt: skip
    return tuple(made), told, samples


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
    return _examined(scenes, workspace, offline)[0]


# --- what follows -------------------------------------------------------------------------------


def ask_pixels(
    found: SceneSet,
    sources: Sequence[Source],
    sensors: Mapping[str, Sensor],
    workspace: Workspace | None = None,
    offline: bool = False,
) -> SceneSet:
    """Check declared offsets against pixels, and decide those that are known to be unreliable.

    Parameters
    ----------
    found : SceneSet
    sources : sequence of Source
        `offset: trust` takes what is declared, and notes what the pixels say.
    sensors : mapping
        Source's name -> sensor.
    workspace, offline
        As in `answers`.

    Returns
    -------
    SceneSet
        Doubtful scenes have the offset that their pixels tell; those that cannot tell are among
        the dropped.

    Raises
    ------
    OffsetError
        Pixels deny what their items declare.
    """
    made, told, samples = _examined(found.scenes, workspace, offline)
    if not made and not any(scene.doubtful for scene in found.scenes):
        return found
    trusted = {source.name for source in sources if source.offset == "trust"}
    notes = [_denied(one, one.source in trusted) for one in made if one.is_contradiction]
    kept, dropped = [], []
    for scene in found.scenes:
        if not scene.doubtful:
            kept.append(scene)
            continue
        key = (scene.source, scene.id)
        if told.get(key) is None and scene.source not in trusted:
            reason = f"{scene.reason}; its pixels cannot tell"
            dropped.append(Dropped(scene.source, scene.solar_day.isoformat(), scene.id, reason))
            continue
        kept.append(_decided(scene, sensors[scene.source], told.get(key), samples.get(key)))
    if found.scenes and not kept:
        raise NoScenesError(
            "sources",
            f"of {len(dropped)} scenes it is not known whether their pixels are shifted",
            "Use another collection, or set offset: trust to take them as declared",
        )
    return replace(
        found,
        scenes=tuple(kept),
        notes=(*found.notes, *notes, *_doubts(found.scenes, dropped)),
        counts=_recounted(found.counts, dropped),
        dropped=tuple(sorted((*found.dropped, *dropped))),
    )


def _denied(answer: Answer, trusted: bool) -> Note:
    """Refuse what the pixels deny, or note it where the job trusts the source."""
    where, what = f"source {answer.source}", f"pixels deny the declared offset ({answer})"
    if not trusted:
        raise OffsetError(
            where, what, "Use another collection, or set offset: trust to take it as declared"
        )
    return Note(where, what, "It is taken as declared: offset: trust")


def _decided(scene: Scene, sensor: Sensor, offset: float | None, sample: Sample | None) -> Scene:
    """Give a doubtful scene the offset that its pixels tell; without one, leave it as declared."""
    if offset is None:
        reason = f"{scene.reason}; taken so, since the job says offset: trust"
        return replace(scene, doubtful=False, reason=reason)
    assets = {
        name: replace(asset, offset=offset) if sensor.bands[name].unit == "reflectance" else asset
        for name, asset in scene.assets.items()
    }
    seen = "compared with its neighbour in time"
    if sample is not None and told_by(sample) is not None:
        seen = f"the darkest ground in {sample.band} lies at DN {sample.floor:.0f}"
    reason = f"offset {offset:g}: decided by its pixels ({seen}); declared was: {scene.reason}"
    return replace(scene, assets=assets, doubtful=False, reason=reason)


def _doubts(scenes: Sequence[Scene], dropped: Sequence[Dropped]) -> list[Note]:
    """Say how many doubtful scenes of each source are left out."""
    doubtful = Counter(scene.source for scene in scenes if scene.doubtful)
    left = Counter(one.source for one in dropped)
    return [
        Note(
            f"source {name}",
            f"{left[name]} of {doubtful[name]} scenes whose offset is doubtful are left out: their "
            "pixels cannot tell it",
            "Prefer another collection, or set offset: trust to take them as declared",
        )
        for name in sorted(left)
    ]


def _recounted(counts: Sequence[Count], dropped: Sequence[Dropped]) -> tuple[Count, ...]:
    """Turn scenes that are left out from used into doubtful."""
    table = Counter({(one.source, one.month, one.fate): one.items for one in counts})
    for one in dropped:
        table[one.source, one.day[:7], "used"] -= 1
        table[one.source, one.day[:7], "doubtful"] += 1
    return tuple(sorted(Count(*key, items) for key, items in table.items() if items > 0))
