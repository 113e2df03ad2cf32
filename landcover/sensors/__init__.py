"""What each sensor's numbers mean: one YAML profile a sensor, and the loader.

It knows bands, scales, masks and legends. It does not know where scenes are found.
The names are loaded on first use, so that reading settings stays fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landcover.sensors.profile import load, own_file, shipped

__all__ = ["load", "own_file", "shipped"]


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.profile"), name)
