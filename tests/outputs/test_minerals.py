"""Minerals are called what readers call them, whatever language a list is written in."""

from __future__ import annotations

import pytest

from landcover.outputs.minerals import is_of_minerals, mineral, mineral_key, minerals_title
from landcover.outputs.wording import phrases


@pytest.mark.parametrize(
    ("written", "en", "fr"),
    [
        ("Or", "Gold", "Or"),
        ("gold", "Gold", "Or"),
        (" CASSITERITE ", "Cassiterite", "Cassitérite"),
        ("Cassitérite", "Cassiterite", "Cassitérite"),
        ("Galene", "Galena", "Galène"),
        ("inconnu", "Unknown", "Inconnu"),
        ("Diamants", "Diamond", "Diamant"),
        ("Or; Coltan/cuivre", "Gold, Coltan, Copper", "Or, Coltan, Cuivre"),
        ("Minerais mixtes (Cassitérite/Coltan)", *["Minerais mixtes (Cassitérite/Coltan)"] * 2),
        ("Or et boue", "Or et boue", "Or et boue"),
        ("<script>", "<script>", "<script>"),
        ("column", "column", "column"),
        ("", "", ""),
        ("s", "s", "s"),
        ("Or,", "Or,", "Or,"),
    ],
)
def test_known_words_are_translated_and_others_stay(written: str, en: str, fr: str) -> None:
    assert mineral(written, "en") == en
    assert mineral(written, "fr") == fr


def test_one_mineral_in_two_languages_is_one() -> None:
    assert mineral_key("Or") == mineral_key("GOLD") == "gold"
    assert mineral_key("Kimberlite") == "Kimberlite"


def test_no_word_stands_for_two() -> None:
    seen: dict[str, str] = {}
    for key, names in phrases("minerals").items():
        for name in {key, *(one.casefold() for one in names.values())}:
            assert seen.setdefault(name, key) == key, name


def test_columns_of_minerals_are_known_by_their_names() -> None:
    assert all(map(is_of_minerals, ("mineral1", "Minerai", "minéral_2", "MINERALS")))
    assert not any(map(is_of_minerals, ("workers", "mine", "qualification")))
    assert minerals_title("mineral3", "fr") == "Minerai 3"
    assert minerals_title("minerai", "en") == "Mineral"
