"""``README.html`` says what each file is, in the job's languages, and how to repeat the run."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import subprocess
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from affine import Affine

from landcover.model import Grid, Period
from landcover.outputs.readme_page import write_readme
from landcover.outputs.shown import KEPT_BACK, About, Shown
from landcover.outputs.style import RasterStyle
from landcover.raster.facts import RasterFacts

HOSTILE = "<script>alert(1)</script> & \"x\" 'y' شركة"
HASH = "ab" * 32


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    """Return a folder with a raster, a table, a lock, a job and a copy of its zones."""
    for name in ("scenes.json", "run.json", "zones.gpkg", "tables.fr.xlsx"):
        (tmp_path / name).write_text("x", "utf-8")
    job = {"zones": {name: {"path": f"/a/{name}.csv"} for name in ("reserves", "sites")}}
    (tmp_path / "job.yaml").write_text(json.dumps(job), "utf-8")
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "reserves_limits.geojson").write_text("{}", "utf-8")
    copied = {
        "role": "zones.reserves", "origin": "limits.geojson", "sha256": HASH,
        "licence": "CC-BY <b>", "credit": "Quelqu’un", "copy": "reserves_limits.geojson",
    }  # fmt: skip
    kept = {"role": "zones.sites", "origin": "mines.csv", "sha256": HASH, "copy": None}
    listed = {"inputs": [copied, kept]}
    (tmp_path / "inputs" / "inputs.json").write_text(json.dumps(listed), "utf-8")
    grid = Grid("EPSG:32635", Affine(10, 0, 0, 0, -10, 0), (2, 2))
    facts = RasterFacts(tmp_path / "rasters" / "kind.tif", grid, "uint8", 0, ("",), ("",), {})
    names = {"en": HOSTILE, "fr": "Nature"}
    style = RasterStyle(facts, "", "other", names, (), "kind", first=date(2020, 1, 1))
    run = {
        "landcover": "0.1.0", "python": "3.11.7", "packages": {"numpy": "2.4"},
        "scenes": {"count": 1234, "sha256": HASH}, "failures": [{}],
        "inputs": [{"role": "zones.reserves", "origin": "/secret/place/limits.geojson"}],
        "rasters": {"kind.tif": {"size": 1, "sha256": HASH}},
    }  # fmt: skip
    titles = {"en": HOSTILE, "fr": "Forêt"}
    period = Period(date(2020, 1, 1), date(2022, 1, 1))
    about = About("job", titles, ("en", "fr"), period, {}, ({"en": "Copernicus [year]"},))
    tables = {"zones": pd.DataFrame({"zone_id": ["a"]})}
    return Shown(tmp_path, about, run, (style,), grid, tables)


def _page(shown: Shown) -> str:
    (path,) = write_readme(shown)
    return path.read_text("utf-8")


def _text(page: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", page))


def test_every_file_is_listed_and_every_link_leads_to_one(shown: Shown) -> None:
    (shown.out / "rasters").mkdir()
    (shown.out / "rasters" / "kind.tif").write_text("x", "utf-8")
    (shown.out / "tables").mkdir()
    (shown.out / "tables" / "zones.csv").write_text("x", "utf-8")
    links = set(re.findall(r'href="([^"#]+)"', _page(shown)))
    assert all((shown.out / link).is_file() for link in links), links
    lying = {str(path.relative_to(shown.out)) for path in shown.out.rglob("*") if path.is_file()}
    assert lying - links == {
        "README.html", "inputs/inputs.json", "inputs/reserves_limits.geojson",
    }  # fmt: skip


def test_it_speaks_the_languages_of_the_job(shown: Shown) -> None:
    page = _page(shown)
    assert re.findall(r'<article id="(\w+)" lang="\w+">', page) == ["en", "fr"]
    english, french = page.split('<article id="fr"')
    assert "1,234 scenes" in english
    assert "1\u202f234 scènes" in french
    assert "tables.fr.xlsx" in french
    assert "tables.fr.xlsx" not in english
    assert "Forêt\u00a0: ce que contient ce dossier" in french
    only = _page(replace(shown, about=replace(shown.about, languages=("fr",))))
    assert "<nav" not in only
    assert '<html lang="fr">' in only


def test_names_from_outside_are_text(shown: Shown) -> None:
    page = _page(shown)
    assert "<script" not in page
    assert "<b>" not in page
    assert HOSTILE in _text(page)
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_it_says_how_to_repeat_the_run(shown: Shown) -> None:
    page = _text(_page(shown))
    assert "landcover run job.yaml --locked --out again" in page
    assert "--set zones.reserves.path=inputs/reserves_limits.geojson" in page
    assert "zones.sites.path" not in page
    assert "mines.csv (zones.sites)" in page  # may not be copied: ask for it
    assert page.count(HASH) == 8  # two inputs, the lock and a raster, in two languages
    assert "CC-BY <b>; Quelqu’un" in page
    assert "not stated in the job" in page
    assert "Copernicus 2020-2021" in page
    assert "lists 1 failures" in page


def test_a_folder_for_reading_says_so(shown: Shown) -> None:
    (shown.out / "scenes.json").unlink()
    page = _text(_page(shown))
    assert "--locked" not in page
    assert "this folder is for reading" in page.lower()


def test_without_the_list_of_copies_no_path_is_told(shown: Shown) -> None:
    (shown.out / "inputs" / "inputs.json").unlink()
    page = _page(shown)
    assert "/secret" not in page
    assert "limits.geojson" in page


def test_bytes_stay(shown: Shown) -> None:
    assert _page(shown) == _page(shown)


def test_a_run_is_told_of(finished: Any, tmp_path: Path) -> None:
    shown = finished.shown(finished.copy(tmp_path / "out"))
    page = _page(shown)
    assert str(finished.path.parent) not in page
    for link in re.findall(r'href="([^"#]+)"', page):
        assert (shown.out / link).is_file(), link


@pytest.mark.slow
def test_its_lines_repeat_the_run_to_the_same_bytes(
    finished: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the page says is done, in a copy whose folder has a space and an accent."""
    from landcover.cli import main

    out = finished.copy(tmp_path / "a folder, été")
    page = _page(finished.shown(out))
    monkeypatch.chdir(out)
    code = re.search(r"<pre><code>(.*?)</code></pre>", page, re.DOTALL)
    assert code is not None
    *before, run = unescape(code[1]).replace("\\\n", " ").splitlines()
    for line in before:
        subprocess.run(line, shell=True, check=True)
    name, *arguments = shlex.split(run)
    assert name == "landcover"
    assert main([*arguments, "--no-report"]) == 0
    rasters = sorted(path.name for path in (out / "rasters").glob("*.tif"))
    for one in rasters:
        again = (out / "again" / "rasters" / one).read_bytes()
        assert again == (out / "rasters" / one).read_bytes(), one
        assert hashlib.sha256(again).hexdigest() in page
    assert rasters


def test_a_copy_that_keeps_ground_back_says_so(shown: Shown) -> None:
    told = ("Ground near sensitive sites is left out", "Le terrain autour des sites sensibles est")
    for kept_back in (False, True):
        page = _text(_page(replace(shown, run={**shown.run, KEPT_BACK: kept_back})))
        assert [text in page for text in told] == [kept_back] * 2
