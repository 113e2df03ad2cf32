"""Runs that lack things: their report reads well, and says what is missing."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import yaml

from landcover.outputs.report import drawn
from landcover.outputs.report.page import render
from landcover.outputs.report.teller import Teller
from landcover.outputs.saying import said
from landcover.outputs.sharing import for_readers
from landcover.outputs.shown import Clearing, Shown
from tests.outputs.report.reading import Element, Page

pytestmark = pytest.mark.slow  # whole reports of many kinds of runs

if TYPE_CHECKING:
    from tests.conftest import Finished

DISTURBANCE = ("disturbance_area", "disturbance_kinds", "disturbance_rates", "patches")
SITES, RINGS_M = 3409, (0.0, 500.0, 1000.0, 5000.0, 10000.0, 20000.0)

Change = Callable[[dict[str, pd.DataFrame]], None]


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave figures out: they have tests of their own."""
    import landcover.outputs.drawing.figures as figures

    monkeypatch.setattr(figures, "FIGURES", dict.fromkeys(figures.FIGURES, lambda *_: None))


def changed(finished: Finished, change: Change, without: tuple[str, ...] = ()) -> Shown:
    """Return a run whose tables are others, and which lacks some products."""
    shown = finished.shown()
    tables = {name: shown.tables[name].copy() for name in shown.tables}
    change(tables)
    asked = {name: one for name, one in shown.about.products.items() if name not in without}
    return dataclasses.replace(
        shown, tables=tables, about=dataclasses.replace(shown.about, products=asked)
    )


def lead(page: Page) -> str:
    """Return the first paragraph."""
    return next(one.text for one in page.of("p") if one.attributes.get("class") == "lead")


def well_said(text: str) -> Page:
    """Return a page that has no trace of what is no number."""
    page = Page(text)
    bodies = page.of("main")[0].text
    assert not re.search(r"\b(nan|NaN|NaT|inf)\b|[^.] None\b", bodies)
    assert not re.search(r"\(\)|\bsur  |of  ", bodies)
    assert all(one.text for one in page.of("data"))
    return page


def test_without_disturbance(finished: Finished, no_figures: None) -> None:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        for name in DISTURBANCE:
            del tables[name]

    shown = changed(finished, change, ("disturbance",))
    page = well_said(render(shown, "en"))
    assert "NDVI" in lead(page)
    assert "by more than chance" in lead(page)
    assert "not asked to look for disturbance" in page.by_id("finding").text
    assert not [one for one in page.all if one.attributes.get("id") == "disturbance"]

    shown = changed(
        finished, lambda t: (change(t), t.pop("trend_area"))[0], ("disturbance", "trend")
    )
    page = well_said(render(shown, "fr"))
    assert re.search(r"par des images de \d+", lead(page))


def test_with_nothing_to_see(finished: Finished, no_figures: None) -> None:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        kinds, years = tables["disturbance_kinds"], tables["disturbance_area"]
        for name in kinds.columns:
            if name.endswith("_ha") and name != "area_ha":
                kinds[name] = kinds["area_ha"] if name == "not_watched_ha" else 0.0
        watched = years["monitored_first_date"].notna()
        figures = [one for one in years if one.endswith("_ha") and one != "area_ha"]
        years.loc[watched, figures] = np.nan
        years.loc[watched, "not_observable_ha"] = years.loc[watched, "area_ha"]
        rates = tables["disturbance_rates"]
        rates[["share", "low", "high", "hits"]] = np.nan
        trend = tables["trend_area"]
        trend[["first_date", "last_date"]] = pd.NaT
        zones = tables["zones"]
        zones["dates_clear"], zones["mean_clear_fraction"] = 0, np.nan
        zones[["first_date", "last_date"]] = pd.NaT
        tables["patches"] = tables["patches"].iloc[:0]

    for language, words in (("en", "nothing can be said"), ("fr", "on ne peut rien dire")):
        page = well_said(render(changed(finished, change), language))
        assert words in lead(page)
        assert words in page.by_id("finding").text
    assert "on ne peut pas dire" in page.by_id("looked").text


@pytest.mark.parametrize(("high", "is_told"), [(0.0, False), (0.999, True)])
def test_false_alarms_that_could_be_all_are_named(
    finished: Finished, no_figures: None, high: float, is_told: bool
) -> None:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        tables["disturbance_rates"][["share", "low", "high"]] = 0.0, 0.0, high

    finding = well_said(render(changed(finished, change), "en")).by_id("finding").text
    assert ("is not above the upper bound of false alarms" in finding) is is_told


