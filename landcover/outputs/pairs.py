"""Before and after: which two rasters of a run are laid beside each other, wherever they are shown.

It chooses among styles. It does not know drawings, maps or programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Final

from landcover.outputs.style import RasterStyle

__all__ = ["before_and_after", "last_before", "watched_from"]

GROUPS: Final = ("pictures", "ndvi", "indices")
"""Groups that can show what it was like: a picture says more than an index."""


def watched_from(styles: Sequence[RasterStyle]) -> date | None:
    """Return the first day on which changes were looked for; None where none were."""
    told = [one.facts.tags.get("MONITORED", "")[:10] for one in styles]
    days = sorted(text for text in told if text)
    return date.fromisoformat(days[0]) if days else None


def last_before(series: Sequence[RasterStyle], start: date | None) -> RasterStyle:
    """Return the last raster that ended before a day, else the first; `series` is in order."""
    ended = [one for one in series[:-1] if start and one.last and one.last < start]
    return ended[-1] if ended else series[0]


def _series(styles: Sequence[RasterStyle]) -> Iterator[tuple[RasterStyle, ...]]:
    """Yield what the run has over time, the most telling first, each in order of time."""
    for group in GROUPS:
        stepped = [one for one in styles if one.group == group and one.step and one.bands]
        for _, rasters in groupby(stepped, key=lambda one: one.series):
            yield tuple(sorted(rasters, key=lambda one: (one.first or date.min, one.step)))


def before_and_after(styles: Sequence[RasterStyle]) -> tuple[RasterStyle, RasterStyle] | None:
    """Return the last look before changes were looked for, and the last one of all.

    Where nothing was looked for, or nothing seen before, the first one stands for it. None where
    the run has no two looks at one thing.

    Parameters
    ----------
    styles : sequence of RasterStyle
        All of a run, in the order in which they are shown.
    """
    for series in _series(styles):
        if len(series) > 1:
            return last_before(series, watched_from(styles)), series[-1]
    return None
