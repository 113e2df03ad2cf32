"""What follows from the pixels that were asked: offsets decided, scenes left out, copies back.

It knows scenes and answers. It reads nothing itself, and knows no catalogs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from landcover.catalog import Count, Dropped, SceneSet
from landcover.catalog.duplicates import Copies, drop_duplicates
from landcover.catalog.reasons import by_pixels, denied, trusted
from landcover.catalog.settings import Source
from landcover.engine.asking import Answer, Examiner, Group, Key, group_of, told_by
from landcover.engine.jumps import Jump, contradictions, jumps
from landcover.engine.workspace import Workspace
from landcover.errors import NoScenesError, OffsetError
from landcover.model import Note, Scene, Sensor

__all__ = ["ask_pixels"]


def ask_pixels(
    found: SceneSet,
    sources: Sequence[Source],
    sensors: Mapping[str, Sensor],
    workspace: Workspace | None = None,
    offline: bool = False,
    pools: Iterable[Sequence[str]] = (),
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
    pools : iterable of sequence of str
        Names of sources whose scenes are used together, as the search was told.

    Returns
    -------
    SceneSet
        Doubtful scenes have the offset that their pixels tell; those that cannot tell are among
        the dropped, and a copy that was dropped for one of them is read in its place.

    Raises
    ------
    OffsetError
        Pixels deny what their items declare.
    """
    trusting = frozenset(source.name for source in sources if source.offset == "trust")
    names = [source.name for source in sources]
    kept, spare = list(found.scenes), list(found.spare)
    left: dict[Key, Scene] = {}
    copies: dict[Key, Dropped] = {}
    examiner = Examiner(workspace, offline)
    while True:
        made = examiner.answers(kept, spare)
        out = {
            (one.source, one.id): one
            for one in kept
            if one.doubtful and one.source not in trusting and examiner.cannot_tell(one)
        }
        if not out:
            break
        left |= out
        kept, spare, rows = _with_copies(kept, spare, out, names, pools, found.cloudy)
        copies |= {(one.source, one.scene): one for one in rows}
    against = [one for one in made if one.is_contradiction]
    notes = [_denied(one, one.source in trusting) for one in against]
    notes += [_mixed(one) for one in made if one.is_mixed]
    leaps = contradictions(jumps(kept, spare, examiner, made))
    notes += [_leap(one, trusting, {group_of(scene) for scene in kept}) for one in leaps]
    if left and not kept:
        raise NoScenesError(
            "sources",
            f"of {len(left)} scenes it is not known whether their pixels are shifted",
            "Use another collection, or set offset: trust to take them as declared",
        )
    taken = tuple(_taken(one, sensors[one.source], examiner, against, leaps) for one in kept)
    return replace(
        found,
        scenes=taken,
        notes=(*found.notes, *notes, *_doubts((*kept, *left.values()), left)),
        counts=_recounted(found, kept, left),
        dropped=_left_out(found, kept, left, copies),
        spare=tuple(spare),
    )


def _with_copies(
    kept: Sequence[Scene],
    spare: Sequence[Scene],
    out: Mapping[Key, Scene],
    names: Sequence[str],
    pools: Iterable[Sequence[str]],
    cloudy: Sequence[Scene],
) -> tuple[list[Scene], list[Scene], tuple[Dropped, ...]]:
    """Leave scenes out, and let the copies that were dropped for them come back.

    Pixels are asked after copies are dropped, since asking costs a few reads a scene and most
    copies never matter; so a copy is asked for only where its better one had to go.
    """
    gone = Copies(out.values())
    stay = [one for one in kept if (one.source, one.id) not in out]
    back = [one for one in spare if (one.source, one.id) not in out and gone.of(one)]
    chosen, rows, _ = drop_duplicates([*stay, *back], names, pools, cloudy)
    here = {(one.source, one.id) for one in chosen}
    rest = [one for one in spare if (one.source, one.id) not in here]
    return chosen, rest, rows


def _left_out(
    found: SceneSet,
    kept: Sequence[Scene],
    left: Mapping[Key, Scene],
    again: Mapping[Key, Dropped],
) -> tuple[Dropped, ...]:
    """List what is not read: copies (`again` tells of which now), and scenes of unknown offset.

    Of those it is told which copy is read in their place.
    """
    before = {(one.source, one.id) for one in found.scenes}
    moved = {(one.source, one.id) for one in kept} | left.keys()
    rows = [
        again.get((one.source, one.scene), one)
        for one in found.dropped
        if (one.source, one.scene) in before or (one.source, one.scene) not in moved
    ]
    copies = Copies(kept)
    for scene in left.values():
        reason = f"{scene.reason}; its pixels cannot tell"
        if instead := copies.of(scene):
            reason += f"; its copy {instead[0].id} of source {instead[0].source} is read instead"
        rows.append(Dropped(scene.source, scene.solar_day.isoformat(), scene.id, reason))
    return tuple(sorted(rows))


