"""Summed residuals of one series against their boundary: OLS-MOSUM and OLS-CUSUM.

Works on one pixel's clear looks, the history first; `bfast` feeds it rows of pixels. Knows
nothing of regressions.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import njit

from landcover.kernels.bisquare import median_within
from landcover.kernels.watching import count_days

__all__ = ["Rule"]


class Rule(NamedTuple):
    """What the kernels need of the settings; every number is explained there."""

    cusum: bool
    h: float
    critical: float
    both: bool
    gate: float
    run: int
    lasting_days: int
    whole: bool
    recovered: float
    least_looks: int
    least_days: int
    doubt: float
    decides: float
    cuts: float


@njit(nogil=True, cache=True, error_model="numpy")
def _process(total, k, n, unit, rule):  # type: ignore[no-untyped-def]
    """Sum of the last h n residuals after k looks, or of all; in units of sigma sqrt(n)."""
    if rule.cusum:
        return total[k] / unit
    return (total[k] - total[max(0, k - max(1, int(rule.h * n)))]) / unit


@njit(nogil=True, cache=True, error_model="numpy")
def _boundary(k, n, rule):  # type: ignore[no-untyped-def]
    """How far chance may carry the process after k > n looks."""
    x = k / n
    if rule.cusum:
        return math.sqrt(x * (x - 1.0) * (rule.critical**2 + math.log(x / (x - 1.0))))
    return rule.critical * math.sqrt(2.0 * (math.log(x) if x > math.e else 1.0))


@njit(nogil=True, cache=True, error_model="numpy", no_cpython_wrapper=True)
def _lasts(r, days, k, m, rule, spare):  # type: ignore[no-untyped-def]
    """Whether the looks from k on, a few and a year of them, lie beyond the gate.

    Fewer than `run` looks prove nothing: the last of a series may be cloud.
    """
    if not rule.gate > 0.0:
        return True
    if m - k < rule.run:
        return False
    drop = median_within(r, k, k + rule.run, spare)
    lasting = median_within(r, k, count_days(days, k, m, rule.lasting_days), spare)
    if rule.both and drop > 0.0:
        drop, lasting = -drop, -lasting
    return drop <= -rule.gate and lasting <= -rule.gate


@njit(nogil=True, cache=True, error_model="numpy")
def _find(r, total, days, n, m, unit, rule, spare):  # type: ignore[no-untyped-def]
    """First of the looks n .. m at which the process is beyond its boundary, and lasts; or -1."""
    for k in range(n, m):
        process = _process(total, k + 1, n, unit, rule)
        size = abs(process) if rule.both else -process
        if size > 0.0 and size > _boundary(k + 1, n, rule) and _lasts(r, days, k, m, rule, spare):
            return k
    return -1
