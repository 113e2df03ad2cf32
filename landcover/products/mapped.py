"""What the map of disturbances says of one place, beside what the place's own series says.

A map leaves out patches that are smaller than its mapping unit, so that the two may rightly differ.
It compares numbers; it knows no file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from landcover.products.tracing import Followed

__all__ = ["MapState", "OnMap", "compare"]

MapState = Literal["none", "other", "same", "left_out", "partly", "differs"]
"""none (no map has been made), other (made by other settings), same, left_out (all breaks are in
patches that are too small), partly (some are), differs (made of other scenes, or hindered)."""

SAME_DAY_YEARS: Final = 0.5 / 366
"""Decimal years closer than this are one day; a float32 of this century is right to 0.05 day."""


@dataclass(frozen=True, slots=True)
class OnMap:
    """What the map of a run says of a place.

    `kept` says of each break that is told of the place whether the map has it, None where that
    cannot be told. Smaller patches than `least_px` are left out; `kind` is the map's.
    """

    state: MapState
    least_px: int
    kept: tuple[bool | None, ...] = ()
    kind: int = 0


def _decimal(day: date) -> float:
    """Write a day as the map does."""
    from landcover.kernels.dates import decimal_year

    return decimal_year(day)


def _without_breaks(told: Followed) -> int:
    """Return the kind of a place all of whose breaks were left out."""
    from landcover.kernels.breaks import STABLE, UNSEEN
    from landcover.kernels.watching import LATELY_DAYS

    late = told.last is None or (told.watched.end - told.last).days > LATELY_DAYS
    return UNSEEN if late else STABLE


def compare(told: Followed, kind: int, first: float, number: float, least_px: int) -> OnMap:
    """Say which breaks of a place its map has.

    Parameters
    ----------
    told : Followed
    kind : int
        Of ``disturbance_kind.tif``.
    first : float, decimal years
        Date of the first break of ``disturbance.tif``; 0 where none, NaN where not observable.
    number : float
        Breaks of ``disturbance.tif``.
    least_px : int, px
        The minimum mapping unit.

    Returns
    -------
    OnMap
        The map counts breaks beyond those that are listed, so that of several small patches it
        may not be known which were left out.
    """
    if not told.breaks:
        return OnMap("same" if kind == told.kind else "differs", least_px, (), kind)
    near = [abs(_decimal(one.day) - first) < SAME_DAY_YEARS for one in told.breaks]
    if not any(near):
        out = kind == _without_breaks(told) and least_px > 1
        kept = (False,) * len(near) if out else (None,) * len(near)
        return OnMap("left_out" if out else "differs", least_px, kept, kind)
    at = near.index(True)
    if at == 0 and number == told.count:
        return OnMap("same", least_px, (True,) * len(near), kind)
    rest: bool | None = None
    if number in (1, told.count - at):
        rest = number > 1
    later = (rest,) * (len(near) - at - 1)
    return OnMap("partly", least_px, (*(False,) * at, True, *later), kind)
