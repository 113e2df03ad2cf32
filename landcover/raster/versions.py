"""Which GDAL reads and writes rasters on this machine."""

from __future__ import annotations

import rasterio

__all__ = ["gdal_version"]


def gdal_version() -> str:
    """Return the version of the GDAL that rasterio brings, as "3.10.1"."""
    return str(rasterio.__gdal_version__)
