"""The door through which a product brings what it has to show.

It knows styles and sections. It knows neither products nor writers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from landcover.outputs.style import RasterStyle
from landcover.raster.facts import RasterFacts

if TYPE_CHECKING:
    from landcover.outputs.section import Section
    from landcover.outputs.shown import Shown

__all__ = ["Door", "no_section"]


def no_section(shown: Shown, language: str) -> Section | None:
    """Have nothing to say in the report beside what is said of all rasters."""
    del shown, language
    return None


@dataclass(frozen=True, slots=True)
class Door:
    """What a product brings.

    `style` says how one of its rasters is shown; `section` what the report says of it in a
    language, None where there is nothing to say. `overlays` are what maps offer, (series, key of
    the band), the first one drawn when a map is opened. A series may hold ``*`` for any letters;
    without a key it is the first band of each series that no row before has named.
    """

    product: str
    style: Callable[[RasterFacts], RasterStyle]
    section: Callable[[Shown, str], Section | None] = no_section
    overlays: tuple[tuple[str, str], ...] = ()
