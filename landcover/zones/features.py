"""What a file of zones holds, once it has been read and before rings are drawn.

This module knows shapes with an id. It does not know files, rings or settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import shapely
from shapely.geometry.base import BaseGeometry

from landcover.model import InputFile, Note, Zone

__all__ = ["Feature", "Value", "ZoneSet", "listed"]

Value = str | float | int | bool | None
"""One cell of a table."""

LISTED = 10
"""How many rows a sentence lists before it only counts them."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One shape of a file: point, line or polygon, in longitude and latitude (EPSG:4326).

    `row` is where it stands in its file, as a person would look it up: "row 7" of a
    table (the header counts), "feature 7" of a vector file.
    """

    row: str
    id: str
    name: str
    geometry: BaseGeometry
    kept: Mapping[str, Value] = field(default_factory=dict)

    @property
    def has_area(self) -> bool:
        """Whether it is a polygon, rather than a point or a line."""
        return int(shapely.get_dimensions(self.geometry)) == 2


@dataclass(frozen=True, slots=True)
class ZoneSet:
    """All zones of a job, what was said while reading them, and the files they came from."""

    zones: tuple[Zone, ...]
    notes: tuple[Note, ...]
    inputs: tuple[InputFile, ...]


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
