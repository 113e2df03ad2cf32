"""Thousands of secret sites, as a list of a country's mines has: what is secret is found soon."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landcover.outputs.sharing.merging import public_table, territories
from landcover.outputs.sharing.secrets import secrets_of

if TYPE_CHECKING:
    from landcover.outputs.sharing.secrets import Secrets
    from landcover.outputs.shown import Shown

SITES = 3000
WITHIN_S = 6.0
"""Processor time: site by site and table by table it took a minute."""


@pytest.fixture(scope="module")
def many() -> Shown:
    """Return what secrets are found in: two territories that share an edge, and sites in both."""
    from types import SimpleNamespace

    random = np.random.default_rng(3)
    spots = np.round(random.uniform((20.0, 0.0), (22.0, 1.0), (SITES, 2)), 4)
    spots[0] = (21.0, 0.5)  # on the edge
    points = shapely.points(spots)
    ids = [f"codmine{n:05d}" for n in range(SITES)]
    rings = gpd.GeoDataFrame(
        {"zone_id": [f"{one}_0-500m" for one in ids], "kind": "ring", "group": "sites",
         "name": "Mine", "parent": ids, "from_m": 0.0, "to_m": 500.0, "area_ha": 78.5},
        geometry=shapely.buffer(points, 0.0045), crs="EPSG:4326",
    )  # fmt: skip
    lands = gpd.GeoDataFrame(
        {"zone_id": ["T2", "T1"], "kind": "region", "group": "territories",
         "name": ["Est", "Ouest"], "parent": "", "from_m": np.nan, "to_m": np.nan,
         "area_ha": 1e6},
        geometry=[shapely.box(21, 0, 22, 1), shapely.box(20, 0, 21, 1)], crs="EPSG:4326",
    )  # fmt: skip
    zones = gpd.GeoDataFrame(pd.concat([lands, rings], ignore_index=True), crs="EPSG:4326")
    sites = gpd.GeoDataFrame({"site_id": ids, "name": "Mine"}, geometry=points, crs="EPSG:4326")
    about = SimpleNamespace(secret=frozenset({"sites"}), positions=None)
    return SimpleNamespace(zones=zones, sites=sites, about=about)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def found(many: Shown) -> tuple[Secrets, pd.DataFrame, float]:
    """Return the secrets, hectares added up, and the processor time that took."""
    began = time.process_time()
    secrets, table = secrets_of(many), many.zones.drop(columns="geometry")
    sums = public_table("disturbance_kinds", table, table, secrets)
    assert sums is not None
    return secrets, sums, time.process_time() - began


def test_secrets_are_found_and_added_up_in_seconds(many: Shown, found: Any) -> None:
    secrets, sums, took = found
    assert took < WITHIN_S
    assert len(secrets.secrets) == SITES
    rows = sums[sums["kind"] == "ring"].set_index("zone_id")["area_ha"]
    east = int((many.sites.geometry.x > 21).sum())  # the edge is of the lower id's: Ouest
    expected = {"sites_T1_0-500m": (SITES - east) * 78.5, "sites_T2_0-500m": east * 78.5}
    assert rows.to_dict() == pytest.approx(expected)


def test_a_site_on_an_edge_is_of_the_lower_id(many: Shown, found: Any) -> None:
    secrets, *_ = found
    assert territories(secrets)["codmine00000"] == ("T1", "Ouest")
    assert shapely.Point(secrets.secrets[0].point).equals(many.sites.geometry.iloc[0])
