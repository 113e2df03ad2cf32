"""landcover: from a job file to rasters, tables and maps of forest, mines and change."""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
