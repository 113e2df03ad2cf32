"""Critical values of tests for breaks: how far chance alone may carry a process of residuals.

Numbers of the published theory; knows nothing of series or rasters.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from landcover.errors import InputError

__all__ = ["LEVELS", "PERIODS", "WINDOWS", "cusum", "mosum", "recursive"]

LEVELS: Final = (0.05, 0.01)
"""Levels of `mosum` (probability of a false alarm within the whole period)."""

WINDOWS: Final = (0.25, 0.5, 1.0)
"""Widths of the moving window (shares of the history's length)."""

PERIODS: Final = (2, 4, 6, 8, 10)
"""Lengths of history and monitoring together (multiples of the history's length)."""

_MOSUM: Final = {
    0.25: ((1.22762665817831, 1.43326294742430), (1.33623105388957, 1.51983679278537),
           (1.34108685187662, 1.52159988186384), (1.34165681503561, 1.52162850629023),
           (1.34182451007628, 1.52164497279622)),
    0.5: ((1.68732328328598, 2.03146339358619), (1.88633090100410, 2.20116995886405),
          (1.89958445059510, 2.20853516508261), (1.90129850983572, 2.20875377365514),
          (1.90200317899371, 2.20907282819197)),
    1.0: ((2.22408818231127, 2.79961591720564), (2.70443676308234, 3.25282963626160),
          (2.73714807589866, 3.27400632880909), (2.74287924359951, 3.27485973776243),
          (2.74592761324742, 3.27693245691716)),
}  # fmt: skip
"""By window: a row a period, a column a level (standard deviations of the process). Simulated by
Leisch, Hornik and Kuan (2000), doi:10.1017/S0266466600166022, two-sided, as tabled in the R
package strucchange."""

_SMALLEST = 0.3
"""`recursive`: below it (standard deviations) the formula of the probability does not hold."""

_LARGEST = 20.0
"""Bracket of the roots (standard deviations): beyond every level that a float can name."""


def _place(name: str, value: float, known: tuple[float, ...]) -> int:
    for place, one in enumerate(known):
        if abs(value - one) < 1e-9:
            return place
    choices = ", ".join(f"{one:g}" for one in known)
    raise InputError(f"{name}: {value!r}", "no critical value is known", f"Choose one of {choices}")


def mosum(window: float, level: float, period: float) -> float:
    """Critical value of the moving sums of residuals.

    Parameters
    ----------
    window : float, share of the history's length
        One of `WINDOWS`.
    level : float, probability
        One of `LEVELS`.
    period : float, multiples of the history's length
        One of `PERIODS`.

    Returns
    -------
    float, standard deviations of the process

    Raises
    ------
    InputError
        Where a parameter is not in the table: no value is interpolated.

    References
    ----------
    Leisch, Hornik and Kuan (2000), doi:10.1017/S0266466600166022

    Examples
    --------
    >>> mosum(0.25, 0.05, 10)
    1.34182451007628
    """
    rows = _MOSUM[WINDOWS[_place("window", window, WINDOWS)]]
    return rows[_place("period", period, PERIODS)][_place("level", level, LEVELS)]


def _root(chance: Callable[[float], float], level: float, smallest: float) -> float:
    """Where `chance`, which falls from `smallest` on, is the level."""
    if not chance(_LARGEST) < level <= chance(smallest):
        what = f"no boundary has this level; the largest is {chance(smallest):.3f}"
        raise InputError(f"level: {level!r}", what, "Choose 0.05 or 0.01")
    return float(brentq(lambda x: chance(x) - level, smallest, _LARGEST, xtol=1e-14, rtol=1e-14))


def _cusum_chance(a: float) -> float:
    return float(2.0 * (norm.sf(a) + a * norm.pdf(a)))


def _recursive_chance(x: float) -> float:
    inner = norm.cdf(x) + norm.cdf(5.0 * x) - 1.0
    far = norm.sf(3.0 * x) + np.exp(-4.0 * x**2) * inner - np.exp(-16.0 * x**2) * norm.sf(x)
    return float(2.0 * far)


@lru_cache(maxsize=64)
def cusum(level: float) -> float:
    """Critical value of the summed residuals of a monitored regression.

    The root a of 2 (1 - Φ(a) + a φ(a)) = level; the boundary at x = k/n is
    sqrt(x (x - 1) (a² + ln(x / (x - 1)))).

    Parameters
    ----------
    level : float, probability
        More than 0, less than 1.

    Returns
    -------
    float, standard deviations of the process

    References
    ----------
    Chu, Stinchcombe and White (1996), doi:10.2307/2171955

    Examples
    --------
    >>> round(cusum(0.05), 9)
    2.795483483
    """
    return _root(_cusum_chance, level, 0.0)


@lru_cache(maxsize=64)
def recursive(level: float) -> float:
    """Critical value of the summed recursive residuals of a history.

    The chance that a Brownian motion leaves the lines ±x (1 + 2 t), t in [0, 1], is
    2 (1 - Φ(3x) + exp(-4x²) (Φ(x) + Φ(5x) - 1) - exp(-16x²) (1 - Φ(x))).

    Parameters
    ----------
    level : float, probability
        More than 0; at most 0.87, beyond which the formula does not hold.

    Returns
    -------
    float, standard deviations of the process

    References
    ----------
    Brown, Durbin and Evans (1975), doi:10.1111/j.2517-6161.1975.tb01532.x

    Examples
    --------
    >>> round(recursive(0.05), 9)
    0.947898234
    """
    return _root(_recursive_chance, level, _SMALLEST)
