"""What a job keeps of its lists of sites: minerals, workers, days of visits.

It knows columns of ``zones.csv`` that are a list's own. It does not know what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from landcover.outputs.report.sheet import as_text
from landcover.outputs.report.teller import Teller
from landcover.outputs.report.zoning import Near, records
from landcover.outputs.section import Cell, Column, Fact
from landcover.outputs.tables import ZONE_COLUMNS

__all__ = ["Kept", "kept_of"]

MOST = 4
"""Columns that are shown; ``zones.csv`` has the others."""

OF_LAYERS = re.compile(r"_(mean|median|p10|p90|observed_fraction)$")
"""How the columns end that are not a list's own, but figures of layers."""


class Kept(NamedTuple):
    """Columns of a list, and the cells of each of its sites."""

    columns: tuple[Column, ...]
    cells: Mapping[str, tuple[Cell, ...]]


def kept_of(teller: Teller, group: Near) -> Kept:
    """Return what the job keeps of the sites of a group, as far as any of them has it."""
    frame = teller.zones.frame
    of = frame[(frame["group"] == group.group) & (frame["kind"] == "ring")]
    of = of.drop_duplicates("parent")
    own = [str(one) for one in of if one not in ZONE_COLUMNS and not OF_LAYERS.search(str(one))]
    own = [name for name in own if (of[name].map(as_text) != "").any()][:MOST]
    cells = {
        site: tuple(_cell(teller, zone, name, one) for name, one in zip(own, row, strict=True))
        for zone, site, *row in records(of, "zone_id", "parent", *own)
    }
    return Kept(tuple(Column(f"kept_{name}", name) for name in own), cells)


def _cell(teller: Teller, zone: str, name: str, value: object) -> Cell:
    """Write one cell: a number says where it stands."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return as_text(value) or None
    if value != value:
        return None
    digits = 0 if value == int(value) else 2
    text = teller.words.number(float(value), digits)
    return Fact(float(value), text, "zones", (("zone_id", zone),), name)
