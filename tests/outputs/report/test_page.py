"""The report: each of its numbers stands in a table, and it is whole, safe and well formed."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from landcover.outputs.report.page import render, write_report
from landcover.outputs.wording import phrases
from tests.outputs.report.reading import Element, Page, Tables, facts, number_of

if TYPE_CHECKING:
    from tests.conftest import Finished

LANGUAGES = ("en", "fr")

QUESTIONS = ("finding", "years", "near", "sure", "blind", "boundaries", "repeat")
"""Anchors of what a reader asks: how much, when, near what, how sure, unseen, limits, again."""


@pytest.fixture(scope="session")
def texts(finished: Finished) -> dict[str, str]:
    shown = finished.shown()
    return {language: render(shown, language) for language in LANGUAGES}


@pytest.fixture(scope="session")
def pages(texts: dict[str, str]) -> dict[str, Page]:
    return {language: Page(text) for language, text in texts.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_stands_in_a_table(
    language: str, pages: dict[str, Page], finished: Finished
) -> None:
    tables, count = Tables(finished.out), 0
    for value, text, table, row, column in facts(pages[language]):
        there = tables.value(table, row, column)
        assert value == pytest.approx(there, rel=1e-9, abs=1e-9), (text, table, row, column)
        said, half = number_of(text, language)
        assert said == pytest.approx(value, abs=half * 1.0001), (text, value)
        count += 1
    assert count > 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_of_a_sentence_is_untold(language: str, pages: dict[str, Page]) -> None:
    told = [one for one in pages[language].all if one.tag in ("p", "li") and one.lies_in("section")]
    first = [one for one in told if _section(one) == "finding"]
    assert len(first) > 10
    for one in first:
        rest = re.sub(
            r"95\s?%|\d+\s?k?m\b|^20\d\d\b|SHA-256|(than|moins de) [\d.,]+\s?ha\b", "", one.own
        )  # 95 % of, distances, years, the mapping unit, which the job asks for
        assert not re.search(r"\d", rest), rest


def _section(one: Element) -> str:
    """Return the key of the section that an element lies in."""
    if one.tag == "section":
        return one.attributes["id"]
    return _section(one.within) if one.within else ""


def test_both_languages_tell_the_same(pages: dict[str, Page]) -> None:
    english, french = (
        [(value, table, row, column) for value, _, table, row, column in facts(pages[one])]
        for one in LANGUAGES
    )
    assert english == french
    shape = [[(e.tag, e.attributes.get("id")) for e in pages[one].all] for one in LANGUAGES]
    assert shape[0] == shape[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reader_finds_every_answer(
    language: str, pages: dict[str, Page], finished: Finished
) -> None:
    page, run = pages[language], finished.shown().run
    for key in QUESTIONS:
        assert page.by_id(key).tag in ("section", "h3")
    lead = next(one for one in page.of("p") if one.attributes.get("class") == "lead")
    assert "Réserve" in lead.text
    assert {"Mapped, not estimated", "Cartographié, non estimé"} & set(
        re.findall(r"Mapped, not estimated|Cartographié, non estimé", page.by_id("finding").text)
    )
    looked, repeat = page.by_id("looked").text, page.by_id("repeat").text
    secret = {f"zones.{group}" for group in finished.shown().about.secret}
    assert secret
    for one in (one for one in run["inputs"] if one["role"].startswith("zones.")):
        assert (one["sha256"] in looked) is (one["role"] not in secret)
    assert run["scenes"]["sha256"] in repeat
    assert "README.html" in repeat  # its lines name the file of a secret list
    assert "--locked" not in repeat
    assert "Contains modified Copernicus Sentinel data 2020-2023" in page.by_id("credits").text
    assert "doi:10.1016/j.rse.2014.01.011" in page.by_id("methods").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_others_do_nothing(
    language: str, texts: dict[str, str], pages: dict[str, Page]
) -> None:
    page = pages[language]
    tags = {one.tag for one in page.all}
    assert not tags & {"script", "iframe", "object", "form", "em", "link", "i", "base"}
    assert not [n for one in page.all for n in one.attributes if n.startswith("on")]
    for one in page.all:
        for name in ("src", "href"):
            assert one.attributes.get(name, "#").startswith(("#", "data:image/")), one.attributes
    assert "default-src 'none'" in texts[language]
    assert any("</script><script>alert('Carrière')" in one.text for one in page.of("h3"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_well_formed(language: str, pages: dict[str, Page]) -> None:
    page = pages[language]
    assert page.of("html")[0].attributes["lang"] == language
    assert len(page.of("h1")) == len(page.of("title")) == len(page.of("main")) == 1
    ids = [one.attributes["id"] for one in page.all if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z0-9_-]+", one) for one in ids)
    for link in page.of("a"):
        assert link.attributes["href"].removeprefix("#") in ids
    pictures = page.of("img")
    assert len(pictures) >= 7
    assert all(len(one.attributes["alt"]) > 20 for one in pictures)
    levels = [int(one.tag[1]) for one in page.all if re.fullmatch("h[1-6]", one.tag)]
    assert all(b <= a + 1 for a, b in pairwise(levels))
    for row in (one for one in page.of("tr") if one.within and one.within.tag == "tbody"):
        assert row.within is not None
        assert row.within.within is not None
        head = next(one for one in row.within.within.inner if one.tag == "thead")
        assert len(row.inner) == len(head.inner[0].inner)


def test_it_is_the_same_again_and_knows_no_machine(
    finished: Finished, texts: dict[str, str], tmp_path: Path
) -> None:
    shown = finished.shown(finished.copy(tmp_path / "a folder, é"))
    (path,) = write_report(shown, "fr")
    assert path.name == "report.fr.html"
    assert path.read_text("utf-8") == texts["fr"]
    assert str(finished.path.parent) not in texts["fr"]
    assert path.stat().st_size < 3e6


def test_french_numbers_are_french(texts: dict[str, str]) -> None:
    numbers = re.findall(r"<data[^>]*>([^<]*)</data>", texts["fr"])
    assert any("," in one for one in numbers)
    assert not [one for one in numbers if re.search(r"\d\.\d", one)]
    assert all(one.endswith(("\u00a0%", "\u00a0ha")) or one[-1].isdigit() for one in numbers)


def test_every_phrase_is_used() -> None:
    folder = Path(__file__).resolve().parents[3] / "landcover" / "outputs"
    code = "".join(path.read_text("utf-8") for path in (folder / "report").rglob("*.py"))
    code += (folder / "templates" / "report.html").read_text("utf-8")
    made = ("col_", "table_", "note_", "head_", "measure_", "kind_of_", "confidence_", "method_",
            "place_rings_", "why_", "chosen_", "per_", "remedy_")  # fmt: skip
    told = [key for key in phrases("report") if not key.startswith(made)]
    assert [key for key in told if not re.search(rf"[\"']{key}[\"']", code)] == []
    words = {key.partition("_")[2] for key in phrases("report") if key.startswith(made[:4])}
    assert [one for one in words if not re.search(rf"[\"'_]{one}[\"'_]", code)] == []


def test_the_frame_has_no_text() -> None:
    folder = Path(__file__).resolve().parents[3] / "landcover" / "outputs" / "templates"
    text = (folder / "report.html").read_text("utf-8")
    body: Any = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", "", text, flags=re.DOTALL)
    assert not re.search(r"[A-Za-z]", body), body.strip()
