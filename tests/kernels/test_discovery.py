"""False discovery: the tally's threshold against the sorted p values of a whole map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landcover.kernels.discovery import BINS, adjusted, tally, threshold

STEP = 1 / 2048
"""Width of a bin, as a share of its p."""


def map_of(seed: int, size: int, share: float) -> np.ndarray:
    """Draw p values of a map: uniform where nothing happens, small where something does."""
    chance = np.random.default_rng(seed)
    p = chance.random(size)
    p[chance.random(size) < share] *= 1e-3
    p[chance.random(size) < 0.1] = np.nan
    return p.astype(np.float32)


maps = st.builds(
    map_of, st.integers(0, 2**32), st.sampled_from([1, 30, 4000]), st.sampled_from([0, 0.1, 0.9])
)


@settings(max_examples=40, deadline=None)
@given(maps, st.sampled_from([0.01, 0.1, 0.3]), st.booleans())
def test_threshold_is_the_exact_one_or_just_below(
    p: np.ndarray, rate: float, dependent: bool
) -> None:
    limit = threshold(tally(p), rate, dependent)
    exact = adjusted(p.astype(float), dependent) <= rate
    called = p <= limit
    assert not (called & ~exact).any()  # never more than the rate allows
    strict = adjusted(p.astype(float), dependent) <= rate * (1 - STEP)
    assert not (strict & ~called).any()


@given(maps, st.integers(1, 7))
@settings(max_examples=20, deadline=None)
def test_tallies_of_tiles_add_up_to_the_map(p: np.ndarray, tiles: int) -> None:
    parts = sum(tally(part) for part in np.array_split(p, tiles))
    assert (parts == tally(p)).all()


def test_by_hand() -> None:
    # 0.01 <= 0.1 * 1 / 4, 0.03 <= 0.1 * 2 / 4, 0.2 > 0.1 * 3 / 4
    p = np.array([0.03, 0.9, 0.01, 0.2, np.nan], np.float32)
    assert 0.03 <= threshold(tally(p), 0.1) < 0.0301
    # 1 + 1/2 + 1/3 + 1/4 = 25/12 times stricter: 0.01 <= 0.012 passes alone
    assert 0.01 <= threshold(tally(p), 0.1, dependent=True) < 0.0101


def test_nothing_significant_and_nothing_tested() -> None:
    assert np.isnan(threshold(tally(np.array([0.5, 0.9], np.float32)), 0.1))
    assert np.isnan(threshold(np.zeros(BINS, np.int64), 0.1))
    assert np.isnan(threshold(tally(np.full(3, np.nan, np.float32)), 0.1))


def test_the_ends_of_the_scale() -> None:
    counts = tally(np.array([0.0, -0.0, 1.0, 1e-45], np.float32))
    assert (counts[0], counts[-1], counts.sum()) == (3, 1, 4)
    assert threshold(counts, 0.1) < 1e-41


def test_numbers_that_are_no_p_values_are_refused() -> None:
    with pytest.raises(ValueError, match="not all in 0 to 1"):
        tally(np.array([0.5, 1.5], np.float32))
