"""The median along time of (60, 1024, 1024) float32, a third of it missing, on one core.

python medians.py landcover|bottleneck|numpy
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np

SHAPE = (60, 1024, 1024)


def stack() -> np.ndarray:
    """Make the stack: uniform numbers, every third missing at random."""
    chance = np.random.default_rng(1)
    values = chance.random(SHAPE, dtype=np.float32)
    values[chance.random(SHAPE, dtype=np.float32) < 1 / 3] = np.nan
    return values


def kernel(name: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function to measure, compiled."""
    if name == "landcover":
        from landcover.kernels.order import median

        median(np.zeros((SHAPE[0], 2, 2), np.float32), 1)
        return lambda values: median(values, 1)
    if name == "bottleneck":
        import bottleneck

        return lambda values: bottleneck.nanmedian(values, axis=0)
    return lambda values: np.nanmedian(values, axis=0)


def main() -> None:
    """Print seconds and a checksum of the medians."""
    warnings.filterwarnings("ignore")
    values, function = stack(), kernel(sys.argv[1])
    begin = time.perf_counter()
    result = function(values)
    seconds = time.perf_counter() - begin
    total = float(np.nansum(result, dtype=np.float64))
    print(json.dumps({"work_seconds": seconds, "sum": total}))


if __name__ == "__main__":
    main()
