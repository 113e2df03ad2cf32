"""Zone files: shapes, true areas, tables in two dialects."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod, Transformer
from shapely import box
from shapely.geometry import shape

from landcover.synthetic import Country, country, write_zones, zones


def test_files_can_be_read(land: Country, tmp_path: Path) -> None:
    write_zones(land, tmp_path)
    (feature,) = json.loads((tmp_path / "reserves.geojson").read_text("utf-8"))["features"]
    assert feature["properties"]["NAME"] == "Réserve du Pays inventé"
    area_m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(shape(feature["geometry"]))
    assert abs(area_m2) / 10_000 == pytest.approx(land.reserve_ha, rel=2e-3)
    content = json.loads((tmp_path / "territories.geojson").read_text("utf-8"))
    assert [one["properties"]["ADM2_FR"] for one in content["features"]] == ["Ouest", "Est"]


def test_sites_in_two_dialects(land: Country, tmp_path: Path) -> None:
    tables = []
    for delimiter, encoding in ((",", "utf-8"), (";", "cp1252")):
        write_zones(land, tmp_path, delimiter)
        text = (tmp_path / "sites.csv").read_bytes().decode(encoding)
        tables.append(list(csv.DictReader(text.splitlines(), delimiter=delimiter)))
    plain, french = tables
    assert [row["pcode"] for row in plain] == [mine.code for mine in land.mines]
    assert plain[0]["name"] == french[0]["name"] == "Carrière 1"
    assert french[0]["longitude"] == plain[0]["longitude"].replace(".", ",")
    home = Transformer.from_crs("EPSG:4326", land.crs, always_xy=True)
    for row, mine in zip(plain, land.mines, strict=True):
        x, y = home.transform(float(row["longitude"]), float(row["latitude"]))
        assert (x, y) == pytest.approx((mine.x_m, mine.y_m), abs=0.01)


def test_territories_share_the_country(land: Country) -> None:
    west, east = zones.territories(land).values()
    assert west.area + east.area == pytest.approx(land.width_m * land.height_m)
    assert west.intersection(east).area == 0


def test_degrees_keep_sides_straight() -> None:
    land = country(512)
    there = zones.degrees(land, zones.reserve(land))
    home = Transformer.from_crs("EPSG:4326", land.crs, always_xy=True)
    # Middles of the sides in degrees, back in the plane: on the reserve's own sides.
    corners = np.array(there.exterior.coords)
    x, y = home.transform(*((corners[:-1] + corners[1:]) / 2).T)
    border = zones.reserve(land).exterior
    from shapely import points

    assert max(border.distance(point) for point in points(x, y)) < 0.001


def test_covered_fractions_add_up(land: Country) -> None:
    whole = zones.reserve(land)
    share = zones.inside(whole, land.grid)
    assert share.sum() * 100 == pytest.approx(whole.area, rel=1e-9)
    assert ((share >= 0) & (share <= 1)).all()


@pytest.mark.parametrize(("lon", "lat"), [(27.0, 0.5), (28.5, 1.6), (29.8, -3.4)])
def test_ground_area_is_geodesic(lon: float, lat: float) -> None:
    land = country(64, lon=lon, lat=lat, crs="EPSG:32635")
    whole = box(land.left_m, land.top_m - 640, land.left_m + 640, land.top_m)
    geodesic_m2, _ = Geod(ellps="WGS84").geometry_area_perimeter(zones.degrees(land, whole))
    assert zones.ground_m2(land.grid).sum() == pytest.approx(abs(geodesic_m2), rel=1e-6)
