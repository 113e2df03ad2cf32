"""What a zone's own history leads to expect, how far each date departs from it, and its breaks.

The detector of the product `disturbance` looks at the zone's median as it looks at a pixel. It
does not know columns or files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landcover.model import Period
from landcover.products.disturbance import DisturbanceSettings, history_of

__all__ = ["Departures", "Expectation", "departures"]

MIDDLE_OF_MONTH_DAYS = 15
"""A month's median is taken to be of so many days after its first."""

LEAST_SHARE = 0.1
"""Clear fraction of a zone from which on its median is taken for the zone's: a sliver beside cloud
is hazy, and may be another land than the rest."""

Floats = NDArray[np.float64]
Days = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Expectation:
    """Which series is looked at (an index of a pool of sources), how, and in which period."""

    index: str
    pool: tuple[str, ...]
    settings: DisturbanceSettings
    period: Period


@dataclass(frozen=True, slots=True, eq=False)
class Departures:
    """What is known of each row, all (R,).

    `fit` (float64, U) is what the zone's history leads to expect, NaN before that history
    begins and where there is none to go by; `break_day` (int64, days since 1970-01-01) the first
    day of the latest break so far, -1 where none; `kind` (uint8) that of the whole series, as in
    ``disturbance_kind.tif``.
    """

    fit: Floats
    break_day: Days
    kind: NDArray[np.uint8]


def _limits(what: Expectation) -> tuple[int, int]:
    """Return the first day of the history and that of the monitoring."""
    history = history_of(what.settings, what.period)
    start, end = np.array([history.start, history.end], "datetime64[D]").astype(int).tolist()
    return start, end


def _robust_fits(plane: Floats, times: Days, used: NDArray[np.uint16], what: Expectation) -> Floats:
    """Return the season that the detector fitted to the last `used` looks of each history."""
    from landcover.kernels.bisquare import bisquare
    from landcover.kernels.robust import season

    columns = season(times, what.settings.robust.harmonics)
    start, end = _limits(what)
    out = np.full(plane.shape, np.nan)
    for z in np.flatnonzero(used).tolist():
        looks = np.flatnonzero(np.isfinite(plane[:, z]) & (times >= start) & (times < end))
        own = looks[-int(used[z]) :]
        terms = bisquare(columns[:, own], plane[own, z])[0]
        out[own[0] :, z] = terms @ columns[:, own[0] :]
    return out


def _bfast_fits(plane: Floats, times: Days, used: NDArray[np.uint16], what: Expectation) -> Floats:
    """Return the curve that bfastmonitor fitted to each stable history."""
    from landcover.kernels.bfast import BfastSettings
    from landcover.kernels.bfast_trace import trace

    settings = BfastSettings(**what.settings.bfast.model_dump())
    start, end = _limits(what)
    out = np.full(plane.shape, np.nan)
    for z in np.flatnonzero(used).tolist():
        seen = trace(np.ascontiguousarray(plane[:, z]), times, start, end, settings)
        if seen.first >= 0:
            out[seen.first :, z] = seen.fitted[seen.first :]
    return out


def departures(
    zone: Days, day: Days, value: Floats, share: Floats, what: Expectation, *, monthly: bool = False
) -> Departures:
    """Look for breaks in every zone's series, and tell what its history leads to expect.

    Parameters
    ----------
    zone, day : int64 (R,)
        Number of the zone, and days since 1970-01-01; none twice.
    value : float64 (R,), the index's unit U
        NaN where nothing was clear.
    share : float64 (R,)
        Clear fraction of the zone. Under `LEAST_SHARE` a value neither makes a history nor a break;
        what it departs from is told all the same.
    what : Expectation
    monthly : bool
        Whether `day` is the first of a month that the value stands for.

    Returns
    -------
    Departures
        A zone whose history is too short or unstable has its kind, and neither fit nor break:
        that is not "no change". Nor is kind 0: it was not seen to the period's end.
    """
    from landcover.kernels import bfast, robust

    gone = Departures(np.full(len(zone), np.nan), np.full(len(zone), -1), np.zeros(len(zone), "u1"))
    if not len(zone):
        return gone
    shift = MIDDLE_OF_MONTH_DAYS if monthly else 0
    times, row = np.unique(day + shift, return_inverse=True)
    column = np.unique(zone, return_inverse=True)[1]
    plane = np.full((len(times), int(column.max()) + 1), np.nan)
    plane[row, column] = np.where(share >= LEAST_SHARE, value, np.nan)
    stack, limits = plane[:, None, :].astype(np.float32), _limits(what)
    end = int(np.datetime64(what.period.end, "D").astype(np.int64))
    if what.settings.method == "bfast":
        keys = bfast.BfastSettings(**what.settings.bfast.model_dump())
        found, fits = bfast.detect(stack, times, *limits, keys, until=end), _bfast_fits
    else:
        own = robust.RobustSettings(**what.settings.robust.model_dump())
        found, fits = robust.detect(stack, times, *limits, own, until=end), _robust_fits
    fit = fits(stack[:, 0].astype(np.float64), times, found.used[0], what)
    latest = np.full(len(zone), -1, np.int64)
    for first in found.day[:, 0].astype(np.int64):
        begun = (first[column] >= 0) & (first[column] <= day + shift)
        latest = np.where(begun, np.maximum(latest, first[column] - shift), latest)
    return Departures(fit[row, column], latest, found.kind[0][column])
