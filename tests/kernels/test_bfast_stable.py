"""What bfastmonitor calls stable, and what it says of land that may have been bare all along."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from landcover.kernels.bfast import BfastSettings, detect
from landcover.kernels.breaks import STABLE, UNSEEN, UNSTABLE, Breaks
from landcover.synthetic.series import Series, Sky, series

DEFAULT = BfastSettings()
AS_R = BfastSettings(gate=0.0, direction="both", date="alarm", magnitude="monitoring")


def number(*day: int) -> int:
    return date(*day).toordinal() - date(1970, 1, 1).toordinal()


WATCH = number(2021, 1, 1)


def lowered(made: Series, first: NDArray[np.int64]) -> NDArray[np.float32]:
    """Take 0.3 from each pixel from a row on, of which 0.08 a year comes back."""
    since = (made.days[:, None] - made.days[first]) / 365.25
    lost = np.where(since >= 0, np.maximum(0.3 - 0.08 * since, 0.0), 0.0)
    return (made.values - lost[:, None, :]).astype(np.float32)


def ahead(made: Series, looks: int) -> NDArray[np.int64]:
    """Rows of each pixel's look so many before the watch; the first one of it for 0."""
    seen = np.isfinite(made.values[:, 0])
    at = (seen & (made.days < WATCH)[:, None]).sum(axis=0) - looks
    return np.argmax(np.cumsum(seen, axis=0) == at + 1, axis=0)


def found(made: Series, values: NDArray[np.float32], years: int, rules: BfastSettings) -> Breaks:
    return detect(values, made.days, number(2021 - years, 1, 1), WATCH, rules)


@pytest.mark.parametrize("sky", [Sky(6, 0.05), Sky(6, 0.12), Sky(14, 0.12)])
@pytest.mark.parametrize("years", [3, 4])
def test_land_cleared_in_the_history_is_not_stable(sky: Sky, years: int) -> None:
    """Ten of 18 looks bare: the season bends to them, and nothing can be told any more."""
    made = series(sky, 400, False, 11)
    for looks in (4, 6, 10):
        bare = found(made, lowered(made, ahead(made, looks)), years, DEFAULT)
        assert (bare.kind == STABLE).mean() < 0.06
        assert not bare.judged[:, bare.kind == UNSTABLE].any()
    # and forest that stands is, but for some under the cloudiest sky, and some with low last looks
    still = found(made, made.values, years, DEFAULT)
    asked_nothing = found(made, made.values, years, replace(DEFAULT, gate=1e9))
    price = 0.04 if sky.residual < 0.1 else 0.12
    assert (still.kind == STABLE).mean() > (asked_nothing.kind == STABLE).mean() - price


def test_without_a_gate_nothing_more_is_asked() -> None:
    made = series(Sky(6, 0.12), 200, False, 12)
    told = found(made, lowered(made, ahead(made, 10)), 3, AS_R)
    assert ((told.kind == STABLE) | (told.count > 0)).mean() > 0.8


@pytest.mark.parametrize("bare", [2, 3])
def test_land_whose_last_looks_are_low_is_not_stable(bare: int) -> None:
    made = series(Sky(14, 0.0), 100, False, 13)
    seen = np.isfinite(made.values[:, 0])
    last = np.cumsum(seen[::-1], axis=0)[::-1] <= bare
    values = (made.values - 0.3 * last[:, None]).astype(np.float32)
    stands = found(made, made.values, 4, DEFAULT).kind[0] == STABLE
    assert stands.mean() > 0.8
    told = found(made, values, 4, DEFAULT)
    assert (told.kind[0][stands] == UNSEEN).mean() > 0.95
    assert told.judged.any(axis=0)[0][stands].all()
    # gains are low looks of the opposite, where they are asked for
    gained = (made.values + 0.3 * last[:, None]).astype(np.float32)
    both = replace(DEFAULT, direction="both")
    assert (found(made, gained, 4, DEFAULT).kind[0][stands] == STABLE).mean() > 0.95
    assert (found(made, gained, 4, both).kind[0][stands] == UNSEEN).mean() > 0.95


def test_stable_land_was_seen_twice_in_the_last_year() -> None:
    made = series(Sky(14, 0.0), 50, False, 14)
    values = made.values.copy()
    seen = np.isfinite(values[:, 0])
    late = made.days >= number(2024, 1, 1)
    kept = np.cumsum(seen & late[:, None], axis=0)
    once, twice = values.copy(), values.copy()
    once[:, 0][late[:, None] & (kept > 1)] = np.nan
    twice[:, 0][late[:, None] & (kept > 2)] = np.nan
    stands = found(made, values, 4, DEFAULT).kind[0] == STABLE
    assert (found(made, once, 4, DEFAULT).kind[0][stands] == UNSEEN).all()
    assert (found(made, twice, 4, DEFAULT).kind[0][stands] == STABLE).mean() > 0.9


@pytest.mark.parametrize("after_days", [0, 60])
def test_a_clearing_of_the_first_months_was_not_bare_before(after_days: int) -> None:
    """A cloud on the last look of the history, or on the first of the watch, is no proof."""
    made = series(Sky(14, 0.12), 800, False, 15)
    first = np.full(800, np.searchsorted(made.days, WATCH + after_days))
    told = found(made, lowered(made, first), 4, DEFAULT)
    still = found(made, made.values, 4, DEFAULT)
    bare = (told.kind[0] == UNSTABLE) & (still.kind[0] != UNSTABLE)
    assert bare.mean() <= 0.03
