"""Every phrase has its twin in the other language, with the same things filled in."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

import landcover.outputs
from landcover.outputs.wording import Words, phrases, template

FOLDER = Path(landcover.outputs.__file__).parent
PAGES = sorted(path.stem for path in (FOLDER / "phrases").glob("*.yaml"))
LANGUAGES = {"en", "fr"}


def filled(text: str) -> set[str]:
    """Return what a phrase has filled in."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("page", PAGES)
def test_each_phrase_has_its_twin(page: str) -> None:
    for key, told in phrases(page).items():
        assert set(told) == LANGUAGES, key
        assert all(text.strip() for text in told.values()), key
        assert filled(told["en"]) == filled(told["fr"]), key


@pytest.mark.parametrize("page", PAGES)
def test_french_has_its_own_signs(page: str) -> None:
    for key, told in phrases(page).items():
        assert "'" not in told["fr"], key  # the typographic apostrophe
        assert not re.search(r"(?<![\s\u00a0\u202f])[;?!»]", told["fr"]), key


def test_no_french_line_begins_with_a_mark() -> None:
    words = Words("point", "fr")
    assert words("key_history") == "historique"
    title = words("title", job="Forêt ; 2 : a", lat="1", lon="2")
    assert title == "Forêt ; 2 : a\u00a0: 1\u00a0; 2"  # what is filled in stays as it is
    assert "«\u00a0aucun changement\u00a0»" in words("verdict_0", start="a", end="b")
    assert " :" in Words("point", "en")("title", job="a :", lat="", lon="")


def test_every_phrase_is_used() -> None:
    code = "".join(path.read_text("utf-8") for path in FOLDER.glob("point*.py"))
    code += (FOLDER.parent / "pointing.py").read_text("utf-8")
    starts = ("verdict_", "confidence_", "method_", "state_", "bit_", "column_", "zone_", "map_",
              "mapped_", "scenes_")  # fmt: skip
    told = [k for k in phrases("point") if not k.startswith(starts)]
    unused = [k for k in told if not re.search(rf"[\"']{k}[\"']", code)]
    assert unused == []


def test_the_frame_has_no_text_and_asks_for_nothing() -> None:
    text = template("point.html").template
    body = text[text.index("<body>") :]
    assert re.sub(r"<[^>]*>|\$[a-z_]+|\s", "", body) == ""
    assert "http" not in text.replace("http-equiv", "")


@pytest.mark.parametrize("page", PAGES)
def test_one_thing_has_one_name_in_french(page: str) -> None:
    """A patch is an îlot, a clear look an observation claire, on all pages and in all tables."""
    others = re.compile(r"\btaches?\b|dégagé|vues? claires?\b|brusque|\btâches?\b", re.IGNORECASE)
    found = {key: told["fr"] for key, told in phrases(page).items() if others.search(told["fr"])}
    assert found == {}


def test_numbers_are_written_as_the_language_does() -> None:
    english, french = Words("point", "en"), Words("point", "fr")
    assert english.number(-1234.5, 1) == "\u22121,234.5"
    assert french.number(-1234.5, 1) == "\u22121\u202f234,5"
    assert english.percent(0.256) == "26%"
    assert french.percent(0.256) == "26\u00a0%"
    assert english.number(None) == french.number(float("nan")) == ""