@pytest.mark.parametrize("is_blind", [False, True])
def test_sites_that_hardly_could_be_judged_are_named(
    finished: Finished, no_figures: None, is_blind: bool
) -> None:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        kinds = tables["disturbance_kinds"]
        parts = [one for one in kinds if one.endswith("_ha") and one != "area_ha"]
        ring = kinds["kind"] == "ring"
        kinds.loc[ring, parts] = 0.0
        for name, share in (("not_watched_ha", 0.6), ("stable_ha", 0.4)):
            kinds.loc[ring, name] = (share if is_blind else 1 - share) * kinds["area_ha"]

    finding = well_said(render(changed(finished, change), "en")).by_id("finding").text
    assert (
        "60.0%" in finding and "not judged, 60.0%" in re.sub(r"\[\d+\]", "", finding)
    ) is is_blind


def test_files_that_are_only_drawn_are_told_apart(
    finished: Finished, no_figures: None, tmp_path: Path
) -> None:
    out = finished.copy(tmp_path / "out")
    path = out / "inputs" / "inputs.json"
    told = json.loads(path.read_text("utf-8"))
    told["inputs"].append({"role": "context[0]", "origin": "roads.gpkg", "sha256": "ab" * 32})
    path.write_text(json.dumps(told), "utf-8")
    page = well_said(render(finished.shown(out), "en"))
    assert "roads.gpkg" not in page.by_id("finding").text
    assert "roads.gpkg" not in page.by_id("table-boundaries").text
    drawn_only = next(p.text for p in page.of("p") if p.text.startswith("Drawn on maps only"))
    assert f"roads.gpkg (SHA-256 {'ab' * 32})" in drawn_only


def test_a_profile_of_the_job_is_what_figures_rest_on(
    finished: Finished, no_figures: None, tmp_path: Path
) -> None:
    out = finished.copy(tmp_path / "out")
    path = out / "inputs" / "inputs.json"
    told = json.loads(path.read_text("utf-8"))
    told["inputs"].append({"role": "sensors.own", "origin": "own.yaml", "sha256": "cd" * 32})
    path.write_text(json.dumps(told), "utf-8")
    looked = well_said(render(finished.shown(out), "en")).by_id("looked").text
    assert f"every figure rests on it: own.yaml (SHA-256 {'cd' * 32})" in looked
    assert (
        "no figure rests on these files: " not in looked
        or "own.yaml" not in (looked.split("no figure rests on these files: ")[1].split(").")[0])
    )


def test_images_without_a_mask_are_said_to_have_none(finished: Finished, no_figures: None) -> None:
    shown = finished.shown()
    assert shown.about.clearings == (Clearing("sentinel-2-l2a", masked=True, grown_m=60),)
    page = well_said(render(shown, "en"))
    assert "what lies within 60" in page.by_id("methods").text
    assert "No mask" not in page.by_id("looked").text
    bare = dataclasses.replace(shown.about, clearings=(Clearing("own", masked=False),))
    page = well_said(render(dataclasses.replace(shown, about=bare), "en"))
    assert "No mask of cloud was read of own" in page.by_id("looked").text
    methods = page.by_id("methods").text
    assert "own: no mask of cloud was read" in methods
    assert "left out" not in methods.split("Hectares are")[0]


def test_with_one_zone(finished: Finished, no_figures: None) -> None:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        for name, table in tables.items():
            if "zone_id" in table.columns and name != "patches":
                tables[name] = table[table["zone_id"] == "MC61"].reset_index(drop=True)

    page = well_said(render(changed(finished, change), "fr"))
    assert "Ouest" in lead(page)
    ids = {one.attributes.get("id") for one in page.all}
    assert not ids & {"near", "places", "outside"}
    assert "years" in ids


def test_with_sites_alone(finished: Finished, no_figures: None) -> None:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        sites = set(tables["zones"].query("group == 'sites'")["zone_id"])
        for name, table in tables.items():
            if "zone_id" in table.columns and name != "patches":
                tables[name] = table[table["zone_id"].isin(sites)].reset_index(drop=True)

    page = well_said(render(changed(finished, change), "en"))
    assert lead(page).startswith("Within 250\u00a0m of a site of the list “sites”")
    assert (
        len([one for one in page.of("h3") if one.attributes.get("id", "").startswith("site-")]) == 5
    )


