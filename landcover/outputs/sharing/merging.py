"""Tables without secret zones: their rows left out, or added up by territory or reserve.

This module knows tables of zones. It does not know files or shapes of secrets.

Rings of one group exclude each other, so their hectares may be added. Means over time may not be
shown even so: what a sensor saw day by day tells one place from all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import shapely

from landcover.outputs.sharing.cells import FEWEST, apart
from landcover.outputs.sharing.rounding import rounded
from landcover.outputs.sharing.secrets import Secret, Secrets, roots

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OPEN", "Territory", "added_up", "public_table", "territories"]

OPEN = frozenset({"scenes", "data_used", "disturbance_rates", "failures", "accuracy"})
"""Tables that tell of no zone and no place, but for the columns in BLANK."""

BLANK = frozenset({"tile", "nearest_site_id", "nearest_site_name", "distance_m"})
"""Columns that are emptied: tiles are named by where they lie."""

MERGED: Mapping[str, tuple[str, ...]] = {
    "zones": (),
    "disturbance_area": ("every", "period"),
    "disturbance_kinds": (),
    "trend_area": ("index",),
}
"""Tables whose hectares are added up, with the columns by which rows are told apart beside
territory, group and distance. Of others, rows of secret zones are left out."""

COARSE_TIMES = ("year",)
"""What `every` may say in rows added up: months would tell one place from another."""

SHARE_DIGITS = 3
"""Digits after the point of shares of such hectares."""

ZONE_COLUMNS = (
    "zone_id", "kind", "group", "name", "parent", "from_m", "to_m", "area_ha", "raster_area_ha",
    "dates_seen", "dates_clear", "first_date", "last_date", "mean_clear_fraction",
)  # fmt: skip
"""Columns of ``zones.csv``; whatever else it has, the job keeps of its files."""

Territory = tuple[str, str]
"""Id and name of what secrets are added up by; of several, joined."""


@lru_cache(maxsize=1)
def territories(secrets: Secrets) -> Mapping[str, Territory]:
    """Find for each secret what it is added up with; at least FEWEST of a group share one.

    They are the public regions of the run, without these its reserves; what lies in none is
    apart. The smallest are joined until each has enough; a group too small in all has none.
    """
    found: dict[str, Territory] = {}
    for group in sorted({one.group for one in secrets.secrets}):
        mine = [one for one in secrets.secrets if one.group == group]
        held: dict[tuple[Territory, ...], list[Secret]] = {}
        for one, where in zip(mine, _around([one.point for one in mine], secrets), strict=True):
            held.setdefault((where,), []).append(one)
        for names, members in _joined(held):
            told = sorted(names)
            label = "+".join(key for key, _ in told if key), " + ".join(n for _, n in told if n)
            found.update(dict.fromkeys((one.id for one in members), label))
    return found


def _around(points: Sequence[tuple[float, float]], secrets: Secrets) -> list[Territory]:
    """Return the public region, or else reserve, that each place lies in; empty where in none."""
    zones = secrets.public
    for kind in ("region", "reserve"):
        some = zones[zones["kind"] == kind].sort_values("zone_id")
        if len(some):
            named = list(zip(some["zone_id"].astype(str), some["name"].astype(str), strict=True))
            within, of = shapely.STRtree(some.geometry.to_numpy()).query(
                shapely.points(points), predicate="covered_by"
            )
            first: dict[int, int] = {}
            for place, zone in zip(within.tolist(), of.tolist(), strict=True):
                first[place] = min(zone, first.get(place, zone))
            return [named[first[n]] if n in first else ("", "") for n in range(len(points))]
    return [("", "")] * len(points)


def _joined(
    held: Mapping[tuple[Territory, ...], Sequence[Secret]],
) -> Iterator[tuple[tuple[Territory, ...], list[Secret]]]:
    """Join the smallest groups until each has FEWEST places apart."""
    left = {names: list(members) for names, members in held.items()}

    def size(names: tuple[Territory, ...]) -> tuple[int, int, tuple[Territory, ...]]:
        return apart(one.point for one in left[names]), len(left[names]), names

    while left and size(min(left, key=size))[0] < FEWEST:
        if len(left) == 1:
            return
        small, next_ = sorted(left, key=size)[:2]
        left[(*small, *next_)] = left.pop(small) + left.pop(next_)
    yield from left.items()


# --- tables ----------------------------------------------------------------------------------


def public_table(
    name: str, table: pd.DataFrame, zones: pd.DataFrame, secrets: Secrets
) -> pd.DataFrame | None:
    """Return a table as readers may see it; None where it may not be seen at all.

    Parameters
    ----------
    name : str
    table : DataFrame
        As the run left it.
    zones : DataFrame
        ``zones.csv`` as the run left it.
    secrets : Secrets
    """
    if "zone_id" not in table:
        return _blanked(table) if name in OPEN else None
    hidden = table["zone_id"].astype(str).isin(secrets.zone_ids)
    public = _blanked(table[~hidden])
    if name == "zones":
        public = without_their_columns(public, ZONE_COLUMNS)
    if name in MERGED and hidden.any():
        return _with_sums(name, public, table[hidden], zones, secrets)
    return public.reset_index(drop=True)


def added_up(zones: pd.DataFrame) -> frozenset[str]:
    """Return the ids of rows that were made by adding up rings.

    They are known by the id and the name that `_row` gives them, so that a folder that was
    handed on tells them as the run itself does.

    Parameters
    ----------
    zones : DataFrame
        ``zones.csv`` as readers see it.
    """
    columns = ("zone_id", "kind", "group", "name", "parent")
    rows = zip(*(zones[name].astype(str) for name in columns), strict=True)
    return frozenset(
        zone
        for zone, kind, group, name, parent in rows
        if kind == "ring"
        and parent.startswith(f"{group}_")
        and zone.startswith(f"{parent}_")
        and (name == group or name.startswith(f"{group}: "))
    )


def _blanked(table: pd.DataFrame) -> pd.DataFrame:
    """Empty the columns that tell of a place, and keep them: readers look for them by name."""
    import numpy as np

    there = [name for name in table if name in BLANK]
    empty = {name: "" if table[name].dtype == object else np.nan for name in there}
    empty.update({name: "" for name in there if not _is_number(table[name])})
    return table.assign(**empty) if there else table


def _is_number(column: pd.Series[Any]) -> bool:
    """Whether a column holds numbers."""
    from pandas.api.types import is_numeric_dtype

    return bool(is_numeric_dtype(column))


def without_their_columns(table: Any, own: Sequence[str]) -> Any:
    """Leave out columns kept of files that no row left has a value in: they were the secrets'."""
    kept = [name for name in table if name not in (*own, "geometry", "sensitive")]
    empty = [name for name in kept if not (table[name].notna() & (table[name] != "")).any()]
    return table.drop(columns=empty)


