"""What each product brings to those who show results: its styles, group and section.

One literal table, product -> Door. A new product adds a module and a row; writers know no product.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from landcover.outputs.doors import climatology, composite, disturbance, pictures, plain, trend
from landcover.outputs.doors.base import Door
from landcover.outputs.shown import Shown
from landcover.outputs.style import RasterStyle
from landcover.raster.facts import RasterFacts

__all__ = ["DOORS", "Door", "doors_of", "style_of"]

DOORS: Final[Mapping[str, Door]] = {
    "disturbance": disturbance.DOOR,
    "trend": trend.DOOR,
    "climatology": climatology.DOOR,
    "composite": composite.DOOR,
    "pictures": pictures.DOOR,
}
"""In the order in which a report tells of them."""


def style_of(facts: RasterFacts) -> RasterStyle:
    """Return how a raster is shown; one of no known product plainly, in the group `other`."""
    door = DOORS.get(facts.tags.get("PRODUCT", ""))
    return door.style(facts) if door else plain.style(facts)


def doors_of(shown: Shown) -> tuple[Door, ...]:
    """Return the doors of the products that a job asked for, in their order."""
    return tuple(door for name, door in DOORS.items() if name in shown.about.products)
