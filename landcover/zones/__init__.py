"""Zones: reserves, sites, rings, regions and controls, from any vector file or table.

It knows shapes on the Earth and the columns that name them. It does not know scenes or
pixels. The names are loaded on first use, so that reading settings stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landcover.zones.context import Context, Drawn, load_context
    from landcover.zones.copies import copy_inputs
    from landcover.zones.features import Nearby, ZoneSet
    from landcover.zones.groups import load
    from landcover.zones.settings import ContextLayer, ZoneGroup

__all__ = [
    "Context", "ContextLayer", "Drawn", "Nearby", "ZoneGroup", "ZoneSet", "copy_inputs", "load",
    "load_context",
]  # fmt: skip

_HOMES = {
    "Context": "context",
    "ContextLayer": "settings",
    "Drawn": "context",
    "Nearby": "features",
    "ZoneGroup": "settings",
    "ZoneSet": "features",
    "copy_inputs": "copies",
    "load_context": "context",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'groups')}"), name)
