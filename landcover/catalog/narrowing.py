"""What of a lock's scenes a job still wants: the lock may answer a wider search.

It knows period, cloud and collection. It does not know files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from landcover.catalog.choosing import scene_fate, with_collection
from landcover.catalog.scenes import Count, SceneSet
from landcover.catalog.settings import Source
from landcover.model import Note, Period

__all__ = ["narrow"]


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