def _with_sums(
    name: str,
    public: pd.DataFrame,
    hidden: pd.DataFrame,
    zones: pd.DataFrame,
    secrets: Secrets,
) -> pd.DataFrame:
    """Add rows of rings added up to those of public zones."""
    import pandas as pd

    sums = _sums(hidden, MERGED[name], zones, secrets)
    if sums.empty:
        return public.reset_index(drop=True)
    made = sums.reindex(columns=public.columns)
    return pd.concat([public, made.astype(_types(public, made))], ignore_index=True)


def _types(public: pd.DataFrame, made: pd.DataFrame) -> dict[str, Any]:
    """Keep the types of columns that hold no whole numbers: those may have gaps now."""
    return {
        name: public[name].dtype
        for name in made.columns.astype(str)
        if public[name].dtype.kind not in "iub" or made[name].notna().all()
    }


def _sums(
    hidden: pd.DataFrame, keys: Sequence[str], zones: pd.DataFrame, secrets: Secrets
) -> pd.DataFrame:
    """Add up the rings of a table by territory, group, distance and `keys`."""
    import pandas as pd

    about = pd.DataFrame(
        {"root": roots(zones).to_numpy(), "of": zones["group"].to_numpy()},
        index=zones["zone_id"].astype(str),
    )
    if "every" in hidden:  # before all else: months are many times more rows
        hidden = hidden[hidden["every"].isin(COARSE_TIMES)]
    where = territories(secrets)
    points = {one.id: one.point for one in secrets.secrets}
    root = hidden["zone_id"].astype(str).map(about["root"])
    told = root.map(where)
    rows = hidden.assign(
        _root=root,
        _of=hidden["zone_id"].astype(str).map(about["of"]),
        _key=told.map(lambda pair: pair[0] if isinstance(pair, tuple) else None),
        _name=told.map(lambda pair: pair[1] if isinstance(pair, tuple) else None),
    )
    rows = rows[rows["_key"].notna() & rows["to_m"].notna()]
    cut = ["_of", "_key", "_name", "kind", "from_m", "to_m", *keys]
    made = [
        _row(dict(zip(cut, values, strict=True)), some)
        for values, some in rows.groupby(cut, dropna=False, sort=True)
        if apart(points[one] for one in some["_root"].unique()) >= FEWEST
    ]
    return pd.DataFrame(made)


def _row(keys: Mapping[str, Any], rows: pd.DataFrame) -> dict[str, Any]:
    """Make one row of those of several rings."""
    group, key, far = keys["_of"], keys["_key"], f"{keys['from_m']:g}-{keys['to_m']:g}m"
    columns = list(rows.columns.astype(str))
    row = {
        **{name: value for name, value in keys.items() if not name.startswith("_")},
        "zone_id": f"{group}_{key or 'all'}_{far}",
        "name": f"{group}: {keys['_name']}" if keys["_name"] else group,
        "group": group,
        "parent": f"{group}_{key or 'all'}",
    }
    own = [name for name in columns if name not in {*row, *_OURS}]
    hectares = [name for name in own if name.endswith("_ha")]
    row.update({name: _one(name, rows[name]) for name in own if name not in hectares})
    row.update(rounded({name: float(rows[name].sum(skipna=False)) for name in hectares}))
    for name in columns:
        part = f"{name.removesuffix('_fraction')}_ha"
        if name.endswith("_fraction") and part in row and row.get("area_ha"):
            row[name] = round(row[part] / row["area_ha"], SHARE_DIGITS)
    return row


_OURS = frozenset({"_root", "_of", "_key", "_name"})


def _one(name: str, column: pd.Series[Any]) -> Any:
    """Return the one value that all of several rings share, where it may be told."""
    own = name.endswith("_date") or name in ("test", "correction", "false_discovery_rate")
    values = column.drop_duplicates()
    return values.iloc[0] if own and len(values) == 1 else None
