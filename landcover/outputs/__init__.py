"""What a run leaves for people and programs: tables.

It reads results and writes files; nothing is computed from pixels here. The names are loaded
on first use, so that reading settings stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landcover.outputs.beyond import Beyond
    from landcover.outputs.departures import Expectation
    from landcover.outputs.seen import Observed, Series, observed
    from landcover.outputs.sheets import Table, write_table
    from landcover.outputs.smoothed import Smoothing
    from landcover.outputs.tables import (
        LayerSums,
        data_used,
        failures,
        scenes_used,
        zone_series,
        zone_table,
    )

__all__ = [
    "Beyond",
    "Expectation",
    "LayerSums",
    "Observed",
    "Series",
    "Smoothing",
    "Table",
    "data_used",
    "failures",
    "observed",
    "scenes_used",
    "write_table",
    "zone_series",
    "zone_table",
]

_HOMES = {
    "Beyond": "beyond",
    "Expectation": "departures",
    "Observed": "seen",
    "Series": "seen",
    "Smoothing": "smoothed",
    "Table": "sheets",
    "observed": "seen",
    "write_table": "sheets",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'tables')}"), name)
