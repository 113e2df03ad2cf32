"""Where sites lie, as columns of the table of zones and of the layer of sites."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from landcover.kernels.sums import ZoneSums
from landcover.model import Zone
from landcover.outputs.field_meanings import field_meanings
from landcover.outputs.placed import PLACE_COLUMNS, around_sites, place_columns
from landcover.outputs.results import read_table
from landcover.outputs.sheets import write_table
from landcover.outputs.tables import zone_table
from landcover.outputs.vector_styles import field_titles
from landcover.outputs.zone_layers import write_zones
from landcover.zones.features import Feature


def zone(identity: str, kind: str, shape: BaseGeometry, parent: str = "") -> Zone:
    kept = {"territory_name": "as the list says"} if kind in ("site", "ring") else {}
    return Zone(identity, f"{identity}, named", kind, kind, shape, 1.0, parent, kept=kept)


PIT = shapely.box(28.6, 1.4, 28.61, 1.41)
CAMP = shapely.Point(28.2, 1.2)
SITES = (
    Feature("row 2", "pit", "Pit", PIT, {"territory_name": "as the list says"}),
    Feature("row 3", "0012", "Camp", CAMP),
)
ZONES = (
    zone("CD5403", "region", shapely.box(28, 1, 29, 2)),
    zone("37043", "reserve", shapely.box(28, 1, 28.5, 2)),
    zone("37043_0-500m", "outside", shapely.box(28, 1, 28.51, 2), "37043"),
    zone("pit", "site", PIT),
    zone("0012_0-250m", "ring", CAMP.buffer(0.002), "0012"),
)


def test_sites_and_their_rings_say_where_the_site_lies(tmp_path: Path) -> None:
    around = around_sites(SITES, ZONES)
    figures = zone_table(ZONES, ZoneSums.empty(), [], around=around)
    write_table(tmp_path / "zones.csv", figures)
    table = read_table(tmp_path / "zones.csv").set_index("zone_id")
    assert table.loc["pit", list(PLACE_COLUMNS[:4])].tolist() == [
        "CD5403", "CD5403, named", "37043", "37043, named",
    ]  # fmt: skip
    assert table.loc["pit", "reserve_distance_m"] == pytest.approx(11_132, rel=1e-3)
    assert table.loc["0012_0-250m", "reserve_distance_m"] == 0
    others = table.loc[["CD5403", "37043", "37043_0-500m"], list(PLACE_COLUMNS)]
    assert (others.fillna("") == "").to_numpy().all()
    assert table["kept_territory_name"].fillna("").tolist() == [
        "",
        "",
        "",
        *["as the list says"] * 2,
    ]


def test_points_of_sites_say_it_too_with_names_and_meanings(tmp_path: Path) -> None:
    around = around_sites(SITES, ZONES)
    figures = zone_table(ZONES, ZoneSums.empty(), [], around=around)
    figures = figures._replace(rows=tuple(figures.rows))
    write_zones(tmp_path / "zones.gpkg", ZONES, SITES, figures, around)
    for layer in ("zones", "sites"):
        frame = gpd.read_file(tmp_path / "zones.gpkg", layer=layer)
        assert set(PLACE_COLUMNS) <= set(frame)
        assert "kept_territory_name" in frame
        for language in ("en", "fr"):
            titles = field_titles(PLACE_COLUMNS, language)
            assert all(titles[name] != name for name in PLACE_COLUMNS)
            assert set(field_meanings(layer, PLACE_COLUMNS, language)) == set(PLACE_COLUMNS)
    sites = gpd.read_file(tmp_path / "zones.gpkg", layer="sites")
    assert sites["territory_id"].tolist() == ["CD5403", "CD5403"]
    assert sites["reserve_distance_m"].tolist() == pytest.approx([11_132, 0], rel=1e-3)


def test_columns_that_say_nothing_are_left_out() -> None:
    assert place_columns(["pit"], {}) == {}
    around = around_sites(SITES, ZONES[:1])
    assert list(place_columns(["pit", "other"], around)) == ["territory_id", "territory_name"]
    assert place_columns(["pit", "other"], around)["territory_id"] == ["CD5403", None]
