"""STAC: endpoints and their dialects, search, duplicates, radiometry rules, the lock.

It knows items. It does not know pixels or zones. The names are loaded on first use, so that
reading settings stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landcover.catalog.clearest import keep_clearest
    from landcover.catalog.drift import Drift, Drifted, find_drift
    from landcover.catalog.lock import read_lock, write_lock
    from landcover.catalog.narrowing import narrow
    from landcover.catalog.scenes import Count, Dropped, SceneSet
    from landcover.catalog.searching import search

__all__ = [
    "Count",
    "Drift",
    "Drifted",
    "Dropped",
    "SceneSet",
    "find_drift",
    "keep_clearest",
    "narrow",
    "read_lock",
    "search",
    "write_lock",
]

_HOMES = {
    "Count": "scenes",
    "Drift": "drift",
    "Drifted": "drift",
    "Dropped": "scenes",
    "SceneSet": "scenes",
    "find_drift": "drift",
    "keep_clearest": "clearest",
    "narrow": "narrowing",
    "read_lock": "lock",
    "search": "searching",
    "write_lock": "lock",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
