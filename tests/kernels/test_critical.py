"""Critical values: against published ones, and against chance itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from landcover.errors import InputError
from landcover.kernels import critical


def test_named_values() -> None:
    """Of Leisch et al. (2000), Chu et al. (1996) and Brown et al. (1975), as R gives them."""
    assert critical.mosum(0.25, 0.01, 10) == 1.52164497279622
    assert critical.mosum(1, 0.05, 10) == 2.74592761324742
    assert critical.cusum(0.05) == pytest.approx(2.79548348291511, abs=1e-12)
    assert critical.cusum(0.01) == pytest.approx(3.36821417521849, abs=1e-12)
    assert critical.recursive(0.05) == pytest.approx(0.947898234041814, abs=1e-12)
    assert critical.recursive(0.01) == pytest.approx(1.14297356602278, abs=1e-12)


def test_roots_have_their_level() -> None:
    for level in (0.2, 0.05, 0.01, 1e-6):
        a = critical.cusum(level)
        assert 2 * (norm.sf(a) + a * norm.pdf(a)) == pytest.approx(level, rel=1e-9)
    assert critical.recursive(0.01) > critical.recursive(0.05) > critical.recursive(0.2)


def test_a_brownian_motion_leaves_the_lines_as_often_as_it_should() -> None:
    chance = np.random.default_rng(4)
    steps = 2_000
    motion = np.cumsum(chance.standard_normal((4_000, steps)), axis=1) / np.sqrt(steps)
    lines = critical.recursive(0.05) * (1 + 2 * np.arange(1, steps + 1) / steps)
    share = (np.abs(motion) > lines).any(axis=1).mean()
    # 4,000 draws: standard error 0.0034; between steps some crossings are missed
    assert 0.036 < share < 0.06


@pytest.mark.parametrize(
    ("window", "level", "period", "told"),
    [(0.3, 0.05, 10, "window: 0.3"), (0.25, 0.1, 10, "level: 0.1"), (0.25, 0.05, 3, "period: 3")],
)
def test_what_is_not_tabled_is_refused(
    window: float, level: float, period: float, told: str
) -> None:
    with pytest.raises(InputError, match=told):
        critical.mosum(window, level, period)


@pytest.mark.parametrize("level", [0.0, 1.5, -1.0])
def test_a_level_is_a_probability(level: float) -> None:
    with pytest.raises(InputError, match="level"):
        critical.cusum(level)
    with pytest.raises(InputError, match="level"):
        critical.recursive(level)
