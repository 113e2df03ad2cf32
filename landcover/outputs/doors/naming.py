"""What layers, bands and classes are called, in each language, whatever product they are of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from landcover.kernels.indices import INDICES
from landcover.model import Legend, LegendClass
from landcover.outputs.style import Texts
from landcover.outputs.wording import Words, phrases
from landcover.raster.facts import RasterFacts

__all__ = [
    "MONTHS", "days_between", "index_of", "index_texts", "legend", "months_between", "said",
    "spelt", "unit_texts",
]  # fmt: skip

PAGE: Final = "styles"

MONTHS: Final = 12
"""Months in a year."""

_MIXED: Final = {
    "kndvi": "kNDVI", "nirv": "NIRv", "cire": "CIre", "aweinsh": "AWEInsh", "aweish": "AWEIsh",
    "dbsi": "DBSI",
}  # fmt: skip
"""Indices whose short names are not all capitals."""


_VOWELS: Final = "aeiou"
"""Before these, French drops the vowel of its article."""


def said(key: str, **values: str | Texts) -> Texts:
    """Return a phrase in every language, with values that may be texts by language themselves."""

    def filled(language: str) -> dict[str, str]:
        return {k: v if isinstance(v, str) else v[language] for k, v in values.items()}

    return {language: Words(PAGE, language)(key, **filled(language)) for language in _languages()}


def _languages() -> tuple[str, ...]:
    """Return the languages that names are written in."""
    return tuple(phrases(PAGE)["unknown"])


def spelt(text: str) -> Texts:
    """Return a text that is the same in every language."""
    return dict.fromkeys(_languages(), text)


def index_of(facts: RasterFacts) -> str:
    """Return the key of the index or band that a raster is of."""
    return facts.tags.get("INDEX", "")


def _index_texts(name: str) -> Texts:
    """Return what an index or band is called: NDVI, red reflectance."""
    if name in INDICES:
        return spelt(_MIXED.get(name, name.upper()))
    return said(f"band_{name}") if f"band_{name}" in phrases(PAGE) else spelt(name)


def index_texts(name: str) -> dict[str, Texts]:
    """Return what an index or band is called, as phrases fill it in.

    Parameters
    ----------
    name : str
        Its key.

    Returns
    -------
    dict
        `index` by itself, `the_index` as one that does something, `of_index` as one that
        something is of.
    """
    index = _index_texts(name)
    if f"band_{name}" in phrases(PAGE):
        kind = "band"
    else:
        kind = "index_vowel" if name[:1].lower() in _VOWELS else "index"
    return {
        "index": index,
        "the_index": said(f"the_{kind}", index=index),
        "of_index": said(f"of_{kind}", index=index),
    }


def unit_texts(unit: str) -> Texts:
    """Return a unit as it is written behind a number; nothing for a plain number."""
    key = f"unit_{unit.replace('/', '_per_').replace(' ', '_')}"
    if key in phrases(PAGE):
        return said(key)
    return {} if unit in ("", "1") else spelt(unit)


def days_between(text: str) -> tuple[date, date] | None:
    """Read a tag like "2022-07-01 to 2023-12-31"; None where it is none."""
    first, _, last = text.partition(" to ")
    try:
        return date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return None


def months_between(first: date, last: date) -> int:
    """Count the calendar months that two days and those between them touch."""
    return (last.year - first.year) * MONTHS + last.month - first.month + 1


def _classes(name: str, classes: Mapping[int, tuple[str, str]]) -> Iterator[LegendClass]:
    """Give the classes of a legend, named by its phrases."""
    for value, (key, palette) in classes.items():
        yield LegendClass(value, said(f"{name}_{key}"), palette)


def legend(name: str, classes: Mapping[int, tuple[str, str]]) -> Legend:
    """Make a legend of values -> (end of its phrase's key, colour)."""
    return Legend(name, tuple(_classes(name, classes)))
