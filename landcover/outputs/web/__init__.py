"""The map in a browser: one file that opens from a disk and asks no network for anything."""

from __future__ import annotations

from landcover.outputs.web.page import write_map

__all__ = ["write_map"]