def test_without_scenes_and_failures(finished: Finished, no_figures: None) -> None:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        tables["data_used"] = tables["data_used"].iloc[:0]
        tables["failures"] = pd.DataFrame(
            {"scene": ["S2A_<b>"], "source": ["s"], "band": ["red"], "tile": ["r"],
             "reason": ["https://a.example/x.tif?sig=abc: refused"]}
        )  # fmt: skip

    page = well_said(render(changed(finished, change), "en"))
    assert "No scene was read" in page.by_id("looked").text
    assert "S2A_<b>" in page.by_id("looked").text
    assert "sig=abc" not in page.by_id("looked").text


def test_what_is_secret_is_not_told(finished: Finished, no_figures: None) -> None:
    shown = for_readers(finished.shown())
    for language in ("en", "fr"):
        text = render(shown, language)
        page = well_said(text)
        assert "camps" in page.by_id("finding").text
        assert "Camp secret" not in text
        assert "Camp caché" not in text


def test_rules_that_name_secrets_are_not_told(
    finished: Finished, no_figures: None, tmp_path: Path
) -> None:
    out = finished.copy(tmp_path / "out")
    rule = "name == 'Camp secret'"
    job = yaml.safe_load((out / "job.yaml").read_text("utf-8"))
    for group in ("camps", "sites"):
        job["zones"][group] |= {"where": f"{rule} or '{group}'", "at": [28.4321, 1.2345]}
    (out / "job.yaml").write_text(yaml.safe_dump(job), "utf-8")
    listed = out / "inputs" / "inputs.json"
    found = json.loads(listed.read_text("utf-8"))
    for one in found["inputs"]:
        one["where"] = f"{rule} or '{one['role']}'"
    listed.write_text(json.dumps(found), "utf-8")
    page = well_said(render(for_readers(finished.shown(out)), "en"))
    told = page.by_id("boundaries").within
    assert told is not None
    assert f"{rule} or 'zones.sites'" in told.text
    assert f"{rule} or 'zones.camps'" not in told.text
    settings = page.by_id("table-settings").text
    assert f"{rule} or 'sites'" in settings
    assert f"{rule} or 'camps'" not in settings
    assert settings.count("28.4321") == 1  # of the sites, which are no secret


def many(shown: Shown) -> Shown:
    """Return a run of a reserve and as many sites as the country has, with five rings each."""
    rng = np.random.default_rng(5)
    of = shown.tables["zones"].query("kind in ('reserve', 'outside')")
    rings = [(f"S{n:04d}", low, high) for n in range(SITES)
             for low, high in pairwise(RINGS_M)]  # fmt: skip
    ids = [f"{one}_{low:.0f}-{high:.0f}m" for one, low, high in rings]
    ends: dict[str, Any] = {
        "from_m": [low for _, low, _ in rings],
        "to_m": [high for *_, high in rings],
    }
    zones = pd.DataFrame(
        {"zone_id": ids, "kind": "ring", "group": "sites", "parent": [one for one, *_ in rings],
         "name": [f"Carrière {one}" for one, *_ in rings], **ends, "area_ha": 100.0,
         "dates_seen": 9, "dates_clear": 5, "mean_clear_fraction": 0.3}
    )  # fmt: skip
    tables = {name: shown.tables[name] for name in shown.tables}
    tables["zones"] = pd.concat([of, zones], ignore_index=True)
    for name in ("disturbance_kinds", "disturbance_area"):
        table = shown.tables[name]
        if name == "disturbance_area":
            table = table[table["every"] == "year"]
        own = table[table["zone_id"] == "900001"]
        more = own.loc[own.index.repeat(len(ids))].copy()
        for key, cells in {"zone_id": ids, "kind": ["ring"] * len(ids), **ends}.items():
            more[key] = cells * len(own)
        more[[c for c in more if c.startswith(("abrupt_ha", "disturbed_ha"))]] = rng.random()
        tables[name] = pd.concat([table[table["zone_id"].isin(of["zone_id"])], more])
    tables["disturbance_kinds"]["abrupt_ha"] = rng.random(len(tables["disturbance_kinds"]))
    return dataclasses.replace(shown, tables=tables)


