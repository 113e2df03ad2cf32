"""The project as a file: what it names is there, nothing else is, and it is always the same.

That QGIS reads it as meant is tested with QGIS itself, in tests/qgis.
"""

from __future__ import annotations

import dataclasses
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from landcover.outputs.qgis.notes import sources_text
from landcover.outputs.qgis.project import content_of, project_xml, write_project
from landcover.outputs.shown import KEPT_BACK, Shown

LANGUAGES = ("en", "fr")


def ids(root: ET.Element) -> list[str]:
    """Return the ids of all layers."""
    return [str(one.findtext("id")) for one in root.iter("maplayer")]


def with_frames(shown: Shown, **frames: Any) -> Shown:
    """Return a run with other shapes than its files have."""
    other = dataclasses.replace(shown)
    vars(other).update(frames)  # as if they had been read
    return other


@pytest.mark.slow
def test_its_bytes_are_the_same_every_time(projects: Any) -> None:
    for language, path in projects.paths.items():
        before = path.read_bytes()
        assert write_project(projects.shown, language) == (path,)
        assert path.read_bytes() == before


def test_the_zip_tells_no_time(projects: Any) -> None:
    with zipfile.ZipFile(projects.paths["fr"]) as archive:
        (entry,) = archive.infolist()
    assert (entry.filename, entry.date_time) == ("project.fr.qgs", (1980, 1, 1, 0, 0, 0))


