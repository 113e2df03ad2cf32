"""A report as a reader's program sees it: its elements, and every number with where it stands."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

VOID = frozenset({"meta", "img", "br", "link", "hr", "input"})


@dataclass
class Element:
    """An element with its attributes, its text and the element it lies in."""

    tag: str
    attributes: dict[str, str]
    within: Element | None
    text: str = ""
    own: str = ""
    inner: list[Element] = field(default_factory=list)

    def attribute(self, name: str) -> str:
        """Return an attribute, its own or that of the nearest element around it."""
        if name in self.attributes or self.within is None:
            return self.attributes[name]
        return self.within.attribute(name)

    def lies_in(self, *tags: str) -> bool:
        """Whether an element around it has one of these tags."""
        return self.within is not None and (self.within.tag in tags or self.within.lies_in(*tags))


class Page(HTMLParser):
    """Elements of a page, in order; each is closed where it should be."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.all: list[Element] = []
        self._open: list[Element] = [Element("", {}, None)]
        self.feed(text)
        self.close()
        assert [one.tag for one in self._open] == [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = Element(tag, {name: value or "" for name, value in attrs}, self._open[-1])
        self._open[-1].inner.append(found)
        self.all.append(found)
        if tag not in VOID:
            self._open.append(found)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, (self._open[-1].tag, tag)
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].own += data
        for one in self._open:
            one.text += data

    def of(self, tag: str) -> list[Element]:
        """Return the elements of a tag."""
        return [one for one in self.all if one.tag == tag]

    def by_id(self, key: str) -> Element:
        """Return the element of an id."""
        (found,) = [one for one in self.all if one.attributes.get("id") == key]
        return found


class Tables:
    """The tables of a run, read with nothing but the standard library."""

    def __init__(self, out: Path) -> None:
        self._folder = out / "tables"
        self._read: dict[str, list[dict[str, str]]] = {}

    def rows(self, name: str) -> list[dict[str, str]]:
        """Return a table's rows; those of zones have their group and parent."""
        if name not in self._read:
            with (self._folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
                self._read[name] = list(csv.DictReader(file))
            zones = self._read[name] if name == "zones" else self.rows("zones")
            known = {row["zone_id"]: row for row in zones}
            for row in self._read[name]:
                for key in ("group", "parent"):
                    row.setdefault(key, known.get(row.get("zone_id", ""), {}).get(key, ""))
        return self._read[name]

    def value(self, name: str, where: dict[str, str], column: str) -> float:
        """Work a number out anew, from the words that say where it stands."""
        rows = [row for row in self.rows(name) if all(map(_fits(row), where.items()))]
        assert rows, (name, where)
        part, _, whole = column.partition("/")
        if not whole and "+" not in part:
            assert len(rows) == 1 or part.endswith("_ha"), (name, where, column)
        amount = _sum(rows, part)
        return amount / _sum(rows, whole) if whole else amount


def _fits(row: dict[str, str]):  # type: ignore[no-untyped-def]
    """Return whether a row has what a pair asks for."""

    def fits(pair: tuple[str, str]) -> bool:
        key, value = pair
        if value.startswith("<="):
            return row[key] == "" or float(row[key]) <= float(value[2:])
        return row[key] == value

    return fits


def _sum(rows: list[dict[str, str]], columns: str) -> float:
    """Add columns over rows."""
    return math.fsum(float(row[name]) for name in columns.split("+") for row in rows if row[name])


def number_of(text: str, language: str) -> tuple[float, float]:
    """Read a number as a language writes it: its value, and half of its last digit."""
    bare = re.sub(r"[\s\u00a0\u202f]*(ha|%)$", "", text).replace("\u2212", "-")
    if language == "fr":
        assert "." not in bare
        bare = bare.replace("\u202f", "").replace(",", ".")
    else:
        bare = bare.replace(",", "")
    digits = len(bare.partition(".")[2])
    scale = 100.0 if text.endswith("%") else 1.0
    return float(bare) / scale, 0.5 * 10.0**-digits / scale


def facts(page: Page) -> Iterator[tuple[float, str, str, dict[str, str], str]]:
    """Give every number of a page: value, text, table, row and column."""
    for one in page.of("data"):
        row = json.loads(one.attribute("data-row"))
        yield (float(one.attributes["value"]), one.text, one.attribute("data-table"), row,
               one.attributes["data-column"])  # fmt: skip
