"""Figures F1 to F7: whole, safe, the same every time, and absent where a run cannot give them."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from affine import Affine
from PIL import Image

from landcover.model import Grid
from landcover.outputs.doors import style_of
from landcover.outputs.drawing import FIGURES, chart_figures, map_figures, zone_chart
from landcover.outputs.drawing.backdrop import backdrop
from landcover.outputs.drawing.canvas import legible
from landcover.outputs.section import Figure
from landcover.outputs.shown import Shown
from landcover.products.composite import CompositeSettings
from landcover.raster.facts import facts_of
from tests.outputs.drawing.conftest import FEW_DPI, HOSTILE, SIZE_M, Maker, set_frames, write

MOST_PX, DPI = 1600, map_figures.DPI
"""Longest side of a map at the density that reports have, read before tests lower it."""

CHARTS = {"zone_series", "yearly_area", "by_distance"}


@pytest.fixture(scope="module")
def made(run: Shown) -> dict[tuple[str, str], Figure]:
    found = {(key, lang): draw(run, lang) for key, draw in FIGURES.items() for lang in ("en", "fr")}
    return {at: one for at, one in found.items() if one is not None}


def test_a_full_run_has_them_all_in_both_languages(made: dict[tuple[str, str], Figure]) -> None:
    assert {key for key, _ in made} == set(FIGURES)
    assert len(made) == 2 * len(FIGURES)
    for (key, _), figure in made.items():
        assert figure.key == key
        assert all((figure.title, figure.caption, figure.alt, figure.source))
        assert not re.search(r"[{}]", figure.title + figure.caption + figure.alt)


def test_languages_differ(made: dict[tuple[str, str], Figure]) -> None:
    for key in FIGURES:
        assert made[key, "en"].caption != made[key, "fr"].caption
        assert made[key, "en"].data != made[key, "fr"].data or key == "before_after"


def test_pictures_are_small_and_not_of_one_colour(made: dict[tuple[str, str], Figure]) -> None:
    for (key, _), figure in made.items():
        if key in CHARTS:
            continue
        with Image.open(io.BytesIO(figure.data)) as picture:
            assert max(picture.size) <= MOST_PX * FEW_DPI / DPI
            assert f"image/{picture.format}".lower() == figure.mime
            few = picture.convert("RGB").resize((200, 200), Image.Resampling.NEAREST)
            assert len(few.getcolors(2**16) or ()) > 20
        assert len(figure.data) < 400_000


def test_charts_are_svg_that_runs_nothing(made: dict[tuple[str, str], Figure]) -> None:
    for (key, _), figure in made.items():
        if key not in CHARTS:
            continue
        text = figure.data.decode()
        root = ET.fromstring(text)
        assert root.tag.endswith("svg")
        assert text.startswith("<svg ")
        assert not [one for one in root.iter() if one.tag.endswith(("script", "style", "metadata"))]
        assert root.get("aria-label") == figure.alt
        ids = [one.get("id") or "" for one in root.iter() if one.get("id")]
        assert all(one.startswith(f"{key}-") for one in ids)
        assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', text)) <= set(ids)


def test_hostile_names_are_text(made: dict[tuple[str, str], Figure]) -> None:
    text = made["zone_series", "en"].data.decode()
    said = "".join(ET.fromstring(text).itertext())
    assert "<script" not in text
    assert "$x^2$" in said  # no formula of it
    assert "\u202e" not in said
    assert HOSTILE[3].strip() not in said  # too long for a chart
    assert "long long" in said


def test_equal_runs_give_equal_bytes(made: dict[tuple[str, str], Figure], run: Shown) -> None:
    for key in ("before_after", "disturbance_years", "zone_series"):
        again = FIGURES[key](run, "en")
        assert again is not None
        assert again.data == made[key, "en"].data


def test_lines_over_time_tell_where_the_watch_begins(
    made: dict[tuple[str, str], Figure], maker: Maker
) -> None:
    said = "".join(ET.fromstring(made["zone_series", "en"].data.decode()).itertext())
    assert "2021-01-01: the watch begins" in said
    shown = maker()
    kept = tuple(one for one in shown.styles if one.series != "disturbance")
    unwatched = replace(shown, styles=kept)
    set_frames(unwatched, zones=shown.zones, sites=shown.sites, patches=None, context={})
    figure = FIGURES["zone_series"](unwatched, "en")
    assert figure is not None
    assert "watch begins" not in figure.data.decode()


def test_zones_are_called_as_the_job_calls_them(maker: Maker) -> None:
    shown = maker()
    zones = shown.tables["zones"]
    shown.tables["zones"]["group"] = zones["group"].replace("regions", "territoires & co")  # type: ignore[index]
    for language, text in (
        ("en", "Regions: territoires & co"),
        ("fr", "Régions\xa0: territoires & co"),
    ):
        figure = FIGURES["zone_series"](shown, language)
        assert figure is not None
        assert text in "".join(ET.fromstring(figure.data.decode()).itertext())


def test_who_is_left_out_of_the_lines_is_named(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = maker()
    whole = FIGURES["zone_series"](shown, "en")
    assert whole is not None
    assert "Left out" not in whole.caption
    monkeypatch.setattr(chart_figures, "MOST_FAMILIES", 3)  # a reserve, regions, one site of two
    figure = FIGURES["zone_series"](shown, "en")
    assert figure is not None
    absent = [name for name in HOSTILE[1:3] if legible(name) in figure.caption]
    assert len(absent) == 1
    assert "want of sight" in figure.caption
    monkeypatch.setattr(chart_figures, "MOST_ABSENT", 0)
    counted = FIGURES["zone_series"](shown, "fr")
    assert counted is not None
    assert "1 lieu est laissé de côté" in counted.caption


def test_numbers_are_those_of_the_table(made: dict[tuple[str, str], Figure]) -> None:
    said = "".join(ET.fromstring(made["yearly_area", "fr"].data.decode()).itertext())
    assert "6,0" in said  # disturbed_ha of the year
    assert "2021*" in said
    assert "2021-02-01" in made["yearly_area", "fr"].caption
    rings = "".join(ET.fromstring(made["by_distance", "en"].data.decode()).itertext())
    assert "12.0 ha" in rings  # (3 + 2 + 1) of two sites
    assert "0–250 m" in rings


def test_a_run_without_rasters_and_tables_has_a_locator_alone(maker: Maker) -> None:
    bare = maker(empty=True)
    found = {key for key, draw in FIGURES.items() if draw(bare, "fr") is not None}
    assert found == {"locator"}


@pytest.mark.parametrize(
    ("crs", "transform"),
    [
        ("EPSG:4326", Affine(0.001, 0, 28.4, 0, -0.001, -2.5)),
        ("EPSG:32735", Affine(SIZE_M, 0, 663_520, 0, -SIZE_M, 9_700_000)),
        ("+proj=laea +lat_0=1 +lon_0=29 +datum=WGS84", Affine(300, 0, -18_000, 0, -300, 13_500)),
        ("EPSG:32635", Affine(10.0, 0, 663_520, 0, -200.0, 180_210)),
    ],
)
def test_any_plane_can_be_drawn(maker: Maker, crs: str, transform: Affine) -> None:
    shown = maker(crs, transform)
    figure = FIGURES["disturbance_years"](shown, "fr")
    assert figure is not None
    with Image.open(io.BytesIO(figure.data)) as picture:
        assert max(picture.size) <= MOST_PX * FEW_DPI / DPI


def test_context_is_drawn_and_its_providers_are_named(maker: Maker) -> None:
    shown = maker()
    left, bottom, right, top = shown.zones.total_bounds
    river = shapely.LineString([(left, bottom), (right, top)])
    place = shapely.Point((left + right) / 2, (bottom + top) / 2)
    frame = gpd.GeoDataFrame(
        {"kind": ["river", "place"], "label": ["Ituri", None], "credit": ["© Rivers", "© Rivers"]},
        geometry=[river, place],
        crs="EPSG:4326",
    )
    without = FIGURES["locator"](shown, "en")
    set_frames(shown, context={"rivers": frame})
    with_rivers = FIGURES["locator"](shown, "en")
    assert without is not None
    assert with_rivers is not None
    assert without.data != with_rivers.data
    from landcover.outputs.drawing.sources import credit_of

    told = "Contains modified Copernicus Sentinel data 2020-2021. © Rivers"
    assert credit_of(shown, "en") == credit_of(shown, "fr") == told


def test_a_zone_has_a_chart_of_its_own(run: Shown) -> None:
    figure = zone_chart(run, "en", "S0_0-250m")
    assert figure is not None
    assert "0–250 m" in figure.data.decode()
    assert zone_chart(run, "en", "nobody") is None


def test_sites_without_rows_and_rings_without_sites(maker: Maker) -> None:
    shown = maker()
    set_frames(shown, sites=shown.sites.iloc[:0])
    kept = {
        name: table[table["kind"] != "ring"] if "kind" in table else table
        for name, table in shown.tables.items()
    }
    shown.__dict__["tables"] = kept
    asked = ("locator", "zone_series", "yearly_area", "by_distance")
    assert [key for key in asked if FIGURES[key](shown, "en") is None] == ["by_distance"]


@pytest.mark.parametrize("key", ["date", "confidence"])
def test_one_pixel_of_many_is_drawn_and_ground_without_any_is_white(
    maker: Maker, tmp_path: Path, key: str
) -> None:
    grid = Grid("EPSG:32635", Affine(10, 0, 663_520, 0, -10, 180_210), (200, 200))
    planes = np.zeros((7, 200, 200), np.float32)
    planes[:, 101, 57] = (2021.5, 0, 3, 0, 0, 0, 1)
    planes[:, :20] = np.nan
    path = tmp_path / "disturbance.tif"
    write(path, planes, grid, np.nan, PRODUCT="disturbance", INDEX="ndvi",
          MONITORED="2021-01-01 to 2021-12-31")  # fmt: skip
    style = style_of(facts_of(path))
    (band,) = [one for one in style.bands if one.key == key]
    ground = backdrop(style, band, 20)
    assert ground.cleared
    assert ground.pixels.shape == (20, 20, 4)
    colours = {tuple(one) for one in ground.pixels.reshape(-1, 4).tolist()}
    assert len(colours) == 3  # unseen, seen with nothing found, and the one pixel
    assert (ground.pixels[:2, :, 3] == 0).all()
    assert ground.pixels[5, 5].tolist() == [255, 255, 255, 255]
    assert ground.pixels[10, 5].tolist() != [255, 255, 255, 255]


def test_a_hidden_class_is_not_ground_where_nothing_was_found(tmp_path: Path) -> None:
    grid = Grid("EPSG:32635", Affine(10, 0, 663_520, 0, -10, 180_210), (4, 4))
    kinds = np.array([[[0, 1], [2, 2]]], np.uint8).repeat(2, 1).repeat(2, 2)
    path = tmp_path / "disturbance_kind.tif"
    write(path, kinds, grid, 255, PRODUCT="disturbance")
    style = style_of(facts_of(path))
    ground = backdrop(style, style.bands[0], 100)
    assert not ground.cleared
    assert ground.pixels[0, 0, 3] == 0
    assert ground.pixels[0, 2, 3] == 255


def test_before_and_after_of_a_large_run_look_at_the_largest_patch(
    maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = maker()
    whole = map_figures.before_view(shown)
    left, _, _, top = whole.bounds
    spots = [shapely.box(left + x, top - x - 90, left + x + 90, top - x) for x in (300, 900)]
    patches = gpd.GeoDataFrame(
        {"first_date": pd.to_datetime(["2021-07-02", "2021-07-03"]), "area_ha": [0.81, 0.9]},
        geometry=spots,
        crs=shown.grid.crs,
    ).to_crs("EPSG:4326")
    set_frames(shown, patches=patches)
    assert map_figures.before_view(shown) == whole  # it shows every pixel
    monkeypatch.setattr(map_figures, "WHOLE_PX", 10)
    monkeypatch.setattr(map_figures, "VIEW_PX", 20)
    view = map_figures.before_view(shown)
    assert view.middle == pytest.approx((left + 945, top - 945), abs=1e-3)
    assert view.bounds[2] - view.bounds[0] == pytest.approx(20 * SIZE_M)
    figure = FIGURES["before_after"](shown, "fr")
    assert figure is not None
    assert figure.mime == "image/webp"


def test_without_pictures_an_index_is_compared(maker: Maker) -> None:
    shown = maker()
    kept = tuple(one for one in shown.styles if one.series != "rgb")
    about = replace(shown.about, products={"composite": CompositeSettings(index=("ndvi",))})
    made = replace(shown, styles=kept, about=about)
    set_frames(made, zones=shown.zones, sites=shown.sites, patches=None, context={})
    figure = FIGURES["before_after"](made, "fr")
    assert figure is not None
    assert "mêmes couleurs" in figure.caption


def test_a_run_that_saw_nothing_says_so_without_failing(maker: Maker) -> None:
    shown = maker()
    nothing = {
        "zone_series": {"median": np.nan, "clear_fraction": 0.0},
        "disturbance_area": {
            **dict.fromkeys(("disturbed_ha", "confirmed_ha", "provisional_ha", "low_ha"), np.nan),
            "not_observable_fraction": 1.0,
        },
        "disturbance_kinds": {
            **dict.fromkeys(("stable_ha", "abrupt_ha", "gradual_ha", "recovering_ha"), 0.0),
            "not_watched_ha": 100.0, "history_too_short_ha": 0.0, "history_unstable_ha": 0.0,
        },
    }  # fmt: skip
    kept = {
        name: table.assign(**nothing[name]) if name in nothing else table
        for name, table in shown.tables.items()
    }
    shown.__dict__["tables"] = kept
    for key in ("zone_series", "yearly_area", "by_distance"):
        figure = FIGURES[key](shown, "en")
        assert figure is not None, key
        said = "".join(ET.fromstring(figure.data.decode()).itertext())
        assert "nan" not in said.lower(), key


def heights(figure: Figure | None, fill: str) -> list[float]:
    """Return how high the bars of a colour are drawn, without the square of the legend."""
    assert figure is not None
    tall = []
    for path in ET.fromstring(figure.data.decode()).iter("{http://www.w3.org/2000/svg}path"):
        if f"fill: {fill}" in path.attrib.get("style", ""):
            ys = [float(y) for y in re.findall(r"[ML] [-\d.]+ ([-\d.]+)", path.attrib["d"])]
            tall.append(max(ys) - min(ys))
    return tall[:-1]


def test_near_sites_classes_of_confidence_are_stacked(run: Shown) -> None:
    """Of 6 ha disturbed 3 are confirmed, 2 provisional, 1 low: so high are the bars."""
    kinds = run.tables["disturbance_kinds"]
    sure = kinds.assign(confirmed_ha=3.0, provisional_ha=2.0, low_ha=1.0)
    shown = replace(run, tables={**run.tables, "disturbance_kinds": sure})
    told = chart_figures.by_distance(shown, "en")
    bars = {name: heights(told, fill) for name, fill in chart_figures.CONFIDENCES.items()}
    assert [len(one) for one in bars.values()] == [2, 2, 2]
    for confirmed, provisional, low in zip(*bars.values(), strict=True):
        assert confirmed == pytest.approx(3 * low, rel=0.02)
        assert provisional == pytest.approx(2 * low, rel=0.02)
    assert not heights(chart_figures.by_distance(run, "en"), chart_figures.CONFIDENCES["low"])
