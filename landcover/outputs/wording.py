"""What pages say, in the languages of a job: phrases and templates that ship with the package.

It knows files of phrases. It does not know what they are about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from string import Template

import yaml

__all__ = ["Words", "in_all_languages", "phrases", "template", "text_in"]

NARROW_SPACE = "\u202f"
"""What French puts between thousands; it does not break a line."""

NO_BREAK_SPACE = "\u00a0"
"""What French puts before a colon, a percent sign and the like, and within its quotation marks: a
line that began with one would be wrong."""

_FRENCH_MARKS = re.compile(r" (?=[:;?!»%])|(?<=«) ")
"""The spaces that are such ones."""


@cache  # as many as there are pages, and each is asked for again and again
def phrases(name: str) -> Mapping[str, Mapping[str, str]]:
    """Return the phrases of one page: key -> language -> text."""
    text = files(__package__).joinpath("phrases", f"{name}.yaml").read_text("utf-8")
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(text)
    return found


@lru_cache(maxsize=8)
def template(name: str) -> Template:
    """Return a page's frame; $name stands for what is filled in."""
    return Template(files(__package__).joinpath("templates", name).read_text("utf-8"))


def in_all_languages(name: str, key: str, **values: object) -> dict[str, str]:
    """Return a phrase of a page in every language that it is written in."""
    return {language: Words(name, language)(key, **values) for language in phrases(name)[key]}


def text_in(texts: Mapping[str, str], language: str) -> str:
    """Return a text in a language, else in English, else in any; empty where there is none."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


class Words:
    """The phrases of one page in one language.

    Parameters
    ----------
    name : str
        The page's.
    language : str
    """

    def __init__(self, name: str, language: str) -> None:
        self.language, self._phrases = language, phrases(name)

    def __call__(self, key: str, **values: object) -> str:
        """Return a phrase with its values filled in; they are written as they are."""
        return self.raw(key).format(**values)

    def raw(self, key: str) -> str:
        """Return a phrase that is filled in elsewhere, by a page's script."""
        phrase = self._phrases[key][self.language]
        return _FRENCH_MARKS.sub(NO_BREAK_SPACE, phrase) if self.language == "fr" else phrase

    def has(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in self._phrases

    def number(self, value: float | None, digits: int = 3) -> str:
        """Write a number as the language does; what was not observed is empty."""
        if value is None or value != value:
            return ""
        text = f"{value:,.{digits}f}".replace("-", "\u2212")  # a minus, not a hyphen
        if self.language != "fr":
            return text
        return text.replace(",", NARROW_SPACE).replace(".", ",")

    def percent(self, value: float | None) -> str:
        """Write a fraction as percent, as the language does."""
        if value is None or value != value:
            return ""
        return self.number(100 * value, 0) + (
            f"{NO_BREAK_SPACE}%" if self.language == "fr" else "%"
        )

    def day(self, day: date | None) -> str:
        """Write a date; the same in all languages, so that it is never misread."""
        return "" if day is None else day.isoformat()
