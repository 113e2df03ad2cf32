"""What a raster of a run says of itself: its plane, bands, units and tags.

It opens files and reads no pixel. It does not know what layers mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import rasterio
from rasterio.errors import RasterioError

from landcover.errors import InputError
from landcover.model import Grid

__all__ = ["RasterFacts", "facts_of"]


@dataclass(frozen=True, slots=True)
class RasterFacts:
    """One raster, unread: `bands` and `units` are one a band; `tags` are those of its layer."""

    path: Path
    grid: Grid
    dtype: str
    nodata: float | None
    bands: tuple[str, ...]
    units: tuple[str, ...]
    tags: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its layer's name: that of the file without its ending."""
        return self.path.stem


def facts_of(path: Path) -> RasterFacts:
    """Read what a GeoTIFF of a run says of itself.

    Raises
    ------
    InputError
        It cannot be opened.
    """
    try:
        with rasterio.open(path, driver="GTiff") as file:
            crs = file.crs.to_string() if file.crs else ""
            return RasterFacts(
                path,
                Grid(crs, file.transform, (file.height, file.width)),
                file.dtypes[0],
                file.nodata,
                tuple(text or "" for text in file.descriptions),
                tuple(text or "" for text in file.units),
                dict(file.tags()),
            )
    except RasterioError as error:
        raise InputError(str(path), f"cannot be opened ({error})", "Run the job again") from error