@pytest.mark.slow
def test_thousands_of_sites_fit(finished: Finished, no_figures: None) -> None:
    text = render(many(finished.shown()), "fr")
    assert len(text.encode()) < 10e6  # of 15 MB: the rest is for figures
    page = Page(text)
    assert (
        len([one for one in page.of("h3") if one.attributes.get("id", "").startswith("site-")])
        == 30
    )
    table = page.by_id("table-all_sites-0")
    assert table.tag == "details"
    assert table.text.count("Carrière S") == SITES
    assert not [one for one in page.of("data") if one.within is table]
    assert text.count("<td") > 9 * SITES
    assert text.count("<data") < SITES  # each takes a browser as long as its text


def test_figures_that_a_run_cannot_give_are_left_out(finished: Finished, no_figures: None) -> None:
    assert list(drawn.drawn(finished.shown(), "en", "locator", "by_distance")) == []


def test_nothing_else_is_read_than_the_folder(
    finished: Finished, no_figures: None, tmp_path: Path
) -> None:
    out = finished.copy(tmp_path / "out")
    (out / "job.yaml").unlink()
    (out / "inputs" / "inputs.json").unlink()
    page = well_said(render(finished.shown(out), "en"))
    assert "no list of the files" in page.by_id("boundaries").within.text  # type: ignore[union-attr]
    assert not [one for one in page.all if one.attributes.get("id") == "table-settings"]


def test_gains_are_named_where_they_count(finished: Finished, no_figures: None) -> None:
    shown = finished.shown()
    keys: Any = shown.about.products["disturbance"]
    bfast = keys.bfast.model_copy(update={"direction": "both"})
    asked = {"disturbance": keys.model_copy(update={"method": "bfast", "bfast": bfast})}
    about = dataclasses.replace(shown.about, products=asked)
    page = well_said(render(dataclasses.replace(shown, about=about), "en"))
    assert "changed in either direction" in page.by_id("finding").text
    assert "bfastmonitor" in page.by_id("methods").text
    assert "Chu, C.-S. J." in page.by_id("methods").text


def test_sites_are_listed_with_what_the_job_keeps(finished: Finished, no_figures: None) -> None:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        tables["zones"]["workers"] = np.where(tables["zones"]["group"] == "sites", 1250.0, np.nan)

    page = well_said(render(changed(finished, change), "fr"))
    table = page.by_id("table-all_sites-0")
    heads = [one.text for one in page.of("th") if one.lies_in("table") and _within(one, table)]
    assert heads[:6] == [
        "site", "identifiant", "territoire", "minerai", "workers", "distance à la réserve (m)",
    ]  # fmt: skip
    row = next(one for one in page.of("tr") if "MC0001" in one.text and _within(one, table))
    assert row.inner[5].inner[0].attributes["data-column"] == "reserve_distance_m"
    assert row.inner[3].text == "Or"
    workers = row.inner[4].inner[0]
    assert workers.text == "1\u202f250"
    assert workers.attributes["data-table"] == "zones"
    assert row.attributes["data-table"] == "disturbance_kinds"


def _within(one: Element | None, other: Element) -> bool:
    """Whether an element lies in another."""
    return one is not None and (one is other or _within(one.within, other))


def test_names_from_right_to_left_stand_apart(finished: Finished, no_figures: None) -> None:
    page = well_said(render(finished.shown(), "en"))
    arabic = [one.text for one in page.of("h3") if "منجم" in one.text]
    assert arabic
    assert all(text.startswith("\u2068") and "\u2069 (" in text for text in arabic)


@pytest.mark.parametrize(
    ("metres", "text"),
    [(250.0, "250\u00a0m"), (12.5, "12,5\u00a0m"), (1000.0, "1\u00a0km"), (1250.0, "1,25\u00a0km")],
)
def test_distances_are_written_whole(finished: Finished, metres: float, text: str) -> None:
    assert Teller(finished.shown(), "fr").metres(metres) == text


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("/data/a/x.tif: refused", "x.tif: refused"),
        (r"in D:\maps\b\y.tif", "in y.tif"),
        ("https://a.example/b/c.tif failed", "https://a.example/b/c.tif failed"),
        ("tables/zones.csv and/or rasters", "tables/zones.csv and/or rasters"),
    ],
)
def test_files_of_a_machine_are_named_alone(told: str, text: str) -> None:
    assert said(told) == text
