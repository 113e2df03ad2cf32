"""The rasters of a made-up large run: those of a small one, with other pixels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.shutil import copy

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

__all__ = ["NORTH", "SIDE_M", "SIDE_PX", "WEST", "write_rasters"]

SIDE_PX, SIDE_M = 2200, 150_000
"""150 km a side. Pixels are coarser than Sentinel-2's: what is drawn is 2048 pixels anyway."""

WEST, NORTH = 600_000.0, 280_000.0
"""The grid's corner in UTM zone 35 north (m)."""

STABLE, ABRUPT, SHORT = 1, 2, 5
"""Codes of ``disturbance_kind.tif``."""

COG = {
    "compress": "zstd",
    "blocksize": 512,
    "overview_resampling": "nearest",
    "num_threads": "all_cpus",
}


def noise(random: Generator, side: int = SIDE_PX) -> NDArray[np.float32]:
    """Return a field from 0 to 1 that is rough at every scale, as land is."""
    field = np.zeros((side, side), np.float32)
    for step in (512, 128, 32, 8, 2, 1):
        coarse = random.random((side // step + 2, side // step + 2), np.float32)
        field += np.sqrt(step) * np.kron(coarse, np.ones((step, step), np.float32))[:side, :side]
    low, high = np.quantile(field[::7, ::7], (0.001, 0.999))
    return np.clip((field - low) / (high - low), 0, 1)


def write_rasters(folder: Path, random: Generator) -> None:
    """Give every raster of a run pixels of a larger country."""
    land = noise(random)
    broken = land > 0.985
    for path in sorted(folder.glob("*.tif")):
        with rasterio.open(path) as file:
            bands = file.read()
        name = path.stem
        if name == "disturbance":
            made = _disturbance(bands, broken, random)
        elif name == "disturbance_kind":
            made = np.where(broken, ABRUPT, np.where(land < 0.1, SHORT, STABLE))[None]
        else:
            made = _like(bands, 0.7 * land + 0.3 * noise(random))
        _rewrite(path, made)


def _disturbance(
    bands: NDArray[Any], broken: NDArray[np.bool_], random: Generator
) -> NDArray[np.float32]:
    """Break some ground at some time; what else is told of a break is that of the small run's."""
    made = np.zeros((len(bands), *broken.shape), np.float32)
    were = bands[:, bands[0] > 0]
    own = were[:, random.integers(0, were.shape[1], int(broken.sum()))]
    made[:, broken] = own
    return made


def _like(bands: NDArray[Any], land: NDArray[np.float32]) -> NDArray[Any]:
    """Stretch a field over the range of each band; a little of it was never seen."""
    made = np.empty((len(bands), *land.shape), np.float32)
    for n, band in enumerate(bands.astype(np.float32)):
        seen = band[~np.isnan(band)]
        low, high = np.quantile(seen, (0.02, 0.98)) if seen.size else (0.0, 1.0)
        made[n] = low + (high - low) * (land if n % 2 == 0 else 1 - land)
    return made if bands.dtype.kind == "f" else np.round(made)


def _rewrite(path: Path, made: NDArray[Any]) -> None:
    """Write other pixels under what a raster says of itself, as a COG."""
    pixel = SIDE_M / SIDE_PX
    with rasterio.open(path) as file:
        tags, names, units = file.tags(), file.descriptions, file.units
        kind = {"dtype": file.dtypes[0], "nodata": file.nodata, "count": file.count}
        colours = file.colormap(1) if file.colorinterp[0].name == "palette" else None
        interp = file.colorinterp
    part = path.with_suffix(".part")
    with rasterio.open(
        part, "w", driver="GTiff", width=SIDE_PX, height=SIDE_PX, crs="EPSG:32635", **kind,
        transform=Affine(pixel, 0, WEST, 0, -pixel, NORTH), tiled=True,
        **({"photometric": "rgb"} if interp[0].name == "red" else {}),
    ) as file:  # fmt: skip
        file.write(made.astype(kind["dtype"]))
        file.update_tags(**tags)
        if colours is not None:
            file.write_colormap(1, colours)
        file.descriptions, file.units = names, units
    predictor = {"predictor": 3 if kind["dtype"] == "float32" else 2}
    copy(part, path, driver="COG", **COG, **predictor)
    part.unlink()
