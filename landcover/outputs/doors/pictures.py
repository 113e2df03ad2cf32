"""What `pictures` brings to those who show results: what the ground looked like in each period."""

from __future__ import annotations

from landcover.outputs.doors.base import Door
from landcover.outputs.doors.naming import said
from landcover.outputs.doors.plain import day_of
from landcover.outputs.style import BandStyle, RasterStyle
from landcover.raster.facts import RasterFacts

__all__ = ["DOOR"]


def style(facts: RasterFacts) -> RasterStyle:
    """Say how a picture is shown: as it is."""
    step = facts.name.removeprefix("rgb_")
    names = said("picture", step=step)
    return RasterStyle(
        facts,
        "pictures",
        "pictures",
        names,
        (BandStyle(1, "picture", names, None, what=said("what_picture")),),
        "rgb",
        step,
        day_of(facts, "FIRST_DAY"),
        day_of(facts, "LAST_DAY"),
    )


DOOR = Door("pictures", style, overlays=(("rgb", "picture"),))
