"""Hectares that broke, by zone and year, half year and month: codes of pixels, and their meaning.

It knows how breaks are counted. It does not know how they were found, nor zones, tables or files.

What the engine sums for every zone is the ground area of whole numbers. Two kinds of them tell
all: of each break, in which month it fell and how sure it is; and of each year, in which of its
twelve months a pixel that could be watched was seen clear.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from landcover.model import Period
from landcover.products.base import Span
from landcover.products.spans import spans

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.products.breaking import Found

__all__ = ["CUTS", "Hectares", "calendar", "code_sizes", "codes_of", "read_hectares", "years_of"]

CUTS: Final = ("year", "half_year", "month")
"""How time is cut in the table of hectares."""

KIND_CODE: Final = "disturbance_kind"
"""Code of a pixel's kind, as in `disturbance_kind.tif`."""
BREAK_CODE: Final = "disturbance_break_"
"""Code (+ number from 1) of a break: (month of monitoring x 9 + kind x 3 + confidence) x 3 + how
often the pixel broke before in the same year, half year or month (see `_codes_of_breaks`)."""
SEEN_CODE: Final = "disturbance_seen_"
"""Code (+ year) of a pixel that could be watched: bit m is set where it was seen in month m."""

_KINDS: Final = 7
"""Values of kinds, with 0 for pixels of which nothing is known."""
_WAYS: Final = 3
"""Kinds of break (abrupt, gradual, recovering); and classes of confidence, alike."""
_MONTHS: Final = 12
_PER_MONTH: Final = _WAYS**2 * len(CUTS)

SQUARE_METRES_PER_HECTARE: Final = 10_000.0
"""By definition."""


def calendar(monitored: Period) -> dict[str, tuple[Span, ...]]:
    """Cut the time of monitoring as `CUTS` name; cuts at its ends are clipped."""
    return {every: spans(every, monitored) for every in CUTS}


def years_of(monitored: Period) -> range:
    """Return the calendar years that the time of monitoring touches."""
    return range(monitored.start.year, monitored.last.year + 1)


def _month(day: date) -> int:
    """Return the number of a day's month, counted through all years."""
    return day.year * _MONTHS + day.month - 1


def _months(monitored: Period) -> int:
    """Count the calendar months that the time of monitoring touches."""
    return _month(monitored.last) - _month(monitored.start) + 1


def code_sizes(monitored: Period) -> dict[str, int]:
    """Name the codes of a tile's pixels, each with how many there are."""
    from landcover.kernels.breaks import BREAKS_KEPT

    breaks = {f"{BREAK_CODE}{n + 1}": _months(monitored) * _PER_MONTH for n in range(BREAKS_KEPT)}
    seen = {f"{SEEN_CODE}{year}": 2**_MONTHS for year in years_of(monitored)}
    return {KIND_CODE: _KINDS, **breaks, **seen}


def _codes_of_breaks(found: Found, monitored: Period) -> dict[str, npt.NDArray[np.int32]]:
    """Write each break of a pixel as a number; -1 where none, or not the first of its month.

    A pixel that breaks twice in a year has its hectares once in that year's row: the last figure
    is 0 for a break that counts in month, half year and year, 1 for one that is not the first
    of its year, 2 for one that is not the first of its half year either.
    """
    import numpy as np

    from landcover.kernels.breaks import ABRUPT

    days = found.days()
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)
    month += np.int32(1970 * _MONTHS - _month(monitored.start))
    phase = monitored.start.month - 1  # of the first month in its year
    kind = found.kind.astype(np.int32) - ABRUPT
    known = (days >= 0) & (month >= 0) & (month < _months(monitored))
    known &= (kind >= 0) & (kind < _WAYS)
    codes = {}
    for number, planes in enumerate(found.breaks):
        again = np.zeros(kind.shape, np.int32)
        for earlier in range(number):
            for rank, length in enumerate((12, 6, 1), start=1):
                same = (month[earlier] + phase) // length == (month[number] + phase) // length
                again = np.where(known[earlier] & same, np.maximum(again, rank), again)
        sure = np.where(known[number], planes[2], np.float32(1)).astype(np.int32) - 1
        code = ((month[number] * _WAYS + kind) * _WAYS + sure.clip(0, _WAYS - 1)) * len(CUTS)
        fresh = known[number] & (again < len(CUTS))
        codes[f"{BREAK_CODE}{number + 1}"] = np.where(fresh, code + again, -1).astype(np.int32)
    return codes


