"""The jump between two scenes of one ground: whether both can have the offset that they declare.

A floor needs dark ground. A jump does not: across a change of baseline, or between two copies of
one acquisition, the same ground differs by DN 1000 where one of two offsets is not as declared.
Copies show the same moment, and one pair of them is proof. Neighbours in time do not: haze,
leaves or rain lie between them. So they are compared in a visible and an infrared band, which
must jump alike, and two pairs that share no day must say the same.

It knows scenes, and what is seen of pairs of them. It reads nothing itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise, product
from typing import Literal

import numpy as np

from landcover.catalog.duplicates import Copies
from landcover.catalog.radiometry import OFFSET_SINCE
from landcover.engine.asking import (
    NEAR_DN,
    NEIGHBOUR_DAYS,
    Answer,
    Examiner,
    Group,
    group_of,
    told_by,
)
from landcover.engine.looks import Look, Pair, bands_of
from landcover.engine.samples import BOA_OFFSET, SCALE, Sample
from landcover.model import Scene

__all__ = ["Jump", "contradictions", "judged", "jumps"]

PAIRS_ASKED = 2
"""Pairs of scenes that are compared for two groups (count)."""

MOST_PAIRS = 24
"""Pairs that are compared in all (count): each costs some windows of four to six files."""

UNKNOWN_CLOUD_PERCENT = 50.0
"""Cloud of a scene whose catalog does not tell it."""

Verdict = Literal["borne out", "denied", "cannot tell"]

Sides = tuple[Group, Group]
"""Two groups of scenes that differ in baseline, collection or declared offset."""


@dataclass(frozen=True, slots=True)
class Jump:
    """What a pair of scenes says of the offsets that the two declare.

    `jump` is by how much the other lies above the one with these applied (DN; the median of
    their quartiles' differences), None where no common ground was seen. `wrong` are those whose
    declaration is known to be false, where the jump is denied and a floor tells which.
    """

    pair: Pair
    sides: Sides
    jump: float | None
    verdict: Verdict
    wrong: tuple[Scene, ...] = ()

    @property
    def what(self) -> str:
        """Name baselines, square and scenes."""
        one, other = self.pair.one, self.pair.other
        how = "copies of one acquisition"
        if not self.pair.are_copies:
            how = f"{abs(one.time - other.time) / timedelta(days=1):.0f} days apart"
        square = one.grid_code or other.grid_code or one.crs
        return (
            f"{_told(self.sides[0])} and {_told(self.sides[1])}, square {square}: scenes {one.id} "
            f"and {other.id}, {how}"
        )

    def __str__(self) -> str:
        size = "no common clear ground" if self.jump is None else f"jump of {self.jump:+.0f} DN"
        return f"{self.what}: {size}, {self.verdict}"


def _told(group: Group) -> str:
    """Name a group of scenes by its baseline and declared offset."""
    return f"baseline {group[2] or 'not told'} (offset {group[3]:g})"


# --- which pairs --------------------------------------------------------------------------------


def _pair(one: Scene, other: Scene, are_copies: bool) -> tuple[Sides, Pair] | None:
    """Pair two scenes, the lower group first; None where there is nothing to compare."""
    first, second = group_of(one), group_of(other)
    if first is None or second is None or first == second or one.doubtful or other.doubtful:
        return None
    if second < first:
        first, second, one, other = second, first, other, one
    return (first, second), Pair(one, other, are_copies)


def _listed(
    pairs: Iterable[tuple[Sides, Pair] | None],
) -> dict[Sides, list[Pair]]:
    """Sort pairs by their groups."""
    found: dict[Sides, list[Pair]] = defaultdict(list)
    for one in pairs:
        if one is not None:
            found[one[0]].append(one[1])
    return found


def _copied(kept: Sequence[Scene], spare: Sequence[Scene]) -> dict[Sides, list[Pair]]:
    """List pairs of a scene that is read and a copy of it, which may be of another source."""
    copies = Copies(kept)
    return _listed(_pair(one, scene, True) for scene in spare for one in copies.of(scene))


def _neighbouring(kept: Sequence[Scene]) -> dict[Sides, list[Pair]]:
    """List pairs of one square and source whose groups follow one another in time there."""
    places: dict[tuple[str, str, str], list[Scene]] = defaultdict(list)
    for scene in kept:
        if group_of(scene) is not None and not scene.doubtful:
            places[scene.source, scene.grid_code, scene.crs].append(scene)
    met = []
    for scenes in places.values():
        scenes.sort(key=lambda scene: (scene.time, scene.id))
        groups = [group_of(scene) for scene in scenes]
        meet = {frozenset(two) for two in pairwise(groups) if two[0] != two[1]}
        for number, one in enumerate(scenes if meet else ()):
            for after, other in enumerate(scenes[number + 1 :], number + 1):
                if other.time - one.time > timedelta(days=NEIGHBOUR_DAYS):
                    break
                if frozenset((groups[number], groups[after])) in meet:
                    met.append(_pair(one, other, False))
    return _listed(met)


def _cost(pair: Pair) -> tuple[object, ...]:
    """Sort pairs, best first: a day apart weighs as much as a percent of cloud."""
    two = (pair.one, pair.other)
    cloud = [UNKNOWN_CLOUD_PERCENT if s.cloud_percent is None else s.cloud_percent for s in two]
    days = abs(pair.one.time - pair.other.time) / timedelta(days=1)
    return (sum(cloud) + days, pair.one.time, pair.key)


def _chosen(
    listed: Mapping[Sides, Sequence[Pair]], most: int, done: Collection[Sides] = ()
) -> list[tuple[Sides, Pair]]:
    """Choose the best pairs of each two groups, of which no two share a day.

    Haze and rain lie over neighbouring squares, too. Where there are more than `most`, groups
    between which the offset should change come first.
    """
    found: list[tuple[Sides, Pair]] = []
    for sides in sorted(listed.keys() - set(done), key=lambda two: (not _changes(two), two)):
        days = (set(), set())  # type: tuple[set[object], set[object]]
        for pair in sorted(listed[sides], key=_cost):
            here, there = pair.one.solar_day, pair.other.solar_day
            if here in days[0] or there in days[1] or not bands_of(pair):
                continue
            days[0].add(here)
            days[1].add(there)
            found.append((sides, pair))
            if len(days[0]) == PAIRS_ASKED:
                break
    return found[: max(0, most)]


def _changes(sides: Sides) -> bool:
    """Whether the offset changes between two groups, or should by their baselines."""
    since = [not _is_before(group[2]) for group in sides]
    return sides[0][3] != sides[1][3] or since[0] != since[1]


def _is_before(baseline: str) -> bool:
    """Whether a baseline is one whose DN carry nothing."""
    try:
        return float(baseline) < OFFSET_SINCE
    except ValueError:
        return False


# --- what they say ------------------------------------------------------------------------------


def _fitting(apart: Sequence[float], declared: tuple[float, float]) -> list[tuple[float, float]]:
    """List the offsets of two scenes with which they agree in all quartiles."""
    return [
        (here, there)
        for here, there in product((0.0, BOA_OFFSET), repeat=2)
        if _largest(apart, (there - declared[1] - here + declared[0]) / SCALE) < NEAR_DN
    ]


def _largest(apart: Sequence[float], moved: float) -> float:
    """Return the largest difference of quartiles once it is moved (DN)."""
    return float(np.abs(np.asarray(apart) + moved).max())


def judged(
    pair: Pair, sides: Sides, look: Look | None, told: tuple[float | None, float | None]
) -> Jump:
    """Judge a pair by what was seen of it.

    It is borne out where all quartiles differ by less than `NEAR_DN` with the declared offsets,
    and denied where they do so with others only, which lie DN 1000 or 2000 away: so the jump is
    above `FAR_DN`. All else cannot tell.

    Parameters
    ----------
    pair : Pair
    sides : (Group, Group)
        What the two scenes are of.
    look : Look or None
    told : (float or None, float or None)
        Offsets that are known of the two by other means than this look.
    """
    if look is None or look.quartiles is None:
        return Jump(pair, sides, None, "cannot tell")
    declared = (sides[0][3], sides[1][3])
    shift = (declared[1] - declared[0]) / SCALE
    apart = [there - here + shift for here, there in zip(*look.quartiles, strict=True)]
    jump = float(np.median(apart))
    fit = _fitting(apart, declared)
    if not fit:
        return Jump(pair, sides, jump, "cannot tell")
    if declared in fit:
        return Jump(pair, sides, jump, "borne out")
    seen = [told_by(Sample(look.bands[0], floor, None)) for floor in look.floors]
    known = tuple(told[n] if one is None else one for n, one in enumerate(seen))
    agreed = [
        two for two in fit if all(k in (None, one) for k, one in zip(known, two, strict=True))
    ]
    if not pair.are_copies and (len(look.bands) < 2 or not agreed):
        return Jump(pair, sides, jump, "cannot tell")  # haze, leaves or rain, for all we know
    wrong: tuple[Scene, ...] = ()
    if len(agreed) == 1:
        scenes = zip((pair.one, pair.other), agreed[0], declared, strict=True)
        wrong = tuple(scene for scene, has, said in scenes if has != said)
    return Jump(pair, sides, jump, "denied", wrong)


def _known(
    sides: Sides, answers: Sequence[Answer], own: Callable[[Scene], float | None], pair: Pair
) -> tuple[float | None, float | None]:
    """Return what is known of a pair's offsets: by own floors, or by those of scenes like them.

    Where floors bear out the one group and nothing of the other, the one has what it declares.
    """
    here, there = own(pair.one), own(pair.other)
    if here is not None or there is not None:
        return here, there
    by = {(a.source, a.collection, a.baseline, a.offset, a.doubtful): a for a in answers}
    firm = [bool(by.get(side) and by[side].agree and not by[side].deny) for side in sides]
    return (
        sides[0][3] if firm[0] and not firm[1] else None,
        sides[1][3] if firm[1] and not firm[0] else None,
    )


def jumps(
    kept: Sequence[Scene], spare: Sequence[Scene], examiner: Examiner, answers: Sequence[Answer]
) -> tuple[Jump, ...]:
    """Compare copies of one acquisition, and neighbours in time where no copies tell.

    Parameters
    ----------
    kept, spare : sequence of Scene
        Scenes that are read, and copies that were dropped for them. Doubtful ones are passed
        over: nobody claims that their declarations are true.
    examiner : Examiner
        Looks at pairs, and knows floors.
    answers : sequence of Answer
        What floors say of groups of scenes.

    Returns
    -------
    tuple of Jump
        Sorted by groups; at most `MOST_PAIRS`.
    """

    def judge(chosen: Sequence[tuple[Sides, Pair]]) -> list[Jump]:
        looks = examiner.looks([pair for _, pair in chosen])
        return [
            judged(pair, sides, looks.get(pair.key), _known(sides, answers, examiner.floor, pair))
            for sides, pair in chosen
        ]

    made = judge(_chosen(_copied(kept, spare), MOST_PAIRS))
    done = {one.sides for one in made if one.verdict != "cannot tell"}
    made += judge(_chosen(_neighbouring(kept), MOST_PAIRS - len(made), done))
    return tuple(sorted(made, key=lambda one: (one.sides, not one.pair.are_copies, one.pair.key)))


def contradictions(made: Iterable[Jump]) -> list[Jump]:
    """Return one jump for each two groups whose declared offsets cannot both be true.

    One pair of copies that denies is enough. Of neighbours in time all that were asked must deny,
    at least two: haze alone can move one.
    """
    groups: dict[Sides, list[Jump]] = defaultdict(list)
    for one in made:
        groups[one.sides].append(one)
    found = []
    for every in groups.values():
        denied = [one for one in every if one.verdict == "denied"]
        copies = [one for one in denied if one.pair.are_copies]
        near = [one for one in every if not one.pair.are_copies]
        if copies or (len(near) >= PAIRS_ASKED and all(one in denied for one in near)):
            # of all that deny, one of which it is known who is wrong says most
            found.append(min(copies or near, key=lambda one: (not one.wrong, _cost(one.pair))))
    return found
