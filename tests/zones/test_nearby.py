"""Distances between groups, what `near` keeps, and how it is counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import LineString, Point, box

from landcover.errors import ZoneError
from landcover.zones import ZoneGroup, ZoneSet, copy_inputs, load
from landcover.zones.features import Nearby, Span
from landcover.zones.nearby import counted, distances_m

GEOD = Geod(ellps="WGS84")
PARK = box(28, 1, 28.2, 1.2)
PLACES = Path(__file__).resolve().parents[2].parent / "shared" / "places"

Groups = Mapping[str, Mapping[str, Any]]


def _load(cache: Path, groups: Groups) -> ZoneSet:
    return load({name: ZoneGroup.model_validate(keys) for name, keys in groups.items()}, cache)


@given(
    st.floats(-179, 179), st.floats(-70, 70), st.floats(0, 360), st.floats(1, 50_000),
)  # fmt: skip
def test_the_distance_of_two_points_is_geodesic(
    lon: float, lat: float, azimuth: float, away_m: float
) -> None:
    from landcover.zones.features import Feature

    there = Point(GEOD.fwd(lon, lat, azimuth, away_m)[:2])
    if abs(there.x - lon) > 180:  # beyond the 180th meridian, which no zone crosses
        return
    ends = Feature("a", "a", "a", Point(lon, lat)), Feature("b", "b", "b", there)
    (found,) = distances_m(ends[:1], ends[1:], 60_000)
    assert found == pytest.approx(away_m, rel=1e-6, abs=1e-3)
    assert np.isinf(distances_m(ends[:1], ends[1:], away_m * 0.99 - 0.01)).all()


def test_distances_from_an_outline(named: Callable[..., Any]) -> None:
    north_m = GEOD.inv(28.1, 1.2, 28.1, 1.25)[2]
    shapes = [
        Point(28.1, 1.1),  # inside
        Point(28.2, 1.2),  # at a corner
        Point(28.1, 1.25),  # north of a side
        LineString([(28.1, 1.25), (28.5, 1.6)]),  # from there on
        box(28.15, 1.15, 28.3, 1.3),  # overlaps
        Point(28.1, 2.0),  # 88 km away
    ]
    found = distances_m(named(shapes), named([PARK]), 20_000)
    assert found[[0, 1, 4]].tolist() == [0, 0, 0]
    assert found[2:4] == pytest.approx([north_m] * 2, rel=1e-5)
    assert np.isinf(found[5])


def test_a_far_end_counts_in_the_class_that_it_ends() -> None:
    apart_m = np.array([0, 0.1, 5000, 5000.1, 20_000])
    spans = (Span(0.0, 5000, 2), Span(5000, 20_000, 2))
    assert counted("a", "b", apart_m, (5000, 20_000)) == Nearby("a", "b", 5, 1, spans)


@pytest.fixture
def places(tmp_path: Path) -> Path:
    """Write a table: inside, 5.5 km and 55 km away, one that is swapped."""
    rows = ["id,lon,lat,mineral", "in,28.1,1.1,Or", "by,28.1,1.25,Or", "far,28.1,1.7,Coltan",
            "swapped,1.1,28.1,Or"]  # fmt: skip
    path = tmp_path / "sites.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_near_keeps_counts_and_tells(tmp_path: Path, places: Path, geojson: Any) -> None:
    park = geojson((PARK, {"id": "p"}))
    near = {"group": "reserves", "within_m": 20_000}
    found = _load(tmp_path / "cache", {
        "sites": {"path": str(places), "id": "id", "rings_m": [500], "near": near},
        "reserves": {"path": str(park), "id": "id", "outside_m": [1000, 6000, 90_000]},
    })  # fmt: skip
    assert [zone.id for zone in found.zones if zone.group == "sites"] == ["in_0-500m", "by_0-500m"]
    (counts,) = found.nearby
    assert (counts.given, counts.inside) == (4, 1)
    assert counts.spans == (Span(0, 1000, 0), Span(1000, 6000, 1), Span(6000, 20_000, 0))
    said = [str(note) for note in found.notes]
    assert said[0].startswith("zones.sites: 2 of 4 lie in or within 20000 m of 'reserves'")
    assert "1 of those left out would be near if longitude and latitude changed" in said[1]
    assert said[1].endswith("row 5. Correct them in the file.")
    assert len(said) == 2


def test_a_copy_holds_only_what_was_near(tmp_path: Path, places: Path, geojson: Any) -> None:
    park, sites = geojson((PARK, {"id": "p"})), [
        (Point(28.1, 1.1), {"k": "in"}), (Point(29.9, 1.1), {"k": "far"}),
    ]  # fmt: skip
    shapes = geojson(*sites, name="more.geojson")
    near = {"group": "park", "within_m": 9000}
    groups = {
        "park": {"path": str(park), "id": "id"},
        "table": {"path": str(places), "id": "id", "rings_m": [100], "near": near},
        "shapes": {"path": str(shapes), "id": "k", "rings_m": [100], "near": near},
    }
    found = _load(tmp_path / "cache", groups)
    copies = {path.stem: path for path in copy_inputs(found.inputs, tmp_path / "inputs")}
    assert copies["table_sites"].read_text() == "id,lon,lat\nin,28.1,1.1\nby,28.1,1.25\n"
    assert pyogrio.raw.read(copies["shapes_more"])[3][0].tolist() == ["in"]
    assert copies["park_zones"].suffix == ".geojson"
    groups["table"]["path"], groups["shapes"]["path"] = (
        str(copies["table_sites"]), str(copies["shapes_more"]),
    )  # fmt: skip
    again = _load(tmp_path / "cache", groups)
    assert [(z.id, z.geometry) for z in again.zones] == [(z.id, z.geometry) for z in found.zones]


@pytest.mark.parametrize(
    ("near", "sentence"),
    [
        ({"group": "parks", "within_m": 9}, "no other group 'parks' that stands by itself"),
        ({"group": "sites", "within_m": 9}, "no other group 'sites' that stands by itself"),
        ({"group": "reserves", "within_m": 9}, "0 of 1 lie in or within 9 m of 'reserves'"),
    ],
)
def test_near_is_refused(tmp_path: Path, geojson: Any, near: Any, sentence: str) -> None:
    park = str(geojson((PARK, {"id": "p"})))
    sites = str(geojson((Point(28.1, 1.7), {"id": "s"}), name="s.geojson"))
    groups = {"reserves": {"path": park}, "sites": {"path": sites, "id": "id", "near": near}}
    with pytest.raises(ZoneError, match=sentence):
        _load(tmp_path / "cache", groups)


def test_a_place_in_the_job_itself(tmp_path: Path, places: Path) -> None:
    found = _load(tmp_path / "cache", {
        "village": {"at": [28.1, 1.1], "rings_m": [1000, 5000]},
        "sites": {"path": str(places), "id": "id", "rings_m": [100],
                  "near": {"group": "village", "within_m": 100_000}},
    })  # fmt: skip
    rings = [zone for zone in found.zones if zone.group == "village"]
    assert [zone.id for zone in rings] == ["village_0-1000m", "village_1000-5000m"]
    assert rings[0].area_ha == pytest.approx(np.pi * 100, rel=1e-4)
    assert [one.role for one in found.inputs] == ["zones.sites"]
    assert (found.nearby[0].inside, found.nearby[0].spans[0].count) == (1, 2)


@pytest.mark.skipif(not PLACES.exists(), reason="the real places of ../shared are not there")
@pytest.mark.parametrize(
    ("reserve", "wanted"), [("okapi", [8, 21, 50, 63]), ("itombwe", [41, 33, 22, 45])]
)
def test_the_mining_sites_of_two_reserves(tmp_path: Path, reserve: str, wanted: list[int]) -> None:
    outlines = json.loads((PLACES / "reserves_okapi_itombwe.geojson").read_text("utf-8"))
    ids = [one["properties"]["id"] for one in outlines["features"]]
    assert reserve in ids
    found = _load(tmp_path / "cache", {
        "reserves": {"path": str(PLACES / "reserves_okapi_itombwe.geojson"), "id": "id",
                     "where": f"id = '{reserve}'", "outside_m": [5000, 10_000, 20_000]},
        "sites": {"path": str(PLACES / "ipis_asm_visits_2009-2023_selected_columns.csv"),
                  "id": "pcode", "latest": ["visit_date", "vid"], "rings_m": [100],
                  "near": {"group": "reserves", "within_m": 20_000}},
    })  # fmt: skip
    (counts,) = found.nearby
    assert [counts.inside, *(span.count for span in counts.spans)] == wanted
    assert counts.given == 3409
