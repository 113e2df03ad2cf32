"""Zones, patches and context, dragged into QGIS: drawn, labelled and named as their styles say."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from landcover.outputs.gps import write_gps
from landcover.outputs.vectors import write_vectors

LAYERS = (
    "zones.gpkg|layername=zones", "zones.gpkg|layername=sites",
    "patches.gpkg|layername=patches", "context.gpkg|layername=river",
    "context.gpkg|layername=road", "context.gpkg|layername=place",
)  # fmt: skip
BESIDE = (
    "patches.gpx|layername=waypoints",
    "patches.kml|layername=Abrupte",
    "patches.kml|layername=Lieux de toutes",
)


@pytest.fixture(scope="module")
def shown(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a run whose shapes are as people open them, in French first, in an odd place."""
    out = finished.copy(tmp_path_factory.mktemp("shapes") / "Résultats de l’été & co")
    found = finished.shown(out)
    found = replace(found, about=replace(found.about, languages=("fr", "en")))
    write_vectors(found)
    write_gps(found)
    return found


@pytest.fixture(scope="module")
def looked(shown: Any, qgis: Any) -> dict[str, Any]:
    """Return what QGIS says of each layer, by its name."""
    asked = [*LAYERS, *BESIDE]
    found = qgis.layers(*(f"{shown.out}/{one}" for one in asked), png=shown.out / "png")
    return {one.rpartition("=")[2]: layer for one, layer in zip(asked, found, strict=True)}


def test_each_layer_is_valid_and_drawn(shown: Any, looked: Any) -> None:
    for name, layer in looked.items():
        assert layer["valid"], name
        assert layer["errors"] == [], name
        assert layer["colours"] > 1, name
    assert looked["zones"]["features"] == len(shown.zones)
    assert looked["patches"]["features"] == len(shown.patches)
    assert looked["waypoints"]["features"] == len(shown.patches)
    assert looked["Lieux de toutes"]["features"] == len(shown.patches)
    assert looked["patches"]["crs"] == shown.grid.crs


def test_default_styles_are_loaded_in_the_first_language(looked: Any) -> None:
    ours = {name: looked[name] for name in ("zones", "sites", "patches", "river", "road", "place")}
    assert {layer["renderer"] for layer in ours.values()} == {"RuleRenderer"}
    assert looked["zones"]["legend"] == [
        "Régions", "Anneaux autour des sites", "Anneaux autour des réserves", "Réserves"
    ]  # fmt: skip
    legends = [looked[name]["legend"] for name in ("sites", "river", "road", "place")]
    assert legends == [["Sites"], ["Cours d’eau"], ["Routes"], ["Localités"]]
    assert looked["patches"]["legend"][:2] == ["Abrupte", "confirmée"]
    assert all(rule["right"] for layer in ours.values() for rule in layer["rules"])


def test_a_table_says_words_in_the_language(shown: Any, looked: Any) -> None:
    assert looked["patches"]["words"]["confidence"].items() <= {
        "confirmed": "confirmée", "provisional": "provisoire", "low": "faible",
    }.items()  # fmt: skip
    assert looked["zones"]["words"]["kind"]["ring"] == "anneau autour d’un site"
    assert set(looked["zones"]["words"]["kind"]) == set(shown.zones["kind"])
    assert looked["sites"]["words"]["mineral1"]["gold"] == "Or"
    assert looked["sites"]["fields"]["mineral1"] == "Minerai 1"
    assert looked["sites"]["fields"]["territory_name"] == "Territoire"


def test_every_zone_and_patch_has_a_rule(shown: Any, looked: Any) -> None:
    for name, frame in (("zones", shown.zones), ("patches", shown.patches)):
        filters = " ".join(rule["filter"] for rule in looked[name]["rules"])
        assert all(f"= '{kind}'" in filters for kind in frame["kind"].unique())


def test_labels_depend_on_the_scale(looked: Any) -> None:
    for name in ("zones", "sites", "patches", "river", "road", "place"):
        rules = looked[name]["label_rules"]
        assert rules, name
        assert all(rule["right"] for rule in rules), name
    by_text = {rule["filter"]: rule["scales"] for rule in looked["zones"]["label_rules"]}
    assert by_text["\"kind\" = 'reserve'"] == [0, 0]  # at all scales
    assert by_text["\"kind\" = 'region'"] == [10_000, 2_500_000]
    assert looked["sites"]["label_rules"][0]["scales"] == [0, 250_000]
    assert looked["patches"]["label_rules"][0]["scales"] == [0, 25_000]


def test_fields_have_names_for_people(looked: Any) -> None:
    fields = looked["zones"]["fields"]
    assert (fields["area_ha"], fields["stable_ha"]) == ("Superficie (ha)", "Stable (ha)")
    assert fields["disturbed_2022_ha"] == "Perturbé en 2022 (ha)"
    assert looked["patches"]["fields"]["first_date"] == "Premier pixel vu le"
    unnamed = [name for name, title in fields.items() if not title]
    assert unnamed in ([], ["fid"])
    assert looked["zones"]["display"] == '"name"'


def test_without_its_style_a_layer_is_drawn_in_one_colour(shown: Any, qgis: Any) -> None:
    path = shown.out / "bare.gpkg"
    path.write_bytes((shown.out / "zones.gpkg").read_bytes())
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DELETE FROM layer_styles")
    (bare,) = qgis.layers(f"{path}|layername=zones")
    assert bare["renderer"] == "singleSymbol"
    assert bare["fields"]["area_ha"] in ("", "Superficie (ha)")
