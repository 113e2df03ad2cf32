"""A distance to a reserve tells where a site is, and the other way round."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landcover.model import Zone
from landcover.outputs.placed import PLACE_COLUMNS, around_sites, place_columns
from landcover.outputs.sharing import for_readers
from landcover.outputs.shown import Shown
from landcover.zones.features import Feature

Ask = Callable[[str | float | None], Shown]

POST = (28.05, 1.3)
"""A post of rangers that anybody may see."""


def with_places(shown: Shown, secret: str) -> Shown:
    """Add a public post to a run, say of all sites where they lie, and keep a group secret."""
    post = {"site_id": "POST", "name": "Post", "mineral": "", "geometry": shapely.Point(POST)}
    sites = pd.concat([shown.sites, gpd.GeoDataFrame([post], crs="EPSG:4326")], ignore_index=True)
    ring = {"zone_id": "POST_0-500m", "kind": "ring", "group": "posts", "name": "Post",
            "parent": "POST", "from_m": 0.0, "to_m": 500.0, "area_ha": 78.5, "sensitive": False,
            "mineral": "", "geometry": shapely.Point(POST).buffer(0.0045)}  # fmt: skip
    rows = gpd.GeoDataFrame([ring], crs="EPSG:4326")
    zones = pd.concat([shown.zones, rows], ignore_index=True)
    known = [
        Zone(row.zone_id, row.name, row.kind, row.group, row.geometry, row.area_ha)
        for row in zones.itertuples()
    ]
    around = around_sites(
        [Feature("", row.site_id, "", row.geometry) for row in sites.itertuples()], known
    )
    sites = sites.assign(**place_columns(sites["site_id"], around))  # type: ignore[arg-type]
    told = place_columns(zones["parent"].astype(str), around)
    zones = zones.assign(**told)  # type: ignore[arg-type]
    tables = {**shown.tables, "zones": pd.DataFrame(zones.drop(columns=["geometry", "sensitive"]))}
    about = replace(shown.about, secret=frozenset({secret}))
    made = replace(shown, about=about, tables=tables)
    names = {name: vars(shown)[name] for name in ("patches", "context")}
    vars(made).update(names, zones=zones, sites=sites)
    return made


def told_of(shown: Shown) -> list[pd.DataFrame]:
    """Return all frames of a run that may say where sites lie."""
    frames: list[Any] = [shown.tables["zones"], shown.zones, shown.sites]
    return [frame for frame in frames if "reserve_distance_m" in frame]


@pytest.mark.parametrize("positions", [None, "withheld"])
def test_no_distance_of_a_secret_site_is_told(asked: Ask, positions: str | None) -> None:
    whole = with_places(asked(positions), "mines")
    secret = whole.sites.loc[whole.sites["site_id"] != "POST", "reserve_distance_m"]
    assert secret.notna().all()
    frames = told_of(for_readers(whole))
    assert len(frames) == 3
    for frame in frames:
        told = frame["reserve_distance_m"].dropna()
        assert len(told) == 1  # of the post, in each of them
        assert not set(told.round(3)) & set(secret.round(3))
        assert frame.loc[frame["reserve_distance_m"].notna(), "territory_id"].tolist() == ["T1"]


def test_no_public_site_tells_where_a_secret_reserve_is(asked: Ask) -> None:
    whole = with_places(asked("withheld"), "reserves")
    shown = for_readers(whole)
    assert "R" not in set(shown.zones["zone_id"])
    for frame in told_of(shown):
        assert frame["reserve_distance_m"].isna().all()
        assert set(frame["nearest_reserve_id"].fillna("")) <= {""}
    frames: list[Any] = [shown.tables["zones"], shown.zones, shown.sites]
    for frame in frames:
        assert "T1" in set(frame["territory_id"])  # what is not secret is still told


def test_what_is_told_is_told_of_sites_alone(asked: Ask) -> None:
    table = for_readers(with_places(asked(5.0), "mines")).tables["zones"]
    sums = table[table["zone_id"].str.startswith("mines_")]
    assert len(sums)
    for name in PLACE_COLUMNS:
        assert (sums[name].isna() | (sums[name] == "")).all()
