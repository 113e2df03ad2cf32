"""The bytes of a job file into a tree of nodes, with every fault of the text at its place.

It knows YAML and its hostile corners: aliases, tags, duplicate keys, depth, size and
encoding. It knows no keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from landcover.errors import JobError, Problem
from landcover.job.nodes import Entry, Fault, Node, Path, Place
from landcover.job.scalars import resolve, trap

__all__ = ["MAX_BYTES", "MAX_DEPTH", "decode", "parse"]

MAX_BYTES = 1_000_000
"""A job is a page of text; a file above this (bytes) is not a job."""

MAX_DEPTH = 20
"""Tables and lists within each other (levels); the deepest key of a job stands at level 6."""

MAX_NODES = 50_000
"""Values in a job (count): far above any job, far below what exhausts memory."""

_PLAIN_TAGS = (None, "!")
_SURROGATES = range(0xD800, 0xE000)


def decode(file: str, raw: bytes) -> str:
    """Turn the bytes of a job into text: UTF-8, with or without a byte order mark."""
    if len(raw) > MAX_BYTES:
        what = f"the file has more than {MAX_BYTES:,} bytes"
        raise _refuse(Place(file, 1, 1), what, "Is it a job? Data belong in files of their own")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        what = f"the text is not UTF-8 (byte 0x{raw[error.start]:02x})"
        raise _refuse(_place_after(file, before), what, "Save the file as UTF-8") from None
    odd = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if odd:
        what = f"the text holds the character U+{ord(odd[0]):04X}, which YAML does not allow"
        raise _refuse(_place_after(file, text[: odd.start()]), what, "Remove it")
    return text


def _refuse(place: Place, what: str, remedy: str) -> JobError:
    """Give up on a text that cannot be read further."""
    return JobError((Problem(place.file, place.line, place.column, "yaml", what, remedy),))


def _place_after(file: str, text: str) -> Place:
    """Find the place just after `text`."""
    lines = text.split("\n")
    return Place(file, len(lines), len(lines[-1]) + 1)


_WITHIN = "Close it, or put text with ? , [ ] { } in quotes"

# What the YAML reader says, and what a person should do about it. First match wins.
_SYNTAX = (
    ("'\\t'", "a line is indented with a tab", "Indent with spaces"),
    (
        "mapping values are not allowed",
        "a colon stands where none can",
        "Indent the keys of one table alike, or put the text in quotes",
    ),
    ("expected ',' or '}'", "a curly bracket is not closed, or a comma is missing", _WITHIN),
    ("expected ',' or ']'", "a square bracket is not closed, or a comma is missing", _WITHIN),
    ("could not find expected ':'", "a key has no colon", "Write key: value"),
    ("while scanning a quoted", "a quote is not closed", "Close it"),
    (
        "expected <block end>",
        "the line is not indented like its neighbours",
        "Indent the keys of one table alike",
    ),
    ("found undefined alias", "an alias is used", "Write the value out"),
    ("cannot start any token", "a value starts with a character that must be quoted", "Quote it"),
)


def _syntax_error(place: Place, error: yaml.YAMLError) -> JobError:
    """Say in plain words where the text is not YAML."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        shift = place.column if mark.line == 0 else 1
        place = Place(place.file, place.line + mark.line, mark.column + shift)
    said = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '') or error}"
    for sign, what, remedy in _SYNTAX:
        if sign in said:
            return _refuse(place, what, remedy)
    return _refuse(place, f"this is not YAML ({said.strip()})", "Compare with `landcover init`")


def parse(text: str, origin: Place) -> tuple[Node, list[Fault]]:
    """Read YAML text into nodes.

    Parameters
    ----------
    text : str
        The whole text.
    origin : Place
        Its file, and where its first character stands.

    Returns
    -------
    tuple of Node and list of Fault
        The tree, and what is wrong with the text itself: duplicate keys, aliases, tags and
        words that programs read in different ways.

    Raises
    ------
    JobError
        Where the text is no YAML, so that there is no tree.
    """
    reader = _Reader(origin)
    try:
        events = iter(yaml.parse(text, Loader=yaml.SafeLoader))
        node = reader.document(events)
    except yaml.YAMLError as error:
        raise _syntax_error(origin, error) from None
    return node, reader.faults


