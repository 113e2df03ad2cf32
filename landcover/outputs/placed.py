"""Where sites lie, as columns: their territory, the nearest reserve, and how far that is.

It knows columns and ids of sites. It measures nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from landcover.model import Zone
from landcover.outputs.sheets import Cell
from landcover.zones.features import Feature
from landcover.zones.whereabouts import Whereabouts, whereabouts

__all__ = ["PLACE_COLUMNS", "Around", "around_sites", "place_columns"]

PLACE_COLUMNS: Final = (
    "territory_id", "territory_name", "nearest_reserve_id", "nearest_reserve_name",
    "reserve_distance_m",
)  # fmt: skip
"""Columns of ``zones.csv``, for sites and rings about them, and of the layer ``sites``."""

Around = Mapping[str, Whereabouts]
"""Where each site lies, by its id."""


def around_sites(sites: Sequence[Feature], zones: Sequence[Zone]) -> Around:
    """Find where sites lie among the regions and reserves of a run."""
    found = whereabouts([site.geometry for site in sites], zones)
    return {site.id: one for site, one in zip(sites, found, strict=True)}


def place_columns(ids: Iterable[str], around: Around) -> dict[str, list[Cell]]:
    """Return the columns that say where sites lie; those that say nothing are left out.

    Parameters
    ----------
    ids : iterable of str
        Of the site of each row; what is none has empty cells.
    around : mapping
        From `around_sites`.
    """
    nowhere = Whereabouts()
    rows = [around.get(one, nowhere) for one in ids]
    columns = {name: [row[k] for row in rows] for k, name in enumerate(PLACE_COLUMNS)}
    return {
        name: list(cells)
        for name, cells in columns.items()
        if any(cell is not None for cell in cells)
    }
