"""The folder of a finished run, opened to be shown.

It joins what a run left with the doors of its products. It reads no pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from affine import Affine

from landcover.model import Grid
from landcover.outputs.doors import style_of
from landcover.outputs.results import open_results
from landcover.outputs.shown import About, Shown
from landcover.raster.facts import facts_of

__all__ = ["GROUPS", "open_shown"]

GROUPS = ("changed", "ndvi", "indices", "pictures", "quality")
"""Groups of rasters in the order in which they are shown; others come after."""


def open_shown(out: Path, about: About) -> Shown:
    """Open the folder of a finished run, to show it.

    Parameters
    ----------
    out : Path
    about : About

    Raises
    ------
    InputError
        No run finished in it.
    """
    opened = open_results(out)
    paths = sorted((out / "rasters").glob("*.tif"))
    styles = [style_of(facts_of(path)) for path in paths]
    order = {group: n for n, group in enumerate(GROUPS)}
    styles.sort(key=lambda one: (order.get(one.group, len(order)), one.rank, one.series, one.step))
    return Shown(out, about, opened.run, tuple(styles), _grid(opened.run), opened.tables)


def _grid(run: Mapping[str, Any]) -> Grid:
    """Return the job's grid, as the account of the run has it."""
    told = run["grid"]
    return Grid(told["crs"], Affine(*told["transform"]), tuple(told["shape"]))
