"""What a detector of breaks says of each pixel: one form, whatever the method.

A break is a lasting drop of a series below what its own history leads to expect. Layers are
(B, Y, X), the first break of the monitoring period first. Knows of no method and of no file.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ABRUPT",
    "BREAKS_KEPT",
    "CONFIRMED",
    "GRADUAL",
    "LOW",
    "MONTHS",
    "NEVER",
    "NONE",
    "PROVISIONAL",
    "RECOVERING",
    "SHORT",
    "STABLE",
    "UNSEEN",
    "UNSTABLE",
    "Breaks",
    "Planes",
    "empty",
    "join",
    "months_of",
    "planes",
    "years_watched",
]

BREAKS_KEPT: Final = 3
"""Breaks told of a pixel (number); later ones are counted, and no more."""

NEVER: Final = -1
"""Day of what did not happen; before 1970-01-01, so that no break has it."""

UNSEEN: Final = 0
"""Kind: nothing can be said: hardly a look in the monitoring period, or in the last year of it; or
the last looks are low, and too few to tell a break; or outside all zones."""
STABLE: Final = 1
"""Kind: watched into the last year of the monitoring period, and no break."""
ABRUPT: Final = 2
"""Kind: a break within a few looks."""
GRADUAL: Final = 3
"""Kind: a decline that a trend explains as well as a break does."""
RECOVERING: Final = 4
"""Kind: a break whose drop has since been regained for the greater part."""
SHORT: Final = 5
"""Kind: too few looks, or too few years of them, to know what is normal."""
UNSTABLE: Final = 6
"""Kind: the history moves by itself: no part of it long enough is at rest, or it moves so far that
the smallest drop that is told would not show; or the land lay bare before the watch began."""

MONTHS: Final = 12
"""Months of a year, as many as a plane of `Breaks.judged` has bits."""

_EPOCH: Final = date(1970, 1, 1).toordinal()
"""Ordinal of day 0."""

NONE: Final = 0
"""Confidence: no break."""
LOW: Final = 1
"""Confidence: a break whose drop is less than 1.5 times the least that is told."""
PROVISIONAL: Final = 2
"""Confidence: a break that has not been watched for long enough to be told from cloud."""
CONFIRMED: Final = 3
"""Confidence: a break that is large, and what came from 90 days after it to a year was as low."""


@dataclass(frozen=True, slots=True)
class Breaks:
    """Breaks of each pixel of a stack; B is `BREAKS_KEPT`, U the unit of the values.

    A pixel that could not be watched (kind `SHORT` or `UNSTABLE`) has no break, and that is not
    "no change".
    """

    day: NDArray[np.int32]
    """(B, Y, X), days since 1970-01-01: the first look of the break; `NEVER` where none."""
    before: NDArray[np.int32]
    """(B, Y, X), days: the last clear look before the break, so that it fell in between."""
    confidence: NDArray[np.uint8]
    """(B, Y, X): `NONE`, `LOW`, `PROVISIONAL` or `CONFIRMED`."""
    magnitude: NDArray[np.float32]
    """(B, Y, X), U: median residual from the break to the next one or the end; negative = loss."""
    drop: NDArray[np.float32]
    """(B, Y, X), U: median residual of the first looks after the break; negative = loss."""
    recovered_12: NDArray[np.float32]
    """(B, Y, X), fraction of the drop that was regained 12 months later; NaN where not seen."""
    recovered_24: NDArray[np.float32]
    """(B, Y, X), the same, 24 months later."""
    count: NDArray[np.uint8]
    """(Y, X): breaks in the monitoring period; may exceed B."""
    used: NDArray[np.uint16]
    """(Y, X): looks that the history's fit rests on."""
    watched: NDArray[np.uint16]
    """(Y, X): looks in the monitoring period that could be judged."""
    scale: NDArray[np.float32]
    """(Y, X), U: robust standard deviation of the history; NaN where not fitted."""
    kind: NDArray[np.uint8]
    """(Y, X): `UNSEEN` to `UNSTABLE`; of several breaks the first tells."""
    kinds: NDArray[np.uint8]
    """(B, Y, X): `ABRUPT`, `GRADUAL` or `RECOVERING` of each break; `UNSEEN` where none."""
    judged: NDArray[np.uint16]
    """(N, Y, X): a plane for each year of `years_watched`. Bit m is set where a look in month m (0
    is January) was judged and could have begun a break: enough judged looks came after it. Of
    what follows a break, only looks that a new fit watches are; they begin a year after it, where
    they do at all."""
    last: NDArray[np.int32]
    """(Y, X), days: the last look that was judged; `NEVER` where none."""


