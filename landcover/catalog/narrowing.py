"""What of a lock's scenes a job still wants: the lock may answer a wider search.

It knows period, cloud and collection. It does not know files.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from landcover.catalog.choosing import scene_fate, with_collection
from landcover.catalog.scenes import Count, SceneSet
from landcover.catalog.settings import Best, Source
from landcover.model import Note, Period

__all__ = ["chosen_more_narrowly", "narrow"]

PERS = ("month", "quarter", "half_year", "year")
"""Periods of a choice, each a part of the next."""

_CHOSEN = re.compile(r"not among the clearest (\d+) of (\d{4}(?:-\w+)?) in ")
"""How a lock says that a scene is not among the clearest."""


def narrow(found: SceneSet, sources: Sequence[Source], period: Period) -> SceneSet:
    """Leave out the scenes that a search of this period and these sources would not give.

    Parameters
    ----------
    found : SceneSet
    sources : sequence of Source
        Scenes of any other source are kept: whoever reads them tells.
    period : Period
        Half-open solar days.

    Returns
    -------
    SceneSet
        With counts to match, and a note on what was left out of each source, and why.
    """
    rules = {source.name: with_collection(source) for source in sources}
    counts = Counter({(one.source, one.month, one.fate): one.items for one in found.counts})
    left: Counter[tuple[str, str]] = Counter()
    kept = []
    for scene in found.scenes:
        rule = rules.get(scene.source)
        fate = "used" if rule is None else scene_fate(scene, rule, period)
        if fate == "used":
            kept.append(scene)
            continue
        left[scene.source, fate] += 1
        month = f"{scene.solar_day:%Y-%m}"
        counts[scene.source, month, "used"] -= 1
        counts[scene.source, month, fate] += 1
    return replace(
        found,
        scenes=tuple(kept),
        notes=(*found.notes, *_notes(left, len(found.scenes))),
        counts=tuple(sorted(Count(*key, items) for key, items in counts.items() if items > 0)),
    )


def _notes(left: Counter[tuple[str, str]], total: int) -> list[Note]:
    """Say how many scenes were left out."""
    return [
        Note(f"source {source}", f"{items:,} of the lock's {total:,} scenes are left out: {fate}")
        for (source, fate), items in sorted(left.items())
    ]


def chosen_more_narrowly(lock: SceneSet, sources: Sequence[Source]) -> list[Note]:
    """Say where a lock holds fewer of the clearest looks than a job asks for.

    What a lock left out tells how it was chosen; one that left nothing out serves any choice.

    Parameters
    ----------
    lock : SceneSet
    sources : sequence of Source
        Those of the job.
    """
    known = {
        one.source: (int(found[1]), _per(found[2]))
        for one in lock.dropped
        if (found := _CHOSEN.match(one.reason))
    }
    notes = []
    for source in sources:
        if source.name not in known or _serves(known[source.name], source.best):
            continue
        wanted = "all" if source.best is None else _worded(source.best.count, source.best.per)
        what = (
            f"the lock was chosen more narrowly ({_worded(*known[source.name])}) than the job now "
            f"asks ({wanted}): its choice is read"
        )
        notes.append(Note(f"source {source.name}", what, "Run without --locked to choose anew"))
    return notes


def _per(period: str) -> str:
    """Tell what kind of period a name is of: 2019-03, 2019-q1, 2019-h1, 2019."""
    kinds = {"": "year", "q": "quarter", "h": "half_year"}
    return kinds.get(period[5:6], "month")


def _serves(known: tuple[int, str], best: Best | None) -> bool:
    """Whether a choice holds all looks that another one asks for, as far as can be told."""
    count, per = known
    return best is not None and best.count <= count and PERS.index(best.per) >= PERS.index(per)


def _worded(count: int, per: str) -> str:
    return f"the clearest {count} a {per.replace('_', ' ')} of each grid square"
