"""GeoPackages as people open them: figures of the tables, styles and names of fields inside."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine

from landcover.errors import InputError
from landcover.files import sha256_of
from landcover.model import Grid, Period, Zone
from landcover.outputs.context_layers import write_context
from landcover.outputs.geopackage import GeoLayer, columns_as_written, write_geopackage
from landcover.outputs.patches import COLUMNS, Patches, write_patches
from landcover.outputs.placed import around_sites
from landcover.outputs.qml import plain_xml
from landcover.outputs.sheets import Table
from landcover.outputs.shown import About, Shown
from landcover.outputs.vector_styles import field_titles, site_style, zone_style
from landcover.outputs.vectors import write_vectors
from landcover.outputs.zone_layers import write_zones
from landcover.zones.context import Drawn
from landcover.zones.features import Feature

HOSTILE = "<script>alert('1')</script> & \"é\" \x07 \u202e =1+1"
PLAIN = plain_xml(HOSTILE)
GRID = Grid("EPSG:32635", Affine(10, 0, 700_000, 0, -10, 9_700_000), (40, 40))
ZONE_TABLE = ("zone_id", "kind", "group", "name", "parent", "from_m", "to_m", "area_ha", "NAME")


def zones() -> tuple[Zone, ...]:
    """Return a reserve of a hostile name, a ring outside it, and a place around a site."""
    box = shapely.box(28.0, 1.0, 28.1, 1.1)
    return (
        Zone("okapi", HOSTILE, "reserve", "reserves", box, 12_345.6),
        Zone("okapi_0-500m", HOSTILE, "outside", "reserves", box.buffer(0.01), 500.0),
        Zone(
            "m1_0-250m", "Mine", "ring", "sites", box.centroid.buffer(0.002), 19.6, sensitive=True
        ),
    )


def zone_rows(found: tuple[Zone, ...]) -> list[tuple[Any, ...]]:
    """Make rows of ``zones.csv``."""
    return [
        (z.id, z.kind, z.group, z.name, None, *((0.0, 500.0) if "_" in z.id else (None, None)),
         z.area_ha, "kept")
        for z in found
    ]  # fmt: skip


def patch(identity: str, kind: str, confidence: str, zone: str, area_ha: float) -> tuple[Any, ...]:
    """Make a row of ``patches.csv``."""
    day = date(2022, 8, 3)
    cells: dict[str, Any] = dict.fromkeys(COLUMNS)
    cells |= {"patch_id": identity, "first_date": day, "median_date": day, "last_date": day}
    cells |= {"area_ha": area_ha, "pixels": 12, "index": "ndvi", "drop": -0.5, "kind": kind}
    cells |= {"confidence": confidence, "lon": 28.05, "lat": 1.05, "zone_id": zone}
    cells |= {"nearest_site_name": "Mine", "nearest_site_id": "m1", "distance_m": 12.5}
    return tuple(cells[name] for name in COLUMNS)


def patches(number: int = 3) -> Patches:
    """Make disturbances in each of two zones, and some more."""
    rows = [
        patch("20220803-aaaaaaaa", "abrupt", "confirmed", "okapi", 1.25),
        patch("20220803-bbbbbbbb", "gradual", "low", "okapi_0-500m", 0.5),
        patch("20220803-cccccccc", "abrupt", "provisional", "m1_0-250m", 0.25),
    ][:number]
    square = shapely.box(700_100, 9_699_800, 700_140, 9_699_840)
    hole = shapely.box(700_110, 9_699_810, 700_120, 9_699_820)
    shapes = [shapely.transform(square - hole, lambda p, k=k: p + 60 * k) for k in range(len(rows))]
    return Patches(tuple(rows), gpd.GeoSeries(shapes).to_numpy(), GRID.crs)


def tables() -> Mapping[str, pd.DataFrame]:
    """Make tables of a run as they are read: of three zones, one without a row everywhere."""
    ids = [zone.id for zone in zones()]
    area = pd.DataFrame(
        {"zone_id": [*ids, *ids, ids[0]], "every": ["year"] * 6 + ["month"],
         "period": ["2021"] * 3 + ["2022"] * 3 + ["2022-01"],
         "monitored_first_date": pd.to_datetime([None] * 3 + ["2022-01-01"] * 4),
         "disturbed_ha": [None] * 3 + [7.5, 0.0, None, 99.0], "confirmed_ha": [5.0] * 7,
         "not_observable_ha": [1.0] * 7}
    )  # fmt: skip
    kinds = pd.DataFrame({"zone_id": ids[:2], "stable_ha": [10.5, 3.0], "abrupt_ha": [7.25, 0.0]})
    trend = pd.DataFrame(
        {"zone_id": ids, "index": "ndvi", "declining_ha": [4.5, 0.0, 1.0], "rising_ha": 0.0,
         "none_ha": 1.0, "untested_ha": 0.0}
    )  # fmt: skip
    series = pd.DataFrame(
        {"zone_id": [ids[0]] * 3 + [ids[1]], "index": "ndvi",
         "date": pd.to_datetime(["2022-03-02", "2022-05-06", "2022-09-09", "2022-09-09"]),
         "mean": [0.5, 0.625, 0.1, 0.7], "median": [0.5, 0.75, 0.1, 0.7],
         "clear_fraction": [0.9, 0.5, 0.49, 0.0]}
    )  # fmt: skip
    return {
        "zones": pd.DataFrame(zone_rows(zones()), columns=list(ZONE_TABLE)),
        "disturbance_area": area,
        "disturbance_kinds": kinds,
        "trend_area": trend,
        "zone_series": series,
    }


def shown_in(
    out: Path, languages: tuple[str, ...] = ("fr", "en"), found: Patches | None = None
) -> Shown:
    """Make the folder of a run that has shapes and tables alone."""
    period = Period(date(2020, 1, 1), date(2024, 1, 1))
    about = About("demo", {"fr": HOSTILE}, languages, period, {})
    sites = (Feature("row 2", "m1", HOSTILE, shapely.Point(28.05, 1.05), {"Name": 7, "geom": "g"}),)
    table = Table(ZONE_TABLE, zone_rows(zones()))
    write_zones(out / "zones.gpkg", zones(), sites, table, around_sites(sites, zones()))
    if found is not None:
        write_patches(out / "patches.gpkg", found)
    return Shown(out, about, {}, (), GRID, tables())


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    out = tmp_path_factory.mktemp("vectors")
    made = shown_in(out, found=patches())
    assert [path.name for path in write_vectors(made)] == ["zones.gpkg", "patches.gpkg"]
    return made


def rows_of(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """Ask a GeoPackage."""
    with closing(sqlite3.connect(path)) as file:
        return file.execute(sql).fetchall()


def styles(path: Path) -> dict[tuple[str, str], tuple[int, Element]]:
    """Read the styles by layer and name: whether each is the default, and what it says."""
    sql = "SELECT f_table_name, styleName, useAsDefault, styleQML FROM layer_styles"
    return {(layer, name): (used, fromstring(qml)) for layer, name, used, qml in rows_of(path, sql)}


def test_figures_are_those_of_the_tables(shown: Shown) -> None:
    found = shown.zones.set_index("zone_id")
    reserve, ring = found.loc["okapi"], found.loc["m1_0-250m"]
    assert (reserve["stable_ha"], reserve["abrupt_ha"]) == (10.5, 7.25)
    assert (reserve["disturbed_2022_ha"], reserve["ndvi_declining_ha"]) == (7.5, 4.5)
    assert "disturbed_2021_ha" not in found  # nobody watched
    assert ring[["stable_ha", "disturbed_2022_ha", "ndvi_median"]].isna().all()
    assert reserve["area_ha"] == 12_345.6
    assert reserve["NAME_2"] == "kept"  # a column of the job's own, whose name is taken
    assert found["sensitive"].tolist() == [False, False, True]


def test_the_latest_state_is_of_a_date_that_shows_half_of_the_zone(shown: Shown) -> None:
    found = shown.zones.set_index("zone_id")
    row = found.loc["okapi", ["ndvi_date", "ndvi_mean", "ndvi_median", "ndvi_clear_fraction"]]
    assert row.tolist() == ["2022-05-06", 0.625, 0.75, 0.5]
    assert found.loc["okapi_0-500m", "ndvi_date"] is None  # never half clear


def test_the_default_style_is_in_the_first_language(shown: Shown) -> None:
    found = styles(shown.out / "zones.gpkg")
    assert {key: used for key, (used, _) in found.items()} == {
        ("zones", "Français"): 1, ("zones", "English"): 0,
        ("sites", "Français"): 1, ("sites", "English"): 0,
    }  # fmt: skip
    french, english = found["zones", "Français"][1], found["zones", "English"][1]
    assert [one.get("label") for one in french.iterfind("renderer-v2/rules/rule")] == [
        "Anneaux autour des sites", "Anneaux autour des réserves", "Réserves"
    ]  # fmt: skip
    titles = {one.get("field"): one.get("name") for one in english.iterfind("aliases/alias")}
    assert titles["disturbed_2022_ha"] == "Disturbed in 2022 (ha)"
    assert titles["ndvi_median"] == "NDVI, median on that date"
    assert rows_of(
        shown.out / "zones.gpkg",
        "SELECT title FROM gpkg_data_columns WHERE table_name = 'zones' AND name = 'area_ha'",
    ) == [("Superficie (ha)",)]


def cells(style: Element) -> dict[str | None, dict[str | None, str | None]]:
    """Return what the values of columns are called in a style."""
    return {
        field.get("name"): {
            one.get("value"): one.get("name")
            for one in field.iterfind("editWidget/config/Option/Option/Option/Option")
        }
        for field in style.iterfind("fieldConfiguration/field")
    }


def test_words_of_ours_are_told_in_the_language(shown: Shown) -> None:
    found = styles(shown.out / "zones.gpkg") | styles(shown.out / "patches.gpkg")
    told = {key: cells(style) for key, (_, style) in found.items()}
    assert told["zones", "Français"]["kind"] == {
        "reserve": "réserve", "outside": "hors d’une réserve", "ring": "anneau autour d’un site",
    }  # fmt: skip
    assert told["patches", "English"]["kind"] == {"abrupt": "abrupt", "gradual": "gradual"}
    assert told["patches", "Français"]["kind"] == {"abrupt": "abrupte", "gradual": "progressive"}
    assert told["patches", "Français"]["confidence"]["low"] == "faible"
    assert "zone_kind" not in told["patches", "Français"]  # it has no value here
    frame = gpd.GeoDataFrame(
        {"site_id": list("abcd"), "name": "Or", "Mineral1": ["Or", "gold", HOSTILE, None]},
        geometry=[shapely.Point(0, 0)] * 4,
        crs=4326,
    )
    assert cells(site_style(frame, "en")) == {
        "Mineral1": {"Or": "Gold", "gold": "Gold", PLAIN: PLAIN}
    }
    many = pd.concat([frame] * 60, ignore_index=True)
    many["Mineral1"] = [f"rock {n}" for n in range(240)]
    assert cells(site_style(many, "en")) == {}  # names, not words


def test_many_rings_are_drawn_from_near_alone() -> None:
    frame = gpd.GeoDataFrame(
        {"kind": ["reserve"] + ["ring"] * 200}, geometry=[None] * 201, crs=4326
    )
    few, many = (zone_style(one, "en") for one in (frame, pd.concat([frame, frame])))
    rules = "renderer-v2/rules/rule"
    assert [one.get("scalemaxdenom") for one in few.iterfind(rules)] == [None, None]
    assert [one.get("scalemaxdenom") for one in many.iterfind(rules)] == ["500000", None]


def test_fields_say_what_they_mean(shown: Shown) -> None:
    sql = "SELECT name, description FROM gpkg_data_columns WHERE table_name = 'zones'"
    told = dict(rows_of(shown.out / "zones.gpkg", sql))
    assert told["disturbed_2022_ha"].startswith("Sol en rupture pendant la période.")
    assert told["ndvi_median"].startswith("Médiane de l’indice")
    assert told["NAME_2"] is None  # the job's own
    assert {name for name, text in told.items() if text is None} == {"NAME_2", "sensitive"}
    sql = "SELECT name FROM gpkg_data_columns WHERE table_name = 'patches' AND description IS NULL"
    assert rows_of(shown.out / "patches.gpkg", sql) == []


def test_rules_name_symbols_that_there_are(shown: Shown) -> None:
    for file in ("zones.gpkg", "patches.gpkg"):
        for _, root in styles(shown.out / file).values():
            symbols = [one.get("name") for one in root.iterfind("renderer-v2/symbols/symbol")]
            named = [one.get("symbol") for one in root.iter("rule") if one.get("symbol")]
            assert sorted(named) == sorted(symbols)
            assert symbols


def test_patches_are_drawn_by_kind_and_confidence(shown: Shown) -> None:
    _, root = styles(shown.out / "patches.gpkg")["patches", "English"]
    rules = {
        str(rule.get("label")): [one.get("label") for one in rule]
        for rule in root.iterfind("renderer-v2/rules/rule")
    }
    assert rules == {"Abrupt": ["confirmed", "provisional"], "Gradual": ["low confidence"]}
    assert shown.patches is not None
    assert shown.patches["first_date"].dtype.kind == "M"
    assert gpd.read_file(shown.out / "patches.gpkg", layer="patches").crs.to_epsg() == 32635


def test_the_same_content_is_the_same_file(shown: Shown, tmp_path: Path) -> None:
    before = [sha256_of(path) for path in write_vectors(shown)]
    assert [sha256_of(path) for path in write_vectors(shown)] == before
    other = shown_in(tmp_path / "other place", found=patches())
    assert [sha256_of(path) for path in write_vectors(other)] == before


def test_a_run_without_disturbances_has_zones_alone(tmp_path: Path) -> None:
    made = shown_in(tmp_path, ("en",))
    assert [path.name for path in write_vectors(made)] == ["zones.gpkg"]
    assert len(made.sites) == 1


def test_an_empty_layer_has_a_look_and_fields(tmp_path: Path) -> None:
    made = shown_in(tmp_path, ("en",), patches(0))
    write_vectors(made)
    _, root = styles(tmp_path / "patches.gpkg")["patches", "English"]
    (rule,) = root.iterfind("renderer-v2/rules/rule")
    assert (rule.get("label"), rule.get("symbol")) == ("Disturbance", "0")
    assert made.patches is not None
    assert set(COLUMNS) <= set(made.patches.columns)


def test_names_from_outside_stay_text(shown: Shown) -> None:
    assert shown.zones["name"].tolist()[0] == HOSTILE
    assert shown.sites[["site_id", "name", "kept_Name", "geom"]].iloc[0].tolist() == [
        "m1", HOSTILE, 7, "g"
    ]  # fmt: skip


def test_every_column_of_ours_has_a_name_for_people(shown: Shown) -> None:
    assert shown.patches is not None
    ours = [*COLUMNS, *(name for name in shown.zones if name not in ("geometry", "NAME_2"))]
    for language in ("en", "fr"):
        titles = field_titles(ours, language)
        assert [name for name, title in titles.items() if name == title] == []
    own = {"mineral1": "Minerai 1", "workers": "workers"}
    assert field_titles(list(own), "fr") == own


def test_columns_that_differ_by_case_alone_are_told_apart(tmp_path: Path) -> None:
    assert columns_as_written(["fid", "FID", "", "fid"]) == ["fid", "FID_2", "column", "fid_3"]
    frame = gpd.GeoDataFrame(
        {"fid": ["x"], "FID": [True], "geom": [2]}, geometry=[shapely.Point(0, 0)], crs=4326
    )
    write_geopackage(tmp_path / "a.gpkg", (GeoLayer("a", frame, "Point"),))
    found = gpd.read_file(tmp_path / "a.gpkg", layer="a")
    assert found[["fid", "FID_2", "geom"]].iloc[0].tolist() == ["x", True, 2]


def test_context_is_drawn_in_the_manner_of_its_kind(tmp_path: Path) -> None:
    made = shown_in(tmp_path, ("en", "fr"))
    line = shapely.MultiLineString([[(28, 1), (28.1, 1.1)]])
    point = shapely.MultiPoint([(28.05, 1.05)])
    write_context(
        tmp_path / "context.gpkg",
        (
            Drawn("river", "river", "lines", "© OSM", (HOSTILE, ""), np.array([line, line])),
            Drawn("other", "gare", "points", "", ("Gare",), np.array([point])),
        ),
    )
    before = sha256_of(write_vectors(made)[-1])
    assert sha256_of(write_vectors(made)[-1]) == before
    found = {name: root for (name, _), (used, root) in styles(tmp_path / "context.gpkg").items()}
    types = {name: root.findall(".//symbol")[0].get("type") for name, root in found.items()}
    assert types == {"river": "line", "other": "marker"}
    assert set(made.context) == {"river", "other"}  # and no table of styles
    assert made.context["river"]["label"].tolist() == [HOSTILE, ""]
    assert list(made.context["river"].columns) == ["kind", "label", "credit", "geometry"]


def test_context_that_was_cut_anew_is_drawn_too(tmp_path: Path) -> None:
    made = shown_in(tmp_path, ("en",))
    cells = {"kind": ["place"], "label": ["A"], "credit": [""]}
    frame = gpd.GeoDataFrame(cells, geometry=[shapely.Point(28, 1)], crs=4326)
    layers = (GeoLayer("place", frame, "Point"), GeoLayer("road", frame[:0], "LineString"))
    write_geopackage(tmp_path / "context.gpkg", layers)
    write_vectors(made)
    found = {name: root for (name, _), (_, root) in styles(tmp_path / "context.gpkg").items()}
    types = {name: root.findall(".//symbol")[0].get("type") for name, root in found.items()}
    assert types == {"place": "marker", "road": "line"}


def test_where_nothing_is_drawn_a_former_file_goes(tmp_path: Path) -> None:
    (tmp_path / "context.gpkg").write_bytes(b"former")
    write_context(tmp_path / "context.gpkg", ())
    assert not (tmp_path / "context.gpkg").exists()


def test_a_folder_of_an_older_version_is_told(tmp_path: Path) -> None:
    made = shown_in(tmp_path)
    (tmp_path / "zones.gpkg").unlink()
    with pytest.raises(InputError, match=r"left no polygons .* Run the job again"):
        write_vectors(made)


def test_numbers_and_days_are_no_texts(tmp_path: Path) -> None:
    """Numbers as numpy has them, and days as Python or pandas have them, with gaps."""
    cells: dict[str, list[Any]] = {
        "share": [np.float64(0.5), None],
        "count": [np.int64(3), 4],
        "day": [date(2021, 5, 1), None],
        "moment": [pd.Timestamp("2021-05-01"), None],
        "name": ["a", None],
    }
    columns = {name: pd.Series(of, dtype=object) for name, of in cells.items()}
    points = [shapely.Point(28, 1), shapely.Point(29, 1)]
    frame = gpd.GeoDataFrame(columns, geometry=points, crs="EPSG:4326")
    write_geopackage(tmp_path / "a.gpkg", (GeoLayer("a", frame, "Point"),))
    with closing(sqlite3.connect(tmp_path / "a.gpkg")) as file:
        kinds = {row[1]: row[2] for row in file.execute("PRAGMA table_info(a)")}
    told = {name: kinds[name].split("(")[0] for name in cells}
    assert told == {
        "share": "REAL", "count": "INTEGER", "day": "DATE", "moment": "DATE", "name": "TEXT",
    }  # fmt: skip
    read = gpd.read_file(tmp_path / "a.gpkg", layer="a")
    assert read["share"].tolist()[0] == 0.5
    assert np.isnan(read["share"].tolist()[1])
    assert read["day"].isna().tolist() == [False, True]
