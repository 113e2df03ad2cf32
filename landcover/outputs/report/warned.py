"""What a run warned of, in the language of a report where there are words for it.

Runs log in English. It knows the phrases that the warning on false alarms and missed drops is made
of, and finds their numbers in it again. All other warnings it gives as they were logged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from landcover.outputs.report.teller import Teller
from landcover.outputs.saying import said
from landcover.outputs.wording import NO_BREAK_SPACE, Words, phrases

__all__ = ["warned"]

PHRASES = (
    "power", "too_low", "may_be_low", "too_few_years", "few_places", "wide", "no_room", "turned",
    "no_rule", "no_ground", "no_watch", "no_looks",
)  # fmt: skip
"""Keys of ``phrases/rates.yaml`` that warnings are made of."""

COUNTED = ("one_cell", "cells")
"""Keys of those that stand within others."""

WHERE = "products.disturbance: "
"""What such a warning begins with."""

_FIELD = re.compile(r"\\\{(\w+)\\\}")
_NUMBER = re.compile(r"(?<![\w.-])(\d+)\.(\d+)(?![\w.-])")


def warned(teller: Teller) -> Iterator[str]:
    """Give the warnings of a run, without secrets and without paths of a machine."""
    for one in teller.shown.run.get("warnings", ()):
        yield said(translated(str(one), teller.language))


def translated(warning: str, language: str) -> str:
    """Return a warning in a language; as it is where there are no words for it.

    Parameters
    ----------
    warning : str
        "where: what. remedy."
    language : str
    """
    if language == "en" or not warning.startswith(WHERE):
        return warning
    found, rest = [], warning.removeprefix(WHERE)
    if not rest:
        return warning
    while rest:
        matched = _first(rest)
        if matched is None:
            return warning
        key, page, values, rest = matched
        filled = {name: _turned(value, language) for name, value in values.items()}
        found.append(Words(page, language)(key, **filled))
    return f"{WHERE.rstrip(': ')}{NO_BREAK_SPACE}: {' '.join(found)}"


def _first(text: str) -> tuple[str, str, Mapping[str, str], str] | None:
    """Find the phrase that a text begins with: its key, its page, what fills it, what is left."""
    for key, page, pattern in _patterns():
        match = pattern.match(text)
        if match:
            return key, page, match.groupdict(), text[match.end() :].lstrip()
    return None


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    """Return what finds each phrase at the beginning of a text."""
    remedies = [key for key in phrases("report") if key.startswith("remedy_")]
    pages = (("rates", PHRASES), ("report", remedies))
    return tuple(
        (key, page, _pattern(phrases(page)[key]["en"])) for page, keys in pages for key in keys
    )


def _pattern(phrase: str) -> re.Pattern[str]:
    """Return what finds a phrase with its fields filled in."""
    return re.compile(_FIELD.sub(r"(?P<\1>.+?)", re.escape(phrase.rstrip("."))) + r"\.(?=\s|$)")


def _turned(value: str, language: str) -> str:
    """Write what fills a phrase as a language does: its numbers, and what they count."""
    for key in COUNTED:
        match = re.fullmatch(
            _FIELD.sub(r"(?P<\1>[\\d,]+)", re.escape(phrases("rates")[key]["en"])), value
        )
        if match:
            count = float(match["count"].replace(",", ""))
            words = Words("rates", language)
            return words(key, count=words.number(count, 0))
    return _NUMBER.sub(r"\1,\2", value) if language == "fr" else value
