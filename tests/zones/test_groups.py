"""A job's groups into zones: kinds, ids, order, and what is said."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import shapely
from shapely.geometry import Point, box

import landcover.zones
from landcover.errors import ZoneError
from landcover.zones import ZoneGroup, ZoneSet, load

Write = Callable[..., Path]

PARK = box(28, 1, 28.2, 1.2)
SITES = [(Point(28.5, 1.5), {"id": "m1", "nom": "Un"}), (Point(28.52, 1.5), {"id": "m2"})]


@pytest.fixture
def job(tmp_path: Path) -> Callable[[Mapping[str, Mapping[str, Any]]], ZoneSet]:
    """Return ``job(groups)``: the zones of a job."""

    def call(groups: Mapping[str, Mapping[str, Any]]) -> ZoneSet:
        plain = {
            name: {
                key: str(value) if isinstance(value, Path) else value for key, value in keys.items()
            }
            for name, keys in groups.items()
        }
        made = {name: ZoneGroup.model_validate(keys) for name, keys in plain.items()}
        return load(made, tmp_path / "cache")

    return call


Job = Callable[[Mapping[str, Mapping[str, Any]]], ZoneSet]


def _said(result: ZoneSet) -> str:
    return "\n".join(str(note) for note in result.notes)


def test_a_job_of_all_kinds(job: Job, geojson: Write) -> None:
    parks = geojson((PARK, {"id": "p", "nom": "Parc"}), name="p.geojson")
    sites = geojson(*SITES, name="s.geojson")
    result = job(
        {
            "reserves": {"path": parks, "id": "id", "name": "nom", "outside_m": [5000, 10_000]},
            "sites": {"path": sites, "id": "id", "rings_m": [500, 1000], "sensitive": True},
            "territories": {"path": parks, "id": "nom", "kind": "region"},
            "fields": {"path": parks, "where": "id = 'p'"},
            "controls": {"from": "sites", "count": 3, "min_distance_m": 5000, "seed": 1},
        }
    )
    kinds = Counter((zone.group, zone.kind) for zone in result.zones)
    assert kinds == {
        ("reserves", "reserve"): 1,
        ("reserves", "outside"): 2,
        ("sites", "ring"): 4,
        ("territories", "region"): 1,
        ("fields", "unit"): 1,
        ("controls", "control"): 6,
    }
    assert [zone.id for zone in result.zones][:3] == ["p", "p_0-5000m", "p_5000-10000m"]
    assert {zone.sensitive for zone in result.zones if zone.group == "sites"} == {True}
    assert not any(zone.sensitive for zone in result.zones if zone.group != "sites")
    assert len({zone.id for zone in result.zones}) == len(result.zones)
    assert all(zone.geometry.is_valid and zone.area_ha > 0 for zone in result.zones)


def test_a_polygon_site_is_a_zone_and_has_rings(job: Job, geojson: Write) -> None:
    path = geojson((box(28, 1, 28.01, 1.01), {"id": "mine"}))
    zones = job({"sites": {"path": path, "id": "id", "rings_m": [500]}}).zones
    assert [(zone.id, zone.kind, zone.parent) for zone in zones] == [
        ("mine", "site", ""),
        ("mine_0-500m", "ring", "mine"),
    ]


def test_ids_shared_by_two_groups_get_the_groups_name_and_that_is_said(
    job: Job, geojson: Write
) -> None:
    path = geojson((PARK, {"id": "p"}))
    result = job({"reserves": {"path": path, "id": "id"}, "regions": {"path": path, "id": "id"}})
    assert [zone.id for zone in result.zones] == ["p", "regions-p"]
    assert (
        "zones.regions: another group has the same ids (p), so all its ids begin with 'regions-'"
        in _said(result)
    )


def test_rings_owned_by_neighbours_are_said(job: Job, geojson: Write) -> None:
    near = [Point(28, 1), Point(28.001, 1), Point(27.999, 1), Point(28, 1.001), Point(28, 0.999)]
    path = geojson(*((point, {"id": f"m{n}"}) for n, point in enumerate(near)))
    result = job({"sites": {"path": path, "id": "id", "rings_m": [500, 1000]}})
    assert "since neighbours are nearer everywhere in them: m0_500-1000m" in _said(result)


def test_controls_take_the_rings_of_their_sites_or_their_own(job: Job, geojson: Write) -> None:
    sites = {"path": geojson(*SITES), "id": "id", "rings_m": [500, 1000]}
    wanted = {"from": "sites", "count": 2, "min_distance_m": 5000}
    zones = job({"controls": wanted, "sites": sites}).zones
    assert [zone.id for zone in zones][:2] == ["controls-1_0-500m", "controls-1_500-1000m"]
    zones = job({"sites": sites, "far": {**wanted, "rings_m": [2000]}}).zones
    assert [zone.id for zone in zones][-2:] == ["far-1_0-2000m", "far-2_0-2000m"]


def test_controls_outside_the_hull_are_said(job: Job, geojson: Write) -> None:
    sites = {"path": geojson(*SITES), "id": "id", "rings_m": [500]}
    result = job({"sites": sites, "c": {"from": "sites", "count": 4, "min_distance_m": 20_000}})
    assert "4 of 4 controls lie outside the hull of 'sites'" in _said(result)


def test_controls_of_an_unknown_group_are_refused(job: Job, geojson: Write) -> None:
    sites = {"path": geojson(*SITES), "id": "id", "rings_m": [500]}
    with pytest.raises(
        ZoneError, match=r"zones\.c\.from: no group 'site' with a file\. Did you mean 'sites'"
    ):
        job({"sites": sites, "c": {"from": "site", "count": 4}})


def test_controls_without_room_are_refused(job: Job, geojson: Write) -> None:
    sites = {"path": geojson(*SITES), "id": "id", "rings_m": [500]}
    with pytest.raises(ZoneError, match=r"zones\.c: no place is 0 m from every zone"):
        job({"sites": sites, "c": {"from": "sites", "count": 4, "min_distance_m": 0}})


def test_the_same_distances_twice_are_refused(job: Job, geojson: Write) -> None:
    path = geojson((PARK, {"id": "p"}))
    keys = {"path": path, "id": "id", "rings_m": [500], "outside_m": [500]}
    with pytest.raises(ZoneError, match=r"the same id stands for two zones: p_0-500m"):
        job({"reserves": keys})


def test_a_job_without_zones_is_refused(job: Job) -> None:
    with pytest.raises(ZoneError, match="the job has no zones") as caught:
        job({})
    assert caught.value.exit_code == 2


def test_a_group_whose_coordinates_all_changed_places_is_told_by_the_others(
    job: Job, geojson: Write
) -> None:
    """Each group is at one with itself; only beside the reserves does it look wrong."""
    turned = [(Point(1.5 + n / 100, 28.5), {"id": f"m{n}"}) for n in range(3)]
    result = job(
        {
            "reserves": {
                "path": geojson((box(28, 1, 29, 2), {"id": "p"}), name="p.json"),
                "id": "id",
            },
            "sites": {"path": geojson(*turned, name="s.json"), "id": "id", "rings_m": [500]},
        }
    )
    assert "zones.sites: it lies far from all other groups" in _said(result)


def test_groups_far_apart_for_good_reason_are_no_news(job: Job, geojson: Write) -> None:
    shapes = {"a": box(28, 1, 29, 2), "b": box(34, 3, 35, 4)}
    groups = {
        n: {"path": geojson((s, {"id": n}), name=f"{n}.json"), "id": "id"}
        for n, s in shapes.items()
    }
    assert not job(groups).notes


def test_real_reserves_sites_and_territories(job: Job, shared: Path) -> None:
    places = shared / "places"
    result = job(
        {
            "reserves": {
                "path": places / "reserves_okapi_itombwe.geojson",
                "id": "id",
                "name": "name",
                "outside_m": [5000, 10_000, 20_000],
            },
            "regions": {
                "path": places / "drc_territories_east_adm2_simplified200m.geojson",
                "id": "ADM2_PCODE",
                "name": "ADM2_FR",
            },
            "sites": {
                "path": places / "ipis_asm_sites_minimal.geojson",
                "id": "pcode",
                "name": "name",
                "keep": ["mineral1"],
                "where": "territoire = 'Mambasa'",
                "rings_m": [500, 1000, 5000],
            },
        }
    )
    by_id = {zone.id: zone for zone in result.zones}
    assert by_id["okapi"].area_ha / 100 == pytest.approx(13_939.6, abs=0.05)
    assert by_id["CD5403"].name == "Mambasa"
    assert by_id["CD5403"].area_ha / 100 == pytest.approx(35_578, rel=5e-3)
    assert sum(zone.kind == "region" for zone in result.zones) == 80
    assert by_id["codmine02178_0-500m"].parent == "codmine02178"
    assert all(shapely.is_valid(zone.geometry) for zone in result.zones)
    assert {part.role for part in result.inputs} == {
        "zones.reserves",
        "zones.regions",
        "zones.sites",
    }


def test_visits_as_a_table_have_doubled_ids(job: Job, shared: Path) -> None:
    """6,955 visits of 3,409 sites: the site's code is no id of a visit."""
    path = shared / "places/ipis_asm_visits_2009-2023_selected_columns.csv"
    with pytest.raises(
        ZoneError, match=r"zones\.sites\.id: the same id stands in several rows: 'codmine"
    ):
        job({"sites": {"path": path, "id": "pcode", "rings_m": [500]}})
    result = job(
        {
            "sites": {
                "path": path,
                "id": "vid",
                "where": "is_gold_mine = 1 and workers_numb > 2000",
                "rings_m": [500],
            }
        }
    )
    assert result.zones


def test_the_door_offers_what_it_says() -> None:
    assert all(hasattr(landcover.zones, name) for name in landcover.zones.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        landcover.zones.__getattr__("nothing")


def test_settings_load_without_anything_heavy() -> None:
    code = (
        "import sys, landcover.zones.settings as s;"
        "print([m for m in ('numpy', 'shapely', 'pyproj', 'scipy', 'pyogrio') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
