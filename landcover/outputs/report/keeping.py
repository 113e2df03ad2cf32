"""What is known of listed sites beside what was found there: where they lie, and their list.

It knows columns of ``zones.csv``. What is a list's own (minerals, workers, days of visits) it shows
as it stands, but for minerals, which have names in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from landcover.outputs.dictionary import entry_of
from landcover.outputs.minerals import is_of_minerals, mineral, minerals_title
from landcover.outputs.placed import PLACE_COLUMNS
from landcover.outputs.report.sheet import as_text
from landcover.outputs.report.teller import Teller
from landcover.outputs.report.zoning import Near, records
from landcover.outputs.section import Cell, Column, Fact
from landcover.outputs.tables import ZONE_COLUMNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Kept", "kept_of"]

MOST = 4
"""Columns of a list that are shown; ``zones.csv`` has the others."""

PLACED = ("territory_name", "nearest_reserve_name")
"""Columns that say where sites lie; one reserve alone needs no name in each row."""

DISTANCE = "reserve_distance_m"
"""The last of the columns: numbers stand beside numbers."""

OF_LAYERS = re.compile(r"_(mean|median|p10|p90|observed_fraction)$")
"""How the columns end that are not a list's own, but figures of layers."""


class Kept(NamedTuple):
    """Columns, and the cells of each of a list's sites."""

    columns: tuple[Column, ...]
    cells: Mapping[str, tuple[Cell, ...]]


def kept_of(teller: Teller, group: Near) -> Kept:
    """Return where the sites of a group lie, and what the job keeps of them.

    A column is left out that is empty for all of them.
    """
    frame = teller.zones.frame
    of = frame[(frame["group"] == group.group) & (frame["kind"] == "ring")]
    of = of.drop_duplicates("parent")
    shown = [*_placed(of), *_own(of), *([DISTANCE] if _has(of, DISTANCE) else ())]
    cells = {
        site: tuple(_cell(teller, zone, name, one) for name, one in zip(shown, row, strict=True))
        for zone, site, *row in records(of, "zone_id", "parent", *shown)
    }
    many = sum(map(is_of_minerals, shown)) > 1
    language = teller.words.language
    return Kept(tuple(Column(f"kept_{one}", _title(one, many, language)) for one in shown), cells)


def _has(of: pd.DataFrame, name: str) -> bool:
    """Whether any row has a value in a column."""
    return name in of and bool((of[name].map(as_text) != "").any())


def _placed(of: pd.DataFrame) -> list[str]:
    """List the columns that say where sites lie."""
    found = [name for name in PLACED if _has(of, name)]
    if "nearest_reserve_name" in found and of["nearest_reserve_id"].nunique() == 1:
        found.remove("nearest_reserve_name")
    return found


def _own(of: pd.DataFrame) -> list[str]:
    """List the first columns that are the list's own."""
    known = (*ZONE_COLUMNS, *PLACE_COLUMNS)
    own = [str(one) for one in of if one not in known and not OF_LAYERS.search(str(one))]
    return [name for name in own if _has(of, name)][:MOST]


def _title(name: str, many: bool, language: str) -> str:
    """Name a column: those of a list have their own names, but for minerals."""
    if name in PLACE_COLUMNS:
        title = entry_of("zones", name, language).heading
    elif is_of_minerals(name):
        title = minerals_title(name, language, numbered=many)
    else:
        return name
    return title[:1].lower() + title[1:]


def _cell(teller: Teller, zone: str, name: str, value: Any) -> Cell:
    """Write one cell: a number says where it stands."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = as_text(value)
        return (mineral(text, teller.words.language) if is_of_minerals(name) else text) or None
    if value != value:
        return None
    digits = 0 if value == int(value) or name in PLACE_COLUMNS else 2
    text = teller.words.number(float(value), digits)
    return Fact(float(value), text, "zones", (("zone_id", zone),), name)
