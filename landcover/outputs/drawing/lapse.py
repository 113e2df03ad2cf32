"""A time-lapse: pictures of one place, one after another, as an animated WebP.

It draws frames of one size. It does not choose the place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray
from PIL import Image

from landcover.outputs.drawing.backdrop import backdrop
from landcover.outputs.drawing.canvas import INK, PAPER, WEBP_QUALITY, legible, pixels_of
from landcover.outputs.drawing.maps import draw_map, explain, map_sheet
from landcover.outputs.drawing.plane import Plane
from landcover.outputs.drawing.sources import credit_of
from landcover.outputs.shown import Shown
from landcover.outputs.style import RasterStyle
from landcover.outputs.wording import Words

__all__ = ["Place", "time_lapse"]

DPI: Final = 120
"""Of a frame (dots per inch): about 900 px."""

FRAME_PX: Final = 700
"""Most pixels a side that a frame reads."""

STEP_MS, LAST_MS = 900, 2400
"""How long a frame stands, and the last one (milliseconds)."""


@dataclass(frozen=True, slots=True)
class Place:
    """What a time-lapse shows, and what it is called."""

    name: str
    plane: Plane


def _frame(shown: Shown, style: RasterStyle, place: Place, words: Words) -> NDArray[np.uint8]:
    """Draw one period."""
    plane = place.plane
    made = map_sheet(
        plane, 1, 7.6, 5.6, titled=True, credit=credit_of(shown, words.language), dpi=DPI
    )
    made.maps[0].set_title(place.name)
    band = style.bands[0]
    ground = backdrop(style, band, FRAME_PX, plane)
    told = draw_map(made.maps[0], shown, plane, ground, words, ("reserve", "site"))
    made.maps[0].text(
        0.02, 0.98, legible(style.step), transform=made.maps[0].transAxes, fontsize=20, color=INK,
        fontweight="bold", va="top", path_effects=[withStroke(linewidth=3.5, foreground=PAPER)],
        zorder=9,
    )  # fmt: skip
    explain(made, plane, words, told, ground, style.series.upper(), kept_back=shown.kept_back)
    return pixels_of(made.sheet, DPI)


def time_lapse(shown: Shown, steps: Sequence[RasterStyle], place: Place, words: Words) -> bytes:
    """Animate the rasters of a series over one place.

    Parameters
    ----------
    shown : Shown
    steps : sequence of RasterStyle
        In order of time, two or more.
    place : Place
    words : Words

    Returns
    -------
    bytes
        An animated WebP that begins again without end, and stands longer at its last frame.
    """
    drawn = (_frame(shown, one, place, words) for one in steps)
    frames = [Image.fromarray(np.ascontiguousarray(pixels)) for pixels in drawn]
    held = BytesIO()
    frames[0].save(
        held, "WEBP", save_all=True, append_images=frames[1:], loop=0, quality=WEBP_QUALITY,
        method=4, duration=[STEP_MS] * (len(frames) - 1) + [LAST_MS],
    )  # fmt: skip
    return held.getvalue()
