"""Which overview of a file is read in place of the file, and whether it can be trusted.

It knows one file. It does not know why anyone wants coarser pixels.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from landcover.errors import OverviewError
from landcover.model import Asset
from landcover.raster.address import named
from landcover.raster.environment import Plain
from landcover.raster.holding import can_hold

__all__ = ["check_overview", "level_of", "name_of", "place_of"]


def name_of(asset: Asset) -> str:
    """Name an asset in a message without its address."""
    return f"{asset.band} ({re.split(r'[?#]', asset.href)[0].replace(chr(92), '/').split('/')[-1]})"


def place_of(asset: Asset) -> str:
    """Name a remote file, or the overview of it that is read, as the depot knows it."""
    return named(asset.href, asset.overview)


def level_of(path: str, asset: Asset) -> int:
    """Find which of a file's overviews is meant.

    Raises
    ------
    OverviewError
        It has none that is exactly so coarse.
    """
    with Plain(path, driver=asset.driver, sharing=False) as whole:
        held = whole.overviews(1)
        exact = tuple(side * asset.overview for side in asset.shape) == tuple(whole.shape)
        if exact and asset.overview in held:
            return int(held.index(asset.overview))
        size = f"{whole.width} x {whole.height}"
    listed = ", ".join(f"1/{factor}" for factor in held) or "none"
    raise OverviewError(
        name_of(asset),
        f"holds no overview of exactly 1/{asset.overview} of its {size} pixels; it holds {listed}",
    )


def check_overview(source: Any, asset: Asset) -> None:
    """Refuse an overview that may be made of missing numbers: its file does not call them so.

    Raises
    ------
    OverviewError
    """
    missing = asset.nodata
    if missing is None or not can_hold(np.dtype(asset.dtype), missing):
        return
    if source.nodata is None or not np.array_equal(source.nodata, missing, equal_nan=True):
        what = f"does not say itself that {missing:g} is missing, so that its overviews blend it"
        raise OverviewError(name_of(asset), what)
