"""Hectares that broke, by zone and year, half year and month: codes of pixels, and their meaning.

It knows how breaks are counted. It does not know how they were found, nor zones, tables or files.

What the engine sums for every zone is the ground area of whole numbers. Three kinds of them tell
all: what became of a pixel over the whole watch; of each break, in which month it fell, of which
kind it is and how sure that is; and of each year, in which of its twelve months a look at the
pixel was judged that could have begun a break.
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

__all__ = [
    "CUTS",
    "KIND_CODE",
    "Ground",
    "Hectares",
    "calendar",
    "code_sizes",
    "codes_of",
    "read_ground",
    "read_hectares",
    "years_of",
]

CUTS: Final = ("year", "half_year", "month")
"""How time is cut in the table of hectares."""

KIND_CODE: Final = "disturbance_kind"
"""Code of a pixel's kind, as in `disturbance_kind.tif`, + 7 x what else is known of it: of one that
broke 1 + 2 x confidence + whether it was last seen clear before the watch; else 0, or 1 where no
scene has the pixel."""
BREAK_CODE: Final = "disturbance_break_"
"""Code (+ number from 1) of a break: ((month of monitoring x 5 + sort) x 3 + confidence) x 3 + how
often the pixel broke before in the same year, half year or month (see `_codes_of_breaks`)."""
SEEN_CODE: Final = "disturbance_seen_"
"""Code (+ year) of a pixel with a usable history: bit m is set where a look in month m was judged
and could have begun a break."""

_KINDS: Final = 7
"""Values of kinds, with 0 for pixels of which nothing is known."""
_STATES: Final = 7
"""What else is known of a pixel beside its kind: nothing, or one of three classes of confidence and
whether it may have broken before the watch began."""
_WAYS: Final = 3
"""Kinds of break (abrupt, gradual, recovering)."""
_SORTS: Final = 5
"""Sorts of break: the three kinds, then abrupt and gradual ones that nobody saw 24 months later."""
_SURE: Final = 3
"""Classes of confidence."""
_EPOCH: Final = date(1970, 1, 1)
"""Day 0 of breaks."""
_MONTHS: Final = 12
_PER_MONTH: Final = _SORTS * _SURE * len(CUTS)

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
    return {KIND_CODE: _KINDS * _STATES, **breaks, **seen}


def _sort(planes: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """Tell the sort of a break (see `_SORTS`); -1 where there is none."""
    import numpy as np

    from landcover.kernels.breaks import ABRUPT
    from landcover.products.breaking import plane_of

    day, kind = plane_of(planes, "day"), plane_of(planes, "kind")
    sort = np.where(np.isnan(day) | np.isnan(kind), np.float32(-1), kind - np.float32(ABRUPT))
    sort = np.where(sort < _WAYS, sort, np.float32(-1)).astype(np.int32)
    open_ = np.isnan(plane_of(planes, "recovered_24")) & (sort >= 0) & (sort < _SORTS - _WAYS)
    return np.where(open_, sort + np.int32(_WAYS), sort)


def _codes_of_breaks(found: Found, monitored: Period) -> dict[str, npt.NDArray[np.int32]]:
    """Write each break of a pixel as a number; -1 where none, or not the first of its month.

    A pixel that breaks twice in a year has its hectares once in that year's row: the last figure
    is 0 for a break that counts in month, half year and year, 1 for one that is not the first
    of its year, 2 for one that is not the first of its half year either.
    """
    import numpy as np

    from landcover.products.breaking import plane_of

    days = found.days()
    month = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int32)
    month += np.int32(1970 * _MONTHS - _month(monitored.start))
    phase = monitored.start.month - 1  # of the first month in its year
    sort = np.stack([_sort(planes) for planes in found.breaks])
    known = (sort >= 0) & (days >= 0) & (month >= 0) & (month < _months(monitored))
    codes = {}
    for number, planes in enumerate(found.breaks):
        again = np.zeros(days.shape[1:], np.int32)
        for earlier in range(number):
            for rank, length in enumerate((12, 6, 1), start=1):
                same = (month[earlier] + phase) // length == (month[number] + phase) // length
                again = np.where(known[earlier] & same, np.maximum(again, rank), again)
        sure = np.where(known[number], plane_of(planes, "confidence"), np.float32(1))
        sure = (sure.astype(np.int32) - 1).clip(0, _SURE - 1)
        code = ((month[number] * _SORTS + sort[number]) * _SURE + sure) * len(CUTS)
        fresh = known[number] & (again < len(CUTS))
        codes[f"{BREAK_CODE}{number + 1}"] = np.where(fresh, code + again, -1).astype(np.int32)
    return codes


def _codes_of_kinds(found: Found, monitored: Period) -> npt.NDArray[np.int16]:
    """Write what became of a pixel over the whole watch as a number: as its first break tells."""
    import numpy as np

    from landcover.kernels.breaks import ABRUPT, SHORT
    from landcover.products.breaking import plane_of

    first = found.breaks[0]
    starts = np.float32((monitored.start - _EPOCH).days)
    sure = np.nan_to_num(plane_of(first, "confidence"), nan=1.0).astype(np.int16) - 1
    early = plane_of(first, "before") < starts  # NaN, of no break, is not
    state = 1 + 2 * sure.clip(0, _SURE - 1) + early
    broke = (found.kind >= ABRUPT) & (found.kind < SHORT)
    state = np.where(broke, state, found.unimaged)
    codes: npt.NDArray[np.int16] = (found.kind + _KINDS * state).astype(np.int16)
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
        As `landcover.kernels.breaks.Breaks.judged`.
    monitored : Period

    Returns
    -------
    dict of integers (Y, X)
        Under the names of `code_sizes`; negative where a pixel is in no sum.
    """
    import numpy as np

    from landcover.kernels.breaks import SHORT

    usable = found.kind < SHORT  # a look that was judged tells of its month, whatever came later
    seen = {
        f"{SEEN_CODE}{year}": np.where(usable, plane, np.uint16(0)).astype(np.int16)
        for year, plane in zip(years_of(monitored), looks, strict=True)
    }
    kind = {KIND_CODE: _codes_of_kinds(found, monitored)}
    return {**kind, **_codes_of_breaks(found, monitored), **seen}


