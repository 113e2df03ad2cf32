"""What the map that a run left says of one pixel.

It reads that pixel of the rasters, as far as they are of the job's settings.
"""

from __future__ import annotations

from pathlib import Path

from landcover.engine.brief import Work
from landcover.engine.order import Order
from landcover.engine.point import Place
from landcover.engine.workspace import Workspace
from landcover.products.disturbance import DisturbanceSettings, least_px_on
from landcover.products.mapped import OnMap, compare
from landcover.products.tracing import Followed
from landcover.raster.pixel import Pixel, read_pixel

__all__ = ["find_on_map"]

DATE, BREAKS = 0, 6
"""Bands of ``disturbance.tif`` that are compared: of the first break's date, and breaks."""


def find_on_map(out: Path, order: Order, work: Work, place: Place, told: Followed) -> OnMap:
    """Compare what is told of a place with the map of the job's last run.

    Parameters
    ----------
    out : Path
        Folder of results.
    order : Order
        The job's.
    work : Work
        Its product `disturbance`.
    place : Place
    told : Followed

    Returns
    -------
    OnMap
    """
    settings = work.settings
    if not isinstance(settings, DisturbanceSettings):
        raise TypeError(type(settings))
    least_px, rasters = least_px_on(settings, place.pixels), Workspace(out).rasters
    found: dict[str, Pixel] = {}
    for layer in order.layers():
        if layer.tags.get("PRODUCT") != work.name:
            continue
        path = rasters / f"{layer.name}.tif"
        if not path.is_file():
            return OnMap("none", least_px)
        pixel = read_pixel(path, place.pixels, place.row, place.column)
        if pixel is None or not layer.tags.items() <= pixel.tags.items():
            return OnMap("other", least_px)
        found[layer.name] = pixel
    breaks = found["disturbance"].values
    kind = int(found["disturbance_kind"].values[0])
    return compare(told, kind, float(breaks[DATE]), float(breaks[BREAKS]), least_px)
