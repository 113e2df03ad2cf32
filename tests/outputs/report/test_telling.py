"""What a report says of certainty, of reasons and of files, and of what it keeps to itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import yaml

from landcover.outputs.report.page import render
from landcover.outputs.report.teller import Teller
from landcover.outputs.report.watch import watch_of
from landcover.outputs.sharing import for_readers
from landcover.outputs.shown import KEPT_BACK, Shown
from tests.outputs.report.reading import Page
from tests.outputs.report.test_lacking import changed, no_figures, well_said

if TYPE_CHECKING:
    from tests.conftest import Finished

__all__ = ["no_figures"]

PARTS = ("abrupt_ha", "gradual_ha", "recovering_ha")


def surer(tables: dict[str, pd.DataFrame]) -> None:
    """Split what was found into classes; half of it may be older than the watch."""
    kinds = tables["disturbance_kinds"]
    disturbed = kinds[list(PARTS)].sum(axis=1)
    for name, share in (("confirmed_ha", 0.5), ("provisional_ha", 0.3), ("low_ha", 0.2)):
        kinds[name] = share * disturbed
    kinds["perhaps_before_watch_ha"] = 0.5 * disturbed
    kinds["outside_images_ha"] = 0.25 * kinds["history_too_short_ha"]
    kinds["history_too_short_ha"] *= 0.75


@pytest.mark.slow
def test_the_finding_tells_how_sure_and_how_old(finished: Finished, no_figures: None) -> None:
    page = well_said(render(changed(finished, surer), "en"))
    finding = page.by_id("finding").text
    assert "By class of confidence: confirmed" in finding
    assert "perhaps lost before that day" in finding
    assert "No image at all covers" in finding
    heads = [one.text for one in page.of("th")]
    assert heads.count("confirmed (ha)") > heads.count("no break (ha)")
    assert "outside the images (ha)" in heads
    columns = {one.attributes["data-column"] for one in page.of("data")}
    blind = "history_too_short_ha+history_unstable_ha+outside_images_ha+not_watched_ha"
    assert blind in columns
    assert f"{blind}/area_ha" in columns


@pytest.mark.slow
def test_every_place_says_why_its_ground_was_not_judged(
    finished: Finished, no_figures: None
) -> None:
    shown = finished.shown()
    page = well_said(render(shown, "fr"))
    why = "Pourquoi ce terrain n’a pas pu être jugé\u00a0:"
    found = [one for one in page.of("p") if why in one.text]
    watch = watch_of(Teller(shown, "fr"))
    assert watch is not None
    kinds = watch.kinds.frame
    blind = kinds[watch.blind.split("+")].sum(axis=1)
    named = kinds["kind"].isin(["reserve", "region", "unit"]) & (blind >= 0.005)
    assert len(found) >= int(named.sum()) > 0
    for one in found:
        told = [part.attributes for part in one.inner if part.tag == "data"]
        reasons = [part for part in told if part["data-column"] in watch.blind.split("+")]
        numbers = [float(part["value"]) for part in reasons]
        (all_of_it,) = (float(p["value"]) for p in told if p["data-column"] == watch.blind)
        assert numbers == sorted(numbers, reverse=True)
        assert sum(numbers) == pytest.approx(all_of_it, abs=0.02)  # slivers are left out
        assert one.text.split(why)[1].count("\u00a0;") == len(numbers) - 1


@pytest.mark.slow
def test_patches_name_their_zone_as_people_do(finished: Finished, no_figures: None) -> None:
    shown = finished.shown()
    page = well_said(render(shown, "en"))
    ids = {str(one) for one in shown.tables["patches"]["zone_id"]}
    cells = [one.text for one in page.of("td") if one.attributes.get("class") == "in_zone"]
    assert "confirmed (ha)" in page.by_id("table-patches").text
    assert page.by_id("table-patch_years").text.count("-20") == 0
    years = {str(one) for one in shown.tables["patch_years"]["year"]}
    assert years <= {one.text for one in page.of("td")}
    assert cells
    assert not ids & set(cells)
    assert all(cells)


@pytest.mark.slow
def test_files_of_secret_lists_are_named_nowhere(
    finished: Finished, no_figures: None, tmp_path: Path
) -> None:
    out = finished.copy(tmp_path / "out")
    listed = json.loads((out / "inputs" / "inputs.json").read_text("utf-8"))["inputs"]
    theirs = [one for one in listed if one["role"] == "zones.camps"]
    assert theirs
    for language, withheld in (("en", "withheld"), ("fr", "non communiqué")):
        text = render(for_readers(finished.shown(out)), language)
        for one in theirs:
            assert one["sha256"] not in text
            assert one["copy_sha256"] not in text
            assert Path(one["origin"]).name not in text
            assert one["copy"] not in text
        page = Page(text)
        assert withheld in page.by_id("table-boundaries").text
        assert "camps" in page.by_id("finding").text
        assert "0.1" in page.by_id("repeat").text or "0,1" in page.by_id("repeat").text


@pytest.mark.slow
def test_it_says_by_which_rules_scenes_were_taken(
    finished: Finished, no_figures: None, tmp_path: Path
) -> None:
    out = finished.copy(tmp_path / "out")
    job = yaml.safe_load((out / "job.yaml").read_text("utf-8"))
    for language, words in (("en", "sets no limit"), ("fr", "aucun tri")):
        assert words in Page(render(finished.shown(out), language)).by_id("looked").text
    job["sources"][0] |= {"max_cloud_percent": 62.5, "best": {"per": "quarter", "count": 3},
                          "orbit": 64}  # fmt: skip
    (out / "job.yaml").write_text(yaml.safe_dump(job), "utf-8")
    told = Page(render(finished.shown(out), "fr")).by_id("looked").text
    assert "62,5\u00a0%" in told
    assert "les 3 plus claires de chaque trimestre" in told
    assert "orbite relative 64" in told


@pytest.mark.slow
def test_where_nothing_is_secret_the_lines_that_repeat_it_are_told(
    finished: Finished, no_figures: None
) -> None:
    shown = finished.shown()
    shown = replace(shown, about=replace(shown.about, secret=frozenset()))
    told = Page(render(shown, "en")).by_id("repeat").text
    assert "landcover run job.yaml --locked" in told
    assert "camps_camps.csv" in told
    assert "unrounded" in told
    assert f"landcover {shown.run['landcover']} is free" in told
    assert shown.run["code_sha256"] in told


@pytest.mark.slow
def test_copies_and_their_hashes_are_listed(finished: Finished, no_figures: None) -> None:
    page = Page(render(finished.shown(), "en"))
    told = page.by_id("table-copies").text
    listed = json.loads((finished.out / "inputs" / "inputs.json").read_text("utf-8"))["inputs"]
    open_ones = [one for one in listed if one["role"] != "zones.camps" and one.get("copy")]
    assert open_ones
    assert all(one["copy_sha256"] in told for one in open_ones)
    assert "zones.sites.licence" in page.by_id("looked").text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0%"), (1.0, "100.0%"), (0.00009, "0.01%"), (0.99989, "99.99%"), (0.0004, "0.04%"),
     (0.5, "50.0%"), (1e-9, "0.0%")],
)  # fmt: skip
def test_few_are_not_written_as_none_nor_most_as_all(
    finished: Finished, share: float, text: str
) -> None:
    assert Teller(finished.shown(), "en").written(share, "percent", 1) == text


@pytest.mark.slow
def test_years_of_an_index_and_what_bounds_the_rates(finished: Finished, no_figures: None) -> None:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        tables["disturbance_rates"]["bounded_by"] = "years"

    shown = changed(finished, change)
    page = well_said(render(shown, "en"))
    years = shown.tables["zone_years"]
    table = page.by_id("table-index_years")
    place = years[years["kind"] == "reserve"].iloc[0]
    row = next(
        one for one in page.of("tr")
        if one.inner[0].text == place["name"] and one.inner[2].text == str(place["year"])
        and one.inner[1].text == str(place["index"]).upper() and one.text in table.text
    )  # fmt: skip
    assert row.inner[3].text == f"{place['median']:.3f}"
    assert "Only a longer history" in page.by_id("finding").text


def cut(shown: Shown) -> Shown:
    """Return a run as its copy for the public tells of itself."""
    return replace(shown, run={**shown.run, KEPT_BACK: True})


NO_PATCH = {"en": "No patch of disturbance was mapped", "fr": "n’a été cartographié."}
LEFT_OUT = {
    "en": ("No patch is listed here: patches near sensitive sites", "Patches near sensitive sites"),
    "fr": ("Aucun îlot n’est listé ici\u00a0: les îlots proches", "Les îlots proches de sites"),
}
"""What is said of a list that lacks all patches, and of one that has some."""


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "fr"])
def test_patches_that_are_left_out_are_not_said_to_be_none(
    finished: Finished, no_figures: None, language: str
) -> None:
    empty = changed(finished, lambda tables: tables.update(patches=tables["patches"].iloc[:0]))
    none, (all_gone, some_gone) = NO_PATCH[language], LEFT_OUT[language]
    assert none in well_said(render(empty, language)).by_id("disturbance").text
    told = well_said(render(cut(empty), language)).by_id("disturbance").text
    assert all_gone in told
    assert ("No patch of disturbance" in told, some_gone in told) == (False, False)
    whole = finished.shown()
    assert some_gone not in render(whole, language)
    assert some_gone in well_said(render(cut(whole), language)).by_id("disturbance").text


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "plain", "apart", "public"),
    [("en", "stands in tables/, unrounded", "No table of the folder has this row",
      "It stands so in the file that is named"),
     ("fr", "dans tables/, non arrondi", "Aucun tableau du dossier n’a cette ligne",
      "Elle se trouve ainsi dans le fichier nommé")],
)  # fmt: skip
def test_sums_near_sensitive_sites_are_told_where_they_stand(
    finished: Finished, no_figures: None, language: str, plain: str, apart: str, public: str
) -> None:
    whole = finished.shown()
    pages = [well_said(render(one, language)) for one in (whole, for_readers(whole), cut(whole))]
    told = [[text in one.of("main")[0].text for text in (plain, apart, public)] for one in pages]
    assert told == [[True, False, False], [False, True, False], [False, False, True]]
    ends = {
        "en": ("the sums are not in tables/", "tables/ has these sums"),
        "fr": ("les sommes ne sont pas dans tables/", "tables/ contient ces sommes"),
    }
    for end, page in zip(ends[language], pages[1:], strict=True):
        assert end in page.by_id("repeat").text
