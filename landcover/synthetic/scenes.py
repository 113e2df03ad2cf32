"""Writes the country's scenes: a folder of COGs and a static STAC catalog.

Writing again with the same arguments gives the same bytes.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from shapely import box
from shapely.geometry.base import BaseGeometry

from landcover.errors import InputError
from landcover.model import Grid
from landcover.raster.scenefile import write_scene_cog
from landcover.synthetic import stac
from landcover.synthetic.land import Country
from landcover.synthetic.overpass import Pass, passes
from landcover.synthetic.seasons import BANDS
from landcover.synthetic.truth import MASK, band_grid, cloud_percent, observed
from landcover.synthetic.zones import moved

__all__ = ["Writing", "relist", "write", "write_passes"]


@dataclass(frozen=True, slots=True)
class Writing:
    """How files are written.

    `block_px` is the side of their blocks; `compress` GDAL's name; `bands` besides the mask;
    with `only` (longitude, latitude), blocks that do not touch it are left empty.
    """

    block_px: int = 256
    compress: str = "deflate"
    bands: tuple[str, ...] = BANDS
    only: BaseGeometry | None = None


def write(
    country: Country,
    folder: Path,
    days: Sequence[date],
    *,
    writing: Writing | None = None,
    workers: int = 2,
) -> Path:
    """Write the scenes of some days.

    Parameters
    ----------
    country : Country
    folder : Path
        Made if missing; gets `catalog.json`, `collection.json` and one folder a scene.
    days : dates
        See `passes.dates`.
    writing : Writing, optional
    workers : int
        Threads.

    Returns
    -------
    Path
        Of `catalog.json`.
    """
    return write_passes(country, folder, passes(country, tuple(days)), writing, workers)


def write_passes(
    country: Country,
    folder: Path,
    found: Sequence[Pass],
    writing: Writing | None = None,
    workers: int = 2,
) -> Path:
    """Write given passes, such as reprocessed copies; other arguments as `write`."""
    how = writing or Writing()
    folder.mkdir(parents=True, exist_ok=True)
    if not found:
        raise InputError("synthetic scenes", "no dates", "Give at least one date")
    with ThreadPoolExecutor(workers) as threads:
        items = list(threads.map(lambda one: _write_scene(country, folder, one, how), found))
    return stac.write_catalog(folder, items)


def _write_scene(country: Country, folder: Path, one: Pass, how: Writing) -> stac.Json:
    """Write the files and the item of one pass."""
    place = folder / one.id
    place.mkdir(exist_ok=True)
    only = how.only
    files = _within(country, one, how, only) if only else observed(country, one, how.bands)
    for band, array in files.items():
        grid = band_grid(one.square.grid, band)
        path = place / f"{stac.FILES[band]}.tif"
        write_scene_cog(path, array, grid.crs, grid.transform, 0, how.block_px, how.compress)
    item = stac.item(country, one, how.bands, cloud_percent(files[MASK]))
    stac.write_json(place / f"{one.id}.json", item)
    return item


def _within(
    country: Country, one: Pass, how: Writing, only: BaseGeometry
) -> dict[str, NDArray[Any]]:
    """Return the files of a pass with only the blocks that touch `how.only`, others nodata."""
    whole = one.square.grid
    files = {
        band: np.zeros(band_grid(whole, band).shape, np.uint8 if band == MASK else np.uint16)
        for band in (*how.bands, MASK)
    }
    # Blocks of the coarse bands: twice as wide on the fine grid.
    side = 2 * how.block_px
    for row, column, part in _touching(whole, side, only):
        for band, array in observed(country, one, how.bands, part).items():
            factor = whole.shape[0] // files[band].shape[0]
            top, left = row // factor, column // factor
            files[band][top : top + array.shape[0], left : left + array.shape[1]] = array
    return files


def _touching(whole: Grid, side: int, only: BaseGeometry) -> list[tuple[int, int, Grid]]:
    """List the blocks of a grid that touch a shape: row, column and grid."""
    to_grid = Transformer.from_crs("EPSG:4326", whole.crs, always_xy=True)
    shape = moved(only, to_grid)
    rows, columns = whole.shape
    found = []
    for row in range(0, rows, side):
        for column in range(0, columns, side):
            part = whole.window(row, column, (min(side, rows - row), min(side, columns - column)))
            if shape.intersects(box(*part.bounds)):
                found.append((row, column, part))
    return found


def relist(folder: Path, times: int, every_days: int | None = None) -> tuple[str, ...]:
    """List the scenes of a catalog again under later dates, without writing new files.

    Parameters
    ----------
    folder : Path
        Of `write`.
    times : int
        How often each scene is listed again.
    every_days : int, optional
        How much later each time; by default one day. The files keep what they hold: an item
        listed again states the baseline and the offset of the files it names.

    Returns
    -------
    tuple of str
        The new ids.
    """
    items = [_read(path) for path in sorted(folder.glob("*/*.json"))]
    again = [
        _later(one, timedelta(days=turn * (every_days or 1)))
        for turn in range(1, times + 1)
        for one in items
    ]
    ids = [one["id"] for one in (*items, *again)]
    if len(set(ids)) < len(ids):
        raise InputError(
            "synthetic scenes", "scenes listed again would fall on dates that are taken",
            "Give another every_days",
        )  # fmt: skip
    for one in again:
        (folder / one["id"]).mkdir()
        stac.write_json(folder / one["id"] / f"{one['id']}.json", one)
    stac.write_catalog(folder, [*items, *again])
    return tuple(one["id"] for one in again)


def _read(path: Path) -> stac.Json:
    """Read one item."""
    content: stac.Json = json.loads(path.read_text(encoding="utf-8"))
    return content


def _later(one: stac.Json, wait: timedelta) -> stac.Json:
    """Copy an item under a later date, with the same files."""
    twin = copy.deepcopy(one)
    moment = datetime.fromisoformat(one["properties"]["datetime"]) + wait
    made = datetime.fromisoformat(one["properties"]["s2:generation_time"]) + wait
    platform, square, _, level = one["id"].split("_", 3)
    twin["id"] = f"{platform}_{square}_{moment:%Y%m%dT%H%M%S}_{level}"
    twin["properties"]["datetime"] = stac.timestamp(moment)
    twin["properties"]["s2:generation_time"] = f"{made:%Y-%m-%dT%H:%M:%S.%f}Z"
    for asset in twin["assets"].values():
        asset["href"] = f"../{one['id']}/{asset['href'].removeprefix('./')}"
    return twin
