"""The test of a history, against its definition written out, and on histories of known kind."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from landcover.kernels import critical
from landcover.kernels.history import _backwards, _stable_from
from landcover.kernels.leastsquares import basis

FIVE, ONE = critical.recursive(0.05), critical.recursive(0.01)


def defined(w: NDArray[np.float64], skipped: int, decides: float, cuts: float) -> int:
    """First look of the stable end, by numpy; residuals the latest first."""
    rest = w[skipped:]
    if rest.size < 2 or not rest.std(ddof=1) > 0:
        return 0
    process = np.cumsum(rest) / (rest.std(ddof=1) * math.sqrt(rest.size))
    share = np.abs(process) / (1 + 2 * np.arange(1, rest.size + 1) / rest.size)
    if not (share > decides).any():
        return 0
    # of n looks, those before the crossing one are the stable ones
    return int(w.size - skipped - np.flatnonzero(share > cuts)[0])


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 10_000), st.integers(1, 80), st.floats(0, 0.5), st.integers(1, 7))
def test_the_stable_end_is_as_defined(seed: int, n: int, shift: float, skipped: int) -> None:
    chance = np.random.default_rng(seed)
    w = chance.normal(0, 0.1, n)
    w[n // 2 :] += shift
    for decides in (FIVE, ONE):
        found = _stable_from(w.reshape(-1, 1), 0, n, skipped, decides, FIVE, np.empty(n))
        assert found == defined(w, skipped, decides, FIVE)


def judged(values: NDArray[np.float64]) -> int:
    n = values.size
    told = basis(2010 + np.arange(n) / 20, (2010.0, 2016.0), 1, False)
    looks, places = values.reshape(-1, 1), np.arange(n).reshape(-1, 1)
    w = _backwards(looks, places, told[0], np.array([n]))[0]
    return int(_stable_from(w, 0, n, 3, FIVE, FIVE, np.empty(n)))


def test_a_stable_history_is_kept_at_the_level() -> None:
    chance = np.random.default_rng(3)
    cut = [judged(0.8 + chance.normal(0, 0.04, 120)) > 0 for _ in range(1000)]
    # 5 % by theory, a little less for a process that is only looked at 117 times
    assert 0.02 < np.mean(cut) < 0.07


def test_a_history_is_cut_soon_before_it_changed() -> None:
    chance = np.random.default_rng(5)
    for _ in range(20):
        values = 0.8 + chance.normal(0, 0.04, 120)
        values[:50] -= 0.3
        assert 35 <= judged(values) <= 50


def test_a_perfect_history_is_stable() -> None:
    assert judged(np.full(60, 0.7)) == 0
