"""What is dug at a site, in the reader's language: lists of mines are written in one of them.

It knows words. It does not know tables or sites.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from landcover.outputs.wording import Words, phrases

__all__ = ["is_of_minerals", "mineral", "mineral_key", "minerals_title"]

PAGE = "minerals"
"""Of phrases."""

HEADING = "column"
"""The phrase that is no mineral: what a column of them is called."""

COLUMN = re.compile(r"minera(i|l)", re.IGNORECASE)
"""How the names of columns of minerals begin, without accents: mineral1, Minerai, minéral."""

_BETWEEN = re.compile(r"\s*[,;/+|]\s*")
"""What stands between several minerals of one cell."""


def is_of_minerals(column: str) -> bool:
    """Whether a column that a job keeps tells of minerals, by its name."""
    return COLUMN.match(_folded(column)) is not None


def minerals_title(column: str, language: str, *, numbered: bool = True) -> str:
    """Name a column of minerals: with the number that its own name ends with, if any.

    Examples
    --------
    >>> minerals_title("mineral2", "fr"), minerals_title("mineral1", "fr", numbered=False)
    ('Minerai 2', 'Minerai')
    """
    number = re.search(r"\d+$", column) if numbered else None
    heading = Words(PAGE, language)(HEADING)
    return f"{heading} {number[0]}" if number else heading


def mineral_key(text: str) -> str:
    """Return what stands for a mineral, whatever language it is written in.

    Of several in a cell, and of what is not known, the text itself.
    """
    word = _folded(text)
    return _known().get(word) or _known().get(word.removesuffix("s")) or text


def mineral(text: str, language: str) -> str:
    """Write what a list calls a mineral as the language does; what is not known as it stands.

    Examples
    --------
    >>> mineral("Or", "en"), mineral("copper; cobalt", "fr"), mineral("Kimberlite", "fr")
    ('Gold', 'Cuivre, Cobalt', 'Kimberlite')
    """
    words, known = Words(PAGE, language), set(_known().values())
    keys = [mineral_key(one) for one in (text, *_BETWEEN.split(text))]
    if keys[0] in known:
        return words(keys[0])
    return ", ".join(map(words, keys[1:])) if set(keys[1:]) <= known else text


def _folded(text: str) -> str:
    """Return a word without accents, capitals and outer spaces."""
    parts = unicodedata.normalize("NFD", text.strip().casefold())
    return "".join(one for one in parts if not unicodedata.combining(one))


@lru_cache(maxsize=1)
def _known() -> Mapping[str, str]:
    """Return the key of each word of any language."""
    found: dict[str, str] = {}
    for key, names in phrases(PAGE).items():
        if key != HEADING:
            found |= dict.fromkeys(map(_folded, (key, *names.values())), key)
    return found