def codes_of(
    found: Found, looks: npt.NDArray[np.uint16], monitored: Period
) -> dict[str, npt.NDArray[Any]]:
    """Write a tile's pixels as numbers, whose areas the engine sums in every zone.

    Parameters
    ----------
    found : Found
        Settled breaks.
    looks : uint16 (years, Y, X)
        From `landcover.products.breaking.looks_of`.
    monitored : Period

    Returns
    -------
    dict of integers (Y, X)
        Under the names of `code_sizes`; negative where a pixel is in no sum.
    """
    import numpy as np

    from landcover.kernels.breaks import SHORT, STABLE

    watched = (found.kind >= STABLE) & (found.kind < SHORT)
    seen = {
        f"{SEEN_CODE}{year}": np.where(watched, plane, np.uint16(0)).astype(np.int16)
        for year, plane in zip(years_of(monitored), looks, strict=True)
    }
    kind = {KIND_CODE: found.kind.astype(np.int16)}
    return {**kind, **_codes_of_breaks(found, monitored), **seen}


class Hectares(NamedTuple):
    """What of one zone broke in one period, and how much of it could be seen; m2.

    `by` is float64 (3, 3): kind (abrupt, gradual, recovering) by confidence (low, provisional,
    confirmed).
    """

    seen_m2: float
    by: npt.NDArray[np.float64]

    def hectares(self, *, kind: int | None = None, confidence: int | None = None) -> float:
        """Return the hectares that broke: all, those of a kind (0 to 2) or of a confidence."""
        part = self.by if kind is None else self.by[kind : kind + 1]
        part = part if confidence is None else part[:, confidence : confidence + 1]
        return float(part.sum()) / SQUARE_METRES_PER_HECTARE


def _seen_m2(
    sums: Mapping[str, npt.NDArray[np.float64]], period: Period
) -> npt.NDArray[np.float64]:
    """Return each zone's area (m2) that was seen in a period of one year, from its patterns."""
    import numpy as np

    bits = sum(1 << month - 1 for month in range(period.start.month, period.last.month + 1))
    hit = (np.arange(2**_MONTHS) & bits) > 0
    area: npt.NDArray[np.float64] = sums[f"{SEEN_CODE}{period.start.year}"][:, hit].sum(axis=1)
    return area


def _broke_m2(
    sums: Mapping[str, npt.NDArray[np.float64]], period: Period, rank: int, monitored: Period
) -> npt.NDArray[np.float64]:
    """Return each zone's area (m2) that broke in a period: (zones, kind, confidence)."""
    first = _month(period.start) - _month(monitored.start)
    last = _month(period.last) - _month(monitored.start)
    total: Any = 0.0
    for name, table in sums.items():
        if name.startswith(BREAK_CODE):
            by = table.reshape(len(table), -1, _WAYS, _WAYS, len(CUTS))
            total = total + by[:, first : last + 1, :, :, : rank + 1].sum(axis=(1, 4))
    found: npt.NDArray[np.float64] = total
    return found


def read_hectares(
    sums: Mapping[str, npt.NDArray[np.float64]], monitored: Period
) -> Mapping[tuple[int, str, int], Hectares]:
    """Read the sums of all tiles.

    Parameters
    ----------
    sums : mapping of float64 (zones, codes), m2
        Ground area of each code in each zone, under the names of `code_sizes`.
    monitored : Period

    Returns
    -------
    mapping
        (zone, cut, number of the period in the cut) -> hectares; every one is there.
    """
    found = {}
    for rank, (every, cut) in enumerate(calendar(monitored).items()):
        for place, span in enumerate(cut):
            seen = _seen_m2(sums, span.period)
            by = _broke_m2(sums, span.period, rank, monitored)
            for zone in range(len(seen)):
                found[zone, every, place] = Hectares(float(seen[zone]), by[zone])
    return found
