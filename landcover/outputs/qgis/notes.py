"""What is written on a printed page: sources, plane, caveat, and a zone's own figures.

It knows texts of labels. Figures are read from the attributes of zones when a page is printed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import urlsplit

from landcover.outputs.credits import credits_of, drawn_credits
from landcover.outputs.qgis.crs import crs_name
from landcover.outputs.qgis.elements import clean
from landcover.outputs.qml import quoted
from landcover.outputs.repeating import inputs_of
from landcover.outputs.shown import Shown
from landcover.outputs.vector_styles import CONFIDENCES, PATCH_PALETTE, field_titles
from landcover.outputs.wording import Words

__all__ = [
    "NAME", "degrees_text", "facts_text", "patch_text", "plain", "shortened", "sources_text",
]  # fmt: skip

HASH_DIGITS = 12
"""Of a file's SHA-256: enough to tell editions of a boundary apart."""

_YEARLY = (re.compile(r"disturbed_\d{4}_ha"), re.compile(r"not_observable_\d{4}_ha"))
"""Attributes of zones that are told of each year."""

DEGREE_DIGITS = 3
"""Of a degree along a map's edges: a thousandth is about a hundred metres."""

MOST_LETTERS = 60
"""Letters of a title that have room on one line; a longer one is cut."""

NAME = (
    f'[% if(length("name") > {MOST_LETTERS}, left("name", {MOST_LETTERS - 1}) || \'…\', "name") %]'
)
"""The name of a page's zone or site, as a title."""

MOST_YEARS = 3
"""Years that have room on a page, the last ones."""


def plain(text: object) -> str:
    """Return a text that a label writes as it is: QGIS computes what stands in ``[% %]``."""
    return clean(text).replace("[%", "[ %")


def shortened(text: str) -> str:
    """Return a text that has room in a title."""
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def sources_text(shown: Shown, language: str) -> str:
    """Return the foot of every page: caveat, sources, boundaries, plane and period."""
    words, period = Words("project", language), shown.about.period
    lines = [f"{words('caveat')} {words('kept_back')}" if shown.kept_back else words("caveat")]
    thanks = " · ".join(
        plain(credit) for credit in (*credits_of(shown, language), *drawn_credits(shown))
    )
    if thanks:
        lines.append(words("sources", credits=thanks))
    if files := list(_files(shown)):
        lines.append(
            words("shapes", files=" ; ".join(files) if language == "fr" else "; ".join(files))
        )
    plane = words(
        "plane", crs=plain(crs_name(shown.grid.crs)), first=period.start, last=period.last
    )
    return "\n".join([*lines, plane])


def _files(shown: Shown) -> Iterator[str]:
    """Give the files of zones: the beginning of each one's hash, whom to thank, its licence."""
    for one in inputs_of(shown.out, shown.run):
        if str(one.get("role", "")).startswith("zones."):
            digest = f"sha256 {str(one.get('sha256', ''))[:HASH_DIGITS]}"
            told = [digest, *(str(one.get(key, "")) for key in ("credit", "licence"))]
            yield plain(f"{_file_name(one)} ({', '.join(text for text in told if text)})")


def _file_name(one: Mapping[str, Any]) -> str:
    """Return a file's name, of its path or its address: neither is printed."""
    origin = str(one.get("origin", ""))
    return PureWindowsPath(urlsplit(origin).path).name or str(one.get("file", ""))


def degrees_text(language: str) -> str:
    """Return the expression that writes a longitude or a latitude along a map's edge."""
    words = Words("project", language)
    number = f"format_number(abs(@grid_number), {DEGREE_DIGITS}, '{language}')"
    east, west, north, south = (words(side) for side in ("east", "west", "north", "south"))
    letter = (
        f"CASE WHEN @grid_axis = 'x' THEN if(@grid_number < 0, '{west}', '{east}') "
        f"ELSE if(@grid_number < 0, '{south}', '{north}') END"
    )
    return f"{number} || '° ' || {letter}"


def facts_text(shown: Shown, language: str) -> str:
    """Return the figures of a page's zone, as expressions over its attributes."""
    columns = list(_told([str(name) for name in shown.zones]))
    titles = field_titles(columns, language)
    colon = "\u00a0: " if language == "fr" else ": "
    return "\n".join(
        f"{plain(titles[column])}{colon}{_amount(1, column, language)}" for column in columns
    )


def _told(columns: Sequence[str]) -> Iterator[str]:
    """Give the attributes that have room on a page: area, and the last years' disturbances."""
    yield from (name for name in ("area_ha",) if name in columns)
    for told in _YEARLY:
        yield from sorted(name for name in columns if told.fullmatch(name))[-MOST_YEARS:]


def patch_text(shown: Shown, language: str) -> str:
    """Return what is known of a page's disturbance, as expressions over its attributes."""
    columns = [name for name in _OF_PATCH if shown.patches is not None and name in shown.patches]
    titles = field_titles(columns, language, "patches")
    colon = "\u00a0: " if language == "fr" else ": "
    return "\n".join(
        f"{plain(titles[column])}{colon}{_OF_PATCH[column](column, language)}" for column in columns
    )


def _amount(digits: int, column: str, language: str) -> str:
    """Write an attribute as the language does, with so many digits; "?" where there is none."""
    return f"[% coalesce(format_number(\"{column}\", {digits}, '{language}'), '?') %]"


def _day(column: str, language: str) -> str:
    """Write a date; the same in all languages."""
    del language
    return f"[% coalesce(format_date(\"{column}\", 'yyyy-MM-dd'), '?') %]"


def _text(column: str, language: str) -> str:
    """Write a text, cut where it is too long for a page."""
    del language
    return f"[% coalesce(left(\"{column}\", {MOST_LETTERS}), '?') %]"


def _word(what: str, column: str, language: str) -> str:
    """Write a kind or a confidence as the legend does."""
    words = Words("vectors", language)
    known = [one for one in _VALUES[what] if words.has(f"{what}_{one}")]
    told = " ".join(
        f"WHEN \"{column}\" = '{one}' THEN {quoted(words(f'{what}_{one}'))}" for one in known
    )
    return f'[% CASE {told} ELSE "{column}" END %]'


_OF_PATCH: Mapping[str, Callable[[str, str], str]] = {
    "area_ha": partial(_amount, 1),
    "first_date": _day,
    "last_clear_date": _day,
    "kind": partial(_word, "patch"),
    "confidence": partial(_word, "confidence"),
    "lat": partial(_amount, 5),
    "lon": partial(_amount, 5),
    "nearest_site_name": _text,
    "distance_m": partial(_amount, 0),
}
"""Attributes of a disturbance that have room on its page, and how each is written."""

_VALUES = {"patch": tuple(PATCH_PALETTE), "confidence": tuple(CONFIDENCES)}
"""Values that have a word of their own."""
