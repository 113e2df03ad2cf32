"""What a report's figures cannot tell.

It knows which caveats go with which products. It measures nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from landcover.outputs.report.teller import Teller
from landcover.outputs.report.warned import warned
from landcover.outputs.section import Block, Listing, Section

__all__ = ["limits"]

ALWAYS = ("limit_boundaries", "limit_kinds", "limit_pixel")

OF_PRODUCT = {
    "disturbance": (
        "limit_mapped", "limit_cause", "limit_blind", "limit_dates", "limit_last", "limit_small",
        "limit_twice",
    ),
    "trend": ("limit_trend",),
    "climatology": ("limit_climatology",),
}  # fmt: skip

WITH_SITES = ("limit_sites", "limit_near")


def limits(teller: Teller) -> Section:
    """Say what the figures cannot tell."""
    return Section("limits", teller.words("section_limits"), tuple(_blocks(teller)))


def _blocks(teller: Teller) -> Iterator[Block]:
    """Give the parts."""
    keys = [key for name, own in OF_PRODUCT.items() if name in teller.shown.about.products
            for key in own]  # fmt: skip
    if (teller.zones.frame["kind"].isin(("ring", "site"))).any():
        keys += WITH_SITES
    yield Listing(tuple(teller.say(key) for key in (*keys, *ALWAYS)))
    warnings = tuple((one,) for one in warned(teller))
    if warnings:
        yield teller.heading("warnings")
        yield teller.paragraph("warnings_why")
        yield Listing(warnings)
