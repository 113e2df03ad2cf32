"""What a file of zones holds, once it has been read and before rings are drawn.

This module knows shapes with an id. It does not know files, rings or settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import shapely
from shapely.geometry.base import BaseGeometry

from landcover.model import InputFile, Note, Zone

__all__ = ["Feature", "Nearby", "Span", "Value", "ZoneSet", "listed"]

Value = str | float | int | bool | None
"""One cell of a table."""

LISTED = 10
"""How many rows a sentence lists before it only counts them."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One shape of a file: point, line or polygon, in longitude and latitude (EPSG:4326).

    `row` is where it stands in its file, as a person would look it up: "row 7" of a
    table (the header counts), "feature 7" of a vector file; `number` is that 7.
    """

    row: str
    id: str
    name: str
    geometry: BaseGeometry
    kept: Mapping[str, Value] = field(default_factory=dict)
    number: int = 0

    @property
    def has_area(self) -> bool:
        """Whether it is a polygon, rather than a point or a line."""
        return int(shapely.get_dimensions(self.geometry)) == 2


@dataclass(frozen=True, slots=True)
class Span:
    """How many zones lie farther than `from_m` and at most `to_m` away (metres)."""

    from_m: float
    to_m: float
    count: int


@dataclass(frozen=True, slots=True)
class Nearby:
    """How the zones of `group` lie about those of the group `of`.

    Of `given` zones, `inside` lie in one of them, and others as far as `spans` count; what
    lies beyond the last span was left out.
    """

    group: str
    of: str
    given: int
    inside: int
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ZoneSet:
    """All zones of a job, what was said while reading them, and the files they came from.

    `nearby` counts, for each group with `near`, what lies in and near its other group. `sites`
    are the shapes of groups of sites as their files have them: points have no zone of their own.
    """

    zones: tuple[Zone, ...]
    notes: tuple[Note, ...]
    inputs: tuple[InputFile, ...]
    nearby: tuple[Nearby, ...] = ()
    sites: tuple[Feature, ...] = ()


def listed(items: list[str]) -> str:
    """Write the first of many items, and count the rest.

    Examples
    --------
    >>> listed(["row 2", "row 9"])
    'row 2, row 9'
    """
    shown = ", ".join(items[:LISTED])
    more = len(items) - LISTED
    return f"{shown} and {more} more" if more > 0 else shown
