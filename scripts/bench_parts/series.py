"""One kernel of change in time, or a peer of it, on made-up series of pixels, on one core.

    python series.py trend|scipy|product-trend|bfast|bfast-roc|robust LOOKS PIXELS

Each pixel has exactly LOOKS values. Prints the seconds, and the sum of the slopes of the first
pixels, which every program sees. Compiling is not measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np

YEARS = (2017, 2025)
MONITORED = 2021
"""From when on breaks are looked for: half of the series is history."""
MONTHS = 96
"""Rows of the stack of monthly values: eight years."""
LINE_PX = 256
"""Pixels of a line; the first line's slopes are compared, every program computes them."""
EPOCH = 1970
DAYS_PER_YEAR = 365.2425
CLEARED = 0.1
"""Share of pixels that lose 0.30 during the monitoring and regain 0.08 a year."""
CLOUDED = 0.05
"""Share of looks that cloud lowers by 0.1 to 0.5."""


def made_up(rows: int, looks: int, pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return evenly spread years (T,) and NDVI float32 (T, Y, X) of forest; NaN but `looks`.

    The first pixels are the same ones, however many there are.
    """
    years = YEARS[0] + (np.arange(rows) + 0.5) * (YEARS[1] - YEARS[0]) / rows
    lines = [_line(years, looks, seed) for seed in range(-(-pixels // LINE_PX))]
    return years, np.stack(lines, axis=1).astype(np.float32)


def _line(years: np.ndarray, looks: int, seed: int) -> np.ndarray:
    """Make one line of pixels, (T, X)."""
    chance = np.random.default_rng(seed)
    when, shape = years[:, None], (len(years), LINE_PX)
    values = 0.8 + 0.05 * np.cos(2 * np.pi * when) + chance.normal(0, 0.035, shape)
    cleared = np.where(
        chance.random(LINE_PX) < CLEARED, chance.uniform(MONITORED, YEARS[1], LINE_PX), np.inf
    )
    values -= np.where(when > cleared, np.maximum(0.3 - 0.08 * (when - cleared), 0.0), 0.0)
    values -= (chance.random(shape) < CLOUDED) * chance.uniform(0.1, 0.5, shape)
    if looks < len(years):
        order = np.argsort(chance.random(shape), axis=0)
        np.put_along_axis(values, order[looks:], np.nan, axis=0)
    return values


def as_days(years: np.ndarray) -> np.ndarray:
    """Return days since 1970-01-01, none twice."""
    return np.floor((years - EPOCH) * DAYS_PER_YEAR).astype(np.int64)


def trend(looks: int, pixels: int, product: bool) -> Callable[[], float]:
    """Run Theil-Sen and Mann-Kendall: plain, or as the product asks by default."""
    from landcover.kernels.trend import trend as kernel

    years, values = made_up(MONTHS, looks, pixels)
    asked = {"test": "hamed-rao", "seasons": 12, "anomalies": True} if product else {}

    def run(stack: np.ndarray) -> np.ndarray:
        return np.asarray(kernel(stack, years, **{"test": "mann-kendall", **asked}).slope)

    run(values[:, :1, :2])
    return lambda: float(run(values).reshape(-1)[:LINE_PX].sum(dtype=np.float64))


def scipy(looks: int, pixels: int) -> Callable[[], float]:
    """Take the slope alone, by SciPy, pixel by pixel."""
    from scipy.stats import theilslopes

    years, values = made_up(MONTHS, looks, pixels)
    series = values.reshape(MONTHS, -1).T.astype(np.float64)
    kept = [(one[np.isfinite(one)], years[np.isfinite(one)]) for one in series]
    return lambda: float(sum([theilslopes(y, x).slope for y, x in kept][:LINE_PX]))


def bfast(looks: int, pixels: int, roc: bool) -> Callable[[], float]:
    """Run bfastmonitor of landcover: with R's defaults, or on the whole history without a trend."""
    from landcover.kernels.bfast import BfastSettings, detect

    years, values = made_up(looks, looks, pixels)
    days, start = as_days(years), int(as_days(np.array([MONITORED]))[0])
    like_r = {"gate": 0.0, "direction": "both", "magnitude": "monitoring"}
    if roc:
        settings = BfastSettings(order=3, trend=True, history="roc", **like_r)
    else:
        settings = BfastSettings(order=1, trend=False, history="all", **like_r)

    def run(stack: np.ndarray) -> float:
        return float(detect(stack, days, int(days[0]), start, settings).count.sum())

    run(values[:, :1, :2])
    return lambda: run(values)


def robust(looks: int, pixels: int) -> Callable[[], float]:
    """Run the default detector, of two days one without a look."""
    from landcover.kernels.robust import RobustSettings, detect

    years, values = made_up(2 * looks, looks, pixels)
    days, start = as_days(years), int(as_days(np.array([MONITORED]))[0])

    def run(stack: np.ndarray) -> float:
        return float(detect(stack, days, int(days[0]), start, RobustSettings()).count.sum())

    run(values[:, :1, :2])
    return lambda: run(values)


PROGRAMS: dict[str, Callable[[int, int], Callable[[], float]]] = {
    "trend": lambda looks, pixels: trend(looks, pixels, product=False),
    "product-trend": lambda looks, pixels: trend(looks, pixels, product=True),
    "scipy": scipy,
    "bfast": lambda looks, pixels: bfast(looks, pixels, roc=False),
    "bfast-roc": lambda looks, pixels: bfast(looks, pixels, roc=True),
    "robust": robust,
}


def main() -> None:
    """Print seconds and a sum of what was found."""
    name, looks, pixels = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    work = PROGRAMS[name](looks, pixels)
    begin = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - begin
    print(json.dumps({"work_seconds": seconds, "sum": found}))


if __name__ == "__main__":
    main()