@dataclass(slots=True)
class _Reader:
    """Builds nodes from the events of PyYAML's parser."""

    origin: Place
    faults: list[Fault] = field(default_factory=list)
    count: int = 0

    def document(self, events: Iterator[Any]) -> Node:
        """Read the only document of the text."""
        node = Node(self.origin, None)
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    what = "a second document begins"
                    raise _refuse(self._place(event), what, "Keep one job a file")
                node = self._node(events, next(events), ())
        return node

    def _place(self, event: Any) -> Place:
        """Find where an event stands, counted from the origin."""
        line, column = event.start_mark.line, event.start_mark.column
        shift = self.origin.column if line == 0 else 1
        return Place(self.origin.file, self.origin.line + line, column + shift)

    def _fault(self, path: Path, place: Place, what: str, remedy: str) -> None:
        """Remember a fault of the text."""
        self.faults.append(Fault(path, place, what, remedy))

    def _node(self, events: Iterator[Any], event: Any, path: Path) -> Node:
        """Read one value, whatever it is."""
        place = self._place(event)
        self._guard(place, path)
        if isinstance(event, yaml.AliasEvent):
            self._fault(path, place, f"*{event.anchor} is an alias", "Write the value out here")
            return Node(place, None)
        self._check_marks(event, path, place)
        if isinstance(event, yaml.MappingStartEvent):
            return Node(place, self._table(events, path))
        if isinstance(event, yaml.SequenceStartEvent):
            return Node(place, self._list(events, path))
        return Node(place, self._scalar(event, path, place))

    def _guard(self, place: Place, path: Path) -> None:
        """Give up on a text that is built to exhaust its reader."""
        self.count += 1
        if len(path) > MAX_DEPTH:
            what = f"tables and lists lie more than {MAX_DEPTH} deep within each other"
            raise _refuse(place, what, "A job needs 6 levels at most")
        if self.count > MAX_NODES:
            what = f"the file holds more than {MAX_NODES:,} values"
            raise _refuse(place, what, "Data belong in files of their own")

    def _check_marks(self, event: Any, path: Path, place: Place) -> None:
        """Note anchors and tags: a job has neither."""
        if event.anchor is not None:
            self._fault(path, place, f"&{event.anchor} is an anchor", "Leave it out")
        if event.tag not in _PLAIN_TAGS:
            tag = str(event.tag).replace("tag:yaml.org,2002:", "!!")
            self._fault(path, place, f"{tag[:60]} is a tag", "Leave it out; a job is plain data")

    def _table(self, events: Iterator[Any], path: Path) -> dict[str, Entry]:
        """Read the entries of a table; of a key given twice the first counts."""
        table: dict[str, Entry] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            place = self._place(event)
            key = self._key(events, event, path)
            node = self._node(events, next(events), (*path, key))
            if key in table:
                first = table[key].place
                what = f"the key is given twice, first in line {first.line}"
                self._fault((*path, key), place, what, "Keep one of them")
                continue
            table[key] = Entry(place, node)
        return table

    def _key(self, events: Iterator[Any], event: Any, path: Path) -> str:
        """Read a key: any plain word."""
        if isinstance(event, yaml.ScalarEvent):
            self._check_marks(event, (*path, event.value), self._place(event))
            return str(event.value)
        self._fault(path, self._place(event), "a key is not plain text", "Write key: value")
        self._node(events, event, (*path, "?"))
        return "?"

    def _list(self, events: Iterator[Any], path: Path) -> tuple[Node, ...]:
        """Read the items of a list."""
        items: list[Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._node(events, event, (*path, len(items))))
        return tuple(items)

    def _scalar(self, event: Any, path: Path, place: Place) -> str | int | float | bool | None:
        """Read a word: in quotes it is text, bare it may be a number."""
        text = str(event.value)
        if any(ord(letter) in _SURROGATES for letter in text):
            self._fault(path, place, "the text holds half a character", "Write it out in UTF-8")
            return ""
        if event.style is not None:
            return text
        caught = trap(text)
        if caught:
            self._fault(path, place, *caught)
        return resolve(text)
