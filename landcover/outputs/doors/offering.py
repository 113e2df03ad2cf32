"""What maps and printed pages of a run offer: bands of its rasters, as its products' doors say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from landcover.outputs.doors import doors_of
from landcover.outputs.doors.base import Door
from landcover.outputs.shown import Shown
from landcover.outputs.style import BandStyle, RasterStyle

__all__ = ["Offer", "offers_of"]


@dataclass(frozen=True, slots=True)
class Offer:
    """One band of a series of rasters, by time.

    `named` is False for what a door offers of any series it may have: the first to be left out
    where not all fits.
    """

    series: str
    key: str
    shown: tuple[tuple[RasterStyle, BandStyle], ...]
    named: bool


def _band(style: RasterStyle, key: str) -> BandStyle | None:
    """Find a band of a raster; without a key the most telling one."""
    return next((one for one in style.bands if key in ("", one.key)), None)


def _of_door(shown: Shown, door: Door) -> Iterator[Offer]:
    """Yield what one door offers, in its order."""
    series: dict[str, list[RasterStyle]] = {}
    for style in shown.styles:
        if style.product == door.product:
            series.setdefault(style.series, []).append(style)
    taken: set[tuple[str, str]] = set()
    for pattern, key in door.overlays:
        before = {name for name, _ in taken}
        for name, styles in series.items():
            if not fnmatchcase(name, pattern) or (not key and name in before):
                continue
            ordered = sorted(styles, key=lambda one: one.step)
            pairs = [(one, band) for one in ordered if (band := _band(one, key)) is not None]
            if pairs and (name, pairs[0][1].key) not in taken:
                taken.add((name, pairs[0][1].key))
                yield Offer(name, pairs[0][1].key, tuple(pairs), "*" not in pattern)


def offers_of(shown: Shown) -> Iterator[Offer]:
    """Yield what the doors of a run's products offer, in the order of products."""
    for door in doors_of(shown):
        yield from _of_door(shown, door)
