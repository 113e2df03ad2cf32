"""The project of a run in a real QGIS: all of it is there, styled, named, and can be printed."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import rasterio

from landcover.outputs.qgis.project import write_project
from landcover.outputs.sidecars import write_sidecars
from landcover.outputs.vectors import write_vectors

LANGUAGES = ("en", "fr")
PRINTED = "fr"
"""Whose layouts are drawn; that takes a while."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shown(finished: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a run whose projects were written, and whose folder was then moved."""
    out = finished.copy(tmp_path_factory.mktemp("before") / "out")
    write_vectors(finished.shown(out))
    first = finished.shown(out)
    write_sidecars(first)
    for language in LANGUAGES:
        write_project(first, language)
    moved = tmp_path_factory.mktemp("Réserve de l’été") / "à partager & lire"
    return finished.shown(Path(shutil.move(out, moved)))


@pytest.fixture(scope="module")
def seen(shown: Any, qgis: Any, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Return what QGIS says of the project in each language."""
    pictures = tmp_path_factory.mktemp("pictures")
    return {
        language: qgis.project(
            shown.out / f"project.{language}.qgz", png=pictures if language == PRINTED else None
        )
        for language in LANGUAGES
    }


def leaves(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give the layers of a tree."""
    for node in nodes:
        if "children" in node:
            yield from leaves(node["children"])
        else:
            yield node


def layout(told: Mapping[str, Any], name: str) -> Any:
    """Return a layout by its name."""
    (found,) = [one for one in told["layouts"] if one["name"] == name]
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_layers_are_there_and_valid_after_the_folder_was_moved(
    seen: Any, language: str
) -> None:
    told = seen[language]
    assert (told["read"], told["error"], told["absolute_paths"]) == (True, "", False)
    assert [one["name"] for one in told["layers"] if not one["valid"]] == []
    assert [one["name"] for one in leaves(told["tree"]) if not one["there"]] == []
    drawn = [one for one in told["layers"] if one["id"] != "landcover_pages"]
    assert [one["name"] for one in drawn if not one["crs"]] == []
    assert len(list(leaves(told["tree"]))) == len(drawn)


def test_it_opens_on_the_grid_in_its_plane(shown: Any, seen: Any) -> None:
    for told in seen.values():
        assert told["crs"] == shown.grid.crs
        assert told["view"] == list(shown.grid.bounds)
        assert told["version"].startswith("3.22")


def test_layers_are_drawn_as_their_styles_say(shown: Any, seen: Any) -> None:
    told = {one["id"]: one for one in seen["en"]["layers"]}
    for style in shown.styles:
        for band in style.bands:
            layer = told[f"landcover_{style.facts.name}_{band.key}".replace("-", "_")]
            assert layer["band"] == band.band
            assert layer["renderer"] != "singlebandgray"
    zones = told["landcover_zones"]
    assert zones["renderer"] == "RuleRenderer"
    assert zones["features"] == len(shown.zones)
    assert zones["fields"]["area_ha"] not in ("", "area_ha")


def test_every_layer_that_has_values_draws_more_than_one_colour(shown: Any, seen: Any) -> None:
    empty = {f"landcover_{name}" for name in without_values(shown)}
    for told in seen.values():
        drawn = [one for one in told["layers"] if one["id"] != "landcover_pages"]
        assert {one["id"] for one in drawn if one["colours"] < 2} == empty
        assert [one["errors"] for one in drawn if one["errors"]] == []


def without_values(shown: Any) -> Iterator[str]:
    """Give the bands that are nodata throughout, as ids of layers end."""
    for style in shown.styles:
        with rasterio.open(style.facts.path) as file:
            for band in style.bands:
                if not (file.read_masks(band.band)).any():
                    yield f"{style.facts.name}_{band.key}"


def test_the_legend_is_in_the_language(seen: Any) -> None:
    words = {
        language: {one["layer"]: one["legend"] for one in leaves(told["tree"])}
        for language, told in seen.items()
    }
    assert words["fr"]["landcover_disturbance_confidence"] == ["faible", "provisoire", "confirmée"]
    assert words["en"]["landcover_disturbance_confidence"] == ["low", "provisional", "confirmed"]
    assert words["fr"]["landcover_clear_2020_count"][:2] == ["jours", "0"]
    assert words["fr"]["landcover_rgb_2020_picture"] == ["Rouge", "Vert", "Bleu"]
    assert "Réserves" in words["fr"]["landcover_zones"]
    assert not [one for lines in words["fr"].values() for one in lines if one.startswith("Band")]


def test_twelve_months_are_twelve_layers_and_one_atlas(seen: Any) -> None:
    told = layout(seen["fr"], "Dans le temps\u00a0: Cours normal du NDVI")
    pages = told["atlas_pages"]
    assert [one["title"] for one in pages][:2] == [
        "Normale du NDVI, janvier", "Normale du NDVI, février",
    ]  # fmt: skip
    assert [one["maps"]["main"][-1] for one in pages] == [one["title"] for one in pages]
    assert len(pages) == len({one["file"] for one in pages}) == 12


def test_years_are_an_atlas_of_one_place(seen: Any) -> None:
    pages = layout(seen["en"], "Over time: NDVI")["atlas_pages"]
    assert [one["maps"]["main"][-1] for one in pages] == [
        f"NDVI, {year}" for year in (2020, 2021, 2022, 2023)
    ]
    assert len({one["extents"]["main"] for one in pages}) == 1


def test_each_zone_has_a_page_on_which_the_map_is_moved_to_it(shown: Any, seen: Any) -> None:
    pages = layout(seen["en"], "Each zone: Date of the first disturbance")["atlas_pages"]
    zones = shown.zones
    kinds = zones["kind"].isin(["reserve", "region"])
    (reserve,) = zones.loc[zones["kind"] == "reserve", "name"]
    assert pages[0]["name"] == reserve
    assert sorted(one["name"] for one in pages) == sorted(zones.loc[kinds, "name"])
    assert len({one["extents"]["main"] for one in pages}) == len(pages)
    assert {one["extents"]["where"] for one in pages} == {pages[0]["extents"]["where"]}


def test_each_disturbance_has_a_page_at_a_round_scale(shown: Any, seen: Any) -> None:
    pages = layout(seen["en"], "Each disturbance: before and after")["atlas_pages"]
    largest = shown.patches.sort_values("area_ha", ascending=False)
    assert [one["name"] for one in pages] == list(largest["patch_id"])[: len(pages)]
    assert pages[0]["title"] == f"Disturbance {pages[0]['name']}"
    for one in pages:
        assert one["maps"]["before"][-1] == "Picture in true colour, 2021"
        assert "Disturbances as polygons" in one["maps"]["after"]
        assert one["extents"]["before"] == one["extents"]["after"]
        left, right = (float(text.split(",")[0]) for text in one["extents"]["after"].split(" : "))
        scale = (right - left) / 0.097  # the map is 97 mm wide
        assert scale == pytest.approx(5000 * round(scale / 5000), rel=1e-3)


def test_an_atlas_is_printed_page_by_page(shown: Any, qgis: Any, tmp_path: Path) -> None:
    project = shown.out / f"project.{PRINTED}.qgz"
    months = "Dans le temps\u00a0: Cours normal du NDVI"
    assert qgis.pages(project, months, tmp_path / "months.pdf") == 12
    disturbances = "Chaque perturbation\u00a0: avant et après"
    assert qgis.pages(project, disturbances, tmp_path / "each.pdf") == len(shown.patches)


def test_hard_names_are_titles_as_they_are(shown: Any, seen: Any) -> None:
    pages = layout(seen["en"], "Each site: Date of the first disturbance")["atlas_pages"]
    assert len(pages) == len(shown.sites)
    names = {one["name"]: one["title"] for one in pages}
    assert set(names) == set(shown.sites["name"])
    short = {name: title for name, title in names.items() if len(name) <= 60}
    assert all(name == title for name, title in short.items())
    assert all(len(title) == 60 for name, title in names.items() if name not in short)


def test_before_and_after_stand_side_by_side(seen: Any) -> None:
    (first, *_) = layout(seen["en"], "Each zone: before and after")["atlas_pages"]
    assert first["maps"]["before"][-1] == "Picture in true colour, 2021"
    assert first["maps"]["after"][-1] == "Picture in true colour, 2023"
    assert first["extents"]["before"] == first["extents"]["after"]


def test_every_layout_prints_with_all_that_belongs_on_it(seen: Any) -> None:
    needed = {
        "QgsLayoutItemMap", "QgsLayoutItemLegend", "QgsLayoutItemScaleBar", "QgsLayoutItemPicture",
        "QgsLayoutItemLabel",
    }  # fmt: skip
    for told in seen.values():
        assert len(told["layouts"]) == 11
        for one in told["layouts"]:
            assert needed <= set(one["items"]), one["name"]
    for one in seen[PRINTED]["layouts"]:
        assert one["exported"], one["name"]
        assert min(one["colours"]) > 100, one["name"]
    texts = " ".join(text for one in seen["en"]["layouts"] for text in one["texts"])
    assert "Bare ground is not proof of mining" in texts
    assert "Contains modified Copernicus Sentinel data 2020-2023" in texts


def test_every_theme_shows_something(seen: Any) -> None:
    for told in seen.values():
        assert {name for name, one in told["themes"].items() if one["colours"] < 2} == set()
        assert {name for name, one in told["themes"].items() if one["errors"]} == set()
    assert "Before: Picture in true colour, 2021" in seen["en"]["themes"]


def test_bookmarks_lead_to_reserves_and_regions(shown: Any, seen: Any) -> None:
    zones = shown.zones
    named = zones.loc[zones["kind"].isin(["reserve", "region"]), "name"]
    assert sorted(seen["fr"]["bookmarks"]) == sorted(named)


def test_what_is_lost_is_seen(shown: Any, qgis: Any, tmp_path: Path) -> None:
    """The checks above can fail: QGIS reads such projects, and says nothing.

    One file is missing, and the id of a layer has ten characters only.
    """
    out = Path(shutil.copytree(shown.out, tmp_path / "out"))
    (out / "rasters" / "rgb_2020.tif").unlink()
    with zipfile.ZipFile(out / "project.en.qgz") as archive:
        text = archive.read("project.en.qgs").decode().replace("landcover_zones", "zones12345")
    (out / "lost.qgs").write_text(text, "utf-8")
    told = qgis.project(out / "lost.qgs")
    assert told["read"]
    assert [one["name"] for one in leaves(told["tree"]) if not one["there"]] == ["Zones"]
    assert [one["name"] for one in told["layers"] if not one["valid"]] == [
        "Picture in true colour, 2020"
    ]
