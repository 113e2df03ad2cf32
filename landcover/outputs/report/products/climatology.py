"""What the report says of `climatology`."""

from __future__ import annotations

from landcover.outputs.report.teller import Teller
from landcover.outputs.section import Listing, Section
from landcover.outputs.shown import Shown
from landcover.outputs.style import RasterStyle

__all__ = ["section"]


def section(shown: Shown, language: str) -> Section | None:
    """Tell of what is normal, and which maps show it; None where there is none."""
    teller = Teller(shown, language)
    styles = [style for style in shown.styles if style.product == "climatology"]
    if not styles:
        return None
    series: dict[str, list[RasterStyle]] = {}
    for style in styles:
        series.setdefault(style.series, []).append(style)
    items = tuple((_line(teller, of),) for of in series.values())
    blocks = (teller.paragraph("climatology_what"), Listing(items))
    return Section("climatology", teller.words("section_climatology"), blocks)


def _line(teller: Teller, styles: list[RasterStyle]) -> str:
    """Name the rasters of one series."""
    names = [style.names.get(teller.language, style.facts.name) for style in styles]
    files = ", ".join(f"rasters/{style.facts.name}.tif" for style in styles)
    if len(styles) == 1:
        return f"{names[0]} ({files})"
    return teller.words("climatology_series", first=names[0], last=styles[-1].step, files=files)
