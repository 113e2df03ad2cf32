"""What fills a map: one band of a raster, read and painted, and why pixels of it are empty.

It reads rasters and paints them. It draws nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from landcover.kernels.breaks import SHORT
from landcover.kernels.breaks import UNSTABLE as KIND_UNSTABLE
from landcover.model import Legend
from landcover.outputs.drawing.paint import paint
from landcover.outputs.drawing.patterns import NOT_SEEN, TOO_SHORT, UNSTABLE
from landcover.outputs.drawing.plane import Bounds, Plane
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.raster.look import Look, Method, look, look_on
from landcover.raster.presence import look_present

__all__ = ["Backdrop", "backdrop", "reasons_of"]

REASONS: Final = {"disturbance": "disturbance_kind"}
"""Rasters, by series, of which another one tells why a pixel has no value."""

KIND_REASONS: Final = {SHORT: TOO_SHORT, KIND_UNSTABLE: UNSTABLE}
"""Classes of that other one, and how each is drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Backdrop:
    """What fills a map: a band as uint8 (Y, X, 4) over bounds of its plane.

    `codes`, uint8 (Y, X), say why nothing can be said of a pixel; they may be `explained` by
    another raster. `cleared`: white is ground that was seen, with nothing found.
    """

    band: BandStyle
    pixels: NDArray[np.uint8]
    codes: NDArray[np.uint8]
    bounds: Bounds
    cleared: bool = False
    explained: bool = False


def _rare(style: RasterStyle, band: BandStyle, most_px: int) -> Look:
    """Read classes, or what was found in places only, so that nothing vanishes by shrinking."""
    found = band.scale.classes if isinstance(band.scale, Legend) else ()
    classes = tuple(one.value for one in found)
    known = (*classes, *(int(one) for one in band.hidden)) if classes else ()
    return look_present(style.facts.path, band.band, most_px, known, band.hidden)


def _read(style: RasterStyle, band: BandStyle, plane: Plane | None, most_px: int) -> Look:
    """Read what is drawn of a raster: all of it, or the part that a plane shows."""
    bands = (1, 2, 3) if band.scale is None else (band.band,)
    in_places = isinstance(band.scale, Legend) or bool(band.hidden)
    if plane is None and in_places and max(style.facts.grid.shape) > most_px:
        return _rare(style, band, most_px)
    method: Method = "nearest" if in_places else "average"
    if plane is None:
        return look(style.facts.path, bands, most_px, method)
    own = (plane.bounds[2] - plane.bounds[0]) / style.facts.grid.resolution[0]
    return look_on(style.facts.path, bands, plane.as_grid(min(most_px, round(own))), method)


def reasons_of(shown: Shown, style: RasterStyle) -> RasterStyle | None:
    """Find the raster that tells why pixels of another one have no value."""
    wanted = REASONS.get(style.series)
    return next((one for one in shown.styles if wanted and one.series == wanted), None)


def _codes(
    empty: NDArray[np.bool_], reasons: RasterStyle | None, plane: Plane | None, most_px: int
) -> NDArray[np.uint8]:
    """Say why nothing is drawn where that is so."""
    codes = np.where(empty, NOT_SEEN, 0).astype(np.uint8)
    if reasons is None:
        return codes
    kinds = _read(reasons, reasons.bands[0], plane, most_px).values[0]
    for kind, code in KIND_REASONS.items():
        codes[empty & (kinds == kind)] = code
    return codes


def backdrop(
    style: RasterStyle,
    band: BandStyle,
    most_px: int,
    plane: Plane | None = None,
    reasons: RasterStyle | None = None,
) -> Backdrop:
    """Read and paint one band of a raster.

    Parameters
    ----------
    style : RasterStyle
    band : BandStyle
    most_px : int
        Pixels a side, at most.
    plane : Plane, optional
        The part that is shown; all of the raster where there is none.
    reasons : RasterStyle, optional
        Tells on the same grid why pixels have no value.
    """
    seen = _read(style, band, plane, most_px)
    if band.scale is None:
        opaque = np.where(seen.valid.all(axis=0), 255, 0).astype(np.uint8)
        pixels = np.dstack([*seen.values.astype(np.uint8), opaque])
    else:
        pixels = paint(band, seen.values[0], seen.valid[0])
    cleared = _found_nothing(style, band, seen)
    pixels[cleared] = 255
    codes = _codes(pixels[..., 3] == 0, reasons, plane, most_px)
    told = reasons is not None
    return Backdrop(band, pixels, codes, seen.grid.bounds, bool(cleared.any()), told)


def _found_nothing(style: RasterStyle, band: BandStyle, seen: Look) -> NDArray[np.bool_]:
    """Say where somebody looked and found nothing: bool (Y, X).

    A plane of numbers is NaN where nobody looked, so a hidden number was seen; a hidden class
    tells that nobody looked.
    """
    if not style.facts.dtype.startswith("float"):
        return np.zeros(seen.values.shape[1:], bool)
    return np.asarray(seen.valid[0] & np.isin(seen.values[0], band.hidden))
