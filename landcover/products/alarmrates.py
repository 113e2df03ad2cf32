"""Rates of false alarm and of power, from counts by cells to what a run can say of its errors.

It knows counts. It does not know how the watches were made, nor how rates are written.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from landcover.products.base import Context, Summary

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from landcover.kernels.rates import Rate

__all__ = ["COLUMNS", "COUNTS", "MEASURES", "OF_PIXELS", "Rates", "finish", "merge", "rates_of"]

COUNTS: Final = (
    "followed", "followed_alarms", "followed_confirmed", "followed_months", "fresh",
    "fresh_alarms", "fresh_months", "power", "power_found", "power_confirmed",
)  # fmt: skip
"""What is counted of each cell and watch; months are those in which a break could have begun."""

OF_PIXELS: Final = ("stood", "pixels", "unbroken", "true_followed_months", "true_fresh_months")
"""What is counted of each cell alone; months are of the unbroken: after a break, none counts."""

WATCHES: Final = 4
"""Placebo watches that counts have room for: as many as are laid out at the most."""

COLUMNS: Final = len(OF_PIXELS) + WATCHES * len(COUNTS)
"""Counts of a cell: of its pixels, then of each watch."""

MEASURES: Final = {
    "false_followed": ("followed", "followed_alarms"),
    "false_confirmed": ("followed", "followed_confirmed"),
    "false_fresh": ("fresh", "fresh_alarms"),
    "power_found": ("power", "power_found"),
    "power_confirmed": ("power", "power_confirmed"),
}
"""Shares: of which watches, and which of them count."""

MONTHS: Final = 12
"""Months of a year."""


def merge(one: Summary, other: Summary) -> Summary:
    """Join the cells of two parts of the map."""
    import numpy as np

    from landcover.kernels.rates import joined

    both = (np.concatenate([one[name], other[name]]) for name in ("cells", "sums"))
    cells, sums = joined(*both)
    return {"cells": cells, "sums": sums}


def finish(settings: Any, context: Context, summary: Summary) -> Summary:
    """Turn counts by cells and watches into shares: tested, hits, cells, bounds, what bounds."""
    del settings, context
    return _shares(summary["sums"])


def _shares(by_cell: npt.NDArray[np.int64]) -> Summary:
    """Make the model of counts (cells, COUNTS)."""
    import numpy as np

    from landcover.kernels.rates import rate

    alone = dict(zip(OF_PIXELS, by_cell.T[: len(OF_PIXELS)], strict=True))
    watched = by_cell[:, len(OF_PIXELS) :].reshape(len(by_cell), WATCHES, len(COUNTS))
    sums = {name: watched[..., place] for place, name in enumerate(COUNTS)}
    learnt: dict[str, npt.NDArray[Any]] = {}
    for name, (tested, hits) in MEASURES.items():
        made = rate(sums[tested], sums[hits])
        learnt[name] = np.array(
            [made.tested, made.hits, made.clusters, made.low, made.high, made.by_years]
        )
    for name in ("followed_months", "fresh_months"):
        learnt[name] = np.asarray(sums[name].sum())
    learnt |= {name: np.asarray(one.sum()) for name, one in alone.items()}
    return learnt


class Rates(NamedTuple):
    """What a run can say of its own errors."""

    monitored: Rate
    """Stable pixels with a false break anywhere in the monitored period, as long as it is."""
    a_year: Rate
    """A year of it, where a break is followed for as long as it has to last."""
    confirmed_a_year: Rate
    """The same, of confirmed breaks."""
    fresh_a_year: Rate
    """A year at the period's end, where breaks are not followed for as long."""
    found: Rate
    """Drops put in that were told."""
    confirmed: Rate
    """Those that were confirmed."""
    pixels: int
    """Stable pixels of the sample that the true watch could judge."""
    stood: int = 0
    """Stable pixels of the sample, whether watched or not."""


def rates_of(learnt: Summary) -> Rates:
    """Turn what was learnt into rates: a watch of the true length, a year, and the power.

    Of what was never learnt, since no tile could be made, nothing is told.

    Notes
    -----
    Alarms come by the months in which a break could begin: m of them a placebo watch, M in the
    true one. A share p of watches is p / m a month; 1 - exp(-(p / m) M) in the true watch, its
    followed and its later months taken each at their own p / m. So are the bounds of p, which is
    wide: both parts are as wrong together.
    """
    import numpy as np

    learnt = learnt or _shares(np.zeros((0, COLUMNS), np.int64))
    share = {name: _rate(learnt[name]) for name in MEASURES}
    months = {name: float(learnt[f"{name}_months"]) for name in ("followed", "fresh")}
    unbroken = max(int(learnt["unbroken"]), 1)
    true = [float(learnt[name]) / unbroken for name in OF_PIXELS[-2:]]
    followed = (share["false_followed"], months["followed"])
    fresh = (share["false_fresh"], months["fresh"])
    confirmed = (share["false_confirmed"], months["followed"])
    return Rates(
        _over(((*followed, true[0]), (*fresh, true[1]))),
        _over(((*followed, float(MONTHS)),)),
        _over(((*confirmed, float(MONTHS)),)),
        _over(((*fresh, float(MONTHS)),)),
        share["power_found"],
        share["power_confirmed"],
        int(learnt["pixels"]),
        int(learnt["stood"]),
    )


def _rate(numbers: npt.NDArray[np.float64]) -> Rate:
    """Read one share of `MEASURES`."""
    from landcover.kernels.rates import Rate

    tested, hits, clusters, low, high, by_years = numbers.tolist()
    share = hits / tested if tested else math.nan
    return Rate(share, low, high, int(tested), int(hits), int(clusters), bool(by_years))


def _over(parts: tuple[tuple[Rate, float, float], ...]) -> Rate:
    """Return the share of pixels with an alarm over some months, each at the rate of its watches.

    Parts are (share of watches, months of those watches together, months to come). They are of the
    same blocks, cut short or not, which count once; the share is no quotient of two counts.
    """
    from landcover.kernels.rates import Rate

    parts = tuple(one for one in parts if one[2] > 0)
    if not parts or any(one.tested == 0 for one, _, _ in parts):
        return Rate(math.nan, 0.0, 1.0, 0, 0, 0)
    share, low, high = (
        -math.expm1(-sum(getattr(one, name) * one.tested / had * to for one, had, to in parts))
        for name in ("share", "low", "high")
    )
    return Rate(
        share,
        low,
        high,
        max(one.tested for one, _, _ in parts),
        None,
        max(one.clusters for one, _, _ in parts),
        any(one.by_years for one, _, _ in parts),
    )
