"""The map's table without a script: numbers and years as the report writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from landcover.outputs.web.still import table
from landcover.outputs.wording import Words

HA = {"2022": (0.01, 78.5), "2023": (12.34, 0.0)}
"""Disturbed and not observable ground of each year."""


@dataclass(frozen=True, eq=False)
class _Shown:
    """As much of a run as the table reads."""

    zones: gpd.GeoDataFrame
    tables: dict[str, pd.DataFrame]

    def table(self, name: str) -> pd.DataFrame | None:
        return self.tables.get(name)


def _shown() -> Any:
    """Return a run that watched a reserve from the middle of a year to the end of the next."""
    zone = {"zone_id": "R", "kind": "reserve", "group": "reserves", "name": "Réserve",
            "parent": "", "from_m": float("nan"), "to_m": float("nan"), "area_ha": 12_345.6,
            }  # fmt: skip
    days = {"2022": ("2022-07-01", "2022-12-31"), "2023": ("2023-01-01", "2023-12-31")}
    yearly = pd.DataFrame(
        {"zone_id": "R", "every": "year", "period": year, "disturbed_ha": found,
         "not_observable_ha": unseen, "not_observable_fraction": unseen / 12_345.6,
         "monitored_first_date": pd.Timestamp(days[year][0]),
         "monitored_last_date": pd.Timestamp(days[year][1])}
        for year, (found, unseen) in HA.items()
    )  # fmt: skip
    shape = gpd.GeoDataFrame([zone], geometry=[shapely.box(28, 1, 29, 2)], crs="EPSG:4326")
    return _Shown(shape, {"zones": pd.DataFrame([zone]), "disturbance_area": yearly})


def test_few_hectares_are_not_none_and_years_are_named() -> None:
    told = table(_shown(), Words("map", "en"))
    assert told.heads == (
        "Area (ha)",
        "Disturbed (ha), 2022 (from 2022-07-01)",
        "Not observable (ha), 2022 (from 2022-07-01)",
        "Disturbed (ha), 2023",
        "Not observable (ha), 2023",
    )
    (row,) = told.rows
    assert [one.text for one in row.cells if one] == ["12,345.6", "0.01", "78.50", "12.34", "0.00"]
    periods = [one.period for one in row.cells if one]
    assert periods == ["", "2022", "2022", "2023", "2023"]


def test_years_in_french() -> None:
    heads = table(_shown(), Words("map", "fr")).heads
    assert heads[1] == "Perturbé (ha), 2022 (à partir du 2022-07-01)"
