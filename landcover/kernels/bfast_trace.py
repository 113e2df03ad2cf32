"""One series through `bfast`, with all that the detector saw: for charts and for checks.

The kernels are those of `bfast.detect`, so that both tell the same break.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landcover.kernels.bfast import (
    BfastSettings,
    _checked,
    _long_enough,
    _part,
    _residuals,
    _take_out,
)
from landcover.kernels.bfast_series import Watch, series
from landcover.kernels.breaks import months_of
from landcover.kernels.history import _backwards, _stable_fit, _stable_from
from landcover.kernels.leastsquares import _EXACT
from landcover.kernels.monitor import Rule, _boundary, _find, _process

__all__ = ["Trace", "trace"]


@dataclass(frozen=True, slots=True)
class Trace:
    """One series, as the detector saw it; U is the unit of the values."""

    first: int
    """Row of the first look of the stable history; -1 where nothing could be fitted."""
    used: int
    """Looks that the fit rests on."""
    coefficients: NDArray[np.float64]
    """(P,), U: of `leastsquares.regressors`; a trend is in U per year."""
    sigma: float
    """Standard deviation of the residuals of the history (n - P), U."""
    fitted: NDArray[np.float64]
    """(T,), U: what the history leads to expect, also where nothing was seen."""
    process: NDArray[np.float64]
    """(T,), standard deviations: sums of residuals; NaN where not seen or not yet defined."""
    boundary: NDArray[np.float64]
    """(T,), the same unit: an alarm is |process| > boundary; NaN outside the monitoring."""
    stability: NDArray[np.float64]
    """(T,), standard deviations: the reverse-ordered CUSUM of the whole history, at the look
    that was added last; NaN elsewhere."""
    row: int
    """Row of the break, as `BfastSettings.date` says; -1 where none."""
    alarm: int
    """Row of the look at which the alarm was given; -1 where none. With no break beside it, the
    land was bare before it was watched."""
    magnitude: float
    """As `BfastSettings.magnitude` says, U; NaN where it is not defined."""


def _unfitted(size: int, times: int) -> Trace:
    gone = np.full(times, np.nan)
    return Trace(-1, 0, np.full(size, np.nan), math.nan, gone, gone, gone, gone, -1, -1, math.nan)


def trace(
    values: NDArray[np.float64],
    days: NDArray[np.int64],
    history_start: int,
    monitor_start: int,
    settings: BfastSettings,
    *,
    years: NDArray[np.float64] | None = None,
) -> Trace:
    """Follow the detector through one series, with what it saw at every look.

    Parameters
    ----------
    values : float64 (T,), any unit U
        Looks in order of time; NaN where missing.
    days, history_start, monitor_start, settings, years
        As for `detect`, whose break of the same series it tells.

    Returns
    -------
    Trace
    """
    _checked(values, days, history_start, monitor_start)
    rule, times = settings.rule(), len(days)
    begin, last, (q, back) = _part(days, history_start, monitor_start, settings, years)
    size = q.shape[1]
    clear = np.flatnonzero(np.isfinite(values[begin:]))
    looks = np.append(values[begin:][clear], np.nan).reshape(-1, 1)
    places = np.append(clear, 0).reshape(-1, 1)
    n = np.array([np.searchsorted(clear, last)])
    w, rest = _backwards(looks, places, q, n)[0], np.full(int(n[0]), np.nan)
    _stable_from(w, 0, int(n[0]), size, rule.decides, rule.cuts, rest)
    room = np.empty(len(rest))
    first, fit = _stable_fit(looks, places, q, n, rule.decides, rule.cuts, room)
    b, squares, _ = fit
    start = int(first[0])
    seen = np.ascontiguousarray(days[begin:], np.int64)
    if not _long_enough(seen, places, 0, start, int(n[0]), rule) or np.isnan(b[0, 0]):
        return _unfitted(size, times)
    used, own = int(n[0]) - start, series(size, clear.size)
    watch = Watch(rule, q, seen, months_of(seen, monitor_start), 0)
    written = np.empty((1, times + 1)), np.empty((1, times + 1), np.int64), np.zeros(1, np.int64)
    stack = np.ascontiguousarray(values[begin:], np.float64).reshape(-1, 1, 1)
    _residuals(stack, 0, 0, last, places[start], fit, watch, written)
    m = _take_out(written, 0, watch, own)
    r, at = own.r[:m], begin + own.rows[:m]
    sigma = math.sqrt(squares[0] / (used - size))
    unit = max(sigma, _EXACT) * math.sqrt(used)
    process, boundary = _processes(own.total, used, m, unit, rule)
    alarm, k, _, _ = _find(own.r, own.total, own.days, used, m, unit, rule, own.spare)
    told_from = used if rule.whole else k
    lost = r[told_from:] if told_from >= 0 else r[:0]
    return Trace(
        first=int(at[0]),
        used=used,
        coefficients=back @ b[:, 0],
        sigma=sigma,
        fitted=_spread_out(q @ b[:, 0], np.arange(begin, times), times),
        process=_spread_out(process, at, times),
        boundary=_spread_out(boundary, at, times),
        stability=_spread_out(rest[::-1], begin + clear[: rest.size], times),
        row=int(at[k]) if k >= 0 else -1,
        alarm=int(at[alarm]) if alarm >= 0 else -1,
        magnitude=float(np.median(lost)) if lost.size else math.nan,
    )


def _processes(
    total: NDArray[np.float64], n: int, m: int, unit: float, rule: Rule
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Process and boundary at each of m looks, NaN where they are not defined."""
    process, boundary = np.full(m, np.nan), np.full(m, np.nan)
    first = 1 if rule.cusum else max(1, int(rule.h * n))
    for k in range(first, m + 1):
        process[k - 1] = _process(total, k, n, unit, rule)
        if k > n:
            boundary[k - 1] = _boundary(k, n, rule)
    return process, boundary


def _spread_out(
    some: NDArray[np.float64], rows: NDArray[np.int64], times: int
) -> NDArray[np.float64]:
    out = np.full(times, np.nan)
    out[rows] = some
    return out
