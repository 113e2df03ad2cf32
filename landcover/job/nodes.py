"""A job's text as a tree of nodes, each of which knows its place.

It knows lines, columns and the paths of keys. It does not know what any key means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from landcover.errors import Problem

__all__ = ["Entry", "Fault", "Node", "Path", "Place", "describe", "find", "graft", "spell"]

Path = tuple[str | int, ...]
"""The way from the top of a job to a value: keys, and positions in lists."""

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text: 1-based line and column."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a table: where the key stands, and its value."""

    place: Place
    node: Node


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its place: a scalar, a list of nodes, or a table of entries."""

    place: Place
    value: Scalar | tuple[Node, ...] | Mapping[str, Entry]

    @property
    def plain(self) -> Any:
        """The value without its places, as JSON would hold it."""
        if isinstance(self.value, Mapping):
            return {key: entry.node.plain for key, entry in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain for node in self.value]
        return self.value


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a path of the tree, at a place of the text."""

    path: Path
    place: Place
    what: str
    remedy: str = ""

    def problem(self) -> Problem:
        """Put it as a person reads it."""
        place = self.place
        key = spell(self.path) or "job"
        return Problem(place.file, place.line, place.column, key, self.what, self.remedy)


def spell(path: Sequence[str | int]) -> str:
    """Write a path as a job's author would: zones.sites.rings_m[1].

    Examples
    --------
    >>> spell(("zones", "sites", "rings_m", 1))
    'zones.sites.rings_m[1]'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return text.removeprefix(".")


def describe(value: object, longest: int = 60) -> str:
    """Show a value in a message, cut where it is long."""
    words = {True: "true", False: "false"}
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return words[value]
    if isinstance(value, dict):
        return "a table of keys"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"


def _step(node: Node, step: str | int) -> Node | None:
    """Go one step down, where there is one."""
    if isinstance(node.value, Mapping) and step in node.value:
        return node.value[str(step)].node
    if isinstance(node.value, tuple) and isinstance(step, int) and step < len(node.value):
        return node.value[step]
    return None


def find(node: Node, path: Sequence[str | int]) -> tuple[Path, Node]:
    """Go down `path` as far as it leads; steps that lead nowhere are left out.

    Validation names the members of a choice as steps of its own; the tree has none.
    """
    taken: list[str | int] = []
    for step in path:
        below = _step(node, step)
        if below is not None:
            node = below
            taken.append(step)
    return tuple(taken), node


def graft(node: Node, path: Path, new: Node) -> Node:
    """Put `new` at `path`, making the tables on the way; nothing else changes.

    Raises
    ------
    KeyError
        With the path at which no key or position of this name can stand.
    """
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(node.value, tuple):
        return _graft_in_list(node, node.value, path, new)
    table = node.value if isinstance(node.value, Mapping) else {}
    if isinstance(step, int) or not (isinstance(node.value, Mapping) or node.value is None):
        raise KeyError(path)
    old = table.get(step, Entry(new.place, Node(new.place, None)))
    entry = Entry(old.place, graft(old.node, rest, new))
    return replace(node, value={**table, step: entry})


def _graft_in_list(node: Node, items: tuple[Node, ...], path: Path, new: Node) -> Node:
    """Put `new` into a list, in place of what stands there or one past its end."""
    step, rest = path[0], path[1:]
    if not isinstance(step, int) or step > len(items):
        raise KeyError(path)
    old = items[step] if step < len(items) else Node(new.place, None)
    changed = (*items[:step], graft(old, rest, new), *items[step + 1 :])
    return replace(node, value=changed)
