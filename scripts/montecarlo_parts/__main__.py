"""`scripts/montecarlo`: error rates of the detectors of breaks on made-up series.

Series of 2017 to 2024 under several skies, watched from 2021, with the settings that ship. An
alarm counts as found when its run was complete after the clearing; a date may lie before it by
the looks that cloud took just ahead. Shares come with their 95 % interval (Wilson): so far chance
alone moves them. Ends with 1 where the default misses what it promises.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from datetime import date

from landcover.kernels import bfast, robust
from landcover.kernels.breaks import Breaks
from landcover.synthetic.series import Rates, Series, Sky, rates, series

SKIES = (Sky(6, 0.0), Sky(6, 0.05), Sky(6, 0.12), Sky(14, 0.05), Sky(14, 0.12), Sky(36, 0.12))
EPOCH = date(1970, 1, 1)
HISTORY, MONITORED = (date(2017, 1, 1) - EPOCH).days, (date(2021, 1, 1) - EPOCH).days
FINAL_SEED = 20_260
"""Used once the settings stood; while they were being set, others were."""

NORMAL_95 = 1.959964
"""Standard deviations to each side that hold 95 % of a normal distribution."""

WHEN = (
    "Clearings fall on overpasses of June to August of 2021 to 2023, each as likely: the clear\n"
    "season, when July has three to four looks for each of December. Nothing is measured of other\n"
    "months here: the next look after those may be months away, and dates are worse."
)
"""What the reader must know of the dates of the clearings."""

Detector = Callable[[Series], Breaks]


PROMISES = {
    Sky(6, 0.05): Rates(false=0.015, found=0.88, error_days=25),
    Sky(14, 0.12): Rates(false=0.015, found=0.94, error_days=10),
}
"""What the default detector must keep to, by sky."""


def by_robust(made: Series) -> Breaks:
    """Run the default detector."""
    return robust.detect(made.values, made.days, HISTORY, MONITORED)


def by_bfast(chosen: bfast.BfastSettings) -> Detector:
    """Run bfastmonitor: OLS-MOSUM, no trend."""
    return lambda made: bfast.detect(made.values, made.days, HISTORY, MONITORED, chosen)


DETECTORS: dict[str, tuple[Detector, int]] = {
    "default": (by_robust, robust.RobustSettings().run),
    "bfastmonitor": (by_bfast(bfast.BfastSettings(gate=0.0, date="alarm")), 1),
    "bfastmonitor, gate 0.1": (by_bfast(bfast.BfastSettings()), bfast.BfastSettings().run),
}
"""Name -> detector, and how many looks make its alarm."""


def judge(detector: Detector, run: int, sky: Sky, count: int, seed: int) -> Rates:
    """Judge a detector under one sky."""
    still = detector(series(sky, count, cleared=False, seed=seed))
    made = series(sky, count, cleared=True, seed=seed)
    return rates(still.day[0, 0], made, detector(made).day[0, 0], run)


def kept(got: Rates, promised: Rates) -> bool:
    """Whether rates are as good as promised."""
    return (
        got.false <= promised.false
        and got.found >= promised.found
        and got.error_days <= promised.error_days
    )


def interval(share: float, count: int) -> str:
    """Tell a share of `count` series with its 95 % interval (Wilson 1927)."""
    z2 = NORMAL_95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    spread = math.sqrt(share * (1 - share) / count + z2 / (4 * count * count))
    half = NORMAL_95 * spread / (1 + z2 / count)
    return f"{share:6.4f} ({max(middle - half, 0.0):.4f}-{min(middle + half, 1.0):.4f})"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="scripts/montecarlo", description=__doc__)
    parser.add_argument("--series", type=int, default=2000, help="of each kind, in each cell")
    parser.add_argument("--seed", type=int, default=FINAL_SEED)
    given = parser.parse_args()
    broken = 0
    print(WHEN)
    print(f"{'sky':>28} {'detector':>24} {'false':>22} {'found':>22} {'error':>9}")
    for sky in SKIES:
        where = f"{sky.looks:g} looks a year, {sky.residual:.0%} cloud"
        for name, (detector, run) in DETECTORS.items():
            got = judge(detector, run, sky, given.series, given.seed)
            word = ""
            if name == "default" and sky in PROMISES:
                good = kept(got, PROMISES[sky])
                broken += not good
                word = "  as promised" if good else "  NOT as promised"
            shares = (interval(share, given.series) for share in (got.false, got.found))
            line = " ".join((f"{where:>28} {name:>24}", *(f"{share:>22}" for share in shares)))
            print(f"{line} {got.error_days:4.0f} days{word}", flush=True)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