def test_it_opens_without_warning_in_the_oldest_qgis_that_is_served(projects: Any) -> None:
    assert {root.get("version", "")[:6] for root in projects.roots.values()} == {"3.22.0"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_ids_are_long_enough_for_qgis_to_keep_them(projects: Any, language: str) -> None:
    found = ids(projects.roots[language])
    assert len(found) == len(set(found))
    assert all(len(one) > 10 and re.fullmatch("[a-z0-9_]+", one) for one in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_names_a_layer_names_one_that_there_is(projects: Any, language: str) -> None:
    root = projects.roots[language]
    known = set(ids(root))
    named = {one.get("id") for one in root.iter("layer-tree-layer")}
    in_themes = {one.get("id") for one in root.findall("visibility-presets/*/layer")}
    covered = {one.get("coverageLayer") for one in root.iter("Atlas")} - {None}
    assert named | in_themes | covered <= known
    assert known - named == {"landcover_pages"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_maps_show_themes_that_there_are(projects: Any, language: str) -> None:
    root = projects.roots[language]
    names = [one.get("name") for one in root.iter("visibility-preset")]
    assert len(names) == len(set(names))
    followed = {one.get("followPresetName") for one in root.iter("LayoutItem")} - {None}
    assert followed
    assert followed <= set(names)


def test_every_band_with_a_meaning_is_a_layer(projects: Any) -> None:
    styles = projects.shown.styles
    bands = sum(len(style.bands) + (style.beneath is not None) for style in styles)
    rasters = [one for one in projects.roots["en"].iter("maplayer") if one.get("type") == "raster"]
    assert len(rasters) == bands


def test_sources_are_beside_it(projects: Any) -> None:
    root, out = projects.roots["en"], projects.shown.out
    sources = [str(one.findtext("datasource")) for one in root.iter("maplayer")]
    files = [source.partition("|")[0] for source in sources if not source.startswith("?")]
    assert files
    assert all(one.startswith("./") and (out / one).is_file() for one in files)
    assert root.findtext("properties/Paths/Absolute") == "false"
    assert root.findtext("properties/SpatialRefSys/ProjectionsEnabled") == "1"


def test_no_path_of_this_machine_is_in_it(projects: Any) -> None:
    text = ET.tostring(projects.roots["fr"], encoding="unicode")
    assert str(projects.shown.out.parent) not in text
    assert str(Path.home()) + "/" not in text


def test_it_opens_on_the_whole_grid(projects: Any) -> None:
    view = projects.roots["en"].find("ProjectViewSettings/DefaultViewExtent")
    assert view is not None
    told = tuple(float(view.get(name, "nan")) for name in ("xmin", "ymin", "xmax", "ymax"))
    assert told == projects.shown.grid.bounds


def test_names_are_in_its_language(projects: Any) -> None:
    groups = {
        language: [one.get("name") for one in root.findall("layer-tree-group/layer-tree-group")]
        for language, root in projects.roots.items()
    }
    assert groups["en"] == [
        "Zones and sites", "Context", "What changed", "NDVI", "Pictures", "Quality"
    ]  # fmt: skip
    assert groups["fr"] == [
        "Zones et sites", "Contexte", "Ce qui a changé", "NDVI", "Images", "Qualité"
    ]  # fmt: skip


def test_reserves_and_regions_have_bookmarks_and_sites_have_none(projects: Any) -> None:
    zones = projects.shown.zones
    marks = [one.get("name") for one in projects.roots["fr"].iter("Bookmark")]
    assert sorted(marks) == sorted(zones.loc[zones["kind"].isin(["reserve", "region"]), "name"])


def test_a_sensitive_zone_has_no_bookmark(projects: Any) -> None:
    shown = with_frames(projects.shown, zones=projects.shown.zones.assign(sensitive=True))
    assert not list(project_xml(shown, "en").iter("Bookmark"))


def test_before_ends_where_the_watch_begins(projects: Any) -> None:
    before, after = content_of(projects.shown, "en").pair or ()
    assert (before.layer.id, after.layer.id) == (
        "landcover_rgb_2021_picture", "landcover_rgb_2023_picture",
    )  # fmt: skip


def test_months_and_years_are_pages_of_one_layout_each(projects: Any) -> None:
    found = {one.key: len(one.pages) for one in content_of(projects.shown, "fr").sequences}
    assert found["ndvi_climatology"] == 12
    assert found["ndvi"] == found["rgb"] == found["clear"] == 4


def test_an_expression_in_a_title_is_a_text(projects: Any) -> None:
    titles = {"en": "[% env('HOME') %] ' \" <b>"}
    about = dataclasses.replace(projects.shown.about, titles=titles)
    root = project_xml(dataclasses.replace(projects.shown, about=about), "en")
    labels = [str(one.get("labelText")) for one in root.iter("LayoutItem")]
    assert any("env(" in text for text in labels)
    assert not any("[% env" in text for text in labels)


def test_boundaries_are_named_by_file_hash_and_credit(projects: Any, tmp_path: Path) -> None:
    role = {
        "role": "zones.reserves",
        "sha256": "ab" * 32,
        "credit": "© ICCN [% 1 %]",
        "licence": "",
    }
    origin = "https://example.org/data/limits.geojson?sig=abc"
    for told in ({**role, "origin": origin}, {**role, "origin": str(tmp_path / "limits.geojson")}):
        run = {**projects.shown.run, "inputs": [told, {"role": "model", "origin": "m.npz"}]}
        shown = dataclasses.replace(projects.shown, out=tmp_path, run=run)
        text = sources_text(with_frames(shown, context={}), "en")
        assert (
            "Boundaries and sites: limits.geojson (sha256 abababababab, © ICCN [ % 1 %])." in text
        )
        assert "sig=" not in text
        assert str(tmp_path) not in text


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Ground near sensitive sites is left out of this copy"),
     ("fr", "Le terrain autour des sites sensibles est omis de cette copie")],
)  # fmt: skip
def test_a_copy_that_keeps_ground_back_says_so_on_every_page(
    projects: Any, language: str, told: str
) -> None:
    def said(root: ET.Element) -> tuple[bool, int]:
        """Return whether the project's own notes say so, and how many pages do."""
        feet = [str(one.get("labelText")) for one in root.iter("LayoutItem")]
        return told in str(root.findtext("projectMetadata/abstract")), sum(told in t for t in feet)

    shown = projects.shown
    cut = dataclasses.replace(shown, run={**shown.run, KEPT_BACK: True})
    root = project_xml(cut, language)
    assert said(root) == (True, len(list(root.iter("Layout"))))
    assert said(projects.roots[language]) == (False, 0)


def test_a_long_title_is_cut(projects: Any) -> None:
    about = dataclasses.replace(projects.shown.about, titles={"en": "long " * 60})
    root = project_xml(dataclasses.replace(projects.shown, about=about), "en")
    labels = [one for one in root.iter("LayoutItem") if one.get("id") == "subtitle"]
    assert labels
    assert all(len(str(one.get("labelText"))) < 140 for one in labels)


def test_a_run_with_one_raster_has_a_project(projects: Any) -> None:
    (one,) = [style for style in projects.shown.styles if style.facts.name == "ndvi_2020"]
    shown = dataclasses.replace(projects.shown, styles=(one,))
    shown = with_frames(shown, patches=None, sites=projects.shown.sites.iloc[:0], context={})
    content = content_of(shown, "en")
    assert (content.pair, content.sequences) == (None, ())
    assert content.changed is not None
    assert content.changed.title == "NDVI, 2020"  # nothing tells of change: the best there is
    layers = [layer.name for layer in content.layers() if layer.source.startswith("./rasters")]
    assert layers == ["NDVI, 2020"]
    layouts = project_xml(shown, "en").find("Layouts")
    assert layouts is not None
    assert len(layouts) > 0


def test_a_plane_without_a_code_is_named_and_defined(projects: Any) -> None:
    plane = "+proj=laea +lat_0=1.5 +lon_0=28.5 +datum=WGS84 +units=m"
    grid = dataclasses.replace(projects.shown.grid, crs=plane)
    root = project_xml(dataclasses.replace(projects.shown, grid=grid), "en")
    assert root.findtext("projectCrs/spatialrefsys/authid", "none") == ""
    assert "Azimuthal" in root.findtext("projectCrs/spatialrefsys/wkt", "")
    labels = [str(one.get("labelText")) for one in root.iter("LayoutItem")]
    assert any("Map plane: Lambert Azimuthal Equal Area." in text for text in labels)


def test_a_run_without_rasters_has_a_project(projects: Any) -> None:
    shown = dataclasses.replace(projects.shown, styles=())
    content = content_of(shown, "en")
    assert [one.title for one in content.groups] == ["Zones and sites", "Context", "What changed"]
    assert {layer for one in content.themes for layer in one.layers} <= {
        layer.id for layer in content.layers()
    }


def test_disturbances_are_a_theme_on_what_it_was_like_afterwards(projects: Any) -> None:
    themes = {one.name: one.layers for one in content_of(projects.shown, "en").themes}
    assert themes["Disturbances as polygons"][-2:] == (
        "landcover_patches", "landcover_rgb_2023_picture",
    )  # fmt: skip


def test_dates_lie_on_ground_that_was_judged_and_ground_that_could_not_be(projects: Any) -> None:
    themes = {one.name: one.layers for one in content_of(projects.shown, "en").themes}
    ground = "landcover_disturbance_kind_ground"
    assert themes["Date of the first disturbance"][-2:] == ("landcover_disturbance_date", ground)
    assert [name for name, layers in themes.items() if ground in layers] == [
        "Date of the first disturbance"
    ]
    (layer,) = [
        one for one in projects.roots["en"].iter("maplayer") if one.findtext("id") == ground
    ]
    (told,) = layer.iter("noDataList")
    assert (told.get("bandNo"), told.get("useSrcNoData")) == ("1", "0")  # 0 is a class here
    words = {one.get("value"): one.get("label") for one in layer.iter("paletteEntry")}
    assert words == {
        "1": "no break found", "5": "history too short, or no image",
        "6": "history too unstable", "0": "hardly seen, or outside all zones",
    }  # fmt: skip


def test_a_small_map_has_thin_outlines_and_no_word(projects: Any) -> None:
    root = projects.roots["fr"]
    (zones,) = [one for one in root.iter("maplayer") if one.findtext("id") == "landcover_zones"]
    (style,) = zones.findall("map-layer-style-manager/map-layer-style[@name='Situation']/qgis")
    assert style.find("labeling") is None
    named = [one.get("label") for one in style.iter("rule") if one.get("label")]
    assert named == ["Régions", "Réserves"]
    (theme,) = [one for one in root.iter("visibility-preset") if one.get("name") == "Situation"]
    assert [dict(one.attrib) for one in theme] == [
        {"id": "landcover_zones", "visible": "1", "expanded": "0", "style": "Situation"}
    ]


def layout_of(root: ET.Element, name: str) -> ET.Element:
    """Return a layout by its name."""
    (found,) = [one for one in root.iter("Layout") if one.get("name") == name]
    return found


def text_of(layout: ET.Element, name: str) -> str:
    """Return the text of a label."""
    return next(str(one.get("labelText")) for one in layout if one.get("id") == name)


def test_each_disturbance_has_a_page_the_largest_first(projects: Any) -> None:
    layout = layout_of(projects.roots["en"], "Each disturbance: before and after")
    atlas = layout.find("Atlas")
    assert atlas is not None
    told = ("coverageLayer", "sortKey", "sortAscending", "filterFeatures")
    assert [atlas.get(key) for key in told] == ["landcover_patches", '"area_ha"', "0", "0"]
    facts = text_of(layout, "facts")
    assert "Confidence: [% CASE WHEN" in facts
    assert "THEN 'provisional'" in facts
    followed = [one.get("followPresetName") for one in layout if one.get("followPresetName")]
    assert followed == [
        "Before: Picture in true colour, 2021, disturbances outlined",
        "After: Picture in true colour, 2023, disturbances outlined",
        "Where it lies",
    ]


def test_of_many_disturbances_the_largest_have_a_page(
    projects: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("landcover.outputs.qgis.layouts.MOST_PATCHES", 2)
    layout = layout_of(project_xml(projects.shown, "en"), "Each disturbance: before and after")
    atlas = layout.find("Atlas")
    assert atlas is not None
    least = float(str(atlas.get("featureFilter")).rpartition(" ")[2])
    areas = projects.shown.patches["area_ha"]
    assert len(areas) > 2
    assert (areas >= least).sum() == 2
    assert text_of(layout, "subtitle").startswith(f"The 2 largest of {len(areas)} — ")


def test_without_disturbances_there_is_no_page_of_one(projects: Any) -> None:
    root = project_xml(with_frames(projects.shown, patches=None), "en")
    names = [str(one.get("name")) for one in root.iter("Layout")]
    assert names
    assert not any(name.startswith("Each disturbance") for name in names)


def test_a_long_legend_is_written_smaller(projects: Any) -> None:
    def size(name: str) -> float:
        layout = layout_of(projects.roots["en"], name)
        font = layout.find("LayoutItem/styles/style[@name='symbolLabel']/styleFont")
        assert font is not None
        return float(str(font.get("description")).split(",")[1])

    assert size("Overview") == 8
    assert 5.5 < size("Each zone: Date of the first disturbance") < 8
