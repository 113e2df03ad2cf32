"""What the report says of `composite`."""

from __future__ import annotations

from landcover.outputs.report.drawn import drawn
from landcover.outputs.report.teller import Teller
from landcover.outputs.section import Block, Section
from landcover.outputs.shown import Shown

__all__ = ["section"]


def section(shown: Shown, language: str) -> Section | None:
    """Tell of an index over time."""
    teller = Teller(shown, language)
    blocks: tuple[Block, ...] = (
        teller.paragraph("composite_what"),
        *drawn(shown, language, "zone_series"),
    )
    return Section("composite", teller.words("section_composite"), blocks)
