"""One series through `robust`, with all that the detector saw: for charts and for checks.

The kernels are those of `robust.detect`, so that both tell the same breaks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from landcover.errors import InputError
from landcover.kernels.bisquare import workspace
from landcover.kernels.breaks import Breaks, empty, planes, years_watched
from landcover.kernels.robust import _DEFAULT, RobustSettings, _rule, _watch_of, season
from landcover.kernels.robust_series import NOTES, judge

__all__ = ["Trace", "trace"]


@dataclass(frozen=True, slots=True)
class Trace:
    """One series, as the detector saw it; U is the unit of the values."""

    first: int
    """Row of the first look of the history at rest; -1 where nothing could be fitted."""
    fitted: NDArray[np.float64]
    """(T,), U: what the fit that holds there leads to expect, also where nothing was seen; NaN
    before `first`."""
    limit: NDArray[np.float64]
    """(T,), U: a look below it is low; some in a row that last are a break. NaN before the
    monitoring."""
    breaks: Breaks
    """Of (1, 1) px, as `detect` tells them."""


@njit(nogil=True, cache=True, error_model="numpy")
def _one(columns, v, days, h, rule, watch, room, rs, out):  # type: ignore[no-untyped-def]
    return judge(columns, v, days, h, v.size, columns.shape[0], rule, watch, room, rs, 0, 0, out)


def trace(
    values: NDArray[np.float32],
    days: NDArray[np.int64],
    history_start: int,
    monitor_start: int,
    settings: RobustSettings = _DEFAULT,
    *,
    until: int | None = None,
) -> Trace:
    """Follow the detector through one series, with what it expected on every day.

    Parameters
    ----------
    values : float32 (T,), any unit U
        NaN where missing.
    days, history_start, monitor_start, settings, until
        As for `robust.detect`, whose breaks of the same series it tells.

    Returns
    -------
    Trace
        After a break the fit of the history holds until there is one of what followed.
    """
    if values.ndim != 1 or values.shape != days.shape or (np.diff(days) <= 0).any():
        what = f"{values.shape} values on {days.shape} days are no series in order of time"
        raise InputError("series", what)
    if until is None:
        until = int(days[-1]) + 1 if days.size else monitor_start
    first, end = np.searchsorted(days, [history_start, until])
    columns = season(days, settings.harmonics)
    clear = first + np.flatnonzero(np.isfinite(values[first:end]))
    history = int((days[clear] < monitor_start).sum())
    found = empty((1, 1), len(years_watched(monitor_start, until)))
    notes = np.full((NOTES + 1 + len(columns), max(1, clear.size)), np.nan)
    looks = np.ascontiguousarray(values[clear], float)
    own, own_days = np.ascontiguousarray(columns[:, clear]), days[clear].astype(np.int64)
    room = workspace(len(columns) + 1, max(1, clear.size))
    watch = _watch_of(days[first:end], monitor_start, until, settings.level)
    rule = _rule(settings)
    kept = _one(own, looks, own_days, history, rule, watch, room, notes, planes(found))
    used = int(found.used[0, 0])
    if used == 0:
        gone = np.full(days.size, np.nan)
        return Trace(-1, gone, gone, found)
    begins = int(clear[history - used])
    # the detector has put away the looks that it could not judge
    clear = np.searchsorted(days, own_days[:kept])
    held = np.maximum(np.searchsorted(clear, np.arange(days.size), "right") - 1, 0)
    fitted = (notes[NOTES + 1 :, held] * columns).sum(axis=0)
    fitted[:begins] = np.nan
    limit = np.where(days >= monitor_start, fitted + notes[NOTES, held], np.nan)
    return Trace(begins, fitted, limit, found)
