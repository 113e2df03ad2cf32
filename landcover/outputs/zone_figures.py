"""Figures of zones, gathered from the tables of a run: attributes of ``zones.gpkg``.

It knows columns of tables. It computes nothing: each figure stands in a table as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["zone_figures"]

KINDS = (
    "disturbed_ha", "confirmed_ha", "provisional_ha", "low_ha", "perhaps_before_watch_ha",
    "stable_ha", "abrupt_ha", "gradual_ha", "recovering_ha", "history_too_short_ha",
    "history_unstable_ha", "outside_images_ha", "not_watched_ha",
)  # fmt: skip
"""Columns of ``disturbance_kinds.csv`` that are told of each zone."""

YEARLY = ("disturbed_ha", "confirmed_ha", "not_observable_ha")
"""Columns of ``disturbance_area.csv`` that are told of each zone and year."""

TRENDS = ("declining_ha", "rising_ha", "none_ha", "untested_ha")
"""Columns of ``trend_area.csv`` that are told of each zone and index."""

SEEN = 0.5
"""Least clear fraction of a zone (no unit) on the date that stands for its latest state."""


def zone_figures(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Gather the figures of each zone.

    Parameters
    ----------
    tables : mapping
        Tables of a run by name, as `read_table` reads them; those that it lacks are left out.

    Returns
    -------
    pandas.DataFrame
        Indexed by `zone_id`. The kinds of ``disturbance_kinds.csv``; `disturbed_2022_ha` and the
        like, of ``disturbance_area.csv``, for each year that was monitored; `ndvi_declining_ha`
        and the like, of ``trend_area.csv``; and of ``zone_series.csv``, for each index, the
        latest row of which at least half of the zone was clear: `ndvi_date`, `ndvi_mean`,
        `ndvi_median`, `ndvi_clear_fraction`. What a table does not tell of a zone is missing.
    """
    import pandas as pd

    parts = [part for make in (_kinds, _years, _trends, _latest) for part in make(tables)]
    if not parts:
        return pd.DataFrame(index=pd.Index([], name="zone_id", dtype=object))
    return pd.concat(parts, axis=1).rename_axis("zone_id")


def _kinds(tables: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Take what became of each zone's ground over the whole watch."""
    if "disturbance_kinds" in tables:
        table = tables["disturbance_kinds"].drop_duplicates("zone_id").set_index("zone_id")
        yield table[[name for name in KINDS if name in table]]


def _years(tables: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Take the hectares of each monitored year."""
    if "disturbance_area" not in tables:
        return
    table = tables["disturbance_area"]
    monitored = table[(table["every"] == "year") & table["monitored_first_date"].notna()]
    for period, rows in monitored.groupby("period"):
        figures = rows.drop_duplicates("zone_id").set_index("zone_id")
        named = {name: f"{name.removesuffix('_ha')}_{period}_ha" for name in YEARLY}
        yield figures[list(YEARLY)].rename(columns=named)


def _trends(tables: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Take the hectares that declined or rose, by index."""
    if "trend_area" in tables:
        for index, rows in tables["trend_area"].groupby("index"):
            figures = rows.drop_duplicates("zone_id").set_index("zone_id")[list(TRENDS)]
            yield figures.add_prefix(f"{index}_")


def _latest(tables: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Take the latest row of each zone and index that shows at least half of it."""
    import pandas as pd

    if "zone_series" not in tables:
        return
    table = tables["zone_series"]
    form = _form_of(table["date"])
    seen = table[(table["clear_fraction"] >= SEEN) & table["median"].notna()]
    for index, rows in seen.groupby("index", sort=True):
        last = rows.sort_values("date", kind="stable").drop_duplicates("zone_id", keep="last")
        named: dict[str, Any] = {
            f"{index}_date": _written(last["date"], form),
            f"{index}_mean": last["mean"],
            f"{index}_median": last["median"],
            f"{index}_clear_fraction": last["clear_fraction"],
        }
        yield pd.DataFrame(named).set_axis(last["zone_id"], axis=0)


def _form_of(column: pd.Series[Any]) -> str:
    """Say how a whole column of days was written: months and years are read as first days."""
    if column.dtype.kind != "M":
        return ""
    day, month = column.dt.day, column.dt.month
    return "%Y-%m-%d" if (day != 1).any() else "%Y-%m" if (month != 1).any() else "%Y"


def _written(column: pd.Series[Any], form: str) -> pd.Series[Any]:
    """Write days as their table does."""
    return column.dt.strftime(form) if form else column.astype(str)
