"""Figures that are charts: NDVI of zones, hectares by year, disturbance against distance.

It chooses rows of tables. It draws nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from landcover.outputs.drawing.axes import CONFIDENCES
from landcover.outputs.drawing.canvas import drawing, vector
from landcover.outputs.drawing.charts import Ring, by_distance_chart, by_year_chart, series_chart
from landcover.outputs.drawing.families import (
    BROKEN,
    Family,
    Member,
    distance_text,
    families,
    left_out,
    reported,
)
from landcover.outputs.drawing.rows import is_partial_year, records
from landcover.outputs.drawing.sources import source_of
from landcover.outputs.pairs import watched_from
from landcover.outputs.section import Figure
from landcover.outputs.shown import Shown
from landcover.outputs.wording import Words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["by_distance", "yearly_area", "zone_chart", "zone_series"]

MOST_FAMILIES: Final = 6
"""Panels of values over time."""

MOST_ABSENT: Final = 8
"""Zones that are not charted and named: of more, their number is told."""

MOST_ZONES: Final = 6
"""Panels of hectares by year."""

UNSEEN: Final = (
    "history_too_short_ha", "history_unstable_ha", "outside_images_ha", "not_watched_ha",
)  # fmt: skip
"""Columns of ``disturbance_kinds.csv`` of ground of which nothing can be said."""

SVG: Final = "image/svg+xml"


def _series(shown: Shown) -> tuple[str, pd.DataFrame] | None:
    """Return the index that is charted, NDVI where there is a choice, and its rows."""
    table = shown.table("zone_series")
    if table is None or not len(table) or "median" not in table:
        return None
    every = list(dict.fromkeys(table["index"]))
    index = "ndvi" if "ndvi" in every else every[0]
    rows = table[table["index"] == index]
    rows = rows[rows["sensor"] == rows["sensor"].iloc[0]]
    return (str(index), rows) if rows["date"].dtype.kind == "M" else None


def _absent(names: Sequence[str], words: Words) -> str:
    """Say which zones are not charted, and why."""
    if not names:
        return ""
    if len(names) > MOST_ABSENT:
        key = "left_out_one" if len(names) == 1 else "left_out_many"
        return words(key, count=words.number(len(names), 0))
    return words("left_out", names=", ".join(names))


def _chart(
    shown: Shown, chosen: tuple[Family, ...], key: str, words: Words, absent: Sequence[str] = ()
) -> Figure | None:
    """Chart families of zones over time, and name those that are absent."""
    found = _series(shown)
    if found is None or not chosen:
        return None
    index, table = found
    panels = [
        (one, table[table["zone_id"].isin([m.zone_id for m in one.members])]) for one in chosen
    ]
    panels = [(one, rows) for one, rows in panels if len(rows)]
    if not panels:
        return None
    name, titles = index.upper(), ", ".join(one.title for one, _ in panels)
    values = {"index": name, "zones": titles}
    alt = words("zone_series_alt", **values)
    with drawing(key):
        sheet = series_chart(panels, name, words, watched_from(shown.styles))
        data = vector(sheet, key, alt)
    title, told = words("zone_series_title", **values), words("zone_series_caption", **values)
    caption = f"{told} {_absent(absent, words)}".strip()
    return Figure(key, data, SVG, title, caption, alt, source_of(shown, words.language))


def zone_series(shown: Shown, language: str) -> Figure | None:
    """F4: values of zones and rings over time, with how much of them was seen."""
    words = Words("drawing", language)
    chosen = families(shown, words, MOST_FAMILIES)
    return _chart(shown, chosen, "zone_series", words, left_out(shown, chosen))


def zone_chart(shown: Shown, language: str, zone_id: str) -> Figure | None:
    """Chart the values of one zone over time, for a page of its own."""
    words = Words("drawing", language)
    zones = shown.table("zones")
    here = None if zones is None else zones[zones["zone_id"] == zone_id]
    if here is None or not len(here):
        return None
    row = here.iloc[0]
    text = words("member_inside")
    if row["kind"] in ("ring", "outside"):
        text = distance_text(row["from_m"], row["to_m"], words)
    one = Family(str(row["name"]), (Member(zone_id, text),))
    return _chart(shown, (one,), "zone_chart", words)


def _by_year(shown: Shown) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the zones whose hectares are charted: reserves and regions; else what there is."""
    table = shown.table("disturbance_area")
    if table is None:
        return
    years = table[table["every"] == "year"]
    zones = reported(shown, ("reserve", "region", "unit"))
    zones = zones if len(zones) else reported(shown, ("site", "ring", "outside", "control"))
    for _, zone in zones.head(MOST_ZONES).iterrows():
        rows = years[years["zone_id"] == zone["zone_id"]]
        if rows["monitored_first_date"].notna().any():
            yield str(zone["name"]), rows


