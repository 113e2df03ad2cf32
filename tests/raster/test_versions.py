"""Which GDAL this is."""

from __future__ import annotations

import rasterio

from landcover.raster.versions import gdal_version


def test_the_version_is_rasterio_s_own() -> None:
    assert gdal_version() == rasterio.__gdal_version__
    assert gdal_version()[0].isdigit()
