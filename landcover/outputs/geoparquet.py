"""``zones.parquet`` and ``patches.parquet``: shapes with their figures, as GeoParquet.

It knows frames and files. It computes nothing. The format is GeoParquet 1.1 (OGC draft): shapes as
WKB in longitude and latitude, and beside them the bounds of each, by which readers skip what lies
elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from landcover.files import replacing

if TYPE_CHECKING:
    import geopandas as gpd

    from landcover.outputs.shown import Shown

__all__ = ["write_geoparquet"]

FORMAT = "1.1.0"
"""Version of GeoParquet."""


def write_geoparquet(shown: Shown) -> tuple[Path, ...]:
    """Write zones, and patches where the job asked for disturbances.

    Parameters
    ----------
    shown : Shown
        Its zones have their figures already.

    Returns
    -------
    tuple of Path
        Days are days (``date32``), names and ids text. A former file of patches is removed where
        there are none to ask for.
    """
    zones, patches = shown.out / "zones.parquet", shown.out / "patches.parquet"
    _write(zones, shown.zones)
    if shown.patches is None:
        patches.unlink(missing_ok=True)
        return (zones,)
    _write(patches, shown.patches)
    return (zones, patches)


def _write(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write one frame."""
    with replacing(path) as part:
        _with_days(frame).to_parquet(
            part, index=False, compression="zstd", schema_version=FORMAT, write_covering_bbox=True
        )


def _with_days(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame whose moments are days; what else has no type of its own is text."""
    import pandas as pd
    import pyarrow as pa

    typed = {}
    for name in frame.columns:
        column = frame[name]
        if name == frame.geometry.name:
            continue
        if column.dtype.kind == "M":
            typed[name] = column.astype(pd.ArrowDtype(pa.date32()))
        elif column.dtype == object:
            typed[name] = column.astype(pd.ArrowDtype(pa.string()))
    return frame.assign(**typed)
