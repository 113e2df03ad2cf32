"""How a raster is shown: its bands' names, colours and place among the others.

Nouns alone: writers of QGIS styles, reports and maps take them; each product's door makes them.
Texts are by language (``{"en": ..., "fr": ...}``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from landcover.model import Legend
from landcover.raster.facts import RasterFacts

__all__ = ["BandStyle", "Fit", "Ramp", "RasterStyle", "Texts"]

Texts = Mapping[str, str]
"""One text a language."""

Fit = Literal["", "range", "from_0", "sides", "looks"]
"""What of a ramp's rasters it is laid over; empty: it stays as it is."""


@dataclass(frozen=True, slots=True)
class Ramp:
    """Colours along a scale: linear between two stops, the ends' own colours beyond them.

    `stops` are (value, "#rrggbb") in increasing order. `ticks` are the values that a legend
    writes; empty for those of the stops. A `year` is written without thousands and digits.

    Where there are `steps`, colours change at stops alone: each holds from its own stop up to the
    next, and the last stop is the end of the step before it. A step is what its colour stands for.

    A ramp with a `fit` is laid over what its rasters hold: their range, from 0 on, to both sides of
    0, or as counts of looks in whole steps.
    """

    stops: tuple[tuple[float, str], ...]
    ticks: tuple[float, ...] = ()
    year: bool = False
    steps: tuple[Texts, ...] = ()
    fit: Fit = ""

    @property
    def low(self) -> float:
        """The value of the first stop."""
        return self.stops[0][0]

    @property
    def high(self) -> float:
        """The value of the last stop."""
        return self.stops[-1][0]


@dataclass(frozen=True, slots=True)
class BandStyle:
    """One band with a meaning of its own: a layer of a project, an overlay of a map.

    `band` counts from 1; `key` names it in ids ("date", "slope", "m01"). `scale` is None for the
    three bands of a picture. Values in `hidden` are drawn as nothing (0 = no break): `nothing` says
    what they mean, where that has to be drawn since nothing lies beneath. `what` says in a sentence
    what the colours tell. `shown` is drawn when a project is opened.

    `ground` are classes that say that nothing was found (the first), or why nobody could tell:
    where many pixels become one, they give way to all others and keep their own shares.
    `told_by` is the band of the same raster that tells where nothing was found (0) from where
    nobody could tell (no value), if this one has no value in either place; 0 for none.
    """

    band: int
    key: str
    names: Texts
    scale: Ramp | Legend | None
    unit: Texts = field(default_factory=dict)
    hidden: tuple[float, ...] = ()
    what: Texts = field(default_factory=dict)
    shown: bool = False
    ground: tuple[float, ...] = ()
    told_by: int = 0
    nothing: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RasterStyle:
    """One raster as people see it.

    `group` is a key of ``phrases/groups.yaml``: changed, ndvi, pictures, quality, or a product's
    own. Rasters of one `series` differ in time alone ("ndvi" of 2019, 2020 ...): they share one
    ramp, and `step` names each one's period; a raster that stands alone has no step. `bands` has
    what is shown, the most telling first (a picture has one, of its bands 1 to 3).
    """

    facts: RasterFacts
    product: str
    group: str
    names: Texts
    bands: tuple[BandStyle, ...]
    series: str
    step: str = ""
    first: date | None = None
    last: date | None = None
    rank: int = 0
    """Place among the rasters of its group: lower stands higher."""
    beneath: BandStyle | None = None
    """One of its bands, drawn beneath what its product draws in places alone: it tells ground on
    which nothing was found from ground that nobody could judge."""

    @property
    def is_picture(self) -> bool:
        """Whether its three bands are red, green and blue."""
        return bool(self.bands) and self.bands[0].scale is None
