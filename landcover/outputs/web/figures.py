"""The figures that a map's pop-ups show: numbers of the run's tables, by zone.

It reads tables and computes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from landcover.outputs.amounts import year_named
from landcover.outputs.shown import Shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FIGURES", "figures", "monitored", "plain", "plains", "series", "years", "years_named"]

FIGURES = (
    ("zones", "area_ha", 1),
    ("zones", "dates_clear", 0),
    ("disturbance_kinds", "disturbed_ha", 2),
    ("disturbance_kinds", "confirmed_ha", 2),
    ("disturbance_kinds", "provisional_ha", 2),
    ("disturbance_kinds", "low_ha", 2),
    ("disturbance_kinds", "perhaps_before_watch_ha", 2),
    ("disturbance_kinds", "abrupt_ha", 2),
    ("disturbance_kinds", "gradual_ha", 2),
    ("disturbance_kinds", "recovering_ha", 2),
    ("disturbance_kinds", "stable_ha", 1),
    ("disturbance_kinds", "history_too_short_ha", 1),
    ("disturbance_kinds", "history_unstable_ha", 1),
    ("disturbance_kinds", "outside_images_ha", 1),
    ("disturbance_kinds", "not_watched_ha", 1),
    ("trend_area", "declining_ha", 1),
    ("trend_area", "rising_ha", 1),
    ("trend_area", "untested_ha", 1),
)
"""Table, column and digits after the point: what a pop-up says of a zone, in this order."""

KEPT_DIGITS = 4
"""Digits of hectares and fractions that a page keeps: 1 m²."""

SERIES_SCALE = 1000
"""Values of a series are kept as whole thousandths."""

MOST_VALUES = 300_000
"""Values of all series together: what goes beyond is left to zone_series.csv."""


def plain(value: Any, digits: int = KEPT_DIGITS) -> float | int | str | None:
    """Return a cell as a page keeps it: None where it is empty, a whole number without point."""
    if value is None or value != value:
        return None
    if isinstance(value, str):
        return value
    rounded = round(float(value), digits)
    return int(rounded) if rounded == int(rounded) else rounded


def plains(values: Any, digits: int = KEPT_DIGITS) -> list[Any]:
    """Return numbers as `plain` does, all at once."""
    import numpy as np

    rounded = np.round(np.asarray(values, float), digits).tolist()
    return [None if v != v else int(v) if v == int(v) else v for v in rounded]


def _by_zone(table: pd.DataFrame, ids: Sequence[str]) -> pd.DataFrame:
    """Return the rows of zones, in their order; one row a zone, empty where it has none."""
    keyed = table.assign(zone_id=table["zone_id"].astype(str)).drop_duplicates("zone_id")
    return keyed.set_index("zone_id").reindex(list(ids))


def figures(shown: Shown, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return the figures that the run's tables have: one entry a column, its values by zone."""
    found = []
    for table, column, digits in FIGURES:
        rows = shown.table(table)
        if rows is not None and column in rows.columns:
            values = plains(_by_zone(rows, ids)[column])
            found.append({"table": table, "column": column, "digits": digits, "values": values})
    return found


def years(shown: Shown, ids: Sequence[str], digits: int = KEPT_DIGITS) -> dict[str, Any] | None:
    """Return hectares disturbed each year that was monitored, and what could not be observed.

    Returns
    -------
    dict or None
        `years`, and by zone one value a year: `disturbed` (ha), `unseen_ha`, and `unseen`
        (fraction of the zone).
        None where the run watched no disturbances.
    """
    table = shown.table("disturbance_area")
    if table is None or table.empty:
        return None
    rows = table[(table["every"] == "year") & table["disturbed_ha"].notna()]
    rows = rows.assign(period=rows["period"].astype(str), zone_id=rows["zone_id"].astype(str))
    periods = sorted(rows["period"].unique())
    if not periods:
        return None

    def wide(column: str) -> list[list[Any]]:
        spread = rows.pivot_table(index="zone_id", columns="period", values=column, dropna=False)
        spread = spread.reindex(index=list(ids), columns=periods)
        return [plains(row, digits) for row in spread.to_numpy()]

    return {
        "years": periods,
        "disturbed": wide("disturbed_ha"),
        "unseen": wide("not_observable_fraction"),
        "unseen_ha": wide("not_observable_ha"),
    }


def years_named(shown: Shown, periods: Sequence[str], language: str) -> list[str]:
    """Name years as the report does: with their days where not all of one was watched.

    Parameters
    ----------
    shown : Shown
    periods : sequence of str
        As `years` has them.
    language : str
    """
    table = shown.table("disturbance_area")
    if table is None:
        return list(periods)
    rows = table[table["every"] == "year"]
    rows = rows.assign(period=rows["period"].astype(str))
    days = rows.groupby("period")[["monitored_first_date", "monitored_last_date"]].max()
    found = zip(days.index, *(days[name] for name in days.columns), strict=True)
    told = {year: (_day(first), _day(last)) for year, first, last in found}
    return [year_named(one, *told.get(one, (None, None)), language) for one in periods]


def _day(cell: Any) -> date | None:
    """Return the day of a table's cell; None where it is empty."""
    return None if cell is None or cell != cell else date.fromisoformat(str(cell)[:10])


def monitored(shown: Shown) -> tuple[str, str] | None:
    """Return the first and the last day on which disturbances were watched for, in any zone.

    None where no zone was watched.
    """
    table = shown.table("disturbance_kinds")
    if table is None or table.empty:
        return None
    told = table[["monitored_first_date", "monitored_last_date"]].dropna()
    if told.empty:
        return None
    return str(told.iloc[:, 0].min())[:10], str(told.iloc[:, 1].max())[:10]


def series(shown: Shown, ids: Sequence[str]) -> dict[str, Any] | None:
    """Return the medians of zones over time, for as many zones as fit.

    `ids` are in the order in which zones are told of. One index of one sensor is shown: the first.
    `told` says of how many zones there is room for the series; `leftOut` how many others have one.
    """
    table = shown.table("zone_series")
    if table is None or table.empty:
        return None
    first = table.iloc[0]
    rows = table[(table["index"] == first["index"]) & (table["sensor"] == first["sensor"])]
    rows = rows.assign(date=rows["date"].astype(str), zone_id=rows["zone_id"].astype(str))
    dates = sorted(rows["date"].unique())
    told = list(ids)[: max(1, MOST_VALUES // max(len(dates), 1))]
    values = (
        rows[rows["zone_id"].isin(told)]
        .drop_duplicates(["zone_id", "date"])
        .pivot_table(index="zone_id", columns="date", values="median", dropna=False)
        .reindex(columns=dates)
    )
    kept = {
        str(zone): [plain(value * SERIES_SCALE, 0) for value in row]
        for zone, row in zip(values.index, values.to_numpy().tolist(), strict=True)
    }
    return {
        "index": str(first["index"]).upper(),
        "dates": dates,
        "values": [kept.get(one) for one in told],
        "told": len(told),
        "leftOut": len(set(rows["zone_id"]).intersection(ids) - set(told)),
    }