def _denied(answer: Answer, trusted: bool) -> Note:
    """Refuse what the pixels deny, or note it where the job trusts the source."""
    where, what = f"source {answer.source}", f"pixels deny the declared offset ({answer})"
    if not trusted:
        raise OffsetError(
            where, what, "Use another collection, or set offset: trust to take it as declared"
        )
    return Note(where, what, "It is taken as declared: offset: trust")


def _leap(jump: Jump, trusting: frozenset[str], read: Collection[Group | None]) -> Note:
    """Refuse offsets that cannot both be true, or note them.

    They are noted where the job trusts the source of the wrong one (where that is not known, of
    one of them), and where the wrong one is a copy of which nothing like it is read.
    """
    two = (jump.pair.one, jump.pair.other)
    blamed = [one for one in two if one in jump.wrong]
    which = " and ".join(f"{one.id} (baseline {one.baseline or 'not told'})" for one in blamed)
    tail = f"that of {which} is wrong" if blamed else "one of them is wrong"
    size = abs(jump.jump or 0.0)
    what = (
        f"the declared offsets cannot both be true of {jump.what}, since the same ground jumps by "
        f"{size:.0f} DN: {tail}"
    )
    where = "source " + " and ".join(dict.fromkeys(one.source for one in blamed or two))
    if blamed and not any(group_of(one) in read for one in blamed):
        return Note(where, what, "No such scene is read")
    if any(one.source in trusting for one in blamed or two):
        return Note(where, what, "They are taken as declared: offset: trust")
    raise OffsetError(
        where, what, "Use another collection, or set offset: trust to take them as declared"
    )


def _mixed(answer: Answer) -> Note:
    """Say that scenes which should be alike are not: haze, or an offset that some of them lack."""
    what = f"pixels of some scenes deny the declared offset, and those of others have it ({answer})"
    return Note(f"source {answer.source}", what, "Compare them: landcover doctor JOB")


def _taken(
    scene: Scene,
    sensor: Sensor,
    examiner: Examiner,
    against: Sequence[Answer],
    leaps: Sequence[Jump],
) -> Scene:
    """Give a scene the offset that it is read with, and the whole reason for it."""
    if not scene.doubtful:
        return _denying(scene, examiner, against, leaps)
    key = (scene.source, scene.id)
    offset, sample = examiner.told.get(key), examiner.samples.get(key)
    if offset is None:
        return replace(scene, doubtful=False, reason=trusted(scene.reason))
    assets = {
        name: replace(asset, offset=offset) if sensor.bands[name].unit == "reflectance" else asset
        for name, asset in scene.assets.items()
    }
    seen = "compared with its neighbour in time"
    if key in examiner.copies:
        seen = f"compared with its copy {examiner.copies[key][1]}"
    if sample is not None and told_by(sample) is not None:
        seen = f"the darkest ground in {sample.band} lies at DN {sample.floor:.0f}"
    reason = by_pixels(offset, seen, scene.reason)
    return replace(scene, assets=assets, doubtful=False, reason=reason)


def _denying(
    scene: Scene, examiner: Examiner, against: Sequence[Answer], leaps: Sequence[Jump]
) -> Scene:
    """Say of a scene that its declared offset is taken against what pixels say, where it is so."""
    for one in against:
        if one.holds(scene):
            own = examiner.told.get((scene.source, scene.id))
            whose = f"the pixels of {one.deny} of {len(one.told)} scenes like it that were asked"
            if own is not None:
                whose = f"its pixels, whose offset is {own:g}"
            return replace(scene, reason=denied(scene.reason, whose))
    for leap in leaps:
        two = (leap.pair.one, leap.pair.other)
        if any(group_of(scene) == group_of(one) for one in leap.wrong or two):
            whose = f"the jump between scenes {two[0].id} and {two[1].id}"
            return replace(scene, reason=denied(scene.reason, whose))
    return scene


def _doubts(scenes: Sequence[Scene], left: Iterable[Key]) -> list[Note]:
    """Say how many doubtful scenes of each source are left out."""
    doubtful = Counter(scene.source for scene in scenes if scene.doubtful)
    gone = Counter(source for source, _ in left)
    return [
        Note(
            f"source {name}",
            f"{gone[name]} of {doubtful[name]} scenes whose offset is doubtful are left out: their "
            "pixels cannot tell it",
            "Prefer another collection, or set offset: trust to take them as declared",
        )
        for name in sorted(gone)
    ]


def _recounted(
    found: SceneSet, kept: Sequence[Scene], left: Mapping[Key, Scene]
) -> tuple[Count, ...]:
    """Turn scenes that are left out from used into doubtful, and copies from duplicate to used."""
    table = Counter({(one.source, one.month, one.fate): one.items for one in found.counts})
    before = {(one.source, one.id) for one in found.scenes}
    for scene in kept:
        if (scene.source, scene.id) not in before:
            month = f"{scene.solar_day:%Y-%m}"
            table[scene.source, month, "duplicate"] -= 1
            table[scene.source, month, "used"] += 1
    for key, scene in left.items():
        month = f"{scene.solar_day:%Y-%m}"
        table[scene.source, month, "used" if key in before else "duplicate"] -= 1
        table[scene.source, month, "doubtful"] += 1
    return tuple(sorted(Count(*key, items) for key, items in table.items() if items > 0))