class Hectares(NamedTuple):
    """What of one zone broke in one period, and how much of it could be seen; m2.

    `seen_m2` had at least one judged look in the period, `monthly_m2` is the mean of that over the
    period's months. `by` is float64 (5, 3): sort (abrupt, gradual, recovering, then abrupt and
    gradual ones that nobody saw 24 months later) by confidence (low, provisional, confirmed).
    """

    seen_m2: float
    monthly_m2: float
    by: npt.NDArray[np.float64]

    def hectares(self, *, kind: int | None = None, confidence: int | None = None) -> float:
        """Return the hectares that broke: all, those of a kind (0 to 2) or of a confidence."""
        part = self.by if kind is None else self.by[kind::_WAYS]
        part = part if confidence is None else part[:, confidence : confidence + 1]
        return float(part.sum()) / SQUARE_METRES_PER_HECTARE

    def not_followed(self) -> float:
        """Return the hectares, abrupt or gradual, that nobody saw 24 months later."""
        return float(self.by[_WAYS:].sum()) / SQUARE_METRES_PER_HECTARE


class Ground(NamedTuple):
    """What became of the ground of all zones over the whole watch; m2, a row a zone.

    `kinds` is float64 (Z, 7), by kind; `sure` (Z, 3) what broke of it, by the confidence (low,
    provisional, confirmed) of the first break that is mapped; `early` (Z,) what of that was last
    seen clear before the watch began, so that it may have gone before. `unimaged` (Z,) is what no
    scene has, clear or not; it is in no kind.
    """

    kinds: npt.NDArray[np.float64]
    sure: npt.NDArray[np.float64]
    early: npt.NDArray[np.float64]
    unimaged: npt.NDArray[np.float64]


def read_ground(sums: Mapping[str, npt.NDArray[np.float64]]) -> Ground:
    """Read what became of the ground from the sums of all tiles.

    Parameters
    ----------
    sums : mapping of float64 (zones, codes), m2
        As for `read_hectares`.
    """
    import numpy as np

    from landcover.kernels.breaks import ABRUPT, SHORT

    by = sums[KIND_CODE].reshape(-1, _STATES, _KINDS)
    broke = by[:, 1:, ABRUPT:SHORT].sum(axis=2).reshape(-1, _SURE, 2)
    kinds = by[:, 0].copy()
    kinds[:, ABRUPT:SHORT] = by[:, :, ABRUPT:SHORT].sum(axis=1)
    unimaged = np.delete(by[:, 1], np.s_[ABRUPT:SHORT], axis=1).sum(axis=1)
    return Ground(kinds, broke.sum(axis=2), broke[:, :, 1].sum(axis=1), unimaged)


def _seen_m2(
    sums: Mapping[str, npt.NDArray[np.float64]], period: Period
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return each zone's area (m2) seen in a period of one year: at all, and in a mean month."""
    import numpy as np

    months = [1 << month - 1 for month in range(period.start.month, period.last.month + 1)]
    hit = (np.arange(2**_MONTHS)[:, np.newaxis] & np.array(months)) > 0
    patterns = sums[f"{SEEN_CODE}{period.start.year}"]
    at_all: npt.NDArray[np.float64] = patterns[:, hit.any(axis=1)].sum(axis=1)
    monthly: npt.NDArray[np.float64] = patterns @ hit.mean(axis=1)
    return at_all, monthly


def _broke_m2(
    sums: Mapping[str, npt.NDArray[np.float64]], period: Period, rank: int, monitored: Period
) -> npt.NDArray[np.float64]:
    """Return each zone's area (m2) that broke in a period: (zones, sort, confidence)."""
    first = _month(period.start) - _month(monitored.start)
    last = _month(period.last) - _month(monitored.start)
    total: Any = 0.0
    for name, table in sums.items():
        if name.startswith(BREAK_CODE):
            by = table.reshape(len(table), -1, _SORTS, _SURE, len(CUTS))
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
            seen, monthly = _seen_m2(sums, span.period)
            by = _broke_m2(sums, span.period, rank, monitored)
            for zone in range(len(seen)):
                areas = float(seen[zone]), float(monthly[zone])
                found[zone, every, place] = Hectares(*areas, by[zone])
    return found
