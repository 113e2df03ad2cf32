"""The figures of a report, F1 to F7, by name.

Every function takes a run and a language, and returns None where the run cannot give the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from landcover.outputs.drawing.chart_figures import (
    by_distance,
    yearly_area,
    zone_chart,
    zone_series,
)
from landcover.outputs.drawing.map_figures import (
    before_after,
    clear_looks,
    disturbance_years,
    locator,
)
from landcover.outputs.section import Figure
from landcover.outputs.shown import Shown

__all__ = ["FIGURES", "before_after", "by_distance", "clear_looks", "disturbance_years", "locator",
           "yearly_area", "zone_chart", "zone_series"]  # fmt: skip

FIGURES: Final[Mapping[str, Callable[[Shown, str], Figure | None]]] = {
    "locator": locator,
    "before_after": before_after,
    "disturbance_years": disturbance_years,
    "zone_series": zone_series,
    "yearly_area": yearly_area,
    "by_distance": by_distance,
    "clear_looks": clear_looks,
}
"""F1 to F7 of the list that readers expect, in its order."""