def years_watched(monitor_start: int, until: int) -> range:
    """Return the calendar years that a watch touches.

    Parameters
    ----------
    monitor_start, until : int, days since 1970-01-01
        The watch is [monitor_start, until).

    Examples
    --------
    >>> years_watched(18628, 19358)  # 2021-01-01 to 2023-01-01
    range(2021, 2023)
    """
    first = date.fromordinal(monitor_start + _EPOCH).year
    return range(first, date.fromordinal(max(until - 1, monitor_start) + _EPOCH).year + 1)


def months_of(days: NDArray[np.int64], monitor_start: int) -> NDArray[np.int64]:
    """Count months from the January of the year in which a watch begins.

    Parameters
    ----------
    days : int64 (T,), days since 1970-01-01
    monitor_start : int, days since 1970-01-01

    Returns
    -------
    int64 (T,)
        Plane of `Breaks.judged` x 12 + bit; negative before that January.
    """
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    begins = date.fromordinal(monitor_start + _EPOCH).year
    counted: NDArray[np.int64] = months - (begins - 1970) * MONTHS
    return counted


def empty(shape: tuple[int, int], years: int = 1) -> Breaks:
    """Make room for a detector to write in: no break anywhere, every history too short.

    Parameters
    ----------
    shape : (Y, X), px
    years : int
        Calendar years of the watch (`years_watched`).

    Returns
    -------
    Breaks
        Of arrays that may be written to.
    """
    many = (BREAKS_KEPT, *shape)
    return Breaks(
        day=np.full(many, NEVER, np.int32),
        before=np.full(many, NEVER, np.int32),
        confidence=np.full(many, NONE, np.uint8),
        magnitude=np.full(many, np.nan, np.float32),
        drop=np.full(many, np.nan, np.float32),
        recovered_12=np.full(many, np.nan, np.float32),
        recovered_24=np.full(many, np.nan, np.float32),
        count=np.zeros(shape, np.uint8),
        used=np.zeros(shape, np.uint16),
        watched=np.zeros(shape, np.uint16),
        scale=np.full(shape, np.nan, np.float32),
        kind=np.full(shape, SHORT, np.uint8),
        kinds=np.full(many, UNSEEN, np.uint8),
        judged=np.zeros((years, *shape), np.uint16),
        last=np.full(shape, NEVER, np.int32),
    )


class Planes(NamedTuple):
    """The arrays of `Breaks`, in its order, as compiled code takes them to write in.

    `count` is called `number`: a tuple has a method of that name.
    """

    day: NDArray[np.int32]
    before: NDArray[np.int32]
    confidence: NDArray[np.uint8]
    magnitude: NDArray[np.float32]
    drop: NDArray[np.float32]
    recovered_12: NDArray[np.float32]
    recovered_24: NDArray[np.float32]
    number: NDArray[np.uint8]
    used: NDArray[np.uint16]
    watched: NDArray[np.uint16]
    scale: NDArray[np.float32]
    kind: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    judged: NDArray[np.uint16]
    last: NDArray[np.int32]


def planes(found: Breaks) -> Planes:
    """Hand the arrays of `found` to compiled code: what that writes stands in `found`."""
    return Planes(*(getattr(found, field.name) for field in fields(Breaks)))


def join(parts: tuple[Breaks, ...]) -> Breaks:
    """Put parts of one plane below each other.

    Parameters
    ----------
    parts : Breaks of (Y1, X), (Y2, X) ...
        At least one; all of one width.

    Returns
    -------
    Breaks of (Y1 + Y2 + ..., X)
    """
    if not parts:
        raise ValueError("there is no part to join")
    joined = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts], axis=-2)
        for field in fields(Breaks)
    }
    return replace(parts[0], **joined)
