"""The folder of a finished run, opened to be shown.

It joins what a run left with the doors of its products. It reads no pixel but of rasters in units
of their own, whose colours nothing else tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from affine import Affine

from landcover.model import Grid
from landcover.outputs.doors import style_of
from landcover.outputs.doors.fitting import fitted
from landcover.outputs.results import open_results
from landcover.outputs.shown import About, Shown
from landcover.outputs.style import RasterStyle
from landcover.raster.facts import facts_of

__all__ = ["GROUPS", "open_shown"]

GROUPS = ("changed", "ndvi", "indices", "pictures", "quality")
"""Groups of rasters in the order in which they are shown; others come after."""

_GROUNDS = ("ndvi", "indices")
"""Groups of what covers the ground, where there is no picture of it."""


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
    styles = fitted([style_of(facts_of(path)) for path in paths])
    order = {group: n for n, group in enumerate(GROUPS)}
    styles.sort(key=lambda one: (order.get(one.group, len(order)), one.rank, one.series, one.step))
    told = _with_ground(_with_something_shown(styles))
    return Shown(out, about, opened.run, tuple(told), _grid(opened.run), opened.tables)


def _drawn(style: RasterStyle) -> RasterStyle:
    """Have a raster's first band drawn when a project is opened."""
    first, *others = style.bands
    return replace(style, bands=(replace(first, shown=True), *others))


def _last_of(styles: Sequence[RasterStyle], like: RasterStyle) -> int:
    """Return the place of the last raster of one's series."""
    return max(n for n, one in enumerate(styles) if _series(one) == _series(like))


def _series(style: RasterStyle) -> tuple[str, str]:
    """Return what rasters share that differ in time alone."""
    return style.group, style.series


def _with_something_shown(styles: list[RasterStyle]) -> list[RasterStyle]:
    """Have something drawn at first: where no product says what, the last of what comes first."""
    if styles and not any(band.shown for style in styles for band in style.bands):
        n = _last_of(styles, styles[0])
        return [*styles[:n], _drawn(styles[n]), *styles[n + 1 :]]
    return styles


def _with_ground(styles: list[RasterStyle]) -> list[RasterStyle]:
    """Have the last picture, or else composite, drawn beneath what is mostly empty."""
    drawn = [band for style in styles for band in style.bands if band.shown]
    pictures = [style for style in styles if style.is_picture]
    grounds = pictures or [one for one in styles if one.group in _GROUNDS and one.step]
    if not grounds or not all(band.hidden for band in drawn):
        return styles
    n = _last_of(styles, grounds[0])
    return [*styles[:n], _drawn(styles[n]), *styles[n + 1 :]]


def _grid(run: Mapping[str, Any]) -> Grid:
    """Return the job's grid, as the account of the run has it."""
    told = run["grid"]
    return Grid(told["crs"], Affine(*told["transform"]), tuple(told["shape"]))
