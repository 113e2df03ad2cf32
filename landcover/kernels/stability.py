"""Is a history at rest? A reverse-ordered CUSUM of bounded residuals, for one series.

The plain CUSUM is moved by one cloud as by many looks; here each residual of the robust fit
counts two scales at most. Summed from the newest look backwards, the process tells since when
the series is as it is at the end of the history.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from landcover.kernels.bisquare import NEAR, NORMAL_MAD, fit, median_of, median_within, take

__all__ = ["CUSUM_CRITICAL", "NEVER_AT_REST", "TOO_SHORT", "rest"]

CUSUM_CRITICAL: Final = {0.10: 1.2238, 0.05: 1.3581, 0.01: 1.6276, 0.001: 1.9495}
"""Level -> boundary of max |Brownian bridge| (Kolmogorov's distribution, Smirnov 1948,
doi:10.1214/aoms/1177730256)."""

_BOUND: Final = 2.0
"""Scales at which a residual is bounded. It must count: the bisquare's own weights are 0 for a
last year that broke away, and would hide it."""

TOO_SHORT: Final = -1
"""In place of a start: the whole history is too short for a fit."""
NEVER_AT_REST: Final = -2
"""In place of a start: what is at rest of the history is too short."""


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _worst(r, n, bound, psi):  # type: ignore[no-untyped-def]
    """Largest |CUSUM| of r within +-bound from the newest back, and where it is.

    Returns (statistic, k): the looks from k on belong together.
    """
    squares = mean = 0.0
    for i in range(n):
        psi[i] = min(max(r[i], -bound), bound)
        mean += psi[i]
        squares += psi[i] * psi[i]
    mean /= n
    spread = np.sqrt(max(squares / n - mean * mean, 0.0)) * np.sqrt(n)
    if not spread > 0.0:
        return 0.0, 0
    total = largest = 0.0
    place = 0
    for i in range(n - 1, 0, -1):
        total += psi[i] - mean
        if abs(total) > largest:
            largest, place = abs(total), i
    return largest / spread, place


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _moved(work, n, place, shift):  # type: ignore[no-untyped-def]
    """Whether the level at `place` moved by more than `shift` scales within the two parts."""
    r, spare = work[0], work[2]
    older = median_within(r, 0, place, spare)
    newer = median_within(r, place, n, spare)
    for i in range(n):
        spare[i] = abs(r[i] - (older if i < place else newer))
    return abs(newer - older) > shift * median_of(spare, n) / NORMAL_MAD


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def rest(columns, y, days, n, p, boundary, shift, least, least_days, room):  # type: ignore[no-untyped-def]
    """Find the part of a history y[:n] that is at rest up to its end, and fit it.

    Returns (start, scale): the looks [start, n) are at rest and the room's coef is their fit;
    start is `TOO_SHORT` or `NEVER_AT_REST` where there is no such part.
    """
    start = 0
    while True:
        m = n - start
        scale = np.nan
        if m >= max(least, p + 1) and days[n - 1] - days[start] >= least_days:
            take(columns, y, start, n, p, room)
            scale = fit(m, p, NEAR, room)
        if np.isnan(scale):
            return (TOO_SHORT if start == 0 else NEVER_AT_REST), scale
        statistic, place = _worst(room.work[0], m, _BOUND * scale, room.work[2])
        if statistic <= boundary or not _moved(room.work, m, place, shift):
            return start, scale
        start += place
