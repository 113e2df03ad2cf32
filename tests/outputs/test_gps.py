"""Patches for a field GPS and for Google Earth: valid, safe, and without the names of mines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, parse

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from landcover.outputs import gps
from landcover.outputs.gps import write_gps
from landcover.outputs.shown import KEPT_BACK, Shown
from tests.outputs.test_vectors import HOSTILE, patches, shown_in

GPX = {"": "http://www.topografix.com/GPX/1/1"}
KML = {"": "http://www.opengis.net/kml/2.2"}
SHOWN_NAME = HOSTILE.replace("\x07", "\ufffd")
"""What XML can hold of a hostile name."""


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    return shown_in(tmp_path, ("en", "fr"), patches())


def root_of(path: Path) -> Element:
    return parse(path).getroot()


def test_waypoints_say_what_when_how_large_and_where(shown: Shown) -> None:
    gpx, _ = write_gps(shown)
    found = root_of(gpx).findall("wpt", GPX)
    assert [one.findtext("name", "", GPX) for one in found] == [
        "20220803-aaaaaaaa", "20220803-bbbbbbbb", "20220803-cccccccc"
    ]  # fmt: skip
    assert found[0].attrib == {"lat": "1.0500000", "lon": "28.0500000"}
    assert [one.tag.partition("}")[2] for one in found[0]] == [
        "time", "name", "desc", "sym", "type"  # the order that the format asks for
    ]  # fmt: skip
    assert [one.findtext("desc", "", GPX) for one in found] == [
        f"Abrupt, confirmed; First seen 2022-08-03; 1.25 ha; In {SHOWN_NAME}",
        f"Gradual, low confidence; First seen 2022-08-03; 0.50 ha; 0 to 500 m outside {SHOWN_NAME}",
        "Abrupt, provisional; First seen 2022-08-03; 0.25 ha",  # no zone round a site is named
    ]


def test_parts_and_growth_are_told_where_they_are_known(tmp_path: Path) -> None:
    made = shown_in(tmp_path, ("fr",), patches(1))
    assert made.patches is not None
    vars(made)["patches"] = made.patches.assign(
        last_date=pd.Timestamp(2023, 9, 7), confirmed_ha=1.0, provisional_ha=0.25, low_ha=0.0,
        perhaps_before_watch_ha=0.5,
    )  # fmt: skip
    gpx, kml = write_gps(made)
    (desc,) = (one.findtext("desc", "", GPX) for one in root_of(gpx).findall("wpt", GPX))
    assert "Son dernier pixel vu dès le 2023-09-07; 1,25 ha; " in desc
    assert "1,00 ha confirmé, 0,25 ha provisoire, 0,00 ha de faible confiance" in desc
    assert "0,50 ha peut-être avant la surveillance" in desc
    found = gpd.read_file(kml, layer="Abrupte", engine="pyogrio").iloc[0]
    assert found[["confirmed_ha", "low_ha", "perhaps_before_watch_ha"]].tolist() == [
        "1",
        "0",
        "0.5",
    ]


def test_no_site_is_named(shown: Shown) -> None:
    for path in write_gps(shown):
        assert "Mine" not in path.read_text("utf-8")


def test_outlines_are_those_of_the_patches(shown: Shown) -> None:
    _, kml = write_gps(shown)
    found = gpd.read_file(kml, layer="Abrupt", engine="pyogrio")
    assert shown.patches is not None
    truth = shown.patches.set_index("patch_id").geometry
    for row in found.itertuples():
        parts = row.geometry.geoms
        assert len(parts[0].interiors) == 1
        assert shapely.hausdorff_distance(parts[0], truth[row.Name]) < 2e-7  # degrees: 2 cm
    layers = [str(name) for name, _ in pyogrio.list_layers(kml)]
    assert layers == ["Abrupt", "Gradual", "Places of all"]
    places = gpd.read_file(kml, layer="Places of all", engine="pyogrio")
    assert (len(places), set(places.geom_type)) == (3, {"Point"})


def test_names_are_escaped_where_they_would_be_read_as_html(shown: Shown) -> None:
    _, kml = write_gps(shown)
    (first, *_) = root_of(kml).iterfind(".//Placemark", KML)
    description = first.findtext("description", "", KML)
    assert "<script>" not in description
    assert "&lt;script&gt;" in description
    assert "<br>" in description


def test_texts_are_in_the_first_language(tmp_path: Path) -> None:
    gpx, _ = write_gps(shown_in(tmp_path, ("fr", "en"), patches()))
    meta = root_of(gpx).find("metadata", GPX)
    assert meta is not None
    assert meta.findtext("name", "", GPX) == f"Perturbations\u00a0: {SHOWN_NAME}"
    assert "preuve d’exploitation minière" in meta.findtext("desc", "", GPX)


def test_the_largest_are_taken_and_the_rest_counted(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gps, "MOST_POINTS", 2)
    gpx, kml = write_gps(shown)
    assert len(root_of(gpx).findall("wpt", GPX)) == 2
    text = gpx.read_text("utf-8")
    assert "The 2 largest of 3 disturbances; all are in patches.gpkg." in text
    assert "cccccccc" not in text
    assert "3 disturbances." in kml.read_text("utf-8")


def test_no_patch_is_an_empty_document(tmp_path: Path) -> None:
    for path in write_gps(shown_in(tmp_path, ("en",), patches(0))):
        assert "0 disturbances." in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("language", "none", "left_out"),
    [("en", "No disturbance is listed here. ", "Those near sensitive sites are left out, "),
     ("fr", "Aucune perturbation n’est listée ici. ", "Celles proches de sites sensibles sont ")],
)  # fmt: skip
def test_a_copy_that_keeps_patches_back_says_so(
    tmp_path: Path, language: str, none: str, left_out: str
) -> None:
    for count in (0, 3):
        made = shown_in(tmp_path / str(count), (language,), patches(count))
        told = [path.read_text("utf-8") for path in write_gps(made)]
        assert not any(left_out in text for text in told)
        for path in write_gps(replace(made, run={KEPT_BACK: True})):
            text = path.read_text("utf-8")
            assert left_out in text
            assert (none in text) is (count == 0)
            assert ">0 " not in text


def test_a_run_without_disturbances_leaves_none(shown: Shown, tmp_path: Path) -> None:
    written = write_gps(shown)
    (tmp_path / "patches.gpkg").unlink()
    assert write_gps(Shown(shown.out, shown.about, {}, (), shown.grid, shown.tables)) == ()
    assert not any(path.exists() for path in written)
