"""Disturbances one by one, as ``patches.csv`` lists them.

It knows the columns of that table. It does not know shapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from landcover.outputs.report.sheet import Sheet, as_text
from landcover.outputs.report.teller import Teller, Told, day_of
from landcover.outputs.report.watch import EARLY, SURE
from landcover.outputs.report.zoning import Near, Place, called
from landcover.outputs.section import Block, Cell, TableView

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["largest", "patches_of"]

MOST = 30
"""Patches that the table of the largest lists."""

MOST_OPEN = 20
"""Rows of their years that are not folded away."""

MOST_OF_PLACE = 8
"""Patches that a place's own part lists."""

AREA = Told("patch_area", "area_ha", "ha", 2)
DROP = Told("drop", "drop", "", 2)
DISTANCE = Told("distance_m", "distance_m", "", 0)
DISTURBED_HA = Told("disturbed", "disturbed_ha", "ha")
EARLY_HA = Told("early", EARLY, "ha", 2)

HEADS = ("patch", "last_clear", "first_seen", "last_seen", "patch_kind")
"""What leads a patch's row; then its class, where its hectares are not told by class."""

DAYS = {"last_clear": "last_clear_date", "first_seen": "first_date", "last_seen": "last_date"}
"""Columns of days, by the head that they stand under."""


def largest(teller: Teller) -> Iterator[Block]:
    """Show the largest patches."""
    sheet = teller.sheet("patches")
    if sheet is None:
        kept_back = teller.shown.kept_back  # then an empty list is not a finding
        yield teller.paragraph("patches_kept_back" if kept_back else "patches_none")
        return
    frame = sheet.frame.sort_values(["area_ha", "patch_id"], ascending=[False, True])
    note = teller.words("note_patches")
    if len(frame) > MOST:
        note = f"{teller.words('note_patches_more')} {note}"
    some = frame.head(MOST)
    yield _table(teller, "patches", some, note, "table_patches")
    years = teller.sheet("patch_years")
    if years is not None:
        yield _years(teller, years, [str(one) for one in some["patch_id"]])


def _years(teller: Teller, sheet: Sheet, patches: Sequence[str]) -> TableView:
    """Show how much of some patches was first seen in each year."""
    rows = [
        ((patch, as_text(year)), (("patch_id", patch), ("year", as_text(year))))
        for patch in patches
        for year in sheet.rows((("patch_id", patch),))["year"]
    ]
    told = tuple(replace(one, digits=2) for one in (DISTURBED_HA, *SURE, EARLY_HA))
    note = teller.words("note_patch_years")
    return teller.table(
        "patch_years", sheet, ("patch", "year"), told, rows, note, len(rows) > MOST_OPEN
    )


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
        note, title = teller.words("note_place_patches"), "table_place_patches"
        key, some = f"{anchor}-patches", found.head(MOST_OF_PLACE)
        yield _table(teller, key, some, note, title, near_site=group is not None)


def _table(
    teller: Teller, key: str, frame: pd.DataFrame, note: str, title: str, near_site: bool = False
) -> TableView:
    """Show some patches; `near_site`, of one site that all of them are near."""
    sheet = teller.sheet("patches")
    if sheet is None:
        raise ValueError(key)
    with_sites = "distance_m" in frame.columns and bool(frame["distance_m"].notna().any())
    split = sheet.has(*(one.column for one in SURE))
    heads = [*HEADS, *(() if split else ("confidence",)), "in_zone"]
    if with_sites and not near_site:
        heads.append("nearest")
    told = (
        AREA,
        *(replace(one, digits=2) for one in SURE if split),
        *((EARLY_HA,) if sheet.has(EARLY) else ()),
        DROP,
        *((DISTANCE,) if with_sites else ()),
    )
    rows = [
        (tuple(_cell(teller, row, head) for head in heads), (("patch_id", str(row.patch_id)),))
        for row in frame.itertuples(index=False)
    ]
    notes = [note, teller.words("note_patch_split" if split else "note_patch_class")]
    if teller.shown.kept_back:
        notes.insert(0, teller.words("note_patches_kept_back"))
    return teller.table(key, sheet, heads, told, rows, " ".join(notes), title=title)


def _cell(teller: Teller, row: Any, head: str) -> Cell:
    """Write what a patch's row has under a head."""
    if head in DAYS:
        return day_of(getattr(row, DAYS[head]))
    if head == "patch":
        return str(row.patch_id)
    if head == "in_zone":
        return called(teller, str(row.zone_id))
    if head == "nearest":
        name = row.nearest_site_name
        return str(name) if name == name and name else str(row.nearest_site_id)
    worded = {"patch_kind": f"kind_of_{row.kind}", "confidence": f"confidence_{row.confidence}"}
    return teller.words(worded[head])
