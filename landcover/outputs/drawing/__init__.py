"""Maps and charts of a finished run: what reports and printed pictures are made with.

`FIGURES` has the figures of a report by name; each takes a run and a language. They draw with
matplotlib, which takes a second to load: nothing here is loaded before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landcover.outputs.drawing.figures import (
        FIGURES,
        before_after,
        by_distance,
        clear_looks,
        disturbance_years,
        locator,
        yearly_area,
        zone_chart,
        zone_series,
    )

__all__ = [
    "FIGURES",
    "before_after",
    "by_distance",
    "clear_looks",
    "disturbance_years",
    "locator",
    "yearly_area",
    "zone_chart",
    "zone_series",
]


def __getattr__(name: str) -> object:
    """Load a figure on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.figures"), name)