def _partial(rows: pd.DataFrame, words: Words) -> str:
    """Say which years were watched in part only."""
    told = []
    for row in filter(is_partial_year, records(rows)):
        first, last = row.monitored_first_date.date(), row.monitored_last_date.date()
        told.append(words("partial", year=row.period, first=words.day(first), last=words.day(last)))
    return " ".join(told)


def yearly_area(shown: Shown, language: str) -> Figure | None:
    """F5: hectares that broke in each year by confidence, with what could not be observed."""
    zones, words = list(_by_year(shown)), Words("drawing", language)
    if not zones:
        return None
    names = ", ".join(name for name, _ in zones)
    alt = words("yearly_area_alt", zones=names)
    with drawing("yearly_area"):
        data = vector(by_year_chart(zones, words), "yearly_area", alt)
    caption = f"{words('yearly_area_caption')} {_partial(zones[0][1], words)}".strip()
    return Figure("yearly_area", data, SVG, words("yearly_area_title"), caption, alt,
                  source_of(shown, language))  # fmt: skip


def _rings(rows: pd.DataFrame, words: Words) -> Iterator[Ring]:
    """Sum the rings of one distance: they exclude each other within a group."""
    reaches: Any = rows.groupby(["from_m", "to_m"], sort=True)
    for (from_m, to_m), here in reaches:
        sums = here.sum(numeric_only=True)
        broken, unseen = (
            float(sum(sums.get(name, 0.0) for name in names)) for names in (BROKEN, UNSEEN)
        )
        classes = {name: float(sums.get(f"{name}_ha", np.nan)) for name in CONFIDENCES}
        told = {} if np.isnan(list(classes.values())).any() else classes
        text = distance_text(from_m, to_m, words)
        yield Ring(text, broken, unseen, float(sums["area_ha"]), told)


def by_distance(shown: Shown, language: str) -> Figure | None:
    """F6: the share of ground that broke against the distance from sites."""
    kinds, zones = shown.table("disturbance_kinds"), shown.table("zones")
    words = Words("drawing", language)
    if kinds is None or zones is None:
        return None
    rows = kinds[kinds["kind"] == "ring"].merge(zones[["zone_id", "group"]], on="zone_id")
    groups = [(str(name), list(_rings(here, words))) for name, here in rows.groupby("group")]
    groups = [(name, rings) for name, rings in groups if len(rings) > 1][:3]
    if not groups:
        return None
    alt = words("by_distance_alt", groups=", ".join(name for name, _ in groups))
    with drawing("by_distance"):
        data = vector(by_distance_chart(groups, words), "by_distance", alt)
    first, last = rows["monitored_first_date"].min(), rows["monitored_last_date"].max()
    caption = words(
        "by_distance_caption", first=words.day(first.date()), last=words.day(last.date())
    )
    return Figure("by_distance", data, SVG, words("by_distance_title"), caption, alt,
                  source_of(shown, language))  # fmt: skip
