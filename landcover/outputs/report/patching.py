"""Disturbances one by one, as ``patches.csv`` lists them.

It knows the columns of that table. It does not know shapes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from landcover.outputs.report.teller import Teller, Told, day_of
from landcover.outputs.report.zoning import Near, Place
from landcover.outputs.section import Block, Cell, TableView

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["largest", "patches_of"]

MOST = 30
"""Patches that the table of the largest lists."""

MOST_OF_PLACE = 8
"""Patches that a place's own part lists."""

SIZES = (Told("patch_area", "area_ha", "ha", 2), Told("drop", "drop", "", 2))
DISTANCE = Told("distance_m", "distance_m", "", 0)

HEADS = (
    "patch",
    "last_clear",
    "first_seen",
    "middle_seen",
    "last_seen",
    "patch_kind",
    "confidence",
)


def largest(teller: Teller) -> Iterator[Block]:
    """Show the largest patches."""
    sheet = teller.sheet("patches")
    if sheet is None:
        yield teller.paragraph("patches_none")
        return
    frame = sheet.frame.sort_values(["area_ha", "patch_id"], ascending=[False, True])
    more = "note_patches_more" if len(frame) > MOST else "note_patches"
    yield _table(teller, "patches", frame.head(MOST), teller.words(more), "table_patches")


def patches_of(teller: Teller, place: Place, group: Near | None, anchor: str) -> Iterator[Block]:
    """Show the largest patches in a zone, or near a site and nearer to it than to any other."""
    sheet = teller.sheet("patches")
    if sheet is None:
        return
    frame = sheet.frame
    if group is None:
        held = frame["zone_ids"].map(lambda ids: place.id in str(ids).split(";"))
    elif "nearest_site_id" in frame.columns:
        held = (frame["nearest_site_id"] == place.id) & (frame["distance_m"] <= group.metres)
    else:
        return
    found = frame[held].sort_values(["area_ha", "patch_id"], ascending=[False, True])
    if len(found):
        note = teller.words("note_place_patches")
        yield _table(
            teller, f"{anchor}-patches", found.head(MOST_OF_PLACE), note, "table_place_patches"
        )


def _table(teller: Teller, key: str, frame: pd.DataFrame, note: str, title: str) -> TableView:
    """Show some patches."""
    sheet = teller.sheet("patches")
    if sheet is None:
        raise ValueError(key)
    with_sites = "distance_m" in frame.columns and bool(frame["distance_m"].notna().any())
    heads = (*HEADS, "in_zone", *(("nearest",) if with_sites else ()))
    told = (*SIZES, *((DISTANCE,) if with_sites else ()))
    rows = [
        (_lead(teller, row, with_sites), (("patch_id", str(row.patch_id)),))
        for row in frame.itertuples(index=False)
    ]
    return teller.table(key, sheet, heads, told, rows, note, title=title)


def _lead(teller: Teller, row: Any, with_sites: bool) -> tuple[Cell, ...]:
    """Write a patch in words."""
    cells: tuple[Cell, ...] = (
        str(row.patch_id),
        day_of(row.last_clear_date),
        day_of(row.first_date),
        day_of(row.median_date),
        day_of(row.last_date),
        teller.words(f"kind_of_{row.kind}"),
        teller.words(f"confidence_{row.confidence}"),
        str(row.zone_id),
    )
    if not with_sites:
        return cells
    name = row.nearest_site_name
    return (*cells, str(name) if name == name and name else str(row.nearest_site_id))
