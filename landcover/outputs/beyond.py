"""Columns of the zones' table over time beyond what was seen: smoothed, expected, departures.

It knows columns and cells. How curves are found is known elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from landcover.outputs.departures import Expectation, departures
from landcover.outputs.seen import Observed, day_namer
from landcover.outputs.sheets import Cell
from landcover.outputs.smoothed import Smoothing, smoothed
from landcover.products.disturbance import KIND_LEGEND

__all__ = ["Beyond"]

SMOOTHED_COLUMNS = ("median_smoothed",)
DEPARTURE_COLUMNS = ("median_fit", "median_anomaly", "break_date", "disturbance_kind")

Floats = NDArray[np.float64]
Rows = Iterator[tuple[Cell, ...]]

_KINDS = {one.value: one.names["en"] for one in KIND_LEGEND.classes}


class Beyond(NamedTuple):
    """Which further columns a job asks for."""

    smoothing: Smoothing | None = None
    expected: Expectation | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Their names."""
        smooth = SMOOTHED_COLUMNS if self.smoothing else ()
        return (*smooth, *(DEPARTURE_COLUMNS if self.expected else ()))

    def cells(self, one: Observed, medians: Floats, share: Floats) -> Rows:
        """Give the further cells of each row of a series.

        Parameters
        ----------
        one : Observed
        medians : float64 (R,)
            Of each row, as the table shows them; NaN where nothing was clear.
        share : float64 (R,)
            Clear fraction of each row.
        """
        smooth = self.smoothing
        parts: list[Rows] = []
        if smooth is not None:
            parts.append(_smoothed_cells(one, medians, share, smooth))
        if self.expected is not None:
            parts.append(_departure_cells(one, medians, share, self.expected))
        if not parts:
            return iter([()] * len(one.zone))
        return (sum(cells, ()) for cells in zip(*parts, strict=True))


def _cell(value: float) -> Cell:
    return value if math.isfinite(value) else None


def _smoothed_cells(one: Observed, medians: Floats, share: Floats, how: Smoothing) -> Rows:
    """Give each row's smoothed median."""
    monthly = bool(one.series.spans)
    curve = smoothed(one.zone, one.day, medians, share, how, monthly=monthly)
    return ((_cell(value),) for value in curve.tolist())


def _break_namer(one: Observed) -> Callable[[int], str | None]:
    """Return how a series writes the day of a break."""
    name = day_namer(one.series)
    return lambda day: name(day) if day >= 0 else None


def _departure_cells(one: Observed, medians: Floats, share: Floats, what: Expectation) -> Rows:
    """Give each row's fit, departure from it, latest break and kind; other series have none.

    Radar power is shown in decibels, in which the detector's limits do not hold.
    """
    series = one.series
    if (series.index, series.pool) != (what.index, what.pool) or series.decibel:
        yield from [(None,) * len(DEPARTURE_COLUMNS)] * len(one.zone)
        return
    found, name = (
        departures(one.zone, one.day, medians, share, what, monthly=bool(series.spans)),
        _break_namer(one),
    )
    for fit, median, day, kind in zip(
        found.fit.tolist(), medians.tolist(), found.break_day.tolist(), found.kind.tolist(),
        strict=True,
    ):  # fmt: skip
        yield _cell(fit), _cell(median - fit), name(day), _KINDS.get(kind)
